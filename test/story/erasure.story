# A user is forgotten: his name is in no answer, what he did stays counted, and the name is free.

setup erased
  POST /v1/users/u1/erase {"reference": "ticket 7"}
  202 {"id": "$erasure", "state": "open"}
  eventually
  GET /v1/erasures/$erasure
  200 {"id": "$erasure", "state": "done", "reference": "ticket 7"}

story what_he_could_use_is_voided_and_what_he_did_stays
  let budget "budget": {"mode": "at_issue", "total": @5000},
  let more "stock": 3,
  use redeemed
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$open"}]}
  use erased
  GET /v1/erasures/$erasure
  200 {"voided": 1, "waiting": 0, "names": 1}
  GET /v1/users/u1
  404 {"code": "not_found"}
  GET /v1/users/u1/coupons
  200 {"coupons": []}
  GET /v1/coupons/$open
  200 {"state": "voided", "erased": true, "user": null}
  GET /v1/coupons/$coupon
  200 {"state": "redeemed", "erased": true, "user": null}
  GET /v1/redemptions/$redemption
  200 {"discount": @1000, "order_number": "o1", "erased": true, "user": null}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"issued": 2, "redeemed": 1, "voided": 1, "users": 1}], "budget": {"remaining": @4000}}
  POST /v1/claims {"user": "u2", "template": "$template", "count": 2}
  409 {"code": "sold_out"}
  POST /v1/users/u1/erase {}
  202 {"id": "$again", "known": false}
  eventually
  GET /v1/erasures/$again
  200 {"state": "done", "known": false, "voided": 0}
  GET /v1/events
  200 {"events": ["any order", {"type": "user_erased", "subject": "$erasure", "data": {"erasure": "$erasure", "erased": true}},
    {"type": "user_erased", "data": {"erasure": "$again", "erased": true, "user": null}},
    {"type": "coupon_voided", "data": {"coupon": "$open", "erased": true, "user": null}},
    {"type": "coupon_redeemed", "data": {"coupon": "$coupon", "erased": true, "user": null}},
    {"type": "coupon_issued"}, {"type": "coupon_issued"}, {"type": "campaign_created"},
    {"type": "campaign_changed"}, {"type": "template_created"}]}

# Limits by user begin anew, and an order number of the first is his own.
story the_name_is_somebody_new
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use redeemed
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  use erased
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$new"}]}
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$new", "user": "u1", "state": "available"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$new"]}
  201 {"user": "u1", "discount": @1000}
  GET /v1/campaigns/$campaign/stats
  200 {"counts": [{"issued": 2, "redeemed": 2, "users": 2}]}
  GET /v1/redemptions/$redemption
  200 {"erased": true}
  POST /v1/users/u1/erase key=second {}
  202 {"id": "$again"}
  keep first
  POST /v1/users/u1/erase key=second {}
  202
  same first
  eventually
  GET /v1/erasures/$again
  200 {"state": "done", "reference": null}

# Who pays just now does so: the hold is good by its id, and the erasure waits for it.
story an_open_order_ends_as_it_would
  use held
  POST /v1/users/u1/erase {}
  202 {"id": "$erasure"}
  eventually
  GET /v1/erasures/$erasure
  200 {"state": "open", "waiting": 1, "ended_at": null}
  GET /v1/holds/$hold
  200 {"erased": true, "user": null}
  POST /v1/redemptions {"hold": "$hold", "user": "u1", "order_number": "o1"}
  201 {"discount": @1000, "erased": true, "user": null}
  at 2026-01-01T00:01:00Z
  sweep
  eventually
  GET /v1/erasures/$erasure
  200 {"state": "done", "voided": 0, "waiting": 0}

story a_hold_that_lapses_leaves_nothing
  use held
  POST /v1/users/u1/erase {}
  202 {"id": "$erasure"}
  at 2026-01-01T00:20:00Z
  sweep
  at 2026-01-01T00:21:00Z
  sweep
  eventually
  GET /v1/erasures/$erasure
  200 {"state": "done", "voided": 1}
  GET /v1/coupons/$coupon
  200 {"state": "voided"}
  POST /v1/redemptions {"hold": "$hold"}
  409

