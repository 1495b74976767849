/* Random carts under random benefits of every kind, standings and policies: what holds for every
 * price whatever it is made of, and for every sequence of returns.
 *
 * 20,000 carts; a million with QUAN_NIGHTLY. */
#include <stdlib.h>

#include "domain/price/random_test.h"
#include "domain/price/refund_test.h"

enum {
    TRIALS = 20000,
    TRIALS_NIGHTLY = 1000000,
    LINES = 8,
    COUPONS = 5,
    PLACES = 64, /* of dimensions, and of settings of one: at least as many as there are */
    SETTINGS = 32,
    RARE = 20000, /* one of so many carts */
};

typedef struct trial {
    order_line lines[LINES];
    price_coupon coupons[COUPONS];
    template_version versions[COUPONS];
    uint8_t refunds[COUPONS];
    policy_choice choices[CHOICES];
    size_t choice_count;
    stack_group group;
    cart cart;
    price_ask ask;
} trial;

static size_t repriced; /* refunds that follow from the price of what is kept */

static void random_trial(trial *t)
{
    *t = (trial){0};
    t->cart = cart_of(t->lines, 1 + (size_t)below(LINES));
    for (size_t i = 0; i < t->cart.n; i++) {
        t->lines[i] = random_line();
    }
    t->ask = (price_ask){.cart = &t->cart,
                         .coupons = t->coupons,
                         .n = 1 + (size_t)below(COUPONS),
                         .groups = &t->group,
                         .group_count = 1,
                         .coupons_max = (uint32_t)(one_in(5) ? 1 + below(3) : 0)};
    bool alike = one_in(2);
    t->group = (stack_group){S("g"), (uint8_t)(1 + below(GROUP_MODE_COUNT - 1)), 1};
    for (size_t i = 0; i < t->ask.n; i++) {
        t->versions[i] = random_version();
        t->coupons[i] = coupon_of(t->versions[i]);
        t->coupons[i].template = 100 + i;
        t->coupons[i].most_minor = below(6) == 0 ? 1 + (int64_t)below(3000) : 0;
        t->coupons[i].automatic = one_in(8);
        t->coupons[i].coupon = t->coupons[i].automatic ? 0 : 1 + i;
        t->refunds[i] = (uint8_t)(alike ? REFUND_RULE_REPRICE : 1 + below(3));
    }
    t->choice_count = random_policy(t->choices);
    t->ask.policy = policy_of(t->choices, t->choice_count);
}

/* ---- what holds ---- */

static int64_t value_of(const template_version *v, uint8_t place)
{
    return TEST_GET(*v, place);
}

static void check_sums(const trial *t, const price_result *p)
{
    int64_t by_line = 0, by_coupon = 0, by_share = 0, subtotal = 0;
    for (size_t i = 0; i < t->cart.n; i++) {
        int64_t list_minor = cart_line_list(&t->lines[i]);
        assert_true(p->line_discount_minor[i] >= 0 && p->line_discount_minor[i] <= list_minor);
        by_line += p->line_discount_minor[i];
        subtotal += list_minor;
    }
    for (size_t i = 0; i < p->share_count; i++) {
        assert_true(p->shares[i].discount_minor > 0);
        by_share += p->shares[i].discount_minor;
    }
    for (size_t i = 0; i < t->ask.n; i++) {
        const price_verdict *v = &p->verdicts[i];
        int64_t cap = value_of(&t->versions[i], TERM_COMMON_CAP);
        bool spare = t->ask.policy.zero_effect == ZERO_EFFECT_USE ||
                     t->ask.policy.gift_missing == GIFT_MISSING_ADD;
        bool gives = v->discount_minor + v->adds_minor > 0;
        spare = spare || t->versions[i].benefit == BENEFIT_KIND_HAND_OVER;
        assert_true(v->result == R_DONE ? gives || spare : !gives);
        assert_true((v->result == R_DONE) == (v->reason.n == 0));
        assert_true(cap == 0 || (v->discount_minor <= cap && v->adds_minor <= cap));
        int64_t most = t->coupons[i].most_minor;
        assert_true(most == 0 || (v->discount_minor <= most && v->adds_minor <= most));
        by_coupon += v->discount_minor;
    }
    assert_int_equal(by_line, p->discount_minor);
    assert_int_equal(by_share, p->discount_minor);
    assert_int_equal(by_coupon, p->discount_minor);
    assert_int_equal(subtotal, p->subtotal_minor);
}

