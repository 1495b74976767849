# Phones: who has no account is known by a phone number (000-07, 001-29). Coupons wait for the number, in a wallet
# of its own, and can be used by it; no answer has the number.

story coupons_wait_for_a_number
  use shop
  POST /v1/claims key=k1 {"phone": "+86 138-0013-8000", "template": "$template"}
  201 {"coupons": [{"id": "$coupon", "template": "$template"}]}
  keep first
  POST /v1/claims key=k1 {"phone": "+86 138-0013-8000", "template": "$template"}
  201
  same first
  POST /v1/claims key=k1 {"phone": "+86 138-0013-8001", "template": "$template"}
  201 {"coupons": [{"id": "$another"}]}
  POST /v1/phones/coupons {"phone": "0086 (138) 0013.8000"}
  200 {"coupons": [{"id": "$coupon", "state": "available", "user": null, "for_phone": true}], "next_page_token": null}
  POST /v1/phones/coupons?state=redeemed {"phone": "+8613800138000"}
  200 {"coupons": []}
  POST /v1/phones/coupons {"phone": "+8613900139000"}
  200 {"coupons": []}
  GET /v1/coupons/$coupon
  200 {"id": "$coupon", "user": null, "for_phone": true}
  GET /v1/coupons/$coupon/owners
  200 {"owners": [{"coupon": "$coupon", "user": null, "for_phone": true}]}
  eventually
  GET /v1/events
  200 {"events": ["any order", {"type": "campaign_created"}, {"type": "campaign_changed"}, {"type": "template_created"},
    {"type": "coupon_issued", "data": {"coupon": "$coupon", "user": null, "for_phone": true}},
    {"type": "coupon_issued", "data": {"coupon": "$another", "user": null, "for_phone": true}}]}

story they_are_used_by_the_number
  use shop
  use tea
  POST /v1/claims {"phone": "+8613800138000", "items": [{"template": "$template", "count": 2}]}
  201 {"coupons": [{"id": "$coupon"}, {"id": "$second"}]}
  POST /v1/quotes {"phone": "+8613800138000", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @1000, "coupons": [{"coupon": "$coupon", "applied": true}]}
  POST /v1/quotes {"phone": "+8613800138001", "cart": $cart, "coupons": ["$coupon"]}
  200 {"discount": @0, "coupons": [{"coupon": "$coupon", "applied": false, "code": "wrong_user"}]}
  POST /v1/holds {"phone": "+8613800138001", "order_number": "o0", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "wrong_user"}
  POST /v1/holds {"phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$hold", "discount": @1000, "user": null, "for_phone": true}
  GET /v1/holds/$hold
  200 {"user": null, "for_phone": true}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption", "user": null, "for_phone": true, "discount": @1000}
  POST /v1/redemptions key=r2 {"phone": "+86 138 0013 8000", "order_number": "o2", "cart": $cart, "coupons": ["$second"]}
  201 {"discount": @1000, "for_phone": true}
  keep second
  POST /v1/redemptions key=r2 {"phone": "+86 138 0013 8000", "order_number": "o2", "cart": $cart, "coupons": ["$second"]}
  201
  same second
  POST /v1/phones/coupons {"phone": "+8613800138000"}
  200 {"coupons": [{"id": "$coupon", "state": "redeemed"}, {"id": "$second", "state": "redeemed"}]}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 2}]}
  201 {"restored": ["$coupon"]}

