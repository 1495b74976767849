/* See phone.h. */
#include "base/phone.h"

typedef struct phone_region {
    const char *name;          /* ISO 3166-1 */
    const char *calling;       /* code */
    const char *trunk;         /* what a national number is dialled behind; "": nothing */
    const char *international; /* what an international number is dialled behind */
    size_t least, most;        /* digits behind calling code or trunk prefix */
} phone_region;

/* Rows are never changed. In the order of their names. */
static const phone_region regions[] = {
    {"AE", "971", "0", "00", 8, 9},  {"AT", "43", "0", "00", 7, 13},
    {"AU", "61", "0", "0011", 9, 9}, {"BE", "32", "0", "00", 8, 9},
    {"CA", "1", "1", "011", 10, 10}, {"CH", "41", "0", "00", 9, 9},
    {"CN", "86", "0", "00", 10, 11}, {"CZ", "420", "", "00", 9, 9},
    {"DE", "49", "0", "00", 6, 13},  {"DK", "45", "", "00", 8, 8},
    {"ES", "34", "", "00", 9, 9},    {"FR", "33", "0", "00", 9, 9},
    {"GB", "44", "0", "00", 9, 10},  {"GR", "30", "", "00", 10, 10},
    {"HK", "852", "", "001", 8, 8},  {"HU", "36", "06", "00", 8, 9},
    {"IE", "353", "0", "00", 7, 9},  {"IN", "91", "0", "00", 10, 10},
    {"IT", "39", "", "00", 6, 11},   {"JP", "81", "0", "010", 9, 10},
    {"KR", "82", "0", "001", 8, 10}, {"KZ", "7", "8", "810", 10, 10},
    {"MO", "853", "", "00", 8, 8},   {"MY", "60", "0", "00", 8, 10},
    {"NL", "31", "0", "00", 9, 9},   {"NO", "47", "", "00", 8, 8},
    {"NZ", "64", "0", "00", 8, 10},  {"PH", "63", "0", "00", 8, 10},
    {"PL", "48", "", "00", 9, 9},    {"PT", "351", "", "00", 9, 9},
    {"RO", "40", "0", "00", 9, 9},   {"RU", "7", "8", "810", 10, 10},
    {"SA", "966", "0", "00", 9, 9},  {"SE", "46", "0", "00", 7, 9},
    {"SG", "65", "", "001", 8, 8},   {"SK", "421", "0", "00", 9, 9},
    {"TH", "66", "0", "001", 8, 9},  {"TR", "90", "0", "00", 10, 10},
    {"TW", "886", "0", "002", 8, 9}, {"UA", "380", "0", "00", 9, 9},
    {"US", "1", "1", "011", 10, 10}, {"VN", "84", "0", "00", 9, 10},
    {"ZA", "27", "0", "00", 9, 9},
};

static const char not_digits[] =
    "digits, a + in front, and spaces, hyphens, dots, slashes and brackets between";
static const char too_long[] = "at most 15 digits (E.164)";
static const char no_region[] = "the international form, + and the calling code: no region is set";
static const char bad_start[] = "behind the + a calling code, which does not begin with 0";
static const char not_so_many[] = "as many digits as numbers of its country have";
static const char too_short[] = "at least 7 digits with the calling code";

/* ---- reading ---- */

typedef struct phone_read {
    char digits[PHONE_TYPED_MAX + 1]; /* NUL behind them */
    size_t n;
    bool plus;
} phone_read;

static uint32_t letter_of(const char *p, size_t n)
{
    static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = (unsigned char)p[0] & first[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)p[i] & 0x3f);
    return c;
}

/* -1: it is none. */
static int digit_of(uint32_t c)
{
    static const uint32_t zeros[] = {'0', 0x660, 0x6f0, 0xff10}; /* ASCII, Arabic, full width */
    for (size_t i = 0; i < ARRAY_LEN(zeros); i++)
        if (c >= zeros[i] && c < zeros[i] + 10)
            return (int)(c - zeros[i]);
    return -1;
}

static bool is_separator(uint32_t c)
{
    static const uint32_t others[] = {0xa0,   0x2009, 0x200b, 0x202f, 0x3000, 0x2212,
                                      0xff08, 0xff09, 0xff0d, 0xff0e, 0xff0f, 0xfeff};
    if (c < 0x80)
        return c != 0 && strchr(" \t-./()", (int)c) != NULL;
    if (c >= 0x2010 && c <= 0x2015) /* hyphens and dashes */
        return true;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (c == others[i])
            return true;
    return false;
}

