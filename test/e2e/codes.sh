#!/bin/sh
# The life of codes from a shell: formats, batches, export, exchange, lookup, redemption, words.
# The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. test/lib/scratch.sh
. test/lib/serving.sh
. test/lib/asks.sh
data=$scratch/data
evidence="out err"

codes() {
    wanted=$1
    shift
    ends "$wanted" codes "$@"
}
# shown NAME: what stands behind the name, for people.
shown() { sed -n "s/^$1  *//p" "$scratch/out"; }

# ---- a server with a merchant, a campaign and a template -----------------------------------------

quan admin merchant create --data "$data" --name Shop --zone UTC --currency CNY --json \
    >"$scratch/out"
merchant=$(field .id)
quan admin key create --data "$data" --merchant "$merchant" >"$scratch/key" 2>/dev/null
quan admin key create --data "$data" --merchant "$merchant" --scopes read \
    >"$scratch/reader" 2>/dev/null
openssl rand -hex 32 >"$scratch/code.key"
chmod 640 "$scratch/code.key"
shows "a server" up --data "$data" --log-level warn --code-key-file "$scratch/code.key"
shows "that others may read the master key is told" grep -q "open to others .*$scratch/code.key" \
    "$scratch/log"
ask() {
    curl -s -X "$1" "$url$2" -H "Authorization: Bearer $(cat "$scratch/key")" \
        -H "Idempotency-Key: $2${4:-}" -H 'Content-Type: application/json' -d "$3" >"$scratch/out"
}
window='{"from":"2026-01-01T00:00:00Z","until":"2100-01-01T00:00:00Z"}'
ask POST /v1/campaigns "{\"name\":\"Codes\",\"claim_window\":$window,\"use_window\":$window}"
campaign=$(field .id)
ask POST "/v1/campaigns/$campaign/templates" '{"name":"One off","benefit":{"kind":"amount_off",
    "amount":{"amount":100,"currency":"CNY"}},"validity":{"kind":"after_issue","duration_days":7},
    "limits":[{"measure":"claims","subject":"device","period":"ever","max":2}]}'
template=$(field .id)
ask POST "/v1/campaigns/$campaign/state" '{"state":"active"}'

# ---- whom to ask ---------------------------------------------------------------------------------

shows "without a server nothing is asked" codes 2 format list
shows "and what is needed is said" err_has '^quan: --server and --key are needed$'
shows "a server is on this machine" codes 2 format list --server http://example.com --key x
shows "a server that is not there is told" codes 3 format list --server http://127.0.0.1:1 --key x
shows "a key that is none is refused" codes 1 format list --server "$url" --key nonsense
shows "with the problem's sentence" err_has '^quan: Send a valid API key'
shows "options tell which" codes 0 format list --server "$url" --key "@$scratch/key"
QUAN_SERVER=$url QUAN_KEY=@$scratch/key
export QUAN_SERVER QUAN_KEY
shows "so does the environment" codes 0 format list
shows "a list of none has its heading" out_has '^id  name  purpose'
shows "and is an empty one as JSON" codes 0 format list --json
shows "with nothing else" equal "$(cat "$scratch/out")" '[]'

# ---- formats -------------------------------------------------------------------------------------

shows "what a format needs is said" codes 2 format create --name Partners
shows "by the option" err_has -- '--length is needed'
shows "a number is one" codes 2 format create --name Partners --length twelve --expected-codes 9
shows "what the server refuses" codes 2 format create --name Partners --length 99 \
    --expected-codes 1000
shows "is told by its field" err_has '^quan: length: '
shows "with --json it has a code" codes 2 format create --name Partners --length 99 \
    --expected-codes 1000 --json
shows "that of the problem" equal "$(field .error.code)" invalid
shows "a format" codes 0 format create --name Partners --length 12 --prefix P --group 4 \
    --expected-codes 100000 --alphabet crockford --check true --purpose exchange
format=$(shown id)
shows "has an id" sh -c "echo '$format' | grep -q '^cfm_'"
shows "and its odds" equal "$(shown guessed_in_1000_years)" 0
shows "codes that can be guessed are refused" codes 1 format create --name Short --length 8 \
    --alphabet digits --expected-codes 1000
shows "with their code" codes 1 format create --name Short --length 8 --alphabet digits \
    --expected-codes 1000 --json
shows "for machines" equal "$(field .error.code)" code_guessable
shows "unless a reason is given" codes 0 format create --name Short --length 8 --prefix 9 \
    --alphabet custom --characters 0123456789 --expected-codes 1000 --accept-odds 'stickers' \
    --check false --idempotency-key once
