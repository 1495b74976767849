/* Every column of every table that may have a user's name has one here, before bob is forgotten or
 * on the way; and none has afterwards. A new text column is refused until it is said here whose it
 * is; one that is said to be a user's, until there is a row of it here, and erasing reaches it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "test/lib/person.h"
#include "test/lib/row_texts.h"

enum { STEPS = 400, ROUNDS = 3 };

/* ---- whose texts are ---- */

/* Seen with a name of his, and without one in the end. */
static const char *const of_users[] = {
    "bound_code.user", "bound_user.user", "code_guesses.name", "code_word.user", "erasure.user",
    "member.name",     "phone.user",      "transfer.receiver", "transfer.taker", "usage.gone_to",
    "user.moved.name", "user.name",       "user_move.to",      "user_move.user", "user_phone.user",
};
/* Acts on their way, and what was answered to keys: these go by themselves. */
static const char *const of_acts[] = {"idempotency.detail", "idempotency.outcome", "outbox.input",
                                      "quarantine.input"};
/* Never seen with a name. */
static const char *const of_nobody[] = {
    "api_key.name",
    "campaign.currency",
    "campaign.name",
    "code_batch.channel",
    "code_batch.name",
    "code_batch.reason",
    "code_format.alphabet",
    "code_format.keys.prefix",
    "code_format.keys.reason",
    "code_format.keys.sealed",
    "code_format.name",
    "code_word.channel",
    "code_word.word",
    "erasure.pseudonym",
    "erasure.reference",
    "erasure.to",
    "event_block.events.locked.name",
    "given_code.sealed",
    "hold.applied.gift",
    "hold.asked.met",
    "hold.channel",
    "hold.currency",
    "hold.groups.name",
    "hold.lines.brand",
    "hold.lines.categories",
    "hold.lines.category",
    "hold.lines.model",
    "hold.lines.product",
    "hold.lines.seller",
    "hold.lines.sku",
    "hold.lines.tags",
    "hold.order_number",
    "hold.store",
    "imported_code.code",
    "job.error",
    "job.input",
    "job.outcome",
    "lane_code.sealed",
    "ledger.currency",
    "merchant.blacklist.message",
    "merchant.blacklist.text",
    "merchant.currency",
    "merchant.groups.name",
    "merchant.name",
    "merchant.phone_region",
    "merchant.secret",
    "merchant.zone",
    "order_ref.number",
    "partner_code.sealed",
    "redemption.applied.gift",
    "redemption.asked.met",
    "redemption.channel",
    "redemption.currency",
    "redemption.groups.name",
    "redemption.lines.brand",
    "redemption.lines.categories",
    "redemption.lines.category",
    "redemption.lines.model",
    "redemption.lines.product",
    "redemption.lines.seller",
    "redemption.lines.sku",
    "redemption.lines.tags",
    "redemption.order_number",
    "redemption.store",
    "shard_head.lanes_of_slots",
    "tally_goods.value",
    "tally_money.value",
    "template.partner",
    "template_version.asset",
    "template_version.asset_payload",
    "template_version.conditions.message",
    "template_version.conditions.text",
    "template_version.funding.name",
    "template_version.lane",
    "template_version.name",
    "template_version.scope.message",
    "template_version.scope.text",
    "template_version.stack_group",
    "template_version.terms.text",
    "transfer.detail",
    "upload.slots",
    "upload_part.slots",
    "user_move.detail",
    "webhook.name",
    "webhook.secrets.sealed",
    "webhook.url",
};

static bool is_one_of(const char *const *places, size_t n, const char *place)
{
    bool is = false;
    for (size_t i = 0; i < n; i++)
        is = is || strcmp(places[i], place) == 0;
    return is;
}

static void see_column(void *context, const char *place)
{
    size_t *n = context;
    int lists = is_one_of(of_users, ARRAY_LEN(of_users), place) +
                is_one_of(of_acts, ARRAY_LEN(of_acts), place) +
                is_one_of(of_nobody, ARRAY_LEN(of_nobody), place);
    ++*n;
    if (lists != 1)
        fail_msg("%s: is it a user's? Say so in one of the lists", place);
}

static void it_is_said_of_every_text_whose_it_is(void **state)
{
    (void)state;
    size_t n = 0;
    row_texts_columns(see_column, &n);
    assert_int_equal(n, ARRAY_LEN(of_users) + ARRAY_LEN(of_acts) + ARRAY_LEN(of_nobody));
}

/* ---- what has a name ---- */

typedef struct seen {
    bool of_users[ARRAY_LEN(of_users)];
} seen;

static void see_name(void *context, const char *place)
{
    seen *s = context;
    bool may = is_one_of(of_acts, ARRAY_LEN(of_acts), place);
    for (size_t i = 0; i < ARRAY_LEN(of_users); i++) {
        bool is = strcmp(of_users[i], place) == 0;
        s->of_users[i] = s->of_users[i] || is;
        may = may || is;
    }
    if (!may)
        fail_msg("%s has a name", place);
}

static void see_left(void *context, const char *place)
{
    MAYBE(context);
    print_message("%s\n", place);
}

static fix_act *forget(fix *shop, person *p)
{
    erase_in *in = ARENA_NEW(shop->memory, erase_in);
    *in = person_erasing(p, shop);
    person_take_word(p, shop);
    return fix_submit(shop, ACT_ID_erase, slot_of_user(shop->merchant, in->user), in,
                      ARENA_NEW(shop->memory, erase_out));
}

static void every_name_of_his_is_seen_and_none_is_left(void **state)
{
    (void)state;
    seen s = {0};
    person bob;
    fix *shop = fix_open((fix_options){0});
    person_make(&bob, shop);
    row_texts what = {bob.names, PERSON_NAMES, see_name, &s};
    (void)row_texts_find(shop, &what);
    fix_act *ends = forget(shop, &bob);
    for (int i = 0; i < STEPS; i++) {
        (void)store_step(app_store(shop->app));
        (void)row_texts_find(shop, &what);
    }
    assert_true(ends->ended);
    assert_int_equal(ends->call.code, R_DONE);
    for (size_t i = 0; i < ARRAY_LEN(of_users); i++)
        if (!s.of_users[i])
            fail_msg("no row with a name in %s: test/lib/person.c lacks one", of_users[i]);
    for (int i = 0; i < ROUNDS; i++) {
        fix_pass(shop, MS_DAY); /* offers to him end, his order, and what was on its way */
        fix_sweep(shop);
        (void)app_settle(shop->app);
    }
    what.see = see_left;
    assert_int_equal(row_texts_find(shop, &what), 0);
    fix_verify(shop);
    fix_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_said_of_every_text_whose_it_is),
        cmocka_unit_test(every_name_of_his_is_seen_and_none_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
