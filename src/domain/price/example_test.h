/* For tests that tell prices by examples: benefits as JSON, in which ' stands for " and @5 for an
 * amount of CNY, without the outer braces; carts as "sku quantity@price …" with a sku of one
 * letter, w behind what is weighed and s behind a charge for sending; policies as
 * "dimension=value …". */
#ifndef QUAN_DOMAIN_PRICE_EXAMPLE_TEST_H
#define QUAN_DOMAIN_PRICE_EXAMPLE_TEST_H

#include "domain/price/price_test.h"

static inline str json_of(const char *short_form)
{
    str out = S("{");
    for (const char *p = short_form; *p != 0; p++) {
        if (*p == '@') {
            size_t n = strspn(p + 1, "0123456789");
            out = arena_printf(memory, "%.*s{\"amount\":%.*s,\"currency\":\"CNY\"}", STR_ARG(out),
                               (int)n, p + 1);
            p += n;
        } else {
            out = arena_printf(memory, "%.*s%c", STR_ARG(out), *p == '\'' ? '"' : *p);
        }
    }
    return arena_printf(memory, "%.*s}", STR_ARG(out));
}

static inline template_version read_benefit(const char *short_form)
{
    json *tree;
    benefit b;
    issues *found = issues_new(memory);
    assert_int_equal(json_parse(json_of(short_form), &tree, NULL), R_DONE);
    benefit_parse(tree, S("CNY"), &b, found);
    json_free(tree);
    if (found->n > 0) {
        fail_msg("%s: %.*s", short_form, STR_ARG(found->items[0].field));
    }
    template_version v = version_of(b.kind);
    v.terms.items = b.terms;
    v.terms.n = b.n;
    return v;
}

static inline int64_t number_at(const char **p)
{
    int64_t value = 0;
    while (**p >= '0' && **p <= '9') {
        value = value * 10 + (*(*p)++ - '0');
    }
    return value;
}

static inline size_t read_cart(const char *p, order_line *lines)
{
    size_t n = 0;
    while (*p != 0) {
        order_line *line = &lines[n++];
        *line = (order_line){.sku = {p++, 1}};
        line->quantity = number_at(&p);
        p++;
        line->unit_minor = number_at(&p);
        line->marks = *p == 'w' ? LINE_WEIGHED : *p == 's' ? LINE_SHIPPING : 0;
        p += line->marks != 0;
        p += *p == ' ';
    }
    return n;
}

static inline void read_policy(const char *text, price_policy *policy)
{
    str rest = str_of(text), word, name;
    while (str_cut(&rest, ' ', &word)) {
        bool done = false;
        assert_true(str_cut(&word, '=', &name));
        for (size_t i = 0; i < policy_count(); i++) {
            policy_dimension d = policy_at(i);
            for (uint8_t k = 0; k < d.n && str_eq(str_of(d.name), name); k++) {
                if (str_eq(str_of(d.settings[k].name), word)) {
                    policy_set(policy, i, k);
                    done = true;
                }
            }
        }
        assert_true(done);
    }
}

/* Where a coupon stands among others: "stage=2 priority=1 exclusive=1 …"; sku: all it covers. */
static inline void read_standing(const char *text, template_version *v, uint64_t *template_id)
{
    str rest = str_of(text), word, name;
    while (str_cut(&rest, ' ', &word)) {
        int64_t number = 0;
        assert_true(str_cut(&word, '=', &name));
        (void)!str_to_i64(word, &number);
        if (str_eq(name, S("stage"))) {
            v->stage = (uint8_t)number;
        } else if (str_eq(name, S("priority"))) {
            v->priority = (int32_t)number;
        } else if (str_eq(name, S("exclusive"))) {
            v->exclusive = true;
        } else if (str_eq(name, S("stop"))) {
            v->stop = (uint8_t)number;
        } else if (str_eq(name, S("group"))) {
            v->stack_group = word;
        } else if (str_eq(name, S("lane"))) {
            v->lane = word;
        } else if (str_eq(name, S("rank"))) {
            v->rank = (int32_t)number;
        } else if (str_eq(name, S("always"))) {
            v->always_stackable = true;
        } else if (str_eq(name, S("sku"))) {
            scope_item item = {SCOPE_DIMENSION_SKU, word};
            *v = scoped(*v, SCOPE_MODE_ONLY, &item, 1);
        } else {
            assert_str(name, S("template"));
            *template_id = (uint64_t)number;
        }
    }
}

/* What comes off each line; what is added to it with a plus. */
static inline str lines_shown(const price_result *p, size_t n)
{
    str out = S("");
    for (size_t i = 0; i < n; i++) {
        int64_t adds = 0;
        for (size_t k = 0; k < p->add_count; k++) {
            adds += p->adds[k].line == i ? p->adds[k].discount_minor : 0;
        }
        int64_t shown = adds > 0 ? adds : p->line_discount_minor[i];
        out = arena_printf(memory, "%.*s%s%s%lld", STR_ARG(out), i == 0 ? "" : " ",
                           adds > 0 ? "+" : "", (long long)shown);
    }
    return out;
}

/* What each coupon gives, or why it gives nothing. */
static inline str coupons_shown(const price_result *p, size_t n)
{
    str out = S("");
    for (size_t i = 0; i < n; i++) {
        const price_verdict *v = &p->verdicts[i];
        out = v->result == R_DONE ? arena_printf(memory, "%.*s%s%lld", STR_ARG(out),
                                                 i == 0 ? "" : " ", (long long)v->discount_minor)
                                  : arena_printf(memory, "%.*s%s%.*s", STR_ARG(out),
                                                 i == 0 ? "" : " ", STR_ARG(v->reason));
    }
    return out;
}

#endif
