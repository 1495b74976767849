/* Taking what was reserved by subject: see grant.h. */
#include "domain/limit/grant.h"

#include "base/id.h"
#include "domain/limit/subject.h"

typedef struct grant_use {
    limit_grant given;
    int64_t taken;
} grant_use;

/* A subject that this set deals with. */
typedef struct grant_party {
    reserved_subject who;
    limit_take *back;
    size_t n, capacity;
} grant_party;

struct grant_set {
    uow *u;
    grant_use *uses;
    size_t use_count;
    grant_party *parties;
    size_t party_count, party_capacity;
};

grant_set *grant_set_new(uow *u)
{
    grant_set *s = ARENA_NEW(uow_memory(u), grant_set);
    s->u = u;
    return s;
}

static grant_party *party_made(grant_set *s, const reserved_subject *who)
{
    if (s->party_count == s->party_capacity) {
        s->party_capacity = s->party_capacity == 0 ? 4 : s->party_capacity * 2;
        grant_party *grown = ARENA_ARRAY(uow_memory(s->u), grant_party, s->party_capacity);
        if (s->party_count > 0)
            memcpy(grown, s->parties, s->party_count * sizeof(*grown));
        s->parties = grown;
    }
    s->parties[s->party_count] = (grant_party){.who = *who};
    return &s->parties[s->party_count++];
}

void grant_set_fill(grant_set *s, const grant_input *in)
{
    for (size_t i = 0; i < in->subject_count; i++)
        (void)party_made(s, &in->subjects[i]);
    s->uses = ARENA_ARRAY(uow_memory(s->u), grant_use, in->grant_count);
    s->use_count = in->grant_count;
    for (size_t i = 0; i < in->grant_count; i++)
        s->uses[i].given = in->grants[i];
}

/* The party that the act names. */
static grant_party *named(grant_set *s, uint8_t subject)
{
    for (size_t i = 0; i < s->party_count; i++)
        if (s->parties[i].who.subject == subject)
            return &s->parties[i];
    return NULL;
}

static bool is_of(const limit_grant *g, const grant_key *k)
{
    return g->subject == k->subject && g->campaign == k->campaign && g->owner == k->cell.owner &&
           g->measure == k->cell.measure && g->period == k->cell.period &&
           g->since_version == k->cell.since_version;
}

static grant_use *find(grant_set *s, const grant_key *k)
{
    for (size_t i = 0; i < s->use_count; i++)
        if (is_of(&s->uses[i].given, k) && s->uses[i].given.window_ms == k->window_ms)
            return &s->uses[i];
    return NULL;
}

/* What the act has given back of a count that it reserved. */
static int64_t given_back(const grant_party *p, const limit_grant *g)
{
    int64_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const limit_take *t = &p->back[i];
        if (t->campaign == g->campaign && t->owner == g->owner && t->measure == g->measure &&
            t->period == g->period && t->since_version == g->since_version)
            n += t->n;
    }
    return n;
}

/* Of what was reserved, what is: without credits for holds that have ended in another act. */
static int64_t covered(const grant_party *p, const limit_grant *g)
{
    return g->n - g->credit + given_back(p, g);
}

result grant_want(grant_set *s, const grant_key *key, int64_t *have)
{
    if (*have == 0)
        return R_DONE;
    const grant_party *party = named(s, key->subject);
    if (party == NULL)
        return R_LIMIT_SUBJECT_MISSING;
    const grant_use *use = find(s, key);
    if (use == NULL)
        return R_UNRESERVED;
    int64_t left = use->given.n - use->taken;
    if (left < *have)
        *have = left;
    else if (covered(party, &use->given) - use->taken < *have)
        return R_UNRESERVED; /* taking it would make another one lack what there is for it */
    return R_DONE;
}

/* The instant of a rolling use is that of the act; never before what was looked at. */
static int64_t number_of(const grant_set *s, const limit_grant *g)
{
    int64_t now = uow_now(s->u);
    return g->period == LIMIT_PERIOD_ROLLING && now > g->number ? now : g->number;
}

limit_take grant_take(grant_set *s, const grant_key *key, int64_t n)
{
    grant_use *use = find(s, key);
    const grant_party *party = named(s, key->subject);
    CHECK(use != NULL && party != NULL && n <= use->given.n - use->taken);
    for (size_t i = 0; i < s->use_count; i++)
        if (is_of(&s->uses[i].given, key))
            s->uses[i].taken += n;
    const limit_grant *g = &use->given;
    return (limit_take){.measure = g->measure,
                        .subject = g->subject,
                        .period = g->period,
                        .campaign = g->campaign,
                        .owner = g->owner,
                        .number = number_of(s, g),
                        .since_version = g->since_version,
                        .n = n,
                        .hi = party->who.hi,
                        .lo = party->who.lo};
}

void grant_give(grant_set *s, const limit_take *take, int64_t n)
{
    grant_party *p = NULL;
    for (size_t i = 0; i < s->party_count && p == NULL; i++)
        if (s->parties[i].who.hi == take->hi && s->parties[i].who.lo == take->lo)
            p = &s->parties[i];
    if (p == NULL)
        p = party_made(s, &(reserved_subject){.hi = take->hi, .lo = take->lo});
    if (p->n == p->capacity) {
        p->capacity = p->capacity == 0 ? 4 : p->capacity * 2;
        limit_take *grown = ARENA_ARRAY(uow_memory(s->u), limit_take, p->capacity);
        if (p->n > 0)
            memcpy(grown, p->back, p->n * sizeof(*grown));
        p->back = grown;
    }
    p->back[p->n] = *take;
    p->back[p->n++].n = n;
}

/* ---- the end ---- */

/* What is counted, once in its cells. */
static void count_use(const grant_set *s, const grant_use *use, limit_grant *used, size_t *n)
{
    for (size_t i = 0; i < *n; i++) {
        if (!limit_grant_same_cells(&used[i], &use->given))
            continue;
        if (use->given.window_ms > used[i].window_ms)
            used[i].window_ms = use->given.window_ms;
        return;
    }
    used[*n] = use->given;
    used[*n].number = number_of(s, &use->given);
    used[(*n)++].n = use->taken;
}

/* Fills used. */
static result close_party(grant_set *s, const grant_party *p, limit_grant *used, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < s->use_count; i++) {
        const grant_use *use = &s->uses[i];
        const limit_grant *g = &use->given;
        if (use->taken == 0 || g->subject != p->who.subject)
            continue;
        if (use->taken > covered(p, g))
            return R_UNRESERVED;
        count_use(s, use, used, n);
    }
    bool reserved = p->who.reservation != 0 && uow_now(s->u) < p->who.deadline_ms;
    return *n == 0 || reserved ? R_DONE : R_UNRESERVED;
}

result grant_settle(grant_set *s)
{
    for (size_t i = 0; i < s->party_count; i++) {
        const grant_party *p = &s->parties[i];
        limit_settle_in in = {.hi = p->who.hi, .lo = p->who.lo, .reservation = p->who.reservation};
        in.used.items = ARENA_ARRAY(uow_memory(s->u), limit_grant, s->use_count);
        result r = close_party(s, p, in.used.items, &in.used.n);
        if (r != R_DONE)
            return r;
        in.back.items = p->back;
        in.back.n = p->n;
        if (in.reservation != 0 || in.back.n > 0)
            uow_send(s->u, SUBJECT_SETTLE_ACT, slot_of_hash(in.hi), &limit_settle_in_record, &in);
    }
    return R_DONE;
}