short=$(shown id)
shows "the same again" codes 0 format create --name Short --length 8 --prefix 9 \
    --alphabet custom --characters 0123456789 --expected-codes 1000 --accept-odds 'stickers' \
    --check false --idempotency-key once
shows "is the same format" equal "$(shown id)" "$short"
shows "a predictable one" codes 0 format create --name Raffle --length 12 --prefix 7 \
    --alphabet digits --expected-codes 10 --scheme lcg --lcg '{"multiplier":21,"increment":7}' \
    --accept-odds 'a raffle'
shows "says so" equal "$(shown predictable)" true
shows "formats are listed" codes 0 format list
shows "one a line" equal "$(wc -l <"$scratch/out")" 4
shows "by name" out_has "^$format  Partners  exchange  12  *P"
shows "a format is shown" codes 0 format show --json "$format"
shows "whole, as JSON" equal "$(field '.prefixes[0].expected_codes')" 100000
shows "one that is not there is told" codes 1 format show cfm_0000000000001
shows "as a sentence" err_has '^quan: There is nothing with this id'
shows "a word too many is refused" codes 2 format show "$format" "$format"
shows "with what is expected" err_has 'behind the options stands FORMAT'

# ---- batches -------------------------------------------------------------------------------------

shows "a batch" codes 0 batch create --name 'Cinema, May' --format "$format" \
    --template "$template" --count 3 --expires-at 2099-06-01T00:00:00Z --channel cinema --json
batch=$(field .id)
shows "has the format's prefix" equal "$(field .prefix)" P
shows "its codes are exported" codes 0 export "$batch"
tail -n 3 "$scratch/out" >"$scratch/three"
shows "three" grep -c '^P-' "$scratch/three"
first=$(sed -n 1p "$scratch/three") second=$(sed -n 2p "$scratch/three")
shows "a code is exchanged" codes 0 exchange --user u-1 --store s-1 \
    --subjects '{"device":"d-1"}' "$(echo "$first" | tr 'A-Z-' 'a-z ')"
coupon=$(shown id)
shows "and people see nothing that it has not" sh -c "! grep -q ' -\$' '$scratch/out'"
shows "for a coupon" sh -c "echo '$coupon' | grep -q '^cpn_'"
shows "once" codes 1 exchange --user u-2 --subjects '{"device":"d-2"}' "$first"
shows "and why not again" err_has '^quan: The code was exchanged before'
echo '{"device":"d-3"}' >"$scratch/subjects.json"
shows "subjects may be in a file" codes 0 exchange --user u-2 \
    --subjects "@$scratch/subjects.json" "$second"
shows "that is there" codes 2 exchange --user u-2 --subjects "@$scratch/none" "$second"
shows "and is JSON" codes 2 exchange --user u-2 --subjects '{device}' "$second"
counted_two() { codes 0 batch show "$batch" --json && [ "$(field .exchanged)" -eq 2 ]; }
for _ in $(seq 100); do
    if counted_two >/dev/null; then break; fi
    sleep 0.05
done
shows "the batch counts them" counted_two
shows "a batch is renamed" codes 0 batch rename --name 'Cinema, June' "$batch"
shows "another version of it" equal "$(shown version)" 2
shows "it ends later" codes 0 batch extend --expires-at 2099-07-01T00:00:00Z "$batch"
shows "then" equal "$(shown expires_at)" 2099-07-01T00:00:00.000Z
shows "what is not a time is told" codes 2 batch extend --expires-at soon "$batch"
shows "by its field" err_has '^quan: expires_at: '
shows "channels are counted" codes 0 channel list
shows "by name" out_has '^cinema  *1  *0  *3  *2 '
shows "a batch is moved" codes 0 batch move --channel theatre "$batch"
shows "there" equal "$(shown channel)" theatre
shows "a batch is disabled" codes 0 batch disable "$batch"
shows "its last code is not exchanged" codes 1 exchange --user u-3 --subjects '{"device":"d-4"}' \
    "$(sed -n 3p "$scratch/three")"
shows "for it is disabled" err_has disabled
shows "a key that only reads changes nothing" codes 1 batch enable --key "@$scratch/reader" \
    "$batch"
shows "for want of a scope" err_has 'scope'
shows "a batch is enabled" codes 0 batch enable "$batch"
shows "and its last code exchanged" codes 0 exchange --user u-3 --subjects '{"device":"d-4"}' \
    "$(sed -n 3p "$scratch/three")"
