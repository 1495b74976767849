# Amounts by currency: no exchange rates, what is not listed is not good (currency_mismatch), and
# what counts money counts one currency.

# 10.00 USD off 50.00, 9.00 EUR off 45.00, 1,500 JPY off 7,000, 3.500 KWD off 15.000.
setup listed
  default listed_more
  let benefit {"kind": "amount_off", "amount": [@1000, @900EUR, @1500JPY, @3500KWD],
    "minimum_spend": [@5000, @4500EUR, @7000JPY, @15000KWD]}
  let more $listed_more
  use coupon

# ---- prices ----

story a_cart_is_priced_in_its_currency
  use listed
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000}]}}
  200 {"discount": @1000, "total": @4000}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4500EUR}]}}
  200 {"discount": @900EUR, "total": @3600EUR}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4499EUR}]}}
  200 {"coupons": [{"applied": false, "reason": "below_threshold", "missing": @1EUR}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @7000JPY}]}}
  200 {"discount": @1500JPY, "total": @5500JPY}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @15000KWD}]}}
  200 {"discount": @3500KWD, "total": @11500KWD}

story what_is_not_listed_is_not_good
  use listed
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @9000GBP}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": $cart}
  200 {"discount": @0GBP, "coupons": [{"applied": false, "code": "not_applicable",
    "reason": "currency_mismatch"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"], "cart": $cart}
  409 {"code": "not_applicable"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon"], "cart": $cart}
  409 {"code": "not_applicable"}
  GET /v1/coupons/$coupon
  200 {"state": "available"}

story the_template_shows_what_is_listed
  use listed
  GET /v1/templates/$template
  200 {"benefit": {"kind": "amount_off", "amount": [@1000, @900EUR, @1500JPY, @3500KWD],
    "minimum_spend": [@5000, @4500EUR, @7000JPY, @15000KWD]}}

# Without amounts a benefit is good in the campaign's currency, in those that a minimum spend of 0
# lists, or in any.
story a_percentage_says_where_it_is_good
  use active
  let euros {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @12345EUR}]}
  let pounds {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @12345GBP}]}
  POST /v1/campaigns/$campaign/templates {"name": "own",
    "benefit": {"kind": "percent_off", "percent": "12.3456"},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$own", "benefit": {"any_currency": null}}
  POST /v1/campaigns/$campaign/templates {"name": "listed", "benefit": {"kind": "percent_off",
    "percent": "12.3456", "minimum_spend": [@0, @0EUR]},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$listed"}
  POST /v1/campaigns/$campaign/templates {"name": "any", "benefit": {"kind": "percent_off",
    "percent": "12.3456", "any_currency": true},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$any", "benefit": {"any_currency": true}}
  POST /v1/claims {"user": "u1", "items": [{"template": "$own"}, {"template": "$listed"},
    {"template": "$any"}]}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}]}
  POST /v1/quotes {"user": "u1", "cart": $euros, "coupons": ["$c1"]}
  200 {"coupons": [{"applied": false, "reason": "currency_mismatch"}]}
  POST /v1/quotes {"user": "u1", "cart": $euros, "coupons": ["$c2"]}
  200 {"discount": @1524EUR}
  POST /v1/quotes {"user": "u1", "cart": $pounds, "coupons": ["$c2"]}
  200 {"coupons": [{"applied": false, "reason": "currency_mismatch"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $pounds, "coupons": ["$c3"]}
  201 {"discount": @1524GBP}
  GET /v1/templates/$any/stats
  200 {"counts": [{"redeemed": 1, "discount": @0, "orders": @0,
    "other_currencies": [{"discount": @1524GBP, "orders": @12345GBP}]}]}

# ---- conditions ----

story what_conditions_ask_of_amounts_is_listed_too
  let benefit {"kind": "percent_off", "percent": "10", "minimum_spend": [@0, @0EUR]}
  let more "conditions": {"fact": "cart.subtotal", "at_least": [@5000, @4000EUR]},
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4000EUR}]}}
  200 {"discount": @400EUR}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @3990EUR}]}}
  200 {"coupons": [{"applied": false, "reason": "conditions_not_met", "condition": {
    "path": "conditions.any[1].all[1]", "reason": "too_low", "missing": @10EUR}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4990}]}}
  200 {"coupons": [{"applied": false, "condition": {"reason": "too_low", "missing": @10}}]}
  GET /v1/templates/$template
  200 {"conditions": {"any": [
    {"all": [{"fact": "cart.currency", "is": "USD"}, {"fact": "cart.subtotal", "at_least": 5000}]},
    {"all": [{"fact": "cart.currency", "is": "EUR"}, {"fact": "cart.subtotal", "at_least": 4000}]}
  ]}}

