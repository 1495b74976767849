#!/bin/sh
# Tests of gen_table: a good definition makes C that compiles without a warning and works; each
# malformed one gives its own message, with file and line, status 1 and no outputs.
# Usage: gen_table_test.sh path/to/gen_table (CC names the compiler)
set -u

gen=$1
root=$(cd "$(dirname "$0")/.." && pwd)
cc=${CC:-cc}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/domain"
passed=0
failed=0

pass() { passed=$((passed + 1)); }

fail() {
    failed=$((failed + 1))
    echo "FAILED: $1"
}

# refuse LINE MESSAGE DEFINITION: is it refused there, with a message that contains MESSAGE? The
# definition is a format of printf.
refuse() {
    # shellcheck disable=SC2059
    printf "$3" >"$dir/bad.def"
    rm -f "$dir/bad.h" "$dir/bad.c"
    said=$("$gen" "$dir/bad.def" "$dir/bad.h" "$dir/bad.c" 2>&1)
    status=$?
    if [ $status -ne 1 ]; then
        fail "$2: status $status"
    elif [ -e "$dir/bad.h" ] || [ -e "$dir/bad.c" ]; then
        fail "$2: wrote outputs"
    else
        case $said in
        "$dir/bad.def:$1: "*"$2"*) pass ;;
        *) fail "expected line $1: $2; got: $said" ;;
        esac
    fi
}

# table_with LINE MESSAGE REST: the same, REST below a good table header and key.
table_with() {
    refuse "$1" "$2" "table t 10 slot range\n  key u16 slot\n  key u64 id\n$3"
}

# lines FORMAT ITEM...: a line for each item.
lines() {
    format=$1
    shift
    for item in "$@"; do
        # shellcheck disable=SC2059
        printf "$format\\n" "$item"
    done
}

good() {
    cat >"$dir/good.def" <<'END'
# a comment
enum coupon_state "States of a coupon"
  1 available "can be held # or redeemed" # behind the doc
  7 held
  3 default
enum small
  0 none
record usage_cell "n of one measure"
  u64 owner
  i64 n
record limit_rule "One limit as configured"
  u8 measure "limit_measure"
  i64 max
  list usage_cell cells "by period"
  since 2 u32 extra
  since 2 list usage_cell more
  since 7 str note
table empty 1 lane point
  key u16 lane
table coupon 10 slot range "One coupon instance"
  key u16 slot
  key u64 id
  u64 template "its template"
  u8 state "coupon_state"
  bool closed
  u32 member
  i64 due_at_ms
  str note
  list limit_rule rules
  index 11 wallet slot member closed id
  index 255 due slot due_at_ms id
table named 20 lane point
  key u16 lane
  key bool b
  key i32 usage_cell "called like a type"
  key str name
  since 3 i32 n
END
    "$gen" "$dir/good.def" "$dir/domain/table.gen.h" "$dir/domain/table.gen.c"
}

