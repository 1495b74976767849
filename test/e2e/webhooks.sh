#!/bin/sh
# Webhooks from a real server to a real receiver, which checks each signature with the npm package
# standardwebhooks (test/e2e/hooks) and fails, is late, goes away and comes back, while the server
# is killed (SIGKILL): what counts is that every event of the feed has arrived, those of a coupon
# in order.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/serving.sh
receiver=
# shellcheck disable=SC2086 # one that does not run is no word
clear_up() { [ -z "$server$receiver" ] || kill -9 $server $receiver 2>/dev/null; }
# shellcheck disable=SC2034 # shows.sh reads it
evidence="answer log standing"
data=$scratch/data
there=$scratch/receiver

# ---- a receiver ----------------------------------------------------------------------------------

mkdir "$there"
cp test/e2e/hooks/package.json test/e2e/hooks/package-lock.json test/e2e/hooks/.npmrc \
    test/e2e/hooks/receiver.mjs "$there"
(cd "$there" && npm ci --loglevel=error --no-audit --no-fund --ignore-scripts >/dev/null) || exit 1
: >"$there/log"
echo none >"$there/secret"
# comes [PORT]: the receiver is there, on the port that it had.
comes() {
    rm -f "$there/port"
    node "$there/receiver.mjs" "${1:-0}" "$there" &
    receiver=$!
    waits [ -s "$there/port" ] && port=$(cat "$there/port")
}
goes() {
    kill "$receiver"
    wait "$receiver" 2>/dev/null
    receiver=
}
mode() { echo "$1" >"$there/mode"; }
mode ok
shows "a receiver" comes

# ---- a shop --------------------------------------------------------------------------------------

openssl rand -hex 32 >"$scratch/code.key"
quan admin merchant create --data "$data" --name Shop --zone UTC --currency USD --json \
    >"$scratch/merchant" || exit 1
QUAN_KEY=$(quan admin key create --data "$data" --merchant "$(jq -r .id "$scratch/merchant")" \
    --scopes admin,issue,redeem,read --json | jq -r .key)
export QUAN_KEY
serves() {
    up --data "$data" --code-key-file "$scratch/code.key" --webhook-http yes --webhook-ports any \
        --webhook-networks 127.0.0.0/8 --webhook-timeout-ms 500 && export QUAN_SERVER="$url"
}
# send PATH BODY: the answer.
send() {
    curl -s -m 20 -H "Authorization: Bearer $QUAN_KEY" -H 'Content-Type: application/json' \
        -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" -d "$2" "$url/v1/$1"
}
get() { curl -s -m 20 -H "Authorization: Bearer $QUAN_KEY" "$url/v1/$1"; }

shows "a server" serves
window='{"from": "2020-01-01T00:00:00Z", "until": "2049-01-01T00:00:00Z"}'
campaign=$(send campaigns "{\"name\": \"Spring\", \"claim_window\": $window,
    \"use_window\": $window}" | jq -r .id)
send "campaigns/$campaign/state" '{"state": "active"}' >/dev/null
template=$(send "campaigns/$campaign/templates" '{"name": "1 off", "benefit": {"kind": "amount_off",
    "amount": {"amount": 100, "currency": "USD"}}, "validity": {"kind": "after_issue",
    "duration_days": 30}}' | jq -r .id)
orders=0
# busy USER: a coupon that is held and released three times: seven events.
busy() {
    coupon=$(send claims "{\"user\": \"$1\", \"template\": \"$template\"}" |
        jq -r '.coupons[0].id')
    for _ in 1 2 3; do
        orders=$((orders + 1))
        hold=$(send holds "{\"user\": \"$1\", \"order_number\": \"$1-$orders\",
            \"coupons\": [\"$coupon\"], \"cart\": {\"lines\": [{\"sku\": \"tea\", \"quantity\": 1,
            \"unit_price\": {\"amount\": 900, \"currency\": \"USD\"}}]}}" | jq -r .id)
        send "holds/$hold/release" '{}' >/dev/null
    done
}

# ---- what must hold ------------------------------------------------------------------------------

