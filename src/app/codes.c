/* See codes.h. */
#include "app/codes.h"

#include "app/inner.h"
#include "app/query_users.h"
#include "base/hash.h"
#include "base/id.h"
#include "domain/code/exchange.h"
#include "domain/code/import.h"
#include "port/random.h"
#include "port/secret.h"

enum { KEY_BYTES = 16, WRITE_AT_ONCE = 256 };

/* An open key of a prefix. */
typedef struct cipher {
    arena *memory;
    aes *key;
    code_cipher *by;
    code_form form;
} cipher;

/* What a sealed key is bound to: it opens for its merchant only. */
static str about(uint64_t merchant_id, char out[sizeof(uint64_t)])
{
    for (size_t i = 0; i < sizeof(merchant_id); i++)
        out[i] = (char)(merchant_id >> 8 * i);
    return (str){out, sizeof(merchant_id)};
}

result codes_seal(app *a, uint64_t merchant_id, str plain, arena *memory, str *sealed)
{
    char context[sizeof(merchant_id)];
    if (a->options.code_key.n == 0)
        return R_CODE_KEY_MISSING;
    char *out = arena_alloc(memory, SECRET_SEAL_EXTRA + plain.n);
    secret_seal(a->options.code_key, about(merchant_id, context), plain, out);
    *sealed = (str){out, SECRET_SEAL_EXTRA + plain.n};
    return R_DONE;
}

str codes_open(app *a, uint64_t merchant_id, str sealed, arena *memory)
{
    char context[sizeof(merchant_id)];
    if (a->options.code_key.n == 0 || sealed.n < SECRET_SEAL_EXTRA)
        return (str){NULL, 0};
    char *out = arena_alloc(memory, sealed.n);
    bool opened = secret_open(a->options.code_key, about(merchant_id, context), sealed, out);
    return opened ? (str){out, sealed.n - SECRET_SEAL_EXTRA} : (str){NULL, 0};
}

result codes_key_make(app *a, uint64_t merchant_id, arena *memory, str *sealed)
{
    char bytes[KEY_BYTES];
    random_bytes(bytes, sizeof(bytes));
    result r = codes_seal(a, merchant_id, (str){bytes, sizeof(bytes)}, memory, sealed);
    secret_wipe(bytes, sizeof(bytes));
    return r;
}

/* Below limit, which is above 0. */
static uint64_t drawn_below(uint64_t limit)
{
    uint64_t n, bound = UINT64_MAX - UINT64_MAX % limit;
    do {
        n = random_u64();
    } while (n >= bound);
    return n % limit;
}

lcg codes_lcg_draw(uint64_t modulus)
{
    uint64_t step = code_lcg_step(modulus), factor;
    lcg g = {.m = modulus};
    while (lcg_check(g, &factor) != LCG_FULL)
        g = (lcg){modulus, (1 + drawn_below((modulus - 2) / step)) * step + 1,
                  drawn_below(modulus)};
    return g;
}

static result cipher_open(app *a, const code_format *of, size_t at, cipher *out)
{
    char bytes[KEY_BYTES], context[sizeof(of->merchant)];
    str sealed = of->keys.items[at].sealed;
    if (a->options.code_key.n == 0 || sealed.n != SECRET_SEAL_EXTRA + sizeof(bytes) ||
        !secret_open(a->options.code_key, about(of->merchant, context), sealed, bytes))
        return R_CODE_KEY_MISSING;
    out->memory = arena_new(0);
    out->form = code_form_of(of, at);
    out->key = aes_new((str){bytes, sizeof(bytes)});
    secret_wipe(bytes, sizeof(bytes));
    out->by = code_cipher_new(out->memory, out->key, of, at);
    return R_DONE;
}

static void cipher_close(cipher *c)
{
    aes_free(c->key);
    arena_free(c->memory);
}

result codes_check(app *a, const code_format *of)
{
    cipher c;
    result r = cipher_open(a, of, of->keys.n - 1, &c);
    if (r == R_DONE)
        cipher_close(&c);
    return r;
}

/* ---- reading ---- */

