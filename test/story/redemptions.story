# Redemptions: direct or from a hold; an order number consumes once, for ever (ARCHITECTURE 11;
# macrozheng/mall #1003: five parallel orders, one coupon).

story a_direct_redemption
  use redeemed
  GET /v1/redemptions/$redemption
  200 {"id": "$redemption", "user": "u1", "order_number": "o1", "hold": null,
    "redeemed_at": "2026-01-01T00:00:00.000Z", "subtotal": @6000, "discount": @1000,
    "total": @5000, "refunded": @0, "return_count": 0,
    "lines": [{"sku": "tea", "quantity": 2, "discount": @1000, "total": @5000}],
    "coupons": [{"coupon": "$coupon", "discount": @1000, "template_version": 1}]}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "redemption": "$redemption", "revision": 2}

story a_redeemed_coupon_is_not_used_again
  use redeemed
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}

story an_order_number_is_redeemed_once
  use redeemed
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "order_conflict"}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "order_conflict"}
  GET /v1/coupons/$c2
  200 {"state": "available"}

story not_even_years_later_or_after_a_return
  let use_until 2036-01-01T00:00:00Z
  let validity {"kind": "after_issue", "duration_days": 3000}
  use redeemed
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  +1000d
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "order_conflict"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201

# An order number is used once, for ever, whoever orders.
story another_users_order_number_leaves_a_hold_alone
  use held
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/holds {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$c2"]}
  201 {"id": "$h2"}
  GET /v1/holds/$hold
  200 {"state": "open"}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"order_number": "o1", "user": "u1"}
  POST /v1/redemptions {"hold": "$h2"}
  201 {"order_number": "o1", "user": "u2"}

# An order is one user's: two users may have the same number (docs/decisions/0005).
story an_order_number_is_its_users_own
  use redeemed
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$c2"]}
  201 {"order_number": "o1", "user": "u2"}

story another_merchants_order_number_is_another
  use redeemed
  as other
  use redeemed_elsewhere
  GET /v1/redemptions/$redemption2
  200 {"order_number": "o1"}

setup redeemed_elsewhere
  POST /v1/campaigns {"name": "Other",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}}
  201 {"id": "$campaign2"}
  POST /v1/campaigns/$campaign2/state {"state": "active"}
  200
  POST /v1/campaigns/$campaign2/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$template2"}
  POST /v1/claims {"user": "u1", "template": "$template2"}
  201 {"coupons": [{"id": "$coupon2"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon2"]}
  201 {"id": "$redemption2"}

story a_direct_redemption_replaces_the_hold_of_its_order
  use held
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 3, "unit_price": @3000}]}}
  201 {"total": @8000}
  GET /v1/holds/$hold
  200 {"state": "replaced"}

story several_coupons_in_one_order
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c2", "$c1"]}
  201 {"discount": @2000, "total": @4000, "coupons": [{"coupon": "$c2", "discount": @1000},
    {"coupon": "$c1", "discount": @1000}]}

story a_redemption_below_the_threshold
  use coupon
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4999}]}}
  409 {"code": "not_applicable", "detail": "*"}
  GET /v1/coupons/$coupon
  200 {"state": "available"}

story a_redemption_at_the_last_moment
  use coupon
  use tea
  at 2026-01-30T23:59:59.999Z
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201

story a_redemption_a_moment_too_late
  use coupon
  use tea
  at 2026-01-31T00:00:00Z
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_expired"}

story the_use_window_closes_what_an_edit_let_live
  let use_until 2026-06-01T00:00:00Z
  let validity {"kind": "after_issue", "duration_days": 300}
  use coupon
  use tea
  at 2026-06-01T00:00:00Z
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_expired"}

story a_redemption_of_nothing_known
  POST /v1/redemptions {}
  422 {"code": "invalid"}
  POST /v1/redemptions {"hold": "hld_0000000000001", "cart": {}}
  422 {"code": "invalid", "errors": [{"field": "cart", "code": "unknown_field"}]}

story a_redemption_that_is_not_there
  GET /v1/redemptions/rdm_0000000000001
  404 {"code": "not_found"}
