#!/bin/sh
# Two servers on one database, as their operator runs them: who may be a peer; a customer's way
# through both; a stock that both sell out; one of them killed, stopped for a while, and told to
# stop, under claims: the other goes on, what was answered is there, and nothing is there twice.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$(cd "${QUAN_BUILD:-build/release}" && pwd):$PATH
scratch=$(mktemp -d) || exit 1
chmod 711 "$scratch"
cluster=
a_pid=
b_pid=
trap '[ -z "$a_pid$b_pid" ] || kill -9 $a_pid $b_pid 2>/dev/null
    [ -z "$cluster" ] || { exec 3>&-; wait "$cluster"; }
    rm -rf "$scratch"' EXIT
trap '' PIPE
. test/lib/shows.sh
. test/lib/asks.sh
evidence="out err answer a.log b.log"
mkdir -m 711 "$scratch/here"
TMPDIR=$scratch/here
export TMPDIR
mkfifo "$scratch/in"
workers=8

# waits COMMAND…: until it holds; at most half a minute.
waits() {
    for _ in $(seq 600); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.05
    done
    "$@"
}
said() { [ "$(wc -l <"$scratch/out.cluster")" -ge "$1" ]; }
# tell WORD SHARD: a word to its cluster, until it has happened.
heard=1
tell() {
    echo "$1 shard-$2" >&3
    heard=$((heard + 1))
    waits said $heard
}
url_of() { cat "$scratch/$1.last"; }
metric() { curl -s -m 5 "$(url_of "$1")/metrics" | sed -n "s/^$2 //p"; }
alive() { equal "$2" "$(metric "$1" quan_peers_alive)"; }
lanes() { equal "$2" "$(metric "$1" quan_peer_lanes)"; }

# section: that of the page, page WORD: its command with it, settings SECRET: its settings, of here.
section() { sed -n '/^## Several servers/,/^## Poolers/p' docs/operate/postgresql.md; }
page() { section | grep -m 1 "^[a-z]* $1 "; }
settings() {
    section | grep '^[a-z_]* = ' | sed "s|^store = .*|store = $QUAN_STORE|
        s|^peers = .*|peers = $peers|; s|/etc/quan/peer.secret|$scratch/$1|"
}
# free_port: one that nobody has, of those that the kernel gives to nobody by itself.
free_port() {
    for port in $(shuf -i 20000-32000 -n 100); do
        if ! grep -q "$(printf ':%04X ' "$port")" /proc/net/tcp; then
            echo "$port"
            return
        fi
    done
}
# start NAME [SECRET]: that server, in the background, as the page for operators has it.
start() {
    name=$1
    rm -f "$scratch/$name.url"
    settings "${2:-secret}" >"$scratch/$name.ini"
    # shellcheck disable=SC2046
    $(page serve | sed "s|/etc/quan/quan.ini|$scratch/$name.ini|; s|name a|name $name|") \
        --http-port 0 --ready-file "$scratch/$name.url" >/dev/null 2>>"$scratch/$name.log" &
    eval "${name}_pid=$!"
}
# up NAME [SECRET]: until it answers.
up() {
    start "$@"
    waits [ -s "$scratch/$1.url" ] && cp "$scratch/$1.url" "$scratch/$1.last"
}
# down NAME: it ends well when it is told to.
down() {
    pid=
    eval "pid=\$${1}_pid; ${1}_pid="
    kill "$pid" && wait "$pid"
}
# dies NAME: at once.
dies() {
    pid=
    eval "pid=\$${1}_pid; ${1}_pid="
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    true
}
# ask NAME KEY METHOD PATH BODY IDEMPOTENCY-KEY FILE: the status of the answer; the answer in FILE.
ask() {
    curl -s -m 8 -o "$7" -w '%{http_code}\n' -X "$3" -H "Authorization: Bearer $2" \
        -H "Idempotency-Key: $6" -H 'Content-Type: application/json' ${5:+-d "$5"} \
        "$(url_of "$1")$4"
}
fresh() { cat /proc/sys/kernel/random/uuid; }
# office STATUS NAME METHOD PATH [BODY]: as the shop's office; the answer in answer.
office() {
    wanted=$1
    is=$(ask "$2" "$office" "$3" "$4" "${5:-}" "$(fresh)" "$scratch/answer")
    equal "$is" "$wanted"
}
answer() { jq -r "$1" "$scratch/answer"; }
# many N COMMAND…: at once, $workers of them; each gets a number of its own, from 1.
many() {
    n=$1
    shift
    for worker in $(seq $workers); do
        for i in $(seq "$worker" $workers "$n"); do "$@" "$i"; done &
        eval "w$worker=$!"
    done
    for worker in $(seq $workers); do eval "wait \$w$worker"; done
}
# claim N: user N asks for a coupon, at one server and the other in turn, with the same key, until
# it is answered yes or no; at most ten seconds.
claim() {
    began=$(date +%s%3N)
    for try in $(seq 200); do
        [ $((($1 + try) % 2)) -eq 0 ] && at=a || at=b
        is=$(ask "$at" "$office" POST /v1/claims \
            "{\"user\": \"$round-$1\", \"template\": \"$template\"}" "$round-$1" \
            "$scratch/claim.$round.$1")
        case $is in
        201 | 409) break ;;
        esac
        sleep 0.05
    done
    echo "$is $(($(date +%s%3N) - began))" >"$scratch/status.$round.$1"
}
answered() { cat "$scratch/status.$round".* | grep -c "^$1"; }
# longest: what the slowest of them took, in ms.
longest() { cat "$scratch/status.$round".* | cut -d' ' -f2 | sort -n | tail -n 1; }
within() { [ "$(longest)" -le "$1" ] || { echo "$(longest) ms, not $1"; false; }; }
coupons() { cat "$scratch/claim.$round".* | jq -r '.coupons[]?.id' | sort; }
# sum SQL: of the number that it gives in each shard.
sum() {
    for i in 0 1; do
        psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$(dsn $i)" -c "$1"
    done | awk '{ n += $1 } END { print n }'
}
dsn() { head -n 1 "$scratch/out.cluster" | jq -r ".nodes[$1].dsn_tcp"; }

