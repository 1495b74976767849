# Campaigns: what a new one is, its states, edits under If-Match, and every rule it is checked by
# (001-10, 002-04, 004-01).

story a_new_campaign_is_a_draft_with_version_1
  POST /v1/campaigns {"name": "Spring", "currency": "CNY",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T08:00:00+08:00", "until": "2026-03-01T00:00:00Z"}}
  201 {"id": "$campaign", "version": 1, "state": "draft", "name": "Spring", "currency": "CNY",
    "claim_window": {"from": "2026-01-01T00:00:00.000Z", "until": "2026-02-01T00:00:00.000Z"},
    "use_window": {"from": "2026-01-01T00:00:00.000Z", "until": "2026-03-01T00:00:00.000Z"},
    "budget": null, "limits": [], "template_count": 0, "created_at": "2026-01-01T00:00:00.000Z",
    "updated_at": "2026-01-01T00:00:00.000Z"}
  header ETag "v1"
  keep made
  GET /v1/campaigns/$campaign
  200 {"id": "$campaign", "version": 1, "state": "draft", "name": "Spring"}
  header ETag "v1"

story currency_is_the_merchants_unless_named
  use campaign
  GET /v1/campaigns/$campaign
  200 {"currency": "USD"}

story a_draft_can_become_active_or_disabled_only
  use campaign
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  409 {"code": "state_change_not_allowed"}
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  409 {"code": "state_change_not_allowed"}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200 {"state": "active", "version": 2}

story a_state_is_not_entered_twice
  use active
  POST /v1/campaigns/$campaign/state {"state": "active"}
  409 {"code": "state_change_not_allowed"}

story active_and_paused_go_to_and_fro_until_ended
  use active
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200 {"state": "paused", "version": 3}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200 {"state": "active", "version": 4}
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200 {"state": "ended", "version": 6}

story an_ended_campaign_never_issues_again
  use active
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200 {"state": "ended"}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  409 {"code": "state_change_not_allowed"}
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  409 {"code": "state_change_not_allowed"}

story not_even_by_way_of_disabled
  use active
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200 {"state": "disabled"}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  409 {"code": "state_change_not_allowed"}
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200 {"state": "ended"}

story a_disabled_campaign_goes_back_to_where_it_was
  use active
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200 {"state": "disabled"}
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  200 {"state": "paused"}

story a_disabled_draft_is_a_draft_again
  use campaign
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200 {"state": "disabled", "version": 2}
  POST /v1/campaigns/$campaign/state {"state": "paused"}
  409 {"code": "state_change_not_allowed"}
  POST /v1/campaigns/$campaign/state {"state": "draft"}
  200 {"state": "draft", "version": 3}
  use template
  POST /v1/claims {"user": "u1", "template": "$template"}
  409 {"code": "campaign_not_active"}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200 {"state": "active", "version": 4}

story nothing_else_becomes_a_draft
  use campaign
  POST /v1/campaigns/$campaign/state {"state": "draft"}
  409 {"code": "state_change_not_allowed", "detail": "It is draft and cannot become draft."}
  POST /v1/campaigns/$campaign/state {"state": "active"}
  200
  POST /v1/campaigns/$campaign/state {"state": "draft"}
  409 {"code": "state_change_not_allowed"}
  POST /v1/campaigns/$campaign/state {"state": "disabled"}
  200
  POST /v1/campaigns/$campaign/state {"state": "draft"}
  409 {"code": "state_change_not_allowed"}

story a_word_that_is_no_state_is_refused
  use campaign
  POST /v1/campaigns/$campaign/state {"state": "over"}
  422 {"code": "invalid", "errors": [{"field": "state", "code": "not_allowed"}]}

story an_edit_needs_the_version_that_was_read
  use campaign
  PATCH /v1/campaigns/$campaign {"name": "Summer"}
  428 {"code": "precondition_required"}
  PATCH /v1/campaigns/$campaign if="v2" {"name": "Summer"}
  412 {"code": "version_mismatch"}
  PATCH /v1/campaigns/$campaign if="v1" {"name": "Summer"}
  200 {"name": "Summer", "version": 2}
  header ETag "v2"
  PATCH /v1/campaigns/$campaign if="v1" {"name": "Autumn"}
  412 {"code": "version_mismatch"}
  GET /v1/campaigns/$campaign
  200 {"name": "Summer", "version": 2}

story a_tag_that_is_not_ours_matches_nothing
  use campaign
  PATCH /v1/campaigns/$campaign if=* {"name": "Summer"}
  412 {"code": "version_mismatch"}
  PATCH /v1/campaigns/$campaign if=W/"v1" {"name": "Summer"}
  412 {"code": "version_mismatch"}
  PATCH /v1/campaigns/$campaign if="v0" {"name": "Summer"}
  412 {"code": "version_mismatch"}

story a_change_of_state_raises_the_version
  use active
  PATCH /v1/campaigns/$campaign if="v1" {"name": "Summer"}
  412 {"code": "version_mismatch"}
  PATCH /v1/campaigns/$campaign if="v2" {"name": "Summer"}
  200 {"version": 3, "state": "active"}

story what_an_edit_does_not_name_stays
  use campaign
  +1h
  PATCH /v1/campaigns/$campaign if="v1" {"limits": [
    {"measure": "claims", "subject": "user", "period": "ever", "max": 2}]}
  200 {"name": "Spring", "limits": [
    {"measure": "claims", "subject": "user", "period": "ever", "max": 2, "window_seconds": null}],
    "claim_window": {"from": "2026-01-01T00:00:00.000Z", "until": "2026-06-01T00:00:00.000Z"},
    "created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T01:00:00.000Z"}

story an_empty_edit_is_refused
  use campaign
  PATCH /v1/campaigns/$campaign if="v1" {}
  422 {"code": "invalid", "errors": [{"field": "", "code": "too_few"}]}

story a_draft_may_still_shrink_its_windows
  use campaign
  PATCH /v1/campaigns/$campaign if="v1" {
    "claim_window": {"from": "2026-02-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
    "use_window": {"from": "2026-02-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}}
  200 {"use_window": {"from": "2026-02-01T00:00:00.000Z", "until": "2026-03-01T00:00:00.000Z"}}

story a_draft_keeps_its_templates_usable
  use campaign
  let validity {"kind": "fixed", "from": "2026-05-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"}
  use template
  PATCH /v1/campaigns/$campaign if="v1" {
    "claim_window": {"from": "2026-02-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
    "use_window": {"from": "2026-02-01T00:00:00Z", "until": "2026-05-01T00:00:00Z"}}
  422 {"code": "invalid", "errors": [{"field": "use_window", "code": "out_of_range"}]}

story once_active_the_use_window_only_grows
  use active
  PATCH /v1/campaigns/$campaign if="v2" {
    "use_window": {"from": "2026-01-01T00:00:00.001Z", "until": "2026-06-30T23:59:59.999Z"}}
  409 {"code": "not_editable", "errors": ["any order",
    {"field": "use_window.from", "code": "not_editable"},
    {"field": "use_window.until", "code": "not_editable"}]}
  PATCH /v1/campaigns/$campaign if="v2" {
    "use_window": {"from": "2025-12-31T00:00:00Z", "until": "2026-08-01T00:00:00Z"}}
  200 {"version": 3}

story once_ended_the_claim_window_stays
  use active
  POST /v1/campaigns/$campaign/state {"state": "ended"}
  200
  PATCH /v1/campaigns/$campaign if="v3" {
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-05-01T00:00:00Z"}}
  409 {"code": "not_editable", "errors": [{"field": "claim_window.until", "code": "not_editable"}]}
  PATCH /v1/campaigns/$campaign if="v3" {"name": "Summer",
    "claim_window": {"from": "2025-12-31T00:00:00Z", "until": "2026-06-02T00:00:00Z"}}
  409 {"code": "not_editable", "errors": ["any order", {"field": "claim_window.from", "code": "not_editable"},
    {"field": "claim_window.until", "code": "not_editable"}]}
  GET /v1/campaigns/$campaign
  200 {"version": 3, "name": "Spring",
    "claim_window": {"from": "2026-01-01T00:00:00.000Z", "until": "2026-06-01T00:00:00.000Z"}}
  PATCH /v1/campaigns/$campaign if="v3" {
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-09-01T00:00:00Z"}}
  200

story campaigns_are_listed_in_order_by_state_and_by_page
  let campaign_limits []
  POST /v1/campaigns {"name": "A",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"}}
  201 {"id": "$a"}
  +1s
  POST /v1/campaigns {"name": "B",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"}}
  201 {"id": "$b"}
  +1s
  POST /v1/campaigns {"name": "C",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"}}
  201 {"id": "$c"}
  POST /v1/campaigns/$b/state {"state": "active"}
  200
  GET /v1/campaigns
  200 {"campaigns": [{"id": "$a"}, {"id": "$b"}, {"id": "$c"}], "next_page_token": null}
  GET /v1/campaigns?state=draft
  200 {"campaigns": [{"id": "$a"}, {"id": "$c"}]}
  GET /v1/campaigns?state=ended
  200 {"campaigns": []}
  GET /v1/campaigns?page_size=2
  200 {"campaigns": [{"id": "$a"}, {"id": "$b"}], "next_page_token": "$page"}
  GET /v1/campaigns?page_size=2&page_token=$page
  200 {"campaigns": [{"id": "$c"}], "next_page_token": null}

# ---- rules: each problem with its field, all of them at once (002-04) ----

story an_empty_campaign_lists_all_that_it_needs
  POST /v1/campaigns {}
  422 {"code": "invalid", "status": 422, "errors": ["any order",
    {"field": "name", "code": "required", "detail": "*"},
    {"field": "claim_window", "code": "required"},
    {"field": "use_window", "code": "required"}]}

story every_problem_of_a_campaign_is_told_at_once
  POST /v1/campaigns {"name": "", "currency": "usd", "color": "red",
    "claim_window": {"from": "yesterday", "until": "2026-06-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z"},
    "budget": {"mode": "sometimes", "total": {"amount": -1, "currency": "USD"}},
    "limits": [{"measure": "kisses", "subject": "user", "period": "day", "max": 1.5}]}
  422 {"code": "invalid", "errors": ["any order",
    {"field": "name", "code": "too_short"}, {"field": "currency", "code": "bad_format"},
    {"field": "color", "code": "unknown_field"},
    {"field": "claim_window.from", "code": "bad_format"},
    {"field": "use_window.until", "code": "required"},
    {"field": "budget.mode", "code": "not_allowed"},
    {"field": "budget.total.amount", "code": "out_of_range"},
    {"field": "limits[0].measure", "code": "not_allowed"},
    {"field": "limits[0].max", "code": "wrong_type"}]}

story a_window_ends_after_it_begins
  POST /v1/campaigns {"name": "Spring",
    "claim_window": {"from": "2026-01-02T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
    "use_window": {"from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}}
  422 {"errors": ["any order", {"field": "claim_window.until", "code": "out_of_range"},
    {"field": "use_window.until", "code": "out_of_range"}]}

story times_are_from_1970_to_9999
  POST /v1/campaigns {"name": "Spring",
    "claim_window": {"from": "1969-12-31T23:59:59.999Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "1970-01-01T00:00:00+00:01", "until": "9999-12-31T23:59:59-00:01"}}
  422 {"code": "invalid", "errors": ["any order", {"field": "claim_window.from", "code": "bad_format",
      "detail": "an RFC 3339 time from 1970 to 9999, such as 2026-11-22T08:00:00Z"},
    {"field": "use_window.from", "code": "bad_format"}, {"field": "use_window.until", "code": "bad_format"}]}
  GET /v1/campaigns
  200 {"campaigns": []}
  POST /v1/campaigns {"name": "Spring",
    "claim_window": {"from": "1970-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "1970-01-01T00:00:00Z", "until": "9999-12-31T23:59:59.999Z"}}
  201 {"id": "$campaign"}
  PATCH /v1/campaigns/$campaign if="v1" {
    "claim_window": {"from": "1969-12-31T23:59:59.999Z", "until": "2026-02-01T00:00:00Z"}}
  422 {"errors": [{"field": "claim_window.from", "code": "bad_format"}]}
  GET /v1/campaigns/$campaign
  200 {"version": 1, "claim_window": {"from": "1970-01-01T00:00:00.000Z"}}

story what_is_claimed_last_must_be_usable
  POST /v1/campaigns {"name": "Spring",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00.001Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  422 {"errors": [{"field": "use_window.until", "code": "out_of_range"}]}

story a_currency_that_does_not_exist_is_refused
  POST /v1/campaigns {"name": "Spring", "currency": "QQQ",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  422 {"errors": [{"field": "currency", "code": "not_allowed"}]}

story a_budget_is_in_the_currency_of_its_campaign
  POST /v1/campaigns {"name": "Spring", "currency": "CNY",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "budget": {"mode": "at_issue", "total": @100USD}}
  422 {"errors": [{"field": "budget.total.currency", "code": "not_allowed"}]}

story a_budget_of_nothing_is_refused
  POST /v1/campaigns {"name": "Spring",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "budget": {"mode": "at_redeem", "total": @0}}
  422 {"errors": [{"field": "budget.total", "code": "out_of_range"}]}

story a_name_is_text_that_people_can_read
  POST /v1/campaigns {"name": "   ",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  422 {"errors": [{"field": "name", "code": "required"}]}
  POST /v1/campaigns {"name": "bell \u0007",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  422 {"errors": [{"field": "name", "code": "bad_format"}]}
  POST /v1/campaigns {"name": "春季大促 🎉",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}
  201 {"name": "春季大促 🎉"}

story limits_that_nothing_could_count_are_refused
  POST /v1/campaigns {"name": "Spring",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "limits": [{"measure": "claims", "subject": "template", "period": "ever", "max": 1},
      {"measure": "claims", "subject": "store", "period": "rolling", "max": 1, "window_seconds": 60},
      {"measure": "money", "subject": "user", "period": "rolling", "max": 1, "window_seconds": 60},
      {"measure": "claims", "subject": "user", "period": "rolling", "max": 1001,
        "window_seconds": 60},
      {"measure": "claims", "subject": "user", "period": "rolling", "max": 5},
      {"measure": "claims", "subject": "user", "period": "day", "max": 5, "window_seconds": 3600}]}
  422 {"errors": ["any order",
    {"field": "limits[0].subject", "code": "not_allowed"},
    {"field": "limits[1].period", "code": "not_allowed"},
    {"field": "limits[2].period", "code": "not_allowed"},
    {"field": "limits[3].max", "code": "out_of_range"},
    {"field": "limits[4].window_seconds", "code": "out_of_range"},
    {"field": "limits[5].window_seconds", "code": "not_allowed"}]}

story the_same_limit_twice_is_refused
  POST /v1/campaigns {"name": "Spring",
    "claim_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "use_window": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "limits": [{"measure": "claims", "subject": "user", "period": "day", "max": 1},
      {"measure": "claims", "subject": "user", "period": "day", "max": 2}]}
  422 {"errors": [{"field": "limits[1]", "code": "duplicate"}]}
