/* Exact money: checked sums, one-rounding ratios, splits that add up, and ISO 4217's decimals.
 *
 * Invariants: products and weights' sums are __int128 (2^63 * 2^63 and 10^5 * 2^63 both fit), so
 * only a result can be out of range, and then it is refused. No float, no allocation. */
#include "base/money.h"

typedef __int128 wide;

bool money_add(int64_t a, int64_t b, int64_t *out)
{
    int64_t v;
    if (__builtin_add_overflow(a, b, &v))
        return false;
    *out = v;
    return true;
}

bool money_sub(int64_t a, int64_t b, int64_t *out)
{
    int64_t v;
    if (__builtin_sub_overflow(a, b, &v))
        return false;
    *out = v;
    return true;
}

bool money_mul(int64_t a, int64_t b, int64_t *out)
{
    int64_t v;
    if (__builtin_mul_overflow(a, b, &v))
        return false;
    *out = v;
    return true;
}

/* Does the magnitude go up by one, given its quotient and what remains of den? */
static bool rounds_up(wide quotient, wide remainder, int64_t den, rounding mode)
{
    wide twice = remainder * 2;
    switch (mode) {
    case ROUND_HALF_UP:
        return twice >= den;
    case ROUND_HALF_DOWN:
        return twice > den;
    case ROUND_HALF_EVEN:
        return twice > den || (twice == den && quotient % 2 != 0);
    case ROUND_DOWN:
        return false;
    }
    UNREACHABLE();
}

bool money_ratio(int64_t a, int64_t num, int64_t den, rounding mode, int64_t *out)
{
    CHECK(den > 0);
    wide product = (wide)a * num;
    bool negative = product < 0;
    wide magnitude = negative ? -product : product;
    wide quotient = magnitude / den;
    if (rounds_up(quotient, magnitude % den, den, mode))
        quotient++;
    wide v = negative ? -quotient : quotient;
    if (v < INT64_MIN || v > INT64_MAX)
        return false;
    *out = (int64_t)v;
    return true;
}

/* One split: part i is floor(total * weight i / sum), plus one for the largest remainders. */
typedef struct split {
    wide total; /* magnitude */
    wide sum;   /* of weights; > 0 */
    const int64_t *weights;
    bool equal;          /* all weights are zero: each counts as one */
    bool narrow;         /* total * sum fits int64, where dividing is several times faster */
    const int64_t *kept; /* the remainders, or NULL when they do not fit int64 */
    size_t n;
} split;

static wide split_share(const split *s, size_t i)
{
    return s->total * (s->equal ? 1 : s->weights[i]);
}

/* The whole part of the share, and what it leaves. */
static wide split_cut(const split *s, size_t i, wide *remainder)
{
    wide share = split_share(s, i);
    if (s->narrow) {
        *remainder = (int64_t)share % (int64_t)s->sum;
        return (int64_t)share / (int64_t)s->sum;
    }
    *remainder = share % s->sum;
    return share / s->sum;
}

static size_t split_count_from(const split *s, wide threshold)
{
    size_t count = 0;
    if (s->kept != NULL) { /* then the threshold fits int64, too */
        int64_t from = (int64_t)threshold;
        for (size_t i = 0; i < s->n; i++)
            count += s->kept[i] >= from ? 1 : 0;
        return count;
    }
    for (size_t i = 0; i < s->n; i++)
        count += split_share(s, i) % s->sum >= threshold ? 1 : 0;
    return count;
}

/* A value that `left` remainders reach; where there is none, since several are the same, the
 * largest that more of them reach. Found by halving the range of values and not by sorting, which
 * would need n places of scratch memory. */
static wide split_threshold(const split *s, size_t left)
{
    wide low = 0;
    wide high = s->sum; /* no remainder is that large */
    int64_t largest = 0;
    for (size_t i = 0; s->kept != NULL && i < s->n; i++)
        largest = s->kept[i] > largest ? s->kept[i] : largest;
    if (s->kept != NULL)
        high = (wide)largest + 1;
    while (high - low > 1) {
        wide middle = low + (high - low) / 2;
        size_t count = split_count_from(s, middle);
        if (count == left) /* it parts those that get one from the others: most often soon */
            return middle;
        if (count > left)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static bool split_init(split *s, int64_t total, const int64_t *weights, size_t n)
{
    if (n == 0 || n > MONEY_SPLIT_MAX)
        return false;
    wide sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (weights[i] < 0)
            return false;
        sum += weights[i];
    }
    *s = (split){.total = total < 0 ? -(wide)total : total,
                 .sum = sum == 0 ? (wide)n : sum,
                 .weights = weights,
                 .equal = sum == 0,
                 .n = n};
    s->narrow = s->sum <= INT64_MAX && s->total * s->sum <= INT64_MAX;
    return true;
}

bool money_split(int64_t total, const int64_t *weights, size_t n, int64_t *parts)
{
    split s;
    if (!split_init(&s, total, weights, n))
        return false;
    /* parts holds the remainders until it gets the answer; a sum beyond int64 (weights that no
     * amount of ours has) recomputes them instead. */
    if (s.sum <= INT64_MAX)
        s.kept = parts;
    wide left = s.total;
    for (size_t i = 0; i < n; i++) {
        wide remainder;
        left -= split_cut(&s, i, &remainder);
        if (s.kept != NULL)
            parts[i] = (int64_t)remainder;
    }
    wide threshold = s.sum;
    size_t at_threshold = 0;
    if (left > 0) {
        threshold = split_threshold(&s, (size_t)left);
        at_threshold = (size_t)left - split_count_from(&s, threshold + 1);
    }
    for (size_t i = 0; i < n; i++) {
        wide remainder, part = split_cut(&s, i, &remainder);
        if (remainder > threshold) {
            part++;
        } else if (remainder == threshold && at_threshold > 0) {
            part++;
            at_threshold--;
        }
        parts[i] = (int64_t)(total < 0 ? -part : part);
    }
    return true;
}

/* ISO 4217, list one, with the codes that were withdrawn in 2025 and 2026 (ANG, BGN) for older
 * orders; without the X codes for metals, tests and units of account, which have no minor unit. */
static const struct {
    int decimals;
    const char *codes; /* four bytes a code */
} currencies[] = {
    {2, "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP "
        "BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD "
        "FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD "
        "KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD "
        "NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
        "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED "
        "VES WST XCD XCG YER ZAR ZMW ZWG "},
    {0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "},
    {3, "BHD IQD JOD KWD LYD OMR TND "},
    {4, "CLF UYW "},
};

int money_decimals(str currency)
{
    if (currency.n != 3)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(currencies); i++) {
        for (const char *code = currencies[i].codes; *code != '\0'; code += 4) {
            if (memcmp(code, currency.p, 3) == 0)
                return currencies[i].decimals;
        }
    }
    return -1;
}

void money_text(int64_t minor, int decimals, char out[static MONEY_TEXT_MAX])
{
    char text[MONEY_TEXT_MAX];
    char *end = text + sizeof(text) - 1, *at = end;
    uint64_t left = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    CHECK(decimals <= 4);
    *end = '\0';
    for (int i = 0; i == 0 || i <= decimals || left > 0; i++) {
        if (i > 0 && i == decimals)
            *--at = '.';
        *--at = (char)('0' + left % 10);
        left /= 10;
    }
    if (minor < 0)
        *--at = '-';
    memcpy(out, at, (size_t)(end - at) + 1);
}
