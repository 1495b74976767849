#!/bin/sh
# capacity: what a request of each kind costs, in processor time of the server and of PostgreSQL, in
# bytes of their logs, and in bytes that stay. `quan capacity` reckons with these figures
# (src/cli/capacity.def); they are costs, not rates, so other load on the machine matters little.
#
# Usage: bench/scenario/capacity.sh [SECONDS]     (8 s of each kind, on each store)
#
#   claim, coupon (by id), wallet (list)     each alone
#   redeem                                   the mix of query : claim : redeem, less the other two
#
# CONNECTIONS (64), USERS (1000000), STORES ("rocks pg").
# shellcheck disable=SC1091,SC2154 # lib.sh sets them
. "$(dirname "$0")/lib.sh"
seconds=${1:-8}
need jq curl psql
binaries quan

# ---- PostgreSQL ----------------------------------------------------------------------------------

sql() { psql -X -q -A -t -d "$dsn" -c "$1"; }

# database_us: of the postmaster, of its children, and of those that have ended.
database_us() {
    {
        awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, "")
            printf "%d\n", ($12 + $13 + $14 + $15) * 1000000 / hz }' "/proc/$postmaster/stat"
        tr ' ' '\n' <"/proc/$postmaster/task/$postmaster/children" | while read -r child; do
            cpu_us "$child" 2>/dev/null || true
        done
    } | awk '{ sum += $1 } END { printf "%d\n", sum }'
}
logged() { sql "SELECT pg_current_wal_insert_lsn() - '0/0'"; }
kept() { sql 'SELECT pg_database_size(current_database())'; }

# ---- one kind ------------------------------------------------------------------------------------

# costs STORE WORK: adds `what requests server_us database_us log_bytes kept_bytes` to rows.
costs() {
    server=$(cpu_us "$quan_pid") database=0 log=0 stays=0
    if [ "$1" = pg ]; then
        database=$(database_us) log=$(logged) stays=$(kept)
    else
        log=$(metric quan_store_written_bytes_total)
    fi
    load --work "$2" --connections "${CONNECTIONS:-64}" --users "${USERS:-1000000}" \
        --seconds "$seconds" >"$run/answer" || true
    server=$(($(cpu_us "$quan_pid") - server))
    if [ "$1" = pg ]; then
        database=$(($(database_us) - database)) log=$(($(logged) - log)) stays=$(($(kept) - stays))
    else
        log=$(($(metric quan_store_written_bytes_total) - log))
    fi
    n=$(jq -r .requests "$run/answer")
    echo "$1 $2 $n $(per "$server" "$n") $(per "$database" "$n") $(per "$log" "$n" 0)" \
        "$(per "$stays" "$n" 0) $(jq -r '.requests_per_s' "$run/answer")" \
        "$(jq -r '.refused | tostring' "$run/answer")" >>"$run/rows"
}

machine
: >"$run/rows"
for store in ${STORES:-rocks pg}; do
    [ "$store" = rocks ] || start_cluster
    rm -rf "$run/data"
    make_store
    start_quan
    make_templates 20
    load --work claim --connections "${CONNECTIONS:-64}" --users "${USERS:-1000000}" --seconds 3 \
        >"$run/answer" || true # caches and plans are warm
    for work in claim coupon wallet mix; do costs "$store" "$work"; done
    stop_quan TERM
    [ "$store" = rocks ] || stop_cluster
done
printf '%-6s %-7s %9s %10s %10s %10s %10s %11s %8s\n' store request requests server_us pg_us \
    log_bytes kept_bytes requests/s refused
awk '
    { printf "%-6s %-7s %9d %10.1f %10.1f %10d %10d %11s %8s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9
      for (i = 4; i <= 7; i++) of[$1, $2, i] = $i }
    $2 == "mix" {
        printf "%-6s %-7s %9s", $1, "redeem", "-"
        for (i = 4; i <= 7; i++)
            printf i < 6 ? " %10.1f" : " %10d", \
                3 * $i - of[$1, "claim", i] - of[$1, "wallet", i]
        print "" }' "$run/rows"
