#!/bin/sh
# shards: claims over HTTP on PostgreSQL, by one server and by two, on one shard and on two, beside
# the same claims as a shop writes them in SQL: by a function for each, and by one statement for
# many (bench/peers/pg/claims.sql says what they keep). In turn, on databases of their own of the
# same clusters, all in one run: about five minutes.
#
# Usage: bench/scenario/shards.sh [ROUNDS [SECONDS]]     (3 rounds of 4 s each)
#
#   q1x1 …         Quan: shards x servers
#   f1 f2          the function, a claim at a time on POOL connections
#   m1 m2          the statement for MANY claims, on as many connections as make as many claims
#   …-checkpoint   right after a CHECKPOINT: whole pages go to the log
#   …-cold         right after a restart of PostgreSQL, and of Quan
#   s1 s2          the engine alone (store_bench), acts of 256 a batch
#
# CONNECTIONS (64), of the clients in all; POOL (16): more make the function slower; LANES (4), in
# all; MANY (32); USERS (1000000); PARTS ("claims cold store"); WAYS ("f1 q1x1 m1 q1x2 f2 q2x1 m2
# q2x2"). Counted for each claim: processor time of PostgreSQL, bytes of its log, syncs of that
# (pg_stat_wal) and commits (pg_stat_database), which both lag up to a second, and round trips as
# Quan or the driver counts them.
# shellcheck disable=SC1091,SC2154,SC2034,SC2046,SC2086 # lib.sh sets, reads; lists are words
. "$(dirname "$0")/lib.sh"
rounds=${1:-3}
seconds=${2:-4}
connections=${CONNECTIONS:-64}
lanes=${LANES:-4}
many=${MANY:-32}
users=${USERS:-1000000}
parts=${PARTS:-claims cold store}
ways=${WAYS:-f1 q1x1 m1 q1x2 f2 q2x1 m2 q2x2}
has() { case " $ways " in *" $1 "*) ;; *) false ;; esac; }
need jq curl psql openssl
binaries quan bench_peers_pg_claims bench_micro_store_bench
peers=$root/bench/peers/pg
openssl rand -hex 32 >"$run/secret"
first=$(shuf -i 20000-30000 -n 1)
at="a=127.0.0.1:$first,b=127.0.0.1:$((first + 1))"

# ---- databases -----------------------------------------------------------------------------------

start_cluster --shards 2
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
# address SHARD NAME: of a database of that name.
address() { node "shard-$1" dsn_tcp | sed "s|/quan\$|/$2|"; }
# store NAME: sets shards, servers and QUAN_STORE.
store() {
    shards=$(echo "$1" | cut -c 2)
    servers=$(echo "$1" | cut -c 4)
    QUAN_STORE=$(address 0 "$1")
    [ "$shards" = 1 ] || QUAN_STORE=$QUAN_STORE,$(address 1 "$1")
    export QUAN_STORE
}
postmasters() { echo "$(node shard-0 process) $(node shard-1 process)"; }
# counted WHAT: of both clusters: log (bytes), syncs, commits.
counted() {
    for shard in 0 1; do
        sql "$(address $shard postgres)" "SELECT $1"
    done | awk '{ n += $1 } END { printf "%.0f\n", n }'
}
log() { counted "pg_current_wal_insert_lsn() - '0/0'"; }
syncs_of_log() { counted 'wal_sync FROM pg_stat_wal'; }
commits() { counted 'sum(xact_commit) FROM pg_stat_database'; }

# ---- Quan ----------------------------------------------------------------------------------------

