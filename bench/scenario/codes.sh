#!/bin/sh
# codes: exchange codes made in memory; a batch exported to CSV by `quan codes export` from a server
# on this machine, beside voucher-code-generator of npm, which makes codes and a CSV, too; and over
# HTTP, one at a time on each of 64 connections, codes exchanged for coupons, and coupons redeemed
# by their codes, beside claims by the same load generator.
#
# Usage: bench/scenario/codes.sh [CODES [ROUNDS [SECONDS]]]     (10000000, 3 rounds, 6 s each)
#
# CODES are of 12 digits and a check digit in groups of 4; 100000000 of them are 1.7 GB in TMPDIR.
# PEER (1000000) of 12 digits for the generator, which keeps all of them in memory.
# CONNECTIONS (64), RATE_MAX (20000): lines prepared for each second of load.
# shellcheck disable=SC1091,SC2154 # lib.sh sets them
. "$(dirname "$0")/lib.sh"
codes=${1:-10000000}
rounds=${2:-3}
seconds=${3:-6}
peer=${PEER:-1000000}
lines=$((${RATE_MAX:-20000} * seconds))
users=100000
need jq curl wrk node npm
binaries quan bench_micro_code_bench

# count_children: sets children_ms, the processor time of all programs that were waited for. Not in
# a subshell, which has none.
count_children() {
    times >"$run/times"
    children_ms=$(awk 'NR == 2 {
        split($0, part, /[ms ]+/)
        printf "%d\n", (part[1] * 60 + part[2] + part[3] * 60 + part[4]) * 1000 }' "$run/times")
}

# make_format JSON: the id of a format.
make_format() {
    post /v1/codes/formats "{\"name\":\"Bench\",\"accept_odds\":\"a bench\",$1}"
}

# make_codes COUNT: sets batch.
make_codes() {
    batch=$(post /v1/codes/batches \
        "{\"name\":\"Bench\",\"format\":\"$format\",\"template\":\"$template\",\"count\":$1}")
}

# export_codes BATCH FILE
export_codes() {
    "$quan" codes export --server "$url" --key "@$run/key" --to "$2" "$1" 2>/dev/null
}

mkdir "$run/peer"
cp "$root/bench/peers/codes/package.json" "$root/bench/peers/codes/package-lock.json" \
    "$root/bench/peers/codes/.npmrc" "$root/bench/peers/codes/vouchers.mjs" "$run/peer"
(cd "$run/peer" && npm ci --loglevel=error --ignore-scripts >/dev/null)
(
    umask 077
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$run/code.key"
)
make_store
echo "$key" >"$run/key"
start_quan --code-key-file "$run/code.key"
make_templates 1
format=$(make_format '"alphabet":"digits","length":12,"expected_codes":1000000000')
make_codes "$codes"
exported=$batch

machine
echo "in memory, one thread, its own processor time:"
"$build/bench_micro_code_bench" $((codes < 10000000 ? codes : 10000000)) | sed 's/^/  /'

printf '\n%s codes by quan codes export, %s by voucher-code-generator:\n' "$codes" "$peer"
printf '%-5s %-8s %8s %10s %8s %10s %10s\n' \
    round what s codes/s MB/s server_s client_s
