/* For whom a request is: a user, by the caller's own name, or whoever has a phone number
 * (domain/phone/holder.h). The number leaves the request only as the holder's name and, for limits
 * by phone, as subjects do: both are hashes. */
#ifndef QUAN_API_HOLDER_H
#define QUAN_API_HOLDER_H

#include "api/call.h"
#include "domain/coupon/erase.h"
#include "domain/phone/holder.h"

typedef struct holder_ask {
    str user, phone; /* as sent; empty: not sent */
    str field;       /* in front of the members' names, such as "claims[3]."; empty: nothing */
    bool optional;   /* may neither be sent? */
} holder_ask;

typedef struct holder {
    str name;  /* as acts have it; empty: nobody, or reported */
    str phone; /* in its form; empty: a user */
} holder;

/* Reports both, neither, and what is no phone number. The name of a number is not that of now:
 * holders_now. */
holder holder_asked(api_call *c, const holder_ask *ask);
/* A number by itself. field: "phone", "phones[3]". */
holder holder_of_phone(api_call *c, str typed, str field);

/* A hash of the body is kept with the answer (act.h). One without the merchant's secret would tell,
 * to whoever knows the rest of the body, which number, address … it names. What was kept with one
 * (of `subjects`, by the version before) is compared and never written. */
void holder_hides_body(api_call *c);

/* Makes names of numbers those of now; others stay. To read: of the user whose the number is. For
 * an act: of the number, whose slot has the first answer to the key; where it has none and the
 * number is a user's, the act is refused with R_PHONE_BOUND, which is kept under the key, so that a
 * repeat goes to the same user, whosever the number has become. Then the handler begins anew
 * (call.c), and the name is his. False: the call has ended. */
typedef enum holder_use { HOLDER_READS, HOLDER_ACTS } holder_use;
MUST_USE bool holders_now(api_call *c, str *const *names, size_t n, holder_use use);

/* An order that names a user and a number: binds the number first, unless its key was answered
 * before, and lets the handler begin anew; the order is the user's. True: the call goes on there,
 * or has ended. (api_phones.c) */
bool holder_binds(api_call *c, str user_name, str typed, act_id order);

/* For limits: the number of the request, where its subjects name none. */
static inline void holder_counts(const holder *who, subject_names *names)
{
    if (names->phone.n == 0)
        names->phone = who->phone;
}

/* How a name in a row is shown. */
#define HOLDER_SHOWN(to, name)                                                                     \
    do {                                                                                           \
        (to)->has_for_phone = (to)->for_phone = phone_is_holder(name);                             \
        (to)->has_erased = (to)->erased = erase_is_pseudonym(name);                                \
        (to)->has_user = (name).n > 0 && !(to)->for_phone && !(to)->erased;                        \
        (to)->user = (name);                                                                       \
    } while (0)

#endif
