# Counting (计, 004-01): every figure by hand from a scripted day.
#
# Template A: 10.00 off 50.00, stock 10. Template B: 10 %.
# 1 January: u1 claims 2 A (c1, c2), u2 one (c3); B is granted to u1 (g1) and u3 (g3).
#   u1 holds c1 for o1 and releases it; redeems c1 for o2 (web, north: 2 tea at 30.00: 10.00 off).
#   u2 holds c3 for o3 and redeems it (till, south: tea 30.00, 2 cups at 20.00: 10.00 off 70.00, of
#   which 4.29 on the tea and 5.71 on the cups). u1 redeems g1 for o4 (10 gum at 1.00: 1.00 off).
# 2 January: o2 is returned whole; g3 is voided.

setup day
  let more "stock": 10,
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "B",
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$b"}
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c3"}]}
  POST /v1/grants {"template": "$b", "users": ["u1", "u3"]}
  200 {"results": [{"coupons": [{"id": "$g1"}]}, {"coupons": [{"id": "$g3"}]}]}
  let cart {"store": "north", "channel": "web",
    "lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201 {"id": "$h1"}
  POST /v1/holds/$h1/release
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c1"]}
  201 {"id": "$r2", "discount": @1000}
  POST /v1/holds {"user": "u2", "order_number": "o3", "coupons": ["$c3"], "cart": {
    "store": "south", "channel": "till", "lines": [
      {"sku": "tea", "quantity": 1, "unit_price": @3000},
      {"sku": "cup", "quantity": 2, "unit_price": @2000}]}}
  201 {"id": "$h3", "lines": [{"discount": @429}, {"discount": @571}]}
  POST /v1/redemptions {"hold": "$h3"}
  201
  POST /v1/redemptions {"user": "u1", "order_number": "o4", "coupons": ["$g1"],
    "cart": {"lines": [{"sku": "gum", "quantity": 10, "unit_price": @100}]}}
  201 {"discount": @100}
  +1d
  POST /v1/redemptions/$r2/returns {}
  201
  POST /v1/coupons/$g3/void {"reason": "requested"}
  200

story a_template_in_all
  use day
  eventually
  GET /v1/templates/$template/stats
  200 {"campaign": "$campaign", "template": "$template", "currency": "USD", "by": "total",
    "stock": {"total": 10, "remaining": 7}, "goods": null, "held_now": 0, "counts": [{
      "issued": 3, "held": 2, "released": 1, "redeemed": 2, "returned": 1, "expired": 0,
      "voided": 0, "users": 2, "discount": @2000, "discount_returned": @1000, "orders": @13000,
      "orders_returned": @6000}]}
  GET /v1/templates/$b/stats
  200 {"stock": null, "counts": [{"issued": 2, "held": 0, "released": 0, "redeemed": 1,
    "returned": 0, "expired": 0, "voided": 1, "users": 2, "discount": @100,
    "discount_returned": @0, "orders": @1000, "orders_returned": @0}]}

story a_campaign_in_all
  use day
  GET /v1/campaigns/$campaign/stats
  200 {"campaign": "$campaign", "template": null, "stock": null, "budget": null, "counts": [{
    "issued": 5, "held": 2, "released": 1, "redeemed": 3, "returned": 1, "expired": 0,
    "voided": 1, "users": 3, "discount": @2100, "discount_returned": @1000, "orders": @14000,
    "orders_returned": @6000}]}

story by_day
  use day
  GET /v1/campaigns/$campaign/stats?by=day
  200 {"by": "day", "counts": [
    {"day": "2026-01-01", "issued": 5, "held": 2, "released": 1, "redeemed": 3, "returned": 0,
      "voided": 0, "users": 3, "discount": @2100, "discount_returned": @0, "orders": @14000},
    {"day": "2026-01-02", "issued": 0, "redeemed": 0, "returned": 1, "voided": 1, "users": 0,
      "discount": @0, "discount_returned": @1000, "orders": @0, "orders_returned": @6000}]}
  GET /v1/campaigns/$campaign/stats?by=day&from=2026-01-02
  200 {"counts": [{"day": "2026-01-02", "issued": 0, "returned": 1}]}
  GET /v1/campaigns/$campaign/stats?by=day&to=2026-01-01
  200 {"counts": [{"day": "2026-01-01", "issued": 5, "returned": 0}]}
  GET /v1/campaigns/$campaign/stats?from=2026-01-03&to=2026-01-09
  200 {"counts": [{"issued": 0, "redeemed": 0, "discount": @0}]}

story by_article
  use day
  GET /v1/templates/$template/stats?by=sku
  200 {"by": "sku", "goods": [
    {"value": "cup", "redemptions": 1, "quantity": 2, "orders": @4000, "discount": @571,
      "returned_quantity": 0, "returned": @0},
    {"value": "tea", "redemptions": 2, "quantity": 3, "orders": @9000, "discount": @1429,
      "returned_quantity": 2, "returned": @6000}]}
  GET /v1/campaigns/$campaign/stats?by=sku
  200 {"goods": [{"value": "cup"}, {"value": "gum", "redemptions": 1, "quantity": 10,
    "orders": @1000, "discount": @100}, {"value": "tea", "quantity": 3}]}

story by_channel_and_by_store
  use day
  GET /v1/templates/$template/stats?by=channel
  200 {"goods": [
    {"value": "till", "redemptions": 1, "quantity": 3, "orders": @7000, "discount": @1000},
    {"value": "web", "redemptions": 1, "quantity": 2, "orders": @6000, "discount": @1000,
      "returned_quantity": 2, "returned": @6000}]}
  GET /v1/templates/$template/stats?by=store
  200 {"goods": [
    {"value": "north", "redemptions": 1, "quantity": 2, "orders": @6000, "discount": @1000,
      "returned_quantity": 2, "returned": @6000},
    {"value": "south", "redemptions": 1, "quantity": 3, "orders": @7000, "discount": @1000}]}

story articles_in_pages
  use day
  GET /v1/campaigns/$campaign/stats?by=sku&page_size=2
  200 {"goods": [{"value": "cup"}, {"value": "gum"}], "next_page_token": "$page"}
  GET /v1/campaigns/$campaign/stats?by=sku&page_size=2&page_token=$page
  200 {"goods": [{"value": "tea"}], "next_page_token": null}

# An order is counted once for a template and once for its campaign, however many coupons it used.
story an_order_with_several_coupons_is_one_order
  use shop
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "B",
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$b"}
  POST /v1/claims {"user": "u1", "items": [{"template": "$template", "count": 2},
    {"template": "$b"}]}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}]}
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3500}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$c1", "$c2", "$c3"]}
  201 {"discount": @2500}
  GET /v1/templates/$template/stats
  200 {"counts": [{"redeemed": 2, "discount": @2000, "orders": @7000}]}
  GET /v1/templates/$b/stats
  200 {"counts": [{"redeemed": 1, "discount": @500, "orders": @7000}]}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"redeemed": 3, "discount": @2500, "orders": @7000}]}

