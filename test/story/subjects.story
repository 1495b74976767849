# Limits by phone, e-mail, device, card and address: counted in a slot of their own, whoever the user is
# (DESIGN 5 Limits; 004-06).

story one_a_device_whoever_the_user_is
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached", "detail": "The limit of the template is 1 claims a device."}
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d2"}}
  201

story without_the_device_it_is_refused_and_says_what_is_missing
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  422 {"code": "limit_subject_missing", "detail": "subjects.device is missing. The limit of the template is 1 claims a device.",
    "errors": [{"field": "subjects.device", "code": "required", "detail": "a limit counts by it"}]}
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"phone": "+8613800138000"}}
  422 {"code": "limit_subject_missing", "errors": [{"field": "subjects.device"}]}
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201

story all_that_is_missing_is_told_at_once
  let campaign_limits [{"measure": "claims", "subject": "phone", "period": "ever", "max": 1}]
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 1},
    {"measure": "claims", "subject": "card", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"card": "c1"}}
  422 {"code": "limit_subject_missing", "errors": ["any order", {"field": "subjects.phone"},
    {"field": "subjects.device"}]}

story a_phone_behind_a_plus_is_a_number
  let limits [{"measure": "claims", "subject": "phone", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"phone": "+8613800138000"}}
  201
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"phone": "+86 138"}}
  422 {"code": "invalid", "errors": [{"field": "subjects.phone", "code": "bad_format"}]}
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"phone": "+013800138000"}}
  422 {"errors": [{"field": "subjects.phone"}]}
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"phone": "+1234567890123456"}}
  422 {"errors": [{"field": "subjects.phone"}]}
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"phone": "+8613800138000"}}
  409 {"code": "limit_reached"}
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"phone": "+86 138-0013-8000"}}
  409 {"code": "limit_reached"}
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"phone": "ext. 12"}}
  201

# However it is typed: case, a composed letter, a domain in its own script. Dots and +tags differ.
story an_email_address_counts_once_however_it_is_typed
  let limits [{"measure": "claims", "subject": "email", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  422 {"code": "limit_subject_missing", "errors": [{"field": "subjects.email"}]}
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"email": "Jos\u00e9@B\u00fccher.example"}}
  201
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"email": " JOSE\u0301@XN--BCHER-KVA.Example "}}
  409 {"code": "limit_reached", "detail": "The limit of the template is 1 claims an e-mail address."}
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"email": "jos\u00e9+2@b\u00fccher.example"}}
  201
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"email": "j.os\u00e9@b\u00fccher.example"}}
  201

story an_email_address_that_is_none_says_why
  let limits [{"measure": "claims", "subject": "email", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"email": "ann"}}
  422 {"code": "invalid", "errors": [{"field": "subjects.email", "code": "bad_format",
    "detail": "one @, with something before and behind it"}]}
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"email": "\"a b\"@example.com"}}
  422 {"errors": [{"field": "subjects.email", "detail": "before the @: letters, digits, dots and !#$%&'*+/=?^_`{|}~-"}]}
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"email": "ann@example"}}
  422 {"errors": [{"field": "subjects.email",
    "detail": "behind the @: two labels or more, of letters, digits and hyphens inside, as example.com"}]}
  POST /v1/grants {"template": "$template", "users": ["u1", "u2"],
    "subjects": [{"email": "a@example.com"}, {"email": "a@[192.0.2.1]"}]}
  422 {"errors": [{"field": "subjects[1].email", "code": "bad_format"}]}
  POST /v1/quotes {"subjects": {"email": "@"}, "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @100}]}}
  422 {"errors": [{"field": "subjects.email", "code": "bad_format"}]}

# Every limit of all five, and a hold that is past its deadline: it takes anew, from what it named.
story all_five_subjects_hold_and_come_back
  let limits [{"measure": "redemptions", "subject": "email", "period": "ever", "max": 1},
    {"measure": "redemptions", "subject": "phone", "period": "ever", "max": 1},
    {"measure": "redemptions", "subject": "device", "period": "ever", "max": 1},
    {"measure": "redemptions", "subject": "card", "period": "ever", "max": 1},
    {"measure": "redemptions", "subject": "address", "period": "ever", "max": 1}]
  use coupon
  use tea
  let all "subjects": {"email": "Ann@example.com", "phone": "p", "device": "d", "card": "c", "address": "a"}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], $all}
  201 {"id": "$hold"}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$other"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$other"],
    "subjects": {"email": "ANN@example.com", "phone": "p2", "device": "d2", "card": "c2", "address": "a2"}}
  409 {"code": "limit_reached", "detail": "The limit of the template is 1 redemptions an e-mail address."}
  +1h
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption"}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$other"],
    "subjects": {"email": "ann@example.com", "phone": "p2", "device": "d2", "card": "c2", "address": "a2"}}
  409 {"code": "limit_reached", "detail": "The limit of the template is 1 redemptions an e-mail address."}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$other"],
    "subjects": {"email": "ann@example.com", "phone": "p2", "device": "d2", "card": "c2", "address": "a2"}}
  201

