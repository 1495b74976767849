#!/bin/sh
# `quan cluster dev`: two servers on two shards of PostgreSQL with a replica each, under a load on
# both, in one command; what was answered is there after a server and a primary are gone for ever;
# in the end the store is recounted, and nothing is left.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(cd "${QUAN_BUILD:-build/release}" && pwd)
PATH=$build:$PATH
scratch=$(mktemp -d) || exit 1
chmod 711 "$scratch"
dev=
trap '[ -z "$dev" ] || kill -9 "$dev" 2>/dev/null; rm -rf "$scratch"' EXIT
. test/lib/shows.sh
. test/lib/processes.sh
evidence="out err answer"
mkdir -m 711 "$scratch/here"
TMPDIR=$scratch/here
export TMPDIR

equal() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
# up ARGUMENT…: until it says how to try it.
up() {
    : >"$scratch/out"
    quan cluster dev --json "$@" </dev/null >"$scratch/out" 2>"$scratch/err" &
    dev=$!
    for _ in $(seq 1200); do
        [ ! -s "$scratch/out" ] || return 0
        kill -0 "$dev" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}
of() { jq -r ".$1" "$scratch/out"; }
url() { of 'servers[0].url'; }
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$(of "$1.dsn")" -c "$2"; }
# ask METHOD PATH: the status of its answer, which is in answer.
ask() {
    curl -s -m 10 -o "$scratch/answer" -w '%{http_code}' -X "$1" "$(url)$2" \
        -H "Authorization: Bearer $(of key)"
}
ended() {
    wait "$dev"
    is=$?
    dev=
    # shellcheck disable=SC2086
    equal "$is" "$1" && gone $started
}
requests() { curl -s "$(url)/metrics" | sed -n 's/^quan_store_requests_total //p'; }
# moves: the load goes on; at most ten seconds.
moves() {
    before=$(requests)
    for _ in $(seq 200); do
        [ "$(requests)" -le "$((before + 20))" ] || return 0
        sleep 0.05
    done
    echo "$before requests, and no more"
    return 1
}

shows "one command" up --rate 50
shows "two servers" equal "$(of 'servers | length')" 2
shows "two shards" equal "$(of 'shards | length')" 2
shows "runs a server" equal "$(curl -s "$(url)/readyz")" '{"status":"ready"}'
for shard in 0 1; do
    shows "whose commits wait for the replica of shard $shard" equal \
        "$(sql "shards[$shard]" 'SELECT application_name, sync_state FROM pg_stat_replication')" \
        "shard-$shard-replica|quorum"
    shows "shard $shard is one of two" equal \
        "$(sql "shards[$shard]" 'SELECT shards FROM shard_head')" 2
done
shows "it is under load" moves
told() { grep -q "$1" "$scratch/err"; }
# A template of the load's.
status=$(ask GET /v1/events)
template=$(jq -r '[.. | strings | select(startswith("tpl_"))][0]' "$scratch/answer")
claim="{\"user\":\"kept\",\"template\":\"$template\"}"
# claims: with a key of its own, so that it is one claim however often it is sent.
claims() {
    curl -s -m 10 -o "$scratch/answer" -w '%{http_code}' "$(url)/v1/claims" -d "$claim" \
        -H "Authorization: Bearer $(of key)" -H "Idempotency-Key: once" \
        -H "Content-Type: application/json"
}
# named: the coupon in the answer.
named() { jq -r '[.. | strings | select(startswith("cpn_"))][0]' "$scratch/answer"; }
shows "a coupon is claimed" equal "$(claims)" 201
coupon=$(named)

# ---- one of two servers --------------------------------------------------------------------------

alive() { curl -s "$(url)/metrics" | grep -q "^quan_peers_alive $1"; }
# until COMMAND…: at most ten seconds.
until_so() {
    for _ in $(seq 200); do
        if "$@"; then return 0; fi
        sleep 0.05
    done
    return 1
}
shows "there are two servers" until_so alive 2
replica_views() {
    [ "$(curl -s "$(url)/metrics" |
        sed -n 's/^quan_store_views_total{from="replica"} //p')" -gt 0 ]
}
shows "wallets are read from replicas" until_so replica_views
shows "how the load goes is told" until_so told 'requests/s, p50 [0-9.]* ms, p99 [0-9.]* ms'
kill -9 "$(of 'servers[1].process')"
shows "that one has ended is told" until_so grep -q 'server b has ended' "$scratch/err"
shows "the other sees it" until_so alive 1
shows "what was the other's load comes to it" until_so told 'connections to another server'
shows "and goes on there" moves
shows "the coupon is answered as it was" equal "$(claims) $(named)" "201 $coupon"

