/* See email.h. Unicode's tables and normal forms are utf8proc's; what is used of it allocates
 * nothing.
 *
 * Each part is brought to its form first and looked at then, because a form can have what is not
 * allowed: that of a Greek question mark is a semicolon. */
#include "base/email.h"

#include <utf8proc.h>

/* Of a part, decomposed: a letter becomes at most four, and has at least a byte. */
enum { LETTERS_MAX = 4 * EMAIL_BYTES_MAX };

static const char not_one_at[] = "one @, with something before and behind it";
static const char too_long[] = "at most 254 bytes, 64 of them before the @, 63 of a label behind";
static const char bad_local[] = "before the @: letters, digits, dots and !#$%&'*+/=?^_`{|}~-";
static const char bad_domain[] =
    "behind the @: two labels or more, of letters, digits and hyphens inside, as example.com";

/* ---- letters ---- */

typedef struct letters {
    utf8proc_int32_t at[LETTERS_MAX];
    size_t n;
} letters;

static bool decompose(str text, utf8proc_option_t options, utf8proc_custom_func map, letters *out)
{
    utf8proc_ssize_t n = utf8proc_decompose_custom(
        (const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, out->at, LETTERS_MAX,
        UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | options, map, NULL);
    out->n = n < 0 || n > LETTERS_MAX ? 0 : (size_t)n;
    return out->n > 0;
}

static str to_text(const utf8proc_int32_t *from, size_t n, arena *memory)
{
    utf8proc_uint8_t *text = arena_alloc(memory, 4 * n);
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += (size_t)utf8proc_encode_char(from[i], text + bytes);
    return (str){(const char *)text, bytes};
}

/* In NFC, of letters that were decomposed first: so what is the same text is mapped alike. False:
 * no UTF-8, or too long. */
static bool map_part(str part, utf8proc_option_t options, utf8proc_custom_func map, arena *memory,
                     letters *out)
{
    if (!decompose(part, 0, NULL, out) ||
        !decompose(to_text(out->at, out->n, memory), options, map, out))
        return false;
    out->n = (size_t)utf8proc_normalize_utf32(out->at, (utf8proc_ssize_t)out->n,
                                              UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    return true;
}

/* Is assigned and takes up space. */
static bool is_seen(utf8proc_int32_t letter)
{
    switch (utf8proc_category(letter)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return true;
    }
}

static bool is_alphanumeric(utf8proc_int32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* ---- before the @ ---- */

static bool is_local(const letters *part)
{
    for (size_t i = 0; i < part->n; i++) {
        utf8proc_int32_t c = part->at[i];
        bool allowed =
            c < 0x80 ? is_alphanumeric(c) || (c > 0 && strchr(".!#$%&'*+/=?^_`{|}~-", c) != NULL)
                     : is_seen(c);
        if (!allowed)
            return false;
    }
    return true;
}

/* ---- behind the @ ---- */

/* RFC 5895 2.1 to 2.4. */
static utf8proc_int32_t map_letter(utf8proc_int32_t c, void *data)
{
    enum { IDEOGRAPHIC_FULL_STOP = 0x3002 };
    (void)data;
    utf8proc_int32_t low = utf8proc_tolower(c), narrow[4];
    utf8proc_propval_t kind = utf8proc_get_property(low)->decomp_type;
    if ((kind == UTF8PROC_DECOMP_TYPE_WIDE || kind == UTF8PROC_DECOMP_TYPE_NARROW) &&
        utf8proc_decompose_char(low, narrow, 4, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, NULL) == 1)
        low = narrow[0];
    return low == IDEOGRAPHIC_FULL_STOP ? '.' : low;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / 700 : delta / 2;
    delta += delta / points;
    for (; delta > 35 * 26 / 2; k += 36)
        delta /= 35;
    return k + 36 * delta / (delta + 38);
}

static size_t put_delta(uint32_t delta, uint32_t bias, char *to)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t n = 0;
    for (uint32_t k = 36;; k += 36) {
        uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        if (delta < t)
            break;
        to[n++] = digits[t + (delta - t) % (36 - t)];
        delta = (delta - t) / (36 - t);
    }
    to[n++] = digits[delta];
    return n;
}

/* RFC 3492 6.3: n <= EMAIL_LABEL_MAX letters, so no delta overflows, and each takes no more than 7
 * digits. Returns the bytes; to has 8 a letter. */
static size_t punycode(const utf8proc_int32_t *label, size_t n, char *to)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        if (label[i] < 0x80)
            to[bytes++] = (char)label[i];
    uint32_t basic = (uint32_t)bytes, done = basic, next = 0x80, delta = 0, bias = 72;
    if (basic > 0)
        to[bytes++] = '-';
    while (done < n) {
        uint32_t least = UINT32_MAX;
        for (size_t i = 0; i < n; i++)
            if ((uint32_t)label[i] >= next && (uint32_t)label[i] < least)
                least = (uint32_t)label[i];
        delta += (least - next) * (done + 1);
        next = least;
        for (size_t i = 0; i < n; i++) {
            delta += (uint32_t)label[i] < next;
            if ((uint32_t)label[i] != next)
                continue;
            bytes += put_delta(delta, bias, to + bytes);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        next++;
    }
    return bytes;
}

/* NULL: added to *out. */
static const char *add_label(const utf8proc_int32_t *label, size_t n, arena *memory, str *out)
{
    bool ascii = true;
    char code[8 * EMAIL_LABEL_MAX];
    str text = {code, 0};
    if (n == 0 || label[0] == '-' || label[n - 1] == '-')
        return bad_domain;
    if (n > EMAIL_LABEL_MAX)
        return too_long;
    for (size_t i = 0; i < n; i++) {
        ascii = ascii && label[i] < 0x80;
        if (label[i] < 0x80 ? !is_alphanumeric(label[i]) && label[i] != '-' : !is_seen(label[i]))
            return bad_domain;
    }
    if (ascii)
        text = to_text(label, n, memory);
    else
        text.n = punycode(label, n, code);
    const char *dot = out->n == 0 ? "" : ".", *mark = ascii ? "" : "xn--";
    if (strlen(mark) + text.n > EMAIL_LABEL_MAX)
        return too_long;
    *out = arena_printf(memory, "%.*s%s%s%.*s", STR_ARG(*out), dot, mark, STR_ARG(text));
    return NULL;
}

/* A domain's last label is no number: that would be the address of a host. */
static bool ends_in_number(str domain)
{
    size_t n = domain.n;
    while (n > 0 && domain.p[n - 1] >= '0' && domain.p[n - 1] <= '9')
        n--;
    return n == 0 || (n < domain.n && domain.p[n - 1] == '.');
}

static const char *domain_form(str typed, arena *memory, str *out)
{
    letters all;
    size_t labels = 0, begin = 0;
    *out = S("");
    if (!map_part(typed, 0, map_letter, memory, &all))
        return bad_domain;
    for (size_t i = 0; i <= all.n; i++) {
        if (i < all.n && all.at[i] != '.')
            continue;
        const char *wrong = add_label(all.at + begin, i - begin, memory, out);
        if (wrong != NULL)
            return wrong;
        labels++;
        begin = i + 1;
    }
    return labels < 2 || ends_in_number(*out) ? bad_domain : NULL;
}

/* ---- both ---- */

const char *email_form(str typed, arena *memory, str *out)
{
    letters folded;
    str domain = str_trim(typed), local;
    if (domain.n > EMAIL_BYTES_MAX)
        return too_long;
    if (!str_cut(&domain, '@', &local) || local.n == 0 || domain.n == 0 ||
        memchr(domain.p, '@', domain.n) != NULL)
        return not_one_at;
    if (!map_part(local, UTF8PROC_CASEFOLD, NULL, memory, &folded) || !is_local(&folded))
        return bad_local;
    str form = to_text(folded.at, folded.n, memory);
    const char *wrong = domain_form(domain, memory, &domain);
    if (wrong != NULL)
        return wrong;
    if (local.n > EMAIL_LOCAL_MAX || form.n > EMAIL_LOCAL_MAX ||
        form.n + 1 + domain.n > EMAIL_BYTES_MAX)
        return too_long;
    *out = arena_printf(memory, "%.*s@%.*s", STR_ARG(form), STR_ARG(domain));
    return NULL;
}
