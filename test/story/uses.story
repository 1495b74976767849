# Coupons with more than one use (次卡, 10 uses) and stored value (储值券): every use by itself, exact
# under holds, returns and ends. 10.00 off 60.00 of tea unless a story says more.

# ---- so many uses ----

story a_coupon_is_good_for_its_uses_and_no_more
  let more "uses": 3,
  use coupon
  use tea
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 3, "balance": null, "next_use_at": null}
  repeat 3
  POST /v1/redemptions {"user": "u1", "order_number": "o$i", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @1000}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "uses_left": 0, "redemption": null, "revision": 4}
  POST /v1/redemptions {"user": "u1", "order_number": "o4", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"issued": 1, "redeemed": 3, "discount": @3000}]}

story what_is_left_is_shown_and_found
  let more "uses": 3,
  use redeemed
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "uses_left": 2, "redemption": null}
  GET /v1/users/u1/coupons?state=partly_used
  200 {"coupons": [{"id": "$coupon", "uses_left": 2}]}
  GET /v1/users/u1/coupons?state=available
  200 {"coupons": []}
  GET /v1/templates/$template
  200 {"uses": 3, "use_interval_seconds": null}

story a_template_says_nothing_and_gets_one_use
  use coupon
  GET /v1/templates/$template
  200 {"uses": 1, "use_interval_seconds": null}
  GET /v1/coupons/$coupon
  200 {"uses_left": null, "balance": null}

# Two orders of one user may hold a use each: an order that is not paid blocks one, not the others.
story each_hold_has_a_use_of_its_own
  let more "uses": 2,
  use held
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 1, "hold": null}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$second"}
  GET /v1/coupons/$coupon
  200 {"state": "held", "uses_left": 0, "hold": null}
  POST /v1/holds {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  409 {"code": "coupon_not_available"}
  POST /v1/holds/$hold/release
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  201
  POST /v1/redemptions {"hold": "$second"}
  201
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "uses_left": 0}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"held": 2, "released": 1, "redeemed": 2}]}

story a_changed_order_keeps_one_use
  let more "uses": 2,
  use held
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$again"}
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 1}
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_not_open"}
  POST /v1/redemptions {"hold": "$again"}
  201

story a_use_is_free_from_the_deadline_on
  let more "uses": 2,
  use held
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201
  GET /v1/coupons/$coupon
  200 {"state": "held", "uses_left": 0}
  +15m
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "uses_left": 1}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  201
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"held": 1, "released": 1, "redeemed": 2}]}

story a_late_hold_is_redeemed_while_a_use_is_left
  let more "uses": 2,
  use held
  +15m
  sweep
  POST /v1/redemptions {"hold": "$hold"}
  201
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "uses_left": 1}

story a_coupon_has_at_most_ten_open_holds
  let more "uses": 20,
  use coupon
  use tea
  repeat 10
  POST /v1/holds {"user": "u1", "order_number": "o$i", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201
  POST /v1/holds {"user": "u1", "order_number": "o11", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  409 {"code": "coupon_not_available"}
  POST /v1/redemptions {"user": "u1", "order_number": "o12", "cart": $cart, "coupons": ["$coupon"]}
  201
  +15m
  POST /v1/holds {"user": "u1", "order_number": "o11", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201
  GET /v1/coupons/$coupon
  200 {"uses_left": 18}

# ---- returns ----

story a_return_gives_the_use_back
  let more "uses": 2,
  use redeemed
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201
  GET /v1/coupons/$coupon
  200 {"state": "redeemed"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"restored": []}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "uses_left": 0}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "uses_left": 1}
  POST /v1/redemptions/$redemption/returns {}
  409 {"code": "not_returnable"}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  201
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"redeemed": 3, "returned": 1, "discount": @3000, "discount_returned": @1000}]}

