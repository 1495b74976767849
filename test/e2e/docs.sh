#!/bin/sh
# The tutorials as a reader pastes them: every block marked sh of a page runs in one shell, in
# order, beginning in the directory of the sources; a block marked text behind it is what it must
# print. Nothing but the page puts quan on PATH; what it makes is under its own TMPDIR.
set -u
cd "$(dirname "$0")/../.." || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

# The page as a script: each block's output goes to a file of its own, beside what is expected of
# it. A server that a page starts ends with its shell.
script_of() {
    awk -v dir="$2" '
        BEGIN { print "set -eu"; print "trap '\''kill $(jobs -p) 2>/dev/null || true'\'' EXIT" }
        /^```sh$/ { block++; inside = "sh"; print "exec >" dir "/got." block " 2>&1"; next }
        /^```text$/ { inside = "text"; file = dir "/want." block; printf "" >file; next }
        /^```$/ { if (inside == "text") close(file); inside = ""; next }
        inside == "sh" { print }
        inside == "text" { print >file }
        END { print "exec >/dev/null 2>&1" }' "$1"
}

for page in docs/tutorial/*.md; do
    dir=$scratch/$(basename "$page" .md)
    mkdir -p "$dir/tmp"
    script_of "$page" "$dir" >"$dir/script"
    if TMPDIR=$dir/tmp timeout 120 bash "$dir/script"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $page ends early; the last block printed:"
        tail -n 20 "$(find "$dir" -name 'got.*' | sort -t . -k 2n | tail -n 1)"
    fi
    for want in "$dir"/want.*; do
        got=$dir/got.${want##*.}
        if diff -u "$want" "$got" >"$scratch/diff" 2>&1; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAILED: $page, block ${want##*.}"
            cat "$scratch/diff"
        fi
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
