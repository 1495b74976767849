/* Personal codes (domain/code/bind.h): each code that is somebody's has its row by number and its
 * row by user, and both say the same.
 *
 * Rows are summed, not kept. Numbers are keys of the one table, users of the other; so where both
 * have as many rows as their batch says, all numbers are below that, and the hashes of the rows
 * have the same sum, the two say the same. Memory grows with batches alone. */
#include "app/verify_part.h"
#include "base/hash.h"
#include "domain/code/bind.h"

enum { SIDE_ROWS, SIDE_HI, SIDE_LO, SIDE_VALUES };
enum {
    BATCH_BOUND,
    BY_NUMBER,
    BY_USER = BY_NUMBER + SIDE_VALUES,
    BOUND_VALUES = BY_USER + SIDE_VALUES
};

static int64_t *batch_at(const verify *v, uint64_t batch_id)
{
    return verify_map_at(v->bound, (str){(const char *)&batch_id, sizeof(batch_id)});
}

static void add(int64_t *side, uint64_t number, str name)
{
    hash128 h = hash128_of(name, number);
    side[SIDE_ROWS]++;
    side[SIDE_HI] = (int64_t)((uint64_t)side[SIDE_HI] + h.hi); /* runs over */
    side[SIDE_LO] = (int64_t)((uint64_t)side[SIDE_LO] + h.lo);
}

static void see_batch(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const code_batch *b = row;
    verify_what w = {.check = "bound", .kind = ID_CODE_BATCH, .id = b->id};
    verify_must(v, &w, "no more users than codes", b->bound <= (b->personal ? b->count : 0));
    if (b->personal)
        batch_at(v, b->id)[BATCH_BOUND] = (int64_t)b->bound;
}

static void see_code(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const bound_code *c = row;
    verify_what w = {.check = "bound", .kind = ID_CODE_BATCH, .id = c->batch};
    int64_t *n = batch_at(v, c->batch);
    verify_must(v, &w, "its number is given", c->number < (uint64_t)n[BATCH_BOUND]);
    add(n + BY_NUMBER, c->number, c->user);
}

static void see_user(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const bound_user *u = row;
    add(batch_at(v, u->batch) + BY_USER, u->number, u->user);
}

static void compare(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->bound); i++) {
        str key;
        const int64_t *n = verify_map_item(v->bound, i, &key);
        const int64_t *codes = n + BY_NUMBER, *users = n + BY_USER;
        verify_what w = {.check = "bound", .kind = ID_CODE_BATCH};
        memcpy(&w.id, key.p, sizeof(w.id));
        verify_number(v, &w, "codes of users", n[BATCH_BOUND], codes[SIDE_ROWS]);
        verify_number(v, &w, "users with codes", n[BATCH_BOUND], users[SIDE_ROWS]);
        if (codes[SIDE_ROWS] == users[SIDE_ROWS])
            verify_must(v, &w, "each code is its user's",
                        codes[SIDE_HI] == users[SIDE_HI] && codes[SIDE_LO] == users[SIDE_LO]);
    }
}

result verify_bound(verify *v)
{
    v->bound = verify_map_new(BOUND_VALUES);
    v->again = true; /* batches have been read */
    result r = verify_each(v, NULL, &code_batch_table, see_batch);
    v->again = false;
    if (r == R_DONE)
        r = verify_each(v, NULL, &bound_code_table, see_code);
    if (r == R_DONE)
        r = verify_each(v, NULL, &bound_user_table, see_user);
    if (r == R_DONE)
        compare(v);
    verify_map_free(v->bound);
    v->bound = NULL;
    return r;
}