story a_return_while_another_use_is_held
  let more "uses": 2,
  use redeemed
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$hold"}
  GET /v1/coupons/$coupon
  200 {"state": "held", "uses_left": 0}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 1}
  POST /v1/redemptions {"hold": "$hold"}
  201

# ---- the interval ----

story uses_lie_apart
  let more "uses": 3, "use_interval_seconds": 86400,
  use redeemed
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "uses_left": 2, "next_use_at": "2026-01-02T00:00:00.000Z"}
  +23h
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"applied": false, "code": "used_too_soon",
    "usable_from": "2026-01-02T00:00:00.000Z"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "used_too_soon"}
  +1h
  GET /v1/coupons/$coupon
  200 {"next_use_at": null}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$second"}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "used_too_soon"}
  POST /v1/redemptions/$second/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  201

# A hold begins the interval; let go, it never was.
story the_interval_begins_with_the_hold
  let more "uses": 3, "use_interval_seconds": 3600,
  use held
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  409 {"code": "used_too_soon"}
  +14m
  POST /v1/redemptions {"hold": "$hold"}
  201
  +45m
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "used_too_soon"}
  +1m
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$second"}
  POST /v1/holds/$second/release
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  201

# ---- its end ----

story uses_that_are_left_at_the_end_are_lost
  let more "uses": 3,
  use redeemed
  at 2026-01-31T00:00:00Z
  GET /v1/coupons/$coupon
  200 {"state": "expired", "uses_left": 0}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_expired"}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": []}
  GET /v1/coupons/$coupon
  200 {"state": "expired", "uses_left": 0}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"issued": 1, "redeemed": 1, "expired": 1, "returned": 1}]}

story a_hold_outlives_the_end
  let more "uses": 3,
  use coupon
  use tea
  at 2026-01-30T23:55:00Z
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$first"}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$second"}
  +6m
  sweep
  POST /v1/redemptions {"hold": "$first"}
  201
  POST /v1/holds/$second/release
  200
  GET /v1/coupons/$coupon
  200 {"state": "expired"}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_expired"}

# Grace days give back the use that came back, not those that had lapsed. Whether the sweep has come
# by makes no difference.
story grace_days_revive_what_came_back
  let more "uses": 3, "grace_days": 7,
  use redeemed
  at 2026-02-01T00:00:00Z
  sweep
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 1, "expires_at": "2026-02-08T00:00:00.000Z"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "uses_left": 0}

story grace_days_revive_what_came_back_before_the_sweep
  let more "uses": 3, "grace_days": 7,
  use redeemed
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201
  at 2026-02-01T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 1, "expires_at": "2026-02-08T00:00:00.000Z"}
  at 2026-02-08T00:00:00Z
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "expired"}

# What was held when the end passed is of before: let go, it has lapsed, though a return has given the
# coupon more time since.
story a_use_held_across_the_end_does_not_come_back
  let more "uses": 3, "grace_days": 7,
  use redeemed
  at 2026-01-30T23:55:00Z
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$hold"}
  +6m
  sweep
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/holds/$hold/release
  200
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 1, "expires_at": "2026-02-07T00:01:00.000Z"}
  POST /v1/holds {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$fresh"}
  POST /v1/holds/$fresh/release
  200
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 1}
  POST /v1/redemptions {"user": "u1", "order_number": "o4", "cart": $cart, "coupons": ["$coupon"]}
  201
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "uses_left": 0}

story a_last_use_held_across_the_end_does_not_come_back_at_its_deadline
  let more "uses": 2, "grace_days": 7,
  use redeemed
  at 2026-01-30T23:55:00Z
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201
  +6m
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 1, "expires_at": "2026-02-07T00:01:00.000Z"}
  +1h
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 1}

story a_use_held_across_the_end_is_redeemed_all_the_same
  let more "uses": 2, "grace_days": 7,
  use redeemed
  at 2026-01-30T23:55:00Z
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$hold"}
  +6m
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$second"}
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "uses_left": 1}
  POST /v1/redemptions/$second/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 2, "expires_at": "2026-02-07T00:01:00.000Z"}

