# What coupons of kind gift send along: frozen with the order, shown with it, asked back with its goods.
# Two mugs from 50.00 on, sent where the cart has them not.

setup sends
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"gift_missing": "add"}}
  200 {"version": 2}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  let benefit {"kind": "gift", "sku": "mug", "quantity": 2, "minimum_spend": @5000}
  default refund_rule reprice
  default cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000},
    {"sku": "cup", "quantity": 1, "unit_price": @2000}]}
  use coupon

setup sent
  use sends
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @0, "coupons": [{"gift": {"sku": "mug", "quantity": 2,
    "to_return": null}}]}

story a_hold_freezes_what_is_sent
  use sends
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"applied": true, "gift": {"sku": "mug", "quantity": 2}}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$hold", "coupons": [{"gift": {"sku": "mug", "quantity": 2}}]}
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "benefit": {"kind": "gift", "sku": "spoon", "minimum_spend": @5000}}
  200
  GET /v1/holds/$hold
  200 {"coupons": [{"gift": {"sku": "mug", "quantity": 2, "to_return": null}}]}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption", "coupons": [{"gift": {"sku": "mug", "quantity": 2}}]}
  GET /v1/redemptions/$redemption
  200 {"coupons": [{"gift": {"sku": "mug", "quantity": 2, "to_return": null}}]}

# 30.00 of 80.00 come back, 50.00 still earn it; then 20.00 more.
story what_the_kept_goods_no_longer_earn_is_to_come_back
  use sent
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @3000, "gifts": null, "restored": []}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"id": "$second", "refund": @2000, "restored": [],
    "gifts": [{"coupon": "$coupon", "template": "$template", "sku": "mug", "quantity": 2}]}
  GET /v1/redemptions/$redemption
  200 {"coupons": [{"returned": false, "gift": {"sku": "mug", "quantity": 2, "to_return": 2}}]}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @3000, "gifts": null, "restored": ["$coupon"]}
  GET /v1/returns/$second
  200 {"gifts": [{"coupon": "$coupon", "sku": "mug", "quantity": 2}]}

story under_the_rule_keep_it_comes_back_with_the_last_of_the_goods
  let refund_rule keep
  use sent
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 2}]}
  201 {"gifts": null, "restored": []}
  POST /v1/redemptions/$redemption/returns {}
  201 {"gifts": [{"sku": "mug", "quantity": 2}], "restored": ["$coupon"]}

story under_the_rule_claw_back_it_comes_back_as_under_reprice
  let refund_rule claw_back
  use sent
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 2}]}
  201 {"refund": @6000, "gifts": [{"sku": "mug", "quantity": 2}], "restored": []}

# One mug is in the cart and free, the other is sent: the coupon is back when both are.
story a_gift_that_is_partly_in_the_cart
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000},
    {"sku": "mug", "quantity": 1, "unit_price": @500}]}
  use sends
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @500, "coupons": [{"gift": {"sku": "mug", "quantity": 1}}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @0, "gifts": null, "restored": []}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @3000, "gifts": [{"sku": "mug", "quantity": 1}], "restored": []}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @3000, "gifts": null, "restored": ["$coupon"]}

# Without the policy nothing is sent: the answer of a quote only tells what the cart lacks.
story what_is_only_told_is_not_sent
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000},
    {"sku": "mug", "quantity": 1, "unit_price": @500}]}
  let benefit {"kind": "gift", "sku": "mug", "quantity": 2, "minimum_spend": @5000}
  use coupon
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"applied": true, "gift": {"sku": "mug", "quantity": 1}}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @500, "coupons": [{"gift": null}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"gifts": null, "restored": ["$coupon"]}

story a_promotion_sends_along
  let more "apply": "automatic",
  let validity {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"}
  let benefit {"kind": "gift", "sku": "mug", "minimum_spend": @5000}
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"gift_missing": "add"}}
  200
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  use shop
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"id": "$redemption", "coupons": [{"automatic": true, "gift": {"sku": "mug", "quantity": 1}}]}
  POST /v1/redemptions/$redemption/returns {}
  201 {"gifts": [{"coupon": null, "template": "$template", "sku": "mug", "quantity": 1}]}

# A repeat shows the redemption as it was at first.
story a_repeat_shows_no_return
  use sends
  POST /v1/redemptions key=once {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption"}
  POST /v1/redemptions/$redemption/returns {}
  201
  POST /v1/redemptions key=once {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"coupons": [{"gift": {"sku": "mug", "quantity": 2, "to_return": null}, "returned": false}]}