# ---- who may be a peer ---------------------------------------------------------------------------

quan cluster postgres --json --shards 2 <"$scratch/in" >"$scratch/out.cluster" 2>"$scratch/err" &
cluster=$!
exec 3>"$scratch/in"
shows "two servers of PostgreSQL" waits said 1
QUAN_STORE="$(dsn 0), $(dsn 1)"
export QUAN_STORE
page rand | sed 's/ >.*//' | sh >"$scratch/secret"
openssl rand -hex 32 >"$scratch/other"
echo short >"$scratch/short"
peers="a=127.0.0.1:$(free_port),b=127.0.0.1:$(free_port)"

with() { ends 2 serve --http-port 0 "$@"; }
shows "peers without a secret are refused" with --peers "$peers" --peer-name a
shows "by name" err_has peer_secret_file
no_store() {
    (unset QUAN_STORE && with --peers "$peers" --peer-name a --peer-secret-file "$scratch/secret")
}
shows "peers without a database are refused" no_store
shows "by name, too" err_has "setting store"
shows "a short secret is refused" with --peers "$peers" --peer-name a \
    --peer-secret-file "$scratch/short"
shows "two of one name are refused" with --peers "$peers,a=127.0.0.1:1" --peer-name a \
    --peer-secret-file "$scratch/secret"
shows "by that name" err_has '"a"'
shows "peer_listen: a name is refused" with --peers "$peers" --peer-name a \
    --peer-secret-file "$scratch/secret" --peer-listen localhost:7701
shows "as no number" err_has "not a numeric address"
shows "a name that is not in the list is refused" with --peers "$peers" --peer-name c \
    --peer-secret-file "$scratch/secret"
shows "a secret without peers is refused" with --peer-secret-file "$scratch/secret"

# ---- a shop, made at a server that is alone ------------------------------------------------------

quan admin merchant create --lanes 4 --name Shop --zone UTC --currency USD --json \
    >"$scratch/merchant"
office=$(quan admin key create --merchant "$(jq -r .id "$scratch/merchant")" \
    --scopes admin,issue,redeem,read --json | jq -r .key)
