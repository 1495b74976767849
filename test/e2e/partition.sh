#!/bin/sh
# Two servers and two shards, one of them with a replica that its commits wait for, each in a
# network namespace of its own, and cuts between them: what one sends to another is lost on the way,
# and nobody is told. Under claims at both servers, each of which is known and counted afterwards:
# the replica is cut off; the servers from each other; one from a shard, for less and for more than
# it has patience for, in the middle of a commit; the answer to a commit is lost.
# Server a has the addresses that one begins with, and waits 10 s for an answer; b's tell the kernel
# to notice sooner.
# Needs network namespaces: as root, or of a user to whom the kernel gives some. Draws nothing.
# The last line is `N passed, N failed`.
set -u
if [ -z "${PARTITION_OWN:-}" ]; then
    PATH=$PATH:/usr/sbin:/sbin
    [ "$(id -u)" -eq 0 ] && how='' || how='--user --map-current-user --keep-caps'
    # shellcheck disable=SC2086
    unshare $how --net --mount true && PARTITION_OWN=yes exec unshare $how --net --mount "$0" "$@"
    echo "FAILED: no network namespace can be made here: be root, or allow it to users"
    echo "0 passed, 1 failed"
    exit 1
fi
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/peers.sh
evidence="err.s0 err.s1 answer a.log b.log r.log"
places="a b s0 s1 r"
nodes="s0 s1"
workers=4
after=$((3 * workers))
replica='' clusters=''
clear_up() {
    no_servers
    replica_ends
    exec 3>&- 4>&-
    # shellcheck disable=SC2086
    wait $clusters
    for place in $places; do umount "$scratch/net/$place" 2>/dev/null; done
}

# ---- places, and what is between them ------------------------------------------------------------

# This namespace is the router between all others: 10.77.N.1, and they 10.77.N.2.
at() {
    case $1 in
    a) echo 10.77.1.2 ;;
    b) echo 10.77.2.2 ;;
    s0) echo 10.77.3.2 ;;
    s1) echo 10.77.4.2 ;;
    r) echo 10.77.5.2 ;;
    esac
}
inside() {
    [ "$1" = b ] && store=$noticing || store=$QUAN_STORE
    echo "env QUAN_STORE=$store QUAN_HTTP_ADDRESS=$(at "$1") nsenter --net=$scratch/net/$1"
}
# place NAME: a namespace, and the way to it.
place() {
    here=$(at "$1")
    router=${here%2}1
    : >"$scratch/net/$1" && unshare --net="$scratch/net/$1" true &&
        ip link add name "to-$1" type veth peer name out netns "$scratch/net/$1" &&
        ip address add "$router/24" dev "to-$1" && ip link set dev "to-$1" up &&
        nsenter --net="$scratch/net/$1" sh -c "ip link set dev lo up && ip link set dev out up &&
            ip address add $here/24 dev out && ip route add default via $router"
}
all_placed() {
    mkdir "$scratch/net" && ip link set dev lo up && echo 1 >/proc/sys/net/ipv4/ip_forward &&
        for name in $places; do place "$name" || return 1; done
}
# loses FROM TO: nothing gets from there to there. cuts A B: neither way. heals A B: both, again.
way() { ip rule "$1" priority 1 from "$(at "$2")" to "$(at "$3")" blackhole; }
loses() { way add "$1" "$2"; }
cuts() { loses "$1" "$2" && loses "$2" "$1"; }
heals() {
    way del "$1" "$2"
    way del "$2" "$1"
} 2>/dev/null
# lost FROM TO PORT: what is sent there is not even refused.
lost() {
    nsenter --net="$scratch/net/$1" curl -s -m 0.4 -o "$scratch/answer" "http://$(at "$2"):$3"
    equal 28 $?
}

# ---- shards --------------------------------------------------------------------------------------

