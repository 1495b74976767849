/* What follows the moment of an erasure, page by page: see erase.h. */
#include "domain/coupon/close.h"
#include "domain/coupon/erase_part.h"
#include "domain/coupon/move_part.h"
#include "domain/coupon/transfer.h"
#include "domain/stats/tally.h"

/* A step: what its page found (gets), then what becomes of it. */
typedef struct erase_page {
    uow *u;
    erasure *row;
    void *rows[ERASE_PAGE_MAX];
    uint64_t batches[ERASE_PAGE_MAX];
    size_t n;      /* of one of them */
    bool full;     /* there may be more behind `last` */
    uint64_t last; /* where the page ended */
    move_load coupons;
    order_counters c;
    erase_step_out *out;
} erase_page;

static result scanned(erase_page *p, const uow_range *range)
{
    p->n = uow_scan(p->u, range, ERASE_PAGE_MAX, p->rows);
    p->full = p->n == ERASE_PAGE_MAX;
    return uow_pending(p->u) ? R_AGAIN : R_DONE;
}

/* ---- moves of the slot that were refused: of his, and to him; and to him long ago ---- */

static result find_moves(erase_page *p)
{
    user_move from = {.slot = p->row->slot, .id = p->row->after};
    result r = scanned(p, &(uow_range){&user_move_table, -1, &from, 1, p->row->after != 0});
    if (r == R_DONE && p->n > 0)
        p->last = ((const user_move *)p->rows[p->n - 1])->id;
    return r;
}

/* One that only asks, or ended since, is, or may be, of somebody else who is called so by now. */
static bool is_over(const user_move *m, const erasure *row)
{
    return m->state == MOVE_STATE_REFUSED ||
           (m->state == MOVE_STATE_DONE && m->ended_at_ms < row->created_at_ms);
}

static void apply_moves(const erase_page *p)
{
    const erasure *row = p->row;
    for (size_t i = 0; i < p->n; i++) {
        user_move *m = p->rows[i];
        bool his = str_eq(m->user, row->user), to_him = str_eq(m->to, row->user);
        if (m->merchant != row->merchant || m->id > row->id || !is_over(m, row) || !(his || to_him))
            continue;
        user_move_edit(p->u, m);
        if (his)
            m->user = row->pseudonym;
        if (to_him)
            m->to = row->pseudonym;
    }
}

/* ---- personal codes ---- */

static result find_batches(erase_page *p)
{
    const code_batch *page[ERASE_PAGE_MAX];
    size_t n = config_code_batches(uow_config(p->u), p->row->merchant, p->row->after,
                                   ERASE_PAGE_MAX, page);
    for (size_t i = 0; i < n; i++)
        if (page[i]->personal)
            p->batches[p->n++] = page[i]->id;
    p->full = n == ERASE_PAGE_MAX;
    p->last = n == 0 ? 0 : page[n - 1]->id;
    return R_DONE;
}

static void apply_batches(const erase_page *p)
{
    erase_bound_in in = {.user = p->row->user,
                         .to = p->row->pseudonym,
                         .until_ms = p->row->created_at_ms + ERASE_CLOCKS_MS,
                         .erasure = p->row->id};
    for (size_t i = 0; i < p->n; i++) {
        in.batch = p->batches[i];
        uow_send(p->u, ERASE_BOUND_ACT, id_slot(in.batch), &erase_bound_in_record, &in);
    }
    p->row->untold += (uint32_t)p->n;
}

result erase_bound_decide(uow *u, const void *input, void *output)
{
    const erase_bound_in *in = input;
    uint16_t slot = id_slot(in->batch);
    bound_user *by_user = bound_user_get(u, slot, in->batch, in->user);
    MAYBE(output);
    if (uow_pending(u))
        return R_AGAIN;
    bool his = by_user != NULL && by_user->at_ms <= in->until_ms;
    bound_code *code = his ? bound_code_get(u, slot, in->batch, by_user->number) : NULL;
    if (uow_pending(u))
        return R_AGAIN;
    erase_tell(u, in->erasure);
    if (code == NULL)
        return R_DONE;
    bound_code_edit(u, code);
    code->user = in->to;
    int64_t at_ms = by_user->at_ms;
    bound_user_delete(u, by_user);
    bound_user *now = bound_user_new(u, slot, in->batch, in->to);
    now->number = code->number;
    now->at_ms = at_ms;
    return R_DONE;
}

/* ---- transfers by which all that a part had went ---- */

static result find_sent(erase_page *p)
{
    transfer from = {.slot = p->row->slot, .member = p->row->member, .id = p->row->after};
    result r =
        scanned(p, &(uow_range){&transfer_table, TRANSFER_BY_SENT, &from, 2, p->row->after != 0});
    if (r == R_DONE && p->n > 0)
        p->last = ((const transfer *)p->rows[p->n - 1])->id;
    return r;
}

static void name_receiver(uow *u, transfer *t, str name)
{
    transfer_edit(u, t);
    if (t->receiver.n > 0)
        t->receiver = name;
    if (t->taker.n > 0)
        t->taker = name;
}

