/* Stories: behaviour told as requests and answers, run against a whole server over HTTP on any
 * engine. In short:
 *
 *   setup shop                     steps that stories take over with `use shop`
 *   story a_name_that_says_what_is_shown
 *     use shop
 *     at 2026-05-01T08:00:00Z      sets the server's clock
 *     +2d3h                        moves it (d h m s ms); -1h moves it back
 *     as issue                     whose key the next requests carry: a name of story_server.key,
 *                                  or a key itself (qk_…)
 *     POST /v1/claims key=k1 {"user": "u1", "template": "$template"}
 *     201 {"coupons": [{"id": "$coupon"}]}
 *     header ETag "v1"             a field of the last answer; * for any; none for absent
 *     lines code $a $b ...         the lines of the last answer, by words; "...": others may follow
 *     keep first                   remembers the last answer; `same first`: it is that, every byte
 *     let limits [...]             names a text for $limits; `default`: unless it has one
 *     sweep                        runs the expiry job over everything that is due
 *     restart                      closes the store and opens it again (not on mem)
 *     setting NAME VALUE           the server's setting from now on
 *     jobs                         the server's jobs run from now on, until a restart
 *     files                        goes on only where there are files (not on mem), and names a
 *                                  directory of the story's own: $folder
 *     restore DIRECTORY            goes on with the store of that backup
 *     eventually                   the next request is sent until it answers as told, at most 3 s
 *     repeat 5                     the next request is sent 5 times, each with a fresh key; each
 *                                  must answer as told; $i counts 1 to 5
 *
 * After a story every event in the feed must be what GET /events.schema.json says.
 *
 * Options before the body: key= (none: no key), again= (a second key), if= (If-Match), type=
 * (Content-Type), pad=N (so many spaces behind the body). JSON may go on over several lines until
 * its brackets close; @1250 is money in USD and @1250CNY in CNY. An answer matches when every
 * member named is there with that value (null: absent; others may be too); arrays must have the
 * same length, unless they end in "..."; one that begins with "any order" may be permuted. "$name"
 * binds the value at its first use and compares later; in a request it stands for the value, and
 * "$small_name" for that in small letters. "*"
 * matches what is there. */
#ifndef QUAN_TEST_STORY_H
#define QUAN_TEST_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum {
    STORY_VARIABLES_MAX = 128,
    STORY_KEPT_MAX = 16,
    STORY_LINES_MAX = 20000,
    STORY_SERVERS_MAX = 2
};

/* Where the server listens; or several on one store, each of which must answer as one alone would.
 * A write goes to one of them by dice, which the story's name throws, and a reading to one that has
 * not done the last write. But for what binds at once, a server may be late to learn what others
 * have edited of the configuration, which it follows twice a second. So one that does not answer as
 * told is made to follow; when it learns something by that it is asked once more. Not after 5xx,
 * which is told of no configuration, nor for an answer that stays away. Totals count it. */
typedef struct story_ports {
    uint16_t of[STORY_SERVERS_MAX];
    size_t n; /* 0: what was asked for cannot be done */
} story_ports;

/* The server under test: one is opened for each story. */
typedef struct story_server {
    void *context;
    story_ports (*open)(void *context);    /* a fresh store */
    story_ports (*restart)(void *context); /* the same store again; none: this engine forgets */
    void (*close)(void *context);
    /* Of several: it learns all edits of the configuration; and how many it knows. */
    void (*follow)(void *context, size_t number);
    uint64_t (*known)(void *context, size_t number);
    void (*set_clock)(void *context, int64_t now_ms);
    bool (*sweep)(void *context);
    story_ports (*set)(void *context, str name, str value);
    void (*jobs)(void *context);
    const char *(*folder)(void *context);              /* NULL: this engine has no files */
    story_ports (*restore)(void *context, str backup); /* none: it cannot be restored */
    str (*key)(void *context, str scope); /* the secret for "admin" …; empty for "none" */
    /* After the steps of a story that passed: does all that is stored agree? NULL: not asked. *why
     * says what does not. */
    bool (*sound)(void *context, buf *why);
} story_server;

typedef struct story_totals {
    int passed, failed, skipped; /* skipped: needs what an engine that forgets does not have */
    int again;                   /* requests that one of several was sent again: it was late */
    uint64_t kinds_seen;         /* of events: by their place in the schema */
    uint32_t event_kinds;
} story_totals;

/* Runs every story of a file whose name contains `only` (empty: all), and of these the part-th of
 * so many parts (from 1; 0: all of them): a story is always in the same part. Failures are printed
 * with file and line. shared: a file of setups for all; NULL for none. */
typedef struct story_suite {
    const char *path, *shared;
    str only;
    uint64_t part, parts;
} story_suite;
void story_run_file(const story_suite *suite, const story_server *server, story_totals *totals);

#endif
