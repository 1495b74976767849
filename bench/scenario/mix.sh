#!/bin/sh
# mix: query : send : verify, one of each in turn on every connection: a wallet is listed, a coupon
# is claimed, a coupon is redeemed with an order. Each kind's own share is in the columns.
#
# Usage: bench/scenario/mix.sh [ROUNDS [SECONDS]]     (5 rounds of 8 s each)
#
# CONNECTIONS (64), USERS (1000000), THREADS of the load generator (1).
# shellcheck disable=SC1091,SC2154 # lib.sh sets them
. "$(dirname "$0")/lib.sh"
rounds=${1:-5}
seconds=${2:-8}
need jq curl
binaries quan

make_store
start_quan
make_templates 20
machine
printf '%-5s %10s %10s %10s %10s %10s %10s %9s\n' \
    round requests/s claim_p99 query_p99 redeem_p99 cpu_us/rq bytes/rq refused
: >"$run/rows"
for round in $(seq "$rounds"); do
    cpu=$(cpu_us "$quan_pid") bytes=$(written "$quan_pid")
    load --work mix --connections "${CONNECTIONS:-64}" --users "${USERS:-1000000}" \
        --threads "${THREADS:-1}" --seconds "$seconds" >"$run/answer" || true
    cpu=$(($(cpu_us "$quan_pid") - cpu)) bytes=$(($(written "$quan_pid") - bytes))
    read -r n rate claim query redeem refused <<EOF
$(jq -r '[.requests, .requests_per_s, .claim.p99_us, .query.p99_us, .redeem.p99_us,
            (.refused | tostring)] | join(" ")' "$run/answer")
EOF
    printf '%-5s %10s %10s %10s %10s %10s %10s %9s\n' "$round" "$rate" "$claim" "$query" "$redeem" \
        "$(per "$cpu" "$n")" "$(per "$bytes" "$n" 0)" "$refused"
    echo "mix $rate" >>"$run/rows"
done
printf '\nrequests/s: median, least, most\n'
medians "$run/rows"