story a_grant_names_users_or_numbers
  use shop
  POST /v1/grants {"template": "$template", "phones": ["+8613800138000", "+14155552671"]}
  200 {"granted": 2, "refused": 0, "results": [
    {"user": null, "for_phone": true, "coupons": [{"id": "$first"}]}, {"user": null, "for_phone": true, "coupons": [{"id": "$second"}]}]}
  POST /v1/phones/coupons {"phone": "+1 (415) 555-2671"}
  200 {"coupons": [{"id": "$second", "source": "grant"}]}
  POST /v1/grants {"template": "$template", "phones": ["+8613800138000", "+1", "+86 138 0013 8000"]}
  422 {"code": "invalid", "errors": ["any order", {"field": "phones[1]", "code": "bad_format"},
    {"field": "phones[2]", "code": "duplicate", "detail": "is phones[0] already"}]}
  POST /v1/grants {"template": "$template", "phones": ["+8613800138000"], "users": ["u1"]}
  422 {"errors": [{"field": "phones", "code": "not_allowed", "detail": "beside users"}]}
  POST /v1/grants {"template": "$template"}
  422 {"errors": [{"field": "users", "code": "required", "detail": "or phones"}]}
  POST /v1/grants {"template": "$template", "phones": ["+8613800138000"], "subjects": [{"device": "a"}, {"device": "b"}]}
  422 {"errors": [{"field": "subjects", "code": "out_of_range", "detail": "one for each of 1 phones"}]}

story a_batch_of_claims_names_users_and_numbers
  use shop
  POST /v1/claims/batch {"claims": [{"phone": "+8613800138000", "template": "$template"}, {"user": "u1", "template": "$template"}]}
  200 {"issued": 2, "results": [{"claim": {"coupons": [{"id": "$one"}]}}, {"claim": {"coupons": [{"id": "$two"}]}}]}
  POST /v1/claims/batch {"claims": [{"phone": "1", "template": "$template"}, {"template": "$template"}]}
  422 {"errors": [{"field": "claims[0].phone"}, {"field": "claims[1].user", "code": "required"}]}
  POST /v1/phones/coupons {"phone": "+8613800138000"}
  200 {"coupons": [{"id": "$one"}]}
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$two", "user": "u1", "for_phone": null}]}

story a_user_or_a_number_and_not_both
  use shop
  use tea
  POST /v1/claims {"template": "$template"}
  422 {"code": "invalid", "errors": [{"field": "user", "code": "required", "detail": "or phone"}]}
  POST /v1/claims {"user": "u1", "phone": "+8613800138000", "template": "$template"}
  422 {"code": "invalid", "errors": [{"field": "phone", "code": "not_allowed", "detail": "beside user"}]}
  POST /v1/claims {"phone": "13800138000", "template": "$template"}
  422 {"code": "invalid", "errors": [{"field": "phone", "code": "bad_format",
    "detail": "the international form, + and the calling code: no region is set"}]}
  POST /v1/holds {"order_number": "o1", "cart": $cart}
  422 {"errors": [{"field": "user", "code": "required", "detail": "or phone, or codes"}]}
  POST /v1/holds {"phone": "+8", "order_number": "o1", "cart": $cart}
  422 {"errors": [{"field": "phone", "code": "bad_format"}]}
  POST /v1/quotes {"phone": "+8", "cart": $cart}
  422 {"errors": [{"field": "phone", "code": "bad_format"}]}
  POST /v1/phones/coupons {"phone": "+8"}
  422 {"errors": [{"field": "phone", "code": "bad_format"}]}
  as redeem
  POST /v1/phones/coupons {"phone": "+8613800138000"}
  403