shows "a server whose peer is away" up a
shows "has all lanes" lanes a 4
shows "a process without peers is refused" ends 3 serve --http-port 0
shows "and told why" err_has "another process has this database open"
window='{"from": "2026-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}'
shows "a campaign" office 201 a POST /v1/campaigns \
    "{\"name\": \"C\", \"claim_window\": $window, \"use_window\": $window}"
campaign=$(answer .id)
# template NAME [FIELDS]: a template of the campaign.
template() {
    office 201 a POST "/v1/campaigns/$campaign/templates" "{\"name\": \"$1\",
        \"validity\": {\"kind\": \"after_issue\", \"duration_days\": 7},
        \"benefit\": {\"kind\": \"amount_off\",
        \"amount\": {\"amount\": 100, \"currency\": \"USD\"}}${2:-}}" && template=$(answer .id)
}
way='' sold=''
for t in way sold killed stopped told; do
    [ $t != sold ] && stock= || stock=', "stock": 60'
    shows "a template: $t" template $t "$stock"
    eval "$t=$template"
done
shows "the campaign is active" office 200 a POST "/v1/campaigns/$campaign/state" \
    '{"state": "active"}'

# ---- another version -----------------------------------------------------------------------------

# What a server whose tables or messages are others looks like to PostgreSQL.
mkfifo "$scratch/strange"
PGAPPNAME='quan-peer 0123456789abcdef' psql -X -q -d "$(dsn 1)" <"$scratch/strange" 3>&- &
stranger=$!
exec 4>"$scratch/strange"
known() {
    equal "$(psql -X -q -A -t -d "$(dsn 1)" -c "SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'quan-peer 0123456789abcdef'")" 1
}
shows "a server of other tables" waits known
settings secret >"$scratch/b.ini"
shows "beside it none is started" ends 3 serve --settings "$scratch/b.ini" --peer-name b \
    --http-port 0
shows "and told what to do" err_has "stop all of those first"
shows "one that runs goes on" office 200 a GET "/v1/campaigns/$campaign"
exec 4>&-
wait "$stranger"

# ---- two -----------------------------------------------------------------------------------------

shows "another secret is no peer" up b other
shows "it works on all lanes" lanes b 4
shows "as does the other" lanes a 4
shows "which has said why" grep -q "the secrets differ" "$scratch/a.log"
shows "and ends well" down b
shows "the second server" up b
shows "sees the first" waits alive b 2
shows "and is seen" waits alive a 2
shows "they share the lanes" waits lanes a 2
shows "evenly" lanes b 2

round=way
template=$way
shows "a coupon is claimed at one" office 201 b POST /v1/claims \
    "{\"user\": \"u\", \"template\": \"$template\"}"
coupon=$(answer '.coupons[0].id')
for at in a b; do
    shows "is in the wallet at $at" office 200 $at GET /v1/users/u/coupons
    shows "once" equal "$coupon" "$(answer '.coupons[].id')"
done
shows "and redeemed at the other" office 201 a POST /v1/redemptions "{\"order_number\": \"o-1\",
    \"user\": \"u\", \"coupons\": [\"$coupon\"], \"cart\": {\"lines\": [{\"sku\": \"tea\",
    \"quantity\": 1, \"unit_price\": {\"amount\": 500, \"currency\": \"USD\"}}]}}"
shows "once for all" office 409 b POST /v1/redemptions "{\"order_number\": \"o-2\",
    \"user\": \"u\", \"coupons\": [\"$coupon\"], \"cart\": {\"lines\": [{\"sku\": \"tea\",
    \"quantity\": 1, \"unit_price\": {\"amount\": 500, \"currency\": \"USD\"}}]}}"

# soon COMMAND…: within a second.
soon() {
    until_ms=$(($(date +%s%3N) + 1000))
    while [ "$(date +%s%3N)" -lt "$until_ms" ]; do
        if "$@" >/dev/null; then return 0; fi
        sleep 0.05
    done
    "$@"
}
claims_late() { office 201 "$1" POST /v1/claims "{\"user\": \"late\", \"template\": \"$late\"}"; }
shows "a template is made at one" template late
late=$template
shows "its coupon is claimed there at once" claims_late a
shows "and at the other within a second" soon claims_late b
shows "the campaign is paused at the other" office 200 b POST "/v1/campaigns/$campaign/state" \
    '{"state": "paused"}'
