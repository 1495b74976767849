#!/bin/sh
# A retailer's year through the same acts as the API: a generated one always, and the real one where
# the data is ($QUAN_REAL_DATA/complete-journey). The figures of the real year are the data's own;
# `quan verify` recomputes what the store says about itself.
set -u
cd "$(dirname "$0")/../.." || exit 1
quan=${QUAN_BUILD:-build/release}/quan
data=${QUAN_REAL_DATA:-../shared/data}/complete-journey
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
. test/lib/shows.sh

# replay ARGUMENT…: into a store and a table that are named by $year.
replay() {
    evidence="$year $year.err"
    "$quan" replay --into "$scratch/$year.store" --lanes 2 "$@" \
        >"$scratch/$year" 2>"$scratch/$year.err"
}

verify() { "$quan" verify --data "$scratch/$1.store"; }

# table YEAR: what does not depend on the machine.
table() { sed '/^$/,$d' "$scratch/$1"; }

same_table() {
    table "$1" >"$scratch/one"
    table "$2" | diff "$scratch/one" -
}

# redeemed CAMPAIGN COUNT: what the store counted and what the data has.
redeemed() {
    table "$year" | awk -v campaign="$1" -v count="$2" '
        $1 == campaign && $2 ~ /^[A-C]$/ { good = $9 == count && $10 == count && $NF == "equal" }
        END { exit !good }'
}

year=first
shows "a generated year runs, and its figures are equal" replay generated --scale 10 --seed 1
shows "verify agrees with the generated year" verify first
year=again
shows "it runs again" replay generated --scale 10 --seed 1
shows "and gives the same table" same_table first again

if [ -d "$data" ]; then
    year=real
    shows "the real year runs, and its figures are equal" replay complete-journey "$data"
    for pair in 18:653 13:629 8:372 27:64 17:45 9:43 16:43 22:43 14:34 19:29 12:26 26:22 20:22 \
        10:15 5:13 4:11 11:8 23:8 7:7 2:5 21:3 3:2 15:2 25:1 1:1 6:1; do
        shows "campaign ${pair%:*} redeems ${pair#*:}" redeemed "${pair%:*}" "${pair#*:}"
    done
    shows "27 campaigns, 6,589 targeted, 1,197 coupons, 800,199 granted, 27 twice, 2,102 redeemed" \
        grep -E '^ *27 +6589 +1197 +800199 +27 +2102 +2102 .* all equal$' "$scratch/real"
    shows "verify agrees with the real year" verify real
else
    echo "no real data at $data: only the generated year was run"
fi

counted
