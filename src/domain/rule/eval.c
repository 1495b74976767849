/* Asking compiled rules. Fetches facts, compares, jumps; allocates nothing. */
#include "base/money.h"
#include "domain/rule/program.h"

enum { WORD_BITS = 64, ALL_OF_WORDS = RULE_ALL_OF_MAX / WORD_BITS + 1 };

static bool bit(const uint64_t *bits, size_t i)
{
    return bits != NULL && (bits[i / WORD_BITS] >> (i % WORD_BITS) & 1) != 0;
}

static int64_t line_thousandths(const order_line *line)
{
    return (line->marks & LINE_WEIGHED) != 0 ? line->quantity : line->quantity * CART_QUANTITY_UNIT;
}

static bool is_goods(const order_line *line)
{
    return (line->marks & LINE_SHIPPING) == 0;
}

/* ---- comparisons ---- */

static bool number_matches(const rule_program *p, const rule_leaf *leaf, int64_t v)
{
    if (leaf->kind == RULE_LEAF_RANGE) {
        return v >= leaf->low && v <= leaf->high;
    }
    uint32_t low = 0;
    uint32_t high = leaf->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (p->numbers[leaf->at + middle] < v) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < leaf->n && p->numbers[leaf->at + low] == v;
}

static bool text_matches(const rule_program *p, const rule_leaf *leaf, str v)
{
    if (leaf->kind == RULE_LEAF_TEXT) {
        return str_eq(v, rule_leaf_text(p, leaf));
    }
    rule_set set = rule_leaf_set(p, leaf);
    return rule_set_find(&set, v) != 0;
}

/* Texts of a set, one after another. */
typedef struct texts {
    str first;  /* a text of its own; may be empty */
    str joined; /* each followed by CART_SEPARATOR */
    const str *items;
    size_t n;
} texts;

static bool next_text(texts *from, str *out)
{
    if (from->first.n > 0) {
        *out = from->first;
        from->first = (str){NULL, 0};
        return true;
    }
    if (from->n > 0) {
        *out = *from->items++;
        from->n--;
        return true;
    }
    return str_cut(&from->joined, CART_SEPARATOR, out);
}

static bool texts_have_all(const rule_program *p, const rule_leaf *leaf, texts of)
{
    uint64_t seen[ALL_OF_WORDS] = {0};
    int64_t found = 0;
    rule_set set = rule_leaf_set(p, leaf);
    str one;
    while (next_text(&of, &one)) {
        uint16_t nth = rule_set_find(&set, one);
        if (nth != 0 && !bit(seen, nth)) {
            seen[nth / WORD_BITS] |= UINT64_C(1) << nth % WORD_BITS;
            found++;
        }
    }
    return found == leaf->low;
}

static bool texts_match(const rule_program *p, const rule_leaf *leaf, texts of)
{
    if (leaf->kind == RULE_LEAF_HAS_ALL) {
        return texts_have_all(p, leaf, of);
    }
    bool is_one = leaf->kind == RULE_LEAF_HAS_TEXT;
    rule_set set = is_one ? (rule_set){0} : rule_leaf_set(p, leaf);
    str wanted = is_one ? rule_leaf_text(p, leaf) : S("");
    str one;
    while (next_text(&of, &one)) {
        if (is_one ? str_eq(one, wanted) : rule_set_find(&set, one) != 0) {
            return true;
        }
    }
    return false;
}

/* ---- lines ---- */

