/* The same random acts on three worlds: in memory with 2 lanes; in memory with 3 lanes, with rows
 * withheld, commits aborted and batches split; on RocksDB with 2 lanes, restarted now and then.
 * With some seeds there is a fourth, restarted as well: on two databases of PostgreSQL, of one
 * server with 2 lanes, or of two with 4, each of which is asked now and then.
 * Steps name users by names that they had, and by numbers: merges, bindings and erasures are steps.
 * After each step the answers must be the same; now and then, and at the end, everything stored is
 * recomputed. Then each world goes on by itself: many acts at once, and a clock that also goes
 * back; two servers also do not agree about whose a lane is, or do not hear each other.
 *
 *   test_model_model_test [--seed S] [--seeds N] [--steps N] [--rounds N]
 *
 * Runs the N seeds from S on: as many on any machine. A failure tells the step, what was answered,
 * and the line that runs it again. MODEL_TRACE=1 tells every step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/lib/model.h"

enum {
    SIDES = 4,
    DATABASE_EVERY = 18,   /* seeds: one has the fourth, with one server, … */
    DATABASE_SEVERAL = 10, /* … and the one of each that leaves this has it with two */
    STEPS_DEFAULT = 400,
#ifdef __SANITIZE_ADDRESS__
    SEEDS_DEFAULT = 12, /* there each takes three times as long */
#else
    SEEDS_DEFAULT = 36,
#endif
    SEEDS_NIGHTLY = 5000,
    CHECK_EVERY = 100,
    ROUNDS_DEFAULT = 25,
    FACTS_MAX = 65536
};

typedef struct game {
    model model;
    model_side sides[SIDES];
    size_t sides_n;
    bool several; /* the fourth side has two servers */
    uint64_t seed;
    uint32_t steps, rounds;
} game;

static const char *side_name(const game *g, size_t side)
{
    static const char *const names[SIDES] = {"mem, 2 lanes", "mem, adverse, 3 lanes",
                                             "rocks, 2 lanes", "pg, 2 lanes"};
    return side == SIDES - 1 && g->several ? "pg, 2 servers, 4 lanes" : names[side];
}

static void open_game(game *g, uint64_t seed)
{
    bool several = seed % DATABASE_EVERY == DATABASE_SEVERAL;
    const world_engine engines[SIDES] = {
        {.name = S("mem"), .lanes = 2, .stepped = true},
        {.name = S("mem"), .lanes = 3, .stepped = true, .adversary = seed + 1},
        {.name = S("rocks"), .lanes = 2, .stepped = true},
        {.name = S("pg"), .lanes = several ? 4 : 2, .stepped = true, .several = several},
    };
    memset(&g->model, 0, sizeof g->model);
    g->seed = seed;
    g->model.random = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    g->model.now_ms = MODEL_START_MS;
    g->several = several;
    g->sides_n = several || seed % DATABASE_EVERY == 1 ? SIDES : SIDES - 1;
    for (size_t i = 0; i < g->sides_n; i++)
        model_side_open(&g->sides[i], &engines[i], g->model.random);
    g->sides[0].judged = true; /* the others answer the same */
}

static void close_game(game *g)
{
    for (size_t i = 0; i < g->sides_n; i++)
        model_side_close(&g->sides[i]);
}

static void tell_failure(const game *g, const char *what, uint32_t at)
{
    printf("FAILED  %s\n    again: test_model_model_test --seed %llu --steps %u --rounds %u "
           "--seeds 1\n",
           what, (unsigned long long)g->seed, at + 1, g->rounds);
}

static bool is_sound(game *g, size_t side, uint32_t at)
{
    buf why;
    buf_init(&why, FACTS_MAX);
    bool good =
        model_side_bounded(&g->sides[side], &why) && world_sound(&g->sides[side].world, &why);
    if (!good) {
        tell_failure(g, side_name(g, side), at);
        printf("    after step %u what is stored does not agree:%.*s\n", at,
               STR_ARG(buf_view(&why)));
    }
    buf_free(&why);
    return good;
}

static bool same_facts(const game *g, const model_step *step, const buf facts[SIDES], uint32_t at)
{
    bool same = true;
    for (size_t i = 1; i < g->sides_n; i++)
        same = same && str_eq(buf_view(&facts[0]), buf_view(&facts[i]));
    if (same)
        return true;
    buf text;
    buf_init(&text, FACTS_MAX);
    model_step_write(step, &text);
    tell_failure(g, "answers differ", at);
    printf("    step %u: %.*s\n", at, STR_ARG(buf_view(&text)));
    for (size_t i = 0; i < g->sides_n; i++)
        printf("    %s: %.*s\n", side_name(g, i), STR_ARG(buf_view(&facts[i])));
    buf_free(&text);
    return false;
}

