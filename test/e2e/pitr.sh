#!/bin/sh
# A backup of a store in PostgreSQL as docs/operate/postgresql.md says: a base backup under load and
# the archived log, brought back to a moment. What was answered before it is there, what came after
# is not, and `quan verify` finds no difference.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/serving.sh
. test/lib/clusters.sh
restored=
clear_up() {
    [ -z "$server" ] || kill -9 "$server" 2>/dev/null
    [ -z "$restored" ] || stop_restored
    no_cluster
}
evidence="err log postgres.log answer"
mkdir -m 700 "$scratch/wal" "$scratch/base"
if [ "$(id -u)" -eq 0 ]; then
    chown nobody "$scratch/wal" "$scratch/base"
    as_postgres() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }
else
    as_postgres() { "$@"; }
fi
equal() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
# By its own number: the shell in front of it does not pass signals on.
stop_restored() {
    kill -INT "$(head -n 1 "$scratch/base/postmaster.pid")" && wait "$restored"
    code=$?
    restored=
    return $code
}
# claim USER: the status of its answer.
claim() {
    curl -s -m 10 -o "$scratch/answer" -w '%{http_code}' "$url/v1/claims" \
        -H "Authorization: Bearer $secret" -H "Idempotency-Key: $1" \
        -H "Content-Type: application/json" -d "{\"user\":\"$1\",\"template\":\"$template\"}"
}
# has USER: how many coupons.
has() {
    curl -s -m 10 -H "Authorization: Bearer $secret" "$url/v1/users/$1/coupons" |
        jq '.coupons | length'
}
load() {
    quan bench --server "$url" --key "$secret" --prepare 1 --work claim --connections 8 \
        --requests "$1" --users 500
}

# Whole, or not there: what is half copied must not be taken for a segment.
archive="test ! -f $scratch/wal/%f && cp %p $scratch/wal/.%f && mv $scratch/wal/.%f $scratch/wal/%f"
shows "a cluster that archives" databases --set archive_mode=on --set "archive_command=$archive"
dsn=$(jq -r '.nodes[0].dsn' "$scratch/out.cluster")
bin=$(dirname "$(readlink "/proc/$(jq '.nodes[0].process' "$scratch/out.cluster")/exe")")
QUAN_STORE=$(jq -r '.nodes[0].dsn_tcp' "$scratch/out.cluster")
export QUAN_STORE
merchant=$(quan admin merchant create --name Shop --zone UTC --currency USD | sed 's/ .*//')
secret=$(quan admin key create --merchant "$merchant" --name k 2>"$scratch/err")
shows "a server" up
load 3000 >"$scratch/load" 2>&1 &
loading=$!
shows "a base backup under load" as_postgres "$bin/pg_basebackup" --pgdata="$scratch/base" \
    --dbname="$dsn" --wal-method=none --checkpoint=fast --no-sync
shows "which goes on" wait $loading
template=$(curl -s -H "Authorization: Bearer $secret" "$url/v1/events" |
    jq -r '[.. | strings | select(startswith("tpl_"))][0]')
shows "a coupon is claimed" equal "$(claim before)" 201
coupons=$(sql "$dsn" 'SELECT count(*) FROM coupon')
shows "that is the moment" sql "$dsn" "SELECT pg_create_restore_point('moment')"
shows "another one is claimed" equal "$(claim after)" 201
last=$(sql "$dsn" 'SELECT pg_walfile_name(pg_current_wal_lsn())')
shows "the log is closed" sql "$dsn" 'SELECT pg_switch_wal()'
shows "and archived" waits [ -e "$scratch/wal/$last" ]
shows "the server ends" down
exec 3>&-
wait "$cluster"
shows "the cluster is gone" equal $? 0
cluster=

# ---- brought back --------------------------------------------------------------------------------

as_postgres touch "$scratch/base/recovery.signal"
as_postgres "$bin/postgres" -D "$scratch/base" -k "$scratch/base" -c listen_addresses= \
    -c "restore_command=cp $scratch/wal/%f %p" -c recovery_target_name=moment \
    -c recovery_target_action=promote >"$scratch/postgres.log" 2>&1 &
restored=$!
dsn="postgresql://quan@/quan?host=$(echo "$scratch/base" | sed 's|/|%2F|g')"
promoted() { [ "$(sql "$dsn" 'SELECT pg_is_in_recovery()')" = f ]; }
shows "the backup is brought to the moment" waits promoted
shows "it has the coupons of then" equal "$(sql "$dsn" 'SELECT count(*) FROM coupon')" "$coupons"
QUAN_STORE=$dsn
shows "there is no difference in it" quan verify
shows "a server" up
shows "what was claimed before is there" equal "$(has before)" 1
shows "what was claimed after is not" equal "$(has after)" 0
shows "and may be claimed again" equal "$(claim after)" 201
shows "the server ends" down
shows "and so does the database" stop_restored
counted
