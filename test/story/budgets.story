# The money budget of a campaign: reserved at issue or at redeem, exactly reached, never beyond
# (001-24, 003-03 不超发不少发; Medusa #16595: what gives back is as exact as what takes).

# ---- at issue: the largest discount is reserved, settled at redeem, freed on expiry ----

story at_issue_the_budget_is_reached_exactly
  let budget "budget": {"mode": "at_issue", "total": @3000},
  use shop
  repeat 3
  POST /v1/claims {"user": "u$i", "template": "$template"}
  201
  POST /v1/claims {"user": "u4", "template": "$template"}
  409 {"code": "budget_exhausted"}
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @3000, "remaining": @0}, "counts": [{"issued": 3}]}

story at_issue_a_cent_too_little_is_too_little
  let budget "budget": {"mode": "at_issue", "total": @1999},
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/claims {"user": "u2", "template": "$template"}
  409 {"code": "budget_exhausted"}
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1999, "remaining": @999}}

story at_issue_n_at_once_need_n_times_the_money
  let budget "budget": {"mode": "at_issue", "total": @2500},
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  409 {"code": "budget_exhausted"}
  POST /v1/claims {"user": "u1", "mode": "best_effort",
    "items": [{"template": "$template", "count": 3}]}
  201 {"coupons": [{}, {}], "refusals": [{"item": 0, "problem": {"code": "budget_exhausted"}}]}

# 10 %, at most 10.00: 10.00 is reserved, 6.00 is spent, 4.00 comes back.
story at_issue_a_redemption_settles
  let budget "budget": {"mode": "at_issue", "total": @1000},
  let benefit {"kind": "percent_off", "percent": "10", "cap": @1000, "minimum_spend": @5000}
  use redeemed
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1000, "remaining": @400}, "counts": [{"discount": @600}]}

story at_issue_a_hold_needs_nothing_more
  let budget "budget": {"mode": "at_issue", "total": @1000},
  use held
  POST /v1/redemptions {"hold": "$hold"}
  201
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1000, "remaining": @0}}

story at_issue_expiry_frees
  let budget "budget": {"mode": "at_issue", "total": @1000},
  use coupon
  POST /v1/claims {"user": "u2", "template": "$template"}
  409 {"code": "budget_exhausted"}
  +30d
  sweep
  POST /v1/claims {"user": "u2", "template": "$template"}
  201

# The coupon is there again, so is its reservation.
story at_issue_a_returned_coupon_is_still_paid_for
  let budget "budget": {"mode": "at_issue", "total": @1000},
  use redeemed
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/claims {"user": "u2", "template": "$template"}
  409 {"code": "budget_exhausted"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @1000}

story at_issue_what_returns_dead_is_free
  let budget "budget": {"mode": "at_issue", "total": @1000},
  use redeemed
  at 2026-02-10T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": []}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201

# ---- at redeem: a hold reserves the actual discount ----

story at_redeem_issuing_costs_nothing
  let budget "budget": {"mode": "at_redeem", "total": @1},
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 100}
  201

story at_redeem_the_budget_is_reached_exactly
  let budget "budget": {"mode": "at_redeem", "total": @2000},
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201 {"id": "$hold"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$c3"]}
  409 {"code": "budget_exhausted"}
  POST /v1/redemptions {"hold": "$hold"}
  201
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @2000, "remaining": @0}, "counts": [{"discount": @2000}]}

story at_redeem_a_cent_too_little_is_too_little
  let budget "budget": {"mode": "at_redeem", "total": @999},
  use coupon
  use tea
  POST /v1/holds key=k {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "budget_exhausted"}
  GET /v1/coupons/$coupon
  200 {"state": "available", "revision": 1}
  POST /v1/campaigns/$campaign/budget {"current": @999, "target": @1000}
  200
  POST /v1/holds key=k {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201

story at_redeem_a_release_gives_back
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use held
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/holds {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "budget_exhausted"}
  POST /v1/holds/$hold/release
  200
  POST /v1/holds {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201

story at_redeem_a_passed_deadline_gives_back
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use held
  +15m
  sweep
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1000, "remaining": @1000}}

