/* Steps of the model that only read: the wallet of a user, page by page; the statistics of a
 * campaign or template. See model.h. */
#include "app/query_coupons.h"
#include "app/query_phones.h"
#include "app/query_stats.h"
#include "app/query_users.h"
#include "domain/limit/pool.h"
#include "domain/phone/holder.h"
#include "test/lib/model.h"

/* A number's is that of who has it. */
static str name_to_read(model_side *s, app_view *v, const model_step *step)
{
    str name = model_name(s, step);
    const phone *row = phone_is_holder(name) ? query_phone(v, s->merchant, name) : NULL;
    return row != NULL && row->binding != 0 ? query_user_now(v, s->merchant, row->user) : name;
}

/* It is in the list as what it has become. */
static bool went_along(const model_side *s, uint32_t number)
{
    for (uint32_t i = number + 1; i < s->coupon_count; i++)
        if (s->moved.from[i] == number + 1)
            return s->moved.carried[i];
    return false;
}

/* By number: an expired coupon stands with the open ones until it is swept. */
static void read_wallet(model_side *s, app_view *v, const model_step *step, buf *facts)
{
    enum { PAGE = 7 };
    coupon_seen page[PAGE];
    coupon_now *shown = ARENA_ARRAY(s->memory, coupon_now, s->coupon_count + 1);
    wallet_ask ask = {.merchant = s->merchant,
                      .user = name_to_read(s, v, step),
                      .now = true,
                      .state = step->word,
                      .not_yet_valid = step->word == COUPON_STATE_AVAILABLE && step->store == 0,
                      .limit = PAGE};
    bool more = true;
    for (size_t pages = 0; more; pages++) {
        CHECK(pages < MODEL_THINGS_MAX);
        size_t n = query_wallet(v, &ask, page, &ask.after, &more);
        for (size_t i = 0; i < n; i++) {
            uint32_t number = 0;
            while (s->coupons[number] != page[i].row->id)
                CHECK(++number < s->coupon_count);
            if (!model_is(s, s->coupon_user[number], step->user) || shown[number].state != 0)
                s->wrong = "a coupon of somebody else in a wallet, or one twice";
            shown[number] = page[i].now;
            (void)model_coupon_typed(s, v->config, number, (uint8_t)(number + pages));
        }
    }
    for (uint32_t i = 0; i < s->coupon_count; i++) {
        if (shown[i].state != 0)
            buf_printf(facts, " c%u=%u..%lld", i, shown[i].state,
                       (long long)shown[i].expires_at_ms);
        else if (step->word == 0 && model_is(s, s->coupon_user[i], step->user) && !went_along(s, i))
            s->wrong = "a coupon is not in its wallet";
    }
}

static void read_stats(model_side *s, app_view *v, const model_step *step, buf *facts)
{
    bool whole = step->store == 0;
    stats_days out = {0};
    counts_ask ask = {.campaign = s->campaigns[model_campaign_of(step->template)],
                      .template = whole ? 0 : s->templates[step->template],
                      .from_day = INT32_MIN,
                      .until_day = INT32_MAX};
    query_stats(v, &ask, &out);
    pool_left budget = query_pool_left(v, pool_budget(ask.campaign));
    const tally *t = &out.total;
    /* What is due may be swept or not: then it is with what is left, or told beside it. */
    const int64_t all[] = {t->issued,      t->held,
                           t->released,    t->redeemed,
                           t->returned,    t->expired,
                           t->voided,      t->users,
                           t->order_minor, t->order_returned_minor,
                           t->confirmed,   t->discount_minor,
                           out.held_now,   t->discount_returned_minor,
                           budget.total,   budget.left + budget.on_the_way + out.due_budget_minor};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        buf_printf(facts, " %lld", (long long)all[i]);
}

void model_side_read(model_side *s, const model_step *step, buf *facts)
{
    app_view v;
    result r = app_view_open(world_app(&s->world), s->memory, &v);
    CHECK(r == R_DONE);
    model_say(facts, r);
    if (step->kind == STEP_HISTORY)
        model_read_history(s, &v, step, facts);
    else if (step->kind == STEP_WALLET)
        read_wallet(s, &v, step, facts);
    else
        read_stats(s, &v, step, facts);
    r = app_view_close(&v);
    CHECK(r == R_DONE);
}
