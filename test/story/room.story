# What a quote says of limits and budgets is what the hold after it does: limits by user, device and
# store, shared ones, budgets; what is due and not swept; the hold that the order has; a choice.

# ---- limits ----

story of_several_coupons_those_beyond_the_limit_are_left_out
  let limits [{"measure": "redemptions", "subject": "user", "period": "day", "max": 2}]
  let minimum @0
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c1", "$c2", "$c3"]}
  200 {"discount": @2000, "total": @4000, "coupons": [{"coupon": "$c1", "applied": true},
    {"coupon": "$c2", "applied": true}, {"coupon": "$c3", "applied": false, "discount": @0,
      "code": "limit_reached", "reason": "limit_reached", "limit_until": "2026-01-02T00:00:00.000Z",
      "detail": "The limit of the template is 2 redemptions a user a day."}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1", "$c2", "$c3"]}
  409 {"code": "limit_reached", "detail": "The limit of the template is 2 redemptions a user a day."}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1", "$c2"]}
  201 {"discount": @2000}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c3"]}
  200 {"discount": @0, "coupons": [{"code": "limit_reached"}]}
  +1d
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c3"]}
  200 {"discount": @1000, "coupons": [{"applied": true, "limit_until": null, "detail": null}]}

# Two templates of one campaign: 14.00 of money together. The second coupon's 10 % is of what is left.
story a_limit_on_money_counts_the_coupons_of_a_campaign_together
  let campaign_limits [{"measure": "money", "subject": "user", "period": "ever", "max": 1400}]
  use shop
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "10 %",
    "benefit": {"kind": "percent_off", "percent": "10"}, "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$percent"}
  POST /v1/claims {"user": "u1", "items": [{"template": "$template"}, {"template": "$percent"}]}
  201 {"coupons": [{"id": "$ten"}, {"id": "$tenth"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$ten", "$tenth"]}
  200 {"discount": @1000, "coupons": [{"applied": true}, {"applied": false, "code": "limit_reached",
    "limit_until": null, "detail": "The limit of the campaign is 1400 money a user."}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$tenth", "$ten"]}
  200 {"discount": @600, "coupons": [{"applied": true}, {"applied": false, "code": "limit_reached"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$tenth"]}
  201 {"discount": @600}

story units_of_what_is_weighed_count_by_whole_ones
  let limits [{"measure": "units", "subject": "user", "period": "month", "max": 2}]
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "ham", "weighed": true, "quantity": 2001, "unit_price": @9000}]}}
  200 {"discount": @0, "coupons": [{"code": "limit_reached", "limit_until": "2026-02-01T00:00:00.000Z"}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "ham", "weighed": true, "quantity": 1250, "unit_price": @9000}]}}
  200 {"discount": @1000}

# Uses at 00:00 and, held, at 00:10: the first leaves the hour at 01:00. The hold ends at 00:25, and
# then two have room at 01:00, not at 01:10.
story a_rolling_limit_tells_when_there_is_room
  let limits [{"measure": "redemptions", "subject": "user", "period": "rolling", "max": 2,
    "window_seconds": 3600}]
  use redeemed
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$c2"}, {"id": "$c3"}, {"id": "$c4"}]}
  +10m
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"], "hold_seconds": 900}
  201
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c3"]}
  200 {"coupons": [{"code": "limit_reached", "limit_until": "2026-01-01T01:00:00.000Z"}]}
  +15m
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c3", "$c4"]}
  200 {"coupons": [{"applied": true},
    {"code": "limit_reached", "limit_until": "2026-01-01T01:00:00.000Z"}]}
  +35m
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c3", "$c4"]}
  200 {"coupons": [{"applied": true}, {"applied": true}]}

story a_limit_of_a_store_and_of_all_together
  let limits [{"measure": "redemptions", "subject": "store", "period": "day", "max": 1},
    {"measure": "redemptions", "subject": "template", "period": "ever", "max": 2}]
  let north {"store": "north", "lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}
  let south {"store": "south", "lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}
  let east {"store": "east", "lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c1"}]}
  POST /v1/claims {"user": "u2", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c2"}, {"id": "$c3"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $north, "coupons": ["$c1"]}
  201
  POST /v1/quotes {"user": "u2", "cart": $north, "coupons": ["$c2"]}
  200 {"discount": @0, "coupons": [{"code": "limit_reached",
    "detail": "The limit of the template is 1 redemptions a store a day."}]}
  POST /v1/quotes {"user": "u2", "cart": $south, "coupons": ["$c2"]}
  200 {"discount": @1000}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $south, "coupons": ["$c2"]}
  201
  POST /v1/quotes {"user": "u2", "cart": $east, "coupons": ["$c3"]}
  200 {"discount": @0, "coupons": [{"code": "limit_reached",
    "detail": "The limit of the template is 2 redemptions in all."}]}

story a_limit_by_device_whoever_the_user_is
  let limits [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 1}]
  use coupon
  use tea
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "subjects": {"device": "d1"}}
  201
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$c2"], "subjects": {"device": "d1"}}
  200 {"discount": @0, "coupons": [{"code": "limit_reached",
    "detail": "The limit of the template is 1 redemptions a device."}]}
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$c2"], "subjects": {"device": "d2"}}
  200 {"discount": @1000}

# An edit counts at once, though the pool has not been asked since.
story an_edited_limit_of_all_together_counts_at_once
  let limits [{"measure": "redemptions", "subject": "template", "period": "ever", "max": 1}]
  use redeemed
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$c2"]}
  200 {"discount": @0, "coupons": [{"code": "limit_reached"}]}
  PATCH /v1/templates/$template if="v1" {
    "limits": [{"measure": "redemptions", "subject": "template", "period": "ever", "max": 2}]}
  200
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$c2"]}
  200 {"discount": @1000}

# ---- budgets ----

story a_budget_at_redeem_that_does_not_cover_it
  let budget "budget": {"mode": "at_redeem", "total": @1500},
  use redeemed
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$c2"]}
  200 {"discount": @0, "coupons": [{"applied": false, "code": "budget_exhausted"}]}
  POST /v1/holds {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "budget_exhausted"}

# ---- what the order's own hold has ----

story what_the_orders_open_hold_has_is_free
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}]
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use held
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @0, "coupons": [{"code": "coupon_not_available"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "order_number": "o1"}
  200 {"discount": @1000, "coupons": [{"applied": true}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @0, "best": {"coupons": []}}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}, "order_number": "o1"}
  200 {"discount": @1000, "best": {"proven": true, "coupons": ["$coupon"]}}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c2"]}
  200 {"discount": @0, "coupons": [{"code": "limit_reached"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c2"], "order_number": "o1"}
  200 {"discount": @1000}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c2"]}
  201 {"id": "$second", "discount": @1000}
  POST /v1/redemptions {"hold": "$second"}
  201 {"id": "$redemption"}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "order_number": "o1"}
  409 {"code": "order_conflict", "detail": "*"}

# ---- what is due and not swept ----

story a_use_of_a_hold_past_its_deadline_is_free
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}]
  use held
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c2"]}
  200 {"discount": @0, "coupons": [{"code": "limit_reached"}]}
  +900s
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c2"]}
  200 {"discount": @1000}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201 {"discount": @1000}

