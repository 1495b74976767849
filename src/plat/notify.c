/* See port/notify.h: libcurl's multi interface.
 *
 * The socket of each connection is opened by us, for the address that the name has led to, so that
 * is where addresses are checked. A connection that is used again was opened so, too. */
#include "port/notify.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

enum { HOST_CONNECTIONS_MAX = 16, CONNECT_SHARE = 2, FIELD_MAX = 1024 };

typedef struct flight {
    struct flight *next;
    CURL *easy;
    struct curl_slist *fields;
    char *body;
    void *context;
    struct curl_notifier *of;
    size_t read; /* of the answer */
    bool blocked;
    char url[]; /* for libcurl */
} flight;

typedef struct curl_notifier {
    notifier ops; /* first */
    notify_rules rules;
    CURLM *multi;
    flight *flights;
    size_t n;
    bool abandoned;
} curl_notifier;

/* ---- what may be connected to ---- */

static bool address_of(const struct curl_sockaddr *a, uint8_t out[16], uint16_t *port)
{
    memset(out, 0, 16);
    if (a->family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &a->addr, sizeof(v4));
        out[10] = out[11] = 0xff;
        memcpy(out + 12, &v4.sin_addr, 4);
        *port = ntohs(v4.sin_port);
        return true;
    }
    if (a->family != AF_INET6)
        return false;
    struct sockaddr_in6 v6;
    if (a->addrlen < sizeof(v6))
        return false;
    memcpy(&v6, &a->addr, sizeof(v6));
    memcpy(out, &v6.sin6_addr, 16);
    *port = ntohs(v6.sin6_port);
    return true;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *a)
{
    flight *f = context;
    uint8_t address[16];
    uint16_t port;
    if (purpose != CURLSOCKTYPE_IPCXN || !address_of(a, address, &port) ||
        !notify_may(&f->of->rules, address, port)) {
        f->blocked = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
    flight *f = context;
    (void)data;
    f->read += size * n;
    return f->read > NOTIFY_ANSWER_MAX ? 0 : size * n; /* 0 ends it */
}

/* ---- sending ---- */

static void flight_free(flight *f)
{
    curl_easy_cleanup(f->easy);
    curl_slist_free_all(f->fields);
    free(f->body);
    free(f);
}

static void add_field(flight *f, str name, str value)
{
    char line[FIELD_MAX];
    CHECK(name.n + 2 + value.n < sizeof(line));
    memcpy(line, name.p, name.n);
    memcpy(line + name.n, ": ", 2);
    memcpy(line + name.n + 2, value.p, value.n);
    line[name.n + 2 + value.n] = '\0';
    struct curl_slist *more = curl_slist_append(f->fields, line);
    CHECK(more != NULL);
    f->fields = more;
}

static flight *flight_new(curl_notifier *n, const notify_message *m)
{
    flight *f = calloc(1, sizeof(*f) + m->url.n + 1); /* flight_free */
    CHECK(f != NULL);
    memcpy(f->url, m->url.p, m->url.n);
    f->of = n;
    f->context = m->context;
    f->body = malloc(m->body.n + 1); /* flight_free */
    CHECK(f->body != NULL);
    memcpy(f->body, m->body.p, m->body.n);
    f->easy = curl_easy_init();
    CHECK(f->easy != NULL);
    for (size_t i = 0; i < m->field_count; i++)
        add_field(f, m->fields[i].name, m->fields[i].value);
    add_field(f, S("Expect"), S("")); /* no 100-continue: the body is small */
    return f;
}

static bool set_long(CURL *c, CURLoption o, long v)
{
    return curl_easy_setopt(c, o, v) == CURLE_OK;
}

static bool set_up(flight *f, const notify_rules *rules, size_t body_bytes)
{
    CURL *c = f->easy;
    const char *protocols = rules->http ? "https,http" : "https";
    return curl_easy_setopt(c, CURLOPT_URL, (const char *)f->url) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTPHEADER, f->fields) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->body) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_USERAGENT, "Quan/" QUAN_VERSION) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, f) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, f) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PRIVATE, f) == CURLE_OK && set_long(c, CURLOPT_POST, 1) &&
           set_long(c, CURLOPT_POSTFIELDSIZE, (long)body_bytes) &&
           set_long(c, CURLOPT_FOLLOWLOCATION, 0) && set_long(c, CURLOPT_NOSIGNAL, 1) &&
           set_long(c, CURLOPT_NETRC, CURL_NETRC_IGNORED) &&
           set_long(c, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
           set_long(c, CURLOPT_TIMEOUT_MS, (long)rules->timeout_ms) &&
           set_long(c, CURLOPT_CONNECTTIMEOUT_MS, (long)(rules->timeout_ms / CONNECT_SHARE));
}

