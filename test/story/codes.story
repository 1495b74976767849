# Codes: formats, batches of exchange codes, and exchanging one for a coupon (DESIGN 4; 000-05,
# 000-10, 000-15, 004-17, 004-18).

# 12 characters of Crockford base32 and a check character, in groups of 4.
setup format
  POST /v1/codes/formats {"name": "Partners", "length": 12, "expected_codes": 1000000}
  201 {"id": "$format", "version": 1, "scheme": "permuted", "predictable": false, "length": 12, "check": true, "group": 4,
    "characters": "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
    "prefixes": [{"prefix": "", "codes": 0, "expected_codes": 1000000, "guessed_in_1000_years": 0,
      "accept_odds": null}]}
  header ETag "v1"

# What a server makes is named by exporting it.
setup codes
  use shop
  use format
  POST /v1/codes/batches {"name": "Cinema", "format": "$format", "template": "$template",
    "count": 3, "expires_at": "2026-05-20T00:00:00Z"}
  201 {"id": "$batch", "version": 1, "count": 3, "exchanged": 0, "disabled": false, "prefix": "",
    "expires_at": "2026-05-20T00:00:00.000Z", "accept_odds": null}
  header ETag "v1"
  POST /v1/codes/batches/$batch/export {}
  200
  header Content-Type text/csv; charset=utf-8
  lines code $code1 $code2 $code3

story a_code_becomes_a_coupon_once
  use codes
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201 {"coupon": {"id": "$coupon", "template": "$template"}}
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  409 {"code": "code_used"}
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  409 {"code": "code_used"}
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$coupon", "source": "exchange"}]}
  GET /v1/users/u2/coupons
  200 {"coupons": []}
  eventually
  GET /v1/codes/batches/$batch
  200 {"exchanged": 1}
  POST /v1/codes/exchange {"code": "$code3", "user": "u2"}
  201

story the_same_key_gets_the_first_answer
  use codes
  POST /v1/codes/exchange key=k1 {"code": "$code1", "user": "u1"}
  201 {"coupon": {"id": "$coupon"}}
  keep first
  POST /v1/codes/exchange key=k1 {"code": "$code1", "user": "u1"}
  201
  same first
  POST /v1/codes/exchange key=k1 {"code": "$code2", "user": "u1"}
  422 {"code": "idempotency_mismatch"}
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  201

# 004-18. A limit, a sold-out template and a paused campaign leave the code as it was.
story what_refuses_the_coupon_leaves_the_code_usable
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use codes
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  409 {"code": "limit_reached"}
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  409 {"code": "limit_reached"}
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  201
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200
  POST /v1/codes/exchange {"code": "$code3", "user": "u3"}
  409 {"code": "campaign_not_active"}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200
  POST /v1/codes/exchange {"code": "$code3", "user": "u3"}
  201

story stock_is_taken_by_the_exchange
  let more "stock": 1,
  use codes
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  409 {"code": "sold_out"}
  POST /v1/templates/$template/stock {"current": 1, "target": 2}
  200
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  201

