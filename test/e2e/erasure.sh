#!/bin/sh
# A user who is erased is in no answer, and what he did is still counted. Nor is he in a file of the
# store once it is compacted: before that he is found, and who stays still is.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/serving.sh
. test/lib/shop.sh
evidence="answer log"
all=$(key_of admin,issue,redeem,read)
asks=$all
weak=$(key_of issue,redeem,read)

is() { [ "$(got "$1")" = "$2" ] || { echo "$1 is $(got "$1"), not $2"; return 1; }; }
# tables: all that the store's tables have, in hexadecimal, also what was deleted. A search does not
# see into them: those of the lower levels are compressed.
tables() { sst_dump --file="$data" --command=scan --output_hex; }
hexadecimal() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F; }
# in_tables NAME: in a row that is no answer kept for 72 hours (table 3: whose his number was).
in_tables() {
    tables >"$scratch/tables" 2>&1 || return 1
    grep -F "$(hexadecimal "$1")" "$scratch/tables" | grep -qv "^'03"
}
# found NAME, gone NAME: does a file of the data directory have it?
found() { grep -rlaqF "$1" "$data" || in_tables "$1"; }
gone() { ! grep -rlaF "$1" "$data" && ! in_tables "$1"; }

shows "a server" up --data "$data"
offers '"transfer": {"at_most": 2}'

# ---- what two names of one person do -------------------------------------------------------------

claim() { ask 201 POST /v1/claims "{\"template\": \"$template\", \"user\": \"$1\"}"; }
for user in amy-winters bob-summers; do
    shows "$user claims" claim $user
    shows "and buys" ask 201 POST /v1/redemptions "{\"user\": \"$user\", \"order_number\": \"o1\",
        \"cart\": $cart, \"coupons\": [\"$(got '.coupons[0].id')\"]}"
    shows "and claims again" claim $user
done
shows "somebody gives him one" claim cid-autumn
shows "who stays" ask 201 POST /v1/transfers \
    "{\"coupon\": \"$(got '.coupons[0].id')\", \"user\": \"cid-autumn\", \"to\": \"bob-summers\"}"
shows "who offers another" claim cid-autumn
shows "to him" ask 201 POST /v1/offers \
    "{\"coupon\": \"$(got '.coupons[0].id')\", \"user\": \"cid-autumn\", \"to\": \"bob-summers\"}"
shows "who declines" ask 200 POST /v1/offers/decline \
    "{\"transfer\": \"$(got .transfer)\", \"user\": \"bob-summers\"}"
shows "she becomes him" ask 202 POST /v1/users/amy-winters/merge '{"into": "bob-summers"}'
move=$(got .id)
merged() { ask 200 GET "/v1/moves/$move" '' && is .state 'done'; }
shows "she is" waits merged
shows "a number is his" ask 200 PUT /v1/users/bob-summers/phone '{"phone": "+14155552671"}'
shows "what is counted" ask 200 GET "/v1/campaigns/$campaign/stats" ''
before=$(got '.counts[0] | "\(.issued) \(.redeemed) \(.users) \(.returned) \(.expired)"')

asks=$weak
shows "who may only issue may not" ask 403 POST /v1/users/bob-summers/erase '{}'
asks=$all
shows "he is forgotten" ask 202 POST /v1/users/bob-summers/erase '{"reference": "ticket-4711"}'
erasure=$(got .id)
over() { ask 200 GET "/v1/erasures/$erasure" '' && is .state 'done'; }
shows "it is over" waits over
shows "two names and a number" is .names 2
shows "what could be used" is .voided 3
shows "the counts are as they were" ask 200 GET "/v1/campaigns/$campaign/stats" ''
shows "all of them" is '.counts[0] | "\(.issued) \(.redeemed) \(.users) \(.returned) \(.expired)"' \
    "$before"
shows "the feed" ask 200 GET '/v1/events?limit=1000' ''
shows "names nobody" sh -c "! grep -E 'bob-summers|amy-winters' '$scratch/answer'"
shows "but who stays" grep -q cid-autumn "$scratch/answer"

# ---- what is left --------------------------------------------------------------------------------

shows "the server ends" down
shows "what was deleted is in its files" found bob-summers
shows "they are written anew" quan admin compact --data "$data"
shows "who stays is in their tables" in_tables cid-autumn
shows "he is in none of them" gone bob-summers
shows "nor is she" gone amy-winters
shows "the books agree" quan verify --data "$data"
shows "a database is not ours to write anew" sh -c \
    "quan admin compact --store postgres://nobody@127.0.0.1:1/none 2>&1 | grep -q vacuum"
counted
