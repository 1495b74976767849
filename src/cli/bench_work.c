/* The requests of a load run: see bench.h. */
#include "cli/bench.h"

#include <stdio.h>
#include <string.h>

/* Spreads numbers over users so that neighbours in time are not neighbours in the store; odd
 * multiplier, so none is left out when users is a power of two, and close to even otherwise. */
static uint64_t scramble(uint64_t n)
{
    n ^= n >> 31;
    n *= UINT64_C(0x9e3779b97f4a7c15);
    return n ^ (n >> 29);
}

static void head(const bench_plan *p, const char *method, const char *path, uint64_t number,
                 buf *out)
{
    buf_printf(out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %.*s\r\n", method,
               path, STR_ARG(p->key));
    if (method[0] == 'P') {
        buf_printf(out, "Idempotency-Key: %.*s-%llu\r\nContent-Type: application/json\r\n",
                   STR_ARG(p->run), (unsigned long long)number);
    }
}

static void body(str text, buf *out)
{
    buf_printf(out, "Content-Length: %zu\r\n\r\n", text.n);
    buf_str(out, text);
}

static str template_of(const bench_plan *p, uint64_t number)
{
    return p->templates[scramble(number + 7) % p->template_count];
}

static bench_kind make_claim(const bench_plan *p, bench_memory *m, uint64_t number, buf *out)
{
    char text[256];
    uint64_t user = p->distinct ? number : scramble(number) % p->users;
    int n =
        snprintf(m->user, sizeof m->user, "%.*s%llu", STR_ARG(p->prefix), (unsigned long long)user);
    CHECK(n > 0);
    n = snprintf(text, sizeof text, "{\"user\":\"%s\",\"template\":\"%.*s\"}", m->user,
                 STR_ARG(template_of(p, number)));
    CHECK(n > 0 && (size_t)n < sizeof text);
    head(p, "POST", "/v1/claims", number, out);
    body((str){text, (size_t)n}, out);
    return BENCH_CLAIM;
}

static bench_kind make_batch(const bench_plan *p, uint64_t number, buf *out)
{
    buf text;
    buf_init(&text, BENCH_REQUEST_MAX);
    buf_str(&text, S("{\"claims\":["));
    for (uint32_t i = 0; i < p->batch; i++) {
        uint64_t one = number * p->batch + i;
        buf_printf(&text, "%s{\"user\":\"%.*s%llu\",\"template\":\"%.*s\"}", i == 0 ? "" : ",",
                   STR_ARG(p->prefix), (unsigned long long)(scramble(one) % p->users),
                   STR_ARG(template_of(p, one)));
    }
    buf_str(&text, S("]}"));
    head(p, "POST", "/v1/claims/batch", number, out);
    body(buf_view(&text), out);
    buf_free(&text);
    return BENCH_CLAIM;
}

static bench_kind make_wallet(const bench_plan *p, const bench_memory *m, uint64_t number, buf *out)
{
    char path[128];
    if (m->has) {
        (void)snprintf(path, sizeof path, "/v1/users/%s/coupons?page_size=20", m->user);
    } else {
        (void)snprintf(path, sizeof path, "/v1/users/%.*s%llu/coupons?page_size=20",
                       STR_ARG(p->prefix), (unsigned long long)(scramble(number) % p->users));
    }
    head(p, "GET", path, number, out);
    buf_str(out, S("\r\n"));
    return BENCH_QUERY;
}

static bench_kind make_coupon(const bench_plan *p, const bench_memory *m, uint64_t number, buf *out)
{
    char path[128];
    (void)snprintf(path, sizeof path, "/v1/coupons/%s", m->coupon);
    head(p, "GET", path, number, out);
    buf_str(out, S("\r\n"));
    return BENCH_COUPON;
}

static bench_kind make_redeem(const bench_plan *p, bench_memory *m, uint64_t number, buf *out)
{
    char text[1024];
    int n = snprintf(text, sizeof text,
                     "{\"user\":\"%s\",\"order_number\":\"%.*s-%llu\",\"coupons\":[\"%s\"],"
                     "\"cart\":{\"channel\":"
                     "\"bench\",\"lines\":[{\"sku\":\"bench-%llu\",\"quantity\":2,\"unit_price\":{"
                     "\"amount\":100000,"
                     "\"currency\":\"%.*s\"}}]}}",
                     m->user, STR_ARG(p->run), (unsigned long long)number, m->coupon,
                     (unsigned long long)(number % 100), STR_ARG(p->currency));
    CHECK(n > 0 && (size_t)n < sizeof text);
    m->has = false;
    head(p, "POST", "/v1/redemptions", number, out);
    body((str){text, (size_t)n}, out);
    return BENCH_REDEEM;
}

bench_kind bench_make(const bench_plan *p, bench_memory *m, uint64_t number, buf *out)
{
    switch (p->work) {
    case WORK_BATCH:
        return make_batch(p, number, out);
    case WORK_WALLET:
        return make_wallet(p, m, number, out);
    case WORK_COUPON:
        return m->has ? make_coupon(p, m, number, out) : make_claim(p, m, number, out);
    case WORK_MIX:
        switch (m->turn++ % 3) {
        case 0:
            return make_claim(p, m, number, out);
        case 1:
            return make_wallet(p, m, number, out);
        default:
            return m->has ? make_redeem(p, m, number, out) : make_wallet(p, m, number, out);
        }
    default:
        return make_claim(p, m, number, out);
    }
}

void bench_learn(const bench_plan *p, bench_memory *m, bench_kind kind, str text,
                 bench_count *count)
{
    static const char mark[] = "\"id\":\"cpn_";
    if (kind != BENCH_CLAIM) {
        return;
    }
    const char *at = text.p, *end = text.p + text.n;
    uint64_t coupons = 0;
    while (at != NULL && (at = memmem(at, (size_t)(end - at), mark, sizeof mark - 1)) != NULL) {
        at += sizeof mark - 1 - 4; /* the id begins with its prefix */
        const char *quote = memchr(at, '"', (size_t)(end - at));
        size_t n = quote == NULL ? 0 : (size_t)(quote - at);
        if (coupons++ == 0 && n > 0 && n < sizeof m->coupon && p->work != WORK_BATCH) {
            memcpy(m->coupon, at, n);
            m->coupon[n] = '\0';
            m->has = true;
        }
    }
    count->claims += coupons;
}