story a_limit_by_device_holds_and_the_code_stays
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 1}]
  use codes
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  422 {"code": "limit_subject_missing", "errors": [{"field": "subjects.device"}]}
  POST /v1/codes/exchange {"code": "$code1", "user": "u1", "subjects": {"device": "d1"}}
  201
  POST /v1/codes/exchange {"code": "$code2", "user": "u2", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  POST /v1/codes/exchange {"code": "$code2", "user": "u2", "subjects": {"device": "d2"}}
  201

# Whoever may not read gets one answer for all, byte by byte but for the trace id.
story a_stranger_learns_nothing
  use codes
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201
  as issue
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  409 {"code": "code_invalid", "detail": null}
  POST /v1/codes/exchange {"code": "0000-0000-0000-0", "user": "u2"}
  409 {"code": "code_invalid", "detail": null}
  POST /v1/codes/exchange {"code": "no such code", "user": "u2"}
  409 {"code": "code_invalid", "detail": null}
  as all
  PATCH /v1/codes/batches/$batch if="v1" {"disabled": true}
  200 {"version": 2, "disabled": true}
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  409 {"code": "code_disabled"}
  as issue
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  409 {"code": "code_invalid", "detail": null}
  as all
  PATCH /v1/codes/batches/$batch if="v2" {"disabled": false}
  200 {"version": 3}
  at 2026-05-20T00:00:00Z
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  409 {"code": "code_expired"}
  as issue
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  409 {"code": "code_invalid", "detail": null}
  as other
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  409 {"code": "code_invalid", "detail": null}
  as all
  PATCH /v1/codes/batches/$batch if="v3" {"expires_at": "2026-05-21T00:00:00Z", "name": "Later"}
  200 {"version": 4, "name": "Later", "expires_at": "2026-05-21T00:00:00.000Z"}
  PATCH /v1/codes/batches/$batch if="v4" {"expires_at": null}
  200 {"version": 5, "name": "Later", "expires_at": null}
  at 2026-05-22T00:00:00Z
  GET /v1/codes/batches/$batch
  200 {"version": 5, "expires_at": null}
  PATCH /v1/codes/batches/$batch if="v5" {"name": null}
  422 {"errors": [{"field": "name", "code": "wrong_type"}]}
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  201

story a_batch_is_edited_at_the_version_that_was_read
  use codes
  PATCH /v1/codes/batches/$batch if="v2" {"disabled": true}
  412 {"code": "version_mismatch"}
  PATCH /v1/codes/batches/$batch if="v1" {}
  422
  PATCH /v1/codes/batches/cbt_0000000000001 if="v1" {"disabled": true}
  404
  as other
  PATCH /v1/codes/batches/$batch if="v1" {"disabled": true}
  404
  GET /v1/codes/batches/$batch
  404
  POST /v1/codes/batches/$batch/export {}
  404

story an_export_comes_in_parts_that_always_say_the_same
  use codes
  POST /v1/codes/batches/$batch/export {"from": 1, "count": 1}
  200
  lines code $code2
  POST /v1/codes/batches/$batch/export {"from": 2}
  200
  lines code $code3
  POST /v1/codes/batches/$batch/export {"from": 3}
  200
  lines code
  POST /v1/codes/batches/$batch/export {"from": 4}
  422 {"code": "invalid", "errors": [{"field": "from", "code": "out_of_range", "detail": "at most 3"}]}
  as issue
  POST /v1/codes/batches/$batch/export {}
  403
  as all
  GET /v1/events?limit=1000
  200 {"events": [{"type": "campaign_created"}, {"type": "campaign_changed"},
    {"type": "template_created"}, "..."]}

# Whoever takes codes out is told, with which they are, a repeat by another API key, too.
story the_feed_tells_who_exported_which_codes
  use codes
  POST /v1/codes/batches/$batch/export key=e1 {"from": 1, "count": 1}
  200
  lines code $code2
  POST /v1/codes/batches/$batch/export key=e1 {"from": 1, "count": 1}
  200
  lines code $code2
  as admin
  POST /v1/codes/batches/$batch/export key=e1 {"from": 1, "count": 1}
  200
  lines code $code2
  as all
  GET /v1/events?limit=1000
  200 {"events": [{"type": "campaign_created"}, {"type": "campaign_changed"}, {"type": "template_created"},
    {"type": "code_format_created"}, {"type": "code_batch_created"},
    {"type": "codes_exported", "data": {"batch": "$batch", "codes": 3, "from": 0, "key": "$all"}},
    {"type": "codes_exported", "data": {"batch": "$batch", "codes": 1, "from": 1, "key": "$all"}},
    {"type": "codes_exported", "data": {"batch": "$batch", "codes": 1, "from": 1, "key": "$admin"}}]}

story a_format_gets_its_next_prefix_and_old_codes_stay_good
  use codes
  PUT /v1/codes/formats/$format/prefix if="v2" {"prefix": "B", "expected_codes": 10}
  412
  PUT /v1/codes/formats/$format/prefix if="v1" {"prefix": "B", "expected_codes": 10}
  200 {"version": 2, "prefixes": [{"prefix": "", "codes": 3}, {"prefix": "B", "codes": 0}]}
  POST /v1/codes/batches {"name": "Next", "format": "$format", "template": "$template", "count": 2}
  201 {"id": "$next", "prefix": "B", "expires_at": null}
  POST /v1/codes/batches/$next/export {}
  200
  lines code $new1 $new2
  POST /v1/codes/exchange {"code": "$new1", "user": "u1"}
  201
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201
  POST /v1/codes/exchange {"code": "$new1", "user": "u1"}
  409 {"code": "code_used"}
  GET /v1/codes/formats/$format
  200 {"version": 2, "prefixes": [{"codes": 3}, {"codes": 2}]}
  GET /v1/codes/batches
  200 {"batches": [{"id": "$batch", "exchanged": 1}, {"id": "$next", "exchanged": 1}]}

story formats_of_a_merchant_do_not_meet
  use format
  POST /v1/codes/formats {"name": "Again", "length": 12, "expected_codes": 10}
  422 {"code": "invalid", "errors": [{"field": "prefix", "code": "duplicate"}]}
  POST /v1/codes/formats {"name": "Looks alike", "length": 11, "prefix": "O", "expected_codes": 10}
  422 {"code": "invalid"}
  POST /v1/codes/formats {"name": "Longer", "length": 13, "expected_codes": 10}
  201 {"id": "$longer"}
  GET /v1/codes/formats
  200 {"formats": [{"id": "$format"}, {"id": "$longer"}]}
  PUT /v1/codes/formats/$longer/prefix if="v1" {"prefix": "", "expected_codes": 10}
  422 {"code": "invalid"}
  as other
  POST /v1/codes/formats {"name": "Another merchant's", "length": 12, "expected_codes": 10}
  201
  GET /v1/codes/formats/$format
  404

# 8 digits with 1,000 good codes: ten tries a second hit 3,155 a year.
story codes_that_are_guessed_are_refused_unless_somebody_says_why
  use shop
  POST /v1/codes/formats {"name": "Short", "length": 8, "alphabet": "digits", "expected_codes": 1000}
  409 {"code": "code_guessable", "detail": "Who tries 10 codes a second hits one about 3155760 times in 1000 years; the bound is 1000."}
  POST /v1/codes/formats {"name": "Short", "length": 8, "alphabet": "digits", "expected_codes": 1000,
    "accept_odds": "Worth 1.00, behind a login"}
  201 {"id": "$short", "characters": "0123456789", "prefixes": [{"guessed_in_1000_years": 3155760,
    "accept_odds": "Worth 1.00, behind a login"}]}
  POST /v1/codes/batches {"name": "B", "format": "$short", "template": "$template", "count": 10}
  201 {"accept_odds": null}
  POST /v1/codes/batches {"name": "B", "format": "$short", "template": "$template",
    "count": 100000000}
  409 {"code": "codes_exhausted", "detail": "99999990 numbers are left."}
  POST /v1/codes/formats {"name": "Ten", "length": 10, "alphabet": "digits", "prefix": "A",
    "expected_codes": 10}
  201 {"id": "$ten"}
  POST /v1/codes/batches {"name": "B", "format": "$ten", "template": "$template", "count": 1000000}
  409 {"code": "code_guessable"}
  POST /v1/codes/batches {"name": "B", "format": "$ten", "template": "$template", "count": 1000000,
    "accept_odds": "A raffle"}
  201 {"accept_odds": "A raffle", "count": 1000000}
  GET /v1/events?limit=1000
  200

# 9 digits: two good codes are hit 631 times in 1000 years, four 1,262 times.
story a_reason_is_good_for_as_many_codes_as_the_format_expects
  use shop
  POST /v1/codes/formats {"name": "Nine", "length": 9, "alphabet": "digits", "expected_codes": 4}
  409 {"code": "code_guessable"}
  POST /v1/codes/formats {"name": "Nine", "length": 9, "alphabet": "digits", "expected_codes": 4,
    "accept_odds": "Worth 1.00, behind a login"}
  201 {"id": "$nine", "prefixes": [{"guessed_in_1000_years": 1262}]}
  POST /v1/codes/batches {"name": "B", "format": "$nine", "template": "$template", "count": 1000000}
  409 {"code": "code_guessable", "detail": "Who tries 10 codes a second hits one about 315576000 times in 1000 years; the bound is 1000. The format's reason is for its expected_codes."}
  GET /v1/codes/formats/$nine
  200 {"prefixes": [{"codes": 0, "guessed_in_1000_years": 1262}]}
  POST /v1/codes/batches {"name": "B", "format": "$nine", "template": "$template", "count": 4}
  201 {"id": "$few", "accept_odds": null}
  POST /v1/codes/batches {"name": "B", "format": "$nine", "template": "$template", "count": 1}
  409 {"code": "code_guessable"}
  POST /v1/codes/batches {"name": "B", "format": "$nine", "template": "$template", "count": 1000000,
    "accept_odds": "A raffle"}
  201 {"id": "$many", "accept_odds": "A raffle"}
  GET /v1/events?limit=1000
  200 {"events": ["any order", {"type": "code_batch_created", "data": {"batch": "$many", "codes": 1000000,
    "accept_odds": "A raffle"}}, {"type": "code_batch_created", "data": {"batch": "$few", "accept_odds": null}},
    {"type": "code_format_created"}, {"type": "template_created"}, {"type": "campaign_created"},
    {"type": "campaign_changed"}]}
  POST /v1/codes/batches {"name": "B", "format": "$nine", "template": "$template", "count": 1}
  409 {"code": "code_guessable"}

# The reason of a predictable format is for its being predictable, and for guessing up to what it expects.
story the_reason_of_an_lcg_is_no_reason_for_many_codes
  use shop
  POST /v1/codes/formats {"name": "Lots", "scheme": "lcg", "length": 9, "alphabet": "digits", "prefix": "L",
    "expected_codes": 1, "accept_odds": "A lot is worth nothing"}
  201 {"id": "$lots", "prefixes": [{"guessed_in_1000_years": 315}]}
  POST /v1/codes/batches {"name": "B", "format": "$lots", "template": "$template", "count": 2}
  201 {"accept_odds": null}
  POST /v1/codes/batches {"name": "B", "format": "$lots", "template": "$template", "count": 1000}
  409 {"code": "code_guessable", "detail": "Who tries 10 codes a second hits one about 316207 times in 1000 years; the bound is 1000. The format's reason is for its expected_codes."}
  POST /v1/codes/batches {"name": "B", "format": "$lots", "template": "$template", "count": 1000,
    "accept_odds": "Still nothing"}
  201 {"accept_odds": "Still nothing"}

# 000-12 … 000-15. An LCG is predictable, so nobody takes it without saying why.
story an_lcg_is_taken_only_with_a_reason
  use shop
  POST /v1/codes/formats {"name": "Raffle", "scheme": "lcg", "length": 12, "prefix": "R",
    "expected_codes": 10}
  409 {"code": "code_guessable", "detail": "Who has one batch of the scheme lcg can compute all others."}
  POST /v1/codes/formats {"name": "Raffle", "scheme": "lcg", "length": 12, "prefix": "R",
    "expected_codes": 10, "accept_odds": "A lot is worth nothing"}
  201 {"id": "$raffle", "scheme": "lcg", "predictable": true, "lcg": null, "prefixes": [{"prefix": "R",
    "guessed_in_1000_years": 0, "accept_odds": "A lot is worth nothing", "multiplier": null}]}
  POST /v1/codes/batches {"name": "B", "format": "$raffle", "template": "$template", "count": 1001}
  201 {"id": "$batch"}
  POST /v1/codes/batches/$batch/export {"from": 998}
  200
  lines code $code1 $code2 $code3
  POST /v1/codes/batches/$batch/export {"from": 999, "count": 1}
  200
  lines code $code2
  POST /v1/codes/exchange {"code": "$code2", "user": "u1"}
  201
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  409 {"code": "code_used"}
  POST /v1/codes/exchange {"code": "$code3", "user": "u2"}
  201
  PUT /v1/codes/formats/$raffle/prefix if="v1" {"prefix": "S", "expected_codes": 10}
  409 {"code": "code_guessable"}
  PUT /v1/codes/formats/$raffle/prefix if="v1" {"prefix": "S", "expected_codes": 10,
    "accept_odds": "Still nothing"}
  200 {"version": 2, "scheme": "lcg", "prefixes": [{"prefix": "R", "codes": 1001},
    {"prefix": "S", "codes": 0, "accept_odds": "Still nothing"}]}
  POST /v1/codes/batches {"name": "B", "format": "$raffle", "template": "$template", "count": 1}
  201 {"id": "$next", "prefix": "S"}
  POST /v1/codes/batches/$next/export {}
  200
  lines code $new
  POST /v1/codes/exchange {"code": "$new", "user": "u3"}
  201
  POST /v1/codes/exchange {"code": "$code1", "user": "u3"}
  201

story the_feed_tells_why_an_lcg_was_accepted
  POST /v1/codes/formats {"name": "Raffle", "scheme": "lcg", "length": 8, "expected_codes": 10,
    "accept_odds": "A lot is worth nothing"}
  201 {"id": "$raffle"}
  PUT /v1/codes/formats/$raffle/prefix if="v1" {"prefix": "S", "expected_codes": 10,
    "accept_odds": "Still nothing"}
  200
  GET /v1/events
  200 {"events": [{"type": "code_format_created", "data": {"format": "$raffle",
    "accept_odds": "A lot is worth nothing"}}, {"type": "code_format_rotated",
    "data": {"format": "$raffle", "accept_odds": "Still nothing"}}]}

story parameters_of_an_lcg_have_the_full_period
  POST /v1/codes/formats {"name": "N", "scheme": "lcg", "alphabet": "digits", "length": 12, "expected_codes": 10,
    "accept_odds": "a test", "lcg": {"multiplier": 21, "increment": 15}}
  422 {"code": "invalid", "errors": [{"field": "lcg.increment", "code": "not_allowed",
    "detail": "increment and modulus 1000000000000 must have no common factor (Hull-Dobell 1); 5 divides both"}]}
  POST /v1/codes/formats {"name": "N", "scheme": "lcg", "alphabet": "digits", "length": 12, "expected_codes": 10,
    "accept_odds": "a test", "lcg": {"multiplier": 5, "increment": 7}}
  422 {"errors": [{"field": "lcg.multiplier",
    "detail": "every prime factor of the modulus 1000000000000 must divide multiplier - 1 (Hull-Dobell 2); 5 does not"}]}
  POST /v1/codes/formats {"name": "N", "scheme": "lcg", "alphabet": "digits", "length": 12, "expected_codes": 10,
    "accept_odds": "a test", "lcg": {"multiplier": 11, "increment": 7}}
  422 {"errors": [{"field": "lcg.multiplier",
    "detail": "4 divides the modulus 1000000000000, so it must divide multiplier - 1 (Hull-Dobell 3)"}]}
  POST /v1/codes/formats {"name": "N", "scheme": "lcg", "alphabet": "digits", "length": 12, "expected_codes": 10,
    "accept_odds": "a test", "lcg": {"multiplier": 1000000000001, "increment": 7}}
  422 {"errors": [{"field": "lcg.multiplier", "code": "out_of_range", "detail": "1 to 999999999999"}]}
  POST /v1/codes/formats {"name": "N", "scheme": "lcg", "length": 13, "expected_codes": 10, "accept_odds": "a test"}
  422 {"errors": [{"field": "length", "code": "out_of_range"}]}
  POST /v1/codes/formats {"name": "N", "length": 12, "expected_codes": 10, "lcg": {"multiplier": 21, "increment": 7}}
  422 {"errors": [{"field": "lcg", "code": "not_allowed"}]}
  POST /v1/codes/formats {"name": "N", "purpose": "coupon", "scheme": "lcg", "length": 13, "expected_codes": 10,
    "accept_odds": "a test"}
  422 {"errors": [{"field": "scheme", "code": "not_allowed"}]}
  POST /v1/codes/formats {"name": "N", "scheme": "lcg", "alphabet": "digits", "length": 12, "expected_codes": 10,
    "accept_odds": "a test", "lcg": {"multiplier": 21, "increment": 7}}
  201 {"id": "$format", "scheme": "lcg"}
  PUT /v1/codes/formats/$format/prefix if="v1" {"prefix": "B", "expected_codes": 10, "accept_odds": "a test",
    "lcg": {"multiplier": 22, "increment": 7}}
  422 {"errors": [{"field": "lcg.multiplier"}]}
  PUT /v1/codes/formats/$format/prefix if="v1" {"prefix": "B", "expected_codes": 10, "accept_odds": "a test",
    "lcg": {"multiplier": 41, "increment": 7}}
  200

story a_form_says_every_problem
  POST /v1/codes/formats {"name": "", "length": 12, "expected_codes": 10}
  422
  POST /v1/codes/formats {"name": "N", "length": 12, "alphabet": "custom", "expected_codes": 10}
  422 {"errors": [{"field": "characters", "code": "required"}]}
  POST /v1/codes/formats {"name": "N", "length": 12, "alphabet": "custom", "characters": "AABCDEFG",
    "expected_codes": 10}
  422 {"errors": [{"field": "characters", "code": "duplicate"}]}
  POST /v1/codes/formats {"name": "N", "length": 12, "alphabet": "custom", "characters": "O0BCDEFGH",
    "expected_codes": 10}
  422 {"errors": [{"field": "characters", "code": "not_allowed", "detail": "0 and O look alike; take one of them"}]}
  POST /v1/codes/formats {"name": "N", "length": 12, "alphabet": "custom", "characters": "ABCDEFGHILK",
    "expected_codes": 10}
  422 {"errors": [{"field": "characters", "code": "not_allowed", "detail": "I and L look alike; take one of them"}]}
  POST /v1/codes/formats {"name": "N", "length": 6, "alphabet": "custom", "characters": "ABCDEFGH",
    "expected_codes": 10}
  422 {"errors": [{"field": "length", "code": "out_of_range",
    "detail": "more: 8 characters give fewer than 1000000 numbers at this length"}]}
  POST /v1/codes/formats {"name": "N", "length": 24, "alphabet": "custom",
    "characters": "ABCDEFGHJKMNPQRSTUVWXYZ23456789", "expected_codes": 10}
  201
  POST /v1/codes/formats {"name": "N", "length": 12, "characters": "ABCDEFGH", "expected_codes": 10}
  422 {"errors": [{"field": "characters", "code": "not_allowed"}]}

story a_batch_names_a_format_and_a_template_of_the_merchant
  use shop
  use format
  POST /v1/codes/batches {"name": "B", "format": "$format", "template": "tpl_0000000000001", "count": 1}
  404
  POST /v1/codes/batches {"name": "B", "format": "cfm_0000000000001", "template": "$template", "count": 1}
  404
  as other
  POST /v1/codes/batches {"name": "B", "format": "$format", "template": "$template", "count": 1}
  404
  as issue
  POST /v1/codes/batches {"name": "B", "format": "$format", "template": "$template", "count": 1}
  403

# Case, spaces, dashes, full-width characters and look-alikes.
story a_code_is_read_as_people_type_it
  use shop
  POST /v1/codes/formats {"name": "N", "length": 10, "alphabet": "custom", "characters": "01ACDEFHJKMNPRTUVWXY",
    "prefix": "ab", "expected_codes": 10}
  422
  POST /v1/codes/formats {"name": "N", "length": 12, "prefix": "TEA", "expected_codes": 10}
  201 {"id": "$format"}
  POST /v1/codes/batches {"name": "B", "format": "$format", "template": "$template", "count": 1}
  201 {"id": "$batch"}
  POST /v1/codes/batches/$batch/export {}
  200
  lines code $code
  POST /v1/codes/exchange {"code": "  ｔ e-a $code", "user": "u1"}
  409 {"code": "code_invalid"}
  POST /v1/codes/exchange {"code": " . $code ー ", "user": "u1"}
  409 {"code": "code_invalid"}
  POST /v1/codes/exchange {"code": " $code　", "user": "u1"}
  201

# The rows are there, and so is what needs no key.
story without_the_master_key_no_code_is_read_or_made
  use codes
  setting code_key_file
  restart
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  503 {"code": "code_key_missing"}
  POST /v1/codes/batches/$batch/export {}
  503 {"code": "code_key_missing"}
  POST /v1/codes/formats {"name": "Longer", "length": 13, "expected_codes": 10}
  503 {"code": "code_key_missing"}
  PUT /v1/codes/formats/$format/prefix if="v1" {"prefix": "B", "expected_codes": 10}
  503 {"code": "code_key_missing"}
  PATCH /v1/codes/batches/$batch if="v1" {"disabled": true}
  200 {"disabled": true}
  GET /v1/codes/formats/$format
  200 {"id": "$format"}

# ---- codes of coupons themselves

setup coded
  POST /v1/codes/formats {"name": "Wallet", "purpose": "coupon", "length": 13, "expected_codes": 1000000}
  201 {"id": "$own", "purpose": "coupon", "prefixes": [{"guessed_in_1000_years": 0}]}
  use coupon
  GET /v1/coupons/$coupon
  200 {"code": "$code", "user": "u1"}

story a_till_redeems_by_code_and_knows_no_user
  use coded
  use tea
  as redeem
  POST /v1/codes/lookup {"code": "$code"}
  200 {"id": "$coupon", "user": "u1", "state": "available", "code": "$code"}
  POST /v1/redemptions key=k1 {"order_number": "o1", "cart": $cart, "codes": [" $code "]}
  201 {"id": "$redemption", "user": "u1", "discount": @1000, "coupons": [{"coupon": "$coupon"}]}
  keep first
  POST /v1/redemptions key=k1 {"order_number": "o1", "cart": $cart, "codes": [" $code "]}
  201
  same first
  POST /v1/redemptions {"order_number": "o2", "cart": $cart, "codes": ["$code"]}
  409 {"code": "code_invalid", "detail": null}
  POST /v1/codes/lookup {"code": "$code"}
  409 {"code": "code_invalid", "detail": null}
  as all
  POST /v1/redemptions {"order_number": "o2", "cart": $cart, "codes": ["$code"]}
  409 {"code": "coupon_not_available"}
  POST /v1/codes/lookup {"code": "$code"}
  200 {"state": "redeemed"}

story a_code_that_is_entered_twice_counts_once_where_the_policy_says_so
  use new_york
  use coded
  use tea
  POST /v1/redemptions {"order_number": "o1", "cart": $cart, "codes": ["$code", " $code "]}
  422 {"errors": [{"field": "codes[1]", "code": "duplicate"}]}
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"repeated": "ignore"}}
  200 {"version": 2}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  POST /v1/redemptions {"order_number": "o1", "cart": $cart, "codes": ["$code", " $code "]}
  201 {"discount": @1000, "coupons": [{"coupon": "$coupon", "discount": @1000}]}