use() {
    cat >"$dir/use.c" <<'END'
#include <stdio.h>

#include "domain/table.gen.h"

static const table *asked;
static coupon row;

void *uow_get(uow *u, const table *t, const void *key_row)
{
    (void)u;
    asked = t;
    row = *(const coupon *)key_row;
    return &row;
}
void *uow_new(uow *u, const table *t, const void *key_row) { return uow_get(u, t, key_row); }
void uow_edit(uow *u, void *r) { (void)u, (void)r; }
void uow_delete(uow *u, void *r) { (void)u, (void)r; }

#define EXPECT(e) ((e) ? (void)0 : (void)(wrong++, puts(#e)))

int main(void)
{
    int wrong = 0;
    uint8_t v = 99;
    EXPECT(COUPON_STATE_AVAILABLE == 1 && COUPON_STATE_COUNT == 8 && SMALL_COUNT == 1);
    EXPECT(str_eq(coupon_state_name(7), S("held")) && coupon_state_name(2).n == 0);
    EXPECT(coupon_state_name(-1).n == 0 && coupon_state_name(8).n == 0);
    EXPECT(coupon_state_parse(S("default"), &v) && v == 3);
    EXPECT(!coupon_state_parse(S("hel"), &v) && !coupon_state_parse(S(""), &v) && v == 3);
    EXPECT(small_parse(S("none"), &v) && v == 0);
    coupon *c = coupon_get(NULL, 9, 8);
    EXPECT(c == &row && asked == &coupon_table && c->slot == 9 && c->id == 8 && c->due_at_ms == 0);
    EXPECT(coupon_new(NULL, 1, 2)->id == 2);
    coupon_edit(NULL, c);
    coupon_delete(NULL, c);
    EXPECT(tables_count == 3 && tables[0] == &empty_table && tables[2] == &named_table);
    EXPECT(table_by_number(10) == &coupon_table && table_by_number(255) == &coupon_table);
    EXPECT(table_by_number(20) == &named_table && table_by_number(12) == NULL);
    EXPECT(empty_table.record.n == 1 && empty_table.home == HOME_LANE);
    const table *t = &coupon_table;
    EXPECT(t->number == 10 && t->key_columns == 2 && t->indexes == 2 && t->record.n == 9);
    EXPECT(t->home == HOME_SLOT && t->access == ACCESS_RANGE && t->record.size == sizeof(coupon));
    EXPECT(t->index[COUPON_BY_DUE].number == 255);
    const table_index *x = &t->index[COUPON_BY_WALLET];
    EXPECT(x->n == 4 && x->columns[1] == 5 && x->columns[3] == 1);
    const column *rules = &t->record.columns[8];
    EXPECT(rules->element == &limit_rule_record && rules->offset == offsetof(coupon, rules));
    EXPECT(limit_rule_record.version == 7 && limit_rule_record.columns[3].since == 2);
    EXPECT(named_table.key_columns == 4 && named_table.record.version == 3);
    return wrong;
}
END
    $cc -std=c17 -D_GNU_SOURCE -I"$dir" -I"$root/src" -Wall -Wextra -Wshadow -Wconversion \
        -Wstrict-prototypes -Wmissing-prototypes -Werror \
        "$dir/use.c" "$dir/domain/table.gen.c" -o "$dir/use" && "$dir/use"
}

if good; then pass; else fail "a good definition is refused"; fi
if use; then pass; else fail "the C of a good definition"; fi

printf '' >"$dir/none.def"
if "$gen" "$dir/none.def" "$dir/domain/table.gen.h" "$dir/domain/table.gen.c" &&
    $cc -std=c17 -I"$dir" -I"$root/src" -Wall -Wextra -Werror -c "$dir/domain/table.gen.c" \
        -o "$dir/none.o"; then pass; else fail "an empty definition"; fi
if "$gen" "$dir/missing.def" "$dir/bad.h" "$dir/bad.c" 2>/dev/null; then
    fail "a missing definition"
else pass; fi
if "$gen" "$dir/good.def" "$dir/no/such.h" "$dir/bad.c" 2>/dev/null; then
    fail "an output that cannot be written"
else pass; fi

# Lines.
refuse 1 "expected enum, record or table, not 'u8'" 'u8 x'
refuse 1 'no closing quote' 'record r "open'
refuse 1 'must be the last thing in its line' 'record r "a" b'
refuse 1 'must not open or close a C comment' 'record r "a */ b"'
refuse 2 'control character' 'record r\n  u8 x "a\tb"\n'
refuse 1 'not alone' '"alone"'
refuse 1 'more than 16 words' 'a b c d e f g h i j k l m n o p q'
refuse 0 'NUL' 'record r\n\0 u8 x\n'

# Names.
refuse 1 "'Limit' is not a name" 'record Limit'
refuse 1 'is not a name' 'record 1st'
refuse 1 "'static' is a C keyword" 'record static'
refuse 1 'POSIX has taken' 'record stat'
refuse 1 'has taken' 'enum list'
refuse 1 'longer than 40' 'record abcdefghijabcdefghijabcdefghijabcdefghijk'
refuse 3 "'a' is declared already, in line 1" 'enum a\n 1 x\nrecord a\n u8 x\n'
refuse 2 "'int' is a C keyword" 'record r\n  u8 int\n'

# Enums.
refuse 1 'expected: enum NAME' 'enum e f\n'
refuse 2 'enum e has no values' '\nenum e\nrecord r\n u8 x\n'
refuse 3 'duplicate number 1 in enum e' 'enum e\n 1 a\n 1 b\n'
refuse 3 "duplicate name 'a' in enum e" 'enum e\n 1 a\n 2 a\n'
refuse 2 "must be a number from 0 to 255, not '256'" 'enum e\n 256 a\n'
refuse 2 'must be a number' 'enum e\n 99999999999 a\n'
refuse 2 'must be a number' 'enum e\n -1 a\n'
refuse 2 "'count' is the constant" 'enum e\n 1 count\n'
refuse 2 'expected in an enum: NUMBER NAME' 'enum e\n 1\n'