# The merchant's region says where a national number is at home.
story a_national_number_is_of_the_merchants_region
  use new_york
  use shop
  POST /v1/claims {"phone": "(415) 555-2671", "template": "$template"}
  422 {"errors": [{"field": "phone", "code": "bad_format"}]}
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD", "phone_region": "ZZ"}
  422 {"errors": [{"field": "phone_region", "code": "not_allowed"}]}
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD", "phone_region": "US"}
  200 {"phone_region": "US"}
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  POST /v1/claims {"phone": "(415) 555-2671", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  POST /v1/phones/coupons {"phone": "+14155552671"}
  200 {"coupons": [{"id": "$coupon"}]}
  POST /v1/phones/coupons {"phone": "1 415 555 2671"}
  200 {"coupons": [{"id": "$coupon"}]}

# Limits by user are the number's own, and limits by phone count the number that is named.
story limits_count_the_number
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 2},
    {"measure": "claims", "subject": "phone", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201
  POST /v1/claims {"user": "u1", "template": "$template", "subjects": {"phone": "+86 138 0013 8000"}}
  409 {"code": "limit_reached", "detail": "The limit of the template is 1 claims a phone."}
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  409 {"code": "limit_reached", "detail": "The limit of the template is 1 claims a phone."}
  POST /v1/claims {"phone": "+8613800138000", "template": "$template", "subjects": {"phone": "+8613800138001"}}
  201
  POST /v1/claims {"phone": "+8613800138000", "template": "$template", "subjects": {"phone": "+8613800138002"}}
  409 {"code": "limit_reached", "detail": "The limit of the template is 2 claims a user."}

# What another merchant has for the same number is his.
story merchants_do_not_share_numbers
  use shop
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201
  as other
  POST /v1/phones/coupons {"phone": "+8613800138000"}
  200 {"coupons": []}

# ---- binding ----

story what_waited_becomes_the_users
  use shop
  use tea
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  GET /v1/users/u1/phone
  200 {"bound": false, "since": null}
  PUT /v1/users/u1/phone key=b1 {"phone": "+86 138-0013-8000"}
  200 {"bound": true, "since": "$since", "moving": null}
  keep first
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$mine", "user": "u1", "for_phone": null, "state": "available"}]}
  POST /v1/phones/coupons {"phone": "+8613800138000"}
  200 {"coupons": [{"id": "$mine", "user": "u1"}]}
  GET /v1/coupons/$coupon
  200 {"id": "$mine", "user": "u1"}
  GET /v1/users/u1/phone
  200 {"bound": true, "since": "$since"}
  PUT /v1/users/u1/phone key=b1 {"phone": "+86 138-0013-8000"}
  200
  same first
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200 {"bound": true, "since": "$since"}
  PUT /v1/users/u2/phone {"phone": "+8613800138000"}
  409 {"code": "phone_bound_elsewhere", "detail": null}
  POST /v1/redemptions {"phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$mine"]}
  201 {"user": "u1", "discount": @1000}
  eventually
  GET /v1/events
  200 {"events": ["any order", {"type": "campaign_created"}, {"type": "campaign_changed"}, {"type": "template_created"},
    {"type": "coupon_issued"}, {"type": "coupon_offered"}, {"type": "coupon_received"}, {"type": "coupon_transferred"},
    {"type": "phone_bound", "data": {"user": "u1"}}, {"type": "coupon_redeemed"}]}

