# Guessing codes: who fails too often is locked out, by user, network address and merchant (DESIGN 4).
# Default: 10 failed tries of a user, 100 of an address, 6000 of a merchant's callers in ten minutes.

setup codes
  use shop
  POST /v1/codes/formats {"name": "Partners", "length": 12, "expected_codes": 1000000}
  201 {"id": "$format"}
  POST /v1/codes/batches {"name": "Cinema", "format": "$format", "template": "$template", "count": 3}
  201 {"id": "$batch"}
  POST /v1/codes/batches/$batch/export {}
  200
  lines code $code1 $code2 $code3

story ten_failed_tries_lock_a_user_out
  use codes
  as issue
  repeat 10
  POST /v1/codes/exchange {"code": "0000-0000-0000-$i", "user": "u1"}
  409 {"code": "code_invalid"}
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  429 {"code": "code_throttled", "status": 429}
  header Retry-After 60
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  201
  +59s
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  429
  header Retry-After 1
  +1s
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  201

# One was forgotten in the minute; the next lock is twice as long.
story the_next_lock_is_longer
  use codes
  as issue
  repeat 10
  POST /v1/codes/exchange {"code": "wrong $i", "user": "u1"}
  409
  +1m
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  429
  header Retry-After 120

# Good codes, and what a template refuses, are no failed tries.
story good_codes_are_not_counted
  let more "stock": 2,
  use codes
  as issue
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  201
  repeat 20
  POST /v1/codes/exchange {"code": "$code3", "user": "u1"}
  409 {"code": "sold_out"}

# Used, disabled, expired and another merchant's codes are failed tries, told or not; so are words of
# somebody else. However one is spelled, each request is one try.
story every_kind_of_failed_try_counts_once
  use codes
  POST /v1/codes/words {"word": "FOR-ANN-7", "template": "$template", "user": "ann"}
  201
  POST /v1/codes/words {"word": "WINTER10", "template": "$template"}
  201 {"id": "$word"}
  PATCH /v1/codes/words/$word if="v1" {"disabled": true}
  200
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  201
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  409 {"code": "code_used"}
  POST /v1/codes/exchange {"code": "for ann 7", "user": "u1"}
  409 {"code": "code_foreign"}
  POST /v1/codes/exchange {"code": "winter10", "user": "u1"}
  409 {"code": "code_disabled"}
  as issue
  POST /v1/codes/exchange {"code": "FOR-ANN-7", "user": "u1"}
  409 {"code": "code_invalid"}
  POST /v1/codes/exchange {"code": "ＷＩＮＴＥＲ１０", "user": "u1"}
  409 {"code": "code_invalid"}
  POST /v1/codes/exchange {"code": " $code1 ", "user": "u1"}
  409 {"code": "code_invalid"}
  POST /v1/codes/exchange {"code": "$code1　", "user": "u1"}
  409 {"code": "code_invalid"}
  as all
  PATCH /v1/codes/batches/$batch if="v1" {"disabled": true}
  200
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  409 {"code": "code_disabled"}
  as issue
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  409 {"code": "code_invalid"}
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  409 {"code": "code_invalid"}
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  429 {"code": "code_throttled"}
  as all
  GET /v1/codes/locks
  200 {"locks": [{"guesser": "user", "user": "u1", "tries": 10, "locks": 1}]}

# What a key was answered before it is answered again; a repeat of a failed try is not a second one.
story a_repeat_is_neither_counted_nor_refused
  use codes
  as issue
  POST /v1/codes/exchange key=good {"code": "$code1", "user": "u1"}
  201
  keep first
  POST /v1/codes/exchange key=bad {"code": "wrong", "user": "u1"}
  409
  POST /v1/codes/exchange key=bad {"code": "wrong", "user": "u1"}
  409
  POST /v1/codes/exchange key=bad {"code": "wrong", "user": "u1"}
  409
  repeat 9
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  POST /v1/codes/exchange key=bad {"code": "wrong", "user": "u1"}
  429
  POST /v1/codes/exchange key=good {"code": "$code1", "user": "u1"}
  201
  same first