static void apply_sent(const erase_page *p)
{
    for (size_t i = 0; i < p->n; i++) {
        transfer *t = p->rows[i];
        if (t->move != 0)
            name_receiver(p->u, t, p->row->to);
    }
}

/* ---- transfers by which he got something ---- */

static result find_came(erase_page *p)
{
    received from = {.slot = p->row->slot, .member = p->row->member, .transfer = p->row->after};
    result r =
        scanned(p, &(uow_range){&received_table, RECEIVED_BY_CAME, &from, 2, p->row->after != 0});
    if (r == R_DONE && p->n > 0)
        p->last = ((const received *)p->rows[p->n - 1])->transfer;
    return r;
}

static void apply_came(const erase_page *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const received *r = p->rows[i];
        erase_transfer_in in = {
            .transfer = r->transfer, .to = p->row->pseudonym, .erasure = p->row->id};
        if (r->move != 0)
            continue; /* that of a part, or of a way */
        uow_send(p->u, ERASE_TRANSFER_ACT, id_slot(in.transfer), &erase_transfer_in_record, &in);
        p->row->untold++;
    }
}

result erase_transfer_decide(uow *u, const void *input, void *output)
{
    const erase_transfer_in *in = input;
    transfer *t = transfer_get(u, id_slot(in->transfer), in->transfer);
    MAYBE(output);
    if (uow_pending(u))
        return R_AGAIN;
    if (t != NULL)
        name_receiver(u, t, in->to);
    erase_tell(u, in->erasure);
    return R_DONE;
}

/* ---- numbers of long ago, which his list has no more room for ---- */

static result find_ways(erase_page *p)
{
    erasure from = {.slot = p->row->slot, .id = p->row->after};
    result r = scanned(p, &(uow_range){&erasure_table, -1, &from, 1, p->row->after != 0});
    if (r == R_DONE && p->n > 0)
        p->last = ((const erasure *)p->rows[p->n - 1])->id;
    return r;
}

static bool has_part(const erasure *row, uint64_t move)
{
    for (size_t i = 0; i < row->parts.n; i++)
        if (row->parts.items[i].move == move)
            return true;
    return false;
}

/* The row is edited. */
static void add_part(const erase_page *p, uint64_t move)
{
    erasure *row = p->row;
    erased_part *parts = ARENA_ARRAY(uow_memory(p->u), erased_part, row->parts.n + 1);
    if (row->parts.n > 0)
        memcpy(parts, row->parts.items, row->parts.n * sizeof(*parts));
    parts[row->parts.n++] = (erased_part){.move = move};
    row->parts.items = parts;
    erase_ask_part(p->u, row, move);
}

static void apply_ways(const erase_page *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const erasure *way = p->rows[i];
        if (way->state == ERASURE_STATE_WAY && way->member == p->row->member &&
            !has_part(p->row, way->id))
            add_part(p, way->id);
    }
}

/* ---- where the counts of a part have gone ---- */

static void look_at_counts(erase_page *p, uint64_t campaign_id)
{
    usage *row = usage_get(p->u, p->row->slot, p->row->member, campaign_id);
    if (row != NULL && row->gone_to.n > 0)
        p->rows[p->n++] = row;
}

static result find_counts(erase_page *p)
{
    const config_campaign *page[MOVE_CAMPAIGNS_MAX];
    const config *c = uow_config(p->u);
    size_t n = config_campaigns(c, p->row->merchant, p->row->after, MOVE_CAMPAIGNS_MAX, page);
    if (p->row->after == 0)
        look_at_counts(p, 0);
    for (size_t i = 0; i < n; i++)
        look_at_counts(p, page[i]->row->id);
    p->full = n == MOVE_CAMPAIGNS_MAX;
    p->last = n == 0 ? 0 : page[n - 1]->row->id;
    return uow_pending(p->u) ? R_AGAIN : R_DONE;
}

static void apply_counts(const erase_page *p)
{
    for (size_t i = 0; i < p->n; i++) {
        usage *row = p->rows[i];
        usage_edit(p->u, row);
        row->gone_to = p->row->to;
    }
}

/* ---- coupons ---- */

