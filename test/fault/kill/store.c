/* See storm.h: the store of a storm, and its shop. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "test/fault/kill/storm.h"
#include "test/lib/database.h"

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

/* The answer; the test ends when it is not a success. */
static str answer_to(storm *s, str target, str body)
{
    question q = {.s = s, .target = target, .body = body};
    wire_job job = {.context = &q, .next = question_next, .done = question_done};
    if (!wire_run(s->wire, &job) || q.status < 200 || q.status >= 300) {
        printf("kill: POST %.*s: %d %.*s\n", STR_ARG(target), q.status, STR_ARG(q.answer));
        exit(3);
    }
    return q.answer;
}

/* The id in it. */
static str ask(storm *s, str target, str body)
{
    json *document = NULL;
    result r = json_parse(answer_to(s, target, body), &document, NULL);
    CHECK(r == R_DONE);
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
                            "{\"name\":\"Storm %u\",\"currency\":\"USD\",\"claim_window\":%s,"
                            "\"use_window\":%s%.*s}",
                            s->client.h->campaign_n, window, window, STR_ARG(budget));
    known_campaign c = {.budget = kind, .total_minor = total_minor};
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
                           "{\"kind\":\"percent_off\",\"percent\":\"%" PRId64 ".%02" PRId64
                           "\",\"cap\":{\"amount\":%" PRId64 ",\"currency\":\"USD\"}}",
                           t.percent_bp / 100, t.percent_bp % 100, t.cap_minor);
    if (t.stock >= 0)
        stock = arena_printf(s->memory, ",\"stock\":%" PRId64, t.stock);
    if (t.per_user > 0)
        limits = arena_printf(s->memory,
                              ",\"limits\":[{\"measure\":\"claims\",\"subject\":\"user\","
                              "\"period\":\"ever\",\"max\":%u}]",
                              t.per_user);
    if (t.per_device > 0)
        limits = arena_printf(s->memory,
                              ",\"limits\":[{\"measure\":\"claims\",\"subject\":\"device\","
                              "\"period\":\"ever\",\"max\":%u},{\"measure\":\"redemptions\","
                              "\"subject\":\"device\",\"period\":\"ever\",\"max\":1000000}]",
                              t.per_device);
    str body =
        arena_printf(s->memory,
                     "{\"name\":\"Template %u\",\"benefit\":%.*s,\"validity\":"
                     "{\"kind\":\"after_issue\",\"duration_days\":30},"
                     "\"transfer\":{\"at_most\":16}%.*s%.*s}",
                     s->client.h->template_n, STR_ARG(benefit), STR_ARG(stock), STR_ARG(limits));
    t.id = ask(s, arena_printf(s->memory, "/v1/campaigns/%.*s/templates", STR_ARG(id)), body);
    (void)history_template(s->client.h, &t);
}

/* Codes that are exchanged for this template. */
static void make_codes(storm *s, uint32_t template, uint32_t n)
{
    history *h = s->client.h;
    known_code one = {.template = template};
    str body = arena_printf(s->memory,
                            "{\"name\":\"Batch %u\",\"format\":\"%.*s\",\"template\":\"%.*s\","
                            "\"count\":%u}",
                            h->batch_n, STR_ARG(s->format), STR_ARG(h->templates[template].id), n);
    str id = ask(s, S("/v1/codes/batches"), body), line;
    one.batch = history_codes(h, id);
    str rest = answer_to(s, arena_printf(s->memory, "/v1/codes/batches/%.*s/export", STR_ARG(id)),
                         S("{}"));
    CHECK(str_cut(&rest, '\n', &line)); /* the heading */
    for (; str_cut(&rest, '\n', &line); n--) {
        one.text = str_trim(line);
        (void)history_code(h, &one);
    }
    CHECK(n == 0);
}

void storm_codes(storm *s)
{
    history *h = s->client.h;
    s->load.code_at = h->code_n;
    make_codes(s, LOAD_PLAIN, CODES);
    make_codes(s, LOAD_LIMITED, CODES);
    make_codes(s, LOAD_DEVICE, CODES);
    make_codes(s, h->template_n - 1, CODES); /* of the stage */
}

void storm_flash(storm *s)
{
    make_template(s, (known_template){.campaign = s->client.h->templates[LOAD_PLAIN].campaign,
                                      .stock = FLASH_STOCK,
                                      .per_user = 2,
                                      .amount_minor = 500});
}

static void activate(storm *s, uint32_t campaign)
{
    (void)ask(s,
              arena_printf(s->memory, "/v1/campaigns/%.*s/state",
                           STR_ARG(s->client.h->campaigns[campaign].id)),
              S("{\"state\":\"active\"}"));
}

