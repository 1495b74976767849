# Automatic templates: promotions that apply by themselves, beside coupons, within their limits and
# their budget, and come back with returns.

# 10 % off everything, as of January.
setup promotion
  default promotion_benefit {"kind": "percent_off", "percent": "10"}
  default promotion_more
  POST /v1/campaigns/$campaign/templates {"name": "All 10 %", "apply": "automatic",
    "benefit": $promotion_benefit, $promotion_more
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201 {"id": "$promotion", "apply": "automatic", "stock": null}

# ---- what it is ----

story what_needs_coupons_is_refused
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "a", "apply": "automatic", "stock": 5, "grace_days": 3,
    "limits": [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}],
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": ["any order", {"field": "validity.kind", "code": "not_allowed"},
    {"field": "stock", "code": "not_allowed"}, {"field": "grace_days", "code": "not_allowed"},
    {"field": "limits[0].measure", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "a", "apply": "by_hand",
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": [{"field": "apply", "code": "not_allowed"}]}

story a_budget_at_issue_has_no_use_for_it
  let budget "budget": {"mode": "at_issue", "total": @3000},
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "a", "apply": "automatic",
    "benefit": {"kind": "amount_off", "amount": @100},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  422 {"errors": [{"field": "apply", "code": "not_allowed"}]}

story nobody_can_have_a_coupon_of_it
  use active
  use promotion
  POST /v1/claims {"user": "u1", "template": "$promotion"}
  409 {"code": "not_issuable"}
  POST /v1/grants {"users": ["u1"], "template": "$promotion"}
  200 {"results": [{"problem": {"code": "not_issuable"}}]}
  POST /v1/templates/$promotion/stock {"current": -1, "target": 5}
  409 {"code": "not_editable"}
  PATCH /v1/templates/$promotion if="v1" {"reach": "all_unused", "name": "b"}
  422 {"errors": [{"field": "reach", "code": "not_allowed"}]}
  GET /v1/templates/$promotion
  200 {"apply": "automatic", "version": 1}

story a_merchant_has_so_many_in_force
  use active
  repeat 24
  POST /v1/campaigns/$campaign/templates {"name": "a$i", "apply": "automatic",
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201
  POST /v1/campaigns/$campaign/templates {"name": "one more", "apply": "automatic",
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  409 {"code": "too_many"}
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"discount": @24}
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200
  POST /v1/campaigns {"name": "Summer",
    "claim_window": {"from": "$claim_from", "until": "$claim_until"},
    "use_window": {"from": "$use_from", "until": "$use_until"}}
  201 {"id": "$summer"}
  POST /v1/campaigns/$summer/state {"state": "active"}
  200
  POST /v1/campaigns/$summer/templates {"name": "b", "apply": "automatic",
    "benefit": {"kind": "amount_off", "amount": @7},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201 {"id": "$promotion"}
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @7, "coupons": [{"template": "$promotion"}]}

# ---- an order with it ----

story it_applies_by_itself_and_is_frozen
  use active
  use promotion
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"subtotal": @6000, "discount": @600, "total": @5400, "lines": [{"discount": @600}],
    "coupons": [{"coupon": null, "draft": null, "automatic": true, "template": "$promotion",
      "applied": true, "discount": @600, "shares": [{"line": 0, "discount": @600}],
      "budget_guaranteed": true}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": []}
  201 {"id": "$hold", "discount": @600, "coupons": [{"coupon": null, "automatic": true,
    "campaign": "$campaign", "template": "$promotion", "template_version": 1, "discount": @600,
    "shares": [{"line": 0, "discount": @600}]}]}
  PATCH /v1/templates/$promotion if="v1" {"benefit": {"kind": "percent_off", "percent": "50"}}
  200 {"version": 2}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption", "user": "u1", "discount": @600, "total": @5400,
    "coupons": [{"template_version": 1, "discount": @600, "returned": false}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart}
  201 {"discount": @3000, "coupons": [{"template_version": 2}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @2700, "restored": []}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @2700, "restored": []}
  GET /v1/redemptions/$redemption
  200 {"refunded": @5400, "coupons": [{"returned": true}]}
  GET /v1/templates/$promotion/stats
  200 {"counts": [{"issued": 0, "held": 1, "released": 0, "redeemed": 2, "returned": 1, "users": 1,
    "discount": @3600, "discount_returned": @600}]}
  GET /v1/users/u1/coupons
  200 {"coupons": []}

# Users are counted at their first redemption of it, not at a hold that is let go; in the campaign a
# coupon that came before counts him, too. u1 has one and redeems twice, u2 and u3 have none.
story its_users_are_those_who_redeemed_it
  use coupon
  use promotion
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"id": "$redemption"}
  +1d
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart}
  201
  POST /v1/holds {"user": "u2", "order_number": "o3", "cart": $cart, "hold_seconds": 900}
  201 {"id": "$hold"}
  POST /v1/holds/$hold/release
  200
  GET /v1/templates/$promotion/stats
  200 {"counts": [{"redeemed": 2, "users": 1}]}
  POST /v1/holds {"user": "u2", "order_number": "o4", "cart": $cart, "hold_seconds": 900}
  201 {"id": "$again"}
  POST /v1/redemptions {"hold": "$again"}
  201
  POST /v1/redemptions {"user": "u3", "order_number": "o5", "cart": $cart}
  201 {"id": "$third"}
  POST /v1/claims {"user": "u3", "template": "$template"}
  201
  POST /v1/redemptions/$third/returns
  201
  GET /v1/templates/$promotion/stats?by=day
  200 {"counts": [{"day": "2026-01-01", "redeemed": 1, "users": 1}, {"day": "2026-01-02", "redeemed": 3, "users": 2}]}
  GET /v1/templates/$template/stats
  200 {"counts": [{"issued": 2, "users": 2}]}
  GET /v1/campaigns/$campaign/stats?by=day
  200 {"counts": [{"day": "2026-01-01", "users": 1}, {"day": "2026-01-02", "users": 2}]}

# It comes before the coupon, which then gets 10 % of 54.00.
story it_stands_beside_coupons
  let benefit {"kind": "percent_off", "percent": "10"}
  use coupon
  use promotion
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1140, "coupons": [{"coupon": "$coupon", "automatic": null, "discount": @540},
    {"automatic": true, "template": "$promotion", "discount": @600}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @1140, "coupons": [
    {"automatic": true, "coupon": null, "discount": @600}, {"automatic": false, "coupon": "$coupon",
    "discount": @540}]}
  POST /v1/redemptions/$redemption/returns
  201 {"refund": @4860, "restored": ["$coupon"]}

story a_stage_or_a_priority_says_otherwise
  let benefit {"kind": "percent_off", "percent": "10"}
  let promotion_more "stacking": {"priority": -1},
  use coupon
  use promotion
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1140, "coupons": [{"coupon": "$coupon", "discount": @600},
    {"automatic": true, "discount": @540}]}

