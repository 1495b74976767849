#!/bin/sh
# shop.sh: a merchant in the directory $data, and what is asked of the server in its name, for the
# tests in sh; each reads it with `.` behind serving.sh.
# shellcheck disable=SC2154,SC2034 # what is set by others, and for those who read this
data=$scratch/data
quan admin merchant create --data "$data" --name Shop --zone UTC --currency USD --json \
    >"$scratch/merchant" || exit 1
merchant=$(jq -r .id "$scratch/merchant")
# key_of SCOPES: a new one.
key_of() {
    quan admin key create --data "$data" --merchant "$merchant" --scopes "$1" --json | jq -r .key
}

# ask WANTED METHOD PATH BODY [IDEMPOTENCY-KEY]: with the key $asks; the answer is in answer, and
# behind all others in answers.
asks='' match=''
ask() {
    status "$1" -X "$2" -H "Authorization: Bearer $asks" \
        -H "Idempotency-Key: ${5:-$(cat /proc/sys/kernel/random/uuid)}" \
        -H 'Content-Type: application/json' ${match:+-H "If-Match: $match"} ${4:+-d "$4"} "$url$3"
    is=$?
    cat "$scratch/answer" "$scratch/head" >>"$scratch/answers"
    return $is
}
got() { jq -r "$1" "$scratch/answer"; }
cart='{"lines": [{"sku": "tea", "quantity": 2, "unit_price": {"amount": 3000, "currency": "USD"}}]}'

# offers FIELDS: $template, 10 off with these fields, too, of a campaign that is open.
offers() {
    window='{"from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}'
    shows "a campaign" ask 201 POST /v1/campaigns \
        "{\"name\": \"Spring\", \"claim_window\": $window, \"use_window\": $window}"
    campaign=$(got .id)
    shows "a template" ask 201 POST "/v1/campaigns/$campaign/templates" \
        "{\"name\": \"10 off\", \"validity\": {\"kind\": \"after_issue\", \"duration_days\": 30},
        \"benefit\": {\"kind\": \"amount_off\",
        \"amount\": {\"amount\": 1000, \"currency\": \"USD\"}}, $1}"
    template=$(got .id)
    shows "it is open" ask 200 POST "/v1/campaigns/$campaign/state" '{"state": "active"}'
}
