# Quotes: what coupons do for a cart, and why one does not apply, with what is missing
# (004-20, 002-01; macrozheng/mall #1002: never below zero; every sum exact).

story a_quote_shows_every_figure
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"store": "north",
    "channel": "web", "lines": [{"sku": "tea", "category": "drinks", "quantity": 2,
    "unit_price": @3000}, {"sku": "cup", "quantity": 1, "unit_price": @2000}]}}
  200 {"subtotal": @8000, "discount": @1000, "total": @7000, "lines": [
    {"sku": "tea", "category": "drinks", "quantity": 2, "unit_price": @3000, "discount": @750,
      "total": @5250},
    {"sku": "cup", "quantity": 1, "unit_price": @2000, "discount": @250, "total": @1750}],
    "coupons": [{"coupon": "$coupon", "applied": true, "discount": @1000, "code": null,
      "missing": null, "shares": [{"line": 0, "discount": @750}, {"line": 1, "discount": @250}]}]}

story a_quote_changes_nothing
  use coupon
  use tea
  repeat 3
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1000}
  GET /v1/coupons/$coupon
  200 {"state": "available", "revision": 1}

story the_threshold_exactly_met
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000}]}}
  200 {"total": @4000}

story one_cent_short_of_the_threshold
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4999}]}}
  200 {"subtotal": @4999, "discount": @0, "total": @4999, "coupons": [{"applied": false,
    "discount": @0, "shares": [], "code": "not_applicable", "reason": "below_threshold",
    "missing": @1}]}

story no_line_goes_below_zero
  let minimum @0
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "gum", "quantity": 3, "unit_price": @99}]}}
  200 {"subtotal": @297, "discount": @297, "total": @0}

story a_free_cart_spends_no_coupon
  let minimum @0
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "gift", "quantity": 1, "unit_price": @0}]}}
  200 {"discount": @0, "coupons": [{"applied": false, "code": "not_applicable",
    "reason": "nothing_left"}]}

# 10.00 over three equal lines: 3.34, 3.33, 3.33.
story the_odd_cent_goes_to_the_earlier_line
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "a", "quantity": 1, "unit_price": @3000}, {"sku": "b", "quantity": 1,
    "unit_price": @3000}, {"sku": "c", "quantity": 1, "unit_price": @3000}]}}
  200 {"discount": @1000, "lines": [{"discount": @334}, {"discount": @333}, {"discount": @333}]}

story percent_is_rounded_half_up_once
  let benefit {"kind": "percent_off", "percent": "5"}
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "a", "quantity": 1, "unit_price": @1010}]}}
  200 {"discount": @51, "total": @959}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "a", "quantity": 1, "unit_price": @1009}]}}
  200 {"discount": @50, "total": @959}
  # 5 % of 10.00 is 0.50 in all, though each line alone would be rounded: 3 x 0.1665
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "a", "quantity": 1, "unit_price": @333}, {"sku": "b", "quantity": 1,
    "unit_price": @333}, {"sku": "c", "quantity": 1, "unit_price": @334}]}}
  200 {"discount": @50, "lines": [{"discount": @17}, {"discount": @16}, {"discount": @17}]}

story percent_stops_at_its_cap
  let benefit {"kind": "percent_off", "percent": "10", "cap": @500, "minimum_spend": @5000}
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "a", "quantity": 1, "unit_price": @5000}]}}
  200 {"discount": @500}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "a", "quantity": 1, "unit_price": @5010}]}}
  200 {"discount": @500}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "a", "quantity": 1, "unit_price": @5000}, {"sku": "b",
    "quantity": 1, "unit_price": @5000}]}}
  200 {"discount": @500, "lines": [{"discount": @250}, {"discount": @250}]}

story a_hundred_percent_is_free
  let benefit {"kind": "percent_off", "percent": "100"}
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "a", "quantity": 7, "unit_price": @143}]}}
  200 {"discount": @1001, "total": @0}

# 004-20: a white list by sku or category; a black list.
story a_white_list_counts_only_what_is_on_it
  let more "scope": {"mode": "only", "skus": ["tea"], "categories": ["cups"]},
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "quantity": 1, "unit_price": @2500},
    {"sku": "mug", "category": "cups", "quantity": 1, "unit_price": @2500},
    {"sku": "coffee", "category": "drinks", "quantity": 1, "unit_price": @9000}]}}
  200 {"discount": @1000, "lines": [{"discount": @500}, {"discount": @500}, {"discount": @0}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "quantity": 1, "unit_price": @2500},
    {"sku": "coffee", "quantity": 1, "unit_price": @9000}]}}
  200 {"discount": @0, "coupons": [{"reason": "below_threshold", "missing": @2500}]}

