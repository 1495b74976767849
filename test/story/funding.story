# Who pays for discounts (DESIGN 6). Acme, an advertiser, pays the first 3.00 of each use, of the
# rest the platform 60 % and the merchant 40 %, unless a story says more. 2 tea at 30.00 and a cup at
# 20.00: 10.00 off, 7.50 and 2.50.

setup funded
  default cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000},
    {"sku": "cup", "quantity": 1, "unit_price": @2000}]}
  default funding [{"party": "advertiser", "name": "Acme", "first": @300},
    {"party": "platform", "share": "60"}, {"party": "merchant", "share": "40"}]
  default also
  let more $also "funding": $funding,
  use coupon

setup paid
  use funded
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @1000}

story each_party_pays_its_part_of_each_line
  use funded
  GET /v1/templates/$template
  200 {"funding": [{"party": "advertiser", "name": "Acme", "first": @300, "share": null},
    {"party": "platform", "share": "60", "budget": null}, {"party": "merchant", "share": "40"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"funding": [{"party": "advertiser", "name": "Acme", "discount": @300},
      {"party": "platform", "discount": @420}, {"party": "merchant", "discount": @280}],
    "coupons": [{"funding": [
      {"party": "advertiser", "discount": @300,
        "shares": [{"line": 0, "discount": @225}, {"line": 1, "discount": @75}]},
      {"party": "platform", "discount": @420,
        "shares": [{"line": 0, "discount": @315}, {"line": 1, "discount": @105}]},
      {"party": "merchant", "discount": @280,
        "shares": [{"line": 0, "discount": @210}, {"line": 1, "discount": @70}]}]}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$hold", "funding": [{"discount": @300}, {"discount": @420}, {"discount": @280}],
    "coupons": [{"funding": [{"party": "advertiser", "returned": null}, {"party": "platform"},
      {"party": "merchant", "shares": [{"discount": @210}, {"discount": @70}]}]}]}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption", "funding": [
      {"party": "advertiser", "name": "Acme", "discount": @300, "returned": @0},
      {"party": "platform", "discount": @420}, {"party": "merchant", "discount": @280}],
    "coupons": [{"funding": [{"discount": @300}, {"discount": @420}, {"discount": @280}]}]}
  GET /v1/templates/$template/stats?by=party
  200 {"by": "party", "parties": [
    {"party": "platform", "discount": @420, "discount_returned": @0, "budget": null},
    {"party": "merchant", "discount": @280},
    {"party": "advertiser", "name": "Acme", "discount": @300}]}

# A tea has 3.75 of the 7.50: Acme 1.125, the platform 1.575, the merchant 1.05 of it.
story goods_that_come_back_give_back_to_each_party
  use paid
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"id": "$return", "refund": @2625, "funding": [
    {"party": "advertiser", "name": "Acme", "discount": @112}, {"party": "platform", "discount": @157},
    {"party": "merchant", "discount": @106}]}
  GET /v1/returns/$return
  200 {"funding": [{"discount": @112}, {"discount": @157}, {"discount": @106}]}
  GET /v1/redemptions/$redemption
  200 {"funding": [{"discount": @300, "returned": @112}, {"returned": @157}, {"returned": @106}],
    "coupons": [{"funding": [{"discount": @300, "returned": @112}, {}, {}]}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"refund": @1750, "funding": [{"discount": @75}, {"discount": @105}, {"discount": @70}]}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @2625, "funding": [{"discount": @113}, {"discount": @158}, {"discount": @104}]}
  GET /v1/campaigns/$campaign/stats?by=party
  200 {"parties": [{"party": "platform", "discount": @420, "discount_returned": @420},
    {"party": "merchant", "discount": @280, "discount_returned": @280},
    {"party": "advertiser", "name": "Acme", "discount": @300, "discount_returned": @300}]}

