/* Who is who in the model: names that became one, numbers that are users', and what has gone with
 * them. Read behind a step from what is stored, because messages bring it; the same on each side,
 * since all that is due has been brought before. See model_user.h. */
#include "app/query_coupons.h"
#include "app/query_phones.h"
#include "app/query_transfers.h"
#include "app/query_users.h"
#include "base/id.h"
#include "domain/coupon/erase.h"
#include "domain/phone/holder.h"
#include "test/lib/model.h"

/* ---- names ---- */

static hash128 number_hash(uint32_t number)
{
    return (hash128){number + 1, number + 2};
}

static str holder_name(model_side *s, uint32_t number, uint32_t generation)
{
    phone_number of = {.hash = number_hash(number), .generation = generation};
    return phone_holder(&of, s->memory);
}

str model_caller(model_side *s, uint32_t caller)
{
    if (caller < MODEL_USERS)
        return model_user(caller);
    uint32_t number = caller - MODEL_USERS;
    app_view v;
    result r = app_view_open(world_app(&s->world), s->memory, &v);
    CHECK(r == R_DONE);
    str name = query_holder_now(&v, s->merchant, holder_name(s, number, 0));
    app_view_close(&v);
    return name;
}

str model_name(model_side *s, const model_step *step)
{
    return step->as.n > 0 ? step->as : model_caller(s, step->user);
}

static uint32_t holder_person(uint32_t number, uint32_t generation)
{
    return generation < MODEL_GENERATIONS ? MODEL_USERS + number * MODEL_GENERATIONS + generation
                                          : MODEL_NOBODY;
}

uint32_t model_person(const model_side *s, str name)
{
    MAYBE(s);
    if (phone_is_holder(name)) {
        phone_number of = phone_of_holder(name);
        return holder_person((uint32_t)of.hash.hi - 1, of.generation);
    }
    uint32_t i = 0;
    while (i < MODEL_USERS && !str_eq(model_user(i), name))
        i++;
    return i < MODEL_USERS ? i : MODEL_NOBODY;
}

uint32_t model_caller_of(uint32_t person)
{
    return person < MODEL_USERS    ? person
           : person < MODEL_NOBODY ? MODEL_USERS + (person - MODEL_USERS) / MODEL_GENERATIONS
                                   : 0;
}

uint32_t model_now(const model_side *s, uint32_t person)
{
    if (person < MODEL_USERS)
        return s->people.now[person];
    uint32_t to = person < MODEL_NOBODY ? s->people.to[person] : 0;
    return to == 0 ? person : to > MODEL_USERS ? MODEL_NOBODY : s->people.now[to - 1];
}

bool model_is(const model_side *s, uint32_t person, uint32_t caller)
{
    return model_now(s, person) == s->people.caller[caller];
}

bool model_blurred(const model_side *s, uint32_t one, uint32_t other)
{
    return s->people.erases || s->people.mixed[one] || s->people.mixed[other];
}

uint32_t model_alias(model *m, const model_side *s, uint32_t caller)
{
    for (int tries = 0; tries < 3; tries++) {
        uint32_t other = model_below(m, MODEL_CALLERS);
        if (s->people.caller[other] == s->people.caller[caller])
            return other;
    }
    return caller;
}

/* ---- looking ---- */

void model_people_open(model_side *s)
{
    model_people *p = &s->people;
    for (uint32_t i = 0; i < MODEL_CALLERS; i++)
        p->caller[i] = i < MODEL_USERS ? i : holder_person(i - MODEL_USERS, 0);
    memcpy(p->now, p->caller, sizeof p->now);
}

static void look_at_names(model_side *s, app_view *v, buf *facts)
{
    model_people *p = &s->people;
    for (uint32_t i = 0; i < MODEL_USERS; i++) {
        uint32_t now = model_person(s, query_user_now(v, s->merchant, model_user(i)));
        if (now != p->now[i])
            buf_printf(facts, " u%u=u%u", i, now);
        p->now[i] = now;
    }
    memcpy(p->caller, p->now, sizeof p->now);
}

