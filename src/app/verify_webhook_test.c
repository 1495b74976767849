/* verify finds what is wrong with rows of webhooks: healthy ones, made wrong, and the field that
 * must be named. */
#include "app/verify_flaw_test.h"

#include "app/webhook_sign.h"
#include "domain/webhook/webhook.h"

static uint64_t hook, owner;
static uint16_t slot;

/* With a webhook that has read the events of the first lane, and waits for one letter. */
static fix *a_shop(void)
{
    fix *shop = fix_open((fix_options){0});
    uint16_t lanes = store_lanes(app_store(shop->app));
    webhook_put_in in = {.merchant = shop->merchant,
                         .fields = WEBHOOK_URL | WEBHOOK_ENABLED | WEBHOOK_SECRET,
                         .url = S("https://shop.example/hook"),
                         .enabled = true};
    row_out out = {0};
    campaign_create_in c = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &c));
    uint64_t template_id = fix_template(shop, &t);
    for (int i = 0; i < 50; i++) /* events in every lane */
        assert_int_equal(
            fix_claim(shop, arena_printf(shop->memory, "u%d", i), template_id, 1, NULL), R_DONE);
    assert_int_equal(webhook_secret_make(shop->app, shop->merchant, shop->memory, &in.sealed),
                     R_DONE);
    in.marks.n = lanes;
    in.marks.items = ARENA_ARRAY(shop->memory, feed_mark, lanes);
    for (uint16_t i = 0; i < lanes; i++)
        in.marks.items[i] = (feed_mark){.lane = i, .first = 3};
    slot = id_slot(shop->merchant);
    owner = shop->merchant;
    assert_int_equal(fix_run(shop, ACT_ID_webhook_put, slot, &in, &out), R_DONE);
    hook = out.id;
    return shop;
}

#define HOOK_FLAW(name, change)                                                                    \
    static bool name(uow *u)                                                                       \
    {                                                                                              \
        webhook *row = webhook_get(u, slot, owner, hook);                                          \
        if (row == NULL)                                                                           \
            return false;                                                                          \
        webhook_edit(u, row);                                                                      \
        change;                                                                                    \
        return true;                                                                               \
    }
HOOK_FLAW(no_address, row->url = S("ftp://shop.example"))
HOOK_FLAW(unheard_of_state, row->state = UINT8_MAX)
HOOK_FLAW(no_secret, row->secrets.n = 0)

#define PLACE_FLAW(name, change)                                                                   \
    static bool name(uow *u)                                                                       \
    {                                                                                              \
        webhook_place *row = webhook_place_get(u, slot, hook, 0);                                  \
        if (row == NULL)                                                                           \
            return false;                                                                          \
        webhook_place_edit(u, row);                                                                \
        change;                                                                                    \
        return true;                                                                               \
    }
PLACE_FLAW(ahead_of_its_lane, row->read = 1000000)
PLACE_FLAW(waits_for_what_comes, (row->waiting.items = ARENA_NEW(uow_memory(u), waiting_letter),
                                  row->waiting.items[0].sequence = row->first, row->waiting.n = 1))
PLACE_FLAW(no_place, webhook_place_delete(u, row))

static bool a_place_of_none(uow *u)
{
    (void)webhook_place_new(u, slot, hook + 1, 0);
    return true;
}

static bool a_lane_too_many(uow *u)
{
    (void)webhook_place_new(u, slot, hook, STORE_LANES_MAX);
    return true;
}

static bool no_health(uow *u)
{
    webhook_health *row = webhook_health_get(u, slot, hook);
    if (row == NULL)
        return false;
    webhook_health_delete(u, row);
    return true;
}

static bool health_of_none(uow *u)
{
    (void)webhook_health_new(u, slot, hook + 1);
    return true;
}

static bool a_dead_letter_that_nobody_counts(uow *u)
{
    (void)dead_letter_new(u, slot, hook, 0, 1);
    return true;
}

static bool a_dead_letter_that_is_to_come(uow *u)
{
    (void)dead_letter_new(u, slot, hook, 0, 1000000);
    return true;
}

static bool of_no_merchant(uow *u)
{
    const webhook *row = webhook_get(u, slot, owner, hook);
    if (row == NULL)
        return false;
    webhook *copy = webhook_new(u, slot, owner + 1, hook);
    copy->url = row->url;
    copy->secrets = row->secrets;
    return true;
}

static void every_flaw_is_named(void **state)
{
    (void)state;
    static const flaw flaws[] = {
        {"no_address", no_address, "webhooks", "a URL"},
        {"unheard_of_state", unheard_of_state, "webhooks", "state is known"},
        {"no_secret", no_secret, "webhooks", "one or two secrets"},
        {"ahead_of_its_lane", ahead_of_its_lane, "webhooks", "no place is ahead of its lane"},
        {"waits_for_what_comes", waits_for_what_comes, "webhooks",
         "what waits ascends, before the place"},
        {"no_place", no_place, "webhooks", "places"},
        {"a_place_of_none", a_place_of_none, "webhooks", "of a place"},
        {"a_lane_too_many", a_lane_too_many, "webhooks",
         "the lane of a place is one of the store's"},
        {"no_health", no_health, "webhooks", "rows of its receiver"},
        {"health_of_none", health_of_none, "webhooks", "of what its receiver does"},
        {"a_dead_letter_that_nobody_counts", a_dead_letter_that_nobody_counts, "webhooks",
         "dead letters"},
        {"a_dead_letter_that_is_to_come", a_dead_letter_that_is_to_come, "webhooks",
         "a dead letter is before the place"},
        {"of_no_merchant", of_no_merchant, "webhooks", "its merchant is there"},
    };
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        fix *shop = a_shop();
        flaw_is_named(shop, slot, &flaws[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_flaw_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
