#!/bin/sh
# clusters.sh: a throw-away cluster of PostgreSQL for the tests in sh; each reads it with `.` behind
# scratch.sh. A clear_up of the test's own ends with no_cluster.
# shellcheck disable=SC2154 # scratch is set by those who read this
cluster=
no_cluster() {
    [ -z "$cluster" ] || { exec 3>&-; wait "$cluster"; }
    cluster=
}
clear_up() { no_cluster; }
trap '' PIPE # where the cluster has ended, its pipe is nobody's
mkdir -m 711 "$scratch/here"
TMPDIR=$scratch/here
export TMPDIR
mkfifo "$scratch/in"

# databases ARGUMENT…: a cluster of these, until it is ready; what it reads is descriptor 3.
databases() {
    quan cluster postgres --json "$@" <"$scratch/in" >"$scratch/out.cluster" 2>"$scratch/err" &
    cluster=$!
    exec 3>"$scratch/in"
    waits said 1
}
said() { [ "$(wc -l <"$scratch/out.cluster")" -ge "$1" ]; }
# tell WORD NODE: a word to it, until that has happened.
heard=1
tell() {
    echo "$1 $2" >&3
    heard=$((heard + 1))
    waits said $heard
}
# dsn NODE: of the cluster as it was made.
dsn() {
    head -n 1 "$scratch/out.cluster" |
        jq -r --arg name "$1" '.nodes[] | select(.name == $name).dsn_tcp'
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$(dsn "$1")" -c "$2"; }