# Records and columns.
refuse 1 'r has no columns' 'record r\n'
refuse 1 'expected: record NAME' 'record r extra\n'
refuse 2 "unknown type 'u12'" 'record r\n  u12 x\n'
refuse 2 'expected a column: TYPE NAME' 'record r\n  u8\n'
refuse 2 'expected a column: TYPE NAME' 'record r\n  u8 x y\n'
refuse 3 "duplicate column 'x' in r" 'record r\n  u8 x\n  u16 x\n'
refuse 2 'expected a column: list RECORD NAME' 'record r\n  list x\n'
refuse 2 "'later' is not a record" \
    'record r\n  list later x\nrecord later\n u8 x\n'
refuse 2 "'r' is not a record declared earlier" 'record r\n  list r x\n'
refuse 4 "'t' is not a record" \
    'table t 1 lane point\n key u16 lane\nrecord r\n list t x\n'
refuse 2 'a record has no key' 'record r\n  key u16 slot\n'
refuse 3 'a record has no index' 'record r\n  u8 x\n  index 1 i x y\n'
refuse 3 'since 1 behind a column of version 2' \
    'record r\n  since 2 u8 x\n  u8 y\n'
refuse 3 'since 2 behind a column of version 3' \
    'record r\n  since 3 u8 x\n  since 2 u8 y\n'
refuse 2 'a version must be a number from 1 to 255' 'record r\n  since 0 u8 x\n'
refuse 2 'expected: since VERSION TYPE NAME' 'record r\n  since 2\n'
refuse 66 'more than 64 columns in r' "record r
$(lines ' u8 c%s' $(seq 65))"

# Tables and keys.
refuse 1 'expected: table NAME NUMBER slot|lane point|range' 'table t 1 slot\n'
refuse 1 'must be a number from 1 to 255' 'table t 0 slot point\n'
refuse 1 'must be a number from 1 to 255' 'table t 256 slot point\n'
refuse 1 "home is slot or lane, not 'user'" 'table t 1 user point\n'
refuse 1 "access is point or range, not 'scan'" 'table t 1 slot scan\n'
refuse 1 't has no columns' 'table t 1 slot point\n'
refuse 3 'number 1 is used' \
    'table t 1 slot point\n key u16 slot\ntable s 1 slot point\n'
refuse 2 'the key columns of table t come first' 'table t 1 slot point\n u8 x\n'
refuse 2 'must be: u16 slot' 'table t 1 slot point\n key u16 lane\n'
refuse 2 'must be: u16 lane' 'table t 1 lane point\n key u16 slot\n'
refuse 2 'must be: u16 slot' 'table t 1 slot point\n key u32 slot\n'
refuse 4 'a text key column must be the last' \
    'table t 1 slot point\n key u16 slot\n key str a\n key u8 b\n'
refuse 3 'has no since' 'table t 1 slot point\n key u16 slot\n since 2 key u8 a\n'
refuse 5 'a list cannot be in a key' \
    'record r\n u8 x\ntable t 1 slot point\n key u16 slot\n key list r a\n'
refuse 2 'expected a column' 'table t 1 slot point\n key\n'
table_with 5 'behind a column that is not in the key' '  u8 a\n  key u8 b\n'
refuse 10 'more than 8 key columns' "table t 1 slot point
 key u16 slot
$(lines ' key u8 k%s' 1 2 3 4 5 6 7 8)"

# Indexes.
table_with 5 "index x lacks key column 'id'" ' u8 a\n index 11 x slot a\n'
table_with 5 "'a' is not a fixed-width integer" ' str a\n index 11 x slot id a\n'
table_with 4 "t has no column 'a' above this line" ' index 11 x slot id a\n u8 a\n'
table_with 4 'number 10 is used already' ' index 10 x slot id\n'
table_with 5 'number 11 is used already' \
    ' index 11 x slot id\n index 11 y slot id\n'
table_with 5 "duplicate index 'x' in t" \
    ' index 11 x slot id\n index 12 x slot id\n'
table_with 4 "column 'slot' is twice in index x" ' index 11 x slot id slot\n'
table_with 4 'expected: index NUMBER NAME COLUMN' ' index 11 x\n'
table_with 8 'more than 4 indexes in t' \
    "$(lines ' index 1%s slot id' '1 a' '2 b' '3 c' '4 d' '5 e')"
table_with 11 'more than 8 columns in index x' "$(lines ' u8 c%s' 1 2 3 4 5 6 7)
 index 11 x slot c1 c2 c3 c4 c5 c6 c7 id"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
