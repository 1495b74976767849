#!/bin/sh
# Quan as docs/operate/service.md installs it: its commands, the units as far as systemd checks them
# without running them, backups by the timer's script, and nginx in front. What the page does to the
# machine happens below $scratch.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(cd "${QUAN_BUILD:-build/release}" && pwd)
PATH=$build:$PATH:/usr/sbin # nginx
scratch=$(mktemp -d) || exit 1
chmod 755 "$scratch"
. test/lib/shows.sh
. test/lib/serving.sh
proxy=
trap '[ -z "$server$proxy" ] || kill $server $proxy 2>/dev/null; rm -rf "$scratch"' EXIT
evidence="log proxy.log"
page=docs/operate/service.md
key=$scratch/etc/quan/operator.key

# ---- the page ------------------------------------------------------------------------------------

# packages_named: of every library that quan is linked with the page names the package.
packages_named() {
    objdump -p "$build/quan" | awk '$1 == "NEEDED" { print $2 }' | while read -r library; do
        path=$(ldconfig -p | awk -v name="$library" '$1 == name { print $NF; exit }')
        package=$(dpkg-query -S "$(realpath "$path")" | sed 's/:.*//' | head -n 1)
        case $package in libc6) continue ;; esac
        grep -qE "(^| )$package( |\$)" "$page" || echo "$package ($library)"
    done >"$scratch/unnamed"
    cat "$scratch/unnamed"
    [ ! -s "$scratch/unnamed" ]
}
shows "the page names the packages of all libraries" packages_named

# Its blocks, but for packages. Where it and the files that it installs say /etc, /usr and /var, it
# is ours; the port is what the kernel gives.
ours="s#/etc/quan#$scratch/etc/quan#g; s#/etc/systemd#$scratch/units#g
    s#/usr/local#$scratch/usr/local#g; s#/var/#$scratch/var/#g"
cp -r pack "$scratch/pack"
sed -i "$ours; s/^http_port = 8080/http_port = 0/" "$scratch/pack/quan.conf" \
    "$scratch"/pack/systemd/*
awk '/^```sh$/ { n++; inside = 1; next } /^```$/ { inside = 0 } inside && n > 1' "$page" |
    sed ":more; /\\\\\$/ { N; s/\\\\\n *//; b more }" | sed "/./s/\$/ || return 1/
        $ours; s# pack/# $scratch/pack/#g; s#build/release/#$build/#g; s# -o quan -g quan##
        s#http://127.0.0.1:8080#\$url#g" >"$scratch/page"
shows "the page has commands" [ "$(wc -l <"$scratch/page")" -ge 15 ]
backups=$scratch/var/backups/quan
backup() { "$scratch/usr/local/bin/quan-backup" "$url" "$key" "$backups" 7; }
# What belongs to the machine. The service begins where it would be started.
adduser() { :; }
chown() { :; }
runuser() {
    shift 3
    "$@"
}
systemctl() {
    case $* in
    "enable --now quan.service quan-backup.timer") up --settings "$scratch/etc/quan/quan.conf" ;;
    "stop quan") down ;;
    "start quan") up --settings "$scratch/etc/quan/quan.conf" ;;
    "restart quan") down && up --settings "$scratch/etc/quan/quan.conf" ;;
    "start quan-backup.service") backup ;;
    daemon-reload) : ;;
    *) return 1 ;;
    esac
}
as_it_says() {
    mask=$(umask)
    # shellcheck disable=SC1091
    . "$scratch/page" || return 1
    umask "$mask"
}
QUAN_LOG_LEVEL=debug # a line for each request
export QUAN_LOG_LEVEL
shows "its commands run, one after the other" as_it_says
cp "$scratch/said" "$scratch/pasted"
shows "up to a service that is ready" grep -q '{"status":"ready"}' "$scratch/pasted"
shows "the operator's key is a key" grep -qx 'qk_[A-Za-z0-9_-]\{43\}' "$key"
shows "that nobody else reads" [ "$(stat -c %a "$key")" = 600 ]

# ---- the units -----------------------------------------------------------------------------------

units=$scratch/units/system
shows "the units are as systemd wants them" sh -c "
    systemd-analyze verify --man=no --recursive-errors=no '$units'/quan* >'$scratch/verified' 2>&1
    cat '$scratch/verified' && [ ! -s '$scratch/verified' ]"
shows "the service has few rights" systemd-analyze security --offline=true --threshold=15 \
    "$units/quan.service"
# at_most NAME VALUE: of the unit, in seconds, is no less than Quan's own.
stop=$(sed -n 's/^TimeoutStopSec=//p' "$units/quan.service")
drain=$(sed -n 's/^SETTING(drain_timeout_ms, INT, "\([0-9]*\)".*/\1/p' src/port/settings.def)
grace=$(sed -n 's/.*STOP_GRACE_MS = \([0-9]*\).*/\1/p' src/cli/serve.c)
shows "it waits longer for an orderly end than that takes" \
    [ $((stop * 1000)) -gt $((drain + grace)) ]

# ---- backups -------------------------------------------------------------------------------------

