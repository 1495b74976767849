/* What is on its way between lanes, as rows tell it: for servers that are not told of everything
 * that is committed. See inner.h.
 *
 * A message is in the outbox from its commit until it is applied, and for some time after that. So
 * what is not there is not on its way, and what is there may be. */
#include "app/relay_part.h"

typedef bool seen(void *context, const outbox *row);

static bool reaches_all(const relay *r, const uow *rows)
{
    bool all = true;
    for (uint16_t lane = 0; lane < r->lanes; lane++)
        all = all && store_read_has(rows, lane);
    return all;
}

/* All outboxes, until `see` answers false; R_UNAVAILABLE: but those of shards that are away. */
static result each_letter(relay *r, seen *see, void *context)
{
    store_home reached = {.reached = true};
    bool all = true;
    outbox at = {0};
    bool more = true;
    result read = R_DONE;
    while (read == R_DONE && more) {
        arena *memory = arena_new(0);
        uow *rows;
        more = false;
        read = store_read_bare(r->app->store, &reached, memory, 0, &rows);
        if (read == R_DONE) {
            all = all && reaches_all(r, rows);
            void *page[UOW_SCAN_MAX];
            uow_range range = {&outbox_table, -1, &at, 0, at.sequence > 0};
            size_t n = uow_scan(rows, &range, ARRAY_LEN(page), page);
            more = n == ARRAY_LEN(page);
            for (size_t i = 0; i < n; i++) {
                at = *(const outbox *)page[i];
                more = see(context, &at) && more;
            }
            at.input = (str){NULL, 0}; /* its memory goes */
            read = store_read_end(rows);
        }
        arena_free(memory);
    }
    return read == R_DONE && !all ? R_UNAVAILABLE : read;
}

/* ---- what others have left ---- */

static bool see(void *context, const outbox *o)
{
    relay *r = context;
    if (!app_is_mine(r->app, o->lane)) {
        return true;
    }
    pair *p = &r->pairs[o->lane][relay_lane_for(r, o->slot, o->to_lane)];
    (void)pthread_mutex_lock(&r->lock);
    p->seen = p->seen < o->sequence ? o->sequence : p->seen;
    (void)pthread_mutex_unlock(&r->lock);
    return true;
}

result relay_look(relay *r)
{
    return each_letter(r, see, r);
}

/* ---- marks ---- */

typedef struct marking {
    relay *relay;
    uint16_t to;
    relay_mark *mark;
} marking;

static bool mark_letter(void *context, const outbox *o)
{
    const marking *m = context;
    if (relay_lane_for(m->relay, o->slot, o->to_lane) == m->to) {
        m->mark->sequence[o->lane] = o->sequence;
    }
    return true;
}

/* Others may have applied what this server has not. */
static result learn(relay *r, uint16_t to, const relay_mark *mark)
{
    arena *memory = arena_new(0);
    uow *rows;
    store_home home = {.lane = to, .of_lane = true, .reached = true};
    result read = store_read_bare(r->app->store, &home, memory, 0, &rows);
    if (read == R_DONE) {
        for (uint16_t from = 0; from < r->lanes; from++) {
            if (mark->sequence[from] <= relay_applied_last(r, from, to)) {
                continue;
            }
            const inbox *in = inbox_get(rows, to, from);
            if (in != NULL) {
                relay_applied(r, from, to, in->last);
            }
        }
        read = store_read_end(rows);
    }
    arena_free(memory);
    return read;
}

result relay_mark_read(relay *r, uint16_t to_lane, relay_mark *mark)
{
    *mark = (relay_mark){{0}};
    result read = each_letter(r, mark_letter, &(marking){r, to_lane, mark});
    result learnt = relay_reached(r, to_lane, mark) ? R_DONE : learn(r, to_lane, mark);
    return read == R_DONE ? learnt : read;
}

/* ---- what is on its way home ---- */

typedef struct returning {
    relay *relay;
    pool_name pool;
    uint16_t home;
    bool none;
} returning;

static bool look_home(void *context, const outbox *o)
{
    returning *w = context;
    if (o->act != ACT_ID_lease_return || relay_lane_for(w->relay, o->slot, o->to_lane) != w->home ||
        o->sequence <= relay_applied_last(w->relay, o->lane, w->home)) {
        return true;
    }
    arena *memory = arena_new(0);
    lease_in in;
    bool read = record_decode(&lease_in_record, o->input, memory, &in) == R_DONE;
    pool_name which = {in.owner, in.kind, in.period, in.subject};
    w->none = read && !(in.amount > 0 && pool_name_eq(which, w->pool));
    arena_free(memory);
    return w->none;
}

/* What was on its way as the home decided may have been applied, and its row have gone, before it
 * was looked for here: not unless the home has gone on. */
static bool stands_still(relay *r, uint16_t home, uint64_t revision)
{
    arena *memory = arena_new(0);
    uow *rows;
    bool still = false;
    store_home at = {.lane = home, .of_lane = true, .reached = true};
    if (store_read_bare(r->app->store, &at, memory, 0, &rows) == R_DONE) {
        const lane_head *head = lane_head_get(rows, home);
        still = head != NULL && head->revision == revision;
        still = store_read_end(rows) == R_DONE && still;
    }
    arena_free(memory);
    return still;
}

bool relay_nothing_returns(relay *r, pool_name which, uint64_t revision)
{
    uint16_t home = store_lane_of_slot(r->app->store, id_slot(which.owner));
    returning w = {.relay = r, .pool = which, .home = home, .none = true};
    return each_letter(r, look_home, &w) == R_DONE && w.none && stands_still(r, home, revision);
}
