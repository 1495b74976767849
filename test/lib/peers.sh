#!/bin/sh
# peers.sh: two servers, a and b, of one store in throw-away databases, for the tests in sh; each
# reads it with `.` behind shows.sh and asks.sh, when the pipe $scratch/in is made. quan is on PATH.
# The test sets $peers, $QUAN_STORE, $nodes (the primaries), and may set $more (lines of settings)
# and $position (a header of what is asked). Its trap ends $a_pid, $b_pid and $cluster.
# shellcheck disable=SC2154,SC2034 # what is set by those who read this, and for them
a_pid='' b_pid='' cluster='' more='' position=''
workers=8

# waits COMMAND…: until it holds; at most half a minute.
waits() {
    for _ in $(seq 600); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.05
    done
    "$@"
}
# databases ARGUMENT…: a cluster for the test, until it is ready; what it reads is descriptor 3.
databases() {
    quan cluster postgres --json "$@" <"$scratch/in" >"$scratch/out.cluster" 2>"$scratch/err" &
    cluster=$!
    exec 3>"$scratch/in"
    waits said 1
}
said() { [ "$(wc -l <"$scratch/out.cluster")" -ge "$1" ]; }
# tell WORD NODE: a word to its cluster, until it has happened.
heard=1
tell() {
    echo "$1 $2" >&3
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
    [ -z "$more" ] || echo "$more"
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
# ask NAME KEY METHOD PATH BODY IDEMPOTENCY-KEY FILE: the status of the answer; the answer in FILE,
# its head in FILE.head.
ask() {
    curl -s -m 8 -o "$7" -D "$7.head" -w '%{http_code}\n' -X "$3" \
        -H "Authorization: Bearer $2" ${position:+-H "Quan-Position: $position"} \
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
coupons() { cat "$scratch/claim.$round".*[0-9] | jq -r '.coupons[]?.id' | sort; }
# sum SQL: of the number that it gives in each shard.
sum() {
    for node in $nodes; do sql "$node" "$1"; done | awk '{ n += $1 } END { print n }'
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$(dsn "$1")" -c "$2"; }
dsn() {
    head -n 1 "$scratch/out.cluster" |
        jq -r --arg name "$1" '.nodes[] | select(.name == $name).dsn_tcp'
}

# merchant: with $office, its key; no server runs.
merchant() {
    quan admin merchant create --lanes 4 --name Shop --zone UTC --currency USD --json \
        >"$scratch/merchant" &&
        office=$(quan admin key create --merchant "$(jq -r .id "$scratch/merchant")" \
            --scopes admin,issue,redeem,read --json | jq -r .key)
}
# campaign: one that is open for ever; in $campaign.
campaign() {
    window='{"from": "2026-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}'
    office 201 a POST /v1/campaigns \
        "{\"name\": \"C\", \"claim_window\": $window, \"use_window\": $window}" &&
        campaign=$(answer .id)
}
opens() { office 200 a POST "/v1/campaigns/$campaign/state" '{"state": "active"}'; }
# template NAME [FIELDS]: a template of the campaign.
template() {
    office 201 a POST "/v1/campaigns/$campaign/templates" "{\"name\": \"$1\",
        \"validity\": {\"kind\": \"after_issue\", \"duration_days\": 7},
        \"benefit\": {\"kind\": \"amount_off\",
        \"amount\": {\"amount\": 100, \"currency\": \"USD\"}}${2:-}}" && template=$(answer .id)
}
# goes COMMAND…: $load claims at both of the template that the round is called by, or the last one;
# and the command under them.
load=400
goes() {
    template=$(eval "echo \${$round:-$template}")
    before=$(sum "select count(*) from coupon")
    many $load claim &
    claims=$!
    sleep 0.7
    "$@"
    wait "$claims"
}
all_kept() {
    equal $load "$(answered 201)" && equal $load "$(coupons | uniq | wc -l)" &&
        equal $((before + load)) "$(sum "select count(*) from coupon")"
}
