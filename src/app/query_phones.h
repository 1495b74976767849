/* Phone numbers: whose they are (domain/phone/bind.h). */
#ifndef QUAN_APP_QUERY_PHONES_H
#define QUAN_APP_QUERY_PHONES_H

#include "app/app.h"

/* Of a holder's name of any generation: the number's; NULL: it was never bound. */
const phone *query_phone(app_view *v, uint64_t of_merchant, str holder);
/* The holder's name of now. */
str query_holder_now(app_view *v, uint64_t of_merchant, str holder);
/* The number of a user, or that he had one; NULL: never. */
const user_phone *query_user_phone(app_view *v, uint64_t of_merchant, str user_name);

#endif
