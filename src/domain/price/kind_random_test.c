/* Random carts under random benefits of every kind, standings and policies: what holds for every
 * price whatever it is made of, and for every sequence of returns.
 *
 * 20,000 carts; a million with QUAN_NIGHTLY. */
#include <stdlib.h>

#include "domain/price/random_test.h"

enum {
    TRIALS = 20000,
    TRIALS_NIGHTLY = 1000000,
    LINES = 8,
    COUPONS = 5,
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
    t->group = (stack_group){S("g"), (uint8_t)(1 + below(GROUP_MODE_COUNT - 1)), 1};
    for (size_t i = 0; i < t->ask.n; i++) {
        t->versions[i] = random_version();
        t->coupons[i] = coupon_of(t->versions[i]);
        t->coupons[i].template = 100 + i;
        t->coupons[i].most_minor = below(6) == 0 ? 1 + (int64_t)below(3000) : 0;
        t->refunds[i] = (uint8_t)(1 + below(3));
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

static redemption freeze(const trial *t, const price_result *p, return_plan *plan)
{
    redemption row = {.subtotal_minor = p->subtotal_minor,
                      .discount_minor = p->discount_minor,
                      .currency = t->cart.currency};
    const price_rule **rules = ARENA_ARRAY(memory, const price_rule *, p->order_count);
    uint8_t *refunds = ARENA_ARRAY(memory, uint8_t, p->order_count);
    uint16_t place[COUPONS] = {0};
    row.lines.n = t->cart.n;
    row.lines.items = ARENA_ARRAY(memory, order_line, t->cart.n);
    for (size_t i = 0; i < t->cart.n; i++) {
        row.lines.items[i] = t->lines[i];
        row.lines.items[i].discount_minor = p->line_discount_minor[i];
    }
    row.applied.n = p->order_count;
    row.applied.items = ARENA_ARRAY(memory, applied_coupon, p->order_count);
    for (size_t k = 0; k < p->order_count; k++) {
        size_t i = p->order[k];
        place[i] = (uint16_t)k;
        rules[k] = t->coupons[i].rule;
        refunds[k] = t->refunds[i];
        row.applied.items[k].discount_minor = p->verdicts[i].discount_minor;
    }
    row.shares.n = p->share_count;
    row.shares.items = ARENA_ARRAY(memory, line_share, p->share_count);
    for (size_t i = 0; i < p->share_count; i++) {
        row.shares.items[i] = p->shares[i];
        row.shares.items[i].applied = place[p->shares[i].applied];
    }
    row.policy.items = (policy_choice *)(uintptr_t)t->choices;
    row.policy.n = t->choice_count;
    *plan = (return_plan){.rules = rules, .refund_rules = refunds};
    return row;
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

/* Any sequence of part returns ends exactly at what was paid, and at the whole discount. */
static void check_returns(const trial *t, const price_result *p)
{
    return_plan plan;
    redemption row = freeze(t, p, &plan);
    int64_t refunded = 0, worth = 0, discounts = 0;
    plan.redemption = &row;
    while (worth < row.subtotal_minor) {
        return_line now[LINES];
        int64_t refund = -1, parts[COUPONS * LINES];
        plan.now = now;
        plan.n = random_return(&row, now);
        if (plan.n == 0) {
            continue;
        }
        assert_int_equal(price_return_discounts(&plan, memory, parts), R_DONE);
        assert_int_equal(price_return(&plan, memory, &refund), R_DONE);
        int64_t sum = 0;
        for (size_t i = 0; i < plan.n; i++) {
            order_line *line = &row.lines.items[now[i].line];
            assert_true(now[i].refund_minor >= 0 && now[i].refund_minor <= now[i].worth_minor);
            line->returned += now[i].quantity;
            line->refunded_minor += now[i].refund_minor;
            sum += now[i].refund_minor;
            worth += now[i].worth_minor;
        }
        for (size_t k = 0; k < row.applied.n * row.lines.n; k++) {
            assert_true(parts[k] >= 0);
            discounts += parts[k];
        }
        assert_int_equal(sum, refund);
        refunded += refund;
        row.refunded_minor += refund;
        assert_true(refunded <= row.subtotal_minor - row.discount_minor);
    }
    assert_int_equal(refunded, row.subtotal_minor - row.discount_minor);
    assert_int_equal(discounts, row.discount_minor);
}

static void every_price_keeps_its_promises(void **state)
{
    (void)state;
    int trials = getenv("QUAN_NIGHTLY") == NULL ? TRIALS : TRIALS_NIGHTLY;
    size_t applied[BENEFIT_KIND_COUNT] = {0};
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
        for (size_t k = 0; k < p.order_count; k++) {
            applied[t.versions[p.order[k]].benefit]++;
        }
        t.ask.n = 1;
        assert_int_equal(price_cart(&t.ask, memory, &p), R_DONE);
        check_sums(&t, &p);
        check_alone(&t, &p);
        check_json(&t.versions[0]);
    }
    for (size_t kind = 1; kind < BENEFIT_KIND_COUNT; kind++) {
        assert_true(applied[kind] > (size_t)trials / 1000); /* each is in it */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(every_price_keeps_its_promises),
    };
    return cmocka_run_group_tests_name("kind_random", tests, NULL, NULL);
}