# shard NAME ARGUMENT…: told by the pipe in.NAME, tells in out.NAME.
shard() {
    name=$1
    shift
    $(inside "$name") quan cluster postgres --json --set "listen_addresses=$(at "$name")" \
        --set "hba_file=$scratch/hba" "$@" <"$scratch/in.$name" >"$scratch/out.$name" \
        2>"$scratch/err.$name" &
    clusters="$clusters $!"
}
node() { head -n 1 "$scratch/out.$1" | jq -r ".nodes[$2].$3"; }
# By their sockets, which are files: a cut is nothing to them.
dsn() {
    case $1 in
    r) node s1 1 dsn ;;
    *) node "$1" 0 dsn ;;
    esac
}
both_told() { [ -s "$scratch/out.s0" ] && [ -s "$scratch/out.s1" ]; }
shards() {
    printf '%s\n' "local all all trust" "local replication all trust" \
        "host all all 10.77.0.0/16 scram-sha-256" "host replication all 10.77.0.0/16 trust" \
        >"$scratch/hba"
    mkfifo "$scratch/in.s0" "$scratch/in.s1"
    shard s0
    # Who hears nothing of the other ends their connection; the replica tries again.
    shard s1 --replicas --set wal_sender_timeout=1500ms --set wal_receiver_timeout=1500ms \
        --set wal_retrieve_retry_interval=200ms
    exec 3>"$scratch/in.s0" 4>"$scratch/in.s1"
    waits both_told || return 1
    store_s0=$(node s0 0 dsn_tcp | sed "s|127.0.0.1|$(at s0)|")
    store_s1=$(node s1 0 dsn_tcp | sed "s|127.0.0.1|$(at s1)|")
    QUAN_STORE=$store_s0,$store_s1
    export QUAN_STORE
    soon='keepalives_idle=1&keepalives_interval=1&keepalives_count=2&tcp_user_timeout=3000'
    noticing="$store_s0?$soon,$store_s1?$soon"
}
QUAN_STORE='' noticing=''
# replica_moves: the same process, in its own place.
replica_moves() {
    process=$(node s1 1 process)
    user=
    [ "$(id -u)" -ne 0 ] || user=$(stat -c '--reuid=%u --regid=%g --clear-groups' "/proc/$process")
    tr '\0' '\n' <"/proc/$process/cmdline" >"$scratch/arguments"
    sql r "ALTER SYSTEM SET primary_conninfo = 'host=$(at s1) port=$(node s1 0 port) user=quan'"
    echo "stop shard-0-replica" >&4
    waits told s1 2 || return 1
    set --
    while read -r word; do set -- "$@" "$word"; done <"$scratch/arguments"
    # shellcheck disable=SC2046,SC2086
    $(inside r) env -C / setpriv --pdeathsig INT $user "$@" -c "listen_addresses=$(at r)" \
        >"$scratch/r.log" 2>&1 &
    replica=$!
    waits streams 1
}
streams() { equal "$1" "$(sql s1 'SELECT count(*) FROM pg_stat_replication')"; }
told() { [ "$(wc -l <"$scratch/out.$1")" -ge "$2" ]; }
replica_ends() { [ -z "$replica" ] || { kill -INT "$replica" && wait "$replica"; }; }
# synchronous: commits of s1 wait for the replica from now on.
synchronous() {
    sql s1 "ALTER SYSTEM SET synchronous_standby_names = '*'" &&
        sql s1 'SELECT pg_reload_conf()' && waits is_sync
}
is_sync() { equal sync "$(sql s1 'SELECT sync_state FROM pg_stat_replication')"; }
# commits_wait [NAME]: some of that server do.
commits_wait() { [ "$(waiting "$1")" -gt 0 ]; }
none_waits() { equal 0 "$(waiting "$1")"; }
waiting() {
    sql s1 "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'
        AND client_addr = '$(at "$1")'"
}

shows "five places" all_placed
shows "two shards" shards
shows "a replica" replica_moves
shows "which commits wait for" synchronous
cuts a s0
shows "what is cut is not even refused" lost a s0 "$(node s0 0 port)"
heals a s0
is_heard() { ! lost "$@"; }
shows "what is healed is" is_heard a s0 "$(node s0 0 port)"

# ---- servers and users ---------------------------------------------------------------------------

openssl rand -hex 32 >"$scratch/secret"
peers="a=$(at a):7701,b=$(at b):7701"
shows "a merchant" merchant
shows "a server" up a
shows "and a second one" up b
shows "which see each other" waits alive a 2
shows "both of them" waits alive b 2
# A pause at a that is to get everywhere is a's own work, where the campaign lives in its lane 0.
homes() { sql s0 'SELECT count(*) FROM campaign WHERE slot % 2 = 0'; }
campaign_of_a() {
    had=$(homes)
    for _ in $(seq 60); do
        campaign || return 1
        [ "$(homes)" -eq "$had" ] || return 0
    done
    false
}
# pausable COMMAND: $campaign, which that makes, is open, and has a $template.
pausable() { "$1" && opens && template T; }
shows "a campaign to be paused" pausable campaign
first=$campaign first_template=$template
shows "and another" pausable campaign_of_a
second=$campaign second_template=$template
shows "one for good" campaign
shows "a template" template T
shows "it is active" opens

