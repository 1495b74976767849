#!/bin/sh
# reads: GET of a coupon by id, and of a wallet (20 a page), by wrk: the ceiling of reads beside no
# writes. Users hold eight coupons each on average.
#
# Usage: bench/scenario/reads.sh [ROUNDS [SECONDS]]     (3 rounds of 6 s each)
#
# COUPONS (200000), CONNECTIONS (64).
# shellcheck disable=SC1091,SC2154 # lib.sh sets them
. "$(dirname "$0")/lib.sh"
rounds=${1:-3}
seconds=${2:-6}
coupons=${COUPONS:-200000}
users=$((coupons / 8))
need jq curl wrk
binaries quan

make_store
start_quan
make_templates 20
load --work batch --batch 1000 --connections 8 --users "$users" --requests $((coupons / 1000)) \
    >"$run/answer"
user=0
while [ $user -lt 200 ]; do
    echo "/v1/users/u$user/coupons?page_size=20"
    user=$((user + 1))
done >"$run/wallets"
while read -r path; do
    curl -sS -f -H "Authorization: Bearer $key" "$url$path"
done <"$run/wallets" | jq -r '.coupons[].id | "/v1/coupons/" + .' >"$run/coupons"

machine
echo "$(jq .coupons "$run/answer") coupons of $users users"
KEY=$key
export KEY PATHS
: >"$run/rows"
for _ in $(seq "$rounds"); do
    for what in coupons wallets; do
        PATHS=$run/$what
        cpu=$(cpu_us "$quan_pid")
        wrk -t 1 -c "${CONNECTIONS:-64}" -d "${seconds}s" --latency \
            -s "$root/bench/scenario/wrk/get.lua" "$url" >"$run/answer"
        cpu=$(($(cpu_us "$quan_pid") - cpu))
        rate=$(awk '$1 == "Requests/sec:" { printf "%d", $2 }' "$run/answer")
        echo "$what $rate" >>"$run/rows"
        echo "$what: $rate/s, p99 $(awk '$1 == "99%" { print $2 }' "$run/answer")," \
            "$(per "$cpu" $((rate * seconds))) us of the server's CPU each" \
            "$(grep 'Non-2xx' "$run/answer" || true)"
    done
done
printf '\nrequests/s: median, least, most\n'
medians "$run/rows"