story codes_of_coupons_are_of_one_user_and_merchant
  use coded
  use tea
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$second", "code": "$other"}]}
  POST /v1/redemptions {"order_number": "o1", "cart": $cart, "codes": ["$code", "$other"]}
  409 {"code": "wrong_user"}
  POST /v1/redemptions {"order_number": "o1", "cart": $cart}
  422 {"errors": [{"field": "user", "code": "required"}]}
  POST /v1/codes/exchange {"code": "$code", "user": "u3"}
  409 {"code": "code_invalid"}
  POST /v1/codes/lookup {"code": "00000"}
  409 {"code": "code_invalid"}
  as other
  POST /v1/codes/lookup {"code": "$code"}
  409 {"code": "code_invalid"}
  as issue
  POST /v1/codes/lookup {"code": "$code"}
  403

# Codes of the old prefix name the same coupons.
story the_codes_of_coupons_get_a_new_prefix
  use coded
  PUT /v1/codes/formats/$own/prefix if="v1" {"prefix": "N", "expected_codes": 10}
  200
  GET /v1/coupons/$coupon
  200 {"code": "$new"}
  POST /v1/codes/lookup {"code": "$code"}
  200 {"id": "$coupon", "code": "$new"}
  POST /v1/codes/lookup {"code": "$new"}
  200 {"id": "$coupon"}

