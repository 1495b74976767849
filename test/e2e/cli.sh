#!/bin/sh
# The command line: help, exit codes, admin, verify, backup and restore, as a script uses them.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$(cd "${QUAN_BUILD:-build/release}" && pwd):$PATH
scratch=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
data=$scratch/data
. test/lib/shows.sh
. test/lib/asks.sh
evidence="out err"

silent() { [ ! -s "$scratch/err" ]; }

# ---- help ----------------------------------------------------------------------------------------

shows "without a command: usage, status 2" ends 2
shows "it lists the commands" err_has 'admin key create'
shows "help ends well" ends 0 help
shows "it names every command" out_has 'restore'
shows "--help is help" ends 0 --help
shows "--version is version" ends 0 --version
shows "help of every command ends well, with examples" sh -c "
    quan help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p' >'$scratch/names' &&
    [ \$(wc -l <'$scratch/names') -ge 14 ] &&
    while read -r name; do
        quan help \$name >'$scratch/help' || exit 1
        grep -q '^Examples:' '$scratch/help' && grep -q \"^quan \$name\" '$scratch/help' ||
            { echo \"no example: \$name\"; exit 1; }
    done <'$scratch/names'"
# of COMMAND: its own options.
options_of() {
    # shellcheck disable=SC2086
    quan help $1 | sed '/^ *Settings$/,$d; /^ *Every command$/,$d' |
        sed -n 's/^ *\(-[a-z], \)\{0,1\} *--\([a-z-]*\)\([=[ ].*\)\{0,1\}$/\2/p'
}
while read -r name; do
    # What is an operation of the API has the options of its schema, which stories use.
    if grep -q "^REMOTE(\"$name\"" src/cli/remote.def; then continue; fi
    options_of "$name" | while read -r option; do echo "$name --$option"; done
done <"$scratch/names" >"$scratch/options"
shows "commands have options" [ "$(wc -l <"$scratch/options")" -ge 25 ]
while read -r line; do
    shows "a test uses $line" grep -rqE -e "--${line##*--}[ =\"']" test
done <"$scratch/options"
shows "help of a group lists its commands" ends 0 help admin key
shows "and no other" sh -c "! grep -q merchant '$scratch/out'"
shows "a group alone is not a command" ends 2 admin key
shows "help of nothing is refused" ends 2 help nothing
shows "exit codes are told" ends 0 help exit-codes
shows "all six" sh -c "[ \$(wc -l <'$scratch/out') -eq 6 ]"
shows "as JSON too" ends 0 help exit-codes --json
shows "with their names" equal "$(field '.[4].name')" DIFFERENT
shows "settings are told" ends 0 help settings
shows "with their flags" out_has 'http_port'
shows "an unknown command is refused" ends 2 frobnicate
shows "an unknown option is refused" ends 2 verify --frobnicate
shows "a wrong setting is refused" ends 2 serve --http-port 99999
shows "with what is allowed" err_has '0 to 65535'
shows "so is one from the environment" env QUAN_HTTP_PORT=none sh -c \
    "quan serve; [ \$? -eq 2 ]"
shows "a word too many is refused" ends 2 version 1
shows "the version is told" ends 0 version --json
shows "as JSON" equal "$(field .name)" quan

# ---- admin ---------------------------------------------------------------------------------------

shows "no store, no list" ends 3 admin merchant list --data "$data"
shows "and none is made" sh -c "[ ! -e '$data' ]"
shows "a directory of others is not touched" ends 3 admin key create --operator --data "$scratch"
shows "a key of the operator" ends 0 admin key create --operator --data "$data"
operator=$(cat "$scratch/out")
shows "is all that stdout has" sh -c "echo '$operator' | grep -qx 'qk_[A-Za-z0-9_-]\{43\}'"
shows "a merchant" ends 0 admin merchant create --data "$data" --name 'Corner "shop"' \
    --zone Asia/Shanghai --currency CNY --json
merchant=$(field .id)
shows "has an id" sh -c "echo '$merchant' | grep -q '^mer_'"
shows "a zone must exist" ends 2 admin merchant create --data "$data" --name x --zone Asia/None \
    --currency CNY
shows "a currency must exist" ends 2 admin merchant create --data "$data" --name x --zone UTC \
    --currency ZZZ
shows "what is missing is told" ends 2 admin merchant create --data "$data" --name x
shows "merchants are listed" ends 0 admin merchant list --data "$data" --json
shows "with their names" equal "$(field '.[0].name')" 'Corner "shop"'
shows "a key of a merchant" ends 0 admin key create --data "$data" --merchant "$merchant" \
    --scopes issue,read --name till --expires 2099-01-01T00:00:00Z --json
first=$(field .id)
shows "has the scopes that were asked for" equal "$(field '.scopes | join(",")')" issue,read
shows "scopes must exist" ends 2 admin key create --data "$data" --merchant "$merchant" \
    --scopes issue,fly
shows "a merchant must exist" ends 1 admin key create --data "$data" \
    --merchant mer_0000000000001
shows "an end in the past is refused" ends 2 admin key create --data "$data" \
    --merchant "$merchant" --expires 2001-01-01T00:00:00Z
shows "either operator or merchant" ends 2 admin key create --data "$data" --operator \
    --merchant "$merchant"
shows "a key is rotated" ends 0 admin key rotate --data "$data" "$first" --json
second=$(field .id)
shows "into another" sh -c "[ '$first' != '$second' ]"
shows "with the same scopes" equal "$(field '.scopes | join(",")')" issue,read
shows "keys are listed" ends 0 admin key list --data "$data" --json
shows "the old one is revoked" equal \
    "$(field ".[] | select(.id == \"$first\") | has(\"revoked_at\")")" true
shows "the new one is not" equal \
    "$(field ".[] | select(.id == \"$second\") | has(\"revoked_at\")")" false
shows "no secret is listed" sh -c "! grep -q 'qk_' '$scratch/out'"
shows "a key can be kept while rotating" ends 0 admin key rotate --keep --data "$data" "$second"
shows "a key is revoked" ends 0 admin key revoke --data "$data" "$second"
shows "again, too" ends 0 admin key revoke --data "$data" "$second"
shows "a key that is not there is refused" ends 1 admin key revoke --data "$data" \
    key_0000000000001
shows "what is no id is refused" ends 2 admin key revoke --data "$data" hello
shows "errors are JSON with --json" ends 1 admin key revoke --json --data "$data" \
    key_0000000000001
shows "with a code" equal "$(field .error.code)" failed
quan admin key create --data "$data" --merchant "$merchant" >"$scratch/key" 2>/dev/null

# ---- a server, backups of it, and back -----------------------------------------------------------

echo 0123 >"$scratch/short.key"
shows "a master key has 64 digits" ends 3 serve --data "$data" --code-key-file "$scratch/short.key"
shows "and is there" ends 3 serve --data "$data" --code-key-file "$scratch/no.key"
(umask 077 && openssl rand -hex 32 >"$scratch/code.key")
quan serve --data "$data" --http-port 0 --ready-file "$scratch/url" --log-level warn \
    --code-key-file "$scratch/code.key" >"$scratch/out" 2>"$scratch/err" &
server=$!
for _ in $(seq 200); do [ -s "$scratch/url" ] || sleep 0.05; done
url=$(cat "$scratch/url")
shows "a master key of one's own is nothing to tell" equal "$(grep code.key "$scratch/err")" ''
shows "a used data directory is refused" ends 3 admin key list --data "$data"
shows "with its reason" err_has 'another process has the data directory .* open$'
shows "so is one that cannot be made" ends 3 admin key list --data "$scratch/key/data" # a file
shows "a new one, too" ends 3 admin key create --operator --data "$scratch/key/data"
shows "with its reason alone" err_has 'cannot be opened: cannot make .*: Not a directory$'
# ask METHOD PATH BODY: of the server; the answer in out.
ask() {
    curl -s -X "$1" "$url$2" -H "Authorization: Bearer $(cat "$scratch/key")" \
        -H "Idempotency-Key: cli-$2" -H 'Content-Type: application/json' -d "$3" >"$scratch/out"
}
window='{"from":"2026-01-01T00:00:00Z","until":"2100-01-01T00:00:00Z"}'
ask POST /v1/campaigns "{\"name\":\"Codes\",\"claim_window\":$window,\"use_window\":$window}"
campaign=$(field .id)
ask POST "/v1/campaigns/$campaign/templates" '{"name":"One off","benefit":{"kind":"amount_off",
    "amount":{"amount":100,"currency":"CNY"}},"validity":{"kind":"after_issue","duration_days":7}}'