# A use that comes back prolongs no other. With none left or held its end is that of the grace.
story grace_days_prolong_no_other_use
  let more "uses": 3, "grace_days": 7,
  use redeemed
  at 2026-01-30T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 3, "expires_at": "2026-01-31T00:00:00.000Z"}

story grace_days_prolong_no_use_that_is_held
  let more "uses": 2, "grace_days": 7,
  use redeemed
  at 2026-01-30T00:00:00Z
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$hold"}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/holds/$hold/release {}
  200
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 2, "expires_at": "2026-01-31T00:00:00.000Z"}

story grace_days_count_before_the_end_where_nothing_else_is_left
  let more "uses": 2, "grace_days": 7,
  use redeemed
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$second"}
  at 2026-01-30T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "uses_left": 1, "expires_at": "2026-02-06T00:00:00.000Z"}
  +1d
  POST /v1/redemptions/$second/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "uses_left": 2, "expires_at": "2026-02-06T00:00:00.000Z"}

story a_used_up_coupon_comes_back_at_its_end
  let more "uses": 2,
  use redeemed
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201
  at 2026-02-01T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": []}
  GET /v1/coupons/$coupon
  200 {"state": "expired", "uses_left": 0}

# ---- voiding ----

story a_partly_used_coupon_is_voided
  let more "uses": 3,
  use redeemed
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$hold"}
  POST /v1/coupons/$coupon/void {"reason": "issued_in_error"}
  409 {"code": "coupon_not_available"}
  POST /v1/coupons/$coupon/void {"reason": "fraud"}
  200 {"state": "voided"}
  GET /v1/coupons/$coupon
  200 {"state": "voided", "uses_left": 0}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  POST /v1/redemptions {"hold": "$hold"}
  201
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": []}
  GET /v1/coupons/$coupon
  200 {"state": "voided"}

story an_unused_one_was_issued_in_error
  let more "uses": 3, "stock": 1,
  use held
  +15m
  POST /v1/coupons/$coupon/void {"reason": "issued_in_error"}
  200
  POST /v1/claims {"user": "u2", "template": "$template"}
  201

# ---- budget, limits ----

# 3 x at most 10.00: 30.00 is reserved. 6.00 is spent, 4.00 of the first use is free.
story at_issue_the_budget_pays_for_all_uses
  let budget "budget": {"mode": "at_issue", "total": @3000},
  let benefit {"kind": "percent_off", "percent": "10", "cap": @1000, "minimum_spend": @5000}
  let more "uses": 3,
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$hold", "discount": @600}
  POST /v1/claims {"user": "u2", "template": "$template"}
  409 {"code": "budget_exhausted"}
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @0}}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption", "discount": @600}
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @400}}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @400}}
  at 2026-01-31T00:00:00Z
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @3000}}
  sweep
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @3000}}

story at_issue_a_release_and_an_end_free_what_they_have
  let budget "budget": {"mode": "at_issue", "total": @3000},
  let more "uses": 3,
  use held
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$second"}
  POST /v1/holds/$second/release
  200
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @0}}
  at 2026-01-31T00:00:00Z
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @3000}}

story at_issue_a_void_frees_what_is_not_held
  let budget "budget": {"mode": "at_issue", "total": @3000},
  let more "uses": 3,
  use held
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  200
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @2000}}
  POST /v1/holds/$hold/release
  200
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @3000}}

story at_redeem_every_use_pays_for_itself
  let budget "budget": {"mode": "at_redeem", "total": @2000},
  let more "uses": 3,
  use held
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "budget_exhausted"}
  POST /v1/holds/$hold/release
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  201

story each_use_counts_for_limits
  let more "uses": 5,
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 2}]
  use redeemed
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "limit_reached"}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  201
  GET /v1/coupons/$coupon
  200 {"uses_left": 3}

# ---- stored value ----

