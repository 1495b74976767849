/* Letters of one lane of a webhook, in memory: see webhook_part.h. */
#include "app/webhook_part.h"

#include <stdlib.h>

enum {
    LANE_LOOK_MAX = 5000,  /* events looked at in a turn, for one webhook */
    LANE_AHEAD_MAX = 2000, /* events that were looked at and not reported */
};

/* ---- blocks ---- */

static const event_block *in_pages(const event_page *p, uint64_t first)
{
    for (; p != NULL; p = p->next)
        for (size_t i = 0; i < p->n; i++)
            if (p->blocks[i]->first == first)
                return p->blocks[i];
    return NULL;
}

const event_block *turn_block(sender_turn *t, uint16_t lane, uint64_t first)
{
    const event_block *known = in_pages(t->pages[lane], first);
    if (known != NULL || first > t->event_last[lane])
        return known;
    event_page *page = ARENA_NEW(t->memory, event_page);
    event_block from = {.lane = lane, .first = first};
    void *found[ARRAY_LEN(page->blocks)];
    uow_range range = {&event_block_table, -1, &from, 1, false};
    page->n = uow_scan(t->view.rows, &range, ARRAY_LEN(found), found);
    for (size_t i = 0; i < page->n; i++)
        page->blocks[i] = found[i];
    page->next = t->pages[lane];
    t->pages[lane] = page;
    return in_pages(page, first);
}

/* ---- reading ---- */

static letter *letter_new(target *of, const waiting_letter *row)
{
    letter *l = calloc(1, sizeof(*l)); /* letter_drop frees it, or the end of its flight */
    CHECK(l != NULL);
    l->row = *row;
    l->target = of;
    return l;
}

static void letter_drop(letter *l)
{
    l->orphan = true;
    if (l->state != LETTER_FLYING)
        free(l);
}

static void take_event(target *of, target_lane *l, const event_block *b)
{
    const event *e = &b->events.items[l->read];
    if (!webhook_takes(&of->row, e))
        return;
    waiting_letter row = {
        .sequence = b->first + l->read, .nth = (uint32_t)l->read, .line = webhook_line(e)};
    l->letters[l->n++] = letter_new(of, &row);
}

bool lane_fill(sender_turn *t, target *of, uint16_t lane)
{
    target_lane *l = &of->lanes[lane];
    uint64_t before = l->first + l->read;
    for (size_t looked = 0; looked < LANE_LOOK_MAX && l->n < WEBHOOK_WAITING_MAX; looked++) {
        const event_block *b = turn_block(t, lane, l->first);
        if (b == NULL)
            break;
        if (l->read < b->events.n)
            take_event(of, l, b);
        l->read++;
        if (l->read >= b->events.n) {
            l->first = b->first + b->events.n;
            l->read = 0;
        }
    }
    return l->first + l->read > before;
}

bool lane_may_send(const target_lane *l, size_t at, int64_t now_ms)
{
    const letter *is = l->letters[at];
    if (is->state != LETTER_IDLE || is->row.next_at_ms > now_ms)
        return false;
    for (size_t i = 0; i < at; i++)
        if (l->letters[i]->row.line == is->row.line)
            return false;
    return true;
}

/* ---- reporting ---- */

bool lane_has_news(const target_lane *l)
{
    bool news = l->first + l->read > l->stored + LANE_AHEAD_MAX;
    for (size_t i = 0; i < l->n && !news; i++)
        news = l->letters[i]->state == LETTER_ENDED;
    return news && !l->reporting;
}

void lane_tell(target_lane *l, webhook_report_in *in, arena *memory)
{
    in->first = l->first;
    in->read = l->read;
    in->results.items = ARENA_ARRAY(memory, letter_result, l->n);
    for (size_t i = 0; i < l->n; i++) {
        letter *of = l->letters[i];
        bool ended = of->state == LETTER_ENDED;
        if (!ended && of->stored)
            continue;
        letter_result is = ended ? of->is : (letter_result){.outcome = WEBHOOK_OUTCOME_LEFT};
        is.sequence = of->row.sequence;
        is.nth = of->row.nth;
        is.line = of->row.line;
        in->results.items[in->results.n++] = is;
        if (ended)
            of->state = LETTER_TOLD;
    }
    l->reporting = true;
}

void lane_untell(target_lane *l)
{
    l->reporting = false;
    for (size_t i = 0; i < l->n; i++)
        if (l->letters[i]->state == LETTER_TOLD)
            l->letters[i]->state = LETTER_ENDED;
}

static const waiting_letter *waits(const webhook_report_out *out, uint64_t sequence)
{
    for (size_t i = 0; i < out->waiting.n; i++)
        if (out->waiting.items[i].sequence == sequence)
            return &out->waiting.items[i];
    return NULL;
}

void lane_told(target_lane *l, const webhook_report_out *out, uint64_t until)
{
    size_t n = 0;
    l->reporting = false;
    l->stored = until;
    for (size_t i = 0; i < l->n; i++) {
        letter *of = l->letters[i];
        const waiting_letter *row = waits(out, of->row.sequence);
        if (row != NULL) {
            of->row = *row;
            of->stored = true;
        }
        bool gone = row == NULL && of->state == LETTER_TOLD; /* taken, or dead */
        if (of->state == LETTER_TOLD)
            of->state = LETTER_IDLE;
        if (gone)
            letter_drop(of);
        else
            l->letters[n++] = of;
    }
    l->n = n;
}

/* ---- loading ---- */

void lane_load(target_lane *l, const webhook_place *row, target *of)
{
    *l = (target_lane){.first = row->first, .read = row->read, .stored = row->first + row->read};
    for (size_t i = 0; i < row->waiting.n && l->n < WEBHOOK_WAITING_MAX; i++) {
        l->letters[l->n] = letter_new(of, &row->waiting.items[i]);
        l->letters[l->n++]->stored = true;
    }
}

void lane_forget(target_lane *l)
{
    for (size_t i = 0; i < l->n; i++)
        letter_drop(l->letters[i]);
    l->n = 0;
}
