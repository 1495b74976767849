# Idempotency (001-27, 004-12; DESIGN 5): the same key and body get the first answer, whatever has
# happened since; Saleor #15855: a failed duplicate undoes nothing of the winner.

story the_same_key_and_body_give_the_same_answer
  use shop
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201
  keep first
  +5m
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201
  same first
  GET /v1/users/u1/coupons
  200 {"coupons": [{}]}

story for_two_days_at_least
  use shop
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201
  keep first
  +47h59m59s
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201
  same first

story also_after_a_restart
  use shop
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  keep claim
  use tea
  POST /v1/holds key=h1 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$hold"}
  keep hold
  restart
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201
  same claim
  POST /v1/holds key=h1 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201
  same hold

story what_a_restart_keeps
  let more "stock": 3,
  use held
  restart
  GET /v1/coupons/$coupon
  200 {"state": "held", "hold": "$hold"}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"discount": @1000}
  repeat 2
  POST /v1/claims {"user": "v$i", "template": "$template"}
  201
  POST /v1/claims {"user": "v3", "template": "$template"}
  409 {"code": "sold_out"}
  restart
  GET /v1/templates/$template/stats
  200 {"stock": {"total": 3, "remaining": 0}, "counts": [{"issued": 3, "redeemed": 1}]}

story also_after_the_configuration_was_edited
  use shop
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201
  keep first
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused", "name": "other",
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 90}}
  200
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201
  same first

story also_for_a_hold_that_is_long_over
  use coupon
  use tea
  POST /v1/holds key=h1 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 60}
  201 {"id": "$hold", "state": "open"}
  keep first
  POST /v1/redemptions {"hold": "$hold"}
  201
  +1h
  POST /v1/holds key=h1 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 60}
  201
  same first

story also_for_a_redemption_that_was_returned
  use coupon
  use tea
  POST /v1/redemptions key=r1 {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$coupon"]}
  201 {"id": "$redemption", "refunded": @0, "return_count": 0}
  keep first
  POST /v1/redemptions/$redemption/returns key=x {}
  201 {"refund": @5000}
  keep return
  POST /v1/redemptions key=r1 {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$coupon"]}
  201
  same first
  POST /v1/redemptions/$redemption/returns key=x {}
  201
  same return

story also_for_configuration
  POST /v1/campaigns key=c1 {"name": "Spring",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}}
  201 {"id": "$campaign"}
  keep first
  PATCH /v1/campaigns/$campaign key=e1 if="v1" {"name": "Summer"}
  200 {"version": 2}
  keep edit
  PATCH /v1/campaigns/$campaign key=e1 if="v1" {"name": "Summer"}
  200
  same edit
  POST /v1/campaigns key=c1 {"name": "Spring",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}}
  201
  same first
  GET /v1/campaigns
  200 {"campaigns": [{"id": "$campaign", "name": "Summer"}]}

story the_same_key_with_another_body_is_refused
  use shop
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201
  POST /v1/claims key=k1 {"user": "u1", "template": "$template", "count": 2}
  422 {"code": "idempotency_mismatch"}
  GET /v1/users/u1/coupons
  200 {"coupons": [{}]}

# Scoped to merchant, operation and home subject.
story a_key_is_anothers_for_another_operation_or_merchant
  use shop
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201
  POST /v1/grants key=k1 {"template": "$template", "users": ["u1"]}
  200 {"granted": 1}
  POST /v1/claims key=k1 {"user": "u2", "template": "$template"}
  201
  as other
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  404 {"code": "not_found"}

