#!/bin/sh
# replicas: wallets over HTTP, read from PostgreSQL's primary and from its streaming replica, at
# rest and beside claims at a fixed rate. In turn, in one run of about three minutes, on one store.
#
# Usage: bench/scenario/replicas.sh [ROUNDS [SECONDS]]     (3 rounds of 5 s each)
#
#   primary        without store_replicas         …-claims   beside CLAIMS claims a second
#   replica        with it
#   peers          with it, by one of two servers, which looks at the heads of lanes on the primary
#
# CONNECTIONS (64), LANES (4), USERS (20000), COUPONS (200000) there before, CLAIMS (500).
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh sets and reads them
. "$(dirname "$0")/lib.sh"
rounds=${1:-3}
seconds=${2:-5}
connections=${CONNECTIONS:-64}
users=${USERS:-20000}
rate=${CLAIMS:-500}
need jq curl psql openssl
binaries quan
openssl rand -hex 32 >"$run/secret"
first_port=$(shuf -i 20000-30000 -n 1)

start_cluster --replicas
make_store() {
    merchant=$("$quan" admin merchant create --lanes "${LANES:-4}" --name Bench --zone UTC \
        --currency USD --json | jq -r .id)
    key=$("$quan" admin key create --merchant "$merchant" --json | jq -r .key)
}
# begin WHERE: a server that reads wallets there.
begin() {
    where=$1 replicas=
    [ "$where" = primary ] || replicas=$(node shard-0-replica dsn_tcp)
    rm -f "$run/url"
    set -- --store-replicas "$replicas" --http-port 0 --ready-file "$run/url" --log-level warn
    [ "$where" != peers ] ||
        set -- "$@" --peer-name a --peer-secret-file "$run/secret" \
            --peers "a=127.0.0.1:$first_port,b=127.0.0.1:$((first_port + 1))"
    "$quan" serve "$@" >>"$run/quan.log" 2>&1 &
    quan_pid=$!
    pids="$pids $quan_pid"
    until_there "$run/url" "$quan_pid" >/dev/null
    url=$(cat "$run/url")
}
row() { printf '%-5s %-15s %10s %7s %7s %8s %10s %10s %9s\n' "$@"; }
# from_replica: of the views that a replica may serve, how many it has.
views() { curl -sS -f "$url/metrics" | sed -n "s/^quan_store_views_total{from=\"$1\"} //p"; }

# measure WHERE [claims]
measure() {
    begin "$1"
    load --work wallet --connections "$connections" --users "$users" --seconds 1 >"$run/warm"
    claiming=
    if [ "${2:-}" ]; then
        load --connections 8 --users "$users" --rate "$rate" --seconds $((seconds + 1)) \
            >"$run/claims" &
        claiming=$!
        sleep 0.5
    fi
    own=$(cpu_us "$quan_pid") replica=$(views replica) primary=$(views primary)
    first=$(database_us "$(node shard-0 process)")
    second=$(database_us "$(node shard-0-replica process)")
    load --work wallet --connections "$connections" --users "$users" --seconds "$seconds" \
        >"$run/answer"
    own=$(($(cpu_us "$quan_pid") - own))
    replica=$(($(views replica) - ${replica:-0})) primary=$(($(views primary) - ${primary:-0}))
    first=$(($(database_us "$(node shard-0 process)") - first))
    second=$(($(database_us "$(node shard-0-replica process)") - second))
    [ -z "$claiming" ] || wait "$claiming"
    stop_quan TERM
    what=$1${2:+-$2}
    read -r n wallets p50 p99 refused <<END
$(jq -r '[.query.done, .requests_per_s, .query.p50_us, .query.p99_us, (.refused | length)] |
            join(" ")' "$run/answer")
END
    [ "$refused" = 0 ] || die "$what: refused: $(jq -c .refused "$run/answer")"
    row "$round" "$what" "$wallets" "$p50" "$p99" "$(per "$own" "$n")" "$(per "$first" "$n")" \
        "$(per "$second" "$n")" "$(per $((100 * replica)) $((replica + primary)) 0)"
    echo "$what $wallets" >>"$run/rows"
}

make_store
begin primary
make_templates 20
load --work batch --batch 100 --connections 8 --users "$users" \
    --requests $((${COUPONS:-200000} / 100)) >"$run/answer"
stop_quan TERM
machine
echo "$connections connections, $users users, ${COUPONS:-200000} coupons, $seconds s each;" \
    "processor time is per wallet, claims' with it"
echo
row round what wallets/s p50_us p99_us quan_us primary_us replica_us replica_%
: >"$run/rows"
for round in $(seq "$rounds"); do
    for beside in '' claims; do
        measure primary $beside
        measure replica $beside
        measure peers $beside
    done
done
printf '\nmedian (least, most) of wallets/s\n'
medians "$run/rows" | awk '{ printf "  %-15s %8d  (%d, %d)\n", $1, $2, $3, $4 }'
stop_cluster
