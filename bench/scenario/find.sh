#!/bin/sh
# find: which of so many templates fit a cart of ten lines. Quan's index (bench/micro/find_bench.c),
# PostgreSQL with GIN indexes, and json-rules-engine, which asks every rule, one after another on
# the same templates and carts. All must find as many.
#
# Usage: bench/scenario/find.sh [TEMPLATES…]     (1000 100000 1000000)
#
# CARTS (2000) for Quan and PostgreSQL; the rules get 20 of them, up to 10,000 templates. PostgreSQL
# listens on a socket in the temporary folder only, as `nobody` where this runs as root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
peers=$here/../peers/find
build=${QUAN_BUILD:-$here/../../build/release}
carts=${CARTS:-2000}
PATH=$PATH:/usr/lib/postgresql/15/bin
[ $# -gt 0 ] || set -- 1000 100000 1000000
for program in initdb pg_ctl psql node npm; do
    command -v $program >/dev/null || {
        echo "find.sh: no $program: tools/install bench" >&2
        exit 1
    }
done
cmake --build "$build" --target bench_micro_find_bench >/dev/null
run=$(mktemp -d)
stop() {
    [ ! -e "$run/data/postmaster.pid" ] || as pg_ctl -D "$run/data" -m fast -w stop >/dev/null
    rm -rf "$run"
}
trap stop EXIT
trap 'exit 130' INT TERM

# PostgreSQL does not run as root.
as() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd "$run" && setpriv --reuid=65534 --regid=65534 --clear-groups "$@")
    else
        (cd "$run" && "$@")
    fi
}
[ "$(id -u)" -ne 0 ] || chown 65534:65534 "$run"
as initdb --no-instructions --auth=trust -D "$run/data" -U quan --locale=C -E UTF8 >/dev/null
options="-c listen_addresses='' -c unix_socket_directories=$run -c shared_buffers=2GB -c jit=off
    -c fsync=off -c max_wal_size=8GB"
as pg_ctl -D "$run/data" -w -l "$run/log" -o "$(echo "$options" | tr -d '\n')" start >/dev/null
cp "$peers/package.json" "$peers/package-lock.json" "$peers/.npmrc" "$peers/rules.mjs" "$run"
(cd "$run" && npm ci --loglevel=error --ignore-scripts >/dev/null)
echo "$(nproc) processors, load $(cut -d ' ' -f 1 /proc/loadavg)"
for templates; do
    "$build/bench_micro_find_bench" "$templates" "$carts" --export "$run"
    "$build/bench_micro_find_bench" "$templates" "$carts"
    as psql -X -q -h "$run" -U quan -d postgres -f - <"$peers/gin.sql"
    [ "$templates" -gt 10000 ] || (cd "$run" && node rules.mjs "$run" 20)
    echo
done