# 0.01 off each of three: the first 0.02 are Acme's, on the earlier lines. The cent of the third is
# the merchant's, and comes back to it.
story odd_cents_come_back_to_those_who_paid_them
  let benefit {"kind": "amount_off", "amount": @3}
  let funding [{"party": "advertiser", "name": "Acme", "first": @2}, {"party": "merchant", "share": "100"}]
  let cart {"lines": [{"sku": "a", "quantity": 1, "unit_price": @1000},
    {"sku": "b", "quantity": 1, "unit_price": @1000}, {"sku": "c", "quantity": 1, "unit_price": @1000}]}
  use funded
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "coupons": [{"funding": [
    {"discount": @2, "shares": [{"line": 0, "discount": @1}, {"line": 1, "discount": @1}]},
    {"discount": @1, "shares": [{"line": 2, "discount": @1}]}]}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 2, "quantity": 1}]}
  201 {"refund": @999, "funding": [{"party": "merchant", "discount": @1}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @999, "funding": [{"name": "Acme", "discount": @1}]}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @999, "funding": [{"name": "Acme", "discount": @1}]}

# One tea is kept: below 50.00 it has no discount, so with it all of the 10.00 comes back.
story what_a_refund_rule_takes_comes_back_to_all
  let refund_rule reprice
  use paid
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}, {"line": 1, "quantity": 1}]}
  201 {"refund": @4000, "funding": [{"discount": @300}, {"discount": @420}, {"discount": @280}]}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @3000, "funding": null}

# 10.00 by halves: the advertiser 2.00 at most, so the platform 5.50 with what it is spared.
story a_cap_falls_on_the_next_party
  let funding [{"party": "advertiser", "share": "50", "at_most": @200},
    {"party": "platform", "share": "25"}, {"party": "merchant", "share": "25"}]
  use paid
  GET /v1/redemptions/$redemption
  200 {"funding": [{"party": "advertiser", "discount": @200}, {"party": "platform", "discount": @550},
    {"party": "merchant", "discount": @250}]}

setup paid_101
  use funded
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @101}

# 1.01 by thirds is 33.667 cents each, but for the last 33.667: of what whole cents leave, the larger
# remainder has one first, then the earlier party.
story odd_cents_are_the_earlier_partys
  let funding [{"party": "partner", "name": "A", "share": "33.3333"},
    {"party": "partner", "name": "B", "share": "33.3333"},
    {"party": "partner", "name": "C", "share": "33.3334"}]
  let benefit {"kind": "amount_off", "amount": @101}
  use paid_101
  GET /v1/redemptions/$redemption
  200 {"funding": [{"name": "A", "discount": @34}, {"name": "B", "discount": @33},
    {"name": "C", "discount": @34}]}

story without_funding_nothing_is_told
  use mixed_order
  GET /v1/redemptions/$redemption
  200 {"funding": null, "coupons": [{"funding": null}]}
  GET /v1/templates/$template/stats?by=party
  200 {"parties": []}

story every_problem_of_a_funding_at_once
  use active
  POST /v1/campaigns/$campaign/templates {"name": "Shared", "benefit": {"kind": "amount_off", "amount": @1000},
    "validity": {"kind": "after_issue", "duration_days": 30},
    "funding": [{"party": "partner", "share": "10"}, {"party": "advertiser", "name": "Acme"},
      {"party": "advertiser", "name": "Acme", "first": @0, "at_most": @5},
      {"party": "merchant", "share": "30", "at_most": {"amount": 1, "currency": "EUR"}, "budget": @5}]}
  422 {"code": "invalid", "errors": [
    {"field": "funding[1].share", "code": "required"},
    {"field": "funding[2].first", "code": "out_of_range"},
    {"field": "funding[3].at_most.currency", "code": "not_allowed"},
    {"field": "funding[0].name", "code": "required"},
    {"field": "funding[2].party", "code": "duplicate"},
    {"field": "funding[3].at_most", "code": "not_allowed"},
    {"field": "funding[3].budget", "code": "not_allowed"}]}
  POST /v1/campaigns/$campaign/templates {"name": "Shared", "benefit": {"kind": "amount_off", "amount": @1000},
    "validity": {"kind": "after_issue", "duration_days": 30},
    "funding": [{"party": "platform", "share": "60"}, {"party": "merchant", "share": "39.9999"}]}
  422 {"errors": [{"field": "funding", "code": "out_of_range",
    "detail": "shares of 100 percent together: these are 99.9999"}]}
  POST /v1/campaigns/$campaign/templates {"name": "Shared", "benefit": {"kind": "add_on", "amount": @1000},
    "validity": {"kind": "after_issue", "duration_days": 30},
    "funding": [{"party": "merchant", "share": "100"}]}
  422 {"errors": [{"field": "funding", "code": "not_allowed"}]}

