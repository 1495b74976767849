/* Races about one user over HTTP: he becomes another one, claims, uses a coupon, gives one away and
 * gets a phone number with what waits for it, in one moment. Whatever comes first, all ends: he is
 * the other one, or has refused because of the number; each coupon is in one wallet, once; and the
 * number is where the user is.
 *
 * And of three users each is to become each other in one moment. Every merge ends, done or refused;
 * so many users are left as were not merged, and no two have become each other; each coupon is with
 * one of them; and whoever is left can be merged again. */
#include "domain/coupon/move.h"
#include "test/lib/race.h"

enum { MERGE, CLAIM, REDEEM, GIVE, PUT_PHONE, CLAIM_PHONE };
enum { OLD_HAS = 2, PHONE_HAS = 1 };

typedef struct names {
    char claim_old[BODY_MAX], claim_phone[BODY_MAX], phone[BODY_MAX];
    char coupons[OLD_HAS][ID_TEXT_MAX];
} names;

static void claimed(const ground *g, const char *body, char coupon_id[ID_TEXT_MAX])
{
    answer a = once(g, "/v1/claims", body);
    assert_int_equal(a.status, 201);
    find(&a, "id", coupon_id, ID_TEXT_MAX);
}

static void begin(const ground *g, names *n)
{
    char any[ID_TEXT_MAX];
    (void)snprintf(n->claim_old, BODY_MAX, "{\"user\":\"old-%d\",\"template\":\"%s\"}", g->round,
                   g->template);
    (void)snprintf(n->claim_phone, BODY_MAX, "{\"phone\":\"+4915112%06d\",\"template\":\"%s\"}",
                   g->round, g->template);
    (void)snprintf(n->phone, BODY_MAX, "{\"phone\":\"+4915112%06d\"}", g->round);
    for (int i = 0; i < OLD_HAS; i++)
        claimed(g, n->claim_old, n->coupons[i]);
    claimed(g, n->claim_phone, any);
}

static void line_up(const ground *g, const names *n, racer all[RACERS])
{
    char target[BODY_MAX], body[BODY_MAX];
    for (size_t i = 0; i < RACERS; i++)
        all[i] = (racer){.ground = g};
    (void)snprintf(target, sizeof target, "/v1/users/old-%d/merge", g->round);
    (void)snprintf(body, sizeof body, "{\"into\":\"new-%d\"}", g->round);
    say(&all[MERGE], "POST", target, body);
    say(&all[CLAIM], "POST", "/v1/claims", n->claim_old);
    (void)snprintf(body, sizeof body,
                   "{\"user\":\"old-%d\",\"order_number\":\"o-%d\",\"coupons\":[\"%s\"],\"cart\":"
                   "{\"lines\":[{\"sku\":\"tea\",\"quantity\":1,\"unit_price\":{\"amount\":500,"
                   "\"currency\":\"USD\"}}]}}",
                   g->round, g->round, n->coupons[0]);
    say(&all[REDEEM], "POST", "/v1/redemptions", body);
    (void)snprintf(body, sizeof body,
                   "{\"coupon\":\"%s\",\"user\":\"old-%d\",\"to\":\"friend-%d\"}", n->coupons[1],
                   g->round, g->round);
    say(&all[GIVE], "POST", "/v1/transfers", body);
    (void)snprintf(target, sizeof target, "/v1/users/old-%d/phone", g->round);
    say(&all[PUT_PHONE], "PUT", target, n->phone);
    say(&all[CLAIM_PHONE], "POST", "/v1/claims", n->claim_phone);
}

/* ---- what is left ---- */

static answer of_user(const ground *g, const char *who, const char *what)
{
    char target[BODY_MAX];
    (void)snprintf(target, sizeof target, "/v1/users/%s-%d%s", who, g->round, what);
    return once(g, target, NULL);
}