story a_format_for_coupons_is_long_and_the_only_one
  use shop
  POST /v1/codes/formats {"name": "Wallet", "purpose": "coupon", "length": 12, "expected_codes": 1}
  422 {"errors": [{"field": "length", "code": "out_of_range"}]}
  POST /v1/codes/formats {"name": "Wallet", "purpose": "coupon", "alphabet": "digits", "length": 19, "expected_codes": 1}
  422 {"errors": [{"field": "length"}]}
  POST /v1/codes/formats {"name": "Wallet", "purpose": "coupon", "alphabet": "digits", "length": 20, "expected_codes": 1}
  201 {"id": "$own"}
  POST /v1/codes/formats {"name": "Wallet", "purpose": "coupon", "length": 13, "expected_codes": 1}
  409 {"code": "too_many"}
  POST /v1/codes/batches {"name": "B", "format": "$own", "template": "$template", "count": 1}
  422 {"code": "invalid", "errors": [{"field": "format", "code": "not_allowed", "detail": "it is for the codes of coupons"}]}

# ---- QR codes

story a_code_is_one_picture_however_it_is_asked_for
  use coded
  GET /v1/coupons/$coupon/qr
  200
  header Content-Type image/png
  header Cache-Control private, max-age=3600
  GET /v1/coupons/$coupon/qr?as=svg&scale=3&margin=1
  200
  header Content-Type image/svg+xml
  header Cache-Control private, max-age=3600
  keep picture
  POST /v1/codes/qr {"code": " $code ", "as": "svg", "scale": 3, "margin": 1}
  200
  header Content-Type image/svg+xml
  header Cache-Control private, max-age=3600
  same picture
  POST /v1/codes/qr {"code": "$code"}
  200
  header Content-Type image/png
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  200
  GET /v1/coupons/$coupon/qr?as=svg&scale=3&margin=1
  200
  same picture
  as redeem
  GET /v1/coupons/$coupon/qr
  403
  POST /v1/codes/qr {"code": "$code"}
  403

