# Guests: a cart is priced for a phone or a device before anybody has signed in (peers: commercetools
# has no discounts for anonymous carts, limits by customer fail for guests at Magento #12783); the
# hold of the user looks at everything again.

setup guest_cart
  let guest "subjects": {"phone": "+8613800138000", "device": "d-1"}
  let cart {"lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}

# 10 % off everything in January, by itself.
setup january
  default january_more
  POST /v1/campaigns/$campaign/templates {"name": "All 10 %", "apply": "automatic",
    "benefit": {"kind": "percent_off", "percent": "10"}, $january_more
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201 {"id": "$january"}

story a_guest_is_shown_what_applies_by_itself
  use active
  use january
  use guest_cart
  POST /v1/quotes {$guest, "cart": $cart, "drafts": [{"template": {"name": "welcome",
    "benefit": {"kind": "amount_off", "amount": @500},
    "validity": {"kind": "after_issue", "duration_days": 7}}}]}
  200 {"subtotal": @6000, "discount": @1100, "total": @4900, "coupons": [
    {"draft": 0, "applied": true, "discount": @500},
    {"automatic": true, "template": "$january", "applied": true, "discount": @600}]}

story somebody_has_to_be_named
  use active
  use guest_cart
  POST /v1/quotes {"cart": $cart}
  422 {"errors": [{"field": "user", "code": "required"}]}
  POST /v1/quotes {"cart": $cart, "subjects": {}}
  422
  POST /v1/holds {"order_number": "o1", "cart": $cart, $guest}
  422 {"errors": [{"field": "user", "code": "required"}]}

# Also of a coupon that is not there: who is nobody learns nothing.
story a_guest_has_no_coupons
  use coupon
  use guest_cart
  POST /v1/quotes {$guest, "cart": $cart, "coupons": ["$coupon", "cpn_0000000000001"]}
  200 {"discount": @0, "coupons": [
    {"coupon": "$coupon", "applied": false, "code": "wrong_user", "reason": "needs_user"},
    {"coupon": "cpn_0000000000001", "applied": false, "code": "wrong_user",
      "reason": "needs_user"}]}
  POST /v1/quotes {$guest, "cart": $cart, "best": {}}
  200 {"discount": @0, "best": {"coupons": [], "proven": true}}

story what_is_known_of_users_only_says_so
  use active
  let january_more "conditions": {"all": [{"fact": "cart.subtotal", "at_least": 5000},
    {"fact": "user.first_order", "is": true}]},
  use january
  use guest_cart
  POST /v1/quotes {$guest, "cart": $cart}
  200 {"discount": @0, "coupons": [{"template": "$january", "reason": "conditions_not_met",
    "condition": {"path": "conditions.all[1]", "reason": "needs_user",
      "fact": "user.first_order"}}]}
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"coupons": [{"condition": {"reason": "fact_unknown", "fact": "user.first_order"}}]}
  POST /v1/quotes {"user": "u1", "cart": {"shopper": {"orders": 0},
    "lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}}
  200 {"discount": @600}

# Whatever the caller says of him: who is not named is a guest.
story conditions_can_ask_for_guests
  use active
  let january_more "conditions": {"fact": "user.known", "is": false},
  use january
  use guest_cart
  POST /v1/quotes {$guest, "cart": $cart}
  200 {"discount": @600}
  POST /v1/quotes {$guest, "cart": {"shopper": {"known": true},
    "lines": [{"sku": "tea", "quantity": 2, "unit_price": @3000}]}}
  200 {"discount": @600}
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @0}

# The guest is shown 10 %; the user whom he turns out to be has had it.
story the_hold_of_the_user_tells_another_price
  use active
  let january_more "limits": [{"measure": "redemptions", "subject": "user", "period": "ever", "max": 1}],
  use january
  use guest_cart
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart}
  201 {"discount": @600}
  use template
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  POST /v1/quotes {$guest, "cart": $cart}
  200 {"discount": @600, "total": @5400}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "expect": {"discount": @1600, "total": @4400}}
  409 {"code": "price_changed", "detail": "*", "price": {"subtotal": @6000, "discount": @1000,
    "total": @5000, "coupons": [{"coupon": "$coupon", "applied": true, "discount": @1000},
      {"automatic": true, "template": "$january", "applied": false, "code": "limit_reached"}]}}
  GET /v1/coupons/$coupon
  200 {"state": "available"}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "expect": {"total": @5000}}
  201 {"discount": @1000}

