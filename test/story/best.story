# The best set of coupons: chosen by the quote, proven, with the next best ones, why the others are
# not in it, and what a larger cart would give.

# 120.00 of tea. In the wallet: 10.00 off from 50.00, 20 %, 30.00 off from 100.00.
setup purse
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @6000}]}
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$ten"}]}
  POST /v1/campaigns/$campaign/templates {"name": "20 %",
    "benefit": {"kind": "percent_off", "percent": "20"}, "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$template_fifth"}
  POST /v1/claims {"user": "u1", "template": "$template_fifth"}
  201 {"coupons": [{"id": "$fifth"}]}
  POST /v1/campaigns/$campaign/templates {"name": "30 off 100",
    "benefit": {"kind": "amount_off", "amount": @3000, "minimum_spend": @10000},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$template_thirty"}
  POST /v1/claims {"user": "u1", "template": "$template_thirty"}
  201 {"coupons": [{"id": "$thirty"}]}

# 120.00 - 30.00 = 90.00, - 18.00 = 72.00, - 10.00 = 62.00.
story the_wallet_is_chosen_from
  use purse
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {"alternatives": 2}}
  200 {"subtotal": @12000, "discount": @5800, "total": @6200, "coupons": ["any order",
      {"coupon": "$ten", "applied": true, "discount": @1000},
      {"coupon": "$fifth", "applied": true, "discount": @1800},
      {"coupon": "$thirty", "applied": true, "discount": @3000}],
    "best": {"proven": true, "gap": null, "overlooked": null,
      "coupons": ["$thirty", "$fifth", "$ten"], "what_if": [], "alternatives": [
        {"discount": @4800, "total": @7200, "coupons": ["$thirty", "$fifth"], "drafts": null},
        {"discount": @4000, "total": @8000, "coupons": ["$thirty", "$ten"]}]}}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "hold_seconds": 900,
    "coupons": ["$thirty", "$fifth", "$ten"]}
  201 {"discount": @5800}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @0, "coupons": [], "best": {"proven": true, "coupons": [], "alternatives": []}}

story a_partly_used_coupon_is_chosen
  let more "uses": 3,
  use redeemed
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @1000, "best": {"proven": true, "coupons": ["$coupon"]}}
  repeat 2
  POST /v1/redemptions {"user": "u1", "order_number": "p$i", "cart": $cart, "coupons": ["$coupon"]}
  201
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @0, "coupons": [], "best": {"coupons": []}}

# Of 100.00 the order of 60.00 left 40.00; of another coupon of the template nothing is gone.
story what_is_left_of_a_stored_value_is_chosen
  let benefit {"kind": "stored_value", "value": @10000}
  use redeemed
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @4000, "best": {"proven": true, "coupons": ["$coupon"]}}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$full"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {"alternatives": 1}}
  200 {"discount": @6000, "best": {"proven": true, "coupons": ["$full"],
    "alternatives": [{"discount": @4000, "coupons": ["$coupon"]}]}}

# It begins on the 6th and ends with the 15th; the other one is held until 00:15 and ends on the 31st.
story the_wallet_is_that_of_the_moment
  use held
  POST /v1/campaigns/$campaign/templates {"name": "later", "benefit": {"kind": "amount_off", "amount": @300},
    "validity": {"kind": "after_issue", "duration_days": 10, "delay_days": 5}}
  201 {"id": "$template_later"}
  POST /v1/claims {"user": "u1", "template": "$template_later"}
  201 {"coupons": [{"id": "$later"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @0, "coupons": []}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}, "at": "2026-01-01T00:15:00Z"}
  200 {"discount": @1000, "best": {"coupons": ["$coupon"]}, "coupons": [{"coupon": "$coupon"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}, "at": "2026-01-08T00:00:00Z"}
  200 {"discount": @1300, "best": {"proven": true, "coupons": ["any order", "$coupon", "$later"]}}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}, "at": "2026-01-20T00:00:00Z"}
  200 {"discount": @1000, "best": {"coupons": ["$coupon"]}, "coupons": [{"coupon": "$coupon"}]}
  # What is by then over leaves room for nothing and says nothing.
  at 2026-01-08T00:00:00Z
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}, "at": "2026-02-01T00:00:00Z"}
  200 {"discount": @0, "coupons": [], "best": {"coupons": []}}