# A coupon keeps the funding of its version; what is not sent stays.
story an_edit_reaches_new_coupons
  use funded
  PATCH /v1/templates/$template if="v1" {"funding": [{"party": "advertiser", "name": "Acme", "share": "100"}]}
  200 {"funding": [{"party": "advertiser", "name": "Acme", "share": "100"}]}
  PATCH /v1/templates/$template if="v2" {"name": "Again"}
  200 {"funding": [{"party": "advertiser", "name": "Acme", "share": "100"}]}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"funding": [{"discount": @300}, {"party": "platform", "discount": @420}, {"discount": @280}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$second"]}
  201 {"funding": [{"party": "advertiser", "name": "Acme", "discount": @1000}]}
  PATCH /v1/templates/$template if="v3" {"funding": []}
  200 {"funding": null}
  GET /v1/templates/$template/stats?by=party
  200 {"parties": [{"party": "platform", "discount": @420}, {"party": "merchant", "discount": @280},
    {"party": "advertiser", "name": "Acme", "discount": @1300}]}

story events_tell_who_pays_and_who_gets_back
  use funded
  GET /v1/events
  200 {"cursor": "$c0"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption"}
  GET /v1/events?after=$c0
  200 {"cursor": "$c1", "events": [{"type": "coupon_redeemed", "data": {"amount": @1000, "funding": [
    {"party": "advertiser", "name": "Acme", "discount": @300},
    {"party": "platform", "discount": @420}, {"party": "merchant", "discount": @280}]}}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 1, "quantity": 1}]}
  201 {"id": "$return"}
  GET /v1/events?after=$c1
  200 {"events": [{"type": "order_returned", "data": {"return": "$return", "amount": @1750,
    "funding": [{"party": "advertiser", "name": "Acme", "discount": @75},
      {"party": "platform", "discount": @105}, {"party": "merchant", "discount": @70}]}}]}
  POST /v1/redemptions/$redemption/returns {}
  201
  GET /v1/events?after=$c0
  200 {"events": ["any order", {"type": "coupon_redeemed", "data": {"funding": [{"discount": @300}, {"discount": @420}, {"discount": @280}]}},
    {"type": "order_returned"}, {"type": "order_returned"}, {"type": "coupon_returned", "data": {"funding": null}}]}

# ---- budgets of parties

# Acme has 5.00 for the first 3.00 of each use: 3.00, 2.00, nothing. Nobody is refused.
story a_partys_budget_is_never_overspent
  let funding [{"party": "advertiser", "name": "Acme", "first": @300, "budget": @500},
    {"party": "merchant", "share": "100"}]
  use funded
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/claims {"user": "u3", "template": "$template"}
  201 {"coupons": [{"id": "$third"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "funding": [{"name": "Acme", "discount": @300}, {"party": "merchant", "discount": @700}]}
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$second"]}
  200 {"funding": [{"name": "Acme", "discount": @200}, {"party": "merchant", "discount": @800}]}
  POST /v1/holds {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$second"], "hold_seconds": 900}
  201 {"id": "$hold", "funding": [{"name": "Acme", "discount": @200}, {"party": "merchant", "discount": @800}]}
  GET /v1/templates/$template/stats?by=party
  200 {"parties": [{"party": "merchant", "discount": @700, "budget": null},
    {"name": "Acme", "discount": @300, "budget": {"total": @500, "remaining": @0}}]}
  POST /v1/holds {"user": "u3", "order_number": "o3", "cart": $cart, "coupons": ["$third"], "hold_seconds": 900}
  201 {"id": "$other", "funding": [{"party": "merchant", "discount": @1000}]}
  POST /v1/holds/$hold/release
  200
  POST /v1/holds/$other/release
  200
  POST /v1/redemptions {"user": "u3", "order_number": "o3", "cart": $cart, "coupons": ["$third"]}
  201 {"funding": [{"name": "Acme", "discount": @200}, {"party": "merchant", "discount": @800}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 2}]}
  201 {"funding": [{"name": "Acme", "discount": @225}, {"party": "merchant", "discount": @525}]}
  GET /v1/templates/$template/stats?by=party
  200 {"parties": [{"party": "merchant", "discount": @1500, "discount_returned": @525},
    {"name": "Acme", "discount": @500, "discount_returned": @225,
      "budget": {"total": @500}}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$second"]}
  201 {"funding": [{"name": "Acme", "discount": @225}, {"party": "merchant", "discount": @775}]}

# What a hold past its deadline had is there for the next one, before the sweep.
story a_lapsed_hold_gives_its_budget_back
  let funding [{"party": "advertiser", "share": "50", "budget": @500},
    {"party": "merchant", "share": "50"}]
  use funded
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], "hold_seconds": 60}
  201 {"funding": [{"party": "advertiser", "discount": @500}, {"party": "merchant", "discount": @500}]}
  GET /v1/templates/$template/stats?by=party
  200 {"parties": [{"party": "merchant"}, {"budget": {"total": @500, "remaining": @0}}]}
  +61s
  GET /v1/templates/$template/stats?by=party
  200 {"parties": [{"party": "merchant"}, {"budget": {"total": @500, "remaining": @500}}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$second"]}
  201 {"funding": [{"party": "advertiser", "discount": @500}, {"party": "merchant", "discount": @500}]}

# A quote splits as the hold that follows: with what the order's own hold has, and what is due.
story a_quote_counts_what_comes_back_to_parties
  let funding [{"party": "advertiser", "share": "50", "budget": @500},
    {"party": "merchant", "share": "50"}]
  use funded
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], "hold_seconds": 60}
  201 {"funding": [{"party": "advertiser", "discount": @500}, {"party": "merchant", "discount": @500}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "order_number": "o1"}
  200 {"funding": [{"party": "advertiser", "discount": @500}, {"party": "merchant", "discount": @500}]}
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$second"]}
  200 {"funding": [{"party": "merchant", "discount": @1000}]}
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$second"], "order_number": "o1"}
  200 {"funding": [{"party": "merchant", "discount": @1000}]}
  +60s
  POST /v1/quotes {"user": "u2", "cart": $cart, "coupons": ["$second"]}
  200 {"funding": [{"party": "advertiser", "discount": @500}, {"party": "merchant", "discount": @500}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "order_number": "o1"}
  200 {"funding": [{"party": "advertiser", "discount": @500}, {"party": "merchant", "discount": @500}]}
  POST /v1/holds {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$second"], "hold_seconds": 60}
  201 {"funding": [{"party": "advertiser", "discount": @500}, {"party": "merchant", "discount": @500}]}

# Past its deadline a hold that is confirmed is a fresh one: at its price, split by the budgets of now.
story a_late_confirmation_is_split_anew
  let funding [{"party": "advertiser", "share": "50", "budget": @500},
    {"party": "merchant", "share": "50"}]
  use funded
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], "hold_seconds": 60}
  201 {"id": "$hold", "funding": [{"party": "advertiser", "discount": @500}, {"party": "merchant", "discount": @500}]}
  +61s
  POST /v1/holds {"user": "u2", "order_number": "o1", "hold_seconds": 60, "coupons": ["$second"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @6000}]}}
  201 {"id": "$other", "funding": [{"party": "advertiser", "discount": @500}, {"party": "merchant", "discount": @500}]}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"discount": @1000, "funding": [{"party": "merchant", "discount": @1000}]}

# A changed order gives back what the hold before it had, and takes anew.
story a_changed_order_is_split_anew
  let funding [{"party": "advertiser", "share": "100", "budget": @1000}, {"party": "merchant", "share": "0"}]
  let benefit {"kind": "percent_off", "percent": "10"}
  use funded
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], "hold_seconds": 60}
  201 {"funding": [{"party": "advertiser", "discount": @800}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"], "hold_seconds": 60,
    "cart": {"lines": [{"sku": "tea", "quantity": 4, "unit_price": @3000}]}}
  201 {"id": "$hold", "funding": [{"party": "advertiser", "discount": @1000}, {"party": "merchant", "discount": @200}]}
  POST /v1/holds/$hold/release
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"funding": [{"party": "advertiser", "discount": @800}]}