: >"$run/rows"
for round in $(seq "$rounds"); do
    count_children
    cpu=$(cpu_us "$quan_pid") mine=$children_ms began=$(now_ms)
    export_codes "$exported" "$run/export.csv"
    ms=$(($(now_ms) - began)) cpu=$(($(cpu_us "$quan_pid") - cpu))
    count_children
    mine=$((children_ms - mine))
    bytes=$(stat -c %s "$run/export.csv")
    [ "$(wc -l <"$run/export.csv")" -eq $((codes + 1)) ] || die "the export has other lines"
    rm "$run/export.csv"
    rate=$((codes * 1000 / ms))
    printf '%-5s %-8s %8s %10s %8s %10s %10s\n' "$round" quan "$(per $ms 1000)" $rate \
        "$(per "$bytes" $((ms * 1000)))" "$(per "$cpu" 1000000)" "$(per $mine 1000)"
    echo "export $rate" >>"$run/rows"
    mine=$children_ms
    node "$run/peer/vouchers.mjs" "$peer" "$run/peer.csv" >"$run/answer"
    count_children
    mine=$((children_ms - mine)) ms=$(jq .ms "$run/answer")
    rate=$((peer * 1000 / ms))
    printf '%-5s %-8s %8s %10s %8s %10s %10s\n' "$round" vouchers "$(per "$ms" 1000)" $rate \
        "$(per "$(stat -c %s "$run/peer.csv")" $((ms * 1000)))" - "$(per $mine 1000)"
    echo "vouchers $rate" >>"$run/rows"
    rm "$run/peer.csv"
done

# A code is good once, so each round has lines of its own.
make_codes $((lines * rounds))
export_codes "$batch" "$run/exchange.csv"
sed 1d "$run/exchange.csv" | split -l $lines -a 2 -d - "$run/exchange-"
make_format '"purpose":"coupon","length":13,"prefix":"W","expected_codes":1000000' >/dev/null
load --work batch --batch 1000 --connections 8 --users $((lines * rounds / 8)) \
    --requests $((lines * rounds / 1000 + 1)) >"$run/answer"
curl -sS -f -H "Authorization: Bearer $key" \
    "$url/v1/users/u[0-$((lines * rounds / 8 - 1))]/coupons?page_size=100" |
    grep -o '"code":"[^"]*"' | cut -d '"' -f 4 | shuf |
    split -l $lines -a 2 -d - "$run/redeem-"
yes "$template" | head -n $((lines * 4)) >"$run/claim"

printf '\n%-5s %-9s %9s %8s %10s %10s\n' round what done/s p99 cpu_us bytes
KEY=$key USERS=$users
export KEY USERS LINES RUN WHAT
for round in $(seq "$rounds"); do
    for WHAT in claim exchange redeem; do
        LINES=$run/$WHAT
        [ -e "$LINES" ] || LINES=$run/$WHAT-$(printf %02d $((round - 1)))
        RUN=$WHAT-$round-$$
        cpu=$(cpu_us "$quan_pid") bytes=$(written "$quan_pid")
        wrk -t 1 -c "${CONNECTIONS:-64}" -d "${seconds}s" --latency \
            -s "$root/bench/scenario/wrk/post.lua" "$url" >"$run/answer"
        cpu=$(($(cpu_us "$quan_pid") - cpu)) bytes=$(($(written "$quan_pid") - bytes))
        ! grep -q 'Non-2xx' "$run/answer" || die "$WHAT: $(grep 'Non-2xx' "$run/answer")"
        n=$(awk '$2 == "requests" && $3 == "in" { print $1 }' "$run/answer")
        rate=$(awk '$1 == "Requests/sec:" { printf "%d", $2 }' "$run/answer")
        printf '%-5s %-9s %9s %8s %10s %10s\n' "$round" "$WHAT" "$rate" \
            "$(awk '$1 == "99%" { print $2 }' "$run/answer")" "$(per "$cpu" "$n")" \
            "$(per "$bytes" "$n" 0)"
        echo "$WHAT $rate" >>"$run/rows"
        echo "$WHAT-us $(per "$cpu" "$n" 0)" >>"$run/rows"
    done
done

printf '\nmedian (least, most) a second; -us: of the server'"'"'s CPU each\n'
medians "$run/rows" >"$run/medians"
awk '{ printf "  %-12s %9d  (%d, %d)\n", $1, $2, $3, $4; m[$1] = $2 }
    END {
        printf "export / vouchers %.1f   exchange / claim %.2f   redeem / claim %.2f\n",
            m["export"] / m["vouchers"], m["exchange"] / m["claim"], m["redeem"] / m["claim"]
        printf "at this rate 100,000,000 codes are %.0f s\n", 100000000 / m["export"]
    }' "$run/medians"
