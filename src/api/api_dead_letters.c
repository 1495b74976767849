/* Dead letters of webhooks: events that were tried as often as letters are. */
#include <stdio.h>

#include "api/convert.h"
#include "app/query_webhooks.h"

enum { LETTERS_PAGE_MAX = 200, PLACE_BYTES = 10 };

/* A page token: lane and sequence of the last one shown. */
static bool place_read(api_call *c, str token, letter_name *out, bool *inside)
{
    str bytes;
    if (!call_token_read(c, token, &bytes))
        return false;
    *inside = bytes.n == PLACE_BYTES;
    if (*inside) {
        memcpy(&out->lane, bytes.p, sizeof(out->lane));
        memcpy(&out->sequence, bytes.p + 2, sizeof(out->sequence));
    } else if (bytes.n != 0) {
        call_refuse(c, R_BAD_PAGE_TOKEN, S(""));
        return false;
    }
    return true;
}

static str place_write(api_call *c, const dead_letter *last)
{
    char bytes[PLACE_BYTES];
    memcpy(bytes, &last->lane, sizeof(last->lane));
    memcpy(bytes + 2, &last->sequence, sizeof(last->sequence));
    return call_token_write(c, (str){bytes, sizeof(bytes)});
}

static wire_dead_letter letter_shown(api_call *c, const dead_letter *d)
{
    return (wire_dead_letter){.event = arena_printf(c->memory, "%.*s_%u_%llu",
                                                    STR_ARG(id_prefix(ID_EVENT)), d->lane,
                                                    (unsigned long long)d->sequence),
                              .tries = d->tries,
                              .has_last_status = d->status != 0,
                              .last_status = d->status,
                              .last_fault = (webhook_fault)d->fault,
                              .died_at = d->died_at_ms};
}

void api_dead_letter_list(api_call *c)
{
    const wire_dead_letter_list_parameters *p = c->parameters;
    letter_name after = {0};
    bool inside;
    app_view v;
    if (!place_read(c, p->page_token, &after, &inside) || !call_view(c, &v))
        return;
    const webhook *of = query_webhook(&v, c->who.merchant, p->webhook);
    const dead_letter *found[LETTERS_PAGE_MAX + 1];
    size_t want = (size_t)p->page_size;
    size_t n = of == NULL ? 0 : query_dead_letters(&v, of, inside ? &after : NULL, want + 1, found);
    wire_dead_letter_page page = {0};
    page.dead_letters.items = ARENA_ARRAY(c->memory, wire_dead_letter, want);
    for (size_t i = 0; i < n && i < want; i++)
        page.dead_letters.items[page.dead_letters.n++] = letter_shown(c, found[i]);
    page.has_next_page_token = n > want;
    if (page.has_next_page_token)
        page.next_page_token = place_write(c, found[want - 1]);
    call_view_answer(c, &v, of == NULL ? R_NOT_FOUND : R_DONE, &wire_dead_letter_page_type, &page);
}

static void done(api_call *c)
{
    wire_dead_letters_done out = {.letters = ((const dead_letters_out *)c->act.out)->letters};
    call_answer(c, 200, &wire_dead_letters_done_type, &out);
}

/* evt_LANE_SEQUENCE, which the schema has seen to be so. False: numbers that no event has. */
static bool event_read(str text, letter_name *out)
{
    str prefix, lane;
    uint64_t number;
    (void)str_cut(&text, '_', &prefix);
    (void)str_cut(&text, '_', &lane);
    if (!str_to_u64(lane, &number) || number > UINT16_MAX || !str_to_u64(text, &out->sequence))
        return false;
    out->lane = (uint16_t)number;
    return true;
}

static void submit(api_call *c, uint64_t id, bool drop)
{
    const wire_dead_letters_named *b = c->body;
    dead_letters_in *in = ARENA_NEW(c->memory, dead_letters_in);
    *in = (dead_letters_in){.merchant = c->who.merchant, .id = id, .drop = drop};
    in->letters.items = ARENA_ARRAY(c->memory, letter_name, b->events.n);
    in->letters.n = b->events.n;
    for (size_t i = 0; i < b->events.n; i++)
        if (!event_read(b->events.items[i], &in->letters.items[i]))
            issues_add(c->problems, arena_printf(c->memory, "events[%zu]", i), S("out_of_range"),
                       "an id of an event");
    call_act(c, &(act_ask){.id = ACT_ID_dead_letters,
                           .slot = id_slot(c->who.merchant),
                           .subject = id_subject(c, ID_WEBHOOK, id),
                           .in = in,
                           .then = done});
}

void api_dead_letter_retry(api_call *c)
{
    submit(c, ((const wire_dead_letter_retry_parameters *)c->parameters)->webhook, false);
}

void api_dead_letter_drop(api_call *c)
{
    submit(c, ((const wire_dead_letter_drop_parameters *)c->parameters)->webhook, true);
}