# Whoever names the number means the user; a repeat of the request means whom the first one meant.
story a_number_that_is_bound_is_its_user
  use shop
  use tea
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200 {"bound": true, "moving": null}
  POST /v1/claims key=k1 {"phone": "+8613800138000", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  keep claim
  POST /v1/grants key=g1 {"phones": ["+8613800138000", "+8613800138001"], "template": "$template"}
  200 {"granted": 2}
  keep grant
  POST /v1/claims/batch key=b1 {"claims": [{"phone": "+8613800138000", "template": "$template"}]}
  200 {"issued": 1}
  keep batch
  POST /v1/holds key=h1 {"phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"user": "u1", "discount": @1000}
  keep hold
  POST /v1/quotes {"phone": "+8613800138000", "cart": $cart, "coupons": ["$coupon"], "order_number": "o1"}
  200 {"discount": @1000}
  GET /v1/users/u1/coupons
  200 {"coupons": ["*", "*", "*"]}
  DELETE /v1/users/u1/phone key=d1
  200 {"bound": false}
  DELETE /v1/users/u1/phone key=d2
  200 {"bound": false}
  PUT /v1/users/u2/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  DELETE /v1/users/u1/phone key=d1
  200 {"bound": false}
  GET /v1/users/u2/phone
  200 {"bound": true}
  POST /v1/claims key=k1 {"phone": "+8613800138000", "template": "$template"}
  201
  same claim
  POST /v1/grants key=g1 {"phones": ["+8613800138000", "+8613800138001"], "template": "$template"}
  200
  same grant
  POST /v1/claims/batch key=b1 {"claims": [{"phone": "+8613800138000", "template": "$template"}]}
  200
  same batch
  POST /v1/holds key=h1 {"phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201
  same hold
  GET /v1/users/u2/coupons
  200 {"coupons": []}
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201
  GET /v1/users/u2/coupons
  200 {"coupons": ["*"]}

# A claim that was answered before the binding is not done again behind it.
story a_repeat_from_before_the_binding_gets_its_first_answer
  use shop
  POST /v1/claims key=k1 {"phone": "+8613800138000", "template": "$template"}
  201
  keep first
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200
  POST /v1/claims key=k1 {"phone": "+8613800138000", "template": "$template"}
  201
  same first
  GET /v1/users/u1/coupons
  200 {"coupons": ["*"]}

story a_later_user_finds_nothing_of_the_first
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 2}]
  use shop
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  409 {"code": "limit_reached"}
  DELETE /v1/users/u1/phone
  200 {"bound": false}
  POST /v1/phones/coupons {"phone": "+8613800138000"}
  200 {"coupons": []}
  GET /v1/users/u1/coupons
  200 {"coupons": ["*", "*"]}
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201 {"coupons": [{"id": "$next"}]}
  PUT /v1/users/u2/phone {"phone": "+8613800138000"}
  200 {"bound": true, "moving": null}
  GET /v1/users/u2/coupons
  200 {"coupons": ["*"]}
  POST /v1/claims {"user": "u2", "template": "$template", "count": 2}
  409 {"code": "limit_reached"}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}

# A user has one number; the other one is free.
story a_user_changes_his_number
  use shop
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200
  PUT /v1/users/u1/phone {"phone": "+8613800138001"}
  200 {"bound": true}
  eventually
  PUT /v1/users/u2/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  POST /v1/claims {"phone": "+8613800138001", "template": "$template"}
  201
  GET /v1/users/u1/coupons
  200 {"coupons": ["*"]}

# The number is found with an order that names both: it is bound first.
story an_order_that_names_both_binds
  use shop
  use tea
  POST /v1/claims {"phone": "+8613800138000", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$one"}, {"id": "$two"}]}
  POST /v1/holds key=h1 {"user": "u1", "phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$one"]}
  201 {"id": "$hold", "user": "u1", "discount": @1000}
  keep first
  POST /v1/holds key=h1 {"user": "u1", "phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$one"]}
  201
  same first
  GET /v1/users/u1/phone
  200 {"bound": true}
  POST /v1/redemptions {"user": "u2", "phone": "+8613800138000", "order_number": "o2", "cart": $cart, "coupons": ["$two"]}
  409 {"code": "phone_bound_elsewhere"}
  POST /v1/redemptions {"user": "u1", "phone": "+8613800138000", "order_number": "o2", "cart": $cart, "coupons": ["$two"]}
  201 {"user": "u1"}
  POST /v1/holds {"user": "u1", "phone": "+8", "order_number": "o3", "cart": $cart}
  422 {"errors": [{"field": "phone"}]}

# A coupon that an order holds comes when that has ended.
story a_held_coupon_comes_later
  use shop
  use tea
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  POST /v1/holds {"phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"], "hold_seconds": 60}
  201 {"id": "$hold"}
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200 {"bound": true, "moving": true}
  DELETE /v1/users/u1/phone
  200
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201 {"coupons": [{"id": "$second"}]}
  POST /v1/phones/coupons {"phone": "+8613800138000"}
  200 {"coupons": [{"id": "$second"}]}
  POST /v1/holds/$hold/release
  200
  +6s
  sweep
  eventually
  GET /v1/users/u1/coupons
  200 {"coupons": [{"user": "u1", "state": "available"}]}
  GET /v1/coupons/$coupon
  200 {"user": "u1"}

