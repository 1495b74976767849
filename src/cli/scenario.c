/* See scenario.h. Names (`as`) stand for ids of earlier answers: "$name" in any text of a later
 * step. */
#include "cli/scenario.h"

#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "cli/scenario_counts.h"

enum { SCENARIO_WHY_MAX = 4096, SCENARIO_BODY_MAX = 4 * 1024 * 1024, TIMES_SHIFT = 20 };

enum { FILL_USER = 1, FILL_CART = 2, FILL_ORDER = 4 };
typedef struct step_kind {
    str name;
    const char *method;
    str path; /* {member}: taken out of the body */
    unsigned fills;
} step_kind;

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
static const step_kind kinds[] = {
    {TEXT("quote"), "POST", TEXT("/v1/quotes"), FILL_USER | FILL_CART},
    {TEXT("hold"), "POST", TEXT("/v1/holds"), FILL_USER | FILL_CART | FILL_ORDER},
    {TEXT("redeem"), "POST", TEXT("/v1/redemptions"), FILL_USER | FILL_CART | FILL_ORDER},
    {TEXT("release"), "POST", TEXT("/v1/holds/{hold}/release"), 0},
    {TEXT("return"), "POST", TEXT("/v1/redemptions/{redemption}/returns"), 0},
    {TEXT("claim"), "POST", TEXT("/v1/claims"), FILL_USER},
    {TEXT("void"), "POST", TEXT("/v1/coupons/{coupon}/void"), 0},
    {TEXT("campaign"), "POST", TEXT("/v1/campaigns"), 0},
    {TEXT("template"), "POST", TEXT("/v1/campaigns/{campaign}/templates"), 0},
    {TEXT("state"), "POST", TEXT("/v1/campaigns/{campaign}/state"), 0},
    {TEXT("edit"), "PATCH", TEXT("/v1/templates/{template}"), 0},
    {TEXT("coupon"), "GET", TEXT("/v1/coupons/{coupon}"), 0},
    {TEXT("stats"), "GET", TEXT("/v1/campaigns/{campaign}/stats"), 0},
};

typedef struct known_name {
    str name, id;
} known_name;

typedef struct scenario {
    sandbox box;
    arena *memory;
    const json *root;
    uint64_t line;
    str key;
    uint64_t merchant;
    known_name names[SCENARIO_NAMES_MAX];
    size_t name_count;
    str place; /* of the step at hand: "steps[2]" */
    size_t step;
    buf *out;
    json_writer w;
    str code, field, detail; /* the error; code is empty without one */
} scenario;

static void fail(scenario *s, str code, str field, str detail)
{
    if (s->code.n > 0)
        return; /* the first one is told */
    s->code = code;
    s->field = field;
    s->detail = detail;
}

static void fail_member(scenario *s, str name, str code, str detail)
{
    fail(s, code, arena_printf(s->memory, "%.*s.%.*s", STR_ARG(s->place), STR_ARG(name)), detail);
}

/* ---- bodies ---- */

static str id_of(const scenario *s, str name)
{
    for (size_t i = 0; i < s->name_count; i++)
        if (str_eq(s->names[i].name, name))
            return s->names[i].id;
    return (str){NULL, 0};
}

/* What a text stands for: "$name" an id, "$$…" itself from the second character on. */
static str meant(scenario *s, str text)
{
    if (text.n < 2 || text.p[0] != '$')
        return text;
    str rest = {text.p + 1, text.n - 1};
    if (rest.p[0] == '$')
        return rest;
    str id = id_of(s, rest);
    if (id.n == 0)
        fail(s, S("unknown_name"), s->place,
             arena_printf(s->memory, "%.*s: no step before is called so", STR_ARG(text)));
    return id;
}

static void write_value(scenario *s, const json *v, json_writer *w);

static void write_members(scenario *s, const json *object, str without, json_writer *w)
{
    void *iterator = NULL;
    str name;
    const json *value;
    while (json_next(object, &iterator, &name, &value)) {
        if (without.n > 0 && str_eq(name, without))
            continue;
        json_key(w, name);
        write_value(s, value, w);
    }
}

