# Issuing: claims, several at once, grants, batches; sold out exactly; windows and states
# (000-04, 000-06, 001-24, 004-06, 004-09 … 004-12).

story a_claim_gives_a_coupon_with_its_dates
  use shop
  at 2026-01-10T12:30:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon", "template": "$template", "template_version": 1,
    "issued_at": "2026-01-10T12:30:00.000Z", "valid_from": "2026-01-10T12:30:00.000Z",
    "expires_at": "2026-02-09T12:30:00.000Z"}], "refusals": null}
  GET /v1/coupons/$coupon
  200 {"id": "$coupon", "user": "u1", "state": "available", "campaign": "$campaign",
    "template": "$template", "template_version": 1, "source": "claim", "revision": 1,
    "issued_at": "2026-01-10T12:30:00.000Z", "hold": null, "redemption": null}

story n_of_one_template_at_once
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 3}
  201 {"coupons": [{"template": "$template"}, {"template": "$template"}, {"template": "$template"}]}
  GET /v1/users/u1/coupons
  200 {"coupons": [{}, {}, {}]}

story several_templates_at_once
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "second",
    "benefit": {"kind": "amount_off", "amount": @500},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$second"}
  POST /v1/claims {"user": "u1", "items": [{"template": "$template", "count": 2},
    {"template": "$second"}]}
  201 {"coupons": [{"template": "$template"}, {"template": "$template"}, {"template": "$second"}]}

story all_or_none_refuses_all_for_one
  let more "stock": 1,
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "second",
    "benefit": {"kind": "amount_off", "amount": @500},
    "validity": {"kind": "after_issue", "duration_days": 7}}
  201 {"id": "$second"}
  POST /v1/claims {"user": "u1", "items": [{"template": "$second"},
    {"template": "$template", "count": 2}]}
  409 {"code": "sold_out"}
  GET /v1/users/u1/coupons
  200 {"coupons": []}
  eventually
  GET /v1/templates/$template/stats
  200 {"stock": {"total": 1, "remaining": 1}, "counts": [{"issued": 0, "users": 0}]}

story best_effort_issues_what_there_is_and_says_what_not
  let more "stock": 2,
  use shop
  POST /v1/campaigns/$campaign/templates {"name": "second",
    "benefit": {"kind": "amount_off", "amount": @500},
    "validity": {"kind": "after_issue", "duration_days": 7},
    "limits": [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]}
  201 {"id": "$second"}
  POST /v1/claims {"user": "u1", "mode": "best_effort", "items": [
    {"template": "$template", "count": 3}, {"template": "$second", "count": 2}]}
  201 {"coupons": [{"template": "$template"}, {"template": "$template"}, {"template": "$second"}],
    "refusals": [{"item": 0, "problem": {"status": 409, "code": "sold_out"}},
      {"item": 1, "problem": {"status": 409, "code": "limit_reached"}}]}

story best_effort_with_nothing_at_all_says_so
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 0}]
  use shop
  POST /v1/claims {"user": "u1", "mode": "best_effort", "items": [{"template": "$template"}]}
  409 {"code": "none_issued"}

story best_effort_with_everything_sold_out_may_be_tried_again
  let more "stock": 0,
  use shop
  POST /v1/claims key=k {"user": "u1", "mode": "best_effort", "items": [{"template": "$template"}]}
  409 {"code": "sold_out"}
  POST /v1/templates/$template/stock {"current": 0, "target": 1}
  200
  POST /v1/claims key=k {"user": "u1", "mode": "best_effort", "items": [{"template": "$template"}]}
  201 {"coupons": [{}]}

# Never over, and never falsely sold out (DESIGN 5 Stock).
story the_stock_is_sold_to_the_last_piece_and_not_beyond
  let more "stock": 25,
  use shop
  repeat 25
  POST /v1/claims {"user": "u$i", "template": "$template"}
  201 {"coupons": [{}]}
  repeat 5
  POST /v1/claims {"user": "late$i", "template": "$template"}
  409 {"code": "sold_out", "status": 409}
  GET /v1/templates/$template/stats
  200 {"stock": {"total": 25, "remaining": 0}, "counts": [{"issued": 25, "users": 25}]}

story a_claim_of_more_than_is_left_takes_nothing
  let more "stock": 5,
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 6}
  409 {"code": "sold_out"}
  POST /v1/claims {"user": "u1", "template": "$template", "count": 5}
  201 {"coupons": [{}, {}, {}, {}, {}]}

story a_stock_of_none_is_sold_out
  let more "stock": 0,
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "sold_out"}

