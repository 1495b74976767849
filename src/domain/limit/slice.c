/* The lane's side of escrow: slices that acts take from and give to, and the messages that fill and
 * empty them. See pool.h.
 *
 * Invariant: slice.free >= 0, and 0 while the slice is not open. consumed may be negative: a lane
 * can give back what another one took when slots have moved. */
#include "base/id.h"
#include "domain/campaign/config.h"
#include "domain/limit/partner.h"
#include "domain/limit/pool.h"

typedef struct slice_use {
    pool_name pool;
    slice *row;
    int64_t net;  /* taken less given by this act */
    int64_t seen; /* of a set that asks only */
    bool dry;     /* counted in the set's dry */
} slice_use;

struct slice_set {
    uow *u;
    slice_use *uses;
    size_t n, capacity;
    size_t dry;       /* how many of them are */
    slice_look *look; /* NULL: it is an act's */
    void *context;
};

static slice *row_of(uow *u, pool_name p)
{
    return slice_get(u, uow_lane(u), p.owner, p.kind, p.period, p.subject);
}

static slice *row_made(uow *u, pool_name p)
{
    return slice_new(u, uow_lane(u), p.owner, p.kind, p.period, p.subject);
}

static lease_in return_of(uow *u, pool_name p, int64_t amount)
{
    return (lease_in){.owner = p.owner,
                      .kind = p.kind,
                      .period = p.period,
                      .subject = p.subject,
                      .lane = uow_lane(u),
                      .amount = amount};
}

static void send_home(uow *u, const lease_in *in)
{
    uow_send(u, LEASE_RETURN_ACT, id_slot(in->owner), &lease_in_record, in);
}

slice_set *slice_set_new(uow *u)
{
    slice_set *s = ARENA_NEW(uow_memory(u), slice_set);
    s->u = u;
    return s;
}

slice_set *slice_set_seen(uow *u, slice_look *look, void *context)
{
    slice_set *s = slice_set_new(u);
    s->look = look;
    s->context = context;
    return s;
}

static slice_use *find(slice_set *s, pool_name which)
{
    for (size_t i = 0; i < s->n; i++)
        if (pool_name_eq(s->uses[i].pool, which))
            return &s->uses[i];
    return NULL;
}

void slice_load(slice_set *s, pool_name which)
{
    if (find(s, which) != NULL)
        return;
    if (s->n == s->capacity) {
        s->capacity = s->capacity == 0 ? 8 : s->capacity * 2;
        slice_use *grown = ARENA_ARRAY(uow_memory(s->u), slice_use, s->capacity);
        if (s->n > 0)
            memcpy(grown, s->uses, s->n * sizeof(*grown));
        s->uses = grown;
    }
    s->uses[s->n++] = s->look == NULL
                          ? (slice_use){.pool = which, .row = row_of(s->u, which)}
                          : (slice_use){.pool = which, .seen = s->look(s->context, which)};
}

static slice_use *loaded(slice_set *s, pool_name which)
{
    slice_use *use = find(s, which);
    CHECK(use != NULL); /* all gets come before the first write */
    return use;
}

/* A limit that has been lowered since the slice was granted is not taken from it. */
static bool is_stale(const slice_use *use, int64_t total)
{
    return use->row != NULL && use->pool.kind >= POOL_KIND_CLAIMS && total < use->row->total;
}

static int64_t usable(const slice_use *use, int64_t total)
{
    return use->row == NULL || is_stale(use, total) ? 0 : use->row->free;
}

/* Of a limit of 0 nothing is left, nor what this act gives back of a time when it was higher. */
static int64_t left_of(slice_set *s, pool_name which, int64_t total)
{
    const slice_use *use = loaded(s, which);
    if (total == 0 && which.kind >= POOL_KIND_CLAIMS)
        return 0;
    return (s->look != NULL ? use->seen : usable(use, total)) - use->net;
}

/* The act was told that there is less than it needed, and that is so: all there is is here. Not so
 * when the home's last word came with enough: then nothing is known of larger needs, which in
 * another lane would have been asked for. */
static bool is_dry(slice_set *s, const slice_use *use, int64_t total)
{
    return uow_dry(s->u, use->pool, usable(use, total) + 1);
}

