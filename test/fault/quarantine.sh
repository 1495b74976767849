#!/bin/sh
# An act that crashes the server: once, and it is tried again; twice, and it is quarantined, and the
# server stays up. `quan_poisoned` is quan with acts that crash on demand (test/poison/poison.c).
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
quan=${QUAN_BUILD:-build/release}/quan_poisoned
scratch=$(mktemp -d) || exit 1
data=$scratch/data
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
. test/lib/shows.sh
evidence="answer log"
# shellcheck disable=SC3045
ulimit -c 0 # dash has it


# ---- the server ----------------------------------------------------------------------------------

# start [NAME=VALUE…]: with this poison; whether it gets ready is another matter.
start() {
    rm -f "$scratch/url"
    env "$@" "$quan" serve --data "$data" --lanes 2 --http-port 0 --ready-file "$scratch/url" \
        --sweep-interval-ms 20 --log-level warn >/dev/null 2>>"$scratch/log" &
    server=$!
}

# up [NAME=VALUE…]: the same, until it is ready.
up() {
    start "$@"
    for _ in $(seq 400); do
        [ -s "$scratch/url" ] && url=$(cat "$scratch/url") && return 0
        sleep 0.05
    done
    return 1
}

# died SIGNAL: it ends, by this signal.
died() {
    for _ in $(seq 400); do
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    wait "$server"
    is=$?
    server=
    [ "$is" -eq $((128 + $1)) ] || { echo "status $is"; return 1; }
}

# stopped: it is still there, and ends well.
stopped() {
    kill "$server" || return 1
    wait "$server"
    is=$?
    server=
    [ "$is" -eq 0 ]
}

# post STATUS PATH KEY BODY: 000 is a connection that broke.
post() {
    is=$(curl -s -o "$scratch/answer" -w '%{http_code}' -X POST "$url$2" \
        -H "Authorization: Bearer $key" -H "Idempotency-Key: $3" \
        -H 'Content-Type: application/json' -d "$4")
    [ "$is" = "$1" ] || { echo "status $is, not $1"; return 1; }
}
field() { jq -r "$1" "$scratch/answer"; }

# claims STATUS KEY USER
claims() { post "$1" /v1/claims "$2" "{\"user\":\"$3\",\"template\":\"$template\"}"; }

metric() { curl -s "$url/metrics" | grep -qx "quan_quarantined $1"; }

# ---- the data directory --------------------------------------------------------------------------

admin() { "$quan" admin "$@" --data "$data"; }
# listed FILTER VALUE: of the list as JSON.
listed() {
    admin quarantine list --json >"$scratch/list" || return 1
    is=$(jq -r "$1" "$scratch/list")
    [ "$is" = "$2" ] || { echo "$1 is $is, not $2"; cat "$scratch/list"; return 1; }
}
first() { jq -r '.[0].id' "$scratch/list"; }
# sound N: verify finds nothing, and N that are held.
sound() {
    "$quan" verify --data "$data" --json >"$scratch/verified" &&
        [ "$(jq .quarantined "$scratch/verified")" = "$1" ] && return 0
    cat "$scratch/verified"
    return 1
}

# ---- a shop --------------------------------------------------------------------------------------

merchant=$(admin merchant create --name Shop --zone UTC --currency USD --json | jq -r .id)
key=$(admin key create --merchant "$merchant" 2>/dev/null)
window='{"from":"2020-01-01T00:00:00Z","until":"2099-01-01T00:00:00Z"}'
shows "a server starts" up
shows "a campaign" post 201 /v1/campaigns c1 \
    "{\"name\":\"Sale\",\"claim_window\":$window,\"use_window\":$window}"
campaign=$(field .id)
shows "is active" post 200 "/v1/campaigns/$campaign/state" c2 '{"state":"active"}'

# make_template STOCK: a template with this stock, in $template.
make_template() {
    post 201 "/v1/campaigns/$campaign/templates" "t-$1" "{\"name\":\"Five off\",\"stock\":$1,
        \"benefit\":{\"kind\":\"amount_off\",\"amount\":{\"amount\":500,\"currency\":\"USD\"}},
        \"validity\":{\"kind\":\"after_issue\",\"duration_days\":30}}" || return 1
    template=$(field .id)
}

# ---- an act of a client --------------------------------------------------------------------------

shows "a template" make_template 500
shows "a coupon before all" claims 201 good-1 alice
before=$(cat "$scratch/answer")
shows "the server stops" stopped
shows "it leaves nothing in hand" listed length 0

poison="POISON_HOW=abort POISON_ISSUE=boom"
# shellcheck disable=SC2086
shows "a poisoned server" up $poison
shows "the act breaks the connection" claims 000 bad-1 boom
shows "because the server died" died 6
shows "healthy again, the act is tried again" up
shows "and done" claims 201 bad-1 boom
shows "the server stops" stopped
shows "the act is not suspect any more" listed length 0

