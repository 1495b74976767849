/* Lanes: heads, events, outbox, inbox and quarantine. And the configuration's own rows. */
#include <stdio.h>

#include "app/act.h"
#include "app/verify_part.h"
#include "domain/quarantine/quarantine.h"

/* ---- heads ---- */

static void see_head(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const lane_head *h = row;
    verify_what w = {.check = "lane", .subject = S("head")};
    verify_must(v, &w, "the lane is one of the store's", h->lane < v->lanes);
    if (h->lane >= v->lanes)
        return;
    v->heads[h->lane] = *h;
    if (h->time_ms > v->now_ms)
        v->now_ms = h->time_ms;
}

static void see_inbox(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const inbox *in = row;
    if (in->lane < v->lanes && in->from < v->lanes)
        v->inbox[in->lane][in->from] = in->last;
}

result verify_heads(verify *v)
{
    result r = verify_each(v, NULL, &lane_head_table, see_head);
    return r == R_DONE ? verify_each(v, NULL, &inbox_table, see_inbox) : r;
}

static str lane_name(char out[32], uint16_t lane)
{
    int n = snprintf(out, 32, "lane %u", lane);
    return (str){out, (size_t)n};
}

/* ---- events ---- */

static void count_event(verify *v, const event *e)
{
    static const int8_t columns[EVENT_KIND_COUNT] = {
        [EVENT_KIND_COUPON_ISSUED] = TALLY_ISSUED,
        [EVENT_KIND_COUPON_HELD] = TALLY_HELD,
        [EVENT_KIND_COUPON_RELEASED] = TALLY_RELEASED,
        [EVENT_KIND_COUPON_REDEEMED] = TALLY_REDEEMED,
        [EVENT_KIND_COUPON_RETURNED] = TALLY_RETURNED,
        [EVENT_KIND_COUPON_EXPIRED] = TALLY_EXPIRED,
        [EVENT_KIND_COUPON_VOIDED] = TALLY_VOIDED,
        [EVENT_KIND_PROMOTION_HELD] = TALLY_HELD,
        [EVENT_KIND_PROMOTION_RELEASED] = TALLY_RELEASED,
        [EVENT_KIND_PROMOTION_REDEEMED] = TALLY_REDEEMED,
        [EVENT_KIND_PROMOTION_RETURNED] = TALLY_RETURNED,
    };
    verify_terms of;
    int32_t day;
    v->sum.events++;
    bool of_coupon = e->kind >= EVENT_KIND_COUPON_ISSUED && e->kind <= EVENT_KIND_COUPON_VOIDED;
    bool of_promotion =
        e->kind >= EVENT_KIND_PROMOTION_HELD && e->kind <= EVENT_KIND_PROMOTION_RETURNED;
    if (!of_coupon && !of_promotion)
        return;
    verify_what w = {.check = "events", .kind = ID_COUPON, .id = e->coupon};
    bool known = verify_terms_of(v, e->template, &of) && verify_day(&of, e->at_ms, &day);
    verify_must(v, &w, "its template and time are known", known);
    if (known)
        verify_tally_at(v, &of, e->template,
                        day)[TALLY_EVENTS - TALLY_EXPECTED + columns[e->kind]]++;
}

static void see_events(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const event_block *b = row;
    char text[32];
    verify_what w = {.check = "lane", .subject = lane_name(text, b->lane)};
    if (b->lane >= v->lanes)
        return;
    uint64_t *next = &v->next_event[b->lane];
    if (*next == 0)
        v->events_complete = v->events_complete && b->first == 1;
    else
        verify_number(v, &w, "first event of a block", (int64_t)*next, (int64_t)b->first);
    *next = b->first + b->events.n;
    for (size_t i = 0; i < b->events.n; i++)
        count_event(v, &b->events.items[i]);
}

/* ---- messages ---- */

static void see_message(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const outbox *o = row;
    char text[32];
    verify_what w = {.check = "lane", .subject = lane_name(text, o->lane)};
    verify_must(v, &w, "a message is not ahead of its lane",
                o->lane < v->lanes && o->sequence <= v->heads[o->lane].outbox_last);
    verify_must(v, &w, "a message is of an act that may be sent",
                act_find(o->act) != NULL && (act_find(o->act)->flags & ACT_MESSAGE) != 0);
}