story at_redeem_a_return_gives_back
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use redeemed
  POST /v1/redemptions/$redemption/returns {}
  201
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1000, "remaining": @1000}, "counts": [{"discount": @1000,
    "discount_returned": @1000}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201

story at_redeem_a_part_return_gives_back_its_part
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use mixed_order
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @1750}
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1000, "remaining": @250}, "counts": [{"discount_returned": @250}]}

story at_redeem_a_replaced_hold_is_counted_once
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use held
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 3, "unit_price": @3000}]}}
  201 {"discount": @1000}

story at_redeem_a_late_redeem_may_find_the_budget_gone
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use held
  +15m
  sweep
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}

# ---- changes by target ----

story a_budget_is_changed_from_what_was_seen
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use campaign
  POST /v1/campaigns/$campaign/budget {"current": @999, "target": @5000}
  409 {"code": "current_value_mismatch"}
  POST /v1/campaigns/$campaign/budget {"current": @1000, "target": @5000}
  200 {"budget": {"mode": "at_redeem", "total": @5000}, "version": 2}
  POST /v1/campaigns/$campaign/budget {"current": @1000, "target": @9000}
  409 {"code": "current_value_mismatch"}

story what_is_spent_cannot_be_taken_away
  let budget "budget": {"mode": "at_issue", "total": @5000},
  use shop
  repeat 2
  POST /v1/claims {"user": "u$i", "template": "$template"}
  201
  POST /v1/campaigns/$campaign/budget {"current": @5000, "target": @1999}
  409 {"code": "not_editable"}
  POST /v1/campaigns/$campaign/budget {"current": @5000, "target": @2000}
  200 {"budget": {"total": @2000}}
  POST /v1/claims {"user": "u3", "template": "$template"}
  409 {"code": "budget_exhausted"}

story a_budget_is_not_invented_later
  use campaign
  POST /v1/campaigns/$campaign/budget {"current": @0, "target": @1000}
  409 {"code": "not_editable"}

story a_budget_changes_in_its_currency
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use campaign
  POST /v1/campaigns/$campaign/budget {"current": @1000EUR, "target": @2000CNY}
  422 {"errors": ["any order", {"field": "current.currency", "code": "not_allowed"},
    {"field": "target.currency", "code": "not_allowed"}]}

# ---- what is due gives back before the sweep has run (DESIGN 5 Time) ----

story at_redeem_a_hold_past_its_deadline_gives_back
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use held
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "budget_exhausted"}
  +15m
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201 {"discount": @1000}
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1000, "remaining": @0}, "counts": [{"held": 1, "released": 1,
    "redeemed": 1}]}

story at_issue_a_coupon_past_its_end_gives_back
  let budget "budget": {"mode": "at_issue", "total": @1000},
  use coupon
  at 2026-01-30T23:59:59.999Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "budget_exhausted"}
  +1ms
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  GET /v1/coupons/$coupon
  200 {"state": "expired", "revision": 2}
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "budget_exhausted"}

# Whoever had it: another user's hold, another user's coupon.
story at_redeem_another_users_hold_past_its_deadline_gives_back
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use held
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  +14m59s
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "budget_exhausted"}
  +1s
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201 {"discount": @1000}

story at_issue_another_users_coupon_past_its_end_gives_back
  let budget "budget": {"mode": "at_issue", "total": @1000},
  use coupon
  at 2026-01-30T23:59:59.999Z
  POST /v1/claims {"user": "u2", "template": "$template"}
  409 {"code": "budget_exhausted"}
  +1ms
  POST /v1/claims {"user": "u2", "template": "$template"}
  201
  GET /v1/coupons/$coupon
  200 {"state": "expired", "revision": 2}

# Held to the last: its deadline and its end have passed, and both must be seen.
story at_issue_a_held_coupon_past_both_gives_back
  let budget "budget": {"mode": "at_issue", "total": @1000},
  use coupon
  use tea
  at 2026-01-30T23:59:00Z
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201
  +10m
  POST /v1/claims {"user": "u2", "template": "$template"}
  409 {"code": "budget_exhausted"}
  +5m
  POST /v1/claims {"user": "u2", "template": "$template"}
  201
  GET /v1/coupons/$coupon
  200 {"state": "expired"}

