#!/bin/sh
# Two servers on a primary and its replica, and what breaks: a replica that lags, so that what one
# server has written is read at the other by its position; one that loses its connections, and one
# that is killed, in the middle of what is read. Under claims at both: connections and the primary
# that are killed, commits that stop waiting for a replica that is cut off, a failover, and the old
# primary that comes back and takes writes. What was answered is there, once.
# The last line is `N passed, N failed`. With QUAN_NIGHTLY in the environment, longer.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/peers.sh
evidence="err answer a.log b.log"
nodes=shard-0
rounds=${QUAN_NIGHTLY:+50}
rounds=${rounds:-4}

shows "a primary and its replica" databases --replicas --set wal_retrieve_retry_interval=500ms
sql shard-0 "ALTER SYSTEM SET synchronous_standby_names = '*'" && sql shard-0 \
    'SELECT pg_reload_conf()' >"$scratch/answer"
port() { dsn "$1" | sed 's|.*:\([0-9]*\)/.*|\1|'; }
both=$(dsn shard-0 | sed "s|:\([0-9][0-9]*\)/|:\1,127.0.0.1:$(port shard-0-replica)/|")
QUAN_STORE="$both?target_session_attrs=read-write"
export QUAN_STORE
openssl rand -hex 32 >"$scratch/secret"
peers="a=127.0.0.1:$(free_port),b=127.0.0.1:$(free_port)"
more="store_replicas = $(dsn shard-0-replica)"

shows "a merchant" merchant
shows "a server" up a
shows "and a second one" up b
shows "which see each other" waits alive a 2
shows "a campaign" campaign
shows "a template" template T
shows "the campaign is active" opens
replica_views() { metric "$1" 'quan_store_views_total{from="replica"}'; }
again() {
    for at in a b; do metric $at quan_store_views_again_total; done |
        awk '{ n += $1 } END { print n }'
}

# ---- what one has written, at the other ----------------------------------------------------------

# named: Quan-Position of the last answer.
named() { sed -n 's/^quan-position: \([^\r]*\).*$/\1/Ip' "$scratch/answer.head"; }
# reads NAME USER: there, his coupons; on a replica where one is far enough.
reads() { office 200 "$1" GET "/v1/users/$2/coupons"; }
# on_replica NAME USER: the server has gone to the replica for it.
on_replica() {
    before=$(replica_views "$1")
    reads "$1" "$2" && [ "$(replica_views "$1")" -gt "$before" ]
}
claims() { office 201 "$1" POST /v1/claims "{\"user\": \"$2\", \"template\": \"$template\"}"; }
shows "a coupon is claimed at one" claims a u-0
shows "and read from the replica at the other" waits on_replica b u-0

# finds ROUND: what is claimed at one while the replica stands still is found at the other.
finds() {
    [ $(($1 % 2)) -eq 0 ] && here=a there=b || here=b there=a
    waits on_replica "$there" u-0 && sql shard-0-replica 'SELECT pg_wal_replay_pause()' || return 1
    claims "$here" "u-$1" && position=$(named) && [ -n "$position" ] || return 1
    coupon=$(answer '.coupons[0].id')
    reads "$there" "u-$1" && equal "$coupon" "$(answer '.coupons[0].id')" &&
        office 200 "$there" GET "/v1/coupons/$coupon"
    found=$?
    sql shard-0-replica 'SELECT pg_wal_replay_resume()' >"$scratch/resumed"
    # Once it is there, who names it may read it from the replica.
    waits on_replica "$there" "u-$1" || found=1
    position=
    return $found
}
for n in $(seq "$rounds"); do shows "round $n: found at the other by its position" finds "$n"; done
refused() {
    position=$1
    office 400 a GET /v1/users/u-0/coupons
    code=$?
    position=
    return $code
}
shows "what is no position is refused" refused AAAAAAAAAAAAAAAA
shows "by its code" equal bad_position "$(answer .code)"
shows "and field" equal Quan-Position "$(answer '.errors[0].field')"

# ---- a replica that ends in the middle -----------------------------------------------------------

look() { ask "$([ $(($1 % 2)) -eq 0 ] && echo a || echo b)" "$office" GET /v1/users/u-0/coupons "" \
    "" "$scratch/look.$1" >"$scratch/looked.$1"; }
