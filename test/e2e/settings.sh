#!/bin/sh
# What settings do, shown by servers that have them. Elsewhere: the times of clients and
# connections_max in clients.c, drain_timeout_ms in serve.c, the ends of all ranges in promises.sh,
# rates and hold_default_ms in test/story.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/serving.sh
slow=
# shellcheck disable=SC2086 # one that does not run is no word
clear_up() { [ -z "$server$slow" ] || kill -9 $server $slow 2>/dev/null; }
evidence="answer log"
data=$scratch/data

# spaces N FILE: a body of N bytes.
spaces() { printf "%$1s" '' >"$2"; }
is() { [ "$(metric "$1")" = "$2" ]; }

# ---- what a request may be -----------------------------------------------------------------------

# head STATUS BYTES: a request whose head has so many bytes: 37 and a field.
head_of() {
    status "$1" -H 'User-Agent:' -H 'Accept:' -H 'Host: a' \
        -H "X: $(printf '%*s' $(($2 - 37)) '' | tr ' ' x)" "$url/livez"
}
shows "a server with small maxima" up --data "$data" --head-max 1024 --body-max 2000
shows "head_max: a head of that size" head_of 200 1024
shows "head_max: and no byte more" head_of 431 1025
shows "head_max: by its code" code headers_too_large
spaces 2000 "$scratch/most"
spaces 2001 "$scratch/more"
shows "body_max: a body of that size" status 401 --data-binary "@$scratch/most" "$url/v1/claims"
shows "body_max: and no byte more" status 413 --data-binary "@$scratch/more" "$url/v1/claims"
shows "body_max: by its code" code too_large
shows "which ends well" down

# ---- the memory of bodies ------------------------------------------------------------------------

shows "a server with 1 MiB for bodies" up --data "$data" --body-memory-mb 1
spaces 600000 "$scratch/large"
large() { status "$1" -H Expect: --data-binary "@$scratch/large" "$url/v1/claims/batch"; }
curl -s -m 60 --limit-rate 50K -H Expect: --data-binary "@$scratch/large" \
    "$url/v1/claims/batch" >/dev/null &
slow=$!
shows "body_memory_mb: a body on its way takes its size" waits is quan_http_body_memory_bytes 600000
shows "body_memory_mb: two are more than there is" large 503
shows "body_memory_mb: busy" code busy
shows "body_memory_mb: and says when to come again" grep -qi '^Retry-After: 1' "$scratch/head"
shows "body_memory_mb: small ones pass" status 401 --data '{}' "$url/v1/claims/batch"
kill "$slow"
wait "$slow" 2>/dev/null
slow=
shows "body_memory_mb: whoever leaves gives back" waits is quan_http_body_memory_bytes 0
shows "body_memory_mb: so there is room again" large 401
shows "which ends well, too" down

# ---- threads, files, address, log ----------------------------------------------------------------

# threads NAME N: so many of the server's threads are called so.
threads() { [ "$(cat /proc/"$server"/task/*/comm | grep -c "^$1-[0-9]*\$")" -eq "$2" ]; }
# shellcheck disable=SC3045
ulimit -S -n 1024 # dash has it
rm -rf "$data"
QUAN_PORT=1 QUAN_KEY=@key QUAN_SERVER=http://127.0.0.1:8080 QUAN_PASSPHRASE=secret
export QUAN_PORT QUAN_KEY QUAN_SERVER QUAN_PASSPHRASE
shows "a server of another shape" up --data "$data" --lanes 3 --loops 2 --connections-max 4000 \
    --http-address 127.0.0.2 --log-level warn
unset QUAN_PORT QUAN_KEY QUAN_SERVER QUAN_PASSPHRASE
shows "lanes" threads lane 3
shows "loops" threads http 2
shows "connections_max: as many open files and 2048" \
    grep -qE '^Max open files +6048 ' "/proc/$server/limits"
shows "http_address" status 200 "http://127.0.0.2:${url##*:}/livez"
shows "http_address: nowhere else" status 000 "http://127.0.0.1:${url##*:}/livez"
shows "a variable that is nearly a setting is told" grep -q '"variable":"QUAN_PORT"' "$scratch/log"
shows "and none that other commands read" \
    sh -c "! grep -qE '\"QUAN_(KEY|SERVER|PASSPHRASE)\"' '$scratch/log'"
shows "log_level: nothing below it" sh -c "! grep -q '\"level\":\"info\"' '$scratch/log'"
shows "it ends well" down
shows "lanes: fixed for ever" sh -c "
    quan serve --data '$data' --lanes 2 --http-port 0 2>&1 | grep -q 'created with 3 lanes'"

