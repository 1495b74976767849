# Users who become one (DESIGN 4; 000-07): coupons and counts move once, and the old name answers.

setup merged
  use coupon
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move", "state": "asking", "user": "u1", "into": "u2"}
  eventually
  GET /v1/moves/$move
  200 {"id": "$move", "state": "done", "reason": "merge", "user": "u1", "into": "u2", "moved": 1, "waiting": 0}

story all_that_he_has_is_the_others
  use merged
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$theirs", "user": "u2", "state": "available"}]}
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$theirs", "user": "u2", "state": "available"}]}
  GET /v1/coupons/$coupon
  200 {"id": "$theirs", "user": "u2"}
  GET /v1/users/u1
  200 {"user": "u2", "was": ["u1"], "move": null}
  GET /v1/users/u2
  200 {"user": "u2", "was": ["u1"]}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"issued": 1, "users": 1}]}
  use tea
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$theirs"]}
  201 {"discount": @1000, "user": "u2"}

story the_old_name_and_the_old_id_do_for_the_new
  use merged
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": []}
  200
  POST /v1/redemptions key=k1 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"discount": @1000, "user": "u2"}
  keep first
  POST /v1/redemptions key=k1 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201
  same first
  POST /v1/claims key=k2 {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$new"}]}
  keep second
  POST /v1/claims key=k2 {"user": "u1", "template": "$template"}
  201
  same second
  GET /v1/coupons/$new
  200 {"user": "u2"}
  POST /v1/claims/batch {"claims": [{"user": "u1", "template": "$template"}, {"user": "u3", "template": "$template"}]}
  200 {"issued": 2}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"issued": 4, "users": 2}]}

# What was answered under the old name is answered so again.
story a_key_of_before_keeps_its_answer
  use shop
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  keep first
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201
  same first
  GET /v1/users/u2/coupons
  200 {"coupons": [{"state": "available"}]}

story limits_count_both_as_one
  let limits [{"measure": "claims", "subject": "user", "period": "day", "max": 3}]
  use coupon
  POST /v1/claims {"user": "u2", "template": "$template"}
  201
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 1}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  at 2026-01-02T00:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201

story what_refuses_a_merge
  use coupon
  POST /v1/users/u9/merge {"into": "u2"}
  404 {"code": "not_found"}
  POST /v1/users/u1/merge {"into": "u1"}
  422 {"code": "invalid", "errors": [{"field": "into", "code": "not_allowed"}]}
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move", "state": "done"}
  POST /v1/users/u1/merge {"into": "u3"}
  409 {"code": "user_merged", "detail": "u2"}
  POST /v1/users/u2/merge {"into": "u1"}
  202 {"id": "$back"}
  eventually
  GET /v1/moves/$back
  200 {"state": "refused", "refused_with": "user_merged", "user": "u2", "into": null}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201

# A number stays with a user who can be named: it does not go along.
story who_has_a_phone_is_not_merged
  use held
  PUT /v1/users/u1/phone key=b1 {"phone": "+8613800138000"}
  200 {"bound": true}
  POST /v1/users/u1/merge {"into": "u2"}
  422 {"code": "invalid", "errors": [{"field": "user", "code": "not_allowed", "detail": "a phone is bound to him: unbind it first"}]}
  GET /v1/users/u1
  200 {"user": "u1", "move": null}
  DELETE /v1/users/u1/phone
  200 {"bound": false}
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "moving", "waiting": 1}
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  409 {"code": "user_merging"}
  POST /v1/redemptions {"user": "u1", "phone": "+8613800138000", "order_number": "o9", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "user_merging"}
  PUT /v1/users/u1/phone key=b1 {"phone": "+8613800138000"}
  200 {"bound": true}
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201
  PUT /v1/users/u2/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  POST /v1/holds/$hold/release
  200
  at 2026-01-01T00:01:00Z
  sweep
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}
  GET /v1/users/u1/phone
  200 {"bound": true}
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move", "state": "done"}

# A name of a name is one hop.
story who_becomes_another_takes_his_names_along
  use merged
  POST /v1/users/u2/merge {"into": "u3"}
  202 {"id": "$second"}
  eventually
  GET /v1/moves/$second
  200 {"state": "done", "moved": 1}
  eventually
  GET /v1/moves/$move
  200 {"into": "u3"}
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$theirs", "user": "u3"}]}
  GET /v1/coupons/$coupon
  200 {"id": "$theirs"}
  GET /v1/users/u1
  200 {"user": "u3", "was": ["u1", "u2"]}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201

