# Transfers (DESIGN 1, 4, 5; 000-07, 000-21 … 000-24): a coupon goes from its user to another, and has
# exactly one owner at every moment.

setup gift
  default rule {"at_most": 3}
  let more "transfer": $rule,
  use coupon

# ---- directly ----

story a_coupon_goes_to_another_user
  use gift
  POST /v1/transfers key=k1 {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"transfer": "$transfer", "state": "accepted", "from_coupon": "$coupon", "coupon": "$theirs", "user": "u2"}
  keep first
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$coupon", "state": "transferred", "transfer": "$transfer"}]}
  GET /v1/users/u1/coupons?state=transferred
  200 {"coupons": [{"id": "$coupon"}]}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$theirs", "state": "available", "source": "claim", "received": "$transfer", "revision": 1,
    "transfer": null}]}
  GET /v1/coupons/$coupon
  200 {"id": "$theirs", "user": "u2", "state": "available"}
  GET /v1/transfers/$transfer
  200 {"id": "$transfer", "state": "accepted", "direct": true, "from_coupon": "$coupon", "from_user": "u1", "to_user": "u2",
    "coupon": "$theirs", "reason": null, "deadline": null}
  eventually
  GET /v1/events
  200 {"events": ["any order", {"type": "campaign_created"}, {"type": "campaign_changed"}, {"type": "template_created"},
    {"type": "coupon_issued"}, {"type": "coupon_offered"},
    {"type": "coupon_received"}, {"type": "coupon_transferred"}]}
  POST /v1/transfers key=k1 {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201
  same first
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$theirs"]}
  201 {"discount": @1000}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"issued": 1, "redeemed": 1, "users": 2}]}

# The old ids answer for ever, in one hop; the old code is nobody's any more.
story it_may_go_on_as_often_as_its_template_says
  use gift
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"coupon": "$second"}
  POST /v1/transfers {"coupon": "$second", "user": "u2", "to": "u3"}
  201 {"coupon": "$third"}
  POST /v1/transfers {"coupon": "$third", "user": "u3", "to": "u1"}
  201 {"coupon": "$fourth", "user": "u1"}
  GET /v1/coupons/$coupon
  200 {"id": "$fourth", "user": "u1"}
  GET /v1/coupons/$second
  200 {"id": "$fourth"}
  GET /v1/coupons/$third
  200 {"id": "$fourth"}
  POST /v1/transfers {"coupon": "$fourth", "user": "u1", "to": "u2"}
  409 {"code": "not_transferable", "detail": "It has been transferred as often as it may: 3."}
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$fourth", "state": "available"}, {"id": "$coupon", "state": "transferred"}]}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$second", "state": "transferred"}]}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"issued": 1, "users": 3}]}

story what_is_not_his_he_cannot_give
  use gift
  POST /v1/transfers {"coupon": "$coupon", "user": "u2", "to": "u3"}
  409 {"code": "wrong_user"}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u1"}
  422 {"code": "invalid", "errors": [{"field": "to", "code": "not_allowed", "detail": "the coupon is his already"}]}
  as other
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  404 {"code": "not_found"}
  as redeem
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  403
  as all
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u3"}
  409 {"code": "coupon_not_available", "detail": "The coupon is transferred."}
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  409 {"code": "coupon_not_available", "detail": "The coupon is transferred."}

story a_template_says_nothing_and_its_coupons_stay
  use coupon
  GET /v1/templates/$template
  200 {"transfer": null}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  409 {"code": "not_transferable", "detail": "Coupons of its template stay with their users."}
  PATCH /v1/templates/$template if="v1" {"transfer": {"at_most": 1}}
  200 {"transfer": {"at_most": 1, "until": null, "offer_seconds": 259200}}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  409 {"code": "not_transferable"}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$new"}]}
  POST /v1/transfers {"coupon": "$new", "user": "u1", "to": "u2"}
  201
  PATCH /v1/templates/$template if="v2" {"transfer": {"at_most": 0}, "reach": "all_unused"}
  200 {"transfer": null}
  PATCH /v1/templates/$template if="v3" {"transfer": {"at_most": 17}}
  422 {"code": "invalid", "errors": [{"field": "transfer.at_most", "code": "out_of_range"}]}
  PATCH /v1/templates/$template if="v3" {"transfer": {"at_most": 1, "offer_seconds": 59}}
  422 {"code": "invalid", "errors": [{"field": "transfer.offer_seconds", "code": "out_of_range"}]}

