#!/bin/sh
# Where a phone number stays: in none of the files of the store, nor in the log, nor in an answer,
# whatever was asked with it and however it was typed; a user's name, asked with the same requests,
# is found, so the search finds what is there.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/serving.sh
. test/lib/shop.sh
evidence="answer log"
key=$(key_of admin,issue,redeem,read)
operator=$(quan admin key create --data "$data" --operator --json | jq -r .key)

shows "a server" up --data "$data" --log-level debug
asks=$operator match='"v1"'
shows "of a merchant in the States" ask 200 PUT "/v1/merchants/$merchant" \
    '{"name": "Shop", "zone": "UTC", "currency": "USD", "phone_region": "US"}'
asks=$key match=''
offers '"limits": [{"measure": "claims", "subject": "phone", "period": "ever", "max": 3}]'

# ---- what can be asked with a number -------------------------------------------------------------

claim() { ask "$1" POST /v1/claims "{\"template\": \"$template\", $2}" "${3:-}"; }
shows "a claim of a user" claim 201 '"user": "somebody-here", "subjects": {"phone": "+14155552671"}'
shows "a claim" claim 201 '"phone": "+14155552671"' once
coupon=$(got '.coupons[0].id')
shows "again" claim 201 '"phone": "+14155552671"' once
shows "another with its key" claim 422 '"phone": "+1 415 555 2671"' once
shows "a national one" claim 201 '"phone": "(415) 555-2671"'
shows "one too many" claim 409 '"phone": "1 415.555.2671"'
shows "one that is none" claim 422 '"phone": "+1 415 555 26717"'
shows "with a letter" claim 422 '"phone": "4155552671x"'
shows "a batch" ask 200 POST /v1/claims/batch \
    "{\"claims\": [{\"template\": \"$template\", \"phone\": \"4155552671\"}]}"
shows "a grant" ask 200 POST /v1/grants \
    "{\"template\": \"$template\", \"phones\": [\"4155552671\"]}"
shows "its coupons" ask 200 POST /v1/phones/coupons '{"phone": "+1-415-555-2671"}'
shows "a number in the wrong place" ask 404 GET "/v1/phones/none" ''
order="\"cart\": $cart, \"phone\": \"+14155552671\", \"coupons\": [\"$coupon\"]"
shows "a quote" ask 200 POST /v1/quotes "{$order}"
shows "a hold" ask 201 POST /v1/holds "{$order, \"order_number\": \"o1\"}"
hold=$(got .id)
shows "its redemption" ask 201 POST /v1/redemptions "{\"hold\": \"$hold\"}"
shows "a redemption of what is gone" ask 409 POST /v1/redemptions \
    "{$order, \"order_number\": \"o2\"}"
shows "the feed" ask 200 GET '/v1/events?limit=1000' ''

# typed NUMBER COMMAND…: the number goes by stdin, so that nobody sees it in the list of processes.
typed() {
    number=$1
    shift
    printf '%s' "$number" | QUAN_SERVER=$url QUAN_KEY=$key quan phones "$@" - --json \
        >"$scratch/typed" 2>&1
    is=$?
    cat "$scratch/typed" >>"$scratch/answers"
    return $is
}
untyped() { ! typed '' "$@" && grep -q 'stdin has no line for -' "$scratch/typed"; }
shows "coupons by a number that is typed" typed '(415) 555-2671' coupons
shows "there are some" jq -e 'length > 0' "$scratch/typed"
shows "it is bound" typed '+1 415 555 2671
and more' bind somebody-here
shows "to him" jq -e .bound "$scratch/typed"
shows "a user is typed like a number" typed somebody-here show
shows "none is typed" untyped coupons

# ---- where it is ---------------------------------------------------------------------------------

# found TEXT: in the files of the store, the log or the answers.
found() { grep -rlaF -e "$1" "$data" "$scratch/log" "$scratch/answers"; }
hex=$(printf '+14155552671' | od -An -tx1 | tr -d ' \n')
none_of() {
    for text in +14155552671 4155552671 '415) 555' 415.555 '415 555' 415-555 "$hex"; do
        found "$text" && return 1
    done
    return 0
}
shows "a user's name is in the store" found somebody-here
shows "the number is nowhere" none_of
shows "it ends well" down
shows "nor when it has ended" none_of
shows "and all agrees" quan verify --data "$data"
shows "nor after that" none_of
counted
