#!/bin/sh
# Somebody who guesses codes, as fast as he can: many at once get no further than one after another,
# a server that is killed (SIGKILL) meanwhile forgets nothing of what it has told, and operators see
# it. What counts is what clients were answered.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/serving.sh
. test/lib/shop.sh
storm=
# shellcheck disable=SC2086 # one that does not run is no word
clear_up() { [ -z "$server$storm" ] || kill -9 $server $storm 2>/dev/null; }
evidence="answer log"

# ---- a shop --------------------------------------------------------------------------------------

openssl rand -hex 32 >"$scratch/code.key"
app=$(key_of issue)
office=$(key_of admin,read)
serves() { up --data "$data" --code-key-file "$scratch/code.key"; }

# try USER [ADDRESS]: the status of one wrong code; 000 without an answer.
try() {
    curl -s -m 20 -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $app" \
        -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" \
        -H 'Content-Type: application/json' \
        -d "{\"code\": \"wrong\", \"user\": \"$1\"${2:+, \"client_address\": \"$2\"}}" \
        "$url/v1/codes/exchange"
}
# guess USER TIMES: at once, 16 of them; a line for each answer in $scratch/USER.
guess() {
    for worker in $(seq 16); do
        for _ in $(seq $(($2 / 16))); do try "$1"; done >>"$scratch/$1.$worker" &
    done
    wait
    cat "$scratch/$1".* >"$scratch/$1"
}
# told USER: how many of his failed tries were told.
told() { grep -c 409 "$scratch/$1"; }

# ---- many at once --------------------------------------------------------------------------------

shows "a server" serves
pid=$server
server=
(guess ann 160)
server=$pid
shows "160 at once: at most 10 are told" [ "$(told ann)" -le 10 ]
shows "and not none" [ "$(told ann)" -ge 1 ]
shows "the others are throttled" [ "$(grep -c 429 "$scratch/ann")" -eq $((160 - $(told ann))) ]
for _ in $(seq 10); do try ann; done >"$scratch/rest"
shows "10 are told in all" [ $(($(told ann) + $(grep -c 409 "$scratch/rest"))) -eq 10 ]
shows "as metrics say" [ "$(metric quan_code_failed_total)" -eq 10 ]
shows "which count locks, too" [ "$(metric 'quan_code_locks_total{guesser="user"}')" -eq 1 ]
shows "and who was refused" [ "$(metric 'quan_code_throttled_total{guesser="user"}')" -eq 160 ]

# ---- killed --------------------------------------------------------------------------------------

for _ in 1 2 3 4; do try bob 2001:db8::1; done >"$scratch/before"
kill -9 "$server"
wait "$server" 2>/dev/null
shows "killed, it serves again" serves
shows "ann is still locked out" [ "$(try ann)" = 429 ]
for _ in $(seq 12); do try bob 2001:db8::2; done >"$scratch/after"
shows "bob has had 10 before and after" \
    [ "$(cat "$scratch/before" "$scratch/after" | grep -c 409)" -eq 10 ]

# While the server dies: a try that was counted may not have been told, never the other way round.
for user in cid dot eve; do
    pid=$server
    (
        server=
        guess "$user" 64
    ) &
    storm=$!
    sleep 0.1
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    wait "$storm"
    storm=
    serves || exit 1
    for _ in $(seq 12); do try "$user"; done >>"$scratch/$user"
    shows "$user is told 10 at most across a kill" [ "$(told "$user")" -le 10 ]
    shows "$user is locked out at last" [ "$(tail -n 1 "$scratch/$user")" = 429 ]
done

# ---- operators -----------------------------------------------------------------------------------

ask() {
    wanted=$1
    shift
    status "$wanted" -H "Authorization: Bearer $office" -H 'Content-Type: application/json' "$@"
}
shows "an operator sees who is locked out" ask 200 "$url/v1/codes/locks"
shows "all five" [ "$(jq -r '[.locks[].user] | sort | join(" ")' "$scratch/answer")" = \
    "ann bob cid dot eve" ]
shows "and since when from the feed" ask 200 "$url/v1/events?limit=1000"
shows "five locks" [ "$(jq '[.events[] | select(.type == "code_guessing_locked")] | length' \
    "$scratch/answer")" -eq 5 ]
shows "he lifts one" ask 200 -H 'Idempotency-Key: l' -d '{"guesser": "user", "user": "ann"}' \
    "$url/v1/codes/locks/lift"
shows "who may try again" [ "$(try ann)" = 409 ]
shows "it ends well" down
shows "and all agrees" quan verify --data "$data"
counted
