/* kill: a real `quan serve` is killed with SIGKILL under load, again and again, and started on the
 * same data; a client outside (test/lib/oracle) knows what was acknowledged and checks after each
 * kill, over the API, that it is so, once, and that the same keys get the same answers.
 *
 * Shows that recovery is right. It says nothing of durability: the page cache survives a kill.
 *
 *   kill [--quan PROGRAM] [--kills N] [--seed N] [--keep]
 *
 * Last line: `N passed, N failed`: one for each kill, and for each store whether all wallets agree,
 * whether it stops orderly, and whether `quan verify` finds no difference. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "port/clock.h"
#include "port/random.h"
#include "test/fault/kill/audit.h"
#include "test/fault/kill/server.h"

enum {
    KILLS = 30,
    KILLS_NIGHTLY = 1000,
    KILLS_OF_STORE = 50, /* then a fresh one */
    CONNECTIONS = 64,
    READY_MS = 20000,
    STOP_MS = 30000,
    OLD_SAMPLE = 300,
    SETTLE_ROUNDS = 100,
    AGAIN_PERCENT = 20, /* killed again while it recovers */
    FLASH_STOCK = 300,
    AFTER_BRIEF_MS = 3500,
};

typedef struct options {
    const char *program;
    uint32_t kills;
    uint64_t seed;
    bool keep;
} options;

typedef struct storm {
    options o;
    dice dice;
    server server;
    client client;
    load load;
    wire *wire;
    str campaign;
    arena *memory; /* of one store */
    uint32_t passed, failed;
    /* figures */
    uint64_t told, reads, again, loaded_kills;
    uint32_t kills;
    int64_t ready_ms[KILLS_NIGHTLY * 2 + 64];
    uint32_t ready_n;
} storm;

static bool judge(storm *s, bool good, const char *what)
{
    if (good)
        s->passed++;
    else {
        s->failed++;
        printf("  FAILED: %s (kill %u)\n", what, s->kills);
    }
    return good;
}

/* ---- single requests, for the set-up ---- */

typedef struct question {
    storm *s;
    str target, body;
    bool asked;
    int status;
    str answer;
} question;

static bool question_next(void *context, uint64_t *tag, buf *out)
{
    question *q = context;
    if (q->asked)
        return false;
    q->asked = true;
    *tag = 0;
    request_post(&q->s->client, q->target, q->body, out);
    return true;
}

static void question_done(void *context, uint64_t tag, int status, str body)
{
    question *q = context;
    (void)tag;
    q->status = status;
    q->answer = arena_str(q->s->memory, body);
}

/* The id in the answer; the test ends when it is not a success. */
static str ask(storm *s, str target, str body)
{
    question q = {.s = s, .target = target, .body = body};
    wire_job job = {.context = &q, .next = question_next, .done = question_done};
    json *document = NULL;
    bool good = wire_run(s->wire, &job) && q.status >= 200 && q.status < 300 &&
                json_parse(q.answer, &document, NULL) == R_OK;
    if (!good) {
        printf("kill: POST %.*s: %d %.*s\n", STR_ARG(target), q.status, STR_ARG(q.answer));
        exit(3);
    }
    str id = arena_str(s->memory, request_text(document, "id"));
    json_free(document);
    return id;
}

static uint32_t make_campaign(storm *s, known_budget kind, int64_t total_minor)
{
    static const char window[] =
        "{\"from\":\"2020-01-01T00:00:00Z\",\"until\":\"2100-01-01T00:00:00Z\"}";
    str budget = kind == KNOWN_NO_BUDGET
                     ? S("")
                     : arena_printf(s->memory,
                                    ",\"budget\":{\"mode\":\"%s\",\"total\":{\"amount\":%" PRId64
                                    ",\"currency\":\"USD\"}}",
                                    kind == KNOWN_AT_ISSUE ? "at_issue" : "at_redeem", total_minor);
    str body = arena_printf(s->memory,
                            "{\"name\":\"Storm\",\"currency\":\"USD\",\"claim_window\":%s,"
                            "\"use_window\":%s%.*s}",
                            window, window, STR_ARG(budget));
    known_campaign c = {.budget = kind, .total_minor = total_minor};
    /* Bodies of equal campaigns would have equal keys. */
    c.id = ask(s, S("/v1/campaigns"), body);
    return history_campaign(s->client.h, &c);
}

