# 加价券 (002-01): a coupon that adds to what sellers receive; the customer pays the same. 10 % of
# 60.00 of tea unless a story says more.

setup bonus
  default cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000, "seller": "s1"}]}
  default benefit {"kind": "add_on", "percent": "10", "minimum_spend": @5000}
  use coupon

story what_is_added_stands_beside_the_price
  use bonus
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @0, "total": @6000, "coupons": [{"applied": true, "adds": @600}],
    "lines": [{"adds": @600}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$hold", "total": @6000, "lines": [{"discount": @0, "adds": @600}],
    "coupons": [{"discount": @0, "adds": @600, "shares": []}]}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption", "total": @6000, "coupons": [{"adds": @600}]}
  GET /v1/redemptions/$redemption
  200 {"discount": @0, "lines": [{"adds": @600}], "coupons": [{"adds": @600, "returned": false}]}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"redeemed": 1, "discount": @0, "adds": @600, "adds_returned": @0}]}

story below_the_threshold_nothing_is_added
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4900}]}
  use bonus
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "not_applicable"}

# 1.01 over 3 pieces and one, at 20.00 each: 0.76 and 0.25. The first piece takes the odd cent along.
story what_comes_back_takes_its_part_along
  let cart {"lines": [{"sku": "tea", "quantity": 3, "unit_price": @2000},
    {"sku": "cup", "quantity": 1, "unit_price": @2000}]}
  let benefit {"kind": "add_on", "amount": @101, "minimum_spend": @5000}
  let refund_rule reprice
  use bonus
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "lines": [{"adds": @76}, {"adds": @25}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"id": "$return", "refund": @2000, "adds": @26, "restored": []}
  GET /v1/returns/$return
  200 {"adds": @26}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @2000, "adds": @25, "restored": []}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed"}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @4000, "adds": @50, "restored": ["$coupon"]}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"returned": 1, "adds": @101, "adds_returned": @101, "discount_returned": @0}]}

# Weighed goods in proportion, rounded down; the last takes the rest.
story what_is_weighed_comes_back_by_weight
  let cart {"lines": [{"sku": "tea", "quantity": 1500, "unit_price": @4001, "weighed": true}]}
  let benefit {"kind": "add_on", "amount": @100}
  use bonus
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "lines": [{"adds": @100}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 500}]}
  201 {"adds": @33}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 500}]}
  201 {"adds": @33}
  POST /v1/redemptions/$redemption/returns {}
  201 {"adds": @34, "restored": ["$coupon"]}

story beside_a_coupon_that_takes_off
  let benefit {"kind": "amount_off", "amount": @1000}
  use coupon
  POST /v1/campaigns/$campaign/templates {"name": "Bonus",
    "benefit": {"kind": "add_on", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$extra"}
  POST /v1/claims {"user": "u1", "template": "$extra"}
  201 {"coupons": [{"id": "$bonus"}]}
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$coupon", "$bonus"]}
  201 {"id": "$redemption", "discount": @1000, "total": @5000,
    "lines": [{"discount": @1000, "adds": @500}],
    "coupons": [{"discount": @1000, "adds": null}, {"discount": @0, "adds": @500}]}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @5000, "adds": @500, "restored": ["$coupon", "$bonus"]}

story each_use_of_several_adds
  let more "uses": 2,
  use bonus
  repeat 2
  POST /v1/redemptions {"user": "u1", "order_number": "o$i", "cart": $cart, "coupons": ["$coupon"]}
  201 {"coupons": [{"adds": @600}]}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "uses_left": 0}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"adds": @1200}]}

story what_adds_by_itself
  let benefit {"kind": "add_on", "percent": "10"}
  let validity {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}
  let more "apply": "automatic",
  use active
  use template
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"id": "$redemption", "total": @6000, "coupons": [{"automatic": true, "adds": @600}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @3000, "adds": @300}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"redeemed": 1, "adds": @600, "adds_returned": @300}]}

story a_limit_on_units_counts_what_it_was_added_for
  let limits [{"measure": "units", "subject": "user", "period": "ever", "max": 3}]
  let benefit {"kind": "add_on", "percent": "10"}
  use bonus
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$second"]}
  409 {"code": "limit_reached"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$second"]}
  201

# A budget pays for discounts; what is added would go past it.
story a_budget_does_not_pay_for_it
  let budget "budget": {"mode": "at_redeem", "total": @3000},
  use active
  POST /v1/campaigns/$campaign/templates {"name": "Bonus",
    "benefit": {"kind": "add_on", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  422 {"errors": [{"field": "benefit.kind", "code": "not_allowed"}]}

# It takes nothing off, so a limit on money has nothing to count, by device neither.
story a_limit_on_money_counts_no_bonus
  let limits [{"measure": "money", "subject": "device", "period": "day", "max": 100},
    {"measure": "redemptions", "subject": "device", "period": "day", "max": 1}]
  use bonus
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "subjects": {"device": "d1"}}
  201 {"coupons": [{"adds": @600}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$second"],
    "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
