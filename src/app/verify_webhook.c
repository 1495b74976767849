/* Webhooks (domain/webhook/webhook.h): each has a place in every lane that its events have reached,
 * what waits is before it, and as many dead letters as it says. */
#include "app/verify_part.h"
#include "domain/webhook/webhook.h"

enum { HOOK_PLACES, HOOK_HEALTHS, HOOK_DEAD_SAID, HOOK_DEAD, HOOK_VALUES };

static int64_t *hook_of(const verify *v, uint64_t id)
{
    return verify_map_find(v->webhooks, (str){(const char *)&id, sizeof(id)});
}

typedef struct place_name {
    uint64_t webhook, lane;
} place_name;

static str place_key(const place_name *name)
{
    return (str){(const char *)name, sizeof(*name)};
}

static void see_webhook(verify *v, verify_group *g, const void *stored)
{
    MAYBE(g);
    const webhook *row = stored;
    verify_what w = {.check = "webhooks", .kind = ID_WEBHOOK, .id = row->id};
    webhook_url url;
    verify_must(v, &w, "the slot of its merchant",
                row->slot == id_slot(row->merchant) && row->slot == id_slot(row->id));
    verify_must(v, &w, "its merchant is there",
                config_find_merchant(v->view.config, row->merchant) != NULL);
    verify_must(v, &w, "a URL", webhook_url_read(row->url, &url) == NULL);
    verify_must(v, &w, "state is known", webhook_state_name(row->state).n > 0);
    verify_must(v, &w, "one or two secrets", row->secrets.n == 1 || row->secrets.n == 2);
    (void)verify_map_at(v->webhooks, (str){(const char *)&row->id, sizeof(row->id)});
}

static void see_place(verify *v, verify_group *g, const void *stored)
{
    MAYBE(g);
    const webhook_place *row = stored;
    verify_what w = {.check = "webhooks", .kind = ID_WEBHOOK, .id = row->webhook};
    int64_t *of = hook_of(v, row->webhook);
    uint64_t mark = row->first + row->read;
    place_name name = {row->webhook, row->lane};
    verify_must(v, &w, "of a place", of != NULL);
    verify_must(v, &w, "the lane of a place is one of the store's", row->lane < v->lanes);
    if (of == NULL || row->lane >= v->lanes)
        return;
    of[HOOK_PLACES]++;
    *verify_map_at(v->webhook_places, place_key(&name)) = (int64_t)mark;
    verify_must(v, &w, "no place is ahead of its lane", mark <= v->heads[row->lane].event_last + 1);
    verify_must(v, &w, "not more waits than may", row->waiting.n <= WEBHOOK_WAITING_MAX);
    for (size_t i = 0; i < row->waiting.n; i++) {
        const waiting_letter *l = &row->waiting.items[i];
        verify_must(v, &w, "what waits ascends, before the place",
                    l->sequence < mark && l->nth < l->sequence &&
                        (i == 0 || row->waiting.items[i - 1].sequence < l->sequence));
    }
}

static void see_health(verify *v, verify_group *g, const void *stored)
{
    MAYBE(g);
    const webhook_health *row = stored;
    verify_what w = {.check = "webhooks", .kind = ID_WEBHOOK, .id = row->webhook};
    int64_t *of = hook_of(v, row->webhook);
    verify_must(v, &w, "of what its receiver does", of != NULL);
    if (of == NULL)
        return;
    of[HOOK_HEALTHS]++;
    of[HOOK_DEAD_SAID] = row->dead;
}

static void see_dead(verify *v, verify_group *g, const void *stored)
{
    MAYBE(g);
    const dead_letter *row = stored;
    verify_what w = {.check = "webhooks", .kind = ID_WEBHOOK, .id = row->webhook};
    place_name name = {row->webhook, row->lane};
    const int64_t *mark = verify_map_find(v->webhook_places, place_key(&name));
    int64_t *of = hook_of(v, row->webhook);
    verify_must(v, &w, "a dead letter is before the place",
                of != NULL && mark != NULL && row->sequence < (uint64_t)*mark);
    if (of != NULL)
        of[HOOK_DEAD]++;
}

static void check_webhooks(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->webhooks); i++) {
        str key;
        const int64_t *of = verify_map_item(v->webhooks, i, &key);
        verify_what w = {.check = "webhooks", .kind = ID_WEBHOOK};
        memcpy(&w.id, key.p, sizeof(w.id));
        verify_number(v, &w, "places", v->lanes, of[HOOK_PLACES]);
        verify_number(v, &w, "rows of its receiver", 1, of[HOOK_HEALTHS]);
        verify_number(v, &w, "dead letters", of[HOOK_DEAD], of[HOOK_DEAD_SAID]);
    }
}

result verify_webhooks(verify *v)
{
    const struct {
        const table *table;
        verify_row *visit;
    } steps[] = {{&webhook_table, see_webhook},
                 {&webhook_place_table, see_place},
                 {&webhook_health_table, see_health},
                 {&dead_letter_table, see_dead}};
    result r = R_DONE;
    v->webhooks = verify_map_new(HOOK_VALUES);
    v->webhook_places = verify_map_new(1);
    for (size_t i = 0; i < ARRAY_LEN(steps) && r == R_DONE; i++)
        r = verify_each(v, NULL, steps[i].table, steps[i].visit);
    if (r == R_DONE)
        check_webhooks(v);
    verify_map_free(v->webhooks);
    verify_map_free(v->webhook_places);
    return r;
}
