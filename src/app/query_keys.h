/* API keys by id. A key lives in the slot that its id names. */
#ifndef QUAN_APP_QUERY_KEYS_H
#define QUAN_APP_QUERY_KEYS_H

#include "app/app.h"

const api_key *query_key(app_view *v, uint64_t id); /* NULL when there is none */

#endif