void storm_stage(storm *s)
{
    uint32_t campaign = make_campaign(s, KNOWN_NO_BUDGET, 0);
    activate(s, campaign);
    make_template(s, (known_template){.campaign = campaign, .stock = -1, .amount_minor = 500});
    load_stage(&s->load);
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
    make_template(
        s, (known_template){
               .campaign = plain, .stock = -1, .per_device = DEVICE_CLAIMS, .amount_minor = 500});
    make_template(s, (known_template){.campaign = at_redeem, .stock = -1, .amount_minor = 500});
    make_template(s, (known_template){.campaign = at_issue, .stock = -1, .amount_minor = 500});
    make_template(s,
                  (known_template){.campaign = plain, .stock = VARIED_STOCK, .amount_minor = 500});
    for (uint32_t c = 0; c < s->client.h->campaign_n; c++)
        activate(s, c);
    s->format = ask(s, S("/v1/codes/formats"),
                    S("{\"name\":\"Storm\",\"length\":12,\"expected_codes\":100000}"));
}

/* ---- one store ---- */

int storm_command(storm *s, const char *const *arguments, str *out)
{
    buf text;
    buf_init(&text, 1 << 20);
    int status = server_command(&s->servers[0], arguments, &text);
    *out = arena_str(s->memory, str_trim(buf_view(&text)));
    buf_free(&text);
    return status;
}

static str command(storm *s, const char *const *arguments)
{
    str text;
    int status = storm_command(s, arguments, &text);
    if (status != 0) {
        printf("kill: quan %s %s: exit %d: %.*s; see %s\n", arguments[0], arguments[1], status,
               STR_ARG(text), s->servers[0].log);
        exit(3);
    }
    return text;
}

/* The servers are up and connected; counts how long that took. */
bool storm_come_up(storm *s)
{
    uint16_t ports[STORM_SERVERS_MAX];
    int64_t took = 0;
    for (uint32_t i = 0; i < s->server_n && took >= 0; i++) {
        int64_t its = server_ready(&s->servers[i], READY_MS);
        took = its < 0 || its > took ? its : took;
        ports[i] = s->servers[i].port;
    }
    if (took < 0 || (s->wire = wire_open(ports, s->server_n, CONNECTIONS)) == NULL) {
        printf("  the server did not come up: see server.log in %s\n", s->servers[0].folder);
        return false;
    }
    if (s->ready_n < READY_FIGURES_MAX)
        s->ready_ms[s->ready_n++] = took;
    return true;
}

/* Each looks twice a second. */
void storm_share(const storm *s)
{
    if (s->server_n > 1)
        (void)nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
}

/* ---- a store and its servers ---- */

static void make_servers(storm *s)
{
    bool several = s->engine == STORM_PG2;
    size_t n = several ? STORM_DATABASES_MAX : s->engine == STORM_PG ? 1 : 0;
    for (size_t i = 0; i < n; i++)
        s->databases[i] = database_take();
    const char *databases =
        n == 0   ? NULL
        : n == 1 ? s->databases[0]
                 : arena_printf(s->memory, "%s, %s", s->databases[0], s->databases[1]).p;
    const char *peers = several ? arena_printf(s->memory, "a=127.0.0.1:%u,b=127.0.0.1:%u",
                                               server_free_port(), server_free_port())
                                      .p
                                : NULL;
    s->server_n = several ? STORM_SERVERS_MAX : 1;
    for (uint32_t i = 0; i < s->server_n; i++) {
        server_new(&s->servers[i], s->o.program, databases);
        s->servers[i].peers = peers;
        s->servers[i].name = i == 0 ? "a" : "b";
    }
}

void storm_open(storm *s, uint32_t number)
{
    s->memory = arena_new(0);
    make_servers(s);
    const server *at = &s->servers[0];
    s->client = (client){.h = history_new()};
    s->client.run = arena_printf(s->memory, "kill-%u", number);
    load_init(&s->load, &s->client, s->o.seed * 1000 + number);
    const char *const merchant[] = {"admin",
                                    "merchant",
                                    "create",
                                    at->flag,
                                    at->place,
                                    "--lanes",
                                    s->server_n > 1 ? "4" : "2",
                                    "--name",
                                    "Storm",
                                    "--zone",
                                    "UTC",
                                    "--currency",
                                    "USD",
                                    NULL};
    str id = command(s, merchant), first;
    CHECK(str_cut(&id, ' ', &first));
    const char *const key[] = {
        "admin",  "key",  "create", at->flag, at->place, "--merchant", arena_z(s->memory, first),
        "--name", "kill", NULL};
    s->client.key = command(s, key);
    char path[SERVER_PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/oracle.log", at->folder);
    s->load.log = fopen(path, "we");
    CHECK(s->load.log != NULL);
    for (uint32_t i = 0; i < s->server_n; i++)
        server_start(&s->servers[i]);
    if (!storm_come_up(s))
        exit(3);
    make_shop(s);
}

void storm_close(storm *s, bool keep)
{
    for (uint32_t i = 0; i < s->server_n; i++)
        server_kill(&s->servers[i]);
    wire_close(s->wire);
    s->wire = NULL;
    (void)fclose(s->load.log);
    for (uint32_t i = 0; i < s->server_n; i++) {
        if (keep)
            printf("  kept: %s\n", s->servers[i].folder);
        else
            server_remove(&s->servers[i]);
    }
    for (size_t i = 0; i < STORM_DATABASES_MAX; i++) {
        database_give(s->databases[i]);
        s->databases[i] = NULL;
    }
    load_free(&s->load);
    history_free(s->client.h);
    arena_free(s->memory);
}