story subjects_are_bounded_and_known
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {}}
  422 {"errors": [{"field": "subjects", "code": "too_few"}]}
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"pet": "rex"}}
  422 {"errors": [{"field": "subjects.pet", "code": "unknown_field"}]}
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"card": ""}}
  422 {"errors": [{"field": "subjects.card"}]}

# What no limit asks for may be named, and is counted nowhere.
story a_subject_without_a_limit_is_ignored
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1", "card": "c1"}}
  201

# One text is another device, card and address, and another merchant's device.
story kinds_and_merchants_do_not_meet
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 1},
    {"measure": "claims", "subject": "card", "period": "ever", "max": 1},
    {"measure": "claims", "subject": "address", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template",
    "subjects": {"device": "x", "card": "x", "address": "x"}}
  201
  POST /v1/claims {"user": "u1", "template": "$template",
    "subjects": {"device": "y", "card": "y", "address": "x"}}
  409 {"detail": "The limit of the template is 1 claims an address."}
  POST /v1/claims {"user": "u1", "template": "$template",
    "subjects": {"device": "y", "card": "y", "address": "y"}}
  201

story by_device_and_by_user_both_hold
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 2},
    {"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  409 {"detail": "The limit of the template is 1 claims a user."}
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  201
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d1"}}
  409 {"detail": "The limit of the template is 2 claims a device."}

story a_device_over_all_templates_of_a_campaign
  let campaign_limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 2}]
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "second",
    "benefit": {"kind": "amount_off", "amount": @500},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$second"}
  POST /v1/claims {"user": "u1", "items": [{"template": "$template"}, {"template": "$second"}],
    "subjects": {"device": "d1"}}
  201
  POST /v1/claims {"user": "u2", "template": "$second", "subjects": {"device": "d1"}}
  409 {"detail": "The limit of the campaign is 2 claims a device."}
  POST /v1/claims {"user": "u2", "items": [{"template": "$template", "count": 2},
    {"template": "$second"}], "subjects": {"device": "d2"}}
  409 {"detail": "items[1]: The limit of the campaign is 2 claims a device."}
  POST /v1/claims {"user": "u2", "items": [{"template": "$template", "count": 2},
    {"template": "$second"}], "mode": "best_effort", "subjects": {"device": "d2"}}
  201 {"coupons": [{"template": "$template"}, {"template": "$template"}],
    "refusals": [{"item": 1, "problem": {"code": "limit_reached"}}]}

story a_device_over_all_campaigns_of_a_merchant
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "limits": [{"measure": "claims", "subject": "device", "period": "ever", "max": 2}]}
  200 {"version": 2}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2, "subjects": {"device": "d1"}}
  201
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  409 {"detail": "The limit of the merchant is 2 claims a device."}