template=$(field .id)
ask POST /v1/codes/formats '{"name":"Partners","length":12,"expected_codes":1000000}'
format=$(field .id)
ask POST /v1/codes/batches "{\"name\":\"Cinema\",\"format\":\"$format\",
    \"template\":\"$template\",\"count\":100003}"
batch=$(field .id)
shows "codes are exported, in parts" ends 0 codes export --server "$url" --key "@$scratch/key" \
    --to "$scratch/codes.csv" "$batch"
shows "under one heading, each another" equal "$(sort -u "$scratch/codes.csv" | wc -l)" 100004
shows "and from a code on" ends 0 codes export --server "$url" --key "@$scratch/key" \
    --from 100002 "$batch"
shows "with the same" equal "$(tail -n 1 "$scratch/out")" "$(tail -n 1 "$scratch/codes.csv")"
shows "no file is written over" ends 3 codes export --server "$url" --key "@$scratch/key" \
    --to "$scratch/codes.csv" "$batch"
shows "nothing is behind the end" ends 1 codes export --server "$url" --key "@$scratch/key" \
    --from 100003 "$batch"
shows "a batch is named" ends 2 codes export --server "$url" --key "@$scratch/key" tpl_x
# ---- codes of one's own: a file, killed and begun again ------------------------------------------

