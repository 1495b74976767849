/* `quan admin key create, list, revoke, rotate`.
 *
 * A secret is made here, shown once and stored nowhere: the store keeps half of its SHA-256. */
#include <stdio.h>

#include "cli/admin.h"
#include "port/secret.h"

enum { KEY_NAME = 1, KEY_MERCHANT, KEY_SCOPES, KEY_EXPIRES, KEY_OPERATOR, KEY_KEEP };

static const struct {
    str name;
    uint32_t bit; /* api_key.scopes */
} scopes[] = {{{"admin", 5}, 1}, {{"issue", 5}, 2}, {{"redeem", 6}, 4}, {{"read", 4}, 8}};
enum { SCOPES_ALL = 15 };

typedef struct key_wish {
    key_put_in in;
    bool is_operator, has_merchant, keep, found;
    uint64_t id; /* of a key that is there */
} key_wish;

static uint32_t parse_scopes(str text, const struct argp_state *state)
{
    uint32_t all = 0;
    for (str word; str_cut(&text, ',', &word);) {
        uint32_t bit = 0;
        for (size_t i = 0; i < ARRAY_LEN(scopes); i++)
            if (str_eq(scopes[i].name, word))
                bit = scopes[i].bit;
        if (bit == 0)
            argp_error(state, "there is no scope \"%.*s\"; there are admin, issue, redeem, read",
                       STR_ARG(word));
        all |= bit;
    }
    return all;
}

static const struct argp_option create_options[] = {
    {.name = "operator", .key = KEY_OPERATOR, .doc = "A key of the operator: for all merchants"},
    {.name = "merchant", .key = KEY_MERCHANT, .arg = "MERCHANT", .doc = "Whose key it is"},
    {.name = "scopes",
     .key = KEY_SCOPES,
     .arg = "LIST",
     .doc = "Of admin, issue, redeem, read, with commas between. Default: all"},
    {.name = "name", .key = KEY_NAME, .arg = "NAME", .doc = "For people; default: the command's"},
    {.name = "expires",
     .key = KEY_EXPIRES,
     .arg = "TIME",
     .doc = "RFC 3339, such as 2030-01-01T00:00:00Z. Default: never"},
    {0}};

