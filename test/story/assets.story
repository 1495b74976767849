# What coupons carry for another system (issue 4; 004-02: 保值换新, 内购, advertisers): an asset type and
# a payload, shown with the coupon, its orders and its events; and coupons that take nothing off.

# A trade-in guarantee: for a phone that is in the cart.
setup guarantee
  let benefit {"kind": "hand_over"}
  let more "asset": {"type": "trade_in", "payload": {"plan": "A", "months": 12}}, "scope": {"mode": "only", "skus": ["phone"]},
  let cart {"lines": [{"sku": "phone", "quantity": 1, "unit_price": @300000},
    {"sku": "case", "quantity": 1, "unit_price": @2000}]}
  use shop

setup guaranteed
  use guarantee
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}

story a_template_tells_what_its_coupons_carry
  use guarantee
  GET /v1/templates/$template
  200 {"benefit": {"kind": "hand_over"}, "asset": {"type": "trade_in", "payload": {"plan": "A", "months": 12}}}
  PATCH /v1/templates/$template if="v1" {"asset": {"type": "trade_in", "payload": {"plan": "B"}}}
  200 {"version": 2, "asset": {"type": "trade_in", "payload": {"plan": "B", "months": null}}}
  PATCH /v1/templates/$template if="v2" {"name": "Guarantee"}
  200 {"version": 3, "asset": {"type": "trade_in", "payload": {"plan": "B"}}}
  PATCH /v1/templates/$template if="v3" {"asset": {"type": "trade_in"}}
  200 {"version": 4, "asset": {"type": "trade_in", "payload": null}}
  GET /v1/templates/$template/versions
  200 {"versions": [{"asset": {"payload": {"plan": "A"}}}, {"asset": {"payload": {"plan": "B"}}},
    {"asset": {"payload": {"plan": "B"}}}, {"asset": {"type": "trade_in", "payload": null}}]}

# It is used for the goods that it is good for, and costs nobody anything.
story a_use_hands_over_and_takes_nothing_off
  use guaranteed
  GET /v1/coupons/$coupon
  200 {"state": "available", "asset": {"type": "trade_in", "payload": {"plan": "A", "months": 12}}}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @0, "total": @302000, "coupons": [{"coupon": "$coupon", "applied": true,
    "discount": @0, "shares": [], "asset": {"type": "trade_in", "payload": {"plan": "A"}}}]}
  POST /v1/quotes {"user": "u1", "cart": {"lines": [{"sku": "case", "quantity": 1, "unit_price": @2000}]},
    "coupons": ["$coupon"]}
  200 {"coupons": [{"applied": false, "code": "not_applicable", "reason": "no_eligible_line", "asset": null}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o0", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "case", "quantity": 1, "unit_price": @2000}]}}
  409 {"code": "not_applicable"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @0, "total": @302000, "coupons": [{"coupon": "$coupon", "discount": @0,
    "asset": {"type": "trade_in", "payload": {"plan": "A", "months": 12}}}]}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "asset": {"type": "trade_in"}}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  GET /v1/templates/$template/stats
  200 {"counts": [{"issued": 1, "redeemed": 1, "discount": @0}]}

# The feed is what the other system acts on: it is told the version that ruled, whatever is edited.
story the_feed_tells_the_other_system
  use guaranteed
  PATCH /v1/templates/$template if="v1" {"asset": {"type": "trade_in", "payload": {"plan": "B"}}}
  200
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], "hold_seconds": 900}
  201 {"id": "$hold", "coupons": [{"asset": {"payload": {"plan": "A"}}}]}
  PATCH /v1/templates/$template if="v2" {"reach": "all_unused", "asset": {"type": "trade_in", "payload": {"plan": "C"}}}
  200
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption", "coupons": [{"asset": {"payload": {"plan": "A"}}}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"restored": []}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/coupons/$second/void {"reason": "requested"}
  200
  at 2026-06-30T00:00:00Z
  sweep
  GET /v1/events?limit=1000
  200 {"events": ["any order", {"type": "campaign_created"}, {"type": "campaign_changed"},
    {"type": "template_created"}, {"type": "template_changed"}, {"type": "template_changed"},
    {"type": "order_returned"}, {"type": "order_returned"},
    {"type": "coupon_issued", "data": {"coupon": "$coupon", "asset": {"type": "trade_in", "payload": {"plan": "A"}}}},
    {"type": "coupon_issued", "data": {"coupon": "$second", "asset": {"payload": {"plan": "B"}}}},
    {"type": "coupon_held", "data": {"asset": null}},
    {"type": "coupon_redeemed", "data": {"coupon": "$coupon", "asset": {"payload": {"plan": "A"}}}},
    {"type": "coupon_returned", "data": {"coupon": "$coupon", "asset": {"payload": {"plan": "A"}}}},
    {"type": "coupon_voided", "data": {"coupon": "$second", "asset": {"payload": {"plan": "C"}}}},
    {"type": "coupon_expired", "data": {"coupon": "$coupon", "asset": {"payload": {"plan": "C"}}}}]}
  GET /v1/coupons/$coupon
  200 {"state": "expired", "asset": {"payload": {"plan": "C"}}}