/* Those that a move would take. */
static result find_coupons(erase_page *p)
{
    uow *u = p->u;
    user_move at = {.slot = p->row->slot, .after = p->row->after};
    result r = move_find_coupons(u, &at, p->row->member, &p->coupons);
    if (r != R_DONE)
        return r;
    p->c = order_counters_new(u, p->row->slot, p->row->member);
    for (size_t i = 0; i < p->coupons.coupon_count; i++) {
        const coupon *row = p->coupons.coupons[i];
        terms of = terms_of(uow_config(u), row->template);
        coupon_end_load(&p->c, &of, row);
        tally_load_code(u, row->batch);
    }
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

static void void_coupon(const erase_page *p, coupon *row)
{
    uow *u = p->u;
    terms of = terms_of(uow_config(u), row->template);
    if (row->state == COUPON_STATE_OFFERED) {
        transfer *offer = transfer_get(u, row->slot, row->ref);
        if (transfer_is_over(offer, uow_now(u)))
            transfer_close(u, offer, row, TRANSFER_STATE_EXPIRED);
    }
    coupon_void(&p->c, &of, row, VOID_REASON_ERASED);
}

static void finish(const erase_page *p)
{
    uow *u = p->u;
    erasure *row = p->row;
    row->state = ERASURE_STATE_DONE;
    row->ended_at_ms = uow_now(u);
    if (row->of != 0) {
        erase_part_in in = {.of = row->of, .move = row->move};
        uow_send(u, ERASE_PART_ACT, id_slot(row->of), &erase_part_in_record, &in);
        return;
    }
    event e = {.kind = EVENT_KIND_USER_ERASED,
               .at_ms = row->ended_at_ms,
               .merchant = row->merchant,
               .member = row->member,
               .ref = row->id};
    uow_event(u, &e);
    p->out->ended = true;
    p->out->took_ms = row->ended_at_ms - row->created_at_ms;
}

static void wait(uow *u, erasure *row, int64_t ms)
{
    row->wake_ms = uow_now(u) + ms;
    uow_due(u, (due_name){DUE_KIND_ERASURE, row->id, 0}, row->wake_ms);
}

/* Nothing is left to void: is all over? Parts that say nothing for long are asked again. */
static void rest(erase_page *p, bool woken)
{
    erasure *row = p->row;
    size_t open = 0;
    for (size_t i = 0; i < row->parts.n; i++) {
        open += !row->parts.items[i].over;
        if (woken && !row->parts.items[i].over)
            erase_ask_part(p->u, row, row->parts.items[i].move);
    }
    if (row->state == ERASURE_STATE_DONE)
        return;
    if (open == 0 && row->untold == 0)
        finish(p);
    else
        wait(p->u, row, ERASE_ROUND_MS);
    p->out->late = woken && row->of == 0 && row->state == ERASURE_STATE_OPEN;
}

/* The row is edited. What is voided is no open coupon when the next page is looked at, so a page
 * without others is looked at again. */
static result apply_coupons(erase_page *p, bool woken)
{
    erasure *row = p->row;
    const move_load *l = &p->coupons;
    uint64_t at = row->after;
    for (size_t i = 0; i < l->coupon_count; i++)
        void_coupon(p, l->coupons[i]);
    row->voided += l->coupon_count;
    row->waiting = at == 0 ? l->waiting : row->waiting + l->waiting;
    row->after = !l->page_full ? 0 : l->waiting == 0 ? at : l->last;
    if (l->coupon_count > 0 || l->page_full || (at != 0 && row->waiting == 0))
        erase_go_on(p->u, row);
    else if (row->waiting > 0)
        wait(p->u, row, ERASE_AGAIN_MS);
    else
        rest(p, woken);
    slice_settle(p->c.slices);
    return limit_book_settle(p->c.book);
}

/* ---- the act ---- */

static result find(erase_page *p)
{
    switch ((erase_stage)p->row->stage) {
    case ERASE_MOVES:
        return find_moves(p);
    case ERASE_CODES:
        return find_batches(p);
    case ERASE_SENT:
        return p->row->of == 0 ? R_DONE : find_sent(p);
    case ERASE_CAME:
        return find_came(p);
    case ERASE_WAYS:
        return find_ways(p);
    case ERASE_COUNTS:
        return p->row->of == 0 ? R_DONE : find_counts(p);
    default:
        return find_coupons(p);
    }
}

/* A page of a stage before the last; the row is edited. */
static void apply(erase_page *p)
{
    erasure *row = p->row;
    if (row->stage == ERASE_MOVES)
        apply_moves(p);
    else if (row->stage == ERASE_CODES)
        apply_batches(p);
    else if (row->stage == ERASE_SENT)
        apply_sent(p);
    else if (row->stage == ERASE_CAME)
        apply_came(p);
    else if (row->stage == ERASE_WAYS)
        apply_ways(p);
    else
        apply_counts(p);
    row->after = p->full ? p->last : 0;
    if (!p->full)
        row->stage++;
    if (row->stage > ERASE_CODES)
        row->user = (str){NULL, 0};
    erase_go_on(p->u, row);
}

result erase_step_decide(uow *u, const void *input, void *output)
{
    const erase_step_in *in = input;
    erase_page p = {
        .u = u, .row = erasure_get(u, id_slot(in->erasure), in->erasure), .out = output};
    if (uow_pending(u))
        return R_AGAIN;
    if (p.row == NULL || p.row->state == ERASURE_STATE_WAY)
        return R_DONE;
    bool open = p.row->state == ERASURE_STATE_OPEN, woken = in->round == 0;
    if ((woken && open && uow_now(u) < p.row->wake_ms) || (!woken && in->round != p.row->round))
        return R_DONE;
    result r = find(&p);
    if (r != R_DONE)
        return r;
    erasure_edit(u, p.row);
    p.row->round++;
    if (p.row->stage == ERASE_COUPONS)
        return apply_coupons(&p, woken);
    apply(&p);
    return R_DONE;
}