result slice_want(slice_set *s, pool_name which, int64_t need, int64_t *have)
{
    slice_use *use = loaded(s, which);
    int64_t total = pool_total(uow_config(s->u), which);
    int64_t left = left_of(s, which, total);
    *have = left < need ? (left < 0 ? 0 : left) : need;
    if (left >= need || s->look != NULL)
        return R_DONE;
    if (use->dry || total == 0) /* 0: there never were any, nobody has to be asked */
        return R_DONE;
    if (is_dry(s, use, total)) {
        if (is_stale(use, total) && use->row->free > 0)
            return R_UNAVAILABLE; /* the home had not seen the lower limit: it is not dry */
        use->dry = true;
        s->dry++;
        return R_DONE;
    }
    if (s->dry >= UOW_DRY_MAX)
        return R_UNAVAILABLE;
    uow_wait_for(s->u, which, use->net + need);
    return R_WAIT;
}

size_t slice_dry(const slice_set *s)
{
    return s->dry;
}

void slice_take(slice_set *s, pool_name which, int64_t n)
{
    CHECK(n >= 0);
    loaded(s, which)->net += n;
}

void slice_give(slice_set *s, pool_name which, int64_t n)
{
    CHECK(n >= 0);
    loaded(s, which)->net -= n;
}

static void settle(uow *u, const slice_use *use)
{
    slice *row = row_of(u, use->pool);
    if (row == NULL)
        row = row_made(u, use->pool);
    else
        slice_edit(u, row);
    row->consumed += use->net;
    if (row->open) {
        row->free -= use->net;
        CHECK(row->free >= 0);
    } else {
        CHECK(use->net < 0); /* nothing was there to take */
        lease_in home = return_of(u, use->pool, -use->net);
        send_home(u, &home);
    }
}

void slice_settle(slice_set *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->uses[i].net != 0)
            settle(s->u, &s->uses[i]);
    s->n = 0;
}

/* ---- messages from the home ---- */

static pool_name name_of(const lease_in *in)
{
    return (pool_name){
        .owner = in->owner, .kind = in->kind, .period = in->period, .subject = in->subject};
}

/* Slices of the same limit from periods before the last one. */
static size_t find_past(uow *u, const lease_in *in, slice **past)
{
    int32_t first = in->period >> 24 << 24;
    if (in->period - first < 2)
        return 0;
    slice from = {.lane = uow_lane(u), .owner = in->owner, .kind = in->kind, .period = first};
    uow_range range = {
        .table = &slice_table, .index = -1, .from = &from, .prefix_columns = 3, .after = false};
    void *rows[POOL_SWEEP_MAX];
    size_t n = uow_scan(u, &range, POOL_SWEEP_MAX, rows), found = 0;
    for (size_t i = 0; i < n; i++) {
        slice *row = rows[i];
        if (row->period >= first && row->period < in->period - 1)
            past[found++] = row;
    }
    return found;
}

/* Nothing more is anywhere and nothing is left here: the home may say so without a message next
 * time. */
static void close_idle(uow *u, slice *row)
{
    if (row == NULL || !row->open || row->free > 0)
        return;
    slice_edit(u, row);
    row->open = false;
    lease_in home = return_of(u, (pool_name){row->owner, row->kind, row->period, row->subject}, 0);
    home.idle = true;
    home.total = row->consumed; /* all that it was granted and has not given back */
    send_home(u, &home);
}

result lease_grant_decide(uow *u, const void *input, void *out)
{
    MAYBE(out);
    const lease_in *in = input;
    slice *past[POOL_SWEEP_MAX];
    slice *row = row_of(u, name_of(in));
    size_t n = row == NULL ? find_past(u, in, past) : 0;
    if (uow_pending(u))
        return R_AGAIN;
    if (in->amount == 0) {
        if (in->closed)
            close_idle(u, row);
        return R_DONE; /* only wakes */
    }
    if (row == NULL)
        row = row_made(u, name_of(in));
    else
        slice_edit(u, row);
    row->open = true;
    partner_lane_put(u, row, in);
    row->free += in->amount;
    row->total = in->total;
    for (size_t i = 0; i < n; i++)
        slice_delete(u, past[i]);
    return R_DONE;
}

result lease_recall_decide(uow *u, const void *input, void *out)
{
    MAYBE(out);
    const lease_in *in = input;
    slice *row = row_of(u, name_of(in));
    partner_shelf codes = {0};
    if (partner_has(uow_config(u), name_of(in)))
        partner_lane_load(u, row, PARTNER_HELD_MAX, &codes);
    if (uow_pending(u))
        return R_AGAIN;
    lease_in home = return_of(u, name_of(in), 0);
    if (row != NULL && row->open) {
        slice_edit(u, row);
        home.amount = row->free;
        if (partner_has(uow_config(u), name_of(in)))
            partner_lane_take(u, row, &codes, &home);
        row->free = 0;
        row->open = false;
    }
    home.closed = true;
    send_home(u, &home);
    return R_DONE;
}
