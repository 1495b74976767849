# Conditions and scopes as trees: what a cart must be, each refusal with its node, reason, message and distance
# (001-31, 004-20; Voucherify: error.message of a rule; Talon: conditionIndex).

story a_condition_that_is_met_gives_the_discount
  let more "conditions": {"fact": "cart.subtotal", "at_least": 6000},
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1000, "coupons": [{"applied": true, "condition": null}]}

story money_that_is_missing_is_told
  let more "conditions": {"fact": "cart.subtotal", "at_least": 7200, "message": "From 72 on"},
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @0, "coupons": [{"applied": false, "code": "not_applicable",
    "reason": "conditions_not_met", "missing": null, "condition": {"path": "conditions",
      "reason": "too_low", "fact": "cart.subtotal", "message": "From 72 on", "missing": @1200,
      "missing_count": null, "met_from": null}}]}

story units_that_are_missing_are_told
  let more "conditions": {"all": [{"fact": "cart.lines", "at_least": 1}, {"fact": "cart.quantity", "at_least": 3}]},
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"condition": {"path": "conditions.all[1]", "reason": "too_low",
    "fact": "cart.quantity", "missing_count": 1, "missing": null, "message": null}}]}

story lines_are_asked_with_a_filter
  let more "conditions": {"lines": {"where": {"fact": "line.sku", "in": ["cup", "pot"]}, "quantity_at_least": 2}},
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [{"sku": "tea", "quantity": 2,
    "unit_price": @3000}, {"sku": "cup", "quantity": 1, "unit_price": @2000}]}}
  200 {"coupons": [{"condition": {"path": "conditions", "reason": "lines_too_few", "fact": null,
    "missing_count": 1}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [{"sku": "tea", "quantity": 2,
    "unit_price": @3000}, {"sku": "cup", "quantity": 2, "unit_price": @2000}]}}
  200 {"discount": @1000}

story the_nearest_alternative_is_told
  let more "conditions": {"any": [{"fact": "cart.store", "is": "north"},
    {"fact": "cart.subtotal", "at_least": 6500}], "message": "In the north, or from 65 on"},
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"condition": {"path": "conditions.any[1]", "missing": @500,
    "message": "In the north, or from 65 on"}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"store": "north", "lines": [
    {"sku": "tea", "quantity": 2, "unit_price": @3000}]}}
  200 {"discount": @1000}

story what_the_caller_does_not_tell_is_named
  let more "conditions": {"not": {"fact": "cart.store", "is": "north"}},
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"condition": {"path": "conditions.not", "reason": "fact_unknown", "fact": "cart.store"}}]}

story a_window_tells_when_it_opens
  let more "conditions": {"from": "2026-05-01T00:00:00+08:00", "until": "2026-05-02T00:00:00+08:00"},
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"condition": {"reason": "too_early", "met_from": "2026-04-30T16:00:00.000Z"}}]}

story a_hold_is_refused_for_the_condition_in_the_operators_words
  let more "conditions": {"fact": "cart.subtotal", "at_least": 7200, "message": "Buy for 72 or more."},
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  409 {"code": "not_applicable", "detail": "*"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "not_applicable"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 3, "unit_price": @3000}]}}
  201 {"discount": @1000}

story conditions_and_scopes_come_back_in_one_canonical_form
  let more "conditions": {"message": "m", "at_least": 5, "fact": "cart.subtotal"}, "scope": {"all": [
    {"fact": "line.unit_price", "between": [100, 5000]}, {"not": {"fact": "line.sku", "is": "gum"}}]},
  use shop
  GET /v1/templates/$template
  200 {"conditions": {"fact": "cart.subtotal", "at_least": 5, "message": "m"}, "scope": {"all": [
    {"fact": "line.unit_price", "between": [100, 5000]}, {"not": {"fact": "line.sku", "is": "gum"}}]}}

story a_scope_may_be_a_tree
  let more "scope": {"all": [{"fact": "line.unit_price", "at_least": 1000}, {"not": {"fact": "line.sku", "is": "gum"}}]},
  let minimum @0
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "quantity": 1, "unit_price": @3000}, {"sku": "gum", "quantity": 1, "unit_price": @2000},
    {"sku": "nut", "quantity": 1, "unit_price": @999}]}}
  200 {"lines": [{"discount": @1000}, {"discount": @0}, {"discount": @0}]}

