/* For the random tests of rules: facts looked up by their names and compared one by one, in three
 * values. Shares no code with the compiler. */
#ifndef QUAN_DOMAIN_RULE_RULE_TRUTH_TEST_H
#define QUAN_DOMAIN_RULE_RULE_TRUTH_TEST_H

#include "domain/rule/rule_test.h"

typedef enum truth { NO, YES, DIM } truth;

typedef struct scene {
    const rule_facts *facts;
    const order_line *line;
    bool discounted;
} scene;

static inline truth negation(truth t)
{
    return t == DIM ? DIM : t == YES ? NO : YES;
}

typedef struct named_text {
    const char *name;
    str text;
} named_text;

static inline bool text_of(const char *name, const scene *s, str *out)
{
    const cart *c = s->facts->cart;
    const named_text texts[] = {
        {"line.sku", s->line->sku},       {"line.product", s->line->product},
        {"line.brand", s->line->brand},   {"line.model", s->line->model},
        {"line.seller", s->line->seller}, {"line.currency", c->currency},
        {"cart.currency", c->currency},   {"cart.store", c->store},
        {"cart.region", c->region},       {"cart.channel", c->channel},
        {"cart.payment", c->payment},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (str_eq(str_of(name), str_of(texts[i].name))) {
            *out = texts[i].text;
            return true;
        }
    }
    return false;
}

typedef struct named_number {
    const char *name;
    int64_t number;
    bool known;
} named_number;

static int64_t in_thousandths(const order_line *l)
{
    return l->marks & LINE_WEIGHED ? l->quantity : l->quantity * 1000;
}

static inline bool number_of(const char *name, const scene *s, named_number *out)
{
    const rule_facts *f = s->facts;
    const cart *c = f->cart;
    const order_line *l = s->line;
    const cart_shopper *u = &c->shopper;
    int64_t goods = 0, minor = 0, sending = 0, quantity = 0;
    for (size_t i = 0; i < c->n; i++) {
        bool is_sending = (c->lines[i].marks & LINE_SHIPPING) != 0;
        goods += is_sending ? 0 : 1;
        minor += is_sending ? 0 : f->line_minor[i];
        sending += is_sending ? f->line_minor[i] : 0;
        quantity += is_sending ? 0 : in_thousandths(&c->lines[i]);
    }
    const named_number numbers[] = {
        {"line.unit_price", l->unit_minor, true},
        {"line.quantity", in_thousandths(l), true},
        {"line.on_sale", (l->marks & LINE_ON_SALE) != 0, true},
        {"line.discounted", s->discounted, true},
        {"line.weighed", (l->marks & LINE_WEIGHED) != 0, true},
        {"line.shipping", (l->marks & LINE_SHIPPING) != 0, true},
        {"line.gift", (l->marks & LINE_GIFT) != 0, true},
        {"cart.subtotal", minor, true},
        {"cart.eligible_subtotal", f->eligible_minor, f->eligible_known},
        {"cart.shipping", sending, true},
        {"cart.quantity", quantity, true},
        {"cart.lines", goods, true},
        {"user.known", u->known, true},
        {"user.orders", u->orders, u->orders >= 0},
        {"user.first_order", u->orders == 0, u->orders >= 0},
        {"user.spent", u->spent_minor, u->spent_minor >= 0},
        {"user.last_order_days", (c->at_ms - u->last_order_at_ms) / MS_DAY,
         u->last_order_at_ms > 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (str_eq(str_of(name), str_of(numbers[i].name))) {
            *out = numbers[i];
            return true;
        }
    }
    return false;
}

typedef struct fact_value {
    bool known, is_text;
    str text;
    int64_t number;
} fact_value;

static inline truth equal_to(const fact_value *f, const json *v)
{
    if (json_kind_of(v) == JSON_KIND_STR) {
        return !f->known || !f->is_text ? DIM : str_eq(json_str(v), f->text) ? YES : NO;
    }
    int64_t wanted = json_kind_of(v) == JSON_KIND_BOOL ? json_bool(v) : json_int(v);
    return !f->known || f->is_text ? DIM : wanted == f->number ? YES : NO;
}

static inline truth among(const fact_value *f, const json *values)
{
    truth t = NO;
    for (size_t i = 0; i < json_count(values); i++) {
        truth one = equal_to(f, json_at(values, i));
        t = one == DIM ? DIM : one == YES ? YES : t;
    }
    return t;
}

/* The operator of a comparison and its operand. */
static inline const json *operand_of(const json *v, str *name)
{
    void *at = NULL;
    const json *value;
    while (json_next(v, &at, name, &value)) {
        if (!str_eq(*name, S("fact")) && !str_eq(*name, S("message"))) {
            return value;
        }
    }
    return NULL;
}

static inline truth compared(str op, const json *v, const fact_value *f)
{
    if (str_eq(op, S("is"))) {
        return equal_to(f, v);
    }
    if (str_eq(op, S("is_not"))) {
        return negation(equal_to(f, v));
    }
    if (str_eq(op, S("in"))) {
        return among(f, v);
    }
    if (str_eq(op, S("not_in"))) {
        return negation(among(f, v));
    }
    if (!f->known || f->is_text) {
        return DIM;
    }
    if (str_eq(op, S("between"))) {
        return f->number >= json_int(json_at(v, 0)) && f->number <= json_int(json_at(v, 1));
    }
    int64_t bound = json_int(v);
    return str_eq(op, S("at_least"))  ? f->number >= bound
           : str_eq(op, S("at_most")) ? f->number <= bound
           : str_eq(op, S("above"))   ? f->number > bound
                                      : f->number < bound;
}

static inline bool set_contains(const scene *s, bool of_user, bool of_tags, str wanted)
{
    const cart_shopper *u = &s->facts->cart->shopper;
    for (size_t i = 0; of_user && i < u->tag_count; i++) {
        if (str_eq(u->tags[i], wanted)) {
            return true;
        }
    }
    str rest = of_user ? S("") : of_tags ? s->line->tags : s->line->categories;
    str one;
    while (str_cut(&rest, CART_SEPARATOR, &one)) {
        if (str_eq(one, wanted)) {
            return true;
        }
    }
    return !of_user && !of_tags && str_eq(s->line->category, wanted);
}

static inline truth set_compared(const scene *s, str fact, str op, const json *v)
{
    bool of_user = str_eq(fact, S("user.tags"));
    size_t hits = 0;
    const cart_shopper *u = &s->facts->cart->shopper;
    if (of_user && u->tags == NULL) {
        return DIM;
    }
    for (size_t i = 0; i < json_count(v); i++) {
        hits += set_contains(s, of_user, str_ends(fact, S("tags")), json_str(json_at(v, i)));
    }
    return str_eq(op, S("has_all"))   ? hits == json_count(v)
           : str_eq(op, S("has_any")) ? hits > 0
                                      : hits == 0;
}

#endif