story until_when_it_may_go
  let rule {"at_most": 1, "until": "2026-01-05T00:00:00Z"}
  use gift
  at 2026-01-05T00:00:00Z
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  409 {"code": "not_transferable", "detail": "The time in which it could be is over."}

story what_is_used_held_or_over_stays
  use gift
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], "hold_seconds": 900}
  201 {"id": "$hold"}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  409 {"code": "coupon_not_available", "detail": "The coupon is held."}
  POST /v1/holds/$hold/release
  200
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"coupon": "$theirs"}
  POST /v1/holds {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$theirs"], "hold_seconds": 60}
  201 {"id": "$second"}
  at 2026-01-01T00:01:00Z
  POST /v1/transfers {"coupon": "$theirs", "user": "u2", "to": "u3"}
  201 {"coupon": "$last"}
  at 2026-02-01T00:00:00Z
  POST /v1/transfers {"coupon": "$last", "user": "u3", "to": "u1"}
  409 {"code": "coupon_expired"}
  GET /v1/coupons/$coupon
  200 {"id": "$last", "state": "expired"}

# A hold past its deadline gives way, and cannot be redeemed late by who has given the coupon away.
story a_late_order_does_not_get_it_back
  use gift
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], "hold_seconds": 60}
  201 {"id": "$hold"}
  at 2026-01-01T00:01:00Z
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}

# ---- limits ----

story the_receivers_limits_count_it_like_a_claim
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use gift
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$own"}]}
  POST /v1/transfers key=k1 {"coupon": "$coupon", "user": "u1", "to": "u2"}
  409 {"code": "limit_reached", "detail": "The limit of the template is 1 claims a user."}
  eventually
  GET /v1/coupons/$coupon
  200 {"id": "$coupon", "user": "u1", "state": "available", "revision": 3}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$own"}]}
  POST /v1/transfers key=k1 {"coupon": "$coupon", "user": "u1", "to": "u2"}
  409 {"code": "limit_reached"}
  GET /v1/coupons/$coupon
  200 {"revision": 3}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u3"}
  201 {"coupon": "$theirs"}
  POST /v1/claims {"user": "u3", "template": "$template"}
  409 {"code": "limit_reached"}
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  POST /v1/transfers {"coupon": "$theirs", "user": "u3", "to": "u1"}
  409 {"code": "limit_reached"}

# What all share has counted the coupon when it was issued.
story limits_that_all_share_do_not_count_it_again
  let limits [{"measure": "claims", "subject": "template", "period": "ever", "max": 1}]
  use gift
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"coupon": "$theirs"}
  POST /v1/claims {"user": "u3", "template": "$template"}
  409 {"code": "limit_reached"}
  POST /v1/coupons/$theirs/void {"reason": "issued_in_error"}
  200
  POST /v1/claims {"user": "u3", "template": "$template"}
  201

story by_device_it_counts_for_the_receiver
  let limits [{"measure": "claims", "subject": "device", "period": "ever", "max": 1}]
  let more "transfer": {"at_most": 2},
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"device": "d1"}}
  201 {"coupons": [{"id": "$coupon"}]}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  422 {"code": "limit_subject_missing", "errors": [{"field": "subjects.device", "code": "required"}]}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2", "subjects": {"device": "d1"}}
  409 {"code": "limit_reached"}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2", "subjects": {"device": "d2"}}
  201 {"coupon": "$theirs"}
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d2"}}
  409 {"code": "limit_reached"}
  POST /v1/coupons/$theirs/void {"reason": "issued_in_error"}
  200
  POST /v1/claims {"user": "u3", "template": "$template", "subjects": {"device": "d2"}}
  201

