/* One world under random acts: does steps, alone or at once, some twice under one key. See
 * model.h. */
#include "base/time.h"
#include "domain/campaign/config.h"
#include "domain/phone/holder.h"
#include "test/lib/model.h"

void model_set(model_side *s, world_act *a, act_id id, uint16_t slot, const void *in)
{
    const act *known = act_find((uint16_t)id);
    void *copy = arena_alloc(s->memory, known->in->size);
    memcpy(copy, in, known->in->size);
    a->id = id;
    a->slot = slot;
    a->in = copy;
    a->out = arena_alloc(s->memory, known->out->size);
}

void model_say(buf *facts, result r)
{
    str code = result_code(r);
    buf_printf(facts, "%.*s", STR_ARG(code));
}

bool model_is_renamed(const world_act *a)
{
    return a->code == R_USER_MERGED || a->code == R_PHONE_BOUND;
}

reserve_ask *model_naming(model_side *s, uint8_t device)
{
    reserve_ask *ask = ARENA_NEW(s->memory, reserve_ask);
    if (device > 0)
        ask->names.device = arena_printf(s->memory, "device-%u", device);
    return ask;
}

/* ---- again under a key ---- */

static bool is_stored(const world_act *a)
{
    result_kind kind = result_kind_of(a->code);
    return kind == RESULT_DONE || kind == RESULT_REFUSED;
}

static bool same_answer(const world_act *a, const world_act *b)
{
    return a->code == b->code && str_eq(a->detail, b->detail) &&
           (a->code != R_DONE || record_equal(act_find((uint16_t)a->id)->out, a->out, b->out));
}

static void keep_act(model_side *s, const world_act *a)
{
    const act *known = act_find((uint16_t)a->id);
    model_kept *k = &s->kept[s->kept_count++ % MODEL_KEPT];
    arena *memory = k->act.memory;
    arena_reset(memory);
    k->act = *a;
    k->act.memory = memory;
    k->act.reserve = NULL; /* it is answered from its record */
    k->act.key.key = arena_str(memory, a->key.key);
    k->act.key.subject = arena_str(memory, a->key.subject);
    k->act.in = arena_alloc(memory, known->in->size);
    k->act.out = arena_alloc(memory, known->out->size);
    record_copy(known->in, a->in, memory, (void *)(uintptr_t)k->act.in);
    record_copy(known->out, a->out, memory, k->act.out);
    k->act.detail = (str){NULL, 0};
    k->at_ms = app_now_ms(world_app(&s->world));
}

static void begin_repeat(model_side *s, const model_step *step, world_act *a)
{
    const model_kept *k = &s->kept[step->kept];
    if (step->kept >= s->kept_count || app_now_ms(world_app(&s->world)) - k->at_ms > 2 * MS_DAY)
        return;
    const act *known = act_find((uint16_t)k->act.id);
    void *in = arena_alloc(s->memory, known->in->size);
    record_copy(known->in, k->act.in, s->memory, in);
    model_set(s, a, k->act.id, k->act.slot, in);
    if (k->act.id == ACT_ID_issue)
        a->reserve = model_naming(s, 0); /* a code is tried again */
    a->key = k->act.key;
    a->key.key = arena_str(s->memory, k->act.key.key);
    a->key.subject = arena_str(s->memory, k->act.key.subject);
}

static void end_repeat(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    if (!str_eq(a->key.key, s->kept[step->kept].act.key.key))
        return; /* another one has just taken its place */
    if (!a->replayed || !same_answer(a, &s->kept[step->kept].act))
        s->wrong = "what was done is answered otherwise when asked again";
    model_say(facts, a->code);
}

/* Of two under one key, one runs. Gives back the one that counts. */
static const world_act *one_of(model_side *s, const world_act *a, const world_act *b)
{
    if (is_stored(a) && is_stored(b)) {
        if (a->replayed == b->replayed || !same_answer(a, b))
            s->wrong = "two under one key, and not one answer";
        return a->replayed ? b : a;
    }
    if (a->replayed || b->replayed)
        s->wrong = "a repeat of what was not stored";
    return is_stored(b) ? b : a;
}

/* ---- steps ---- */

/* Not what it did: acts that lacked something did some of it. */
static void step_sweep(model_side *s, const model_step *step, buf *facts)
{
    model_say(facts, world_sweep(&s->world) ? R_DONE : R_UNAVAILABLE);
    if (step->word != SWEEP_AGAIN)
        model_side_states(s, facts);
}

static void alone(model_side *s, const model_step *step, buf *facts)
{
    world_turn(&s->world);
    if (step->kind == STEP_CLOCK)
        atomic_store(&s->world.clock_ms, step->ms);
    else if (step->kind == STEP_SWEEP)
        step_sweep(s, step, facts);
    else if (step->kind == STEP_IMPORT)
        model_import_step(s, step, facts);
    else if (step->kind >= STEP_WALLET)
        model_side_read(s, step, facts);
    else if (s->world.path[0] != '\0' || s->world.urls[0].n > 0) /* memory would forget */
        world_restart(&s->world);
}

static model_act act_of(step_kind kind)
{
    if (kind == STEP_REPEAT)
        return (model_act){begin_repeat, end_repeat};
    return model_acts[kind].begin != NULL            ? model_acts[kind]
           : model_code_acts[kind].begin != NULL     ? model_code_acts[kind]
           : model_list_acts[kind].begin != NULL     ? model_list_acts[kind]
           : model_transfer_acts[kind].begin != NULL ? model_transfer_acts[kind]
           : model_user_acts[kind].begin != NULL     ? model_user_acts[kind]
                                                     : model_edits[kind];
}

