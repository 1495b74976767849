/* See json_token.h. */
#include "base/json_token.h"

#include <stdio.h>

#include "base/json_text.h"

/* ---- failing ---- */

bool json_fail(json_reader *r, const char *reason)
{
    if (!r->failed) {
        r->failed = true;
        r->failed_at = (size_t)(r->at - r->begin);
        snprintf(r->reason, sizeof r->reason, "%s", reason);
    }
    return false;
}

static bool fail_at(json_reader *r, const char *what, unsigned byte)
{
    char reason[JSON_REASON_MAX];
    snprintf(reason, sizeof reason, "%s 0x%x", what, byte);
    return json_fail(r, reason);
}

/* Bytes of the character at the front; 0: there is none, which has failed. */
static size_t character(json_reader *r)
{
    if ((uint8_t)*r->at < 0x80)
        return 1;
    size_t n = str_utf8_length((str){r->at, (size_t)(r->end - r->at)});
    if (n == 0)
        fail_at(r, "unable to decode byte", (uint8_t)*r->at);
    return n;
}

/* Passes over what cannot stand here: its first byte, if it is a character at all. */
static bool fail_behind(json_reader *r, const char *reason)
{
    if (r->at < r->end && character(r) > 0)
        r->at++;
    return json_fail(r, reason);
}

/* A number or a word ends here, well or not. */
static int ended(json_reader *r, int token)
{
    return character(r) > 0 ? token : JSON_TOKEN_INVALID;
}

/* ---- numbers and words ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* False when there is none. */
static bool skip_digits(json_reader *r)
{
    const char *from = r->at;
    while (is_digit(*r->at))
        r->at++;
    return r->at > from;
}

static int read_word(json_reader *r)
{
    static const struct {
        str text;
        int token;
    } words[] = {{{"true", 4}, JSON_TOKEN_TRUE},
                 {{"false", 5}, JSON_TOKEN_FALSE},
                 {{"null", 4}, JSON_TOKEN_NULL}};
    const char *from = r->at;
    while (is_letter(*r->at))
        r->at++;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_eq((str){from, (size_t)(r->at - from)}, words[i].text))
            return ended(r, words[i].token);
    }
    return ended(r, JSON_TOKEN_INVALID);
}

/* 2^1024 - 2^970 and above are beyond a double: half-way between the largest one and what would be
 * the next (IEEE 754, to nearest, ties to even). All its digits. */
static const char beyond[] =
    "17976931348623158079372897140530341507993413271003782693617377898044496829276475"
    "09466490179775872070963302864166928879109465555478519404026306574886715058206819"
    "08902000708383676273854845817711531764475730270069855571366959622842914819860834"
    "936475292719074168444365510704342711559699508093042880177904174497792";
enum { BEYOND_DIGITS = sizeof beyond - 1 };
#define EXPONENT_MAX INT64_C(1000000000000) /* where counting ends */

static int64_t exponent_of(const char *p)
{
    bool negative = *p == '-';
    int64_t v = 0;
    for (p += *p == '-' || *p == '+'; is_digit(*p); p++)
        v = v < EXPONENT_MAX ? v * 10 + (*p - '0') : v;
    return negative ? -v : v;
}

/* [p, end) is a number of good form, at least 0. It is 0.d1d2d3… * 10^place: digits are compared as
 * they are written. */
static bool is_beyond_double(const char *p, const char *end)
{
    const char *exponent = p;
    while (exponent < end && *exponent != 'e' && *exponent != 'E')
        exponent++;
    const char *point = memchr(p, '.', (size_t)(exponent - p)), *first = p;
    while (first < exponent && (*first == '0' || *first == '.'))
        first++;
    if (first == exponent)
        return false;
    int64_t place = (point == NULL ? exponent : point) - first;
    place += point != NULL && point < first;
    place += exponent < end ? exponent_of(exponent + 1) : 0;
    if (place != BEYOND_DIGITS)
        return place > BEYOND_DIGITS;
    for (size_t i = 0; i < BEYOND_DIGITS; i++) {
        first += first < exponent && *first == '.';
        char digit = first < exponent ? *first++ : '0';
        if (digit != beyond[i])
            return digit > beyond[i];
    }
    return true;
}

/* Behind the whole part. Kept as a kind only; what is beyond a double is malformed. */
static int read_real(json_reader *r, const char *from)
{
    if (*r->at == '.') {
        r->at++;
        if (!skip_digits(r))
            return ended(r, JSON_TOKEN_INVALID);
    }
    if (*r->at == 'e' || *r->at == 'E') {
        r->at++;
        if (*r->at == '+' || *r->at == '-')
            r->at++;
        if (!skip_digits(r))
            return ended(r, JSON_TOKEN_INVALID);
    }
    if (character(r) == 0)
        return JSON_TOKEN_INVALID;
    r->text = (str){from, (size_t)(r->at - from)};
    if (!is_beyond_double(from + (*from == '-'), r->at))
        return JSON_TOKEN_REAL;
    json_fail(r, "real number overflow");
    return JSON_TOKEN_INVALID;
}