static void write_value(scenario *s, const json *v, json_writer *w)
{
    buf text;
    switch (json_kind_of(v)) {
    case JSON_KIND_STR:
        json_put_str(w, meant(s, json_str(v)));
        return;
    case JSON_KIND_OBJECT:
        json_begin_object(w);
        write_members(s, v, S(""), w);
        json_end_object(w);
        return;
    case JSON_KIND_ARRAY:
        json_begin_array(w);
        for (const json *item = NULL; (item = json_item_next(v, item)) != NULL;)
            write_value(s, item, w);
        json_end_array(w);
        return;
    default:
        buf_init(&text, SCENARIO_WHY_MAX);
        json_text(v, &text);
        json_put_raw(w, buf_view(&text));
        buf_free(&text);
    }
}

static void fill(scenario *s, const json *body, str name, json_writer *w)
{
    const json *value = json_field(s->root, name);
    if (value == NULL || json_field(body, name) != NULL)
        return;
    json_key(w, name);
    write_value(s, value, w);
}

/* With the history of the scenario, where it has none of its own. */
static void fill_cart(scenario *s, const json *body, json_writer *w)
{
    const json *basket = json_field(body, S("cart"));
    basket = basket == NULL ? json_field(s->root, S("cart")) : basket;
    if (basket == NULL)
        return;
    json_key(w, S("cart"));
    if (json_kind_of(basket) != JSON_KIND_OBJECT) {
        write_value(s, basket, w);
        return;
    }
    json_begin_object(w);
    write_members(s, basket, S(""), w);
    fill(s, basket, S("shopper"), w);
    json_end_object(w);
}

/* The member of the body that the path names, e.g. "hold"; empty: none. */
static str path_member(const step_kind *k)
{
    const char *from = memchr(k->path.p, '{', k->path.n);
    const char *to = memchr(k->path.p, '}', k->path.n);
    return from == NULL ? (str){NULL, 0} : (str){from + 1, (size_t)(to - from - 1)};
}

static str target_of(scenario *s, const step_kind *k, const json *body)
{
    str named = path_member(k);
    if (named.n == 0)
        return k->path;
    const json *value = json_field(body, named);
    if (json_kind_of(value) != JSON_KIND_STR) {
        fail_member(s, k->name, S("required"),
                    arena_printf(s->memory, "%.*s: the name or id of one", STR_ARG(named)));
        return k->path;
    }
    size_t before = (size_t)(named.p - 1 - k->path.p);
    const char *rest = named.p + named.n + 1;
    return arena_printf(s->memory, "%.*s%.*s%.*s", (int)before, k->path.p,
                        STR_ARG(meant(s, json_str(value))), (int)(k->path.p + k->path.n - rest),
                        rest);
}

static str body_of(scenario *s, const step_kind *k, const json *body, uint64_t time)
{
    if (strcmp(k->method, "GET") == 0)
        return (str){NULL, 0};
    buf text;
    buf_init(&text, SCENARIO_BODY_MAX);
    json_writer w = json_writer_on(&text);
    unsigned fills = json_field(body, S("hold")) != NULL ? 0 : k->fills;
    bool has_cart = (fills & FILL_CART) != 0;
    json_begin_object(&w);
    write_members(s, body, has_cart ? S("cart") : path_member(k), &w);
    if ((fills & FILL_USER) != 0)
        fill(s, body, S("user"), &w);
    if (has_cart)
        fill_cart(s, body, &w);
    if ((fills & FILL_ORDER) != 0 && json_field(body, S("order_number")) == NULL) {
        json_key(&w, S("order_number"));
        json_put_str(
            &w, arena_printf(s->memory, "step-%zu-%llu", s->step + 1, (unsigned long long)time));
    }
    json_end_object(&w);
    str copy = arena_str(s->memory, buf_view(&text));
    if (buf_overflowed(&text))
        fail_member(s, k->name, S("too_long"), S("a body of at most 4 MiB"));
    buf_free(&text);
    return copy;
}

/* ---- answers ---- */

static void remember(scenario *s, str name, str id)
{
    if (s->name_count == SCENARIO_NAMES_MAX) {
        fail_member(s, S("as"), S("too_many"), S("at most 1000 names"));
        return;
    }
    s->names[s->name_count++] = (known_name){arena_str(s->memory, name), arena_str(s->memory, id)};
}

/* The n-th of several: name, name.2 … */
static void remember_nth(scenario *s, str name, size_t n, str id)
{
    remember(s, n == 1 ? name : arena_printf(s->memory, "%.*s.%zu", STR_ARG(name), n), id);
}

/* False: it gives no name, or no good one. */
static bool names_it(scenario *s, const json *as)
{
    bool good =
        json_kind_of(as) == JSON_KIND_STR && json_str(as).n > 0 && id_of(s, json_str(as)).n == 0;
    if (as != NULL && !good)
        fail_member(s, S("as"), S("not_allowed"), S("a text that no other step has"));
    return good;
}