/* Numbered without a gap, the newest of them kept: whoever follows relies on that. */
static void see_edit(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const config_edit *e = row;
    char text[32];
    verify_what w = {.check = "lane", .subject = lane_name(text, e->lane)};
    if (e->lane >= v->lanes)
        return;
    uint64_t *next = &v->next_edit[e->lane];
    if (*next != 0)
        verify_number(v, &w, "number of an edit", (int64_t)*next, (int64_t)e->number);
    *next = e->number + 1;
}

static void see_quarantine(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const quarantine *q = row;
    verify_what w = {.check = "lane", .kind = ID_QUARANTINE, .id = q->id};
    v->sum.quarantined += quarantine_holds(q);
    verify_must(v, &w, "the lane is one of the store's", q->lane < v->lanes);
    verify_must(v, &w, "only a message is set aside", !q->aside || q->kind == SUSPECT_KIND_MESSAGE);
    if (q->aside && q->lane < v->lanes && q->hi < v->lanes)
        verify_must(v, &w, "its lane has passed over what was set aside",
                    q->lo <= v->inbox[q->lane][q->hi]);
}

result verify_lanes(verify *v)
{
    v->events_complete = true;
    result r = verify_each(v, NULL, &event_block_table, see_events);
    if (r == R_DONE)
        r = verify_each(v, NULL, &outbox_table, see_message);
    if (r == R_DONE)
        r = verify_each(v, NULL, &config_edit_table, see_edit);
    if (r == R_DONE)
        r = verify_each(v, NULL, &quarantine_table, see_quarantine);
    for (uint16_t lane = 0; lane < v->lanes && r == R_DONE; lane++) {
        char text[32];
        verify_what w = {.check = "lane", .subject = lane_name(text, lane)};
        uint64_t last = v->next_event[lane] == 0 ? 0 : v->next_event[lane] - 1;
        if (last != 0)
            verify_number(v, &w, "event_last", (int64_t)last, (int64_t)v->heads[lane].event_last);
        else
            v->events_complete = v->events_complete && v->heads[lane].event_last == 0;
        uint64_t edits = v->next_edit[lane] == 0 ? 0 : v->next_edit[lane] - 1;
        verify_number(v, &w, "config_last", (int64_t)edits, (int64_t)v->heads[lane].config_last);
        for (uint16_t from = 0; from < v->lanes; from++)
            verify_must(v, &w, "nothing was applied that was never sent",
                        v->inbox[lane][from] <= v->heads[from].outbox_last);
    }
    return r;
}

/* ---- configuration ---- */

static int64_t *config_at(verify *v, uint64_t id)
{
    return verify_map_at(v->config_counts, (str){(const char *)&id, sizeof(id)});
}

enum { CONFIG_TEMPLATES, CONFIG_VERSIONS, CONFIG_NEWEST };

static void see_template(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const template *t = row;
    config_at(v, t->campaign)[CONFIG_TEMPLATES]++;
}

static void see_version(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const template_version *t = row;
    int64_t *counts = config_at(v, t->template);
    counts[CONFIG_VERSIONS]++;
    if (t->version > counts[CONFIG_NEWEST])
        counts[CONFIG_NEWEST] = t->version;
}

static void check_campaign(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const campaign *c = row;
    verify_what w = {.check = "config", .kind = ID_CAMPAIGN, .id = c->id};
    verify_number(v, &w, "templates", config_at(v, c->id)[CONFIG_TEMPLATES], c->templates);
    verify_must(v, &w, "the merchant is there",
                config_find_merchant(v->view.config, c->merchant) != NULL);
    verify_must(v, &w, "state is known", campaign_state_name(c->state).n > 0);
}

static void check_template(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const template *t = row;
    verify_what w = {.check = "config", .kind = ID_TEMPLATE, .id = t->id};
    const int64_t *counts = config_at(v, t->id);
    verify_number(v, &w, "version", counts[CONFIG_NEWEST], t->version);
    verify_number(v, &w, "versions that are there", t->version, counts[CONFIG_VERSIONS]);
    verify_must(v, &w, "the campaign is there",
                config_find_campaign(v->view.config, t->campaign) != NULL);
}

result verify_config(verify *v)
{
    const struct {
        const table *table;
        verify_row *visit;
    } steps[] = {{&template_table, see_template},
                 {&template_version_table, see_version},
                 {&campaign_table, check_campaign},
                 {&template_table, check_template}};
    result r = R_DONE;
    for (size_t i = 0; i < ARRAY_LEN(steps) && r == R_DONE; i++)
        r = verify_each(v, NULL, steps[i].table, steps[i].visit);
    return r;
}
