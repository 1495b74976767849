#!/bin/sh
# What a request costs the event loop, counted: instructions of the loop's thread for a claim, a GET
# of a coupon and a GET of a wallet, under callgrind. Counts do not depend on what else the machine
# does, so the cost cannot grow unseen. RocksDB's share of a GET is in it, the kernel's is not.
#
# A ceiling is what was counted when it was set, and a tenth. When a change passes it, make the
# change cheaper, or raise the ceiling and say in the commit what the price buys; when a change is
# cheaper, lower it. Counts differ a little between processors (libc chooses its copies by them).
# The last line is `N passed, N failed`.
set -u
claim_ceiling=29000
coupon_ceiling=37900
wallet_ceiling=190000

cd "$(dirname "$0")/../.." || exit 1
quan=${QUAN_BUILD:-build/release}/quan
scratch=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; wait; rm -rf "$scratch"' EXIT
data=$scratch/data
passed=0
failed=0

fail() {
    failed=$((failed + 1))
    echo "FAILED: $*"
}

# control FLAG…: to callgrind.
control() {
    callgrind_control "$@" "$server" >>"$scratch/control" 2>&1
}

# load FLAG…: how many requests were answered well goes to the file `done`.
load() {
    "$quan" bench --server "$url" --key "$key" --template "$template" --users 50 --json "$@" \
        >"$scratch/answer" 2>"$scratch/err" || return 1
    jq -e '.broken == 0 and .refused == {}' "$scratch/answer" >/dev/null || return 1
    jq .requests "$scratch/answer" >"$scratch/done"
}

# costs WHAT CEILING FLAG…: runs load under callgrind. --separate-threads writes one file a thread;
# that of the loop names http_loop_run.
costs() {
    what=$1 ceiling=$2
    shift 2
    rm -f "$scratch"/count.*
    control -z
    control -i on
    if ! load "$@"; then
        fail "$what: $(cat "$scratch/answer" "$scratch/err")"
        return
    fi
    control -i off
    control -d "$what"
    if ! of_loop=$(grep -l 'http_loop_run' "$scratch"/count.*); then
        fail "$what: no count; $(tail -n 1 "$scratch/control")"
        return
    fi
    sum=$(sed -n 's/^totals: //p' "$of_loop" | head -n 1)
    each=$((sum / $(cat "$scratch/done")))
    echo "$what: $each instructions (ceiling $ceiling)"
    if [ "$each" -le "$ceiling" ] && [ "$each" -gt $((ceiling / 4)) ]; then
        passed=$((passed + 1))
    else
        fail "$what: $each instructions on the loop's thread; expected up to $ceiling"
    fi
}

merchant=$("$quan" admin merchant create --data "$data" --name Cost --zone UTC --currency USD |
    sed 's/ .*//')
key=$("$quan" admin key create --data "$data" --merchant "$merchant" 2>/dev/null)
valgrind --tool=callgrind --separate-threads=yes --instr-atstart=no \
    --callgrind-out-file="$scratch/count" "$quan" serve --data "$data" --http-port 0 --loops 1 \
    --ready-file "$scratch/url" --log-level warn >"$scratch/log" 2>&1 &
server=$!
for _ in $(seq 600); do [ -s "$scratch/url" ] || sleep 0.05; done
url=$(cat "$scratch/url") || { cat "$scratch/log"; exit 1; }
post() {
    curl -sS -f -H "Authorization: Bearer $key" -H "Idempotency-Key: $(date +%N)" \
        -H 'Content-Type: application/json' -d "$2" "$url$1" | jq -r .id
}
window='{"from":"2020-01-01T00:00:00Z","until":"2100-01-01T00:00:00Z"}'
campaign=$(post /v1/campaigns "{\"name\":\"c\",\"claim_window\":$window,\"use_window\":$window}")
template=$(post "/v1/campaigns/$campaign/templates" '{"name":"t",
    "benefit":{"kind":"amount_off","amount":{"amount":500,"currency":"USD"}},
    "validity":{"kind":"after_issue","duration_days":30}}')
post "/v1/campaigns/$campaign/state" '{"state":"active"}' >/dev/null

# Eight coupons for each of 50 users; then everything has run once.
load --work claim --requests 400 --connections 8 || fail "claims: $(cat "$scratch/err")"
load --work wallet --requests 20 --connections 1 || fail "wallets: $(cat "$scratch/err")"
costs wallet $wallet_ceiling --work wallet --requests 100 --connections 1
costs coupon $coupon_ceiling --work coupon --requests 400 --connections 1
costs claim $claim_ceiling --work claim --requests 400 --connections 8

kill "$server"
wait "$server" || fail "the server ended with status $?"
server=
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