# A day is one of the merchant's zone: 03:30Z is still the evening before in New York.
story days_are_the_merchants
  use new_york
  use shop
  at 2026-01-10T03:30:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-01-10T05:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  GET /v1/templates/$template/stats?by=day
  200 {"counts": [{"day": "2026-01-09", "issued": 1, "users": 1},
    {"day": "2026-01-10", "issued": 1, "users": 0}]}

story nothing_yet_is_counted_as_nothing
  use shop
  GET /v1/templates/$template/stats?by=day
  200 {"counts": []}
  GET /v1/templates/$template/stats?by=sku
  200 {"goods": []}

story a_wish_that_makes_no_sense
  use campaign
  GET /v1/campaigns/$campaign/stats?by=moon&from=2026-02-30&page_size=0
  422 {"errors": ["any order", {"field": "by", "code": "not_allowed"},
    {"field": "from", "code": "bad_format"}, {"field": "page_size", "code": "out_of_range"}]}
  GET /v1/campaigns/cmp_0000000000001/stats
  404 {"code": "not_found"}
  GET /v1/templates/tpl_0000000000001/stats
  404 {"code": "not_found"}

story days_end_after_they_begin
  use day
  GET /v1/campaigns/$campaign/stats?from=2026-01-02&to=2026-01-01
  422 {"code": "invalid", "errors": [{"field": "to", "code": "out_of_range"}]}
  GET /v1/templates/$template/stats?by=sku&from=2026-01-02&to=2026-01-01
  422 {"code": "invalid", "errors": [{"field": "to", "code": "out_of_range"}]}
  GET /v1/campaigns/$campaign/stats?by=day&from=2026-01-02&to=2026-01-02
  200 {"counts": [{"day": "2026-01-02", "returned": 1}]}