# A sum over some lines, of at least so much in each: euros are short by 5.00.
story what_is_asked_of_the_sum_of_lines_is_listed_too
  let benefit {"kind": "percent_off", "percent": "10", "minimum_spend": [@0, @0EUR]}
  let more "conditions": {"lines": {"where": {"fact": "line.brand", "is": "Oolong"},
    "sum_at_least": [@5000, @4000EUR]}, "message": "more Oolong"},
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "brand": "Oolong", "quantity": 2, "unit_price": @2000EUR}]}}
  200 {"discount": @400EUR}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "brand": "Oolong", "quantity": 1, "unit_price": @3500EUR},
    {"sku": "cup", "quantity": 1, "unit_price": @3500EUR}]}}
  200 {"coupons": [{"applied": false, "reason": "conditions_not_met", "condition": {
    "path": "conditions.any[1].all[1]", "reason": "lines_too_few", "missing": @500EUR,
    "message": "more Oolong"}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "brand": "Oolong", "quantity": 1, "unit_price": @4999}]}}
  200 {"coupons": [{"condition": {"path": "conditions.any[0].all[1]", "missing": @1}}]}
  GET /v1/templates/$template
  200 {"conditions": {"message": "more Oolong", "any": [
    {"all": [{"fact": "cart.currency", "is": "USD"},
      {"lines": {"where": {"fact": "line.brand", "is": "Oolong"}, "sum_at_least": 5000}}]},
    {"all": [{"fact": "cart.currency", "is": "EUR"},
      {"lines": {"where": {"fact": "line.brand", "is": "Oolong"}, "sum_at_least": 4000}}]}]}}

# Prices below 20.00 dollars, or 1500 yen, wherever a line is asked; what is returned is priced by
# the scope in yen again.
story prices_of_lines_are_listed_too
  let benefit {"kind": "percent_off", "percent": "10", "minimum_spend": [@3000, @2500JPY]}
  let refund_rule reprice
  let scope "scope": {"fact": "line.unit_price", "below": [@2000, @1500JPY]}
  let more $scope, "conditions": {"lines": {"none": {"fact": "line.unit_price",
    "between": [{"amount": [9000, 9999], "currency": "USD"},
      {"amount": [900, 999], "currency": "JPY"}]}}},
  use coupon
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "quantity": 2, "unit_price": @1999},
    {"sku": "cup", "quantity": 1, "unit_price": @2000}]}}
  200 {"discount": @400, "coupons": [{"shares": [{"line": 0}]}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "quantity": 2, "unit_price": @1499JPY},
    {"sku": "cup", "quantity": 1, "unit_price": @1999JPY}]}}
  200 {"discount": @300JPY, "coupons": [{"shares": [{"line": 0}]}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "quantity": 3, "unit_price": @999JPY}]}}
  200 {"discount": @0JPY, "coupons": [{"condition": {"path": "conditions", "reason": "lines_too_many"}}]}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "quantity": 3, "unit_price": @999}]}}
  200 {"discount": @0, "coupons": [{"reason": "below_threshold", "missing": @3}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon"], "cart": {"lines": [
    {"sku": "tea", "quantity": 3, "unit_price": @1499JPY},
    {"sku": "cup", "quantity": 1, "unit_price": @1999JPY}]}}
  201 {"id": "$redemption", "discount": @450JPY}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @1349JPY}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @1199JPY}
  GET /v1/templates/$template
  200 {"scope": {"any": [
    {"all": [{"fact": "line.currency", "is": "USD"}, {"fact": "line.unit_price", "below": 2000}]},
    {"all": [{"fact": "line.currency", "is": "JPY"}, {"fact": "line.unit_price", "below": 1500}]}]}}

# A hold asks the blacklist again: in the currency of its cart, too.
story prices_on_the_blacklist_are_listed_too
  use new_york
  use listed
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "blacklist": {"fact": "line.unit_price", "is": [@6000, @5500EUR]}}
  200 {"blacklist": {"any": [
    {"all": [{"fact": "line.currency", "is": "USD"}, {"fact": "line.unit_price", "is": 6000}]},
    {"all": [{"fact": "line.currency", "is": "EUR"}, {"fact": "line.unit_price", "is": 5500}]}]}}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5500EUR}]}}
  409 {"code": "not_applicable"}
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @6000EUR}]}}
  201 {"discount": @900EUR}