/* The id of the answer; of a claim those of its coupons. */
static void remember_answer(scenario *s, const json *as, str answer)
{
    json *document;
    if (!names_it(s, as))
        return;
    if (json_parse(answer, &document, NULL) != R_DONE)
        return;
    const json *id = json_field(document, S("id"));
    if (json_kind_of(id) == JSON_KIND_STR)
        remember(s, json_str(as), json_str(id));
    const json *coupons = id == NULL ? json_field(document, S("coupons")) : NULL;
    size_t n = 0;
    for (const json *item = NULL; (item = json_item_next(coupons, item)) != NULL;) {
        const json *of = json_field(item, S("id"));
        n++;
        if (json_kind_of(of) == JSON_KIND_STR)
            remember_nth(s, json_str(as), n, json_str(of));
    }
    json_free(document);
}

static void put_answer(scenario *s, const step_kind *k, const http_answer *a)
{
    json_writer *w = &s->w;
    json_begin_object(w);
    json_key(w, S("step"));
    json_put_str(w, k->name);
    json_key(w, S("at"));
    json_put_time(w, atomic_load(&s->box.now_ms));
    json_key(w, S("status"));
    json_put_i64(w, a->status);
    if (a->body.n > 0) {
        json_key(w, S("answer"));
        json_put_raw(w, a->body);
    }
    json_end_object(w);
    bool wrong = a->status == 400 || a->status == 404 || a->status == 413 || a->status == 422;
    if (wrong || a->status == 0 || a->status >= 500)
        fail_member(s, k->name, wrong ? S("wrong") : S("failed"),
                    arena_printf(s->memory, "answered with %d", a->status));
}

/* ---- steps ---- */

static http_answer ask(scenario *s, const step_kind *k, const json *body, uint64_t time)
{
    uint64_t trace = (s->line << TIMES_SHIFT) + s->step + 1;
    sandbox_ask asked = {.method = k->method,
                         .key = s->key,
                         .target = target_of(s, k, body),
                         .body = body_of(s, k, body, time),
                         .trace = trace};
    if (s->code.n > 0)
        return (http_answer){0};
    if (strcmp(k->method, "PATCH") == 0) {
        sandbox_ask look = {"GET", s->key, asked.target, S(""), S(""), trace};
        http_answer now = sandbox_request(&s->box, &look, s->memory);
        asked.if_match = http_answer_field(&now, S("ETag"));
    }
    return sandbox_request(&s->box, &asked, s->memory);
}

static uint64_t times_of(scenario *s, const json *step)
{
    const json *times = json_field(step, S("times"));
    if (times == NULL)
        return 1;
    if (json_kind_of(times) == JSON_KIND_INT && json_int(times) >= 1 &&
        json_int(times) <= SCENARIO_TIMES_MAX)
        return (uint64_t)json_int(times);
    fail_member(s, S("times"), S("out_of_range"), S("a number from 1 to 10000"));
    return 0;
}

static void run_request(scenario *s, const step_kind *k, const json *step)
{
    const json *body = json_field(step, k->name);
    if (json_kind_of(body) != JSON_KIND_OBJECT) {
        fail_member(s, k->name, S("wrong_type"), S("an object"));
        return;
    }
    uint64_t times = times_of(s, step);
    http_answer a = {0};
    for (uint64_t i = 1; i <= times && s->code.n == 0; i++)
        a = ask(s, k, body, i);
    if (s->code.n > 0)
        return;
    put_answer(s, k, &a); /* of several the last one */
    remember_answer(s, json_field(step, S("as")), a.body);
}

static void set_clock(scenario *s, int64_t to_ms, str name)
{
    if (to_ms < atomic_load(&s->box.now_ms) || to_ms > TIME_MAX_MS)
        fail_member(s, name, S("out_of_range"), S("time does not go back"));
    else
        atomic_store(&s->box.now_ms, to_ms);
}

