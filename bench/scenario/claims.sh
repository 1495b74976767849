#!/bin/sh
# claims: durable claims over HTTP, one at a time on each of 64 connections, against Redis 7 with
# the same work in one Lua script. All of it in one run, interleaved, so that the ratios mean
# something on a machine whose speed changes.
#
# Usage: bench/scenario/claims.sh [ROUNDS [SECONDS]]     (5 rounds of 8 s each)
#
#   spread    Quan, 20 templates                always    Redis, appendfsync always
#   hot       Quan, one template                everysec  Redis, appendfsync everysec
#
# CONNECTIONS (64), USERS (1000000), THREADS of the load generator (1).
# shellcheck disable=SC1091,SC2154 # lib.sh sets them
. "$(dirname "$0")/lib.sh"
rounds=${1:-5}
seconds=${2:-8}
connections=${CONNECTIONS:-64}
users=${USERS:-1000000}
need redis-server jq curl strace
binaries quan bench_peers_redis_claim

make_store
start_quan
make_templates 1
hot=$templates
make_templates 20
spread=$templates
start_redis always
always_pid=$redis_pid always_port=$redis_port
start_redis everysec
everysec_pid=$redis_pid everysec_port=$redis_port

# claims WHAT SECONDS: a line of JSON with claims, claims_per_s, p50_us, p99_us.
claims() {
    case $1 in
    spread | hot)
        if [ "$1" = hot ]; then templates=$hot; else templates=$spread; fi
        load --connections "$connections" --users "$users" --threads "${THREADS:-1}" \
            --seconds "$2" |
            jq -c '{claims: .coupons, claims_per_s: .coupons_per_s, p50_us: .claim.p50_us,
                p99_us: .claim.p99_us, refused}'
        ;;
    *)
        if [ "$1" = always ]; then port=$always_port; else port=$everysec_port; fi
        "$redis_claim" --port "$port" --script "$claim_lua" --connections "$connections" \
            --users "$users" --templates 20 --seconds "$2"
        ;;
    esac
}

pid_of() {
    case $1 in
    always) echo "$always_pid" ;;
    everysec) echo "$everysec_pid" ;;
    *) echo "$quan_pid" ;;
    esac
}

machine
echo "$connections connections, $users users, $seconds s each; server's own CPU and disk"
printf '\n%-5s %-9s %9s %8s %8s %10s %10s %10s\n' \
    round what claims/s p50_us p99_us cpu_us/cl bytes/cl refused
: >"$run/rows"
for round in $(seq "$rounds"); do
    for what in spread always hot everysec; do
        pid=$(pid_of $what)
        cpu=$(cpu_us "$pid") bytes=$(written "$pid")
        claims $what "$seconds" >"$run/answer" || true
        cpu=$(($(cpu_us "$pid") - cpu)) bytes=$(($(written "$pid") - bytes))
        read -r n rate p50 p99 refused <<EOF
$(jq -r '[.claims, .claims_per_s, .p50_us, .p99_us, (.refused | tostring)] | join(" ")' \
            "$run/answer")
EOF
        printf '%-5s %-9s %9s %8s %8s %10s %10s %10s\n' "$round" $what "$rate" "$p50" "$p99" \
            "$(per "$cpu" "$n")" "$(per "$bytes" "$n" 0)" "$refused"
        echo "$what $rate" >>"$run/rows"
    done
done

printf '\nmedian (least, most) of claims/s\n'
medians "$run/rows" >"$run/medians"
awk '{ printf "  %-9s %8d  (%d, %d)\n", $1, $2, $3, $4; m[$1] = $2 }
    END {
        if (m["always"] && m["everysec"] && m["spread"])
            printf "spread / always %.2f   spread / everysec %.2f   hot / spread %.2f\n",
                m["spread"] / m["always"], m["spread"] / m["everysec"], m["hot"] / m["spread"]
    }' "$run/medians"

printf '\nclaims for each sync (a short extra run; strace slows it)\n'
for what in spread hot always everysec; do
    claims $what 4 >"$run/answer" &
    claiming=$!
    sleep 1
    n=$(syncs "$(pid_of $what)" 2)
    wait $claiming || true
    printf '  %-9s %s\n' $what "$(per "$(jq .claims_per_s "$run/answer")" "$(per "$n" 2)")"
done
acts=$(metric quan_store_requests_total)
echo "Quan's own count over the whole run: $acts acts," \
    "$(per "$acts" "$(metric quan_store_syncs_total)") for each sync," \
    "$(per "$(metric quan_store_puts_total)" "$acts") rows and" \
    "$(per "$(metric quan_store_written_bytes_total)" "$acts" 0) bytes of keys and rows each"
