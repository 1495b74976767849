# Coupons that a quote, a hold or a redemption names by their own codes, as a till or a checkout has
# them typed (DESIGN 4; policies repeated, coupons_beyond, refused_coupon).

setup own_codes
  POST /v1/codes/formats {"name": "Wallet", "purpose": "coupon", "length": 13, "expected_codes": 1000000}
  201 {"id": "$own"}

# Two coupons of u1 and one of u2.
setup shown
  use shop
  use own_codes
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}]}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c3"}]}
  GET /v1/coupons/$c1
  200 {"code": "$code1"}
  GET /v1/coupons/$c2
  200 {"code": "$code2"}
  GET /v1/coupons/$c3
  200 {"code": "$code3"}

story a_till_quotes_holds_and_confirms_by_code_and_knows_no_user
  use shown
  as redeem
  POST /v1/quotes {"cart": $cart, "codes": [" $code1 "]}
  200 {"discount": @1000, "coupons": [{"coupon": "$c1", "typed": 0, "applied": true, "draft": null}]}
  POST /v1/holds key=h1 {"order_number": "o1", "cart": $cart, "codes": ["$code1"]}
  201 {"id": "$hold", "user": "u1", "discount": @1000, "coupons": [{"coupon": "$c1"}]}
  keep first
  POST /v1/redemptions {"hold": "$hold"}
  201 {"user": "u1", "discount": @1000}
  POST /v1/holds key=h1 {"order_number": "o1", "cart": $cart, "codes": ["$code1"]}
  201
  same first
  POST /v1/holds key=h2 {"order_number": "o2", "cart": $cart, "codes": ["$code1"]}
  409 {"code": "code_invalid", "detail": null}
  as all
  POST /v1/holds {"order_number": "o2", "cart": $cart, "codes": ["$code1"]}
  409 {"code": "coupon_not_available"}
  POST /v1/quotes {"cart": $cart, "codes": ["$code1"]}
  200 {"discount": @0, "coupons": [{"coupon": "$c1", "typed": 0, "applied": false,
    "code": "coupon_not_available"}]}

