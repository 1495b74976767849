# Prices: kinds of benefits, how coupons stand among others, and the policy by which a shop reckons.

story a_buy_two_get_one_takes_the_cheapest
  let benefit {"kind": "buy_x_get_y", "buy": 2, "get": 1}
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "a", "quantity": 2, "unit_price": @1000},
    {"sku": "b", "quantity": 1, "unit_price": @400}]}}
  200 {"discount": @400, "coupons": [{"shares": [{"line": 1, "discount": @400}]}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "a", "quantity": 2, "unit_price": @1000}]}}
  200 {"discount": @0, "coupons": [{"applied": false, "reason": "too_few_units",
    "missing_units": 1}]}

story tiers_read_back_as_they_were_written
  let benefit {"kind": "tiers", "tiers": [{"from": @1000, "percent": "2.5"}, {"from": @2000, "percent": "7.0625"}], "cap": @500}
  use shop
  GET /v1/templates/$template
  200 {"benefit": {"kind": "tiers", "cap": @500, "tiers": [{"from": @1000, "percent": "2.5"},
    {"from": @2000, "percent": "7.0625"}]}}

story every_problem_of_a_benefit_has_its_path
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "tiers", "tiers": [{"from": @1000, "percent": "200"}, {"from": 7},
      {"from": @5, "percents": "1"}], "cap": @0, "units": "best", "floor": [@5, @5]},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": ["any order",
    {"field": "benefit.tiers[0].percent", "code": "out_of_range"},
    {"field": "benefit.tiers[1].from", "code": "wrong_type"},
    {"field": "benefit.tiers[2].percents", "code": "unknown_field"},
    {"field": "benefit.cap", "code": "out_of_range"},
    {"field": "benefit.units", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "tiers", "tiers": [{"from": @1000, "percent": "20"},
      {"from": @1000, "percent": "30"}]},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": [{"field": "benefit.tiers[1]", "code": "out_of_range"}]}