shows "the next prefix" codes 0 format rotate --prefix Q --expected-codes 50000 "$format"
shows "stands behind the first" equal "$(shown prefix)" P,Q
for i in $(seq 201); do
    quan codes batch create --name "Many $i" --format "$format" --template "$template" \
        --count 10 >/dev/null || echo "batch $i" >>"$scratch/failed"
done
shows "more than a page of batches" [ ! -e "$scratch/failed" ]
shows "are one list" codes 0 batch list
shows "with a heading" equal "$(wc -l <"$scratch/out")" 203
shows "aligned" equal "$(awk 'NR == 1 { at = index($0, "disabled") }
    NR > 1 { print substr($0, at, 5) }' "$scratch/out" | sort -u)" false
shows "as JSON, too" codes 0 batch list --json
shows "all of them" equal "$(field length)" 202
shows "new ones have the new prefix" equal "$(field '.[201].prefix')" Q

# ---- exports that are cut off --------------------------------------------------------------------

shows "a large batch" codes 0 batch create --name Large --format "$format" \
    --template "$template" --count 600000
large=$(shown id)
whole=$scratch/whole.csv part=$scratch/part.csv
shows "is exported" codes 0 export --to "$whole" "$large"
shows "a line each, under a heading" equal "$(wc -l <"$whole")" 600001
shows "for nobody else to read" equal "$(stat -c %a "$whole")" 600
shows "no file is written over" codes 3 export --to "$whole" "$large"

# cut SIGNAL: an export that gets it in the middle; its status in $is.
cut() {
    rm -f "$part"
    quan codes export --to "$part" "$large" >"$scratch/out" 2>"$scratch/err" </dev/null &
    work=$!
    for _ in $(seq 1000); do [ -s "$part" ] || sleep 0.01; done
    kill -"$1" $work
    wait $work
    is=$?
    [ "$(stat -c %s "$part")" -lt "$(stat -c %s "$whole")" ]
}
# gone_on: what is there comes to its end, and is the same byte by byte.
gone_on() { codes 0 export --to "$part" --resume "$large" && cmp "$whole" "$part"; }
shows "one that is killed" cut KILL
shows "goes on" gone_on
shows "Ctrl-C ends one" cut INT
shows "with its status" equal "$is" 1
shows "and says how far it came" err_has \
    '^quan: stopped behind [0-9]*00000 of 600000 codes; --resume'
shows "at the end of a line" equal "$(tail -c 1 "$part" | od -An -c | tr -d ' ')" '\n'
shows "it goes on, too" gone_on
for bytes in 0 3 5 9 24 25 26 1700003; do
    head -c $bytes "$whole" >"$part"
    shows "one with $bytes bytes goes on" gone_on
done
printf '\0\0\0\0' >>"$part"
truncate -s -100 "$part"
printf '\0\0\0\0' >>"$part"
shows "one whose end a crash of the machine made zeros" gone_on
rm "$part"
shows "where there is none it is begun" gone_on
shows "a whole one stays as it is" gone_on
shows "one that began later" codes 0 export --to "$scratch/later.csv" --from 599990 "$large"
truncate -s -30 "$scratch/later.csv"
shows "goes on" codes 0 export --to "$scratch/later.csv" --resume --from 599990 "$large"
{ head -n 1 "$whole" && tail -n 10 "$whole"; } >"$scratch/ten.csv"
shows "to the same end" cmp "$scratch/ten.csv" "$scratch/later.csv"
shows "but not from elsewhere" codes 1 export --to "$scratch/later.csv" --resume "$large"
shows "for its codes are others" err_has 'its last code is not number 10 of this batch'
head -n 3 "$whole" >"$part"
shows "nor of another batch" codes 1 export --to "$part" --resume "$batch"
shows "nor with more codes than it has" codes 1 export --to "$whole" --resume "$batch"
echo 'user,amount' >"$part"
shows "what is no export is left alone" codes 1 export --to "$part" --resume "$large"
shows "as it was" equal "$(cat "$part")" 'user,amount'
shows "which file is told" codes 2 export --resume "$large"
shows "nothing is behind the end" codes 1 export --from 600000 "$large"
shows "progress is shown where it is asked for" codes 0 export --progress --from 599999 "$large"
shows "on stderr" err_has '^codes .*100 %'

# ---- encrypted exports ---------------------------------------------------------------------------