static void trace(const game *g, const model_step *step, const buf *facts, uint32_t at)
{
    static int wanted = -1;
    if (wanted < 0)
        wanted = getenv("MODEL_TRACE") != NULL;
    if (!wanted)
        return;
    buf text;
    buf_init(&text, FACTS_MAX);
    model_step_write(step, &text);
    printf("%llu/%u %.*s -> %.*s\n", (unsigned long long)g->seed, at, STR_ARG(buf_view(&text)),
           STR_ARG(buf_view(facts)));
    buf_free(&text);
}

/* No answer was wrong in itself. */
static bool is_clean(const game *g, size_t side, uint32_t at)
{
    const model_side *s = &g->sides[side];
    if (s->wrong == NULL)
        return true;
    tell_failure(g, side_name(g, side), at);
    printf("    step %u: %s. %.*s\n", at, s->wrong, STR_ARG(s->detail));
    return false;
}

static bool play_step(game *g, uint32_t at)
{
    model_step step = model_make(&g->model, &g->sides[0]);
    buf facts[SIDES];
    for (size_t i = 0; i < g->sides_n; i++) {
        buf_init(&facts[i], FACTS_MAX);
        model_side_run(&g->sides[i], &step, 1, &facts[i]);
    }
    trace(g, &step, &facts[0], at);
    bool good = same_facts(g, &step, facts, at);
    for (size_t i = 0; i < g->sides_n; i++) {
        good = good && is_clean(g, i, at);
        buf_free(&facts[i]);
    }
    return good;
}

/* ---- many at once ---- */

static void rush_once(game *g, size_t side, model *m)
{
    model_step steps[MODEL_BUNCH];
    size_t n = 0, wanted = 2 + model_below(m, MODEL_BUNCH - 1);
    buf facts[MODEL_BUNCH];
    model_side *s = &g->sides[side];
    while (n < wanted && (n == 0 || steps[n - 1].kind < STEP_SWEEP)) {
        buf_init(&facts[n], FACTS_MAX);
        steps[n++] = model_make(m, s);
    }
    bool last_alone = steps[n - 1].kind >= STEP_SWEEP;
    if (n > last_alone)
        model_side_run(s, steps, n - last_alone, facts);
    if (last_alone)
        model_side_run(s, &steps[n - 1], 1, &facts[n - 1]);
    for (size_t i = 0; i < n; i++) {
        trace(g, &steps[i], &facts[i], g->steps);
        buf_free(&facts[i]);
    }
}

static bool rush(game *g, size_t side)
{
    model m = g->model;
    m.unruly = true;
    model_side *s = &g->sides[side];
    s->judged = false;
    s->people.rushes = true;
    uint32_t round = 0;
    bool several = s->world.server_count > 1;
    while (round < g->rounds && s->wrong == NULL) {
        if (several)
            world_disturb(&s->world, model_next(&m));
        rush_once(g, side, &m);
        round++;
    }
    if (several)
        world_disturb(&s->world, 0);
    if (s->wrong == NULL)
        return is_sound(g, side, g->steps - 1);
    tell_failure(g, side_name(g, side), g->steps - 1);
    printf("    at once, round %u: %s\n", round - 1, s->wrong);
    return false;
}

static bool play(game *g, uint64_t seed)
{
    uint32_t steps = g->steps;
    open_game(g, seed);
    bool good = true;
    uint32_t at = 0;
    for (; (at < steps || g->model.settle > 0) && good; at++) {
        good = play_step(g, at);
        if (good && at % CHECK_EVERY == CHECK_EVERY - 1 && g->model.settle == 0)
            good = is_sound(g, 0, at) && is_sound(g, 1, at);
    }
    for (size_t i = 0; i < g->sides_n && good; i++)
        good = is_sound(g, i, at - 1);
    for (size_t i = 0; i < g->sides_n && good; i++)
        good = rush(g, i);
    close_game(g);
    return good;
}

static uint64_t number_after(int count, char **arguments, const char *name, uint64_t otherwise)
{
    uint64_t n = otherwise;
    for (int i = 1; i + 1 < count; i++)
        if (strcmp(arguments[i], name) == 0 && !str_to_u64(str_of(arguments[i + 1]), &n))
            printf("%s takes a number\n", name);
    return n;
}

int main(int count, char **arguments)
{
    static game g;
    uint64_t most = getenv("QUAN_NIGHTLY") != NULL ? SEEDS_NIGHTLY : SEEDS_DEFAULT;
    uint64_t seed = number_after(count, arguments, "--seed", 1);
    uint64_t seeds = number_after(count, arguments, "--seeds", most);
    g.steps = (uint32_t)number_after(count, arguments, "--steps", STEPS_DEFAULT);
    g.rounds = (uint32_t)number_after(count, arguments, "--rounds", ROUNDS_DEFAULT);
    int passed = 0, failed = 0;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    for (uint64_t end = seed + seeds; seed < end && failed == 0; seed++)
        *(play(&g, seed) ? &passed : &failed) += 1;
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 ? 1 : 0;
}