# Of those that are named, in the order in which they are: 20 % of 110.00 leaves 88.00.
story candidates_apply_as_they_are_named
  use purse
  POST /v1/quotes {"user": "u1", "cart": $cart,
    "best": {"candidates": ["$ten", "$fifth", "$thirty"]}}
  200 {"discount": @4000, "best": {"coupons": ["$ten", "$thirty"]}, "coupons": [
    {"coupon": "$ten", "applied": true}, {"coupon": "$fifth", "applied": false, "discount": @0,
      "code": "not_stackable", "reason": "not_better"}, {"coupon": "$thirty", "applied": true}]}

story the_most_of_an_order_holds_for_the_best_set
  use new_york
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "max_coupons": 1}
  200
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  use purse
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @3000, "best": {"proven": true, "coupons": ["$thirty"]}, "coupons": ["any order",
    {"coupon": "$thirty", "applied": true},
    {"coupon": "$ten", "applied": false, "code": "not_stackable", "reason": "too_many_coupons"},
    {"coupon": "$fifth", "applied": false, "reason": "too_many_coupons"}]}

# Each says by itself why it is not in the set: 40.00 more, another user's, unknown.
story what_cannot_be_chosen_says_why
  use purse
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$foreign"}]}
  POST /v1/quotes {"user": "u1", "cart": {"lines": [{"sku": "tea", "quantity": 1,
    "unit_price": @6000}]}, "best": {"candidates": ["$thirty", "$ten", "$foreign", "cpn_0000000000001"]}}
  200 {"discount": @1000, "best": {"coupons": ["$ten"]}, "coupons": [
    {"coupon": "$thirty", "applied": false, "code": "not_applicable", "reason": "below_threshold",
      "missing": @4000},
    {"coupon": "$ten", "applied": true},
    {"coupon": "$foreign", "code": "wrong_user"}, {"coupon": "cpn_0000000000001", "code": "not_found"}]}

# One more tea: 180.00 - 36.00 = 144.00, - 30.00 - 10.00 = 104.00. With a cup of 20.00 it is
# 140.00 - 30.00 = 110.00, - 22.00 - 10.00 = 78.00.
story a_larger_cart_is_told
  use purse
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {"what_if": [{"line": 0, "more": 1},
    {"add": {"sku": "cup", "quantity": 1, "unit_price": @2000}}]}}
  200 {"discount": @5800, "lines": [{"quantity": 2}], "best": {"what_if": [
    {"discount": @7600, "total": @10400, "coupons": ["$fifth", "$thirty", "$ten"]},
    {"discount": @6200, "total": @7800}]}}

# 25 % of 120.00 is more than all that is in the wallet, and stands alone.
story drafts_and_automatic_templates_take_part
  use purse
  POST /v1/campaigns/$campaign/templates {"name": "1.00", "apply": "automatic",
    "benefit": {"kind": "amount_off", "amount": @100},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201 {"id": "$promotion"}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {"alternatives": 1}, "drafts": [
    {"template": {"name": "half", "benefit": {"kind": "percent_off", "percent": "50"},
      "stacking": {"exclusive": true, "priority": -1}, "validity": {"kind": "after_issue", "duration_days": 7}}}]}
  200 {"discount": @6000, "coupons": ["any order", {"draft": 0, "applied": true, "discount": @6000},
      {"automatic": true, "template": "$promotion", "applied": false, "reason": "exclusive"},
      {"coupon": "$ten", "reason": "exclusive"}, {"coupon": "$fifth", "reason": "exclusive"},
      {"coupon": "$thirty", "reason": "exclusive"}],
    "best": {"proven": true, "coupons": [], "alternatives": [
      {"discount": @5880, "coupons": ["$thirty", "$fifth", "$ten"]}]}}

