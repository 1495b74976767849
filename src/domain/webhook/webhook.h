/* Webhooks: where a merchant's events are sent, and the acts on them (app/act.def lists them). All
 * run in the merchant's slot, so that two of them cannot miss each other.
 *
 * The event feed is kept for ever and ordered in each lane, so a webhook is a place in each lane
 * (webhook_place) and the events before it that were not taken (letters). Moving a place back sends
 * again. An event is never lost: it is behind the place, or waiting, or dead, or was taken; after a
 * crash some are sent twice, with the same id.
 *
 * Letters of one line go one after another: those of a coupon have one, so a receiver sees its
 * changes in their order, unless one has died.
 *
 * A try that fails is made again after webhook_wait_ms; a letter that has failed WEBHOOK_TRIES_MAX
 * times is dead (dead_letter), until somebody sends it again. The breaker is for the receiver as a
 * whole: after WEBHOOK_TRIP failures without a success nothing is sent for webhook_open_ms, then
 * one letter as a probe. While it is open letters wait in the feed, so they lose no tries. A
 * receiver that has taken nothing for WEBHOOK_GIVE_UP_MS, that answers 410, or whose list of dead
 * letters is full, is disabled; nothing of what waits is lost by that.
 *
 * PUT creates or edits; an edit of the URL, or one that enables, makes letters due at once. END
 * deletes, with all letters. TEST tells an event that goes to this webhook alone. REPLAY moves
 * places back, never ahead. DEAD_LETTERS sends again or forgets. REPORT is the sender's.
 *   NOT_FOUND, VERSION_MISMATCH
 *   INVALID    name, URL, kinds; a report that cannot be
 *   TOO_MANY   webhooks of the merchant
 *   STALE      a report of letters that were set anew since */
#ifndef QUAN_DOMAIN_WEBHOOK_WEBHOOK_H
#define QUAN_DOMAIN_WEBHOOK_WEBHOOK_H

#include "base/issues.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/table.gen.h"
#include "domain/uow.h"

enum {
    WEBHOOKS_MAX = 50, /* of a merchant: a scan */
    WEBHOOK_URL_BYTES_MAX = 2000,
    WEBHOOK_NAME_CHARS_MAX = 100,
    WEBHOOK_WAITING_MAX = 200, /* letters of one lane */
    WEBHOOK_REVIVED_MAX = 100, /* of them, that come from the dead: others must get on, too */
    WEBHOOK_TRIES_MAX = 10,
    WEBHOOK_TRIP = 5,
    DEAD_LETTERS_MAX = 500, /* of a webhook */
    WEBHOOK_STATUS_GONE = 410,
};
#define WEBHOOK_GIVE_UP_MS      (5 * MS_DAY)
#define WEBHOOK_RETRY_MAX_MS    MS_DAY /* of what a receiver asks for */
#define WEBHOOK_OPEN_FIRST_MS   (5 * MS_SECOND)
#define WEBHOOK_OPEN_MAX_MS     (15 * MS_MINUTE)
#define WEBHOOK_KEEP_DEFAULT_MS MS_DAY /* of the secret before */

/* webhook_put_in.fields */
enum webhook_field {
    WEBHOOK_NAME = 1,
    WEBHOOK_URL = 2,
    WEBHOOK_KINDS = 4,
    WEBHOOK_ENABLED = 8,
    WEBHOOK_SECRET = 16,
};

/* ---- what the sender asks; pure ---- */
bool webhook_takes(const webhook *row, const event *e);
uint64_t webhook_line(const event *e);
/* From a failed try to the next: 5 s, then minutes, hours and a day, up to a tenth longer, so that
 * letters that failed together do not come together. tries: that have failed, from 1. */
int64_t webhook_wait_ms(uint64_t webhook_id, uint64_t sequence, uint32_t tries);
/* How long the breaker stays open the nth time, n from 1. */
int64_t webhook_open_ms(uint64_t webhook_id, uint32_t n);

/* ---- URLs ---- */
typedef struct webhook_url {
    bool secure; /* https */
    str host;    /* without brackets */
    uint16_t port;
} webhook_url;
/* NULL, or what is wrong with it: https or http, a host, a port, a path; no user, no fragment. */
const char *webhook_url_read(str url, webhook_url *out);
/* Every problem of an input. */
void webhook_check(const webhook_put_in *in, issues *found);

/* ---- acts ---- */
result webhook_put_decide(uow *u, const void *in, void *out);
result webhook_end_decide(uow *u, const void *in, void *out);
result webhook_test_decide(uow *u, const void *in, void *out);
result webhook_report_decide(uow *u, const void *in, void *out);
result webhook_replay_decide(uow *u, const void *in, void *out);
result dead_letters_decide(uow *u, const void *in, void *out);

#endif
