#!/bin/sh
# asks.sh: quan as a command, for the tests in sh; each reads it with `.` behind shows.sh. quan is
# on PATH.
# shellcheck disable=SC2154 # scratch is set by those who read this

# ends STATUS ARGUMENT…: does quan end with this status? Its output is in out and err.
ends() {
    wanted=$1
    shift
    quan "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    is=$?
    [ "$is" -eq "$wanted" ] || echo "status $is, not $wanted: quan $*"
    [ "$is" -eq "$wanted" ]
}
out_has() { grep -q -e "$1" "$scratch/out"; }
err_has() { grep -q -e "$1" "$scratch/err"; }
equal() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; false; }; }
# field FILTER: what jq finds in out.
field() { jq -r "$1" "$scratch/out"; }