story a_cart_without_what_is_listed
  let more "scope": {"mode": "only", "skus": ["tea"]},
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "Tea", "category": "tea", "quantity": 1, "unit_price": @9000}]}}
  200 {"coupons": [{"applied": false, "code": "not_applicable", "reason": "no_eligible_line",
    "missing": null}]}

story a_black_list_leaves_out_what_is_on_it
  let more "scope": {"mode": "except", "skus": ["gift-card"], "categories": ["books"]},
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "gift-card", "quantity": 1, "unit_price": @9000},
    {"sku": "novel", "category": "books", "quantity": 1, "unit_price": @9000},
    {"sku": "tea", "quantity": 1, "unit_price": @5000}]}}
  200 {"discount": @1000, "lines": [{"discount": @0}, {"discount": @0}, {"discount": @1000}]}

# Each on what the ones before have left.
story coupons_apply_one_after_another
  use coupon
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "10 %",
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$second"}
  POST /v1/claims {"user": "u1", "template": "$second"}
  201 {"coupons": [{"id": "$percent"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon", "$percent"]}
  200 {"discount": @1500, "total": @4500, "coupons": [{"coupon": "$coupon", "discount": @1000},
    {"coupon": "$percent", "discount": @500}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$percent", "$coupon"]}
  200 {"discount": @1600, "total": @4400, "coupons": [{"coupon": "$percent", "discount": @600},
    {"coupon": "$coupon", "discount": @1000}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$percent", "$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5500}]}}
  200 {"discount": @550, "coupons": [{"applied": true, "discount": @550},
    {"applied": false, "reason": "below_threshold", "missing": @50}]}

story the_third_coupon_finds_nothing_left
  let minimum @0
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$c1", "$c2", "$c3"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @1500}]}}
  200 {"discount": @1500, "total": @0, "coupons": [{"discount": @1000}, {"discount": @500},
    {"applied": false, "reason": "nothing_left"}]}

# ---- every refusal is explained ----

story a_quote_says_what_is_wrong_with_each_coupon
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 4}
  201 {"coupons": [{"id": "$held"}, {"id": "$used"}, {"id": "$void"}, {"id": "$good"}]}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$foreign"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$held"]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$used"]}
  201
  POST /v1/coupons/$void/void {"reason": "fraud"}
  200
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$held", "$used", "$void", "$foreign",
    "cpn_0000000000001", "$good"]}
  200 {"discount": @1000, "coupons": [
    {"coupon": "$held", "applied": false, "code": "coupon_not_available"},
    {"coupon": "$used", "applied": false, "code": "coupon_not_available"},
    {"coupon": "$void", "applied": false, "code": "coupon_not_available"},
    {"coupon": "$foreign", "applied": false, "code": "wrong_user"},
    {"coupon": "cpn_0000000000001", "applied": false, "code": "not_found"},
    {"coupon": "$good", "applied": true, "discount": @1000}]}

story too_early_and_too_late_are_told_apart
  let validity {"kind": "after_issue", "delay_days": 1, "duration_days": 1}
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"applied": false, "code": "coupon_not_yet_valid",
    "usable_from": "2026-01-02T00:00:00.000Z"}]}
  +2d
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"applied": false, "code": "coupon_expired", "usable_from": null}]}

story a_disabled_campaign_explains_itself
  use coupon
  use tea
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"applied": false, "code": "campaign_disabled"}]}

story a_cart_in_another_currency
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @9000EUR}]}}
  200 {"subtotal": @9000EUR, "discount": @0EUR, "coupons": [{"applied": false,
    "code": "not_applicable", "reason": "currency_mismatch"}]}

story whether_the_budget_is_promised
  let budget "budget": {"mode": "at_redeem", "total": @100000},
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"applied": true, "budget_guaranteed": false}]}

story a_budget_at_issue_is_promised
  let budget "budget": {"mode": "at_issue", "total": @100000},
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"applied": true, "budget_guaranteed": true}]}