# DESIGN 5 Time: statistics apply due deadlines and expiries before the sweep has run.
# Held at this moment: neither let go nor redeemed, on whatever day it was held.
story held_now_is_what_no_answer_has_ended
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 6}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}, {"id": "$c4"}, {"id": "$c5"},
    {"id": "$c6"}]}
  GET /v1/campaigns/$campaign/stats
  200 {"held_now": 0}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1", "$c2"],
    "hold_seconds": 86400}
  201 {"id": "$h1"}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c3"],
    "hold_seconds": 86400}
  201 {"id": "$h2"}
  POST /v1/holds {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$c4"],
    "hold_seconds": 86400}
  201 {"id": "$h3"}
  POST /v1/holds {"user": "u1", "order_number": "o4", "cart": $cart, "coupons": ["$c5"],
    "hold_seconds": 60}
  201 {"id": "$h4"}
  GET /v1/templates/$template/stats
  200 {"held_now": 5}
  POST /v1/holds/$h2/release
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o6", "cart": $cart, "coupons": ["$c6"]}
  201
  GET /v1/templates/$template/stats
  200 {"held_now": 4}
  +59s
  GET /v1/templates/$template/stats
  200 {"held_now": 4}
  +1s
  GET /v1/templates/$template/stats
  200 {"held_now": 3}
  POST /v1/redemptions {"hold": "$h4"}
  201
  GET /v1/templates/$template/stats
  200 {"held_now": 3}
  +23h58m
  POST /v1/redemptions {"hold": "$h1"}
  201
  GET /v1/campaigns/$campaign/stats?by=day&from=2026-01-02
  200 {"held_now": 1, "counts": []}
  GET /v1/campaigns/$campaign/stats
  200 {"held_now": 1, "counts": [{"held": 5, "released": 2, "redeemed": 4}]}
  +1m
  GET /v1/campaigns/$campaign/stats
  200 {"held_now": 0, "counts": [{"held": 5, "released": 3}]}
  sweep
  GET /v1/campaigns/$campaign/stats
  200 {"held_now": 0, "counts": [{"held": 5, "released": 3}]}
  GET /v1/campaigns/$campaign/stats?by=sku
  200 {"held_now": null}

story a_passed_deadline_counts_before_the_sweep
  let budget "budget": {"mode": "at_redeem", "total": @1000},
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201 {"id": "$hold"}
  +20m
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @1000}, "counts": [{"held": 1, "released": 1}]}

story a_deadline_and_an_end_that_passed_count_both
  use coupon
  use tea
  at 2026-01-30T23:59:00Z
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 30}
  201 {"id": "$hold"}
  at 2026-02-01T00:00:00Z
  GET /v1/templates/$template/stats
  200 {"counts": [{"issued": 1, "held": 1, "released": 1, "expired": 1}]}
  sweep
  GET /v1/templates/$template/stats
  200 {"counts": [{"issued": 1, "held": 1, "released": 1, "expired": 1}]}
