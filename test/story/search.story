# Searches: the templates that can be claimed and the coupons that can be used, for a cart, for
# products, for a user (002-06, 002-09, 004-21).

story what_is_found_for_a_cart_is_what_a_quote_would_say
  use shop
  use tea
  POST /v1/search/templates {"user": "u1", "cart": $cart}
  200 {"templates": [{"template": "$template", "campaign": "$campaign", "version": 1,
    "name": "10 off 50", "discount": @1000, "left": null, "allowed": null, "adds": null,
    "benefit": {"kind": "amount_off", "amount": @1000, "minimum_spend": @5000},
    "validity": {"kind": "after_issue", "duration_days": 30}}], "next_page_token": null}
  POST /v1/search/templates {"cart": {"lines": [{"sku": "tea", "quantity": 1,
    "unit_price": @4999}]}}
  200 {"templates": []}

story a_page_of_products_fulfils_what_a_cart_still_may
  let more "scope": {"mode": "only", "skus": ["tea"]}, "conditions": {"all": [{"fact": "cart.store",
    "is": "north"}, {"fact": "cart.quantity", "at_least": 9}, {"fact": "user.tags",
    "has_any": ["gold"]}]},
  use shop
  POST /v1/search/templates {"scenario": "products", "cart": {"lines": [{"sku": "tea",
    "quantity": 1, "unit_price": @10}]}}
  200 {"templates": [{"template": "$template", "discount": null}]}
  POST /v1/search/templates {"scenario": "products", "cart": {"store": "north", "lines": [
    {"sku": "tea", "quantity": 1, "unit_price": @10}], "shopper": {"tags": ["gold"]}}}
  200 {"templates": [{"template": "$template"}]}
  # What is known refutes it.
  POST /v1/search/templates {"scenario": "products", "cart": {"store": "south", "lines": [
    {"sku": "tea", "quantity": 1, "unit_price": @10}]}}
  200 {"templates": []}
  POST /v1/search/templates {"scenario": "products", "cart": {"lines": [{"sku": "tea",
    "quantity": 1, "unit_price": @10}], "shopper": {"tags": []}}}
  200 {"templates": []}
  POST /v1/search/templates {"scenario": "products", "cart": {"lines": [{"sku": "cup",
    "quantity": 1, "unit_price": @10}]}}
  200 {"templates": []}
  # As a cart it is not there yet.
  POST /v1/search/templates {"cart": {"store": "north", "lines": [{"sku": "tea", "quantity": 1,
    "unit_price": @6000}], "shopper": {"tags": ["gold"]}}}
  200 {"templates": []}
  POST /v1/search/templates {"cart": {"store": "north", "lines": [{"sku": "tea", "quantity": 9,
    "unit_price": @6000}], "shopper": {"tags": ["gold"]}}}
  200 {"templates": [{"template": "$template", "discount": @1000}]}

story a_change_is_seen_at_once
  use shop
  use tea
  PATCH /v1/templates/$template if="v1" {"name": "Cups only",
    "scope": {"mode": "only", "skus": ["cup"]}}
  200 {"version": 2}
  POST /v1/search/templates {"cart": $cart}
  200 {"templates": []}
  POST /v1/search/templates {"cart": {"lines": [{"sku": "cup", "quantity": 1,
    "unit_price": @6000}]}}
  200 {"templates": [{"template": "$template", "version": 2, "name": "Cups only"}]}

story a_restart_forgets_nothing
  use shop
  use tea
  PATCH /v1/templates/$template if="v1" {"scope": {"mode": "only", "skus": ["cup"]}}
  200 {"version": 2}
  restart
  POST /v1/search/templates {"cart": $cart}
  200 {"templates": []}
  POST /v1/search/templates {}
  200 {"templates": [{"template": "$template", "version": 2, "discount": null}]}

story what_a_claim_would_be_refused_for_is_left_out
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  let more "stock": 2,
  use shop
  POST /v1/search/templates {"user": "u1"}
  200 {"templates": [{"template": "$template", "left": 2, "allowed": 1}]}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/search/templates {"user": "u1"}
  200 {"templates": []}
  POST /v1/search/templates {"user": "u2"}
  200 {"templates": [{"template": "$template", "left": 1, "allowed": 1}]}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201
  POST /v1/search/templates {"user": "u3"}
  200 {"templates": []}
  POST /v1/search/templates {}
  200 {"templates": []}

