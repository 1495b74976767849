/* Limits of one act: see book.h. */
#include "domain/limit/book.h"

#include <inttypes.h>

#include "base/hash.h"
#include "domain/limit/usage.h"

typedef struct usage_ref {
    uint64_t campaign;
    usage *row; /* NULL: none yet */
} usage_ref;

struct limit_book {
    uow *u;
    uint16_t slot;
    uint32_t member;
    bool is_new;
    slice_set *slices;
    usage_ref *rows;
    size_t n, capacity;
};

/* Limits that stand at one level. */
typedef struct limit_level {
    const char *name;
    uint64_t owner;    /* of pools */
    uint64_t campaign; /* of the usage row */
    uint64_t template; /* of the cells, or 0 */
    const limit_rule *rules;
    size_t n;
} limit_level;

enum { LEVELS = 3 };

static void levels_of(const terms *t, limit_level out[LEVELS])
{
    const merchant *m = t->merchant->row;
    const campaign *c = t->campaign->row;
    const template_version *v = terms_newest(t);
    out[0] = (limit_level){"merchant", m->id, 0, 0, m->limits.items, m->limits.n};
    out[1] = (limit_level){"campaign", c->id, c->id, 0, c->limits.items, c->limits.n};
    out[2] =
        (limit_level){"template", v->template, c->id, v->template, v->limits.items, v->limits.n};
}

static bool is_shared(const limit_rule *rule)
{
    return rule->subject != LIMIT_SUBJECT_USER;
}

static usage_key key_of(const limit_level *level, const limit_rule *rule)
{
    bool always = rule->measure == LIMIT_MEASURE_CLAIMS && rule->period == LIMIT_PERIOD_EVER &&
                  level->campaign != 0;
    return (usage_key){
        .owner = level->template,
        .measure = rule->measure,
        .period = rule->period,
        .since_version = always || rule->period == LIMIT_PERIOD_ROLLING ? 0 : rule->since_version};
}

/* Claims ever of the campaign (template 0) or of a template. */
static usage_key ever_key(uint64_t template_id)
{
    return (usage_key){
        .owner = template_id, .measure = LIMIT_MEASURE_CLAIMS, .period = LIMIT_PERIOD_EVER};
}

static uint64_t store_hash(const limit_rule *rule, str store)
{
    if (rule->subject != LIMIT_SUBJECT_STORE)
        return 0;
    uint64_t h = hash64(store, 0);
    return h == 0 ? 1 : h; /* 0 is for pools without a store */
}

static pool_name pool_for(const limit_book *b, const limit_level *level, const limit_rule *rule,
                          const limit_case *c)
{
    int64_t now = uow_now(b->u);
    int64_t number = rule->period == LIMIT_PERIOD_ROLLING
                         ? 0
                         : usage_number(rule->period, terms_day(c->of, now), now);
    return pool_of_limit(level->owner, rule, number, store_hash(rule, c->store));
}

/* ---- rows ---- */

limit_book *limit_book_new(uow *u, uint16_t slot, uint32_t ordinal, slice_set *slices)
{
    limit_book *b = ARENA_NEW(uow_memory(u), limit_book);
    *b = (limit_book){
        .u = u, .slot = slot, .member = ordinal, .is_new = ordinal == 0, .slices = slices};
    return b;
}

void limit_book_join(limit_book *b, uint32_t ordinal)
{
    CHECK(b->is_new && b->member == 0);
    b->member = ordinal;
}

static usage_ref *ref_of(limit_book *b, uint64_t campaign_id)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->rows[i].campaign == campaign_id)
            return &b->rows[i];
    return NULL;
}

static void load_row(limit_book *b, uint64_t campaign_id)
{
    if (ref_of(b, campaign_id) != NULL)
        return;
    if (b->n == b->capacity) {
        b->capacity = b->capacity == 0 ? 4 : b->capacity * 2;
        usage_ref *grown = ARENA_ARRAY(uow_memory(b->u), usage_ref, b->capacity);
        if (b->n > 0)
            memcpy(grown, b->rows, b->n * sizeof(*grown));
        b->rows = grown;
    }
    usage *row = b->is_new ? NULL : usage_get(b->u, b->slot, b->member, campaign_id);
    b->rows[b->n++] = (usage_ref){.campaign = campaign_id, .row = row};
}