/* A generation that is over: whose it has become, once all of it has gone. */
static void look_at_ended(model_side *s, app_view *v, uint32_t number, uint32_t generation)
{
    uint32_t person = holder_person(number, generation);
    uint32_t *to = &s->people.to[person];
    str name = holder_name(s, number, generation);
    user_seen seen;
    s->people.leaves[person] = true;
    if (*to != 0)
        return;
    bool known = query_user(v, s->merchant, name, &seen);
    uint32_t now = known ? model_person(s, query_user_now(v, s->merchant, name)) : MODEL_NOBODY;
    *to = now == person ? 0 : now + 1;
}

static void look_at_numbers(model_side *s, app_view *v, buf *facts)
{
    model_people *p = &s->people;
    for (uint32_t i = 0; i < MODEL_PHONES; i++) {
        const phone *row = query_phone(v, s->merchant, holder_name(s, i, 0));
        uint32_t generation = row == NULL ? 0 : row->generation;
        bool bound = row != NULL && row->binding != 0;
        uint32_t person = bound ? model_person(s, row->user) : holder_person(i, generation);
        for (uint32_t g = 0; g < generation && g < MODEL_GENERATIONS; g++)
            look_at_ended(s, v, i, g);
        person = model_now(s, person);
        if (person != p->caller[MODEL_USERS + i])
            buf_printf(facts, " p%u=u%u", i, person);
        p->generation[i] = generation;
        p->caller[MODEL_USERS + i] = person;
    }
}

/* A coupon that has gone with all that its user had: what it is since, as the next number. */
static void carry(model_side *s, app_view *v, uint32_t number, const coupon *row, buf *facts)
{
    const transfer *by = transfer_get(v->rows, row->slot, row->ref);
    CHECK(by != NULL && s->coupon_count < MODEL_THINGS_MAX);
    if (by->move == 0 || by->received == 0) {
        s->wrong = "a coupon has gone, and nobody asked for it";
        return;
    }
    const coupon *since = coupon_get(v->rows, id_slot(by->received), by->received);
    CHECK(since != NULL);
    uint32_t i = s->coupon_count++;
    s->coupons[i] = by->received;
    s->coupon_user[i] = model_person(s, query_user_name(v, since->slot, since->member));
    s->moved.from[i] = number + 1;
    s->moved.carried[i] = true;
    s->moved.gone[number] = true;
    buf_printf(facts, " c%u=c%u", number, i);
}

/* Those that it makes are looked at in their turn. */
static void look_at_coupons(model_side *s, app_view *v, bool anew, buf *facts)
{
    for (uint32_t i = 0; i < s->coupon_count && s->wrong == NULL; i++) {
        uint32_t was = s->coupon_user[i];
        if (was == MODEL_NOBODY || !s->people.leaves[was] || (s->moved.closed[i] && !anew))
            continue;
        const coupon *row = coupon_get(v->rows, id_slot(s->coupons[i]), s->coupons[i]);
        CHECK(row != NULL);
        uint32_t person = model_person(s, query_user_name(v, row->slot, row->member));
        if (person != was)
            buf_printf(facts, " c%u=u%u", i, person);
        s->coupon_user[i] = person;
        if (row->state == COUPON_STATE_TRANSFERRED && !s->moved.gone[i])
            carry(s, v, i, row, facts);
        s->moved.closed[i] = coupon_is_closed(row->state);
    }
}

/* True: it is over. */
static bool look_at_way(model_side *s, app_view *v, const model_way *way, buf *facts)
{
    if (way->erasure) {
        const erasure *row = query_erasure(v, s->merchant, way->id);
        CHECK(row != NULL);
        if (row->state == ERASURE_STATE_DONE)
            buf_printf(facts, " e%u voided %llu names %zu", way->number,
                       (unsigned long long)row->voided, 1 + row->parts.n);
        return row->state == ERASURE_STATE_DONE;
    }
    const user_move *row = query_move(v, s->merchant, way->id);
    CHECK(row != NULL);
    bool over = row->state == MOVE_STATE_DONE || row->state == MOVE_STATE_REFUSED;
    if (over)
        buf_printf(facts, " w%u %u moved %llu", way->number, row->state,
                   (unsigned long long)row->moved);
    return over;
}

static void look_at_ways(model_side *s, app_view *v, buf *facts)
{
    model_people *p = &s->people;
    uint32_t left = 0;
    for (uint32_t i = 0; i < p->way_count; i++)
        if (!look_at_way(s, v, &p->ways[i], facts))
            p->ways[left++] = p->ways[i];
    p->way_count = left;
}