# What the parameters of a kind must be to each other; nothing is made of what is refused.
story what_a_benefit_says_fits_together
  use campaign
  let validity {"kind": "after_issue", "duration_days": 7}
  POST /v1/campaigns/$campaign/templates {"name": "x", "validity": $validity,
    "benefit": {"kind": "cheapest_free", "of": 3, "free": 3}}
  422 {"code": "invalid", "errors": [{"field": "benefit.free", "code": "out_of_range"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "validity": $validity,
    "benefit": {"kind": "shipping", "amount": @100, "percent": "10"}}
  422 {"code": "invalid", "errors": [{"field": "benefit", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "validity": $validity,
    "benefit": {"kind": "shipping", "percent": "10", "price": @100}}
  422 {"code": "invalid", "errors": [{"field": "benefit", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "validity": $validity,
    "benefit": {"kind": "set_price", "price": @100, "members": [{"sku": "tea"}, {"sku": "cup"},
      {"sku": "tea", "quantity": 2}]}}
  422 {"code": "invalid", "errors": [{"field": "benefit.members[2].sku", "code": "duplicate"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "validity": $validity,
    "benefit": {"kind": "add_on", "amount": @100, "percent": "10"}}
  422 {"code": "invalid", "errors": [{"field": "benefit", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "validity": $validity, "benefit": {"kind": "add_on"}}
  422 {"code": "invalid", "errors": [{"field": "benefit", "code": "not_allowed"}]}
  GET /v1/campaigns/$campaign
  200 {"template_count": 0}
  POST /v1/campaigns/$campaign/templates {"name": "x", "validity": $validity,
    "benefit": {"kind": "cheapest_free", "of": 3, "free": 2}}
  201

story tiers_are_all_alike
  use campaign
  let validity {"kind": "after_issue", "duration_days": 7}
  POST /v1/campaigns/$campaign/templates {"name": "x", "validity": $validity, "benefit": {"kind": "tiers",
    "tiers": [{"from": @1000, "percent": "10"}, {"quantity": 5, "percent": "20"}]}}
  422 {"code": "invalid", "errors": [{"field": "benefit.tiers[1]", "code": "not_allowed",
    "detail": "either from or quantity, the same in every tier"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "validity": $validity, "benefit": {"kind": "tiers",
    "tiers": [{"from": @1000, "percent": "10"}, {"from": @2000, "amount": @500}]}}
  422 {"code": "invalid", "errors": [{"field": "benefit.tiers[1]", "code": "not_allowed",
    "detail": "either amount or percent, the same in every tier"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "validity": $validity, "benefit": {"kind": "tiers",
    "tiers": [{"from": @1000, "quantity": 2, "percent": "10"}]}}
  422 {"errors": [{"field": "benefit.tiers[0]", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "validity": $validity, "benefit": {"kind": "tiers",
    "tiers": [{"from": @1000}]}}
  422 {"errors": [{"field": "benefit.tiers[0]", "code": "not_allowed"}]}
  GET /v1/campaigns/$campaign
  200 {"template_count": 0}

story a_gift_that_is_not_in_the_cart_is_told
  let benefit {"kind": "gift", "sku": "mug"}
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": $cart}
  200 {"coupons": [{"applied": false, "reason": "gift_missing", "gift": {"sku": "mug", "quantity": 1}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "quantity": 1, "unit_price": @1000},
    {"sku": "mug", "quantity": 2, "unit_price": @700}]}}
  200 {"discount": @700, "coupons": [{"applied": true, "gift": null}]}

story free_shipping_takes_the_charge_for_sending
  let benefit {"kind": "shipping", "minimum_spend": @1000}
  use coupon
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @1000},
      {"sku": "post", "shipping": true, "quantity": 1, "unit_price": @490}]}}
  201 {"discount": @490, "total": @1000, "lines": [{"discount": @0},
    {"sku": "post", "shipping": true, "discount": @490}]}

# 1.25 kg at 3.33: 4.16, a tenth off; the first 0.5 kg (1.67, of it 0.16 off) comes back, then the rest.
story weighed_goods_come_back_to_the_cent
  let benefit {"kind": "percent_off", "percent": "10"}
  let refund_rule keep
  let cart {"lines": [{"sku": "ham", "weighed": true, "quantity": 1250, "unit_price": @333}]}
  use redeemed
  GET /v1/redemptions/$redemption
  200 {"subtotal": @416, "discount": @42, "total": @374, "lines": [{"weighed": true, "quantity": 1250}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 500}]}
  201 {"refund": @151}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 750}]}
  201 {"refund": @223}

story pieces_are_at_most_a_million
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "a", "quantity": 1000001, "unit_price": @1},
    {"sku": "b", "weighed": true, "quantity": 1000001, "unit_price": @1}]}}
  422 {"errors": [{"field": "cart.lines[0].quantity", "code": "out_of_range"}]}

# ---- standing among others ----

story an_exclusive_coupon_keeps_others_out
  use coupon
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "alone", "stacking": {"exclusive": true},
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$second", "stacking": {"exclusive": true, "stage": "order", "group": null}}
  POST /v1/claims {"user": "u1", "template": "$second"}
  201 {"coupons": [{"id": "$alone"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon", "$alone"]}
  200 {"discount": @600, "coupons": [
    {"applied": false, "code": "not_stackable", "reason": "exclusive"}, {"discount": @600}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon", "$alone"],
    "policy": {"exclusive": "yields"}}
  200 {"discount": @1000, "coupons": [{"discount": @1000}, {"reason": "exclusive"}]}

# The shipping stage comes last whatever is named first; returns follow the order of application.
story stages_decide_what_applies_first
  let refund_rule reprice
  use coupon
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "last", "stacking": {"stage": "shipping"},
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$second"}
  POST /v1/claims {"user": "u1", "template": "$second"}
  201 {"coupons": [{"id": "$last"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$last", "$coupon"]}
  201 {"id": "$redemption", "discount": @1500}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @1800}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @2700}

story what_stacking_cannot_be
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x", "benefit": {"kind": "percent_off",
    "percent": "10"}, "stacking": {"stage": "first", "lane": "a", "priority": 1000001},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": ["any order", {"field": "stacking.stage", "code": "not_allowed"},
    {"field": "stacking.priority", "code": "out_of_range"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "benefit": {"kind": "percent_off",
    "percent": "10"}, "stacking": {"lane": "a"},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": [{"field": "stacking.lane", "code": "not_allowed"}]}

# ---- the merchant's groups and policy ----

setup deli_coupons
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "stacking_groups": [{"name": "sale", "mode": "best_order"}],
    "policy": {"round_mode": "down", "odd_cents": "last"}}
  200 {"version": 2, "stacking_groups": [{"name": "sale", "mode": "best_order", "most": null}],
    "policy": {"round_mode": "down", "odd_cents": "last"}}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  use active
  POST /v1/campaigns/$campaign/templates {"name": "a", "stacking": {"group": "sale"},
    "benefit": {"kind": "amount_off", "amount": @100},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$small"}
  POST /v1/campaigns/$campaign/templates {"name": "b", "stacking": {"group": "sale"},
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$large"}
  POST /v1/claims {"user": "u1", "items": [{"template": "$small"}, {"template": "$large"}]}
  201 {"coupons": [{"id": "$one"}, {"id": "$two"}]}

story the_best_of_a_group_by_the_policy_of_the_merchant
  use deli_coupons
  let cart {"lines": [{"sku": "a", "quantity": 1, "unit_price": @1005}, {"sku": "b", "quantity": 1, "unit_price": @1004}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$one", "$two"]}
  200 {"discount": @200, "lines": [{"discount": @100}, {"discount": @100}],
    "coupons": [{"applied": false, "reason": "better_in_group"}, {"discount": @200}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$two"], "policy": {}}
  200 {"discount": @201, "lines": [{"discount": @101}, {"discount": @100}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$two"]}
  201 {"id": "$redemption", "discount": @200}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @904}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @905}

# A merchant's units pay, a quote's policy says else; the odd cent of a line goes to its last unit.
story amounts_of_the_item_stage_are_of_each_unit_where_the_policy_says_so
  use deli_coupons
  POST /v1/campaigns/$campaign/templates {"name": "c", "stacking": {"stage": "item"},
    "benefit": {"kind": "amount_off", "amount": @100}, "refund_rule": "keep",
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$third", "benefit": {"kind": "amount_off", "amount": @100}}
  POST /v1/claims {"user": "u2", "template": "$third"}
  201 {"coupons": [{"id": "$off"}]}
  let cart {"lines": [{"sku": "tea", "quantity": 3, "unit_price": @1000}]}
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$off"]}
  200 {"discount": @100}
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$off"], "policy": {"item_amount": "unit"}}
  200 {"discount": @300}
  as operator
  PUT /v1/merchants/$deli if="v2" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"odd_units": "last"}}
  200 {"policy": {"odd_units": "last"}}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$off"]}
  201 {"id": "$redemption", "discount": @100}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @967}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 2}]}
  201 {"refund": @1933}

# A preset is kept as its settings; those beside it override it.
story a_policy_names_a_preset
  let benefit {"kind": "percent_off", "percent": "10"}
  let cart {"lines": [{"sku": "a", "quantity": 1, "unit_price": @105}, {"sku": "b", "quantity": 1, "unit_price": @105}]}
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": $cart}
  200 {"discount": @21, "lines": [{"discount": @11}, {"discount": @10}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": $cart, "policy": {"preset": "vendure"}}
  200 {"discount": @21, "lines": [{"discount": @10}, {"discount": @11}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": $cart,
    "policy": {"round_level": "line", "preset": "vendure"}}
  200 {"discount": @20, "lines": [{"discount": @10}, {"discount": @10}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": $cart, "policy": {"preset": "quan"}}
  422 {"errors": [{"field": "policy.preset", "code": "not_allowed"}]}

story a_merchant_names_a_preset
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"preset": "vendure", "priority": "highest"}}
  200 {"policy": {"round_mode": "half_down", "odd_cents": "later_remainder",
    "threshold_lines": "all", "zero_effect": "use"}}

# 10.4, 9.36 and 8.424: the shop rounds each, the quote their sum, or each at the end.
story fractions_are_rounded_when_the_policy_says
  let benefit {"kind": "percent_off", "percent": "10"}
  use coupon
  POST /v1/campaigns/$campaign/templates {"name": "more", "benefit": $benefit,
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$second"}
  POST /v1/claims {"user": "u1", "template": "$second", "count": 2}
  201 {"coupons": [{"id": "$b"}, {"id": "$c"}]}
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @104}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon", "$b", "$c"]}
  200 {"discount": @28, "coupons": [{"discount": @10}, {"discount": @9}, {"discount": @9}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon", "$b", "$c"],
    "policy": {"round_when": "at_end"}}
  200 {"discount": @27, "coupons": [{"discount": @10}, {"discount": @9}, {"discount": @8}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon", "$b", "$c"],
    "policy": {"round_when": "exact", "round_mode": "down"}}
  200 {"discount": @28, "lines": [{"discount": @28, "total": @76}]}

# u1 has no coupon of u2; the last one named takes the place of the first where only one may apply.
story one_bad_coupon_voids_all_where_the_policy_says_so
  use deli_coupons
  POST /v1/claims {"user": "u2", "template": "$small"}
  201 {"coupons": [{"id": "$other"}]}
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @2000}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$two", "$other"], "policy": {}}
  200 {"discount": @200, "coupons": [{"applied": true}, {"applied": false}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$two", "$other"],
    "policy": {"refused_coupon": "void_all"}}
  200 {"discount": @0, "coupons": [
    {"applied": false, "code": "not_stackable", "reason": "another_refused"}, {"applied": false}]}

# ---- rows of the policy that are about acts ----

story a_coupon_named_twice_counts_once_where_the_policy_says_so
  use new_york
  let validity {"kind": "after_issue", "duration_days": 7}
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon", "$coupon"],
    "policy": {"repeated": "ignore"}}
  200 {"discount": @1000, "coupons": [{"coupon": "$coupon", "discount": @1000}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {"candidates": ["$coupon", "$coupon"]},
    "policy": {"repeated": "ignore"}}
  200 {"discount": @1000, "best": {"coupons": ["$coupon"]}}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon", "$coupon"]}
  422 {"errors": [{"field": "coupons[1]", "code": "duplicate"}]}
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"repeated": "ignore"}}
  200 {"policy": {"repeated": "ignore"}}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon", "$coupon"]}
  201 {"discount": @1000, "coupons": [{"coupon": "$coupon"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$coupon", "$coupon", "$coupon"]}
  201 {"discount": @1000, "coupons": [{"coupon": "$coupon"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon", "$coupon"],
    "policy": {"repeated": "refuse"}}
  422 {"errors": [{"field": "coupons[1]", "code": "duplicate"}]}

# Claims, quotes, coupons and promotions know the same end; an issued coupon keeps its own.
story the_second_in_which_a_window_ends_is_inside_where_the_policy_says_so
  use new_york
  let claim_until 2026-01-01T00:00:02Z
  let use_until 2026-01-01T00:00:02Z
  let validity {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:02Z"}
  use coupon
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "all", "apply": "automatic",
    "benefit": {"kind": "amount_off", "amount": @7}, "validity": $validity}
  201 {"id": "$auto"}
  GET /v1/coupons/$coupon
  200 {"expires_at": "2026-01-01T00:00:02.000Z"}
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"window_end": "second"}}
  200 {"version": 2}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  +2s
  GET /v1/coupons/$coupon
  200 {"state": "expired"}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$late", "expires_at": "2026-01-01T00:00:03.000Z"}]}
  GET /v1/templates/$template
  200 {"validity": {"until": "2026-01-01T00:00:02.000Z"}}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$late"]}
  200 {"discount": @1007}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$late"], "policy": {}}
  200 {"discount": @0, "coupons": [{"coupon": "$late", "code": "window_closed"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$late"], "at": "2026-01-01T00:00:02.999Z"}
  200 {"discount": @1007}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$late"], "at": "2026-01-01T00:00:02.001Z",
    "policy": {"window_end": "inclusive"}}
  200 {"discount": @0, "coupons": [{"code": "window_closed"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$late"]}
  201 {"discount": @1007}
  +1s
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "window_closed"}
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @0, "coupons": []}

story what_a_merchant_cannot_set
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"round_mode": "up", "colour": "red"}}
  422 {"errors": [{"field": "policy.round_mode", "code": "not_allowed"},
    {"field": "policy.colour", "code": "unknown_field"}]}
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "stacking_groups": [{"name": "a", "mode": "at_most"}, {"name": "b", "mode": "all", "most": 1},
      {"name": "a", "mode": "all"}]}
  422 {"errors": ["any order", {"field": "stacking_groups[0].most", "code": "out_of_range"},
    {"field": "stacking_groups[1].most", "code": "not_allowed"},
    {"field": "stacking_groups[2].name", "code": "duplicate"}]}

story more_coupons_than_an_order_may_use
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "max_coupons": 1}
  200
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  let minimum @0
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$one"}, {"id": "$two"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$one", "$two"]}
  200 {"discount": @1000, "coupons": [{"applied": true}, {"reason": "too_many_coupons"}]}
  POST /v1/campaigns/$campaign/templates {"name": "a", "apply": "automatic",
    "benefit": {"kind": "amount_off", "amount": @100},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$one"]}
  200 {"discount": @1100, "coupons": [{"applied": true}, {"automatic": true, "applied": true}]}