# The ids of all events but those of the webhooks themselves, in $scratch/ids.
feed() {
    get 'events?limit=1000' >"$scratch/feed"
    [ "$(jq .more "$scratch/feed")" = false ] &&
        jq -r '.events[] | select(.type | startswith("webhook_") | not) | .id' "$scratch/feed" |
        sort >"$scratch/ids"
}
taken() { awk '$2 ~ /^2/ && $5 !~ /^webhook_/ { print $1 }' "$there/log" | sort -u; }
all_have_come() { feed && taken | cmp -s - "$scratch/ids"; }
none_is_bad() { [ "$(grep -c ' bad ' "$there/log")" -eq 0 ]; }
# The first time each was taken, those of a coupon came with 1, 2, 3 …
in_order() {
    awk '$2 ~ /^2/ && $4 > 0 && !seen[$1]++ && $4 != ++at[$3] { wrong++ }
        END { exit wrong > 0 }' "$there/log"
}
delivery() {
    get "webhooks/$hook" >"$scratch/standing"
    jq -r ".delivery.$1" "$scratch/standing"
}
is() { [ "$(delivery "$1")" = "$2" ]; }
at_once() { quan webhooks disable "$hook" >/dev/null && quan webhooks enable "$hook" >/dev/null; }

# ---- all is well ---------------------------------------------------------------------------------

creates() { quan webhooks create --json "http://127.0.0.1:$port/hook" >"$scratch/webhook"; }
shows "a webhook, by the command line" creates
hook=$(jq -r .id "$scratch/webhook")
jq -r .secret "$scratch/webhook" >"$there/secret"
quan webhooks replay --from 2020-01-01T00:00:00Z "$hook" >/dev/null
mode slow
busy ann
busy bob
shows "all that was there and comes arrives" waits all_have_come
shows "each passes the verifier" none_is_bad
shows "once" [ "$(sort "$there/log" | uniq -d | wc -l)" -eq 0 ]
shows "and is counted" waits is taken "$(wc -l <"$there/log")"
shows "a test event is asked for" quan webhooks test "$hook"
shows "and comes" waits grep -q webhook_tested "$there/log"

# ---- two secrets ---------------------------------------------------------------------------------

quan webhooks rotate --json "$hook" >"$scratch/rotated"
busy cid
shows "the old secret is good for a while" waits all_have_come
jq -r .secret "$scratch/rotated" >"$there/secret"
busy dot
shows "and so is the new one" waits all_have_come
shows "each is signed twice" [ "$(tail -n 1 "$there/log" | cut -d ' ' -f 6)" = 2 ]

# ---- it fails, is late, goes away ----------------------------------------------------------------

mode fail
busy eve
shows "a status that is none" waits is last_status 500
mode late
at_once
busy fay
shows "too late an answer" waits is last_fault timeout
mode move
at_once
shows "a redirect is not followed" waits is last_status 302
busy gus
busy hal
shows "the breaker opens" waits is breaker open
goes
at_once
shows "nobody is there" waits is last_fault unreachable
mode ok
shows "it comes back" comes "$port"
at_once
shows "and gets all of it" waits all_have_come
shows "each passes the verifier still" none_is_bad

# ---- the server is killed ------------------------------------------------------------------------

mode slow
for user in ida jim kim; do
    busy $user-1 &
    one=$!
    busy $user-2 &
    sleep 0.3
    kill -9 "$server"
    wait "$server" $one $! 2>/dev/null
    shows "killed, it serves again" serves
done
busy lou
mode ok
at_once
shows "nothing is lost" waits all_have_come
shows "events of each coupon came in order" in_order
shows "and all pass the verifier" none_is_bad

# ---- again, elsewhere, never ---------------------------------------------------------------------

: >"$there/log"
shows "a replay" quan webhooks replay --from 2020-01-01T00:00:00Z "$hook"
shows "sends all of them again" waits all_have_come
inside=$(send webhooks "{\"url\": \"http://[::1]:$port/hook\"}" | jq -r .id)
send "webhooks/$inside/test" '{}' >/dev/null
outside=$hook
hook=$inside
shows "an address that is not let in is not connected to" waits is last_fault blocked
hook=$outside
mode gone
busy max
is_gone() { [ "$(get "webhooks/$hook" | jq -r .state)" = gone ]; }
is_told() { [ "$(metric quan_webhook_disabled_total)" = 1 ]; }
shows "410 ends it" waits is_gone
shows "as the metrics say" waits is_told
shows "and the log" grep -q '"a webhook is disabled"' "$scratch/log"
shows "it is deleted" quan webhooks delete "$hook"
shows "the server stops at once" down
shows "the store is sound" quan verify --data "$data"
counted
