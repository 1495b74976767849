#!/bin/sh
# The quickstart as a newcomer runs it: the main job once; then a server that stays, whose printed
# commands all work, and which one signal ends without a trace.
set -u
cd "$(dirname "$0")/../.." || exit 1
scratch=$(mktemp -d) || exit 1
QUAN_HOME=$scratch/home
export QUAN_HOME
started=
trap '[ -z "$started" ] || kill "$started" 2>/dev/null; rm -rf "$scratch"' EXIT
. test/lib/shows.sh
. test/lib/serving.sh
evidence="out"

gone() { ! kill -0 "$1" 2>/dev/null; }
empty() { [ -z "$(ls -A "$1")" ]; }

once() { ./quickstart --once >"$scratch/out" 2>&1 </dev/null; }
shows "--once runs the main job and ends well" once
shows "the flash sale gave out the whole stock" grep -q '10,000' "$scratch/out"
shows "--once leaves nothing behind" empty "$QUAN_HOME"

./quickstart >"$scratch/out" 2>&1 </dev/null &
started=$!
shows "the server stays" waits grep -q '^Ctrl-C' "$scratch/out"
url=$(sed -n 's|^URL=\(http://[0-9.:]*\) .*|\1|p' "$scratch/out")

# What it tells to paste, so that the first error ends it (echo would hide that of curl).
sed -n '/^URL=/,/^$/p' "$scratch/out" |
    sed 's/curl -sS/curl -sS -f/; s/; echo; }/ || exit; echo; }/' >"$scratch/paste"
pasted() { sh -u "$scratch/paste" >"$scratch/answers" && grep -q '^q ' "$scratch/paste"; }
shows "the printed commands work" pasted
shows "and the claimed coupon is in the wallet" grep -q '"state":"available"' "$scratch/answers"

kill -TERM "$started"
shows "one signal ends it" waits gone "$started"
shows "and its server" sh -c "! curl -s -m 2 $url/livez"
shows "nothing is left behind" empty "$QUAN_HOME"

shows "an unknown word is refused" sh -c "! ./quickstart --twice"

counted
