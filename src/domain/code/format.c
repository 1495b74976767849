/* See format.h. */
#include "domain/code/format.h"

#include "base/id.h"
#include "domain/code/check_digit.h"

#define SECONDS_A_YEAR UINT64_C(31557600)
#define SERIALS_MAX    (UINT64_MAX / SLOT_COUNT)

const str code_alphabet_digits = {"0123456789", 10};
const str code_alphabet_crockford = {"0123456789ABCDEFGHJKMNPQRSTVWXYZ", 32};

/* Characters that people take for one another, in capitals. Of the first sets no new alphabet has
 * two; of the others Crockford's has both. */
static const char *const look_alikes[] = {"0O", "1IL", "2Z", "5S", "8B"};
enum { APART_SETS = 2 };

static bool is_code_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

/* Its place in the alphabet, or -1. */
static int place_of(str alphabet, char c)
{
    const char *p = alphabet.n == 0 ? NULL : memchr(alphabet.p, c, alphabet.n);
    return p == NULL ? -1 : (int)(p - alphabet.p);
}

/* ---- formats ---- */

static bool all_code_characters(str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_code_character(s.p[i]))
            return false;
    }
    return true;
}

static void check_alphabet(const code_form *f, issues *found)
{
    if (f->alphabet.n < CODE_ALPHABET_MIN || f->alphabet.n > CODE_ALPHABET_MAX ||
        !all_code_characters(f->alphabet)) {
        issues_add(found, S("characters"), S("out_of_range"), "%d to %d of 0-9 and A-Z",
                   CODE_ALPHABET_MIN, CODE_ALPHABET_MAX);
        return;
    }
    for (size_t i = 1; i < f->alphabet.n; i++) {
        if (place_of((str){f->alphabet.p, i}, f->alphabet.p[i]) >= 0) {
            issues_add(found, S("characters"), S("duplicate"), "%c comes twice", f->alphabet.p[i]);
            return;
        }
    }
    if (f->check && !check_digit_exists((uint32_t)f->alphabet.n))
        issues_add(found, S("check"), S("not_allowed"),
                   "there is no check character for %zu characters; take one character less",
                   f->alphabet.n);
}

void code_alphabet_check(str alphabet, issues *found)
{
    for (size_t i = 0; i < APART_SETS; i++) {
        char first = '\0';
        for (const char *c = look_alikes[i]; *c != '\0'; c++) {
            if (place_of(alphabet, *c) < 0)
                continue;
            if (first != '\0') {
                issues_add(found, S("characters"), S("not_allowed"),
                           "%c and %c look alike; take one of them", first, *c);
                return;
            }
            first = *c;
        }
    }
}

void code_form_check(const code_form *f, issues *found)
{
    size_t before = found->n;
    check_alphabet(f, found);
    if (f->prefix.n > CODE_PREFIX_MAX || !all_code_characters(f->prefix))
        issues_add(found, S("prefix"), S("out_of_range"), "at most %d of 0-9 and A-Z",
                   CODE_PREFIX_MAX);
    if (f->body < CODE_BODY_MIN || f->body > CODE_BODY_MAX)
        issues_add(found, S("length"), S("out_of_range"), "%d to %d characters", CODE_BODY_MIN,
                   CODE_BODY_MAX);
    else if (found->n == before && code_numbers(f) == 0)
        issues_add(found, S("length"), S("out_of_range"),
                   "more: %zu characters give fewer than %d numbers at this length", f->alphabet.n,
                   FF1_NUMBERS_MIN);
    if (f->group > CODE_TEXT_MAX)
        issues_add(found, S("group"), S("out_of_range"), "0 to %d characters", CODE_TEXT_MAX);
}

ff1_number code_numbers(const code_form *f)
{
    return ff1_numbers((uint32_t)f->alphabet.n, f->body);
}

uint64_t code_serials(const code_form *f)
{
    ff1_number serials = code_numbers(f) / SLOT_COUNT;
    return serials > SERIALS_MAX ? SERIALS_MAX : (uint64_t)serials;
}