story codes_stand_behind_coupons_of_the_same_user
  use shown
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c2"], "codes": ["$code1"]}
  200 {"discount": @2000, "coupons": [{"coupon": "$c2", "typed": null}, {"coupon": "$c1", "typed": 0}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c2"],
    "codes": ["$code1"]}
  201 {"discount": @2000, "coupons": [{"coupon": "$c2"}, {"coupon": "$c1"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c2"],
    "codes": ["$code1"]}
  201 {"discount": @2000, "coupons": [{"coupon": "$c2"}, {"coupon": "$c1"}]}

# A wrong code is one coupon that does not apply; an order is refused for it.
story a_wrong_code_is_told_by_a_quote_and_refused_by_an_order
  use shown
  as redeem
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["nonsense", "$code1", "also none"]}
  200 {"discount": @1000, "coupons": [
    {"typed": 0, "applied": false, "code": "code_invalid", "reason": "code_invalid", "coupon": null, "draft": null},
    {"typed": 1, "applied": true, "coupon": "$c1"},
    {"typed": 2, "applied": false, "code": "code_invalid", "coupon": null}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "codes": ["nonsense", "$code1"]}
  409 {"code": "code_invalid", "detail": null, "errors": [{"field": "codes[0]", "code": "not_allowed"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "codes": ["$code1", "nonsense"]}
  409 {"code": "code_invalid", "detail": null, "errors": [{"field": "codes[1]"}]}
  # As it is pasted: with a tab, a no-break and an ideographic space.
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["\t$code1\u00a0\u3000\n"]}
  200 {"discount": @1000, "coupons": [{"typed": 0, "applied": true, "coupon": "$c1"}]}
  POST /v1/holds {"order_number": "o1", "cart": $cart, "codes": ["nonsense"]}
  409 {"code": "code_invalid", "detail": null}
  POST /v1/quotes {"cart": $cart, "codes": ["nonsense"]}
  409 {"code": "code_invalid", "detail": null}
  POST /v1/quotes {"cart": $cart, "codes": ["nonsense"], "subjects": {"device": "d1"}}
  200 {"discount": @0, "coupons": [{"typed": 0, "code": "code_invalid"}]}
  POST /v1/holds {"order_number": "o1", "cart": $cart}
  422 {"errors": [{"field": "user", "code": "required"}]}
  POST /v1/quotes {"cart": $cart}
  422 {"errors": [{"field": "user", "code": "required"}]}

# To strangers it is as a code that never was; the merchant gets the reason.
story a_code_of_somebody_elses_coupon
  use shown
  as redeem
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$code3"]}
  200 {"coupons": [{"typed": 0, "code": "code_invalid", "coupon": null}]}
  POST /v1/quotes {"cart": $cart, "codes": ["$code1", "$code3"]}
  200 {"discount": @1000, "coupons": [{"coupon": "$c1"}, {"typed": 1, "code": "code_invalid", "coupon": null}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "codes": ["$code3"]}
  409 {"code": "code_invalid", "detail": null}
  POST /v1/redemptions {"order_number": "o1", "cart": $cart, "codes": ["$code1", "$code3"]}
  409 {"code": "code_invalid", "detail": null}
  as all
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$code3"]}
  200 {"coupons": [{"typed": 0, "code": "wrong_user", "coupon": "$c3"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "codes": ["$code3"]}
  409 {"code": "wrong_user"}
  POST /v1/redemptions {"order_number": "o1", "cart": $cart, "codes": ["$code1", "$code3"]}
  409 {"code": "wrong_user"}
  as other
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$code1"]}
  200 {"coupons": [{"code": "code_invalid", "coupon": null}]}

story one_coupon_by_id_and_by_code_is_named_twice
  use shown
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c1"], "codes": ["$code2", "$code1"]}
  422 {"errors": [{"field": "codes[1]", "code": "duplicate", "detail": "is coupons[0] already"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "codes": ["$code2", " $code2"]}
  422 {"errors": [{"field": "codes[1]", "code": "duplicate", "detail": "is codes[0] already"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c1"], "codes": ["$code1", "$code2"],
    "policy": {"repeated": "ignore"}}
  200 {"discount": @2000, "coupons": [{"coupon": "$c1", "typed": null}, {"coupon": "$c2", "typed": 1}]}

story one_bad_code_voids_all_where_the_policy_says_so
  use shown
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$code1", "nonsense"],
    "policy": {"refused_coupon": "void_all"}}
  200 {"discount": @0, "coupons": [{"coupon": "$c1", "applied": false, "reason": "another_refused"},
    {"typed": 1, "code": "code_invalid"}]}

story a_second_code_replaces_the_first_where_the_policy_says_so
  as operator
  use new_york
  use shown
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "max_coupons": 1, "policy": {"coupons_beyond": "replace"}}
  200
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$code1", "$code2"]}
  200 {"discount": @1000, "coupons": [{"coupon": "$c1", "applied": false, "reason": "replaced"},
    {"coupon": "$c2", "applied": true}]}

story what_codes_do_not_go_with
  use shown
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$code1"], "best": {}}
  422 {"errors": [{"field": "codes", "code": "not_allowed"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": []}
  422 {"errors": [{"field": "codes"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c1"], "codes": ["a", "b", "c", "d",
    "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"]}
  422 {"errors": [{"field": "codes", "code": "too_many"}]}

story small_letters_are_others_where_the_policy_says_so
  as operator
  use new_york
  use shown
  POST /v1/codes/words {"word": "spring10", "template": "$template"}
  201 {"word": "SPRING10"}
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$small_code1", "$code2"]}
  200 {"discount": @2000, "coupons": [{"coupon": "$c1"}, {"coupon": "$c2"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$small_code1", "$code2"],
    "policy": {"code_case": "exact"}}
  200 {"discount": @1000, "coupons": [{"typed": 0, "code": "code_invalid"}, {"coupon": "$c2"}]}
  POST /v1/codes/lookup {"code": "$small_code1"}
  200 {"id": "$c1"}
  as operator
  PUT /v1/merchants/$deli if="v1" {"name": "Deli", "zone": "America/New_York", "currency": "USD",
    "policy": {"code_case": "exact"}}
  200
  as qk_vXMnML05g02Dv5KhFJYBgNO9Sm8TCTBxZebzDtmEb90
  POST /v1/codes/lookup {"code": "$small_code1"}
  409 {"code": "code_invalid"}
  POST /v1/holds {"order_number": "o1", "cart": $cart, "codes": ["$small_code1"]}
  409 {"code": "code_invalid"}
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$small_code1"], "policy": {}}
  200 {"discount": @1000}
  POST /v1/codes/exchange {"code": "Spring10", "user": "u1"}
  409 {"code": "code_invalid"}
  POST /v1/codes/exchange {"code": " SPRING-10", "user": "u1"}
  201
  POST /v1/holds {"order_number": "o1", "cart": $cart, "codes": ["$code1"]}
  201 {"discount": @1000}

# An exchange code is nobody's coupon yet: it is exchanged before.
story an_exchange_code_is_exchanged_before_it_is_used
  use shown
  POST /v1/codes/formats {"name": "Partners", "length": 12, "expected_codes": 1000}
  201 {"id": "$format"}
  POST /v1/codes/batches {"name": "Cinema", "format": "$format", "template": "$template", "count": 1}
  201 {"id": "$batch"}
  POST /v1/codes/batches/$batch/export {}
  200
  lines code $exchange
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$exchange"]}
  200 {"coupons": [{"typed": 0, "code": "code_invalid"}]}
  POST /v1/codes/exchange {"code": "$exchange", "user": "u1"}
  201 {"coupon": {"id": "$c4"}}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$c4"], "codes": ["$code1"]}
  200 {"discount": @2000}

story without_the_master_key_no_order_is_made_by_code
  use shown
  setting code_key_file
  restart
  POST /v1/quotes {"user": "u1", "cart": $cart, "codes": ["$code1"]}
  503 {"code": "code_key_missing"}
  POST /v1/holds {"order_number": "o1", "cart": $cart, "codes": ["$code1"]}
  503 {"code": "code_key_missing"}