/* False: the step is no step of time. */
static bool run_time(scenario *s, const json *step)
{
    const json *at = json_field(step, S("at")), *pass = json_field(step, S("pass_seconds"));
    int64_t to_ms;
    if (at != NULL) {
        if (json_kind_of(at) == JSON_KIND_STR && time_parse(json_str(at), &to_ms))
            set_clock(s, to_ms, S("at"));
        else
            fail_member(s, S("at"), S("bad_format"), S("an RFC 3339 time"));
    } else if (pass != NULL) {
        int64_t most = (TIME_MAX_MS - atomic_load(&s->box.now_ms)) / MS_SECOND;
        if (json_kind_of(pass) == JSON_KIND_INT && json_int(pass) >= 0 && json_int(pass) <= most)
            set_clock(s, atomic_load(&s->box.now_ms) + json_int(pass) * MS_SECOND,
                      S("pass_seconds"));
        else
            fail_member(s, S("pass_seconds"), S("out_of_range"), S("seconds, from 0 on"));
    }
    return at != NULL || pass != NULL;
}

/* The kind that the step names; and every other member is one that it may have. */
static const step_kind *kind_of(scenario *s, const json *step)
{
    const step_kind *found = NULL;
    void *iterator = NULL;
    str name;
    const json *value;
    while (json_next(step, &iterator, &name, &value)) {
        const step_kind *k = NULL;
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
            if (str_eq(kinds[i].name, name))
                k = &kinds[i];
        bool aside = str_eq(name, S("as")) || str_eq(name, S("times"));
        if ((k == NULL && !aside) || (k != NULL && found != NULL))
            fail_member(s, name, S("unknown_field"), S("one step, `as` and `times`"));
        found = k != NULL ? k : found;
    }
    if (found == NULL)
        fail(s, S("required"), s->place, S("a step: quote, hold, redeem, at …"));
    return found;
}

/* What has happened before: {"counts": {…}, "as": …}, which names coupons that are left. */
static void run_counts(scenario *s, const json *step, const json *body)
{
    const json *as = json_field(step, S("as")), *of = json_field(body, S("template"));
    str place = s->place;
    stated_made made;
    if (json_count(step) > (as == NULL ? 1 : 2)) {
        fail(s, S("unknown_field"), place, S("counts, and `as`"));
        return;
    }
    s->place = arena_printf(s->memory, "%.*s.counts", STR_ARG(place));
    if (json_kind_of(body) != JSON_KIND_OBJECT || json_kind_of(of) != JSON_KIND_STR) {
        fail_member(s, S("template"), S("required"), S("the name or id of one"));
        return;
    }
    stated_ask ask = {&s->box, s->merchant, meant(s, json_str(of)), body, s->step, s->memory};
    if (s->code.n > 0)
        return;
    if (!counts_make(&ask, &made)) {
        fail_member(s, made.member, made.code, made.detail);
        return;
    }
    counts_put(&made, atomic_load(&s->box.now_ms), &s->w);
    s->place = place;
    bool named = names_it(s, as);
    for (size_t i = 0; named && s->code.n == 0 && i < made.left_count; i++) {
        char id[ID_TEXT_MAX];
        remember_nth(s, json_str(as), i + 1,
                     (str){id, (size_t)id_text(ID_COUPON, made.left[i], id)});
    }
}

static void run_step(scenario *s, const json *step)
{
    if (json_kind_of(step) != JSON_KIND_OBJECT) {
        fail(s, S("wrong_type"), s->place, S("an object"));
        return;
    }
    if (json_count(step) == 1 && run_time(s, step))
        return;
    const json *counts = json_field(step, S("counts"));
    if (counts != NULL) {
        run_counts(s, step, counts);
        return;
    }
    const step_kind *k = kind_of(s, step);
    if (s->code.n == 0)
        run_request(s, k, step);
}

static void run_steps(scenario *s)
{
    const json *steps = json_field(s->root, S("steps"));
    const json *step = NULL;
    if (json_kind_of(steps) != JSON_KIND_ARRAY || json_count(steps) > SCENARIO_STEPS_MAX) {
        fail(s, S("required"), S("steps"), S("an array of at most 1000 steps"));
        return;
    }
    json_key(&s->w, S("steps"));
    json_begin_array(&s->w);
    while (s->code.n == 0 && (step = json_item_next(steps, step)) != NULL) {
        s->place = arena_printf(s->memory, "steps[%zu]", s->step);
        run_step(s, step);
        s->step++;
    }
    json_end_array(&s->w);
}

/* ---- the shop ---- */

static void put_default(const json *given, str name, str value, json_writer *w)
{
    if (json_field(given, name) != NULL)
        return;
    json_key(w, name);
    json_put_str(w, value);
}