story a_claim_of_a_template_that_is_not_there
  use shop
  POST /v1/claims {"user": "u1", "template": "tpl_0000000000001"}
  404 {"code": "not_found"}
  POST /v1/claims {"user": "u1", "template": "$campaign"}
  422 {"errors": [{"field": "template", "code": "bad_format"}]}

# ---- states and windows: half-open (DESIGN 5 Time) ----

story a_draft_does_not_issue
  use campaign
  use template
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "campaign_not_active"}

story a_paused_campaign_does_not_issue_and_goes_on_later
  use shop
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  409 {"code": "campaign_not_active"}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  201

story an_ended_campaign_does_not_issue
  use shop
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "campaign_not_active"}
  POST /v1/grants {"template": "$template", "users": ["u1"]}
  200 {"granted": 0, "refused": 1, "results": [
    {"user": "u1", "problem": {"code": "campaign_not_active", "status": 409}}]}

story a_disabled_campaign_does_not_issue
  use shop
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "campaign_disabled"}

story the_claim_window_holds_its_beginning_and_not_its_end
  let claim_from 2026-02-01T00:00:00Z
  let claim_until 2026-02-02T00:00:00Z
  use shop
  at 2026-01-31T23:59:59.999Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "not_started"}
  +1ms
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  at 2026-02-01T23:59:59.999Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201
  +1ms
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "window_closed"}
  POST /v1/grants {"template": "$template", "users": ["u1"]}
  200 {"results": [{"problem": {"code": "window_closed"}}]}

story a_coupon_that_could_never_be_used_is_not_issued
  let validity {"kind": "fixed", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
  use shop
  at 2026-02-01T00:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "window_closed"}

# ---- validity ----

story a_fixed_validity_is_the_same_for_all
  let validity {"kind": "fixed", "from": "2026-02-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}
  use shop
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"valid_from": "2026-02-01T00:00:00.000Z",
    "expires_at": "2026-03-01T00:00:00.000Z"}]}

story a_validity_is_clipped_by_the_use_window
  let use_until 2026-06-10T00:00:00Z
  use shop
  at 2026-05-31T00:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"valid_from": "2026-05-31T00:00:00.000Z",
    "expires_at": "2026-06-10T00:00:00.000Z"}]}

story a_delayed_start_counts_from_issue
  let validity {"kind": "after_issue", "delay_days": 2, "duration_days": 5}
  use shop
  at 2026-01-10T12:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"id": "$coupon", "valid_from": "2026-01-12T12:00:00.000Z",
    "expires_at": "2026-01-17T12:00:00.000Z"}]}
  GET /v1/coupons/$coupon
  200 {"state": "not_yet_valid"}

# The day of issue is the first of them; Shanghai would be 8 hours on, this merchant is in UTC.
story whole_days_end_at_midnight
  let validity {"kind": "after_issue", "duration_days": 3, "whole_days": true}
  use shop
  at 2026-01-10T22:15:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"valid_from": "2026-01-10T22:15:00.000Z",
    "expires_at": "2026-01-13T00:00:00.000Z"}]}

# 8 March 2026 has 23 hours in New York: midnight is 05:00Z before it and 04:00Z after it.
story whole_days_follow_the_merchants_zone_over_the_change_of_clocks
  use new_york
  let validity {"kind": "after_issue", "delay_days": 1, "duration_days": 1, "whole_days": true}
  use shop
  at 2026-03-07T20:00:00Z
  POST /v1/claims {"user": "u1", "template": "$template"}
  201 {"coupons": [{"valid_from": "2026-03-08T05:00:00.000Z",
    "expires_at": "2026-03-09T04:00:00.000Z"}]}

# ---- grants: the merchant gives (000-04) ----

story a_grant_to_a_list_answers_for_each_user_in_order
  let more "stock": 3,
  let limits [{"measure": "claims", "subject": "user", "period": "ever", "max": 1}]
  use shop
  POST /v1/claims {"user": "b", "template": "$template"}
  201
  POST /v1/grants {"template": "$template", "users": ["a", "b", "c"]}
  200 {"granted": 2, "refused": 1, "results": [
    {"user": "a", "coupons": [{"template": "$template", "id": "$given"}], "problem": null},
    {"user": "b", "coupons": null, "problem": {"status": 409, "code": "limit_reached"}},
    {"user": "c", "coupons": [{}], "problem": null}]}
  GET /v1/coupons/$given
  200 {"user": "a", "source": "grant"}

story a_grant_of_several_is_all_or_none_for_each_user
  let more "stock": 5,
  use shop
  POST /v1/grants {"template": "$template", "users": ["a"], "count": 3}
  200 {"granted": 1, "refused": 0, "results": [{"user": "a", "coupons": [{}, {}, {}]}]}
  POST /v1/grants {"template": "$template", "users": ["b"], "count": 3}
  200 {"granted": 0, "refused": 1, "results": [{"user": "b", "problem": {"code": "sold_out"}}]}
  POST /v1/grants {"template": "$template", "users": ["b"], "count": 2}
  200 {"granted": 1, "refused": 0}

