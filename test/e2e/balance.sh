#!/bin/sh
# `quan admin balance` (000-19): of made ids, of real ones where there is data, of a data directory,
# and beside them what a 16-bit hash does.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/serving.sh
evidence="out log"

balance() { quan admin balance --json "$@" >"$scratch/out"; }
# of WHAT WHERE FIELD
of() { jq ".[] | select(.what == \"$1\" and .where == \"$2\") | .$3" "$scratch/out"; }
equal() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
# chance WHERE: explains how the users lie there.
chance() {
    sigma=$(of users "$1" sigma_milli)
    [ "$sigma" -gt -4000 ] && [ "$sigma" -lt 4000 ]
}
says() {
    wanted=$1
    pattern=$2
    shift 2
    quan admin balance "$@" >"$scratch/out" 2>&1
    equal $? "$wanted" && grep -q -e "$pattern" "$scratch/out"
}

# ---- made ids ------------------------------------------------------------------------------------

for kind in serial random; do
    for fill in ranges vivo; do
        shows "a million $kind ids, $fill" balance "--$kind" 1000000 --shards 2 --lanes 8 \
            --fill $fill
        shows "all are counted" equal "$(of users slots n)" 1000000
        shows "there are 10,000 slots" equal "$(of users slots places)" 10000
        shows "and 8 lanes" equal "$(of users lanes places)" 8
        shows "and 2 shards" equal "$(of users shards places)" 2
        for where in slots lanes shards; do shows "chance explains its $where" chance $where; done
        shows "but not slots by 16 bits" [ "$(of users 'slots by 16-bit hash' sigma_milli)" \
            -gt 30000 ]
    done
done
# The first half of the slots has 35,000 of 65,536 values: 534 of 1,000, give or take chance.
shows "of ranges" balance --serial 1000000 --shards 2 --lanes 8
first=$(of users 'shards by 16-bit hash' most)
shows "16 bits give the first half 534 of 1,000 users" sh -c \
    "[ $first -gt 531000 ] && [ $first -lt 537000 ]"
shows "another merchant's users" balance --serial 1000 --merchant mer_0h8dmz3yh0g01
one=$(of users slots chi_square_milli)
shows "have other slots" sh -c "[ '$one' != \
    \"\$(quan admin balance --json --serial 1000 | jq '.[0].chi_square_milli')\" ]"
shows "it is told to people, too" says 0 \
    "first 5536 slots 7 of its 65536 values and the other 4464" \
    --serial 10

# ---- ids from a file -----------------------------------------------------------------------------

printf 'ann\n\nbob\r\ncarl' >"$scratch/ids"
shows "ids of a file" balance --users "$scratch/ids"
shows "a line each" equal "$(of users slots n)" 3
shows "a file that is not there" says 3 "cannot be read" --users "$scratch/nowhere"
printf 'ann\n%065d\n' 1 >"$scratch/ids"
shows "an id that is too long" says 2 "line 2 of .* is no id" --users "$scratch/ids"
real=${QUAN_REAL_DATA:-../shared/data}/complete-journey
if [ -e "$real/products.csv.gz" ]; then
    zcat "$real/products.csv.gz" | tail -n +2 | cut -d, -f1 | sort -u >"$scratch/ids"
    shows "a retailer's ids" balance --users "$scratch/ids" --shards 4 --lanes 16
    shows "of 92,346 products" equal "$(of users slots n)" 92346
    for where in slots lanes shards; do shows "chance explains their $where" chance $where; done
    zcat "$real/campaigns.csv.gz" | tail -n +2 | cut -d, -f2 | sort -u >"$scratch/ids"
    shows "its households" balance --users - <"$scratch/ids"
    shows "all of them" equal "$(of users slots n)" 1559
    shows "chance explains their slots" chance slots
else
    echo "no real data in $real: its ids are not looked at"
fi

# ---- a data directory ----------------------------------------------------------------------------

data=$scratch/data
merchant=$(quan admin merchant create --data "$data" --name Shop --zone UTC --currency USD \
    --lanes 4 | sed 's/ .*//')
secret=$(quan admin key create --data "$data" --merchant "$merchant" --name k 2>"$scratch/err")
shows "a server" up --data "$data"
shows "a sale" quan demo --server "$url" --key "$secret"
shows "it ends" down
shows "its directory" balance --data "$data"
shows "has the coupons of the sale" equal "$(of coupons slots n)" 10000
shows "each of another user" [ "$(of users slots n)" -ge 10000 ]
shows "in its four lanes" equal "$(of coupons lanes places)" 4
for where in slots lanes; do shows "chance explains its $where" chance $where; done
shows "it has its own map" says 2 "has its own" --data "$data" --shards 2
shows "lanes that shards cannot share" says 2 "8 lanes cannot be shared evenly by 3 shards" \
    --serial 5 --shards 3 --lanes 8
shows "no ids at all" says 2 "not a number" --random 0
shows "another way to fill" says 2 "ranges or vivo" --serial 5 --fill even
shows "a merchant that is none" says 2 "not the id of a merchant" --serial 5 --merchant shop
counted
