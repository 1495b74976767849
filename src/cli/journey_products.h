/* Categories and prices of the retailer's products: private to journey*.c. */
#ifndef QUAN_CLI_JOURNEY_PRODUCTS_H
#define QUAN_CLI_JOURNEY_PRODUCTS_H

#include "cli/journey.h"
#include "cli/names.h"

typedef struct journey_products journey_products;

journey_products *journey_products_new(arena *memory);
void journey_products_add(journey_products *p, str product, str category);
/* One line of the sample: what a unit cost. */
void journey_products_sale(journey_products *p, str product, int64_t unit_minor);
/* After the last line: takes the medians. */
void journey_products_settle(journey_products *p);

#endif