story money_lasts_for_what_it_lasts
  let benefit {"kind": "stored_value", "value": @10000}
  use coupon
  use tea
  GET /v1/coupons/$coupon
  200 {"state": "available", "balance": @10000, "uses_left": null}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @6000}
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "balance": @4000}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @4000}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @4000}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "balance": @0}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"redeemed": 2, "discount": @10000}]}

story a_hold_reserves_money
  let benefit {"kind": "stored_value", "value": @10000}
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$first", "discount": @6000}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$second", "discount": @4000}
  GET /v1/coupons/$coupon
  200 {"state": "held", "balance": @0}
  POST /v1/holds/$first/release
  200
  GET /v1/coupons/$coupon
  200 {"state": "available", "balance": @6000}
  POST /v1/redemptions {"hold": "$second"}
  201 {"discount": @4000}
  +15m
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "balance": @6000}

# 80.00 with 50.00 from the card: 30.00 paid. The share of each line comes back: to the customer what
# he paid for it, to the card the rest.
story a_return_puts_the_money_back_exactly
  let benefit {"kind": "stored_value", "value": @5000}
  use mixed_order
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "balance": @0}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @1125, "restored": []}
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "balance": @1875}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @750, "restored": []}
  GET /v1/coupons/$coupon
  200 {"balance": @3125}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @1125, "restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "balance": @5000}
  GET /v1/events?limit=1000
  200 {"events": [{}, {}, {}, {"type": "coupon_issued"}, {"type": "coupon_redeemed"},
    {"type": "coupon_credited", "data": {"revision": 3, "amount": @1875}}, {"type": "order_returned"},
    {"type": "coupon_credited", "data": {"revision": 4, "amount": @1250}}, {"type": "order_returned"},
    {"type": "coupon_returned", "data": {"revision": 5, "amount": @1875}}, {"type": "order_returned"}]}

# Repriced, what is kept takes from the card what it cost then, never more: the cash comes first.
story a_repriced_return_takes_no_more_from_the_card
  let benefit {"kind": "stored_value", "value": @10000}
  let refund_rule reprice
  use coupon
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o0", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @6000}
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000},
    {"sku": "cup", "quantity": 1, "unit_price": @2000}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @4000}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @2000}
  GET /v1/coupons/$coupon
  200 {"balance": @0}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @2000, "restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"balance": @4000}

story so_much_a_day
  let benefit {"kind": "stored_value", "value": @10000, "cap": @2500}
  let more "use_interval_seconds": 86400, "uses": 3,
  use coupon
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @2500}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "used_too_soon"}
  +1d
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @2500}
  +1d
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @2500}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "balance": @0, "uses_left": 0}

story at_issue_the_whole_value_is_reserved
  let budget "budget": {"mode": "at_issue", "total": @10000},
  let benefit {"kind": "stored_value", "value": @10000}
  use coupon
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @6000}
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @0}}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @0}}
  at 2026-01-31T00:00:00Z
  sweep
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @7000}}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": []}
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @10000}}

story grace_days_revive_the_money_that_came_back
  let benefit {"kind": "stored_value", "value": @10000}
  let more "grace_days": 7,
  use coupon
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @6000}
  at 2026-02-01T00:00:00Z
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"restored": []}
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "balance": @3000, "expires_at": "2026-02-08T00:00:00.000Z"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @3000}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "balance": @0}

# 60.00 of 100.00 are redeemed, 20.00 are held across the end, 20.00 lapse at it. What comes back is
# the 60.00; the 20.00 of the hold are free for the campaign.
story money_held_across_the_end_does_not_come_back
  let budget "budget": {"mode": "at_issue", "total": @10000},
  let benefit {"kind": "stored_value", "value": @10000}
  let more "grace_days": 7,
  use redeemed
  let cup {"lines": [{"sku": "cup", "quantity": 1, "unit_price": @2000}]}
  at 2026-01-30T23:55:00Z
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cup, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$hold", "discount": @2000}
  +6m
  sweep
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @2000}}
  POST /v1/holds/$hold/release
  200
  GET /v1/coupons/$coupon
  200 {"state": "available", "balance": @6000, "expires_at": "2026-02-07T00:01:00.000Z"}
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @4000}}