story every_problem_of_a_tree_is_told_with_its_path
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x", "benefit": {"kind": "amount_off", "amount": @5},
    "validity": {"kind": "after_issue", "duration_days": 3},
    "scope": {"any": [{"fact": "cart.store", "is": "a"}, {"fact": "line.brand", "in": ["a", "a"]}]},
    "conditions": {"all": [{"fact": "cart.total", "at_least": 1}, {"fact": "cart.store", "at_least": 1},
      {"lines": {"where": {"fact": "line.brand", "is": 7}, "count_at_least": 1}},
      {"weekdays": ["monday"], "zone": "Nowhere"}]}}
  422 {"errors": ["any order",
    {"field": "scope.any[0].fact", "code": "not_allowed"},
    {"field": "scope.any[1].in[1]", "code": "duplicate"},
    {"field": "conditions.all[0].fact", "code": "not_allowed"},
    {"field": "conditions.all[1].at_least", "code": "not_allowed"},
    {"field": "conditions.all[2].lines.where.is", "code": "wrong_type"},
    {"field": "conditions.all[3].weekdays[0]", "code": "not_allowed"},
    {"field": "conditions.all[3].zone", "code": "not_allowed"}]}

story an_edit_replaces_conditions_and_reaches_whom_it_says
  let more "conditions": {"fact": "cart.subtotal", "at_least": 99900},
  use coupon
  use tea
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "conditions": {"fact": "cart.subtotal", "at_least": 100}}
  200 {"version": 2, "conditions": {"fact": "cart.subtotal", "at_least": 100}}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1000}

# ---- how large a tree may be ----

# 16 levels; one more is told where it would begin.
story a_tree_has_at_most_16_levels
  let validity {"kind": "after_issue", "duration_days": 3}
  let deep {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not":
    {"not": {"not": {"fact": "cart.lines", "at_least": 1}}}}}}}}}}}}}}}}
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x", "benefit": {"kind": "amount_off", "amount": @5},
    "validity": $validity, "conditions": {"not": $deep}}
  422 {"code": "invalid", "errors": [{"code": "too_deep",
    "field": "conditions.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not"}]}
  GET /v1/campaigns/$campaign/templates
  200 {"templates": []}
  POST /v1/campaigns/$campaign/templates {"name": "x", "benefit": {"kind": "amount_off", "amount": @5},
    "validity": $validity, "conditions": $deep}
  201

# 499 facts under one `all` are 500 nodes.
story a_tree_has_at_most_500_nodes
  let validity {"kind": "after_issue", "duration_days": 3}
  let fact {"fact": "cart.lines", "at_least": 1}
  let three $fact, $fact, $fact
  let nine $three, $three, $three
  let fifty $nine, $nine, $nine, $nine, $nine, $three, $fact, $fact
  let most $fifty, $fifty, $fifty, $fifty, $fifty, $fifty, $fifty, $fifty, $fifty, $nine, $nine, $nine, $nine,
  let most $most $nine, $three, $fact
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x", "benefit": {"kind": "amount_off", "amount": @5},
    "validity": $validity, "conditions": {"all": [$most, $fact]}}
  422 {"code": "invalid", "errors": [{"field": "conditions.all[499]", "code": "too_many"}]}
  GET /v1/campaigns/$campaign/templates
  200 {"templates": []}
  POST /v1/campaigns/$campaign/templates {"name": "x", "benefit": {"kind": "amount_off", "amount": @5},
    "validity": $validity, "conditions": {"all": [$most]}}
  201

# Each asks 500 lines for 200 tags: 100,500 comparisons, of which 2,000,000 are allowed.
story a_tree_that_takes_too_long_is_refused_with_the_figure
  let validity {"kind": "after_issue", "duration_days": 3}
  let ask {"lines": {"any": {"fact": "line.tags", "has_any": ["a"]}}}
  let most $ask, $ask, $ask, $ask, $ask, $ask, $ask, $ask, $ask, $ask, $ask, $ask, $ask, $ask, $ask, $ask, $ask,
  let most $most $ask, $ask
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "x", "benefit": {"kind": "amount_off", "amount": @5},
    "validity": $validity, "conditions": {"all": [$most, $ask]}}
  422 {"code": "invalid", "errors": [{"field": "conditions", "code": "too_costly",
    "detail": "a cart of 500 lines would take up to 2010001 comparisons; at most 2000000"}]}
  GET /v1/campaigns/$campaign/templates
  200 {"templates": [{"id": "$template"}]}
  PATCH /v1/templates/$template if="v1" {"conditions": {"all": [$most, $ask]}}
  422 {"errors": [{"field": "conditions", "code": "too_costly"}]}
  GET /v1/templates/$template
  200 {"version": 1, "conditions": null}
  PATCH /v1/templates/$template if="v1" {"conditions": {"all": [$most]}}
  200 {"version": 2}