# A best-effort claim takes what there is, and an item that is refused for another reason leaves it
# to the next.
story a_best_effort_claim_takes_what_the_device_has_left
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 3}]
  use shop
  POST /v1/claims {"user": "u1", "items": [{"template": "$template", "count": 5}],
    "mode": "best_effort", "subjects": {"device": "d1"}}
  201 {"coupons": [{}, {}, {}], "refusals": [{"item": 0, "problem": {"code": "limit_reached"}}]}
  POST /v1/claims {"user": "u2", "items": [{"template": "$template", "count": 5}],
    "mode": "best_effort", "subjects": {"device": "d1"}}
  409 {"code": "none_issued"}

story what_an_item_leaves_is_for_the_next
  let campaign_limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 1}]
  let more "stock": 1,
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "second",
    "benefit": {"kind": "amount_off", "amount": @500},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$second"}
  POST /v1/claims {"user": "u0", "template": "$template", "subjects": {"device": "d0"}}
  201
  POST /v1/claims {"user": "u1", "items": [{"template": "$template"}, {"template": "$second"}],
    "mode": "best_effort", "subjects": {"device": "d1"}}
  201 {"coupons": [{"template": "$second"}],
    "refusals": [{"item": 0, "problem": {"code": "sold_out"}}]}
  POST /v1/claims {"user": "u2", "template": "$second", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}

# An act that does not happen gives back what was kept for it.
story a_refused_claim_leaves_the_device_as_it_was
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 1}]
  let more "stock": 1,
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201
  repeat 3
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d2"}}
  409 {"code": "sold_out"}
  POST /v1/templates/$template/stock {"current": 1, "target": 2}
  200
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d2"}}
  201

