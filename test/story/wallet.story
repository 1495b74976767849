# Coupons as their owners see them: by id, by user, by state, in pages; as of now, whether or not the
# sweep has come by (DESIGN 5 Time).

story a_stranger_has_an_empty_wallet
  GET /v1/users/nobody/coupons
  200 {"coupons": [], "next_page_token": null}

story a_users_name_may_be_anything
  use shop
  POST /v1/claims {"user": "张三/ä b?", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  GET /v1/users/%E5%BC%A0%E4%B8%89%2F%C3%A4%20b%3F/coupons
  200 {"coupons": [{"id": "$coupon", "user": "张三/ä b?"}]}

story names_are_bytes_and_not_folded
  use shop
  POST /v1/claims {"user": "Ann", "template": "$template"}
  201
  GET /v1/users/ann/coupons
  200 {"coupons": []}

story a_coupon_is_not_yet_valid_then_available_then_expired
  let validity {"kind": "after_issue", "delay_days": 1, "duration_days": 1}
  use coupon
  GET /v1/coupons/$coupon
  200 {"state": "not_yet_valid", "revision": 1}
  GET /v1/users/u1/coupons?state=not_yet_valid
  200 {"coupons": [{"id": "$coupon"}]}
  GET /v1/users/u1/coupons?state=available
  200 {"coupons": []}
  +1d
  GET /v1/coupons/$coupon
  200 {"state": "available"}
  GET /v1/users/u1/coupons?state=available
  200 {"coupons": [{"id": "$coupon", "state": "available"}]}
  +23h59m59s
  GET /v1/coupons/$coupon
  200 {"state": "available"}
  +1s
  GET /v1/coupons/$coupon
  200 {"state": "expired", "revision": 1}
  GET /v1/users/u1/coupons?state=expired
  200 {"coupons": [{"id": "$coupon"}]}
  GET /v1/users/u1/coupons?state=available
  200 {"coupons": []}

story the_sweep_changes_nothing_that_is_seen_but_the_revision
  use coupon
  +30d
  GET /v1/coupons/$coupon
  200 {"state": "expired", "revision": 1}
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "expired", "revision": 2}
  sweep
  GET /v1/coupons/$coupon
  200 {"state": "expired", "revision": 2}

story a_wallet_by_state
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 4}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}, {"id": "$c4"}]}
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c2"]}
  201 {"id": "$hold"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$c3"]}
  201 {"id": "$redemption"}
  POST /v1/coupons/$c4/void {"reason": "requested"}
  200 {"coupon": "$c4", "state": "voided"}
  GET /v1/users/u1/coupons?state=available
  200 {"coupons": [{"id": "$c1"}]}
  GET /v1/users/u1/coupons?state=held
  200 {"coupons": [{"id": "$c2", "hold": "$hold"}]}
  GET /v1/users/u1/coupons?state=redeemed
  200 {"coupons": [{"id": "$c3", "redemption": "$redemption"}]}
  GET /v1/users/u1/coupons?state=voided
  200 {"coupons": [{"id": "$c4"}]}
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}, {"id": "$c4"}]}

story open_ones_come_first_then_closed_ones_oldest_first
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}]}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$c1"]}
  201
  GET /v1/users/u1/coupons
  200 {"coupons": [{"id": "$c2"}, {"id": "$c3"}, {"id": "$c1"}]}

story a_wallet_in_pages
  use shop
  use tea
  POST /v1/claims {"user": "u1", "template": "$template", "count": 5}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}, {"id": "$c4"}, {"id": "$c5"}]}
  POST /v1/coupons/$c1/void {"reason": "requested"}
  200
  GET /v1/users/u1/coupons?page_size=2
  200 {"coupons": [{"id": "$c2"}, {"id": "$c3"}], "next_page_token": "$p1"}
  GET /v1/users/u1/coupons?page_size=2&page_token=$p1
  200 {"coupons": [{"id": "$c4"}, {"id": "$c5"}], "next_page_token": "$p2"}
  GET /v1/users/u1/coupons?page_size=2&page_token=$p2
  200 {"coupons": [{"id": "$c1"}], "next_page_token": null}

story a_page_goes_on_where_it_was_although_coupons_moved
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201 {"coupons": [{"id": "$c1"}, {"id": "$c2"}, {"id": "$c3"}]}
  GET /v1/users/u1/coupons?page_size=1
  200 {"coupons": [{"id": "$c1"}], "next_page_token": "$page"}
  POST /v1/coupons/$c1/void {"reason": "requested"}
  200
  GET /v1/users/u1/coupons?page_size=2&page_token=$page&state=available
  200 {"coupons": [{"id": "$c2"}, {"id": "$c3"}]}

story a_coupon_that_is_not_there
  GET /v1/coupons/cpn_0000000000001
  404 {"code": "not_found"}
  GET /v1/coupons/nonsense
  404 {"code": "not_found"}

story an_available_list_leaves_out_what_a_deadline_passed
  use held
  GET /v1/users/u1/coupons?state=available
  200 {"coupons": []}
  +15m
  GET /v1/users/u1/coupons?state=available
  200 {"coupons": [{"id": "$coupon"}]}

story a_page_of_a_hundred
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 100}
  201
  GET /v1/users/u1/coupons?page_size=200
  200 {"coupons": [{}, {}, {}, "..."], "next_page_token": null}