story binding_over_a_restart
  use shop
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200
  restart
  GET /v1/users/u1/phone
  200 {"bound": true}
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201
  GET /v1/users/u1/coupons
  200 {"coupons": ["*", "*"]}

# ---- orders of before the binding ----

story an_order_number_of_the_number_is_used_up_for_its_user
  use shop
  use tea
  POST /v1/claims {"phone": "+8613800138000", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$coupon"}, {"id": "$second"}]}
  POST /v1/redemptions {"phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  GET /v1/users/u1
  200 {"user": "u1", "was": [], "move": null}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$second"]}
  409
  GET /v1/coupons/$second
  200 {"id": "$mine", "user": "u1", "state": "available"}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$mine"]}
  409 {"code": "order_conflict"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$mine"]}
  201

story a_return_of_the_numbers_order_is_its_users
  use shop
  use tea
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  POST /v1/redemptions {"phone": "+8613800138000", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption"}
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  DELETE /v1/users/u1/phone
  200
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}
  POST /v1/redemptions/$redemption/returns {}
  201 {"restored": ["$coupon"]}
  eventually
  GET /v1/coupons/$coupon
  200 {"user": "u2", "state": "available"}
  PUT /v1/users/u3/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  GET /v1/users/u3/coupons
  200 {"coupons": []}

# Nor is the hash of a number shown as whose a coupon was.
story what_a_number_brought_has_no_sender
  use shop
  POST /v1/claims {"phone": "+8613800138000", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  PUT /v1/users/u1/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  GET /v1/coupons/$coupon/owners
  200 {"owners": [{"for_phone": true, "transfer": null}, {"user": "u1", "transfer": "$transfer"}]}
  GET /v1/transfers/$transfer
  200 {"id": "$transfer", "from_user": null, "for_phone": true, "to_user": "u1", "state": "accepted"}

# ---- a user who becomes another ----

# A repeat goes by the names that the first request went by: it does not end a later user's number.
story a_repeated_end_is_of_the_user_it_was_for
  use coupon
  POST /v1/claims {"user": "u2", "template": "$template"}
  201
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$first"}
  eventually
  GET /v1/moves/$first
  200 {"state": "done"}
  PUT /v1/users/u1/phone key=b1 {"phone": "+8613800138000"}
  200 {"bound": true}
  DELETE /v1/users/u1/phone key=d1
  200 {"bound": false}
  POST /v1/users/u2/merge {"into": "u3"}
  202 {"id": "$second"}
  eventually
  GET /v1/moves/$second
  200 {"state": "done"}
  PUT /v1/users/u3/phone {"phone": "+8613800138001"}
  200 {"bound": true}
  DELETE /v1/users/u1/phone key=d1
  200 {"bound": false}
  GET /v1/users/u3/phone
  200 {"bound": true}
  DELETE /v1/users/u1/phone key=d2
  200 {"bound": false}
  GET /v1/users/u3/phone
  200 {"bound": false}

# Nor does a repeated binding give a number to whom the user has become: it was his, and is over.
story a_repeated_binding_is_of_the_user_it_was_for
  use coupon
  PUT /v1/users/u1/phone key=b1 {"phone": "+8613800138000"}
  200 {"bound": true}
  keep first
  DELETE /v1/users/u1/phone
  200 {"bound": false}
  POST /v1/users/u1/merge {"into": "u2"}
  202 {"id": "$move"}
  eventually
  GET /v1/moves/$move
  200 {"state": "done"}
  PUT /v1/users/u1/phone key=b1 {"phone": "+8613800138000"}
  200
  same first
  GET /v1/users/u2/phone
  200 {"bound": false}
  PUT /v1/users/u4/phone {"phone": "+8613800138000"}
  200 {"bound": true}
  GET /v1/users/u2/phone
  200 {"bound": false}