story an_amount_without_its_currency_is_refused
  use active
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": [@1000, @900EUR]},
    "conditions": {"fact": "cart.subtotal", "at_least": 5000},
    "scope": {"fact": "line.unit_price", "above": 100},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  422 {"errors": ["any order", {"field": "conditions", "code": "not_allowed"},
    {"field": "scope", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": [@1000, @900EUR]},
    "conditions": {"fact": "cart.subtotal", "at_least": [@5000, {"amount": 1, "currency": "euro"}]},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  422 {"errors": [{"field": "conditions.at_least[1].currency", "code": "not_allowed"}]}
  GET /v1/campaigns/$campaign
  200 {"template_count": 0}

# ---- what counts money ----

story beside_a_limit_on_money_there_is_one_currency
  let campaign_limits [{"measure": "money", "subject": "user", "period": "ever", "max": 5000}]
  use active
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": [@1000, @900EUR]},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  422 {"errors": [{"field": "benefit", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "percent_off", "percent": "10", "any_currency": true},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  422 {"errors": [{"field": "benefit", "code": "not_allowed"}]}

story a_limit_of_its_own_on_money_is_refused
  use active
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": [@1000, @900EUR]},
    "limits": [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 5},
      {"measure": "money", "subject": "user", "period": "ever", "max": 5000}],
    "validity": {"kind": "after_issue", "duration_days": 30}}
  422 {"errors": [{"field": "limits[1].measure", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "benefit": {"kind": "stored_value",
    "value": [@1000, @900EUR]}, "validity": {"kind": "after_issue", "duration_days": 30}}
  422 {"errors": [{"field": "benefit.value", "code": "not_allowed"}]}

story what_parties_pay_is_in_one_currency
  use active
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": [@1000, @900EUR]},
    "funding": [{"party": "platform", "share": "40"}, {"party": "merchant", "share": "60"}],
    "validity": {"kind": "after_issue", "duration_days": 30}}
  422 {"errors": [{"field": "funding", "code": "not_allowed"}]}

story a_campaign_gets_no_limit_on_money_then
  use listed
  PATCH /v1/campaigns/$campaign if="v2" {"limits": [
    {"measure": "redemptions", "subject": "user", "period": "ever", "max": 3},
    {"measure": "money", "subject": "campaign", "period": "ever", "max": 100000}]}
  422 {"errors": [{"field": "limits[1].measure", "code": "not_allowed"}]}
  PATCH /v1/campaigns/$campaign if="v2" {"limits": [
    {"measure": "redemptions", "subject": "user", "period": "ever", "max": 3}]}
  200

# A coupon of the version before lists euros; what counts money now, counts dollars. A hold that was
# taken before keeps its price.
story a_later_limit_on_money_closes_other_currencies
  use listed
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000EUR}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$second"], "cart": $cart}
  201 {"id": "$hold", "discount": @900EUR}
  PATCH /v1/templates/$template if="v1" {
    "benefit": {"kind": "amount_off", "amount": @1000, "minimum_spend": @5000},
    "limits": [{"measure": "money", "subject": "user", "period": "ever", "max": 1000}]}
  200 {"version": 2}
  POST /v1/quotes {"user": "u1", "coupons": ["$coupon"], "cart": $cart}
  200 {"coupons": [{"applied": false, "reason": "currency_mismatch"}]}
  POST /v1/holds {"user": "u1", "order_number": "o2", "coupons": ["$coupon"], "cart": $cart}
  409 {"code": "not_applicable"}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"discount": @900EUR}
  POST /v1/redemptions {"user": "u1", "order_number": "o3", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000}]}}
  201 {"discount": @1000}

# ---- orders, and what they count ----

