# Templates: what a coupon is; versions that never change; whom an edit reaches; stock by target.

story a_template_shows_its_defaults
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "5 off",
    "benefit": {"kind": "amount_off", "amount": @500},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$template", "campaign": "$campaign", "version": 1, "name": "5 off",
    "benefit": {"kind": "amount_off", "amount": @500, "minimum_spend": null},
    "scope": {"mode": "all", "skus": null}, "stock": null, "limits": [],
    "validity": {"kind": "after_issue", "duration_days": 7}, "refund_rule": "reprice",
    "grace_days": 0}
  header ETag "v1"
  GET /v1/campaigns/$campaign
  200 {"template_count": 1, "version": 1}

story a_percent_template_with_everything_reads_back
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "10 %",
    "benefit": {"kind": "percent_off", "percent": "10", "cap": @800, "minimum_spend": @2000},
    "scope": {"mode": "except", "skus": ["gift-card"], "categories": ["books", "tobacco"]},
    "validity": {"kind": "fixed", "from": "2026-02-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
    "stock": 1000, "refund_rule": "claw_back", "grace_days": 3, "limits": [
      {"measure": "redemptions", "subject": "user", "period": "rolling", "max": 2,
        "window_seconds": 86400}]}
  201 {"id": "$template"}
  GET /v1/templates/$template
  200 {"benefit": {"kind": "percent_off", "percent": "10", "cap": @800, "minimum_spend": @2000},
    "scope": {"mode": "except", "skus": ["gift-card"],
      "categories": ["books", "tobacco"]}, "stock": 1000, "refund_rule": "claw_back",
    "grace_days": 3, "limits": [{"measure": "redemptions", "subject": "user", "period": "rolling",
      "max": 2, "window_seconds": 86400}],
    "validity": {"kind": "fixed", "from": "2026-02-01T00:00:00.000Z",
      "until": "2026-03-01T00:00:00.000Z"}}

story templates_of_a_campaign_are_paged_in_order
  use campaign
  use template
  +1s
  POST /v1/campaigns/$campaign/templates {"name": "second",
    "benefit": {"kind": "amount_off", "amount": @500},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$second"}
  GET /v1/campaigns/$campaign/templates?page_size=1
  200 {"templates": [{"id": "$template"}], "next_page_token": "$page"}
  GET /v1/campaigns/$campaign/templates?page_size=1&page_token=$page
  200 {"templates": [{"id": "$second"}], "next_page_token": null}

story an_edit_makes_a_version_and_the_old_ones_stay_readable
  use shop
  PATCH /v1/templates/$template if="v1" {"name": "12 off 50",
    "benefit": {"kind": "amount_off", "amount": @1200, "minimum_spend": @5000}}
  200 {"version": 2, "name": "12 off 50", "benefit": {"minimum_spend": @5000}}
  header ETag "v2"
  GET /v1/templates/$template/versions
  200 {"versions": [
    {"version": 1, "reach": "new_only", "name": "10 off 50", "benefit": {"amount": @1000}},
    {"version": 2, "reach": "new_only", "name": "12 off 50", "benefit": {"amount": @1200}}]}
  GET /v1/templates/$template/versions?page_size=1
  200 {"versions": [{"version": 1}], "next_page_token": "$page"}
  GET /v1/templates/$template/versions?page_size=1&page_token=$page
  200 {"versions": [{"version": 2}], "next_page_token": null}

story an_edit_of_a_template_needs_its_version
  use shop
  PATCH /v1/templates/$template {"name": "x"}
  428 {"code": "precondition_required"}
  PATCH /v1/templates/$template if="v2" {"name": "x"}
  412 {"code": "version_mismatch"}

# DESIGN 5 Configuration: an edit reaches new coupons only, unless told otherwise.
story an_edit_for_new_coupons_leaves_the_old_ones_alone
  use coupon
  use tea
  PATCH /v1/templates/$template if="v1" {"benefit": {"kind": "amount_off", "amount": @2000}}
  200 {"version": 2}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$newer", "template_version": 2}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1000}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$newer"]}
  200 {"discount": @2000}
  GET /v1/coupons/$coupon
  200 {"template_version": 1}