/* 0: no coupon can have this id. */
static uint64_t coupon_named(ff1_number number)
{
    uint64_t id = (uint64_t)number;
    return number == id && id >> 63 == 0 && id_slot(id) < SLOT_COUNT ? id : 0;
}

static result read_with(app *a, const code_format *of, size_t at, ff1_number body, code_typed *out)
{
    cipher c;
    result r = cipher_open(a, of, at, &c);
    if (r != R_DONE)
        return r;
    ff1_number number = code_cipher_read(c.by, body);
    if (code_is_of_coupons(of))
        out->coupon = coupon_named(number);
    else if (number < of->keys.items[at].issued)
        *out = (code_typed){.format = of->id, .place = of->keys.items[at].first + (uint64_t)number};
    cipher_close(&c);
    return R_DONE;
}

/* What a text that is of no format costs as well, so that it is not told from one that is. */
static void read_for_nothing(app *a, const code_format *of, uint64_t dice)
{
    code_typed ignored;
    size_t at = of->keys.n - 1;
    code_form form = code_form_of(of, at);
    MAYBE(read_with(a, of, at, dice % code_numbers(&form), &ignored));
}

static bool is_own_word(const code_word *word, const code_asker *by)
{
    return word != NULL && word->user.n > 0 && str_eq(word->user, by->user);
}

static const code_word *word_of(const code_asker *by, str normal)
{
    const code_word *word =
        by->user.n == 0 ? NULL : config_code_word(by->config, by->merchant, normal);
    bool good = word != NULL && code_word_refusal(word, by->user, by->now_ms) == R_DONE;
    return good || by->may_know || is_own_word(word, by) ? word : NULL;
}

result codes_read(app *a, const code_asker *by, str typed, code_typed *out)
{
    CHECK(by->guess != NULL);
    const code_format *formats[CODE_FORMATS_MAX];
    buf text;
    *out = (code_typed){0};
    buf_init(&text, CODE_TYPED_MAX);
    bool normal = code_text_of(typed, &text) == CODE_TEXT_GOOD;
    const code_word *word = normal ? word_of(by, buf_view(&text)) : NULL;
    if (word != NULL || a->options.code_key.n == 0) {
        out->word = word == NULL ? 0 : word->id;
        out->mine = is_own_word(word, by);
        buf_free(&text);
        return word == NULL ? R_CODE_KEY_MISSING : R_DONE;
    }
    out->place = hash64(typed, 0) % CODE_PLACES_MAX; /* of one that is none: any slot */
    size_t n =
        normal ? config_code_formats(by->config, by->merchant, 0, CODE_FORMATS_MAX, formats) : 0;
    result r = R_DONE;
    bool read = false;
    for (size_t i = 0; i < n; i++) {
        for (size_t at = 0; at < formats[i]->keys.n; at++) {
            code_form form = code_form_of(formats[i], at);
            ff1_number body;
            if (!code_read(&form, buf_view(&text), &body)) /* at most one: they do not meet */
                continue;
            r = read_with(a, formats[i], at, body, out);
            read = true;
        }
    }
    if (!read && n > 0)
        read_for_nothing(a, formats[0], out->place);
    buf_free(&text);
    return r;
}

static code_typed find_imported(const app_view *v, uint64_t merchant_id, str normal)
{
    const imported_code *row =
        imported_code_get(v->rows, imported_code_slot(merchant_id, normal), merchant_id, normal);
    code_typed none = {0};
    return row == NULL ? none
                       : (code_typed){.format = row->batch, .place = imported_code_place(row)};
}

static bool is_bound_to(const app_view *v, const code_batch *of, uint64_t number, str name)
{
    const bound_user *row = bound_user_get(v->rows, id_slot(of->id), of->id, name);
    return row != NULL && row->number == number;
}

/* Of a personal batch, is it this user's, by this or an earlier name? */
static bool is_mine(app_view *v, const code_asker *by, const code_typed *code)
{
    static const code_batch none;
    const code_batch *of = config_code_batch_at(by->config, code->format, code->place);
    bool personal = of != NULL && of->personal;
    uint64_t number = personal ? code->place - of->first : 0;
    bool mine = is_bound_to(v, personal ? of : &none, number, by->user);
    user_seen seen;
    bool known = query_user(v, by->merchant, by->user, &seen);
    for (size_t i = 0; personal && known && i < seen.row->moved.n; i++)
        mine = mine || is_bound_to(v, of, number, seen.row->moved.items[i].name);
    return personal && mine;
}