story an_exclusive_coupon_keeps_it_out
  let more "stacking": {"exclusive": true, "stage": "catalogue"},
  use coupon
  use promotion
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1000, "coupons": [{"applied": true},
    {"automatic": true, "applied": false, "code": "not_stackable", "reason": "exclusive"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @1000, "coupons": [{"coupon": "$coupon"}]}

story an_order_without_any_discount_needs_no_hold
  let promotion_benefit {"kind": "amount_off", "amount": @100, "minimum_spend": @10000}
  use active
  use promotion
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @0, "coupons": [{"automatic": true, "applied": false, "reason": "below_threshold",
    "missing": @4000}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart}
  409 {"code": "not_applicable"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart}
  409 {"code": "not_applicable"}

story a_draft_of_one_is_priced_as_one
  let benefit {"kind": "percent_off", "percent": "10"}
  use coupon
  use promotion
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "drafts": [
    {"template": {"name": "5 off", "apply": "automatic", "benefit": {"kind": "amount_off", "amount": @500},
      "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}},
    {"template": {"name": "5 off", "apply": "automatic", "benefit": {"kind": "amount_off", "amount": @500},
      "validity": {"kind": "fixed", "from": "2026-01-02T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}}]}
  200 {"discount": @1590, "coupons": [{"coupon": "$coupon", "discount": @490},
    {"draft": 0, "automatic": null, "discount": @500}, {"draft": 1, "code": "coupon_not_yet_valid"},
    {"automatic": true, "draft": null, "discount": @600}]}

# ---- when it is in force ----

story it_is_in_force_while_its_campaign_is_active_and_its_window_open
  use campaign
  use promotion
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @0, "coupons": []}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "hold_seconds": 900}
  201 {"id": "$hold", "discount": @600}
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @0, "coupons": []}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart}
  409 {"code": "not_applicable"}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"discount": @600}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200
  at 2026-01-31T23:59:59Z
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @600}
  at 2026-02-01T00:00:00Z
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @0, "coupons": []}

