/* `quan restore`: a data directory out of a backup, or nothing. */
#include <stdio.h>

#include "app/backup.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "port/clock.h"
#include "port/zone.h"

enum { KEY_FROM = 1, KEY_CHECK, WHY_MAX = 4096 };

typedef struct restore_wish {
    cli_context *context;
    const char *from;
    bool check;
    progress bar;
} restore_wish;

static const struct argp_option options[] = {
    {.name = "from", .key = KEY_FROM, .arg = "DIR", .doc = "The backup"},
    {.name = "check", .key = KEY_CHECK, .doc = "Only read the backup and check every byte of it"},
    {0}};

static error_t option(int key, char *argument, struct argp_state *state)
{
    restore_wish *w = state->input;
    switch (key) {
    case KEY_FROM:
        w->from = argument;
        return 0;
    case KEY_CHECK:
        w->check = true;
        return 0;
    case ARGP_KEY_END:
        if (w->from == NULL)
            argp_error(state, "--from is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool advance(void *context, uint64_t bytes, uint64_t total)
{
    restore_wish *w = context;
    w->bar.total = total;
    progress_at(&w->bar, bytes);
    return true;
}

static int64_t wall_clock(void *context)
{
    MAYBE(context);
    return clock_wall_ms();
}

static cli_exit show(cli_context *c, const restore_wish *w, const backup_report *report)
{
    str data = settings_text(c->settings, SETTING_data);
    buf out;
    buf_init(&out, 1 << 16);
    json_writer j = json_writer_on(&out);
    if (c->json) {
        json_begin_object(&j);
        json_key(&j, S("files"));
        json_put_u64(&j, report->files);
        json_key(&j, S("bytes"));
        json_put_u64(&j, report->bytes);
        json_end_object(&j);
    } else {
        buf_printf(&out, "%llu files, %llu bytes, ", (unsigned long long)report->files,
                   (unsigned long long)report->bytes);
        if (w->check)
            buf_str(&out, S("all as they were"));
        else
            buf_printf(&out, "now in %.*s", STR_ARG(data));
    }
    buf_char(&out, '\n');
    cli_exit code = cli_print(c, &out);
    buf_free(&out);
    return code;
}

/* What is wrong with the backup is a failed check; what is wrong with the machine is not. */
static cli_exit refuse(const cli_context *c, result r, str why)
{
    switch (r) {
    case R_INVALID:
    case R_NOT_FOUND:
    case R_IO:
    case R_STORAGE_FULL:
    case R_IN_USE:
        return cli_fail(c, CLI_ENVIRONMENT, "%.*s", STR_ARG(why));
    default:
        return cli_fail(c, CLI_FAILED, "%.*s", STR_ARG(why));
    }
}

cli_exit cli_restore(cli_context *c)
{
    restore_wish w = {.context = c};
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "",
                                              .options = options,
                                              .parse = option,
                                              .into = &w,
                                              .settings = CLI_SETTINGS_STORE});
    if (code != CLI_OK)
        return code;
    app_options open = {
        .engine = S("rocks"),
        .store = {.threads = true,
                  .cache_bytes = (size_t)settings_int(c->settings, SETTING_cache_mb) << 20},
        .zone_find = zone_find,
        .clock_ms = wall_clock};
    backup_watch watch = {.context = &w, .progress = advance};
    backup_restore wish = {.from = str_of(w.from),
                           .data = settings_text(c->settings, SETTING_data),
                           .open = &open,
                           .watch = &watch};
    backup_report report;
    buf why;
    buf_init(&why, WHY_MAX);
    progress_begin(&w.bar, c, w.check ? "check" : "restore", 0);
    result r = w.check ? backup_check(wish.from, &watch, &report, &why)
                       : backup_bring_back(&wish, &report, &why);
    progress_end(&w.bar);
    code = r == R_DONE ? show(c, &w, &report) : refuse(c, r, buf_view(&why));
    buf_free(&why);
    return code;
}
