# Webhooks as they are configured: what is sent, and to whom, the tests of the sender show
# (app/webhook_send_test.c, test/e2e/webhooks.sh).

setup webhook
  POST /v1/webhooks {"url": "https://shop.example/hook", "name": "Till"}
  201 {"id": "$webhook", "version": 1, "state": "enabled", "events": [], "secret": "$secret", "delivery": null}

story a_webhook_is_made_and_looked_at
  POST /v1/webhooks key=k {"url": "https://shop.example/hook?x=1", "events": ["coupon_redeemed", "coupon_issued"]}
  201 {"id": "$webhook", "version": 1, "url": "https://shop.example/hook?x=1", "secret": "$secret",
    "events": ["coupon_issued", "coupon_redeemed"], "state": "enabled", "name": null}
  header ETag "v1"
  keep first
  POST /v1/webhooks key=k {"url": "https://shop.example/hook?x=1", "events": ["coupon_redeemed", "coupon_issued"]}
  201
  same first
  GET /v1/webhooks/$webhook
  200 {"id": "$webhook", "secret": null, "delivery": {"taken": 0, "failed_tries": 0, "waiting": 0, "dead": 0,
    "breaker": "closed", "failures": 0, "open_until": null, "last_fault": null}}
  header ETag "v1"
  POST /v1/webhooks {"url": "https://other.example/"}
  201 {"id": "$other"}
  GET /v1/webhooks
  200 {"webhooks": [{"id": "$webhook", "secret": null}, {"id": "$other"}], "next_page_token": null}
  GET /v1/webhooks?page_size=1
  200 {"webhooks": [{"id": "$webhook"}], "next_page_token": "$next"}
  GET /v1/webhooks?page_size=1&page_token=$next
  200 {"webhooks": [{"id": "$other"}], "next_page_token": null}

story a_webhook_is_changed
  use webhook
  PATCH /v1/webhooks/$webhook if="v1" {"url": "https://new.example/", "events": ["coupon_held"]}
  200 {"version": 2, "url": "https://new.example/", "events": ["coupon_held"], "name": "Till", "secret": null}
  header ETag "v2"
  PATCH /v1/webhooks/$webhook if="v1" {"enabled": false}
  412 {"code": "version_mismatch"}
  PATCH /v1/webhooks/$webhook if="v2" {"enabled": false, "name": ""}
  200 {"version": 3, "state": "disabled", "name": null, "events": ["coupon_held"]}
  PATCH /v1/webhooks/$webhook if="v3" {"enabled": true, "events": []}
  200 {"version": 4, "state": "enabled", "events": []}
  PATCH /v1/webhooks/$webhook if="v4" {}
  422
  restart
  GET /v1/webhooks/$webhook
  200 {"version": 4, "state": "enabled", "url": "https://new.example/"}

story secrets_rotate
  use webhook
  POST /v1/webhooks/$webhook/rotate key=r {"keep_seconds": 3600}
  200 {"version": 2, "secret": "$second", "old_secret_until": "2026-01-01T01:00:00.000Z"}
  keep first
  POST /v1/webhooks/$webhook/rotate key=r {"keep_seconds": 3600}
  200
  same first
  POST /v1/webhooks/$webhook/rotate {"keep_seconds": 0}
  200 {"version": 3, "secret": "*", "old_secret_until": null}
  POST /v1/webhooks/$webhook/rotate {}
  200 {"version": 4, "old_secret_until": "2026-01-02T00:00:00.000Z"}
  GET /v1/webhooks/$webhook
  200 {"secret": null, "old_secret_until": "2026-01-02T00:00:00.000Z"}