/* Both rows are looked for whatever else the text is, so that no kind of code is told from another
 * by the time it takes. */
result codes_read_any(app *a, const code_asker *by, str typed, code_typed *out)
{
    char bytes[CODE_TEXT_MAX];
    buf normal = {.p = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
    app_view v;
    result r = codes_read(a, by, typed, out);
    if (out->word != 0 || code_text_of(typed, &normal) != CODE_TEXT_GOOD)
        return r;
    arena *memory = arena_new(0);
    result looked = app_view_open(a, memory, &v);
    if (looked == R_DONE) {
        code_typed own = find_imported(&v, by->merchant, buf_view(&normal));
        out->mine = is_mine(&v, by, out);
        looked = app_view_close(&v);
        if (own.format != 0) {
            *out = own;
            r = R_DONE;
        }
    }
    arena_free(memory);
    return looked == R_DONE ? r : looked;
}

bool codes_word_is_imported(app_view *v, uint64_t merchant_id, str typed, uint64_t *parts)
{
    char bytes[CODE_TEXT_MAX];
    buf normal = {.p = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
    const code_shape *all = code_shape_get(v->rows, id_slot(merchant_id), merchant_id, 0);
    *parts = all == NULL ? 0 : all->parts;
    return code_text_of(typed, &normal) == CODE_TEXT_GOOD &&
           find_imported(v, merchant_id, buf_view(&normal)).format != 0;
}

/* ---- writing ---- */

static void write_some(const cipher *c, ff1_number *numbers, size_t n, const str *users, buf *out)
{
    char bytes[CODE_TEXT_MAX];
    code_cipher_write(c->by, numbers, n);
    for (size_t i = 0; i < n; i++) {
        buf text = {.p = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
        code_write(&c->form, numbers[i], &text);
        code_show(&c->form, buf_view(&text), out);
        if (users != NULL) {
            buf_char(out, ',');
            buf_csv(out, users[i]);
        }
        buf_char(out, '\n');
    }
}

static const code_format *format_of_coupons(const coupon_names *of)
{
    const code_format *formats[CODE_FORMATS_MAX];
    size_t n = config_code_formats(of->config, of->merchant, 0, CODE_FORMATS_MAX, formats);
    for (size_t i = 0; i < n; i++)
        if (code_is_of_coupons(formats[i]))
            return formats[i];
    return NULL;
}

void codes_of_coupons(app *a, const coupon_names *of, str *out)
{
    const code_format *format = format_of_coupons(of);
    cipher c;
    memset(out, 0, of->n * sizeof(*out));
    if (format == NULL || of->n == 0 || cipher_open(a, format, format->keys.n - 1, &c) != R_DONE)
        return;
    for (size_t i = 0; i < of->n; i++) {
        ff1_number number = of->ids[i];
        buf text;
        buf_init(&text, CODE_SHOWN_MAX + 1);
        write_some(&c, &number, 1, NULL, &text);
        out[i] = arena_str(of->memory, (str){text.p, text.n - 1}); /* without the line end */
        buf_free(&text);
    }
    cipher_close(&c);
}

result codes_write(app *a, const code_run *run, buf *out)
{
    ff1_number numbers[WRITE_AT_ONCE];
    size_t at = code_key_of(run->of, run->first);
    uint64_t number = run->first - run->of->keys.items[at].first, left = run->n;
    cipher c;
    result r = cipher_open(a, run->of, at, &c);
    if (r != R_DONE)
        return r;
    while (left > 0) {
        size_t n = left < WRITE_AT_ONCE ? (size_t)left : WRITE_AT_ONCE;
        for (size_t i = 0; i < n; i++)
            numbers[i] = (ff1_number)number++;
        write_some(&c, numbers, n, run->users == NULL ? NULL : run->users + (run->n - left), out);
        left -= n;
    }
    cipher_close(&c);
    return R_DONE;
}