# A hold keeps its split; a budget that an edit makes larger is there for the next, for old coupons,
# too, and one that is smaller than what is paid has nothing left.
story a_budget_follows_the_newest_version
  let funding [{"party": "advertiser", "share": "100", "budget": @400}, {"party": "merchant", "share": "0"}]
  use funded
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/claims {"user": "u3", "template": "$template"}
  201 {"coupons": [{"id": "$third"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], "hold_seconds": 900}
  201 {"id": "$hold", "funding": [{"party": "advertiser", "discount": @400}, {"party": "merchant", "discount": @600}]}
  PATCH /v1/templates/$template if="v1" {"funding": [{"party": "advertiser", "share": "100", "budget": @700},
    {"party": "merchant", "share": "0"}]}
  200
  POST /v1/redemptions {"hold": "$hold"}
  201 {"funding": [{"party": "advertiser", "discount": @400}, {"party": "merchant", "discount": @600}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$second"]}
  201 {"funding": [{"party": "advertiser", "discount": @300}, {"party": "merchant", "discount": @700}]}
  PATCH /v1/templates/$template if="v2" {"funding": [{"party": "advertiser", "share": "100", "budget": @200},
    {"party": "merchant", "share": "0"}]}
  200
  POST /v1/redemptions {"user": "u3", "order_number": "o3", "cart": $cart, "coupons": ["$third"]}
  201 {"funding": [{"party": "merchant", "discount": @1000}]}

# One that comes with an edit binds older coupons: the quote says so as the hold does.
story a_quote_goes_by_the_newest_budget
  let funding [{"party": "advertiser", "share": "100"}, {"party": "merchant", "share": "0"}]
  use funded
  PATCH /v1/templates/$template if="v1" {"funding": [{"party": "advertiser", "share": "100", "budget": @400},
    {"party": "merchant", "share": "0"}]}
  200
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"funding": [{"party": "advertiser", "discount": @400}, {"party": "merchant", "discount": @600}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], "hold_seconds": 900}
  201 {"funding": [{"party": "advertiser", "discount": @400}, {"party": "merchant", "discount": @600}]}

# A past party's last budget still binds coupons of its version.
story a_past_party_keeps_its_budget
  let funding [{"party": "advertiser", "share": "100", "budget": @400}, {"party": "merchant", "share": "0"}]
  use funded
  PATCH /v1/templates/$template if="v1" {"funding": []}
  200 {"funding": null}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"funding": [{"party": "advertiser", "discount": @400}, {"party": "merchant", "discount": @600}]}
  GET /v1/templates/$template/stats?by=party
  200 {"parties": [{"party": "merchant", "discount": @600},
    {"party": "advertiser", "discount": @400, "budget": {"total": @400, "remaining": @0}}]}

story a_draft_shows_who_would_pay
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "drafts": [{"template": {"name": "Shared",
    "benefit": {"kind": "percent_off", "percent": "10"}, "validity": {"kind": "after_issue", "duration_days": 30},
    "funding": [{"party": "advertiser", "first": @100, "budget": @50}, {"party": "platform", "share": "100"}]}}]}
  200 {"funding": [{"party": "advertiser", "discount": @100}, {"party": "platform", "discount": @500}]}

