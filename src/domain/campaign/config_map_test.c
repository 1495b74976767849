/* The persistent map: order, sharing and counting, against sorted arrays and counted objects. */
#include "domain/campaign/config_map.h"

#include <stdlib.h>

#include "base/test_help.h"

typedef struct thing {
    config_object head;
    config_key key;
    int version;
} thing;

static int alive; /* things that are not dropped yet */

static void thing_drop(config_object *o)
{
    alive--;
    free(o);
}

static void put(config_map *m, uint64_t owner, uint64_t id, int version)
{
    thing *t = malloc(sizeof(*t));
    assert_non_null(t);
    config_object_init(&t->head, thing_drop);
    t->key = (config_key){owner, id};
    t->version = version;
    alive++;
    config_map_put(m, t->key, &t->head);
    config_object_drop(&t->head);
}

static int version_at(const config_map *m, uint64_t owner, uint64_t id)
{
    const thing *t = (const thing *)config_map_find(m, (config_key){owner, id});
    if (t == NULL) {
        return -1;
    }
    assert_true(t->key.owner == owner && t->key.id == id);
    return t->version;
}

static void collect(void *out, size_t i, const config_object *o)
{
    ((const thing **)out)[i] = (const thing *)o;
}

/* The owner's ids, ascending, in pages of `page`, are exactly these. */
static void assert_ids(const config_map *m, uint64_t owner, const uint64_t *ids, size_t n,
                       size_t page)
{
    const thing *found[64];
    uint64_t after = 0;
    size_t at = 0;
    size_t got;
    while ((got = config_map_scan(m, (config_key){owner, after}, page, collect, found)) > 0) {
        for (size_t i = 0; i < got; i++, at++) {
            assert_true(at < n);
            assert_true(found[i]->key.owner == owner && found[i]->key.id == ids[at]);
        }
        after = found[got - 1]->key.id;
    }
    assert_int_equal(at, n);
}

static void an_empty_map_finds_nothing(void **state)
{
    (void)state;
    config_map m = {0};
    config_map copy = config_map_copy(&m);
    assert_int_equal(version_at(&m, 1, 1), -1);
    assert_ids(&m, 1, NULL, 0, 8);
    config_map_free(&copy);
    config_map_free(&m);
}

static uint64_t nth_key(int order, uint64_t i, uint64_t n)
{
    switch (order) {
    case 0:
        return i + 1; /* ascending, as ids come */
    case 1:
        return n - i; /* descending */
    default:
        return i * 7919 % n + 1; /* all over: n is no multiple of 7919 */
    }
}

static void keys_of_every_order_are_found_and_listed(void **state)
{
    (void)state;
    enum { N = 20000 };
    static uint64_t ids[N];
    for (uint64_t i = 0; i < N; i++) {
        ids[i] = i + 1;
    }
    for (int order = 0; order < 3; order++) {
        config_map m = {0};
        for (uint64_t i = 0; i < N; i++) {
            put(&m, 7, nth_key(order, i, N), (int)nth_key(order, i, N));
        }
        assert_int_equal(alive, N);
        for (uint64_t id = 1; id <= N; id++) {
            assert_int_equal(version_at(&m, 7, id), (int)id);
        }
        assert_int_equal(version_at(&m, 7, 0), -1);
        assert_int_equal(version_at(&m, 7, N + 1), -1);
        assert_int_equal(version_at(&m, 6, 5), -1);
        assert_ids(&m, 7, ids, N, 1 + (size_t)order * 31);
        assert_ids(&m, 6, NULL, 0, 8);
        assert_ids(&m, 8, NULL, 0, 8);
        config_map_free(&m);
        assert_int_equal(alive, 0);
    }
}

