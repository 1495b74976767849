/* A whole price: passes over the coupons until nobody is to be taken out again, and what came of
 * it. Holds no state. */
#include "domain/price/exact.h"
#include "domain/price/kept.h"
#include "domain/price/stack.h"

/* THRESHOLD_AGAIN_TEST: the last coupon whose minimum spend is not reached by what all others have
 * left. Its verdict says so. NULL: there is none. */
static stack_entry *undone(stack_pass *p)
{
    if (p->ask->policy.threshold_again != THRESHOLD_AGAIN_TEST) {
        return NULL;
    }
    for (size_t k = p->at.used_n; k-- > 0;) {
        stack_entry *e = &p->entries[p->at.used[k]];
        bool adds = e->verdict->adds_minor > 0;
        price_use use = stack_use(e);
        if (kept_is_frozen(e->kept)) {
            continue;
        }
        for (size_t i = 0; i < p->run.n; i++) {
            p->run.running[i] += adds ? 0 : e->parts[i];
        }
        p->run.blocked = NULL;
        int64_t missing = price_run_missing(&p->run, &use);
        for (size_t i = 0; i < p->run.n; i++) {
            p->run.running[i] -= adds ? 0 : e->parts[i];
        }
        if (missing > 0) {
            *e->verdict = (price_verdict){.result = R_NOT_APPLICABLE,
                                          .reason = S("below_threshold"),
                                          .missing_minor = missing};
            return e;
        }
    }
    return NULL;
}

/* What was reckoned with fractions becomes whole minor units. The last coupon that gives nothing
 * any more gets that verdict; NULL: none. */
static stack_entry *settle(stack_pass *p)
{
    settle_coupon coupons[PRICE_COUPONS_MAX];
    stack_entry *gone = NULL;
    if (p->till == NULL) {
        p->till = ARENA_ARRAY(p->memory, int64_t, p->run.n * (SETTLE_PLACES + p->ask->n));
    }
    for (size_t k = 0; k < p->at.used_n; k++) {
        coupons[k] = p->entries[p->at.used[k]].exact;
        coupons[k].parts = p->entries[p->at.used[k]].parts;
    }
    price_settle(&p->run, coupons, p->at.used_n, p->till);
    for (size_t k = 0; k < p->at.used_n; k++) {
        stack_entry *e = &p->entries[p->at.used[k]];
        int64_t *is = coupons[k].adds ? &e->verdict->adds_minor : &e->verdict->discount_minor;
        bool sent = e->verdict->gift_units > 0 && p->run.policy.gift_missing == GIFT_MISSING_ADD;
        bool may = *is == 0 || sent || p->run.policy.zero_effect == ZERO_EFFECT_USE;
        *is = coupons[k].sum_minor;
        gone = *is == 0 && !may ? e : gone;
    }
    if (gone != NULL) {
        *gone->verdict = (price_verdict){.result = R_NOT_APPLICABLE, .reason = S("nothing_left")};
    }
    return gone;
}

static result run_once(stack_pass *p, uint64_t absent)
{
    result r = stack_begin(p, absent);
    for (size_t i = 0; r == R_DONE && i < p->ask->n; i++) {
        r = stack_step(p, &p->entries[p->order[i]]);
    }
    return r;
}

/* REFUSED_COUPON_VOID_ALL: those that apply though another that was named does not; their verdicts
 * say so. 0: none. */
static uint64_t voided(stack_pass *p, uint64_t absent)
{
    uint64_t out = 0;
    bool bad = p->ask->spoiled;
    if (p->ask->policy.refused_coupon != REFUSED_COUPON_VOID_ALL) {
        return 0;
    }
    for (size_t i = 0; i < p->ask->n; i++) {
        const stack_entry *e = &p->entries[i];
        bool named = !e->coupon->automatic && (absent & stack_bit(p, e)) == 0;
        bad = bad || (named && e->verdict->result != R_DONE);
        out |= named && e->verdict->result == R_DONE ? stack_bit(p, e) : 0;
    }
    for (size_t i = 0; bad && i < p->ask->n; i++) {
        if ((out & stack_bit(p, &p->entries[i])) != 0) {
            *p->entries[i].verdict =
                (price_verdict){.result = R_NOT_STACKABLE, .reason = S("another_refused")};
        }
    }
    return bad ? out : 0;
}

result stack_run(stack_pass *p, uint64_t absent)
{
    uint64_t taken_out = 0;
    if (exact_is_on(&p->run)) {
        price_run_reset(&p->run);
    }
    for (;;) { /* each round makes the grain twice as fine, or takes one out */
        result r = run_once(p, absent | taken_out);
        if (r == R_AGAIN) {
            price_run_refine(&p->run);
            continue;
        }
        stack_entry *out_again = r == R_DONE ? undone(p) : NULL;
        if (r == R_DONE && out_again == NULL && exact_is_on(&p->run)) {
            out_again = settle(p);
        }
        uint64_t more = out_again != NULL ? stack_bit(p, out_again)
                        : r == R_DONE     ? voided(p, absent)
                                          : 0;
        if (more == 0) {
            return r;
        }
        taken_out |= more;
    }
}

static void collect_line(const stack_pass *p, size_t i, size_t line, price_result *out)
{
    const stack_entry *e = &p->entries[i];
    line_share share = {
        .applied = (uint16_t)i, .line = (uint16_t)line, .discount_minor = e->parts[line]};
    if (share.discount_minor == 0) {
        return;
    }
    if (e->verdict->adds_minor > 0) {
        out->adds[out->add_count++] = share;
        out->adds_minor += share.discount_minor;
    } else {
        out->shares[out->share_count++] = share;
        out->line_discount_minor[line] += share.discount_minor;
        out->discount_minor += share.discount_minor;
    }
}

static void collect(const stack_pass *p, price_result *out)
{
    out->shares = ARENA_ARRAY(p->memory, line_share, p->at.used_n * p->run.n);
    out->adds = ARENA_ARRAY(p->memory, line_share, p->at.used_n * p->run.n);
    out->order = ARENA_ARRAY(p->memory, uint16_t, p->at.used_n);
    out->order_count = p->at.used_n;
    for (size_t i = 0; i < p->at.used_n; i++) {
        out->order[i] = p->at.used[i];
    }
    for (size_t i = 0; i < p->at.used_n; i++) {
        for (size_t line = 0; line < p->run.n; line++) {
            collect_line(p, p->at.used[i], line, out);
        }
    }
}

result price_cart(const price_ask *ask, arena *memory, price_result *out)
{
    stack_pass *p = ARENA_NEW(memory, stack_pass);
    price_result priced = {
        .line_discount_minor = ARENA_ARRAY(memory, int64_t, ask->cart->n),
        .verdicts = ARENA_ARRAY(memory, price_verdict, ask->n),
    };
    result r = stack_open(p, ask, memory, priced.verdicts);
    if (r == R_DONE) {
        r = stack_run(p, 0);
    }
    if (r == R_DONE) {
        priced.subtotal_minor = p->run.subtotal_minor;
        collect(p, &priced);
        *out = priced;
    }
    return r;
}
