/* Opening a data directory as an app, and acts that wait for their answer. See cli.h. */
#include <unistd.h>

#include "app/act_wait.h"
#include "cli/cli.h"
#include "port/clock.h"
#include "port/disk.h"
#include "port/zone.h"

enum { CLI_WHY_MAX = 4096 };

bool cli_directory_empty(str path)
{
    return disk_is_empty(path);
}

static int64_t wall_clock(void *context)
{
    MAYBE(context);
    return clock_wall_ms();
}

/* How many lanes a new store gets where nothing is set. */
static uint16_t lanes_default(uint16_t shards)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    long lanes = n < 1 ? 1 : n > STORE_LANES_MAX ? STORE_LANES_MAX : n;
    if (shards > 1) /* as many for each */
        lanes = lanes < shards ? shards : lanes - lanes % shards;
    return (uint16_t)lanes;
}

/* make: there may be no store yet. */
static result open_store(app_options *options, bool make, app **out, buf *why)
{
    result r = app_open(options, out, why);
    if (r != R_CORRUPT || options->store.lanes != 0 || !make)
        return r;
    /* A start that ended before the store was made leaves a directory that is not empty. */
    buf second;
    buf_init(&second, CLI_WHY_MAX);
    options->store.lanes = lanes_default(options->store.shards);
    result again = app_open(options, out, &second);
    buf_free(&second);
    return again == R_DONE ? R_DONE : r;
}

/* The setting `store`, or the data directory. */
static cli_exit open_common(const cli_context *c, bool make, app_options *options, app **out)
{
    options->store.threads = true;
    options->zone_find = zone_find;
    if (options->clock_ms == NULL)
        options->clock_ms = wall_clock;
    bool directory = str_eq(options->engine, S("rocks"));
    str data = options->store.path;
    buf why;
    buf_init(&why, CLI_WHY_MAX);
    result r = directory && disk_is_empty(data) ? disk_make_directory(data, &why) : R_DONE;
    if (r == R_DONE)
        r = open_store(options, make, out, &why);
    cli_exit code = CLI_OK;
    /* The address is not repeated: a password may be in it. */
    if (r != R_DONE)
        code = cli_fail(c, CLI_ENVIRONMENT, "%.*s cannot be opened: %.*s",
                        STR_ARG(directory ? data : S("the database")),
                        STR_ARG(why.n == 0 ? result_text(r) : buf_view(&why)));
    buf_free(&why);
    return code;
}

static cli_exit open_database(const cli_context *c, bool make, app_options *options, app **out)
{
    str *urls = ARENA_ARRAY(c->memory, str, STORE_SHARDS_MAX);
    options->engine = S("pg");
    options->store.server_clock = true;
    options->store.formats = S(QUAN_FORMATS);
    options->store.urls = urls;
    options->store.shards =
        (uint16_t)store_urls_read(settings_text(c->settings, SETTING_store), urls);
    options->store.lanes = (uint16_t)settings_int(c->settings, SETTING_lanes);
    if (options->store.shards == 0)
        return cli_fail(
            c, CLI_USAGE,
            "the setting store is an address, postgres://user@host/name, or up to %d of "
            "them with commas between: one for each shard, in their order",
            STORE_SHARDS_MAX);
    str replicas = settings_text(c->settings, SETTING_store_replicas);
    str *read_too = ARENA_ARRAY(c->memory, str, STORE_SHARDS_MAX);
    if (replicas.n > 0 && store_urls_read(replicas, read_too) != options->store.shards)
        return cli_fail(c, CLI_USAGE,
                        "the setting store_replicas has an address for each of those in store, in "
                        "the same order");
    options->store.replicas = replicas.n > 0 ? read_too : NULL;
    return open_common(c, make, options, out);
}

cli_exit cli_open_with(const cli_context *c, bool make, app_options *options, app **out)
{
    cli_exit code = cli_code_key(c, &options->code_key);
    if (code != CLI_OK)
        return code;
    if (options->store.path.n == 0 && settings_text(c->settings, SETTING_store).n > 0)
        return open_database(c, make, options, out);
    if (options->store.path.n == 0)
        options->store.path = settings_text(c->settings, SETTING_data);
    str data = options->store.path;
    bool fresh = disk_is_empty(data);
    if (fresh && !make)
        return cli_fail(c, CLI_ENVIRONMENT, "there is no store in %.*s", STR_ARG(data));
    /* Whose files are these? A data directory has the lock that every user of it takes. */
    if (!fresh && !disk_is_there(arena_printf(c->memory, "%.*s/lock", STR_ARG(data))))
        return cli_fail(c, CLI_ENVIRONMENT, "%.*s is neither empty nor a data directory",
                        STR_ARG(data));
    uint16_t lanes = (uint16_t)settings_int(c->settings, SETTING_lanes);
    options->store.lanes = lanes == 0 && fresh ? lanes_default(1) : lanes;
    options->engine = S("rocks");
    options->store.cache_bytes = (size_t)settings_int(c->settings, SETTING_cache_mb) << 20;
    return open_common(c, make, options, out);
}

cli_exit cli_open(const cli_context *c, bool make, app **out)
{
    app_options options = {0};
    return cli_open_with(c, make, &options, out);
}

result cli_act(act_call *call)
{
    return act_wait(call);
}