# ---- what goes along ----

story stock_goes_along
  let more "stock": 1, "transfer": {"at_most": 2},
  use coupon
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"coupon": "$theirs"}
  POST /v1/claims {"user": "u3", "template": "$template"}
  409 {"code": "sold_out"}
  POST /v1/coupons/$theirs/void {"reason": "issued_in_error"}
  200
  POST /v1/claims {"user": "u3", "template": "$template"}
  201
  POST /v1/claims {"user": "u4", "template": "$template"}
  409 {"code": "sold_out"}

story reserved_budget_goes_along
  let budget "budget": {"mode": "at_issue", "total": @1000},
  use gift
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"coupon": "$theirs"}
  POST /v1/claims {"user": "u3", "template": "$template"}
  409 {"code": "budget_exhausted"}
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @0}}
  use tea
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$theirs"]}
  201 {"id": "$redemption"}
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @0}}
  POST /v1/redemptions/$redemption/returns {}
  201
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @0}}
  POST /v1/transfers {"coupon": "$theirs", "user": "u2", "to": "u3"}
  201 {"coupon": "$last"}
  POST /v1/coupons/$last/void {"reason": "requested"}
  200
  POST /v1/claims {"user": "u4", "template": "$template"}
  201

story uses_that_are_left_go_along
  let more "uses": 3, "transfer": {"at_most": 2},
  use redeemed
  GET /v1/coupons/$coupon
  200 {"state": "partly_used", "uses_left": 2}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"coupon": "$theirs"}
  GET /v1/coupons/$theirs
  200 {"state": "partly_used", "uses_left": 2}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$theirs"]}
  201
  POST /v1/transfers {"coupon": "$theirs", "user": "u2", "to": "u3"}
  201 {"coupon": "$last"}
  GET /v1/coupons/$last
  200 {"uses_left": 1}
  POST /v1/redemptions {"user": "u3", "order_number": "o1", "cart": $cart, "coupons": ["$last"]}
  201
  GET /v1/coupons/$coupon
  200 {"id": "$last", "state": "redeemed", "uses_left": 0}

story an_order_that_holds_a_use_keeps_it_here
  let more "uses": 3, "transfer": {"at_most": 2},
  use held
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  409 {"code": "coupon_not_available", "detail": "An open order holds a use of the coupon."}

# What a return of the sender brings later is nobody's: the coupon is gone.
story what_returns_bring_later_stays_behind
  let budget "budget": {"mode": "at_issue", "total": @3000},
  let more "uses": 3, "transfer": {"at_most": 2},
  use redeemed
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"coupon": "$theirs"}
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @0}}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": []}
  GET /v1/coupons/$theirs
  200 {"uses_left": 2}
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @1000}}

story money_that_is_left_goes_along
  let benefit {"kind": "stored_value", "value": @5000}
  let more "transfer": {"at_most": 2},
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @3000}]}}
  201 {"discount": @3000}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"coupon": "$theirs"}
  GET /v1/coupons/$theirs
  200 {"state": "partly_used", "balance": @2000}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "coupons": ["$theirs"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @3000}]}}
  201 {"discount": @2000}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$theirs", "state": "redeemed"}]}

# ---- what its campaign and its template forbid ----

story a_disabled_campaign_keeps_its_coupons_where_they_are
  use gift
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  409 {"code": "campaign_disabled"}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201

story a_transfer_of_another_merchant_is_nobodys
  use gift
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"transfer": "$transfer"}
  as other
  GET /v1/transfers/$transfer
  404
  GET /v1/coupons/$coupon
  404

# ---- offers ----

story no_offer_stands_longer_than_its_template_says
  use gift
  POST /v1/offers {"coupon": "$coupon", "user": "u1", "to": "u2", "offer_seconds": 2592000}
  422 {"code": "invalid", "errors": [{"field": "offer_seconds", "code": "out_of_range"}]}
  GET /v1/coupons/$coupon
  200 {"state": "available"}