static void owners_lists_do_not_mix(void **state)
{
    (void)state;
    enum { OWNERS = 50, EACH = 40 };
    config_map m = {0};
    for (uint64_t id = 1; id <= EACH; id++) {
        for (uint64_t owner = OWNERS; owner >= 1; owner--) {
            put(&m, owner, id * 100 + owner, 0);
        }
    }
    for (uint64_t owner = 1; owner <= OWNERS; owner++) {
        uint64_t ids[EACH];
        for (uint64_t id = 1; id <= EACH; id++) {
            ids[id - 1] = id * 100 + owner;
        }
        assert_ids(&m, owner, ids, EACH, 7);
    }
    const thing *found[4];
    assert_int_equal(config_map_scan(&m, (config_key){3, 0}, 0, collect, found), 0);
    assert_int_equal(config_map_scan(&m, (config_key){3, UINT64_MAX}, 4, collect, found), 0);
    config_map_free(&m);
    assert_int_equal(alive, 0);
}

static void a_copy_does_not_see_what_is_put_later(void **state)
{
    (void)state;
    config_map first = {0};
    for (uint64_t id = 1; id <= 1000; id++) {
        put(&first, 1, id, 1);
    }
    config_map second = config_map_copy(&first);
    put(&second, 1, 500, 2);
    put(&second, 1, 1001, 2);
    assert_int_equal(alive, 1002); /* all but two are shared */
    assert_int_equal(version_at(&first, 1, 500), 1);
    assert_int_equal(version_at(&first, 1, 1001), -1);
    assert_int_equal(version_at(&second, 1, 500), 2);
    assert_int_equal(version_at(&second, 1, 1001), 2);
    config_map_free(&first);
    assert_int_equal(alive, 1001); /* only the first had the old 500 */
    assert_int_equal(version_at(&second, 1, 499), 1);
    config_map_free(&second);
    assert_int_equal(alive, 0);
}

enum { MODEL_KEYS = 300, SNAPSHOTS = 8 };

/* A map and what it must hold: version by key, 0 for none; owner = key % 3. */
typedef struct model {
    config_map map;
    int versions[MODEL_KEYS];
} model;

static void assert_model(const model *s)
{
    for (uint64_t owner = 0; owner < 3; owner++) {
        uint64_t ids[MODEL_KEYS];
        size_t n = 0;
        for (uint64_t key = owner; key < MODEL_KEYS; key += 3) {
            int version = s->versions[key];
            assert_int_equal(version_at(&s->map, owner, key + 1), version == 0 ? -1 : version);
            if (version > 0) {
                ids[n++] = key + 1;
            }
        }
        assert_ids(&s->map, owner, ids, n, 11);
    }
}

static void random_snapshots_stay_what_they_were(void **state)
{
    (void)state;
    static model snapshots[SNAPSHOTS];
    uint64_t random = 0x5a45;
    memset(snapshots, 0, sizeof(snapshots));
    for (int trial = 1; trial <= 20000; trial++) {
        model *from = &snapshots[random_below(&random, SNAPSHOTS)];
        model *to = &snapshots[random_below(&random, SNAPSHOTS)];
        if (from != to && random_below(&random, 4) == 0) {
            config_map_free(&to->map);
            *to = *from;
            to->map = config_map_copy(&from->map);
        }
        uint64_t key = random_below(&random, MODEL_KEYS);
        put(&to->map, key % 3, key + 1, trial);
        to->versions[key] = trial;
        if (trial % 500 == 0) {
            for (size_t i = 0; i < SNAPSHOTS; i++) {
                assert_model(&snapshots[i]);
            }
        }
    }
    for (size_t i = 0; i < SNAPSHOTS; i++) {
        config_map_free(&snapshots[i].map);
    }
    assert_int_equal(alive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_finds_nothing),
        cmocka_unit_test(keys_of_every_order_are_found_and_listed),
        cmocka_unit_test(owners_lists_do_not_mix),
        cmocka_unit_test(a_copy_does_not_see_what_is_put_later),
        cmocka_unit_test(random_snapshots_stay_what_they_were),
    };
    return cmocka_run_group_tests_name("config_map", tests, NULL, NULL);
}