story the_first_answer_is_given_again
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims key=k1 {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201
  keep first
  POST /v1/claims key=k1 {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201
  same first
  POST /v1/claims key=k1 {"user": "u1", "template": "$template", "subjects": {"device": "d2"}}
  422 {"code": "idempotency_mismatch"}
  POST /v1/claims key=k2 {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  409
  PATCH /v1/templates/$template if="v1" {
    "limits": [{"measure": "claims", "subject": "device", "period": "ever", "max": 2}]}
  200
  POST /v1/claims key=k2 {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  409 {"detail": "The limit of the template is 1 claims a device."}
  POST /v1/claims key=k3 {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  201

story a_batch_counts_as_its_claims_do
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 2}]
  use shop
  POST /v1/claims/batch key=b1 {"claims": [
    {"user": "u1", "template": "$template", "subjects": {"device": "d1"}},
    {"user": "u2", "template": "$template", "subjects": {"device": "d2"}},
    {"user": "u3", "template": "$template"},
    {"user": "u4", "template": "$template", "count": 3, "subjects": {"device": "d3"}},
    {"user": "u5", "items": [{"template": "$template"}], "subjects": {"device": "d2"}}]}
  200 {"issued": 3, "refused": 2, "results": [{}, {},
    {"problem": {"code": "limit_subject_missing", "status": 422}},
    {"problem": {"code": "limit_reached"}}, {}]}
  keep first
  POST /v1/claims/batch key=b1 {"claims": [
    {"user": "u1", "template": "$template", "subjects": {"device": "d1"}},
    {"user": "u2", "template": "$template", "subjects": {"device": "d2"}},
    {"user": "u3", "template": "$template"},
    {"user": "u4", "template": "$template", "count": 3, "subjects": {"device": "d3"}},
    {"user": "u5", "items": [{"template": "$template"}], "subjects": {"device": "d2"}}]}
  200
  same first
  POST /v1/claims {"user": "u6", "template": "$template", "subjects": {"device": "d2"}}
  409 {"code": "limit_reached"}
  POST /v1/claims {"user": "u6", "template": "$template", "subjects": {"device": "d1"}}
  201
  POST /v1/claims/batch {"claims": [
    {"user": "u1", "template": "$template", "subjects": {"phone": "+1"}}]}
  422 {"errors": [{"field": "claims[0].subjects.phone"}]}

# ---- periods ----

story a_day_of_a_device_is_one_of_the_merchant
  use new_york
  let limits [{"measure": "claims", "subject": "device", "period": "day", "max": 1}]
  use shop
  at 2026-03-08T04:59:59.998Z
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201
  +1ms
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  +1ms
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d1"}}
  201
  at 2026-03-09T03:59:59.999Z
  POST /v1/claims {"user": "u4", "template": "$template", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  at 2026-03-09T04:00:00Z
  POST /v1/claims {"user": "u4", "template": "$template", "subjects": {"device": "d1"}}
  201

story weeks_and_months_of_a_device
  let limits [{"measure": "claims", "subject": "device", "period": "week", "max": 2},
    {"measure": "claims", "subject": "device", "period": "month", "max": 3}]
  use shop
  at 2026-01-26T00:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2, "subjects": {"device": "d1"}}
  201
  at 2026-01-31T23:59:59Z
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  409 {"detail": "The limit of the template is 2 claims a device a week."}
  at 2026-02-02T00:00:00Z
  POST /v1/claims {"user": "u2", "template": "$template", "count": 2, "subjects": {"device": "d1"}}
  201
  at 2026-02-09T00:00:00Z
  POST /v1/claims {"user": "u3", "template": "$template", "count": 2, "subjects": {"device": "d1"}}
  409 {"detail": "The limit of the template is 3 claims a device a month."}
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d1"}}
  201

story a_rolling_limit_of_a_device_looks_back
  let limits [{"measure": "claims", "subject": "device", "period": "rolling", "max": 2,
      "window_seconds": 3600},
    {"measure": "claims", "subject": "device", "period": "rolling", "max": 3,
      "window_seconds": 7200}]
  use shop
  at 2026-01-10T10:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201
  at 2026-01-10T10:30:00Z
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  201
  at 2026-01-10T10:59:59.999Z
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  at 2026-01-10T11:00:00Z
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d1"}}
  201
  at 2026-01-10T11:59:59.999Z
  POST /v1/claims {"user": "u4", "template": "$template", "subjects": {"device": "d1"}}
  409 {"detail": "The limit of the template is 3 claims a device within 7200 s."}
  +1ms
  POST /v1/claims {"user": "u4", "template": "$template", "subjects": {"device": "d1"}}
  201

story a_clock_that_goes_back_opens_nothing_for_a_device
  let limits [{"measure": "claims", "subject": "device", "period": "day", "max": 1}]
  use shop
  at 2026-01-10T00:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201
  at 2026-01-09T23:59:00Z
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}

# ---- edits ----

story a_new_limit_by_device_counts_from_now
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201
  PATCH /v1/templates/$template if="v1" {
    "limits": [{"measure": "claims", "subject": "device", "period": "ever", "max": 1}]}
  200
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  201
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  PATCH /v1/templates/$template if="v2" {"limits": []}
  200
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d1"}}
  201
  +1s
  PATCH /v1/templates/$template if="v3" {
    "limits": [{"measure": "claims", "subject": "device", "period": "ever", "max": 1}]}
  200
  POST /v1/claims {"user": "u4", "template": "$template", "subjects": {"device": "d1"}}
  201
  POST /v1/claims {"user": "u5", "template": "$template", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}

# ---- what comes back ----

story a_void_in_error_gives_the_claim_back_to_the_device
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201 {"coupons": [{"id": "$coupon"}]}
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  409
  POST /v1/coupons/$coupon/void {"reason": "issued_in_error"}
  200
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  201 {"coupons": [{"id": "$other"}]}
  POST /v1/coupons/$other/void {"reason": "fraud"}
  200
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}

story counts_by_device_survive_a_restart
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 2}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201
  restart
  POST /v1/claims {"user": "u2", "template": "$template", "subjects": {"device": "d1"}}
  201
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}