story an_edit_for_all_unused_reaches_coupons_that_are_out
  use coupon
  use tea
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "benefit": {"kind": "amount_off", "amount": @2000}}
  200 {"version": 2}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @2000}
  GET /v1/coupons/$coupon
  200 {"template_version": 2}

story a_held_coupon_confirms_at_its_frozen_price_after_an_edit
  use held
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "benefit": {"kind": "amount_off", "amount": @2000}}
  200
  POST /v1/redemptions {"hold": "$hold"}
  201 {"discount": @1000, "total": @5000}

story an_edit_for_all_may_extend_what_coupons_have
  use coupon
  GET /v1/coupons/$coupon
  200 {"expires_at": "2026-01-31T00:00:00.000Z"}
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "validity": {"kind": "after_issue", "duration_days": 60}}
  200
  GET /v1/coupons/$coupon
  200 {"expires_at": "2026-03-02T00:00:00.000Z"}
  +40d
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "available"}

# Nothing depends on the sweep having run (DESIGN 5 Time): what has ended has ended.
story an_edit_for_all_revives_nothing_that_has_ended
  use coupon
  +30d
  GET /v1/coupons/$coupon
  200 {"state": "expired"}
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "validity": {"kind": "after_issue", "duration_days": 60}}
  200
  GET /v1/coupons/$coupon
  200 {"state": "expired", "expires_at": "2026-01-31T00:00:00.000Z"}
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "expired", "expires_at": "2026-01-31T00:00:00.000Z"}

# The campaign ends on 20 January, and so does what the edit gives. A campaign that grows later reaches
# no coupon, neither behind its end nor before; an edit of the template after it does, in time.
story a_longer_campaign_revives_nothing_that_has_ended
  let claim_until 2026-01-20T00:00:00Z
  let use_until 2026-01-20T00:00:00Z
  use coupon
  use tea
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "validity": {"kind": "after_issue", "duration_days": 60}}
  200 {"version": 2}
  at 2026-01-20T00:00:00Z
  GET /v1/coupons/$coupon
  200 {"state": "expired", "expires_at": "2026-01-20T00:00:00.000Z"}
  PATCH /v1/campaigns/$campaign if="v2" {
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-05-01T00:00:00Z"}}
  200 {"version": 3}
  GET /v1/coupons/$coupon
  200 {"state": "expired", "expires_at": "2026-01-20T00:00:00.000Z"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_expired"}
  PATCH /v1/templates/$template if="v2" {"reach": "all_unused",
    "validity": {"kind": "after_issue", "duration_days": 90}}
  200
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "expired", "expires_at": "2026-01-20T00:00:00.000Z"}

story a_longer_campaign_gives_time_with_the_next_edit
  let claim_until 2026-01-20T00:00:00Z
  let use_until 2026-01-20T00:00:00Z
  use coupon
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "validity": {"kind": "after_issue", "duration_days": 60}}
  200 {"version": 2}
  at 2026-01-19T23:00:00Z
  PATCH /v1/campaigns/$campaign if="v2" {
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-05-01T00:00:00Z"}}
  200 {"version": 3}
  GET /v1/coupons/$coupon
  200 {"state": "available", "expires_at": "2026-01-20T00:00:00.000Z"}
  PATCH /v1/templates/$template if="v2" {"reach": "all_unused", "name": "60 days"}
  200
  GET /v1/coupons/$coupon
  200 {"state": "available", "expires_at": "2026-03-02T00:00:00.000Z"}
  at 2026-01-21T00:00:00Z
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "available"}

story an_edit_for_all_may_not_shorten_what_coupons_have
  use coupon
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "validity": {"kind": "after_issue", "duration_days": 29}}
  409 {"code": "not_editable", "errors": [{"field": "validity", "code": "not_editable"}]}
  PATCH /v1/templates/$template if="v1" {"validity": {"kind": "after_issue", "duration_days": 29}}
  200

story an_edit_for_all_may_not_cost_more_than_was_reserved
  let budget "budget": {"mode": "at_issue", "total": @100000},
  use coupon
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "benefit": {"kind": "amount_off", "amount": @1001}}
  409 {"code": "not_editable", "errors": [{"field": "benefit", "code": "not_editable"}]}
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "benefit": {"kind": "amount_off", "amount": @999}}
  200

