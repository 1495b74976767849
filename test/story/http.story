# What every request has in common: problems with stable codes, bodies, parameters, pages, probes
# (DESIGN 10).

story a_problem_is_a_document
  GET /v1/campaigns/cmp_0000000000001
  404 {"type": "*", "title": "*", "status": 404, "code": "not_found", "trace_id": "*"}
  header Content-Type application/problem+json

story a_path_that_is_not_there
  GET /v1/vouchers
  404 {"code": "not_found"}
  GET /
  404 {"code": "not_found"}
  GET /v1/campaigns/
  404 {"code": "not_found"}

story a_method_that_a_path_does_not_have
  DELETE /v1/campaigns
  405 {"code": "method_not_allowed", "status": 405}
  header Allow GET, POST
  PUT /v1/claims {}
  405 {"code": "method_not_allowed"}
  header Allow POST

story a_body_must_say_that_it_is_json
  POST /v1/claims type=text/plain {"user": "u1"}
  415 {"code": "unsupported_media_type"}
  POST /v1/claims type=application/jsonp {"user": "u1"}
  415 {"code": "unsupported_media_type"}

story json_with_a_charset_is_json
  use shop
  POST /v1/claims type=application/json;charset=utf-8 {"user": "u1", "template": "$template"}
  201

story a_body_that_is_too_large
  use shop
  POST /v1/claims pad=65000 {"user": "u1", "template": "$template"}
  201
  POST /v1/claims pad=65536 {"user": "u1", "template": "$template"}
  413 {"code": "too_large"}

story a_body_that_is_no_json
  POST /v1/claims {"user" "u1"}
  400 {"code": "malformed", "detail": "*"}
  POST /v1/claims {"user": "u1",}
  400 {"code": "malformed"}
  POST /v1/claims {} {}
  400 {"code": "malformed"}
  POST /v1/claims {'user': 'u1'}
  400 {"code": "malformed"}
  POST /v1/claims nonsense
  400 {"code": "malformed"}
  POST /v1/claims {"user": 01}
  400 {"code": "malformed"}
  POST /v1/claims {"user": 99999999999999999999}
  400 {"code": "malformed"}
  POST /v1/claims {"user": "\ud800"}
  400 {"code": "malformed"}
  POST /v1/claims {"user": "\u0000"}
  400 {"code": "malformed"}

story a_body_that_is_missing
  POST /v1/claims
  400 {"code": "malformed"}

story a_body_that_is_no_object
  POST /v1/claims []
  422 {"errors": [{"field": "", "code": "wrong_type"}]}
  POST /v1/claims null
  422 {"errors": [{"field": "", "code": "wrong_type"}]}

story a_member_twice
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "user": "u2"}
  400 {"code": "malformed"}
  GET /v1/users/u1/coupons
  200 {"coupons": []}

story a_member_that_nobody_knows
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "Count": 5}
  422 {"code": "invalid", "errors": [{"field": "Count", "code": "unknown_field", "detail": "*"}]}

story null_is_not_absent
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": null}
  422 {"errors": [{"field": "count", "code": "wrong_type"}]}

story an_operation_without_a_body_takes_none
  use held
  POST /v1/holds/$hold/release {"why": "because"}
  422 {"errors": [{"field": "why", "code": "unknown_field"}]}
  POST /v1/holds/$hold/release {}
  200

story page_tokens_are_ours_or_refused
  GET /v1/campaigns?page_token=abc
  400 {"code": "bad_page_token"}
  GET /v1/campaigns?page_token=
  422 {"errors": [{"field": "page_token", "code": "bad_format"}]}

story a_page_token_of_another_list_is_refused
  use shop
  POST /v1/claims {"user": "u1", "template": "$template", "count": 2}
  201
  GET /v1/users/u1/coupons?page_size=1
  200 {"next_page_token": "$page"}
  GET /v1/users/u2/coupons?page_size=1&page_token=$page
  400 {"code": "bad_page_token"}
  GET /v1/campaigns?page_token=$page
  400 {"code": "bad_page_token"}
  as other
  GET /v1/users/u1/coupons?page_size=1&page_token=$page
  400 {"code": "bad_page_token"}

story page_sizes_have_bounds
  GET /v1/campaigns?page_size=0
  422 {"errors": [{"field": "page_size", "code": "out_of_range"}]}
  GET /v1/campaigns?page_size=201
  422 {"errors": [{"field": "page_size", "code": "out_of_range"}]}
  GET /v1/campaigns?page_size=ten
  422 {"errors": [{"field": "page_size", "code": "*"}]}
  GET /v1/campaigns?page_size=200
  200

story parameters_are_known_and_come_once
  GET /v1/campaigns?sort=name
  422 {"errors": [{"field": "sort", "code": "unknown_field"}]}
  GET /v1/campaigns?page_size=1&page_size=2
  422 {"errors": [{"field": "page_size", "code": "duplicate"}]}
  GET /v1/users/u1/coupons?state=lost
  422 {"errors": [{"field": "state", "code": "not_allowed"}]}

story a_broken_escape_names_nothing
  GET /v1/users/%zz/coupons
  404 {"code": "not_found"}
  GET /v1/campaigns?state=%ff
  422 {"code": "invalid"}

story an_id_of_another_kind_names_nothing
  use campaign
  GET /v1/templates/$campaign
  404 {"code": "not_found"}
  GET /v1/campaigns/CMP_0000000000001
  404 {"code": "not_found"}

story head_is_get_without_its_body
  HEAD /v1/campaigns
  200
  header Content-Type application/json

story probes_need_no_key
  as none
  GET /livez
  200 {"status": "*"}
  GET /readyz
  200 {"status": "*"}
  GET /version
  200 {"name": "*", "version": "*", "api": "*"}
  GET /openapi.json
  200 {"openapi": "3.1.0", "info": {"title": "Quan"}, "paths": {"/v1/claims": {"post":
    {"operationId": "claim_create"}}}}
  GET /metrics
  200
  header Content-Type *

story jobs_of_a_merchant_without_any
  GET /v1/jobs
  200 {"jobs": [], "next_page_token": null}
  GET /v1/jobs/job_0000000000001
  404 {"code": "not_found"}
