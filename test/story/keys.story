# Keys and their scopes; other merchants; merchants (DESIGN 10; liberu #1046: strangers learn nothing).

story without_a_key_nothing_is_told
  as none
  GET /v1/campaigns
  401 {"code": "unauthenticated", "status": 401}
  header WWW-Authenticate Bearer
  POST /v1/claims {"user": "u1", "template": "tpl_0000000000001"}
  401 {"code": "unauthenticated"}

story a_key_that_nobody_made
  as qk_short
  GET /v1/campaigns
  401 {"code": "unauthenticated"}
  as qk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
  GET /v1/campaigns
  401 {"code": "unauthenticated"}

story a_reader_reads
  use redeemed
  as read
  GET /v1/campaigns/$campaign
  200
  GET /v1/coupons/$coupon
  200
  GET /v1/events
  200
  GET /v1/jobs
  200 {"jobs": []}
  POST /v1/campaigns {}
  403 {"code": "forbidden"}
  PATCH /v1/campaigns/$campaign if="v1" {}
  403 {"code": "forbidden"}
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  403 {"code": "forbidden"}
  POST /v1/campaigns/$campaign/budget {}
  403 {"code": "forbidden"}
  POST /v1/campaigns/$campaign/templates {}
  403 {"code": "forbidden"}
  POST /v1/templates/$template/stock {}
  403 {"code": "forbidden"}
  POST /v1/claims {}
  403 {"code": "forbidden"}
  POST /v1/claims/batch {}
  403 {"code": "forbidden"}
  POST /v1/grants {}
  403 {"code": "forbidden"}
  POST /v1/quotes {}
  403 {"code": "forbidden"}
  POST /v1/holds {}
  403 {"code": "forbidden"}
  POST /v1/redemptions {}
  403 {"code": "forbidden"}
  POST /v1/redemptions/$redemption/returns {}
  403 {"code": "forbidden"}
  POST /v1/coupons/$coupon/void {}
  403 {"code": "forbidden"}
  POST /v1/merchants {}
  403 {"code": "forbidden"}

story an_issuer_issues
  use coupon
  as issue
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  POST /v1/grants {"template": "$template", "users": ["u2"]}
  200
  GET /v1/coupons/$coupon
  403 {"code": "forbidden"}
  POST /v1/coupons/$coupon/void {"reason": "fraud"}
  403 {"code": "forbidden"}
  POST /v1/quotes {}
  403 {"code": "forbidden"}
  POST /v1/campaigns {}
  403 {"code": "forbidden"}

story a_till_redeems
  use coupon
  use tea
  as redeem
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$hold"}
  POST /v1/redemptions {"hold": "$hold"}
  201 {"id": "$redemption"}
  POST /v1/redemptions/$redemption/returns {}
  201
  POST /v1/claims {"user": "u1", "template": "$template"}
  403 {"code": "forbidden"}
  GET /v1/users/u1/coupons
  403 {"code": "forbidden"}
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  403 {"code": "forbidden"}

story an_administrator_administers
  use coupon
  as admin
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200
  POST /v1/coupons/$coupon/void {"reason": "fraud"}
  200
  POST /v1/claims {"user": "u1", "template": "$template"}
  403 {"code": "forbidden"}
  POST /v1/quotes {}
  403 {"code": "forbidden"}
  GET /v1/campaigns
  403 {"code": "forbidden"}
  GET /v1/merchants
  403 {"code": "forbidden"}

story the_operator_keeps_to_the_tenants
  as operator
  GET /v1/merchants
  200 {"merchants": [{"name": "Shop"}, {"name": "Other shop"}]}
  GET /v1/campaigns
  403 {"code": "forbidden"}
  POST /v1/claims {}
  403 {"code": "forbidden"}

# ---- another merchant's ids are not there ----