# Another code under the same key is another try.
story a_key_hides_no_tries
  use codes
  as issue
  repeat 10
  POST /v1/codes/exchange key=k {"code": "wrong $i", "user": "u1"}
  409
  POST /v1/codes/exchange key=k {"code": "wrong 11", "user": "u1"}
  429

story an_address_is_locked_out_in_all_its_spellings
  setting code_failures_address 4
  use codes
  as issue
  POST /v1/codes/exchange {"code": "wrong", "user": "u1", "client_address": "2001:db8:1:2::7"}
  409
  POST /v1/codes/exchange {"code": "wrong", "user": "u2", "client_address": "2001:0DB8:1:2:ffff::1"}
  409
  POST /v1/codes/lookup {"code": "wrong", "client_address": "2001:db8:1:2::7"}
  403
  as redeem
  POST /v1/codes/lookup {"code": "wrong", "client_address": "2001:db8:1:2::8"}
  409
  POST /v1/codes/lookup {"code": "wrong", "client_address": "2001:db8:1:2:a:b:c:d"}
  409
  POST /v1/codes/lookup {"code": "wrong", "client_address": "2001:db8:1:2::9"}
  429 {"code": "code_throttled"}
  POST /v1/codes/lookup {"code": "wrong", "client_address": "2001:db8:1:3::9"}
  409
  repeat 2
  POST /v1/codes/lookup {"code": "wrong", "client_address": "203.0.113.7"}
  409
  repeat 2
  POST /v1/codes/lookup {"code": "wrong", "client_address": "::ffff:203.0.113.7"}
  409
  POST /v1/codes/lookup {"code": "wrong", "client_address": "203.0.113.7"}
  429
  POST /v1/codes/lookup {"code": "wrong", "client_address": "203.0.113.07"}
  422 {"errors": [{"field": "client_address", "code": "bad_format"}]}
  as issue
  POST /v1/codes/exchange {"code": "$code1", "user": "u3", "client_address": "here"}
  422 {"errors": [{"field": "client_address", "code": "bad_format"}]}
  POST /v1/codes/exchange {"code": "$code1", "user": "u3", "client_address": "2001:db8:1:2::aaaa"}
  429
  POST /v1/codes/exchange {"code": "$code1", "user": "u3", "client_address": "2001:db8:1:3::aaaa"}
  201
  as all
  GET /v1/codes/locks
  200 {"locks": ["any order", {"guesser": "address", "client_address": "2001:db8:1:2::/64", "user": null},
    {"guesser": "address", "client_address": "203.0.113.7"}]}
  setting code_failures_address 100

# Each code of a list is a try, and each wrong one a failed try, in a quote, too, which tells of each:
# no batch helps.
setup own
  use coupon
  use tea
  POST /v1/codes/formats {"name": "Wallet", "purpose": "coupon", "length": 13, "expected_codes": 1000000}
  201
  GET /v1/coupons/$coupon
  200 {"code": "$code"}

story a_list_of_codes_counts_each
  setting code_failures_address 10
  use own
  as redeem
  POST /v1/quotes {"cart": $cart, "client_address": "203.0.113.7",
    "codes": ["a0000", "$code", "b0000", "c0000", "d0000", "e0000"]}
  200 {"coupons": [{"typed": 0, "code": "code_invalid"}, {"typed": 1, "applied": true}, {}, {}, {}, {}]}
  POST /v1/redemptions {"order_number": "o1", "cart": $cart, "client_address": "203.0.113.7",
    "codes": ["$code", "a0000", "b0000", "c0000", "d0000", "e0000"]}
  429 {"code": "code_throttled"}
  POST /v1/redemptions {"order_number": "o1", "cart": $cart, "client_address": "203.0.113.7",
    "codes": ["a0000", "$code", "b0000", "c0000"]}
  409 {"code": "code_invalid"}
  POST /v1/holds {"order_number": "o1", "cart": $cart, "client_address": "203.0.113.7",
    "codes": ["a0000", "b0000"]}
  409 {"code": "code_invalid"}
  POST /v1/quotes {"cart": $cart, "client_address": "203.0.113.7", "codes": ["$code"]}
  429 {"code": "code_throttled"}
  header Retry-After 60
  POST /v1/holds {"order_number": "o1", "cart": $cart, "client_address": "203.0.113.7", "codes": ["$code"]}
  429
  POST /v1/redemptions {"order_number": "o1", "cart": $cart, "client_address": "203.0.113.7",
    "codes": ["$code"]}
  429
  POST /v1/redemptions {"order_number": "o1", "cart": $cart, "codes": ["$code"]}
  201
  POST /v1/quotes {"cart": $cart, "codes": ["$code"], "client_address": "203.0.113.256"}
  422 {"errors": [{"field": "client_address", "code": "bad_format"}]}
  POST /v1/holds {"order_number": "o2", "cart": $cart, "codes": ["$code"], "client_address": "::1::"}
  422 {"errors": [{"field": "client_address", "code": "bad_format"}]}
  setting code_failures_address 100