echo 'correct horse battery staple' >"$scratch/pass"
echo 'short' >"$scratch/short"
sealed=$scratch/codes.quan clear=$scratch/clear.csv
open() { ends "$1" codes decrypt --to "$clear" --passphrase-file "$2" "$3"; }
shows "a passphrase is needed" codes 2 export --encrypt --to "$sealed" "$large"
shows "not a short one" codes 2 export --encrypt --passphrase-file "$scratch/short" \
    --to "$sealed" "$large"
shows "nor is it given for nothing" codes 2 export --passphrase-file "$scratch/pass" "$large"
shows "nothing was made" [ ! -e "$sealed" ]
shows "an export is encrypted" codes 0 export --encrypt --passphrase-file "$scratch/pass" \
    --to "$sealed" "$large"
shows "nothing of it can be read" sh -c "! grep -q -a -e 'Q-....-....-....-' '$sealed'"
shows "it says what it is" equal "$(head -c 8 "$sealed")" QUANSEAL
shows "it opens" open 0 "$scratch/pass" "$sealed"
shows "to what was exported" cmp "$whole" "$clear"
shows "for nobody else to read" equal "$(stat -c %a "$clear")" 600
shows "not over a file" open 3 "$scratch/pass" "$sealed"
rm "$clear"
shows "another passphrase opens nothing" open 1 "$scratch/short" "$sealed"
shows "and is told" err_has 'the passphrase is another one'
head -c 5000000 "$sealed" >"$scratch/cut.quan"
shows "a file that was cut off does not open" open 1 "$scratch/pass" "$scratch/cut.quan"
shows "nor what is no such file" open 1 "$scratch/pass" "$whole"
shows "nor what is not there" open 3 "$scratch/pass" "$scratch/none"
shows "nothing is left of them" sh -c "[ ! -e '$clear' ] && [ ! -e '$clear.part' ]"
shows "the environment may have the passphrase" env \
    QUAN_PASSPHRASE='correct horse battery staple' sh -c \
    "quan codes decrypt --to '$clear' '$sealed' && cmp '$whole' '$clear' &&
    quan codes export --encrypt '$batch' >'$scratch/piped.quan'"
rm "$clear"
shows "an encrypted one goes through a pipe" open 0 "$scratch/pass" "$scratch/piped.quan"
shows "with its codes" equal "$(wc -l <"$clear")" 4
shows "it is not gone on with" codes 2 export --encrypt --passphrase-file "$scratch/pass" --resume \
    --to "$sealed" "$large"
shows "and that is told" err_has 'an encrypted file cannot be gone on with'
rm "$sealed"
quan codes export --encrypt --passphrase-file "$scratch/pass" --to "$sealed" "$large" \
    >/dev/null 2>"$scratch/err" </dev/null &
work=$!
for _ in $(seq 1000); do [ -s "$sealed" ] || sleep 0.01; done
kill -INT $work
wait $work
shows "Ctrl-C leaves nothing of one" [ ! -e "$sealed" ]
shows "and says so" err_has 'nothing is left of it'

# ---- coupons by their codes ----------------------------------------------------------------------

shows "a format for coupons" codes 0 format create --name Wallet --purpose coupon --prefix W \
    --length 13 --expected-codes 1000000
ask GET "/v1/coupons/$coupon" ''
code=$(field .code)
shows "a coupon is found by its code" codes 0 lookup "$code"
shows "it is that one" equal "$(shown id)" "$coupon"
shows "of its user" equal "$(shown user)" u-1
shows "a code of none is refused" codes 1 lookup 0000-0000-0000-0-0
echo '{"lines":[{"sku":"a","unit_price":{"amount":250,"currency":"CNY"},"quantity":1}]}' \
    >"$scratch/cart.json"
# reads FILE TEXT: does a reader of QR codes see this text, and nothing else?
reads() { equal "$(zbarimg --raw -q "$1" 2>/dev/null)" "$2"; }
bare=$(echo "$code" | tr -d -)
for query in '' '?scale=2' '?scale=16&margin=16'; do
    ask GET "/v1/coupons/$coupon/qr$query" ''
    shows "its picture is read${query:+ with $query}" reads "$scratch/out" "$bare"
done
ask POST /v1/codes/qr "{\"code\":\"$first\",\"scale\":5}"
shows "so is that of an exchange code" reads "$scratch/out" "$(echo "$first" | tr -d -)"
for word in A 7 summer10 'p-7k2m 9qxf 3b0d t' ABCDEFGHJKLMNPQRSTUVWXYZ012345678; do
    rm -f "$scratch/code.png"
    shows "a code is drawn: $word" codes 0 qr --to "$scratch/code.png" "$word"
    shows "and read" reads "$scratch/code.png" \
        "$(echo "$word" | tr -d ' -' | tr '[:lower:]' '[:upper:]')"
