/* For the tests of verify: one row of a healthy shop made wrong, and the field that must be named.
 */
#ifndef QUAN_APP_VERIFY_FLAW_TEST_H
#define QUAN_APP_VERIFY_FLAW_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/verify.h"
#include "base/id.h"
#include "test/lib/domain_fixture.h"

typedef bool spoil(uow *u); /* false: pending */

typedef struct flaw {
    const char *name;
    spoil *how;
    const char *check, *field;
} flaw;

typedef struct spoiler {
    request request; /* first */
    spoil *spoil;
} spoiler;

static inline result spoil_run(uow *u, request *r)
{
    return ((spoiler *)r)->spoil(u) && !uow_pending(u) ? R_DONE : R_AGAIN;
}

static inline void spoil_done(request *r)
{
    assert_int_equal(r->outcome, R_DONE);
}

/* A spoiler of a row that is found by its slot and id. */
#define FLAW(name, type, row_slot, row_id, change)                                                 \
    static bool name(uow *u)                                                                       \
    {                                                                                              \
        type *row = type##_get(u, row_slot, row_id);                                               \
        if (row == NULL)                                                                           \
            return false;                                                                          \
        type##_edit(u, row);                                                                       \
        change;                                                                                    \
        return true;                                                                               \
    }

typedef struct flaw_seen {
    const flaw *of;
    bool found;
} flaw_seen;

static inline void flaw_look(void *context, const verify_difference *d)
{
    flaw_seen *w = context;
    bool same = strcmp(d->check, w->of->check) == 0 && str_eq(d->field, str_of(w->of->field));
    w->found = w->found || same;
}

/* On the lane of the slot. */
static inline void make_wrong(fix *shop, uint16_t slot, spoil *how)
{
    spoiler r = {
        .request = {.run = spoil_run, .done = spoil_done, .slot = slot, .class = CLASS_OTHER},
        .spoil = how};
    assert_int_equal(store_submit(app_store(shop->app), &r.request), R_DONE);
    (void)app_settle(shop->app);
}

/* Of a shop that verify finds good. Closes it. */
static inline void flaw_is_named(fix *shop, uint16_t slot, const flaw *of)
{
    fix_verify(shop);
    make_wrong(shop, slot, of->how);
    flaw_seen w = {.of = of};
    verify_summary sum;
    verify_options options = {.context = &w, .found = flaw_look};
    assert_int_equal(verify_app(shop->app, &options, &sum), R_DONE);
    if (!w.found)
        fail_msg("%s: nobody misses %s", of->name, of->field);
    fix_close(shop);
}

#endif