/* Where one coupon alone applies: its floor, and how many units it may touch. */
static void check_alone(const trial *t, const price_result *p)
{
    const template_version *v = &t->versions[0];
    int64_t floor_minor = value_of(v, TERM_COMMON_FLOOR);
    int64_t most = value_of(v, TERM_COMMON_MAX_UNITS), touched = 0;
    for (size_t i = 0; i < t->cart.n; i++) {
        const order_line *line = &t->lines[i];
        int64_t units = (line->marks & LINE_WEIGHED) != 0 ? 1 : line->quantity;
        int64_t left = cart_line_list(line) - p->line_discount_minor[i];
        int64_t kept = kind_times(units, floor_minor);
        assert_true(p->line_discount_minor[i] == 0 || left >= kept);
        touched += p->line_discount_minor[i] > 0;
    }
    assert_true(most == 0 || touched <= most);
}

static void check_same(const trial *t, const price_result *a, const price_result *b, bool reversed)
{
    size_t n = t->ask.n;
    for (size_t i = 0; i < n; i++) {
        const price_verdict *x = &a->verdicts[i], *y = &b->verdicts[reversed ? n - 1 - i : i];
        assert_int_equal(x->result, y->result);
        assert_int_equal(x->discount_minor, y->discount_minor);
        assert_str(x->reason, y->reason);
    }
    assert_memory_equal(a->line_discount_minor, b->line_discount_minor,
                        t->cart.n * sizeof(int64_t));
}

/* With an order of evaluation that is total, it does not matter how coupons are named. */
static void check_naming(trial *t)
{
    price_coupon turned[COUPONS];
    price_result a, b;
    price_ask ask = t->ask;
    ask.policy.evaluation = EVALUATION_DEFINED;
    ask.policy.coupons_beyond = COUPONS_BEYOND_REFUSE; /* the last ones named are others */
    assert_int_equal(price_cart(&ask, memory, &a), R_DONE);
    for (size_t i = 0; i < ask.n; i++) {
        turned[i] = t->coupons[ask.n - 1 - i];
    }
    ask.coupons = turned;
    assert_int_equal(price_cart(&ask, memory, &b), R_DONE);
    check_same(t, &a, &b, true);
}

/* A benefit reads back from its JSON as it was. */
static void check_json(const template_version *v)
{
    benefit from = {v->benefit, v->terms.items, v->terms.n}, to;
    buf text;
    json *tree;
    issues *found = issues_new(memory);
    buf_init(&text, 65536);
    json_writer w = json_writer_on(&text);
    benefit_write(&from, S("CNY"), &w);
    assert_int_equal(json_parse(buf_view(&text), &tree, NULL), R_DONE);
    benefit_parse(tree, S("CNY"), &to, found);
    assert_int_equal(found->n, 0);
    template_version a = {.benefit = from.kind}, b = {.benefit = to.kind};
    a.terms.items = from.terms;
    a.terms.n = 0;
    for (size_t i = 0; i < from.n; i++) { /* what has its default is not written */
        const benefit_param *p = benefit_param_at(from.kind, from.terms[i].term);
        if (p->needed || from.terms[i].value != p->initial) {
            a.terms.items[a.terms.n++] = from.terms[i];
        }
    }
    b.terms.items = to.terms;
    b.terms.n = to.n;
    assert_true(record_equal(&template_version_table.record, &a, &b));
    json_free(tree);
    buf_free(&text);
}

/* ---- returns ---- */

