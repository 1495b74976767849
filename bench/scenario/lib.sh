#!/bin/sh
# lib.sh: what the scenarios share; each reads it with `.`. It makes a folder for the run, starts
# and stops servers on free ports of 127.0.0.1, and reads what a process has cost.
#
# QUAN_BUILD (build/release) has the binaries; without it they are built first. KEEP=1 leaves the
# folder of the run.
# shellcheck disable=SC2034 # what is set here is for those who read it
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${QUAN_BUILD:-$root/build/release}
quan=$build/quan
redis_claim=$build/bench_peers_redis_claim
claim_lua=$root/bench/peers/redis/claim.lua
run=$(mktemp -d "${TMPDIR:-/tmp}/quan-bench.XXXXXX")
pids=

finish() {
    status=$?
    trap '' INT TERM
    for pid in $pids; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    if [ "${KEEP:-}" ]; then echo "kept: $run" >&2; else rm -rf "$run"; fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

die() {
    echo "$0: $1" >&2
    exit 1
}

# need PROGRAM…: of tools/install bench.
need() {
    for program in "$@"; do
        command -v "$program" >/dev/null || die "needs $program; run: tools/install bench"
    done
}

# binaries TARGET…
binaries() {
    [ "${QUAN_BUILD:-}" ] && return
    need cmake ninja
    [ -e "$build/build.ninja" ] || (cd "$root" && cmake --preset release >"$run/build" 2>&1)
    ninja -C "$build" -j "${QUAN_JOBS:-$(nproc)}" "$@" >"$run/build" 2>&1 || {
        cat "$run/build" >&2
        exit 1
    }
}

machine() {
    echo "$(date -u +%Y-%m-%dT%H:%MZ), $(nproc) processors, load $(cut -d ' ' -f 1-3 /proc/loadavg)"
    sed -n 's/^model name[^:]*: */processor: /p' /proc/cpuinfo | head -n 1
}

now_ms() {
    date +%s%3N
}

# until_there FILE PID: milliseconds until it was there.
until_there() {
    began=$(now_ms)
    until [ -e "$1" ]; do
        # Not kill -0: a process that has ended and was not waited for is still there to it.
        readlink "/proc/$2/exe" >/dev/null || die "a server ended; KEEP=1 leaves its log"
        [ $(($(now_ms) - began)) -lt 600000 ] || die "a server was not ready in ten minutes"
        sleep 0.005
    done
    echo $(($(now_ms) - began))
}

# ---- quan ----------------------------------------------------------------------------------------

# make_store: $run/data with a merchant and its key.
make_store() {
    merchant=$("$quan" admin merchant create --data "$run/data" --name Bench --zone UTC \
        --currency USD | sed 's/ .*//')
    key=$("$quan" admin key create --data "$run/data" --merchant "$merchant" --name bench \
        2>/dev/null)
}

# start_quan [FLAG…]: sets quan_pid, url and ready_ms.
start_quan() {
    rm -f "$run/url"
    "$quan" serve --data "$run/data" --http-port 0 --ready-file "$run/url" --log-level warn "$@" \
        >>"$run/quan.log" 2>&1 &
    quan_pid=$!
    pids="$pids $quan_pid"
    ready_ms=$(until_there "$run/url" "$quan_pid")
    url=$(cat "$run/url")
}

# stop_quan SIGNAL
stop_quan() {
    kill "-$1" "$quan_pid"
    wait "$quan_pid" 2>/dev/null || true
}

# post PATH BODY: the id in the answer.
post() {
    curl -sS -f -H "Authorization: Bearer $key" -H "Idempotency-Key: $$-$(date +%s%N)" \
        -H 'Content-Type: application/json' -d "$2" "$url$1" | jq -r .id
}

# make_templates N: one campaign; sets templates to --template ID … With a stock and a limit, as
# the peer's script has them, that nobody reaches; and the terms that $terms adds.
make_templates() {
    window='{"from":"2020-01-01T00:00:00Z","until":"2100-01-01T00:00:00Z"}'
    campaign=$(post /v1/campaigns \
        "{\"name\":\"Bench\",\"claim_window\":$window,\"use_window\":$window}")
    templates=
    made=0
    while [ $made -lt "$1" ]; do
        made=$((made + 1))
        template=$(post "/v1/campaigns/$campaign/templates" "{\"name\":\"Five off $made\",
            \"benefit\":{\"kind\":\"amount_off\",\"amount\":{\"amount\":500,\"currency\":\"USD\"}},
            \"validity\":{\"kind\":\"after_issue\",\"duration_days\":30},
            \"stock\":1000000000,
            \"limits\":[{\"measure\":\"claims\",\"subject\":\"user\",\"period\":\"ever\",
                \"max\":1000000}]${terms:-}}")
        templates="$templates --template $template"
    done
    post "/v1/campaigns/$campaign/state" '{"state":"active"}' >/dev/null
}

# load FLAG…: quan bench; one line of JSON.
load() {
    # shellcheck disable=SC2086
    "$quan" bench --server "$url" --key "$key" --json $templates "$@"
}

# metric NAME: the sum of its samples.
metric() {
    curl -sS -f "$url/metrics" | awk -v name="$1" '
        $1 == name || index($1, name "{") == 1 { sum += $2 }
        END { printf "%.0f\n", sum }'
}

# ---- PostgreSQL ----------------------------------------------------------------------------------

# start_cluster [FLAG…]: sets postmaster and dsn of its first server; it is the store from now on.
start_cluster() {
    chmod 711 "$run"
    mkfifo "$run/in"
    "$quan" cluster postgres --json --directory "$run" "$@" --set shared_buffers=512MB \
        --set max_wal_size=8GB --set checkpoint_timeout=30min \
        <"$run/in" >"$run/cluster" 2>"$run/cluster.log" &
    cluster=$!
    exec 3>"$run/in"
    until [ -s "$run/cluster" ]; do
        kill -0 $cluster 2>/dev/null || die "no cluster: $(cat "$run/cluster.log")"
        sleep 0.05
    done
    heard=1
    postmaster=$(jq -r '.nodes[0].process' "$run/cluster")
    dsn=$(jq -r '.nodes[0].dsn' "$run/cluster")
    QUAN_STORE=$(jq -r '.nodes[0].dsn_tcp' "$run/cluster")
    export QUAN_STORE
}
# tell_cluster WORD NODE: stop, start or kill, until it has happened.
tell_cluster() {
    echo "$1 $2" >&3
    heard=$((heard + 1))
    until [ "$(wc -l <"$run/cluster")" -ge "$heard" ]; do sleep 0.02; done
}
# node NAME FIELD: as it is now.
node() {
    jq -r -s --arg name "$1" "[(.[0].nodes[], .[1:][]) | select(.name == \$name)] | last | .$2" \
        "$run/cluster"
}
# own_us PID: of itself and of its children that have ended.
own_us() {
    awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, "")
        printf "%d\n", ($12 + $13 + $14 + $15) * 1000000 / hz }' "/proc/$1/stat"
}
# database_us POSTMASTER…: of each, of its children, and of those that have ended; none of them does
# so while it is looked at.
database_us() {
    for parent in "$@"; do
        while :; do
            before=$(own_us "$parent")
            tr ' ' '\n' <"/proc/$parent/task/$parent/children" >"$run/children"
            living=$(while read -r child; do
                cpu_us "$child" 2>/dev/null || true
            done <"$run/children")
            [ "$(own_us "$parent")" != "$before" ] || break
        done
        printf '%s\n' "$before" "$living"
    done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}