static const usage *row_of(limit_book *b, uint64_t campaign_id)
{
    const usage_ref *ref = ref_of(b, campaign_id);
    CHECK(ref != NULL); /* all gets come before the first write */
    return ref->row;
}

static usage *row_to_write(limit_book *b, uint64_t campaign_id)
{
    usage_ref *ref = ref_of(b, campaign_id);
    CHECK(ref != NULL && b->member != 0);
    if (ref->row == NULL)
        ref->row = usage_new(b->u, b->slot, b->member, campaign_id);
    else
        usage_edit(b->u, ref->row);
    return ref->row;
}

void limit_book_load(limit_book *b, const limit_case *c)
{
    limit_level levels[LEVELS];
    levels_of(c->of, levels);
    if (c->measure == LIMIT_MEASURE_CLAIMS)
        load_row(b, levels[1].campaign);
    for (size_t l = 0; l < LEVELS; l++) {
        for (size_t i = 0; i < levels[l].n; i++) {
            const limit_rule *rule = &levels[l].rules[i];
            if (rule->measure != c->measure)
                continue;
            if (is_shared(rule))
                slice_load(b->slices, pool_for(b, &levels[l], rule, c));
            else
                load_row(b, levels[l].campaign);
        }
    }
}

/* ---- asking ---- */

static int64_t used(limit_book *b, const limit_level *level, const limit_rule *rule,
                    const limit_case *c)
{
    const usage *row = row_of(b, level->campaign);
    usage_key key = key_of(level, rule);
    int64_t now = uow_now(b->u);
    if (rule->period == LIMIT_PERIOD_ROLLING) {
        int64_t after = now - rule->window_ms;
        return usage_count_after(row, &key, after < rule->since_ms ? rule->since_ms - 1 : after);
    }
    return usage_count(row, &key, usage_number(rule->period, terms_day(c->of, now), now));
}

static str describe(limit_book *b, const limit_level *level, const limit_rule *rule)
{
    static const char *const periods[LIMIT_PERIOD_COUNT] = {
        [LIMIT_PERIOD_EVER] = "",           [LIMIT_PERIOD_DAY] = " a day",
        [LIMIT_PERIOD_WEEK] = " a week",    [LIMIT_PERIOD_MONTH] = " a month",
        [LIMIT_PERIOD_ROLLING] = " within",
    };
    const char *who = rule->subject == LIMIT_SUBJECT_USER    ? " a user"
                      : rule->subject == LIMIT_SUBJECT_STORE ? " a store"
                                                             : " in all";
    str measure = limit_measure_name(rule->measure);
    str text = arena_printf(uow_memory(b->u), "The limit of the %s is %" PRId64 " %.*s%s%s",
                            level->name, rule->max, STR_ARG(measure), who, periods[rule->period]);
    return rule->period == LIMIT_PERIOD_ROLLING
               ? arena_printf(uow_memory(b->u), "%.*s %" PRId64 " s.", STR_ARG(text),
                              rule->window_ms / 1000)
               : arena_printf(uow_memory(b->u), "%.*s.", STR_ARG(text));
}

static result want_of_rule(limit_book *b, const limit_level *level, const limit_rule *rule,
                           const limit_case *c, int64_t *have)
{
    if (is_shared(rule))
        return slice_want(b->slices, pool_for(b, level, rule, c), *have, have);
    int64_t left = rule->max - used(b, level, rule, c);
    if (left < *have)
        *have = left < 0 ? 0 : left;
    return R_DONE;
}

result limit_book_want(limit_book *b, const limit_case *c, int64_t need, int64_t *have, str *why)
{
    limit_level levels[LEVELS];
    levels_of(c->of, levels);
    *have = need;
    for (int shared = 0; shared <= 1; shared++) {
        for (size_t l = 0; l < LEVELS; l++) {
            for (size_t i = 0; i < levels[l].n; i++) {
                const limit_rule *rule = &levels[l].rules[i];
                if (rule->measure != c->measure || is_shared(rule) != (shared == 1))
                    continue;
                int64_t before = *have;
                result r = want_of_rule(b, &levels[l], rule, c, have);
                if (r != R_DONE)
                    return r;
                if (*have < before)
                    *why = describe(b, &levels[l], rule);
            }
        }
    }
    return R_DONE;
}

