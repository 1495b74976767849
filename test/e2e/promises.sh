#!/bin/sh
# What the pages promise: every `quan` command that a page or a help text shows ends well as pasted
# (but for ids, secrets and places), every path of the API that a page names is there, every metric
# is emitted, and every setting takes the ends of its range.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$(pwd)
build=${QUAN_BUILD:-build/release}
PATH=$(cd "$build" && pwd):$PATH
# That commands end well is shown here; what lasts, in test/fault.
if [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi
scratch=$(mktemp -d) || exit 1
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
. test/lib/shows.sh
. test/lib/serving.sh

# ---- commands ------------------------------------------------------------------------------------

# The commands of the pages, one a line: what a backslash ends goes on. They get a place of their
# own for the one that they name. Those of docs/operate/service.md are run by service.sh, of
# postgresql.md by database.sh and servers.sh.
pages="README.md docs/operate/[!ps]*.md docs/integrate/*.md docs/reference/commands.md"
# shellcheck disable=SC2086
sed -n ':more; /^quan .*\\$/ { N; s/\\\n *//; b more; }; s/ *# .*//
    /^quan codes /s/_0h8[0-9a-z]*/_…/g; /^quan /p' $pages | sort -u >"$scratch/commands"
shows "the pages show commands" [ "$(wc -l <"$scratch/commands")" -ge 25 ]

lib=$scratch/lib
merchant=$(quan admin merchant create --data "$lib" --name Shop --zone UTC --currency USD --json |
    jq -r .id)
secret=$(quan admin key create --data "$lib" --merchant "$merchant" 2>/dev/null)
operator=$(quan admin key create --data "$lib" --operator 2>/dev/null)

openssl rand -hex 32 >"$scratch/code.key"

# The file that a command on scenarios is shown with: the tutorial's first.
sed -n "/<<'END'/,/^END/ { /END/d; p; }" docs/tutorial/scenarios.md | head -n 1 \
    >"$scratch/scenarios.jsonl"

# here COMMAND: with ids, secrets and places that are.
here() {
    key=$(quan admin key create --data "$lib" --merchant "$merchant" --json | jq -r .id)
    own=$secret
    case $1 in *" backup "*) own=$operator ;; esac
    printf '%s\n' "$own" >"$scratch/key"
    echo "$1" | sed "s|@/[a-z/.]*|@$scratch/key|; s|SECRET|$own|
        s|/var/lib/quan|$lib|; s|/var/backups/quan|$scratch/backups|
        s|http://127.0.0.1:8080|$url|; s|/run/quan.url|$scratch/url|; s|--data DIR|--data $lib|
        s|/etc/quan/code.key|$scratch/code.key|
        s|mer_[0-9a-z…]*|$merchant|; s|key_[0-9a-z]*|$key|; s|--scale 10 |--scale 1 |
        s|--seconds 10|--seconds 1|; s|--rate 5000|--rate 200 --seconds 1|"
}

# ---- commands on codes: a shop of their own ------------------------------------------------------

shop=$scratch/shop
counter=$(quan admin merchant create --data "$shop" --name Codes --zone UTC --currency USD --json |
    jq -r .id)
quan admin key create --data "$shop" --merchant "$counter" >"$scratch/counter" 2>/dev/null
QUAN_KEY=@$scratch/counter
export QUAN_KEY

# api METHOD PATH BODY: of the shop; the answer.
api() {
    curl -s -X "$1" "$url$2" -H "Authorization: Bearer $(cat "$scratch/counter")" \
        -H "Idempotency-Key: $2-$(echo "$3" | cksum | tr ' ' -)" \
        -H 'Content-Type: application/json' -d "$3"
}
# one KIND OPTION…: makes one, and tells its id.
one() {
    made=$1
    shift
    quan codes "$made" create --json "$@" | jq -r .id
}
window='{"from":"2026-01-01T00:00:00Z","until":"2100-01-01T00:00:00Z"}'
stock() {
    id=$(api POST /v1/campaigns \
        "{\"name\":\"Codes\",\"claim_window\":$window,\"use_window\":$window}" | jq -r .id)
    template=$(api POST "/v1/campaigns/$id/templates" '{"name":"Off","benefit":{"kind":"amount_off",
        "amount":{"amount":100,"currency":"USD"}},
        "validity":{"kind":"after_issue","duration_days":7}}' | jq -r .id)
    cinema=$(api POST "/v1/campaigns/$id/templates" '{"name":"Tempo","benefit":{"kind":"hand_over"},
        "asset":{"type":"music"},"partner_codes":{"partner":"Tempo"},
        "validity":{"kind":"after_issue","duration_days":7}}' | jq -r .id)
    api POST "/v1/campaigns/$id/state" '{"state":"active"}' >/dev/null
    format=$(one format --name Own --prefix Z --length 12 --expected-codes 1000)
    batch=$(one batch --name Own --format "$format" --template "$template" --count 9)
    word=$(one word --template "$template" FIRST)
    coupon=$(quan codes exchange --user u --json first | jq -r .coupon.id)
}
echo '{"lines":[{"sku":"a","unit_price":{"amount":250,"currency":"USD"},"quantity":1}]}' \
    >"$scratch/cart.json"