# ---- what the cart and the shopper may tell ----

story facts_of_lines_reach_scopes
  let minimum @0
  let more "scope": {"all": [{"fact": "line.brand", "is": "acme"}, {"fact": "line.categories", "has_any": ["food"]},
    {"fact": "line.tags", "has_all": ["bio", "new"]}, {"fact": "line.product", "is": "p1"}, {"fact": "line.model", "is": "m1"},
    {"fact": "line.seller", "is": "s1"}, {"fact": "line.on_sale", "is": false}, {"fact": "line.gift", "is": false}]},
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "a", "product": "p1", "brand": "acme", "model": "m1", "seller": "s1", "quantity": 1, "unit_price": @4000,
      "categories": ["tea", "food"], "tags": ["new", "bio"]},
    {"sku": "b", "product": "p1", "brand": "acme", "model": "m1", "seller": "s1", "quantity": 1, "unit_price": @4000,
      "categories": ["tea", "food"], "tags": ["new", "bio"], "on_sale": true},
    {"sku": "c", "product": "p1", "brand": "acme", "model": "m1", "seller": "s1", "quantity": 1, "unit_price": @4000,
      "categories": ["tea", "food"], "tags": ["new", "bio"], "gift": true},
    {"sku": "d", "product": "p1", "brand": "acme", "model": "m1", "seller": "s1", "quantity": 1, "unit_price": @4000,
      "category": "tea", "tags": ["new", "bio"]},
    {"sku": "e", "product": "p1", "brand": "Acme", "model": "m1", "seller": "s1", "quantity": 1, "unit_price": @4000,
      "categories": ["tea", "food"], "tags": ["new", "bio"]}]}}
  200 {"lines": [{"discount": @1000, "category": "tea"}, {"discount": @0}, {"discount": @0}, {"discount": @0},
    {"discount": @0}]}

story facts_of_the_cart_reach_conditions
  let more "conditions": {"all": [{"fact": "cart.region", "in": ["CN-31", "CN-32"]}, {"fact": "cart.payment", "is": "alipay"},
    {"fact": "cart.attribute.floor", "at_least": 3}, {"fact": "cart.attribute.wrap", "is": "paper"}]},
  use coupon
  let lines [{"sku": "tea", "quantity": 2, "unit_price": @3000}]
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": $lines, "region": "CN-31",
    "payment": "alipay", "attributes": {"wrap": "paper", "floor": 3}}}
  200 {"discount": @1000}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": $lines, "region": "CN-11",
    "payment": "alipay", "attributes": {"wrap": "paper", "floor": 3}}}
  200 {"coupons": [{"condition": {"path": "conditions.all[0]", "reason": "not_listed", "fact": "cart.region"}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": $lines, "region": "CN-31",
    "payment": "cash", "attributes": {"wrap": "paper", "floor": 3}}}
  200 {"coupons": [{"condition": {"path": "conditions.all[1]", "reason": "not_listed"}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": $lines, "region": "CN-31",
    "payment": "alipay", "attributes": {"wrap": "paper", "floor": 1}}}
  200 {"coupons": [{"condition": {"path": "conditions.all[2]", "reason": "too_low", "missing_count": 2,
    "fact": "cart.attribute.floor"}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": $lines, "region": "CN-31",
    "payment": "alipay", "attributes": {"wrap": 3, "floor": 3}}}
  200 {"coupons": [{"condition": {"path": "conditions.all[3]", "reason": "fact_unknown"}}]}

story facts_of_the_shopper_reach_conditions
  let more "conditions": {"all": [{"fact": "user.tags", "has_any": ["gold", "vip"]}, {"fact": "user.orders", "at_least": 3},
    {"fact": "user.spent", "at_least": 50000}, {"fact": "user.last_order_days", "at_least": 1},
    {"fact": "user.attribute.level", "is": 2}, {"fact": "user.known", "is": true}]},
  use coupon
  let lines [{"sku": "tea", "quantity": 2, "unit_price": @3000}]
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": $lines, "shopper": {"tags": ["gold"],
    "orders": 3, "spent": @50000, "last_order_at": "2025-06-01T00:00:00Z", "attributes": {"level": 2}}}}
  200 {"discount": @1000}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": $lines, "shopper": {"tags": ["gold"],
    "orders": 3, "spent": @48800, "last_order_at": "2025-06-01T00:00:00Z", "attributes": {"level": 2}}}}
  200 {"coupons": [{"condition": {"fact": "user.spent", "reason": "too_low", "missing": @1200}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": $lines, "shopper": {"tags": [],
    "orders": 3, "spent": @50000, "last_order_at": "2025-06-01T00:00:00Z", "attributes": {"level": 2}}}}
  200 {"coupons": [{"condition": {"fact": "user.tags", "reason": "not_listed"}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": $lines, "shopper": {"known": false,
    "tags": ["gold"], "orders": 3, "spent": @50000, "last_order_at": "2025-06-01T00:00:00Z", "attributes": {"level": 2}}}}
  200 {"coupons": [{"condition": {"fact": "user.known", "reason": "differs"}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": $lines}}
  200 {"coupons": [{"condition": {"fact": "user.tags", "reason": "fact_unknown"}}]}

story a_first_order_must_be_told
  let more "conditions": {"fact": "user.first_order", "is": true},
  use coupon
  use tea
  let lines [{"sku": "tea", "quantity": 2, "unit_price": @3000}]
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"], "hold_seconds": 900,
    "cart": {"lines": $lines, "shopper": {"orders": 1}}}
  409 {"code": "not_applicable"}
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"], "hold_seconds": 900, "cart": $cart}
  409 {"code": "not_applicable"}
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"], "hold_seconds": 900,
    "cart": {"lines": $lines, "shopper": {"orders": 0}}}
  201 {"id": "$hold", "discount": @1000}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"discount": @1000}

