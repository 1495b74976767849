/* `quan admin compact`: the files of a data directory are written anew, so that nothing that was
 * deleted, or was there before, is left in them: names of users who were erased
 * (domain/coupon/erase.h). Of a database that is its own vacuum's. */
#include "cli/admin.h"

static cli_exit compact(cli_context *c, app *a, void *with)
{
    MAYBE(with);
    MAYBE(c);
    store_compact(app_store(a));
    return CLI_OK;
}

/* Opening it begins the list of its files anew: the one of before has keys of files that are gone.
 */
static cli_exit open_again(cli_context *c, app *a, void *with)
{
    MAYBE(c);
    MAYBE(a);
    MAYBE(with);
    return CLI_OK;
}

cli_exit cli_compact(cli_context *c)
{
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "", .settings = CLI_SETTINGS_STORE});
    if (code != CLI_OK)
        return code;
    if (settings_text(c->settings, SETTING_store).n > 0)
        return cli_fail(c, CLI_USAGE, "what is deleted in a database goes with its vacuum");
    code = admin_run(c, false, compact, NULL);
    return code == CLI_OK ? admin_run(c, false, open_again, NULL) : code;
}
