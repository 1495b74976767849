# Returns: whole, by line, in parts, any time later, exact to the cent (004-01 退回; mitxpro #1025,
# Odoo #62767: what came back is not used twice). In mixed_order 2 tea (30.00) and a cup (20.00) cost
# 80.00, 10.00 off: 7.50 from the tea (3.75 each), 2.50 from the cup; 70.00 paid.

story a_whole_return
  use redeemed
  +10d
  POST /v1/redemptions/$redemption/returns {}
  201 {"id": "$return", "redemption": "$redemption", "returned_at": "2026-01-11T00:00:00.000Z",
    "refund": @5000, "lines": [{"line": 0, "quantity": 2, "refund": @5000}],
    "restored": ["$coupon"]}
  GET /v1/returns/$return
  200 {"id": "$return", "redemption": "$redemption", "refund": @5000,
    "lines": [{"line": 0, "quantity": 2, "refund": @5000}], "restored": ["$coupon"]}
  GET /v1/redemptions/$redemption
  200 {"refunded": @5000, "return_count": 1,
    "lines": [{"returned": 2, "refunded": @5000}], "coupons": [{"returned": true}]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "redemption": null, "expires_at": "2026-01-31T00:00:00.000Z"}

story a_return_without_a_body_is_a_whole_one
  use redeemed
  POST /v1/redemptions/$redemption/returns
  201 {"refund": @5000}

# keep: each piece gives back what was paid for it.
story keep_gives_back_the_share_that_was_paid
  use mixed_order
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @2625, "restored": []}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @1750, "restored": []}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @2625, "restored": ["$coupon"]}
  GET /v1/redemptions/$redemption
  200 {"refunded": @7000, "return_count": 3}

# reprice: what is kept costs what it would have cost. One tea less: 50.00 - 10.00 = 40.00, 30.00
# back. The cup too: 30.00 misses the threshold; 70.00 - 30.00 - 30.00 = 10.00 back.
story reprice_gives_back_what_the_kept_goods_do_not_cost
  let refund_rule reprice
  use mixed_order
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @3000}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @1000}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @3000, "restored": ["$coupon"]}
  GET /v1/redemptions/$redemption
  200 {"refunded": @7000}

# claw_back: a discount that the kept goods no longer earn is taken off the refund; it never grows.
# One tea: the kept 50.00 would earn 10.00 but had 6.25: 26.25 back. The cup: the kept tea loses its
# 3.75: 17.50 - 3.75 = 13.75. The last: 30.00.
story claw_back_takes_what_is_no_longer_earned
  let refund_rule claw_back
  use mixed_order
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @2625}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @1375}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @3000, "restored": ["$coupon"]}
  GET /v1/redemptions/$redemption
  200 {"refunded": @7000}

# 10.00 off from 70.00 on, by a condition. One tea less misses it: 70.00 - 50.00 = 20.00 back.
story a_condition_that_the_kept_goods_miss_is_like_a_threshold
  let refund_rule reprice
  let benefit {"kind": "amount_off", "amount": @1000}
  let more "conditions": {"fact": "cart.subtotal", "at_least": 7000},
  use mixed_order
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @2000}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @5000, "restored": ["$coupon"]}

# What a condition asks beside the goods is as it was when the order was priced: it was bought in the
# north, by one with the tag gold, in the evening; the hold froze that.
story what_conditions_ask_beside_the_goods_stays_as_it_was
  let refund_rule reprice
  let benefit {"kind": "amount_off", "amount": @1000}
  let more "conditions": {"all": [{"fact": "cart.store", "is": "north"}, {"fact": "user.tags", "has_any": ["gold"]},
    {"weekdays": ["thu"], "from": "00:00", "until": "12:00", "zone": "UTC"},
    {"lines": {"where": {"fact": "line.sku", "is": "tea"}, "quantity_at_least": 1}}]},
  use coupon
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"], "hold_seconds": 900,
    "cart": {"store": "north", "lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000},
      {"sku": "cup", "quantity": 1, "unit_price": @2000}],
      "shopper": {"tags": ["gold"]}}}
  201 {"id": "$hold", "discount": @1000}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption"}
  +5d
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @3000}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @2000, "restored": []}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @2000, "restored": ["$coupon"]}

