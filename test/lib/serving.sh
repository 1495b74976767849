#!/bin/sh
# serving.sh: servers for the tests in sh; each reads it with `.` behind scratch.sh, or shows.sh, a
# PATH with quan and a trap that ends $server.
# shellcheck disable=SC2154 # scratch is set by those who read this
server=
clear_up() { [ -z "$server" ] || kill -9 "$server" 2>/dev/null; }

# up ARGUMENT…: `quan serve` with these; its address in $url, its log in $scratch/log.
up() {
    rm -f "$scratch/url"
    quan serve --http-port 0 "$@" --ready-file "$scratch/url" >/dev/null 2>"$scratch/log" &
    server=$!
    for _ in $(seq 200); do
        [ -s "$scratch/url" ] && url=$(cat "$scratch/url") && return 0
        sleep 0.05
    done
    cat "$scratch/log"
    return 1
}

# down: it ends well when it is told to.
down() {
    kill "$server"
    wait "$server"
    is=$?
    server=
    [ $is -eq 0 ] || cat "$scratch/log"
    return $is
}

# status WANTED ARGUMENT…: what curl with these is answered; the answer is in answer and head.
status() {
    wanted=$1
    shift
    is=$(curl -s -m 20 -o "$scratch/answer" -D "$scratch/head" -w '%{http_code}' "$@")
    [ "$is" = "$wanted" ] || { echo "status $is, not $wanted: $*"; cat "$scratch/answer"; }
    [ "$is" = "$wanted" ]
}
code() { [ "$(jq -r .code "$scratch/answer")" = "$1" ]; }

# metric NAME: its value now.
metric() { curl -s "$url/metrics" | sed -n "s/^$1 //p"; }
