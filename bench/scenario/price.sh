#!/bin/sh
# price: a cart of ten lines with five promotions, percentages and amounts off the order or off a
# category. Quan (bench/micro/price_bench.c, with the preset medusa), and the promotion module of
# Medusa from npm, which needs no database for it (bench/peers/price/promotion.mjs), on the same
# carts. Both must take the same off, but for fractions of a minor unit.
#
# Usage: bench/scenario/price.sh [CARTS]     (2000)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
peer=$here/../peers/price
build=${QUAN_BUILD:-$here/../../build/release}
carts=${1:-2000}
for program in node npm; do
    command -v $program >/dev/null || {
        echo "price.sh: no $program: tools/install bench" >&2
        exit 1
    }
done
cmake --build "$build" --target bench_micro_price_bench >/dev/null
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
trap 'exit 130' INT TERM
cp "$peer/package.json" "$peer/package-lock.json" "$peer/.npmrc" "$peer/promotion.mjs" "$run"
(cd "$run" && npm ci --loglevel=error --ignore-scripts >/dev/null)
"$build/bench_micro_price_bench" "$carts" --export "$run/carts.jsonl"
echo "$(nproc) processors, load $(cut -d ' ' -f 1 /proc/loadavg)"
"$build/bench_micro_price_bench" "$carts"
(cd "$run" && node promotion.mjs carts.jsonl)