for how in abort fault kill; do
    case $how in abort) signal=6 ;; fault) signal=11 ;; kill) signal=9 ;; esac
    poison="POISON_HOW=$how POISON_ISSUE=$how"
    # shellcheck disable=SC2086
    shows "$how: a poisoned server" up $poison
    shows "$how: one crash" claims 000 "$how-1" $how
    shows "$how: by its signal" died "$signal"
    # shellcheck disable=SC2086
    shows "$how: it starts again" up $poison
    shows "$how: the act is tried again" claims 000 "$how-1" $how
    shows "$how: a second crash" died "$signal"
    # shellcheck disable=SC2086
    shows "$how: it starts again" up $poison
    shows "$how: now the act is refused" claims 500 "$how-1" $how
    shows "$how: because it is quarantined" [ "$(field .code)" = quarantined ]
    shows "$how: each time" claims 500 "$how-1" $how
    shows "$how: others go on" claims 201 "$how-2" bob
    shows "$how: with the same key, too" claims 201 "$how-1" carol
    shows "$how: the metric tells" metric 1
    shows "$how: what was acknowledged is there" claims 201 good-1 alice
    shows "$how: to the byte" [ "$(cat "$scratch/answer")" = "$before" ]
    shows "$how: the server stays up" stopped
    shows "$how: the books agree" sound 1
    shows "$how: it is listed" listed '.[0] | "\(.kind) \(.act) \(.crashes) \(.held)"' \
        'keyed issue 2 true'
    shows "$how: the log has it" grep -q '"act":"issue".*"crashes":2,"quarantined":true' \
        "$scratch/log"
    shows "$how: it may be tried again" admin quarantine retry "$(first)"
    shows "$how: nothing is listed" listed length 0
    shows "$how: mended" up
    shows "$how: it is done" claims 201 "$how-1" $how
    shows "$how: and stays so" stopped
done

# ---- limits by device ----------------------------------------------------------------------------

# claims_by STATUS… KEY USER DEVICE: any of the statuses.
claims_by() {
    many=$1
    shift
    post "${many%% *}" /v1/claims "$1" \
        "{\"user\":\"$2\",\"template\":\"$template\",\"subjects\":{\"device\":\"$3\"}}" ||
        case " $many " in *" $is "*) ;; *) return 1 ;; esac
}
shows "device: a server" up
shows "device: a template with a limit" post 201 "/v1/campaigns/$campaign/templates" t-device \
    '{"name":"One a device",
      "limits":[{"measure":"claims","subject":"device","period":"ever","max":1}],
      "benefit":{"kind":"amount_off","amount":{"amount":500,"currency":"USD"}},
      "validity":{"kind":"after_issue","duration_days":30}}'
template=$(field .id)
shows "device: the server stops" stopped

poison="POISON_HOW=abort POISON_RESERVE=gina POISON_MERCHANT=$merchant"
for crash in first second; do
    # shellcheck disable=SC2086
    shows "reserve: the $crash start" up $poison
    shows "reserve: crashes" claims_by 000 "reserve-$crash" gina d1
    shows "reserve: by its signal" died 6
done
shows "reserve: mended" up
shows "reserve: the device is quarantined" claims_by 500 reserve-3 gina d1
shows "reserve: and says so" [ "$(field .code)" = quarantined ]
shows "reserve: for every user" claims_by 500 reserve-4 henry d1
shows "reserve: others go on" claims_by 201 reserve-5 gina d2
shows "reserve: the server stops" stopped
shows "reserve: the books agree" sound 1
shows "reserve: it is listed, with what it works on" listed \
    '.[0] | "\(.kind) \(.act) \(.crashes) \(.held) \(.item > 0)"' \
    'own limit_reserve_claim 2 true true'
shows "reserve: it may be tried again" admin quarantine retry "$(first)"

# What was taken stays taken while its confirmation waits: a check, past the deadline of 10 s, may
# not let it go.
# asked: a check was sent.
asked() {
    for _ in $(seq 400); do
        curl -s "$url/metrics" |
            grep -q '^quan_saga_tries_total{event="late",kind="limit"} [1-9]' && return 0
        sleep 0.05
    done
    echo "nobody asked"
    return 1
}
poison="POISON_HOW=abort POISON_SETTLE=yes"
# shellcheck disable=SC2086
shows "settle: a poisoned server" up $poison
shows "settle: a claim" claims_by "201 000" settle-1 iris d3
shows "settle: whose confirmation crashes" died 6
# shellcheck disable=SC2086
start $poison
shows "settle: again" died 6
# shellcheck disable=SC2086
shows "settle: the third start stays" up $poison
shows "settle: and has set the message aside" metric 1
shows "settle: past the deadline it is asked about" asked
shows "settle: what it took is still taken" claims_by 503 settle-2 jack d3
shows "settle: another device is free" claims_by "201 000" settle-3 jack d4
shows "settle: which crashes, too" died 6
shows "settle: mended" up
shows "settle: the first one has its answer" claims_by 201 settle-1 iris d3
shows "settle: the server stops" stopped
shows "settle: the books agree" sound 1
shows "settle: it is listed" listed '[.[] | select(.held)] | "\(length) \(.[0].act)"' \
    '1 limit_settle'
