/* `quan codes qr`: a code as a QR code, drawn here: no server is asked. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "domain/code/format.h"
#include "port/qr.h"

enum {
    KEY_TO = 1,
    KEY_AS,
    KEY_SCALE,
    KEY_MARGIN,
    PICTURE_MAX = 4 * 1024 * 1024,
    FILE_MODE = 0600, /* a code is worth what it becomes */
};

typedef struct qr_wish {
    str code, as;
    const char *to;
    qr_ask ask;
} qr_wish;

static const struct argp_option options[] = {
    {.name = "to",
     .key = KEY_TO,
     .arg = "FILE",
     .doc = "A new file, of the kind that .png or .svg says. Default: standard output"},
    {.name = "as", .key = KEY_AS, .arg = "KIND", .doc = "png or svg, whatever the file is called"},
    {.name = "scale",
     .key = KEY_SCALE,
     .arg = "N",
     .doc = "Pixels of a module, the smallest square of it; 1 to 16. Default: 8"},
    {.name = "margin",
     .key = KEY_MARGIN,
     .arg = "N",
     .doc = "Modules of white around it, 0 to 16. Default: 4, which the standard wants"},
    {0}};

static uint32_t number(struct argp_state *state, const char *text, uint32_t least, uint32_t most)
{
    uint64_t n = 0;
    if (!str_to_u64(str_of(text), &n) || n < least || n > most)
        argp_error(state, "\"%s\" is not a number from %u to %u", text, least, most);
    return (uint32_t)n;
}

static void take_kind(qr_wish *w, struct argp_state *state)
{
    str name = w->as.n > 0 ? w->as : str_of(w->to);
    bool svg = w->as.n > 0 ? str_eq(name, S("svg")) : str_ends(name, S(".svg"));
    bool png = w->as.n > 0 ? str_eq(name, S("png")) : str_ends(name, S(".png"));
    if (!svg && !png)
        argp_error(state, "say --as png or svg, or --to a file whose name ends in .png or .svg");
    w->ask.kind = svg ? QR_SVG : QR_PNG;
}

static error_t option(int key, char *argument, struct argp_state *state)
{
    qr_wish *w = state->input;
    if (key == KEY_TO)
        w->to = argument;
    else if (key == KEY_AS)
        w->as = str_of(argument);
    else if (key == KEY_SCALE)
        w->ask.scale = number(state, argument, 1, QR_SCALE_MAX);
    else if (key == KEY_MARGIN)
        w->ask.margin = number(state, argument, 0, QR_MARGIN_MAX);
    else if (key == ARGP_KEY_ARG && state->arg_num == 0)
        w->code = str_of(argument);
    else if (key == ARGP_KEY_END && w->code.n == 0)
        argp_error(state, "say which code");
    else if (key == ARGP_KEY_END)
        take_kind(w, state);
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static cli_exit write_file(cli_context *c, const char *to, str picture)
{
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return cli_fail(c, CLI_ENVIRONMENT, "%s cannot be made: %s", to, strerror(errno));
    FILE *f = fdopen(fd, "w");
    CHECK(f != NULL);
    bool whole = fwrite(picture.p, 1, picture.n, f) == picture.n;
    if (fclose(f) == 0 && whole)
        return CLI_OK;
    return cli_fail(c, CLI_ENVIRONMENT, "%s cannot be written: %s", to, strerror(errno));
}

cli_exit cli_codes_qr(cli_context *c)
{
    qr_wish w = {.ask = {.scale = QR_SCALE, .margin = QR_MARGIN}};
    cli_exit code = cli_parse(
        c, &(cli_flags){.synopsis = "CODE", .options = options, .parse = option, .into = &w});
    if (code != CLI_OK)
        return code;
    buf text, picture;
    buf_init(&text, CODE_TEXT_MAX);
    buf_init(&picture, PICTURE_MAX);
    if (code_text_of(w.code, &text) == CODE_TEXT_GOOD) {
        w.ask.text = buf_view(&text);
        qr_draw(&w.ask, &picture);
        code = w.to == NULL ? cli_print(c, &picture) : write_file(c, w.to, buf_view(&picture));
    } else {
        code = cli_fail(c, CLI_USAGE,
                        "a code has 1 to %d letters and digits, with spaces and dashes between "
                        "them",
                        CODE_TEXT_MAX);
    }
    buf_free(&text);
    buf_free(&picture);
    return code;
}