# Users of each lane: 0 and 2 are a's, 1 and 3 are b's; 0 and 1 in s0, 2 and 3 in s1.
round=users
shows "forty-eight users" many 48 claim
user() { sql "$1" "SELECT convert_from(name, 'UTF8') FROM \"user\" WHERE slot % 2 = $2 LIMIT 1"; }
{
    user s0 0
    user s0 1
    user s1 0
    user s1 1
} >"$scratch/users"
user_of() { sed -n "$(($1 + 1))p" "$scratch/users"; }
# once STATUS NAME LANE N: claim N of the round, of a user of the lane, asked there one time.
once() {
    began=$(date +%s%3N)
    got=$(ask "$2" "$office" POST /v1/claims \
        "{\"user\": \"$(user_of "$3")\", \"template\": \"$template\"}" "$round-$4" \
        "$scratch/claim.$round.$4")
    took=$(($(date +%s%3N) - began))
    echo "$got $took 1" >"$scratch/status.$round.$4"
    equal "$got" "$1"
}
coupon_of() { jq -r '.coupons[0].id' "$scratch/claim.$round.$1"; }
# kept WHAT: … and each claim of the round is answered, and there once.
kept() {
    shows "$1: each claim is answered, and there once" all_kept
    echo "$1: the slowest of $load claims took $(longest) ms"
}

# ---- a primary and its replica -------------------------------------------------------------------

# No more is answered than the replica has: as if the primary were never seen again.
acknowledged() {
    yes=$(($(answered 201) + before))
    nodes="s0 r"
    has=$(sum 'SELECT count(*) FROM coupon')
    nodes="s0 s1"
    [ "$yes" -le "$has" ] || { echo "$yes answered, and there are $has"; false; }
}
goes_alone() {
    cuts s1 r
    (patience=40 && once 201 a 2 903) &
    of_a=$!
    (patience=40 && once 201 b 3 904) &
    shows "the replica is cut off: commits wait" waits commits_wait a
    shows "at the other server, too" waits commits_wait b
    shows "until the primary has given it up" waits streams 0
    shows "and longer" commits_wait a
    shows "none of them is answered" acknowledged
    shows "users of the other shard do not wait" once 201 a 0 901
    shows "wherever they are asked for" once 201 a 1 902
    heals s1 r
    shows "it streams again" waits is_sync
    wait $of_a $!
}
round=replica
goes goes_alone
kept "a replica that is cut off"

# ---- a server and the other ----------------------------------------------------------------------

# pauses STATUS CAMPAIGN: at a; the answer in paused.
pauses() {
    is=$(patience=30 && ask a "$office" POST "/v1/campaigns/$2/state" '{"state": "paused"}' \
        "pause-$2" "$scratch/paused")
    equal "$is" "$1"
}
# bound TEMPLATE NAME LANE…: users of those lanes get none of it there.
bound() {
    of=$1
    name=$2
    shift 2
    for lane in "$@"; do
        office 409 "$name" POST /v1/claims \
            "{\"user\": \"$(user_of "$lane")\", \"template\": \"$of\"}" || return 1
    done
}
abort_count() {
    for name in a b; do metric "$name" quan_store_aborts_total; done |
        awk '{ n += $1 } END { print n }'
}
apart() {
    aborts=$(abort_count)
    cuts a b
    for name in a b; do
        shows "servers cut off from each other: $name is alone" waits alive $name 1
        shows "and has all lanes" lanes $name 4
        [ $name = a ] && claim_n=900 || claim_n=910
        for lane in 0 1 2 3; do
            shows "it takes users of lane $lane" once 201 $name $lane $((claim_n + lane))
        done
    done
    shows "a campaign is paused at one" pauses 200 "$first"
    shows "which binds the other, though it has not heard" bound "$first_template" b 0 1 2 3
    shows "and itself" bound "$first_template" a 0 1 2 3
    heals a b
    shows "they find each other again" waits alive a 2
    shows "both" waits alive b 2
    echo "servers that were cut off from each other: $(($(abort_count) - aborts)) batches ran again"
}
round=apart
goes apart
kept "servers that are cut off from each other"

# ---- a server and a shard, for a while -----------------------------------------------------------

short_cut() {
    cuts a s1
    sleep 1
    heals a s1
}
round=short
goes short_cut
kept "a shard that is cut off from a server for a second"
shows "and nobody had to ask twice" at_first

# ---- a server and a shard, for longer ------------------------------------------------------------