static void make_template(storm *s, known_template t)
{
    str id = s->client.h->campaigns[t.campaign].id, limits = S(""), stock = S("");
    str benefit =
        t.amount_minor > 0
            ? arena_printf(s->memory,
                           "{\"kind\":\"amount_off\",\"amount\":{\"amount\":%" PRId64
                           ",\"currency\":\"USD\"}}",
                           t.amount_minor)
            : arena_printf(s->memory,
                           "{\"kind\":\"percent_off\",\"percent_bp\":%" PRId64
                           ",\"cap\":{\"amount\":%" PRId64 ",\"currency\":\"USD\"}}",
                           t.percent_bp, t.cap_minor);
    if (t.stock >= 0)
        stock = arena_printf(s->memory, ",\"stock\":%" PRId64, t.stock);
    if (t.per_user > 0)
        limits = arena_printf(s->memory,
                              ",\"limits\":[{\"measure\":\"claims\",\"subject\":\"user\","
                              "\"period\":\"ever\",\"max\":%u}]",
                              t.per_user);
    str body = arena_printf(s->memory,
                            "{\"name\":\"Template %u\",\"benefit\":%.*s,\"validity\":"
                            "{\"kind\":\"after_issue\",\"duration_days\":30}%.*s%.*s}",
                            s->client.h->template_n, STR_ARG(benefit), STR_ARG(stock),
                            STR_ARG(limits));
    t.id = ask(s, arena_printf(s->memory, "/v1/campaigns/%.*s/templates", STR_ARG(id)), body);
    (void)history_template(s->client.h, &t);
}

/* In the order of load.h. */
static void make_shop(storm *s)
{
    uint32_t plain = make_campaign(s, KNOWN_NO_BUDGET, 0);
    uint32_t at_redeem = make_campaign(s, KNOWN_AT_REDEEM, 400000);
    uint32_t at_issue = make_campaign(s, KNOWN_AT_ISSUE, 800000);
    known_template t = {.campaign = plain, .stock = -1, .percent_bp = 1500, .cap_minor = 2000};
    for (int i = LOAD_PLAIN; i < LOAD_STOCKED; i++)
        make_template(s, t);
    t.stock = 1000000;
    for (int i = LOAD_STOCKED; i < LOAD_LIMITED; i++)
        make_template(s, t);
    t = (known_template){.campaign = plain, .stock = -1, .per_user = 2, .amount_minor = 500};
    make_template(s, t);
    make_template(s, (known_template){.campaign = at_redeem, .stock = -1, .amount_minor = 500});
    make_template(s, (known_template){.campaign = at_issue, .stock = -1, .amount_minor = 500});
    for (uint32_t c = 0; c < s->client.h->campaign_n; c++)
        (void)ask(s,
                  arena_printf(s->memory, "/v1/campaigns/%.*s/state",
                               STR_ARG(s->client.h->campaigns[c].id)),
                  S("{\"state\":\"active\"}"));
}

/* ---- one store ---- */

static str command(storm *s, const char *const *arguments, int expected)
{
    buf out;
    buf_init(&out, 65536);
    int status = server_command(&s->server, arguments, &out);
    str text = arena_str(s->memory, str_trim(buf_view(&out)));
    buf_free(&out);
    if (status != expected) {
        printf("kill: quan %s %s: exit %d: %.*s\n", arguments[0], arguments[1], status,
               STR_ARG(text));
        exit(3);
    }
    return text;
}

/* The server is up and connected; counts how long that took. */
static bool come_up(storm *s)
{
    int64_t took = server_ready(&s->server, READY_MS);
    if (took < 0 || (s->wire = wire_open(s->server.port, CONNECTIONS)) == NULL) {
        printf("  the server did not come up: see %s\n", s->server.log);
        return false;
    }
    s->ready_ms[s->ready_n++] = took;
    return true;
}

