/* Was this idempotency key answered before? For callers that look at an input before its act and
 * would refuse it by rows as they are now: a repeated request must get its first answer instead. */
#ifndef QUAN_APP_QUERY_ANSWERED_H
#define QUAN_APP_QUERY_ANSWERED_H

#include "app/act.h"

/* On the view's snapshot: if so, submitting the call gives that answer, whatever its input. The
 * call needs id, slot and key. */
bool query_answered(app_view *v, const act_call *call);

#endif