# What a limit leaves out is told by whoever decides: so the price that is held is the expected one.
story what_only_the_hold_can_tell_counts_too
  use active
  let january_more "limits": [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 1}],
  use january
  use guest_cart
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, $guest}
  201 {"discount": @600}
  use template
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  POST /v1/holds {"user": "u2", "order_number": "o2", "cart": $cart, $guest, "coupons": ["$coupon"],
    "expect": {"total": @4400}}
  409 {"code": "price_changed", "price": {"total": @5000}}
  POST /v1/holds {"user": "u2", "order_number": "o2", "cart": $cart, $guest, "coupons": ["$coupon"],
    "expect": {"total": @5000}}
  201 {"total": @5000}

story limits_by_the_guests_device_are_looked_at
  use active
  let january_more "limits": [{"measure": "redemptions", "subject": "device", "period": "ever", "max": 1}],
  use january
  use guest_cart
  POST /v1/quotes {$guest, "cart": $cart}
  200 {"discount": @600}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, $guest}
  201 {"discount": @600}
  POST /v1/quotes {$guest, "cart": $cart}
  200 {"discount": @0, "coupons": [{"template": "$january", "code": "limit_reached"}]}
  POST /v1/quotes {"subjects": {"phone": "+8613800138000"}, "cart": $cart}
  200 {"discount": @0, "coupons": [{"code": "limit_subject_missing", "missing_subject": "device"}]}

# An address that he types into the cart is enough to be known by, and the user's hold counts for it.
story a_guest_is_known_by_his_email_address
  use active
  let january_more "limits": [{"measure": "redemptions", "subject": "email", "period": "ever", "max": 1}],
  use january
  use guest_cart
  POST /v1/quotes {"subjects": {"email": "ann@example.com"}, "cart": $cart}
  200 {"discount": @600}
  POST /v1/quotes {$guest, "cart": $cart}
  200 {"discount": @0, "coupons": [{"code": "limit_subject_missing", "missing_subject": "email"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart,
    "subjects": {"email": "Ann@Example.com"}, "expect": {"discount": @600}}
  201 {"discount": @600}
  POST /v1/quotes {"subjects": {"email": "ANN@EXAMPLE.COM"}, "cart": $cart}
  200 {"discount": @0, "coupons": [{"template": "$january", "code": "limit_reached",
    "detail": "The limit of the template is 1 redemptions an e-mail address."}]}
  POST /v1/holds {"user": "u2", "order_number": "o2", "cart": $cart,
    "subjects": {"email": "ann@example.com"}, "expect": {"discount": @600}}
  409 {"code": "price_changed", "price": {"discount": @0}}

# A first look that was right holds; nothing is kept of one that was not, so the key is free.
story what_was_expected_is_what_is_held
  use coupon
  use tea
  POST /v1/holds key=k1 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "expect": {"discount": @999}}
  409 {"code": "price_changed", "price": {"discount": @1000}}
  POST /v1/holds key=k1 {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "expect": {"discount": @1000, "total": @5000}}
  201 {"id": "$hold"}
  POST /v1/holds/$hold/release
  200
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "expect": {"total": @5001}}
  409 {"code": "price_changed", "price": {"total": @5000}}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"],
    "expect": {"total": @5000}}
  201

# What refuses a coupon speaks first; and where nothing is left of what was expected, the price does.
story what_else_is_wrong_is_told
  use coupon
  use tea
  POST /v1/holds {"user": "u1", "order_number": "o1", "coupons": ["$coupon"],
    "cart": {"lines": [{"sku": "tea", "quantity": 1, "unit_price": @3000}]},
    "expect": {"discount": @1000}}
  409 {"code": "not_applicable", "price": null}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "expect": {"discount": @600}}
  409 {"code": "price_changed", "price": {"discount": @0, "total": @6000, "coupons": []}}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "expect": {"discount": @0}}
  409 {"code": "not_applicable"}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "expect": {"discount": @1000EUR}}
  422 {"errors": [{"field": "expect.discount.currency", "code": "not_allowed"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"],
    "expect": {}}
  422
