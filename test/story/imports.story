# Imports: a merchant's own codes, line by line (DESIGN 4; 000-05).

setup import
  use shop
  POST /v1/codes/imports {"name": "Partner", "template": "$template",
    "expires_at": "2026-05-20T00:00:00Z"}
  201 {"id": "$batch", "version": 1, "count": 0, "format": null, "prefix": null, "exchanged": 0,
    "import": {"state": "importing", "lines": 0, "accepted": 0, "already_ours": 0, "duplicate": 0,
      "invalid": 0, "removed": 0}}
  header ETag "v1"

story codes_are_good_when_the_import_is_finished
  use import
  POST /v1/codes/imports/$batch/parts key=none {"first_line": 1, "lines": ["abc-001", "ＡＢＣ ００２"]}
  200 {"first_line": 1, "lines": 2, "accepted": 2, "rest": []}
  POST /v1/codes/exchange {"code": "ABC001", "user": "u1"}
  409 {"code": "code_invalid"}
  POST /v1/codes/imports/$batch/finish {}
  200 {"version": 2, "count": 2, "import": {"state": "finished", "lines": 2}}
  header ETag "v2"
  POST /v1/codes/exchange {"code": "a b c 0 0 1", "user": "u1"}
  201 {"coupon": {"id": "$coupon", "template": "$template"}}
  POST /v1/codes/exchange {"code": "ABC001", "user": "u2"}
  409 {"code": "code_used"}
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$coupon", "source": "exchange"}]}
  # 0 and O are two characters of such codes.
  POST /v1/codes/exchange {"code": "ABC0O2", "user": "u2"}
  409 {"code": "code_invalid"}
  POST /v1/codes/exchange {"code": "abc_002", "user": "u2"}
  201
  eventually
  GET /v1/codes/batches/$batch
  200 {"count": 2, "exchanged": 2}

story each_line_has_one_outcome
  use import
  POST /v1/codes/words {"word": "SUMMER10", "template": "$template"}
  201
  POST /v1/codes/formats {"name": "Digits", "alphabet": "digits", "length": 8, "check": false,
    "expected_codes": 1, "accept_odds": "a test"}
  201
  POST /v1/codes/imports {"name": "Other", "template": "$template"}
  201 {"id": "$other"}
  POST /v1/codes/imports/$other/parts {"first_line": 1, "lines": ["TAKEN"]}
  200 {"accepted": 1}
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "taken", "A-A-A-A", "summer 10",
    "", " - ", "abc", "0123456789012345678901234567890123", "Ä123", "1234 5678", "Taken", "BBBB"]}
  200 {"lines": 12, "accepted": 2, "rest": [
    {"line": 2, "code": "taken", "outcome": "already_ours", "reason": null, "first_line": null},
    {"line": 3, "code": "A-A-A-A", "outcome": "duplicate", "reason": null, "first_line": 1},
    {"line": 4, "outcome": "already_ours"},
    {"line": 5, "code": "", "outcome": "invalid", "reason": "empty"},
    {"line": 6, "outcome": "invalid", "reason": "empty"},
    {"line": 7, "outcome": "invalid", "reason": "too_short"},
    {"line": 8, "outcome": "invalid", "reason": "too_long"},
    {"line": 9, "outcome": "invalid", "reason": "character"},
    {"line": 10, "outcome": "invalid", "reason": "generated"},
    {"line": 11, "outcome": "already_ours"}]}
  keep first
  POST /v1/codes/imports/$batch/parts {"first_line": 13, "lines": ["bbbb", "CCCC"]}
  200 {"accepted": 1, "rest": [{"line": 13, "outcome": "duplicate", "first_line": 12}]}
  GET /v1/codes/batches/$batch
  200 {"count": 3, "import": {"lines": 14, "accepted": 3, "already_ours": 3, "duplicate": 2,
    "invalid": 6}}
  # What was answered is answered again, whatever has become of the other codes.
  POST /v1/codes/imports/$other/cancel {}
  200
  eventually
  GET /v1/codes/batches/$other
  200 {"import": {"state": "removed"}}
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "taken", "A-A-A-A", "summer 10",
    "", " - ", "abc", "0123456789012345678901234567890123", "Ä123", "1234 5678", "Taken", "BBBB"]}
  200
  same first
  GET /v1/codes/batches/$batch
  200 {"import": {"lines": 14}}