bool limit_book_lacks(limit_book *b, const limit_case *c, int64_t need)
{
    limit_level levels[LEVELS];
    levels_of(c->of, levels);
    for (size_t l = 0; l < LEVELS; l++) {
        for (size_t i = 0; i < levels[l].n; i++) {
            const limit_rule *rule = &levels[l].rules[i];
            if (rule->measure != c->measure)
                continue;
            if (is_shared(rule) ? slice_lacks(b->slices, pool_for(b, &levels[l], rule, c), need)
                                : rule->max - used(b, &levels[l], rule, c) < need)
                return true;
        }
    }
    return false;
}

bool limit_book_first(limit_book *b, const terms *of, bool of_campaign)
{
    usage_key key = ever_key(of_campaign ? 0 : of->template->row->id);
    return !usage_has(row_of(b, of->campaign->row->id), &key);
}

/* ---- taking ---- */

static void note(limit_book *b, limit_takes *into, limit_take take)
{
    if (into == NULL)
        return;
    if (into->n == into->capacity) {
        into->capacity = into->capacity == 0 ? 4 : into->capacity * 2;
        limit_take *grown = ARENA_ARRAY(uow_memory(b->u), limit_take, into->capacity);
        if (into->n > 0)
            memcpy(grown, into->items, into->n * sizeof(*grown));
        into->items = grown;
    }
    into->items[into->n++] = take;
}

/* Does a rolling rule before this one, that was there at this version, count in the same cells? */
static bool is_counted(const limit_level *level, size_t index, uint32_t version)
{
    const limit_rule *rule = &level->rules[index];
    for (size_t i = 0; i < index; i++)
        if (rule->period == LIMIT_PERIOD_ROLLING && level->rules[i].period == rule->period &&
            level->rules[i].measure == rule->measure && !is_shared(&level->rules[i]) &&
            level->rules[i].since_version <= version)
            return true;
    return false;
}

static int64_t longest_window(const limit_level *level, uint8_t measure)
{
    int64_t longest = 0;
    for (size_t i = 0; i < level->n; i++)
        if (level->rules[i].period == LIMIT_PERIOD_ROLLING && level->rules[i].measure == measure &&
            level->rules[i].window_ms > longest)
            longest = level->rules[i].window_ms;
    return longest;
}

static limit_take take_by_user(limit_book *b, const limit_level *level, const limit_rule *rule,
                               const limit_case *c, int64_t n)
{
    usage *row = row_to_write(b, level->campaign);
    usage_key key = key_of(level, rule);
    int64_t now = uow_now(b->u);
    if (rule->period == LIMIT_PERIOD_ROLLING)
        usage_forget(uow_memory(b->u), row, &key, now - longest_window(level, c->measure));
    int64_t number = usage_add(uow_memory(b->u), row, &key,
                               usage_number(rule->period, terms_day(c->of, now), now), n);
    return (limit_take){.campaign = level->campaign,
                        .owner = level->template,
                        .number = number,
                        .since_version = key.since_version};
}

static limit_take take_shared(limit_book *b, const limit_level *level, const limit_rule *rule,
                              const limit_case *c, int64_t n)
{
    pool_name which = pool_for(b, level, rule, c);
    slice_take(b->slices, which, n);
    return (limit_take){
        .owner = level->owner, .number = which.period & 0xffffff, .store = which.subject};
}

/* Claims ever of a campaign and of its templates are counted below, whether limited or not. */
static bool is_ever_claim(const limit_level *level, const limit_rule *rule)
{
    return level->campaign != 0 && !is_shared(rule) && rule->measure == LIMIT_MEASURE_CLAIMS &&
           rule->period == LIMIT_PERIOD_EVER;
}

static void take_ever(limit_book *b, const limit_level *level, int64_t n)
{
    usage_key key = ever_key(level->template);
    (void)usage_add(uow_memory(b->u), row_to_write(b, level->campaign), &key, 0, n);
}