# ---- a failover ----------------------------------------------------------------------------------

# Whose slot is it? The shard that has the coupon; the other one goes on.
home=0
[ "$(sql 'shards[0]' "SELECT count(*) FROM member WHERE name = 'kept'")" = 1 ] || home=1
kill -9 "$(of "shards[$home].process")"
shows "that the primary has ended is told" until_so told "shard-$home has ended"
sleep 2.5
shows "without it a claim is refused" equal "$(claims)" 503
away() { curl -s "$(url)/readyz" | jq -e ".shards_away == [$home]"; }
shows "for a user of its shard alone" until_so away
shows "and the server goes on" equal "$(curl -s "$(url)/livez" -o /dev/null -w '%{http_code}')" \
    200
shows "the replica is promoted" sql "shards[$home].replicas[0]" 'SELECT pg_promote()'
began=$(date +%s%N)
status=503
while [ "$status" = 503 ] && [ $((($(date +%s%N) - began) / 1000000)) -lt 10000 ]; do
    status=$(claims)
done
took=$((($(date +%s%N) - began) / 1000000))
echo "writes were answered $took ms after the promotion"
shows "the claim is answered as it was" equal "$status $(named)" "201 $coupon"
shows "within 5 s" [ "$took" -lt 5000 ]
shows "its coupon is there" equal "$(ask GET /v1/users/kept/coupons)" 200
shows "once" equal "$(jq -r '[.coupons[].id] | join(" ")' "$scratch/answer")" "$coupon"
shows "and the load goes on" moves
started=$(below "$dev")
kill -INT "$dev"
shows "SIGINT ends it well" ended 0
shows "with what the load did" told 'requests in .* s: '
shows "and the store recounted" told ', 0 differences$'
shows "and leaves nothing" equal "$(ls -A "$TMPDIR")" ''

# ---- hard ends -----------------------------------------------------------------------------------

shows "one of each, and no load" up --shards 1 --replicas 0 --servers 1 --rate 0
shows "one shard without a replica" equal "$(of 'shards | map(.replicas | length) | join(" ")')" 0
started=$(below "$dev")
kill -9 "$dev"
shows "one that is killed takes all processes with it" ended 137
rm -rf "$TMPDIR"/quan-*
quan cluster dev --shards 1 --replicas 0 --servers 1 --rate 50 --seconds 1 </dev/null \
    >"$scratch/out" 2>"$scratch/err"
shows "--seconds: it ends with the load" equal $? 0
shows "--seconds: when the store is recounted" told ', 0 differences$'
shows "--seconds: and leaves nothing" equal "$(ls -A "$TMPDIR")" ''

# ---- what is refused -----------------------------------------------------------------------------

# refused STATUS WORD ARGUMENT…: nothing is made.
refused() {
    wanted=$1
    word=$2
    shift 2
    quan cluster dev "$@" </dev/null >"$scratch/out" 2>"$scratch/err"
    equal "$?" "$wanted" && told "$word" && equal "$(ls -A "$TMPDIR")" ''
}
for wrong in "--rate x" "--shards 0" "--shards 9" "--replicas 3" "--servers 0" "--servers 5" \
    "--seconds 0"; do
    # shellcheck disable=SC2086
    shows "$wrong" refused 2 "is not a number from" $wrong
done
shows "seconds of no load" refused 2 'there is none' --rate 0 --seconds 1
shows "no PostgreSQL" refused 3 'initdb of PostgreSQL is not in' --bin "$scratch/here"
shows "no such directory" refused 3 'name another with --directory' --directory "$scratch/none"
if [ "$(id -u)" -eq 0 ]; then
    shows "no such user" refused 3 'PostgreSQL refuses to be run by root' --user nobody-is-this
else
    shows "another user" refused 2 '--user is for root' --user nobody
fi
counted
