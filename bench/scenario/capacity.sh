#!/bin/sh
# capacity: what a request of each kind costs, in processor time of the server and of PostgreSQL, in
# bytes of their logs, and in bytes that stay. `quan capacity` reckons with these figures
# (src/cli/capacity.def); they are costs, not rates, so other load on the machine matters little.
#
# Usage: bench/scenario/capacity.sh [SECONDS]     (8 s of each kind, on each store)
#
#   claim      one coupon for one of USERS
#   wallet     the first 20 coupons of one of OWNERS, who have 20 each
#   coupon     one by its id
#   redeem     the mix of query : claim : redeem, less a claim and a list of as few coupons (`few`)
#   replay     what a replica of PostgreSQL takes for 1,000 bytes of log, under claims
#
# Bytes that stay are those of a data directory or database, before vacuum and compaction.
#
# CONNECTIONS (64), USERS (1000000), OWNERS (5000), STORES ("rocks pg").
# shellcheck disable=SC1091,SC2154 # lib.sh sets them
. "$(dirname "$0")/lib.sh"
seconds=${1:-8}
users=${USERS:-1000000}
owners=${OWNERS:-5000}
need jq curl psql
binaries quan

# ---- PostgreSQL ----------------------------------------------------------------------------------

sql() { psql -X -q -A -t -d "$dsn" -c "$1"; }

logged() { sql "SELECT pg_current_wal_insert_lsn() - '0/0'"; }
primary_us() { database_us "$(node shard-0 process)"; }
replica_us() { database_us "$(node shard-0-replica process)"; }

# ---- one kind ------------------------------------------------------------------------------------

# size: bytes of the store; a directory's when nothing is in memory alone.
size() {
    if [ "$store" = pg ]; then
        sql 'SELECT pg_database_size(current_database())'
        return
    fi
    stop_quan TERM
    du -s -b "$run/data" | cut -f 1
    start_quan
}
# costs ROW WORK USERS: adds `store row requests server_us database_us log_bytes kept_bytes
# requests_per_s refused replica_us` to rows.
costs() {
    # shellcheck disable=SC2119
    size >"$run/size"
    server=$(cpu_us "$quan_pid") database=0 log=0 replica=0
    if [ "$store" = pg ]; then
        database=$(primary_us) log=$(logged) replica=$(replica_us)
    else
        log=$(metric quan_store_written_bytes_total)
    fi
    load --work "$2" --connections "${CONNECTIONS:-64}" --users "$3" --seconds "$seconds" \
        >"$run/answer" || true
    server=$(($(cpu_us "$quan_pid") - server))
    if [ "$store" = pg ]; then
        database=$(($(primary_us) - database)) log=$(($(logged) - log))
        replica=$(($(replica_us) - replica))
    else
        log=$(($(metric quan_store_written_bytes_total) - log))
    fi
    stays=$(cat "$run/size")
    size >"$run/size"
    stays=$(($(cat "$run/size") - stays))
    n=$(jq -r .requests "$run/answer")
    echo "$store $1 $n $(per "$server" "$n") $(per "$database" "$n") $(per "$log" "$n" 0)" \
        "$(per "$stays" "$n" 0) $(jq -r '.requests_per_s' "$run/answer")" \
        "$(jq -r '.refused | tostring' "$run/answer") $(per $((1000 * replica)) "$log" 3)" \
        >>"$run/rows"
}

machine
: >"$run/rows"
for store in ${STORES:-rocks pg}; do
    [ "$store" = rocks ] || start_cluster --replicas
    rm -rf "$run/data"
    make_store
    start_quan
    make_templates 20
    load --work claim --connections "${CONNECTIONS:-64}" --users "$users" --seconds 3 \
        >"$run/answer" || true # caches and plans are warm
    costs claim claim "$users"
    costs coupon coupon "$users"
    costs few wallet "$users"
    costs mix mix "$users"
    load --work batch --batch 100 --connections 8 --users "$owners" \
        --requests $((owners / 5)) >"$run/answer" # 20 each
    costs wallet wallet "$owners"
    stop_quan TERM
    [ "$store" = rocks ] || stop_cluster
done
printf '%-6s %-7s %9s %10s %10s %10s %10s %11s %8s\n' store request requests server_us pg_us \
    log_bytes kept_bytes requests/s refused
awk '
    { printf "%-6s %-7s %9d %10.1f %10.1f %10d %10d %11s %8s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9
      for (i = 4; i <= 7; i++) of[$1, $2, i] = $i }
    $2 == "claim" && $1 == "pg" { replay = $10 }
    $2 == "mix" {
        printf "%-6s %-7s %9s", $1, "redeem", "-"
        for (i = 4; i <= 7; i++)
            printf i < 6 ? " %10.1f" : " %10d", \
                3 * $i - of[$1, "claim", i] - of[$1, "few", i]
        print "" }
    END { if (replay != "") print "pg replay: " replay " us of a replica for 1,000 bytes of log" }
' "$run/rows"