setup offered
  use gift
  POST /v1/offers key=o1 {"coupon": "$coupon", "user": "u1", "to": "u2", "offer_seconds": 3600}
  201 {"transfer": "$transfer", "state": "open", "from_coupon": "$coupon", "from_user": "u1", "to_user": "u2", "token": null,
    "deadline": "2026-01-01T01:00:00.000Z"}
  keep offer

setup linked
  use gift
  POST /v1/offers key=o1 {"coupon": "$coupon", "user": "u1"}
  201 {"transfer": "$transfer", "state": "open", "to_user": null, "token": "$token", "deadline": "2026-01-04T00:00:00.000Z"}
  keep offer

story an_offer_is_accepted_by_whom_it_is_for
  use offered
  GET /v1/coupons/$coupon
  200 {"id": "$coupon", "user": "u1", "state": "offered", "transfer": "$transfer"}
  GET /v1/users/u1/coupons?state=offered
  200 {"coupons": [{"id": "$coupon"}]}
  GET /v1/users/u2/coupons
  200 {"coupons": []}
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u3"}
  404 {"code": "not_found"}
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u1"}
  404 {"code": "not_found"}
  POST /v1/offers/accept key=a1 {"transfer": "$transfer", "user": "u2"}
  201 {"transfer": "$transfer", "state": "accepted", "from_coupon": "$coupon", "coupon": "$theirs", "user": "u2"}
  keep accepted
  POST /v1/offers/accept key=a1 {"transfer": "$transfer", "user": "u2"}
  201
  same accepted
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u2"}
  409 {"code": "transfer_not_open", "detail": "The transfer is accepted."}
  POST /v1/offers/decline {"transfer": "$transfer", "user": "u2"}
  409 {"code": "transfer_not_open"}
  POST /v1/offers/cancel {"transfer": "$transfer", "user": "u1"}
  409 {"code": "transfer_not_open"}
  GET /v1/transfers/$transfer
  200 {"state": "accepted", "direct": false, "to_user": "u2", "coupon": "$theirs"}
  POST /v1/offers key=o1 {"coupon": "$coupon", "user": "u1", "to": "u2", "offer_seconds": 3600}
  201
  same offer

story an_offer_is_declined_and_the_coupon_is_as_before
  use offered
  POST /v1/offers/decline {"transfer": "$transfer", "user": "u3"}
  404 {"code": "not_found"}
  POST /v1/offers/decline {"transfer": "$transfer", "user": "u2"}
  200 {"transfer": "$transfer", "state": "declined", "ended_at": "2026-01-01T00:00:00.000Z"}
  POST /v1/offers/decline {"transfer": "$transfer", "user": "u2"}
  200 {"state": "declined"}
  GET /v1/coupons/$coupon
  200 {"state": "available", "user": "u1", "transfer": null}
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u2"}
  409 {"code": "transfer_not_open", "detail": "The transfer is declined."}
  GET /v1/transfers/$transfer
  200 {"state": "declined", "coupon": null, "to_user": null}
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201

story its_sender_cancels_it
  use offered
  POST /v1/offers/cancel {"transfer": "$transfer", "user": "u2"}
  404 {"code": "not_found"}
  POST /v1/offers/cancel {"transfer": "$transfer", "user": "u1"}
  200 {"state": "cancelled"}
  POST /v1/offers/cancel {"transfer": "$transfer", "user": "u1"}
  200 {"state": "cancelled"}
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u2"}
  409 {"code": "transfer_not_open", "detail": "The transfer is cancelled."}
  POST /v1/offers {"coupon": "$coupon", "user": "u1", "to": "u3"}
  201

# Of whom nothing came the name is not kept, so whoever names it is told that it is over.
story whom_it_was_for_is_not_kept
  use offered
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u3"}
  404 {"code": "not_found"}
  GET /v1/transfers/$transfer
  200 {"state": "open", "from_user": "u1", "to_user": "u2"}
  POST /v1/offers/cancel {"transfer": "$transfer", "user": "u1"}
  200 {"state": "cancelled"}
  GET /v1/transfers/$transfer
  200 {"state": "cancelled", "from_user": "u1", "to_user": null}
  GET /v1/users/u1/transfers
  200 {"transfers": [{"id": "$transfer", "to_user": null}]}
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u3"}
  409 {"code": "transfer_not_open", "detail": "The transfer is cancelled."}
  POST /v1/offers/decline {"transfer": "$transfer", "user": "u3"}
  409 {"code": "transfer_not_open"}

