#!/bin/sh
# `quan quote`: errors by line, the exit status, and that a scenario is a shop of its own. The form
# is shown by docs/tutorial/scenarios.md, which docs.sh runs. The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
quan=${QUAN_BUILD:-build/release}/quan
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
. test/lib/shows.sh
evidence="out err"

# runs STATUS: the scenarios on stdin end with this status; answers are in out.
runs() {
    cat >"$scratch/in"
    "$quan" quote "$scratch/in" >"$scratch/out" 2>"$scratch/err"
    is=$?
    [ "$is" -eq "$1" ] || { echo "status $is, not $1"; return 1; }
}

said() { [ "$(jq -c "$1" "$scratch/out")" = "$2" ]; }

at='"at": "2026-01-01T00:00:00Z"'
cart='"user": "ann", "cart": {"lines": [{"sku": "tea", "quantity": 1,
    "unit_price": {"amount": 5000, "currency": "USD"}}]}'
window='{"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}'
# An active campaign $c with 1.00 off by itself, three times a user.
promotion=$(cat <<'END'
{"campaign": {"name": "c", "claim_window": WINDOW, "use_window": WINDOW}, "as": "c"},
    {"state": {"campaign": "$c", "state": "active"}},
    {"template": {"campaign": "$c", "name": "all", "apply": "automatic",
        "benefit": {"kind": "amount_off", "amount": {"amount": 100, "currency": "USD"}},
        "limits": [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 3}],
        "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z",
            "until": "2026-02-01T00:00:00Z"}}, "as": "t"}
END
)
promotion=$(printf '%s' "$promotion" | sed "s/WINDOW/$window/g" | tr '\n' ' ')
cart=$(printf '%s' "$cart" | tr '\n' ' ')

# scenario STEPS: a line.
scenario() { printf '{%s, %s, "steps": [%s]}\n' "$at" "$cart" "$1"; }

# ---- the command line ----------------------------------------------------------------------------

