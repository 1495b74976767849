# Backups over HTTP, and back (DESIGN 10: long work is a job; 000-28: what is stored survives).

setup backup
  files
  jobs
  as operator
  POST /v1/backups {"directory": "$folder/monday"}
  202 {"id": "$backup", "kind": "backup", "state": "waiting", "done": 0, "total": 0, "failed": 0,
    "created_at": "*", "updated_at": "*"}
  eventually
  GET /v1/backups/$backup
  200 {"id": "$backup", "state": "done", "error": null, "failed": 0}
  as all

# Coupons that are held, redeemed and free are so again; what came after the backup is not there,
# and its keys do their work anew.
story a_backup_while_it_serves_comes_back
  use held
  POST /v1/claims key=before {"user": "u2", "template": "$template"}
  201 {"coupons": [{"id": "$c2"}]}
  keep first
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$c2"]}
  201 {"id": "$redemption"}
  use backup
  POST /v1/claims key=after {"user": "u3", "template": "$template"}
  201 {"coupons": [{"id": "$late"}]}
  POST /v1/holds/$hold/release
  200
  restore $folder/monday
  GET /v1/coupons/$coupon
  200 {"state": "held", "hold": "$hold"}
  GET /v1/redemptions/$redemption
  200 {"user": "u2", "order_number": "o1"}
  GET /v1/campaigns/$campaign/stats
  200 {"held_now": 1, "counts": [{"issued": 2, "held": 1, "redeemed": 1, "users": 2}]}
  GET /v1/coupons/$late
  404
  POST /v1/claims key=before {"user": "u2", "template": "$template"}
  201
  same first
  POST /v1/claims key=after {"user": "u3", "template": "$template"}
  201 {"coupons": [{"template": "$template"}]}
  POST /v1/redemptions {"user": "u2", "order_number": "o1", "cart": $cart, "coupons": ["$c2"]}
  409 {"code": "order_conflict"}
  POST /v1/redemptions {"hold": "$hold"}
  201

story a_stock_goes_on_where_the_backup_left_it
  let more "stock": 3,
  use coupon
  use backup
  repeat 2
  POST /v1/claims {"user": "x$i", "template": "$template"}
  201
  POST /v1/claims {"user": "x3", "template": "$template"}
  409 {"code": "sold_out"}
  restore $folder/monday
  repeat 2
  POST /v1/claims {"user": "y$i", "template": "$template"}
  201
  POST /v1/claims {"user": "y3", "template": "$template"}
  409 {"code": "sold_out"}
  GET /v1/templates/$template/stats
  200 {"stock": {"total": 3, "remaining": 0}, "counts": [{"issued": 3}]}

story the_job_of_a_backup_says_how_far_it_is
  use backup
  as operator
  GET /v1/backups/$backup
  200 {"kind": "backup", "state": "done", "done": "$bytes", "total": "$bytes"}

# Restored, the backup's own job stands as it did at that moment: it has not ended, and has failed.
story a_restored_store_knows_that_its_backup_was_running
  use backup
  restore $folder/monday
  jobs
  as operator
  eventually
  GET /v1/backups/$backup
  200 {"state": "failed", "error": "*", "failed": 1}

story a_directory_in_use_fails_the_job
  use backup
  as operator
  POST /v1/backups {"directory": "$folder/monday"}
  202 {"id": "$second"}
  eventually
  GET /v1/backups/$second
  200 {"state": "failed", "error": "*", "failed": 1, "total": 0}
  restore $folder/monday
  GET /v1/backups/$backup
  200

# Backups are made one after the other; which are done, which wait, is in the list.
story backups_are_listed_in_pages
  files
  as operator
  POST /v1/backups {"directory": "$folder/one"}
  202 {"id": "$b1"}
  POST /v1/backups {"directory": "$folder/two"}
  202 {"id": "$b2"}
  POST /v1/backups {"directory": "$folder/three"}
  202 {"id": "$b3"}
  GET /v1/backups?page_size=2
  200 {"jobs": [{"id": "$b1", "state": "waiting"}, {"id": "$b2"}], "next_page_token": "$page"}
  GET /v1/backups?page_size=2&page_token=$page
  200 {"jobs": [{"id": "$b3"}], "next_page_token": null}
  GET /v1/backups?page_token=nonsense
  400 {"code": "bad_page_token"}
  jobs
  eventually
  GET /v1/backups
  200 {"jobs": [{"state": "done"}, {"state": "done"}, {"state": "done"}]}

story a_repeat_asks_for_one_backup
  files
  as operator
  POST /v1/backups key=k {"directory": "$folder/one"}
  202 {"id": "$b1", "state": "waiting"}
  keep first
  jobs
  eventually
  GET /v1/backups/$b1
  200 {"state": "done"}
  POST /v1/backups key=k {"directory": "$folder/one"}
  202
  same first
  GET /v1/backups
  200 {"jobs": [{"id": "$b1"}]}

story a_backup_that_waits_is_cancelled
  files
  as operator
  POST /v1/backups {"directory": "$folder/one"}
  202 {"id": "$b1"}
  POST /v1/backups {"directory": "$folder/two"}
  202 {"id": "$b2"}
  +1s
  POST /v1/backups/$b1/cancel
  200 {"id": "$b1", "state": "cancelled", "done": 0, "updated_at": "2026-01-01T00:00:01.000Z"}
  POST /v1/backups/$b1/cancel
  200 {"id": "$b1", "state": "cancelled"}
  jobs
  eventually
  GET /v1/backups/$b2
  200 {"state": "done"}
  GET /v1/backups/$b1
  200 {"state": "cancelled", "done": 0, "error": null}
  POST /v1/backups/$b2/cancel
  409 {"code": "state_change_not_allowed"}
  GET /v1/backups/$b2
  200 {"state": "done"}

story a_backup_that_is_not_there
  as operator
  GET /v1/backups/job_0000000000001
  404 {"code": "not_found"}
  POST /v1/backups/job_0000000000001/cancel
  404 {"code": "not_found"}
  GET /v1/backups/nonsense
  404
  GET /v1/backups
  200 {"jobs": [], "next_page_token": null}

story only_the_operator_makes_backups
  POST /v1/backups {"directory": "/tmp/x"}
  403 {"code": "forbidden"}
  GET /v1/backups
  403
  as operator
  POST /v1/backups {"directory": "relative"}
  422 {"errors": [{"field": "directory", "code": "bad_format"}]}
  POST /v1/backups key=none {"directory": "/tmp/x"}
  400 {"code": "idempotency_key_required"}

# ---- the jobs of a merchant ----

story a_merchant_sees_no_jobs_of_others
  files
  as operator
  POST /v1/backups {"directory": "$folder/one"}
  202 {"id": "$b1"}
  as all
  GET /v1/jobs
  200 {"jobs": [], "next_page_token": null}
  GET /v1/jobs/$b1
  404 {"code": "not_found"}
  POST /v1/jobs/$b1/cancel
  404 {"code": "not_found"}
  as operator
  GET /v1/backups/$b1
  200 {"state": "waiting"}
  as read
  POST /v1/jobs/$b1/cancel
  403
