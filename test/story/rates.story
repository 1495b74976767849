# Rate limits of API keys (DESIGN 10: RateLimit, Retry-After): a setting, off by default.

story without_a_limit_nothing_is_said_of_one
  GET /v1/campaigns
  200
  header RateLimit none
  header RateLimit-Policy none

story every_answer_to_a_key_tells_what_is_left
  setting rate_limit_per_s 10
  setting rate_limit_burst 1000
  GET /v1/campaigns
  200
  header RateLimit-Policy "key";q=1000;w=100
  header RateLimit "key";r=999;t=1
  POST /v1/claims {"user": 7}
  422
  header RateLimit *
  GET /v1/merchants
  403
  header RateLimit *
  GET /livez
  200
  header RateLimit none
  setting rate_limit_per_s 0

# One request comes back in a second, so sooner or later there is none.
story beyond_the_limit_is_429
  setting rate_limit_per_s 1
  setting rate_limit_burst 3
  eventually
  GET /v1/campaigns
  429 {"status": 429, "code": "throttled"}
  header Retry-After 1
  header RateLimit-Policy "key";q=3;w=3
  header RateLimit "key";r=0;t=3
  as read
  GET /v1/campaigns
  200
  header RateLimit "key";r=2;t=1
  setting rate_limit_per_s 0

story a_throttled_write_is_not_kept_under_its_key
  use shop
  setting rate_limit_per_s 1
  eventually
  POST /v1/claims key=k {"user": "u1", "template": "$template", "count": 101}
  429 {"code": "throttled"}
  setting rate_limit_per_s 0
  POST /v1/claims key=k {"user": "u1", "template": "$template"}
  201
