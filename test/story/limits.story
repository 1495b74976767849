# Limits: per user, store, template, campaign and merchant; for ever, a day, a week, a month, rolling
# (001-25, 004-06; WooCommerce #13505: a limit and its counter are one atomic write).

story once_a_user_for_ever
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  +100d
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached", "detail": "*"}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201

story a_limit_of_none_allows_none
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 0}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}

story n_at_once_count_n_times
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 3}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  409 {"code": "limit_reached"}
  POST /v1/claims {"user": "u1", "template": "$template", "count": 1}
  201

# P7: a claim of several cannot slip past the limit of one of them.
story one_template_twice_in_a_claim_counts_twice
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "items": [{"template": "$template"}, {"template": "$template"}]}
  409 {"code": "limit_reached"}

story a_refused_claim_counts_nothing
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 2}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  409
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201

story a_day_ends_at_midnight
  let limits [{"measure": "claims", "subject": "user", "period": "day", "max": 1}]
  use shop
  at 2026-01-10T23:59:59.998Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  +1ms
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  +1ms
  POST /v1/claims {"user": "u1", "template": "$template"}
  201

# A day of the merchant is one in its zone: 8 March 2026 in New York is 05:00Z to 04:00Z.
story the_short_day_of_spring_ends_an_hour_earlier
  use new_york
  let limits [{"measure": "claims", "subject": "user", "period": "day", "max": 1}]
  use shop
  at 2026-03-08T04:59:59Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-03-08T05:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-03-09T03:59:59.999Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  at 2026-03-09T04:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201

# 1 November 2026 in New York has 25 hours: 04:00Z to 05:00Z.
story the_long_day_of_autumn_ends_an_hour_later
  use new_york
  let limits [{"measure": "claims", "subject": "user", "period": "day", "max": 1}]
  use shop
  at 2026-11-01T04:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-11-02T04:59:59.999Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  at 2026-11-02T05:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201

# DESIGN 5 Limits: when a clock goes back nothing re-opens.
story a_clock_that_goes_back_opens_nothing
  let limits [{"measure": "claims", "subject": "user", "period": "day", "max": 1}]
  use shop
  at 2026-01-10T00:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-01-09T23:59:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}

# 4 January 2026 is a Sunday.
story a_week_begins_on_monday
  let limits [{"measure": "claims", "subject": "user", "period": "week", "max": 1}]
  use shop
  at 2026-01-04T12:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-01-04T23:59:59Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  at 2026-01-05T00:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-01-11T23:59:59Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}

story a_month_is_one_of_the_calendar
  let limits [{"measure": "claims", "subject": "user", "period": "month", "max": 1}]
  use shop
  at 2026-01-31T23:59:59Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-02-01T00:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-02-28T23:59:59Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}

# Two an hour: a use counts for an hour to the millisecond.
story a_rolling_limit_looks_back
  let limits [{"measure": "claims", "subject": "user", "period": "rolling", "max": 2,
    "window_seconds": 3600}]
  use shop
  at 2026-01-10T10:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-01-10T10:30:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-01-10T10:59:59.999Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  at 2026-01-10T11:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-01-10T11:29:59.999Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  +1ms
  POST /v1/claims {"user": "u1", "template": "$template"}
  201

story all_users_together_by_template
  let limits [{"measure": "claims", "subject": "template", "period": "day", "max": 3}]
  use shop
  repeat 3
  POST /v1/claims {"user": "u$i", "template": "$template"}
  201
  POST /v1/claims {"user": "u4", "template": "$template"}
  409 {"code": "limit_reached"}
  +1d
  POST /v1/claims {"user": "u4", "template": "$template"}
  201

story all_templates_together_by_campaign
  let campaign_limits [{"measure": "claims", "subject": "campaign", "period": "ever", "max": 2}]
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "second",
    "benefit": {"kind": "amount_off", "amount": @500},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$second"}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/claims {"user": "u2", "template": "$second"}
  201
  POST /v1/claims {"user": "u3", "template": "$template"}
  409 {"code": "limit_reached"}

