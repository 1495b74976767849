# Holds: TCC Try, Confirm, Cancel (001-26; DESIGN 5 Holds; WooCommerce #26002, #27673: one state
# machine for reserve, confirm and cancel).

story a_hold_shows_its_frozen_order
  use held
  GET /v1/holds/$hold
  200 {"id": "$hold", "user": "u1", "order_number": "o1", "state": "open",
    "created_at": "2026-01-01T00:00:00.000Z", "deadline": "2026-01-01T00:15:00.000Z",
    "subtotal": @6000, "discount": @1000, "total": @5000,
    "lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000, "discount": @1000,
      "total": @5000}],
    "coupons": [{"coupon": "$coupon", "campaign": "$campaign", "template": "$template",
      "template_version": 1, "discount": @1000, "shares": [{"line": 0, "discount": @1000}]}],
    "redemption": null}
  GET /v1/coupons/$coupon
  200 {"state": "held", "hold": "$hold", "revision": 2}

story a_hold_without_a_time_has_the_servers
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"deadline": "2026-01-01T00:15:00.000Z"}
  setting hold_default_ms 60000
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"deadline": "2026-01-01T00:01:00.000Z"}
  setting hold_default_ms 900000

story a_hold_is_confirmed
  use held
  +10m
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption", "hold": "$hold", "order_number": "o1", "user": "u1",
    "redeemed_at": "2026-01-01T00:10:00.000Z", "subtotal": @6000, "discount": @1000,
    "total": @5000, "refunded": @0, "return_count": 0}
  GET /v1/holds/$hold
  200 {"state": "redeemed", "redemption": "$redemption"}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "redemption": "$redemption", "hold": null, "revision": 3}

story a_hold_is_confirmed_only_if_it_is_the_order
  use held
  POST /v1/redemptions {"hold": "$hold", "user": "u2"}
  409 {"code": "wrong_user"}
  POST /v1/redemptions {"hold": "$hold", "order_number": "o2"}
  409 {"code": "amount_mismatch"}
  POST /v1/redemptions {"hold": "$hold", "discount": @999}
  409 {"code": "amount_mismatch"}
  POST /v1/redemptions {"hold": "$hold", "subtotal": @6001}
  409 {"code": "amount_mismatch"}
  POST /v1/redemptions {"hold": "$hold", "user": "u1", "order_number": "o1", "subtotal": @6000,
    "discount": @1000}
  201

story a_hold_is_released
  use held
  POST /v1/holds/$hold/release
  200 {"hold": "$hold", "state": "released"}
  GET /v1/holds/$hold
  200 {"state": "released"}
  GET /v1/coupons/$coupon
  200 {"state": "available", "hold": null, "revision": 3}
  POST /v1/holds/$hold/release
  200 {"state": "released"}
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_not_open"}

story a_redeemed_hold_is_not_released
  use held
  POST /v1/redemptions {"hold": "$hold"}
  201
  POST /v1/holds/$hold/release
  409 {"code": "hold_not_open"}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed"}

story the_deadline_releases
  use held
  +14m59s
  GET /v1/holds/$hold
  200 {"state": "open"}
  +1s
  GET /v1/holds/$hold
  200 {"state": "expired"}
  GET /v1/coupons/$coupon
  200 {"state": "available"}
  sweep
  GET /v1/holds/$hold
  200 {"state": "expired"}
  GET /v1/coupons/$coupon
  200 {"state": "available", "revision": 3}

story another_order_may_have_the_coupon_after_the_deadline
  use held
  +15m
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$second"}
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}
  POST /v1/redemptions {"hold": "$second"}
  201

# DESIGN 5: a redeem after the deadline succeeds only if a fresh hold would, at the same price.
story a_late_redeem_succeeds_while_a_fresh_hold_would
  use held
  +1h
  POST /v1/redemptions {"hold": "$hold"}
  201 {"discount": @1000, "order_number": "o1"}
  GET /v1/holds/$hold
  200 {"state": "redeemed"}

story a_late_redeem_succeeds_after_the_sweep_too
  use held
  +1h
  sweep
  POST /v1/redemptions {"hold": "$hold"}
  201 {"discount": @1000}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed"}

story a_late_redeem_of_an_expired_coupon_is_refused_and_kept
  use coupon
  use tea
  at 2026-01-30T23:50:00Z
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 300}
  201 {"id": "$hold"}
  at 2026-01-31T00:00:00Z
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}
  GET /v1/holds/$hold
  200 {"state": "expired"}

story a_late_redeem_at_another_price_is_refused
  use held
  +20m
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused",
    "benefit": {"kind": "amount_off", "amount": @900}}
  200
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}