echo 'correct horse battery staple' >"$scratch/pass"
printf 'ann\nbob\n' >"$scratch/ids.txt"
format=
# on_codes COMMAND: with a format, batch, word and codes that are. Lines of pages come in order, so
# the format of coupons is there before a coupon is looked up, and one server does for all of them.
on_codes() {
    [ "$server" ] || up --data "$shop" --code-key-file "$scratch/code.key" || return 1
    export QUAN_SERVER="$url"
    [ "$format" ] || stock
    case $1 in *--resume*) ;; *) rm -f "$scratch"/cinema.* ;; esac
    case $1 in *" decrypt "*) quan codes export --encrypt --passphrase-file "$scratch/pass" \
        --to "$scratch/cinema.quan" "$batch" ;; esac
    printf 'code\nSPA-7731\n' | gzip | tee "$scratch/partner.csv.gz" >"$scratch/tempo.csv.gz"
    printf 'user\nu-1001\nu-1002\n' | tee "$scratch/users.csv" | gzip >"$scratch/users.csv.gz"
    rm -rf "$scratch/lists"
    of=$batch at=$template
    case $1 in *" import "* | *" batch finish "* | *" batch cancel "*)
        of=$(api POST /v1/codes/imports \
            "{\"name\":\"For $(echo "$1" | cksum)\",\"template\":\"$template\"}" | jq -r .id) ;;
    *" bind "*)
        of=$(one batch --name Each --format "$format" --template "$template" --count 9 \
            --personal true) ;;
    *" supply "* | *" partner show "*) at=$cinema ;;
    *" lock lift "*) # somebody who has guessed
        ! quan codes exchange --user u-1001 --client-address 192.0.2.7 GUESSED >/dev/null 2>&1 ;;
    esac
    exchange=$(one batch --name One --format "$format" --template "$template" --count 1)
    shown=$(api GET "/v1/coupons/$coupon" '' | jq -r .code)
    command=$(echo "$1" | sed "s|@/[a-z/.]*|@$scratch/counter|; s|SECRET|@$scratch/counter|
        s|http://127.0.0.1:8080|$url|; s|cfm_[0-9a-z…]*|$format|; s|cbt_[0-9a-z…]*|$of|
        s|cwd_[0-9a-z…]*|$word|; s|tpl_[0-9a-z…]*|$at|; s|W-7K2M[0-9A-Z-]*|$shown|
        s|/etc/quan/cinema.pass|$scratch/pass|
        s|P-7K2M[0-9A-Z-]*|$(quan codes export "$exchange" | tail -n 1)|")
    (cd "$scratch" && eval "$command") </dev/null
    got=$?
    unset QUAN_SERVER
    [ $got -eq 0 ] || echo "status $got: $command"
    [ $got -eq 0 ]
}

# on_transfers COMMAND: with a coupon of u-1 that may go on, and an offer of one, in the same shop.
gift=
on_transfers() {
    [ "$server" ] || up --data "$shop" --code-key-file "$scratch/code.key" || return 1
    export QUAN_SERVER="$url"
    if [ -z "$gift" ]; then
        id=$(api POST /v1/campaigns \
            "{\"name\":\"Gifts\",\"claim_window\":$window,\"use_window\":$window}" | jq -r .id)
        gift=$(api POST "/v1/campaigns/$id/templates" '{"name":"Gift","transfer":{"at_most":1},
            "benefit":{"kind":"amount_off","amount":{"amount":100,"currency":"USD"}},
            "validity":{"kind":"after_issue","duration_days":7}}' | jq -r .id)
        api POST "/v1/campaigns/$id/state" '{"state":"active"}' >/dev/null
    fi
    two=$(api POST /v1/claims "{\"user\":\"u-1\",\"template\":\"$gift\",\"count\":2,
        \"store\":\"$(echo "$1" | cksum | tr ' ' -)\"}")
    mine=$(echo "$two" | jq -r '.coupons[0].id')
    to=',"to":"u-2"'
    case $1 in *" lookup "*) to= ;; esac
    offer=$(api POST /v1/offers \
        "{\"user\":\"u-1\",\"coupon\":$(echo "$two" | jq '.coupons[1].id')$to}")
    command=$(echo "$1" | sed "s|cpn_[0-9a-z]*|$mine|
        s|trf_[0-9a-z]*_[0-9a-f]*|$(echo "$offer" | jq -r .token)|
        s|trf_0h8[0-9a-z]*|$(echo "$offer" | jq -r .transfer)|")
    (cd "$scratch" && eval "$command") </dev/null
    got=$?
    unset QUAN_SERVER
    [ $got -eq 0 ] || echo "status $got: $command"
    [ $got -eq 0 ]
}

