/* The act that issues coupons to one user: see acts.h. */
#include "base/id.h"
#include "domain/code/exchange.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/issue_part.h"

static result check_input(uow *u, const issue_in *in)
{
    if (in->user.n < 1 || in->user.n > USER_BYTES_MAX)
        return uow_refuse_field(u, S("user"), S("out_of_range"), "1 to %d bytes", USER_BYTES_MAX);
    if (in->store.n > ORDER_TEXT_MAX)
        return uow_refuse_field(u, S("store"), S("too_long"), "at most %d bytes", ORDER_TEXT_MAX);
    if (in->items.n < 1 || in->items.n > ISSUE_ITEMS_MAX)
        return uow_refuse_field(u, S("items"), S("out_of_range"), "1 to %d", ISSUE_ITEMS_MAX);
    uint64_t coupons = 0;
    for (size_t i = 0; i < in->items.n; i++) {
        uint32_t count = in->items.items[i].count;
        if (count < 1)
            return uow_refuse_field(u, arena_printf(uow_memory(u), "items[%zu].count", i),
                                    S("out_of_range"), "at least 1");
        coupons += count;
    }
    if (coupons > ISSUE_COUPONS_MAX)
        return uow_refuse(u, R_INVALID, "at most %d coupons at once", ISSUE_COUPONS_MAX);
    if (coupon_source_name(in->source).n == 0 || issue_mode_name(in->mode).n == 0)
        return uow_refuse(u, R_INVALID, "source or mode is none of the known words");
    if (config_find_merchant(uow_config(u), in->merchant) == NULL)
        return uow_refuse(u, R_NOT_FOUND, "There is no such merchant.");
    return R_DONE;
}

static result find_user(issue_desk *d)
{
    d->who = (member_place){.slot = d->slot, .merchant = d->in->merchant, .name = d->in->user};
    result r = member_find(d->u, &d->who);
    if (r != R_DONE)
        return r;
    d->slices = slice_set_new(d->u);
    d->book = limit_book_new(d->u, d->slot, d->who.known ? d->who.ordinal : 0, d->slices);
    grant_input reserved = issue_reserved(d->in);
    limit_book_reserved(d->book, &reserved);
    return R_DONE;
}

/* all_or_none: the refusal of an item is that of the act. */
static result refuse_all(const issue_desk *d, size_t i, const issue_place *p)
{
    if (d->in->items.n == 1)
        return uow_refuse(d->u, p->refused, "%.*s", STR_ARG(p->why));
    return uow_refuse(d->u, p->refused, "items[%zu]: %.*s", i, STR_ARG(p->why));
}

static void note_refusal(const issue_desk *d, size_t i, const issue_place *p)
{
    d->out->refusals.items[d->out->refusals.n++] =
        (issue_refusal){.item = (uint32_t)i, .result = (uint32_t)p->refused, .detail = p->why};
}

static result issue_item_of(issue_desk *d, size_t i, issue_place *p)
{
    bool strict = d->in->mode == ISSUE_MODE_ALL_OR_NONE;
    uint32_t n = 0;
    if (p->refused == R_DONE) {
        result r = issue_count(d, p, strict, &n);
        if (r == R_UNAVAILABLE && !strict) {
            n = 0;
            p->refused = r;
            p->why = S("Too much of this call is sold out: ask for it alone.");
        } else if (r != R_DONE) {
            return r;
        }
    }
    if (p->refused != R_DONE && strict)
        return refuse_all(d, i, p);
    if (n > 0)
        issue_write(d, p, n);
    if (p->refused != R_DONE)
        note_refusal(d, i, p);
    return R_DONE;
}

/* Nothing was issued. A final answer only when one of the reasons is final. */
static result refuse_none_issued(const issue_desk *d)
{
    const issue_refusal *items = d->out->refusals.items;
    result answer = (result)items[0].result;
    str text = {NULL, 0};
    for (size_t i = 0; i < d->out->refusals.n; i++) {
        result r = (result)items[i].result;
        if (result_kind_of(r) != RESULT_PASSING)
            answer = R_NONE_ISSUED;
        text = arena_printf(uow_memory(d->u), "%.*s%sitems[%u]: %.*s", STR_ARG(text),
                            i == 0 ? "" : " ", items[i].item, STR_ARG(items[i].detail));
    }
    return uow_refuse(d->u, answer, "%.*s", STR_ARG(text));
}

static result issue_items(issue_desk *d, issue_place *places)
{
    size_t n = d->in->items.n;
    arena *memory = uow_memory(d->u);
    uint32_t coupons = 0;
    for (size_t i = 0; i < n; i++)
        coupons += d->in->items.items[i].count;
    *d->out = (issue_out){0};
    d->out->coupons.items = ARENA_ARRAY(memory, issued_coupon, coupons);
    d->out->refusals.items = ARENA_ARRAY(memory, issue_refusal, n);
    for (size_t i = 0; i < n; i++) {
        result r = issue_item_of(d, i, &places[i]);
        if (r != R_DONE)
            return r;
    }
    if (d->out->coupons.n == 0)
        return refuse_none_issued(d);
    code_issued(d->u, d->in, d->out->coupons.items[0].coupon);
    slice_settle(d->slices);
    return limit_book_settle(d->book);
}

/* Each item, and the rows of those that may be issued. */
static result load_items(issue_desk *d, issue_place **places)
{
    size_t n = d->in->items.n;
    *places = ARENA_ARRAY(uow_memory(d->u), issue_place, n);
    d->shelves = ARENA_ARRAY(uow_memory(d->u), issue_shelf, n);
    for (size_t i = 0; i < n; i++) {
        issue_place *p = &(*places)[i];
        p->in = &d->in->items.items[i];
        issue_look(d, p);
        if (p->refused != R_DONE && d->in->mode == ISSUE_MODE_ALL_OR_NONE)
            return refuse_all(d, i, p);
        if (p->refused == R_DONE)
            issue_load(d, p);
    }
    return uow_pending(d->u) ? R_AGAIN : R_DONE;
}

/* What a user needs who is known, and one who is new. */
void issue_ahead(uow *u, const void *input)
{
    const issue_in *in = input;
    issue_desk d = {.u = u, .in = in, .slot = slot_of_user(in->merchant, in->user)};
    user who = {.slot = d.slot, .merchant = in->merchant, .name = in->user};
    issue_place *places;
    (void)slot_head_get(u, d.slot);
    d.slices = slice_set_new(u);
    d.book = limit_book_ahead(u, &who, d.slices);
    MAYBE(load_items(&d, &places));
}

result issue_decide(uow *u, const void *input, void *output)
{
    const issue_in *in = input;
    issue_desk d = {.u = u, .in = in, .out = output};
    result r = check_input(u, in);
    if (r == R_DONE)
        r = code_may_issue(u, in);
    if (r != R_DONE)
        return r;
    d.slot = slot_of_user(in->merchant, in->user);
    r = find_user(&d);
    if (r != R_DONE)
        return r;
    issue_place *places;
    r = load_items(&d, &places);
    return r == R_DONE ? issue_items(&d, places) : r;
}
