/* What is due is applied before a home is asked: see lease.c. A pass that fails, because a lane
 * cannot be reached or a disk is full, leaves the ask blind. */
#include "app/lease_part.h"
#include "domain/limit/subject.h"

/* What gives back to this pool when it is due, behind `kind` (0: the first). A hold that ends may
 * leave a coupon that is past its end, so coupons come last. 0: nothing more. */
static uint8_t next_due(const ask *a, uint8_t kind)
{
    bool budget = a->pool.kind == POOL_KIND_BUDGET;
    bool uses = a->pool.kind == POOL_KIND_REDEMPTIONS || a->pool.kind == POOL_KIND_MONEY ||
                a->pool.kind == POOL_KIND_UNITS || a->pool.kind == POOL_KIND_PARTY ||
                (a->pool.kind == POOL_KIND_SUBJECT && a->need == SUBJECT_WAIT_USES);
    if (kind == 0 && (budget || uses))
        return DUE_KIND_HOLD;
    return kind == DUE_KIND_HOLD && budget ? DUE_KIND_COUPON : 0;
}

void lease_apply_due(leases *l, ask *a, uint8_t behind)
{
    a->due = next_due(a, behind);
    a->pass = 0;
    lease_move(l, a, ASK_DUE);
    if (a->due == 0)
        lease_hold_back(l, a);
}

/* What was due is applied, or cannot be in some lane: what the home has anyway it may grant. */
static todo due_over(leases *l, ask *a)
{
    a->undue = a->undue || dues_state(l->app->dues, a->due, a->pass) == DUE_PASS_FAILED;
    lease_apply_due(l, a, a->due);
    return lease_advance(l, a);
}

static bool waits_for_due(const leases *l, const ask *a)
{
    return a->state == ASK_DUE && a->pass != 0 &&
           dues_state(l->app->dues, a->due, a->pass) == DUE_PASS_RUNS;
}

void lease_want_due(leases *l, const todo *asked)
{
    uint64_t pass = dues_want(l->app->dues, asked->due);
    todo t = {0};
    (void)pthread_mutex_lock(&l->lock);
    ask *a = lease_ask(l, asked->number);
    CHECK(a != NULL && a->state == ASK_DUE && a->pass == 0); /* nobody else moves it on from here */
    a->pass = pass;
    if (!waits_for_due(l, a)) {
        t = due_over(l, a);
    }
    (void)pthread_mutex_unlock(&l->lock);
    lease_perform(l, t);
}

void leases_due_applied(leases *l)
{
    bool found = true;
    while (found) {
        todo t = {0};
        found = false;
        (void)pthread_mutex_lock(&l->lock);
        ask *next;
        for (ask *a = l->asks; a != NULL && !found; a = next) {
            next = a->next; /* due_over may end the ask */
            if (a->state == ASK_DUE && a->pass != 0 && !waits_for_due(l, a)) {
                found = true;
                t = due_over(l, a);
            }
        }
        (void)pthread_mutex_unlock(&l->lock);
        lease_perform(l, t);
    }
}