# serve NAME FLAG…: sets quan_pid and url.
serve() {
    rm -f "$run/$1.url"
    who=$1
    shift
    "$quan" serve --http-port 0 --ready-file "$run/$who.url" --log-level warn "$@" \
        >>"$run/$who.log" 2>&1 &
    quan_pid=$!
    pids="$pids $quan_pid"
    until_there "$run/$who.url" "$quan_pid" >/dev/null
    url=$(cat "$run/$who.url")
}
# begin: the servers of the store; sets running and urls.
begin() {
    if [ "$servers" = 1 ]; then
        serve alone
        running=$quan_pid urls=$url
        return
    fi
    running='' urls=''
    for one in a b; do
        serve $one --peers "$at" --peer-name $one --peer-secret-file "$run/secret"
        running="$running $quan_pid"
        urls="$urls $url"
    done
    for url in $urls; do
        until [ "$(metric quan_peers_alive)" = 2 ]; do sleep 0.02; done
    done
}
end() {
    kill -TERM $running
    for pid in $running; do wait "$pid" || true; done
}
# claims SECONDS: the report of quan bench, in answer.
claims() {
    url=$(echo $urls | cut -d ' ' -f 1)
    also=$(echo $urls | sed 's/^[^ ]*//; s/ \([^ ]*\)/ --also \1/g')
    load --connections "$connections" --users "$users" --seconds "$1" $also >"$run/answer"
}
servers_us() { for pid in $running; do cpu_us "$pid"; done | awk '{ n += $1 } END { print n }'; }
# of_all METRIC: of all servers.
of_all() { for url in $urls; do metric "$1"; done | awk '{ n += $1 } END { printf "%.0f\n", n }'; }

# ---- the peers -----------------------------------------------------------------------------------

# peer NAME SECONDS: f1, f2, m1 or m2; its report in answer.
peer() {
    which=$1 long=$2 way=function clients=${POOL:-16}
    case $which in m*) way=many clients=$(((connections + many - 1) / many)) ;; esac
    set -- --dsn "$(address 0 "$which")"
    # As many connections for each of its databases.
    case $which in
    ?2)
        set -- "$@" --dsn "$(address 1 "$which")"
        clients=$(((clients + 1) / 2 * 2))
        ;;
    esac
    "$build/bench_peers_pg_claims" "$@" --way $way --script "$peers/claims_many.sql" \
        --batch "$many" --connections "$clients" --users "$users" --seconds "$long" >"$run/answer"
}

# ---- one measurement -----------------------------------------------------------------------------

row() { printf '%-5s %-15s %9s %7s %7s %7s %7s %8s %8s %8s %8s\n' "$@"; }
# measure NAME [AS]: a row. AS: checkpoint or cold.
measure() {
    what=$1${2:+-$2}
    case $1 in
    q*)
        store "$1"
        eval "key=\$key_$1 templates=\$templates_$1"
        ;;
    esac
    if [ "${2:-}" = cold ]; then
        for shard in 0 1; do
            tell_cluster stop shard-$shard
            tell_cluster start shard-$shard
        done
    fi
    case $1 in
    q*)
        begin
        [ "${2:-}" = cold ] || claims 1 # its caches and plans
        own=$(servers_us) trips=$(of_all quan_store_round_trips_total)
        ;;
    *) [ "${2:-}" = cold ] || peer "$1" 1 ;;
    esac
    if [ "${2:-}" = checkpoint ]; then
        for shard in 0 1; do sql "$(address $shard postgres)" CHECKPOINT; done
    fi
    masters=$(postmasters)
    cpu=$(database_us $masters) bytes=$(log) synced=$(syncs_of_log) committed=$(commits)
    case $1 in
    q*) claims "$seconds" ;;
    *) peer "$1" "$seconds" ;;
    esac
    cpu=$(($(database_us $masters) - cpu)) bytes=$(($(log) - bytes))
    synced=$(($(syncs_of_log) - synced)) committed=$(($(commits) - committed))
    case $1 in
    q*)
        own=$(($(servers_us) - own)) trips=$(($(of_all quan_store_round_trips_total) - trips))
        end
        report='[.coupons, .coupons_per_s, .claim.p50_us, .claim.p99_us, (.refused | length)]'
        ;;
    *)
        own=$(jq .cpu_us "$run/answer") trips=$(jq .statements "$run/answer")
        report='[.claims, .claims_per_s, .p50_us, .p99_us, (.refused | add)]'
        ;;
    esac
    read -r n rate p50 p99 refused <<END