/* What the kept goods cost with the coupons of the order and its policy; -1: not all of these are
 * repriced, what is weighed comes back in parts whose prices are rounded, or one has fractions that
 * do not fit, for which returns have a rule of their own (kept.h). */
static int64_t price_of_kept(const trial *t, const test_order *o)
{
    order_line kept[LINES];
    price_coupon coupons[COUPONS];
    cart c = cart_of(kept, 0);
    price_ask ask = {.cart = &c,
                     .coupons = coupons,
                     .n = o->row.applied.n,
                     .policy = t->ask.policy,
                     .groups = t->ask.groups,
                     .group_count = t->ask.group_count};
    bool cut = t->ask.policy.budget == BUDGET_PARTIAL; /* then it may have been */
    ask.policy.refused_coupon = REFUSED_COUPON_SKIP;
    for (size_t i = 0; i < o->row.lines.n; i++) {
        kept[c.n] = o->row.lines.items[i];
        kept[c.n].quantity -= kept[c.n].returned;
        bool part = kept[c.n].returned > 0 && kept[c.n].quantity > 0;
        if (part && (kept[c.n].marks & LINE_WEIGHED) != 0) {
            return -1;
        }
        c.n += kept[c.n].quantity > 0;
    }
    for (size_t k = 0; k < ask.n; k++) {
        const applied_coupon *a = &o->row.applied.items[k];
        int64_t value = price_rule_value(o->rules[k]);
        if (o->refund_rules[k] != REFUND_RULE_REPRICE) {
            return -1;
        }
        coupons[k] = (price_coupon){.coupon = a->coupon,
                                    .template = a->template,
                                    .rule = o->rules[k],
                                    .currency = S("CNY"),
                                    .used_minor = value < 0 ? 0 : value - a->discount_minor,
                                    .most_minor = cut ? a->discount_minor : 0};
    }
    price_result p;
    assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
    for (size_t k = 0; k < ask.n; k++) {
        if (str_eq(p.verdicts[k].reason, S("too_fine"))) {
            return -1;
        }
    }
    return p.subtotal_minor - p.discount_minor;
}

static size_t random_return(const redemption *row, return_line *now)
{
    size_t n = 0;
    bool all = one_in(4);
    for (size_t i = 0; i < row->lines.n; i++) {
        const order_line *line = &row->lines.items[i];
        int64_t left = line->quantity - line->returned;
        if (left > 0 && (all || one_in(2))) {
            now[n++] = (return_line){.line = (uint16_t)i, .quantity = all ? left : 1 + below(left)};
        }
    }
    return n;
}

/* Books a return that was priced; gives what came back at list price. */
static int64_t book(test_order *o, const return_plan *plan, int64_t refund)
{
    int64_t sum = 0, worth = 0;
    for (size_t i = 0; i < plan->n; i++) {
        const return_line *now = &plan->now[i];
        order_line *line = &o->row.lines.items[now->line];
        assert_true(now->refund_minor >= 0 && now->refund_minor <= now->worth_minor);
        line->returned += now->quantity;
        line->refunded_minor += now->refund_minor;
        sum += now->refund_minor;
        worth += now->worth_minor;
    }
    assert_int_equal(sum, refund);
    o->row.refunded_minor += refund;
    return worth;
}

static test_order order_of_trial(trial *t, const price_result *p)
{
    test_order o = order_frozen(&t->ask, p, t->refunds);
    o.row.policy.items = t->choices;
    o.row.policy.n = t->choice_count;
    return o;
}

/* Any sequence of part returns ends exactly at what was paid, and at the whole discount; where all
 * is repriced each leaves what the kept goods cost. */
