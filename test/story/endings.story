# Void (作废) and expiry: as a job, and as a rule that reads and acts apply before the job has run.

story a_void_coupon_is_not_used
  use coupon
  use tea
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  200 {"coupon": "$coupon", "state": "voided", "voided_at": "2026-01-01T00:00:00.000Z"}
  GET /v1/coupons/$coupon
  200 {"state": "voided", "revision": 2}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  409 {"code": "coupon_not_available"}

story voiding_twice_is_refused
  use coupon
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  200
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  409 {"code": "coupon_not_available"}

story what_is_held_or_redeemed_is_not_voided
  use held
  POST /v1/coupons/$coupon/void {"reason": "fraud"}
  409 {"code": "coupon_not_available"}
  POST /v1/redemptions {"hold": "$hold"}
  201
  POST /v1/coupons/$coupon/void {"reason": "fraud"}
  409 {"code": "coupon_not_available"}

story an_expired_coupon_is_not_voided
  use coupon
  +30d
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  409 {"code": "coupon_not_available"}

story a_coupon_that_is_not_valid_yet_can_be_voided
  let validity {"kind": "after_issue", "delay_days": 1, "duration_days": 1}
  use coupon
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  200

# Void gives back reserved budget, not stock or claim limits; issued_in_error gives back all.
story requested_and_fraud_give_back_neither_stock_nor_limits
  let more "stock": 2,
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use coupon
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  200
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "limit_reached"}
  POST /v1/claims {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  POST /v1/coupons/$c2/void {"reason": "fraud"}
  200
  POST /v1/claims {"user": "u3", "template": "$template"}
  409 {"code": "sold_out"}

story issued_in_error_gives_back_only_a_piece_that_was_taken
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$free"}]}
  POST /v1/templates/$template/stock {"current": -1, "target": 2}
  200 {"stock": 2}
  POST /v1/coupons/$free/void {"reason": "issued_in_error"}
  200
  POST /v1/claims {"user": "u2", "template": "$template", "count": 2}
  201
  POST /v1/claims {"user": "u3", "template": "$template"}
  409 {"code": "sold_out"}

story issued_in_error_gives_back_all
  let more "stock": 1,
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  let campaign_limits [{"measure": "claims", "subject": "campaign", "period": "day", "max": 1}]
  use coupon
  POST /v1/coupons/$coupon/void {"reason": "issued_in_error"}
  200
  POST /v1/claims {"user": "u1", "template": "$template"}
  201

story void_gives_back_a_reserved_budget
  let budget "budget": {"mode": "at_issue", "total": @1000},
  use coupon
  POST /v1/claims {"user": "u2", "template": "$template"}
  409 {"code": "budget_exhausted"}
  POST /v1/coupons/$coupon/void {"reason": "fraud"}
  200
  POST /v1/claims {"user": "u2", "template": "$template"}
  201

story a_reason_is_one_of_the_known_words
  use coupon
  POST /v1/coupons/$coupon/void {}
  422 {"errors": [{"field": "reason", "code": "required"}]}
  POST /v1/coupons/$coupon/void {"reason": "mood"}
  422 {"errors": [{"field": "reason", "code": "not_allowed"}]}
  POST /v1/coupons/cpn_0000000000001/void {"reason": "fraud"}
  404 {"code": "not_found"}

# ---- expiry ----

story the_sweep_expires_what_is_due_and_nothing_else
  let validity {"kind": "after_issue", "duration_days": 1}
  use shop
  repeat 5
  POST /v1/claims {"user": "u$i", "template": "$template"}
  201
  +12h
  repeat 3
  POST /v1/claims {"user": "late$i", "template": "$template"}
  201
  +12h
  sweep
  GET /v1/templates/$template/stats
  200 {"counts": [{"issued": 8, "expired": 5}]}
  GET /v1/users/u5/coupons
  200 {"coupons": [{"state": "expired", "revision": 2}]}
  GET /v1/users/late1/coupons
  200 {"coupons": [{"state": "available", "revision": 1}]}
  +12h
  sweep
  GET /v1/templates/$template/stats
  200 {"counts": [{"issued": 8, "expired": 8}]}

# DESIGN 5 Time: reads and statistics apply due deadlines and expiries before the sweep has run.
story statistics_know_of_an_expiry_before_the_sweep
  use coupon
  +30d
  GET /v1/templates/$template/stats
  200 {"counts": [{"issued": 1, "expired": 1}]}

story expiry_gives_back_a_reserved_budget_and_no_stock
  let budget "budget": {"mode": "at_issue", "total": @1000},
  let more "stock": 1,
  use coupon
  +30d
  sweep
  eventually
  GET /v1/templates/$template/stats
  200 {"budget": {"total": @1000, "remaining": @1000}, "stock": {"total": 1, "remaining": 0}}
  POST /v1/claims {"user": "u2", "template": "$template"}
  409 {"code": "sold_out"}

story the_sweep_releases_what_its_deadline_passed
  use held
  +15m
  sweep
  GET /v1/templates/$template/stats
  200 {"counts": [{"held": 1, "released": 1}]}
  GET /v1/holds/$hold
  200 {"state": "expired"}

# A coupon held over its end expires when its hold does.
story a_held_coupon_expires_after_its_deadline
  use coupon
  use tea
  at 2026-01-30T23:59:00Z
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$hold"}
  at 2026-01-31T00:13:59Z
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "held"}
  at 2026-01-31T00:14:00Z
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "expired"}

story a_coupon_whose_deadline_passed_can_be_voided
  use held
  +20m
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  200