shows "settle: what it keeps is listed" admin sagas --json
cp "$scratch/said" "$scratch/sagas"
shows "settle: as quarantined" [ "$(jq -r '.[] | "\(.kind) \(.state)"' "$scratch/sagas")" = \
    "limit_reservation quarantined" ]
shows "settle: it may be tried again" admin quarantine retry \
    "$(jq -r '.[] | select(.held) | .id' "$scratch/list")"
shows "settle: the books agree then" sound 0
shows "settle: nothing is kept" [ "$(admin sagas --json | jq length)" = 0 ]
shows "settle: it goes on" up
shows "settle: and is counted" claims_by 409 settle-4 jack d3
shows "settle: for good" [ "$(field .code)" = limit_reached ]
shows "settle: the server stops" stopped

# ---- a message between lanes ---------------------------------------------------------------------

# A lane's first grant of 1,000 pieces is of 125; the next ones are of less.
poison="POISON_HOW=abort POISON_GRANT=125"
for way in retry drop; do
    # shellcheck disable=SC2086
    shows "$way: a poisoned server" up $poison
    if [ $way = retry ]; then stock=1000; else stock=1001; fi
    shows "$way: a template" make_template $stock
    shows "$way: its first claim" claims 000 "$way-1" dave
    shows "$way: crashes where the pieces arrive" died 6
    # shellcheck disable=SC2086
    start $poison
    shows "$way: so does the next start" died 6
    # shellcheck disable=SC2086
    shows "$way: the third one stays" up $poison
    shows "$way: and has set the message aside" metric 1
    shows "$way: the claim is done with other pieces" claims 201 "$way-1" dave
    shows "$way: the server stops" stopped
    shows "$way: the books agree, with what is set aside on its way" sound 1
    shows "$way: it is listed" listed '.[0] | "\(.kind) \(.act) \(.crashes) \(.held)"' \
        'message lease_grant 2 true'
    shows "$way: with what it says" listed '.[0].message | test("^[0-9a-f]+$")' true
    shows "$way: it is ended" admin quarantine $way "$(first)"
    shows "$way: nothing is listed" listed length 0
    if [ $way = retry ]; then
        shows "retry: the books agree" sound 0
    else
        "$quan" verify --data "$data" >"$scratch/verified"
        shows "drop: the books tell what is lost" [ $? -eq 4 ]
        shows "drop: by template" grep -q "stock of $template lane . *out: expected" \
            "$scratch/verified"
    fi
done
shows "what is no id is refused" sh -c "! '$quan' admin quarantine drop --data '$data' hello"
shows "nor one that is not there" sh -c \
    "! '$quan' admin quarantine drop --data '$data' qrt_0000000000001"

# ---- the server's own work -----------------------------------------------------------------------

cart='{"lines":[{"sku":"tea","quantity":1,"unit_price":{"amount":3000,"currency":"USD"}}]}'
# hold USER: a coupon of it, for a second.
hold() {
    claims 201 "own-$1" "$1" || return 1
    post 201 /v1/holds "hold-$1" "{\"user\":\"$1\",\"order_number\":\"o-$1\",\"cart\":$cart,
        \"coupons\":[\"$(field '.coupons[0].id')\"],\"hold_seconds\":1}"
}
# released COUNT: so many events say so.
released() {
    for _ in $(seq 100); do
        is=$(curl -s "$url/v1/events?limit=1000" -H "Authorization: Bearer $key" |
            jq '[.events[] | select(.type == "coupon_released")] | length')
        [ "$is" = "$1" ] && return 0
        sleep 0.05
    done
    echo "$is released, not $1"
    return 1
}
poison="POISON_HOW=abort POISON_SWEEP=erin POISON_MERCHANT=$merchant"
# shellcheck disable=SC2086
shows "sweep: a poisoned server" up $poison
shows "sweep: a hold" hold erin
shows "sweep: and another" hold frank
shows "sweep: whose end crashes" died 6
# shellcheck disable=SC2086
start $poison
shows "sweep: again" died 6
# shellcheck disable=SC2086
shows "sweep: the third start stays" up $poison
shows "sweep: the others are swept" released 1
shows "sweep: the metric tells" metric 1
shows "sweep: and all else goes on" claims 201 own-2 erin
shows "sweep: the server stops" stopped
shows "sweep: it is listed" listed '.[0] | "\(.kind) \(.act) \(.crashes) \(.held)"' \
    'own sweep 2 true'
shows "sweep: it may be tried again" admin quarantine retry "$(first)"
shows "sweep: mended" up
shows "sweep: both are swept" released 2
shows "sweep: the server stops" stopped

counted