story what_a_url_may_be
  POST /v1/webhooks {"url": "http://shop.example/hook"}
  422 {"errors": [{"field": "url", "code": "not_allowed"}]}
  POST /v1/webhooks {"url": "https://shop.example:8443/hook"}
  422 {"errors": [{"field": "url", "code": "not_allowed"}]}
  POST /v1/webhooks {"url": "https://me:secret@shop.example/hook"}
  422 {"errors": [{"field": "url", "code": "bad_format"}]}
  POST /v1/webhooks {"url": "https://shop.example/hook#part"}
  422 {"errors": [{"field": "url", "code": "bad_format"}]}
  POST /v1/webhooks {"url": "ftp://shop.example/hook"}
  422 {"errors": [{"field": "url", "code": "bad_format"}]}
  POST /v1/webhooks {"url": "https://shop.example/", "events": ["nothing"]}
  422 {"errors": [{"field": "events[0]", "code": "not_allowed"}]}
  setting webhook_http yes
  setting webhook_ports 443,8443
  POST /v1/webhooks {"url": "http://shop.example:8443/hook"}
  201
  POST /v1/webhooks {"url": "http://shop.example/hook"}
  422 {"errors": [{"field": "url", "code": "not_allowed"}]}

story webhooks_are_their_merchants
  use webhook
  as other
  GET /v1/webhooks
  200 {"webhooks": []}
  GET /v1/webhooks/$webhook
  404
  PATCH /v1/webhooks/$webhook if="v1" {"enabled": false}
  404
  POST /v1/webhooks/$webhook/rotate {}
  404
  POST /v1/webhooks/$webhook/test
  404
  POST /v1/webhooks/$webhook/replay {"from": "2026-01-01T00:00:00Z"}
  404
  GET /v1/webhooks/$webhook/dead_letters
  404
  POST /v1/webhooks/$webhook/dead_letters/retry {}
  404
  POST /v1/webhooks/$webhook/dead_letters/drop {}
  404
  DELETE /v1/webhooks/$webhook
  404
  as read
  POST /v1/webhooks {"url": "https://shop.example/hook"}
  403
  GET /v1/webhooks/$webhook
  200
  as issue
  GET /v1/webhooks/$webhook
  403

story a_webhook_is_tested_replayed_and_deleted
  use webhook
  POST /v1/webhooks/$webhook/test
  200 {"id": "$webhook"}
  POST /v1/webhooks/$webhook/replay {"from": "2025-01-01T00:00:00Z"}
  200 {"id": "$webhook"}
  GET /v1/webhooks/$webhook/dead_letters
  200 {"dead_letters": [], "next_page_token": null}
  POST /v1/webhooks/$webhook/dead_letters/retry {"events": ["evt_0_1", "evt_99999_18446744073709551615"]}
  422 {"errors": [{"field": "events[1]", "code": "out_of_range"}]}
  POST /v1/webhooks/$webhook/dead_letters/retry {"events": ["evt_0_1"]}
  200 {"letters": 0}
  POST /v1/webhooks/$webhook/dead_letters/drop {}
  200 {"letters": 0}
  PATCH /v1/webhooks/$webhook if="v1" {"name": "Desk"}
  200
  DELETE /v1/webhooks/$webhook key=d
  200 {"id": "$webhook"}
  GET /v1/webhooks/$webhook
  404
  DELETE /v1/webhooks/$webhook key=d
  200
  DELETE /v1/webhooks/$webhook
  404
  GET /v1/events
  200 {"events": [
    {"type": "webhook_created", "subject": "$webhook", "data": {"webhook": "$webhook", "version": 1, "state": "enabled"}},
    {"type": "webhook_tested", "data": {"webhook": "$webhook", "version": 1}},
    {"type": "webhook_changed", "data": {"webhook": "$webhook", "version": 2}},
    {"type": "webhook_deleted", "subject": "$webhook", "data": {"webhook": "$webhook"}}]}

story without_the_master_key_there_is_no_secret
  use webhook
  setting code_key_file
  restart
  POST /v1/webhooks {"url": "https://shop.example/hook"}
  503 {"code": "code_key_missing"}
  POST /v1/webhooks/$webhook/rotate {}
  503 {"code": "code_key_missing"}
  GET /v1/webhooks/$webhook
  200 {"state": "enabled"}

story there_are_not_too_many
  repeat 50
  POST /v1/webhooks {"url": "https://shop.example/$i"}
  201
  POST /v1/webhooks {"url": "https://shop.example/one"}
  409 {"code": "too_many"}