void model_people_look(model_side *s, bool anew, buf *facts)
{
    app_view v;
    result r = app_view_open(world_app(&s->world), s->memory, &v);
    CHECK(r == R_DONE);
    look_at_names(s, &v, facts);
    look_at_numbers(s, &v, facts);
    look_at_coupons(s, &v, anew, facts);
    look_at_ways(s, &v, facts);
    r = app_view_close(&v);
    CHECK(r == R_DONE);
}

void model_erase_owners(model_side *s, uint32_t person)
{
    model_book *b = &s->book;
    for (uint32_t i = 0; i < b->batch_count; i++)
        for (uint32_t k = 0; k < b->batches[i].count; k++)
            if (b->batches[i].owners[k] == person + 1)
                b->batches[i].owners[k] = MODEL_NOBODY + 1;
}

/* ---- what is told of a user ---- */

static void tell_person(const model_side *s, str name, buf *facts)
{
    uint32_t person = name.n == 0 ? MODEL_PERSONS : model_person(s, name);
    buf_printf(facts, "u%u", person);
}

static void tell_transfers(model_side *s, app_view *v, str name, bool came, buf *facts)
{
    enum { PAGE = 5 };
    transfers_ask ask = {.merchant = s->merchant, .user = name, .received = came, .limit = PAGE};
    const transfer_seen **by_coupon =
        ARENA_ARRAY(s->memory, const transfer_seen *, 2 * (size_t)s->coupon_count + 2);
    bool more = true;
    while (more) {
        transfer_seen *page = ARENA_ARRAY(s->memory, transfer_seen, PAGE);
        size_t n = query_transfers(v, &ask, page, &more);
        for (size_t i = 0; i < n; i++) {
            uint32_t number = 0;
            while (number < s->coupon_count && s->coupons[number] != page[i].row->coupon)
                number++;
            CHECK(number < s->coupon_count);
            ask.after = page[i].row->id;
            by_coupon[number] = &page[i]; /* the latest: ids of a slot go up */
        }
    }
    for (uint32_t i = 0; i < s->coupon_count; i++) {
        if (by_coupon[i] == NULL)
            continue;
        const transfer_seen *t = by_coupon[i];
        buf_printf(facts, " %s c%u %u%s ", came ? "got" : "gave", i, t->state,
                   t->row->direct ? "" : " offered");
        tell_person(s, t->sender, facts);
        tell_person(s, t->receiver, facts);
    }
}

/* Not since when: one coupon goes with the first of two sweeps, on another side with the second. */
static void tell_owners(model_side *s, app_view *v, uint32_t number, buf *facts)
{
    coupon_owner owners[COUPON_OWNERS_MAX];
    size_t n = query_owners(v, s->merchant, s->coupons[number], owners);
    buf_printf(facts, " owners of c%u", number);
    for (size_t i = 0; i < n; i++) {
        buf_printf(facts, " ");
        tell_person(s, owners[i].user, facts);
    }
}

/* Names that became his, whatever the order in which the messages came. */
static void tell_names(const model_side *s, const user *row, buf *facts)
{
    uint32_t of_name[MODEL_PERSONS] = {0};
    for (size_t i = 0; i < row->moved.n; i++)
        of_name[model_person(s, row->moved.items[i].name)] += row->moved.items[i].over ? 1 : 100;
    for (uint32_t i = 0; i < MODEL_PERSONS; i++)
        if (of_name[i] > 0)
            buf_printf(facts, " was u%u %u", i, of_name[i]);
}

void model_read_history(model_side *s, app_view *v, const model_step *step, buf *facts)
{
    user_seen seen;
    str name = query_user_now(v, s->merchant, model_user(step->user));
    const user_phone *number = query_user_phone(v, s->merchant, name);
    bool known = query_user(v, s->merchant, name, &seen);
    bool bound = number != NULL && number->binding != 0;
    buf_printf(facts, " %s%s", known ? "known" : "unknown", bound ? " bound" : "");
    if (bound)
        buf_printf(facts, " %lld", (long long)number->since_ms);
    if (known)
        tell_names(s, seen.row, facts);
    tell_transfers(s, v, name, false, facts);
    tell_transfers(s, v, name, true, facts);
    if (s->coupon_count > 0)
        tell_owners(s, v, step->ordinal % s->coupon_count, facts);
}