ff1_number code_number(uint16_t slot, uint64_t serial)
{
    return (ff1_number)serial * SLOT_COUNT + slot;
}

uint16_t code_slot(ff1_number number)
{
    return (uint16_t)(number % SLOT_COUNT);
}

uint64_t code_serial(ff1_number number)
{
    return (uint64_t)(number / SLOT_COUNT);
}

/* ---- writing ---- */

size_t code_length(const code_form *f)
{
    return f->prefix.n + f->body + (f->check ? 1 : 0);
}

/* The last n digits of a number, and what is left of it: a division is most of what writing a code
 * costs, and one by a constant, or a shift, is a fraction of it. */
static uint64_t split_off(uint32_t radix, uint64_t number, uint8_t *digits, size_t n)
{
    if (radix == 10) {
        for (; n > 0; n--, number /= 10)
            digits[n - 1] = (uint8_t)(number % 10);
    } else if ((radix & (radix - 1)) == 0) {
        int bits = __builtin_ctz(radix);
        for (; n > 0; n--, number >>= bits)
            digits[n - 1] = (uint8_t)(number & (radix - 1));
    } else {
        for (; n > 0; n--, number /= radix)
            digits[n - 1] = (uint8_t)(number % radix);
    }
    return number;
}

void code_write(const code_form *f, ff1_number body, buf *out)
{
    uint8_t digits[CODE_BODY_MAX + 1];
    uint32_t radix = (uint32_t)f->alphabet.n;
    size_t n = f->body;
    for (; n > 0 && body >> 64 != 0; n--) {
        digits[n - 1] = (uint8_t)(body % radix);
        body /= radix;
    }
    CHECK(split_off(radix, (uint64_t)body, digits, n) == 0);
    n = f->body;
    if (f->check) {
        digits[n] = check_digit(radix, digits, n);
        n++;
    }
    buf_str(out, f->prefix);
    char *text = buf_take(out, n);
    for (size_t i = 0; text != NULL && i < n; i++)
        text[i] = f->alphabet.p[digits[i]];
}

void code_show(const code_form *f, str code, buf *out)
{
    size_t prefix = f->prefix.n, group = f->group == 0 ? code.n : f->group;
    buf_str(out, f->prefix);
    for (size_t i = prefix; i < code.n; i += group) {
        size_t left = code.n - i;
        if (f->group != 0 && i > 0)
            buf_char(out, '-');
        buf_str(out, (str){code.p + i, left < group ? left : group});
    }
}

/* ---- reading ---- */

/* Spaces that come along where a code is pasted, some of them invisible, and dashes. */
static bool is_wide_between(uint32_t point)
{
    return point == 0xa0 || (point >= 0x2000 && point <= 0x200b) || point == 0x202f ||
           point == 0x205f || point == 0x2060 || point == 0x3000 || point == 0xfeff ||
           (point >= 0x2010 && point <= 0x2015) || point == 0x2212;
}

/* The ASCII character that a full-width one of U+FF01 … U+FF5E, or another space or dash, stands
 * for; 0 for any other. */
static char narrow(const char *p, size_t n)
{
    const uint8_t *b = (const uint8_t *)p;
    uint32_t point = 0;
    if (n == 2)
        point = (uint32_t)(b[0] & 0x1f) << 6 | (b[1] & 0x3f);
    else if (n == 3)
        point = (uint32_t)(b[0] & 0x0f) << 12 | (uint32_t)(b[1] & 0x3f) << 6 | (b[2] & 0x3f);
    if (is_wide_between(point))
        return '-';
    return point >= 0xff01 && point <= 0xff5e ? (char)(point - 0xff01 + '!') : 0;
}

