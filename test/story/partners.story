# Codes that a partner gives: each coupon of a template takes one with its issue (issue 4: partner-supplied
# code pools handed out with a coupon).

setup partnered
  default more
  let benefit {"kind": "hand_over"}
  use active
  POST /v1/campaigns/$campaign/templates {"name": "Cinema", "benefit": {"kind": "hand_over"}, $more
    "asset": {"type": "cinema"}, "partner_codes": {"partner": "Lotus"},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$template", "stock": 0, "partner_codes": {"partner": "Lotus"}}

setup filled
  use partnered
  POST /v1/templates/$template/partner_codes {"lines": ["LOTUS-1", " lotus-1 ", "电影 2"]}
  200 {"accepted": 3, "codes": 3, "rest": []}

story each_coupon_takes_a_code_of_its_own
  use filled
  GET /v1/templates/$template
  200 {"stock": 3, "version": 1}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$one", "partner_code": {"partner": "Lotus", "code": "LOTUS-1"}}]}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$two", "partner_code": {"code": "lotus-1"}}]}
  GET /v1/templates/$template/partner_codes
  200 {"partner": "Lotus", "codes": 3, "left": 1, "handed_out": 2}
  POST /v1/claims key=last {"user": "u3", "template": "$template"}
  201 {"coupons": [{"partner_code": {"code": "电影 2"}}]}
  keep last
  POST /v1/claims {"user": "u4", "template": "$template"}
  409 {"code": "sold_out", "detail": "No code of the partner is left."}
  POST /v1/claims key=last {"user": "u3", "template": "$template"}
  201
  same last
  GET /v1/coupons/$one
  200 {"partner_code": {"partner": "Lotus", "code": "LOTUS-1"}}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$two", "partner_code": {"code": "lotus-1"}}]}
  GET /v1/users/u4/coupons
  200 {"coupons": []}
  GET /v1/events?limit=1000
  200 {"events": ["any order", {"type": "campaign_created"}, {"type": "campaign_changed"},
    {"type": "template_created"}, {"type": "template_changed"},
    {"type": "coupon_issued", "data": {"coupon": "$one", "partner_code": {"partner": "Lotus", "code": "LOTUS-1"}}},
    {"type": "coupon_issued", "data": {"coupon": "$two", "partner_code": {"code": "lotus-1"}}},
    {"type": "coupon_issued", "data": {"partner_code": {"code": "电影 2"}}}]}
  POST /v1/templates/$template/partner_codes {"lines": ["LOTUS-4"]}
  200 {"accepted": 1, "codes": 4}
  POST /v1/claims {"user": "u4", "template": "$template"}
  201 {"coupons": [{"partner_code": {"code": "LOTUS-4"}}]}

# A coupon that goes with all that its user, or a number, had goes with its code.
story a_code_goes_along
  use filled
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$one", "partner_code": {"code": "LOTUS-1"}}]}
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 1}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$theirs", "partner_code": {"partner": "Lotus", "code": "LOTUS-1"}}]}
  GET /v1/coupons/$one
  200 {"id": "$theirs", "user": "u2", "partner_code": {"partner": "Lotus", "code": "LOTUS-1"}}
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201 {"coupons": [{"partner_code": {"code": "lotus-1"}}]}
  PUT /v1/users/u2/phone {"phone": "+8613800138000"}
  200 {"bound": true, "moving": null}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$theirs"}, {"partner_code": {"code": "lotus-1"}}]}
  POST /v1/users/u2/merge {"into": "u3"}
  422 {"code": "invalid"}
  DELETE /v1/users/u2/phone
  200
  POST /v1/users/u2/merge {"into": "u3"}
  202 {"id": "$next"}
  eventually
  GET /v1/moves/$next
  200 {"state": "done", "moved": 2}
  GET /v1/coupons/$one
  200 {"user": "u3", "partner_code": {"code": "LOTUS-1"}}
  GET /v1/templates/$template/partner_codes
  200 {"codes": 3, "left": 1, "handed_out": 2}

# Whatever was sent before, a code is added once, and the answer to a key stays.
story a_code_is_added_once
  use filled
  POST /v1/templates/$template/partner_codes key=k {"lines": ["LOTUS-1", "new", "", "new", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "lotus-1"]}
  200 {"accepted": 1, "codes": 4, "rest": [{"line": 1, "outcome": "already_ours"}, {"line": 3, "outcome": "invalid"},
    {"line": 4, "outcome": "duplicate"}, {"line": 5, "outcome": "invalid"}, {"line": 6, "outcome": "already_ours"}]}
  keep first
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/templates/$template/partner_codes key=k {"lines": ["LOTUS-1", "new", "", "new", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "lotus-1"]}
  200
  same first
  POST /v1/templates/$template/partner_codes {"lines": ["LOTUS-1", "new"]}
  200 {"accepted": 0, "codes": 4}
  POST /v1/templates/$template/partner_codes {"lines": []}
  422

