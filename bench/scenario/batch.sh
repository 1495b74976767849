#!/bin/sh
# batch: claims in requests of 100 (POST /v1/claims/batch), each claim for a user of its own.
#
# Usage: bench/scenario/batch.sh [ROUNDS [SECONDS]]     (5 rounds of 8 s each)
#
# BATCH (100), CONNECTIONS (8), USERS (1000000), THREADS of the load generator (1).
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
printf '%-5s %10s %10s %10s %12s %12s %10s %9s\n' \
    round coupons/s p50_us p99_us cpu_us/cpn bytes/cpn cpn/sync refused
: >"$run/rows"
for round in $(seq "$rounds"); do
    cpu=$(cpu_us "$quan_pid") bytes=$(written "$quan_pid")
    syncs=$(metric quan_store_syncs_total)
    load --work batch --batch "${BATCH:-100}" --connections "${CONNECTIONS:-8}" \
        --users "${USERS:-1000000}" --threads "${THREADS:-1}" --seconds "$seconds" \
        >"$run/answer" || true
    cpu=$(($(cpu_us "$quan_pid") - cpu)) bytes=$(($(written "$quan_pid") - bytes))
    syncs=$(($(metric quan_store_syncs_total) - syncs))
    read -r n rate p50 p99 refused <<EOF
$(jq -r '[.coupons, .coupons_per_s, .claim.p50_us, .claim.p99_us, (.refused | tostring)] |
            join(" ")' "$run/answer")
EOF
    printf '%-5s %10s %10s %10s %12s %12s %10s %9s\n' "$round" "$rate" "$p50" "$p99" \
        "$(per "$cpu" "$n")" "$(per "$bytes" "$n" 0)" "$(per "$n" "$syncs")" "$refused"
    echo "batch $rate" >>"$run/rows"
done
printf '\ncoupons/s: median, least, most\n'
medians "$run/rows"