static void open_store(storm *s, uint32_t number)
{
    server_new(&s->server, s->o.program);
    s->memory = arena_new(0);
    s->client = (client){.h = history_new()};
    s->client.run = arena_printf(s->memory, "kill-%u", number);
    load_init(&s->load, &s->client, s->o.seed * 1000 + number);
    const char *const merchant[] = {"admin", "merchant", "create", "--data", s->server.data,
                                    "--lanes", "2", "--name", "Storm", "--zone", "UTC",
                                    "--currency", "USD", NULL};
    str id = command(s, merchant, 0), first;
    CHECK(str_cut(&id, ' ', &first));
    const char *const key[] = {"admin", "key", "create", "--data", s->server.data, "--merchant",
                               arena_z(s->memory, first), "--name", "kill", NULL};
    s->client.key = command(s, key, 0);
    char path[SERVER_PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/oracle.log", s->server.folder);
    s->load.log = fopen(path, "we");
    CHECK(s->load.log != NULL);
    server_start(&s->server);
    if (!come_up(s))
        exit(3);
    make_shop(s);
}

static void close_store(storm *s, bool keep)
{
    server_kill(&s->server);
    wire_close(s->wire);
    s->wire = NULL;
    (void)fclose(s->load.log);
    if (keep)
        printf("  kept: %s\n", s->server.folder);
    else
        server_remove(&s->server);
    load_free(&s->load);
    history_free(s->client.h);
    arena_free(s->memory);
}

/* ---- one kill ---- */

static void strike(void *context)
{
    storm *s = context;
    server_kill(&s->server);
}

static uint32_t unknown(const storm *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->client.h->n; i++)
        n += s->client.h->ops[i].state == OP_SENT;
    return n;
}

/* Load until the kill: 0.05 to 2 s, more often short. */
static bool load_and_kill(storm *s)
{
    uint32_t u = dice_below(&s->dice, 1000);
    int64_t after = 50 + (int64_t)u * u * 1950 / 1000000;
    wire_job job = {.context = &s->load,
                    .next = load_next,
                    .done = load_done,
                    .strike_at_ms = clock_monotonic_ms() + after,
                    .strike = strike};
    struct strike_context {
        int unused;
    };
    bool good = wire_run(s->wire, &job);
    wire_close(s->wire);
    s->wire = NULL;
    return good;
}

typedef struct resend {
    storm *s;
    uint32_t at, left;
    bool unknown; /* those without an answer, in order; else `left` of the old ones */
} resend;

static bool resend_next(void *context, uint64_t *tag, buf *out)
{
    resend *r = context;
    const history *h = r->s->client.h;
    if (!r->unknown) {
        if (r->left == 0 || h->n == 0)
            return false;
        r->left--;
        r->at = dice_below(&r->s->dice, h->n);
    }
    while (r->unknown && r->at < h->n && h->ops[r->at].state != OP_SENT)
        r->at++;
    if (r->at >= h->n)
        return false;
    *tag = r->at;
    load_send(&r->s->load, r->at, out);
    r->at += r->unknown;
    return true;
}

static bool send_again(storm *s)
{
    for (int i = 0; i < SETTLE_ROUNDS && unknown(s) > 0; i++) {
        resend r = {.s = s, .unknown = true};
        wire_job job = {.context = &s->load, .done = load_done};
        job.next = resend_next;
        job.context = &r;
        if (i > 0)
            (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        if (!wire_run(s->wire, &job))
            return false;
    }
    resend r = {.s = s, .left = OLD_SAMPLE};
    wire_job job = {.context = &r, .next = resend_next, .done = load_done};
    return wire_run(s->wire, &job);
}

static bool check_state(storm *s, uint32_t first_op, bool whole)
{
    audit a = {.client = &s->client,
               .wire = s->wire,
               .dice = &s->dice,
               .first_op = first_op,
               .whole = whole};
    return audit_run(&a, &s->reads);
}