# Two coupons of different fundings: by party in all, by coupon apart. What adds by itself, too.
story an_order_of_several_coupons
  let funding [{"party": "platform", "share": "100"}]
  use funded
  POST /v1/campaigns/$campaign/templates {"name": "Tenth", "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"},
    "apply": "automatic", "funding": [{"party": "platform", "share": "50"}, {"party": "merchant", "share": "50"}]}
  201 {"id": "$tenth"}
  GET /v1/events?limit=1000
  200 {"cursor": "$c0"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @1800, "funding": [
      {"party": "platform", "discount": @1400}, {"party": "merchant", "discount": @400}],
    "coupons": [{"automatic": true, "discount": @800, "funding": [{"discount": @400}, {"discount": @400}]},
      {"coupon": "$coupon", "discount": @1000, "funding": [{"party": "platform", "discount": @1000}]}]}
  GET /v1/events?after=$c0
  200 {"events": ["any order",
    {"type": "promotion_redeemed", "data": {"template": "$tenth",
      "funding": [{"party": "platform", "discount": @400}, {"party": "merchant", "discount": @400}]}},
    {"type": "coupon_redeemed", "data": {"funding": [{"party": "platform", "discount": @1000}]}}]}
  POST /v1/redemptions/$redemption/returns {}
  201 {"funding": [{"party": "platform", "discount": @1400}, {"party": "merchant", "discount": @400}]}
  GET /v1/campaigns/$campaign/stats?by=party&page_size=1
  200 {"parties": [{"party": "platform", "discount": @1400, "discount_returned": @1400}], "next_page_token": "$next"}
  GET /v1/campaigns/$campaign/stats?by=party&page_size=1&page_token=$next
  200 {"parties": [{"party": "merchant", "discount": @400}], "next_page_token": null}

