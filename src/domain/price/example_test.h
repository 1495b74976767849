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

#endif