paused() { office 409 "$1" POST /v1/claims "{\"user\": \"late\", \"template\": \"$late\"}"; }
shows "which binds both from then on" paused a
shows "as it should" equal campaign_not_active "$(answer .code)"
shows "there, too" paused b
shows "and is taken back at the first" office 200 a POST "/v1/campaigns/$campaign/state" \
    '{"state": "active"}'
shows "for both" soon claims_late b

round=sold
template=$sold
shows "100 claims of 60 pieces at both" many 100 claim
shows "60 are answered yes" equal 60 "$(answered 201)"
shows "40 are answered no" equal 40 "$(answered 409)"
shows "no coupon twice" equal 60 "$(coupons | uniq | wc -l)"
done=$(metric a 'quan_peer_calls_total{result="done"}')
shows "acts went from one to the other" [ "$done" -gt 0 ]

# ---- one goes ------------------------------------------------------------------------------------

# goes COMMAND…: 400 claims at both, and the command under them.
goes() {
    template=$(eval "echo \$$round")
    before=$(sum "select count(*) from coupon")
    many 400 claim &
    claims=$!
    sleep 0.7
    "$@"
    wait "$claims"
}
all_kept() {
    equal 400 "$(answered 201)" && equal 400 "$(coupons | uniq | wc -l)" &&
        equal $((before + 400)) "$(sum "select count(*) from coupon")"
}
round=killed
goes dies b
shows "one that was killed: each is answered, and there once" all_kept
shows "within five seconds" within 5000
echo "the slowest claim around the kill: $(longest) ms"
shows "the other has its lanes" waits lanes a 4
shows "it comes back" up b
shows "and has its lanes back" waits lanes b 2
shows "as both see it" waits lanes a 2

round=stopped
stop_and_go() {
    kill -STOP "$b_pid"
    sleep 5
    kill -CONT "$b_pid"
}
goes stop_and_go
shows "one that stood still for 5 s: each is answered, and there once" all_kept
shows "both are there again" waits alive a 2
shows "and share the lanes" waits lanes a 2

round=told
goes down b
shows "one that was told to stop: each is answered, and there once" all_kept

# ---- a shard goes --------------------------------------------------------------------------------

shows "it comes back" up b
shows "and shares the lanes" waits lanes a 2
# pauses: the campaign, where its own shard is there; told which is not.
pauses() {
    curl -s -m 20 -o "$scratch/answer" -D "$scratch/headers" -w '%{http_code}\n' \
        -H "Authorization: Bearer $office" -H "Idempotency-Key: pause-$1" \
        -H 'Content-Type: application/json' -d '{"state": "paused"}' \
        "$(url_of a)/v1/campaigns/$campaign/state" >"$scratch/status"
    equal 202 "$(cat "$scratch/status")"
}
shard=1
tell stop 1
pauses 1 >/dev/null || { tell start 1 && shard=0 && tell stop 0 && pauses 0; }
shows "a pause while another shard is away is told so" equal 202 "$(cat "$scratch/status")"
shows "which" grep -qi "^quan-unreached-shards: $shard.\$" "$scratch/headers"
# claimed: what 20 users are answered who ask for a coupon at both.
claimed() {
    for i in $(seq 20); do
        ask "$1" "$office" POST /v1/claims "{\"user\": \"s-$i\", \"template\": \"$late\"}" \
            "$(fresh)" /dev/null
    done | sort -u | paste -s -d ' '
}
for at in a b; do
    shows "it binds where it got to, the rest waits at $at" equal "409 503" "$(claimed $at)"
done
shows "the shard is back" tell start $shard
all_paused() { equal 409 "$(claimed a)" && equal 409 "$(claimed b)"; }
shows "and it binds there" waits all_paused
shows "one ends well" down b
shows "the other ends well" down a
shows "and all agrees" quan verify
counted