story what_is_asked_of_the_best_set_is_checked
  use purse
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$ten"], "best": {
    "candidates": ["$ten", "$ten"], "alternatives": 10, "what_if": []}}
  422 {"errors": [{"field": "best.alternatives", "code": "out_of_range"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$ten"], "best": {
    "candidates": ["$ten", "$ten"], "what_if": [{"line": 1, "more": 1},
    {"line": 0, "more": 1000000}, {"add": {"sku": "a", "quantity": 1,
      "unit_price": {"amount": 1, "currency": "JPY"}}}]}}
  422 {"errors": ["any order", {"field": "coupons", "code": "not_allowed"},
    {"field": "best.candidates[1]", "code": "duplicate"},
    {"field": "best.what_if[0].line", "code": "not_allowed"},
    {"field": "best.what_if[1].more", "code": "out_of_range"},
    {"field": "best.what_if[2].add.unit_price.currency", "code": "not_allowed"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {"what_if": [{"line": 0}, {"more": 1},
    {"line": 0, "more": 1, "add": {"sku": "a", "quantity": 1, "unit_price": @1}}]}}
  422 {"errors": [{"field": "best.what_if[0]"}, {"field": "best.what_if[1]"},
    {"field": "best.what_if[2]"}]}

# 40 in all: what is named and the drafts.
story candidates_and_drafts_are_at_most_40
  use shop
  use tea
  let five {"saved": "$template"}, {"saved": "$template"}, {"saved": "$template"}, {"saved": "$template"},
  let five $five {"saved": "$template"}
  let drafts [$five, $five, $five, $five]
  let named "cpn_0000000000001", "cpn_0000000000002", "cpn_0000000000003", "cpn_0000000000004",
  let named $named "cpn_0000000000005", "cpn_0000000000006", "cpn_0000000000007", "cpn_0000000000008",
  let named $named "cpn_0000000000009", "cpn_0000000000010", "cpn_0000000000011", "cpn_0000000000012",
  let named $named "cpn_0000000000013", "cpn_0000000000014", "cpn_0000000000015", "cpn_0000000000016",
  let named $named "cpn_0000000000017", "cpn_0000000000018", "cpn_0000000000019", "cpn_0000000000020"
  POST /v1/quotes {"user": "u1", "cart": $cart, "drafts": $drafts,
    "best": {"candidates": [$named, "cpn_0000000000021"]}}
  422 {"code": "invalid", "errors": [{"field": "best.candidates", "code": "too_many"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "drafts": $drafts, "best": {"candidates": [$named]}}
  200 {"best": {"coupons": []}}

story a_line_that_may_be_added_fits_the_cart
  use coupon
  let line {"sku": "tea", "quantity": 1, "unit_price": @100}
  let cup {"add": {"sku": "cup", "quantity": 1, "unit_price": @100}}
  let five $line, $line, $line, $line, $line
  let most $five, $five, $five, $five, $five, $five, $five, $five, $five, $five
  let most $most, $most, $most, $most, $most, $most, $most, $most, $most, $five, $five, $five, $five, $five,
  let most $most $five, $five, $five, $five, $line, $line, $line, $line
  POST /v1/quotes {"user": "u1", "cart": {"lines": [$line]}, "best": {"what_if": [
    {"add": {"sku": "cup", "quantity": 1000001, "unit_price": @1}},
    {"add": {"sku": "cup", "quantity": 1000000, "unit_price": @1}},
    {"add": {"sku": "nut", "quantity": 1000001, "unit_price": @1, "weighed": true}}]}}
  422 {"code": "invalid", "errors": [{"field": "best.what_if[0].add.quantity", "code": "out_of_range"}]}
  POST /v1/quotes {"user": "u1", "cart": {"lines": [$most, $line]}, "best": {"what_if": [$cup]}}
  422 {"code": "invalid", "errors": [{"field": "best.what_if[0].add", "code": "not_allowed"}]}
  POST /v1/quotes {"user": "u1", "cart": {"lines": [$most]}, "best": {"what_if": [$cup]}}
  200 {"subtotal": @49900, "discount": @1000, "best": {"what_if": [{"discount": @1000, "total": @49000}]}}

# No order uses more than 20 of those alike, so the other 30 are not looked at.
story coupons_alike_are_looked_at_once
  let minimum @0
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @100000}]}
  use shop
  repeat 50
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @20000, "best": {"proven": true, "overlooked": null}}

# Three templates, 25 coupons of each: 14, 13 and 13 of them are looked at, 50.00 and 10.00 off.
story a_large_wallet_is_looked_at_as_far_as_there_is_room
  let minimum @0
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @100000}]}
  use shop
  repeat 25
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/campaigns/$campaign/templates {"name": "10 off", "benefit": {"kind": "amount_off",
    "amount": @1000}, "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$second"}
  repeat 25
  POST /v1/claims {"user": "u1", "template": "$second"}
  201
  POST /v1/campaigns/$campaign/templates {"name": "50 off", "benefit": {"kind": "amount_off",
    "amount": @5000}, "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$third"}
  repeat 25
  POST /v1/claims {"user": "u1", "template": "$third"}
  201
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @72000, "best": {"proven": false, "gap": @28000, "overlooked": 35}}