# From the deadline on the coupon is its user's again, whether or not the sweep has come by.
story an_offer_ends_at_its_deadline
  use offered
  at 2026-01-01T00:59:59.999Z
  GET /v1/coupons/$coupon
  200 {"state": "offered"}
  at 2026-01-01T01:00:00Z
  GET /v1/coupons/$coupon
  200 {"state": "available", "transfer": null}
  GET /v1/users/u1/coupons?state=available
  200 {"coupons": [{"id": "$coupon"}]}
  GET /v1/transfers/$transfer
  200 {"state": "expired", "ended_at": "2026-01-01T01:00:00.000Z", "to_user": null}
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u2"}
  409 {"code": "transfer_not_open", "detail": "The transfer is expired."}
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u3"}
  409 {"code": "transfer_not_open", "detail": "The transfer is expired."}
  use tea
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201
  GET /v1/events
  200 {"events": ["any order", {"type": "campaign_created"}, {"type": "campaign_changed"}, {"type": "template_created"},
    {"type": "coupon_issued"}, {"type": "coupon_offered", "data": {"transfer": "$transfer", "user": "u1", "revision": 2}},
    {"type": "transfer_expired", "data": {"transfer": "$transfer"}}, {"type": "coupon_redeemed"}]}

story the_sweep_ends_it_too
  use offered
  at 2026-01-01T01:00:00Z
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "available", "revision": 3}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201

story an_offer_does_not_outlive_its_coupon
  let validity {"kind": "after_issue", "duration_days": 1}
  use gift
  POST /v1/offers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"transfer": "$transfer", "deadline": "2026-01-02T00:00:00.000Z"}
  at 2026-01-02T00:00:00Z
  GET /v1/coupons/$coupon
  200 {"state": "expired"}
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u2"}
  409 {"code": "transfer_not_open"}
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "expired"}
  GET /v1/transfers/$transfer
  200 {"state": "expired"}

story the_merchant_voids_what_is_offered
  use offered
  POST /v1/coupons/$coupon/void {"reason": "fraud"}
  200
  GET /v1/transfers/$transfer
  200 {"state": "cancelled"}
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u2"}
  409 {"code": "transfer_not_open"}

# ---- by a token ----

story whoever_has_the_token_may_accept
  use linked
  POST /v1/offers key=o1 {"coupon": "$coupon", "user": "u1"}
  201
  same offer
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u2"}
  404 {"code": "not_found"}
  POST /v1/offers/accept {"token": "trf_29fhfcr010305_00000000000000000000000000000000", "user": "u2"}
  404 {"code": "not_found"}
  POST /v1/offers/accept {"user": "u2"}
  422 {"errors": [{"field": "token", "code": "required"}]}
  POST /v1/offers/accept {"token": "$token", "transfer": "$transfer", "user": "u2"}
  422 {"errors": [{"field": "token", "code": "not_allowed"}]}
  POST /v1/offers/accept {"token": "$token", "user": "u1"}
  422 {"errors": [{"field": "user", "code": "not_allowed", "detail": "the coupon is his already"}]}
  POST /v1/offers/lookup {"token": "$token"}
  200 {"id": "$transfer", "state": "open", "from_user": "u1", "to_user": null}
  as other
  POST /v1/offers/accept {"token": "$token", "user": "u2"}
  404 {"code": "not_found"}
  as all
  POST /v1/offers/accept {"token": "$token", "user": "u2"}
  201 {"coupon": "$theirs"}
  POST /v1/offers/accept {"token": "$token", "user": "u3"}
  409 {"code": "transfer_not_open"}
  POST /v1/offers/decline {"token": "$token"}
  409 {"code": "transfer_not_open"}
  POST /v1/offers/lookup {"token": "$token"}
  200 {"state": "accepted", "to_user": "u2", "coupon": "$theirs"}

