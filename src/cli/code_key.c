/* The master key of codes, from the file that the setting code_key_file names. That others than its
 * owner may use the file is told, not refused: a group may be how the server gets at it. */
#include <sys/stat.h>

#include "cli/cli.h"
#include "port/disk.h"
#include "port/log.h"
#include "port/secret.h"

enum { DIGITS = 2 * SECRET_MASTER_BYTES, FILE_MAX = 4096, WHY_MAX = 4096 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 64 digits and at most a line end behind them. */
static bool parse_key(const char *text, size_t n, char out[SECRET_MASTER_BYTES])
{
    while (n > DIGITS && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    for (size_t i = 0; i < DIGITS && n == DIGITS; i += 2) {
        int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (char)(high << 4 | low);
    }
    return n == DIGITS;
}

static void tell_open(const cli_context *c, str name)
{
    struct stat is;
    if (stat(arena_z(c->memory, name), &is) == 0 && (is.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        log_event(LOG_WARN, "code_key_file is open to others than its owner: chmod 600",
                  log_str("path", name));
}

cli_exit cli_code_key(const cli_context *c, str *out)
{
    str name = settings_text(c->settings, SETTING_code_key_file);
    if (name.n == 0)
        return CLI_OK;
    str text = {NULL, 0};
    buf why;
    buf_init(&why, WHY_MAX);
    cli_exit code = CLI_OK;
    if (disk_read(name, FILE_MAX, c->memory, &text, &why) != R_DONE)
        code = cli_fail(c, CLI_ENVIRONMENT, "code_key_file: %.*s", STR_ARG(buf_view(&why)));
    buf_free(&why);
    if (code != CLI_OK)
        return code;
    char *key = arena_alloc(c->memory, SECRET_MASTER_BYTES);
    bool good = parse_key(text.p, text.n, key);
    secret_wipe((char *)(uintptr_t)text.p, text.n);
    if (!good)
        return cli_fail(c, CLI_ENVIRONMENT,
                        "code_key_file %.*s does not hold %d hexadecimal "
                        "digits and nothing else",
                        STR_ARG(name), DIGITS);
    tell_open(c, name);
    *out = (str){key, SECRET_MASTER_BYTES};
    return CLI_OK;
}