story facts_that_are_wrong_are_told_with_their_place
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [{"sku": "tea", "quantity": 1,
    "unit_price": @3000, "brand": "", "tags": [7]}], "attributes": {"a": true}, "shopper": {"attributes": [],
    "orders": -1, "spent": {"amount": 1, "currency": "USD"}, "age": 3}}}
  422 {"errors": ["any order",
    {"field": "cart.lines[0].brand", "code": "too_short"}, {"field": "cart.lines[0].tags[0]", "code": "wrong_type"},
    {"field": "cart.attributes.a", "code": "wrong_type"}, {"field": "cart.shopper.attributes", "code": "wrong_type"},
    {"field": "cart.shopper.orders", "code": "out_of_range"}, {"field": "cart.shopper.age", "code": "unknown_field"}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [{"sku": "tea", "quantity": 1,
    "unit_price": @3000}], "shopper": {"spent": {"amount": 1, "currency": "XXX"}}}}
  422 {"errors": [{"field": "cart.shopper.spent.currency", "code": "not_allowed"}]}

# ---- the merchant's blacklist beats every scope (004-20) ----

story no_coupon_takes_from_a_line_on_the_blacklist
  let minimum @0
  use new_york
  use coupon
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "blacklist": {"any": [{"fact": "line.sku", "is": "gold"}, {"fact": "line.categories", "has_any": ["stamps"]}]}}
  200 {"version": 2, "blacklist": {"any": [{"fact": "line.sku", "is": "gold"},
    {"fact": "line.categories", "has_any": ["stamps"]}]}}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @600}, {"sku": "gold", "quantity": 1,
    "unit_price": @9000}, {"sku": "s1", "categories": ["stamps", "paper"], "quantity": 1, "unit_price": @500}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @600, "lines": [{"discount": @600}, {"discount": @0}, {"discount": @0}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "gold", "quantity": 1, "unit_price": @9000}]}}
  200 {"discount": @0, "coupons": [{"reason": "no_eligible_line"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @600}
  as operator
  PUT /v1/merchants/$deli if="v2" {"name": "Deli", "zone": "America/New_York", "currency": "USD"}
  200 {"version": 3, "blacklist": null}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @0}

story a_blacklist_is_checked
  as operator
  POST /v1/merchants {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "blacklist": {"any": [{"fact": "cart.store", "is": "a"}, {"fact": "line.sku", "in": []}]}}
  422 {"errors": ["any order", {"field": "blacklist.any[0].fact", "code": "not_allowed"},
    {"field": "blacklist.any[1].in", "code": "required"}]}