shows "a file is needed" sh -c "'$quan' quote 2>/dev/null; [ \$? -eq 2 ]"
shows "one is enough" sh -c "'$quan' quote a b 2>/dev/null; [ \$? -eq 2 ]"
shows "it must be there" sh -c "'$quan' quote '$scratch/none' 2>/dev/null; [ \$? -eq 3 ]"
shows "nothing at all is fine" runs 0 <<END
END
shows "a directory is no file" sh -c "'$quan' quote '$scratch' 2>/dev/null; [ \$? -eq 3 ]"
echo "{$at, $cart, \"steps\": [{\"quote\": {}}]}" >"$scratch/one"
shows "stdin is -" sh -c "'$quan' quote - <'$scratch/one' | jq -e '.steps[0].status == 200'"
shows "nothing is said beside the answers" sh -c "
    [ -z \"\$('$quan' quote '$scratch/one' 2>&1 >/dev/null)\" ]"

# ---- errors by line ------------------------------------------------------------------------------

shows "each line has its own error, and the others run" runs 1 <<END
{$at, $cart, "steps": [{"quote": {}}]}

[]
{"steps": []}
{$at, "stepps": [], "steps": []}
{$at}
{$at, "steps": [7]}
{$at, "steps": [{}]}
{$at, "steps": [{"quote": {}, "hold": {}}]}
{$at, "steps": [{"quote": 1}]}
{$at, "steps": [{"quote": {}, "times": 0}]}
{$at, "steps": [{"at": "2025-12-31T23:59:59Z"}]}
{$at, "steps": [{"pass_seconds": -1}]}
{$at, "steps": [{"pass_seconds": 999999999999999}]}
{$at, "steps": [{"release": {"hold": 7}}]}
{$at, "steps": [{"quote": {}}, {"quote": {}}]}
{$at, "merchant": {"zone": "Mars/North"}, "steps": []}
{$at, $cart, "steps": [{"quote": {}}]}
END
shows "blank lines have a number and no answer" said .line \
    "$(printf '%s\n' 1 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18)"
shows "with places and codes" said '[.line, .error.code, .error.field]' '[1,null,null]
[3,"wrong_type",""]
[4,"required","at"]
[5,"unknown_field","stepps"]
[6,"required","steps"]
[7,"wrong_type","steps[0]"]
[8,"required","steps[0]"]
[9,"unknown_field","steps[0].hold"]
[10,"wrong_type","steps[0].quote"]
[11,"out_of_range","steps[0].times"]
[12,"out_of_range","steps[0].at"]
[13,"out_of_range","steps[0].pass_seconds"]
[14,"out_of_range","steps[0].pass_seconds"]
[15,"required","steps[0].release"]
[16,"wrong","steps[0].quote"]
[17,"wrong","merchant"]
[18,null,null]'
shows "a wrong request is shown, and ends the scenario" sh -c "
    [ \"\$(jq -c 'select(.line == 16) | [.steps[].status]' '$scratch/out')\" = '[422]' ]"

{ head -c 5000000 /dev/zero | tr '\0' ' ' && echo '{}' && cat "$scratch/one"; } >"$scratch/long"
shows "a line that is too long, and the next" sh -c "
    '$quan' quote '$scratch/long' >'$scratch/out'; [ \$? -eq 1 ]"
shows "are told apart" said '[.line, .error.code]' '[1,"too_large"]
[2,null]'

# ---- a shop of its own ---------------------------------------------------------------------------

steps='{"redeem": {}, "times": 3}, {"redeem": {}}, {"quote": {}}, {"redeem": {"user": "bob"}}'
shows "steps go on after a refusal" runs 0 <<END
$(scenario "$promotion, $steps")
$(scenario '{"quote": {}}')
END
shows "times counts, and what is out is left out" said '[.steps[]
    | select(.step == "redeem" or .step == "quote") | [.status, .answer.discount.amount]]' \
    '[[201,100],[409,null],[200,0],[201,100]]
[[200,0]]'
cp "$scratch/out" "$scratch/first"
"$quan" quote "$scratch/in" >"$scratch/out" 2>"$scratch/err"
shows "the same file, the same bytes" cmp "$scratch/first" "$scratch/out"

steps=$(cat <<'END'
{"hold": {}, "as": "h"}, {"release": {"hold": "$h"}},
    {"redeem": {"order_number": "$$1"}, "as": "r"}, {"return": {"redemption": "$r"}}
END
)
shows "names are of their scenario, and of one step" runs 1 <<END
$(scenario "$promotion, $steps" | tr '\n' ' ')
$(scenario "{\"release\": {\"hold\": \"\$h\"}}")
$(scenario "$promotion, {\"quote\": {}}, {\"hold\": {}, \"as\": \"t\"}")
END
shows "as the lines say" said '[(.steps | length), .error.code, .error.field]' '[7,null,null]
[0,"unknown_name","steps[0]"]
[5,"not_allowed","steps[4].as"]'
shows "\$\$ is a \$" sh -c "
    [ \"\$(head -n 1 '$scratch/out' | jq -r '.steps[5].answer.order_number')\" = '\$1' ]"

# ---- what has happened before --------------------------------------------------------------------

before=$(cat <<'END'
{"counts": {"template": "$t", "user": "ann", "redeemed": 2,
    "discount": {"amount": 200, "currency": "USD"}}}
END
)
before=$(printf '%s' "$before" | tr '\n' ' ')
steps=$(cat <<'END'
{"redeem": {}}, {"redeem": {}}, {"redeem": {"user": "bob"}}, {"stats": {"campaign": "$c"}}
END
)
shows "counts are those of a user" runs 0 <<END
$(scenario "$promotion, $before, $steps")
END
shows "and limits and statistics know them" said '[.steps[3].redeemed, .steps[3].discount.amount,
    (.steps[4:7][] | .status), .steps[7].answer.counts[0].redeemed]' '[2,200,201,409,201,4]'

shows "counts that cannot be end the scenario" runs 1 <<END
$(scenario "$promotion, {\"counts\": 1}")
$(scenario "$promotion, {\"counts\": {}}")
$(scenario "$promotion, {\"counts\": {\"template\": \"\$x\"}}")
$(scenario "$promotion, {\"counts\": {\"template\": \"\$t\"}, \"times\": 2}")
$(scenario "$promotion, {\"counts\": {\"template\": \"\$t\", \"used\": 2}}")
$(scenario "$promotion, {\"counts\": {\"template\": \"\$t\", \"issued\": 2}}")
$(scenario "$promotion, {\"state\": {\"campaign\": \"\$c\", \"state\": \"disabled\"}}, $before")
$(scenario "$promotion, $before, $before")
END
shows "by the member that is wrong" said '[.line, .error.code, .error.field]' \
    '[1,"required","steps[3].counts.template"]
[2,"required","steps[3].counts.template"]
[3,"unknown_name","steps[3].counts"]
[4,"unknown_field","steps[3]"]
[5,"unknown_field","steps[3].counts.used"]
[6,"not_allowed","steps[3].counts.issued"]
[7,"stale","steps[4].counts.redeemed"]
[8,"stale","steps[4].counts.redeemed"]'

tenth='"drafts": [{"template": {"name": "t", "conditions": {"fact": "user.first_order", "is": true},
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 7}}}]'
tenth=$(printf '%s' "$tenth" | tr '\n' ' ')
lines='"lines": [{"sku": "tea", "quantity": 1, "unit_price": {"amount": 1000, "currency": "USD"}}]'
shows "history is that of the scenario, or of a cart" runs 1 <<END
$(scenario "{\"quote\": {$tenth}}" | sed 's/^{/{"shopper": {"orders": 0}, /')
$(scenario "{\"quote\": {$tenth}}" | sed 's/^{/{"shopper": {"orders": 3}, /')
$(scenario "{\"quote\": {$tenth, \"cart\": {\"shopper\": {\"orders\": 0}, $lines}}}" |
    sed 's/^{/{"shopper": {"orders": 3}, /')
$(scenario "{\"quote\": {$tenth, \"cart\": {$lines}}}" | sed 's/^{/{"shopper": {"orders": 0}, /')
$(scenario "{\"quote\": {}}" | sed 's/^{/{"shopper": {"orders": -1}, /')
$(scenario "{\"quote\": {\"cart\": 7}}" | sed 's/^{/{"shopper": {"orders": 1}, /')
END
shows "in every step with a cart" said '[.steps[0].answer.discount.amount,
    .steps[0].answer.errors[0].field]' '[500,null]
[0,null]
[100,null]
[100,null]
[null,"cart.shopper.orders"]
[null,"cart"]'

counted