# In the group each line has its best coupon: tea and bag 10 %, cup 20 %: 24.00 + 16.00 + 9.00. A
# line less changes nothing for the others, though the merchant has another group by then.
story each_kept_line_keeps_the_best_of_its_group
  let refund_rule reprice
  let benefit {"kind": "percent_off", "percent": "10"}
  let more "stacking": {"group": "sale"},
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "stacking_groups": [{"name": "other", "mode": "all"}, {"name": "sale", "mode": "best_line"}]}
  200 {"version": 2}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  use coupon
  POST /v1/campaigns/$campaign/templates {"name": "cups", "stacking": {"group": "sale"},
    "benefit": {"kind": "percent_off", "percent": "20"}, "scope": {"mode": "only", "skus": ["cup"]},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$cups"}
  POST /v1/claims {"user": "u1", "template": "$cups"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon", "$second"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @2400},
      {"sku": "cup", "quantity": 1, "unit_price": @2000},
      {"sku": "bag", "quantity": 1, "unit_price": @1000}]}}
  201 {"id": "$redemption", "discount": @740,
    "lines": [{"discount": @240}, {"discount": @400}, {"discount": @100}]}
  as operator
  PUT /v1/merchants/$deli if="v2" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "stacking_groups": [{"name": "sale", "mode": "all"}]}
  200 {"version": 3}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @2160}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 2, "quantity": 1}]}
  201 {"refund": @900, "restored": ["$coupon"]}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @1600, "restored": ["$second"]}

# 45.00 and 5.00 with 10.00 off: 40.00 paid. Without the gum the rest would cost 45.00.
story a_refund_is_never_below_zero
  let refund_rule reprice
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4500},
    {"sku": "gum", "quantity": 1, "unit_price": @500}]}
  use redeemed
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @0}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @4000, "restored": ["$coupon"]}

# 3 x 3.33 with 1.00 off: 8.99 paid. The odd cent of the discount is on the piece that comes back
# first: 2.99, 3.00, 3.00.
story parts_add_up_to_the_last_cent
  let benefit {"kind": "amount_off", "amount": @100}
  let cart {"lines": [{"sku": "a", "quantity": 3, "unit_price": @333}]}
  use redeemed
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @299}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @300}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @300, "restored": ["$coupon"]}
  GET /v1/redemptions/$redemption
  200 {"refunded": @899, "total": @899}

story several_lines_at_once_each_with_its_refund
  use mixed_order
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1},
    {"line": 0, "quantity": 1}]}
  201 {"refund": @4375, "lines": ["any order", {"line": 0, "quantity": 1, "refund": @2625},
    {"line": 1, "quantity": 1, "refund": @1750}]}

# A coupon comes back when every line that it touched did.
story a_coupon_comes_back_with_the_lines_it_touched
  let more "scope": {"mode": "only", "skus": ["tea"]},
  use coupon
  POST /v1/campaigns/$campaign/templates {"name": "5 off a cup",
    "benefit": {"kind": "amount_off", "amount": @500}, "refund_rule": "keep",
    "scope": {"mode": "only", "skus": ["cup"]},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$second"}
  POST /v1/claims {"user": "u1", "template": "$second"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon", "$c2"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @6000},
      {"sku": "cup", "quantity": 1, "unit_price": @5000},
      {"sku": "bag", "quantity": 1, "unit_price": @100}]}}
  201 {"id": "$redemption", "total": @9600}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @4500, "restored": ["$c2"]}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed"}
  GET /v1/coupons/$c2
  200 {"state": "available"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @5000, "restored": ["$coupon"]}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @100, "restored": []}

# Uses stay used where the policy of the order says so, whatever the merchant's is later: the coupon
# and the limit are used up, the money is back.
story a_use_stays_used_where_the_policy_says_so
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"returned_use": "keep"}}
  200 {"version": 2}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}]
  use redeemed
  as operator
  PUT /v1/merchants/$deli if="v2" {"name": "Deli", "zone": "America/New_York", "currency": "USD"}
  200 {"version": 3}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @5000, "restored": []}
  GET /v1/redemptions/$redemption
  200 {"refunded": @5000, "coupons": [{"returned": false}]}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed"}
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"total": @1000, "remaining": @1000}}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$second"]}
  409 {"code": "limit_reached"}

# Of a stored value the use is gone, the money is not.
story money_is_back_on_a_stored_value_whose_uses_stay_used
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"returned_use": "keep"}}
  200 {"version": 2}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  let benefit {"kind": "stored_value", "value": @1500}
  let more "uses": 3,
  use redeemed
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @4500, "restored": []}
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "uses_left": 2, "balance": @1500}

# One that touched no line (a gift beside the cart, no effect) comes back with the whole order.
story a_gift_coupon_comes_back_with_the_whole_order
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"gift_missing": "add"}}
  200 {"version": 2}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  let benefit {"kind": "gift", "sku": "mug", "minimum_spend": @5000}
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000},
    {"sku": "cup", "quantity": 1, "unit_price": @2000}]}
  use coupon
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @0, "coupons": [{"shares": []}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"restored": []}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"restored": []}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"restored": ["$coupon"]}
  GET /v1/redemptions/$redemption
  200 {"coupons": [{"returned": true}]}

story a_coupon_without_effect_comes_back_with_the_whole_order
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"zero_effect": "use"}}
  200 {"version": 2}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  let benefit {"kind": "percent_off", "percent": "1"}
  let cart {"lines": [{"sku": "tea", "quantity": 10, "unit_price": @1}]}
  use redeemed
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"restored": []}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 9}]}
  201 {"restored": ["$coupon"]}