story an_order_in_another_currency_and_its_return
  use listed
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"], "cart": {
    "store": "north", "channel": "web", "lines": [
      {"sku": "tea", "quantity": 2, "unit_price": @2000EUR},
      {"sku": "cup", "quantity": 1, "unit_price": @2000EUR}]}}
  201 {"id": "$hold", "subtotal": @6000EUR, "discount": @900EUR,
    "lines": [{"discount": @600EUR}, {"discount": @300EUR}]}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption", "discount": @900EUR, "total": @5100EUR}
  +1d
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"id": "$return", "refund": @1700EUR, "restored": []}
  GET /v1/returns/$return
  200 {"refund": @1700EUR, "lines": [{"refund": @1700EUR}]}
  GET /v1/templates/$template/stats
  200 {"currency": "USD", "counts": [{"held": 1, "redeemed": 1, "discount": @0,
    "discount_returned": @0, "orders": @0, "orders_returned": @0,
    "other_currencies": [{"discount": @900EUR, "discount_returned": @300EUR, "orders": @6000EUR,
      "orders_returned": @2000EUR, "adds": @0EUR, "adds_returned": @0EUR}]}]}
  GET /v1/campaigns/$campaign/stats?by=day
  200 {"counts": [
    {"day": "2026-01-01", "redeemed": 1, "discount": @0, "other_currencies": [
      {"discount": @900EUR, "discount_returned": @0EUR, "orders": @6000EUR}]},
    {"day": "2026-01-02", "redeemed": 0, "other_currencies": [
      {"discount": @0EUR, "discount_returned": @300EUR, "orders_returned": @2000EUR}]}]}
  GET /v1/templates/$template/stats?by=sku
  200 {"goods": [
    {"value": "cup", "redemptions": 1, "quantity": 1, "returned_quantity": 1, "orders": @0,
      "discount": @0, "other_currencies": [{"orders": @2000EUR, "discount": @300EUR,
        "returned": @2000EUR}]},
    {"value": "tea", "quantity": 2, "other_currencies": [{"orders": @4000EUR,
      "discount": @600EUR, "returned": @0EUR}]}]}
  GET /v1/templates/$template/stats?by=store
  200 {"goods": [{"value": "north", "quantity": 3, "other_currencies": [{"orders": @6000EUR}]}]}

story each_currency_is_counted_by_itself
  use listed
  POST /v1/claims {"user": "u2", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}]}
  let store "store": "north"
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "coupons": ["$c1"], "cart": {$store,
    "lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000}]}}
  201 {"discount": @1000}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "coupons": ["$c2"], "cart": {$store,
    "lines": [{"sku": "tea", "quantity": 1, "unit_price": @8000JPY}]}}
  201 {"discount": @1500JPY}
  POST /v1/redemptions {"user": "u2", "order_number": "o3", "coupons": ["$c3"], "cart": {$store,
    "lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000EUR}]}}
  201 {"discount": @900EUR}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"redeemed": 3, "discount": @1000, "orders": @5000, "other_currencies": [
    {"discount": @900EUR, "orders": @5000EUR}, {"discount": @1500JPY, "orders": @8000JPY}]}]}
  GET /v1/campaigns/$campaign/stats?by=sku
  200 {"goods": [{"value": "tea", "quantity": 3, "orders": @5000, "other_currencies": [
    {"orders": @5000EUR}, {"orders": @8000JPY}]}]}
  GET /v1/campaigns/$campaign/stats?by=day&from=2026-01-02
  200 {"counts": []}

# One order, two campaigns: euros are the currency of the one and listed by the other.
story an_order_belongs_to_campaigns_of_two_currencies
  use listed
  POST /v1/campaigns {"name": "Europe", "currency": "EUR", "limits": [],
    "budget": {"mode": "at_redeem", "total": @10000EUR},
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"}}
  201 {"id": "$europe"}
  POST /v1/campaigns/$europe/state {"state": "active"}
  200
  POST /v1/campaigns/$europe/templates {"name": "5 euros",
    "benefit": {"kind": "amount_off", "amount": @500EUR},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$five"}
  POST /v1/claims {"user": "u1", "template": "$five"}
  201 {"coupons": [{"id": "$other"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon", "$other"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @6000EUR}]}}
  201 {"discount": @1400EUR}
  GET /v1/campaigns/$europe/stats
  200 {"currency": "EUR", "budget": {"remaining": @9500EUR}, "counts": [{"discount": @500EUR,
    "orders": @6000EUR, "other_currencies": null}]}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"discount": @0, "other_currencies": [{"discount": @900EUR,
    "orders": @6000EUR}]}]}

story events_tell_the_currency_of_the_order
  use listed
  GET /v1/events?limit=1000
  200 {"cursor": "$begin"}
  let cart {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000EUR}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"], "cart": $cart}
  201 {"id": "$hold"}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption"}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @4100EUR}
  GET /v1/events?after=$begin
  200 {"events": ["any order",
    {"type": "coupon_held", "data": {"amount": @900EUR}},
    {"type": "coupon_redeemed", "data": {"amount": @900EUR}},
    {"type": "coupon_returned", "data": {"amount": @900EUR}},
    {"type": "order_returned", "data": {"amount": @4100EUR}}]}

# What has more than one use counts uses, which have no currency.
story a_coupon_of_several_uses_is_used_in_several_currencies
  let listed_more "uses": 3,
  use listed
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000EUR}]}}
  201 {"discount": @900EUR}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000}]}}
  201 {"id": "$redemption", "discount": @1000}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @4000}
  GET /v1/coupons/$coupon
  200 {"uses_left": 2}

