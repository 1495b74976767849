/* What deadlines have changed that no sweep has written yet (DESIGN 5: reads and statistics apply
 * them before it has run): coupons past their end, and open holds past their deadline.
 *
 * Looks at every row that is due: where a sweep has much to do, some milliseconds of work. A thread
 * that must answer others asks for fewer. */
#ifndef QUAN_APP_QUERY_DUE_H
#define QUAN_APP_QUERY_DUE_H

#include "app/app.h"

enum { DUE_LOOK_MAX = 20000 }; /* entries; where more are due at once, figures wait for the sweep */

/* What one coupon goes through when its lane is swept. */
typedef struct due_change {
    const config_template *template;
    bool released, expired; /* of a hold; past its end, maybe right after its release */
    int64_t budget_minor;   /* goes back to the budget of the campaign */
    /* What parties pay of it by the hold: what is reserved of that goes back to their budgets. */
    const party_share *parties;
    size_t party_count;
} due_change;

typedef struct due_watch {
    void (*change)(void *context, const due_change *change);
    /* An open hold past its deadline, before what its coupons go through; NULL: nobody asks. */
    void (*hold)(void *context, const hold *row);
    void *context;
    uint16_t first_lane; /* the others in turn after it */
    size_t most;         /* entries, <= DUE_LOOK_MAX */
} due_watch;

/* False: more is due than was looked at. */
bool query_due(app_view *v, const due_watch *watch);
/* What a hold's coupons go through when it ends, whatever its deadline. */
void query_hold_end(app_view *v, const hold *row, const due_watch *watch);

#endif