all_looked() { equal "200 " "$(sort -u "$scratch"/looked.* | paste -s -d ' ') "; }
# cuts: for seconds the replica ends all connections of the servers, twenty times a second.
cuts() {
    sql shard-0-replica "DO \$\$ BEGIN FOR i IN 1..60 LOOP PERFORM pg_stat_clear_snapshot();
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'quan%';
        PERFORM pg_sleep(0.05); END LOOP; END \$\$"
}
# looks_while COMMAND…: at both servers, from before it until it has happened.
looks_while() {
    rm -f "$scratch"/looked.*
    at_once on_and_on look &
    looking=$!
    waits [ -e "$scratch/looked.$((2 * workers))" ]
    "$@"
    : >"$scratch/enough.$round"
    wait "$looking"
    all_looked
}
for try in $(seq 10); do # until one was hit in the middle of its view
    round=looks-$try
    shows "connections that end cost nobody an answer" looks_while cuts
    [ "$(again)" -eq 0 ] || break
done
shows "but a second look, on the primary" [ "$(again)" -gt 0 ]
echo "began anew: $(again) in $try times 3 s"
round=looks
shows "nor does a replica that is killed" looks_while tell kill shard-0-replica
shows "it comes back" tell start shard-0-replica
shows "and is read from" waits on_replica a u-0

# ---- what breaks under claims --------------------------------------------------------------------

after=${QUAN_NIGHTLY:+1000}
after=${after:-$((4 * workers))}
# kept WHAT: … and each claim is answered, and there once.
kept() {
    shows "$1: each claim is answered, and there once" all_kept
    echo "$1: the slowest claim took $(longest) ms"
}
ends_all() {
    sql shard-0 "DO \$\$ BEGIN FOR i IN 1..20 LOOP PERFORM pg_stat_clear_snapshot();
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE
            application_name LIKE 'quan%'; PERFORM pg_sleep(0.1); END LOOP; END \$\$"
}
round=connections
goes ends_all
kept "connections that end"

restarts() { tell kill shard-0 && sleep 1 && tell start shard-0; }
round=restart
goes restarts
kept "a primary that is killed and started"

# cut_off: nothing reaches the replica any more, so commits wait; and are told not to. Nobody is
# answered by that: they are looked up, and wait again.
in_sync_wait() {
    [ "$(sql shard-0 "SELECT count($1) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")" -gt 0 ]
}
answers() { cat "$scratch/status.$round".* 2>/dev/null | grep -c '^201'; }
cut_off() {
    receiver=$(sql shard-0-replica 'SELECT pid FROM pg_stat_wal_receiver')
    kill -STOP "$receiver"
    waits in_sync_wait pid
    had=$(answers)
    for _ in 1 2 3; do waits in_sync_wait 'pg_cancel_backend(pid)' && sleep 0.3; done
    has=$(answers)
    kill -CONT "$receiver"
}
round='cut'
goes cut_off
kept "a replica that is cut off, and commits that are told not to wait"
shows "meanwhile nobody was answered" equal "$had" "$has"

waits on_replica b u-0
claims a before >"$scratch/said" && kept_position=$(named)
took=
fails_over() {
    tell kill shard-0
    sql shard-0-replica 'SELECT pg_promote()' >"$scratch/promoted"
    nodes=shard-0-replica
    promoted=$(date +%s%3N)
    waits claims a after && took=$(($(date +%s%3N) - promoted))
}
round=failover
goes fails_over
# What was counted before is on the replica as well: commits wait for it.
before=$((before + 1)) # of the user "after"
kept "a failover"
shows "written again within five seconds" [ "${took:-9999}" -le 5000 ]
echo "written again ${took:-never} ms after the promotion"
position=$kept_position
shows "a position of the old primary is good" reads b before
shows "and finds what it names" equal 1 "$(answer '.coupons | length')"
position=

# It takes writes, and its address comes first. Both have seen the new one.
old_count() { sql shard-0 'SELECT count(*) FROM coupon'; }
comes_back() {
    tell start shard-0
    sql shard-0 "ALTER SYSTEM RESET synchronous_standby_names"
    sql shard-0 'SELECT pg_reload_conf()' >"$scratch/reloaded"
    old=$(old_count)
    sql shard-0-replica "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE
        application_name LIKE 'quan%'" >"$scratch/ended"
    dies b
    up b
}
round=old
goes comes_back
kept "the old primary comes back, a server is new"
shows "it got nothing of them" equal "$old" "$(old_count)"

shows "one ends well" down b
shows "the other ends well" down a
shows "and all agrees" quan verify
counted
