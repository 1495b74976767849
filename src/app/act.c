/* The one loop of all acts: idempotency record, decide, outcome under the key. See act.h.
 *
 * Invariants: a replay answers from the record alone; a refusal that is final is kept under the key
 * with its own writes taken back; a passing refusal leaves nothing. Input and outcome records are
 * copied out of the lane's memory before the caller is told. */
#include "app/calls.h"
#include "app/feed.h"
#include "app/inner.h"

#define ACT(number, name, in, out, decide, class, flags) extern act_decide decide;
#include "app/act.def"
#undef ACT
#define AHEAD(name, ahead) extern act_ahead ahead;
#include "app/ahead.def"
#undef AHEAD

static const act acts[] = {
#define ACT(number, name, in, out, decide, class, flags)                                           \
    {number, {#name, sizeof(#name) - 1}, &in##_record, &out##_record, decide, class, flags},
#include "app/act.def"
#undef ACT
};

const act *act_at(size_t index)
{
    return index < ARRAY_LEN(acts) ? &acts[index] : NULL;
}

const act *act_find(uint16_t number)
{
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        if (acts[i].number == number) {
            return &acts[i];
        }
    }
    return NULL;
}

/* The lengths stand between the parts, so that no two scopes can make the same bytes. */
hash128 act_key_hash(const act_call *c)
{
    buf b;
    buf_init(&b, 4096);
    buf_u64(&b, (uint64_t)c->id);
    buf_char(&b, ' ');
    buf_u64(&b, c->key.merchant);
    buf_char(&b, ' ');
    buf_u64(&b, c->key.subject.n);
    buf_char(&b, ' ');
    buf_str(&b, c->key.subject);
    buf_str(&b, c->key.key);
    CHECK(!buf_overflowed(&b));
    hash128 h = hash128_of(buf_view(&b), 0);
    buf_free(&b);
    return h;
}

static result replay(uow *u, act_call *c, const idempotency *kept)
{
    bool before = c->key.body_before != 0 && kept->body == c->key.body_before;
    if (kept->body != c->key.body && !before) {
        c->code = R_IDEMPOTENCY_MISMATCH;
        return R_DONE;
    }
    c->replayed = true;
    c->code = (result)kept->result;
    c->at_ms = kept->at_ms;
    c->detail = kept->detail;
    if (c->code == R_DONE) {
        return record_decode(act_find((uint16_t)c->id)->out, kept->outcome, uow_memory(u), c->out);
    }
    return R_DONE;
}

static void keep(uow *u, act_call *c, idempotency *row)
{
    if (row != NULL) {
        idempotency_edit(u, row); /* an old one whose time is over */
    } else {
        row = idempotency_new(u, c->slot, c->key_hash.hi, c->key_hash.lo);
    }
    row->body = c->key.body;
    row->result = (uint32_t)c->code;
    row->at_ms = c->at_ms;
    row->detail = c->code == R_DONE ? (str){NULL, 0} : c->detail;
    row->outcome = (str){NULL, 0};
    if (c->code == R_DONE) {
        row->outcome = record_bytes(act_find((uint16_t)c->id)->out, c->out, uow_memory(u));
    }
}

static suspect name_of(const act_call *c)
{
    if (c->key.key.n > 0) {
        return (suspect){SUSPECT_KIND_KEYED, (uint16_t)c->id, c->slot, c->key_hash.hi,
                         c->key_hash.lo};
    }
    uint64_t what = (uint64_t)c->id << 16 | c->slot;
    return (suspect){SUSPECT_KIND_OWN, (uint16_t)c->id, c->slot, what, c->item};
}

static result refuse_given(uow *u, const act_call *c)
{
    const issue *wrong = &c->refusal_wrong;
    if (wrong->field.n > 0)
        return uow_refuse_field(u, wrong->field, wrong->code, "%.*s", STR_ARG(wrong->detail));
    return uow_refuse(u, c->refusal, "%.*s", STR_ARG(c->refusal_detail));
}

/* Do other servers have to hear of it? */
static bool is_told(const act_call *c)
{
    return c->app->options.store.several && (act_find((uint16_t)c->id)->flags & ACT_CONFIG) != 0;
}

/* The key may have been revoked on another server since it was looked at. */
static bool may_ask(uow *u, const act_call *c)
{
    app_principal who;
    hash128 by = c->asked_by;
    return !c->app->options.store.several || (by.hi == 0 && by.lo == 0) ||
           keyring_find(c->app->keys, by.hi, by.lo, uow_now(u), &who);
}

/* With what an act has asked for comes what it will ask for behind that. */
static void ask_ahead(uow *u, const act_call *c)
{
    switch (c->id) {
#define AHEAD(name, ahead)                                                                         \
    case ACT_ID_##name:                                                                            \
        ahead(u, c->in);                                                                           \
        break;
#include "app/ahead.def"
#undef AHEAD
    default:
        break;
    }
}

static result decide(uow *u, const act *a, act_call *c)
{
    if (c->refusal != R_DONE) {
        return refuse_given(u, c);
    }
    result r = a->decide(u, c->in, c->out);
    if (r == R_AGAIN && uow_asks_ahead(u)) {
        ask_ahead(u, c);
    }
    return r;
}

static result run_known(uow *u, act_call *c)
{
    const act *a = act_find((uint16_t)c->id);
    bool keyed = c->key.key.n > 0;
    idempotency *kept = NULL;
    memset(c->out, 0, a->out->size);
    c->replayed = false;
    c->detail = (str){NULL, 0};
    if (keyed) {
        kept = idempotency_get(u, c->slot, c->key_hash.hi, c->key_hash.lo);
        if (uow_pending(u)) { /* most are no repetitions: what it reads first comes along */
            MAYBE(decide(u, a, c));
            return R_AGAIN;
        }
        if (kept != NULL && uow_now(u) - kept->at_ms < ACT_KEY_KEEP_MS) {
            return replay(u, c, kept);
        }
    }
    if (is_told(c) && !feed_ready(u)) {
        return R_AGAIN;
    }
    c->at_ms = uow_now(u);
    c->code = decide(u, a, c);
    if (c->code == R_AGAIN || c->code == R_WAIT) {
        return c->code;
    }
    result_kind kind = result_kind_of(c->code);
    if (kind != RESULT_DONE && !(keyed && kind == RESULT_REFUSED)) {
        return c->code;
    }
    c->detail = store_detail(u);
    if (kind != RESULT_DONE) {
        store_rollback(u);
    }
    if (keyed) {
        keep(u, c, kept);
    }
    if (kind == RESULT_DONE && is_told(c)) {
        feed_note(u, publish_name(c));
    }
    return R_DONE;
}

/* One that crashed the process before: when it comes to its end, it is not suspect any more. */
static result run_suspect(uow *u, act_call *c, const suspect *s)
{
    quarantine *row;
    result code = quarantine_row(u, s, &row);
    if (code == R_DONE) {
        code = run_known(u, c);
    }
    if (code == R_DONE && row != NULL) {
        quarantine_delete(u, row);
    }
    return code;
}

static result act_run(uow *u, request *r)
{
    act_call *c = (act_call *)r;
    if (!may_ask(u, c)) {
        return R_UNAUTHENTICATED;
    }
    suspect name = name_of(c);
    suspicion known = quarantine_begin(c->app, uow_lane(u), &name);
    if (known == SUSPICION_HELD) {
        return R_QUARANTINED;
    }
    result code = known == SUSPICION_NONE ? run_known(u, c) : run_suspect(u, c, &name);
    quarantine_over(c->app, uow_lane(u));
    c->forgiven = known != SUSPICION_NONE && code == R_DONE;
    return code;
}

uint16_t act_lane(const act_call *c)
{
    return c->request.to_lane ? c->request.lane : store_lane_of_slot(c->app->store, c->slot);
}

issue act_wrong(const issue *from, arena *memory)
{
    return (issue){arena_str(memory, from->field), from->code, arena_str(memory, from->detail)};
}

/* On the lane's thread, after the commit: the outcome leaves the lane's memory. */
static void act_done(request *r)
{
    act_call *c = (act_call *)r;
    const act *a = act_find((uint16_t)c->id);
    c->wrong = (issue){0};
    c->unreached = (str){NULL, 0};
    if (r->outcome != R_DONE) {
        c->code = r->outcome;
        c->detail = r->detail;
        c->wrong = act_wrong(&r->wrong, c->memory);
        c->replayed = false;
    } else if (c->forgiven) {
        suspect name = name_of(c);
        quarantine_forgiven(c->app, act_lane(c), &name);
    }
    c->detail = arena_str(c->memory, c->detail);
    if (c->code == R_DONE) {
        void *from = arena_alloc(c->memory, a->out->size);
        memcpy(from, c->out, a->out->size);
        record_copy(a->out, from, c->memory, c->out);
    }
    if (!c->replayed) {
        user_count(a->number, c->code, c->out);
    }
    if (c->code == R_DONE && (a->flags & ACT_MESSAGE) != 0) {
        leases_applied(c->app->leases, act_lane(c), a->number, c->in);
    }
    if (c->code == R_DONE && (a->flags & ACT_CONFIG) != 0) {
        publish_after(c);
    } else {
        c->done(c);
    }
}

result act_submit_here(act_call *c)
{
    const act *a = act_find((uint16_t)c->id);
    if (c->key.key.n > 0) {
        c->key_hash = act_key_hash(c);
    }
    c->request.run = act_run;
    c->request.done = act_done;
    c->request.slot = c->slot;
    c->request.class = a->class;
    return store_submit(c->app->store, &c->request);
}

result act_submit(act_call *c)
{
    const act *a = act_find((uint16_t)c->id);
    CHECK(a != NULL && c->in != NULL && c->out != NULL && c->memory != NULL && c->done != NULL);
    CHECK(c->slot < SLOT_COUNT && c->key.key.n <= ACT_KEY_MAX);
    uint16_t lane = act_lane(c);
    if (app_is_mine(c->app, lane)) {
        return act_submit_here(c);
    }
    if (a->class != CLASS_INTERNAL && atomic_load(&c->app->draining)) {
        return R_DRAINING;
    }
    act_send(c, lane);
    return R_DONE;
}

own_call *own_call_new(app *a, act_id id, uint16_t slot)
{
    arena *memory = arena_new(0);
    own_call *own = ARENA_NEW(memory, own_call);
    own->memory = memory;
    own->call.app = a;
    own->call.id = id;
    own->call.slot = slot;
    own->call.memory = memory;
    own->call.out = arena_alloc(memory, act_find((uint16_t)id)->out->size);
    return own;
}

void own_call_free(own_call *c)
{
    arena_free(c->memory);
}
