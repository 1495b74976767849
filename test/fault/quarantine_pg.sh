#!/bin/sh
# An act that crashes a server whose store is in PostgreSQL: what was running is in the directory
# that the setting `state` names, so the act is known after a restart, and refused after the second.
# `quan_poisoned` is quan with acts that crash on demand (test/poison/poison.c).
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/clusters.sh
server=
clear_up() {
    [ -z "$server" ] || kill -9 "$server" 2>/dev/null
    no_cluster
}
evidence="answer err log"
# shellcheck disable=SC3045
ulimit -c 0 # dash has it

# ---- the server ----------------------------------------------------------------------------------

# up [NAME=VALUE…]: a server with this poison, ready. $state: its directory; empty: none.
up() {
    rm -f "$scratch/url"
    env "$@" quan_poisoned serve --state "$state" --lanes 2 --http-port 0 \
        --ready-file "$scratch/url" --log-level warn >/dev/null 2>>"$scratch/log" &
    server=$!
    waits [ -s "$scratch/url" ] && url=$(cat "$scratch/url")
}
gone() { ! kill -0 "$server" 2>/dev/null; }
died() {
    waits gone
    wait "$server"
    is=$?
    server=
    [ "$is" -eq 134 ] || { echo "status $is"; return 1; } # SIGABRT
}
stopped() {
    kill "$server" && wait "$server"
    is=$?
    server=
    [ "$is" -eq 0 ]
}

# post STATUS PATH KEY BODY: 000 is a connection that broke.
post() {
    is=$(curl -s -m 20 -o "$scratch/answer" -w '%{http_code}' -X POST "$url$2" \
        -H "Authorization: Bearer $key" -H "Idempotency-Key: $3" \
        -H 'Content-Type: application/json' -d "$4")
    [ "$is" = "$1" ] || { echo "status $is, not $1"; return 1; }
}
field() { jq -r "$1" "$scratch/answer"; }
# claims STATUS KEY USER
claims() { post "$1" /v1/claims "$2" "{\"user\":\"$3\",\"template\":\"$template\"}"; }
# listed TEXT: crashes and whether it is held, of the first.
listed() {
    is=$(quan admin quarantine list --json | jq -r '.[0] | "\(.crashes) \(.held)"')
    [ "$is" = "$1" ] || { echo "$is, not $1"; return 1; }
}

# ---- a shop --------------------------------------------------------------------------------------

shows "a database" databases
QUAN_STORE=$(dsn shard-0)
export QUAN_STORE
merchant=$(quan admin merchant create --name Shop --zone UTC --currency USD --json | jq -r .id)
key=$(quan admin key create --merchant "$merchant" 2>/dev/null)
window='{"from":"2020-01-01T00:00:00Z","until":"2099-01-01T00:00:00Z"}'
state=$scratch/own/state
shows "a server starts" up
shows "a campaign" post 201 /v1/campaigns c1 \
    "{\"name\":\"Sale\",\"claim_window\":$window,\"use_window\":$window}"
campaign=$(field .id)
shows "is active" post 200 "/v1/campaigns/$campaign/state" c2 '{"state":"active"}'
shows "a template" post 201 "/v1/campaigns/$campaign/templates" t1 \
    '{"name":"Five off","benefit":{"kind":"amount_off","amount":{"amount":500,"currency":"USD"}},
      "validity":{"kind":"after_issue","duration_days":30}}'
template=$(field .id)
shows "a coupon" claims 201 good-1 alice
shows "the server stops" stopped

# ---- an act that crashes it ----------------------------------------------------------------------

poison="POISON_HOW=abort POISON_ISSUE=boom"
for crash in first second; do
    # shellcheck disable=SC2086
    shows "a poisoned server" up $poison
    shows "its $crash crash" claims 000 bad-1 boom
    shows "by its signal" died
done
# shellcheck disable=SC2086
shows "it starts again" up $poison
shows "now the act is refused" claims 500 bad-1 boom
shows "because it is quarantined" [ "$(field .code)" = quarantined ]
shows "others go on" claims 201 good-2 bob
shows "the server stops" stopped
shows "it is listed" listed "2 true"
shows "the books agree" quan verify
shows "it may be tried again" quan admin quarantine retry \
    "$(quan admin quarantine list --json | jq -r '.[0].id')"
shows "mended" up
shows "it is done" claims 201 bad-1 boom
shows "the server stops" stopped

# ---- where nothing is kept -----------------------------------------------------------------------

state=
for crash in first second third; do
    # shellcheck disable=SC2086
    shows "no directory: a poisoned server" up $poison
    shows "no directory: its $crash crash" claims 000 bad-2 boom
    shows "no directory: by its signal" died
done
state=/dev/null/state
shows "one that cannot be made is told" sh -c "! quan serve --state '$state' 2>'$scratch/err'"
shows "by its name" grep -q "$state" "$scratch/err"

counted
