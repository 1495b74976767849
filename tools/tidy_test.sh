#!/bin/sh
# Tests of tidy: a good tree passes every rule, and each rule catches its bad sample and is the only
# one that does.
set -u
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
TIDY_ROOT=$scratch/tree
export TIDY_ROOT
mkdir "$TIDY_ROOT" && cd "$TIDY_ROOT" || exit 1
passed=0
failed=0

# good: a tree without a fault.
good() {
    rm -rf src tools build
    mkdir -p src/base src/domain src/plat tools build/release
    cp "$here/../.clang-format" .
    cat >src/base/sum.h <<'END'
/* Adds. Never overflows: the caller sees to that. */
#ifndef QUAN_BASE_SUM_H
#define QUAN_BASE_SUM_H

int sum(int a, int b);

#endif
END
    cat >src/base/sum.c <<'END'
/* See sum.h. */
#include "base/sum.h"

int sum(int a, int b)
{
    return a + b; /* rand() and 1.5 in comments and "strings" are nobody's business */
}
END
    cat >src/base/sum_test.c <<'END'
/* Tests of sum. */
#include <cmocka.h>

#include "base/sum.h"

static void agrees(int a)
{
    assert_int_equal(sum(a, 0), a);
}

static void zero_changes_nothing(void **state)
{
    (void)state;
    agrees(7);
}
END
    cat >src/domain/price.c <<'END'
/* A price. */
#include <stdlib.h>

#include "base/sum.h"

void *price(void);
void *price(void)
{
    return malloc((size_t)sum(1, 2)); /* the caller frees */
}
END
    printf '#!/bin/sh\n# Says hello.\necho hello\n' >tools/hello
    printf 'tools/hello: cat tools/hello\n' >tools/fresh.list
    cp "$scratch"/*.a build/release/ 2>/dev/null
}

# archives: the two that `pure` looks at, of what is in src now.
archives() {
    for layer in base domain; do
        for file in "src/$layer"/[a-z]*.c; do
            case $file in
            *_test.c) continue ;;
            esac
            object=build/release/$(basename "$file" .c).o
            cc -O1 -Isrc -c "$file" -o "$object" || exit 1
            ar -rc build/release/libquan_$layer.a "$object"
            rm "$object"
        done
    done
}

# finds RULE WHAT: tidy finds violations of this rule, and of no other ("": none at all).
finds() {
    if [ "$1" = pure ]; then archives; fi
    "$here/tidy" >"$scratch/out" 2>&1
    found=$(sed -n 's/^[^ ]* \([a-z-]*\): .*/\1/p' "$scratch/out" | sort -u | tr '\n' ' ')
    if [ "$found" = "${1:+$1 }" ] && [ "$(tail -n 1 "$scratch/out" | grep -c passed,)" -eq 1 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $2: expected \"$1\", found \"$found\""
        cat "$scratch/out"
    fi
    good
}

# bad RULE WHAT FILE FORMAT: the text, appended to the file, breaks this rule.
bad() {
    [ -e "$3" ] || printf '/* A file. */\n' >"$3"
    # shellcheck disable=SC2059
    printf "$4" >>"$3"
    finds "$1" "$2"
}

# repeat N FORMAT: the line N times, with its number.
repeat() {
    seq "$1" | while read -r i; do
        # shellcheck disable=SC2059
        printf "$2\n" "$i"
    done
}

good
archives
cp build/release/*.a "$scratch/"
finds "" "a good tree"

# Texts that look like the real thing are put together here, so that this file passes too.
mark=TO
mark=${mark}DO
home=/wor
home=${home}k

# The rules about text
bad includes 'upwards' src/domain/up.c '#include "app/act.h"\n'
bad includes 'domain to plat' src/domain/side.c '#include "plat/clock.h"\n'
bad includes 'without a layer' src/domain/bare.c '#include "price.h"\n'
bad includes 'a library out of its folder' src/domain/library.c '#include <uv.h>\n'
bad includes 'what has no layer' src/domain/test.c '#include "test/lib/story.h"\n'
bad function-size 'a function of 71 lines' src/base/long.c \
    "static void f(void)\n{\n$(repeat 68 '    g(%s);')\n}\n"
bad file-size 'a .c file of 601 lines' src/base/large.c "$(repeat 600 'extern int v%s;')\n"
bad file-size 'a header of 201 lines' src/base/sum.h "$(repeat 201 'extern int v%s;')\n"
six='static void f(int a, int b, int c, int d, int e, int g)\n{\n    a = b;\n}\n'
bad parameters 'six parameters' src/base/six.c "$six"
bad parameters 'six parameters, one of them a function' src/base/six.c \
    'static void f(int a, int b, int (*c)(int, int), int d, int e, int g)\n{\n    a = b;\n}\n'
bad columns '101 columns' src/base/wide.c "/* $(repeat 95 a%.0s | tr -d '\n') */\n"
bad columns '101 columns of shell' tools/hello "# $(repeat 100 a%.0s | tr -d '\n')\n"
bad banned 'a banned function' src/base/ban.c 'static int x(void)\n{\n    return atoi("1");\n}\n'
bad banned 'a banned function in a test' src/base/ban_test.c \
    'static void f(void)\n{\n    assert_true(strtok(a, b));\n}\n'
bad floats 'double' src/base/real.c 'static double x;\n'
bad floats 'a literal' src/plat/real.c 'enum { A = (int)1.5 };\n'
bad memory 'malloc that nobody frees' src/plat/leak.c \
    'static void *f(void)\n{\n    return malloc(8);\n}\n'
: >src/base/late.h
bad opening 'a file that does not say what it is' src/base/late.h \
    '\n#ifndef QUAN_BASE_LATE_H\n#define QUAN_BASE_LATE_H\n#endif\n'
bad guards 'no guard' src/base/open.h 'int f(void);\n'
bad guards 'the guard of another header' src/base/two.h \
    '#ifndef QUAN_BASE_SUM_H\n#define QUAN_BASE_SUM_H\n#endif\n'
bad asserts 'a test that asserts nothing' src/base/empty_test.c 'static int x;\n'
bad asserts 'one case that asserts nothing' src/base/sum_test.c \
    '\nstatic void idle(void **state)\n{\n    (void)state;\n    sum(1, 2);\n}\n'
bad unfinished 'work left' src/base/left.c "/* $mark: the rest */\n"
bad machine 'a path of one machine' src/base/path.c "/* see $home/main */\n"

# The rules that other programs check
bad format 'layout' src/base/layout.c 'static int  x;\n'
bad shell "an unquoted name" tools/hello "echo \$1\n"
bad codes 'a code that no test expects' src/base/result.def \
    'RESULT(1, GONE, 404, RESULT_PASSING,\n       "Gone.")\n'
printf '/* Codes. */\nRESULT(1, GONE, 404, RESULT_REFUSED, "Gone.")\n' >src/base/result.def
bad "" 'a code that a test expects' src/base/gone_test.c \
    '\nstatic void says(void **state)\n{\n    assert_code(*state, "gone");\n}\n'
bad fresh 'a stale file' tools/fresh.list 'src/base/sum.h: echo something else\n'
bad fresh 'a command that fails' tools/fresh.list 'src/base/sum.h: false\n'
bad pure 'the domain asks for the time' src/domain/time.c \
    '#include <time.h>\nlong f(void);\nlong f(void)\n{\n    return time(NULL);\n}\n'
bad pure 'the domain has a variable' src/domain/state.c 'int count = 1;\n'
bad pure 'the base reads a file' src/base/file.c \
    '#include <fcntl.h>\nint f(void);\nint f(void)\n{\n    return open("x", 0);\n}\n'

# What is allowed
bad "" 'a signature that a library fixes' src/base/given.c \
    "/* A library's signature. */\n$six"
bad "" 'a function of 70 lines' src/base/just.c \
    "static void f(void)\n{\n$(repeat 67 '    g(%s);')\n}\n"
bad "" 'a test that includes anything' src/base/any_test.c \
    '#include "app/act.h"\n\nstatic void f(void **state)\n{\n    assert_true(state);\n}\n'
bad "" 'a literal in a comment over lines' src/base/comment.c '/* "1.5\n * rand() */\n'
bad "" 'quotes in character literals' src/base/quote.c \
    "static const char q = '\"';\nstatic const char *s = \"rand() /* 1.5\";\n"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