# A coupon may take something off and carry something: staff purchase.
story a_coupon_with_a_discount_carries_too
  let benefit {"kind": "percent_off", "percent": "20"}
  let more "asset": {"type": "staff_purchase", "payload": {"cost_centre": "4711"}},
  use coupon
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @1200, "coupons": [{"discount": @1200,
    "asset": {"type": "staff_purchase", "payload": {"cost_centre": "4711"}}}]}

# Uses count one by one, and each is told.
story a_voucher_of_an_advertiser_with_three_uses
  let benefit {"kind": "hand_over", "minimum_spend": @1000}
  let more "uses": 3, "asset": {"type": "spa_day", "payload": {"voucher": "SPA"}},
  use coupon
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused", "asset": {"type": "spa_day", "payload": {"voucher": "NEW"}}}
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"coupons": [{"asset": {"payload": {"voucher": "SPA"}}}]}
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "uses_left": 1, "asset": {"payload": {"voucher": "SPA"}}}
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  200
  GET /v1/events?limit=1000
  200 {"events": ["any order", {"type": "campaign_created"}, {"type": "campaign_changed"},
    {"type": "template_created"}, {"type": "template_changed"}, {"type": "coupon_issued"},
    {"type": "coupon_redeemed", "data": {"asset": {"payload": {"voucher": "SPA"}}}},
    {"type": "coupon_redeemed", "data": {"asset": {"payload": {"voucher": "SPA"}}}},
    {"type": "coupon_voided", "data": {"asset": {"payload": {"voucher": "SPA"}}}}]}