# A cent that comes back prolongs no other: neither for once nor again and again.
story grace_days_prolong_no_other_money
  let benefit {"kind": "stored_value", "value": @10000}
  let more "grace_days": 30,
  let validity {"kind": "after_issue", "duration_days": 10}
  let cart {"lines": [{"sku": "gum", "quantity": 2, "unit_price": @1}]}
  use redeemed
  at 2026-01-10T00:00:00Z
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "balance": @9999, "expires_at": "2026-01-11T00:00:00.000Z"}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "balance": @10000, "expires_at": "2026-01-11T00:00:00.000Z"}
  at 2026-01-11T00:00:00Z
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "expired"}

story grace_days_count_before_the_end_where_no_money_is_left
  let benefit {"kind": "stored_value", "value": @6000}
  let more "grace_days": 7, "uses": 3,
  use redeemed
  at 2026-01-30T00:00:00Z
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "balance": @3000, "expires_at": "2026-02-06T00:00:00.000Z"}

# Money that had no use left when the end passed has lapsed, as if a sweep had found it.
story grace_days_revive_no_money_that_had_no_use_left
  let benefit {"kind": "stored_value", "value": @10000}
  let more "grace_days": 7, "uses": 2,
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @1000}]}
  use redeemed
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "uses_left": 0, "balance": @0}
  at 2026-02-01T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "uses_left": 1, "balance": @2000,
    "expires_at": "2026-02-08T00:00:00.000Z"}

# ---- templates ----

story what_a_template_may_say_of_uses
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "T", "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 30}, "uses": 10001}
  422 {"errors": [{"field": "uses", "code": "out_of_range"}]}
  POST /v1/campaigns/$campaign/templates {"name": "T", "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 30}, "use_interval_seconds": 60}
  422 {"errors": [{"field": "use_interval_seconds", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "T",
    "benefit": {"kind": "stored_value", "value": @1}, "uses": 1,
    "validity": {"kind": "after_issue", "duration_days": 30}}
  422 {"errors": [{"field": "uses", "code": "not_allowed"}]}
  PATCH /v1/templates/$template if="v1" {"uses": 2}
  409 {"errors": [{"field": "uses", "code": "not_editable"}]}

story a_coupon_in_use_keeps_its_version
  let more "uses": 2,
  use redeemed
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$unused"}]}
  PATCH /v1/templates/$template if="v1" {"uses": 3, "reach": "all_unused",
    "benefit": {"kind": "amount_off", "amount": @500}}
  200 {"version": 2, "uses": 3}
  GET /v1/coupons/$unused
  200 {"template_version": 2, "uses_left": 3}
  GET /v1/coupons/$coupon
  200 {"template_version": 1, "uses_left": 1}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$second", "discount": @1000}
  POST /v1/redemptions/$redemption/returns {}
  201
  POST /v1/redemptions/$second/returns {}
  201
  GET /v1/coupons/$coupon
  200 {"state": "available", "template_version": 2, "uses_left": 3}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @500}

story a_held_use_is_let_go_and_the_edit_reaches_it
  let more "uses": 2,
  use held
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "benefit": {"kind": "amount_off", "amount": @500}}
  200
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"discount": @1000}
  POST /v1/holds/$hold/release
  200
  +15m
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"discount": @500}

story the_same_request_takes_one_use
  let more "uses": 3,
  use coupon
  use tea
  POST /v1/redemptions key=k1 {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$coupon"]}
  201
  keep first
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201
  POST /v1/redemptions key=k1 {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$coupon"]}
  same first
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "order_conflict"}
  GET /v1/coupons/$coupon
  200 {"uses_left": 1}
