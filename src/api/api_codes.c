/* Exchanging codes. */
#include "api/convert.h"
#include "api/coupon.h"
#include "api/guess.h"
#include "api/issue.h"
#include "app/codes.h"
#include "domain/campaign/rules.h"
#include "domain/limit/level.h"

static void exchanged(api_call *c)
{
    wire_claim claim = claim_shown(c, c->act.out);
    wire_code_exchanged shown = {.coupon = claim.coupons.items[0]};
    call_answer(c, 201, &wire_code_exchanged_type, &shown);
}

static void missing(api_call *c)
{
    const issue_ask *ask = c->state;
    terms of;
    if (c->act.code != R_LIMIT_SUBJECT_MISSING ||
        !terms_find(call_config(c), ask->in.items.items[0].template, &of))
        return;
    uint32_t wanted = limit_subjects_of(&of, 1U << LIMIT_MEASURE_CLAIMS);
    subjects_missing(c, wanted & ~subjects_named(&ask->reserve.names));
}

/* Every code takes the same way, so that a wrong one is not told from a used one by its time. Who
 * is locked out gets the answer that his key had before, if any. */
void api_code_exchange(api_call *c)
{
    const wire_code_exchange *b = c->body;
    issue_ask *ask = ARENA_NEW(c->memory, issue_ask);
    str who = call_user(c, b->user);
    price_policy policy = policy_of_merchant(c);
    code_typed typed = {0};
    bool may_know = (c->who.scopes & KEY_READ) != 0;
    result r = call_guess(c, &(guess_from){b->user, b->client_address, 1});
    if (c->guess != NULL)
        r = codes_read_any(c->app,
                           &(code_asker){.config = call_config(c),
                                         .guess = c->guess,
                                         .merchant = c->who.merchant,
                                         .user = b->user,
                                         .may_know = may_know,
                                         .now_ms = app_now_ms(c->app)},
                           code_by_policy(c, &policy, b->code), &typed);
    const code_batch *of = config_code_batch_at(call_config(c), typed.format, typed.place);
    issue_item *item = ARENA_NEW(c->memory, issue_item);
    code_use *use = ARENA_NEW(c->memory, code_use);
    const code_word *word = config_find_code_word(call_config(c), typed.word);
    uint64_t template_id = word != NULL ? word->template : of != NULL ? of->template : 0;
    *item = (issue_item){.template = template_id, .count = 1};
    *use = (code_use){.format = typed.format,
                      .place = typed.place,
                      .word = typed.word,
                      .mine = typed.mine,
                      .told = may_know || typed.mine,
                      .as = c->renamed > 0 ? b->user : S("")};
    c->state = ask;
    ask->in = (issue_in){.merchant = c->who.merchant,
                         .user = who,
                         .source = word != NULL ? COUPON_SOURCE_WORD : COUPON_SOURCE_EXCHANGE,
                         .mode = ISSUE_MODE_ALL_OR_NONE,
                         .store = b->store};
    ask->in.items.items = item;
    ask->in.items.n = 1;
    ask->in.codes.items = use;
    ask->in.codes.n = 1;
    if (b->has_subjects)
        ask->reserve.names = subjects_in(c, &b->subjects, S("subjects"));
    call_act(c, &(act_ask){.id = ACT_ID_issue,
                           .slot = slot_of_user(c->who.merchant, who),
                           .subject = who,
                           .in = &ask->in,
                           .then = exchanged,
                           .explain = missing,
                           .refusal = r,
                           .reserve = &ask->reserve});
}
