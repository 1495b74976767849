/* See webhook.h: what a webhook takes, and creating, editing, deleting and testing one. */
#include "domain/webhook/webhook.h"

#include "base/id.h"
#include "domain/campaign/act_part.h"
#include "domain/webhook/part.h"

_Static_assert(EVENT_KIND_COUNT <= 64, "a bit of webhook.kinds for each kind of event");

static bool is_of_webhook(const event *e)
{
    return e->kind >= EVENT_KIND_WEBHOOK_CREATED && e->kind <= EVENT_KIND_WEBHOOK_TESTED;
}

bool webhook_takes(const webhook *row, const event *e)
{
    if (e->merchant != row->merchant)
        return false;
    if (is_of_webhook(e) && e->ref == row->id)
        return e->kind == EVENT_KIND_WEBHOOK_TESTED; /* of its own changes it is not told */
    return e->kind != EVENT_KIND_WEBHOOK_TESTED &&
           (row->kinds == 0 || (row->kinds >> e->kind & 1) != 0);
}

uint64_t webhook_line(const event *e)
{
    if (e->coupon != 0)
        return e->coupon;
    if (e->ref != 0)
        return e->ref;
    return e->template != 0 ? e->template : e->campaign;
}

void webhook_check(const webhook_put_in *in, issues *found)
{
    webhook_url url;
    const char *wrong = (in->fields & WEBHOOK_URL) != 0 ? webhook_url_read(in->url, &url) : NULL;
    if (wrong != NULL)
        issues_add(found, S("url"), S("bad_format"), "%s", wrong);
    if (in->kinds >> (EVENT_KIND_COUNT - 1) >> 1 != 0 || (in->kinds & 1) != 0)
        issues_add(found, S("events"), S("not_allowed"), "kinds of events");
    if (in->name.n > (size_t)WEBHOOK_NAME_CHARS_MAX * 4 || !str_is_printable(in->name))
        issues_add(found, S("name"), S("too_long"), "at most %d characters",
                   WEBHOOK_NAME_CHARS_MAX);
}

/* ---- what the acts share ---- */

result webhook_load(uow *u, uint64_t merchant_id, uint64_t id, webhook_rows *out)
{
    uint16_t slot = id_slot(merchant_id);
    *out = (webhook_rows){.lanes = uow_lane_count(u)};
    out->row = webhook_get(u, slot, merchant_id, id);
    out->health = webhook_health_get(u, slot, id);
    out->places = ARENA_ARRAY(uow_memory(u), webhook_place *, out->lanes);
    for (size_t i = 0; i < out->lanes; i++)
        out->places[i] = webhook_place_get(u, slot, id, (uint16_t)i);
    if (uow_pending(u))
        return R_AGAIN;
    return out->row != NULL ? R_DONE : uow_refuse(u, R_NOT_FOUND, "There is no such webhook.");
}

