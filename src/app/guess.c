/* See guess.h. */
#include "app/guess.h"

#include <stdlib.h>

#include "app/inner.h"
#include "app/reserve.h"
#include "port/metric.h"

enum {
    BUCKETS = 4096,
    KIND_FIRST = 128, /* of subject_hash: behind those of limit_subject */
};

/* A guesser with tries under way. */
typedef struct busy {
    struct busy *next; /* in its bucket */
    hash128 name;
    int64_t tries;
} busy;

struct guesses {
    pthread_mutex_t lock; /* of all that follows */
    busy *buckets[BUCKETS];
    size_t n;
};

typedef struct seat {
    guess *guess;
    guesser who;
    str name;
    hash128 hash;
    const guess_bounds *bounds;
    int64_t others; /* tries under way that were there before */
    result counted;
} seat;

struct guess {
    app *app;
    uint64_t merchant;
    uint32_t tries;
    seat seats[GUESSER_COUNT];
    size_t n;
    bool ended;
    /* ---- while failed ones are counted ---- */
    guess_failure failure;
    atomic_size_t left; /* acts on their way, and 1 while they go out */
    atomic_bool fresh;  /* not a repeat of what was counted */
};

guesses *guesses_new(void)
{
    guesses *g = calloc(1, sizeof(*g)); /* guesses_free */
    CHECK(g != NULL && pthread_mutex_init(&g->lock, NULL) == 0);
    return g;
}

void guesses_free(guesses *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (g->buckets[i] != NULL) { /* of calls that were cut off when the server stopped */
            busy *gone = g->buckets[i];
            g->buckets[i] = gone->next;
            free(gone);
        }
    }
    (void)pthread_mutex_destroy(&g->lock);
    free(g);
}

/* ---- under way ---- */

static busy **place_of(guesses *g, hash128 name)
{
    busy **at = &g->buckets[name.lo % BUCKETS];
    while (*at != NULL && ((*at)->name.hi != name.hi || (*at)->name.lo != name.lo))
        at = &(*at)->next;
    return at;
}

/* Under the lock. */
static bool enter(guesses *g, seat *s, uint32_t tries)
{
    busy **at = place_of(g, s->hash);
    if (*at == NULL && g->n == GUESS_UNDER_WAY_MAX)
        return false;
    if (*at == NULL) {
        *at = calloc(1, sizeof(**at)); /* leave frees it */
        CHECK(*at != NULL);
        (*at)->name = s->hash;
        g->n++;
    }
    s->others = (*at)->tries;
    (*at)->tries += tries;
    return true;
}

static void leave(guesses *g, const seat *s, uint32_t tries)
{
    busy **at = place_of(g, s->hash), *gone = *at;
    CHECK(gone != NULL && gone->tries >= tries);
    gone->tries -= tries;
    if (gone->tries > 0)
        return;
    *at = gone->next;
    g->n--;
    free(gone);
}

/* All or none. */
static bool enter_all(guess *g)
{
    guesses *all = g->app->guesses;
    size_t n = 0;
    (void)pthread_mutex_lock(&all->lock);
    while (n < g->n && enter(all, &g->seats[n], g->tries))
        n++;
    for (size_t i = 0; i < n && n < g->n; i++)
        leave(all, &g->seats[i], g->tries);
    (void)pthread_mutex_unlock(&all->lock);
    return n == g->n;
}

void guess_end(guess *g)
{
    guesses *all = g->app->guesses;
    CHECK(!g->ended);
    g->ended = true;
    (void)pthread_mutex_lock(&all->lock);
    for (size_t i = 0; i < g->n; i++)
        leave(all, &g->seats[i], g->tries);
    (void)pthread_mutex_unlock(&all->lock);
}

/* ---- beginning ---- */

hash128 guess_hash(const config_merchant *of, guesser who, str name)
{
    return subject_hash(of->row, (uint8_t)(KIND_FIRST + who), name);
}

static void sit(guess *g, const config_merchant *of, const guess_ask *ask, guesser who, str name)
{
    if (ask->rules->of[who].most == 0)
        return;
    CHECK(of != NULL && name.n <= GUESS_NAME_MAX); /* whose key asks */
    g->seats[g->n++] = (seat){.guess = g,
                              .who = who,
                              .name = name,
                              .hash = guess_hash(of, who, name),
                              .bounds = &ask->rules->of[who]};
}

/* After they have entered: what has ended meanwhile is in the rows. */
static result look(guess *g, app_view *v, guess_wait *wait)
{
    for (size_t i = 0; i < g->n; i++) {
        const seat *s = &g->seats[i];
        const code_guesses *row =
            code_guesses_get(v->rows, slot_of_hash(s->hash.hi), s->hash.hi, s->hash.lo);
        int64_t ms =
            guess_wait_ms(row, s->bounds, (guess_tries){g->tries, s->others}, uow_now(v->rows));
        if (ms > wait->ms)
            *wait = (guess_wait){ms, s->who};
    }
    return app_view_close(v);
}