story what_came_back_is_used_once_more
  use redeemed
  POST /v1/redemptions/$redemption/returns {}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$second"}
  POST /v1/redemptions/$redemption/returns {}
  409 {"code": "not_returnable"}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "redemption": "$second"}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}

story a_coupon_that_came_back_keeps_its_end
  use redeemed
  at 2026-01-30T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "expires_at": "2026-01-31T00:00:00.000Z"}
  at 2026-01-31T00:00:00Z
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "expired"}

story after_its_end_it_does_not_come_back
  use redeemed
  at 2026-02-10T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @5000, "restored": []}
  GET /v1/coupons/$coupon
  200 {"state": "expired"}

story grace_days_let_it_live
  let more "grace_days": 7,
  use redeemed
  at 2026-02-10T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @5000, "restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "expires_at": "2026-02-17T00:00:00.000Z"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201

# An edit that came when the coupon had ended comes in with no grace either; a later one reaches it.
# Behind it nobody could use the coupon: it is not shown as one that can be.
story grace_days_end_with_the_campaigns_use_window
  let use_until 2026-06-30T00:00:00Z
  let validity {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-06-29T00:00:00Z"}
  let more "grace_days": 5,
  use redeemed
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$other"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$other"]}
  201 {"id": "$second"}
  at 2026-06-28T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "expires_at": "2026-06-30T00:00:00.000Z"}
  at 2026-06-30T00:00:00Z
  GET /v1/coupons/$coupon
  200 {"state": "expired"}
  POST /v1/redemptions/$second/returns {}
  201 {"restored": []}
  GET /v1/coupons/$other
  200 {"state": "expired", "expires_at": "2026-06-30T00:00:00.000Z"}

story grace_days_bring_in_no_edit_that_came_too_late
  let more "grace_days": 7,
  use redeemed
  at 2026-02-02T00:00:00Z
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "validity": {"kind": "after_issue", "duration_days": 60}}
  200 {"version": 2}
  at 2026-02-05T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  GET /v1/coupons/$coupon
  200 {"state": "available", "expires_at": "2026-02-12T00:00:00.000Z"}
  PATCH /v1/templates/$template if="v2" {"reach": "all_unused", "name": "60 days"}
  200 {"version": 3}
  GET /v1/coupons/$coupon
  200 {"state": "available", "expires_at": "2026-03-02T00:00:00.000Z"}
  at 2026-02-12T00:00:00Z
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "available"}

story grace_days_take_nothing_away
  let more "grace_days": 7,
  use redeemed
  at 2026-01-10T00:00:00Z
  POST /v1/redemptions/$redemption/returns {}
  201
  GET /v1/coupons/$coupon
  200 {"expires_at": "2026-01-31T00:00:00.000Z"}

story a_return_is_never_stopped_by_a_state
  use redeemed
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @5000, "restored": ["$coupon"]}

story a_return_follows_the_version_that_was_redeemed
  let refund_rule reprice
  use mixed_order
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused", "refund_rule": "keep",
    "benefit": {"kind": "amount_off", "amount": @1000}}
  200
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @3000}

story no_more_comes_back_than_was_bought
  use mixed_order
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 3}]}
  409 {"code": "not_returnable"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 2}]}
  201
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  409 {"code": "not_returnable"}
  POST /v1/redemptions/$redemption/returns {}
  201
  POST /v1/redemptions/$redemption/returns {}
  409 {"code": "not_returnable"}

story lines_that_are_not_there_or_twice
  use mixed_order
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1},
    {"line": 2, "quantity": 1}]}
  422 {"code": "invalid", "errors": [{"field": "lines[1].line", "code": "out_of_range", "detail": "the order has lines 0 to 1"}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1},
    {"line": 0, "quantity": 1}]}
  422 {"code": "invalid", "errors": [{"code": "duplicate"}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": -1, "quantity": 0}]}
  422 {"errors": ["any order", {"field": "lines[0].line", "code": "out_of_range"},
    {"field": "lines[0].quantity", "code": "out_of_range"}]}
  POST /v1/redemptions/$redemption/returns {"lines": []}
  422 {"errors": [{"field": "lines", "code": "too_few"}]}

story a_return_of_an_order_that_is_not_there
  POST /v1/redemptions/rdm_0000000000001/returns {}
  404 {"code": "not_found"}
  GET /v1/returns/ret_0000000000001
  404 {"code": "not_found"}

story a_restored_coupon_follows_an_edit_for_all
  let benefit {"kind": "percent_off", "percent": "10"}
  use redeemed
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "benefit": {"kind": "percent_off", "percent": "50"}}
  200
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @5400, "restored": ["$coupon"]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @3000}