# What a return brings back is nobody's.
story money_of_a_part_that_comes_back_is_nobodys
  let benefit {"kind": "stored_value", "value": @5000}
  use mixed_order
  use erased
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"refund": @1125, "restored": []}
  eventually
  GET /v1/coupons/$coupon
  200 {"state": "voided", "erased": true}
  GET /v1/erasures/$erasure
  200 {"state": "done", "voided": 1}

story a_return_of_before_brings_nobody_a_coupon
  let budget "budget": {"mode": "at_issue", "total": @5000},
  use redeemed
  use erased
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  eventually
  GET /v1/coupons/$coupon
  200 {"state": "voided", "erased": true}
  GET /v1/erasures/$erasure
  200 {"state": "done", "voided": 1}
  eventually
  GET /v1/campaigns/$campaign/stats
  200 {"budget": {"remaining": @5000}}

story his_offers_end
  let more "transfer": {"at_most": 1},
  use coupon
  POST /v1/offers {"coupon": "$coupon", "user": "u1", "to": "u3"}
  201 {"transfer": "$offer"}
  use erased
  GET /v1/transfers/$offer
  200 {"state": "cancelled", "erased": true, "from_user": null, "to_user": null}
  POST /v1/offers/accept {"transfer": "$offer", "user": "u3"}
  409 {"code": "transfer_not_open"}
  GET /v1/coupons/$coupon
  200 {"state": "voided"}

story what_was_given_to_him_does_not_say_so
  let more "transfer": {"at_most": 2},
  use coupon
  POST /v1/transfers {"coupon": "$coupon", "user": "u1", "to": "u2"}
  201 {"coupon": "$got", "transfer": "$transfer"}
  POST /v1/users/u2/erase {}
  202 {"id": "$erasure"}
  eventually
  GET /v1/erasures/$erasure
  200 {"state": "done", "voided": 1}
  eventually
  GET /v1/transfers/$transfer
  200 {"state": "accepted", "from_user": "u1", "to_user": null, "to_erased": true}
  GET /v1/coupons/$coupon/owners
  200 {"owners": [{"user": "u1"}, {"user": null, "erased": true}]}

# ---- names that are his ----

setup merged
  use redeemed
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$open"}]}
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}

story who_had_become_him_is_forgotten_too
  use merged
  POST /v1/users/u1/erase {}
  409 {"code": "user_merged", "detail": "u2"}
  POST /v1/users/u2/erase {}
  202 {"id": "$erasure"}
  eventually
  GET /v1/erasures/$erasure
  200 {"state": "done", "names": 2, "voided": 1}
  GET /v1/users/u1
  404
  GET /v1/moves/$move
  200 {"state": "done", "user": null, "into": null}
  GET /v1/redemptions/$redemption
  200 {"erased": true, "user": null}
  GET /v1/coupons/$open
  200 {"state": "voided", "erased": true}
  POST /v1/redemptions/$redemption/returns {}
  201
  eventually
  GET /v1/coupons/$coupon
  200 {"state": "voided"}
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$new"}]}
  GET /v1/coupons/$new
  200 {"user": "u1"}

story names_of_names_are_forgotten
  let limits [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}]
  use merged
  POST /v1/users/u2/merge {"into": "u3"}
  202 {"id": "$second"}
  eventually
  GET /v1/moves/$second
  200 {"state": "done"}
  POST /v1/users/u3/erase {}
  202 {"id": "$erasure"}
  eventually
  GET /v1/erasures/$erasure
  200 {"state": "done", "names": 3}
  GET /v1/users/u2
  404
  POST /v1/redemptions/$redemption/returns {}
  201
  eventually
  GET /v1/coupons/$coupon
  200 {"state": "voided"}

story who_is_just_moving_is_not_erased
  use held
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "moving", "waiting": 1}
  POST /v1/users/u1/erase {}
  409 {"code": "user_merging"}
  POST /v1/users/u2/erase {}
  409 {"code": "user_merging"}
  GET /v1/users/u2
  200