stop_cluster() {
    exec 3>&-
    wait "$cluster" || true
    unset QUAN_STORE
    rm -f "$run/in" "$run/cluster" # else the next one is taken for ready
}

# ---- the peers -----------------------------------------------------------------------------------

# start_redis APPENDFSYNC: sets redis_pid and redis_port.
start_redis() {
    redis_home=$run/redis-$1
    mkdir -p "$redis_home"
    cat >"$redis_home/redis.conf" <<EOF
bind 127.0.0.1
port 0
unixsocket $redis_home/socket
dir $redis_home
pidfile $redis_home/pid
save ""
appendonly yes
appendfsync $1
auto-aof-rewrite-percentage 0
maxmemory 0
EOF
    redis_port=
    for port in $(shuf -i 20000-32000 -n 20); do
        rm -f "$redis_home/socket"
        redis-server "$redis_home/redis.conf" --port "$port" >"$redis_home/log" 2>&1 &
        redis_pid=$!
        waited=0
        until [ -e "$redis_home/socket" ] || [ $waited -ge 500 ] ||
            ! kill -0 $redis_pid 2>/dev/null; do
            waited=$((waited + 1))
            sleep 0.01
        done
        if [ -e "$redis_home/socket" ]; then
            redis_port=$port
            pids="$pids $redis_pid"
            return
        fi
        kill "$redis_pid" 2>/dev/null || true
    done
    die "redis-server does not start: $(tail -n 1 "$redis_home/log")"
}

