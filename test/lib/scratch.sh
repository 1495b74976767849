#!/bin/sh
# scratch.sh: what a test in sh begins with, read with `.` in the root of the tree: the programs on
# PATH, $scratch, a directory that is gone with the test, and shows.sh. What the test starts it ends
# in clear_up, which comes before that.
PATH=$(cd "${QUAN_BUILD:-build/release}" && pwd):$PATH
scratch=$(mktemp -d) || exit 1
chmod 711 "$scratch" # for those that give up root
clear_up() { :; }
trap 'clear_up; rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM
. test/lib/shows.sh
