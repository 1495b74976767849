#!/bin/sh
# servers: claims over HTTP on one PostgreSQL: by a server that is alone, by one whose peer is away,
# and by two that share the lanes with half of the clients each. In turn, on a database each, all
# in one run.
#
# Usage: bench/scenario/servers.sh [ROUNDS [SECONDS]]     (3 rounds of 8 s each)
#
# CONNECTIONS (64), in all; LANES (4); USERS (1000000).
# shellcheck disable=SC1091,SC2154,SC2086 # lib.sh sets them; templates are words
. "$(dirname "$0")/lib.sh"
rounds=${1:-3}
seconds=${2:-8}
connections=${CONNECTIONS:-64}
lanes=${LANES:-4}
users=${USERS:-1000000}
need jq curl openssl
binaries quan
chmod 711 "$run"
openssl rand -hex 32 >"$run/secret"

# start_database NAME: a PostgreSQL of its own; sets QUAN_STORE and postgres_pid.
start_database() {
    mkdir -m 711 "$run/$1"
    mkfifo "$run/$1/in"
    TMPDIR=$run/$1 "$quan" cluster postgres --json <"$run/$1/in" >"$run/$1/out" 2>"$run/$1/log" &
    cluster_pid=$!
    pids="$pids $cluster_pid"
    eval "exec $2>'$run/$1/in'"
    until [ -s "$run/$1/out" ]; do sleep 0.05; done
    QUAN_STORE=$(head -n 1 "$run/$1/out" | jq -r '.nodes[0].dsn_tcp')
    export QUAN_STORE
}
# make_shop: a merchant and its key in that database.
make_shop() {
    merchant=$("$quan" admin merchant create --lanes "$lanes" --name Bench --zone UTC \
        --currency USD --json | jq -r .id)
    key=$("$quan" admin key create --merchant "$merchant" --json | jq -r .key)
}
# serve NAME FLAG…: sets quan_pid and url.
serve() {
    name=$1
    shift
    rm -f "$run/$name.url"
    "$quan" serve --http-port 0 --ready-file "$run/$name.url" --log-level warn "$@" \
        >>"$run/$name.log" 2>&1 &
    quan_pid=$!
    pids="$pids $quan_pid"
    until_there "$run/$name.url" "$quan_pid" >/dev/null
    url=$(cat "$run/$name.url")
}
# peer LETTER PORTS: one of two on this database.
peer() {
    serve "$1" --peers "$2" --peer-name "${1#?}" --peer-secret-file "$run/secret"
}
# cost_of PID…: µs of the processes, the servers of PostgreSQL below them among them.
cost_of() {
    for pid in "$@"; do
        cpu_us "$pid" 2>/dev/null
        # shellcheck disable=SC2046
        cost_of $(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
    done | awk '{ n += $1 } END { printf "%.0f\n", n }'
}
# claims URL CONNECTIONS FILE
claims() {
    "$quan" bench --server "$1" --key "$key" --json $templates --connections "$2" \
        --users "$users" --seconds "$seconds" >"$3"
}

start_database lone 4
make_shop
serve lone
make_templates 20
lone_url=$url lone_pid=$quan_pid lone_key=$key
lone_templates=$templates lone_pg=$cluster_pid

first=$(shuf -i 20000-30000 -n 1)
start_database half 5
make_shop
peer ha "a=127.0.0.1:$first,b=127.0.0.1:$((first + 1))"
make_templates 20
half_url=$url half_pid=$quan_pid half_key=$key
half_templates=$templates half_pg=$cluster_pid

start_database both 6
make_shop
ports="a=127.0.0.1:$((first + 2)),b=127.0.0.1:$((first + 3))"
peer ba "$ports"
make_templates 20
a_url=$url a_pid=$quan_pid both_key=$key both_templates=$templates both_pg=$cluster_pid
peer bb "$ports"
b_url=$url b_pid=$quan_pid
until [ "$(url=$a_url metric quan_peers_alive)" = 2 ]; do sleep 0.1; done

# pick WHAT: sets key, templates, url, servers and postgres.
pick() {
    case $1 in
    lone)
        key=$lone_key templates=$lone_templates postgres=$lone_pg
        url=$lone_url servers=$lone_pid
        ;;
    half)
        key=$half_key templates=$half_templates postgres=$half_pg
        url=$half_url servers=$half_pid
        ;;
    *)
        key=$both_key templates=$both_templates postgres=$both_pg
        servers="$a_pid $b_pid"
        ;;
    esac
}

machine
echo "$connections connections, $users users, $lanes lanes, $seconds s each"
printf '\n%-5s %-6s %9s %8s %8s %11s %11s %8s\n' \
    round what claims/s p50_us p99_us quan_us/cl pg_us/cl refused
: >"$run/rows"
for round in $(seq "$rounds"); do
    for what in lone half both; do
        pick $what
        cpu=$(cost_of $servers) pg=$(cost_of $postgres)
        if [ $what = both ]; then
            claims "$a_url" $((connections / 2)) "$run/first" &
            claiming=$!
            claims "$b_url" $((connections / 2)) "$run/second"
            wait $claiming
        else
            claims "$url" "$connections" "$run/first"
            : >"$run/second"
        fi
        cpu=$(($(cost_of $servers) - cpu)) pg=$(($(cost_of $postgres) - pg))
        read -r n rate p50 p99 refused <<END
$(jq -s -r '[(map(.coupons) | add), (map(.coupons_per_s) | add), (map(.claim.p50_us) | max),
            (map(.claim.p99_us) | max), (map(.refused | tostring) | join(","))] | join(" ")' \
            "$run/first" "$run/second")
END
        printf '%-5s %-6s %9s %8s %8s %11s %11s %8s\n' "$round" $what "$rate" "$p50" "$p99" \
            "$(per "$cpu" "$n")" "$(per "$pg" "$n")" "$refused"
        echo "$what $rate" >>"$run/rows"
    done
done
printf '\nmedian (least, most) of claims/s\n'
medians "$run/rows" | awk '{ printf "  %-6s %8d  (%d, %d)\n", $1, $2, $3, $4 }'
calls=$(url=$a_url metric quan_peer_calls_total)
printf 'the first of two called the other %d times, %s bytes each way a call\n' "$calls" \
    "$(per "$(url=$a_url metric quan_peer_sent_bytes_total)" "$calls" 0)"
