/* `quan admin quarantine list`, `retry` and `drop`. */
#include "app/quarantine.h"

#include "cli/admin.h"

/* ---- list ---- */

static str name_of_act(uint16_t number)
{
    const act *a = act_find(number);
    return a == NULL ? S("unknown") : a->name;
}

static void put(json_writer *w, const char *key, str value)
{
    json_key(w, str_of(key));
    json_put_str(w, value);
}

static void put_number(json_writer *w, const char *key, uint64_t value)
{
    json_key(w, str_of(key));
    json_put_u64(w, value);
}

static void show_json(cli_context *c, json_writer *w, const quarantine *q)
{
    char id[ID_TEXT_MAX];
    buf hex;
    buf_init(&hex, 1 << 25);
    json_begin_object(w);
    put(w, "id", (str){id, id_text(ID_QUARANTINE, q->id, id)});
    put(w, "kind", suspect_kind_name(q->kind));
    put(w, "act", name_of_act(q->act));
    put_number(w, "slot", q->slot);
    put_number(w, "lane", q->lane);
    put_number(w, "crashes", q->crashes);
    json_key(w, S("held"));
    json_put_bool(w, quarantine_holds(q));
    json_key(w, S("first_at"));
    json_put_time(w, q->first_at_ms);
    json_key(w, S("last_at"));
    json_put_time(w, q->last_at_ms);
    if (q->kind == SUSPECT_KIND_MESSAGE) {
        put_number(w, "from_lane", q->hi);
        put_number(w, "sequence", q->lo);
    }
    if (q->kind == SUSPECT_KIND_OWN)
        put_number(w, "item", q->lo);
    if (q->aside) {
        for (size_t i = 0; i < q->input.n; i++)
            buf_printf(&hex, "%02x", (unsigned)(uint8_t)q->input.p[i]);
        put(w, "message", arena_str(c->memory, buf_view(&hex)));
    }
    json_end_object(w);
    buf_free(&hex);
}

static void show_text(buf *out, const quarantine *q)
{
    id_write(out, ID_QUARANTINE, q->id);
    buf_printf(out, "  %s  %u crash%s, the last at ", quarantine_holds(q) ? "held" : "runs",
               q->crashes, q->crashes == 1 ? "" : "es");
    time_write(out, q->last_at_ms);
    buf_printf(out, "  %.*s %.*s of slot %u", STR_ARG(suspect_kind_name(q->kind)),
               STR_ARG(name_of_act(q->act)), q->slot);
    if (q->kind == SUSPECT_KIND_MESSAGE)
        buf_printf(out, "  lane %llu to lane %u, number %llu", (unsigned long long)q->hi, q->lane,
                   (unsigned long long)q->lo);
    buf_char(out, '\n');
}

static cli_exit list_one(cli_context *c, const void *row, void *with)
{
    admin_listing *l = with;
    if (c->json)
        show_json(c, &l->writer, row);
    else
        show_text(&l->out, row);
    return CLI_OK;
}

static cli_exit list_all(cli_context *c, app *a, void *with)
{
    MAYBE(with);
    return admin_list(c, a, &quarantine_table, list_one);
}

cli_exit cli_quarantine_list(cli_context *c)
{
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "", .settings = CLI_SETTINGS_STORE});
    return code == CLI_OK ? admin_run(c, false, list_all, NULL) : code;
}

/* ---- retry and drop ---- */

typedef struct ending {
    uint64_t id;
    bool drop;
} ending;

static error_t one_id(int key, char *argument, struct argp_state *state)
{
    ending *e = state->input;
    if (key == ARGP_KEY_ARG && state->arg_num == 0) {
        if (!id_parse(ID_QUARANTINE, str_of(argument), &e->id))
            argp_error(state, "\"%s\" is not the id of a quarantine", argument);
    } else if (key == ARGP_KEY_NO_ARGS) {
        argp_error(state, "say which, by its id; `quan admin quarantine list` shows them");
    } else {
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static cli_exit end(cli_context *c, app *a, void *with)
{
    const ending *e = with;
    result r = quarantine_end(a, e->id, e->drop);
    if (r == R_NOT_FOUND)
        return cli_fail(c, CLI_FAILED, "there is no such quarantine");
    return r == R_DONE ? CLI_OK : cli_refuse(c, r, (str){NULL, 0});
}

static cli_exit run(cli_context *c, bool drop)
{
    ending e = {.drop = drop};
    cli_exit code = cli_parse(
        c, &(cli_flags){
               .synopsis = "ID", .parse = one_id, .into = &e, .settings = CLI_SETTINGS_STORE});
    return code == CLI_OK ? admin_run(c, false, end, &e) : code;
}

cli_exit cli_quarantine_retry(cli_context *c)
{
    return run(c, false);
}

cli_exit cli_quarantine_drop(cli_context *c)
{
    return run(c, true);
}
