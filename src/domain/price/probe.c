/* Rules asked one by one over one run: see probe.h. */
#include "domain/price/probe.h"

#include "domain/price/run.h"

struct price_probe {
    price_run run;
    bool is_page;
    rule_facts facts;
};

result price_probe_new(const price_probe_cart *of, arena *memory, price_probe **out)
{
    const cart *c = of->cart;
    price_probe *p = ARENA_NEW(memory, price_probe);
    p->is_page = of->is_page;
    p->run = (price_run){
        .lines = c->lines, .n = c->n, .policy = of->policy, .currency = c->currency, .cart = c};
    result r = price_run_start(NULL, memory, &p->run);
    if (r == R_DONE) {
        p->facts = rule_facts_of(c, p->run.list, NULL, NULL);
        *out = p;
    }
    return r;
}

const rule_facts *price_probe_facts(const price_probe *p)
{
    return &p->facts;
}

int64_t price_probe_total(const price_probe *p)
{
    return p->run.subtotal_minor;
}

static bool is_eligible(const price_probe *p, const price_rule *rule, size_t i)
{
    const benefit_values *values = &rule->benefit.values[0];
    return price_run_place(&p->run, rule, values, i) == LINE_PLACE_ELIGIBLE &&
           rule_covers(rule, &p->run.lines[i], p->run.currency, false);
}

static bool page_fits(const price_probe *p, const price_rule *rule)
{
    bool covered = p->run.n == 0;
    for (size_t i = 0; i < p->run.n && !covered; i++) {
        covered = is_eligible(p, rule, i);
    }
    return covered && (rule->conditions == NULL || rule_may_be_met(rule->conditions, &p->facts));
}

bool price_probe_fits(price_probe *p, const price_rule *rule)
{
    uint64_t eligible[CART_LINES_MAX / 64 + 1] = {0};
    bool covered = false;
    if (p->is_page) {
        return page_fits(p, rule);
    }
    for (size_t i = 0; i < p->run.n; i++) {
        if (!is_eligible(p, rule, i)) {
            continue;
        }
        covered = true;
        eligible[i / 64] |= UINT64_C(1) << i % 64;
        if (rule->conditions == NULL) {
            break;
        }
    }
    if (!covered || rule->conditions == NULL) {
        return covered;
    }
    rule_facts facts = p->facts;
    facts.eligible_known = true;
    for (size_t i = 0; i < p->run.n; i++) {
        facts.eligible_minor += (eligible[i / 64] >> i % 64 & 1) != 0 ? p->run.list[i] : 0;
    }
    return rule_met(rule->conditions, &facts);
}

result price_probe_ask(const price_probe *p, const price_coupon *of, arena *scratch,
                       price_verdict *out)
{
    price_ask ask = {.cart = p->run.cart, .coupons = of, .n = 1, .policy = p->run.policy};
    price_result priced;
    CHECK(!p->is_page);
    result r = price_cart(&ask, scratch, &priced);
    if (r == R_DONE) {
        *out = priced.verdicts[0];
    }
    return r;
}
