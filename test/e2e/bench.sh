#!/bin/sh
# `quan bench` and its flags: what it sends is what it was told to, and what it reports is what the
# server counted. Not what it measures.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/serving.sh
. test/lib/asks.sh
evidence="out err log"
data=$scratch/data

merchant=$(quan admin merchant create --data "$data" --name Shop --zone UTC --currency EUR --json |
    jq -r .id)
key=$(quan admin key create --data "$data" --merchant "$merchant" 2>/dev/null)
printf '%s\nnot the key\n' "$key" >"$scratch/key"

# bench STATUS ARGUMENT…: its report is in out.
bench() {
    wanted=$1
    shift
    quan bench --server "$url" --key "@$scratch/key" --json "$@" >"$scratch/out" 2>"$scratch/err"
    is=$?
    [ $is -eq "$wanted" ] || { echo "status $is: $*"; return 1; }
    [ "$wanted" -ne 0 ] || jq -e '.broken == 0 and .refused == {}' "$scratch/out"
}
get() { curl -s -f -H "Authorization: Bearer $key" "$url$1"; }
# newest: the campaign that was made last, into $campaign, and its templates into $templates.
newest() {
    campaign=$(get '/v1/campaigns?page_size=100' | jq -r '.campaigns | max_by(.id) | .id')
    templates=$(get "/v1/campaigns/$campaign/templates?page_size=100" | jq -r '.templates[].id')
}
# counted_users: how many the server saw, and how many coupons.
stats() { get "/v1/campaigns/$campaign/stats" | jq -r ".counts[0] | $1"; }

shows "a server" up --data "$data" --lanes 2

# ---- what is sent --------------------------------------------------------------------------------

shows "--prepare and --requests" bench 0 --prepare 3 --requests 300 --users 5 --connections 8
newest
shows "--prepare: so many templates" [ "$(echo "$templates" | wc -l)" -eq 3 ]
shows "--requests: so many" [ "$(field .requests)" -eq 300 ]
shows "each is a claim" [ "$(field '.coupons, .claim.done' | tr '\n' ' ')" = "300 300 " ]
shows "as the server counted" [ "$(stats .issued)" -eq 300 ]
shows "--users: of so many" [ "$(stats .users)" -eq 5 ]
for template in $templates; do
    shows "every template is claimed" sh -c "[ $(get "/v1/templates/$template/stats" |
        jq '.counts[0].issued') -gt 50 ]"
done
template=$(echo "$templates" | head -n 1)
other=$(echo "$templates" | tail -n 1)
before=$(get "/v1/templates/$other/stats" | jq '.counts[0].issued')
shows "--template: only this one" bench 0 --template "$template" --requests 100 --threads 4 \
    --connections 2
shows "--threads: no more than connections" [ "$(field .requests)" -eq 100 ]
shows "no other" [ "$(get "/v1/templates/$other/stats" | jq '.counts[0].issued')" -eq "$before" ]
shows "--template: several" bench 0 --template "$template" --template "$other" --requests 100
shows "the other one, too" sh -c "
    [ $(get "/v1/templates/$other/stats" | jq '.counts[0].issued') -gt $((before + 20)) ]"
shows "--threads share the work" bench 0 --prepare 1 --requests 400 --threads 4 --connections 16
shows "of all of them" [ "$(field .requests)" -eq 400 ]
shows "--work batch, --batch" bench 0 --prepare 1 --work batch --batch 7 --requests 20 \
    --connections 4
shows "--batch: so many claims in each" [ "$(field '.requests, .coupons' |
    tr '\n' ' ')" = "20 140 " ]
newest
shows "as the server counted, too" [ "$(stats .issued)" -eq 140 ]
shows "--work wallet" bench 0 --template "$template" --work wallet --requests 50
shows "queries" [ "$(field .query.done)" -eq 50 ]
shows "--work coupon" bench 0 --template "$template" --work coupon --requests 50 \
    --connections 2
shows "one claim a connection, then coupons" [ "$(field '.claim.done, .coupon.done' |
    tr '\n' ' ')" = "2 48 " ]
shows "--work mix" bench 0 --prepare 2 --work mix --requests 90 --connections 3
shows "one of each in turn" jq -e '[.query.done, .claim.done, .redeem.done] |
    add == 90 and min >= 28 and max <= 32' "$scratch/out"
newest
shows "which redeems what was claimed" [ "$(stats .redeemed)" -eq "$(field .redeem.done)" ]
shows "--rate and --seconds" bench 0 --template "$template" --rate 300 --seconds 1
shows "--rate: so many a second" jq -e '.requests >= 250 and .requests <= 310' "$scratch/out"
shows "--seconds: so long" jq -e '.took_us >= 900000 and .took_us < 9000000' "$scratch/out"
shows "--every: how it goes, on stderr" bench 0 --template "$template" --rate 200 --seconds 3 \
    --every 1
shows "--every: a line each second" [ "$(
    grep -c 's: [0-9]* requests/s, p50 .* ms, p99 .* ms$' "$scratch/err")" -ge 2 ]
shows "--also: of several servers" bench 0 --template "$template" --also "$url" --also "$url" \
    --requests 100
shows "--also: all of it" [ "$(field '.requests, .moved' | tr '\n' ' ')" = "100 0 " ]
quan bench --server "$url" --key "$key" --json --template "$template" --seconds 60 \
    >"$scratch/out" 2>"$scratch/err" &
running=$!
sleep 0.5
kill -INT "$running"
wait "$running"
shows "Ctrl-C ends it well" [ $? -eq 0 ]
shows "with what was counted" jq -e '.requests > 0 and .took_us < 30000000' "$scratch/out"
shows "without --json a table" sh -c "
    quan bench --server '$url' --key '$key' --template '$template' --requests 10 |
    grep -q '^  claim  *10 '"

# ---- what is refused -----------------------------------------------------------------------------

shows "either --template or --prepare" bench 2 --requests 1
shows "by its words" err_has 'either --template or --prepare'
shows "not both" bench 2 --prepare 1 --template "$template"
shows "work that is none" bench 2 --prepare 1 --work sleep
for wrong in "--batch 1001" "--batch 0" "--threads 17" "--connections 4097" "--seconds x" \
    "--requests -1" "--every 0" "--also x" "--users 0" "--rate 0" "--prepare 257"; do
    # shellcheck disable=SC2086
    shows "$wrong" bench 2 --template "$template" $wrong
done
shows "a key file that is not there" sh -c "
    quan bench --server '$url' --key '@$scratch/none' --prepare 1 2>'$scratch/err'; [ \$? -eq 3 ]"
shows "by its name" err_has "$scratch/none"
printf '\n%s\n' "$key" >"$scratch/key"
shows "an empty first line is no key" bench 2 --prepare 1
printf '%s\r\n' "${key}x" >"$scratch/key"
shows "nor is a wrong one" bench 1 --prepare 1
shows "which is told" err_has 'Send a valid API key'
shows "no server, no bench" sh -c "
    quan bench --server http://127.0.0.1:1 --key '$key' --prepare 1 2>'$scratch/err'; [ \$? -eq 3 ]"
shows "the server ends well" down
counted