# ---- the cache -----------------------------------------------------------------------------------

rm -rf "$data"
merchant=$(quan admin merchant create --data "$data" --name Shop --zone UTC --currency USD --json |
    jq -r .id)
key=$(quan admin key create --data "$data" --merchant "$merchant" 2>/dev/null)
mebibytes() { [ "$(metric quan_store_cache_max_bytes)" -eq $(($1 << 20)) ]; }
within() { [ "$1" -gt 0 ] && [ "$1" -le "$2" ]; }
shows "a server with a cache of 64 MiB" up --data "$data" --cache-mb 64
shows "cache_mb" mebibytes 64
quan bench --server "$url" --key "$key" --prepare 1 --requests 2000 --users 20 >/dev/null
shows "rows stay in memory for a while" [ "$(metric quan_store_unflushed_bytes)" -gt 100000 ]
shows "until it ends" down
shows "the same with the least cache" up --data "$data" --cache-mb 8
shows "cache_mb of another start" mebibytes 8
shows "has the rows in files" [ "$(metric quan_store_files_bytes)" -gt 10000 ]
post() { # post STATUS PATH BODY: the answer is in answer
    status "$1" -H "Authorization: Bearer $key" -H "Idempotency-Key: $(date +%s%N)" \
        -H 'Content-Type: application/json' -d "$3" "$url$2"
}
get() { status 200 -H "Authorization: Bearer $key" "$url$1"; }
field() { jq -r "$1" "$scratch/answer"; }
shows "that are read" get /v1/campaigns
campaign=$(field '.campaigns[0].id')
shows "that are read" get "/v1/campaigns/$campaign/templates"
template=$(field '.templates[0].id')
for user in 1 2 3 4 5; do
    shows "that are read, too" get "/v1/users/u$user/coupons"
done
shows "into the cache" within "$(metric quan_store_cache_used_bytes)" $((8 << 20))
shows "the disk is not full" is quan_store_full 0
shows "it ends" down

# ---- the sweep -----------------------------------------------------------------------------------

# held USER: a hold of a second, which hold_default_ms says.
held() {
    post 201 /v1/claims "{\"user\": \"$1\", \"template\": \"$template\"}" || return 1
    coupon=$(field '.coupons[0].id')
    post 201 /v1/holds "{\"user\": \"$1\", \"order_number\": \"1\", \"coupons\": [\"$coupon\"],
        \"cart\": {\"lines\": [{\"sku\": \"tea\", \"quantity\": 1,
        \"unit_price\": {\"amount\": 5000, \"currency\": \"USD\"}}]}}" || return 1
    hold=$(field .id)
}
# released: the feed says so, which it does when the sweep has been there.
released() {
    get "/v1/events?limit=1000&after=$after" || return 1
    jq -e --arg coupon "$coupon" '.events[] |
        select(.type == "coupon_released" and .subject == $coupon)' "$scratch/answer"
}
to_the_end() { # of the feed: $after
    after=
    while get "/v1/events?limit=1000${after:+&after=$after}" && after=$(field .cursor) &&
        [ "$(field '.events | length')" -eq 1000 ]; do :; done
}
state() { get "/v1/holds/$hold" && [ "$(field .state)" = "$1" ]; }
shows "a server that sweeps often" up --data "$data" --sweep-interval-ms 50 --hold-default-ms 1000
to_the_end
shows "a hold of a second" held swept
began=$(date +%s%N)
shows "sweep_interval_ms: it is released" waits released
took=$((($(date +%s%N) - began) / 1000000))
shows "sweep_interval_ms: in time, not before: $took ms" [ $took -ge 900 ]
shows "it ends as the others" down
shows "a server that sweeps once an hour" up --data "$data" --sweep-interval-ms 3600000 \
    --hold-default-ms 1000
to_the_end
shows "a hold of a second, too" held waiting
sleep 1.2
shows "is over at its deadline" state expired
not_released() { ! released; }
shows "sweep_interval_ms: without the sweep" not_released
shows "it ends as they do" down

# ---- and all of them -----------------------------------------------------------------------------

# used SETTING FLAG: a test has it, but for that of the ends of all ranges.
used() {
    grep -rqE --exclude=promises.sh -e "$2[ =\"]" -e "setting $1 " test/e2e test/story test/lib
}
sed -n 's/^SETTING(\([a-z_]*\),.*/\1/p' src/port/settings.def >"$scratch/names"
shows "there are settings" [ "$(wc -l <"$scratch/names")" -ge 20 ]
while read -r name; do
    shows "$name is in a test" used "$name" "--$(echo "$name" | tr _ -)"
done <"$scratch/names"

counted
