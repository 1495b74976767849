# What went wrong elsewhere, told as stories: each is a failure of a coupon system that was reported
# in public.

# WooCommerce #26002: a hold of no time switched the limit off.
story a_hold_of_no_time_is_refused
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 0}
  422 {"errors": [{"field": "hold_seconds", "code": "out_of_range"}]}

# WooCommerce #27673: a payment that failed left the coupon used.
story a_payment_that_failed_leaves_the_coupon_free
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}]
  use held
  POST /v1/holds/$hold/release
  200
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$second"}
  POST /v1/redemptions {"hold": "$second"}
  201

# Odoo #62767: cancelled, used elsewhere, taken up again: used twice.
story a_cancelled_order_that_is_taken_up_again_does_not_use_twice
  use held
  POST /v1/holds/$hold/release
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_not_open"}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}

# Odoo #63106, Vendure #1717: totals below zero by stacking, in one order of coupons but not another.
story stacking_never_goes_below_zero_in_any_order
  let benefit {"kind": "amount_off", "amount": @4000}
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "half",
    "benefit": {"kind": "percent_off", "percent": "90"},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$half"}
  POST /v1/claims {"user": "u1", "items": [{"template": "$template"}, {"template": "$half"}]}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  let cart {"lines": [{"sku": "a", "quantity": 1, "unit_price": @5000}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c1", "$c2"]}
  200 {"discount": @4900, "total": @100}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c2", "$c1"]}
  200 {"discount": @5000, "total": @0}

# CVE-2026-47741: the counter of a user was never raised where the order came first.
story the_count_of_a_user_rises_with_the_order
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 2}]
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$c3"]}
  409 {"code": "limit_reached"}

# Medusa #16595: what gives back was not as exact as what takes, and the budget drifted.
story many_holds_and_releases_leave_the_budget_as_it_was
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$h1"}
  POST /v1/holds/$h1/release key=r1
  200
  POST /v1/holds/$h1/release key=r2
  200
  POST /v1/holds/$h1/release key=r1
  200
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$h2"}
  +15m
  sweep
  sweep
  POST /v1/holds/$h2/release
  200
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1000, "remaining": @1000}}

# Pinduoduo 2019: a template meant for one occasion was claimed without limit for hours. Disabling
# stops claims, holds and redemptions from its answer on.
story a_leaked_template_is_stopped_at_once
  use coupon
  use tea
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/claims {"user": "thief", "template": "$template"}
  409 {"code": "campaign_disabled"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "campaign_disabled"}

# WooCommerce #13505: the counter said 700 when 1,500 had been used.
story the_count_is_what_was_issued
  let more "stock": 60,
  use shop
  repeat 20
  POST /v1/claims {"user": "u$i", "template": "$template", "count": 2}
  201
  repeat 20
  POST /v1/claims {"user": "u$i", "template": "$template"}
  201
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "sold_out"}
  GET /v1/templates/$template/stats
  200 {"stock": {"total": 60, "remaining": 0}, "counts": [{"issued": 60, "users": 20}]}

# mitxpro #1025: a refund made the coupon usable again although it had been used elsewhere since.
story a_refund_in_parts_gives_the_coupon_back_once
  use mixed_order
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 2}]}
  201 {"restored": []}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$second"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  409 {"code": "not_returnable"}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "redemption": "$second"}

# liberu #1046: three different refusals were an oracle. An id of another merchant and one that nobody
# has are refused with the same words.
story strangers_learn_nothing_from_a_refusal
  use coupon
  as other
  GET /v1/coupons/$coupon
  404 {"code": "not_found", "title": "$title", "detail": null}
  GET /v1/coupons/cpn_0000000000001
  404 {"code": "not_found", "title": "$title", "detail": null}