# on_phones COMMAND: in the same shop.
on_phones() {
    [ "$server" ] || up --data "$shop" --code-key-file "$scratch/code.key" || return 1
    export QUAN_SERVER="$url"
    echo '+86 138 0013 8000' >"$scratch/number.txt"
    (cd "$scratch" && eval "$1") </dev/null
    got=$?
    unset QUAN_SERVER
    return $got
}

# on_users COMMAND: with users who have a coupon each, one who is just becoming
# another, and one who is just being forgotten.
on_users() {
    [ "$server" ] || up --data "$shop" --code-key-file "$scratch/code.key" || return 1
    export QUAN_SERVER="$url"
    for each in u-3 u-4 u-7 u-8 u-1001; do
        api POST /v1/claims "{\"user\":\"$each\",\"template\":\"$template\",
            \"store\":\"$(echo "$1" | cksum | tr ' ' -)\"}" >/dev/null
    done
    move=$(api POST /v1/users/u-4/merge '{"into":"u-1001"}' | jq -r .id)
    erasure=$(api POST /v1/users/u-8/erase '{}' | jq -r .id)
    command=$(echo "$1" | sed "s|mov_[0-9a-z…]*|$move|; s|ers_[0-9a-z…]*|$erasure|")
    (cd "$scratch" && eval "$command") </dev/null
    got=$?
    unset QUAN_SERVER
    [ $got -eq 0 ] || echo "status $got: $command"
    [ $got -eq 0 ]
}

# until_told COMMAND: one that runs until Ctrl-C; it has said how to try it by then.
until_told() {
    $1 >"$scratch/dev" 2>&1 </dev/null &
    server=$!
    waits grep -q 'Ctrl-C' "$scratch/dev"
    down && return 0
    cat "$scratch/dev"
    return 1
}

# on_webhooks COMMAND: with one that is, of the same shop.
on_webhooks() {
    [ "$server" ] || up --data "$shop" --code-key-file "$scratch/code.key" || return 1
    export QUAN_SERVER="$url"
    hook=$(quan webhooks create --json https://shop.example/ | jq -r .id)
    command=$(echo "$1" | sed "s|whk_[0-9a-z…]*|$hook|")
    (cd "$scratch" && eval "$command") </dev/null
    got=$?
    unset QUAN_SERVER
    [ $got -eq 0 ] || echo "status $got: $command"
    [ $got -eq 0 ]
}

# runs COMMAND: one of the pages.
runs() {
    is=0
    case $1 in
    *" complete-journey "*) return 0 ;; # needs the data: test/replay
    "quan codes "*)
        on_codes "$1"
        return
        ;;
    "quan transfers "*)
        on_transfers "$1"
        return
        ;;
    "quan phones "*)
        on_phones "$1"
        return
        ;;
    "quan users "*)
        on_users "$1"
        return
        ;;
    "quan webhooks "*)
        on_webhooks "$1"
        return
        ;;
    esac
    [ -z "$server" ] || down || return 1 # the shop's
    case $1 in
    "quan cluster dev"*)
        until_told "$1"
        return
        ;;
    *" retry "* | *" drop "*) is=1 ;;   # there is nothing in quarantine: test/fault
    *" --server "*)
        up --data "$lib" || return 1
        command=$(here "$1" 2>/dev/null)
        ;;
    "quan serve "*)
        command=$(here "$1" | sed 's/^quan serve//; s/--http-port [0-9]*//; s/--ready-file [^ ]*//')
        case $command in *--data*) ;; *) command="--data $lib $command" ;; esac
        # shellcheck disable=SC2086
        up $command || return 1
        down
        return
        ;;
    esac
    case $1 in
    *" --server "*) ;;
    *" restore "*"--data"*) command=$(here "$1" | sed "s|--data [^ ]*|--data $scratch/restored|") ;;
    *" admin key create "* | *" admin key rotate "*)
        command=$(here "$1")
        case $command in *--data*) ;; *) command="$command --data $lib" ;; esac
        ;;
    *) command=$(here "$1") ;;
    esac
    case $command in *" backup "* | *" restore --from"*"--data"*)
        rm -rf "$scratch/restored"
        case $command in *" backup "*) rm -rf "$scratch/backups" ;; esac ;;
    esac
    echo "$command"
    (cd "$scratch" && eval "$command") </dev/null
    got=$?
    case $1 in *" --server "*) down || return 1 ;; esac
    [ $got -eq $is ] || echo "status $got: $command"
    [ $got -eq $is ]
}
# A backup comes before what restores it.
{ grep ' backup ' "$scratch/commands"; grep -v ' backup ' "$scratch/commands"; } \
    >"$scratch/ordered"