story a_coupon_without_a_code_has_no_picture
  use coupon
  GET /v1/coupons/$coupon/qr
  404 {"code": "not_found", "detail": "The coupon has no code."}
  GET /v1/coupons/cpn_0000000000001/qr
  404 {"code": "not_found", "detail": null}

# Nothing is looked up: a code that was never made is drawn as any other.
story what_can_be_a_code_is_drawn_and_nothing_else
  POST /v1/codes/qr {"code": "never made"}
  200
  POST /v1/codes/qr {"code": "NEVERMADE0123456789012345678901234"}
  422 {"errors": [{"field": "code", "code": "bad_format"}]}
  POST /v1/codes/qr {"code": "https://shop.example/7K2M"}
  422 {"errors": [{"field": "code", "code": "bad_format"}]}
  POST /v1/codes/qr {"code": "- -"}
  422 {"errors": [{"field": "code", "code": "bad_format"}]}
  POST /v1/codes/qr {"code": "A", "as": "gif"}
  422 {"errors": [{"field": "as", "code": "not_allowed"}]}
  POST /v1/codes/qr {"code": "A", "scale": 17}
  422 {"errors": [{"field": "scale", "code": "out_of_range"}]}
  POST /v1/codes/qr {"code": "A", "margin": 17}
  422 {"errors": [{"field": "margin", "code": "out_of_range"}]}