story a_late_redeem_in_a_disabled_campaign_is_refused
  use held
  +20m
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}

story a_late_hold_that_was_released_stays_released
  use held
  +20m
  sweep
  POST /v1/holds/$hold/release
  200 {"state": "released"}
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_not_open"}

# A hold taken while valid confirms until its deadline, whatever has since happened.
story a_hold_confirms_after_its_coupon_expired
  use coupon
  use tea
  at 2026-01-30T23:59:59Z
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$hold"}
  at 2026-01-31T00:10:00Z
  sweep
  POST /v1/redemptions {"hold": "$hold"}
  201 {"discount": @1000}

story a_hold_confirms_after_pause_end_and_disabling
  use held
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/redemptions {"hold": "$hold"}
  201 {"discount": @1000}

story a_hold_confirms_after_the_use_window_closed
  let use_until 2026-06-01T00:00:00Z
  let validity {"kind": "after_issue", "duration_days": 300}
  use coupon
  use tea
  at 2026-05-31T23:59:00Z
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$hold"}
  at 2026-06-01T00:05:00Z
  POST /v1/redemptions {"hold": "$hold"}
  201

story a_release_is_never_stopped_by_a_state
  use held
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/holds/$hold/release
  200 {"state": "released"}

story a_coupon_released_after_its_end_is_expired
  use coupon
  use tea
  at 2026-01-30T23:59:00Z
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$hold"}
  at 2026-01-31T00:01:00Z
  GET /v1/coupons/$coupon
  200 {"state": "held"}
  POST /v1/holds/$hold/release
  200
  GET /v1/coupons/$coupon
  200 {"state": "expired"}

# 002-01: a changed order replaces its hold atomically.
story a_changed_order_replaces_its_hold
  use held
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 3, "unit_price": @3000}]}}
  201 {"id": "$second", "subtotal": @9000, "total": @8000}
  GET /v1/holds/$hold
  200 {"state": "replaced"}
  GET /v1/coupons/$coupon
  200 {"state": "held", "hold": "$second"}
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_not_open"}
  POST /v1/redemptions {"hold": "$second"}
  201 {"total": @8000}

story a_replacement_gives_back_what_it_does_not_use
  use held
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c2"]}
  201
  GET /v1/coupons/$coupon
  200 {"state": "available"}
  GET /v1/coupons/$c2
  200 {"state": "held"}

story a_replacement_that_is_refused_leaves_the_hold
  use held
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @3000}]}}
  409 {"code": "not_applicable"}
  GET /v1/holds/$hold
  200 {"state": "open"}
  POST /v1/redemptions {"hold": "$hold"}
  201

story one_coupon_two_orders
  use held
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}

story a_hold_needs_all_its_coupons
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$c1", "$c2"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @5500}]}}
  409 {"code": "not_applicable"}
  GET /v1/coupons/$c1
  200 {"state": "available", "revision": 1}

story several_coupons_are_held_and_released_together
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$c1", "$c2"], "cart": $cart}
  201 {"id": "$hold", "discount": @2000}
  GET /v1/users/u1/coupons?state=held
  200 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/holds/$hold/release
  200
  GET /v1/users/u1/coupons?state=available
  200 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}

# ---- refusals ----

story a_hold_of_anothers_coupon
  use coupon
  use tea
  POST /v1/holds {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "wrong_user"}

story a_hold_of_a_coupon_that_is_not_there
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["cpn_0000000000001"]}
  404 {"code": "not_found"}

story a_hold_too_early_and_too_late
  let validity {"kind": "after_issue", "delay_days": 1, "duration_days": 1}
  use coupon
  use tea
  POST /v1/holds key=early {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$coupon"]}
  409 {"code": "coupon_not_yet_valid"}
  +1d
  POST /v1/holds key=early {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$coupon"]}
  201 {"id": "$hold"}
  POST /v1/holds/$hold/release
  200
  +1d
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_expired"}

story a_campaign_before_its_use_window
  let use_from 2026-01-05T00:00:00Z
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_yet_valid"}
  at 2026-01-05T00:00:00Z
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201

story paused_and_ended_stop_issuing_only
  use coupon
  use tea
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$hold"}
  POST /v1/holds/$hold/release
  200
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201

story disabled_stops_new_holds_and_redemptions
  use coupon
  use tea
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "campaign_disabled"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "campaign_disabled"}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201

story every_problem_of_a_hold_is_told_at_once
  POST /v1/holds {"user": "u1", "order_number": "no spaces", "hold_seconds": 0, "coupons": ["x"],
    "cart": {"lines": []}, "note": ""}
  422 {"errors": ["any order", {"field": "order_number", "code": "bad_format"},
    {"field": "hold_seconds", "code": "out_of_range"},
    {"field": "coupons[0]", "code": "bad_format"}, {"field": "cart.lines", "code": "too_few"},
    {"field": "note", "code": "unknown_field"}]}

story a_hold_names_a_coupon_once
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart,
    "coupons": ["$coupon", "$coupon"]}
  422 {"errors": [{"field": "coupons[1]", "code": "duplicate"}]}

