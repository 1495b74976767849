/* Limits of one act: see book.h. */
#include "domain/limit/book.h"

#include "base/id.h"

typedef struct usage_ref {
    uint64_t campaign;
    usage *row; /* NULL: none yet */
} usage_ref;

struct limit_book {
    uow *u;
    uint16_t slot;
    uint32_t member;
    bool is_new;
    bool asking; /* rows are copies */
    const user *ahead;
    slice_set *slices;
    grant_set *grants;
    usage_ref *rows;
    size_t n, capacity;
};

static bool is_shared(const limit_rule *rule)
{
    return limit_way_of(rule->subject) == LIMIT_SHARED;
}

/* Claims (redemptions) ever of the campaign (template 0) or of a template. */
static usage_key ever_key(uint64_t template_id, uint8_t measure)
{
    return (usage_key){.owner = template_id, .measure = measure, .period = LIMIT_PERIOD_EVER};
}

/* Does the rule count the case? */
static bool counts(const limit_rule *rule, const limit_case *c)
{
    return rule->measure == c->measure && !(c->received && is_shared(rule));
}

static pool_name pool_for(const limit_book *b, const limit_level *level, const limit_rule *rule,
                          const limit_case *c)
{
    return limit_pool_of(level, rule, c->of, c->store, uow_now(b->u));
}

/* ---- rows ---- */

limit_book *limit_book_new(uow *u, uint16_t slot, uint32_t ordinal, slice_set *slices)
{
    limit_book *b = ARENA_NEW(uow_memory(u), limit_book);
    *b = (limit_book){.u = u,
                      .slot = slot,
                      .member = ordinal,
                      .is_new = ordinal == 0,
                      .slices = slices,
                      .grants = grant_set_new(u)};
    return b;
}

limit_book *limit_book_of(limit_book *b, uint16_t slot, uint32_t ordinal)
{
    limit_book *of = limit_book_new(b->u, slot, ordinal, b->slices);
    of->grants = b->grants;
    return of;
}

limit_book *limit_book_asking(uow *u, uint16_t slot, uint32_t ordinal, slice_set *slices)
{
    limit_book *b = limit_book_new(u, slot, ordinal, slices);
    b->asking = true;
    return b;
}

limit_book *limit_book_ahead(uow *u, const user *who, slice_set *slices)
{
    limit_book *b = limit_book_new(u, who->slot, 0, slices);
    b->ahead = who;
    return b;
}

