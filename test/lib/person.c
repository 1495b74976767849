/* See person.h. */
#include "test/lib/person.h"

#include "app/codes.h"
#include "base/id.h"
#include "domain/code/codes.h"
#include "domain/coupon/erase.h"
#include "domain/phone/holder.h"

enum { CIDS = 5, CLAIMS_MAX = 12, USES_MAX = 6, HI = 77, LO = 88, CODES = 10 };

#define CID S("cid-autumn")
#define DOT S("dot-spring")

static uint16_t home(const fix *shop, str name)
{
    return slot_of_user(shop->merchant, name);
}

static void run(fix *shop, act_id id, uint16_t slot, const void *in, void *out)
{
    CHECK(fix_run(shop, id, slot, in, out) == R_DONE);
    (void)app_settle(shop->app);
}

/* ---- goods ---- */

static void make_template(person *p, fix *shop)
{
    limit_rule rules[] = {
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, CLAIMS_MAX),
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, USES_MAX)};
    campaign_create_in in = fix_campaign_in(shop);
    in.budget_mode = BUDGET_MODE_AT_ISSUE;
    in.budget_minor = 100000;
    p->campaign = fix_campaign(shop, &in);
    template_put_in t = fix_template_in(shop, p->campaign);
    t.limits.items = rules;
    t.limits.n = ARRAY_LEN(rules);
    t.transfers = 2;
    t.offer_ms = MS_DAY;
    p->template = fix_template(shop, &t);
}

static fix_order order_of(str who, const char *number, const uint64_t *coupon_id)
{
    static order_line line = {.sku = {"tea", 3}, .quantity = 1, .unit_minor = 5000};
    return (fix_order){.user = who,
                       .number = str_of(number),
                       .coupons = coupon_id,
                       .coupon_count = 1,
                       .lines = &line,
                       .line_count = 1};
}

/* ---- names ---- */

static uint64_t merge(fix *shop, str from, str to)
{
    move_begin_in in = {
        .merchant = shop->merchant, .user = from, .to = to, .reason = MOVE_REASON_MERGE};
    move_begin_out out = {0};
    run(shop, ACT_ID_move_begin, home(shop, from), &in, &out);
    return out.move;
}

static void make_amy_bob(person *p, fix *shop)
{
    uint64_t amys[2];
    CHECK(fix_claim(shop, PERSON_AMY, p->template, ARRAY_LEN(amys), amys) == R_DONE);
    fix_order order = order_of(PERSON_AMY, "o1", amys);
    CHECK(fix_redeem(shop, &order, &p->order) == R_DONE);
    p->move = merge(shop, PERSON_AMY, PERSON_BOB);
    (void)fix_claim_one(shop, DOT, p->template);
    (void)merge(shop, DOT, PERSON_AMY); /* refused: she is bob */
}

static void bind_phone(person *p, fix *shop)
{
    phone_number n = {.hash = {HI, LO}};
    phone_bind_in in = {
        .merchant = shop->merchant, .hi = HI, .lo = LO, .user = PERSON_BOB, .sequence = 1};
    p->names[2] = phone_holder(&n, shop->memory);
    (void)fix_claim_one(shop, p->names[2], p->template);
    run(shop, ACT_ID_phone_bind, home(shop, p->names[2]), &in, &(phone_bind_out){0});
}

/* ---- codes ---- */

static uint64_t put(fix *shop, act_id id, const void *in)
{
    row_out out = {0};
    run(shop, id, id_slot(shop->merchant), in, &out);
    return out.id;
}

