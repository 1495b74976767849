#!/bin/sh
# reads: GET of a coupon by id, and of a wallet (20 a page), by wrk: the ceiling of reads beside no
# writes. Users hold eight coupons each on average. The peer is nginx, which serves one of those
# answers from a file, with as many bytes; one process there, one loop here.
#
# Usage: bench/scenario/reads.sh [ROUNDS [SECONDS]]     (3 rounds of 6 s each)
#
# After the load the server is stopped and started: rows are in files then, as those of most users
# are. FRESH=1 leaves them where they are, a part of each wallet in each of several memory tables.
# COUPONS (200000), CONNECTIONS (64).
# shellcheck disable=SC1091,SC2154 # lib.sh sets them
. "$(dirname "$0")/lib.sh"
rounds=${1:-3}
seconds=${2:-6}
coupons=${COUPONS:-200000}
users=$((coupons / 8))
PATH=$PATH:/usr/sbin
need jq curl wrk nginx
binaries quan

# get PATH: what Quan answers.
get() {
    curl -sS -f -H "Authorization: Bearer $key" "$url$1"
}

make_store
start_quan --loops 1
make_templates 20
load --work batch --batch 1000 --connections 8 --users "$users" --requests $((coupons / 1000)) \
    >"$run/answer"
if [ ! "${FRESH:-}" ]; then
    stop_quan TERM
    start_quan --loops 1
fi
user=0
while [ $user -lt 200 ]; do
    echo "/v1/users/u$user/coupons?page_size=20"
    user=$((user + 1))
done >"$run/wallets"
while read -r path; do
    get "$path"
done <"$run/wallets" | jq -r '.coupons[].id | "/v1/coupons/" + .' >"$run/coupons"

# nginx sends one wallet of the mean length, Quan all of them.
mkdir "$run/files"
get "$(head -n 1 "$run/coupons")" >"$run/files/coupon"
mean=$((($(wc -l <"$run/coupons") + 100) / 200))
while read -r path; do
    get "$path" >"$run/files/wallet"
    [ "$(jq '.coupons | length' "$run/files/wallet")" -ne $mean ] || break
done <"$run/wallets"
echo /coupon >"$run/nginx-coupons"
echo /wallet >"$run/nginx-wallets"
start_nginx "$run/files"

machine
echo "$(jq .coupons "$run/answer") coupons of $users users; a coupon is" \
    "$(wc -c <"$run/files/coupon") bytes, a wallet of $mean $(wc -c <"$run/files/wallet")"
KEY=$key
export KEY PATHS
: >"$run/rows"
for _ in $(seq "$rounds"); do
    for what in coupons nginx-coupons wallets nginx-wallets; do
        case $what in
        nginx-*) pid=$nginx_pid server=$nginx_url ;;
        *) pid=$quan_pid server=$url ;;
        esac
        PATHS=$run/$what
        cpu=$(cpu_us "$pid")
        wrk -t 1 -c "${CONNECTIONS:-64}" -d "${seconds}s" --latency \
            -s "$root/bench/scenario/wrk/get.lua" "$server" >"$run/answer"
        cpu=$(($(cpu_us "$pid") - cpu))
        rate=$(awk '$1 == "Requests/sec:" { printf "%d", $2 }' "$run/answer")
        echo "$what $rate" >>"$run/rows"
        echo "$what-ns $(per $((cpu * 1000)) $((rate * seconds)) 0)" >>"$run/rows"
        echo "$what: $rate/s, p99 $(awk '$1 == "99%" { print $2 }' "$run/answer")," \
            "$(per "$cpu" $((rate * seconds))) us of the server's CPU each" \
            "$(grep 'Non-2xx' "$run/answer" || true)"
    done
done
printf '\nrequests/s, and ns of CPU a request: median, least, most\n'
medians "$run/rows" | tee "$run/medians"
awk '{ m[$1] = $2 }
    END {
        if (m["nginx-coupons"] && m["nginx-wallets"])
            printf "of nginx: coupons %.2f, by CPU %.2f; wallets %.2f, by CPU %.2f\n",
                m["coupons"] / m["nginx-coupons"], m["nginx-coupons-ns"] / m["coupons-ns"],
                m["wallets"] / m["nginx-wallets"], m["nginx-wallets-ns"] / m["wallets-ns"]
    }' "$run/medians"
