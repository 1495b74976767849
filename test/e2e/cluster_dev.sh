#!/bin/sh
# `quan cluster dev`: a server on PostgreSQL with a replica, in one command; what was answered is
# there after the primary is gone for ever; and nothing is left in the end.
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
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$(of "$1")" -c "$2"; }
# ask METHOD PATH: the status of its answer, which is in answer.
ask() {
    curl -s -m 10 -o "$scratch/answer" -w '%{http_code}' -X "$1" "$(of url)$2" \
        -H "Authorization: Bearer $(of key)"
}
ended() {
    wait "$dev"
    is=$?
    dev=
    # shellcheck disable=SC2086
    equal "$is" "$1" && gone $started
}
requests() { curl -s "$(of url)/metrics" | sed -n 's/^quan_store_requests_total //p'; }
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

shows "one command" up --rate 50 --servers 2
shows "runs a server" equal "$(curl -s "$(of url)/readyz")" '{"status":"ready"}'
shows "whose commits wait for the replica" equal \
    "$(sql primary 'SELECT application_name, sync_state FROM pg_stat_replication')" \
    'shard-0-replica|sync'
shows "it is under load" moves
# A template of the load's.
status=$(ask GET /v1/events)
template=$(jq -r '[.. | strings | select(startswith("tpl_"))][0]' "$scratch/answer")
claim="{\"user\":\"kept\",\"template\":\"$template\"}"
# claims: with a key of its own, so that it is one claim however often it is sent.
claims() {
    curl -s -m 10 -o "$scratch/answer" -w '%{http_code}' "$(of url)/v1/claims" -d "$claim" \
        -H "Authorization: Bearer $(of key)" -H "Idempotency-Key: once" \
        -H "Content-Type: application/json"
}
# named: the coupon in the answer.
named() { jq -r '[.. | strings | select(startswith("cpn_"))][0]' "$scratch/answer"; }
shows "a coupon is claimed" equal "$(claims)" 201
coupon=$(named)

# ---- one of two servers --------------------------------------------------------------------------

alive() { curl -s "$(of url)/metrics" | grep -q "^quan_peers_alive $1"; }
# until COMMAND…: at most ten seconds.
until_so() {
    for _ in $(seq 200); do
        if "$@"; then return 0; fi
        sleep 0.05
    done
    return 1
}
shows "there are two servers" until_so alive 2
kill -9 "$(jq -r '.servers[1].process' "$scratch/out")"
shows "that one has ended is told" until_so grep -q 'server b has ended' "$scratch/err"
shows "the other sees it" until_so alive 1
shows "and the load on it goes on" moves
shows "the coupon is answered as it was" equal "$(claims) $(named)" "201 $coupon"

# ---- a failover ----------------------------------------------------------------------------------

kill -9 "$(of primary_process)"
ended_is_told() { grep -q 'shard-0 has ended' "$scratch/err"; }
for _ in $(seq 100); do
    if ended_is_told; then break; fi
    sleep 0.05
done
shows "that the primary has ended is told" ended_is_told
sleep 2.5
shows "without it a request is refused" equal "$(ask GET /v1/users/kept/coupons)" 503
shows "and the server goes on" equal "$(curl -s "$(of url)/livez" -o /dev/null -w '%{http_code}')" \
    200
shows "the replica is promoted" sql replica 'SELECT pg_promote()'
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
shows "and leaves nothing" equal "$(ls -A "$TMPDIR")" ''

# ---- hard ends -----------------------------------------------------------------------------------

shows "without a load" up --rate 0
started=$(below "$dev")
kill -9 "$dev"
shows "one that is killed takes all processes with it" ended 137
rm -rf "$TMPDIR"/quan-*
quan cluster dev --rate x >"$scratch/out" 2>"$scratch/err"
shows "a rate that is none" equal $? 2
counted