# A line that no text may be elsewhere refuses no other.
story a_line_may_be_anything
  use filled
  POST /v1/templates/$template/partner_codes {"lines": ["LO\tTUS", "LOTUS\u0001", "next", "\u0085", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]}
  200 {"accepted": 1, "codes": 4, "rest": [{"line": 1, "outcome": "invalid"}, {"line": 2, "outcome": "invalid"},
    {"line": 4, "outcome": "invalid"}, {"line": 5, "outcome": "invalid"}]}

# It has been seen.
story a_void_brings_no_code_back
  use filled
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$one"}]}
  POST /v1/coupons/$one/void {"reason": "issued_in_error"}
  200
  GET /v1/templates/$template/partner_codes
  200 {"codes": 3, "left": 2, "handed_out": 1}
  POST /v1/claims {"user": "u1", "items": [{"template": "$template", "count": 2}]}
  201 {"coupons": [{"partner_code": {"code": "lotus-1"}}, {"partner_code": {"code": "电影 2"}}]}
  POST /v1/claims {"user": "u2", "template": "$template"}
  409 {"code": "sold_out"}
  GET /v1/coupons/$one
  200 {"state": "voided", "partner_code": {"code": "LOTUS-1"}}

# All or none, and as many as there are.
story a_call_takes_what_it_asks_for_or_nothing
  use filled
  POST /v1/claims {"user": "u1", "items": [{"template": "$template", "count": 4}]}
  409 {"code": "sold_out"}
  GET /v1/templates/$template/partner_codes
  200 {"left": 3, "handed_out": 0}
  POST /v1/claims {"user": "u1", "mode": "best_effort", "items": [{"template": "$template", "count": 2},
    {"template": "$template", "count": 2}]}
  201 {"coupons": [{"partner_code": {"code": "LOTUS-1"}}, {"partner_code": {"code": "lotus-1"}},
    {"partner_code": {"code": "电影 2"}}], "refusals": [{"item": 1, "problem": {"code": "sold_out"}}]}

# Limits refuse before a code is taken.
story what_refuses_the_coupon_leaves_the_code
  let more "limits": [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}],
  use filled
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  GET /v1/templates/$template/partner_codes
  200 {"left": 2, "handed_out": 1}

# A word, or a code of a batch, is exchanged for a coupon with the partner's code.
story an_exchange_takes_one_too
  use filled
  POST /v1/codes/words {"word": "CINEMA", "template": "$template"}
  201
  POST /v1/codes/exchange {"code": "cinema", "user": "u1"}
  201 {"coupon": {"id": "$one", "partner_code": {"partner": "Lotus", "code": "LOTUS-1"}}}
  POST /v1/grants {"users": ["u2"], "template": "$template"}
  200 {"granted": 1, "results": [{"user": "u2", "coupons": [{"partner_code": {"code": "lotus-1"}}]}]}

# They come from every lane, and none comes twice.
story many_users_take_all_of_them
  use partnered
  repeat 3
  POST /v1/templates/$template/partner_codes {"lines": ["a$i", "b$i", "c$i", "d$i", "e$i", "f$i", "g$i", "h$i"]}
  200 {"accepted": 8}
  repeat 24
  POST /v1/claims {"user": "user-$i", "template": "$template"}
  201
  repeat 5
  POST /v1/claims {"user": "late-$i", "template": "$template"}
  409 {"code": "sold_out"}
  GET /v1/templates/$template/partner_codes
  200 {"codes": 24, "left": 0, "handed_out": 24}

story the_codes_outlive_a_restart_and_need_the_key
  use filled
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$one"}]}
  restart
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"partner_code": {"code": "lotus-1"}}]}
  setting code_key_file
  restart
  GET /v1/coupons/$one
  200 {"partner_code": {"partner": "Lotus", "code": null}}
  POST /v1/templates/$template/partner_codes {"lines": ["LOTUS-4"]}
  503 {"code": "code_key_missing"}

story what_a_template_with_codes_may_be
  use active
  let rest "name": "x", "benefit": {"kind": "percent_off", "percent": "5"}, "partner_codes": {"partner": "Lotus"}
  let days "validity": {"kind": "after_issue", "duration_days": 30}
  POST /v1/campaigns/$campaign/templates {$rest, $days, "stock": 5}
  422 {"errors": [{"field": "stock", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {$rest, "apply": "automatic",
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-05-01T00:00:00Z"}}
  422 {"errors": [{"field": "partner_codes", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {$rest, $days}
  201 {"id": "$template"}
  POST /v1/templates/$template/stock {"current": 0, "target": 5}
  409 {"code": "not_editable"}
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "sold_out"}
  POST /v1/search/templates {"user": "u1"}
  200 {"templates": []}
  PATCH /v1/templates/$template if="v1" {"name": "y"}
  200 {"version": 2, "partner_codes": {"partner": "Lotus"}}
  POST /v1/campaigns/$campaign/templates {"name": "z", "benefit": {"kind": "percent_off", "percent": "5"}, $days}
  201 {"id": "$plain", "partner_codes": null}
  POST /v1/templates/$plain/partner_codes {"lines": ["a"]}
  409 {"code": "not_editable"}
  GET /v1/templates/$plain/partner_codes
  404
  as other
  POST /v1/templates/$template/partner_codes {"lines": ["a"]}
  404
  as issue
  POST /v1/templates/$template/partner_codes {"lines": ["a"]}
  403