static bool line_answer(const rule_program *p, const rule_leaf *leaf, const order_line *line,
                        str currency, bool discounted)
{
    switch (leaf->fact) {
    case RULE_FACT_LINE_SKU:
        return text_matches(p, leaf, line->sku);
    case RULE_FACT_LINE_PRODUCT:
        return text_matches(p, leaf, line->product);
    case RULE_FACT_LINE_BRAND:
        return text_matches(p, leaf, line->brand);
    case RULE_FACT_LINE_MODEL:
        return text_matches(p, leaf, line->model);
    case RULE_FACT_LINE_SELLER:
        return text_matches(p, leaf, line->seller);
    case RULE_FACT_LINE_CURRENCY:
        return text_matches(p, leaf, currency);
    case RULE_FACT_LINE_CATEGORIES:
        return texts_match(p, leaf, (texts){.first = line->category, .joined = line->categories});
    case RULE_FACT_LINE_TAGS:
        return texts_match(p, leaf, (texts){.joined = line->tags});
    case RULE_FACT_LINE_UNIT_PRICE:
        return number_matches(p, leaf, line->unit_minor);
    case RULE_FACT_LINE_QUANTITY:
        return number_matches(p, leaf, line_thousandths(line));
    case RULE_FACT_LINE_ON_SALE:
        return number_matches(p, leaf, (line->marks & LINE_ON_SALE) != 0);
    case RULE_FACT_LINE_DISCOUNTED:
        return number_matches(p, leaf, discounted);
    case RULE_FACT_LINE_WEIGHED:
        return number_matches(p, leaf, (line->marks & LINE_WEIGHED) != 0);
    case RULE_FACT_LINE_SHIPPING:
        return number_matches(p, leaf, (line->marks & LINE_SHIPPING) != 0);
    case RULE_FACT_LINE_GIFT:
        return number_matches(p, leaf, (line->marks & LINE_GIFT) != 0);
    default:
        UNREACHABLE();
    }
}

static bool line_run(const rule_program *p, uint16_t at, const order_line *line, str currency,
                     bool discounted)
{
    while (at < RULE_MET) {
        const rule_leaf *leaf = &p->leaves[at];
        at = line_answer(p, leaf, line, currency, discounted) != leaf->negated ? leaf->yes
                                                                               : leaf->no;
    }
    return at == RULE_MET;
}

void rule_prefetch(const rule_program *r)
{
    enum { LINE = 64, SMALL = 4 * LINE }; /* a short list, text and all */
    for (size_t at = 0; r != NULL && at < SMALL; at += LINE) {
        __builtin_prefetch((const char *)r + at);
    }
}

bool rule_line(const rule_program *r, const order_line *line, str currency, bool discounted)
{
    return r->leaf_count == 0 || line_run(r, 0, line, currency, discounted);
}