# 5.00 for two coupons of 10.00 each: the second finds what the first has left.
story two_coupons_share_a_budget
  let funding [{"party": "advertiser", "share": "40", "budget": @500}, {"party": "merchant", "share": "60"}]
  use funded
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon", "$second"]}
  200 {"funding": [{"party": "advertiser", "discount": @500}, {"party": "merchant", "discount": @1500}],
    "coupons": [{"funding": [{"discount": @400}, {"discount": @600}]},
      {"funding": [{"discount": @100}, {"discount": @900}]}]}
  GET /v1/events
  200 {"cursor": "$c0"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon", "$second"]}
  201 {"coupons": [{"funding": [{"discount": @400}, {"discount": @600}]},
      {"funding": [{"discount": @100}, {"discount": @900}]}]}
  GET /v1/events?after=$c0
  200 {"events": ["any order",
    {"subject": "$coupon", "data": {"funding": [{"discount": @400}, {"discount": @600}]}},
    {"subject": "$second", "data": {"funding": [{"discount": @100}, {"discount": @900}]}}]}

# Each tells its own part, also where nobody holds either.
story two_promotions_with_fundings_of_their_own
  let validity {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"}
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}
  let refund_rule keep
  let more "apply": "automatic", "funding": [{"party": "platform", "share": "100"}],
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "Tenth", "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": $validity, "apply": "automatic",
    "funding": [{"party": "advertiser", "share": "50"}, {"party": "platform", "share": "50"}]}
  201 {"id": "$tenth"}
  GET /v1/events
  200 {"cursor": "$c0"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"discount": @1500, "funding": [{"party": "platform", "discount": @1250}, {"party": "advertiser", "discount": @250}]}
  GET /v1/events?after=$c0
  200 {"events": ["any order",
    {"subject": "$template", "data": {"funding": [{"party": "platform", "discount": @1000}]}},
    {"subject": "$tenth", "data": {"funding": [{"party": "advertiser", "discount": @250}, {"party": "platform", "discount": @250}]}}]}

# The first answer again, as it was then.
story a_repeat_tells_what_was_told
  use funded
  POST /v1/redemptions key=k1 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "funding": [{"discount": @300, "returned": @0}, {}, {}]}
  POST /v1/redemptions/$redemption/returns {}
  201
  POST /v1/redemptions key=k1 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"funding": [{"discount": @300, "returned": @0}, {}, {}],
    "coupons": [{"funding": [{"returned": @0}, {}, {}]}]}
  GET /v1/redemptions/$redemption
  200 {"funding": [{"discount": @300, "returned": @300}, {}, {}]}