# ---- on use ----

story uses_of_a_device_whoever_the_user_is
  let campaign_limits [{"measure": "redemptions", "subject": "device", "period": "day", "max": 2}]
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/claims {"user": "u2", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c3"}, {"id": "$c4"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  422 {"code": "limit_subject_missing", "detail": "*",
    "errors": [{"field": "subjects.device", "code": "required"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"],
    "subjects": {"device": "d1"}}
  201
  POST /v1/holds {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c3"],
    "subjects": {"device": "d1"}}
  201 {"id": "$hold"}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d1"}}
  409 {"code": "limit_reached", "detail": "The limit of the campaign is 2 redemptions a device a day."}
  POST /v1/redemptions {"hold": "$hold"}
  201
  POST /v1/holds {"user": "u2", "order_number": "o4", "cart": $cart, "coupons": ["$c4"],
    "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  +1d
  POST /v1/holds {"user": "u2", "order_number": "o4", "cart": $cart, "coupons": ["$c4"],
    "subjects": {"device": "d1"}}
  201

story a_quote_says_what_is_missing
  let limits [{"measure": "money", "subject": "card", "period": "ever", "max": 100000}]
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @0, "coupons": [{"applied": false, "code": "limit_subject_missing",
    "missing_subject": "card"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "subjects": {"card": "1"}}
  200 {"discount": @1000, "coupons": [{"applied": true, "missing_subject": null}]}

story a_release_gives_a_use_back_to_the_device
  let limits [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 1}]
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "subjects": {"device": "d1"}}
  201 {"id": "$hold"}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  POST /v1/holds/$hold/release
  200
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d1"}}
  201

# DESIGN 5 Time: also before the sweep has run.
story the_deadline_of_a_hold_gives_a_use_back_to_the_device
  let limits [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 1}]
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 60, "subjects": {"device": "d1"}}
  201 {"id": "$hold"}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  +59s
  POST /v1/redemptions key=early {"user": "u2", "order_number": "o2", "cart": $cart,
    "coupons": ["$c2"], "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  +1s
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d1"}}
  201
  GET /v1/holds/$hold
  200 {"state": "expired"}

# The order's own hold gives way, and what it had taken is there for the new one.
story a_changed_order_takes_the_place_of_its_hold
  let limits [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 1},
    {"measure": "money", "subject": "phone", "period": "day", "max": 1500}]
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "subjects": {"device": "d1", "phone": "p1"}}
  201
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "subjects": {"device": "d1", "phone": "p1"}}
  201 {"id": "$hold"}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "subjects": {"device": "d2", "phone": "p1"}}
  201 {"id": "$last"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "subjects": {"device": "d1", "phone": "p1"}}
  201
  POST /v1/claims {"user": "u2", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c2"}, {"id": "$c3"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d1", "phone": "p2"}}
  409 {"code": "limit_reached", "detail": "*"}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d2", "phone": "p2"}}
  201

# Past its deadline a hold takes anew, from the subjects that it had or the request names.
story a_hold_is_redeemed_late_where_the_device_still_may
  let limits [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 1}]
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 60, "subjects": {"device": "d1"}}
  201 {"id": "$hold"}
  +61s
  POST /v1/redemptions {"hold": "$hold"}
  201
  POST /v1/claims {"user": "u2", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c2"}, {"id": "$c3"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  POST /v1/holds {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "hold_seconds": 60, "subjects": {"device": "d2"}}
  201 {"id": "$second"}
  +61s
  POST /v1/redemptions {"user": "u2", "order_number": "o3", "cart": $cart, "coupons": ["$c3"],
    "subjects": {"device": "d2"}}
  201
  POST /v1/redemptions {"hold": "$second"}
  409 {"code": "hold_expired"}
  POST /v1/redemptions {"hold": "$second", "subjects": {"device": "d3"}}
  201

story a_late_hold_under_a_new_limit_asks_for_the_device
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 60}
  201 {"id": "$hold"}
  PATCH /v1/templates/$template if="v1" {
    "limits": [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 1}]}
  200
  +61s
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}
  POST /v1/redemptions {"hold": "$hold", "subjects": {"device": "d1"}}
  201