story a_user_over_all_templates_of_a_campaign
  let campaign_limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "second",
    "benefit": {"kind": "amount_off", "amount": @500},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$second"}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/claims {"user": "u1", "template": "$second"}
  409 {"code": "limit_reached"}

story a_user_over_all_campaigns_of_a_merchant
  use new_york
  as operator
  POST /v1/merchants {"name": "unused", "zone": "UTC", "currency": "USD"}
  201
  GET /v1/merchants/$deli
  200 {"version": 1}
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "limits": [{"measure": "claims", "subject": "user", "period": "ever", "max": 2}]}
  200 {"version": 2}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}

story each_store_counts_for_itself
  let limits [{"measure": "claims", "subject": "store", "period": "day", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "store": "north"}
  201
  POST /v1/claims {"user": "u2", "template": "$template", "store": "north"}
  409 {"code": "limit_reached"}
  POST /v1/claims {"user": "u2", "template": "$template", "store": "south"}
  201
  POST /v1/claims {"user": "u3", "template": "$template"}
  201
  POST /v1/claims {"user": "u4", "template": "$template"}
  409 {"code": "limit_reached"}

# ---- on use ----

# 001-25: "限定每人最多一天使用3张券".
story three_coupons_a_person_a_day
  let campaign_limits [{"measure": "redemptions", "subject": "user", "period": "day", "max": 3}]
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 4}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}, {"id": "$c4"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201
  POST /v1/holds {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$c3"]}
  201 {"id": "$hold"}
  POST /v1/redemptions {"user": "u1", "order_number": "o4", "cart": $cart, "coupons": ["$c4"]}
  409 {"code": "limit_reached"}
  POST /v1/redemptions {"hold": "$hold"}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o4", "cart": $cart, "coupons": ["$c4"]}
  409 {"code": "limit_reached"}
  +1d
  POST /v1/redemptions {"user": "u1", "order_number": "o4", "cart": $cart, "coupons": ["$c4"]}
  201

story coupons_of_one_order_count_each
  let campaign_limits [{"measure": "redemptions", "subject": "user", "period": "day", "max": 1}]
  let minimum @0
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1", "$c2"]}
  409 {"code": "limit_reached"}

story a_release_gives_a_use_back
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}]
  use held
  POST /v1/holds/$hold/release
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201

# Budget and total counts come back, on their original day (DESIGN 5 What comes back).
story a_return_gives_a_use_back_on_the_same_day
  let limits [{"measure": "redemptions", "subject": "user", "period": "day", "max": 1}]
  use redeemed
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201

story a_return_on_another_day_gives_nothing_to_that_day
  let limits [{"measure": "redemptions", "subject": "user", "period": "day", "max": 1}]
  use redeemed
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  +1d
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "limit_reached"}

story money_is_limited_to_the_cent
  let limits [{"measure": "money", "subject": "user", "period": "ever", "max": 1999}]
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "limit_reached"}
  PATCH /v1/templates/$template if="v1" {
    "limits": [{"measure": "money", "subject": "user", "period": "ever", "max": 2000}]}
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201

story units_count_the_goods
  let limits [{"measure": "units", "subject": "user", "period": "ever", "max": 3}]
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "limit_reached"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "coupons": ["$c2"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @6000}]}}
  201