# ---- words: one code, many uses

setup word
  default limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use shop
  POST /v1/codes/words {"word": "Spring-10", "template": "$template"}
  201 {"id": "$word", "version": 1, "word": "SPRING10", "exchanged": 0, "disabled": false, "user": null}
  header ETag "v1"

story a_word_is_good_for_many_as_often_as_limits_say
  use word
  repeat 5
  POST /v1/codes/exchange {"code": "spring 10", "user": "u$i"}
  201 {"coupon": {"template": "$template"}}
  POST /v1/codes/exchange {"code": "SPRING10", "user": "u1"}
  409 {"code": "limit_reached"}
  GET /v1/codes/words/$word
  200 {"exchanged": 5}
  GET /v1/users/u1/coupons
  200 {"coupons": [{"source": "word"}]}

story the_stock_of_its_template_bounds_a_word
  let more "stock": 1,
  use word
  POST /v1/codes/exchange key=k1 {"code": "spring10", "user": "u1"}
  201
  keep first
  POST /v1/codes/exchange {"code": "spring10", "user": "u2"}
  409 {"code": "sold_out"}
  POST /v1/codes/exchange key=k1 {"code": "spring10", "user": "u1"}
  201
  same first

story a_word_is_disabled_ends_and_is_nobody_elses
  use word
  PATCH /v1/codes/words/$word if="v1" {"disabled": true}
  200 {"version": 2, "disabled": true}
  POST /v1/codes/exchange {"code": "spring10", "user": "u1"}
  409 {"code": "code_disabled"}
  as issue
  POST /v1/codes/exchange {"code": "spring10", "user": "u1"}
  409 {"code": "code_invalid", "detail": null}
  as all
  PATCH /v1/codes/words/$word if="v1" {"disabled": false}
  412
  PATCH /v1/codes/words/$word if="v2" {"disabled": false, "expires_at": "2026-02-01T00:00:00Z"}
  200 {"version": 3, "expires_at": "2026-02-01T00:00:00.000Z"}
  POST /v1/codes/exchange {"code": "spring10", "user": "u1"}
  201
  at 2026-02-01T00:00:00Z
  POST /v1/codes/exchange {"code": "spring10", "user": "u2"}
  409 {"code": "code_expired"}
  PATCH /v1/codes/words/$word if="v3" {"expires_at": "1970-01-01T00:00:00Z"}
  422 {"errors": [{"field": "expires_at", "code": "out_of_range"}]}
  PATCH /v1/codes/words/$word if="v3" {"expires_at": null}
  200 {"version": 4, "expires_at": null}
  POST /v1/codes/exchange {"code": "spring10", "user": "u2"}
  201
  as other
  POST /v1/codes/exchange {"code": "spring10", "user": "u2"}
  409 {"code": "code_invalid"}
  GET /v1/codes/words/$word
  404

