# Sums a verbose log of ctest (-V): prints `passed failed`, and appends the output of each program
# that failed to the file `failures`.
#
# A program counts its cases as cmocka does, or by a last line `N passed, N failed`; one that does
# neither counts as one. A case that was skipped has failed.

/^ *[0-9]+: / {
    at = index($0, ": ")
    n = substr($0, 1, at - 1) + 0
    line = substr($0, at + 2)
    if (line ~ /^Test command: /)
        command[n] = substr(line, 15)
    else if (line !~ /^(Working Directory|Environment variables|Test timeout computed| QUAN_)/) {
        output[n] = output[n] line "\n"
        count(n, line)
    }
    next
}

# ` 3/18 Test #11: base_time_test ....   Passed    0.14 sec`
/^ *[0-9]+\/[0-9]+ +Test +#[0-9]+: / {
    match($0, /#[0-9]+: /)
    n = substr($0, RSTART + 1, RLENGTH - 3) + 0
    rest = substr($0, RSTART + RLENGTH)
    name = rest
    sub(/ .*/, "", name)
    finish(n, name, rest)
}

function count(n, line)
{
    if (match(line, /\[  PASSED  \] [0-9]+ test\(s\)/))
        good[n] += substr(line, RSTART + 13) + 0
    else if (match(line, /\[  (FAILED|SKIPPED) ? \] ([^ ]+: )?[0-9]+ test\(s\)/)) {
        sub(/.*\] /, "", line)
        sub(/^[^ ]+: /, "", line)
        ill[n] += line + 0
    } else if (line ~ /^[0-9]+ passed, [0-9]+ failed$/) {
        split(line, part, /[ ,]+/)
        good[n] += part[1]
        ill[n] += part[3]
    }
}

function finish(n, name, rest,    fine)
{
    fine = rest ~ / Passed +[0-9.]+ sec/ && ill[n] + 0 == 0
    if (good[n] + ill[n] == 0 || (!fine && ill[n] + 0 == 0)) {
        if (fine)
            good[n] = 1
        else
            ill[n] = 1
    }
    passed += good[n]
    failed += ill[n]
    if (rest ~ /Not Run/)
        print "\n---- " name " was not built" >>failures
    else if (!fine) {
        sub(/^[^.]*\.+ */, "", rest)
        print "\n---- " name ": " rest >>failures
        printf "%s", output[n] >>failures
        print "again: " command[n] >>failures
    }
}

END { print passed + 0, failed + 0 }