void limit_book_take(limit_book *b, const limit_case *c, int64_t n, limit_takes *into)
{
    limit_level levels[LEVELS];
    levels_of(c->of, levels);
    for (size_t l = 0; l < LEVELS; l++) {
        const limit_level *level = &levels[l];
        if (level->campaign != 0 && c->measure == LIMIT_MEASURE_CLAIMS)
            take_ever(b, level, n);
        for (size_t i = 0; i < level->n; i++) {
            const limit_rule *rule = &level->rules[i];
            if (rule->measure != c->measure || is_ever_claim(level, rule) ||
                (!is_shared(rule) && is_counted(level, i, UINT32_MAX)))
                continue;
            limit_take take = is_shared(rule) ? take_shared(b, level, rule, c, n)
                                              : take_by_user(b, level, rule, c, n);
            take.applied = c->applied;
            take.measure = c->measure;
            take.subject = rule->subject;
            take.period = rule->period;
            take.n = n;
            note(b, into, take);
        }
    }
}

/* ---- giving back ---- */

static limit_rule rule_of(const limit_take *take)
{
    return (limit_rule){.measure = take->measure, .subject = take->subject, .period = take->period};
}

static pool_name pool_taken(const limit_take *take)
{
    limit_rule rule = rule_of(take);
    return pool_of_limit(take->owner, &rule, take->number, take->store);
}

void limit_book_load_take(limit_book *b, const limit_take *take)
{
    if (take->subject == LIMIT_SUBJECT_USER)
        load_row(b, take->campaign);
    else
        slice_load(b->slices, pool_taken(take));
}

void limit_book_give(limit_book *b, const terms *of, limit_take *take, int64_t n)
{
    if (n > take->n)
        n = take->n;
    if (n <= 0)
        return;
    take->n -= n;
    int64_t now = uow_now(b->u);
    if (take->subject == LIMIT_SUBJECT_USER) {
        usage_key key = {take->owner, take->measure, take->period, take->since_version};
        if (row_of(b, take->campaign) != NULL)
            usage_remove(uow_memory(b->u), row_to_write(b, take->campaign), &key, take->number, n);
        return;
    }
    bool is_over = take->period != LIMIT_PERIOD_EVER && take->period != LIMIT_PERIOD_ROLLING &&
                   take->number != usage_number(take->period, terms_day(of, now), now);
    if (!is_over)
        slice_give(b->slices, pool_taken(take), n);
}

bool limit_counted_claim(const limit_rule *rule, uint32_t version_at_issue)
{
    return rule->measure == LIMIT_MEASURE_CLAIMS && rule->since_version <= version_at_issue;
}

void limit_book_claims_of(limit_book *b, const terms *of, const coupon *row, limit_takes *into)
{
    limit_level levels[LEVELS];
    levels_of(of, levels);
    const uint32_t versions[LEVELS] = {row->merchant_version, row->campaign_version, row->version};
    int32_t day = terms_day(of, row->issued_at_ms);
    for (size_t l = 0; l < LEVELS; l++) {
        const limit_level *level = &levels[l];
        limit_take take = {.measure = LIMIT_MEASURE_CLAIMS,
                           .subject = LIMIT_SUBJECT_USER,
                           .period = LIMIT_PERIOD_EVER,
                           .campaign = level->campaign,
                           .owner = level->template,
                           .n = 1};
        if (level->campaign != 0)
            note(b, into, take);
        for (size_t i = 0; i < level->n; i++) {
            const limit_rule *rule = &level->rules[i];
            if (!limit_counted_claim(rule, versions[l]) || rule->subject == LIMIT_SUBJECT_STORE ||
                is_ever_claim(level, rule) ||
                (!is_shared(rule) && is_counted(level, i, versions[l])))
                continue;
            take.subject = rule->subject;
            take.period = rule->period;
            take.owner = is_shared(rule) ? level->owner : level->template;
            take.since_version = is_shared(rule) ? 0 : key_of(level, rule).since_version;
            take.number = is_shared(rule) && rule->period == LIMIT_PERIOD_ROLLING
                              ? 0
                              : usage_number(rule->period, day, row->issued_at_ms);
            note(b, into, take);
        }
    }
}
