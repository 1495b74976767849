/* `quan verify`: recounts a data directory and reports every difference by id. */
#include <stdio.h>

#include "app/verify.h"
#include "cli/cli.h"
#include "cli/progress.h"

enum { KEY_MAX = 1, SHOWN_MAX = 1000, OUT_MAX = 256 << 20 };

typedef struct verify_work {
    cli_context *context;
    uint64_t most; /* differences to show */
    progress bar;
    buf out;
    json_writer writer;
    verify_summary sum;
    uint64_t seen;
} verify_work;

static const struct argp_option options[] = {
    {.name = "max", .key = KEY_MAX, .arg = "N", .doc = "Show so many differences. Default: 1000"},
    {0}};

static error_t option(int key, char *argument, struct argp_state *state)
{
    verify_work *w = state->input;
    if (key != KEY_MAX)
        return ARGP_ERR_UNKNOWN;
    if (!str_to_u64(str_of(argument), &w->most))
        argp_error(state, "--max: \"%s\" is not a number", argument);
    return 0;
}

static void put(json_writer *w, str key, str value)
{
    json_key(w, key);
    json_put_str(w, value);
}

static void found(void *context, const verify_difference *d)
{
    verify_work *w = context;
    if (w->seen++ >= w->most)
        return;
    if (!w->context->json) {
        buf_printf(&w->out, "%s  %.*s  %.*s: expected %.*s, is %.*s\n", d->check,
                   STR_ARG(d->subject), STR_ARG(d->field), STR_ARG(d->expected),
                   STR_ARG(d->actual));
        return;
    }
    json_begin_object(&w->writer);
    put(&w->writer, S("check"), str_of(d->check));
    put(&w->writer, S("subject"), d->subject);
    put(&w->writer, S("field"), d->field);
    put(&w->writer, S("expected"), d->expected);
    put(&w->writer, S("actual"), d->actual);
    json_end_object(&w->writer);
}

static bool advance(void *context, uint32_t slots)
{
    verify_work *w = context;
    progress_at(&w->bar, slots);
    return true;
}

static void show_summary(verify_work *w)
{
    const verify_summary *s = &w->sum;
    const struct {
        const char *name;
        uint64_t n;
    } counts[] = {{"rows", s->rows},
                  {"coupons", s->coupons},
                  {"holds", s->holds},
                  {"redemptions", s->redemptions},
                  {"returns", s->returns},
                  {"ledger", s->ledger},
                  {"events", s->events},
                  {"pools", s->pools},
                  {"quarantined", s->quarantined},
                  {"differences", s->differences}};
    if (w->context->json)
        json_end_array(&w->writer);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        if (w->context->json) {
            json_key(&w->writer, str_of(counts[i].name));
            json_put_u64(&w->writer, counts[i].n);
        } else {
            buf_printf(&w->out, "%s%llu %s", i == 0 ? "" : ", ", (unsigned long long)counts[i].n,
                       counts[i].name);
        }
    }
    if (w->context->json)
        json_end_object(&w->writer);
    buf_char(&w->out, '\n');
}

cli_exit cli_verify_open(cli_context *c, app *a, uint64_t most)
{
    verify_work w = {.context = c, .most = most};
    buf_init(&w.out, OUT_MAX);
    w.writer = json_writer_on(&w.out);
    if (c->json) {
        json_begin_object(&w.writer);
        json_key(&w.writer, S("found"));
        json_begin_array(&w.writer);
    }
    progress_begin(&w.bar, c, "verify", SLOT_COUNT);
    verify_options with = {.context = &w, .found = found, .progress = advance};
    result r = verify_app(a, &with, &w.sum);
    progress_end(&w.bar);
    cli_exit code;
    if (r != R_DONE) {
        code = cli_refuse(c, r, S("The check did not come to its end."));
    } else {
        show_summary(&w);
        code = cli_print(c, &w.out);
        if (code == CLI_OK && w.sum.differences > 0)
            code = CLI_DIFFERENT;
    }
    buf_free(&w.out);
    return code;
}

cli_exit cli_verify(cli_context *c)
{
    verify_work w = {.context = c, .most = SHOWN_MAX};
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "",
                                              .options = options,
                                              .parse = option,
                                              .into = &w,
                                              .settings = CLI_SETTINGS_STORE});
    if (code != CLI_OK)
        return code;
    app *a = NULL;
    code = cli_open(c, false, &a);
    if (code != CLI_OK)
        return code;
    code = cli_verify_open(c, a, w.most);
    app_close(a);
    return code;
}