# in_a_commit STATUS NAME LANE: a claim there is in a commit that waits for the replica; nobody else
# asks for anything, so no other claim is. $pending will have its answer, as claim 901 of the round.
in_a_commit() {
    counted=$(sum 'SELECT count(*) FROM coupon')
    cuts s1 r
    (patience=40 && once "$1" "$2" "$3" 901) &
    pending=$!
    waits commits_wait "$2"
}
# durable: that commit is done, and whose it was cannot be told.
durable() {
    heals s1 r
    waits none_waits "$1" && equal $((counted + 1)) "$(sum 'SELECT count(*) FROM coupon')"
}
# again NAME LANE: what is pending, by the same key, there; the answer in again.
again() {
    is=$(patience=12 && ask "$1" "$office" POST /v1/claims \
        "{\"user\": \"$(user_of "$2")\", \"template\": \"$template\"}" "$round-901" \
        "$scratch/again")
    equal "$is" 201
}
coupon_again() { jq -r '.coupons[0].id' "$scratch/again"; }
away() { equal "$(curl -s -m 5 "$(url_of a)/readyz")" "$1"; }
has_time() { grep -qi '^retry-after: [0-9]' "$scratch/claim.$round.$1.head"; }
by() { equal "$1" "$(jq -r .code "$scratch/claim.$round.$2")"; }
done_or_told() { once 201 "$@" || by unavailable "$3"; }
# others: while the pending one is, users of the other shard are asked for at the same server.
others() {
    slowest=0 asked=0
    while kill -0 "$pending" 2>/dev/null; do
        asked=$((asked + 1))
        once 201 a $((asked % 2)) $((1000 + asked)) || return 1
        [ "$took" -le $slowest ] || slowest=$took
    done
    [ $asked -gt 0 ] && wait "$pending"
}
round=long
shows "a claim is in a commit" in_a_commit 503 a 2
cuts a s1
shows "which nobody can be told of" durable a
again b 2 &
repeating=$!
load_begins
shows "users of the other server's lanes are served" once 201 b 3 902
shows "wherever they ask" once 201 a 3 903
shows "the first one does not know: 503; it serves users of the other shard" others
echo "a shard that is cut off from a server: the slowest of $asked in the other took $slowest ms"
shows "and says that it does not" by unknown 901
shows "and when to come again" has_time 901
shows "the other server gives the coupon to the same key" wait "$repeating"
pauses 202 "$second" &
pausing=$!
shows "who comes later is told as well" once 503 a 2 904
shows "sooner" [ "$took" -le 5000 ]
shows "that nothing has happened" by unavailable 904
shows "and when to come again" has_time 904
shows "the other server does it, or says so" done_or_told b 2 905
shows "the shard is named" waits away '{"status":"ready","shards_away":[1]}'
shows "a pause gets not everywhere" wait "$pausing"
shows "and says where" grep -qi '^quan-unreached-shards: 1.$' "$scratch/paused.head"
shows "it binds where it got to" waits bound "$second_template" a 0 1
shows "at both" bound "$second_template" b 0 1
heals a s1
shows "the cut is healed" waits once 201 a 2 904
shows "for the other's calls" waits once 201 b 2 905
shows "no shard is named" waits away '{"status":"ready"}'
shows "the pause binds there" waits bound "$second_template" a 2 3
shows "at both" waits bound "$second_template" b 2 3
shows "what it did not know it does" once 201 a 2 901
shows "as the other one did" equal "$(coupon_of 901)" "$(coupon_again)"
load_ends
before=$counted
kept "a shard that is cut off from a server"

# ---- the answer to a commit ----------------------------------------------------------------------

# says EVENT: how often b has.
says() { grep -c "\"event\":\"$1\"" "$scratch/b.log"; }
said_more() { [ "$(says "$1")" -gt "$2" ]; }
round=lost
unknown=$(says "a commit was not answered")
found=$(says "what has become of it")
shows "a claim is in a commit" in_a_commit 201 b 3
loses s1 b
shows "whose answer is lost" durable b
load_begins
shows "who waits for it notices" waits said_more "a commit was not answered" "$unknown"
heals s1 b
shows "and finds out" waits said_more "what has become of it" "$found"
grep '"what has become of it"' "$scratch/b.log" | tail -n 1 | jq -r '"it was " + .result'
wait "$pending"
shows "the same key gets the coupon" waits once 201 b 3 901
coupon=$(coupon_of 901)
shows "and at the other server" again a 3
shows "the same" equal "$coupon" "$(coupon_again)"
load_ends
before=$counted
kept "an answer to a commit that is lost"

# ---- the end -------------------------------------------------------------------------------------

shows "one ends well" down b
shows "the other ends well" down a
# Connections that ended while they were cut off are there until their ends arrive.
sql s1 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name LIKE 'quan%'" >"$scratch/ended"
shows "and all agrees" waits quan verify
counted
