#!/bin/sh
# transfers: coupons that go from user to user, over HTTP: direct ones on 64 connections; offers and
# their acceptances; and direct ones on 8 connections beside claims on 64, with the time that
# messages between slots take (quan_relay_delay_seconds). Beside plain claims by the same generator.
#
# Usage: bench/scenario/transfers.sh [ROUNDS [SECONDS]]     (3 rounds of 6 s each)
#
# CONNECTIONS (64), RATE_MAX (16000): coupons prepared for each second of load, STORES ("rocks pg
# pg2"; pg2: two shards of PostgreSQL, so that half of the transfers go from one to the other).
# shellcheck disable=SC1091,SC2154 # lib.sh sets them
. "$(dirname "$0")/lib.sh"
rounds=${1:-3}
seconds=${2:-6}
users=20000
need jq curl wrk
binaries quan

# prepare N NAME: files NAME-00 … of N / ROUNDS lines each, `COUPON USER`, no coupon twice.
prepare() {
    load --work batch --batch 100 --connections 16 --users $users --requests $(($1 / 100 + 1)) \
        >"$run/answer"
    curl -sS -f -H "Authorization: Bearer $key" \
        "$url/v1/users/u[0-$((users - 1))]/coupons?page_size=200&state=available" |
        jq -r '.coupons[] | "\(.id) \(.user)"' | shuf >"$run/all"
    [ "$(wc -l <"$run/all")" -ge "$1" ] || die "only $(wc -l <"$run/all") coupons of $1"
    head -n "$1" "$run/all" | split -l $(($1 / rounds)) -a 2 -d - "$run/$2-"
}

# delays: a line `BOUND COUNT` for each bucket of quan_relay_delay_seconds.
delays() {
    curl -sS -f "$url/metrics" | sed -n 's/^quan_relay_delay_seconds_bucket{le="\(.*\)"} /\1 /p'
}
# quantile P BEFORE AFTER: bound of the bucket that has it, in ms.
quantile() {
    paste -d ' ' "$2" "$3" | awk -v p="$1" '
        { bound[NR] = $1; n[NR] = $4 - $2; all = n[NR] }
        END {
            for (i = 1; i < NR && n[i] < p * all; i++) ;
            print all == 0 ? "-" : bound[i] == "+Inf" ? ">" bound[i - 1] * 1000 : bound[i] * 1000 }'
}

# send WHAT CONNECTIONS: requests of the lines in LINES by wrk; the report in answer.
send() {
    WHAT=$1
    wrk -t 1 -c "$2" -d "${seconds}s" --latency -s "$root/bench/scenario/wrk/post.lua" \
        "$url" >"$run/answer"
    ! grep -q 'Non-2xx' "$run/answer" || die "$1: $(grep 'Non-2xx' "$run/answer")"
}
latency() { awk -v p="$1" '$1 == p { print $2 }' "$run/answer"; }
row() {
    printf '%-6s %-5s %-9s %9s %9s %9s %9s %9s %9s\n' "$@"
}

# measure WHAT FILE CONNECTIONS; label: what it is called
measure() {
    LINES=$2 RUN=$label-$store-$round-$$
    delays >"$run/before"
    cpu=$(cpu_us "$quan_pid")
    send "$1" "$3"
    cpu=$(($(cpu_us "$quan_pid") - cpu))
    delays >"$run/after"
    n=$(awk '$2 == "requests" && $3 == "in" { print $1 }' "$run/answer")
    rate=$(awk '$1 == "Requests/sec:" { printf "%d", $2 }' "$run/answer")
    each=$(per "$cpu" "$n")
    [ "$label" != beside ] || each=- # the claims' is in it
    row "$store" "$round" "$label" "$rate" "$(latency 50%)" "$(latency 99%)" "$each" \
        "$(quantile 0.5 "$run/before" "$run/after")" "$(quantile 0.99 "$run/before" "$run/after")"
    echo "$store-$label $rate" >>"$run/rows"
}

machine
: >"$run/rows"
KEY=
export KEY USERS=$users LINES RUN WHAT
for store in ${STORES:-rocks pg pg2}; do
    case $store in
    rocks) ;;
    pg) start_cluster ;;
    pg2)
        start_cluster --shards 2
        QUAN_STORE=$QUAN_STORE,$(node shard-1 dsn_tcp)
        ;;
    *) die "STORES: rocks, pg, pg2" ;;
    esac
    rm -rf "$run/data"
    make_store
    KEY=$key
    start_quan
    terms=',"transfer":{"at_most":16}' make_templates 1
    lines=$((${RATE_MAX:-16000} * seconds * rounds))
    [ "$store" = rocks ] || lines=$((lines / 3))
    prepare $((lines * 3)) coupons
    yes "$template" | head -n $((lines * 4)) >"$run/claim"
    printf '\n%s coupons; -: without messages\n' $((lines * 3))
    row store round what a_second p50 p99 cpu_us relay50 relay99
    for round in $(seq "$rounds"); do
        mine=$run/coupons-$(printf %02d $((round - 1)))
        split -n l/3 -a 1 -d "$mine" "$mine-"
        label=claim measure claim "$run/claim" "${CONNECTIONS:-64}"
        label=transfer measure transfer "$mine-0" "${CONNECTIONS:-64}"
        label=offer measure offer "$mine-1" "${CONNECTIONS:-64}"
        load --connections "${CONNECTIONS:-64}" --users $users --seconds $((seconds + 2)) \
            >"$run/claims" &
        claiming=$!
        sleep 1
        label=beside measure transfer "$mine-2" 8
        wait $claiming
        echo "$store-claims-beside $(jq -r .coupons_per_s "$run/claims")" >>"$run/rows"
    done
    stop_quan TERM
    [ "$store" = rocks ] || stop_cluster
done

printf '\nmedian (least, most) a second; offer: offers and acceptances\n'
medians "$run/rows" | awk '{ printf "  %-20s %9d  (%d, %d)\n", $1, $2, $3, $4 }'