static int read_number(json_reader *r)
{
    const char *from = r->at;
    r->at += *from == '-';
    if (*r->at == '0') {
        r->at++;
        if (is_digit(*r->at))
            return JSON_TOKEN_INVALID;
    } else if (!skip_digits(r)) {
        return ended(r, JSON_TOKEN_INVALID);
    }
    if (*r->at == '.' || *r->at == 'e' || *r->at == 'E')
        return read_real(r, from);
    if (character(r) == 0)
        return JSON_TOKEN_INVALID;
    if (str_to_i64((str){from, (size_t)(r->at - from)}, &r->number))
        return JSON_TOKEN_INT;
    json_fail(r, *from == '-' ? "too big negative integer" : "too big integer");
    return JSON_TOKEN_INVALID;
}

/* ---- strings ---- */

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    char small = (char)(c | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

static bool skip_escape(json_reader *r)
{
    char c = *++r->at;
    if (c != 'u') {
        if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
            return fail_behind(r, "invalid escape");
        r->at++;
        return true;
    }
    r->at++;
    for (int i = 0; i < 4; i++) {
        if (hex_value(*r->at) < 0)
            return fail_behind(r, "invalid escape");
        r->at++;
    }
    return true;
}

static bool fail_at_control(json_reader *r)
{
    if (r->at == r->end)
        return json_fail(r, "premature end of input");
    if (*r->at == '\n')
        return json_fail(r, "unexpected newline");
    return fail_at(r, "control character", (uint8_t)*r->at);
}

/* To the closing quote. */
static bool skip_string(json_reader *r, bool *escaped)
{
    while (true) {
        r->at += json_plain_bytes(r->at, (size_t)(r->end - r->at));
        uint8_t c = (uint8_t)*r->at;
        if (c == '"')
            return true;
        if (c == '\\') {
            *escaped = true;
            if (!skip_escape(r))
                return false;
        } else if (c < 0x20) {
            return fail_at_control(r);
        } else {
            size_t n = character(r);
            if (n == 0)
                return false;
            r->at += n;
        }
    }
}

static uint32_t hex_4(const char *p)
{
    uint32_t v = 0;
    for (int i = 0; i < 4; i++)
        v = v << 4 | (uint32_t)hex_value(p[i]);
    return v;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t first[] = {0, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(first[more] | c >> 6 * more);
    while (more-- > 0)
        *to++ = (char)(0x80 | (c >> 6 * more & 0x3F));
    return to;
}

/* At "\u"; takes a pair where it begins one. */
static bool put_unicode(json_reader *r, const char **from, char **to)
{
    char reason[JSON_REASON_MAX];
    const char *p = *from;
    uint32_t high = hex_4(p + 2), c = high;
    p += 6;
    if (high >= 0xD800 && high < 0xDC00 && p[0] == '\\' && p[1] == 'u') {
        uint32_t low = hex_4(p + 2);
        if (low < 0xDC00 || low > 0xDFFF) {
            snprintf(reason, sizeof reason, "invalid Unicode '\\u%04X\\u%04X'", high, low);
            return json_fail(r, reason);
        }
        p += 6;
        c = ((high - 0xD800) << 10) + (low - 0xDC00) + 0x10000;
    } else if (high >= 0xD800 && high < 0xE000) {
        snprintf(reason, sizeof reason, "invalid Unicode '\\u%04X'", high);
        return json_fail(r, reason);
    }
    *to = put_utf8(*to, c);
    *from = p;
    return true;
}

/* [from, until) without its escapes, in the same place: none is shorter than what it stands for. */
static bool unescape(json_reader *r, char *from, const char *until)
{
    char *to = from;
    for (const char *p = from; p < until;) {
        if (*p != '\\') {
            *to++ = *p++;
        } else if (p[1] == 'u') {
            if (!put_unicode(r, &p, &to))
                return false;
        } else {
            static const char named[] = "b\bf\fn\nr\rt\t";
            const char *at = strchr(named, p[1]);
            *to++ = at == NULL ? p[1] : at[1];
            p += 2;
        }
    }
    r->text = (str){from, (size_t)(to - from)};
    return true;
}

static int read_string(json_reader *r)
{
    bool escaped = false;
    char *from = ++r->at;
    if (!skip_string(r, &escaped))
        return JSON_TOKEN_INVALID;
    char *until = r->at++;
    r->text = (str){from, (size_t)(until - from)};
    return !escaped || unescape(r, from, until) ? JSON_TOKEN_STR : JSON_TOKEN_INVALID;
}

void json_advance(json_reader *r)
{
    while (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')
        r->at++;
    char c = *r->at;
    if (r->at == r->end) {
        r->token = JSON_TOKEN_END;
    } else if (c == '"') {
        r->token = read_string(r);
    } else if (c == '{' || c == '}' || c == '[' || c == ']' || c == ':' || c == ',') {
        r->token = c;
        r->at++;
    } else if (c == '-' || is_digit(c)) {
        r->token = read_number(r);
    } else if (is_letter(c)) {
        r->token = read_word(r);
    } else {
        r->token = JSON_TOKEN_INVALID;
        r->at += character(r);
    }
}