url=
while read -r line; do
    shows "$line" runs "$line" </dev/null
done <"$scratch/ordered"
[ -z "$server" ] || down

# ---- the API -------------------------------------------------------------------------------------

shows "a server" up --data "$lib"
curl -s "$url/openapi.json" |
    jq -r '.paths | to_entries[] | .key as $path | .value | keys[] | ascii_upcase + " " + $path' |
    sed 's/{[a-z_]*}/{}/g' | sort -u >"$scratch/there"
# shellcheck disable=SC2046
grep -ohE '\b(GET|POST|PUT|PATCH|DELETE) /v1/[][a-zA-Z0-9_{}/]*' README.md \
    $(find docs -name '*.md' ! -path 'docs/reference/*' ! -path 'docs/tutorial/*') |
    sed 's/{[a-z_]*}/{}/g' | sort -u >"$scratch/named"
shows "the pages name paths" [ "$(wc -l <"$scratch/named")" -ge 10 ]
shows "each of them is there" sh -c "[ -z \"\$(comm -23 '$scratch/named' '$scratch/there' |
    tee /dev/stderr)\" ]"

# ---- metrics -------------------------------------------------------------------------------------

curl -s "$url/metrics" >"$scratch/metrics"
# shellcheck disable=SC2016
grep -oE '^\| `quan_[a-z_]*`' docs/reference/metrics.md | grep -oE 'quan_[a-z_]*' >"$scratch/told"
shows "the reference tells metrics" [ "$(wc -l <"$scratch/told")" -ge 20 ]
while read -r name; do
    shows "$name is emitted" grep -qE "^$name(_count)?[ {]" "$scratch/metrics"
done <"$scratch/told"
grep -ohE '\bquan_[a-z_]*' README.md docs/*/*.md | sed 's/_bucket$//' | sort -u |
    while read -r name; do grep -qx "$name" "$scratch/told" || echo "$name"; done >"$scratch/other"
shows "the pages name no other" [ ! -s "$scratch/other" ]
shows "the server ends well" down

# ---- logs ----------------------------------------------------------------------------------------

trace=0af7651916cd43dd8448eb211c80319c
shows "a server that logs all" up --data "$lib" --log-level debug
curl -s -H "traceparent: 00-$trace-b7ad6b7169203331-01" "$url/v1/coupons/none" >"$scratch/answer"
shows "a problem names its log line" grep -q "\"trace_id\":\"$trace\"" "$scratch/answer"
shows "which ends well" down
line="\"path\":\"/v1/coupons/none\",\"status\":401,.*\"trace_id\":\"$trace\""
shows "and has what was asked" grep -q "\"method\":\"GET\",$line" "$scratch/log"

# ---- settings ------------------------------------------------------------------------------------

# | `name` | `--flag` | `VARIABLE` | `default` | 1 to 2 unit | …
# shellcheck disable=SC2016
sed -n 's/^| `\([a-z_]*\)` | `\(--[a-z-]*\)` .* | \([0-9]*\) to \([0-9]*\)[ |].*/\1 \2 \3 \4/p' \
    docs/reference/settings.md |
    grep -Ev '^(data|store|http_address|http_port|code_key_file|webhook_networks) ' |
    grep -Ev '^peer(s|_[a-z_]*) ' \
        >"$scratch/settings"
shows "the reference tells settings" [ "$(wc -l <"$scratch/settings")" -ge 15 ]
# takes FLAG VALUE: it serves, and ends well.
takes() {
    rm -rf "$scratch/fresh"
    up --data "$scratch/fresh" "$1" "$2" || return 1
    answer=$(curl -s -m 5 "$url/livez")
    down && [ "$answer" = '{"status":"alive"}' ]
}
while read -r _ flag least most; do
    shows "$flag $least" takes "$flag" "$least" </dev/null
    shows "$flag $most" takes "$flag" "$most" </dev/null
done <"$scratch/settings"

cd "$root" || exit 1
counted