# What no text may be elsewhere refuses no other line, and comes back as it was sent.
story a_line_may_be_anything
  use import
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BB\tBB", "\u001f", "CCCC\u007f\u0085", "EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE", "DDDD"]}
  200 {"lines": 6, "accepted": 2, "rest": [
    {"line": 2, "code": "BB\tBB", "outcome": "invalid", "reason": "character"},
    {"line": 3, "code": "\u001f", "outcome": "invalid", "reason": "character"},
    {"line": 4, "code": "CCCC\u007f\u0085", "outcome": "invalid", "reason": "character"},
    {"line": 5, "outcome": "invalid", "reason": "too_long"}]}
  GET /v1/codes/batches/$batch
  200 {"import": {"lines": 6, "accepted": 2, "invalid": 4}}

story parts_come_in_order_and_again
  use import
  POST /v1/codes/imports/$batch/parts {"first_line": 2, "lines": ["AAAA"]}
  409 {"code": "current_value_mismatch", "detail": "The next line is 1."}
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BBBB"]}
  200 {"accepted": 2}
  keep first
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BBBB"]}
  200
  same first
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "CCCC"]}
  409 {"code": "not_editable"}
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA"]}
  409 {"code": "not_editable"}
  POST /v1/codes/imports/$batch/parts {"first_line": 2, "lines": ["BBBB"]}
  409 {"code": "current_value_mismatch", "detail": "The next line is 3."}
  POST /v1/codes/imports/$batch/parts {"first_line": 5, "lines": ["BBBB"]}
  409 {"code": "current_value_mismatch", "detail": "The next line is 3."}
  POST /v1/codes/imports/$batch/finish {}
  200
  POST /v1/codes/imports/$batch/parts {"first_line": 3, "lines": ["DDDD"]}
  409 {"code": "not_editable", "detail": "It is finished."}
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BBBB"]}
  200
  same first
  POST /v1/codes/imports/$batch/finish {}
  200 {"version": 2}
  POST /v1/codes/imports/$batch/cancel {}
  409 {"code": "not_editable"}
  POST /v1/codes/imports/$batch/parts {"first_line": 0, "lines": ["AAAA"]}
  422 {"errors": [{"field": "first_line"}]}
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": []}
  422 {"errors": [{"field": "lines"}]}
  POST /v1/codes/imports/cbt_0000000000001/parts {"first_line": 1, "lines": ["AAAA"]}
  404
  POST /v1/codes/imports/cbt_0000000000001/finish {}
  404
  as other
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BBBB"]}
  404
  POST /v1/codes/imports/$batch/cancel {}
  404
  # Another merchant may have the same texts.
  as issue
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BBBB"]}
  403

story a_cancelled_import_leaves_nothing
  use import
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BBBB", "CCCC"]}
  200 {"accepted": 3}
  POST /v1/codes/imports/$batch/cancel {}
  200 {"import": {"accepted": 3}}
  POST /v1/codes/imports/$batch/cancel {}
  200
  POST /v1/codes/imports/$batch/finish {}
  409 {"code": "not_editable", "detail": "It is cancelled."}
  POST /v1/codes/imports/$batch/parts {"first_line": 4, "lines": ["DDDD"]}
  409 {"code": "not_editable", "detail": "It is cancelled."}
  POST /v1/codes/exchange {"code": "AAAA", "user": "u1"}
  409 {"code": "code_invalid"}
  eventually
  GET /v1/codes/batches/$batch
  200 {"import": {"state": "removed", "removed": 3}}
  POST /v1/codes/imports {"name": "Again", "template": "$template"}
  201 {"id": "$again"}
  POST /v1/codes/imports/$again/parts {"first_line": 1, "lines": ["BBBB", "CCCC", "AAAA"]}
  200 {"accepted": 3}
  POST /v1/codes/imports/$again/finish {}
  200
  POST /v1/codes/exchange {"code": "BBBB", "user": "u1"}
  201