story a_word_for_one_user
  use shop
  POST /v1/codes/words {"word": "FOR-ANN-7", "template": "$template", "user": "ann"}
  201 {"user": "ann"}
  POST /v1/codes/exchange {"code": "for ann 7", "user": "bob"}
  409 {"code": "code_foreign"}
  POST /v1/codes/exchange {"code": "for ann 7", "user": "ann"}
  201

# His own word may tell a user why it is refused; nobody else's does.
story a_stranger_learns_nothing_of_a_word_for_one_user
  use shop
  POST /v1/codes/words {"word": "FOR-ANN-7", "template": "$template", "user": "ann"}
  201 {"id": "$word"}
  PATCH /v1/codes/words/$word if="v1" {"disabled": true}
  200
  as issue
  POST /v1/codes/exchange {"code": "for ann 7", "user": "bob"}
  409 {"code": "code_invalid", "detail": null}
  POST /v1/codes/exchange {"code": "for ann 7", "user": "ann"}
  409 {"code": "code_disabled"}

story words_and_codes_are_told_apart
  use word
  POST /v1/codes/words {"word": "SPRING10", "template": "$template"}
  422 {"code": "invalid", "errors": [{"field": "word", "code": "duplicate", "detail": "SPRING10 is a word already"}]}
  POST /v1/codes/words {"word": "a b", "template": "$template"}
  422 {"errors": [{"field": "word", "code": "out_of_range"}]}
  POST /v1/codes/words {"word": "sömmer", "template": "$template"}
  422 {"errors": [{"field": "word"}]}
  POST /v1/codes/words {"word": "GOOD", "template": "tpl_0000000000001"}
  404
  POST /v1/codes/formats {"name": "N", "length": 8, "check": false, "expected_codes": 1, "accept_odds": "a test"}
  422 {"code": "invalid", "detail": "prefix: SPRING10 would be a code of this format"}
  POST /v1/codes/formats {"name": "N", "length": 9, "check": false, "expected_codes": 1, "accept_odds": "a test"}
  201
  POST /v1/codes/words {"word": "SPRING100", "template": "$template"}
  422 {"code": "invalid", "errors": [{"field": "word", "code": "not_allowed", "detail": "it is a code of one of the formats"}]}
  GET /v1/codes/words
  200 {"words": [{"id": "$word", "word": "SPRING10"}]}

# ---- codes for one user each ---------------------------------------------------------------------

setup personal
  use shop
  use format
  POST /v1/codes/batches {"name": "Birthdays", "format": "$format", "template": "$template",
    "count": 4, "personal": true, "expires_at": "2026-05-20T00:00:00Z"}
  201 {"id": "$batch", "count": 4, "personal": true, "users": 0}
  POST /v1/codes/batches/$batch/users {"lines": ["u1", "u2", "a, \"b\""]}
  200 {"first_line": 1, "lines": 3, "accepted": 3, "rest": [], "from": 0, "users": 3}
  POST /v1/codes/batches/$batch/export {}
  200
  lines code,user $code1,u1 ...

story a_personal_code_is_for_its_user_alone
  use personal
  POST /v1/codes/batches/$batch/export {"from": 1, "count": 1}
  200
  lines code,user $code2,u2
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  409 {"code": "code_foreign"}
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201 {"coupon": {"id": "$coupon", "template": "$template"}}
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  409 {"code": "code_used"}
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  409 {"code": "code_foreign"}
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  201
  GET /v1/coupons/$coupon
  200 {"batch": "$batch", "user": "u1"}
  eventually
  GET /v1/codes/batches/$batch
  200 {"exchanged": 2, "users": 3, "count": 4}

# Its user may know why it is refused; to anybody else it is a wrong code, byte by byte.
story a_stranger_learns_nothing_of_a_personal_code
  use personal
  as issue
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  409 {"code": "code_invalid", "detail": null}
  POST /v1/codes/exchange {"code": "$code1", "user": "nobody"}
  409 {"code": "code_invalid", "detail": null}
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  409 {"code": "code_used"}
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  409 {"code": "code_invalid", "detail": null}
  as all
  PATCH /v1/codes/batches/$batch if="v1" {"disabled": true}
  200 {"personal": true, "users": 3}
  as issue
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  409 {"code": "code_disabled"}
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  409 {"code": "code_invalid", "detail": null}
  as all
  PATCH /v1/codes/batches/$batch if="v2" {"disabled": false}
  200
  at 2026-05-20T00:00:00Z
  as issue
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  409 {"code": "code_expired"}
  as all
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  409 {"code": "code_foreign"}