story who_is_the_third_already_is_told_by_which_move
  use tea
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$first"}
  eventually
  GET /v1/moves/$first
  200 {"state": "done", "into": "u2"}
  POST /v1/users/u2/merge {"into": "u3"}
  202 {"id": "$second"}
  eventually
  GET /v1/moves/$second
  200 {"state": "done"}
  eventually
  POST /v1/users/u1/merge {"into": "u3"}
  202 {"id": "$first", "state": "done"}
  POST /v1/users/u1/merge {"into": "u2"}
  409 {"code": "user_merged", "detail": "u3"}

# Two have claimed in the same millisecond. Of one the hour is over and counted no more; what comes of the other is, and
# it is there that his own is taken back.
story a_rolling_window_may_be_over_for_one_of_them
  let limits [{"measure": "claims", "subject": "user", "period": "rolling", "max": 2, "window_seconds": 3600}]
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$own"}]}
  at 2026-01-01T01:00:00Z
  POST /v1/claims {"user": "u2", "template": "$template"}
  201
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 1}
  POST /v1/coupons/$own/void {"reason": "issued_in_error"}
  200

# Who has become him before is the other's when he is, and not while he is becoming so.
story names_come_with_the_end_of_a_merge
  use held
  POST /v1/claims {"user": "u0", "template": "$template"}
  201 {"coupons": [{"id": "$ended"}]}
  POST /v1/coupons/$ended/void {"reason": "requested"}
  200
  POST /v1/users/u0/merge {"into": "u1"}
  202 {"id": "$first"}
  eventually
  GET /v1/moves/$first
  200 {"state": "done"}
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "moving", "waiting": 1}
  GET /v1/users/u2
  200 {"user": "u2", "was": []}
  GET /v1/users/u2/coupons
  200 {"coupons": []}
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$coupon"}, {"id": "$ended", "user": "u0"}]}
  POST /v1/redemptions {"hold": "$hold"}
  201
  at 2026-01-01T00:01:00Z
  sweep
  eventually
  GET /v1/users/u2
  200 {"user": "u2", "was": ["any order", "u0", "u1"]}
  GET /v1/users/u2/coupons
  200 {"coupons": ["any order", {"id": "$coupon"}, {"id": "$ended", "user": "u0"}]}

# A part of the order comes back, and with it money on a stored value that was used up: no use comes back.
story money_of_before_goes_along
  let benefit {"kind": "stored_value", "value": @5000}
  use mixed_order
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 0}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @1125, "restored": []}
  eventually
  GET /v1/coupons/$coupon
  200 {"id": "$theirs", "user": "u2", "state": "partly_used", "balance": @1875}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$theirs", "balance": @1875}]}

# What is held stays until its order has ended; meanwhile nothing new is done for him.
story a_merge_waits_for_what_an_order_holds
  use held
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "moving", "moved": 1, "waiting": 1, "ended_at": null}
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "user_merging"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "user_merging"}
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u3"}
  409
  POST /v1/users/u2/merge {"into": "u3"}
  409 {"code": "user_merging", "detail": "Another user is just becoming this one."}
  POST /v1/users/u1/merge {"into": "u3"}
  409 {"code": "user_merging", "detail": "He is moving to another one."}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201
  POST /v1/redemptions {"hold": "$hold"}
  201 {"user": "u1", "discount": @1000}
  at 2026-01-01T00:01:00Z
  sweep
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 1, "waiting": 0}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201

# Time goes on by less than the move waits for an answer, which may be on its way.
story a_hold_that_lapses_lets_its_coupon_go
  use held
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "moving", "moved": 0, "waiting": 1}
  at 2026-01-01T00:20:00Z
  sweep
  at 2026-01-01T00:20:10Z
  sweep
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 1}
  POST /v1/redemptions {"hold": "$hold"}
  409 {"code": "hold_expired"}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"state": "available"}]}

# Only what nobody is taking goes: an offer of his is cancelled.
story an_offer_of_his_ends
  let more "transfer": {"at_most": 1},
  use coupon
  POST /v1/offers {"coupon": "$coupon", "user": "u1", "to": "u3"}
  201 {"transfer": "$offer"}
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 1}
  GET /v1/transfers/$offer
  200 {"state": "cancelled"}
  GET /v1/coupons/$coupon
  200 {"id": "$theirs", "user": "u2", "state": "available"}
  POST /v1/transfers {"coupon": "$theirs", "user": "u2", "to": "u3"}
  201 {"coupon": "$last"}
  GET /v1/coupons/$coupon
  200 {"id": "$last", "user": "u3"}
  POST /v1/transfers {"coupon": "$last", "user": "u3", "to": "u4"}
  409 {"code": "not_transferable"}

# Money and uses go along; what all share has counted the coupon when it was issued.
story budget_stock_and_uses_go_along
  let budget "budget": {"mode": "at_issue", "total": @3000},
  let more "stock": 1, "uses": 3,
  use redeemed
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 1}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$theirs", "state": "partly_used", "uses_left": 2}]}
  POST /v1/claims {"user": "u3", "template": "$template"}
  409 {"code": "sold_out"}
  POST /v1/coupons/$theirs/void {"reason": "requested"}
  200
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @2000}}

