/* See crash.h. */
#include "test/lib/crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/clock.h"
#include "test/lib/database.h"
#include "test/lib/store_fixture.h"

enum {
    SHARDS = 2,
    PG_LANES = 4,
    IDLE_STEPS = 8, /* every lane twice, whatever there is of it */
    STEPS_MAX = 400,
    STRIDE = 8, /* on PostgreSQL: steps from one kill to the next, about */
    PATH_BYTES = 64
};

static struct {
    bool pg;
    char root[PATH_BYTES], before[2 * PATH_BYTES], behind[2 * PATH_BYTES];
    str urls[SHARDS];
    app *first; /* pg: of the killed server; NULL: it is not killed yet */
} ground;

bool crash_on(int count, char **arguments)
{
    const char *engine = count > 1 ? arguments[1] : "rocks";
    ground.pg = strcmp(engine, "pg") == 0;
    return ground.pg || strcmp(engine, "rocks") == 0;
}

bool crash_is_pg(void)
{
    return ground.pg;
}

fix *crash_open(void)
{
    if (ground.pg) {
        for (size_t i = 0; i < SHARDS; i++)
            ground.urls[i] = str_of(database_take());
        return fix_open(
            (fix_options){.lanes = PG_LANES, .pg = ground.urls, .shards = SHARDS, .several = true});
    }
    (void)snprintf(ground.root, sizeof(ground.root), "/tmp/quan-crash-XXXXXX");
    CHECK(mkdtemp(ground.root) != NULL);
    (void)snprintf(ground.before, sizeof(ground.before), "%s/before", ground.root);
    (void)snprintf(ground.behind, sizeof(ground.behind), "%s/behind", ground.root);
    return fix_open((fix_options){.rocks = str_of(ground.before)});
}

void crash_now(fix *f)
{
    if (!ground.pg) {
        fix_crash(f, str_of(ground.behind));
        return;
    }
    buf why;
    buf_init(&why, 4096);
    CHECK(ground.first == NULL);
    ground.first = f->app;
    result r = app_open(&f->options, &f->app, &why);
    buf_free(&why);
    CHECK(r == R_DONE);
}

bool crash_steps(fix *f, int steps)
{
    int idle = 0;
    for (int i = 0; i < steps; i++)
        idle = fix_step_one_lane(f, i) > 0 ? 0 : idle + 1;
    return idle < IDLE_STEPS;
}

void crash_close(fix *f)
{
    fix_verify(f);
    if (ground.first != NULL) {
        app_close(ground.first); /* it comes to the end of what it was about */
        ground.first = NULL;
        fix_verify(f);
    }
    fix_close(f);
    if (!ground.pg)
        store_fixture_remove(ground.root);
    for (size_t i = 0; i < SHARDS && ground.pg; i++)
        database_give(ground.urls[i].p);
}

/* ---- which kills ---- */

static uint64_t seed_given(void)
{
    const char *text = getenv("CRASH_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)clock_monotonic_ns();
    printf("CRASH_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* 1 to 2 * STRIDE - 1. */
static int next_stride(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return 1 + (int)((*random >> 33) % (2 * STRIDE - 1));
}

bool crash_each(crash_course *course, void *context)
{
    bool all = !ground.pg || getenv("QUAN_NIGHTLY") != NULL;
    uint64_t random = all ? 0 : seed_given();
    int steps = all ? 0 : next_stride(&random) - 1, kills = 1;
    for (; course(steps, context); kills++) {
        steps += all ? 1 : next_stride(&random);
        CHECK(steps < STEPS_MAX);
    }
    printf("killed %d times, last behind %d steps\n", kills, steps);
    return all;
}