# A number that is nobody's yet is no code, though the batch has it.
story codes_of_nobody_are_none
  use shop
  use format
  POST /v1/codes/batches {"name": "Twin", "format": "$format", "template": "$template", "count": 2}
  201 {"id": "$plain", "personal": false, "users": null}
  POST /v1/codes/batches/$plain/users {"lines": ["u1"]}
  409 {"code": "not_editable"}
  POST /v1/codes/batches {"name": "Nobody's", "format": "$format", "template": "$template", "count": 2, "personal": true}
  201 {"id": "$batch"}
  POST /v1/codes/batches/$batch/export {}
  200
  lines code,user
  POST /v1/codes/batches/$batch/export {"from": 1}
  422 {"code": "invalid"}
  POST /v1/codes/batches/$batch/users {"lines": ["u1", "u2", "u3"]}
  409 {"code": "too_many"}
  GET /v1/codes/batches/$batch
  200 {"users": 0}
  POST /v1/codes/batches/cbt_0000000000001/users {"lines": ["u1"]}
  404
  as other
  POST /v1/codes/batches/$batch/users {"lines": ["u1"]}
  404
  as issue
  POST /v1/codes/batches/$batch/users {"lines": ["u1"]}
  403

# Whatever was sent before, a user has one code of a batch, and the answer to a key stays.
story a_user_gets_one_code_of_a_batch
  use personal
  POST /v1/codes/batches/$batch/users key=k {"first_line": 11, "lines": ["u2", "u4", "", "u4",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "u\t5"]}
  200 {"first_line": 11, "lines": 6, "accepted": 1, "from": 3, "users": 4, "rest": [
    {"line": 11, "outcome": "already_ours"}, {"line": 13, "outcome": "invalid"},
    {"line": 14, "outcome": "duplicate"}, {"line": 15, "outcome": "invalid"}, {"line": 16, "outcome": "invalid"}]}
  keep first
  POST /v1/codes/batches/$batch/users {"lines": ["u1", "u4"]}
  200 {"accepted": 0, "users": 4}
  POST /v1/codes/batches/$batch/users {"lines": ["u5", "u1"]}
  409 {"code": "too_many"}
  POST /v1/codes/batches/$batch/users key=k {"first_line": 11, "lines": ["u2", "u4", "", "u4",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "u\t5"]}
  200
  same first
  POST /v1/codes/batches/$batch/users {"lines": [""]}
  200 {"accepted": 0, "rest": [{"line": 1, "outcome": "invalid"}]}
  POST /v1/codes/batches/$batch/users {"lines": [" u1", "u1 ", " sp "]}
  200 {"accepted": 0, "users": 4, "rest": [{"line": 1, "outcome": "invalid"},
    {"line": 2, "outcome": "invalid"}, {"line": 3, "outcome": "invalid"}]}
  POST /v1/codes/batches/$batch/users {"lines": []}
  422
  POST /v1/codes/batches/$batch/export {"from": 2}
  200
  lines code,user ...
  GET /v1/events?limit=1000
  200 {"events": [{"type": "campaign_created"}, {"type": "campaign_changed"}, {"type": "template_created"},
    {"type": "code_format_created"}, {"type": "code_batch_created"},
    {"type": "codes_bound", "subject": "$batch", "data": {"codes": 3, "from": 0, "key": "$key"}},
    {"type": "codes_exported", "data": {"codes": 3, "from": 0, "key": "$key"}},
    {"type": "codes_bound", "data": {"codes": 1, "from": 3}},
    {"type": "codes_exported", "data": {"codes": 2, "from": 2}}]}

# What left under a key is what the feed told of, also when the batch has grown since.
story an_export_sent_again_gives_what_it_gave
  use personal
  POST /v1/codes/batches/$batch/export key=x {"from": 1, "count": 1000}
  200
  keep first
  POST /v1/codes/batches/$batch/users {"lines": ["u4"]}
  200 {"accepted": 1, "users": 4}
  POST /v1/codes/batches/$batch/export key=x {"from": 1, "count": 1000}
  200
  same first
  POST /v1/codes/batches/$batch/export key=y {"from": 3, "count": 1000}
  200
  lines code,user ...
  GET /v1/events?limit=1000
  200 {"events": [{"type": "campaign_created"}, {"type": "campaign_changed"}, {"type": "template_created"},
    {"type": "code_format_created"}, {"type": "code_batch_created"},
    {"type": "codes_bound", "data": {"codes": 3, "from": 0}},
    {"type": "codes_exported", "data": {"codes": 3, "from": 0, "key": "$key"}},
    {"type": "codes_exported", "data": {"codes": 2, "from": 1}},
    {"type": "codes_bound", "data": {"codes": 1, "from": 3}},
    {"type": "codes_exported", "data": {"codes": 1, "from": 3}}]}

story personal_codes_outlive_a_restart
  use personal
  restart
  POST /v1/codes/exchange {"code": "$code1", "user": "u2"}
  409 {"code": "code_foreign"}
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201
  POST /v1/codes/batches/$batch/users {"lines": ["u1", "u9"]}
  200 {"accepted": 1, "from": 3, "users": 4}

# A user who is named twice in what several calls send has one code of each batch.
story users_of_several_batches
  use personal
  POST /v1/codes/batches {"name": "Again", "format": "$format", "template": "$template", "count": 4, "personal": true}
  201 {"id": "$second"}
  POST /v1/codes/batches/$second/users {"lines": ["u3", "u1"]}
  200 {"accepted": 2}
  POST /v1/codes/batches/$second/export {}
  200
  lines code,user $three,u3 $one,u1
  POST /v1/codes/exchange {"code": "$one", "user": "u1"}
  201
  POST /v1/codes/exchange {"code": "$three", "user": "u1"}
  409 {"code": "code_foreign"}
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201
  POST /v1/codes/batches {"name": "Big", "format": "$format", "template": "$template", "count": 10000001, "personal": true}
  422 {"errors": [{"field": "count"}]}
