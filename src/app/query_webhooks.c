/* See query_webhooks.h. */
#include "app/query_webhooks.h"

#include "base/id.h"

const webhook *query_webhook(app_view *v, uint64_t merchant_id, uint64_t id)
{
    return webhook_get(v->rows, id_slot(merchant_id), merchant_id, id);
}

size_t query_webhooks(app_view *v, uint64_t merchant_id, uint64_t after, size_t limit,
                      const webhook **out)
{
    webhook from = {.slot = id_slot(merchant_id), .merchant = merchant_id, .id = after};
    uow_range all = {&webhook_table, -1, &from, 2, after != 0};
    void **found = ARENA_ARRAY(v->memory, void *, limit);
    size_t n = uow_scan(v->rows, &all, limit, found);
    for (size_t i = 0; i < n; i++)
        out[i] = found[i];
    return n;
}

static uint64_t event_last(app_view *v, uint16_t lane)
{
    const lane_head *head = lane_head_get(v->rows, lane);
    return head == NULL ? 0 : head->event_last;
}

webhook_standing query_webhook_standing(app_view *v, const webhook *of)
{
    uint16_t lanes = store_lanes(app_store(v->app));
    webhook_standing out = {0};
    const webhook_health *health = webhook_health_get(v->rows, of->slot, of->id);
    if (health != NULL)
        out.health = *health;
    for (uint16_t lane = 0; lane < lanes; lane++) {
        const webhook_place *p = webhook_place_get(v->rows, of->slot, of->id, lane);
        out.waiting += p == NULL ? 0 : p->waiting.n;
    }
    return out;
}

size_t query_dead_letters(app_view *v, const webhook *of, const letter_name *after, size_t limit,
                          const dead_letter **out)
{
    dead_letter from = {.slot = of->slot, .webhook = of->id};
    if (after != NULL) {
        from.lane = after->lane;
        from.sequence = after->sequence;
    }
    uow_range all = {&dead_letter_table, -1, &from, 2, after != NULL};
    void **found = ARENA_ARRAY(v->memory, void *, limit);
    size_t n = uow_scan(v->rows, &all, limit, found);
    for (size_t i = 0; i < n; i++)
        out[i] = found[i];
    return n;
}

/* The first block that begins at this sequence or later; NULL: none. */
static const event_block *block_from(app_view *v, uint16_t lane, uint64_t sequence)
{
    event_block from = {.lane = lane, .first = sequence};
    void *found;
    uow_range range = {&event_block_table, -1, &from, 1, false};
    return uow_scan(v->rows, &range, 1, &found) == 1 ? found : NULL;
}

/* Act time never goes back in a lane, so its blocks ascend by time, too. */
static uint64_t first_at(app_view *v, uint16_t lane, int64_t from_ms)
{
    uint64_t low = 1, high = event_last(v, lane) + 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        const event_block *b = block_from(v, lane, middle);
        bool early = b != NULL && b->events.n > 0 && b->events.items[0].at_ms < from_ms;
        if (early)
            low = b->first + b->events.n;
        else
            high = middle;
    }
    const event_block *b = block_from(v, lane, low);
    return b == NULL ? event_last(v, lane) + 1 : b->first;
}

void query_feed_marks(app_view *v, int64_t from_ms, feed_mark *out)
{
    uint16_t lanes = store_lanes(app_store(v->app));
    for (uint16_t lane = 0; lane < lanes; lane++)
        out[lane] = (feed_mark){.lane = lane, .first = first_at(v, lane, from_ms)};
}