story a_return_gives_a_use_back_to_the_device
  let limits [{"measure": "redemptions", "subject": "device", "period": "day", "max": 1},
    {"measure": "money", "subject": "card", "period": "ever", "max": 1000},
    {"measure": "units", "subject": "address", "period": "ever", "max": 2}]
  use coupon
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "subjects": {"device": "d1", "card": "c1", "address": "a1"}}
  201 {"id": "$redemption"}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d1", "card": "c2", "address": "a2"}}
  409 {"detail": "The limit of the template is 1 redemptions a device a day."}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d2", "card": "c1", "address": "a2"}}
  409 {"detail": "The limit of the template is 1000 money a card."}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d2", "card": "c2", "address": "a1"}}
  409 {"detail": "The limit of the template is 2 units an address."}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d1", "card": "c1", "address": "a1"}}
  201

story a_part_return_gives_back_its_money_and_units
  let limits [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 2},
    {"measure": "units", "subject": "device", "period": "ever", "max": 2}]
  let minimum @0
  use coupon
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "subjects": {"device": "d1"}}
  201 {"id": "$redemption"}
  POST /v1/claims {"user": "u2", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c2"}, {"id": "$c3"}]}
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @3000}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d1"}}
  409 {"detail": "The limit of the template is 2 units a device."}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"restored": []}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d1"}}
  201
  POST /v1/redemptions {"user": "u2", "order_number": "o3", "cart": $cart, "coupons": ["$c3"],
    "subjects": {"device": "d1"}}
  409 {"detail": "The limit of the template is 2 redemptions a device."}

story a_return_on_another_day_gives_nothing_to_that_day_of_the_device
  let limits [{"measure": "redemptions", "subject": "device", "period": "day", "max": 1}]
  use coupon
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "subjects": {"device": "d1"}}
  201 {"id": "$redemption"}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  +1d
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "subjects": {"device": "d1"}}
  201
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"],
    "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}

story coupons_of_one_order_count_each_for_the_device
  let campaign_limits [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 1}]
  let minimum @0
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1", "$c2"],
    "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"],
    "subjects": {"device": "d1"}}
  201

# ---- grants ----

story a_grant_names_the_subjects_of_each_user
  let limits [{"measure": "claims", "subject": "phone", "period": "ever", "max": 1}]
  use shop
  POST /v1/grants key=g1 {"template": "$template", "users": ["u1", "u2", "u3"],
    "subjects": [{"phone": "+8613800138000"}, {"device": "d1"}, {"phone": "+8613800138001"}]}
  200 {"granted": 2, "refused": 1, "results": [{"coupons": [{}]},
    {"problem": {"code": "limit_subject_missing"}}, {"coupons": [{}]}]}
  POST /v1/claims {"user": "u4", "template": "$template", "subjects": {"phone": "+8613800138001"}}
  409 {"code": "limit_reached"}
  POST /v1/grants {"template": "$template", "users": ["u1", "u2"], "subjects": [{"phone": "p"}]}
  422 {"errors": [{"field": "subjects", "code": "out_of_range"}]}
  POST /v1/grants {"template": "$template", "users": ["u1", "u2"],
    "subjects": [{"phone": "p"}, {"phone": "+"}]}
  422 {"errors": [{"field": "subjects[1].phone", "code": "bad_format"}]}
  POST /v1/grants {"template": "$template", "users": ["u5"]}
  200 {"granted": 0, "results": [{"problem": {"code": "limit_subject_missing",
    "detail": "subjects.phone is missing. The limit of the template is 1 claims a phone."}}]}