# A user who is named is locked out of typed codes, not of his coupons; repeats get their answers.
story a_user_is_locked_out_of_typed_codes_alone
  use own
  as redeem
  POST /v1/holds key=h {"user": "u1", "order_number": "o1", "cart": $cart, "codes": ["$code"]}
  201 {"id": "$hold"}
  keep first
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["a0000", "b0000", "c0000", "d0000", "e0000",
    "f0000", "g0000", "h0000", "i0000", "j0000"]}
  200
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$code"]}
  429
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "codes": ["$code"]}
  429
  POST /v1/holds key=h {"user": "u1", "order_number": "o1", "cart": $cart, "codes": ["$code"]}
  201
  same first
  POST /v1/redemptions {"user": "u1", "hold": "$hold"}
  201
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200

# A merchant's callers fail ten times a second in the long run; those who may read go on.
story a_merchant_is_bound_for_callers_that_may_not_read
  setting code_failures_user 0
  setting code_failures_per_s 1
  use codes
  as issue
  repeat 600
  POST /v1/codes/exchange {"code": "wrong", "user": "u$i"}
  409
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  429 {"code": "code_throttled"}
  header Retry-After 10
  as redeem
  POST /v1/codes/lookup {"code": "wrong"}
  429
  as all
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201
  GET /v1/codes/locks
  200 {"locks": [{"guesser": "merchant", "user": null, "client_address": null, "tries": 600}]}
  as other
  GET /v1/codes/locks
  200 {"locks": []}
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  409 {"code": "code_invalid"}
  +10s
  as issue
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  201
  setting code_failures_user 10
  setting code_failures_per_s 10

story an_operator_sees_and_lifts_a_lock
  use codes
  POST /v1/codes/locks/lift {"guesser": "user", "user": "u1"}
  404
  +1s
  as issue
  repeat 10
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  POST /v1/codes/locks/lift {"guesser": "user", "user": "u1"}
  403
  as all
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  429
  POST /v1/codes/locks/lift key=k {"guesser": "user", "user": "u1"}
  200 {"guesser": "user", "user": "u1", "tries": 10, "locks": 1, "locked_until": "2026-01-01T00:01:01.000Z"}
  keep first
  POST /v1/codes/locks/lift key=k {"guesser": "user", "user": "u1"}
  200
  same first
  GET /v1/codes/locks
  200 {"locks": []}
  POST /v1/codes/locks/lift {"guesser": "merchant", "user": "u1"}
  422 {"errors": [{"field": "user", "code": "not_allowed"}]}
  POST /v1/codes/locks/lift {"guesser": "address"}
  422 {"errors": [{"field": "client_address", "code": "required"}]}
  POST /v1/codes/locks/lift {"guesser": "address", "client_address": "x"}
  422 {"errors": [{"field": "client_address", "code": "bad_format"}]}
  POST /v1/codes/locks/lift {"guesser": "merchant"}
  200 {"guesser": "merchant", "tries": 10, "locks": 0, "locked_until": null}
  +1s
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201
  GET /v1/events?limit=1000
  200 {"events": [{}, {}, {}, {}, {}, {},
    {"type": "code_guessing_locked", "data": {"guesser": "user", "user": "u1", "tries": 10,
      "until": "2026-01-01T00:01:01.000Z"}},
    {"type": "code_guessing_unlocked", "data": {"guesser": "user", "user": "u1"}},
    "..."]}