story a_hold_that_is_not_there
  GET /v1/holds/hld_0000000000001
  404 {"code": "not_found"}
  POST /v1/holds/hld_0000000000001/release
  404 {"code": "not_found"}
  POST /v1/redemptions {"hold": "hld_0000000000001"}
  404 {"code": "not_found"}

# Act time never goes back (DESIGN 5 Time): the time to redeem counts from it.
story a_clock_that_went_back_still_gives_time_to_redeem
  use shop
  use tea
  at 2026-01-10T12:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  -1h
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "hold_seconds": 900}
  201 {"id": "$hold", "deadline": "2026-01-10T12:15:00.000Z"}
  POST /v1/redemptions {"hold": "$hold"}
  201

story a_restart_under_a_clock_that_went_back_does_not_turn_time_back
  use shop
  at 2026-01-10T12:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  at 2026-01-09T12:00:00Z
  restart
  GET /v1/coupons/$coupon
  200 {"state": "available"}

# ---- what a hold past its deadline has taken, before the sweep has run (DESIGN 5 Time) ----

setup held_and_one_more
  use held
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}

# One redemption a user: open, the hold is that one; at its deadline it is none.
story a_hold_past_its_deadline_frees_the_users_limit
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}]
  use held_and_one_more
  +14m59s
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "limit_reached"}
  +1s
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201
  GET /v1/coupons/$coupon
  200 {"state": "available", "revision": 3}
  GET /v1/holds/$hold
  200 {"state": "expired"}
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}

story a_new_hold_has_what_one_past_its_deadline_had
  let campaign_limits [{"measure": "money", "subject": "user", "period": "day", "max": 1500},
    {"measure": "units", "subject": "user", "period": "rolling", "max": 3,
    "window_seconds": 3600}]
  use held_and_one_more
  +15m
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201 {"id": "$second"}
  POST /v1/holds {"user": "u1", "order_number": "o3", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "limit_reached"}
  sweep
  POST /v1/redemptions {"hold": "$second"}
  201

# What many users share comes back to the lane of the one who had it.
story a_hold_past_its_deadline_frees_what_it_had_of_a_shared_limit
  let limits [{"measure": "redemptions", "subject": "template", "period": "ever", "max": 1}]
  use held_and_one_more
  POST /v1/redemptions key=early {"user": "u1", "order_number": "o2", "cart": $cart,
    "coupons": ["$c2"]}
  409 {"code": "limit_reached"}
  +15m
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201

# Whoever had it: the sweep is nobody's reason to be refused.
story a_hold_past_its_deadline_frees_a_shared_limit_for_another_user
  let limits [{"measure": "redemptions", "subject": "template", "period": "ever", "max": 1}]
  use held
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  +14m59s
  POST /v1/redemptions key=early {"user": "u2", "order_number": "o2", "cart": $cart,
    "coupons": ["$c2"]}
  409 {"code": "limit_reached"}
  +1s
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"]}
  201
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}

# All of them are over: each gives back what the next one needs, and the last one is final.
story late_redeems_take_what_other_late_holds_had
  let campaign_limits [{"measure": "money", "subject": "campaign", "period": "ever", "max": 2000}]
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c1"}]}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/claims {"user": "u3", "template": "$template"}
  201 {"coupons": [{"id": "$c3"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"],
    "hold_seconds": 60}
  201 {"id": "$h1"}
  POST /v1/holds {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "hold_seconds": 60}
  201 {"id": "$h2"}
  +1m
  POST /v1/holds {"user": "u3", "order_number": "o3", "cart": $cart, "coupons": ["$c3"],
    "hold_seconds": 60}
  201 {"id": "$h3"}
  POST /v1/redemptions {"hold": "$h2"}
  201
  POST /v1/redemptions {"hold": "$h1"}
  409 {"code": "hold_expired", "detail": "A fresh hold would be refused: limit_reached."}
  POST /v1/redemptions {"hold": "$h3"}
  201

story a_late_redeem_may_need_what_another_late_hold_has
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}]
  use held
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  +15m
  sweep
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c2"],
    "hold_seconds": 60}
  201
  +1m
  POST /v1/redemptions {"hold": "$hold"}
  201 {"order_number": "o1"}
  GET /v1/coupons/$c2
  200 {"state": "available", "revision": 3}