# 1.25 kg count 2. What is still out counts: 1.0 kg is 1, so 0.25 kg bring 1 back; 0.5 kg more bring nothing.
story units_of_what_is_weighed_are_started_ones
  let limits [{"measure": "units", "subject": "user", "period": "ever", "max": 2}]
  let cart {"lines": [{"sku": "ham", "weighed": true, "quantity": 1250, "unit_price": @8000}]}
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o0", "coupons": ["$c1"],
    "cart": {"lines": [{"sku": "ham", "weighed": true, "quantity": 2001, "unit_price": @8000}]}}
  409 {"code": "limit_reached"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201 {"id": "$redemption"}
  let small {"lines": [{"sku": "ham", "weighed": true, "quantity": 1000, "unit_price": @8000}]}
  let tiny {"lines": [{"sku": "ham", "weighed": true, "quantity": 1, "unit_price": @8000000}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $tiny, "coupons": ["$c2"]}
  409 {"code": "limit_reached"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 249}]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $tiny, "coupons": ["$c2"]}
  409 {"code": "limit_reached"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $small, "coupons": ["$c2"]}
  201
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 500}]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $tiny, "coupons": ["$c3"]}
  409 {"code": "limit_reached"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 300}]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $tiny, "coupons": ["$c3"]}
  409 {"code": "limit_reached"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 200}]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "cart": $small, "coupons": ["$c3"]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o4", "cart": $tiny, "coupons": ["$c1"]}
  409 {"code": "limit_reached"}
  GET /v1/templates/$template/stats?by=sku
  200 {"goods": [{"value": "ham", "redemptions": 3, "quantity": 4, "returned_quantity": 2,
    "orders": @26000, "returned": @10000}]}

story uses_by_store_and_day
  let limits [{"measure": "redemptions", "subject": "store", "period": "day", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  let cart {"store": "north", "lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "limit_reached"}
  let cart {"store": "south", "lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201

story uses_by_campaign
  let campaign_limits [{"measure": "redemptions", "subject": "campaign", "period": "ever", "max": 1}]
  use redeemed
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "limit_reached"}
  POST /v1/redemptions/$redemption/returns {}
  201
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201

# ---- edits of limits ----

story a_raised_limit_goes_on_counting
  let limits [{"measure": "claims", "subject": "user", "period": "day", "max": 1}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  PATCH /v1/templates/$template if="v1" {
    "limits": [{"measure": "claims", "subject": "user", "period": "day", "max": 3}]}
  200
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  409 {"code": "limit_reached"}
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201

story a_lowered_limit_holds_at_once
  let campaign_limits [{"measure": "claims", "subject": "campaign", "period": "ever", "max": 10}]
  use shop
  repeat 3
  POST /v1/claims {"user": "u$i", "template": "$template"}
  201
  PATCH /v1/campaigns/$campaign if="v2" {
    "limits": [{"measure": "claims", "subject": "campaign", "period": "ever", "max": 4}]}
  200
  POST /v1/claims {"user": "u4", "template": "$template"}
  201
  POST /v1/claims {"user": "u5", "template": "$template"}
  409 {"code": "limit_reached"}

story a_new_limit_counts_from_now
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 5}
  201
  +1s
  PATCH /v1/campaigns/$campaign if="v2" {
    "limits": [{"measure": "claims", "subject": "user", "period": "month", "max": 1}]}
  200
  +1s
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}

story uses_over_all_campaigns_of_a_merchant
  as operator
  GET /v1/merchants
  200 {"merchants": [{"id": "$m"}, {}]}
  PUT /v1/merchants/$m if="v1" {"name": "Shop", "zone": "UTC", "currency": "USD",
    "limits": [{"measure": "redemptions", "subject": "user", "period": "day", "max": 1}]}
  200
  as all
  use redeemed
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "limit_reached"}

story a_passed_deadline_gives_a_use_back
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}]
  use held
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  +15m
  sweep
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201

# None is none, also for who gives back what he took before: a changed order, a late confirmation.
story a_limit_of_all_together_that_an_edit_makes_none
  let limits [{"measure": "redemptions", "subject": "template", "period": "ever", "max": 2}]
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$first"}, {"id": "$second"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$first"], "hold_seconds": 60}
  201 {"id": "$hold"}
  PATCH /v1/templates/$template if="v1" {"limits": [{"measure": "redemptions", "subject": "template",
    "period": "ever", "max": 0}]}
  200
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$second"], "hold_seconds": 60}
  409 {"code": "limit_reached"}
  GET /v1/holds/$hold
  200 {"state": "open"}
  +60s
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}