static void count_refused(guesser who)
{
    static const metric refused[] = {[GUESSER_USER] = METRIC_CODE_REFUSED_USER,
                                     [GUESSER_ADDRESS] = METRIC_CODE_REFUSED_ADDRESS,
                                     [GUESSER_MERCHANT] = METRIC_CODE_REFUSED_MERCHANT};
    metric_add(refused[who], 1);
}

result guess_begin(app *a, const guess_ask *ask, arena *memory, guess **out, guess_wait *wait)
{
    guess *g = ARENA_NEW(memory, guess);
    *wait = (guess_wait){0};
    g->app = a;
    g->merchant = ask->merchant;
    g->tries = ask->tries;
    const config *c = app_config(a);
    const config_merchant *of = config_find_merchant(c, ask->merchant);
    if (ask->user.n > 0)
        sit(g, of, ask, GUESSER_USER, ask->user);
    if (ask->address.n > 0)
        sit(g, of, ask, GUESSER_ADDRESS, ask->address);
    if (!ask->may_know)
        sit(g, of, ask, GUESSER_MERCHANT, S(""));
    config_free((config *)(uintptr_t)c); /* the share that app_config took */
    if (!enter_all(g))
        return R_BUSY;
    app_view v;
    store_home home = {.slot =
                           slot_of_hash(g->seats[0].hash.hi)}; /* no matter whether there is one */
    result r = app_view_open_at(a, &home, memory, &v);
    if (r == R_DONE)
        r = look(g, &v, wait);
    if (r == R_DONE && wait->ms > 0) {
        count_refused(wait->who);
        r = R_CODE_THROTTLED;
    }
    if (r != R_DONE)
        guess_end(g);
    else
        *out = g;
    return r;
}

/* ---- failing ---- */

static void count_locked(guesser who)
{
    static const metric locked[] = {[GUESSER_USER] = METRIC_CODE_LOCKED_USER,
                                    [GUESSER_ADDRESS] = METRIC_CODE_LOCKED_ADDRESS,
                                    [GUESSER_MERCHANT] = METRIC_CODE_LOCKED_MERCHANT};
    metric_add(locked[who], 1);
}

static void one_less(guess *g)
{
    result r = R_DONE;
    if (atomic_fetch_sub(&g->left, 1) != 1)
        return;
    for (size_t i = 0; i < g->n && r == R_DONE; i++)
        r = g->seats[i].counted;
    if (r == R_DONE && (g->n == 0 || atomic_load(&g->fresh)))
        metric_add(METRIC_CODE_TRIES_FAILED, g->failure.tries);
    g->failure.done(g->failure.context, r);
}

static void counted(act_call *call)
{
    seat *s = call->context;
    const code_guesses_add_out *out = call->out;
    s->counted = call->code;
    if (call->code == R_DONE && !call->replayed) {
        atomic_store(&s->guess->fresh, true);
        if (out->locked)
            count_locked(s->who);
    }
    guess *g = s->guess;
    own_call_free((own_call *)call);
    one_less(g);
}

static void submit(seat *s)
{
    guess *g = s->guess;
    const guess_failure *f = &g->failure;
    own_call *own = own_call_new(g->app, ACT_ID_code_guesses_add, slot_of_hash(s->hash.hi));
    code_guesses_add_in *in = ARENA_NEW(own->memory, code_guesses_add_in);
    *in = (code_guesses_add_in){.merchant = g->merchant,
                                .guesser = (uint8_t)s->who,
                                .name = s->name,
                                .hi = s->hash.hi,
                                .lo = s->hash.lo,
                                .tries = f->tries,
                                .most = s->bounds->most,
                                .each_ms = s->bounds->each_ms,
                                .lock_ms = s->bounds->lock_ms,
                                .lock_max_ms = s->bounds->lock_max_ms,
                                .calm_ms = s->bounds->calm_ms};
    own->call.in = in;
    own->call.item = s->hash.lo;
    own->call.key = (act_key){.merchant = g->merchant,
                              .subject = arena_printf(own->memory, "%016llx%016llx %016llx",
                                                      (unsigned long long)s->hash.hi,
                                                      (unsigned long long)s->hash.lo,
                                                      (unsigned long long)f->body),
                              .key = f->key,
                              .body = f->body};
    own->call.done = counted;
    own->call.context = s;
    atomic_fetch_add(&g->left, 1);
    result r = act_submit(&own->call);
    if (r == R_DONE)
        return;
    own->call.code = r;
    counted(&own->call);
}

void guess_fail(guess *g, const guess_failure *f)
{
    CHECK(!g->ended && f->tries > 0 && f->tries <= g->tries);
    g->failure = *f;
    atomic_init(&g->left, 1);
    atomic_init(&g->fresh, false);
    for (size_t i = 0; i < g->n; i++)
        submit(&g->seats[i]);
    one_less(g);
}