story so_it_is_for_a_promotion
  use active
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "All 10 %", "apply": "automatic",
    "benefit": {"kind": "percent_off", "percent": "10"},
    "limits": [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}],
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "hold_seconds": 60}
  201
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @0, "coupons": [{"automatic": true, "code": "limit_reached"}]}
  +60s
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @600}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart}
  201 {"discount": @600}

story what_another_users_hold_had_of_a_budget_a_store_and_a_device_is_free
  let limits [{"measure": "redemptions", "subject": "store", "period": "ever", "max": 1},
    {"measure": "redemptions", "subject": "device", "period": "ever", "max": 1}]
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  let cart {"store": "north", "lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c1"}]}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"], "hold_seconds": 60,
    "subjects": {"device": "d1"}}
  201
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$c2"], "subjects": {"device": "d1"}}
  200 {"discount": @0, "coupons": [{"code": "limit_reached"}]}
  +60s
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$c2"], "subjects": {"device": "d1"}}
  200 {"discount": @1000}
  POST /v1/holds {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$c2"], "subjects": {"device": "d1"}}
  201 {"discount": @1000}

# ---- a choice ----

# 10.00 and twice 20 % of the same campaign, two uses of it a day: the two percentages. Alone 10.00 is
# less than 20 % of what is left.
story the_best_set_is_among_those_within_the_limit
  let campaign_limits [{"measure": "redemptions", "subject": "user", "period": "day", "max": 2}]
  use shop
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @6000}]}
  POST /v1/campaigns/$campaign/templates {"name": "20 %",
    "benefit": {"kind": "percent_off", "percent": "20"}, "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$percent"}
  POST /v1/claims {"user": "u1", "items": [{"template": "$template"}, {"template": "$percent", "count": 2}]}
  201 {"coupons": [{"id": "$ten"}, {"id": "$p1"}, {"id": "$p2"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {"alternatives": 1}}
  200 {"discount": @4320, "coupons": ["any order", {"coupon": "$ten", "applied": false, "code": "limit_reached",
      "detail": "The limit of the campaign is 2 redemptions a user a day."}, {"coupon": "$p1"}, {"coupon": "$p2"}],
    "best": {"proven": true, "coupons": ["$p1", "$p2"], "alternatives": [{"discount": @3400}]}}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$p1", "$p2"]}
  201 {"discount": @4320}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @0, "coupons": [{"coupon": "$ten", "code": "limit_reached"}],
    "best": {"proven": true, "coupons": []}}

# 15.00 in all: not 20.00 for one and nothing for the others, but 10.00.
story the_best_set_is_within_a_limit_on_money
  let campaign_limits [{"measure": "money", "subject": "user", "period": "ever", "max": 1500}]
  use shop
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "20 off",
    "benefit": {"kind": "amount_off", "amount": @2000}, "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$twenty"}
  POST /v1/claims {"user": "u1", "items": [{"template": "$template"}, {"template": "$twenty"}]}
  201 {"coupons": [{"id": "$c10"}, {"id": "$c20"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "best": {}}
  200 {"discount": @1000, "coupons": ["any order", {"coupon": "$c10", "applied": true},
    {"coupon": "$c20", "applied": false, "code": "limit_reached"}], "best": {"proven": true, "coupons": ["$c10"]}}

# ---- searches ----

story coupons_that_a_limit_has_no_room_for_are_not_found
  let limits [{"measure": "money", "subject": "user", "period": "day", "max": 1500}]
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/search/coupons {"user": "u1", "cart": $cart}
  200 {"coupons": [{"coupon": "$c1"}, {"coupon": "$c2"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"], "hold_seconds": 60}
  201
  POST /v1/search/coupons {"user": "u1", "cart": $cart}
  200 {"coupons": []}
  POST /v1/search/coupons {"user": "u1"}
  200 {"coupons": [{"coupon": "$c2"}]}
  +60s
  POST /v1/search/coupons {"user": "u1", "cart": $cart}
  200 {"coupons": [{"coupon": "$c1"}, {"coupon": "$c2"}]}

# The budget of one coupon at issue: the first has it until its end.
story a_template_whose_budget_is_due_back_is_found
  let budget "budget": {"mode": "at_issue", "total": @1000},
  use coupon
  POST /v1/search/templates {"user": "u2"}
  200 {"templates": []}
  +30d
  POST /v1/search/templates {"user": "u2"}
  200 {"templates": [{"template": "$template"}]}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201

# ---- a promotion that there is no room for ----

# 10 % of 60.00 would leave 54.00, less than the coupon's 55.00; but the user has had it.
story a_promotion_that_is_left_out_keeps_no_coupon_out
  let minimum @5500
  use coupon
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "All 10 %", "apply": "automatic",
    "benefit": {"kind": "percent_off", "percent": "10"},
    "limits": [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}],
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @600, "coupons": [{"code": "not_applicable", "reason": "below_threshold"}, {"applied": true}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "not_applicable"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"discount": @600}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1000, "coupons": [{"applied": true}, {"automatic": true, "code": "limit_reached"}]}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @1000}
