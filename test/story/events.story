# The feed: every change once, those of a coupon in order and with its revision (000-22's messages;
# a reader that keeps its cursor misses nothing).

story a_coupons_life_in_events
  use campaign
  +1s
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200
  +1s
  use template
  +1s
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon"}]}
  use tea
  +1s
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$hold"}
  +1s
  POST /v1/holds/$hold/release
  200
  +1s
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$coupon"]}
  201 {"id": "$redemption"}
  +1s
  POST /v1/redemptions/$redemption/returns {}
  201 {"id": "$return"}
  +1s
  POST /v1/coupons/$coupon/void {"reason": "requested"}
  200
  GET /v1/events
  200 {"more": false, "cursor": "$end", "events": [
    {"specversion": "1.0", "id": "*", "source": "*", "type": "campaign_created",
      "subject": "$campaign", "data": {"campaign": "$campaign", "version": 1, "coupon": null}},
    {"type": "campaign_changed", "data": {"campaign": "$campaign", "version": 2},
      "time": "2026-01-01T00:00:01.000Z"},
    {"type": "template_created", "subject": "$template",
      "data": {"campaign": "$campaign", "template": "$template", "version": 1}},
    {"type": "coupon_issued", "subject": "$coupon", "time": "2026-01-01T00:00:03.000Z",
      "data": {"coupon": "$coupon", "user": "u1", "revision": 1, "template": "$template",
        "campaign": "$campaign"}},
    {"type": "coupon_held", "data": {"coupon": "$coupon", "revision": 2, "hold": "$hold",
      "amount": @1000}},
    {"type": "coupon_released", "data": {"coupon": "$coupon", "revision": 3, "hold": "$hold"}},
    {"type": "coupon_redeemed", "data": {"coupon": "$coupon", "revision": 4,
      "redemption": "$redemption", "amount": @1000}},
    "..."]}
  GET /v1/events?after=$end
  200 {"events": [], "more": false}

story the_end_of_a_coupons_life
  use redeemed
  GET /v1/events?limit=1000
  200 {"cursor": "$c0"}
  +1s
  POST /v1/redemptions/$redemption/returns {}
  201 {"id": "$return"}
  GET /v1/events?after=$c0
  200 {"cursor": "$c1", "events": ["any order",
    {"type": "coupon_returned", "subject": "$coupon", "data": {"coupon": "$coupon", "revision": 3,
      "return": "$return", "amount": @1000}},
    {"type": "order_returned", "subject": "$return", "data": {"return": "$return", "user": "u1",
      "redemption": "$redemption", "amount": @5000, "campaign": null}}]}
  +30d
  sweep
  GET /v1/events?after=$c1
  200 {"events": [{"type": "coupon_expired", "subject": "$coupon", "data": {"revision": 4, "user": "u1"}}]}

story the_feed_in_pages
  use shop
  GET /v1/events
  200 {"cursor": "$c0", "more": false}
  repeat 5
  POST /v1/claims {"user": "u$i", "template": "$template"}
  201
  GET /v1/events?after=$c0&limit=2
  200 {"events": [{"type": "coupon_issued"}, {"type": "coupon_issued"}], "more": true,
    "cursor": "$c1"}
  GET /v1/events?after=$c1&limit=2
  200 {"events": [{}, {}], "more": true, "cursor": "$c2"}
  GET /v1/events?after=$c2&limit=2
  200 {"events": [{"id": "$last"}], "more": false, "cursor": "$c3"}
  GET /v1/events?after=$c3&limit=2
  200 {"events": [], "more": false}
  POST /v1/claims {"user": "u6", "template": "$template"}
  201
  GET /v1/events?after=$c3&limit=2
  200 {"events": [{"type": "coupon_issued", "data": {"user": "u6"}}]}

story a_cursor_reads_the_same_again
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201
  GET /v1/events
  200
  keep all
  GET /v1/events
  200
  same all

story nobody_reads_anothers_events
  use coupon
  as other
  GET /v1/events
  200 {"events": [], "more": false}

story a_refused_act_leaves_no_event
  let more "stock": 0,
  use shop
  GET /v1/events
  200 {"cursor": "$c0"}
  POST /v1/claims {"user": "u1", "template": "$template"}
  409
  GET /v1/events?after=$c0
  200 {"events": []}

story a_replay_leaves_no_event
  use shop
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  201
  GET /v1/events
  200 {"cursor": "$c0"}
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  201
  GET /v1/events?after=$c0
  200 {"events": []}

story a_cursor_that_is_none
  GET /v1/events?after=zzz
  400 {"code": "bad_page_token"}
  GET /v1/events?limit=1001
  422 {"errors": [{"field": "limit", "code": "out_of_range"}]}

story the_feed_goes_on_after_a_restart
  use shop
  GET /v1/events
  200 {"cursor": "$c0"}
  restart
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  GET /v1/events?after=$c0
  200 {"events": [{"type": "coupon_issued"}]}

story what_events_look_like_is_told_to_everybody
  as none
  GET /events.schema.json
  200 {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:quan:schema:event"}