story the_kind_of_benefit_never_changes
  use shop
  PATCH /v1/templates/$template if="v1" {
    "benefit": {"kind": "percent_off", "percent": "10", "cap": @1000}}
  409 {"code": "not_editable", "errors": [{"field": "benefit.kind", "code": "not_editable"}]}

story a_price_in_another_currency_is_refused
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "5 off",
    "benefit": {"kind": "amount_off", "amount": @500CNY, "minimum_spend": @900EUR},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": ["any order", {"field": "benefit.amount.currency", "code": "not_allowed"},
    {"field": "benefit.minimum_spend.currency", "code": "not_allowed"}]}

story a_cap_in_another_currency_is_refused
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "5 %",
    "benefit": {"kind": "percent_off", "percent": "5", "cap": @500CNY},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": [{"field": "benefit.cap.currency", "code": "not_allowed"}]}

# ---- stock: from the number that was seen to the one that is wanted ----

story stock_is_changed_from_what_was_seen
  let more "stock": 10,
  use shop
  POST /v1/templates/$template/stock {"current": 9, "target": 20}
  409 {"code": "current_value_mismatch"}
  POST /v1/templates/$template/stock {"current": 10, "target": 20}
  200 {"stock": 20, "version": 1}
  POST /v1/templates/$template/stock {"current": 10, "target": 30}
  409 {"code": "current_value_mismatch"}
  GET /v1/templates/$template
  200 {"stock": 20}

story more_stock_is_issued_at_once
  let more "stock": 1,
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/claims {"user": "u2", "template": "$template"}
  409 {"code": "sold_out"}
  POST /v1/templates/$template/stock {"current": 1, "target": 3}
  200 {"stock": 3}
  repeat 2
  POST /v1/claims {"user": "v$i", "template": "$template"}
  201
  POST /v1/claims {"user": "u3", "template": "$template"}
  409 {"code": "sold_out"}

story what_is_issued_cannot_be_taken_away
  let more "stock": 10,
  use shop
  repeat 4
  POST /v1/claims {"user": "u$i", "template": "$template"}
  201
  POST /v1/templates/$template/stock {"current": 10, "target": 3}
  409 {"code": "not_editable"}
  POST /v1/templates/$template/stock {"current": 10, "target": 4}
  200 {"stock": 4}
  POST /v1/claims {"user": "u9", "template": "$template"}
  409 {"code": "sold_out"}
  GET /v1/templates/$template/stats
  200 {"stock": {"total": 4, "remaining": 0}}

# ---- rules ----

story an_empty_template_lists_all_that_it_needs
  use campaign
  POST /v1/campaigns/$campaign/templates {}
  422 {"code": "invalid", "errors": ["any order", {"field": "name", "code": "required"},
    {"field": "benefit", "code": "required"}, {"field": "validity", "code": "required"}]}

story every_problem_of_a_template_is_told_at_once
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "percent_off", "percent": "100.01", "amount": @5,
      "minimum_spend": {"amount": "5", "currency": "USD"}},
    "scope": {"mode": "most", "skus": [""], "brands": []},
    "validity": {"kind": "after_issue", "duration_days": 0, "delay_days": 3661},
    "stock": -1, "refund_rule": "all", "grace_days": 367}
  422 {"errors": ["any order",
    {"field": "benefit.percent", "code": "out_of_range"},
    {"field": "benefit.amount", "code": "unknown_field"},
    {"field": "benefit.minimum_spend.amount", "code": "wrong_type"},
    {"field": "scope.mode", "code": "not_allowed"},
    {"field": "scope.skus[0]", "code": "too_short"},
    {"field": "scope.brands", "code": "unknown_field"},
    {"field": "validity.duration_days", "code": "out_of_range"},
    {"field": "validity.delay_days", "code": "out_of_range"},
    {"field": "stock", "code": "out_of_range"},
    {"field": "refund_rule", "code": "not_allowed"},
    {"field": "grace_days", "code": "out_of_range"}]}

