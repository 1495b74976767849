/* See query_phones.h. */
#include "app/query_phones.h"

#include "base/id.h"
#include "domain/phone/holder.h"

const phone *query_phone(app_view *v, uint64_t of_merchant, str holder)
{
    phone_number n = phone_of_holder(holder);
    return phone_get(v->rows, slot_of_user(of_merchant, holder), n.hash.hi, n.hash.lo);
}

str query_holder_now(app_view *v, uint64_t of_merchant, str holder)
{
    const phone *row = query_phone(v, of_merchant, holder);
    phone_number n = phone_of_holder(holder);
    n.generation = row == NULL ? 0 : row->generation;
    return phone_holder(&n, v->memory);
}

const user_phone *query_user_phone(app_view *v, uint64_t of_merchant, str user_name)
{
    return user_phone_get(v->rows, slot_of_user(of_merchant, user_name), of_merchant, user_name);
}
