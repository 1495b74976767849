/* See admit.h. */
#include "api/admit.h"

#include <inttypes.h>

#include "api/throttle.h"
#include "base/hash.h"
#include "domain/campaign/rules.h"
#include "port/clock.h"
#include "port/metric.h"
#include "port/secret.h"

enum { WHY_MAX = 1024, KEY_MAX = ACT_KEY_MAX, VERSION_DIGITS_MAX = 9 };

static const wire_type nothing = {.name = {"nothing", 7}, .size = 1};

/* ---- who ---- */

static bool same_word(str a, const char *lower, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = a.p[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != lower[i])
            return false;
    }
    return true;
}

static bool bearer_of(const http_exchange *x, str *key)
{
    static const char scheme[] = "bearer ";
    str field = http_header(x, S("Authorization"));
    size_t n = sizeof scheme - 1;
    if (http_header_count(x, S("Authorization")) != 1 || field.n <= n ||
        !same_word(field, scheme, n))
        return false;
    *key = str_trim((str){field.p + n, field.n - n});
    return true;
}

static uint32_t scope_bit(api_scope scope)
{
    switch (scope) {
    case SCOPE_ISSUE:
        return KEY_ISSUE;
    case SCOPE_REDEEM:
        return KEY_REDEEM;
    case SCOPE_READ:
        return KEY_READ;
    case SCOPE_NONE:
        return 0;
    case SCOPE_OPERATOR:
    case SCOPE_ADMIN:
        return KEY_ADMIN;
    }
    UNREACHABLE();
}

static result admit_who(api_call *c)
{
    if (c->operation->scope == SCOPE_NONE)
        return R_DONE;
    str key;
    if (!bearer_of(c->x, &key) || !secret_key_is_wellformed(key))
        return R_UNAUTHENTICATED;
    hash128 h = secret_key_hash(key);
    return app_authenticate(c->app, h.hi, h.lo, &c->who) ? R_DONE : R_UNAUTHENTICATED;
}

static result admit_scope(const api_call *c, str *why)
{
    if (c->operation->scope == SCOPE_NONE)
        return R_DONE;
    bool operator_wanted = c->operation->scope == SCOPE_OPERATOR;
    if (operator_wanted != (c->who.merchant == 0)) {
        *why = operator_wanted ? S("This needs a key of the operator.")
                               : S("This needs a key of a merchant.");
        return R_FORBIDDEN;
    }
    uint32_t bit = scope_bit(c->operation->scope);
    return (c->who.scopes & bit) == bit ? R_DONE : R_FORBIDDEN;
}

/* ---- how often ---- */

static result admit_rate(api_call *c)
{
    if (c->api->throttle == NULL || c->operation->scope == SCOPE_NONE)
        return R_DONE;
    throttle_verdict v = throttle_take(c->api->throttle, c->who.key, clock_monotonic_ns());
    http_add_header(
        c->x, S("RateLimit-Policy"),
        arena_printf(c->memory, "\"key\";q=%" PRId64 ";w=%" PRId64, v.quota, v.window_s));
    http_add_header(c->x, S("RateLimit"),
                    arena_printf(c->memory, "\"key\";r=%" PRId64 ";t=%" PRId64, v.left, v.full_s));
    if (v.allowed)
        return R_DONE;
    metric_add(METRIC_HTTP_THROTTLED, 1);
    http_add_header(c->x, S("Retry-After"), arena_printf(c->memory, "%" PRId64, v.retry_s));
    return R_THROTTLED;
}

/* ---- headers ---- */

static bool is_plain(str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    }
    return true;
}

static result admit_key(api_call *c)
{
    if (!c->operation->needs_key)
        return R_DONE;
    str field = S("Idempotency-Key");
    c->key = http_header(c->x, field);
    if (c->key.n == 0)
        return R_IDEMPOTENCY_KEY_REQUIRED;
    if (http_header_count(c->x, field) > 1)
        issues_add(c->problems, field, S("duplicate"), "one key a request");
    else if (c->key.n > KEY_MAX)
        issues_add(c->problems, field, S("too_long"), "at most %d characters", KEY_MAX);
    else if (!is_plain(c->key))
        issues_add(c->problems, field, S("bad_format"), "printable ASCII without spaces");
    return R_DONE;
}

/* What is not "v<number>" is the tag of nothing that we gave out. */
static result admit_match(api_call *c)
{
    if (!c->operation->needs_match)
        return R_DONE;
    str tag = http_header(c->x, S("If-Match"));
    if (tag.n == 0)
        return R_PRECONDITION_REQUIRED;
    uint64_t version = 0;
    bool ours = tag.n >= 4 && tag.n <= 3 + VERSION_DIGITS_MAX && str_starts(tag, S("\"v")) &&
                str_ends(tag, S("\"")) && str_to_u64((str){tag.p + 2, tag.n - 3}, &version);
    if (!ours || version == 0 || http_header_count(c->x, S("If-Match")) > 1)
        return R_VERSION_MISMATCH;
    c->if_version = (uint32_t)version;
    return R_DONE;
}