# Without a budget nothing is counted on it; what was taken from it before goes back to it all the
# same.
story a_budget_goes_and_comes
  let funding [{"party": "advertiser", "share": "100", "budget": @400}, {"party": "merchant", "share": "0"}]
  use funded
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/claims {"user": "u3", "template": "$template"}
  201 {"coupons": [{"id": "$third"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], "hold_seconds": 900}
  201 {"id": "$hold", "funding": [{"party": "advertiser", "discount": @400}, {"party": "merchant", "discount": @600}]}
  PATCH /v1/templates/$template if="v1" {"funding": [{"party": "advertiser", "share": "100"}, {"party": "merchant", "share": "0"}]}
  200 {"funding": [{"party": "advertiser", "budget": null}, {}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$second"]}
  201 {"id": "$redemption", "funding": [{"party": "advertiser", "discount": @1000}]}
  POST /v1/holds/$hold/release
  200
  PATCH /v1/templates/$template if="v2" {"funding": [{"party": "advertiser", "share": "100", "budget": @500},
    {"party": "merchant", "share": "0"}]}
  200
  POST /v1/redemptions/$redemption/returns {}
  201 {"funding": [{"party": "advertiser", "discount": @1000}]}
  POST /v1/redemptions {"user": "u3", "order_number": "o3", "cart": $cart, "coupons": ["$third"]}
  201 {"funding": [{"party": "advertiser", "discount": @500}, {"party": "merchant", "discount": @500}]}

# A coupon that is used several times: each use is split by itself, and comes back to those who paid.
story each_use_is_split_by_itself
  let also "uses": 2,
  use funded
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"funding": [{"discount": @300}, {"discount": @420}, {"discount": @280}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "funding": [{"discount": @300}, {"discount": @420}, {"discount": @280}]}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"], "funding": [{"discount": @300}, {"discount": @420}, {"discount": @280}]}
  GET /v1/templates/$template/stats?by=party&from=2026-01-01&to=2026-01-01
  200 {"parties": [{"discount": @840, "discount_returned": @420}, {"discount": @560}, {"discount": @600}]}
  GET /v1/templates/$template/stats?by=party&from=2026-01-02
  200 {"parties": [{"discount": @0, "discount_returned": @0}, {}, {}]}

# 1.00 by halves over 1.5 kg: 0.33, 0.33 and 0.34 come back with each third, to the first rounded down
# of what is back in all.
story what_is_weighed_comes_back_to_each_party
  let cart {"lines": [{"sku": "tea", "quantity": 1500, "unit_price": @4000, "weighed": true}]}
  let benefit {"kind": "amount_off", "amount": @100}
  let funding [{"party": "platform", "share": "50"}, {"party": "merchant", "share": "50"}]
  use funded
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @100}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 500}]}
  201 {"refund": @1967, "funding": [{"party": "platform", "discount": @16}, {"party": "merchant", "discount": @17}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 500}]}
  201 {"refund": @1967, "funding": [{"party": "platform", "discount": @17}, {"party": "merchant", "discount": @16}]}
  POST /v1/redemptions/$redemption/returns {}
  201 {"refund": @1966, "funding": [{"party": "platform", "discount": @17}, {"party": "merchant", "discount": @17}]}

# Money that goes back on the coupon goes back to those who paid it; used again, they pay again.
story a_stored_value_is_paid_by_parties
  let benefit {"kind": "stored_value", "value": @10000}
  let funding [{"party": "partner", "name": "Gift shop", "share": "75", "budget": @5000}, {"party": "merchant", "share": "25"}]
  use funded
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption", "discount": @8000, "total": @0,
    "funding": [{"name": "Gift shop", "discount": @5000}, {"party": "merchant", "discount": @3000}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @0, "funding": [{"name": "Gift shop", "discount": @1875}, {"party": "merchant", "discount": @1125}]}
  GET /v1/coupons/$coupon
  200 {"balance": @5000}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @3000}]}}
  201 {"discount": @3000, "funding": [{"name": "Gift shop", "discount": @1875}, {"party": "merchant", "discount": @1125}]}