void limit_book_reserved(limit_book *b, const grant_input *in)
{
    grant_set_fill(b->grants, in);
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

static usage *get_row(const limit_book *b, uint64_t campaign_id)
{
    if (b->ahead != NULL)
        return uow_ahead(b->u, ROW_LINK_USAGE_OF_USER,
                         &(usage){.slot = b->slot, .campaign = campaign_id}, b->ahead);
    return b->is_new ? NULL : usage_get(b->u, b->slot, b->member, campaign_id);
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
    usage *row = get_row(b, campaign_id);
    if (row != NULL && b->asking) {
        usage *copy = ARENA_NEW(uow_memory(b->u), usage);
        *copy = *row; /* its lists are replaced, not written in place */
        row = copy;
    }
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
    if (b->asking)
        return ref->row;
    if (ref->row == NULL)
        ref->row = usage_new(b->u, b->slot, b->member, campaign_id);
    else
        usage_edit(b->u, ref->row);
    return ref->row;
}

void limit_book_load(limit_book *b, const limit_case *c)
{
    limit_level levels[LIMIT_LEVELS];
    limit_levels_of(c->of, levels);
    if (c->measure == LIMIT_MEASURE_CLAIMS)
        load_row(b, levels[1].campaign);
    for (size_t l = 0; l < LIMIT_LEVELS; l++) {
        for (size_t i = 0; i < levels[l].n; i++) {
            const limit_rule *rule = &levels[l].rules[i];
            if (!counts(rule, c))
                continue;
            if (is_shared(rule))
                slice_load(b->slices, pool_for(b, &levels[l], rule, c));
            else if (rule->subject == LIMIT_SUBJECT_USER)
                load_row(b, levels[l].campaign);
        }
    }
}

/* ---- asking ---- */

static grant_key grant_key_of(const limit_level *level, const limit_rule *rule)
{
    return (grant_key){.subject = rule->subject,
                       .campaign = level->campaign,
                       .cell = limit_key_of(level, rule),
                       .window_ms = rule->window_ms};
}

/* By user. */
static int64_t left_of(limit_book *b, const limit_level *level, const limit_rule *rule,
                       const limit_case *c)
{
    return rule->max - limit_used(row_of(b, level->campaign), level, rule, c->of, uow_now(b->u));
}

static result want_of_rule(limit_book *b, const limit_level *level, const limit_rule *rule,
                           const limit_case *c, int64_t *have)
{
    if (is_shared(rule))
        return slice_want(b->slices, pool_for(b, level, rule, c), *have, have);
    if (rule->subject != LIMIT_SUBJECT_USER) {
        grant_key key = grant_key_of(level, rule);
        return grant_want(b->grants, &key, have);
    }
    int64_t left = left_of(b, level, rule, c);
    if (left < *have)
        *have = left < 0 ? 0 : left;
    return R_DONE;
}

/* The limits of one level that are counted in one way. */
static result want_of_level(limit_book *b, const limit_level *level, limit_way way,
                            const limit_case *c, limit_want *w)
{
    for (size_t i = 0; i < level->n; i++) {
        const limit_rule *rule = &level->rules[i];
        if (!counts(rule, c) || limit_way_of(rule->subject) != way)
            continue;
        int64_t before = w->have;
        result r = want_of_rule(b, level, rule, c, &w->have);
        if (r == R_LIMIT_SUBJECT_MISSING) {
            w->have = 0;
            w->refusal = r;
            w->why = arena_printf(uow_memory(b->u), "subjects.%.*s is missing. %.*s",
                                  STR_ARG(limit_subject_name(rule->subject)),
                                  STR_ARG(limit_describe(uow_memory(b->u), level, rule)));
            return R_DONE;
        }
        if (r != R_DONE)
            return r;
        if (w->have < before) {
            w->refusal = R_LIMIT_REACHED;
            w->why = limit_describe(uow_memory(b->u), level, rule);
        }
    }
    return R_DONE;
}

result limit_book_want(limit_book *b, const limit_case *c, int64_t need, limit_want *out)
{
    limit_level levels[LIMIT_LEVELS];
    limit_levels_of(c->of, levels);
    *out = (limit_want){.have = need};
    for (limit_way way = LIMIT_BY_USER; way < LIMIT_WAYS; way++) {
        for (size_t l = 0; l < LIMIT_LEVELS; l++) {
            result r = want_of_level(b, &levels[l], way, c, out);
            if (r != R_DONE)
                return r;
        }
    }
    return R_DONE;
}

bool limit_book_lacks(limit_book *b, const limit_case *c, int64_t need)
{
    limit_level levels[LIMIT_LEVELS];
    limit_levels_of(c->of, levels);
    for (size_t l = 0; l < LIMIT_LEVELS; l++)
        for (size_t i = 0; i < levels[l].n; i++)
            if (levels[l].rules[i].measure == c->measure &&
                levels[l].rules[i].subject == LIMIT_SUBJECT_USER &&
                left_of(b, &levels[l], &levels[l].rules[i], c) < need)
                return true;
    return false;
}

/* Those of one level that are counted in one way; how many `out` has with them. */
static size_t lefts_of_level(limit_book *b, const limit_level *level, limit_way way,
                             const limit_case *c, limit_left *out)
{
    size_t n = 0;
    for (size_t i = 0; i < level->n; i++) {
        limit_left one = {.level = *level, .rule = &level->rules[i], .left = SLICE_ANY};
        if (one.rule->measure == c->measure && limit_way_of(one.rule->subject) == way &&
            want_of_rule(b, level, one.rule, c, &one.left) == R_DONE)
            out[n++] = one;
    }
    return n;
}

size_t limit_book_lefts(limit_book *b, const limit_case *c, limit_left out[LIMIT_LEFTS_MAX])
{
    size_t n = 0;
    limit_level levels[LIMIT_LEVELS];
    limit_levels_of(c->of, levels);
    CHECK(b->asking);
    for (limit_way way = LIMIT_BY_USER; way < LIMIT_WAYS; way++)
        for (size_t l = 0; l < LIMIT_LEVELS; l++)
            n += lefts_of_level(b, &levels[l], way, c, out + n);
    return n;
}

int64_t limit_book_frees_at(limit_book *b, const limit_left *of, int64_t need)
{
    CHECK(b->asking && of->rule->subject == LIMIT_SUBJECT_USER);
    usage_key key = limit_key_of(&of->level, of->rule);
    int64_t most = of->rule->max - need;
    if (most < 0)
        return 0;
    int64_t after = limit_counts_after(of->rule, uow_now(b->u));
    const usage *row = row_of(b, of->level.campaign);
    return usage_falls_behind(row, &key, after, most) + of->rule->window_ms;
}

bool limit_book_first(limit_book *b, const terms *of, bool of_campaign)
{
    uint64_t owner = of_campaign ? 0 : of->template->row->id;
    usage_key claims = ever_key(owner, LIMIT_MEASURE_CLAIMS);
    usage_key redemptions = ever_key(owner, LIMIT_MEASURE_REDEMPTIONS);
    const usage *row = row_of(b, of->campaign->row->id);
    return !usage_has(row, &claims) && !usage_has(row, &redemptions);
}

void limit_book_load_redeemed(limit_book *b, const terms *of)
{
    load_row(b, of->campaign->row->id);
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

static limit_take take_by_user(limit_book *b, const limit_level *level, const limit_rule *rule,
                               const limit_case *c, int64_t n)
{
    usage *row = row_to_write(b, level->campaign);
    usage_key key = limit_key_of(level, rule);
    int64_t now = uow_now(b->u);
    if (rule->period == LIMIT_PERIOD_ROLLING)
        usage_forget(uow_memory(b->u), row, &key, now - limit_longest_window(level, rule));
    int64_t number = usage_add(uow_memory(b->u), row, &key,
                               usage_number(rule->period, terms_day(c->of, now), now), n);
    return (limit_take){.campaign = level->campaign,
                        .owner = level->template,
                        .number = number,
                        .since_version = key.since_version};
}

static limit_take take_by_subject(limit_book *b, const limit_level *level, const limit_rule *rule,
                                  int64_t n)
{
    grant_key key = grant_key_of(level, rule);
    return grant_take(b->grants, &key, n);
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
    return level->campaign != 0 && rule->subject == LIMIT_SUBJECT_USER &&
           rule->measure == LIMIT_MEASURE_CLAIMS && rule->period == LIMIT_PERIOD_EVER;
}

static void take_ever(limit_book *b, uint64_t campaign_id, usage_key key, int64_t n)
{
    (void)usage_add(uow_memory(b->u), row_to_write(b, campaign_id), &key, 0, n);
}

void limit_book_redeemed(limit_book *b, const terms *of)
{
    uint64_t campaign_id = of->campaign->row->id;
    take_ever(b, campaign_id, ever_key(of->template->row->id, LIMIT_MEASURE_REDEMPTIONS), 1);
    take_ever(b, campaign_id, ever_key(0, LIMIT_MEASURE_REDEMPTIONS), 1);
}

void limit_book_take(limit_book *b, const limit_case *c, int64_t n, limit_takes *into)
{
    limit_level levels[LIMIT_LEVELS];
    limit_levels_of(c->of, levels);
    for (size_t l = 0; l < LIMIT_LEVELS; l++) {
        const limit_level *level = &levels[l];
        if (level->campaign != 0 && c->measure == LIMIT_MEASURE_CLAIMS)
            take_ever(b, level->campaign, ever_key(level->template, c->measure), n);
        for (size_t i = 0; i < level->n; i++) {
            const limit_rule *rule = &level->rules[i];
            if (!counts(rule, c) || is_ever_claim(level, rule) ||
                (!is_shared(rule) && limit_is_counted(level, i, UINT32_MAX)))
                continue;
            limit_way way = limit_way_of(rule->subject);
            limit_take take = way == LIMIT_SHARED    ? take_shared(b, level, rule, c, n)
                              : way == LIMIT_BY_USER ? take_by_user(b, level, rule, c, n)
                                                     : take_by_subject(b, level, rule, n);
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
    switch (limit_way_of(take->subject)) {
    case LIMIT_BY_USER:
        load_row(b, take->campaign);
        break;
    case LIMIT_SHARED:
        slice_load(b->slices, pool_taken(take));
        break;
    default: /* the row is in another slot */
        break;
    }
}

/* What has left the row since (coupon/move.h) is given back where it is now. */
static void give_elsewhere(limit_book *b, const terms *of, const limit_take *take, int64_t n)
{
    usage *row = row_to_write(b, take->campaign);
    usage_key key = {take->owner, take->measure, take->period, take->since_version};
    usage_back_in in = {.merchant = of->merchant->row->id,
                        .user = row->gone_to,
                        .campaign = take->campaign,
                        .owner = take->owner,
                        .measure = take->measure,
                        .period = take->period,
                        .number = take->number,
                        .since_version = take->since_version,
                        .n = n,
                        .move = row->gone_by};
    usage_unbring(uow_memory(b->u), row, &key, take->number, -n);
    if (!b->asking)
        uow_send(b->u, USAGE_BACK_ACT, slot_of_user(in.merchant, in.user), &usage_back_in_record,
                 &in);
}

static void give_by_user(limit_book *b, const terms *of, const limit_take *take, int64_t n)
{
    const usage *row = row_of(b, take->campaign);
    usage_key key = {take->owner, take->measure, take->period, take->since_version};
    if (row == NULL)
        return;
    int64_t away = 0;
    if (row->gone_to.n > 0) {
        int64_t gone = -usage_brought(row, &key, take->number);
        away = n - usage_here(row, &key, take->number);
        away = away > gone ? gone : away;
    }
    if (away > 0)
        give_elsewhere(b, of, take, away);
    else
        away = 0;
    if (n > away)
        usage_remove(uow_memory(b->u), row_to_write(b, take->campaign), &key, take->number,
                     n - away);
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
        give_by_user(b, of, take, n);
        return;
    }
    if (limit_way_of(take->subject) == LIMIT_BY_SUBJECT) {
        grant_give(b->grants, take, n);
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

/* When a limit counted the claim, and by which versions of where it stands. */
typedef struct counted_claim {
    int64_t at_ms;
    uint32_t versions[LIMIT_LEVELS];
} counted_claim;

static counted_claim counted_by(const limit_claim *c, bool shared)
{
    const coupon *row = c->row;
    const received *by = c->by;
    if (by == NULL || shared)
        return (counted_claim){row->issued_at_ms,
                               {row->merchant_version, row->campaign_version, row->version}};
    return (counted_claim){by->move != 0 ? by->counted_ms : by->at_ms,
                           {by->merchant_version, by->campaign_version, by->template_version}};
}

static limit_take claim_take(const terms *of, const limit_level *level, const limit_rule *rule,
                             const counted_claim *seen)
{
    bool shared = is_shared(rule);
    limit_take take = {.measure = LIMIT_MEASURE_CLAIMS,
                       .subject = rule->subject,
                       .period = rule->period,
                       .campaign = level->campaign,
                       .owner = shared ? level->owner : level->template,
                       .since_version = shared ? 0 : limit_key_of(level, rule).since_version,
                       .n = 1};
    if (!shared || rule->period != LIMIT_PERIOD_ROLLING)
        take.number = usage_number(rule->period, terms_day(of, seen->at_ms), seen->at_ms);
    return take;
}

void limit_book_claims_of(limit_book *b, const terms *of, const limit_claim *c, limit_takes *into)
{
    limit_level levels[LIMIT_LEVELS];
    limit_levels_of(of, levels);
    for (size_t l = 0; l < LIMIT_LEVELS; l++) {
        const limit_level *level = &levels[l];
        if (level->campaign != 0)
            note(b, into,
                 (limit_take){.measure = LIMIT_MEASURE_CLAIMS,
                              .subject = LIMIT_SUBJECT_USER,
                              .period = LIMIT_PERIOD_EVER,
                              .campaign = level->campaign,
                              .owner = level->template,
                              .n = 1});
        for (size_t i = 0; i < level->n; i++) {
            const limit_rule *rule = &level->rules[i];
            counted_claim seen = counted_by(c, is_shared(rule));
            if (!limit_counted_claim(rule, seen.versions[l]) ||
                rule->subject == LIMIT_SUBJECT_STORE ||
                limit_way_of(rule->subject) == LIMIT_BY_SUBJECT || is_ever_claim(level, rule) ||
                (!is_shared(rule) && limit_is_counted(level, i, seen.versions[l])))
                continue;
            note(b, into, claim_take(of, level, rule, &seen));
        }
    }
}

result limit_book_settle(limit_book *b)
{
    return grant_settle(b->grants);
}