static bool on_send(notifier *ops, const notify_message *m)
{
    curl_notifier *n = (curl_notifier *)ops;
    if (n->n == NOTIFY_MAX)
        return false;
    flight *f = flight_new(n, m);
    CHECK(set_up(f, &n->rules, m->body.n) && curl_multi_add_handle(n->multi, f->easy) == CURLM_OK);
    f->next = n->flights;
    n->flights = f;
    n->n++;
    return true;
}

/* ---- ending ---- */

static notify_fault fault_of(CURLcode code, const flight *f, long status)
{
    if (f->blocked)
        return NOTIFY_BLOCKED;
    switch (code) {
    case CURLE_OK:
        return NOTIFY_ANSWERED;
    case CURLE_WRITE_ERROR: /* by on_body: the status is there */
        return status != 0 ? NOTIFY_ANSWERED : NOTIFY_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return NOTIFY_TIMEOUT;
    case CURLE_UNSUPPORTED_PROTOCOL:
        return NOTIFY_BLOCKED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return NOTIFY_TLS;
    default:
        return NOTIFY_UNREACHABLE;
    }
}

static void take_off(curl_notifier *n, flight *f)
{
    flight **at = &n->flights;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    n->n--;
    (void)curl_multi_remove_handle(n->multi, f->easy);
    flight_free(f);
}

static notify_answer answer_of(const flight *f, CURLcode code)
{
    long status = 0;
    curl_off_t retry_s = 0;
    (void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(f->easy, CURLINFO_RETRY_AFTER, &retry_s);
    notify_answer a = {.context = f->context, .fault = fault_of(code, f, status)};
    if (a.fault == NOTIFY_ANSWERED) {
        a.status = (uint16_t)status;
        a.retry_ms = retry_s > 0 && retry_s < INT32_MAX ? (int64_t)retry_s * 1000 : 0;
    }
    return a;
}

static size_t take_ended(curl_notifier *n, notify_answer *out, size_t max)
{
    size_t found = 0;
    int left;
    CURLMsg *m;
    while (found < max && (m = curl_multi_info_read(n->multi, &left)) != NULL) {
        flight *f = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result;
        CHECK(curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &f) == CURLE_OK);
        out[found++] = answer_of(f, code);
        take_off(n, f);
    }
    return found;
}

static size_t abandon_some(curl_notifier *n, notify_answer *out, size_t max)
{
    size_t found = 0;
    while (found < max && n->flights != NULL) {
        out[found++] = (notify_answer){.context = n->flights->context, .fault = NOTIFY_UNREACHABLE};
        take_off(n, n->flights);
    }
    return found;
}

static size_t on_wait(notifier *ops, int64_t patience_ms, notify_answer *out, size_t max)
{
    curl_notifier *n = (curl_notifier *)ops;
    int running, moved;
    if (n->abandoned)
        return abandon_some(n, out, max);
    (void)curl_multi_perform(n->multi, &running);
    size_t found = take_ended(n, out, max);
    if (found > 0 || n->n == 0 || patience_ms <= 0)
        return found;
    (void)curl_multi_poll(n->multi, NULL, 0, (int)patience_ms, &moved);
    (void)curl_multi_perform(n->multi, &running);
    return take_ended(n, out, max);
}

static void on_abandon(notifier *ops)
{
    ((curl_notifier *)ops)->abandoned = true;
}

static void on_close(notifier *ops)
{
    curl_notifier *n = (curl_notifier *)ops;
    while (n->flights != NULL)
        take_off(n, n->flights);
    (void)curl_multi_cleanup(n->multi);
    free(n);
}

notifier *notifier_new(const notify_rules *rules)
{
    curl_notifier *n = calloc(1, sizeof(*n)); /* on_close frees it */
    CHECK(n != NULL && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    n->ops = (notifier){.send = on_send, .wait = on_wait, .abandon = on_abandon, .close = on_close};
    n->rules = *rules;
    n->multi = curl_multi_init();
    CHECK(n->multi != NULL);
    CHECK(curl_multi_setopt(n->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS_MAX) ==
          CURLM_OK);
    return &n->ops;
}