static result admit_position(api_call *c)
{
    str field = S("Quan-Position");
    size_t n = c->operation->takes_position ? http_header_count(c->x, field) : 0;
    if (n == 0)
        return R_DONE;
    store_position *after = ARENA_NEW(c->memory, store_position);
    c->after = after;
    if (n > 1)
        issues_add(c->problems, field, S("duplicate"), "the newest one alone");
    else if (!call_position_read(c->memory, http_header(c->x, field), after))
        issues_add(c->problems, field, S("bad_format"), "no answer has named this");
    return c->problems->n > 0 ? R_BAD_POSITION : R_DONE;
}

static bool is_json(str type)
{
    static const char json_type[] = "application/json";
    size_t n = sizeof json_type - 1;
    return type.n >= n && same_word(type, json_type, n) &&
           (type.n == n || type.p[n] == ';' || type.p[n] == ' ');
}

/* ---- parameters ---- */

static result path_parameters(api_call *c, const route_match *match)
{
    const wire_type *t = c->operation->parameters;
    CHECK(match->n == c->operation->path_parameters);
    for (size_t i = 0; i < match->n; i++) {
        size_t before = c->problems->n;
        str text;
        if (!http_decode(c->memory, match->parameters[i], &text))
            return R_NOT_FOUND;
        wire_read_text(&t->fields[i], text, c->parameters, c->problems);
        if (c->problems->n > before && t->fields[i].value.kind == WIRE_ID)
            return R_NOT_FOUND; /* what is no id names nothing */
    }
    return R_DONE;
}

static void query_parameter(api_call *c, str name, str value, bool *seen)
{
    const wire_type *t = c->operation->parameters;
    const wire_field *f = t == NULL ? NULL : wire_field_find(t, name);
    if (f == NULL || (size_t)(f - t->fields) < c->operation->path_parameters)
        issues_add(c->problems, name, S("unknown_field"), "there is no such parameter");
    else if (seen[f - t->fields])
        issues_add(c->problems, name, S("duplicate"), "one value a parameter");
    else
        wire_read_text(f, value, c->parameters, c->problems);
    if (f != NULL)
        seen[f - t->fields] = true;
}

static void query_parameters(api_call *c)
{
    bool seen[WIRE_FIELDS_MAX] = {false};
    str rest = http_query(c->x);
    str name, value;
    http_next next;
    while ((next = http_parameter_next(c->memory, &rest, &name, &value)) == HTTP_PARAMETER)
        query_parameter(c, name, value, seen);
    if (next == HTTP_PARAMETER_BAD)
        issues_add(c->problems, S(""), S("bad_format"), "a query of percent-encoded UTF-8");
}

static result admit_parameters(api_call *c, const route_match *match)
{
    const wire_type *t = c->operation->parameters;
    if (t != NULL) {
        c->parameters = arena_alloc(c->memory, t->size);
        wire_defaults(t, c->parameters);
    }
    result r = path_parameters(c, match);
    if (r == R_DONE)
        query_parameters(c);
    return r;
}

/* ---- body ---- */

static result read_body(api_call *c, str *why)
{
    str text = http_body(c->x);
    if (c->operation->verb == VERB_GET)
        return R_DONE;
    const wire_type *t = c->operation->body == NULL ? &nothing : c->operation->body;
    c->body = arena_alloc(c->memory, t->size);
    if (text.n == 0) {
        if (c->operation->body != NULL && c->operation->body_required) {
            *why = S("A JSON body is required.");
            return R_MALFORMED;
        }
        wire_defaults(t, c->body);
        return R_DONE;
    }
    if (!is_json(http_header(c->x, S("Content-Type"))))
        return R_UNSUPPORTED_MEDIA_TYPE;
    buf reason;
    buf_init(&reason, WHY_MAX);
    json *root;
    result r = json_parse(text, &root, &reason);
    if (r == R_DONE)
        wire_read(t, root, c->body, c->problems);
    else
        *why = arena_str(c->memory, buf_view(&reason));
    json_free(root);
    buf_free(&reason);
    return r;
}

static void hash_request(api_call *c)
{
    uint64_t h = hash64(http_path(c->x), c->if_version);
    c->body_hash = hash64(http_body(c->x), h);
}

result admit_head(api_call *c, const route_match *match, str *why)
{
    result r = admit_who(c);
    if (r == R_DONE)
        r = admit_rate(c);
    if (r == R_DONE)
        r = admit_scope(c, why);
    if (r == R_DONE)
        r = admit_key(c);
    if (r == R_DONE)
        r = admit_match(c);
    if (r == R_DONE)
        r = admit_position(c);
    return r == R_DONE ? admit_parameters(c, match) : r;
}

result admit_body(api_call *c, str *why)
{
    result r = read_body(c, why);
    if (r == R_DONE && c->problems->n > 0)
        r = R_INVALID;
    if (r == R_DONE && c->operation->needs_key)
        hash_request(c);
    return r;
}
