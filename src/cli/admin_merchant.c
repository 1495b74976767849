/* `quan admin merchant create` and `list`. */
#include <stdio.h>

#include "app/reserve.h"
#include "cli/admin.h"
#include "port/random.h"
#include "port/zone.h"

enum { KEY_NAME = 1, KEY_ZONE, KEY_CURRENCY };

static const struct argp_option create_options[] = {
    {.name = "name", .key = KEY_NAME, .arg = "NAME", .doc = "Of the merchant"},
    {.name = "zone",
     .key = KEY_ZONE,
     .arg = "ZONE",
     .doc = "IANA time zone of its days, such as Asia/Shanghai; for ever"},
    {.name = "currency", .key = KEY_CURRENCY, .arg = "CODE", .doc = "ISO 4217, such as CNY"},
    {0}};

static error_t create_option(int key, char *argument, struct argp_state *state)
{
    merchant_put_in *in = state->input;
    switch (key) {
    case KEY_NAME:
        in->name = str_of(argument);
        return 0;
    case KEY_ZONE:
        in->zone = str_of(argument);
        return 0;
    case KEY_CURRENCY:
        in->currency = str_of(argument);
        return 0;
    case ARGP_KEY_END:
        if (in->name.n == 0 || in->zone.n == 0 || in->currency.n == 0)
            argp_error(state, "--name, --zone and --currency are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void show_json(json_writer *w, const merchant *m)
{
    char id[ID_TEXT_MAX];
    json_begin_object(w);
    json_key(w, S("id"));
    json_put_str(w, (str){id, id_text(ID_MERCHANT, m->id, id)});
    json_key(w, S("name"));
    json_put_str(w, m->name);
    json_key(w, S("zone"));
    json_put_str(w, m->zone);
    json_key(w, S("currency"));
    json_put_str(w, m->currency);
    json_key(w, S("created_at"));
    json_put_time(w, m->created_at_ms);
    json_end_object(w);
}

static void show_text(buf *out, const merchant *m)
{
    id_write(out, ID_MERCHANT, m->id);
    buf_printf(out, "  %.*s  %.*s  %.*s\n", STR_ARG(m->currency), STR_ARG(m->zone),
               STR_ARG(m->name));
}

static cli_exit create(cli_context *c, app *a, void *with)
{
    merchant_put_in *in = with;
    in->slot = slot_of_hash(random_u64());
    in->secret = merchant_secret(c->memory);
    act_call *call = admin_call(c, a, ACT_ID_merchant_put, in->slot, in);
    result r = cli_act(call);
    if (r != R_DONE)
        return cli_refuse(c, r, call->detail);
    merchant made = {0};
    cli_exit code = admin_row(c, call, &merchant_table.record, &made);
    if (code != CLI_OK)
        return code;
    buf out;
    buf_init(&out, 1 << 20);
    json_writer w = json_writer_on(&out);
    if (c->json) {
        show_json(&w, &made);
        buf_char(&out, '\n');
    } else {
        show_text(&out, &made);
    }
    code = cli_print(c, &out);
    buf_free(&out);
    return code;
}

cli_exit cli_merchant_create(cli_context *c)
{
    merchant_put_in in = {0};
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "",
                                              .options = create_options,
                                              .parse = create_option,
                                              .into = &in,
                                              .settings = CLI_SETTINGS_STORE});
    if (code != CLI_OK)
        return code;
    if (zone_find(in.zone) == NULL)
        return cli_fail(c, CLI_USAGE, "there is no time zone \"%.*s\"", STR_ARG(in.zone));
    return admin_run(c, true, create, &in);
}

/* ---- list ---- */

static cli_exit list_one(cli_context *c, const void *row, void *with)
{
    admin_listing *l = with;
    if (c->json)
        show_json(&l->writer, row);
    else
        show_text(&l->out, row);
    return CLI_OK;
}

static cli_exit list_all(cli_context *c, app *a, void *with)
{
    MAYBE(with);
    return admin_list(c, a, &merchant_table, list_one);
}

cli_exit cli_merchant_list(cli_context *c)
{
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "", .settings = CLI_SETTINGS_STORE});
    return code == CLI_OK ? admin_run(c, false, list_all, NULL) : code;
}
