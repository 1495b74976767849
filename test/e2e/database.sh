#!/bin/sh
# A store in PostgreSQL as its operator uses it: made, served, closed to a second process, verified;
# away and back again under a running server.
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
evidence="err log"

refused() { ! "$@"; }
has() { grep -q -e "$1" "$scratch/$2"; }
# page N: the Nth command of the page for operators, on this database.
page() {
    grep '^quan ' docs/operate/postgresql.md | sed -n "$1s|postgres://[^ ]*|$QUAN_STORE|p"
}
serve() {
    rm -f "$scratch/ready"
    # A replica that is not there is nobody's trouble.
    # shellcheck disable=SC2046
    $(page 2) --http-port 0 --ready-file "$scratch/ready" --state "$scratch/here/state" \
        --store-replicas postgres://nobody@127.0.0.1:1/none 2>"$scratch/log" &
    server=$!
    waits [ -s "$scratch/ready" ]
}
stop() {
    kill "$server" && wait "$server"
    code=$?
    server=
    return $code
}
# ask STATUS METHOD PATH [BODY]: the answer's status is that.
ask() {
    key=$((key + 1))
    status=$(curl -sS -m 20 -o "$scratch/answer" -w '%{http_code}' -X "$2" \
        -H "Authorization: Bearer $operator" -H 'Content-Type: application/json' \
        -H "Idempotency-Key: k$key" ${4:+-d "$4"} "$(cat "$scratch/ready")$3")
    [ "$status" = "$1" ] || { echo "$status:"; cat "$scratch/answer"; return 1; }
}
key=0
body='{"name":"Corner shop","zone":"UTC","currency":"USD"}'

shows "a server of PostgreSQL" databases
QUAN_STORE=$(dsn shard-0)
export QUAN_STORE

shows "verify finds no store in it" refused quan verify
# shellcheck disable=SC2091
operator=$($(page 1) 2>"$scratch/err" | grep '^qk_')
shows "admin makes one" [ "$operator" ]
shows "verify finds it" quan verify
shows "replicas of two shards are not one's" refused env \
    QUAN_STORE_REPLICAS='postgres://a/q, postgres://b/q' quan verify
QUAN_STORE_REPLICAS='postgres://a/q, postgres://b/q' quan verify 2>"$scratch/err"
shows "which is told" has "an address for each of those in store" err
shows "it is served" serve
shows "and takes a merchant" ask 201 POST /v1/merchants "$body"
shows "a second process is refused" refused quan verify
quan verify 2>"$scratch/err"
shows "and told why" has "another process has this database open" err
password=$(echo "$QUAN_STORE" | sed 's|.*:\([0-9a-f]*\)@.*|\1|')
shows "no password is told" refused has "$password" err

shows "the database is killed" tell kill shard-0
shows "then writes are unavailable" ask 503 POST /v1/merchants "$body"
shows "and at once from then on" [ "$(curl -sS -m 5 -o /dev/null -w '%{http_code}' -X POST \
    -H "Authorization: Bearer $operator" -H 'Content-Type: application/json' \
    -H 'Idempotency-Key: k' -d "$body" "$(cat "$scratch/ready")/v1/merchants")" = 503 ]
shows "the database is started" tell start shard-0
shows "then it is served again" waits ask 201 POST /v1/merchants "$body"
shows "by the same process" stop
shows "what was answered is there" quan verify
quan admin merchant list >"$scratch/list"
shows "each merchant once" [ "$(grep -c 'Corner shop' "$scratch/list")" -eq 2 ]
counted