story a_hold_past_its_deadline_needs_the_promotion_still
  use active
  use promotion
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "hold_seconds": 60}
  201 {"id": "$hold"}
  POST /v1/holds {"user": "u2", "order_number": "o1", "cart": $cart, "hold_seconds": 60}
  201 {"id": "$late"}
  +2m
  POST /v1/redemptions {"hold": "$hold"}
  201 {"discount": @600}
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200
  POST /v1/redemptions {"hold": "$late"}
  409 {"code": "hold_expired"}
  sweep
  GET /v1/templates/$promotion/stats
  200 {"counts": [{"held": 2, "released": 2, "redeemed": 1}]}

# ---- limits and budget: an order goes on without it ----

story a_limit_by_user_leaves_it_out
  let promotion_more "limits": [{"measure": "redemptions", "subject": "user", "period": "day", "max": 1}],
  use coupon
  use promotion
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"discount": @600, "id": "$redemption"}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1000, "coupons": [{"applied": true},
    {"automatic": true, "applied": false, "code": "limit_reached", "reason": "limit_reached"}]}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @1000, "coupons": [{"coupon": "$coupon"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart}
  409 {"code": "not_applicable"}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart}
  201 {"discount": @600}
  POST /v1/redemptions/$redemption/returns
  201 {"refund": @5400}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart}
  201 {"discount": @600}

story a_hold_that_is_replaced_gives_the_use_back
  let promotion_more "limits": [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}],
  use active
  use promotion
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"id": "$first"}
  POST /v1/holds {"user": "u1", "order_number": "o1",
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @3000}]}}
  201 {"id": "$second", "discount": @300}
  POST /v1/holds/$second/release
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart}
  201 {"discount": @600}

story a_limit_of_all_together_leaves_it_out
  let promotion_more "limits": [{"measure": "redemptions", "subject": "template", "period": "ever", "max": 2}],
  use active
  use promotion
  use tea
  repeat 2
  POST /v1/redemptions {"user": "u$i", "order_number": "o1", "cart": $cart}
  201 {"discount": @600}
  POST /v1/redemptions {"user": "u3", "order_number": "o1", "cart": $cart}
  409 {"code": "not_applicable"}

story a_limit_by_device_needs_the_device
  let promotion_more "limits": [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 1}],
  use active
  use promotion
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @0, "coupons": [{"automatic": true, "code": "limit_subject_missing",
    "missing_subject": "device"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart}
  409 {"code": "not_applicable"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "subjects": {"device": "d1"}}
  201 {"discount": @600}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "subjects": {"device": "d1"}}
  409 {"code": "not_applicable"}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "subjects": {"device": "d2"}}
  201 {"discount": @600}

# The merchant's limits are about coupons.
story limits_of_the_merchant_do_not_count_it
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "limits": [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}]}
  200
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  use coupon
  use promotion
  use tea
  repeat 2
  POST /v1/redemptions {"user": "u1", "order_number": "p$i", "cart": $cart}
  201 {"discount": @600}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @1600}

story the_budget_leaves_it_out_when_it_does_not_cover_it
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use active
  use promotion
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @600, "coupons": [{"automatic": true, "budget_guaranteed": false}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"id": "$hold", "discount": @600}
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1000, "remaining": @400}}
  POST /v1/quotes {"user": "u2", "cart": $cart}
  200 {"discount": @0, "coupons": [{"automatic": true, "applied": false, "code": "budget_exhausted"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart}
  409 {"code": "not_applicable"}
  POST /v1/holds/$hold/release
  200
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart}
  201 {"id": "$redemption", "discount": @600}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @2700}
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1000, "remaining": @700}}

# ---- durable ----

story it_is_there_after_a_restart
  use active
  use promotion
  use tea
  restart
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @600}
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200
  restart
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @0, "coupons": []}

# ---- events ----

story its_uses_are_in_the_feed
  use active
  use promotion
  use tea
  +1s
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"id": "$hold"}
  +1s
  POST /v1/holds/$hold/release
  200
  +1s
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart}
  201 {"id": "$redemption"}
  +1s
  POST /v1/redemptions/$redemption/returns {}
  201 {"id": "$return"}
  GET /v1/events
  200 {"events": [{}, {}, {},
    {"type": "promotion_held", "subject": "$promotion", "data": {"template": "$promotion",
      "campaign": "$campaign", "coupon": null, "user": "u1", "hold": "$hold", "amount": @600}},
    {"type": "promotion_released", "data": {"hold": "$hold"}},
    {"type": "promotion_redeemed", "data": {"redemption": "$redemption", "amount": @600}},
    {"type": "promotion_returned", "data": {"return": "$return", "amount": @600}},
    {"type": "order_returned"}]}
