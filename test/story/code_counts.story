# What became of codes: counts of batches and words, and by channel (issue 4: counts per batch and
# channel).

setup made
  use shop
  POST /v1/codes/formats {"name": "Partners", "length": 12, "expected_codes": 1000000}
  201 {"id": "$format"}
  POST /v1/codes/batches {"name": "Cinema, May", "format": "$format", "template": "$template",
    "count": 3, "channel": "cinema"}
  201 {"id": "$batch", "channel": "cinema", "exchanged": 0, "redeemed": 0, "returned": 0, "voided": 0}
  POST /v1/codes/batches/$batch/export {}
  200
  lines code $code1 $code2 $code3
  POST /v1/codes/words {"word": "SPRING10", "template": "$template", "channel": "poster"}
  201 {"id": "$word", "channel": "poster", "exchanged": 0, "redeemed": 0, "returned": 0, "voided": 0}

setup exchanged
  use made
  POST /v1/codes/exchange {"code": "$code1", "user": "u1"}
  201 {"coupon": {"id": "$first"}}
  POST /v1/codes/exchange {"code": "$code2", "user": "u2"}
  201 {"coupon": {"id": "$second"}}
  POST /v1/codes/exchange {"code": "spring10", "user": "u3"}
  201 {"coupon": {"id": "$third"}}
  use tea
  eventually
  GET /v1/codes/batches/$batch
  200 {"exchanged": 2, "redeemed": 0}

story a_coupon_tells_the_batch_or_word_it_came_from
  use exchanged
  GET /v1/coupons/$first
  200 {"source": "exchange", "batch": "$batch", "word": null}
  GET /v1/users/u3/coupons
  200 {"coupons": [{"id": "$third", "source": "word", "word": "$word", "batch": null}]}
  POST /v1/claims {"user": "u4", "template": "$template"}
  201 {"coupons": [{"id": "$claimed"}]}
  GET /v1/coupons/$claimed
  200 {"batch": null, "word": null}

story uses_and_returns_are_counted_for_the_batch
  use exchanged
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$first"]}
  201 {"id": "$used"}
  GET /v1/codes/batches/$batch
  200 {"exchanged": 2, "redeemed": 1, "returned": 0, "voided": 0}
  POST /v1/redemptions/$used/returns {"lines": [{"line": 0, "quantity": 1}]}
  201 {"restored": []}
  GET /v1/codes/batches/$batch
  200 {"redeemed": 1, "returned": 0}
  POST /v1/redemptions/$used/returns {}
  201 {"restored": ["$first"]}
  GET /v1/codes/batches/$batch
  200 {"redeemed": 1, "returned": 1}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$first"]}
  201
  GET /v1/codes/batches
  200 {"batches": [{"id": "$batch", "exchanged": 2, "redeemed": 2, "returned": 1, "voided": 0}]}
  GET /v1/codes/words/$word
  200 {"exchanged": 1, "redeemed": 0}

# What is held is not used, whether it is let go or confirmed.
story a_hold_counts_when_it_is_confirmed
  use exchanged
  POST /v1/holds {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$first"],
    "hold_seconds": 900}
  201 {"id": "$hold"}
  POST /v1/holds {"user": "u3", "order_number": "o3", "cart": $cart, "coupons": ["$third"],
    "hold_seconds": 900}
  201 {"id": "$other"}
  GET /v1/codes/batches/$batch
  200 {"redeemed": 0}
  POST /v1/holds/$hold/release
  200
  GET /v1/codes/batches/$batch
  200 {"redeemed": 0, "returned": 0}
  POST /v1/redemptions {"hold": "$other"}
  201
  GET /v1/codes/words/$word
  200 {"exchanged": 1, "redeemed": 1}

story a_void_is_counted_for_the_batch_and_brings_no_code_back
  use exchanged
  POST /v1/coupons/$first/void {"reason": "issued_in_error"}
  200
  POST /v1/coupons/$third/void {"reason": "fraud"}
  200
  GET /v1/codes/batches/$batch
  200 {"exchanged": 2, "redeemed": 0, "returned": 0, "voided": 1}
  GET /v1/codes/words/$word
  200 {"exchanged": 1, "voided": 1}