# What a late redeem lacks is had by another late hold: the refusal would be final.
story at_redeem_a_late_redeem_has_what_another_late_hold_had
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use held
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  +15m
  POST /v1/holds {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "hold_seconds": 60}
  201 {"id": "$second"}
  POST /v1/redemptions key=late {"hold": "$hold"}
  409 {"code": "hold_expired", "detail": "A fresh hold would be refused: budget_exhausted."}
  +1m
  POST /v1/redemptions {"hold": "$hold"}
  201 {"order_number": "o1"}
  POST /v1/redemptions {"hold": "$second"}
  409 {"code": "hold_expired"}

# The refusal would be final here, too.
story a_budget_is_lowered_to_what_is_used_when_holds_are_over
  let budget "budget": {"mode": "at_redeem", "total": @3000},
  use held
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201
  POST /v1/campaigns/$campaign/budget {"current": @3000, "target": @1000}
  409 {"code": "not_editable"}
  POST /v1/campaigns/$campaign/budget {"current": @3000, "target": @2000}
  200
  +15m
  POST /v1/campaigns/$campaign/budget {"current": @2000, "target": @999}
  409 {"code": "not_editable", "detail": "1000 is used already: that is the lowest target."}
  POST /v1/campaigns/$campaign/budget {"current": @2000, "target": @1000}
  200

# ---- what is left will do, where the policy says so ----

setup partial
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"budget": "partial"}}
  200 {"version": 2}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  default total @1500
  let budget "budget": {"mode": "at_redeem", "total": $total},
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000},
    {"sku": "cup", "quantity": 1, "unit_price": @3000}]}
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$first"}, {"id": "$second"}, {"id": "$third"}]}

# 10.00, then the 5.00 that are left, 3.33 and 1.67 on the lines; then nothing. What comes back can
# be had again.
story a_discount_is_cut_to_what_the_budget_has_left
  use partial
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$first"]}
  201 {"discount": @1000}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$second"]}
  200 {"discount": @500, "coupons": [{"discount": @500, "budget_guaranteed": false}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$second"], "policy": {}}
  200 {"discount": @0, "coupons": [{"code": "budget_exhausted"}]}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$second"],
    "hold_seconds": 60}
  201 {"id": "$hold", "discount": @500, "lines": [{"discount": @333}, {"discount": @167}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$third"]}
  200 {"discount": @0, "coupons": [{"code": "budget_exhausted"}]}
  POST /v1/holds {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$third"]}
  409 {"code": "budget_exhausted"}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption", "discount": @500, "total": @8500}
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1500, "remaining": @0}}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @8500, "restored": ["$second"]}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$third"]}
  201 {"discount": @500}

# One order, two coupons of the campaign: the second gets the rest.
story the_coupons_of_an_order_share_what_is_left
  use partial
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$first", "$second"]}
  200 {"discount": @1500, "coupons": [{"discount": @1000}, {"discount": @500}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$first", "$second"]}
  201 {"discount": @1500, "coupons": [{"discount": @1000}, {"discount": @500}]}

story a_promotion_is_cut_to_what_the_budget_has_left
  let total @700
  use partial
  POST /v1/campaigns/$campaign/templates {"name": "all", "apply": "automatic",
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @700}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"discount": @700, "coupons": [{"automatic": true, "discount": @700}]}
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @0, "coupons": [{"automatic": true, "code": "budget_exhausted"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart}
  409 {"code": "not_applicable"}

# 5.00 were given of 10.00. A tea comes back: the rest still reaches its 50.00, and would earn 10.00
# by itself; it keeps 5.00.
story what_is_kept_earns_no_more_than_was_given
  let refund_rule reprice
  let total @500
  use partial
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$first"]}
  201 {"id": "$redemption", "discount": @500}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @3000}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @2500}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @3000, "restored": ["$first"]}
