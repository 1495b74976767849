/* The facts of a price: a cart, who buys, where, when and how. Pure data, given by the caller;
 * rules ask it and nothing changes it.
 *
 * Goods and shipping are lines alike. A line that is weighed has its quantity in thousandths of a
 * unit (1.25 kg is 1250); any other in whole units. Text is compared byte for byte. What the caller
 * does not know is absent: a rule that asks for it is not met, and says what it would need. */
#ifndef QUAN_DOMAIN_RULE_CART_H
#define QUAN_DOMAIN_RULE_CART_H

#include "base/time.h"
#include "domain/table.gen.h"

enum {
    CART_LINES_MAX = 500,
    CART_ATTRIBUTES_MAX = 100, /* of the cart and of the shopper, each */
    CART_TAGS_MAX = 200,       /* of the shopper, and of one line */
    CART_CATEGORIES_MAX = 32,  /* of one line: its own and their ancestors */
};
#define CART_QUANTITY_MAX  INT64_C(1000000) /* units of one line */
#define CART_QUANTITY_UNIT INT64_C(1000)    /* thousandths: one unit of a line that is weighed */

/* order_line.marks */
enum {
    LINE_WEIGHED = 1,  /* quantity in thousandths */
    LINE_SHIPPING = 2, /* a charge for sending; sku is the method */
    LINE_ON_SALE = 4,  /* the shop has reduced its price already */
    LINE_GIFT = 8,     /* a gift that the customer has chosen */
    LINE_BARRED = 16,  /* on the merchant's blacklist when it was priced: no coupon takes from it */
};

/* order_line.categories and .tags hold several texts, each followed by this byte. */
#define CART_SEPARATOR '\x1f'

/* A fact with a name that the merchant gave it. Sorted by name where there are several. */
typedef struct cart_attribute {
    str name;
    bool is_text;
    int64_t number;
    str text;
} cart_attribute;

typedef struct cart_attributes {
    const cart_attribute *items;
    size_t n;
} cart_attributes;

/* Who buys. A guest is known by what the caller has of him, or by nothing. */
typedef struct cart_shopper {
    bool known;      /* false: a guest; his history is unknown unless it is told */
    const str *tags; /* each once; NULL: unknown, which is not none */
    size_t tag_count;
    cart_attributes attributes;
    int64_t orders;           /* completed so far; -1 unknown */
    int64_t spent_minor;      /* in the cart's currency; -1 unknown */
    int64_t last_order_at_ms; /* 0: none; -1 unknown */
} cart_shopper;

/* Known, and nothing told of him. */
extern const cart_shopper cart_shopper_unknown;

/* NULL for a name that is no zone. What it gives lives for ever. */
typedef const zone *(*rule_zones)(str name);

typedef struct cart {
    str currency;
    str store, region, channel, payment; /* may be empty: unknown */
    int64_t at_ms;                       /* the moment that is priced */
    const order_line *lines;             /* quantity >= 1, unit_minor 0 … MONEY_MAX */
    size_t n;                            /* 0 is allowed: then nothing applies */
    cart_attributes attributes;          /* of the order */
    cart_shopper shopper;
    rule_zones zones; /* NULL: none is known, and hours are not either */
} cart;

/* What quantity of a line costs at list price: exact for whole units, half-up to a minor unit for
 * weighed ones. A part of a weighed line costs what the line up to its end costs less what it costs
 * up to its beginning, so parts always sum to the whole. False: beyond MONEY_MAX. */
MUST_USE bool cart_line_minor(const order_line *line, int64_t quantity, int64_t *out);
/* The same of a whole line that was priced: it is within bounds. */
int64_t cart_line_list(const order_line *line);
/* The most that a line may have: in thousandths where it is weighed. */
int64_t cart_quantity_max(const order_line *line);

/* Units, as limits and statistics count them: the pieces of a line; of one that is weighed its
 * whole units, a started one as one, so that 1.25 kg are 2. Each line is rounded by itself. */
int64_t cart_line_units(const order_line *line, int64_t quantity);
/* Those that come back with `now` more, when `before` of the line is back already: what the part
 * that was still out counted less what the rest counts. So the parts of a line always sum to what
 * the whole one counted. */
int64_t cart_line_units_back(const order_line *line, int64_t before, int64_t now);
/* Adds to by_applied, for each share, the units of its line. */
void cart_add_units(const order_line *lines, const line_share *shares, size_t n,
                    int64_t *by_applied);

#endif