# A void in error gives back what its first user was counted.
story what_was_counted_before_is_given_back
  let limits [{"measure": "claims", "subject": "user", "period": "day", "max": 1}]
  use coupon
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$theirs"}]}
  POST /v1/claims {"user": "u2", "template": "$template"}
  409 {"code": "limit_reached"}
  POST /v1/coupons/$theirs/void {"reason": "issued_in_error"}
  200
  POST /v1/claims {"user": "u2", "template": "$template"}
  201

# More coupons than one message takes.
story many_coupons_go_in_several_steps
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 100}
  201
  POST /v1/claims {"user": "u1", "template": "$template", "count": 17}
  201
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 117}

# ---- what was before ----

# An order of before brings its coupon back to who he is now, and what limits had counted.
story a_return_of_before_gives_back_to_who_he_is
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}]
  use redeemed
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 0}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$own"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$own"]}
  409 {"code": "limit_reached"}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  eventually
  GET /v1/coupons/$coupon
  200 {"user": "u2", "state": "available"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 1}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"user": "u2"}

story a_return_follows_over_two_merges
  use redeemed
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}
  POST /v1/users/u2/merge {"into": "u3"}
  202 {"id": "$second"}
  eventually
  GET /v1/moves/$second
  200 {"state": "done"}
  POST /v1/redemptions/$redemption/returns {}
  201
  eventually
  GET /v1/coupons/$coupon
  200 {"user": "u3", "state": "available"}

# An order number is one person's, by whatever name.
story an_order_of_before_is_not_redeemed_again
  use redeemed
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$own"}]}
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$own"]}
  409 {"code": "order_conflict"}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$own"], "hold_seconds": 60}
  409 {"code": "order_conflict"}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$own"]}
  201

story an_order_that_is_held_under_the_old_name
  use held
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$own"}]}
  eventually
  GET /v1/moves/$move
  200 {"state": "moving"}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$own"]}
  409 {"code": "user_merging", "detail": "The order is held under an earlier name."}
  POST /v1/holds/$hold/release
  200
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$own"]}
  201

story what_is_offered_to_the_old_name_the_new_one_may_take
  let more "transfer": {"at_most": 2},
  use coupon
  POST /v1/claims {"user": "u8", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$one"}, {"id": "$two"}, {"id": "$three"}]}
  POST /v1/offers {"coupon": "$three", "user": "u8", "to": "u1"}
  201 {"transfer": "$third"}
  POST /v1/offers {"coupon": "$one", "user": "u8", "to": "u1"}
  201 {"transfer": "$first"}
  POST /v1/offers {"coupon": "$two", "user": "u8", "to": "u1"}
  201 {"transfer": "$second"}
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}
  POST /v1/offers/accept {"transfer": "$first", "user": "u3"}
  404 {"code": "not_found"}
  POST /v1/offers/accept {"transfer": "$first", "user": "u2"}
  201 {"user": "u2"}
  POST /v1/offers/decline {"transfer": "$second", "user": "u2"}
  200 {"state": "declined"}
  POST /v1/offers/accept key=k1 {"transfer": "$third", "user": "u1"}
  201 {"transfer": "$third", "user": "u2"}
  keep accepted
  POST /v1/offers/accept key=k1 {"transfer": "$third", "user": "u1"}
  201
  same accepted
  GET /v1/transfers/$third
  200 {"state": "accepted", "to_user": "u2"}

# No other transfer, which was refused, is left of the old name.
story what_is_given_to_the_old_name_the_new_one_has
  let more "transfer": {"at_most": 2},
  use merged
  POST /v1/claims {"user": "u8", "template": "$template"}
  201 {"coupons": [{"id": "$gift"}]}
  POST /v1/transfers {"coupon": "$gift", "user": "u8", "to": "u1"}
  201 {"transfer": "$transfer", "user": "u2"}
  GET /v1/users/u8/transfers?direction=sent
  200 {"transfers": [{"id": "$transfer", "state": "accepted"}]}

# ---- repeats over two merges ----