# Whom an event of a lock is of is told as long as his tries are kept.
story events_forget_who_has_guessed
  use codes
  +1s
  as issue
  repeat 10
  POST /v1/codes/exchange {"code": "wrong", "client_address": "203.0.113.7", "user": "u1"}
  409
  as all
  POST /v1/codes/locks/lift {"guesser": "user", "user": "u1"}
  200
  GET /v1/events?limit=1000
  200 {"events": [{}, {}, {}, {}, {}, {},
    {"type": "code_guessing_locked", "data": {"guesser": "user", "user": "u1", "tries": 10}},
    {"type": "code_guessing_unlocked", "data": {"guesser": "user", "user": "u1", "tries": 10}}]}
  at 2026-01-02T00:01:01Z
  sweep
  GET /v1/events?limit=1000
  200 {"events": [{}, {}, {}, {}, {}, {},
    {"type": "code_guessing_locked", "data": {"guesser": "user", "user": null, "tries": 10}},
    {"type": "code_guessing_unlocked", "data": {"guesser": "user", "user": null, "tries": 10}}]}

# Nor do they say who is erased, or somebody new of that name.
story events_forget_an_erased_user
  use codes
  +1s
  as issue
  repeat 10
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  as all
  +1s
  POST /v1/users/u1/erase {}
  202 {"id": "$erasure", "known": false}
  eventually
  GET /v1/erasures/$erasure
  200 {"state": "done"}
  GET /v1/events?limit=1000
  200 {"events": [{}, {}, {}, {}, {}, {},
    {"type": "code_guessing_locked", "data": {"guesser": "user", "user": null, "tries": 10}}, "..."]}
  +1s
  as issue
  repeat 10
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  as all
  GET /v1/events?limit=1000
  200 {"events": [{}, {}, {}, {}, {}, {},
    {"type": "code_guessing_locked", "data": {"user": null}}, {"type": "user_erased"},
    {"type": "code_guessing_locked", "data": {"user": "u1"}}]}

# Tries under a name that had become his, too.
story tries_under_earlier_names_are_forgotten
  use codes
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  as issue
  repeat 10
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  as all
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}
  GET /v1/codes/locks
  200 {"locks": [{"user": "u1"}]}
  POST /v1/users/u2/erase {}
  202 {"id": "$erasure"}
  eventually
  GET /v1/erasures/$erasure
  200 {"state": "done"}
  GET /v1/codes/locks
  200 {"locks": []}

story locks_last_as_long_as_settings_say
  setting code_failures_user 1
  setting code_lock_ms 5000
  setting code_lock_max_ms 12000
  use codes
  as issue
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  429
  header Retry-After 5
  +10m
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  429
  header Retry-After 10
  +10m
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  429
  header Retry-After 12
  setting code_failures_user 10
  setting code_lock_ms 60000
  setting code_lock_max_ms 3600000

# An hour at most; the feed is told only of longer ones.
story locks_grow_to_an_hour_and_are_forgotten_after_a_day
  setting code_failures_user 1
  use codes
  as issue
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  +10m
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  +10m
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  429
  header Retry-After 240
  +1d4m
  sweep
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  429
  header Retry-After 60
  setting code_failures_user 10

story a_restart_changes_nothing
  use codes
  as issue
  repeat 9
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  repeat 10
  POST /v1/codes/exchange {"code": "wrong", "user": "u2"}
  409
  restart
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  429
  header Retry-After 60
  POST /v1/codes/exchange {"code": "wrong", "user": "u1"}
  409
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  429

# The odds are for what the throttle lets through.
story the_odds_are_those_of_the_throttle
  setting code_failures_per_s 20
  use shop
  POST /v1/codes/formats {"name": "Short", "length": 8, "alphabet": "digits", "expected_codes": 1000}
  409 {"code": "code_guessable", "detail": "Who tries 20 codes a second hits one about 6311520 times in 1000 years; the bound is 1000."}
  POST /v1/codes/formats {"name": "Short", "length": 8, "alphabet": "digits", "expected_codes": 1000,
    "accept_odds": "A test"}
  201 {"id": "$short", "prefixes": [{"guessed_in_1000_years": 6311520}]}
  setting code_failures_per_s 10
  GET /v1/codes/formats/$short
  200 {"prefixes": [{"guessed_in_1000_years": 3155760}]}