$(jq -r "$report | join(\" \")" "$run/answer")
END
    [ "$refused" = 0 ] || die "$what: refused: $(jq -c .refused "$run/answer")"
    row "$round" "$what" "$rate" "$p50" "$p99" "$(per "$own" "$n")" "$(per "$cpu" "$n")" \
        "$(per "$bytes" "$n" 0)" "$(per "$synced" "$n" 3)" "$(per "$committed" "$n" 3)" \
        "$(per "$trips" "$n" 3)"
    echo "$what $rate" >>"$run/rows"
}
# engine SHARDS: acts a second of store_bench in databases that are new.
engine() {
    name=s$1_$round
    for shard in 0 1; do sql "$(address $shard postgres)" "CREATE DATABASE $name"; done
    QUAN_STORE=$(address 0 "$name")
    [ "$1" = 1 ] || QUAN_STORE=$QUAN_STORE,$(address 1 "$name")
    export QUAN_STORE
    cpu=$(database_us $(postmasters))
    "$build/bench_micro_store_bench" "$seconds" "$lanes" 0 256 >"$run/answer"
    cpu=$(($(database_us $(postmasters)) - cpu))
    read -r _ rate own _ <<END
$(tail -n 1 "$run/answer")
END
    # The clusters' processors are counted from its begin; it works half a second more.
    n=$((rate * seconds + rate / 4))
    row "$round" "s$1" "$rate" - - "$own" "$(per "$cpu" "$n")" - - - -
    echo "s$1 $rate" >>"$run/rows"
}

# ---- making the stores ---------------------------------------------------------------------------

for name in q1x1 q1x2 q2x1 q2x2; do
    has $name || continue
    for shard in 0 1; do sql "$(address $shard postgres)" "CREATE DATABASE $name"; done
    store $name
    merchant=$("$quan" admin merchant create --lanes "$lanes" --name Bench --zone UTC \
        --currency USD --json | jq -r .id)
    key=$("$quan" admin key create --merchant "$merchant" --json | jq -r .key)
    servers=1
    begin
    make_templates 20
    end
    eval "key_$name=\$key templates_$name=\$templates"
done
for name in f1 f2 m1 m2; do
    has $name || continue
    for shard in 0 1; do
        sql "$(address $shard postgres)" "CREATE DATABASE $name"
        psql -X -q -v ON_ERROR_STOP=1 -d "$(address $shard $name)" -f "$peers/claims.sql"
    done
done

machine
echo "$connections clients (${POOL:-16} of the function), $users users, $lanes lanes, $seconds s"
echo "each; the statement has $many claims"
echo "own: processor time of Quan's servers, or of the peer's driver; all but rates are per claim"
echo
row round what claims/s p50_us p99_us own_us pg_us log_B syncs commits trips
: >"$run/rows"
for round in $(seq "$rounds"); do
    for part in $parts; do
        case $part in
        claims)
            for what in $ways; do measure "$what"; done
            ;;
        cold)
            for how in checkpoint cold; do
                for what in f1 m1 q1x1; do
                    if has $what; then measure $what $how; fi
                done
            done
            ;;
        store)
            engine 1
            engine 2
            ;;
        *) die "PARTS: claims, cold, store" ;;
        esac
    done
done
printf '\nmedian (least, most) of claims/s\n'
medians "$run/rows" >"$run/medians"
awk '{ printf "  %-15s %8d  (%d, %d)\n", $1, $2, $3, $4; m[$1] = $2 }
    END {
        if (m["q1x1"] && m["f1"] && m["m1"])
            printf "q1x1 / f1 %.2f   q1x1 / m1 %.2f   q2x1 / q1x1 %.2f   q2x2 / q1x1 %.2f\n",
                m["q1x1"] / m["f1"], m["q1x1"] / m["m1"], m["q2x1"] / m["q1x1"],
                m["q2x2"] / m["q1x1"]
    }' "$run/medians"
stop_cluster
