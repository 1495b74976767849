/* The values of facts, one after another: the other side of index.c. Compares nothing. */
#include "domain/rule/program.h"

typedef struct teller {
    rule_value_visit *visit;
    void *context;
} teller;

static void tell_text(const teller *t, uint8_t fact, str text)
{
    if (text.n > 0) {
        rule_value v = {.fact = rule_fact_of(fact)->name, .text = text};
        t->visit(t->context, &v);
    }
}

static void tell_number(const teller *t, uint8_t fact, int64_t number)
{
    rule_value v = {.fact = rule_fact_of(fact)->name, .is_number = true, .number = number};
    t->visit(t->context, &v);
}

static void tell_joined(const teller *t, uint8_t fact, str joined)
{
    str one;
    while (str_cut(&joined, CART_SEPARATOR, &one)) {
        tell_text(t, fact, one);
    }
}

void rule_line_values(const order_line *line, str currency, rule_value_visit *visit, void *context)
{
    teller t = {visit, context};
    bool weighed = (line->marks & LINE_WEIGHED) != 0;
    tell_text(&t, RULE_FACT_LINE_SKU, line->sku);
    tell_text(&t, RULE_FACT_LINE_PRODUCT, line->product);
    tell_text(&t, RULE_FACT_LINE_CATEGORIES, line->category);
    tell_joined(&t, RULE_FACT_LINE_CATEGORIES, line->categories);
    tell_text(&t, RULE_FACT_LINE_BRAND, line->brand);
    tell_text(&t, RULE_FACT_LINE_MODEL, line->model);
    tell_joined(&t, RULE_FACT_LINE_TAGS, line->tags);
    tell_text(&t, RULE_FACT_LINE_SELLER, line->seller);
    tell_text(&t, RULE_FACT_LINE_CURRENCY, currency);
    tell_number(&t, RULE_FACT_LINE_UNIT_PRICE, line->unit_minor);
    tell_number(&t, RULE_FACT_LINE_QUANTITY,
                weighed ? line->quantity : line->quantity * CART_QUANTITY_UNIT);
    tell_number(&t, RULE_FACT_LINE_ON_SALE, (line->marks & LINE_ON_SALE) != 0);
    tell_number(&t, RULE_FACT_LINE_DISCOUNTED, 0);
    tell_number(&t, RULE_FACT_LINE_WEIGHED, weighed);
    tell_number(&t, RULE_FACT_LINE_SHIPPING, (line->marks & LINE_SHIPPING) != 0);
    tell_number(&t, RULE_FACT_LINE_GIFT, (line->marks & LINE_GIFT) != 0);
}

static void tell_attributes(const teller *t, uint8_t fact, cart_attributes all)
{
    for (size_t i = 0; i < all.n; i++) {
        const cart_attribute *a = &all.items[i];
        rule_value v = {.fact = rule_fact_of(fact)->name,
                        .attribute = a->name,
                        .is_number = !a->is_text,
                        .text = a->text,
                        .number = a->number};
        t->visit(t->context, &v);
    }
}

/* What a leaf would read: facts of numbers are told by the function that rules ask. */
static void tell_numbers(const teller *t, const rule_facts *facts, bool of_content)
{
    for (unsigned fact = 0; fact < RULE_FACTS; fact++) {
        const rule_fact_row *row = rule_fact_of(fact);
        bool counts = row != NULL && (row->type & (RULE_NUMBERS | RULE_FLAG)) != 0 &&
                      row->place != RULE_PLACE_LINE;
        rule_leaf leaf = {.fact = (uint8_t)fact};
        int64_t number;
        if (counts && rule_fact_of_content((uint8_t)fact) == of_content &&
            rule_cart_number(NULL, &leaf, facts, &number)) {
            tell_number(t, (uint8_t)fact, number);
        }
    }
}

void rule_content_values(const rule_facts *facts, rule_value_visit *visit, void *context)
{
    teller t = {visit, context};
    tell_numbers(&t, facts, true);
}

void rule_context_values(const rule_facts *facts, rule_value_visit *visit, void *context)
{
    const cart *c = facts->cart;
    teller t = {visit, context};
    tell_text(&t, RULE_FACT_CART_CURRENCY, c->currency);
    tell_text(&t, RULE_FACT_CART_STORE, c->store);
    tell_text(&t, RULE_FACT_CART_REGION, c->region);
    tell_text(&t, RULE_FACT_CART_CHANNEL, c->channel);
    tell_text(&t, RULE_FACT_CART_PAYMENT, c->payment);
    tell_attributes(&t, RULE_FACT_CART_ATTRIBUTE, c->attributes);
    tell_attributes(&t, RULE_FACT_USER_ATTRIBUTE, c->shopper.attributes);
    for (size_t i = 0; i < c->shopper.tag_count; i++) {
        tell_text(&t, RULE_FACT_USER_TAGS, c->shopper.tags[i]);
    }
    tell_numbers(&t, facts, false);
}