static bool is_plus(uint32_t c)
{
    return c == '+' || c == 0xff0b;
}

static bool read_typed(str typed, phone_read *out)
{
    *out = (phone_read){0};
    if (typed.n > PHONE_TYPED_MAX)
        return false;
    for (size_t at = 0, n; at < typed.n; at += n) {
        n = str_utf8_length((str){typed.p + at, typed.n - at});
        if (n == 0)
            return false;
        uint32_t c = letter_of(typed.p + at, n);
        int digit = digit_of(c);
        if (digit >= 0)
            out->digits[out->n++] = (char)('0' + digit);
        else if (is_plus(c) && out->n == 0 && !out->plus)
            out->plus = true;
        else if (!is_separator(c))
            return false;
    }
    return out->n > 0;
}

/* ---- the form ---- */

static const phone_region *find_region(str name)
{
    for (size_t i = 0; i < ARRAY_LEN(regions); i++)
        if (str_eq(str_of(regions[i].name), name))
            return &regions[i];
    return NULL;
}

/* Whose calling code these digits begin with; those that share one have one rule. No calling code
 * begins with another. */
static const phone_region *region_of(str digits)
{
    for (size_t i = 0; i < ARRAY_LEN(regions); i++)
        if (str_starts(digits, str_of(regions[i].calling)))
            return &regions[i];
    return NULL;
}

static str behind(str digits, const char *prefix)
{
    size_t n = strlen(prefix);
    return (str){digits.p + n, digits.n - n};
}

static const char *put_form(str calling, str number, arena *memory, str *out)
{
    *out = arena_printf(memory, "+%.*s%.*s", STR_ARG(calling), STR_ARG(number));
    return NULL;
}

/* Without the trunk prefix. Behind a 0 there is no other: that would be no number. */
static const char *of_region(const phone_region *of, str number, arena *memory, str *out)
{
    bool zero = strcmp(of->trunk, "0") == 0 && str_starts(number, S("0"));
    if (zero || number.n < of->least || number.n > of->most)
        return not_so_many;
    return put_form(str_of(of->calling), number, memory, out);
}

/* digits: with the calling code. */
static const char *international(str digits, arena *memory, str *out)
{
    if (digits.n == 0 || digits.p[0] == '0')
        return bad_start;
    const phone_region *of = region_of(digits);
    if (of != NULL) {
        str number = behind(digits, of->calling);
        bool trunk = strcmp(of->trunk, "0") == 0 && str_starts(number, S("0"));
        return of_region(of, trunk ? behind(number, "0") : number, memory, out);
    }
    if (digits.n > PHONE_DIGITS_MAX)
        return too_long;
    if (digits.n < PHONE_DIGITS_MIN)
        return too_short;
    return put_form(S(""), digits, memory, out);
}

/* A number may begin as a trunk prefix does that is no 0: then it is as long as one without. */
static const char *national(const phone_region *of, str digits, arena *memory, str *out)
{
    str trunk = str_of(of->trunk), number = digits;
    if (trunk.n > 0 && str_starts(digits, trunk)) {
        str rest = behind(digits, of->trunk);
        if (str_eq(trunk, S("0")) || (rest.n >= of->least && rest.n <= of->most))
            number = rest;
    }
    return of_region(of, number, memory, out);
}

const char *phone_form(str typed, str region, arena *memory, str *out)
{
    phone_read read;
    if (!read_typed(str_trim(typed), &read))
        return not_digits;
    str digits = {read.digits, read.n};
    const phone_region *of = find_region(region);
    const char *prefix = of == NULL ? "00" : of->international;
    if (read.plus)
        return international(digits, memory, out);
    if (str_starts(digits, str_of(prefix)))
        return international(behind(digits, prefix), memory, out);
    return of == NULL ? no_region : national(of, digits, memory, out);
}

bool phone_region_is_known(str region)
{
    return find_region(region) != NULL;
}

str phone_region_at(size_t n)
{
    return n < ARRAY_LEN(regions) ? str_of(regions[n].name) : S("");
}