ask POST /v1/codes/words "{\"word\":\"WORD-00\",\"template\":\"$template\"}"
{ printf '\357\273\277note,"code"\r\n'
  seq -f 'n,OWN-%06.0f' 99995; printf 'n,own 000007\r\nn,word00\nn,""\nn,"A,B\nC"\nn,abc\n'; } |
    gzip >"$scratch/own.csv.gz"
import="codes import --server $url --key @$scratch/key"
# shellcheck disable=SC2086
shows "an import needs a batch, or a name" ends 2 $import --to "$scratch/lists" \
    "$scratch/own.csv.gz"
# refused STATUS WHY OPTION…: is an import refused with this, and nothing made: no batch, no list?
refused() {
    wanted=$1 why=$2
    shift 2
    # shellcheck disable=SC2086
    ends "$wanted" $import --name None --template "$template" --to "$scratch/none" "$@" || return
    err_has "$why" && [ -z "$(ls "$scratch/none" 2>/dev/null)" ] &&
        ask GET /v1/codes/batches '' && ! out_has '"None"'
}
: >"$scratch/empty.csv"
echo 'code' >"$scratch/heading.csv"
{ echo code; seq -f 'CUT-%06.0f' 20000; echo '"CUT-X'; } >"$scratch/cut.csv"
{ echo code,note; seq -f 'CUT-%06.0f,x' 20000; echo 'CUT-X'; } >"$scratch/ragged.csv"
mkfifo "$scratch/pipe"
shows "an import's file is there" refused 3 'cannot be opened' "$scratch/missing.csv"
shows "a column is there" refused 1 'no column other$' --column other "$scratch/own.csv.gz"
shows "and a heading" refused 1 'there is no header line' "$scratch/empty.csv"
shows "and a code" refused 1 'there is no code' "$scratch/heading.csv"
shows "without a heading, too" refused 1 'there is no code' --no-header "$scratch/empty.csv"
shows "its last quote is closed" refused 1 'quote is not closed' "$scratch/cut.csv"
shows "its last row is as wide as the others" refused 1 'line 20002: .*number of fields' \
    "$scratch/ragged.csv"
shows "it can be read twice" refused 1 'is no plain file' "$scratch/pipe"
shows "a batch that is refused leaves no lists" refused 2 expires_at --expires-at soon \
    "$scratch/own.csv.gz"
mkdir "$scratch/some"
echo mine >"$scratch/some/invalid.csv"
shows "lists that are there are left alone" refused 3 'File exists' --to "$scratch/some" \
    "$scratch/own.csv.gz"
shows "as they were" equal "$(cat "$scratch/some"/*)" mine
ask POST /v1/codes/imports "{\"name\":\"Own\",\"template\":\"$template\"}"
own=$(field .id)
came_in() { ask GET "/v1/codes/batches/$own" '' && [ "$(field .import.lines)" -ge "$1" ]; }
# shellcheck disable=SC2086
quan $import --batch "$own" --to "$scratch/lists" "$scratch/own.csv.gz" >/dev/null 2>&1 &
work=$!
for _ in $(seq 600); do came_in 10000 && break; sleep 0.02; done
kill -9 "$work"
wait "$work" 2>/dev/null
shows "a killed import is not finished" came_in 10000
shows "and none of its codes is good" sh -c "[ '$(field .import.state)' = importing ]"
# shellcheck disable=SC2086
shows "it goes on with the same file" ends 0 $import --batch "$own" --to "$scratch/lists" \
    --column code --json "$scratch/own.csv.gz"
