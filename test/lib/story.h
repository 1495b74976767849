/* Stories: behaviour told as requests and answers, run against a whole server over HTTP on any
 * engine.
 *
 * A story file is text. Lines are indented under their block; `#` begins a comment line.
 *
 *   setup shop                       steps that stories take over with `use shop`
 *   story a_name_that_says_what_is_shown
 *     use shop
 *     at 2026-05-01T08:00:00Z        sets the server's clock (never back, unless the story is about
 * that) +2d3h                          moves it: d h m s, also -1h as issue which key the next
 * requests send: admin issue redeem read operator none POST /v1/claims key=k1 if="v1" {"user":
 * "u1", "template": "$template"} 201 {"coupons": [{"id": "$coupon"}]} header ETag "v1" a field of
 * the last answer sweep                          runs the expiry job over everything that is due
 *     restart                        closes the store and opens it again (not on mem)
 *     repeat 5                       the next request is sent 5 times, each with a fresh key; each
 * must answer as told
 *
 * JSON may go on over several lines until its brackets close. An answer matches when every member
 * named is there with that value (others may be too); arrays must have the same length, unless they
 * end in "...". "$name" binds the value at its first use and compares later; inside a request,
 * $name in the path or in JSON text stands for it. "*" matches anything. Every write gets a fresh
 * Idempotency-Key unless key= names one (key=none sends none). */
#ifndef QUAN_TEST_STORY_H
#define QUAN_TEST_STORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { STORY_VARIABLES_MAX = 128, STORY_SETUPS_MAX = 64, STORY_LINES_MAX = 20000 };

/* The server under test: one is opened for each story. */
typedef struct story_server {
    void *context;
    uint16_t (*open)(void *context);    /* a fresh store; the port */
    uint16_t (*restart)(void *context); /* the same store again; the port; 0: this engine forgets */
    void (*close)(void *context);
    void (*set_clock)(void *context, int64_t now_ms);
    void (*sweep)(void *context);
    str (*key)(void *context, str scope); /* the secret for "admin" …; empty for "none" */
} story_server;

typedef struct story_totals {
    int passed, failed, skipped; /* skipped: a restart on an engine that forgets */
} story_totals;

/* Runs every story of a file whose name contains `only` (empty: all). Failures are printed with
 * file and line. */
void story_run_file(const char *path, str only, const story_server *server, story_totals *totals);

#endif