story whoever_has_the_token_may_decline
  use linked
  POST /v1/offers/decline {"transfer": "$transfer", "user": "u2"}
  404 {"code": "not_found"}
  POST /v1/offers/decline {"token": "$token", "user": "u2"}
  422 {"errors": [{"field": "user", "code": "not_allowed"}]}
  POST /v1/offers/decline {"token": "$token"}
  200 {"state": "declined"}
  GET /v1/coupons/$coupon
  200 {"state": "available"}

# To the one whom it is for, a limit says no for good; with a token another may take it yet.
story a_refusal_gives_it_back_with_the_reason
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use offered
  POST /v1/claims {"user": "u2", "template": "$template"}
  201
  POST /v1/offers/accept {"transfer": "$transfer", "user": "u2"}
  409 {"code": "limit_reached"}
  eventually
  GET /v1/transfers/$transfer
  200 {"state": "refused", "reason": "limit_reached", "detail": "The limit of the template is 1 claims a user.",
    "to_user": null}
  GET /v1/coupons/$coupon
  200 {"state": "available", "user": "u1"}

story a_refused_one_leaves_the_link_to_others
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use linked
  POST /v1/claims {"user": "u2", "template": "$template"}
  201
  POST /v1/offers/accept {"token": "$token", "user": "u2"}
  409 {"code": "limit_reached"}
  POST /v1/offers/accept {"token": "$token", "user": "u3"}
  201

# ---- customer service ----

story who_has_had_a_coupon_is_told_by_any_id_of_it
  use gift
  at 2026-01-02T00:00:00Z
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"transfer": "$transfer", "coupon": "$second"}
  at 2026-01-03T00:00:00Z
  POST /v1/transfers {"coupon": "$second", "user": "u2", "to": "u3"}
  201 {"transfer": "$onward", "coupon": "$third"}
  GET /v1/coupons/$coupon/owners
  200 {"coupon": "$third", "owners": [
    {"user": "u1", "coupon": "$coupon", "from": "2026-01-01T00:00:00.000Z", "until": "2026-01-02T00:00:00.000Z", "transfer": null},
    {"user": "u2", "coupon": "$second", "from": "2026-01-02T00:00:00.000Z", "until": "2026-01-03T00:00:00.000Z", "transfer": "$transfer"},
    {"user": "u3", "coupon": "$third", "from": "2026-01-03T00:00:00.000Z", "until": null, "transfer": "$onward"}]}
  keep owners
  GET /v1/coupons/$second/owners
  200
  same owners
  GET /v1/coupons/$third/owners
  200
  same owners
  as other
  GET /v1/coupons/$coupon/owners
  404
  as all
  GET /v1/users/u2/transfers
  200 {"transfers": [{"id": "$onward", "from_user": "u2", "to_user": "u3", "state": "accepted"}]}
  GET /v1/users/u2/transfers?direction=received
  200 {"transfers": [{"id": "$transfer", "from_user": "u1"}]}
  GET /v1/users/u3/transfers
  200 {"transfers": []}
  GET /v1/users/nobody/transfers
  200 {"transfers": []}

story transfers_are_listed_page_by_page
  let more "transfer": {"at_most": 1},
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$one"}, {"id": "$two"}, {"id": "$three"}]}
  POST /v1/transfers {"coupon": "$one", "user": "u1", "to": "u2"}
  201 {"transfer": "$first"}
  POST /v1/offers {"coupon": "$two", "user": "u1", "to": "u2"}
  201 {"transfer": "$second"}
  POST /v1/offers {"coupon": "$three", "user": "u1"}
  201 {"transfer": "$third"}
  GET /v1/users/u1/transfers?page_size=2
  200 {"transfers": [{"id": "$first", "state": "accepted"}, {"id": "$second", "state": "open"}], "next_page_token": "$page"}
  GET /v1/users/u1/transfers?page_size=2&page_token=$page
  200 {"transfers": [{"id": "$third", "state": "open", "to_user": null}], "next_page_token": null}