story a_grant_of_a_template_that_is_not_there
  POST /v1/grants {"template": "tpl_0000000000001", "users": ["a"]}
  404 {"code": "not_found"}

story a_user_is_granted_once_in_a_list
  use shop
  POST /v1/grants {"template": "$template", "users": ["a", "b", "a"]}
  422 {"errors": [{"field": "users[2]", "code": "duplicate"}]}

story a_grant_needs_users
  use shop
  POST /v1/grants {"template": "$template", "users": [], "count": 101}
  422 {"errors": ["any order", {"field": "users", "code": "too_few"},
    {"field": "count", "code": "out_of_range"}]}

story a_repeated_grant_gives_first_answers_and_tries_the_rest
  let more "stock": 1,
  use shop
  POST /v1/grants key=g {"template": "$template", "users": ["a", "b"]}
  200 {"granted": 1, "refused": 1}
  POST /v1/templates/$template/stock {"current": 1, "target": 2}
  200
  POST /v1/grants key=g {"template": "$template", "users": ["a", "b"]}
  200 {"granted": 2, "refused": 0, "results": [{"user": "a", "coupons": [{}]},
    {"user": "b", "coupons": [{}]}]}
  GET /v1/templates/$template/stats
  200 {"counts": [{"issued": 2, "users": 2}]}

# ---- batches ----

story a_batch_answers_each_claim
  let more "stock": 2,
  use shop
  POST /v1/claims/batch {"claims": [{"user": "a", "template": "$template"},
    {"user": "b", "template": "tpl_0000000000001"}, {"user": "c", "template": "$template"}]}
  200 {"issued": 2, "refused": 1, "results": [
    {"claim": {"coupons": [{"template": "$template"}]}, "problem": null},
    {"claim": null, "problem": {"status": 404, "code": "not_found"}},
    {"claim": {"coupons": [{}]}}]}
  POST /v1/claims/batch {"claims": [{"user": "d", "template": "$template"}]}
  200 {"issued": 0, "refused": 1, "results": [{"problem": {"code": "sold_out"}}]}

story a_repeated_batch_issues_nothing_twice
  use shop
  POST /v1/claims/batch key=b {"claims": [{"user": "a", "template": "$template"},
    {"user": "a", "template": "$template"}]}
  200 {"issued": 2, "refused": 0}
  keep first
  POST /v1/claims/batch key=b {"claims": [{"user": "a", "template": "$template"},
    {"user": "a", "template": "$template"}]}
  200
  same first
  GET /v1/users/a/coupons
  200 {"coupons": [{}, {}]}

story problems_of_a_batch_are_told_with_their_place
  use shop
  POST /v1/claims/batch {"claims": [{"user": "a", "template": "$template"}, {"user": ""},
    {"user": "c", "template": "$template", "count": 0}]}
  422 {"errors": ["any order", {"field": "claims[1]", "code": "required"},
    {"field": "claims[2].count", "code": "out_of_range"}]}

# ---- rules ----

story a_claim_names_one_template_or_several
  use shop
  POST /v1/claims {"user": "u1"}
  422 {"errors": [{"field": "", "code": "required"}]}
  POST /v1/claims {"user": "u1", "template": "$template", "items": [{"template": "$template"}]}
  422 {"errors": [{"field": "items", "code": "unknown_field"}]}

story a_user_is_named_in_1_to_64_bytes
  use shop
  POST /v1/claims {"user": "", "template": "$template"}
  422 {"errors": [{"field": "user", "code": "too_short"}]}
  POST /v1/claims {"template": "$template",
    "user": "1234567890123456789012345678901234567890123456789012345678901234"}
  201
  POST /v1/claims {"template": "$template",
    "user": "12345678901234567890123456789012345678901234567890123456789012345"}
  422 {"errors": [{"field": "user", "code": "too_long"}]}
  POST /v1/claims {"template": "$template", "user": "一二三四五六七八九十一二三四五六七八九十一二"}
  422 {"errors": [{"field": "user", "code": "too_long"}]}

story a_hundred_coupons_at_once_and_not_one_more
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 100}
  201
  POST /v1/claims {"user": "u1", "template": "$template", "count": 101}
  422 {"errors": [{"field": "count", "code": "out_of_range"}]}
  POST /v1/claims {"user": "u1", "items": [{"template": "$template", "count": 50},
    {"template": "$template", "count": 51}]}
  422 {"code": "invalid"}
