/* Replaying a retailer's year through the same acts as the API: private to replay*.c. */
#ifndef QUAN_CLI_REPLAY_H
#define QUAN_CLI_REPLAY_H

#include <stdatomic.h>

#include "app/flight.h"
#include "cli/cli.h"
#include "cli/journey.h"
#include "cli/progress.h"

/* What came of one campaign, beside what the data says. */
typedef struct replay_campaign {
    uint64_t id;
    uint64_t *templates; /* [coupon_count] */
    uint64_t *coupons;   /* [household][coupon]: what was granted */
    uint8_t *used;       /* the same: how often it was redeemed */
    struct names *households;
    int64_t granted, extra; /* acts' answers; extra: second grants for second redemptions */
    int64_t redeemed, discount_minor;
} replay_campaign;

typedef struct replay {
    cli_context *cli;
    const journey *year;
    app *app;
    atomic_llong now_ms; /* the store's clock: the data's own dates */
    uint64_t merchant;
    replay_campaign *campaigns;
    flight *flight;
    progress bar;
    uint64_t granted; /* sent, for the bar */
    int64_t orders_minor, refusals;
    str first_refusal; /* "grant: limit_reached …" */
    arena *memory;
} replay;

/* Creates everything, grants, redeems; false when anything was refused that the data says
 * happened. */
bool replay_run(replay *r);
/* Sets the store's clock; a replay lives in UTC. */
void replay_at(replay *r, int32_t day, int64_t ms_of_day);

#endif