story a_benefit_of_no_known_kind_is_refused
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x", "benefit": {"kind": "magic"},
    "validity": {"kind": "soon"}}
  422 {"errors": ["any order", {"field": "benefit.kind", "code": "not_allowed"},
    {"field": "validity.kind", "code": "not_allowed"}]}

story nothing_off_is_no_benefit
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": @0},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": [{"field": "benefit.amount", "code": "out_of_range"}]}

story a_list_of_goods_must_not_be_empty_or_beside_all
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x", "scope": {"mode": "only"},
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": [{"field": "scope", "code": "required"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "scope": {"mode": "except"},
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": [{"field": "scope", "code": "required"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x", "scope": {"mode": "all", "skus": ["a"]},
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": [{"field": "scope", "code": "not_allowed"}]}

story goods_are_listed_once
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "scope": {"mode": "only", "skus": ["a", "b", "a"], "categories": ["a"]},
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": [{"field": "scope.skus[2]", "code": "duplicate"}]}

story a_fixed_validity_must_meet_the_use_window
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "fixed", "from": "2026-07-01T00:00:00Z", "until": "2026-08-01T00:00:00Z"}}
  422 {"errors": [{"field": "validity", "code": "out_of_range"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "fixed", "from": "2026-05-02T00:00:00Z", "until": "2026-05-01T00:00:00Z"}}
  422 {"errors": [{"field": "validity.until", "code": "out_of_range"}]}

# DESIGN 5: an uncapped percent is refused when the budget is reserved at issue.
story an_uncapped_percent_cannot_reserve_a_budget
  let budget "budget": {"mode": "at_issue", "total": @100000},
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"errors": [{"field": "benefit.cap", "code": "required"}]}
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "percent_off", "percent": "10", "cap": @1},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201

story an_uncapped_percent_is_fine_where_the_budget_is_taken_at_redeem
  let budget "budget": {"mode": "at_redeem", "total": @100000},
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201

story beside_a_budget_amounts_are_in_its_currency
  let budget "budget": {"mode": "at_redeem", "total": @100000},
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": [@1000, @900EUR]},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"code": "invalid", "errors": [{"field": "benefit", "code": "not_allowed"}]}
  GET /v1/campaigns/$campaign
  200 {"template_count": 0}
  use template
  PATCH /v1/templates/$template if="v1" {"benefit": {"kind": "amount_off", "amount": [@1000, @900EUR]}}
  422 {"errors": [{"field": "benefit", "code": "not_allowed"}]}
  GET /v1/templates/$template
  200 {"version": 1, "benefit": {"amount": @1000}}

# 5,000,000,000,000.01 twice is more than the 10,000,000,000,000.00 that can be reckoned with.
story what_a_coupon_reserves_at_issue_can_be_reckoned
  let budget "budget": {"mode": "at_issue", "total": @1000000000000000},
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x", "uses": 2,
    "benefit": {"kind": "amount_off", "amount": @500000000000001},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  422 {"code": "invalid", "errors": [{"field": "uses", "code": "out_of_range"}]}
  GET /v1/campaigns/$campaign
  200 {"template_count": 0}
  POST /v1/campaigns/$campaign/templates {"name": "x", "uses": 2,
    "benefit": {"kind": "amount_off", "amount": @500000000000000},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201

story limits_of_a_template_are_by_user_store_or_template
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 7},
    "limits": [{"measure": "claims", "subject": "campaign", "period": "day", "max": 1}]}
  422 {"errors": [{"field": "limits[0].subject", "code": "not_allowed"}]}

story an_ended_campaign_takes_no_templates
  use active
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  409 {"code": "campaign_not_active"}

story seventeen_limits_are_too_many
  use campaign
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 7},
    "limits": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}
  422 {"errors": [{"field": "limits", "code": "too_many"}]}

story stock_may_become_limited_and_unlimited_again
  use shop
  repeat 3
  POST /v1/claims {"user": "u$i", "template": "$template"}
  201
  POST /v1/templates/$template/stock {"current": -1, "target": 5}
  200 {"stock": 5}
  GET /v1/templates/$template/stats
  200 {"stock": {"total": 5}}
  POST /v1/templates/$template/stock {"current": 5, "target": -1}
  200 {"stock": null}
  POST /v1/claims {"user": "u9", "template": "$template", "count": 50}
  201
