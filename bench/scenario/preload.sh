#!/bin/sh
# preload: a large store: N coupons claimed through the batch endpoint, then claims/s at that size,
# the time to start after an orderly stop and after kill -9, and the disk that a coupon takes.
#
# Usage: bench/scenario/preload.sh [N [SECONDS]]     (1000000 coupons; claims for 10 s)
#
# USERS (a quarter of N), CONNECTIONS (64). The files are looked at after a stop, a start and
# COMPACT_S (20) seconds in peace, in which RocksDB compacts what it wants to; a coupon's bytes hold
# everything: rows, indexes, events, ledger, idempotency records.
# shellcheck disable=SC1091,SC2154 # lib.sh sets them
. "$(dirname "$0")/lib.sh"
n=${1:-1000000}
seconds=${2:-10}
users=${USERS:-$((n / 4 + 1))}
need jq curl du
binaries quan

# size: bytes of the data directory.
size() {
    du -sb "$run/data" | cut -f 1
}

# claims LABEL
claims() {
    cpu=$(cpu_us "$quan_pid") bytes=$(written "$quan_pid")
    load --connections "${CONNECTIONS:-64}" --users "$users" --seconds "$seconds" >"$run/answer"
    cpu=$(($(cpu_us "$quan_pid") - cpu)) bytes=$(($(written "$quan_pid") - bytes))
    jq -r --arg what "$1" '[$what + ":", .coupons_per_s, "claims/s, p50", .claim.p50_us,
        "us, p99", .claim.p99_us, "us, p99.9", .claim.p999_us, "us"] | join(" ")' "$run/answer"
    echo "    $(per "$cpu" "$(jq .coupons "$run/answer")") us of the server's CPU and" \
        "$(per "$bytes" "$(jq .coupons "$run/answer")" 0) bytes written a claim"
}

make_store
start_quan
make_templates 20
machine
claims "empty store"

began=$(now_ms)
load --work batch --batch 1000 --connections 8 --users "$users" --requests $((n / 1000 + 1)) \
    >"$run/answer"
took=$(($(now_ms) - began))
loaded=$(jq .coupons "$run/answer")
echo "$loaded coupons in $((took / 1000)) s: $((loaded * 1000 / (took + 1)))/s; refused:" \
    "$(jq -c .refused "$run/answer")"
claims "$loaded coupons, still compacting"

stop_quan TERM
start_quan
echo "start after an orderly stop: $ready_ms ms"
sleep "${COMPACT_S:-20}"
stop_quan TERM
stored=$(size)
all=$(du -sb "$run"/data/* | sort -rn | head -n 5)
start_quan
claims "$loaded coupons, at rest"
load --connections "${CONNECTIONS:-64}" --users "$users" --seconds 3 >/dev/null 2>&1 &
loading=$!
sleep 2
stop_quan KILL
wait $loading || true
start_quan
echo "start after kill -9 under load: $ready_ms ms"
claimed=$((loaded + $(jq .coupons "$run/answer")))
echo "disk: $stored bytes, $(per "$stored" "$claimed") a coupon or less; largest:"
echo "$all" | sed "s|$run/||"