# Whether they are out yet or not, and each counts as out once.
story a_cancelled_import_keeps_no_code_from_another
  use import
  repeat 1500
  POST /v1/codes/imports/$batch/parts {"first_line": $i, "lines": ["AAAA $i"]}
  200 {"accepted": 1}
  POST /v1/codes/imports {"name": "Again", "template": "$template"}
  201 {"id": "$again"}
  POST /v1/codes/imports/$batch/cancel {}
  200
  repeat 60
  POST /v1/codes/imports/$again/parts {"first_line": $i, "lines": ["AAAA $i"]}
  200 {"accepted": 1}
  POST /v1/codes/imports/$again/finish {}
  200 {"count": 60}
  POST /v1/codes/exchange {"code": "AAAA1", "user": "u1"}
  201
  eventually
  GET /v1/codes/batches/$batch
  200 {"import": {"state": "removed", "removed": 1500}}
  POST /v1/codes/exchange {"code": "AAAA60", "user": "u1"}
  201

# Of a creation whose answer was lost: the same key, or the list, tells of it.
story an_import_that_nobody_knows_is_found
  use import
  POST /v1/codes/imports key=lost {"name": "Lost", "template": "$template"}
  201 {"id": "$lost"}
  keep first
  POST /v1/codes/imports key=lost {"name": "Lost", "template": "$template"}
  201
  same first
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA"]}
  200
  POST /v1/codes/imports/$batch/finish {}
  200
  GET /v1/codes/batches?import_state=importing
  200 {"batches": [{"id": "$lost", "import": {"state": "importing", "lines": 0}}], "next_page_token": null}
  GET /v1/codes/batches?import_state=finished
  200 {"batches": [{"id": "$batch"}]}
  GET /v1/codes/batches?page_size=1
  200 {"batches": [{"id": "$batch"}], "next_page_token": "$next"}
  GET /v1/codes/batches?page_size=1&page_token=$next
  200 {"batches": [{"id": "$lost"}], "next_page_token": null}
  GET /v1/codes/batches?import_state=lost
  422 {"errors": [{"field": "import_state", "code": "not_allowed"}]}
  # Nothing has come in, so nothing is to be taken out.
  POST /v1/codes/imports/$lost/cancel {}
  200 {"import": {"state": "removed"}}
  GET /v1/codes/batches?import_state=removed
  200 {"batches": [{"id": "$lost"}]}

# A text is one thing: a format that could have an imported code is refused, finished or not.
story formats_keep_away_from_imported_codes
  use import
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["PARTNER1", "PARTNER2"]}
  200
  POST /v1/codes/formats {"name": "A", "alphabet": "custom", "characters": "AENPRT12", "length": 8,
    "check": false, "expected_codes": 1, "accept_odds": "a test"}
  422 {"code": "invalid", "detail": "prefix: imported codes look like codes of this format; take another prefix or length",
    "errors": [{"field": "prefix", "code": "not_allowed"}]}
  POST /v1/codes/formats {"name": "A", "alphabet": "custom", "characters": "ABCDEFGH", "length": 8,
    "check": false, "expected_codes": 1, "accept_odds": "a test"}
  201
  POST /v1/codes/imports/$batch/finish {}
  200
  POST /v1/codes/formats {"name": "B", "length": 7, "prefix": "P", "check": false,
    "expected_codes": 1, "accept_odds": "a test"}
  422
  # PARTNER begins with P; 7 of Crockford's with the prefix Q never do.
  POST /v1/codes/formats {"name": "C", "length": 7, "prefix": "Q", "check": false,
    "expected_codes": 1, "accept_odds": "a test"}
  201 {"id": "$format"}
  PUT /v1/codes/formats/$format/prefix if="v1" {"prefix": "P", "expected_codes": 1, "accept_odds": "a test"}
  422
  POST /v1/codes/imports {"name": "More", "template": "$template"}
  201 {"id": "$second"}
  POST /v1/codes/imports/$second/parts {"first_line": 1, "lines": ["QAAAAAAA", "PARTNER3"]}
  200 {"accepted": 1, "rest": [{"line": 1, "outcome": "invalid", "reason": "generated"}]}