# What was done under a name on the way is not done again under the next.
story a_repeat_goes_by_the_names_that_the_first_went_by
  use tea
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 2}
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  keep claim
  POST /v1/claims/batch key=k2 {"claims": [{"user": "u1", "template": "$template"}]}
  200 {"issued": 1}
  keep batch
  POST /v1/grants key=k3 {"template": "$template", "users": ["u1"]}
  200 {"granted": 1}
  keep grant
  POST /v1/redemptions key=k4 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"user": "u2"}
  keep redemption
  POST /v1/users/u2/merge {"into": "u3"}
  202 {"id": "$second"}
  eventually
  GET /v1/moves/$second
  200 {"state": "done", "moved": 4}
  POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
  201
  same claim
  POST /v1/claims/batch key=k2 {"claims": [{"user": "u1", "template": "$template"}]}
  200
  same batch
  POST /v1/grants key=k3 {"template": "$template", "users": ["u1"]}
  200
  same grant
  POST /v1/redemptions key=k4 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201
  same redemption
  POST /v1/claims key=k1 {"user": "u1", "template": "$template", "count": 2}
  422 {"code": "idempotency_mismatch"}
  GET /v1/users/u1/coupons?state=available
  200 {"coupons": [{"user": "u3"}, "*", "*", "*"]}

# A number leads to who its user is, by as many names as there are.
story a_repeat_by_a_number_goes_on_over_a_merge
  use tea
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  POST /v1/claims key=k1 {"phone": "+8613800138000", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  keep claim
  POST /v1/claims/batch key=k2 {"claims": [{"phone": "+8613800138000", "template": "$template"}]}
  200 {"issued": 1}
  keep batch
  POST /v1/redemptions key=k3 {"user": "u1", "phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"user": "u1"}
  keep redemption
  DELETE /v1/users/u1/phone
  200
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done", "moved": 2}
  POST /v1/users/u2/merge {"into": "u3"}
  202 {"id": "$second"}
  eventually
  GET /v1/moves/$second
  200 {"state": "done"}
  POST /v1/claims key=k1 {"phone": "+8613800138000", "template": "$template"}
  201
  same claim
  POST /v1/claims/batch key=k2 {"claims": [{"phone": "+8613800138000", "template": "$template"}]}
  200
  same batch
  POST /v1/redemptions key=k3 {"user": "u1", "phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201
  same redemption
  GET /v1/users/u3/phone
  200 {"bound": false}

# An order that named both under a name of before, and was done for who that was then.
story an_order_of_both_is_not_done_again_behind_a_merge
  use tea
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  POST /v1/redemptions key=k1 {"user": "u1", "phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"user": "u2"}
  keep first
  DELETE /v1/users/u2/phone
  200
  POST /v1/users/u2/merge {"into": "u3"}
  202 {"id": "$second"}
  eventually
  GET /v1/moves/$second
  200 {"state": "done"}
  POST /v1/redemptions key=k1 {"user": "u1", "phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201
  same first
  GET /v1/users/u3/phone
  200 {"bound": false}

# ---- history ----

# What u1 used stays his by its id and is in u2's list, page by page; what went along is there once.
story closed_coupons_are_in_the_new_list
  use shop
  use tea
  POST /v1/claims {"user": "u0", "template": "$template"}
  201 {"coupons": [{"id": "$oldest"}]}
  POST /v1/redemptions {"user": "u0", "order_number": "o0", "cart": $cart, "coupons": ["$oldest"]}
  201
  POST /v1/claims {"user": "u1", "items": [{"template": "$template", "count": 3}]}
  201 {"coupons": [{"id": "$used"}, {"id": "$voided"}, {"id": "$open"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$used"]}
  201
  POST /v1/coupons/$voided/void {"reason": "requested"}
  200
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$own"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o2", "cart": $cart, "coupons": ["$own"]}
  201
  POST /v1/users/u0/merge {"into": "u1"}
  202 {"id": "$first"}
  eventually
  GET /v1/moves/$first
  200 {"state": "done"}
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$second"}
  eventually
  GET /v1/moves/$second
  200 {"state": "done"}
  eventually
  GET /v1/users/u2/coupons
  200 {"coupons": [{"id": "$theirs", "user": "u2", "state": "available"}, {"id": "$own", "user": "u2", "state": "redeemed"},
    {"id": "$used", "user": "u1", "state": "redeemed"}, {"id": "$voided", "user": "u1", "state": "voided"},
    {"id": "$oldest", "user": "u0", "state": "redeemed"}], "next_page_token": null}
  GET /v1/coupons/$used
  200 {"id": "$used", "user": "u1", "state": "redeemed"}
  GET /v1/users/u1/coupons?state=voided
  200 {"coupons": [{"id": "$voided"}]}
  GET /v1/users/u2/coupons?state=available
  200 {"coupons": [{"id": "$theirs"}]}
  GET /v1/users/u2/coupons?state=transferred
  200 {"coupons": []}
  GET /v1/users/u2/coupons?page_size=2
  200 {"coupons": [{"id": "$theirs"}, {"id": "$own"}], "next_page_token": "$next"}
  GET /v1/users/u2/coupons?page_size=2&page_token=$next
  200 {"coupons": ["*", "*"], "next_page_token": "$last"}
  GET /v1/users/u2/coupons?page_size=2&page_token=$last
  200 {"coupons": ["*"], "next_page_token": null}
