#!/bin/sh
# Throw-away PostgreSQL clusters as `quan cluster postgres` makes them: reachable, streaming, told
# to stop and start, and gone without a trace however the command ends.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(cd "${QUAN_BUILD:-build/release}" && pwd)
PATH=$build:$PATH
scratch=$(mktemp -d) || exit 1
chmod 711 "$scratch"
cluster=
trap '[ -z "$cluster" ] || kill -9 "$cluster" 2>/dev/null; rm -rf "$scratch"' EXIT
trap '' PIPE # where the command has ended, its stdin is nobody's
. test/lib/shows.sh
. test/lib/processes.sh
evidence="out err"
mkdir -m 711 "$scratch/here"
TMPDIR=$scratch/here
export TMPDIR
mkfifo "$scratch/in"

# begins ARGUMENT…: a cluster of these in the background, its stdin is file 3.
begins() {
    quan cluster postgres "$@" <"$scratch/in" >"$scratch/out" 2>"$scratch/err" &
    cluster=$!
    exec 3>"$scratch/in"
}
# said N: it has printed N lines; at most half a minute.
said() {
    for _ in $(seq 600); do
        [ "$(wc -l <"$scratch/out")" -lt "$1" ] || return 0
        kill -0 "$cluster" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}
up() {
    begins --json "$@"
    said 1
}
# of NODE FIELD: as it was told at first.
of() { head -n 1 "$scratch/out" | jq -r ".nodes[] | select(.name == \"$1\") | .$2"; }
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$(of "$1" dsn)" -c "$2"; }
sql_tcp() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$(of "$1" dsn_tcp)" -c "$2"; }
equal() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
refused() { ! "$@"; }

# ended STATUS: it has ended with that, and so have all that it had started.
ended() {
    wait "$cluster"
    is=$?
    cluster=
    # shellcheck disable=SC2086
    equal "$is" "$1" && gone $started
}
no_trace() { [ -z "$(ls -A "$TMPDIR")" ] || { ls -A "$TMPDIR"; return 1; }; }
several() { [ "$(echo "$started" | wc -w)" -ge "$1" ]; }

# ---- one -----------------------------------------------------------------------------------------

shows "one cluster" up
shows "takes statements over its socket" equal "$(sql shard-0 'SELECT 1')" 1
shows "and over TCP with its password" equal "$(sql_tcp shard-0 'SELECT 2')" 2
wrong=$(of shard-0 dsn_tcp | sed 's/quan:[0-9a-f]*@/quan:wrong@/')
shows "with no other" refused psql -X -q -d "$wrong" -c 'SELECT 1'
shows "its socket is for its user" equal "$(stat -c %a "$(of shard-0 data)/..")" 700
shows "what is committed is synced" equal "$(sql shard-0 'SHOW fsync')" on
shows "it is not run by root" [ "$(stat -c %u "/proc/$(of shard-0 process)")" -ne 0 ]
sql shard-0 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)'
echo 'kill shard-0' >&3
shows "it can be killed" said 2
shows "and is told to be" equal "$(tail -n 1 "$scratch/out" | jq .running)" false
shows "then nobody answers" refused sql shard-0 'SELECT 1'
echo 'start shard-0' >&3
shows "and started again" said 3
shows "with what it had" equal "$(sql shard-0 'SELECT n FROM kept')" 7
echo 'stop shard-0' >&3
shows "and stopped" said 4
echo 'stop shard-0' >&3
shows "once" said 5
shows "which it says" equal "$(tail -n 1 "$scratch/out" | jq -r .error.detail)" \
    "shard-0 is not running"
echo 'start shard-9' >&3
shows "a node that is none is told" said 6
echo 'start shard-0' >&3
shows "it starts" said 7
kill -9 "$(tail -n 1 "$scratch/out" | jq .process)"
for _ in $(seq 100); do
    if grep -q 'shard-0 has ended' "$scratch/err"; then break; fi
    sleep 0.05
done
shows "a node that ends by itself is told" grep -q 'shard-0 has ended' "$scratch/err"
echo 'start shard-0' >&3
shows "and can be started" said 8
started=$(below "$cluster")
shows "it has processes" several 5
exec 3>&-
shows "it ends with stdin" ended 0
shows "and leaves nothing" no_trace

