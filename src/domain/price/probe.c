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

price_fit price_fit_of(const price_rule *rule)
{
    return (price_fit){.rule = rule->kind->targets == KIND_ELIGIBLE ? NULL : rule,
                       .scope = rule->scope,
                       .conditions = rule->conditions};
}

static line_place place_of(const price_probe *p, const price_rule *rule, size_t i)
{
    return rule == NULL ? price_run_goods_place(&p->run, i)
                        : price_run_place(&p->run, rule, &rule->benefit.values[0], i);
}

static bool is_eligible(const price_probe *p, const price_fit *of, size_t i)
{
    return place_of(p, of->rule, i) == LINE_PLACE_ELIGIBLE &&
           (of->scope == NULL || rule_line(of->scope, &p->run.lines[i], p->run.currency, false));
}

bool price_probe_fits_at(const price_probe *p, const price_fit *of, uint32_t line)
{
    bool met = of->conditions != NULL && !p->is_page; /* else they ask for no eligible line */
    size_t from = line == PRICE_LINE_ANY ? 0 : line;
    size_t until = line == PRICE_LINE_ANY ? p->run.n : from + 1;
    bool covered = p->is_page && p->run.n == 0;
    int64_t eligible_minor = 0;
    for (size_t i = from; i < until && (met || !covered); i++) {
        bool is = is_eligible(p, of, i);
        covered = covered || is;
        eligible_minor += is ? p->run.list[i] : 0;
    }
    if (!covered || of->conditions == NULL) {
        return covered;
    }
    rule_facts facts = p->facts;
    facts.eligible_known = met;
    facts.eligible_minor = eligible_minor;
    return met ? rule_met(of->conditions, &facts) : rule_may_be_met(of->conditions, &p->facts);
}

bool price_probe_fits(const price_probe *p, const price_rule *rule)
{
    price_fit fit = price_fit_of(rule);
    return price_probe_fits_at(p, &fit, PRICE_LINE_ANY);
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