done
shows "not over a file" codes 3 qr --to "$scratch/code.png" A
shows "of what can be a code" codes 2 qr --to "$scratch/none.png" 'https://shop.example/'
shows "of a kind that is known" codes 2 qr --to "$scratch/code.gif" A
shows "and a size" codes 2 qr --as svg --scale 17 A
shows "as SVG to a pipe" codes 0 qr --as svg --scale 3 --margin 1 "$code"
cp "$scratch/out" "$scratch/code.svg"
ask GET "/v1/coupons/$coupon/qr?as=svg&scale=3&margin=1" ''
shows "that of the server" cmp "$scratch/code.svg" "$scratch/out"
shows "no server is asked" env -u QUAN_SERVER -u QUAN_KEY quan codes qr --as png A
shows "not for another user" codes 1 redeem --order-number o-1 --cart "@$scratch/cart.json" \
    --user nobody --subjects '{"device":"d-1"}' "$code"
shows "nor from no address" codes 2 redeem --order-number o-1 --cart "@$scratch/cart.json" \
    --client-address somewhere --subjects '{"device":"d-1"}' "$code"
shows "which is told" err_has client_address
shows "it is redeemed" codes 0 redeem --order-number o-1 --cart "@$scratch/cart.json" \
    --client-address 203.0.113.7 --subjects '{"device":"d-1"}' "$code"
shows "with its discount" equal "$(shown discount)" '1.00 CNY'
shows "of the order" equal "$(shown total)" '1.50 CNY'
shows "once" codes 1 redeem --order-number o-2 --cart "@$scratch/cart.json" "$code"
shows "codes are needed" codes 2 redeem --order-number o-3
shows "one or more" err_has 'stands CODE\.\.\.'
shows "it is over" codes 0 lookup "$code" --json
shows "redeemed" equal "$(field .state)" redeemed

# ---- words ---------------------------------------------------------------------------------------

shows "a word" codes 0 word create --template "$template" --expires-at 2099-01-01T00:00:00Z \
    SUMMER10
word=$(shown id)
shows "for one user" codes 0 word create --template "$template" --user u-1 SORRY2026
shows "a word that is there is refused" codes 2 word create --template "$template" 'summer 10'
shows "by its field" err_has '^quan: word: SUMMER10 is a word already'
shows "words are listed" codes 0 word list
shows "both" equal "$(grep -c '^cwd_' "$scratch/out")" 2
shows "it is exchanged" codes 0 exchange --user u-5 --subjects '{"device":"d-5"}' summer10
shows "it is disabled" codes 0 word disable "$word"
shows "and not exchanged" codes 1 exchange --user u-6 --subjects '{"device":"d-6"}' summer10
shows "it is enabled" codes 0 word enable "$word"
shows "it ends never" codes 0 word extend --expires-at never "$word"
shows "as is shown" equal "$(shown expires_at)" -
shows "it ends" codes 0 word extend --expires-at 2099-02-01T00:00:00Z "$word"
shows "it is moved" codes 0 word move --channel poster "$word"
shows "it is shown" codes 0 word show "$word"
shows "with its end" equal "$(shown expires_at)" 2099-02-01T00:00:00.000Z
shows "counted" equal "$(shown exchanged)" 1

# ---- a code for each user ------------------------------------------------------------------------

shows "a personal batch" codes 0 batch create --name Birthdays --format "$format" \
    --template "$template" --count 2301 --personal true
personal=$(shown id)
shows "has no users yet" equal "$(shown users)" 0
shows "nor codes that anybody may have" codes 1 export "$personal"
{
    echo user
    seq -f 'user-%g' 2300
    echo '"a, ""b"""'
    echo
    echo user-7
    echo '" user-8 "'
} >"$scratch/users.csv"
mine() { codes 0 bind --to "$scratch/users" "$@" "$personal" "$scratch/users.csv"; }
shows "its users come from a file" mine
shows "each once" out_has ': 2303 lines: 2301 accepted, 1 already ours, 0 duplicate, 1 invalid$'
shows "in lists" equal "$(cat "$scratch/users/already.csv")" "$(printf 'line,user\n2304,user-7')"
shows "spaces make no other user" equal "$(cat "$scratch/users/invalid.csv")" \
    "$(printf 'line,user\n2305, user-8 ')"
