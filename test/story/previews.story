# Looking before the launch: what a cart would get from templates and campaigns that are not there
# yet, and at another moment. Drafts in the request: quotes.story. Stories begin at 2026-01-01.

# Singles' Day: 10 % by itself on the 11th in UTC, and a coupon of 5.00 from the 10th on.
setup singles_day
  POST /v1/campaigns {"name": "11.1", "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-01-12T00:00:00Z"},
    "use_window": {"from": "2026-01-10T00:00:00Z", "until": "2026-01-12T00:00:00Z"}}
  201 {"id": "$day"}
  POST /v1/campaigns/$day/templates {"name": "10 %", "apply": "automatic",
    "benefit": {"kind": "percent_off", "percent": "10"},
    "validity": {"kind": "fixed", "from": "2026-01-11T00:00:00Z", "until": "2026-01-12T00:00:00Z"}}
  201 {"id": "$promotion"}
  POST /v1/campaigns/$day/templates {"name": "5 off", "benefit": {"kind": "amount_off", "amount": @500},
    "validity": {"kind": "after_issue", "duration_days": 3}}
  201 {"id": "$five"}

story what_a_campaign_will_give_once_it_is_launched
  use singles_day
  use tea
  POST /v1/quotes {"user": "u1", "cart": $cart, "at": "2026-01-11T00:00:00Z"}
  200 {"discount": @0, "coupons": []}
  POST /v1/quotes {"user": "u1", "cart": $cart, "at": "2026-01-11T00:00:00Z", "as_active": ["$day"],
    "drafts": [{"saved": "$five"}]}
  200 {"discount": @1100, "coupons": [{"draft": 0, "applied": true, "discount": @500},
    {"automatic": true, "template": "$promotion", "discount": @600, "budget_guaranteed": true}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "at": "2026-01-10T23:59:59.999Z", "as_active": ["$day"],
    "drafts": [{"saved": "$five"}]}
  200 {"discount": @500, "coupons": [{"draft": 0, "applied": true}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "at": "2026-01-12T00:00:00Z", "as_active": ["$day"],
    "drafts": [{"saved": "$five"}, {"saved": "$promotion"}]}
  200 {"discount": @0, "coupons": [{"draft": 0, "code": "window_closed"},
    {"draft": 1, "code": "coupon_expired"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "as_active": ["$day"], "drafts": [{"saved": "$five"}]}
  200 {"discount": @0, "coupons": [{"draft": 0, "code": "not_started"}]}
  GET /v1/campaigns/$day
  200 {"state": "draft", "version": 1}

# Conditions see the moment, too.
story hours_and_dates_are_those_of_the_moment
  use active
  use tea
  let promotion_conditions {"weekdays": ["sun"], "from": "18:00", "until": "22:00", "zone": "Asia/Shanghai"}
  POST /v1/campaigns/$campaign/templates {"name": "evening", "apply": "automatic",
    "benefit": {"kind": "amount_off", "amount": @300}, "conditions": $promotion_conditions,
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201
  POST /v1/quotes {"user": "u1", "cart": $cart, "at": "2026-01-11T10:00:00Z"}
  200 {"discount": @300}
  POST /v1/quotes {"user": "u1", "cart": $cart, "at": "2026-01-11T09:59:59Z"}
  200 {"discount": @0, "coupons": [{"condition": {"met_from": "2026-01-11T10:00:00.000Z"}}]}

story versions_are_those_of_the_moment
  let benefit {"kind": "percent_off", "percent": "10"}
  use coupon
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "all", "apply": "automatic",
    "benefit": {"kind": "amount_off", "amount": @100},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201 {"id": "$promotion"}
  at 2026-01-03T00:00:00Z
  PATCH /v1/templates/$template if="v1" {"reach": "all_unused", "benefit": {"kind": "percent_off", "percent": "20"}}
  200 {"version": 2}
  PATCH /v1/templates/$promotion if="v1" {"benefit": {"kind": "amount_off", "amount": @200}}
  200 {"version": 2}
  at 2026-01-05T00:00:00Z
  PATCH /v1/templates/$template if="v2" {"benefit": {"kind": "percent_off", "percent": "50"}}
  200 {"version": 3}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "at": "2026-01-02T00:00:00Z",
    "drafts": [{"saved": "$template"}]}
  200 {"coupons": [{"coupon": "$coupon", "discount": @590}, {"draft": 0, "discount": @531},
    {"automatic": true, "discount": @100}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "at": "2026-01-04T00:00:00Z"}
  200 {"coupons": [{"coupon": "$coupon", "discount": @1160}, {"automatic": true, "discount": @200}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "at": "2026-01-20T00:00:00Z",
    "drafts": [{"saved": "$template"}]}
  200 {"coupons": [{"coupon": "$coupon", "discount": @1160}, {"draft": 0, "discount": @2320},
    {"automatic": true, "discount": @200}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "drafts": [{"saved": "$template", "version": 1},
    {"saved": "$template"}]}
  200 {"coupons": [{"draft": 0, "discount": @580}, {"draft": 1, "discount": @2610}, {"automatic": true}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "at": "2025-12-31T00:00:00Z"}
  200 {"coupons": [{"coupon": "$coupon", "code": "coupon_not_yet_valid"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "at": "2026-01-31T00:00:00Z"}
  200 {"coupons": [{"coupon": "$coupon", "code": "coupon_expired"}, {"automatic": true}]}

story a_draft_of_a_promotion_takes_its_place
  use active
  use tea
  POST /v1/campaigns/$campaign/templates {"name": "all", "apply": "automatic",
    "benefit": {"kind": "amount_off", "amount": @100},
    "validity": {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201 {"id": "$promotion"}
  PATCH /v1/templates/$promotion if="v1" {"benefit": {"kind": "amount_off", "amount": @200}}
  200 {"version": 2}
  POST /v1/quotes {"user": "u1", "cart": $cart, "drafts": [{"saved": "$promotion", "version": 1}]}
  200 {"discount": @100, "coupons": [{"draft": 0, "discount": @100}]}
  POST /v1/quotes {"user": "u1", "cart": $cart}
  200 {"discount": @200}

story a_disabled_campaign_can_be_looked_at
  use coupon
  use tea
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"]}
  200 {"coupons": [{"code": "campaign_disabled"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "coupons": ["$coupon"], "as_active": ["$campaign"]}
  200 {"discount": @1000}

story it_takes_an_admin
  use singles_day
  use tea
  as redeem
  POST /v1/quotes {"user": "u1", "cart": $cart, "at": "2026-01-11T00:00:00Z"}
  403 {"code": "forbidden"}
  POST /v1/quotes {"user": "u1", "cart": $cart, "as_active": ["$day"]}
  403
  POST /v1/quotes {"user": "u1", "cart": $cart, "drafts": [{"saved": "$five"}]}
  403
  POST /v1/quotes {"user": "u1", "cart": $cart, "drafts": [{"template": {"name": "a",
    "benefit": {"kind": "amount_off", "amount": @500}, "validity": {"kind": "after_issue", "duration_days": 3}}}]}
  200 {"discount": @500}

story what_cannot_be_looked_at_is_told
  use singles_day
  use active
  use tea
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200
  POST /v1/quotes {"user": "u1", "cart": $cart, "as_active": ["$day", "cmp_0000000000001", "$campaign"],
    "at": "2025-01-01T00:00:00Z", "drafts": [{"saved": "tpl_0000000000001"}, {"saved": "$five"},
    {"saved": "$five", "version": 2}]}
  422 {"errors": ["any order", {"field": "as_active[1]", "code": "not_allowed"},
    {"field": "as_active[2]", "code": "not_allowed"}, {"field": "drafts[0].saved", "code": "not_allowed"},
    {"field": "drafts[1].saved", "code": "not_allowed"}, {"field": "drafts[2].version", "code": "not_allowed"}]}
  POST /v1/quotes {"user": "u1", "cart": $cart, "at": "soon", "drafts": [{}, {"saved": "$five", "campaign": "$day"}]}
  422 {"errors": ["any order", {"field": "at", "code": "bad_format"}, {"field": "drafts[0]", "code": "required"},
    {"field": "drafts[1].campaign", "code": "unknown_field"}]}