static int wallet_of(const ground *g, const char *who)
{
    answer a = of_user(g, who, "/coupons");
    assert_int_equal(a.status, 200);
    return count_of(&a, "\"state\":\"available\"");
}

static bool is_merged(const ground *g)
{
    char name[BODY_MAX];
    answer a = of_user(g, "old", "");
    assert_int_equal(a.status, 200);
    (void)snprintf(name, sizeof name, "\"user\":\"new-%d\"", g->round);
    return count_of(&a, name) == 1;
}

/* In all wallets; the number's, unless it is a user's. */
static int in_all(const ground *g, const names *n, const char *who)
{
    answer number = of_user(g, who, "/phone"), waits = once(g, "/v1/phones/coupons", n->phone);
    bool bound = count_of(&number, "\"bound\":true") == 1;
    return wallet_of(g, who) + wallet_of(g, "friend") +
           (bound ? 0 : count_of(&waits, "\"state\":\"available\""));
}

/* A coupon that had to wait comes with the sweep. */
static bool settles(ground *g, const names *n, bool merges, int left)
{
    enum { LOOKS = 500, PAUSE_NS = 2000000, LOOKS_A_SWEEP = 20 };
    for (int i = 1; i < LOOKS; i++) {
        if (i % LOOKS_A_SWEEP == 0) {
            (void)atomic_fetch_add(&g->world.clock_ms, MOVE_AGAIN_MS);
            assert_true(world_sweep(&g->world));
        }
        bool merged = is_merged(g);
        if (merged == merges && in_all(g, n, merged ? "new" : "old") == left)
            return true;
        (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return false;
}

static void he_becomes_another_while_all_happens(void **state)
{
    ground *g = *state;
    int wins[RACERS] = {0};
    for (g->round = 0; g->round < rounds(); g->round++) {
        static racer all[RACERS];
        names n;
        begin(g, &n);
        line_up(g, &n, all);
        race_all(all, RACERS);
        int left = OLD_HAS + PHONE_HAS;
        for (int i = 0; i < RACERS; i++) {
            int status = all[i].got.status;
            bool no_merge = i == MERGE && status == 422; /* the number was first */
            if (status >= 300 && status != 409 && status != 503 && !no_merge)
                fail_msg("round %d, racer %d: %d %s", g->round, i, status, all[i].got.body);
            wins[i] += status < 300;
            left += (i == CLAIM || i == CLAIM_PHONE) && status == 201;
            left -= i == REDEEM && status == 201;
        }
        if (!settles(g, &n, all[MERGE].got.status == 202, left))
            fail_msg("round %d: not %d coupons", g->round, left);
    }
    print_message("merged %d claims %d %d redeemed %d given %d bound %d\n", wins[MERGE],
                  wins[CLAIM], wins[CLAIM_PHONE], wins[REDEEM], wins[GIVE], wins[PUT_PHONE]);
    assert_true(wins[MERGE] > 0 && wins[CLAIM] > 0 && wins[CLAIM_PHONE] > 0);
}

/* ---- merges against merges ---- */

enum { USERS = 3 };
static const char *const users[USERS] = {"ann", "bob", "cid"};

static answer of_merge(const ground *g, size_t from, size_t to, racer *r)
{
    char target[BODY_MAX], body[BODY_MAX];
    (void)snprintf(target, sizeof target, "/v1/users/%s-%d/merge", users[from], g->round);
    (void)snprintf(body, sizeof body, "{\"into\":\"%s-%d\"}", users[to], g->round);
    if (r == NULL)
        return once(g, target, body);
    say(r, "POST", target, body);
    return (answer){0};
}

/* Waits until it has ended; is it done? */
static bool merge_is_done(const ground *g, const answer *begun)
{
    enum { LOOKS = 1000, PAUSE_NS = 2000000 };
    char id[ID_TEXT_MAX], target[BODY_MAX];
    find(begun, "id", id, sizeof id);
    (void)snprintf(target, sizeof target, "/v1/moves/%s", id);
    for (int i = 0; i < LOOKS; i++) {
        answer a = once(g, target, NULL);
        assert_int_equal(a.status, 200);
        if (count_of(&a, "\"ended_at\"") == 1)
            return count_of(&a, "\"state\":\"done\"") == 1;
        (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    fail_msg("round %d: %s goes on", g->round, id);
    return false;
}

/* What has just ended is in the way for a moment: the receiver has not heard of the end. */
static void merge_alone(const ground *g, size_t from, size_t to)
{
    answer a;
    do
        a = of_merge(g, from, to, NULL);
    while (a.status == 409 && count_of(&a, "\"user_merging\"") == 1);
    if (a.status == 202)
        (void)merge_is_done(g, &a);
}

/* Who is himself: how many, and how many coupons they have together. */
static void count_users(const ground *g, size_t *left, int *coupons)
{
    *left = 0;
    *coupons = 0;
    for (size_t i = 0; i < USERS; i++) {
        char name[BODY_MAX];
        answer a = of_user(g, users[i], "");
        assert_int_equal(a.status, 200);
        (void)snprintf(name, sizeof name, "{\"user\":\"%s-%d\"", users[i], g->round);
        if (count_of(&a, name) == 0)
            continue;
        ++*left;
        *coupons += wallet_of(g, users[i]);
    }
}

/* One that asks for what has come about by two others is answered with the first of these. */
static bool is_told_before(const racer *all, size_t i)
{
    char id[ID_TEXT_MAX], other[ID_TEXT_MAX];
    find(&all[i].got, "id", id, sizeof id);
    for (size_t k = 0; k < i; k++) {
        if (all[k].got.status != 202)
            continue;
        find(&all[k].got, "id", other, sizeof other);
        if (strcmp(id, other) == 0)
            return true;
    }
    return false;
}

static void of_three_users_each_becomes_each_other(void **state)
{
    static const size_t ways[RACERS][2] = {{0, 1}, {1, 0}, {1, 2}, {2, 1}, {2, 0}, {0, 2}};
    ground *g = *state;
    int done = 0, refused = 0;
    for (g->round = 0; g->round < rounds(); g->round++) {
        static racer all[RACERS];
        char any[ID_TEXT_MAX], body[BODY_MAX];
        size_t merged = 0, left;
        int coupons;
        for (size_t i = 0; i < USERS; i++) {
            (void)snprintf(body, sizeof body, "{\"user\":\"%s-%d\",\"template\":\"%s\"}", users[i],
                           g->round, g->template);
            claimed(g, body, any);
        }
        for (size_t i = 0; i < RACERS; i++) {
            all[i] = (racer){.ground = g};
            (void)of_merge(g, ways[i][0], ways[i][1], &all[i]);
        }
        race_all(all, RACERS);
        for (size_t i = 0; i < RACERS; i++) {
            if (all[i].got.status != 202 && all[i].got.status != 409)
                fail_msg("round %d: %d %s", g->round, all[i].got.status, all[i].got.body);
            bool is_done = all[i].got.status == 202 && !is_told_before(all, i) &&
                           merge_is_done(g, &all[i].got);
            merged += is_done;
            done += is_done;
            refused += !is_done;
        }
        count_users(g, &left, &coupons);
        assert_int_equal(left, USERS - merged);
        assert_int_equal(coupons, USERS);
        for (size_t i = 0; i < RACERS; i++) /* nothing is left that would be in the way */
            merge_alone(g, ways[i][0], ways[i][1]);
        count_users(g, &left, &coupons);
        assert_int_equal(left, 1);
        assert_int_equal(coupons, USERS);
    }
    print_message("merged %d not %d\n", done, refused);
    assert_true(done > 0 && refused > 0);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(he_becomes_another_while_all_happens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_three_users_each_becomes_each_other, set_up, tear_down),
    };
    return race_on(count, arguments) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