story nothing_of_another_merchant_is_there
  use held
  POST /v1/claims {"user": "u9", "template": "$template"}
  201 {"coupons": [{"id": "$free"}]}
  POST /v1/redemptions {"user": "u9", "order_number": "o9", "cart": $cart, "coupons": ["$free"]}
  201 {"id": "$redemption"}
  POST /v1/redemptions/$redemption/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"id": "$return"}
  as other
  GET /v1/campaigns
  200 {"campaigns": []}
  GET /v1/campaigns/$campaign
  404 {"code": "not_found"}
  PATCH /v1/campaigns/$campaign if="v2" {"name": "mine"}
  404 {"code": "not_found"}
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  404 {"code": "not_found"}
  POST /v1/campaigns/$campaign/budget {"current": @1, "target": @2}
  404 {"code": "not_found"}
  POST /v1/campaigns/$campaign/templates {"name": "x",
    "benefit": {"kind": "amount_off", "amount": @1},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  404 {"code": "not_found"}
  GET /v1/campaigns/$campaign/templates
  404 {"code": "not_found"}
  GET /v1/campaigns/$campaign/stats
  404 {"code": "not_found"}
  GET /v1/templates/$template
  404 {"code": "not_found"}
  GET /v1/templates/$template/versions
  404 {"code": "not_found"}
  GET /v1/templates/$template/stats
  404 {"code": "not_found"}
  PATCH /v1/templates/$template if="v1" {"name": "mine"}
  404 {"code": "not_found"}
  POST /v1/templates/$template/stock {"current": -1, "target": 2}
  404 {"code": "not_found"}
  POST /v1/claims {"user": "u1", "template": "$template"}
  404 {"code": "not_found"}
  GET /v1/users/u1/coupons
  200 {"coupons": []}
  GET /v1/coupons/$coupon
  404 {"code": "not_found"}
  POST /v1/coupons/$coupon/void {"reason": "fraud"}
  404 {"code": "not_found"}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"applied": false, "code": "not_found"}]}
  POST /v1/holds {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  404 {"code": "not_found"}
  GET /v1/holds/$hold
  404 {"code": "not_found"}
  POST /v1/holds/$hold/release
  404 {"code": "not_found"}
  POST /v1/redemptions {"hold": "$hold"}
  404 {"code": "not_found"}
  GET /v1/redemptions/$redemption
  404 {"code": "not_found"}
  POST /v1/redemptions/$redemption/returns {}
  404 {"code": "not_found"}
  GET /v1/returns/$return
  404 {"code": "not_found"}
  as all
  GET /v1/campaigns/$campaign
  200 {"name": "Spring", "state": "active"}
  GET /v1/holds/$hold
  200 {"state": "open"}

# ---- keys ----

setup reader_key
  as operator
  GET /v1/merchants?page_size=1
  200 {"merchants": [{"id": "$merchant", "name": "Shop"}]}
  POST /v1/merchants/$merchant/keys {"name": "reader", "scopes": ["read"],
    "secret_sha256": "08c154fc4c40a7e857cae340e5bf7dbf1f9a022276d49df05d06d3e08187abb5"}
  201 {"id": "$key", "merchant": "$merchant", "name": "reader", "scopes": ["read"],
    "expires_at": null, "revoked_at": null}

story a_key_works_from_its_answer_on
  use reader_key
  as qk_PQlBlkqj69ywDM71ixuzmfn4mEZemIbVrsfzEJCg-zA
  GET /v1/campaigns
  200
  POST /v1/campaigns {}
  403 {"code": "forbidden"}

story a_revoked_key_is_refused_for_ever
  use reader_key
  POST /v1/keys/$key/revoke
  200 {"id": "$key", "revoked_at": "2026-01-01T00:00:00.000Z"}
  as qk_PQlBlkqj69ywDM71ixuzmfn4mEZemIbVrsfzEJCg-zA
  GET /v1/campaigns
  401 {"code": "unauthenticated"}
  as operator
  +1h
  POST /v1/keys/$key/revoke
  200 {"revoked_at": "2026-01-01T00:00:00.000Z"}
  POST /v1/merchants/$merchant/keys {"name": "again", "scopes": ["read"],
    "secret_sha256": "08c154fc4c40a7e857cae340e5bf7dbf1f9a022276d49df05d06d3e08187abb5"}
  409 {"code": "not_editable"}

story a_revoked_key_stays_revoked_after_a_restart
  use reader_key
  POST /v1/keys/$key/revoke
  200
  restart
  as qk_PQlBlkqj69ywDM71ixuzmfn4mEZemIbVrsfzEJCg-zA
  GET /v1/campaigns
  401 {"code": "unauthenticated"}

story an_expired_key_is_refused
  as operator
  GET /v1/merchants?page_size=1
  200 {"merchants": [{"id": "$merchant"}]}
  POST /v1/merchants/$merchant/keys {"name": "guest", "scopes": ["read"],
    "secret_sha256": "45d159e8ac4b30b745e4a862fc279fe76b62351940fee21d9d6fabd03497673f",
    "expires_at": "2026-01-01T01:00:00Z"}
  201 {"expires_at": "2026-01-01T01:00:00.000Z"}
  as qk_y6BrVzb69n5UsHtWHq6UOV53TFF6fZEKVDaeEmPM-9Q
  +59m59s
  GET /v1/campaigns
  200
  +1s
  GET /v1/campaigns
  401 {"code": "unauthenticated"}

story every_problem_of_a_key_is_told_at_once
  use reader_key
  POST /v1/merchants/$merchant/keys {"name": "", "scopes": [], "secret_sha256": "abc",
    "expires_at": "soon"}
  422 {"errors": ["any order", {"field": "name", "code": "too_short"},
    {"field": "scopes", "code": "too_few"}, {"field": "secret_sha256", "code": "bad_format"},
    {"field": "expires_at", "code": "bad_format"}]}
  POST /v1/merchants/$merchant/keys {"name": "x", "scopes": ["root"],
    "secret_sha256": "45d159e8ac4b30b745e4a862fc279fe76b62351940fee21d9d6fabd03497673f"}
  422 {"errors": [{"field": "scopes[0]", "code": "not_allowed"}]}
  POST /v1/merchants/$merchant/keys {"name": "x", "scopes": ["read"],
    "secret_sha256": "45d159e8ac4b30b745e4a862fc279fe76b62351940fee21d9d6fabd03497673f",
    "expires_at": "2026-01-01T00:00:00Z"}
  422 {"errors": [{"field": "expires_at", "code": "out_of_range"}]}

story a_key_of_a_merchant_that_is_not_there
  as operator
  POST /v1/merchants/mer_0000000000001/keys {"name": "x", "scopes": ["read"],
    "secret_sha256": "45d159e8ac4b30b745e4a862fc279fe76b62351940fee21d9d6fabd03497673f"}
  404 {"code": "not_found"}
  POST /v1/keys/key_0000000000001/revoke
  404 {"code": "not_found"}

# ---- merchants ----

story a_merchant_is_made_read_and_changed
  as operator
  POST /v1/merchants {"name": "Deli", "zone": "Asia/Shanghai", "currency": "CNY"}
  201 {"id": "$merchant", "version": 1, "name": "Deli", "zone": "Asia/Shanghai",
    "currency": "CNY", "limits": []}
  header ETag "v1"
  GET /v1/merchants/$merchant
  200 {"name": "Deli"}
  header ETag "v1"
  PUT /v1/merchants/$merchant {"name": "Deli", "zone": "Asia/Shanghai", "currency": "CNY"}
  428 {"code": "precondition_required"}
  PUT /v1/merchants/$merchant if="v1" {"name": "Deli 2", "zone": "Asia/Shanghai",
    "currency": "USD"}
  200 {"version": 2, "name": "Deli 2", "currency": "USD"}
  PUT /v1/merchants/$merchant if="v1" {"name": "Deli 3", "zone": "Asia/Shanghai",
    "currency": "USD"}
  412 {"code": "version_mismatch"}

story the_zone_of_a_merchant_stays
  as operator
  POST /v1/merchants {"name": "Deli", "zone": "Asia/Shanghai", "currency": "CNY"}
  201 {"id": "$merchant"}
  PUT /v1/merchants/$merchant if="v1" {"name": "Deli", "zone": "UTC", "currency": "CNY"}
  409 {"code": "not_editable", "errors": [{"field": "zone", "code": "not_editable"}]}

story every_problem_of_a_merchant_is_told_at_once
  as operator
  POST /v1/merchants {"name": "x", "zone": "Moon/Base", "currency": "QQQ", "limits": [
    {"measure": "money", "subject": "user", "period": "day", "max": 1},
    {"measure": "claims", "subject": "store", "period": "day", "max": 1}]}
  422 {"errors": ["any order", {"field": "zone", "code": "not_allowed"},
    {"field": "currency", "code": "not_allowed"},
    {"field": "limits[0].measure", "code": "not_allowed"},
    {"field": "limits[1].subject", "code": "not_allowed"}]}
  POST /v1/merchants {}
  422 {"errors": ["any order", {"field": "name", "code": "required"},
    {"field": "zone", "code": "required"}, {"field": "currency", "code": "required"}]}

story merchants_in_pages
  as operator
  GET /v1/merchants?page_size=1
  200 {"merchants": [{"name": "Shop"}], "next_page_token": "$page"}
  GET /v1/merchants?page_size=1&page_token=$page
  200 {"merchants": [{"name": "Other shop"}], "next_page_token": null}

story the_keys_of_a_merchant_in_a_list
  use new_york
  as operator
  POST /v1/merchants/$deli/keys {"name": "reader", "scopes": ["read"],
    "secret_sha256": "08c154fc4c40a7e857cae340e5bf7dbf1f9a022276d49df05d06d3e08187abb5"}
  201 {"id": "$reader"}
  POST /v1/keys/$reader/revoke
  200
  GET /v1/merchants/$deli/keys
  200 {"keys": ["any order", {"id": "$deli_key", "name": "all", "revoked_at": null},
    {"id": "$reader", "name": "reader", "revoked_at": "*"}], "next_page_token": null}
  GET /v1/merchants/mer_0000000000001/keys
  404 {"code": "not_found"}
  as all
  GET /v1/merchants/$deli/keys
  403 {"code": "forbidden"}
