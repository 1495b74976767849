#!/bin/sh
# peers.sh: two servers, a and b, of one store in throw-away databases, for the tests in sh; each
# reads it with `.` behind scratch.sh. The test sets $peers, $QUAN_STORE, $nodes (the primaries),
# and may set $more (lines of settings) and $position (a header of what is asked).
# shellcheck disable=SC2154,SC2034 # what is set by those who read this, and for them
. test/lib/clusters.sh
. test/lib/asks.sh
a_pid='' b_pid='' more='' position=''
workers=8
# shellcheck disable=SC2086 # one that does not run is no word
no_servers() { [ -z "$a_pid$b_pid" ] || kill -9 $a_pid $b_pid 2>/dev/null; }
clear_up() {
    no_servers
    no_cluster
}
# inside NAME: what stands before the command that runs there.
inside() { :; }

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
    $(inside "$name") $(page serve |
        sed "s|/etc/quan/quan.ini|$scratch/$name.ini|; s|name a|name $name|") \
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
# ask NAME KEY METHOD PATH BODY IDEMPOTENCY-KEY FILE: the status of the answer, 000 where there is
# none in $patience seconds; the answer in FILE, its head in FILE.head.
patience=8
ask() {
    read -r url <"$scratch/$1.last"
    curl -s -m "$patience" -o "$7" -D "$7.head" -w '%{http_code}\n' -X "$3" \
        -H "Authorization: Bearer $2" ${position:+-H "Quan-Position: $position"} \
        -H "Idempotency-Key: $6" -H 'Content-Type: application/json' ${5:+-d "$5"} \
        "$url$4"
}
fresh() { cat /proc/sys/kernel/random/uuid; }
# office STATUS NAME METHOD PATH [BODY]: as the shop's office; the answer in answer.
office() {
    wanted=$1
    is=$(ask "$2" "$office" "$3" "$4" "${5:-}" "$(fresh)" "$scratch/answer")
    equal "$is" "$wanted"
}
answer() { jq -r "$1" "$scratch/answer"; }
# at_once COMMAND…: by $workers, each of which knows its number, $worker; until all have ended.
at_once() {
    for worker in $(seq $workers); do
        "$@" &
        eval "w$worker=$!"
    done
    for worker in $(seq $workers); do eval "wait \$w$worker"; done
}
# many N COMMAND…: at once; each gets a number of its own, from 1.
many() {
    n=$1
    shift
    at_once in_turn "$@"
}
in_turn() { for i in $(seq "$worker" $workers "$n"); do "$@" "$i"; done; }
# claim N: user N asks for a coupon, at one server and the other in turn, with the same key, until
# it is answered yes or no; at most 200 times.
claim() {
    began=$(date +%s%3N)
    try=0
    while [ $((try += 1)) -le 200 ]; do
        [ $((($1 + try) % 2)) -eq 0 ] && at=a || at=b
        is=$(ask "$at" "$office" POST /v1/claims \
            "{\"user\": \"$round-$1\", \"template\": \"$template\"}" "$round-$1" \
            "$scratch/claim.$round.$1")
        case $is in
        201 | 4??) break ;;
        esac
        sleep 0.05
    done
    echo "$is $(($(date +%s%3N) - began)) $try" >"$scratch/status.$round.$1"
}
answered() { cat "$scratch/status.$round".* | grep -c "^$1"; }
# longest: what the slowest of them took, in ms.
longest() { cat "$scratch/status.$round".* | cut -d' ' -f2 | sort -n | tail -n 1; }
at_first() { ! cat "$scratch/status.$round".* | grep -v ' 1$'; } # nobody had to ask twice
within() { [ "$(longest)" -le "$1" ] || { echo "$(longest) ms, not $1"; false; }; }
coupons() { cat "$scratch/claim.$round".*[0-9] | jq -r '.coupons[]?.id' | sort; }
# sum SQL: of the number that it gives in each shard.
sum() {
    for node in $nodes; do sql "$node" "$1"; done | awk '{ n += $1 } END { print n }'
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
# load_begins: claims at both, of the template $of_ROUND or else the last one; load_ends: there is
# no more of it, and all are answered.
load_begins() {
    template=$(eval "echo \${of_$round:-$template}")
    before=$(sum "select count(*) from coupon")
    at_once on_and_on claim &
    claiming=$!
}
load_ends() {
    : >"$scratch/enough.$round"
    wait "$claiming"
    load=$(claims_made)
}
# goes COMMAND…: while there are claims, of which $after are answered behind it.
after=$((4 * workers))
goes() {
    load_begins
    waits come $((2 * workers))
    "$@"
    waits come $(($(claims_made) + after))
    load_ends
}
# on_and_on COMMAND…: with one number after the other, until there is enough of the round.
on_and_on() {
    i=$worker
    while kill -0 $$ && [ ! -e "$scratch/enough.$round" ]; do
        "$@" "$i"
        i=$((i + workers))
    done
}
claims_made() { find "$scratch" -maxdepth 1 -name "status.$round.*" | wc -l; }
come() { [ "$(claims_made)" -ge "$1" ]; }
# all_kept: each was answered yes, and its coupon is there, once, and no other.
all_kept() {
    equal "$load" "$(answered 201)" && equal "$load" "$(coupons | uniq | wc -l)" &&
        equal $((before + load)) "$(sum "select count(*) from coupon")"
}