shows "and is finished" equal '[true,100000,99995,1,1,3]' \
    "$(field '[.finished,.lines,.accepted,.already_ours,.duplicate,.invalid]|tojson')"
shows "the lists are whole" equal "$(cat "$scratch/lists"/*.csv | sort | uniq -d)" 'line,code'
shows "what was accepted" equal "$(sed -n '8p' "$scratch/lists/accepted.csv")" '8,OWN-000007'
shows "all of it" equal "$(wc -l <"$scratch/lists/accepted.csv")" 99996
shows "what was ours" equal "$(tail -n 1 "$scratch/lists/already.csv")" '99998,word00'
shows "what came twice" equal "$(tail -n 1 "$scratch/lists/duplicate.csv")" '99997,own 000007,8'
shows "what is no code" equal "$(tr '\n' ' ' <"$scratch/lists/invalid.csv")" \
    'line,code,reason 99999,,empty 100000,"A,B C",character 100002,abc,too_short '
shows "for their owner alone" equal \
    "$(stat -c %a "$scratch/lists" "$scratch/lists"/*.csv | xargs)" '700 600 600 600 600'
printf 'XYZ-1\nown-000001,of the other\n' >"$scratch/more.csv"
# shellcheck disable=SC2086
shows "a file without a header" ends 0 $import --no-header --no-finish --name More \
    --template "$template" --to "$scratch/more" "$scratch/more.csv"
shows "is summed up" out_has ' is not finished: 2 lines: 1 accepted, 1 already ours, 0 dup'
more=$(sed -n 's/^\(cbt_[0-9a-z]*\) .*/\1/p' "$scratch/out")
shows "batches tell how far their import is" ends 0 codes batch list --server "$url" \
    --key "@$scratch/key"
shows "in a row each" out_has "^$more  *More  .*  1  *importing  2  "
shows "and - for those that are none" out_has "^$batch .* 100003  *-  *-  "
shows "one is shown" ends 0 codes batch show --server "$url" --key "@$scratch/key" "$more"
shows "with what became of its lines" equal "$(sed -n 's/^state  *//p; s/^lines  *//p
    s/^accepted  *//p; s/^already_ours  *//p; s/^duplicate  *//p; s/^invalid  *//p
    s/^removed  *//p' "$scratch/out" | tr '\n' ' ')" 'importing 2 1 1 0 0 0 '
# shellcheck disable=SC2086
shows "lists are not written over" ends 3 $import --no-header --name More \
    --template "$template" --to "$scratch/more" "$scratch/more.csv"
# shellcheck disable=SC2086
shows "nor where there is no such batch" ends 1 $import --no-header --batch cbt_0h8dmz3yh0g01 \
    --to "$scratch/more" "$scratch/more.csv"
shows "they are as they were" equal "$(cat "$scratch/more/accepted.csv")" 'line,code
1,XYZ-1'
printf 'code\r\n\r\nBLK-1111\r\n\r\n  \r\nBLK-1111\r\n\r\n\r\nBLK-2\r\n\r\n' >"$scratch/blank.csv"
# shellcheck disable=SC2086
shows "blank lines are no codes" ends 0 $import --name Blank --template "$template" \
    --to "$scratch/blank" "$scratch/blank.csv"
shows "but lines of the file" equal "$(cat "$scratch/blank"/*.csv | xargs)" \
    'line,code 3,BLK-1111 9,BLK-2 line,code line,code,first_line 6,BLK-1111,3 line,code,reason'
quan demo --server "$url" --key "@$scratch/key" >"$scratch/demo" 2>&1 </dev/null &
work=$!
for i in 1 2 3; do
    shows "backup $i is made while it serves" ends 0 backup --server "$url" --key "$operator" \
        --to "$scratch/backup$i" --json
    shows "it has bytes" sh -c "[ $(field .bytes) -gt 0 ]"
done
shows "the work ends well beside backups" wait "$work"
shows "a directory in use is refused" ends 1 backup --server "$url" --key "$operator" \
    --to "$scratch/backup1"
shows "a key of a merchant makes no backup" ends 1 backup --server "$url" \
    --key "$(cat "$scratch/key")" --to "$scratch/backup9"