static void check_returns(trial *t, const price_result *p)
{
    test_order o = order_of_trial(t, p);
    bool older = one_in(8); /* it tells no groups and conditions */
    int64_t paid = o.row.subtotal_minor - o.row.discount_minor, worth = 0, discounts = 0;
    o.row.groups.n = older ? 0 : o.row.groups.n;
    o.row.asked.n = older ? 0 : o.row.asked.n;
    while (worth < o.row.subtotal_minor) {
        return_line now[LINES];
        int64_t refund = -1, parts[COUPONS * LINES], before = o.row.refunded_minor;
        size_t n = random_return(&o.row, now);
        return_plan plan = plan_of(&o, now, n);
        if (n == 0) {
            continue;
        }
        assert_int_equal(price_return_discounts(&plan, memory, parts), R_DONE);
        assert_int_equal(price_return(&plan, memory, &refund), R_DONE);
        int64_t list_minor = book(&o, &plan, refund), kept = price_of_kept(t, &o);
        worth += list_minor;
        int64_t is = paid - kept - before;
        is = is < 0 ? 0 : is > list_minor ? list_minor : is;
        assert_true(older || kept < 0 || refund == is);
        repriced += kept > 0 && is > 0 && is < list_minor;
        for (size_t k = 0; k < o.row.applied.n * o.row.lines.n; k++) {
            assert_true(parts[k] >= 0);
            discounts += parts[k];
        }
        assert_true(o.row.refunded_minor <= paid);
    }
    assert_int_equal(o.row.refunded_minor, paid);
    assert_int_equal(discounts, o.row.discount_minor);
}

/* ---- what was drawn ---- */

/* How often a kind took or added something under each setting of each dimension of the policy. */
typedef struct coverage {
    size_t kind[BENEFIT_KIND_COUNT], setting[BENEFIT_KIND_COUNT][PLACES][SETTINGS];
} coverage;

static void count(const trial *t, const price_result *p, coverage *seen)
{
    for (size_t k = 0; k < p->order_count; k++) {
        uint8_t kind = t->versions[p->order[k]].benefit;
        seen->kind[kind]++;
        for (size_t place = 0; place < policy_count(); place++) {
            seen->setting[kind][place][policy_get(&t->ask.policy, place)]++;
        }
    }
}

/* Every kind was drawn with every row of the policy, often enough to mean something. */
static void check_coverage(const coverage *seen, size_t trials)
{
    assert_in_range(policy_count(), 1, PLACES);
    for (uint8_t kind = 1; kind < BENEFIT_KIND_COUNT; kind++) {
        assert_true(seen->kind[kind] > trials / 1000);
        for (size_t place = 0; place < policy_count(); place++) {
            policy_dimension d = policy_at(place);
            assert_in_range(d.n, 2, SETTINGS);
            for (size_t value = 0; value < d.n; value++) {
                if (seen->setting[kind][place][value] <= trials / RARE) {
                    fail_msg("%.*s with %s %s: %zu times", STR_ARG(benefit_kind_name(kind)), d.name,
                             d.settings[value].name, seen->setting[kind][place][value]);
                }
            }
        }
    }
}

static void every_price_keeps_its_promises(void **state)
{
    (void)state;
    int trials = getenv("QUAN_NIGHTLY") == NULL ? TRIALS : TRIALS_NIGHTLY;
    static coverage seen;
    seed = 0x5eed0fb0d1e5;
    for (int i = 0; i < trials; i++) {
        trial t;
        price_result p, again;
        arena_reset(memory);
        forget_rules();
        random_trial(&t);
        assert_int_equal(price_cart(&t.ask, memory, &p), R_DONE);
        assert_int_equal(price_cart(&t.ask, memory, &again), R_DONE);
        check_sums(&t, &p);
        check_same(&t, &p, &again, false);
        check_naming(&t);
        check_returns(&t, &p);
        count(&t, &p, &seen);
        t.ask.n = 1;
        assert_int_equal(price_cart(&t.ask, memory, &p), R_DONE);
        check_sums(&t, &p);
        check_alone(&t, &p);
        check_json(&t.versions[0]);
    }
    check_coverage(&seen, (size_t)trials);
    assert_true(repriced > (size_t)trials / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(every_price_keeps_its_promises),
    };
    return cmocka_run_group_tests_name("kind_random", tests, NULL, NULL);
}