n_of() { [ "$(find "$backups" -mindepth 1 -maxdepth 1 | wc -l)" -eq "$1" ]; }
shows "the page makes one" n_of 1
mkdir "$backups/20200101T000000Z" "$backups/20200102T000000Z" "$backups/mine"
touch -d '9 days ago' "$backups/20200101T000000Z" "$backups/mine"
waits sh -c "[ \"\$(date -u +%Y%m%dT%H%M%SZ)\" != '$(basename "$newest")' ]" # that of the page
shows "a backup is made" backup
shows "one that is old is removed, and nothing else" n_of 4
newest=$(find "$backups" -name '20*Z' | sort | tail -n 1)
shows "it is a backup" quan restore --check --from "$newest"
touch -d '9 days ago' "$backups/20200102T000000Z"
shows "without a server there is none" sh -c "
    '$scratch/usr/local/bin/quan-backup' http://127.0.0.1:1 '$key' '$backups' 7; [ \$? -eq 3 ]"
shows "and nothing is removed" n_of 4
shows "how it is called is told" sh -c "
    '$scratch/usr/local/bin/quan-backup' 2>&1 | grep -q 'URL KEYFILE DIR DAYS'"

# ---- the proxy -----------------------------------------------------------------------------------

# nginx listens on a socket of its own, in place of 443, and has our server behind it.
https=$scratch/https
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=coupons.example.com \
    -addext subjectAltName=DNS:coupons.example.com \
    -keyout "$scratch/privkey.pem" -out "$scratch/fullchain.pem" 2>/dev/null
sed "s#listen 443 #listen unix:$https #; /listen \[::\]/d; s#/etc/ssl/quan#$scratch#
    s#127.0.0.1:8080#${url#http://}#" pack/nginx/quan.conf >"$scratch/quan.conf"
{
    echo "daemon off; master_process off; pid $scratch/nginx.pid; error_log $scratch/proxy.log;"
    echo "events {} http { access_log off;"
    for of in client_body proxy fastcgi uwsgi scgi; do echo "${of}_temp_path $scratch/$of;"; done
    echo "include $scratch/quan.conf; }"
} >"$scratch/nginx.conf"
shows "nginx takes the configuration" nginx -e stderr -t -c "$scratch/nginx.conf"
nginx -e stderr -c "$scratch/nginx.conf" 2>>"$scratch/proxy.log" &
proxy=$!
shows "it listens" waits [ -S "$https" ]

# through STATUS PATH ARGUMENT…: a request through the proxy, with the operator's key.
site=https://coupons.example.com
through() {
    wanted=$1 path=$2
    shift 2
    status "$wanted" --unix-socket "$https" --cacert "$scratch/fullchain.pem" \
        -H "Authorization: Bearer $(cat "$key")" "$@" "$site$path"
}
merchant='{"name": "Shop", "zone": "UTC", "currency": "USD"}'
json='Content-Type: application/json'
shows "a request through it" through 200 /v1/merchants
shows "over HTTP/2" grep -q '^HTTP/2 200' "$scratch/head"
shows "a write" through 201 /v1/merchants -H "$json" -H 'Idempotency-Key: a' -d "$merchant"
cp "$scratch/answer" "$scratch/first"
shows "the same again" through 201 /v1/merchants -H "$json" -H 'Idempotency-Key: a' -d "$merchant"
shows "has the same answer" cmp "$scratch/first" "$scratch/answer"
echo "$merchant" >"$scratch/merchant"
shows "a body in chunks gets a length" through 201 /v1/merchants --http1.1 -H "$json" \
    -H 'Idempotency-Key: b' -H 'Transfer-Encoding: chunked' -d "@$scratch/merchant"
shows "without the proxy it has none" status 411 -H "$json" -H 'Transfer-Encoding: chunked' \
    -d "@$scratch/merchant" "$url/v1/merchants"
printf '%100000s' '' >"$scratch/large"
shows "what is too large for its path is told by Quan" through 413 /v1/merchants -H "$json" \
    -H 'Idempotency-Key: c' --data-binary "@$scratch/large"
shows "as a problem" code too_large
printf '%4194305s' '' >"$scratch/large"
shows "what is too large for any stays outside" through 413 /v1/merchants -H "$json" \
    -H 'Idempotency-Key: d' --data-binary "@$scratch/large"
shows "Quan has not seen it" [ "$(metric 'quan_http_refused_total{reason="body_too_large"}')" = 1 ]
shows "figures are not for everybody" through 404 /metrics
shows "nor are probes" through 404 /readyz
shows "a trace goes through" through 404 /v1/none \
    -H 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
shows "to the problem" grep -q 0af7651916cd43dd8448eb211c80319c "$scratch/answer"

accepted=$(metric quan_http_accepted_total)
hundred() {
    seq 100 | sed "s#.*#url = $site/v1/merchants#" >"$scratch/urls"
    curl -s -f --unix-socket "$https" --cacert "$scratch/fullchain.pem" \
        -H "Authorization: Bearer $(cat "$key")" -K "$scratch/urls" >"$scratch/answer"
}
shows "a hundred requests through it" hundred
shows "take a few connections to Quan" [ $(($(metric quan_http_accepted_total) - accepted)) -lt 20 ]

shows "an address that a client makes up" through 200 /v1/merchants \
    -H 'X-Forwarded-For: 192.0.2.1' -H 'Forwarded: for=192.0.2.1' -H 'X-Real-IP: 192.0.2.1'
shows "the service ends well" down
shows "the address is nowhere" sh -c "! grep -q 192.0.2.1 '$scratch/log'"
shows "requests are those of the proxy" grep -q '"path":"/v1/merchants",.*"peer":"127.0.0.1"' \
    "$scratch/log"
shows "without Quan the proxy says 502" through 502 /v1/merchants
shows "and what there is agrees" quan verify --data "$scratch/var/lib/quan"

counted
