/* See fund.h. Shares are at most 10^6 and amounts at most MONEY_MAX: no product is beyond
 * __int128, no sum beyond int64. */
#include "domain/price/fund.h"

#include "domain/price/allocate.h"

const fund_party *fund_parties(const template_version *v, size_t *n)
{
    *n = 0;
    while (*n < v->funding.n && !v->funding.items[*n].past) {
        ++*n;
    }
    return v->funding.items;
}

const fund_party *fund_find(const template_version *v, uint16_t number)
{
    for (size_t i = 0; i < v->funding.n; i++) {
        if (v->funding.items[i].number == number) {
            return &v->funding.items[i];
        }
    }
    return NULL;
}

/* What the party can pay of it. The last pays all. */
static result pay(const fund_use *use, size_t i, int64_t want_minor, int64_t *paid)
{
    const fund_party *p = &use->parties[i];
    bool last = i + 1 == use->n;
    int64_t most = want_minor;
    if (!last && p->at_most_minor > 0 && most > p->at_most_minor) {
        most = p->at_most_minor;
    }
    if (last || most == 0 || use->ask == NULL) {
        *paid = most;
        return R_DONE;
    }
    result r = use->ask(use->context, p, most, paid);
    CHECK(r != R_DONE || (*paid >= 0 && *paid <= most));
    return r;
}

static result pay_first(const fund_use *use, int64_t *paid, int64_t *left)
{
    for (size_t i = 0; i < use->n; i++) {
        int64_t first = use->parties[i].first_minor;
        paid[i] = 0;
        if (first > 0) {
            result r = pay(use, i, first < *left ? first : *left, &paid[i]);
            if (r != R_DONE) {
                return r;
            }
        }
        *left -= paid[i];
    }
    return R_DONE;
}

result fund_split(const fund_use *use, int64_t *paid)
{
    int64_t shares[FUND_PARTIES_MAX], parts[FUND_PARTIES_MAX];
    int64_t left = use->discount_minor, over = 0;
    CHECK(use->n >= 1 && use->n <= FUND_PARTIES_MAX);
    result r = pay_first(use, paid, &left);
    if (r != R_DONE) {
        return r;
    }
    for (size_t i = 0; i < use->n; i++) {
        shares[i] = use->parties[i].share;
    }
    allocate(left, shares, use->n, parts);
    for (size_t i = 0; i < use->n; i++) {
        if (use->parties[i].first_minor > 0) {
            continue; /* its share is 0 */
        }
        int64_t want_minor = parts[i] + over;
        r = pay(use, i, want_minor, &paid[i]);
        if (r != R_DONE) {
            return r;
        }
        over = want_minor - paid[i];
    }
    return R_DONE;
}

void fund_lines(const int64_t *paid, size_t n, int64_t *left, size_t m, int64_t *parts)
{
    for (size_t i = 0; i < n; i++) {
        int64_t *of = parts + i * m;
        memset(of, 0, m * sizeof(*of));
        if (paid[i] == 0) {
            continue;
        }
        allocate(paid[i], left, m, of);
        for (size_t k = 0; k < m; k++) {
            left[k] -= of[k];
        }
    }
}

int64_t *fund_parts(const fund_frozen *of, arena *memory)
{
    int64_t paid[FUND_PARTIES_MAX];
    int64_t *left = ARENA_ARRAY(memory, int64_t, of->lines);
    int64_t *parts = ARENA_ARRAY(memory, int64_t, of->n * of->lines);
    CHECK(of->n <= FUND_PARTIES_MAX);
    for (size_t i = 0; i < of->share_count; i++) {
        if (of->shares[i].applied == of->applied) {
            left[of->shares[i].line] += of->shares[i].discount_minor;
        }
    }
    for (size_t i = 0; i < of->n; i++) {
        paid[i] = of->parties[i].discount_minor;
    }
    fund_lines(paid, of->n, left, of->lines, parts);
    return parts;
}

void fund_units(const int64_t *whole, size_t n, int64_t minor, int64_t *parts)
{
    int64_t total = 0;
    for (size_t i = 0; i < n; i++) {
        total += whole[i];
    }
    for (size_t i = 0; i < n; i++) {
        parts[i] = total == 0 ? 0 : (int64_t)((__int128)whole[i] * minor / total);
        minor -= parts[i];
        total -= whole[i];
    }
}
