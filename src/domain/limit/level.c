/* Limits as they are configured: see level.h. */
#include "domain/limit/level.h"

#include <inttypes.h>

#include "base/hash.h"

void limit_levels_of(const terms *t, limit_level out[LIMIT_LEVELS])
{
    const merchant *m = t->merchant->row;
    const campaign *c = t->campaign->row;
    const template_version *v = terms_newest(t);
    bool automatic = t->template->row->apply == APPLY_MODE_AUTOMATIC;
    out[0] = (limit_level){"merchant", m->id, 0, 0, m->limits.items, automatic ? 0 : m->limits.n};
    out[1] = (limit_level){"campaign", c->id, c->id, 0, c->limits.items, c->limits.n};
    out[2] =
        (limit_level){"template", v->template, c->id, v->template, v->limits.items, v->limits.n};
}

limit_way limit_way_of(uint8_t subject)
{
    switch (subject) {
    case LIMIT_SUBJECT_USER:
        return LIMIT_BY_USER;
    case LIMIT_SUBJECT_PHONE:
    case LIMIT_SUBJECT_EMAIL:
    case LIMIT_SUBJECT_DEVICE:
    case LIMIT_SUBJECT_CARD:
    case LIMIT_SUBJECT_ADDRESS:
        return LIMIT_BY_SUBJECT;
    default:
        return LIMIT_SHARED;
    }
}

uint32_t limit_subjects_of(const terms *t, uint32_t measures)
{
    uint32_t subjects = 0;
    limit_level levels[LIMIT_LEVELS];
    limit_levels_of(t, levels);
    for (size_t l = 0; l < LIMIT_LEVELS; l++) {
        for (size_t i = 0; i < levels[l].n; i++) {
            const limit_rule *rule = &levels[l].rules[i];
            if (limit_way_of(rule->subject) == LIMIT_BY_SUBJECT &&
                (measures >> rule->measure & 1U) != 0)
                subjects |= 1U << rule->subject;
        }
    }
    return subjects;
}

uint8_t limit_missing_subject(const terms *t, uint32_t measures, uint32_t named)
{
    uint32_t missing = limit_subjects_of(t, measures) & ~named;
    uint8_t subject = 0;
    while (missing != 0 && (missing >> subject & 1U) == 0)
        subject++;
    return subject;
}

/* A user's claims ever of a campaign and its templates are counted without a limit, too. */
usage_key limit_key_of(const limit_level *level, const limit_rule *rule)
{
    bool always = rule->subject == LIMIT_SUBJECT_USER && rule->measure == LIMIT_MEASURE_CLAIMS &&
                  rule->period == LIMIT_PERIOD_EVER && level->campaign != 0;
    return (usage_key){
        .owner = level->template,
        .measure = rule->measure,
        .period = rule->period,
        .since_version = always || rule->period == LIMIT_PERIOD_ROLLING ? 0 : rule->since_version};
}

static uint64_t store_hash(const limit_rule *rule, str store)
{
    if (rule->subject != LIMIT_SUBJECT_STORE)
        return 0;
    uint64_t h = hash64(store, 0);
    return h == 0 ? 1 : h; /* 0 is for pools without a store */
}

pool_name limit_pool_of(const limit_level *level, const limit_rule *rule, const terms *of,
                        str store, int64_t now_ms)
{
    int64_t number = rule->period == LIMIT_PERIOD_ROLLING
                         ? 0
                         : usage_number(rule->period, terms_day(of, now_ms), now_ms);
    return pool_of_limit(level->owner, rule, number, store_hash(rule, store));
}

int64_t limit_counts_after(const limit_rule *rule, int64_t now_ms)
{
    int64_t after = now_ms - rule->window_ms;
    return after < rule->since_ms ? rule->since_ms - 1 : after;
}

int64_t limit_used(const usage *row, const limit_level *level, const limit_rule *rule,
                   const terms *of, int64_t now_ms)
{
    usage_key key = limit_key_of(level, rule);
    if (rule->period == LIMIT_PERIOD_ROLLING)
        return usage_count_after(row, &key, limit_counts_after(rule, now_ms));
    return usage_count(row, &key, usage_number(rule->period, terms_day(of, now_ms), now_ms));
}

static bool same_cells(const limit_rule *a, const limit_rule *b)
{
    return a->period == LIMIT_PERIOD_ROLLING && b->period == LIMIT_PERIOD_ROLLING &&
           a->measure == b->measure && a->subject == b->subject;
}

bool limit_is_counted(const limit_level *level, size_t index, uint32_t version)
{
    for (size_t i = 0; i < index; i++)
        if (same_cells(&level->rules[i], &level->rules[index]) &&
            level->rules[i].since_version <= version)
            return true;
    return false;
}

int64_t limit_longest_window(const limit_level *level, const limit_rule *rule)
{
    int64_t longest = 0;
    for (size_t i = 0; i < level->n; i++)
        if (same_cells(&level->rules[i], rule) && level->rules[i].window_ms > longest)
            longest = level->rules[i].window_ms;
    return longest;
}

str limit_describe(arena *memory, const limit_level *level, const limit_rule *rule)
{
    static const char *const periods[LIMIT_PERIOD_COUNT] = {
        [LIMIT_PERIOD_EVER] = "",           [LIMIT_PERIOD_DAY] = " a day",
        [LIMIT_PERIOD_WEEK] = " a week",    [LIMIT_PERIOD_MONTH] = " a month",
        [LIMIT_PERIOD_ROLLING] = " within",
    };
    static const char *const who[LIMIT_SUBJECT_COUNT] = {
        [LIMIT_SUBJECT_USER] = " a user",
        [LIMIT_SUBJECT_PHONE] = " a phone",
        [LIMIT_SUBJECT_DEVICE] = " a device",
        [LIMIT_SUBJECT_CARD] = " a card",
        [LIMIT_SUBJECT_ADDRESS] = " an address",
        [LIMIT_SUBJECT_STORE] = " a store",
        [LIMIT_SUBJECT_TEMPLATE] = " in all",
        [LIMIT_SUBJECT_CAMPAIGN] = " in all",
        [LIMIT_SUBJECT_EMAIL] = " an e-mail address",
    };
    str measure = limit_measure_name(rule->measure);
    str text = arena_printf(memory, "The limit of the %s is %" PRId64 " %.*s%s%s", level->name,
                            rule->max, STR_ARG(measure), who[rule->subject], periods[rule->period]);
    return rule->period == LIMIT_PERIOD_ROLLING
               ? arena_printf(memory, "%.*s %" PRId64 " s.", STR_ARG(text), rule->window_ms / 1000)
               : arena_printf(memory, "%.*s.", STR_ARG(text));
}