story a_sellers_addition_in_another_currency
  use active
  POST /v1/campaigns/$campaign/templates {"name": "bonus",
    "benefit": {"kind": "add_on", "amount": [@500, @400EUR]},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$template"}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon"], "cart": {
    "lines": [{"sku": "tea", "seller": "s1", "quantity": 2, "unit_price": @5000EUR}]}}
  201 {"id": "$redemption", "coupons": [{"adds": @400EUR}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"adds": @200EUR}
  GET /v1/templates/$template/stats
  200 {"counts": [{"adds": @0, "other_currencies": [{"adds": @400EUR, "adds_returned": @200EUR}]}]}

# ---- by itself, chosen, found ----

story a_promotion_in_listed_currencies
  use active
  POST /v1/campaigns/$campaign/templates {"name": "all", "apply": "automatic",
    "benefit": {"kind": "amount_off", "amount": [@500, @400EUR]},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201 {"id": "$promotion"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1",
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000EUR}]}}
  201 {"discount": @400EUR, "coupons": [{"automatic": true, "template": "$promotion"}]}
  POST /v1/quotes {"user": "u1",
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000GBP}]}}
  200 {"discount": @0GBP, "coupons": [{"template": "$promotion", "reason": "currency_mismatch"}]}
  GET /v1/templates/$promotion/stats
  200 {"counts": [{"redeemed": 1, "other_currencies": [{"discount": @400EUR}]}]}
  GET /v1/events?limit=1000
  200 {"events": ["any order", "*", "*", "*", {"type": "promotion_redeemed",
    "data": {"amount": @400EUR}}]}

story the_best_of_a_wallet_in_euros
  use listed
  POST /v1/campaigns/$campaign/templates {"name": "dollars only",
    "benefit": {"kind": "amount_off", "amount": @4000},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$dollars"}
  POST /v1/claims {"user": "u1", "template": "$dollars"}
  201
  POST /v1/quotes {"user": "u1", "best": {},
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5000EUR}]}}
  200 {"discount": @900EUR, "best": {"proven": true, "coupons": ["$coupon"]}}

story what_is_found_by_a_price_in_its_currency
  let benefit {"kind": "percent_off", "percent": "10", "minimum_spend": [@0, @0EUR]}
  let more "scope": {"fact": "line.unit_price", "below": [@2000, @1500EUR]},
  use coupon
  POST /v1/search/templates {"scenario": "products",
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @1499EUR}]}}
  200 {"templates": [{"template": "$template"}]}
  POST /v1/search/templates {"scenario": "products",
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @1500EUR}]}}
  200 {"templates": []}
  POST /v1/search/coupons {"user": "u1",
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @1999}]}}
  200 {"coupons": [{"coupon": "$coupon", "discount": @200}]}

story what_is_found_for_a_cart_in_euros
  use listed
  POST /v1/campaigns/$campaign/templates {"name": "dollars only",
    "benefit": {"kind": "amount_off", "amount": @4000},
    "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$dollars"}
  POST /v1/search/templates {"user": "u1",
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4500EUR}]}}
  200 {"templates": [{"template": "$template", "discount": @900EUR,
    "benefit": {"amount": [@1000, @900EUR, @1500JPY, @3500KWD]}}]}
  POST /v1/search/templates {"user": "u1",
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4499EUR}]}}
  200 {"templates": []}
  POST /v1/search/templates {"user": "u1", "scenario": "products",
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @1EUR}]}}
  200 {"templates": [{"template": "$template"}]}
  POST /v1/search/coupons {"user": "u1",
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4500EUR}]}}
  200 {"coupons": [{"coupon": "$coupon", "discount": @900EUR}]}
  POST /v1/search/coupons {"user": "u1",
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @4500GBP}]}}
  200 {"coupons": []}