story his_number_is_nobodys
  use shop
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  eventually
  GET /v1/users/u1/coupons
  200 {"coupons": [{"state": "available"}]}
  POST /v1/users/u1/erase {}
  202 {"id": "$erasure"}
  eventually
  GET /v1/erasures/$erasure
  200 {"state": "done", "names": 2, "voided": 1}
  GET /v1/users/u1/phone
  200 {"bound": false}
  POST /v1/phones/coupons {"phone": "+8613800138000"}
  200 {"coupons": []}
  PUT /v1/users/u2/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  GET /v1/users/u2/coupons
  200 {"coupons": []}

# A request that was answered brings nobody back.
story a_repeated_binding_is_nobodys
  use shop
  PUT /v1/users/u1/phone key=b1 {"phone": "+8613800138000"}
  200 {"bound": true}
  keep first
  POST /v1/users/u1/erase {}
  202 {"id": "$erasure"}
  eventually
  GET /v1/erasures/$erasure
  200 {"state": "done"}
  eventually
  PUT /v1/users/u2/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  PUT /v1/users/u1/phone key=b1 {"phone": "+8613800138000"}
  200
  same first
  GET /v1/users/u1
  404 {"code": "not_found"}
  GET /v1/users/u1/phone
  200 {"bound": false}
  GET /v1/users/u2/phone
  200 {"bound": true}

story his_personal_code_is_nobodys
  use shop
  POST /v1/codes/formats {"name": "Partners", "length": 10, "group": 5, "prefix": "P", "expected_codes": 1000,
    "accept_odds": "a test"}
  201 {"id": "$format"}
  POST /v1/codes/batches {"name": "Birthdays", "format": "$format", "template": "$template",
    "count": 4, "personal": true, "expires_at": "2026-05-20T00:00:00Z"}
  201 {"id": "$batch"}
  POST /v1/codes/batches/$batch/users {"lines": ["u1", "u2"]}
  200 {"accepted": 2}
  POST /v1/codes/batches/$batch/export {}
  200
  lines code,user $code1,u1 ...
  POST /v1/users/u1/erase {}
  202 {"id": "$erasure", "known": false}
  eventually
  GET /v1/erasures/$erasure
  200 {"state": "done"}
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  409 {"code": "code_foreign"}
  POST /v1/codes/batches/$batch/export {"from": 0, "count": 1}
  200
  lines code,user $code1,
  POST /v1/codes/batches/$batch/users {"lines": ["u1"]}
  200 {"accepted": 1, "from": 2, "users": 3}

story words_of_his_are_nobodys
  use merged
  POST /v1/codes/words {"word": "FORBOB", "user": "u2", "template": "$template"}
  201 {"id": "$word", "user": "u2"}
  POST /v1/codes/words {"word": "FORANN", "user": "u1", "template": "$template"}
  201 {"id": "$hers"}
  POST /v1/codes/words {"word": "FORCID", "user": "u3", "template": "$template"}
  201 {"id": "$others"}
  POST /v1/users/u2/erase {}
  202 {"id": "$erasure", "known": true}
  GET /v1/codes/words/$word
  200 {"word": "FORBOB", "user": null, "erased": true, "version": 2}
  GET /v1/codes/words/$hers
  200 {"user": null, "erased": true}
  GET /v1/codes/words/$others
  200 {"user": "u3", "version": 1}
  POST /v1/codes/exchange {"code": "FORBOB", "user": "u2"}
  409 {"code": "code_foreign"}
  POST /v1/codes/exchange {"code": "FORCID", "user": "u3"}
  201

story many_coupons_go_in_several_steps
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 100}
  201
  POST /v1/claims {"user": "u1", "template": "$template", "count": 17}
  201
  use erased
  GET /v1/erasures/$erasure
  200 {"voided": 117}

# ---- who may, and what is told ----

story what_is_refused
  use coupon
  POST /v1/users/u1/erase {"reference": ""}
  422 {"code": "invalid", "errors": [{"field": "reference"}]}
  GET /v1/erasures/ers_0000000000001
  404 {"code": "not_found"}