# 10.00 were reserved, 3.00 taken, the rest was free then: it came back with 3.00.
story what_came_back_is_promised_no_more_than_it_took
  let budget "budget": {"mode": "at_issue", "total": @1000},
  let benefit {"kind": "percent_off", "percent": "10", "cap": @1000}
  use coupon
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @3000}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @300}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @300, "coupons": [{"applied": true, "budget_guaranteed": true}]}
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @6000}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @600, "coupons": [{"applied": true, "budget_guaranteed": false}]}
  POST /v1/campaigns/$campaign/budget {"current": @1000, "target": @599}
  200
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "budget_exhausted"}

# Each use has its part of what is reserved, the order's own hold too.
story of_several_uses_each_is_promised_what_is_reserved
  let budget "budget": {"mode": "at_issue", "total": @2000},
  let more "uses": 2,
  use held
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1000, "coupons": [{"applied": true, "budget_guaranteed": true}]}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "order_number": "o1"}
  200 {"discount": @1000, "coupons": [{"applied": true, "budget_guaranteed": true}]}

# ---- rules ----

story an_empty_quote_says_what_it_needs
  POST /v1/quotes {}
  422 {"errors": [{"field": "cart", "code": "required"}]}

story every_problem_of_a_cart_is_told_at_once
  POST /v1/quotes {"user": "u1", "coupons": [], "cart": {"store": "", "lines": [
    {"sku": "a", "quantity": 0, "unit_price": @1},
    {"sku": "", "quantity": 1000000001, "unit_price": {"amount": 1}},
    {"quantity": 1, "unit_price": {"amount": -1, "currency": "USD"}}]}}
  422 {"errors": ["any order", {"field": "cart.store", "code": "too_short"},
    {"field": "cart.lines[0].quantity", "code": "out_of_range"},
    {"field": "cart.lines[1].sku", "code": "too_short"},
    {"field": "cart.lines[1].quantity", "code": "out_of_range"},
    {"field": "cart.lines[1].unit_price.currency", "code": "required"},
    {"field": "cart.lines[2].sku", "code": "required"},
    {"field": "cart.lines[2].unit_price.amount", "code": "out_of_range"}]}

story lines_have_one_currency
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "a", "quantity": 1, "unit_price": @1}, {"sku": "b", "quantity": 1,
    "unit_price": @1EUR}]}}
  422 {"errors": [{"field": "cart.lines[1].unit_price.currency", "code": "not_allowed"}]}

story a_coupon_is_named_once
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon", "$coupon"]}
  422 {"errors": [{"field": "coupons[1]", "code": "duplicate"}]}

story a_cart_too_dear_to_count_exactly
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "a", "quantity": 1000000, "unit_price": @1000000000000000}]}}
  422 {"code": "overflow"}

story numbers_are_whole
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "a", "quantity": 1.0, "unit_price": {"amount": 1e3, "currency": "USD"}}]}}
  422 {"errors": ["any order", {"field": "cart.lines[0].quantity", "code": "wrong_type"},
    {"field": "cart.lines[0].unit_price.amount", "code": "wrong_type"}]}

# ---- drafts: priced without being saved ----

story a_draft_is_priced_as_a_coupon_of_it
  use coupon
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "drafts": [
    {"template": {"name": "10 %", "benefit": {"kind": "percent_off", "percent": "10"},
      "validity": {"kind": "after_issue", "duration_days": 7}}},
    {"campaign": "$campaign", "template": {"name": "3 off tea",
      "benefit": {"kind": "amount_off", "amount": @300}, "scope": {"mode": "only", "skus": ["tea"]},
      "conditions": {"fact": "cart.channel", "is": "app"},
      "validity": {"kind": "after_issue", "duration_days": 7}}}]}
  200 {"subtotal": @6000, "discount": @1500, "total": @4500, "coupons": [
    {"coupon": "$coupon", "draft": null, "applied": true, "discount": @1000},
    {"coupon": null, "draft": 0, "applied": true, "discount": @500, "budget_guaranteed": null,
      "shares": [{"line": 0, "discount": @500}]},
    {"coupon": null, "draft": 1, "applied": false, "reason": "conditions_not_met"}]}
  GET /v1/campaigns/$campaign/templates
  200 {"templates": [{"id": "$template"}]}

story a_quote_needs_no_saved_coupon
  use tea
  POST /v1/quotes {"user": "nobody", "cart": $cart}
  200 {"subtotal": @6000, "discount": @0, "total": @6000, "coupons": []}
  POST /v1/quotes {"user": "nobody", "cart": $cart, "policy": {"percent_base": "original"}, "drafts": [
    {"template": {"name": "half", "benefit": {"kind": "percent_off", "percent": "50"},
      "stacking": {"exclusive": true}, "validity": {"kind": "after_issue", "duration_days": 7}}},
    {"template": {"name": "9 off", "benefit": {"kind": "amount_off", "amount": @900},
      "validity": {"kind": "after_issue", "duration_days": 7}}}]}
  200 {"discount": @3000, "coupons": [{"draft": 0, "applied": true, "discount": @3000},
    {"draft": 1, "applied": false, "code": "not_stackable", "reason": "exclusive"}]}

