/* Acts on merchants and keys, on the mem store. */
#include "domain/campaign/acts_test.h"
#include "port/store.h"

static merchant_put_in good_merchant(void)
{
    merchant_put_in in = rules_good_merchant();
    in.slot = 77;
    return in;
}

static void create_and_replace(world *w)
{
    limit_rule limits[] = {
        {LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 3, 0, 99, 0},
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_WEEK, 5, 0, 99, 0}};
    merchant_put_in in = good_merchant();
    in.limits.items = limits;
    in.limits.n = 1;
    merchant *first = put_merchant(w, &in);
    assert_int_equal(first->slot, 77);
    assert_int_equal(id_slot(first->id), 77);
    assert_int_equal(first->version, 1);
    assert_int_equal(first->created_at_ms, RULES_DAY(0));
    assert_int_equal(first->limits.items[0].since_ms, RULES_DAY(0));

    w->now_ms = RULES_DAY(1);
    in.id = first->id;
    in.slot = 5; /* not read: it lives where it lives */
    in.if_version = 1;
    in.name = S("Other");
    in.currency = S("JPY");
    limits[0].max = 4; /* the same thing counted, more of it allowed */
    in.limits.n = 2;
    merchant *second = put_merchant(w, &in);
    assert_true(second->id == first->id && second->version == 2);
    assert_true(str_eq(second->name, S("Other")) && str_eq(second->currency, S("JPY")));
    assert_int_equal(second->created_at_ms, RULES_DAY(0));
    assert_int_equal(second->limits.items[0].max, 4);
    assert_int_equal(second->limits.items[0].since_ms, RULES_DAY(0));
    assert_int_equal(second->limits.items[1].since_ms, RULES_DAY(1));
    assert_int_equal(second->limits.items[0].since_version, 1);
    assert_int_equal(second->limits.items[1].since_version, 2);

    in.limits.n = 0;
    in.if_version = 0; /* any */
    assert_int_equal(put_merchant(w, &in)->limits.n, 0);
    in.limits.n = 2;
    w->now_ms = RULES_DAY(2);
    merchant *again = put_merchant(w, &in);
    assert_int_equal(again->version, 4);
    assert_int_equal(again->limits.items[0].since_ms, RULES_DAY(2)); /* it was not counted */
}

static void refusals_of_merchants(world *w)
{
    merchant_put_in in = good_merchant();
    uint64_t id = put_merchant(w, &in)->id;
    in.name = S("");
    in.currency = S("x");
    act_expect(w, merchant_put_decide, &in, in.slot, R_INVALID);
    expect_detail(w, "name: 1 to 200 characters");
    in.id = id;
    in.if_version = 2;
    act_expect(w, merchant_put_decide, &in, in.slot, R_VERSION_MISMATCH);
    expect_detail(w, "It is at version 1 now.");
    in.if_version = 1;
    act_expect(w, merchant_put_decide, &in, in.slot, R_INVALID);
    in = good_merchant();
    in.id = id;
    in.zone = S("Europe/Zurich");
    act_expect(w, merchant_put_decide, &in, in.slot, R_NOT_EDITABLE);
    expect_detail(w, "zone: stays Asia/Shanghai: days are counted in it already");
    in = good_merchant();
    in.id = id_make(RULES_DAY(0), 77, 511);
    act_expect(w, merchant_put_decide, &in, 77, R_NOT_FOUND);
    in.id = id;
    assert_int_equal(put_merchant(w, &in)->version, 2); /* none of them left anything */
}

static api_key *put_key(world *w, const key_put_in *in)
{
    row_out out = act_expect(w, key_put_decide, in, slot_of_hash(in->hi), R_DONE);
    api_key *row = answered(w, &api_key_table, out.row);
    assert_true(row->id == out.id && out.id != 0 && row->slot == slot_of_hash(in->hi));
    return row;
}

static void keys_come_and_go(world *w)
{
    merchant_put_in m = good_merchant();
    uint64_t id = put_merchant(w, &m)->id;
    key_put_in in = {.hi = UINT64_MAX,
                     .lo = 2,
                     .merchant = id,
                     .scopes = KEY_READ | KEY_REDEEM,
                     .name = S("till"),
                     .expires_at_ms = RULES_DAY(9)};
    api_key *key = put_key(w, &in);
    assert_int_equal(key->merchant, id);
    assert_int_equal(key->scopes, KEY_READ | KEY_REDEEM);
    assert_true(str_eq(key->name, S("till")));
    assert_int_equal(key->created_at_ms, RULES_DAY(0));
    assert_int_equal(key->expires_at_ms, RULES_DAY(9));
    assert_int_equal(key->revoked_at_ms, 0);
    act_expect(w, key_put_decide, &in, slot_of_hash(in.hi), R_NOT_EDITABLE);

    key_put_in revoke = {.hi = in.hi, .lo = in.lo, .merchant = id + 1, .revoke = true};
    act_expect(w, key_put_decide, &revoke, slot_of_hash(in.hi), R_NOT_FOUND);
    revoke.merchant = id;
    w->now_ms = RULES_DAY(1);
    api_key *revoked = put_key(w, &revoke);
    assert_int_equal(revoked->revoked_at_ms, RULES_DAY(1));
    assert_true(revoked->id == key->id && str_eq(revoked->name, S("till")));
    w->now_ms = RULES_DAY(2);
    assert_int_equal(put_key(w, &revoke)->revoked_at_ms, RULES_DAY(1)); /* once */
    revoke.lo = 3;
    act_expect(w, key_put_decide, &revoke, slot_of_hash(in.hi), R_NOT_FOUND);
}

static void refusals_of_keys(world *w)
{
    key_put_in in = {.hi = 1, .lo = 2, .merchant = 5, .scopes = KEY_ALL, .name = S("any")};
    act_expect(w, key_put_decide, &in, slot_of_hash(1), R_NOT_FOUND);
    in.merchant = 0; /* the operator's */
    in.scopes = 0;
    act_expect(w, key_put_decide, &in, slot_of_hash(1), R_INVALID);
    expect_detail(w, "scopes: any of admin, issue, redeem, read");
    in.scopes = KEY_ADMIN;
    in.expires_at_ms = w->now_ms;
    act_expect(w, key_put_decide, &in, slot_of_hash(1), R_INVALID);
    expect_detail(w, "expires_at: a time in the future, or none");
    in.expires_at_ms++;
    assert_int_equal(put_key(w, &in)->merchant, 0);
}

static void a_merchant_is_created_and_replaced(void **state)
{
    (void)state;
    acts_everywhere(create_and_replace);
}

static void a_merchant_that_is_not_right_is_refused(void **state)
{
    (void)state;
    acts_everywhere(refusals_of_merchants);
}

static void a_key_is_made_once_and_revoked_once(void **state)
{
    (void)state;
    acts_everywhere(keys_come_and_go);
}

static void a_key_that_is_not_right_is_refused(void **state)
{
    (void)state;
    acts_everywhere(refusals_of_keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_merchant_is_created_and_replaced),
        cmocka_unit_test(a_merchant_that_is_not_right_is_refused),
        cmocka_unit_test(a_key_is_made_once_and_revoked_once),
        cmocka_unit_test(a_key_that_is_not_right_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
