/* The requests of a load run: see bench.h. */
#include "cli/bench.h"

#include <string.h>

/* Spreads numbers over users so that neighbours in time are not neighbours in the store; odd
 * multiplier, so none is left out when users is a power of two, and close to even otherwise. */
static uint64_t scramble(uint64_t n)
{
    n ^= n >> 31;
    n *= UINT64_C(0x9e3779b97f4a7c15);
    return n ^ (n >> 29);
}

/* The head up to the field that says how long the body is. Appends, because printf would cost more
 * than all the rest of the load generator. */
static void head(const bench_plan *p, str method, str path, buf *out)
{
    buf_str(out, method);
    buf_str(out, path);
    buf_str(out, S(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "));
    buf_str(out, p->key);
    buf_str(out, S("\r\n"));
}

static void get(const bench_plan *p, str path, buf *out)
{
    head(p, S("GET "), path, out);
    buf_str(out, S("\r\n"));
}

static void post(const bench_plan *p, str path, uint64_t number, str body, buf *out)
{
    head(p, S("POST "), path, out);
    buf_str(out, S("Idempotency-Key: "));
    buf_str(out, p->run);
    buf_char(out, '-');
    buf_u64(out, number);
    buf_str(out, S("\r\nContent-Type: application/json\r\nContent-Length: "));
    buf_u64(out, body.n);
    buf_str(out, S("\r\n\r\n"));
    buf_str(out, body);
}

static buf text_in(char *bytes, size_t n)
{
    return (buf){.p = bytes, .capacity = n, .max = n};
}

static str whole(const buf *text)
{
    CHECK(!buf_overflowed(text)); /* names and ids are short */
    return buf_view(text);
}

static void claim_text(const bench_plan *p, uint64_t user, uint64_t number, buf *out)
{
    buf_str(out, S("{\"user\":\""));
    buf_str(out, p->prefix);
    buf_u64(out, user);
    buf_str(out, S("\",\"template\":\""));
    buf_str(out, p->templates[scramble(number + 7) % p->template_count]);
    buf_str(out, S("\"}"));
}

static bench_kind make_claim(const bench_plan *p, bench_memory *m, uint64_t number, buf *out)
{
    char bytes[256];
    buf text = text_in(bytes, sizeof bytes);
    m->user = p->distinct ? number : scramble(number) % p->users;
    claim_text(p, m->user, number, &text);
    post(p, S("/v1/claims"), number, whole(&text), out);
    return BENCH_CLAIM;
}

static bench_kind make_batch(const bench_plan *p, uint64_t number, buf *out)
{
    buf text;
    buf_init(&text, BENCH_REQUEST_MAX);
    buf_str(&text, S("{\"claims\":["));
    for (uint32_t i = 0; i < p->batch; i++) {
        uint64_t one = number * p->batch + i;
        if (i > 0) {
            buf_char(&text, ',');
        }
        claim_text(p, scramble(one) % p->users, one, &text);
    }
    buf_str(&text, S("]}"));
    post(p, S("/v1/claims/batch"), number, whole(&text), out);
    buf_free(&text);
    return BENCH_CLAIM;
}

static bench_kind make_wallet(const bench_plan *p, const bench_memory *m, uint64_t number, buf *out)
{
    char bytes[128];
    buf path = text_in(bytes, sizeof bytes);
    buf_str(&path, S("/v1/users/"));
    buf_str(&path, p->prefix);
    buf_u64(&path, m->has ? m->user : scramble(number) % p->users);
    buf_str(&path, S("/coupons?page_size=20"));
    get(p, whole(&path), out);
    return BENCH_QUERY;
}

static bench_kind make_coupon(const bench_plan *p, const bench_memory *m, buf *out)
{
    char bytes[128];
    buf path = text_in(bytes, sizeof bytes);
    buf_str(&path, S("/v1/coupons/"));
    buf_str(&path, str_of(m->coupon));
    get(p, whole(&path), out);
    return BENCH_COUPON;
}

static bench_kind make_redeem(const bench_plan *p, bench_memory *m, uint64_t number, buf *out)
{
    char bytes[1024];
    buf text = text_in(bytes, sizeof bytes);
    buf_str(&text, S("{\"user\":\""));
    buf_str(&text, p->prefix);
    buf_u64(&text, m->user);
    buf_str(&text, S("\",\"order_number\":\""));
    buf_str(&text, p->run);
    buf_char(&text, '-');
    buf_u64(&text, number);
    buf_str(&text, S("\",\"coupons\":[\""));
    buf_str(&text, str_of(m->coupon));
    buf_str(&text, S("\"],\"cart\":{\"channel\":\"bench\",\"lines\":[{\"sku\":\"bench-"));
    buf_u64(&text, number % 100);
    buf_str(&text, S("\",\"quantity\":2,\"unit_price\":{\"amount\":100000,\"currency\":\""));
    buf_str(&text, p->currency);
    buf_str(&text, S("\"}}]}}"));
    m->has = false;
    post(p, S("/v1/redemptions"), number, whole(&text), out);
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
        return m->has ? make_coupon(p, m, out) : make_claim(p, m, number, out);
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
