/* The same random acts on three worlds: in memory with 2 lanes; in memory with 3 lanes, with rows
 * withheld, commits aborted and batches split; on RocksDB with 2 lanes. After each step the answers
 * must be the same; now and then, and at the end, everything stored is recomputed.
 *
 *   test_model_model_test [--seed S] [--seeds N] [--steps N]
 *
 * Runs the N seeds from S on: as many on any machine. A failure tells the step, what was answered,
 * and the line that runs it again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/lib/model.h"

enum {
    SIDES = 3,
    STEPS_DEFAULT = 400,
    SEEDS_DEFAULT = 50,
    SEEDS_NIGHTLY = 5000,
    CHECK_EVERY = 100,
    FACTS_MAX = 65536
};

typedef struct game {
    model model;
    model_side sides[SIDES];
    uint64_t seed;
    uint32_t steps;
} game;

static const char *const side_names[SIDES] = {"mem, 2 lanes", "mem, adverse, 3 lanes",
                                              "rocks, 2 lanes"};

static void open_game(game *g, uint64_t seed)
{
    const world_engine engines[SIDES] = {
        {.name = S("mem"), .lanes = 2, .stepped = true},
        {.name = S("mem"), .lanes = 3, .stepped = true, .adversary = seed + 1},
        {.name = S("rocks"), .lanes = 2, .stepped = true},
    };
    memset(&g->model, 0, sizeof g->model);
    g->seed = seed;
    g->model.random = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    g->model.now_ms = MODEL_START_MS;
    for (size_t i = 0; i < SIDES; i++)
        model_side_open(&g->sides[i], &engines[i]);
}

static void close_game(game *g)
{
    for (size_t i = 0; i < SIDES; i++)
        model_side_close(&g->sides[i]);
}

static void tell_failure(const game *g, const char *what, uint32_t at)
{
    printf("FAILED  %s\n    again: test_model_model_test --seed %llu --steps %u --seeds 1\n", what,
           (unsigned long long)g->seed, at + 1);
}

static bool is_sound(game *g, size_t side, uint32_t at)
{
    buf why;
    buf_init(&why, FACTS_MAX);
    bool good =
        model_side_bounded(&g->sides[side], &why) && world_sound(&g->sides[side].world, &why);
    if (!good) {
        tell_failure(g, side_names[side], at);
        printf("    after step %u what is stored does not agree:%.*s\n", at,
               STR_ARG(buf_view(&why)));
    }
    buf_free(&why);
    return good;
}

static bool same_facts(const game *g, const model_step *step, const buf facts[SIDES], uint32_t at)
{
    bool same = true;
    for (size_t i = 1; i < SIDES; i++)
        same = same && str_eq(buf_view(&facts[0]), buf_view(&facts[i]));
    if (same)
        return true;
    buf text;
    buf_init(&text, FACTS_MAX);
    model_step_write(step, &text);
    tell_failure(g, "answers differ", at);
    printf("    step %u: %.*s\n", at, STR_ARG(buf_view(&text)));
    for (size_t i = 0; i < SIDES; i++)
        printf("    %s: %.*s\n", side_names[i], STR_ARG(buf_view(&facts[i])));
    buf_free(&text);
    return false;
}

static bool play_step(game *g, uint32_t at)
{
    model_step step = model_make(&g->model, &g->sides[0]);
    uint32_t before = g->sides[0].coupon_count;
    buf facts[SIDES];
    for (size_t i = 0; i < SIDES; i++) {
        buf_init(&facts[i], FACTS_MAX);
        model_side_step(&g->sides[i], &step, &facts[i]);
    }
    bool good = same_facts(g, &step, facts, at);
    if (getenv("MODEL_TRACE") != NULL) {
        buf text;
        buf_init(&text, FACTS_MAX);
        model_step_write(&step, &text);
        printf("%u %.*s -> %.*s\n", at, STR_ARG(buf_view(&text)), STR_ARG(buf_view(&facts[0])));
        buf_free(&text);
    }
    model_learn(&g->model, &step, &g->sides[0], before);
    for (size_t i = 0; i < SIDES; i++)
        buf_free(&facts[i]);
    return good;
}

static bool play(game *g, uint64_t seed, uint32_t steps)
{
    open_game(g, seed);
    bool good = true;
    uint32_t at = 0;
    for (; at < steps && good; at++) {
        good = play_step(g, at);
        if (good && at % CHECK_EVERY == CHECK_EVERY - 1)
            good = is_sound(g, 0, at) && is_sound(g, 1, at);
    }
    for (size_t i = 0; i < SIDES && good; i++)
        good = is_sound(g, i, at - 1);
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
    uint32_t steps = (uint32_t)number_after(count, arguments, "--steps", STEPS_DEFAULT);
    int passed = 0, failed = 0;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    for (uint64_t end = seed + seeds; seed < end && failed == 0; seed++)
        *(play(&g, seed, steps) ? &passed : &failed) += 1;
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 ? 1 : 0;
}