static bool is_between(char c)
{
    return c == ' ' || c == '-' || c == '_' || c == '.' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

/* The next character as ASCII, and how many bytes it has; 0: it is not UTF-8. */
static char next_of(str typed, size_t at, size_t *n)
{
    *n = str_utf8_length((str){typed.p + at, typed.n - at});
    return *n == 1 ? typed.p[at] : narrow(typed.p + at, *n);
}

bool code_has_small(str typed)
{
    bool found = false;
    for (size_t i = 0, n = 1; i < typed.n && n > 0 && !found; i += n)
        found = is_small(next_of(typed, i, &n));
    return found;
}

code_text_state code_text_of(str typed, buf *out)
{
    size_t length = 0;
    if (typed.n > CODE_TYPED_MAX)
        return CODE_TEXT_LONG;
    for (size_t i = 0, n; i < typed.n; i += n) {
        char c = next_of(typed, i, &n);
        if (is_small(c))
            c = (char)(c - 'a' + 'A');
        if (n == 0 || (!is_code_character(c) && !is_between(c)))
            return CODE_TEXT_OTHER;
        if (is_between(c))
            continue;
        if (length++ == CODE_TEXT_MAX)
            return CODE_TEXT_LONG;
        buf_char(out, c);
    }
    return length > 0 ? CODE_TEXT_GOOD : CODE_TEXT_EMPTY;
}

/* The place of the character, or of the one look-alike that the alphabet has; -1. */
static int digit_of(str alphabet, char c)
{
    int place = place_of(alphabet, c);
    for (size_t i = 0; place < 0 && i < ARRAY_LEN(look_alikes); i++) {
        if (strchr(look_alikes[i], c) == NULL)
            continue;
        for (const char *other = look_alikes[i]; *other != '\0'; other++) {
            int found = place_of(alphabet, *other);
            if (found >= 0 && place >= 0)
                return -1; /* it could be either */
            if (found >= 0)
                place = found;
        }
    }
    return place;
}

static bool alike(char a, char b)
{
    bool same = a == b;
    for (size_t i = 0; i < ARRAY_LEN(look_alikes); i++)
        same = same || (strchr(look_alikes[i], a) != NULL && strchr(look_alikes[i], b) != NULL);
    return same;
}

static bool has_prefix(const code_form *f, str normalised)
{
    bool same = normalised.n == code_length(f);
    for (size_t i = 0; same && i < f->prefix.n; i++)
        same = alike(f->prefix.p[i], normalised.p[i]);
    return same;
}

bool code_read(const code_form *f, str normalised, ff1_number *body)
{
    uint8_t digits[CODE_BODY_MAX + 1];
    if (!has_prefix(f, normalised))
        return false;
    size_t n = normalised.n - f->prefix.n;
    ff1_number number = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = digit_of(f->alphabet, normalised.p[f->prefix.n + i]);
        if (digit < 0)
            return false;
        digits[i] = (uint8_t)digit;
        if (i < f->body)
            number = number * f->alphabet.n + (unsigned)digit;
    }
    if (f->check && !check_digit_holds((uint32_t)f->alphabet.n, digits, n))
        return false;
    *body = number;
    return true;
}

bool code_may_stand(const code_form *f, size_t at, char c)
{
    return at < f->prefix.n ? alike(f->prefix.p[at], c) : digit_of(f->alphabet, c) >= 0;
}

bool code_forms_meet(const code_form *a, const code_form *b)
{
    size_t n = code_length(a);
    if (n != code_length(b))
        return false;
    for (size_t at = 0; at < n; at++) {
        bool some = false;
        for (size_t i = 0; i < code_alphabet_digits.n + 26 && !some; i++) {
            char c = (char)(i < 10 ? '0' + i : 'A' + i - 10);
            some = code_may_stand(a, at, c) && code_may_stand(b, at, c);
        }
        if (!some)
            return false;
    }
    return true; /* check characters may tell them apart most of the time, not always */
}

/* ---- guessing ---- */

uint64_t code_hits_milli(const code_form *f, uint64_t live, uint64_t guesses_per_second)
{
    unsigned __int128 guesses = (unsigned __int128)guesses_per_second * SECONDS_A_YEAR * 1000;
    ff1_number all = code_numbers(f);
    if (live == 0 || guesses == 0)
        return 0;
    if (guesses > ~(unsigned __int128)0 / live)
        return UINT64_MAX;
    unsigned __int128 hits = guesses * live / all;
    return hits > UINT64_MAX ? UINT64_MAX : (uint64_t)hits;
}