shows "a relative directory is refused" ends 2 backup --server "$url" --key "$operator" --to here
kill "$server"
wait "$server"
server=
openssl rand -hex 32 >"$scratch/other.key"
shows "another master key is refused" ends 3 serve --data "$data" \
    --code-key-file "$scratch/other.key"
shows "and why" err_has 'code_key_file is not the one'
shows "verify is silent after the work" ends 0 verify --data "$data" --json
shows "it saw coupons" sh -c "[ $(field .coupons) -gt 0 ]"
shows "and no difference" equal "$(field .differences)" 0
for i in 1 2 3; do
    shows "sha256sum reads backup $i" sh -c \
        "cd '$scratch/backup$i' && sha256sum -c --quiet SHA256SUMS"
    shows "restore $i" ends 0 restore --from "$scratch/backup$i" --data "$scratch/restored$i"
    shows "verify is silent on it" ends 0 verify --data "$scratch/restored$i"
done
shows "a data directory is backed up, too" ends 0 backup --data "$data" --to "$scratch/cold"
shows "with progress where it is asked for" ends 0 verify --data "$data" --progress
shows "on stderr" err_has 'verify'
shows "and none where it is not" sh -c "quan verify --data '$data' 2>&1 >/dev/null | (! grep .)"
shows "no restore over a directory in use" ends 3 restore --from "$scratch/cold" --data "$data"
shows "a backup can be checked" ends 0 restore --check --from "$scratch/cold"
printf x >>"$scratch/cold/store/CURRENT"
shows "a damaged one is told" ends 1 restore --check --from "$scratch/cold"
shows "by its file" err_has CURRENT
shows "and not restored" ends 1 restore --from "$scratch/cold" --data "$scratch/new"
shows "not even in part" sh -c "[ ! -e '$scratch/new' ] && [ ! -e '$scratch/new.restoring' ]"
rm "$scratch/cold/SHA256SUMS"
shows "an unfinished one neither" ends 3 restore --from "$scratch/cold" --data "$scratch/new"
shows "at most so many differences are shown" ends 0 verify --data "$data" --max 0
shows "--max is a number" ends 2 verify --data "$data" --max many
# ---- capacity ------------------------------------------------------------------------------------

shows "capacity of what is asked for" ends 0 capacity --claims 100000 --redemptions 10000 \
    --wallets 50000 --coupons 50000 --busy 50 --cores 4
shows "it has a line for each kind, and their sum" out_has '^all  *210000 '
shows "machines for them" out_has 'on machines of 4: [0-9]* for quan, and [0-9]* shards of'
shows "with their connections" out_has 'A primary has [0-9]* connections, and up to [0-9]* when'
shows "more than a store has is told" ends 0 capacity --claims 10000000 --cores 4
shows "by what it may have" out_has 'more than one store has: [0-9]* servers, 16 shards'
shows "little needs little" ends 0 capacity --claims 10 --json
shows "one of each, and two replicas" equal \
    "$(field '[.servers, .shards, .replicas_of_shard] | join(" ")')" "1 1 2"
shows "without replicas the primary is read" ends 0 capacity --wallets 1000 --replicas 0 --json
read_there=$(field .primary_milli)
shows "with them they are" ends 0 capacity --wallets 1000 --replicas 1 --json
shows "for the same" equal "$(field '[.primary_milli, .replica_milli] | join(" ")')" "0 $read_there"
shows "of few lanes" ends 0 capacity --claims 1000 --lanes 2 --json
shows "a connection each, and the readers" equal "$(field .connections_of_primary)" 18
shows "a data directory is one server" ends 0 capacity --claims 1000000 --cores 4 --store rocks
shows "and no more" out_has "A data directory is one server's"
shows "twice as much" ends 0 capacity --claims 20000 --json
twice=$(field .log_bytes_per_s)
shows "is twice as much" ends 0 capacity --claims 10000 --json
shows "of log" equal "$twice" "$(($(field .log_bytes_per_s) * 2))"
shows "a share beyond all" ends 2 capacity --busy 101
shows "a rate that is none" ends 2 capacity --wallets many
shows "no processors" ends 2 capacity --cores 0
shows "no lanes" ends 2 capacity --lanes 0
shows "too many replicas" ends 2 capacity --replicas 9
shows "a store that is none" ends 2 capacity --store mem

shows "a full stdout is not success" sh -c "quan version >/dev/full; [ \$? -eq 3 ]"

counted