story a_wallet_is_asked_for_one_type
  use guaranteed
  POST /v1/campaigns/$campaign/templates {"name": "Plain", "benefit": {"kind": "percent_off", "percent": "5"},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$plain", "asset": null}
  POST /v1/claims {"user": "u1", "template": "$plain"}
  201 {"coupons": [{"id": "$other"}]}
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$coupon"}, {"id": "$other", "asset": null}]}
  GET /v1/users/u1/coupons?asset=trade_in&state=available
  200 {"coupons": [{"id": "$coupon", "asset": {"type": "trade_in"}}]}
  GET /v1/users/u1/coupons?asset=trade
  200 {"coupons": []}
  GET /v1/users/u1/coupons?asset=Trade
  422 {"errors": [{"field": "asset"}]}
  POST /v1/search/coupons {"user": "u1", "cart": $cart}
  200 {"coupons": [{"coupon": "$coupon", "discount": @0, "asset": {"type": "trade_in"}}, {"coupon": "$other"}]}
  POST /v1/search/templates {"user": "u1", "cart": $cart}
  200 {"templates": [{"template": "$template", "discount": @0, "asset": {"type": "trade_in"}}, {"template": "$plain"}]}

# Nobody gains by it, so nobody's best set has it; it stands beside what has.
story the_best_set_leaves_it_to_the_user
  use guaranteed
  POST /v1/campaigns/$campaign/templates {"name": "Plain", "benefit": {"kind": "percent_off", "percent": "5"},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$plain"}
  POST /v1/claims {"user": "u1", "template": "$plain"}
  201 {"coupons": [{"id": "$other"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @15100, "best": {"coupons": ["$other"], "proven": true}}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon", "$other"]}
  201 {"discount": @15100, "coupons": [{"coupon": "$coupon", "discount": @0}, {"coupon": "$other", "discount": @15100}]}

# The budget of a campaign is for discounts: this takes none of it.
story it_needs_no_budget
  let budget "budget": {"mode": "at_issue", "total": @1000},
  use guaranteed
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1000, "remaining": @1000}}

story what_may_be_carried
  use active
  let rest "name": "x", "validity": {"kind": "after_issue", "duration_days": 30}
  POST /v1/campaigns/$campaign/templates {$rest, "benefit": {"kind": "hand_over"}}
  422 {"errors": [{"field": "asset", "code": "required"}]}
  POST /v1/campaigns/$campaign/templates {$rest, "benefit": {"kind": "hand_over"}, "asset": {"type": "Trade-in"}}
  422 {"errors": [{"field": "asset.type"}]}
  POST /v1/campaigns/$campaign/templates {$rest, "benefit": {"kind": "hand_over"}, "asset": {"payload": {}}}
  422 {"errors": [{"field": "asset.type", "code": "required"}]}
  POST /v1/campaigns/$campaign/templates {$rest, "benefit": {"kind": "hand_over"}, "asset": {"type": "a", "payload": "text"}}
  422 {"errors": [{"field": "asset.payload", "code": "wrong_type"}]}
  POST /v1/campaigns/$campaign/templates {$rest, "benefit": {"kind": "hand_over"}, "asset": {"type": "a", "other": 1}}
  422 {"errors": [{"field": "asset.other", "code": "unknown_field"}]}
  POST /v1/campaigns/$campaign/templates {$rest, "benefit": {"kind": "hand_over", "percent": "5"}, "asset": {"type": "a"}}
  422 {"errors": [{"field": "benefit.percent", "code": "unknown_field"}]}
  POST /v1/campaigns/$campaign/templates {$rest, "benefit": {"kind": "hand_over"}, "asset": {"type": "a"},
    "funding": [{"party": "platform", "share": "100"}]}
  422 {"errors": [{"field": "funding", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "apply": "automatic", "benefit": {"kind": "hand_over"},
    "asset": {"type": "a"},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-05-01T00:00:00Z"}}
  422 {"errors": [{"field": "benefit.kind", "code": "not_allowed"}, {"field": "asset", "code": "not_allowed"}]}
  let text xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
  POST /v1/campaigns/$campaign/templates {$rest, "benefit": {"kind": "hand_over"}, "asset": {"type": "a", "payload": {"n": "$text...."}}}
  422 {"errors": [{"field": "asset.payload", "code": "too_long"}]}
  POST /v1/campaigns/$campaign/templates {$rest, "benefit": {"kind": "hand_over"}, "asset": {"type": "a", "payload": {"n": "$text..."}}}
  201 {"asset": {"payload": {"n": "$text..."}}}
  POST /v1/campaigns/$campaign/templates {$rest, "benefit": {"kind": "percent_off", "percent": "5"}}
  201 {"id": "$plain"}
  PATCH /v1/templates/$plain if="v1" {"asset": {"type": "a"}}
  409 {"code": "not_editable"}
  POST /v1/campaigns/$campaign/templates {$rest, "benefit": {"kind": "percent_off", "percent": "5"}, "asset": {"type": "a"}}
  201 {"id": "$carrying"}
  PATCH /v1/templates/$carrying if="v1" {"asset": {"type": "b"}}
  409 {"code": "not_editable"}
