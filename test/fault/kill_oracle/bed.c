/* See bed.h. */
#include "test/fault/kill_oracle/bed.h"

bed bed_new(void)
{
    bed b = {.h = history_new(), .f = {.quiet = true}};
    (void)history_campaign(b.h, &(known_campaign){S("cmp_a"), KNOWN_NO_BUDGET, 0});
    (void)history_campaign(b.h, &(known_campaign){S("cmp_b"), KNOWN_AT_REDEEM, 700});
    known_template t = {S("tpl_hot"), .per_user = 2, .stock = 3, .amount_minor = 500};
    (void)history_template(b.h, &t);
    t = (known_template){S("tpl_spread"), .stock = -1, .percent_bp = 1000, .cap_minor = 100000};
    (void)history_template(b.h, &t);
    t = (known_template){S("tpl_money"), .campaign = 1, .stock = -1, .amount_minor = 500};
    (void)history_template(b.h, &t);
    t = (known_template){S("tpl_device"), .stock = -1, .per_device = 2, .amount_minor = 500};
    (void)history_template(b.h, &t);
    return b;
}

void judge(bed *b)
{
    if (b->o == NULL)
        b->o = oracle_new(b->h, true, &b->f);
}

void bed_free(bed *b)
{
    if (b->o != NULL)
        oracle_free(b->o);
    history_free(b->h);
}

static uint32_t ask(bed *b, op o)
{
    uint32_t number = history_add(b->h, &o);
    b->h->ops[number].order = o.kind == OP_REDEEM && o.of != NOTHING ? o.of
                              : o.order == NOTHING                   ? number
                                                                     : o.order;
    history_send(b->h, number);
    return number;
}

void tell(bed *b, uint32_t number, const answer *a)
{
    history_answer(b->h, number, a, &b->f);
}

void refuse(bed *b, uint32_t number, result code)
{
    tell(b, number, &(answer){.status = 409, .code = code, .content = result_code(code)});
}

uint32_t ask_claim(bed *b, uint32_t user, uint32_t template)
{
    return ask(b, (op){.kind = OP_CLAIM,
                       .batch = NOTHING,
                       .user = user,
                       .template = template,
                       .count = 1,
                       .second = NOTHING,
                       .coupon = NOTHING,
                       .of = NOTHING,
                       .order = NOTHING});
}

void give(bed *b, uint32_t number, str id)
{
    answer a = {.status = 201, .content = id, .coupon_n = 1};
    a.coupons[0].id = id;
    a.coupons[0].template = b->h->ops[number].template;
    tell(b, number, &a);
}

/* A claim that is done; its coupon. */
uint32_t claimed(bed *b, uint32_t user, uint32_t template, const char *id)
{
    give(b, ask_claim(b, user, template), str_of(id));
    return b->h->coupon_n - 1;
}

answer price(const bed *b, uint32_t number, const char *id)
{
    int64_t subtotal = cart_of(history_cart(b->h, number)).subtotal;
    uint32_t coupon = history_used(b->h, number);
    int64_t off = discount_of(&b->h->templates[b->h->coupons[coupon].template], subtotal);
    return (answer){.status = 201,
                    .content = str_of(id),
                    .id = str_of(id),
                    .subtotal = subtotal,
                    .discount = off,
                    .total = subtotal - off};
}

uint32_t ask_use(bed *b, op_kind kind, uint32_t coupon, uint32_t of)
{
    return ask(b, (op){.kind = kind,
                       .batch = NOTHING,
                       .user = b->h->coupons[coupon].user,
                       .template = NOTHING,
                       .second = NOTHING,
                       .coupon = of == NOTHING ? coupon : NOTHING,
                       .of = of,
                       .order = NOTHING});
}

uint32_t held(bed *b, uint32_t coupon, const char *id)
{
    uint32_t number = ask_use(b, OP_HOLD, coupon, NOTHING);
    answer a = price(b, number, id);
    tell(b, number, &a);
    return number;
}

uint32_t redeemed(bed *b, uint32_t coupon, uint32_t hold, const char *id)
{
    uint32_t number = ask_use(b, OP_REDEEM, coupon, hold);
    answer a = price(b, number, id);
    tell(b, number, &a);
    return number;
}

void released(bed *b, uint32_t hold)
{
    uint32_t number = ask_use(b, OP_RELEASE, b->h->ops[hold].coupon, hold);
    tell(b, number, &(answer){.status = 200, .content = S("released")});
}

void voided(bed *b, uint32_t coupon)
{
    uint32_t number = ask_use(b, OP_VOID, coupon, NOTHING);
    tell(b, number, &(answer){.status = 200, .content = S("voided")});
}

uint32_t ask_transfer(bed *b, uint32_t coupon, uint32_t receiver)
{
    uint32_t number = ask_use(b, OP_TRANSFER, coupon, NOTHING);
    b->h->ops[number].receiver = receiver;
    return number;
}

uint32_t transferred(bed *b, uint32_t coupon, uint32_t receiver, const char *id)
{
    tell(b, ask_transfer(b, coupon, receiver),
         &(answer){.status = 201, .content = str_of(id), .id = str_of(id)});
    return b->h->coupon_n - 1;
}

uint32_t given_back(bed *b, uint32_t redemption, int64_t refund, bool restored)
{
    uint32_t coupon = history_used(b->h, redemption);
    uint32_t number = ask_use(b, OP_RETURN, coupon, redemption);
    cart c = cart_of(history_cart(b->h, redemption));
    tell(b, number,
         &(answer){.status = 201,
                   .content = S("ret"),
                   .id = S("ret"),
                   .refund = refund,
                   .list = c.subtotal,
                   .pieces = c.pieces,
                   .restored = restored});
    return number;
}

uint32_t ask_change(bed *b, op_kind kind, uint32_t subject, int64_t target)
{
    return ask(b, (op){.kind = kind,
                       .batch = NOTHING,
                       .template = kind == OP_STOCK ? subject : NOTHING,
                       .second = NOTHING,
                       .coupon = NOTHING,
                       .of = NOTHING,
                       .order = NOTHING,
                       .campaign = kind == OP_STOCK ? NOTHING : subject,
                       .to = kind == OP_STATE ? (known_state)target : KNOWN_ACTIVE,
                       .target = target});
}

void changed(bed *b, op_kind kind, uint32_t subject, int64_t target)
{
    uint32_t number = ask_change(b, kind, subject, target);
    tell(b, number, &(answer){.status = 200, .content = S("changed")});
}

void show_coupon(bed *b, uint32_t coupon, const char *state)
{
    const known_coupon *c = &b->h->coupons[coupon];
    judge(b);
    oracle_coupon(b->o, coupon,
                  &(seen_coupon){true, c->user, c->template, str_of(state), S("claim")});
}