story only_running_campaigns_within_their_windows
  use campaign
  use template
  POST /v1/search/templates {}
  200 {"templates": []}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200
  POST /v1/search/templates {}
  200 {"templates": [{"template": "$template"}]}
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200
  POST /v1/search/templates {}
  200 {"templates": []}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200
  at 2026-06-01T00:00:00Z
  POST /v1/search/templates {}
  200 {"templates": []}

story the_budget_must_cover_a_coupon
  let budget "budget": {"mode": "at_issue", "total": @1500},
  use shop
  POST /v1/search/templates {"user": "u1"}
  200 {"templates": [{"template": "$template"}]}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/search/templates {"user": "u1"}
  200 {"templates": []}

story what_the_blacklist_bars_fits_nothing
  let minimum @0
  use new_york
  use shop
  use tea
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "blacklist": {"fact": "line.sku", "is": "tea"}}
  200
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  POST /v1/search/templates {"cart": $cart}
  200 {"templates": []}
  POST /v1/search/templates {"scenario": "products", "cart": $cart}
  200 {"templates": []}
  POST /v1/search/templates {"cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @9},
    {"sku": "cup", "quantity": 1, "unit_price": @9}]}}
  200 {"templates": [{"discount": @9}]}

story another_currency_and_another_merchant_find_nothing
  use shop
  POST /v1/search/templates {"cart": {"lines": [{"sku": "tea", "quantity": 2,
    "unit_price": @3000CNY}]}}
  200 {"templates": []}
  use new_york
  POST /v1/search/templates {}
  200 {"templates": []}

story pages_go_by_creation
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "Second", "benefit": {"kind": "amount_off",
    "amount": @1}, "validity": {"kind": "after_issue", "duration_days": 30}}
  201 {"id": "$second"}
  POST /v1/search/templates?page_size=1 {}
  200 {"templates": [{"template": "$template"}], "next_page_token": "$token"}
  POST /v1/search/templates?page_size=1&page_token=$token {}
  200 {"templates": [{"template": "$second"}], "next_page_token": null}