story words_keep_away_from_imported_codes
  use import
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["SUMMER10", "WINTER20"]}
  200
  POST /v1/codes/words {"word": "summer-10", "template": "$template"}
  422 {"errors": [{"field": "word", "code": "duplicate", "detail": "it is an imported code"}]}
  # It looks like them and is none.
  POST /v1/codes/words {"word": "SUMMER20", "template": "$template"}
  201
  POST /v1/codes/imports/$batch/parts {"first_line": 3, "lines": ["SUMMER20"]}
  200 {"rest": [{"line": 3, "outcome": "already_ours"}]}
  POST /v1/codes/imports/$batch/finish {}
  200
  POST /v1/codes/words {"word": "WINTER20", "template": "$template"}
  422 {"errors": [{"field": "word"}]}
  POST /v1/codes/exchange {"code": "SUMMER10", "user": "u1"}
  201 {"coupon": {"id": "$coupon"}}
  POST /v1/codes/exchange {"code": "SUMMER20", "user": "u1"}
  201
  POST /v1/codes/exchange {"code": "SUMMER20", "user": "u2"}
  201

story imported_batches_are_disabled_and_end
  use import
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BBBB", "CCCC"]}
  200
  POST /v1/codes/imports/$batch/finish {}
  200
  POST /v1/codes/batches/$batch/export {}
  422 {"errors": [{"field": "batch", "detail": "its codes were imported; they are yours already"}]}
  PATCH /v1/codes/batches/$batch if="v2" {"disabled": true}
  200 {"version": 3, "disabled": true}
  POST /v1/codes/exchange {"code": "AAAA", "user": "u1"}
  409 {"code": "code_disabled"}
  as issue
  POST /v1/codes/exchange {"code": "AAAA", "user": "u1"}
  409 {"code": "code_invalid", "detail": null}
  as all
  PATCH /v1/codes/batches/$batch if="v3" {"disabled": false, "name": "Later"}
  200 {"version": 4, "name": "Later"}
  POST /v1/codes/exchange {"code": "AAAA", "user": "u1"}
  201
  at 2026-05-20T00:00:00Z
  POST /v1/codes/exchange {"code": "BBBB", "user": "u1"}
  409 {"code": "code_expired"}
  as issue
  POST /v1/codes/exchange {"code": "BBBB", "user": "u1"}
  409 {"code": "code_invalid", "detail": null}
  POST /v1/codes/exchange {"code": "AAAA", "user": "u1"}
  409 {"code": "code_invalid", "detail": null}
  as other
  POST /v1/codes/exchange {"code": "CCCC", "user": "u1"}
  409 {"code": "code_invalid", "detail": null}

story what_refuses_the_coupon_leaves_an_imported_code_usable
  let more "stock": 1,
  use import
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BBBB"]}
  200
  POST /v1/codes/imports/$batch/finish {}
  200
  POST /v1/codes/exchange {"code": "AAAA", "user": "u1"}
  201
  POST /v1/codes/exchange {"code": "BBBB", "user": "u2"}
  409 {"code": "sold_out"}
  POST /v1/templates/$template/stock {"current": 1, "target": 2}
  200
  POST /v1/codes/exchange {"code": "BBBB", "user": "u2"}
  201

story an_import_goes_on_after_a_restart
  use import
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BBBB"]}
  200
  keep first
  restart
  GET /v1/codes/batches/$batch
  200 {"import": {"state": "importing", "lines": 2}}
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BBBB"]}
  200
  same first
  POST /v1/codes/imports/$batch/parts {"first_line": 3, "lines": ["CCCC", "AAAA"]}
  200 {"accepted": 1, "rest": [{"outcome": "duplicate", "first_line": 1}]}
  POST /v1/codes/imports/$batch/finish {}
  200 {"count": 3}
  restart
  POST /v1/codes/exchange {"code": "CCCC", "user": "u1"}
  201

story imports_are_told_in_the_feed
  use import
  POST /v1/codes/imports/$batch/parts {"first_line": 1, "lines": ["AAAA", "BBBB"]}
  200
  POST /v1/codes/imports/$batch/finish {}
  200
  POST /v1/codes/imports {"name": "Wrong", "template": "$template"}
  201 {"id": "$wrong"}
  POST /v1/codes/imports/$wrong/cancel {}
  200
  GET /v1/events?limit=1000
  200 {"events": [{"type": "campaign_created"}, {"type": "campaign_changed"}, {"type": "template_created"},
    {"type": "code_batch_created"},
    {"type": "codes_imported", "subject": "$batch", "data": {"codes": 2, "batch": "$batch"}},
    {"type": "code_batch_created"},
    {"type": "code_import_cancelled", "subject": "$wrong", "data": {"codes": 0}}]}