story a_refusal_that_is_final_is_kept
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use coupon
  POST /v1/claims key=k2 {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  PATCH /v1/templates/$template if="v1" {"limits": []}
  200
  POST /v1/claims key=k2 {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  POST /v1/claims key=k3 {"user": "u1", "template": "$template"}
  201

story what_a_quote_would_have_found_is_kept_too
  use held
  POST /v1/holds key=second {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  POST /v1/holds/$hold/release
  200
  POST /v1/holds key=second {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  POST /v1/holds key=third {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201

story sold_out_is_not_kept
  let more "stock": 0,
  use shop
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  409 {"code": "sold_out"}
  POST /v1/templates/$template/stock {"current": 0, "target": 1}
  200
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201

story a_closed_door_and_an_invalid_request_are_not_kept
  let claim_from 2026-01-02T00:00:00Z
  use shop
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  409 {"code": "not_started"}
  POST /v1/claims key=k1 {"user": "u1", "template": "$template", "count": 0}
  422 {"code": "invalid"}
  +1d
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201

story a_used_up_budget_is_not_kept
  let budget "budget": {"mode": "at_issue", "total": @999},
  use shop
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  409 {"code": "budget_exhausted"}
  POST /v1/campaigns/$campaign/budget {"current": @999, "target": @1000}
  200
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201

story a_failed_duplicate_undoes_nothing
  use redeemed
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "order_conflict"}
  GET /v1/redemptions/$redemption
  200 {"refunded": @0, "discount": @1000}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "redemption": "$redemption"}

story a_write_needs_a_key
  use shop
  POST /v1/claims key=none {"user": "u1", "template": "$template"}
  400 {"code": "idempotency_key_required"}
  GET /v1/users/u1/coupons
  200 {"coupons": []}

story a_key_has_at_most_128_characters
  use shop
  POST /v1/claims key=12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678 {"user": "u1", "template": "$template"}
  201
  POST /v1/claims key=123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 {"user": "u1", "template": "$template"}
  422 {"errors": [{"field": "Idempotency-Key", "code": "too_long"}]}

story a_key_is_sent_once
  use shop
  POST /v1/claims key=k1 again=k1 {"user": "u1", "template": "$template"}
  422 {"code": "invalid", "errors": [{"field": "Idempotency-Key", "code": "duplicate"}]}
  POST /v1/claims key=k1 again=k2 {"user": "u1", "template": "$template"}
  422 {"errors": [{"field": "Idempotency-Key", "code": "duplicate"}]}
  GET /v1/users/u1/coupons
  200 {"coupons": []}
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201

story a_key_is_printable_and_has_no_spaces
  let spaced two words
  use shop
  POST /v1/claims key=$spaced {"user": "u1", "template": "$template"}
  422 {"code": "invalid", "errors": [{"field": "Idempotency-Key", "code": "bad_format"}]}
  POST /v1/claims key=钥匙 {"user": "u1", "template": "$template"}
  422 {"errors": [{"field": "Idempotency-Key", "code": "bad_format"}]}
  GET /v1/users/u1/coupons
  200 {"coupons": []}
  POST /v1/claims key=!~{} {"user": "u1", "template": "$template"}
  201

story a_quote_needs_no_key
  use coupon
  use tea
  POST /v1/quotes key=none {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1000}

# ---- when the keys' time is over: after 72 hours ----

story after_three_days_a_key_does_its_work_anew
  use shop
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$first"}]}
  keep first
  +71h59m59s999ms
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  201
  same first
  +1ms
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  keep second
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$first"}, {"id": "$second"}]}
  +71h
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  201
  same second

story after_three_days_another_body_is_no_mismatch
  use shop
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  201
  +72h
  POST /v1/claims key=k {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{}, {}]}
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  422 {"code": "idempotency_mismatch"}

story after_three_days_a_refusal_is_asked_again
  let limits [{"measure": "claims", "subject": "user", "period": "month", "max": 1}]
  use shop
  at 2026-01-29T12:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  at 2026-02-01T11:59:59Z
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  +1s
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  201

# DESIGN 5: an order number never expires. The key is forgotten, the order is not.
story an_order_number_outlives_every_key
  let validity {"kind": "after_issue", "duration_days": 150}
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/redemptions key=k {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201
  keep first
  +71h
  POST /v1/redemptions key=k {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201
  same first
  +100d
  POST /v1/redemptions key=k {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  409 {"code": "order_conflict"}
  POST /v1/redemptions key=k2 {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$c2"]}
  409 {"code": "order_conflict"}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "order_conflict"}
  GET /v1/coupons/$c2
  200 {"state": "available"}
