#!/bin/sh
# The disk of a PostgreSQL store is full under claims: who needs room is told so, what was answered
# is there, reads go on, and so do writes when there is room again, without anybody's help.
# Needs a file system of its own (mount, in a namespace of this test): fails where it gets none.
# The last line is `N passed, N failed`.
set -u
if [ -z "${FULL_MOUNTS:-}" ]; then
    FULL_MOUNTS=own exec unshare --mount -- "$0" "$@"
    echo "FAILED: a namespace for mounts cannot be made here"
    exit 1
fi
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/peers.sh
evidence="err answer a.log"
clear_up() {
    no_servers
    no_cluster
    umount "$scratch/small" 2>/dev/null
}
mkdir -m 711 "$scratch/small"
nodes=shard-0

# The database is on a small file system; its log is not, which PostgreSQL does not outlive.
small() { mount -t tmpfs -o size=96m,mode=711 none "$scratch/small"; }
shows "a small file system" small
shows "a server of PostgreSQL" databases
mkdir "$scratch/small/db" && chown "$(ps -o user= -p "$(jq -r '.nodes[0].process' \
    "$scratch/out.cluster")")" "$scratch/small/db"
QUAN_STORE=$(dsn shard-0)
export QUAN_STORE
moves() {
    elsewhere=$(echo "$QUAN_STORE" | sed 's|/[^/]*$|/postgres|')
    psql -X -q -v ON_ERROR_STOP=1 -d "$elsewhere" \
        -c "CREATE TABLESPACE small LOCATION '$scratch/small/db'" \
        -c "ALTER DATABASE ${QUAN_STORE##*/} SET TABLESPACE small"
}
shows "whose database is there" moves
openssl rand -hex 32 >"$scratch/secret"
peers="a=127.0.0.1:$(free_port),b=127.0.0.1:$(free_port)"
shows "a merchant" merchant
shows "a server" up a
shows "a campaign" campaign
shows "a template" template T
shows "the campaign is active" opens

# claims FROM UNTIL: one after the other, until one is answered with 507; each 201 in `answered`.
claims() {
    for n in $(seq "$1" "$2"); do
        last=$(ask a "$office" POST /v1/claims "{\"user\": \"u-$n\", \"template\": \"$template\"}" \
            "k-$n" "$scratch/answer")
        [ "$last" != 201 ] || echo "u-$n $(answer '.coupons[0].id')" >>"$scratch/answered"
        [ "$last" != 507 ] || return 0
    done
    equal "$last" "$3"
}
shows "claims while there is room" claims 1 50 201
fill() { ! dd if=/dev/zero of="$scratch/small/filler" bs=64k; }
shows "then there is none" fill
shows "one is told so" claims 51 3000 507
shows "by its code" equal storage_full "$(answer .code)"
full=$n
shows "as is who looks" equal 1 "$(metric a quan_store_full)"
shows "reads go on" office 200 a GET /v1/users/u-1/coupons
repeats() {
    last=$(ask a "$office" POST /v1/claims "{\"user\": \"u-$full\", \"template\": \"$template\"}" \
        "k-$full" "$scratch/answer")
    equal "$last" "$1"
}
shows "it stays so" repeats 507
pid=$a_pid
rm "$scratch/small/filler"
freed=$(date +%s%3N)
shows "there is room again: the same request is done" waits repeats 201
took=$(($(date +%s%3N) - freed))
echo "written again $took ms after there was room; $((full - 1)) claims were answered before"
shows "within five seconds" [ $took -le 5000 ]
shows "by the same process" kill -0 "$pid"
shows "which says so" equal 0 "$(metric a quan_store_full)"
echo "u-$full $(answer '.coupons[0].id')" >>"$scratch/answered"
shows "claims go on" claims $((full + 1)) $((full + 20)) 201
lost() {
    sql shard-0 'SELECT count(*) FROM coupon' >"$scratch/there"
    equal "$(cat "$scratch/there")" "$(wc -l <"$scratch/answered")" &&
        equal "$(cat "$scratch/there")" "$(cut -d' ' -f2 "$scratch/answered" | sort -u | wc -l)"
}
shows "what was answered is there, and nothing else" lost
shows "it ends well" down a
shows "and all agrees" quan verify
counted