# Each use counts, and each that comes back.
story uses_of_a_coupon_with_several_count_each
  let more "uses": 2,
  use exchanged
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$first"]}
  201 {"id": "$one"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$first"]}
  201
  GET /v1/codes/batches/$batch
  200 {"exchanged": 2, "redeemed": 2, "returned": 0}
  POST /v1/redemptions/$one/returns {}
  201
  GET /v1/codes/batches/$batch
  200 {"redeemed": 2, "returned": 1}

story counts_are_summed_by_channel
  use exchanged
  POST /v1/codes/batches {"name": "Cinema, June", "format": "$format", "template": "$template",
    "count": 10, "channel": "cinema"}
  201 {"id": "$june"}
  POST /v1/codes/batches/$june/export {"count": 1}
  200
  lines code $june1
  POST /v1/codes/batches {"name": "Nowhere", "format": "$format", "template": "$template", "count": 5}
  201 {"id": "$plain", "channel": null}
  POST /v1/codes/exchange {"code": "$june1", "user": "u1"}
  201 {"coupon": {"id": "$fourth"}}
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$first"]}
  201 {"id": "$used"}
  POST /v1/redemptions {"user": "u1", "order_number": "o2", "cart": $cart, "coupons": ["$fourth"]}
  201
  POST /v1/redemptions/$used/returns {}
  201
  POST /v1/coupons/$third/void {"reason": "requested"}
  200
  eventually
  GET /v1/codes/channels
  200 {"channels": [
    {"channel": null, "batches": 1, "words": 0, "codes": 5, "exchanged": 0, "redeemed": 0},
    {"channel": "cinema", "batches": 2, "words": 0, "codes": 13, "exchanged": 3, "redeemed": 2,
      "returned": 1, "voided": 0},
    {"channel": "poster", "batches": 0, "words": 1, "codes": 0, "exchanged": 1, "redeemed": 0,
      "returned": 0, "voided": 1}], "next_page_token": null}
  GET /v1/codes/channels?page_size=1
  200 {"channels": [{"channel": null}], "next_page_token": "$next"}
  GET /v1/codes/channels?page_size=1&page_token=$next
  200 {"channels": [{"channel": "cinema"}], "next_page_token": "$after"}
  GET /v1/codes/channels?page_size=1&page_token=$after
  200 {"channels": [{"channel": "poster"}], "next_page_token": null}
  as other
  GET /v1/codes/channels
  200 {"channels": []}
  as issue
  GET /v1/codes/channels
  403

# The counts go with the batch.
story a_batch_moves_to_another_channel
  use exchanged
  PATCH /v1/codes/batches/$batch if="v1" {"channel": "theatre"}
  200 {"version": 2, "channel": "theatre", "name": "Cinema, May", "exchanged": 2}
  PATCH /v1/codes/words/$word if="v1" {"channel": "theatre"}
  200 {"version": 2, "channel": "theatre"}
  GET /v1/codes/channels
  200 {"channels": [{"channel": "theatre", "batches": 1, "words": 1, "exchanged": 3}]}
  PATCH /v1/codes/batches/$batch if="v2" {"channel": ""}
  200 {"version": 3, "channel": null}
  PATCH /v1/codes/batches/$batch if="v3" {"disabled": true}
  200 {"channel": null, "disabled": true}
  PATCH /v1/codes/words/$word if="v2" {"disabled": true}
  200 {"channel": "theatre"}
  POST /v1/codes/batches {"name": "B", "format": "$format", "template": "$template", "count": 1,
    "channel": ""}
  422 {"errors": [{"field": "channel"}]}
  POST /v1/codes/batches {"name": "B", "format": "$format", "template": "$template", "count": 1,
    "channel": "a\u0007b"}
  422 {"errors": [{"field": "channel", "code": "bad_format"}]}
  PATCH /v1/codes/words/$word if="v3" {"channel":
    "12345678901234567890123456789012345678901234567890123456789012345"}
  422 {"errors": [{"field": "channel", "code": "too_long"}]}

# They are rows of the store.
story counts_outlive_a_restart
  use exchanged
  POST /v1/redemptions {"user": "u1", "order_number": "o1", "cart": $cart, "coupons": ["$first"]}
  201
  restart
  GET /v1/codes/batches/$batch
  200 {"exchanged": 2, "redeemed": 1, "channel": "cinema"}