static error_t create_option(int key, char *argument, struct argp_state *state)
{
    key_wish *k = state->input;
    switch (key) {
    case KEY_OPERATOR:
        k->is_operator = true;
        return 0;
    case KEY_MERCHANT:
        k->has_merchant = true;
        if (!id_parse(ID_MERCHANT, str_of(argument), &k->in.merchant))
            argp_error(state, "\"%s\" is not the id of a merchant", argument);
        return 0;
    case KEY_SCOPES:
        k->in.scopes = parse_scopes(str_of(argument), state);
        return 0;
    case KEY_NAME:
        k->in.name = str_of(argument);
        return 0;
    case KEY_EXPIRES:
        if (!time_parse(str_of(argument), &k->in.expires_at_ms))
            argp_error(state, "\"%s\" is not a time", argument);
        return 0;
    case ARGP_KEY_END:
        if (k->is_operator == k->has_merchant)
            argp_error(state, "say either --operator or --merchant");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- showing ---- */

static void show_scopes(buf *out, uint32_t bits)
{
    bool first = true;
    for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
        if ((bits & scopes[i].bit) == 0)
            continue;
        buf_str(out, first ? (str){NULL, 0} : S(","));
        buf_str(out, scopes[i].name);
        first = false;
    }
}

static void put_time(json_writer *w, str key, int64_t at_ms)
{
    if (at_ms == 0)
        return;
    json_key(w, key);
    json_put_time(w, at_ms);
}

static void show_json(json_writer *w, const api_key *k, str secret)
{
    char id[ID_TEXT_MAX];
    json_begin_object(w);
    json_key(w, S("id"));
    json_put_str(w, (str){id, id_text(ID_KEY, k->id, id)});
    if (secret.n > 0) {
        json_key(w, S("key"));
        json_put_str(w, secret);
    }
    if (k->merchant != 0) {
        json_key(w, S("merchant"));
        json_put_str(w, (str){id, id_text(ID_MERCHANT, k->merchant, id)});
    }
    json_key(w, S("operator"));
    json_put_bool(w, k->merchant == 0);
    json_key(w, S("name"));
    json_put_str(w, k->name);
    json_key(w, S("scopes"));
    json_begin_array(w);
    for (size_t i = 0; i < ARRAY_LEN(scopes); i++)
        if ((k->scopes & scopes[i].bit) != 0)
            json_put_str(w, scopes[i].name);
    json_end_array(w);
    put_time(w, S("created_at"), k->created_at_ms);
    put_time(w, S("expires_at"), k->expires_at_ms);
    put_time(w, S("revoked_at"), k->revoked_at_ms);
    json_end_object(w);
}

static void show_text(buf *out, const api_key *k)
{
    id_write(out, ID_KEY, k->id);
    buf_str(out, S("  "));
    if (k->merchant == 0)
        buf_str(out, S("operator"));
    else
        id_write(out, ID_MERCHANT, k->merchant);
    buf_str(out, S("  "));
    show_scopes(out, k->scopes);
    buf_printf(out, "  %.*s", STR_ARG(k->name));
    if (k->revoked_at_ms != 0) {
        buf_str(out, S("  revoked "));
        time_write(out, k->revoked_at_ms);
    } else if (k->expires_at_ms != 0) {
        buf_str(out, S("  expires "));
        time_write(out, k->expires_at_ms);
    }
    buf_char(out, '\n');
}

/* The secret alone on stdout, so that key=$(quan admin key create …) works; the rest is for people.
 */
static cli_exit show_made(cli_context *c, const api_key *k, str secret)
{
    buf out;
    buf_init(&out, 1 << 20);
    json_writer w = json_writer_on(&out);
    if (c->json) {
        show_json(&w, k, secret);
    } else {
        show_text(&out, k);
        fprintf(stderr, "%.*s", STR_ARG(buf_view(&out)));
        fprintf(stderr, "This is the key. It is shown once and cannot be read again:\n");
        buf_clear(&out);
        buf_str(&out, secret);
    }
    buf_char(&out, '\n');
    cli_exit code = cli_print(c, &out);
    buf_free(&out);
    return code;
}

/* ---- create ---- */

static cli_exit make_key(cli_context *c, app *a, key_put_in *in)
{
    char secret[SECRET_KEY_LENGTH];
    secret_key_make(secret);
    str text = {secret, sizeof(secret)};
    hash128 h = secret_key_hash(text);
    in->hi = h.hi;
    in->lo = h.lo;
    act_call *call = admin_call(c, a, ACT_ID_key_put, slot_of_hash(in->hi), in);
    result r = cli_act(call);
    if (r != R_DONE)
        return cli_refuse(c, r, call->detail);
    api_key made = {0};
    cli_exit code = admin_row(c, call, &api_key_table.record, &made);
    return code == CLI_OK ? show_made(c, &made, text) : code;
}

static cli_exit create(cli_context *c, app *a, void *with)
{
    key_wish *k = with;
    if (k->in.scopes == 0)
        k->in.scopes = SCOPES_ALL;
    if (k->in.name.n == 0)
        k->in.name = S("made by quan admin");
    return make_key(c, a, &k->in);
}

cli_exit cli_key_create(cli_context *c)
{
    key_wish k = {0};
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "",
                                              .options = create_options,
                                              .parse = create_option,
                                              .into = &k,
                                              .settings = CLI_SETTINGS_STORE});
    return code == CLI_OK ? admin_run(c, true, create, &k) : code;
}

/* ---- list ---- */

static cli_exit list_one(cli_context *c, const void *row, void *with)
{
    admin_listing *l = with;
    if (c->json)
        show_json(&l->writer, row, (str){NULL, 0});
    else
        show_text(&l->out, row);
    return CLI_OK;
}

static cli_exit list_all(cli_context *c, app *a, void *with)
{
    MAYBE(with);
    return admin_list(c, a, &api_key_table, list_one);
}

