#!/bin/sh
# Many at once over HTTP, who want what there is once: codes of a partner, fewer than there are
# claims; and one coupon by its code, at several tills whose keys may not read. Each code is with
# one coupon, and of a coupon that somebody else has just used up a till learns no more than of a
# wrong code. The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/serving.sh
. test/lib/shop.sh
evidence="answer log"
workers=16

# ---- a shop --------------------------------------------------------------------------------------

openssl rand -hex 32 >"$scratch/code.key"
office=$(key_of admin,issue,redeem,read)
app=$(key_of issue)
till=$(key_of redeem)
shows "a server" up --data "$data" --code-key-file "$scratch/code.key"

# ask KEY PATH BODY FILE: a POST under a key of its own; its status is said, its answer in FILE.
ask() {
    curl -s -m 20 -o "$4" -w '%{http_code}\n' -H "Authorization: Bearer $1" \
        -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" \
        -H 'Content-Type: application/json' -d "$3" "$url$2"
}
# made PATH BODY: by the office; its id.
made() {
    ask "$office" "$1" "$2" "$scratch/answer" >/dev/null
    jq -r .id "$scratch/answer"
}
# many N COMMAND…: at once, $workers of them; each gets a number of its own, from 1.
many() {
    n=$1
    shift
    for worker in $(seq $workers); do
        for i in $(seq "$worker" $workers "$n"); do "$@" "$i"; done &
        eval "w$worker=$!"
    done
    for worker in $(seq $workers); do eval "wait \$w$worker"; done
}
# count PATTERN FILE…: lines of the files that have it.
count() {
    pattern=$1
    shift
    cat "$@" 2>/dev/null | grep -c -e "$pattern"
}
equal() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; false; }; }

window='{"from": "2026-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}'
windows="\"claim_window\": $window, \"use_window\": $window"
campaign=$(made /v1/campaigns "{\"name\": \"C\", $windows}")
validity='"validity": {"kind": "after_issue", "duration_days": 7}'
cinema=$(made "/v1/campaigns/$campaign/templates" "{\"name\": \"Cinema\", $validity,
    \"benefit\": {\"kind\": \"hand_over\"}, \"asset\": {\"type\": \"cinema\"},
    \"partner_codes\": {\"partner\": \"Lotus\"}}")
off=$(made "/v1/campaigns/$campaign/templates" "{\"name\": \"Off\", $validity,
    \"benefit\": {\"kind\": \"amount_off\", \"amount\": {\"amount\": 100, \"currency\": \"USD\"}}}")
shows "the campaign is active" equal 200 "$(ask "$office" "/v1/campaigns/$campaign/state" \
    '{"state": "active"}' "$scratch/answer")"

# ---- codes of a partner --------------------------------------------------------------------------

codes=90
claims=240
supply() { # FIRST: so many from there
    lines=$(seq -f '"LOTUS-%g"' "$1" $(($1 + codes - 1)) | paste -sd, -)
    ask "$office" "/v1/templates/$cinema/partner_codes" "{\"lines\": [$lines]}" "$scratch/answer"
}
# claim N: user N asks for a coupon.
claim() {
    ask "$app" /v1/claims "{\"user\": \"$round-$1\", \"template\": \"$cinema\"}" \
        "$scratch/claim.$round.$1" >"$scratch/status.$round.$1"
}
for round in first second; do
    shows "$codes codes for the $round round" equal 200 \
        "$(supply "$([ $round = first ] && echo 1 || echo 1001)")"
    many $claims claim
    shows "are claimed" equal $codes "$(count '^201' "$scratch"/status.$round.*)"
    shows "to the last" equal $((claims - codes)) "$(count '^409' "$scratch"/status.$round.*)"
    shows "and then sold out" equal $((claims - codes)) \
        "$(cat "$scratch"/claim.$round.* | grep -o '"code":"sold_out"' | wc -l)"
done
cat "$scratch"/claim.*.* | jq -r '.coupons[]?.partner_code.code' | sort >"$scratch/given"
shows "no two have the same" equal "" "$(uniq -d "$scratch/given")"
shows "and all are given" equal "$(cat "$scratch/given")" \
    "$({ seq -f 'LOTUS-%g' $codes && seq -f 'LOTUS-%g' 1001 $((1000 + codes)); } | sort)"

# ---- one code at many tills ----------------------------------------------------------------------

tills=20
wallet=$(made /v1/codes/formats '{"name": "Wallet", "purpose": "coupon", "length": 13,
    "expected_codes": 1000000}')
shows "coupons have codes" equal cfm "${wallet%_*}"
# redeem N: till N takes the code.
redeem() {
    ask "$till" /v1/redemptions "{\"order_number\": \"o-$round-$1\", \"codes\": [\"$code\"],
        \"cart\": {\"lines\": [{\"sku\": \"tea\", \"quantity\": 1,
        \"unit_price\": {\"amount\": 500, \"currency\": \"USD\"}}]}}" \
        "$scratch/order.$round.$1" >"$scratch/till.$round.$1"
}
for round in $(seq 8); do
    ask "$office" /v1/claims "{\"user\": \"r-$round\", \"template\": \"$off\"}" "$scratch/answer" \
        >/dev/null
    coupon=$(jq -r '.coupons[0].id' "$scratch/answer")
    code=$(curl -s -H "Authorization: Bearer $office" "$url/v1/coupons/$coupon" | jq -r .code)
    many $tills redeem
    shows "one till takes the coupon" equal 1 "$(count '^201' "$scratch/till.$round."*)"
    shows "to the others it is no code" equal "code_invalid null" \
        "$(cat "$scratch/order.$round."* | jq -r 'select(.code) | "\(.code) \(.detail)"' | sort -u)"
done
shows "each of these was counted" equal $((8 * (tills - 1))) "$(metric quan_code_failed_total)"
shows "it ends well" down
shows "and all agrees" quan verify --data "$data"
counted