# start_nginx FOLDER: serves the files of FOLDER by one process; sets nginx_pid and nginx_url.
start_nginx() {
    nginx_home=$run/nginx
    mkdir -p "$nginx_home"
    for port in $(shuf -i 20000-32000 -n 20); do
        cat >"$nginx_home/nginx.conf" <<EOF
daemon off;
master_process off;
pid $nginx_home/pid;
error_log $nginx_home/log;
events { worker_connections 2048; }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    default_type application/json;
    client_body_temp_path $nginx_home/body;
    proxy_temp_path $nginx_home/proxy;
    fastcgi_temp_path $nginx_home/fastcgi;
    uwsgi_temp_path $nginx_home/uwsgi;
    scgi_temp_path $nginx_home/scgi;
    server {
        listen 127.0.0.1:$port;
        root $1;
    }
}
EOF
        rm -f "$nginx_home/pid"
        nginx -p "$nginx_home" -c "$nginx_home/nginx.conf" >"$nginx_home/out" 2>&1 &
        nginx_pid=$!
        # The pid file comes after the port: a port that is in use ends it, some seconds later.
        until [ -s "$nginx_home/pid" ] || ! kill -0 $nginx_pid 2>/dev/null; do sleep 0.01; done
        if [ -s "$nginx_home/pid" ]; then
            pids="$pids $nginx_pid"
            nginx_url=http://127.0.0.1:$port
            return
        fi
    done
    die "nginx does not start: $(tail -n 1 "$nginx_home/log")"
}

# ---- what it costs -------------------------------------------------------------------------------

# cpu_us PID: user and system time of all its threads.
cpu_us() {
    awk -v hz="$(getconf CLK_TCK)" '{
        sub(/.*\) /, "") # the name may hold spaces
        printf "%d\n", ($12 + $13) * 1000000 / hz }' "/proc/$1/stat"
}

# written PID: bytes that it made go to the disk.
written() {
    awk '$1 == "write_bytes:" { print $2 }' "/proc/$1/io"
}

# syncs PID SECONDS: calls of fsync and fdatasync.
syncs() {
    timeout -s INT "$2" strace -f -q -e trace=fsync,fdatasync -o "$run/strace" -p "$1" \
        >/dev/null 2>&1 || true
    grep -c 'sync(' "$run/strace" || true
}

# per A B [DECIMALS]: A / B.
per() {
    awk -v a="$1" -v b="$2" -v d="${3:-1}" 'BEGIN {
        if (b == 0) print "-"
        else printf "%." d "f\n", a / b }'
}

# medians FILE: of rows `what number…`: for each what, `what median least most` of its first number.
medians() {
    sort -k 1,1 -k 2,2n "$1" | awk '
        function show() {
            if (n)
                print what, n % 2 ? v[(n + 1) / 2] : int((v[n / 2] + v[n / 2 + 1]) / 2), v[1], v[n]
        }
        $1 != what { show(); what = $1; n = 0 }
        { v[++n] = $2 }
        END { show() }'
}
