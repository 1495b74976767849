/* `quan codes decrypt`: the text of a sealed file (sealed.h). It goes to FILE.part and gets its
 * name when the whole of it was good: what has the name is what was exported. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/sealed.h"
#include "port/disk.h"

enum { KEY_TO = 1, KEY_PASSPHRASE, WHY_MAX = 8192, FILE_MODE = 0600 };

typedef struct decrypt_wish {
    const char *from, *to, *passphrase_file;
} decrypt_wish;

static const struct argp_option options[] = {
    {.name = "to", .key = KEY_TO, .arg = "FILE", .doc = "A new file"},
    {.name = "passphrase-file", .key = KEY_PASSPHRASE, .arg = "FILE", .doc = CLI_PASSPHRASE_DOC},
    {0}};

static error_t option(int key, char *argument, struct argp_state *state)
{
    decrypt_wish *w = state->input;
    if (key == KEY_TO)
        w->to = argument;
    else if (key == KEY_PASSPHRASE)
        w->passphrase_file = argument;
    else if (key == ARGP_KEY_ARG && state->arg_num == 0)
        w->from = argument;
    else if (key == ARGP_KEY_END && (w->from == NULL || w->to == NULL))
        argp_error(state, "say which file, and --to");
    else if (key != ARGP_KEY_END)
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static bool take(void *context, str text, buf *why)
{
    if (fwrite(text.p, 1, text.n, context) == text.n)
        return true;
    buf_printf(why, "its text cannot be written: %s", strerror(errno));
    return false;
}

/* To a file of another name. */
static cli_exit write_part(cli_context *c, const decrypt_wish *w, str passphrase, const char *part)
{
    FILE *from = fopen(w->from, "rbe");
    if (from == NULL)
        return cli_fail(c, CLI_ENVIRONMENT, "%s: %s", w->from, strerror(errno));
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    cli_exit code = CLI_OK;
    buf why;
    buf_init(&why, WHY_MAX);
    if (to == NULL) {
        code = cli_fail(c, CLI_ENVIRONMENT, "%s: %s", part, strerror(errno));
    } else {
        result r = sealed_open(from, passphrase, take, to, &why);
        if (r != R_DONE)
            code = cli_fail(c, r == R_IO ? CLI_ENVIRONMENT : CLI_FAILED, "%s: %.*s", w->from,
                            STR_ARG(buf_view(&why)));
        bool whole = fflush(to) == 0 && fsync(fd) == 0;
        if ((fclose(to) != 0 || !whole) && code == CLI_OK)
            code = cli_fail(c, CLI_ENVIRONMENT, "%s: %s", part, strerror(errno));
    }
    buf_free(&why);
    (void)fclose(from);
    return code;
}

static cli_exit decrypt(cli_context *c, const decrypt_wish *w, str passphrase)
{
    if (disk_is_there(str_of(w->to)))
        return cli_fail(c, CLI_ENVIRONMENT, "%s is there already", w->to);
    str part = arena_printf(c->memory, "%s.part", w->to);
    cli_exit code = write_part(c, w, passphrase, part.p);
    buf why;
    buf_init(&why, WHY_MAX);
    if (code != CLI_OK)
        MAYBE(unlink(part.p) != 0);
    else if (disk_rename(part, str_of(w->to), &why) != R_DONE)
        code = cli_fail(c, CLI_ENVIRONMENT, "%.*s", STR_ARG(buf_view(&why)));
    buf_free(&why);
    return code;
}

cli_exit cli_codes_decrypt(cli_context *c)
{
    decrypt_wish w = {0};
    str passphrase;
    cli_exit code = cli_parse(
        c, &(cli_flags){.synopsis = "FILE", .options = options, .parse = option, .into = &w});
    if (code == CLI_OK)
        code = cli_passphrase(c, w.passphrase_file, false, &passphrase);
    return code == CLI_OK ? decrypt(c, &w, passphrase) : code;
}
