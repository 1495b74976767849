#!/bin/sh
# The peers on PostgreSQL of bench/ keep what they are compared for: a key is answered once, limits
# and stock hold, each claim has its coupon and its event, and nothing is lost under load. Else a
# comparison with them would say nothing. And the benches that compare run.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(cd "${QUAN_BUILD:-build/release}" && pwd)
PATH=$build:$PATH
scratch=$(mktemp -d) || exit 1
chmod 711 "$scratch"
cluster=
trap '[ -z "$cluster" ] || { exec 3>&-; wait "$cluster"; }
    rm -rf "$scratch"' EXIT
. test/lib/shows.sh
evidence="out err"
mkfifo "$scratch/in"
many=bench/peers/pg/claims_many.sql

quan cluster postgres --json --unsynced --directory "$scratch" <"$scratch/in" >"$scratch/cluster" \
    2>"$scratch/err" &
cluster=$!
exec 3>"$scratch/in"
for _ in $(seq 600); do
    [ ! -s "$scratch/cluster" ] || break
    sleep 0.05
done
dsn=$(jq -r '.nodes[0].dsn_tcp' "$scratch/cluster")
equal() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$dsn" -c "$1" 2>"$scratch/err"; }
# fresh: the tables, empty.
fresh() {
    sql 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' &&
        psql -X -q -v ON_ERROR_STOP=1 -d "$dsn" -f bench/peers/pg/claims.sql
}
# one KEY HASH USER LIMIT: what the function says.
one() { sql "SELECT claim('$1', $2, '$3', 7, 0, $4, 1000, 500)"; }
# several KEYS HASHES USERS LIMIT: what the statement says, in their order.
several() {
    {
        echo 'PREPARE claims AS'
        cat $many
        echo "; CREATE TEMP TABLE said AS EXECUTE claims('{$1}', '{$2}', '{$3}', '{7,7,7}', $4, 0,"
        echo "1000, 500); SELECT string_agg(answer, ' ' ORDER BY nth) FROM said"
    } >"$scratch/script"
    psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$dsn" -f "$scratch/script" 2>"$scratch/err"
}
rows() { sql "SELECT (SELECT count(*) FROM coupon), (SELECT count(*) FROM event),
    (SELECT coalesce(sum(n), 0) FROM used), (SELECT sum(issued) FROM stock),
    (SELECT count(*) FROM answer)"; }
stock() { sql "UPDATE stock SET remaining = $1 WHERE template = 7 AND part = 0"; }

shows "the tables" fresh
said=$(one k1 5 ann 2)
shows "a claim has a number" [ "$said" -gt 0 ]
shows "the same again has the same" equal "$(one k1 5 ann 2)" "$said"
shows "another request by its key has none" equal "$(one k1 6 ann 2)" idempotency_mismatch
shows "one more is allowed" [ "$(one k2 5 ann 2)" -gt "$said" ]
shows "not a third" equal "$(one k3 5 ann 2)" limit_reached
shows "which is said again, whatever the limit is" equal "$(one k3 5 ann 9)" limit_reached
shows "another user is" [ "$(one k4 5 bob 2)" -gt 0 ]
stock 0
shows "without stock nothing is" equal "$(one k5 5 eve 2)" sold_out
stock 1
shows "which is not remembered" [ "$(one k5 5 eve 2)" -gt 0 ]
shows "a coupon, an event, a count and a piece each; an answer also to the refusal" equal \
    "$(rows)" '4|4|4|4|5'

shows "the tables again" fresh
shows "many: each has its number" equal "$(several a,b,c 1,2,3 ann,bob,ann 2 |
    tr ' ' '\n' | sort -un | grep -c '^[0-9]*$')" 3
shows "many: the same again have the same" equal "$(several a,b,c 1,2,3 ann,bob,ann 2)" \
    "$(several c,b,a 3,2,1 ann,bob,ann 2 | awk '{ print $3, $2, $1 }')"
shows "many: another request by a key has none" equal \
    "$(several a,b,c 1,9,3 ann,bob,ann 2 | cut -d ' ' -f 2)" idempotency_mismatch
shows "many: a key twice in one is one claim" equal \
    "$(several d,d,e 1,1,1 eve,eve,eve 2 | awk '{ print ($1 == $2), ($2 == $3) }')" '1 0'
shows "many: a limit holds within one" equal "$(several f,g,h 1,1,1 fay,fay,fay 2 |
    cut -d ' ' -f 3)" limit_reached
shows "many: and across two" equal "$(several i,j,k 1,1,1 ann,eve,fay 2)" \
    'limit_reached limit_reached limit_reached'
stock 1
shows "many: so does the stock" equal "$(several l,m,n 1,1,1 gil,hal,ida 2 |
    cut -d ' ' -f 2-)" 'sold_out sold_out'
shows "many: a coupon, an event, a count and a piece each" equal "$(rows)" '8|8|8|8|12'

# load WAY BATCH CONNECTIONS RUN: by the driver; its report in out.
load() {
    bench_peers_pg_claims --dsn "$dsn" --way "$1" --batch "$2" --connections "$3" --run "$4" \
        --script $many --seconds 1 --users 50 --templates 5 --limit 5 >"$scratch/out" \
        2>"$scratch/err"
}
for way in "function 1 8" "many 16 4"; do
    shows "the tables for: $way" fresh
    # shellcheck disable=SC2086
    shows "under load: $way" load $way first
    shows "it claims, and is refused: $way" jq -e '.claims > .refused.limit_reached and
        .refused.limit_reached > 0 and .refused.idempotency_mismatch == 0' "$scratch/out"
    n=$(jq '.claims - .refused.limit_reached' "$scratch/out")
    shows "each is counted everywhere: $way" equal "$(rows)" \
        "$n|$n|$n|$n|$(jq .claims "$scratch/out")"
    shows "none is beyond the limit: $way" equal "$(sql 'SELECT max(n) FROM used')" 5
    shows "in the wallets of the counts: $way" equal "$(sql 'SELECT count(*) FROM used u WHERE n <>
        (SELECT count(*) FROM coupon c WHERE c.owner = u.owner AND c.template = u.template)')" 0
done

# ---- the benches that run them -------------------------------------------------------------------

# bench ROWS SCRIPT: a short run of it has so many rows, and medians.
bench() {
    QUAN_BUILD=$build TMPDIR=$scratch "bench/scenario/$2" 1 1 >"$scratch/out" 2>"$scratch/err" &&
        equal "$(grep -c '^1  ' "$scratch/out")" "$1" && grep -q '^median' "$scratch/out"
}
WAYS="f1 m1 q2x2" PARTS=claims
COUPONS=2000 USERS=200
export WAYS PARTS COUPONS USERS
shows "shards.sh measures them beside Quan" bench 3 shards.sh
if [ "${QUAN_NIGHTLY:-}" ]; then
    unset WAYS PARTS
    shows "shards.sh: all of it" bench 16 shards.sh
    shows "replicas.sh" bench 4 replicas.sh
fi
shows "a driver of no database is refused" sh -c '! bench_peers_pg_claims --way many 2>/dev/null'
counted