# Each problem is the one that a save would tell, behind the place of the draft.
story a_draft_is_checked_as_a_save_checks_it
  let budget "budget": {"mode": "at_issue", "total": @100000},
  use campaign
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "", "benefit": {"kind": "percent_off",
    "percent": "250", "cup": 3}, "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": [{"field": "name"}, {"field": "benefit.cup"}, {"field": "benefit.percent"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "drafts": [{"campaign": "$campaign", "template":
    {"name": "", "benefit": {"kind": "percent_off", "percent": "250", "cup": 3},
    "validity": {"kind": "after_issue", "duration_days": 7}}}]}
  422 {"errors": [{"field": "drafts[0].template.name"}, {"field": "drafts[0].template.benefit.cup"},
    {"field": "drafts[0].template.benefit.percent"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "drafts": [
    {"template": {"name": "a", "benefit": {"kind": "percent_off", "percent": "10"},
      "validity": {"kind": "after_issue", "duration_days": 7}}},
    {"campaign": "$campaign", "template": {"name": "a", "stock": 3, "limits": [
      {"measure": "claims", "subject": "user", "period": "day", "max": 1, "window_seconds": 60}],
      "benefit": {"kind": "percent_off", "percent": "10"},
      "validity": {"kind": "fixed", "from": "2027-01-01T00:00:00Z", "until": "2027-02-01T00:00:00Z"}}}]}
  422 {"code": "invalid", "errors": [
    {"field": "drafts[1].template.benefit.cap", "code": "required"},
    {"field": "drafts[1].template.validity", "code": "out_of_range"},
    {"field": "drafts[1].template.limits[0].window_seconds", "code": "not_allowed"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "drafts": [{"campaign": "cmp_0000000000001",
    "template": {"name": "a", "benefit": {"kind": "percent_off", "percent": "10"},
      "validity": {"kind": "after_issue", "duration_days": 7}}}]}
  422 {"errors": [{"field": "drafts[0].campaign", "code": "not_allowed"}]}

# The clock of stories begins at 2026-01-01T00:00:00Z.
story a_draft_has_windows
  let use_from 2026-01-02T00:00:00Z
  use campaign
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "drafts": [
    {"template": {"name": "later", "benefit": {"kind": "percent_off", "percent": "10"},
      "validity": {"kind": "fixed", "from": "2027-01-01T00:00:00Z", "until": "2027-02-01T00:00:00Z"}}},
    {"template": {"name": "over", "benefit": {"kind": "percent_off", "percent": "10"},
      "validity": {"kind": "fixed", "from": "2025-01-01T00:00:00Z", "until": "2025-02-01T00:00:00Z"}}},
    {"campaign": "$campaign", "template": {"name": "early", "benefit": {"kind": "percent_off",
      "percent": "10"}, "validity": {"kind": "after_issue", "duration_days": 7}}}]}
  200 {"discount": @0, "coupons": [
    {"draft": 0, "code": "coupon_not_yet_valid", "usable_from": "2027-01-01T00:00:00.000Z"},
    {"draft": 1, "code": "coupon_expired", "usable_from": null},
    {"draft": 2, "code": "not_started", "usable_from": "2026-01-02T00:00:00.000Z"}]}

story a_draft_in_another_currency
  use tea
  use active
  POST /v1/quotes {"user": "u1", "cart": {"lines": [{"sku": "tea", "quantity": 1,
    "unit_price": {"amount": 5000, "currency": "JPY"}}]}, "drafts": [
    {"campaign": "$campaign", "template": {"name": "a", "benefit": {"kind": "percent_off",
      "percent": "10"}, "validity": {"kind": "after_issue", "duration_days": 7}}},
    {"template": {"name": "b", "benefit": {"kind": "percent_off", "percent": "10"},
      "validity": {"kind": "after_issue", "duration_days": 7}}}]}
  200 {"coupons": [{"draft": 0, "reason": "currency_mismatch"}, {"draft": 1, "applied": true,
    "discount": {"amount": 500, "currency": "JPY"}}]}