chmod 644 "$scratch/users/accepted.csv"
shows "that are not written over" codes 3 bind --to "$scratch/users" "$personal" \
    "$scratch/users.csv"
shows "unless wanted" mine --again --json
shows "for their owner alone" equal "$(stat -c %a "$scratch/users"/*.csv | xargs)" '600 600 600 600'
shows "then they have their codes" equal "$(field '"\(.batch) \(.accepted) \(.already_ours)"')" \
    "$personal 0 2302"
echo 'one more' >"$scratch/more.csv"
shows "a batch has as many as it was made with" codes 1 bind --to "$scratch/more" --no-header \
    "$personal" "$scratch/more.csv"
shows "and says so" err_has 'codes for 0 more users'
shows "a batch of anybody's has none" codes 1 bind --to "$scratch/none" "$batch" \
    "$scratch/users.csv"
shows "what is no batch is told" codes 2 bind --to "$scratch/none2" "$template" "$scratch/users.csv"
shows "they are exported" codes 0 export --to "$scratch/birthdays.csv" "$personal"
shows "with their users" equal "$(head -n 1 "$scratch/birthdays.csv")" code,user
shows "all of them" equal "$(wc -l <"$scratch/birthdays.csv")" 2302
shows "as CSV" equal "$(sed -n '$s/^[^,]*,//p' "$scratch/birthdays.csv")" '"a, ""b"""'
for bytes in 5 10 13 3000; do
    head -c $bytes "$scratch/birthdays.csv" >"$part"
    shows "one with $bytes bytes goes on" codes 0 export --to "$part" --resume "$personal"
    shows "to the same end" cmp "$scratch/birthdays.csv" "$part"
done
first=$(sed -n 's/,user-1$//p' "$scratch/birthdays.csv")
shows "a code of somebody else's is none" codes 1 exchange --user user-2 \
    --subjects '{"device":"d-5"}' "$first"
shows "and why" err_has 'for another user'
shows "his own is one" codes 0 exchange --user user-1 --subjects '{"device":"d-5"}' "$first"

# ---- codes of a partner --------------------------------------------------------------------------

ask POST "/v1/campaigns/$campaign/templates" '{"name":"Cinema","benefit":{"kind":"hand_over"},
    "asset":{"type":"cinema"},"partner_codes":{"partner":"Lotus"},
    "validity":{"kind":"after_issue","duration_days":7}}' again
cinema=$(field .id)
{
    echo code
    seq -f 'LOTUS %g' 1200
    echo 'LOTUS 3'
    printf 'LOTUS\t4\nLOTUS \377\n\n'
    echo 'LOTUS 1200'
} >"$scratch/lotus.csv"
shows "a partner's codes come from a file" codes 0 supply --to "$scratch/lotus" "$cinema" \
    "$scratch/lotus.csv"
shows "each once" out_has ': 1204 lines: 1200 accepted, 1 already ours, 1 duplicate, 2 invalid$'
bad=$(LC_ALL=C sed 's/,.*//' "$scratch/lotus/invalid.csv" | tr '\n' ' ')
shows "bad ones are told" equal "$bad" 'line 1203 1204 '
shows "and what came twice, in this request" equal "$(cat "$scratch/lotus/duplicate.csv")" \
    "$(printf 'line,code\n1206,LOTUS 1200')"
shows "they are counted" codes 0 partner show "$cinema"
shows "all of them" equal "$(shown partner) $(shown codes) $(shown left) $(shown handed_out)" \
    'Lotus 1200 1200 0'

# ---- guessers ------------------------------------------------------------------------------------

tries=0
while codes 1 exchange --user guesser --subjects '{"device":"d-9"}' "WRONG$tries" &&
    ! err_has 'Too many codes' && [ "$tries" -lt 50 ]; do
    tries=$((tries + 1))
done
shows "who guesses is locked out" err_has 'Too many codes were tried'
shows "locks are listed" codes 0 lock list
shows "his" out_has '^user  *guesser '
shows "a guesser is named" codes 2 lock lift --user guesser
shows "it is lifted" codes 0 lock lift --user guesser user
shows "there is none any more" codes 0 lock list --json
shows "not one" equal "$(field length)" 0
shows "who did not guess has none" codes 1 lock lift --user u-1 user

kill "$server"
wait "$server"
server=
shows "and all agrees" ends 0 verify --data "$data"

counted