static void make_codes(person *p, fix *shop)
{
    code_format_put_in f = {.merchant = shop->merchant,
                            .name = S("Codes"),
                            .alphabet = S("0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
                            .length = 12,
                            .check = true,
                            .expected = CODES};
    CHECK(codes_key_make(shop->app, shop->merchant, shop->memory, &f.sealed) == R_DONE);
    code_batch_put_in b = {.merchant = shop->merchant,
                           .fields = CODE_BATCH_NAME,
                           .format = put(shop, ACT_ID_code_format_put, &f),
                           .template = p->template,
                           .count = CODES,
                           .name = S("Birthdays"),
                           .personal = true};
    bound_line lines[] = {{0, PERSON_BOB}, {1, PERSON_AMY}};
    code_bind_in bind = {.merchant = shop->merchant,
                         .batch = put(shop, ACT_ID_code_batch_put, &b),
                         .key = 7,
                         .lines = {lines, ARRAY_LEN(lines)}};
    run(shop, ACT_ID_code_bind, id_slot(bind.batch), &bind, &(code_bind_out){0});
    code_word_put_in word = {.merchant = shop->merchant,
                             .word = S("FORBOB"),
                             .user = PERSON_BOB,
                             .template = p->template};
    p->word = put(shop, ACT_ID_code_word_put, &word);
}

static void fail_codes(fix *shop, str name, guesses_place at)
{
    code_guesses_add_in in = {.merchant = shop->merchant,
                              .guesser = GUESSER_USER,
                              .name = name,
                              .hi = at.hi,
                              .lo = at.lo,
                              .tries = 2,
                              .most = 2,
                              .each_ms = MS_MINUTE,
                              .lock_ms = MS_MINUTE,
                              .lock_max_ms = MS_MINUTE,
                              .calm_ms = 10 * MS_DAY};
    code_guesses_add_out out = {0};
    run(shop, ACT_ID_code_guesses_add, slot_of_hash(at.hi), &in, &out);
    CHECK(out.locked);
}

/* ---- transfers ---- */

static uint64_t offer(fix *shop, uint64_t coupon_id, str from, str to)
{
    transfer_offer_in in = {.merchant = shop->merchant,
                            .coupon = coupon_id,
                            .user = from,
                            .to = to,
                            .offer_ms = PERSON_OFFER_MS};
    transfer_offer_out out = {0};
    run(shop, ACT_ID_transfer_offer, id_slot(coupon_id), &in, &out);
    return out.transfer;
}

static void decline(fix *shop, uint64_t id)
{
    transfer_end_in in = {.merchant = shop->merchant,
                          .transfer = id,
                          .user = PERSON_BOB,
                          .state = TRANSFER_STATE_DECLINED};
    run(shop, ACT_ID_transfer_end, id_slot(id), &in, &(transfer_end_out){0});
}

static transfer_try_out try_to_give(fix *shop, uint64_t coupon_id, str to)
{
    transfer_try_in in = {.merchant = shop->merchant,
                          .coupon = coupon_id,
                          .user = CID,
                          .to = to,
                          .slot = home(shop, to)};
    transfer_try_out out = {0};
    run(shop, ACT_ID_transfer_try, id_slot(coupon_id), &in, &out);
    return out;
}

static void give(const person *p, fix *shop, uint64_t coupon_id)
{
    transfer_try_out tried = try_to_give(shop, coupon_id, PERSON_BOB);
    transfer_take_in in = {.merchant = shop->merchant,
                           .user = PERSON_BOB,
                           .template = p->template,
                           .transfer = tried.transfer,
                           .reservation = tried.reservation,
                           .deadline_ms = tried.deadline_ms};
    in.carried.items = tried.carried.items;
    in.carried.n = tried.carried.n;
    run(shop, ACT_ID_transfer_take, home(shop, PERSON_BOB), &in, &(transfer_take_out){0});
}

/* To amy, who is bob by then. */
static void be_refused(fix *shop, uint64_t coupon_id)
{
    transfer_try_out tried = try_to_give(shop, coupon_id, PERSON_AMY);
    transfer_settle_in in = {.transfer = tried.transfer,
                             .reservation = tried.reservation,
                             .reason = R_USER_MERGED,
                             .detail = PERSON_BOB};
    run(shop, ACT_ID_transfer_settle, id_slot(in.transfer), &in, &(act_none){0});
}

static void make_transfers(const person *p, fix *shop)
{
    uint64_t cids[CIDS];
    CHECK(fix_claim(shop, CID, p->template, CIDS, cids) == R_DONE);
    (void)offer(shop, p->coupons[1], PERSON_BOB, CID);
    (void)offer(shop, cids[0], CID, PERSON_BOB);
    decline(shop, offer(shop, cids[1], CID, PERSON_BOB));
    give(p, shop, cids[2]);
    be_refused(shop, cids[3]);
    (void)try_to_give(shop, cids[4], PERSON_BOB);
}

/* ---- all of him ---- */

void person_make(person *p, fix *shop)
{
    *p = (person){.names = {PERSON_BOB, PERSON_AMY}, .earlier = {HI + 1, LO}};
    make_template(p, shop);
    CHECK(fix_claim(shop, PERSON_BOB, p->template, PERSON_COUPONS, p->coupons) == R_DONE);
    fix_order order = order_of(PERSON_BOB, "o2", &p->coupons[2]);
    CHECK(fix_hold(shop, &order, &p->hold) == R_DONE);
    make_amy_bob(p, shop);
    bind_phone(p, shop);
    make_codes(p, shop);
    fail_codes(shop, PERSON_BOB, (guesses_place){HI, LO});
    fail_codes(shop, PERSON_AMY, p->earlier);
    make_transfers(p, shop);
}

void person_take_word(const person *p, fix *shop)
{
    char nobody[ERASED_NAME_BYTES] = {[0] = (char)SLOT_NAME_MARK};
    code_word_put_in in = {.merchant = shop->merchant,
                           .id = p->word,
                           .fields = CODE_WORD_USER,
                           .user = {nobody, sizeof(nobody)}};
    (void)put(shop, ACT_ID_code_word_put, &in);
}

erase_in person_erasing(person *p, const fix *shop)
{
    return (erase_in){.merchant = shop->merchant,
                      .user = PERSON_BOB,
                      .hi = 0x1234567,
                      .lo = 0x89abcde,
                      .guesses_hi = HI,
                      .guesses_lo = LO,
                      .earlier = {&p->earlier, 1}};
}