void rule_line_all(const rule_program *r, const cart *c, const uint64_t *discounted, uint64_t *out)
{
    memset(out, 0, (c->n + WORD_BITS - 1) / WORD_BITS * sizeof(*out));
    for (size_t i = 0; i < c->n; i++) {
        if (rule_line(r, &c->lines[i], c->currency, bit(discounted, i))) {
            out[i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
        }
    }
}

/* ---- the cart ---- */

rule_facts rule_facts_of(const cart *c, const int64_t *line_minor, const uint64_t *discounted,
                         const uint64_t *eligible)
{
    rule_facts f = {.cart = c,
                    .line_minor = line_minor,
                    .discounted = discounted,
                    .eligible_known = eligible != NULL};
    for (size_t i = 0; i < c->n; i++) {
        f.eligible_minor += bit(eligible, i) ? line_minor[i] : 0;
        if (!is_goods(&c->lines[i])) {
            f.shipping_minor += line_minor[i];
            continue;
        }
        f.subtotal_minor += line_minor[i];
        f.quantity += line_thousandths(&c->lines[i]);
        f.goods++;
    }
    return f;
}

int64_t rule_lines_number(const rule_program *p, const rule_leaf *leaf, const rule_facts *facts)
{
    int64_t sum = 0;
    int64_t asked = 0;
    bool every = leaf->measure == RULE_TEST_EVERY;
    str currency = facts->cart->currency;
    for (size_t i = 0; i < facts->cart->n; i++) {
        const order_line *line = &facts->cart->lines[i];
        bool discounted = bit(facts->discounted, i);
        if (!is_goods(line) || (leaf->where != RULE_LEAF_NONE &&
                                !line_run(p, leaf->where, line, currency, discounted))) {
            continue;
        }
        bool fits =
            leaf->tree == RULE_LEAF_NONE || line_run(p, leaf->tree, line, currency, discounted);
        asked++;
        if (every || !fits) {
            sum += every && !fits ? 1 : 0;
            continue;
        }
        sum += leaf->measure == RULE_TEST_COUNT      ? 1
               : leaf->measure == RULE_TEST_QUANTITY ? line_thousandths(line)
                                                     : facts->line_minor[i];
    }
    return every && asked == 0 ? -1 : sum;
}

static const cart_attribute *attribute_named(cart_attributes all, str name)
{
    size_t low = 0;
    size_t high = all.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(all.items[middle].name, name);
        if (order == 0) {
            return &all.items[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static const cart_attribute *leaf_attribute(const rule_program *p, const rule_leaf *leaf,
                                            const cart *c)
{
    bool of_cart = leaf->fact == RULE_FACT_CART_ATTRIBUTE;
    return attribute_named(of_cart ? c->attributes : c->shopper.attributes,
                           rule_leaf_name(p, leaf));
}

bool rule_cart_number(const rule_program *p, const rule_leaf *leaf, const rule_facts *facts,
                      int64_t *out)
{
    const cart *c = facts->cart;
    const cart_shopper *who = &c->shopper;
    const cart_attribute *attribute;
    switch (leaf->fact) {
    case RULE_FACT_CART_SUBTOTAL:
        *out = facts->subtotal_minor;
        return true;
    case RULE_FACT_CART_ELIGIBLE_SUBTOTAL:
        *out = facts->eligible_minor;
        return facts->eligible_known;
    case RULE_FACT_CART_SHIPPING:
        *out = facts->shipping_minor;
        return true;
    case RULE_FACT_CART_QUANTITY:
        *out = facts->quantity;
        return true;
    case RULE_FACT_CART_LINES:
        *out = facts->goods;
        return true;
    case RULE_FACT_TIME:
        *out = c->at_ms;
        return true;
    case RULE_FACT_USER_KNOWN:
        *out = who->known;
        return true;
    case RULE_FACT_USER_ORDERS:
        *out = who->orders;
        return who->orders >= 0;
    case RULE_FACT_USER_FIRST_ORDER:
        *out = who->orders == 0;
        return who->orders >= 0;
    case RULE_FACT_USER_SPENT:
        *out = who->spent_minor;
        return who->spent_minor >= 0;
    case RULE_FACT_USER_LAST_ORDER_DAYS:
        *out = c->at_ms > who->last_order_at_ms ? (c->at_ms - who->last_order_at_ms) / MS_DAY : 0;
        return who->last_order_at_ms > 0;
    case RULE_FACT_CART_ATTRIBUTE:
    case RULE_FACT_USER_ATTRIBUTE:
        attribute = leaf_attribute(p, leaf, c);
        *out = attribute != NULL ? attribute->number : 0;
        return attribute != NULL && !attribute->is_text;
    default:
        UNREACHABLE();
    }
}

static str cart_text(const rule_program *p, const rule_leaf *leaf, const cart *c)
{
    const cart_attribute *attribute;
    switch (leaf->fact) {
    case RULE_FACT_CART_CURRENCY:
        return c->currency;
    case RULE_FACT_CART_STORE:
        return c->store;
    case RULE_FACT_CART_REGION:
        return c->region;
    case RULE_FACT_CART_CHANNEL:
        return c->channel;
    case RULE_FACT_CART_PAYMENT:
        return c->payment;
    case RULE_FACT_CART_ATTRIBUTE:
    case RULE_FACT_USER_ATTRIBUTE:
        attribute = leaf_attribute(p, leaf, c);
        return attribute != NULL && attribute->is_text ? attribute->text : (str){NULL, 0};
    default:
        UNREACHABLE();
    }
}

static rule_answer answer(bool known, bool yes)
{
    return !known ? RULE_UNKNOWN : yes ? RULE_YES : RULE_NO;
}

static bool lines_match(const rule_program *p, const rule_leaf *leaf, const rule_facts *facts)
{
    int64_t v = rule_lines_number(p, leaf, facts);
    return leaf->measure == RULE_TEST_EVERY ? v == 0 : v >= leaf->low && v <= leaf->high;
}

rule_answer rule_ask(const rule_program *p, const rule_leaf *leaf, const rule_facts *facts)
{
    int64_t number = 0;
    const cart_shopper *who = &facts->cart->shopper;
    rule_hours hours;
    str text;
    bool known;
    switch ((rule_leaf_kind)leaf->kind) {
    case RULE_LEAF_RANGE:
    case RULE_LEAF_NUMBERS:
        known = rule_cart_number(p, leaf, facts, &number);
        return answer(known, number_matches(p, leaf, number));
    case RULE_LEAF_TEXT:
    case RULE_LEAF_TEXTS:
        text = cart_text(p, leaf, facts->cart);
        return answer(text.n > 0, text_matches(p, leaf, text));
    case RULE_LEAF_HAS_TEXT:
    case RULE_LEAF_HAS_ANY:
    case RULE_LEAF_HAS_ALL:
        return answer(who->tags != NULL,
                      texts_match(p, leaf, (texts){.items = who->tags, .n = who->tag_count}));
    case RULE_LEAF_HOURS:
        hours = rule_leaf_hours(p, leaf, facts->cart);
        return answer(hours.zone != NULL,
                      hours.zone != NULL && rule_hours_open(&hours, facts->cart->at_ms));
    case RULE_LEAF_LINES:
        return answer(true, lines_match(p, leaf, facts));
    }
    UNREACHABLE();
}

bool rule_fact_of_content(uint8_t fact)
{
    switch (fact) {
    case RULE_FACT_CART_SUBTOTAL:
    case RULE_FACT_CART_ELIGIBLE_SUBTOTAL:
    case RULE_FACT_CART_SHIPPING:
    case RULE_FACT_CART_QUANTITY:
    case RULE_FACT_CART_LINES:
        return true;
    default:
        return false;
    }
}

bool rule_may_be_met(const rule_program *r, const rule_facts *facts)
{
    uint16_t at = r->leaf_count == 0 ? RULE_MET : 0;
    while (at < RULE_MET) {
        const rule_leaf *leaf = &r->leaves[at];
        rule_answer a = rule_leaf_of_content(leaf) ? RULE_UNKNOWN : rule_ask(r, leaf, facts);
        bool may = a == RULE_UNKNOWN || a == (leaf->negated ? RULE_NO : RULE_YES);
        at = may ? leaf->yes : leaf->no;
    }
    return at == RULE_MET;
}

static bool leaf_is_met(const rule_program *r, const rule_leaf *leaf, const rule_facts *facts)
{
    return rule_ask(r, leaf, facts) == (leaf->negated ? RULE_NO : RULE_YES);
}

bool rule_met(const rule_program *r, const rule_facts *facts)
{
    uint16_t at = r->leaf_count == 0 ? RULE_MET : 0;
    while (at < RULE_MET) {
        const rule_leaf *leaf = &r->leaves[at];
        at = leaf_is_met(r, leaf, facts) ? leaf->yes : leaf->no;
    }
    return at == RULE_MET;
}

/* ---- asked once, and again about other goods ---- */

enum { LETTER_BITS = 8 };

str rule_frozen(const rule_program *r, const cart *c, arena *memory)
{
    size_t n = (r->own_count + (size_t)LETTER_BITS - 1) / LETTER_BITS;
    unsigned char *bits = ARENA_ARRAY(memory, unsigned char, n);
    const rule_facts facts = {.cart = c};
    for (size_t i = 0; i < r->own_count; i++) {
        const rule_leaf *leaf = &r->leaves[i];
        if (!rule_leaf_of_content(leaf) && leaf_is_met(r, leaf, &facts)) {
            bits[i / LETTER_BITS] |= (unsigned char)(1U << i % LETTER_BITS);
        }
    }
    return (str){(const char *)bits, n};
}

bool rule_met_again(const rule_program *r, const rule_facts *facts, str frozen)
{
    uint16_t at = r->leaf_count == 0 ? RULE_MET : 0;
    while (at < RULE_MET) {
        const rule_leaf *leaf = &r->leaves[at];
        size_t letter = at / LETTER_BITS;
        bool was = letter < frozen.n && ((unsigned char)frozen.p[letter] >> at % LETTER_BITS & 1U);
        bool met = rule_leaf_of_content(leaf) ? leaf_is_met(r, leaf, facts) : was;
        at = met ? leaf->yes : leaf->no;
    }
    return at == RULE_MET;
}
