#!/bin/sh
# shows.sh: what the tests in sh count and wait with; each reads it with `.` when it has made
# $scratch.
# evidence: files in $scratch, beside what the command said, that tell why something failed.
# shellcheck disable=SC2154 # scratch is set by those who read this
passed=0
failed=0
evidence=

# shows WHAT COMMAND…: does the command hold?
shows() {
    what=$1
    shift
    if "$@" >"$scratch/said" 2>&1; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    echo "FAILED: $what"
    for file in said $evidence; do
        [ ! -e "$scratch/$file" ] || tail -n 40 "$scratch/$file"
    done
}

# waits COMMAND…: until it holds; at most a minute.
waits() {
    for _ in $(seq 1200); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.05
    done
    "$@"
}

# counted: the last line of a test, and its exit status.
counted() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