cli_exit cli_key_list(cli_context *c)
{
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "", .settings = CLI_SETTINGS_STORE});
    return code == CLI_OK ? admin_run(c, false, list_all, NULL) : code;
}

/* ---- revoke and rotate ---- */

static const struct argp_option rotate_options[] = {
    {.name = "keep", .key = KEY_KEEP, .doc = "Do not revoke the old key yet"}, {0}};

static error_t one_key(int key, char *argument, struct argp_state *state)
{
    key_wish *k = state->input;
    if (key == KEY_KEEP)
        k->keep = true;
    else if (key == ARGP_KEY_ARG && state->arg_num == 0) {
        if (!id_parse(ID_KEY, str_of(argument), &k->id))
            argp_error(state, "\"%s\" is not the id of a key", argument);
    } else if (key == ARGP_KEY_NO_ARGS)
        argp_error(state, "say which key, by its id; `quan admin key list` shows them");
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

/* Keys are stored by hash, not by id: there are few enough to look at all of them. */
static cli_exit find_one(cli_context *c, const void *row, void *with)
{
    key_wish *k = with;
    const api_key *at = row;
    if (at->id != k->id)
        return CLI_OK;
    k->found = true;
    k->in = (key_put_in){.hi = at->hi,
                         .lo = at->lo,
                         .merchant = at->merchant,
                         .scopes = at->scopes,
                         .name = arena_str(c->memory, at->name),
                         .expires_at_ms = at->expires_at_ms};
    return CLI_OK;
}

static cli_exit find(cli_context *c, app *a, key_wish *k)
{
    cli_exit code = admin_each(c, a, &api_key_table, find_one, k);
    if (code == CLI_OK && !k->found)
        code = cli_fail(c, CLI_FAILED, "there is no such key");
    return code;
}

static cli_exit revoke_key(cli_context *c, app *a, const key_put_in *which, bool show)
{
    key_put_in *in = ARENA_NEW(c->memory, key_put_in);
    *in =
        (key_put_in){.hi = which->hi, .lo = which->lo, .merchant = which->merchant, .revoke = true};
    act_call *call = admin_call(c, a, ACT_ID_key_put, slot_of_hash(in->hi), in);
    result r = cli_act(call);
    if (r != R_DONE)
        return cli_refuse(c, r, call->detail);
    api_key gone = {0};
    cli_exit code = admin_row(c, call, &api_key_table.record, &gone);
    if (code != CLI_OK || !show)
        return code;
    buf out;
    buf_init(&out, 1 << 20);
    json_writer w = json_writer_on(&out);
    if (c->json) {
        show_json(&w, &gone, (str){NULL, 0});
        buf_char(&out, '\n');
    } else {
        show_text(&out, &gone);
    }
    code = cli_print(c, &out);
    buf_free(&out);
    return code;
}

static cli_exit revoke_found(cli_context *c, app *a, void *with)
{
    key_wish *k = with;
    cli_exit code = find(c, a, k);
    return code == CLI_OK ? revoke_key(c, a, &k->in, true) : code;
}

static cli_exit rotate_found(cli_context *c, app *a, void *with)
{
    key_wish *k = with;
    cli_exit code = find(c, a, k);
    if (code != CLI_OK)
        return code;
    key_put_in old = k->in;
    code = make_key(c, a, &k->in);
    return code != CLI_OK || k->keep ? code : revoke_key(c, a, &old, false);
}

cli_exit cli_key_revoke(cli_context *c)
{
    key_wish k = {0};
    cli_exit code = cli_parse(
        c, &(cli_flags){
               .synopsis = "KEY", .parse = one_key, .into = &k, .settings = CLI_SETTINGS_STORE});
    return code == CLI_OK ? admin_run(c, false, revoke_found, &k) : code;
}

cli_exit cli_key_rotate(cli_context *c)
{
    key_wish k = {0};
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "KEY",
                                              .options = rotate_options,
                                              .parse = one_key,
                                              .into = &k,
                                              .settings = CLI_SETTINGS_STORE});
    return code == CLI_OK ? admin_run(c, false, rotate_found, &k) : code;
}
