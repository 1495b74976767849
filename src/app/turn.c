/* Turns: which lane may ask for a pool (lease.c), where acts need pieces of several.
 *
 * Two lanes whose acts need pieces of the same two pools could take them from each other for ever:
 * each loses the one while it waits for the other. So an act that has gone from pool to pool
 * TURN_AFTER times gets a turn, behind those that have one, and keeps it until it ends. A pool that
 * an act with a turn has waited for since is asked for only from the lane of the first of them;
 * other lanes' asks wait until that act has ended.
 *
 * Why acts come to an end, where lanes run and the configuration stands still: suppose that some
 * never do, and look at the time from which on no act ends. Who waits for one pool only gets his
 * verdict, as nobody takes from a lane between a grant and those that wait for it. So some go from
 * pool to pool for ever, and some turns never end. Take the first of these. Any pool that its act
 * loses from now on it waits for, once; then nobody else asks for that pool any more: what other
 * lanes have of it comes home, and what its own lane is granted stays there, since what acts take
 * counts only when they end. So it waits at most once more for each amount that it needs: it ends.
 *
 * Turns are those of one server. Where acts of several servers contend for several pools, nothing
 * but their deadlines ends that for certain: 503, and nothing wrong.
 *
 * A turn costs others no more than a lane that holds the last piece does: at worst their deadline.
 */
#include <stdlib.h>

#include "app/inner.h"

enum {
    TURNS_MAX = 1024, /* others get theirs when one of these has ended */
    TURN_POOLS_MAX = 4096,
};

struct turn {
    turn *next; /* the one that got its turn after this */
    const request *of;
    uint16_t lane;
    pool_name *pools; /* that it has waited for since; end_turn frees them */
    size_t n;
};

static bool has_named(const turn *t, pool_name which)
{
    for (size_t i = 0; i < t->n; i++)
        if (pool_name_eq(t->pools[i], which))
            return true;
    return false;
}

bool turns_let(const turns *all, uint16_t lane, pool_name which)
{
    const turn *t = all->first;
    while (t != NULL && !has_named(t, which))
        t = t->next;
    return t == NULL || t->lane == lane;
}

static turn **place_of(turns *all, const request *r)
{
    turn **at = &all->first;
    while (*at != NULL && (*at)->of != r)
        at = &(*at)->next;
    return at;
}

void turns_wanted(turns *all, uint16_t lane, const request *r)
{
    if (r->moves < TURN_AFTER)
        return;
    turn **at = place_of(all, r);
    if (*at == NULL && all->n == TURNS_MAX)
        return;
    if (*at == NULL) {
        *at = calloc(1, sizeof(**at)); /* end_turn frees it */
        CHECK(*at != NULL);
        (*at)->of = r;
        (*at)->lane = lane;
        all->n++;
    }
    turn *t = *at;
    if (has_named(t, r->waits_for) || t->n == TURN_POOLS_MAX)
        return;
    t->pools = realloc(t->pools, (t->n + 1) * sizeof(*t->pools)); /* end_turn frees it */
    CHECK(t->pools != NULL);
    t->pools[t->n++] = r->waits_for;
}

static void end_turn(turns *all, turn **at)
{
    turn *t = *at;
    *at = t->next;
    all->n--;
    free(t->pools);
    free(t);
}

bool turns_gone(turns *all, const request *r)
{
    turn **at = place_of(all, r);
    bool had_one = *at != NULL;
    if (had_one)
        end_turn(all, at);
    return had_one;
}

void turns_free(turns *all)
{
    while (all->first != NULL)
        end_turn(all, &all->first);
}
