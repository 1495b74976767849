#!/bin/sh
# A store in PostgreSQL as its operator uses it: made, served, closed to a second process, verified;
# away and back again under a running server.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(cd "${QUAN_BUILD:-build/release}" && pwd)
PATH=$build:$PATH
scratch=$(mktemp -d) || exit 1
chmod 711 "$scratch"
cluster=
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null
    [ -z "$cluster" ] || { exec 3>&-; wait "$cluster"; }
    rm -rf "$scratch"' EXIT
trap '' PIPE
. test/lib/shows.sh
evidence="err log"
mkdir -m 711 "$scratch/here"
TMPDIR=$scratch/here
export TMPDIR
mkfifo "$scratch/in"

# waits COMMAND…: until it holds; at most half a minute.
waits() {
    for _ in $(seq 600); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.05
    done
    return 1
}
said() { [ "$(wc -l <"$scratch/out")" -ge "$1" ]; }
refused() { ! "$@"; }
has() { grep -q -e "$1" "$scratch/$2"; }
# tell WORD N: a word to the cluster, until its Nth answer.
tell() {
    echo "$1 shard-0" >&3
    waits said "$2"
}
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

quan cluster postgres --json <"$scratch/in" >"$scratch/out" 2>"$scratch/err" &
cluster=$!
exec 3>"$scratch/in"
shows "a server of PostgreSQL" waits said 1
QUAN_STORE=$(head -n 1 "$scratch/out" | jq -r '.nodes[0].dsn_tcp')
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

shows "the database is killed" tell kill 2
shows "then writes are unavailable" ask 503 POST /v1/merchants "$body"
shows "and at once from then on" [ "$(curl -sS -m 5 -o /dev/null -w '%{http_code}' -X POST \
    -H "Authorization: Bearer $operator" -H 'Content-Type: application/json' \
    -H 'Idempotency-Key: k' -d "$body" "$(cat "$scratch/ready")/v1/merchants")" = 503 ]
shows "the database is started" tell start 3
shows "then it is served again" waits ask 201 POST /v1/merchants "$body"
shows "by the same process" stop
shows "what was answered is there" quan verify
quan admin merchant list >"$scratch/list"
shows "each merchant once" [ "$(grep -c 'Corner shop' "$scratch/list")" -eq 2 ]
counted
