#!/bin/sh
# Two servers on one database, as their operator runs them: who may be a peer; a customer's way
# through both; a stock that both sell out; one of them killed, stopped for a while, and told to
# stop, under claims: the other goes on, what was answered is there, and nothing is there twice.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/peers.sh
evidence="out err answer a.log b.log"
nodes="shard-0 shard-1"

# ---- who may be a peer ---------------------------------------------------------------------------

shows "two servers of PostgreSQL" databases --shards 2
QUAN_STORE="$(dsn shard-0), $(dsn shard-1)"
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

shows "a merchant" merchant
shows "a server whose peer is away" up a
shows "has all lanes" lanes a 4
shows "a process without peers is refused" ends 3 serve --http-port 0
shows "and told why" err_has "another process has this database open"
shows "a campaign" campaign
for t in way sold killed stopped told; do
    [ $t != sold ] && stock= || stock=', "stock": 60'
    shows "a template: $t" template $t "$stock"
    eval "of_$t=$template"
done
shows "the campaign is active" opens

# ---- another version -----------------------------------------------------------------------------

# What a server whose tables or messages are others looks like to PostgreSQL.
mkfifo "$scratch/strange"
PGAPPNAME='quan-peer 0123456789abcdef' psql -X -q -d "$(dsn shard-0)" <"$scratch/strange" 3>&- &
stranger=$!
exec 4>"$scratch/strange"
known() {
    equal "$(psql -X -q -A -t -d "$(dsn shard-0)" -c "SELECT count(*) FROM pg_stat_activity
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

# shellcheck disable=SC2154 # is set above
round=way template=$of_way
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

# shellcheck disable=SC2154 # is set above
round=sold template=$of_sold
shows "100 claims of 60 pieces at both" many 100 claim
shows "60 are answered yes" equal 60 "$(answered 201)"
shows "40 are answered no" equal 40 "$(answered 409)"
shows "no coupon twice" equal 60 "$(coupons | uniq | wc -l)"
done=$(metric a 'quan_peer_calls_total{result="done"}')
shows "acts went from one to the other" [ "$done" -gt 0 ]

# ---- one goes ------------------------------------------------------------------------------------

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
    sleep 3
    kill -CONT "$b_pid"
}
goes stop_and_go
shows "one that stood still for 3 s: each is answered, and there once" all_kept
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
tell stop shard-1
pauses 1 >/dev/null || { tell start shard-1 && shard=0 && tell stop shard-0 && waits pauses 0; }
shows "a pause while another shard is away is told so" equal 202 "$(cat "$scratch/status")"
shows "which" grep -qi "^quan-unreached-shards: $shard.\$" "$scratch/headers"
# claimed: what 20 users are answered who ask for a coupon at both.
claimed() {
    for i in $(seq 20); do
        ask "$1" "$office" POST /v1/claims "{\"user\": \"s-$i\", \"template\": \"$late\"}" \
            "$(fresh)" "$scratch/answer"
    done | sort -u | paste -s -d ' '
}
for at in a b; do
    shows "it binds where it got to, the rest waits at $at" equal "409 503" "$(claimed $at)"
done
shows "the shard is back" tell start "shard-$shard"
all_paused() { equal 409 "$(claimed a)" && equal 409 "$(claimed b)"; }
shows "and it binds there" waits all_paused
shows "one ends well" down b
shows "the other ends well" down a
shows "and all agrees" quan verify
counted