result webhook_dead(uow *u, const webhook *row, dead_list *out)
{
    dead_letter from = {.slot = row->slot, .webhook = row->id};
    uow_range range = {&dead_letter_table, -1, &from, 2, false};
    void **found = ARENA_ARRAY(uow_memory(u), void *, DEAD_LETTERS_MAX);
    out->n = uow_scan(u, &range, DEAD_LETTERS_MAX, found);
    out->items = ARENA_ARRAY(uow_memory(u), dead_letter *, out->n);
    for (size_t i = 0; i < out->n; i++)
        out->items[i] = found[i];
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

static void tell(uow *u, const webhook *row, event_kind kind)
{
    event e = {.kind = (uint8_t)kind,
               .at_ms = uow_now(u),
               .merchant = row->merchant,
               .ref = row->id,
               .revision = row->version,
               .amount_minor = row->state};
    uow_event(u, &e);
}

void webhook_changed(uow *u, webhook *row, event_kind kind)
{
    row->version++;
    row->updated_at_ms = uow_now(u);
    tell(u, row, kind);
}

result webhook_answer(uow *u, const webhook *row, row_out *out)
{
    *out = (row_out){.id = row->id,
                     .version = row->version,
                     .row = record_bytes(&webhook_table.record, row, uow_memory(u))};
    return R_DONE;
}

/* ---- creating and editing ---- */

/* What waits is due at once, and the breaker is closed. */
static void set_anew(uow *u, const webhook_rows *of)
{
    webhook_health_edit(u, of->health);
    of->health->failures = 0;
    of->health->opened = 0;
    of->health->open_until_ms = 0;
    of->health->failing_since_ms = 0;
    of->row->era++;
    for (size_t i = 0; i < of->lanes; i++) {
        webhook_place *p = of->places[i];
        if (p->waiting.n == 0)
            continue;
        waiting_letter *again =
            ARENA_COPY(uow_memory(u), waiting_letter, p->waiting.items, p->waiting.n);
        for (size_t k = 0; k < p->waiting.n; k++) {
            again[k].tries = 0;
            again[k].next_at_ms = 0;
        }
        webhook_place_edit(u, p);
        p->waiting.items = again;
    }
}

/* A new secret goes first; the one before it stays for a while, those before that go. */
static void put_secret(uow *u, webhook *row, const webhook_put_in *in)
{
    webhook_secret *all = ARENA_ARRAY(uow_memory(u), webhook_secret, 2);
    size_t n = 1;
    all[0].sealed = in->sealed;
    if (row->secrets.n > 0 && in->keep_until_ms > uow_now(u)) {
        all[n] = row->secrets.items[0];
        all[n++].until_ms = in->keep_until_ms;
    }
    row->secrets.items = all;
    row->secrets.n = n;
}

static void fill(uow *u, webhook *row, const webhook_put_in *in)
{
    if ((in->fields & WEBHOOK_NAME) != 0)
        row->name = in->name;
    if ((in->fields & WEBHOOK_URL) != 0)
        row->url = in->url;
    if ((in->fields & WEBHOOK_KINDS) != 0)
        row->kinds = in->kinds;
    if ((in->fields & WEBHOOK_ENABLED) != 0)
        row->state = in->enabled ? WEBHOOK_STATE_ENABLED : WEBHOOK_STATE_DISABLED;
    if ((in->fields & WEBHOOK_SECRET) != 0)
        put_secret(u, row, in);
}

static result create(uow *u, const webhook_put_in *in, row_out *out)
{
    enum { NEEDED = WEBHOOK_URL | WEBHOOK_ENABLED | WEBHOOK_SECRET };
    uint16_t slot = id_slot(in->merchant);
    webhook from = {.slot = slot, .merchant = in->merchant};
    uow_range all = {&webhook_table, -1, &from, 2, false};
    void *found[WEBHOOKS_MAX];
    result r = act_check_merchant(u, in->merchant);
    if (r != R_DONE)
        return r;
    size_t n = uow_scan(u, &all, WEBHOOKS_MAX, found);
    if (uow_pending(u))
        return R_AGAIN;
    if (n == WEBHOOKS_MAX)
        return uow_refuse(u, R_TOO_MANY, "A merchant has at most %d webhooks.", WEBHOOKS_MAX);
    if (in->marks.n != uow_lane_count(u) || (in->fields & NEEDED) != NEEDED)
        return uow_refuse(u, R_INVALID, "a URL, a secret, and a place in each lane");
    webhook *row = webhook_new(u, slot, in->merchant, uow_next_id(u, slot));
    row->created_at_ms = uow_now(u);
    fill(u, row, in);
    (void)webhook_health_new(u, slot, row->id);
    for (size_t i = 0; i < in->marks.n; i++) {
        const feed_mark *m = &in->marks.items[i];
        if (m->lane != i)
            return uow_refuse(u, R_INVALID, "a place in each lane");
        webhook_place *p = webhook_place_new(u, slot, row->id, m->lane);
        p->first = m->first;
        p->read = m->read;
    }
    webhook_changed(u, row, EVENT_KIND_WEBHOOK_CREATED);
    return webhook_answer(u, row, out);
}

result webhook_put_decide(uow *u, const void *input, void *output)
{
    const webhook_put_in *in = input;
    issues *found = issues_new(uow_memory(u));
    webhook_rows of;
    webhook_check(in, found);
    result r = act_check(u, found);
    if (r != R_DONE)
        return r;
    if (in->id == 0)
        return create(u, in, output);
    r = webhook_load(u, in->merchant, in->id, &of);
    if (r == R_DONE)
        r = act_check_version(u, in->if_version, of.row->version);
    if (r != R_DONE)
        return r;
    bool enables = (in->fields & WEBHOOK_ENABLED) != 0 && in->enabled &&
                   of.row->state != WEBHOOK_STATE_ENABLED;
    bool moves = (in->fields & WEBHOOK_URL) != 0 && !str_eq(in->url, of.row->url);
    webhook_edit(u, of.row);
    fill(u, of.row, in);
    if (enables || moves)
        set_anew(u, &of);
    webhook_changed(u, of.row, EVENT_KIND_WEBHOOK_CHANGED);
    return webhook_answer(u, of.row, output);
}

/* ---- deleting and testing ---- */

result webhook_end_decide(uow *u, const void *input, void *output)
{
    const webhook_end_in *in = input;
    webhook_rows of;
    dead_list dead;
    MAYBE(output);
    result r = webhook_load(u, in->merchant, in->id, &of);
    if (r == R_DONE)
        r = webhook_dead(u, of.row, &dead);
    if (r == R_DONE)
        r = act_check_version(u, in->if_version, of.row->version);
    if (r != R_DONE)
        return r;
    tell(u, of.row, EVENT_KIND_WEBHOOK_DELETED);
    for (size_t i = 0; i < dead.n; i++)
        dead_letter_delete(u, dead.items[i]);
    for (size_t i = 0; i < of.lanes; i++)
        webhook_place_delete(u, of.places[i]);
    webhook_health_delete(u, of.health);
    webhook_delete(u, of.row);
    return R_DONE;
}

result webhook_test_decide(uow *u, const void *input, void *output)
{
    const webhook_end_in *in = input;
    webhook *row = webhook_get(u, id_slot(in->merchant), in->merchant, in->id);
    MAYBE(output);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL)
        return uow_refuse(u, R_NOT_FOUND, "There is no such webhook.");
    tell(u, row, EVENT_KIND_WEBHOOK_TESTED);
    return R_DONE;
}