story coupons_of_a_user_that_can_be_used
  use coupon
  use tea
  POST /v1/search/coupons {"user": "u1", "cart": $cart}
  200 {"coupons": [{"coupon": "$coupon", "campaign": "$campaign", "template": "$template",
    "template_version": 1, "discount": @1000}], "next_page_token": null}
  POST /v1/search/coupons {"user": "u2", "cart": $cart}
  200 {"coupons": []}
  POST /v1/search/coupons {"user": "u1", "cart": {"lines": [{"sku": "tea", "quantity": 1,
    "unit_price": @4999}]}}
  200 {"coupons": []}
  POST /v1/search/coupons {"user": "u1", "scenario": "products", "cart": {"lines": [{"sku": "tea",
    "quantity": 1, "unit_price": @4999}]}}
  200 {"coupons": [{"coupon": "$coupon", "discount": null}]}
  POST /v1/search/coupons {"user": "u1"}
  200 {"coupons": [{"coupon": "$coupon"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201
  POST /v1/search/coupons {"user": "u1"}
  200 {"coupons": []}

story a_partly_used_coupon_is_found
  let more "uses": 2,
  use redeemed
  POST /v1/search/coupons {"user": "u1", "cart": $cart}
  200 {"coupons": [{"coupon": "$coupon", "discount": @1000}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201
  POST /v1/search/coupons {"user": "u1", "cart": $cart}
  200 {"coupons": []}

story a_bad_question_names_its_field
  use shop
  POST /v1/search/templates {"scenario": "page"}
  422 {"errors": [{"field": "scenario"}]}
  POST /v1/search/templates {"cart": {"lines": []}}
  422 {"errors": [{"field": "cart.lines"}]}
  POST /v1/search/templates {"cart": {"lines": [{"sku": "a", "quantity": 1, "unit_price": @1},
    {"sku": "b", "quantity": 1, "unit_price": {"amount": 1, "currency": "EUR"}}]}}
  422 {"errors": [{"field": "cart.lines[1].unit_price.currency"}]}
  POST /v1/search/coupons {}
  422 {"errors": [{"field": "user"}]}
  POST /v1/search/templates?page_token=abc {}
  400 {"code": "bad_page_token"}

# ---- by phone, e-mail address, device … ----

# The limits are those that a claim meets; whose they are does not matter.
story what_a_guest_can_claim_is_told_by_his_subjects
  let campaign_limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 3}]
  let limits [{"measure": "claims", "subject": "email", "period": "ever", "max": 2},
    {"measure": "claims", "subject": "user", "period": "ever", "max": 9}]
  use shop
  POST /v1/search/templates {"subjects": {"email": "Ann@example.com", "device": "d1"}}
  200 {"templates": [{"template": "$template", "allowed": 2, "missing_subject": null}]}
  POST /v1/search/templates {"subjects": {"device": "d1"}}
  200 {"templates": [{"allowed": 3, "missing_subject": "email"}]}
  POST /v1/search/templates {}
  200 {"templates": [{"allowed": null, "missing_subject": "device"}]}
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2,
    "subjects": {"email": "ann@EXAMPLE.com", "device": "d1"}}
  201
  POST /v1/search/templates {"subjects": {"email": "ann@example.com", "device": "d2"}}
  200 {"templates": []}
  POST /v1/search/templates {"subjects": {"email": "bob@example.com", "device": "d1"}}
  200 {"templates": [{"allowed": 1}]}
  POST /v1/search/templates {"user": "u2", "subjects": {"email": "ann@example.com"}}
  200 {"templates": []}
  POST /v1/search/templates {"user": "u1", "subjects": {"email": "bob@example.com", "device": "d2"}}
  200 {"templates": [{"allowed": 2}]}
  POST /v1/claims {"user": "u2", "template": "$template",
    "subjects": {"email": "bob@example.com", "device": "d1"}}
  201
  POST /v1/search/templates {"subjects": {"device": "d1"}}
  200 {"templates": []}
  POST /v1/search/templates {"subjects": {"email": "nobody"}}
  422 {"errors": [{"field": "subjects.email", "code": "bad_format"}]}

# Subjects alone are a guest's, with or without a cart; a user is known.
story a_guest_is_not_known_in_a_search_either
  let more "conditions": {"fact": "user.known", "is": true},
  use shop
  use tea
  POST /v1/search/templates {"subjects": {"device": "d1"}, "cart": $cart}
  200 {"templates": []}
  POST /v1/search/templates {"subjects": {"device": "d1"}, "scenario": "products", "cart": $cart}
  200 {"templates": []}
  POST /v1/search/templates {"subjects": {"device": "d1"}}
  200 {"templates": []}
  POST /v1/search/templates {"user": "u1", "subjects": {"device": "d1"}, "cart": $cart}
  200 {"templates": [{"template": "$template"}]}
  POST /v1/search/templates {"cart": $cart}
  200 {"templates": [{"template": "$template"}]}

story coupons_are_found_within_the_limits_of_his_subjects
  let limits [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 1}]
  use coupon
  use tea
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$other"}]}
  POST /v1/search/coupons {"user": "u1", "cart": $cart}
  200 {"coupons": [{"coupon": "$coupon", "missing_subject": "device"}]}
  POST /v1/search/coupons {"user": "u1", "cart": $cart, "subjects": {"device": "d1"}}
  200 {"coupons": [{"coupon": "$coupon", "missing_subject": null}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$other"],
    "subjects": {"device": "d1"}}
  201
  POST /v1/search/coupons {"user": "u1", "cart": $cart, "subjects": {"device": "d1"}}
  200 {"coupons": []}
  POST /v1/search/coupons {"user": "u1", "subjects": {"device": "d1"}}
  200 {"coupons": []}
  POST /v1/search/coupons {"user": "u1", "subjects": {"device": "d2"}}
  200 {"coupons": [{"coupon": "$coupon"}]}