# ---- shards with replicas ------------------------------------------------------------------------

shows "two shards with replicas" up --shards 2 --replicas --unsynced --set work_mem=3MB
shows "are four nodes" equal "$(head -n 1 "$scratch/out" | jq '.nodes | length')" 4
shows "a setting of ours is set" equal "$(sql shard-1 'SHOW work_mem')" 3MB
shows "nothing is synced where that was said" equal "$(sql shard-1-replica 'SHOW fsync')" off
sql shard-0 'CREATE TABLE n (n int); INSERT INTO n VALUES (5)'
arrived() { equal "$(sql shard-0-replica 'SELECT n FROM n')" 5; }
for _ in $(seq 100); do
    if arrived >/dev/null 2>&1; then break; fi
    sleep 0.05
done
shows "a replica gets what is committed" arrived
shows "a replica takes no writes" refused sql shard-0-replica 'INSERT INTO n VALUES (6)'
shows "the other shard has nothing of it" refused sql shard-1 'SELECT n FROM n'
shows "it streams by a slot" equal \
    "$(sql shard-0 "SELECT active FROM pg_replication_slots WHERE slot_name = 'replica_1'")" t
shows "by its name" equal "$(sql shard-0 'SELECT application_name FROM pg_stat_replication')" \
    shard-0-replica
shows "two clusters are two systems" refused equal \
    "$(sql shard-0 'SELECT system_identifier FROM pg_control_system()')" \
    "$(sql shard-1 'SELECT system_identifier FROM pg_control_system()')"
shows "a replica can be promoted" sql shard-1-replica 'SELECT pg_promote()'
shows "and takes writes then" sql shard-1-replica 'CREATE TABLE mine (n int)'
started=$(below "$cluster")
shows "they have processes" several 20
kill -INT "$cluster"
shows "SIGINT ends it well" ended 0
exec 3>&-
shows "and leaves nothing" no_trace

# ---- hard ends -----------------------------------------------------------------------------------

shows "a cluster" up --replicas --unsynced
started=$(below "$cluster")
kill -9 "$cluster"
shows "a command that is killed takes all processes with it" ended 137
exec 3>&-
rm -rf "$TMPDIR"/quan-pg-*

begins --shards 2
for _ in $(seq 200); do
    started=$(below "$cluster")
    if several 2; then break; fi
    sleep 0.02
done
shows "while it makes them there are programs, too" several 2
kill -TERM "$cluster"
shows "SIGTERM ends it at any time" ended 1
exec 3>&-
shows "and leaves nothing" no_trace

# ---- what it cannot do ---------------------------------------------------------------------------

# says STATUS PATTERN ARGUMENT…: it ends with this status, and that is why.
says() {
    wanted=$1
    pattern=$2
    shift 2
    quan cluster postgres "$@" <"/dev/null" >"$scratch/out" 2>"$scratch/err"
    equal "$?" "$wanted" && grep -q -e "$pattern" "$scratch/err" && no_trace
}
shows "programs that are not there" says 3 "initdb of PostgreSQL is not in $scratch" \
    --bin "$scratch"
shows "a setting that PostgreSQL does not know" says 3 \
    'unrecognized configuration parameter "gold"' --set gold=1
shows "what is no setting" says 2 NAME=VALUE --set gold
shows "no shards" says 2 "from 1 to 8" --shards 0
shows "a directory that is not there" says 3 "nowhere is no directory" \
    --directory "$scratch/nowhere"
long=$scratch/$(printf '%080d' 0)
mkdir -m 711 "$long"
shows "a path too long for a socket" says 3 "too long a path" --directory "$long"
if [ "$(id -u)" -eq 0 ]; then
    mkdir -m 700 "$scratch/closed"
    shows "a directory that its user cannot reach" says 3 "can reach; name another" \
        --directory "$scratch/closed"
    shows "root as its user" says 3 "refuses to be run by root" --user root
    shows "a user that is not there" says 3 "is no user here" --user nosuchuser
else
    shows "another user" says 2 "is for root" --user nobody
fi
shows "stdin that has ended ends it as soon as it is ready" says 0 "ready after" --unsynced
counted