/* A merchant as the API makes it. */
static void make_merchant(scenario *s)
{
    const json *given = json_field(s->root, S("merchant"));
    buf text;
    buf_init(&text, SCENARIO_BODY_MAX);
    json_writer w = json_writer_on(&text);
    json_begin_object(&w);
    write_members(s, given, S(""), &w);
    put_default(given, S("name"), S("Shop"), &w);
    put_default(given, S("zone"), S("UTC"), &w);
    put_default(given, S("currency"), S("USD"), &w);
    json_end_object(&w);
    sandbox_ask asked = {.method = "POST",
                         .key = s->box.operator_key,
                         .target = S("/v1/merchants"),
                         .body = buf_view(&text),
                         .trace = s->line << TIMES_SHIFT};
    http_answer a = sandbox_request(&s->box, &asked, s->memory);
    buf_free(&text);
    json *document = NULL;
    if (a.status == 201 && json_parse(a.body, &document, NULL) == R_DONE &&
        id_parse(ID_MERCHANT, json_str(json_field(document, S("id"))), &s->merchant))
        s->key = sandbox_key(&s->box, s->merchant, s->memory);
    json_free(document);
    if (s->key.n == 0)
        fail(s, S("wrong"), S("merchant"), arena_str(s->memory, a.body));
}

static bool is_member(str name)
{
    static const str members[] = {TEXT("name"), TEXT("at"),      TEXT("merchant"), TEXT("user"),
                                  TEXT("cart"), TEXT("shopper"), TEXT("steps")};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (str_eq(members[i], name))
            return true;
    return false;
}

/* Checks the members beside the steps; gives the moment at which the scenario begins. */
static int64_t begin(scenario *s)
{
    void *iterator = NULL;
    str name;
    const json *value;
    int64_t at_ms = 0;
    if (json_kind_of(s->root) != JSON_KIND_OBJECT)
        fail(s, S("wrong_type"), S(""), S("an object with steps"));
    while (json_next(s->root, &iterator, &name, &value))
        if (!is_member(name))
            fail(s, S("unknown_field"), arena_str(s->memory, name),
                 S("the members are name, at, merchant, user, cart, shopper and steps"));
    const json *at = json_field(s->root, S("at"));
    if (json_kind_of(at) != JSON_KIND_STR || !time_parse(json_str(at), &at_ms) || at_ms < 0 ||
        at_ms > TIME_MAX_MS)
        fail(s, S("required"), S("at"), S("the moment at which it begins, RFC 3339"));
    const json *label = json_field(s->root, S("name"));
    if (json_kind_of(label) == JSON_KIND_STR) {
        json_key(&s->w, S("name"));
        json_put_str(&s->w, json_str(label));
    }
    return at_ms;
}

static cli_exit run(const cli_context *c, scenario *s)
{
    int64_t at_ms = begin(s);
    if (s->code.n > 0)
        return CLI_OK;
    cli_exit code = sandbox_open(c, at_ms, s->memory, &s->box);
    if (code == CLI_OK)
        make_merchant(s);
    if (code == CLI_OK && s->code.n == 0)
        run_steps(s);
    sandbox_close(&s->box);
    return code;
}

static void put_error(scenario *s)
{
    json_writer *w = &s->w;
    json_key(w, S("error"));
    json_begin_object(w);
    json_key(w, S("code"));
    json_put_str(w, s->code);
    json_key(w, S("field"));
    json_put_str(w, s->field);
    json_key(w, S("detail"));
    json_put_str(w, s->detail);
    json_end_object(w);
}

cli_exit scenario_run(const cli_context *c, str text, uint64_t line, buf *out, bool *wrong)
{
    arena *memory = arena_new(0);
    scenario *s = ARENA_NEW(memory, scenario);
    *s = (scenario){.memory = memory, .line = line, .out = out, .w = json_writer_on(out)};
    buf why;
    buf_init(&why, SCENARIO_WHY_MAX);
    json *root = NULL;
    json_begin_object(&s->w);
    json_key(&s->w, S("line"));
    json_put_u64(&s->w, line);
    cli_exit code = CLI_OK;
    if (json_parse(text, &root, &why) == R_DONE) {
        s->root = root;
        code = run(c, s);
    } else {
        fail(s, S("malformed"), S(""), buf_view(&why));
    }
    if (s->code.n > 0)
        put_error(s);
    json_end_object(&s->w);
    *wrong = s->code.n > 0;
    json_free(root);
    buf_free(&why);
    arena_free(memory);
    return code;
}