/* One act of each step, and the second of those that are sent twice. */
typedef struct bunch {
    const model_step *steps;
    size_t n;
    world_act acts[MODEL_BUNCH][2];
    model_redo redo[MODEL_BUNCH][2];
} bunch;

static bool is_twice(const bunch *b, size_t i)
{
    return b->acts[i][0].key.key.n > 0 && b->steps[i].kind != STEP_REPEAT;
}

static void begin(model_side *s, bunch *b, size_t i)
{
    const model_step *step = &b->steps[i];
    world_act *acts = b->acts[i];
    world_turn(&s->world);
    acts[0] = (world_act){.memory = s->memory, .at = world_app(&s->world)};
    act_of(step->kind).begin(s, step, &acts[0]);
    if (acts[0].in == NULL)
        return;
    if (step->keyed && step->kind != STEP_REPEAT)
        acts[0].key = (act_key){.merchant = s->merchant,
                                .subject = phone_subject(model_name(s, step)),
                                .key = arena_printf(s->memory, "k-%u", s->keys++)};
    acts[1] = acts[0];
    acts[1].at = NULL; /* of several servers anyone is asked again */
    acts[1].out = arena_alloc(s->memory, act_find((uint16_t)acts[0].id)->out->size);
}

/* For who he is now, as the API does; else as the step itself goes on. */
static bool again(model_side *s, const model_step *step, world_act *a, model_redo *redo)
{
    bool named = step->kind == STEP_ISSUE || step->kind == STEP_HOLD || step->kind == STEP_REDEEM ||
                 step->kind == STEP_EXCHANGE || step->kind == STEP_TRANSFER ||
                 step->kind == STEP_TAKE || step->kind == STEP_PHONE;
    model_step now = *step;
    if (named && model_is_renamed(a) && redo->renamed++ < MODEL_RENAMES) {
        now.as = redo->as = arena_str(s->memory, a->detail);
        a->reserve = NULL;
        a->key.subject = redo->as;
        act_of(step->kind).begin(s, &now, a);
        return a->in != NULL;
    }
    now.as = redo->as;
    return step->kind == STEP_PHONE ? model_bind_again(s, a, redo)
                                    : model_act_again(s, &now, a, redo);
}

static void run(model_side *s, bunch *b)
{
    world_act *there[2 * MODEL_BUNCH] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (b->acts[i][0].in != NULL)
            there[n++] = &b->acts[i][0];
        if (is_twice(b, i))
            there[n++] = &b->acts[i][1];
    }
    world_run_many(&s->world, there, n);
    for (size_t tries = 0; n > 0; tries++) {
        CHECK(tries <= MODEL_PROMOTIONS + MODEL_COUPONS + MODEL_PROMOTIONS + ORDER_REPRICE_MAX +
                           MODEL_RENAMES);
        n = 0;
        for (size_t i = 0; i < b->n; i++)
            for (size_t k = 0; k < 1U + is_twice(b, i) && b->acts[i][k].in != NULL; k++)
                if (again(s, &b->steps[i], &b->acts[i][k], &b->redo[i][k]))
                    there[n++] = &b->acts[i][k];
        if (n > 0)
            world_run_many(&s->world, there, n);
    }
}

static void end(model_side *s, const bunch *b, size_t i, buf *facts)
{
    const model_step *step = &b->steps[i];
    const world_act *a = &b->acts[i][0];
    if (a->in == NULL) {
        model_say(facts, a->code); /* the price was refused */
        return;
    }
    if (is_twice(b, i))
        a = one_of(s, a, &b->acts[i][1]);
    act_of(step->kind).end(s, step, a, facts);
    if (is_twice(b, i) && a->code == R_DONE)
        keep_act(s, a);
}

static void all_at_once(model_side *s, const model_step *steps, size_t n, buf *facts)
{
    bunch b = {.steps = steps, .n = n};
    CHECK(n <= MODEL_BUNCH);
    for (size_t i = 0; i < n; i++)
        begin(s, &b, i);
    run(s, &b);
    for (size_t i = 0; i < n; i++)
        end(s, &b, i, &facts[i]);
    const world_act *only = &b.acts[0][0];
    if (n > 1 || s->wrong != NULL || only->in == NULL || !s->judged)
        return;
    s->wrong = model_side_cause(s, &steps[0], only);
    s->detail = only->detail;
}

/* May something have gone to another with these, or be nobody's? */
static bool moves_people(const model_people *p, const model_step *steps, size_t n)
{
    bool moves = p->rushes && p->way_count > 0;
    for (size_t i = 0; i < n; i++)
        moves = moves || (steps[i].kind >= STEP_MERGE && steps[i].kind <= STEP_ERASE) ||
                steps[i].kind == STEP_RETURN ||
                (steps[i].kind == STEP_SWEEP && steps[i].word != SWEEP_AGAIN);
    return p->used && moves;
}

void model_side_run(model_side *s, const model_step *steps, size_t n, buf *facts)
{
    int64_t at_ms = atomic_load(&s->world.clock_ms);
    arena_reset(s->memory);
    if (n == 1 && steps[0].kind >= STEP_SWEEP)
        alone(s, &steps[0], facts);
    else
        all_at_once(s, steps, n, facts);
    if (s->wrong == NULL && moves_people(&s->people, steps, n))
        model_people_look(s, steps[0].kind != STEP_SWEEP, facts);
    /* Who binds a number to one who is erased just then waits in vain, for LANE_PARK_MS. */
    if (s->wrong == NULL && steps[0].kind != STEP_CLOCK && !s->world.disturbed &&
        !s->people.erases && atomic_load(&s->world.clock_ms) != at_ms)
        s->wrong = "an act waits, and nothing is on its way";
}
