/* Opening a data directory as an app, and acts that wait for their answer. See cli.h. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/act.h"
#include "cli/cli.h"
#include "port/clock.h"
#include "port/zone.h"

enum { CLI_WHY_MAX = 4096 };

int cli_make_directory(str path)
{
    char z[4096];
    if (path.n == 0 || path.n >= sizeof(z))
        return ENAMETOOLONG;
    memcpy(z, path.p, path.n);
    z[path.n] = '\0';
    for (char *at = z + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char end = *at;
        *at = '\0';
        if (mkdir(z, 0750) != 0 && errno != EEXIST && end == '\0')
            return errno;
        if (end == '\0')
            break;
        *at = end;
    }
    struct stat is;
    return stat(z, &is) != 0 ? errno : S_ISDIR(is.st_mode) ? 0 : ENOTDIR;
}

bool cli_directory_empty(str path)
{
    char z[4096];
    if (path.n >= sizeof(z))
        return true;
    memcpy(z, path.p, path.n);
    z[path.n] = '\0';
    DIR *d = opendir(z);
    if (d == NULL)
        return true;
    bool empty = true;
    for (const struct dirent *e; empty && (e = readdir(d)) != NULL;)
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    (void)closedir(d);
    return empty;
}

static int64_t wall_clock(void *context)
{
    MAYBE(context);
    return clock_wall_ms();
}

/* How many lanes a new store gets where nothing is set. */
static uint16_t lanes_default(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return (uint16_t)(n < 1 ? 1 : n > STORE_LANES_MAX ? STORE_LANES_MAX : n);
}

cli_exit cli_open_with(const cli_context *c, bool make, app_options *options, app **out)
{
    str data =
        options->store.path.n > 0 ? options->store.path : settings_text(c->settings, SETTING_data);
    bool fresh = cli_directory_empty(data);
    if (fresh && !make)
        return cli_fail(c, CLI_ENVIRONMENT, "there is no store in %.*s", STR_ARG(data));
    int failed = fresh ? cli_make_directory(data) : 0;
    if (failed != 0)
        return cli_fail(c, CLI_ENVIRONMENT, "%.*s cannot be made: %s", STR_ARG(data),
                        strerror(failed));
    uint16_t lanes = (uint16_t)settings_int(c->settings, SETTING_lanes);
    options->engine = S("rocks");
    options->store.path = data;
    options->store.lanes = lanes == 0 && fresh ? lanes_default() : lanes;
    options->store.threads = true;
    options->store.cache_bytes = (size_t)settings_int(c->settings, SETTING_cache_mb) << 20;
    options->zone_find = zone_find;
    if (options->clock_ms == NULL)
        options->clock_ms = wall_clock;
    buf why;
    buf_init(&why, CLI_WHY_MAX);
    result r = app_open(options, out, &why);
    cli_exit code = CLI_OK;
    if (r == R_IN_USE)
        code = cli_fail(c, CLI_ENVIRONMENT, "%.*s is in use by another process: %.*s",
                        STR_ARG(data), STR_ARG(buf_view(&why)));
    else if (r != R_OK)
        code = cli_fail(c, CLI_ENVIRONMENT, "%.*s cannot be opened: %.*s %.*s", STR_ARG(data),
                        STR_ARG(result_text(r)), STR_ARG(buf_view(&why)));
    buf_free(&why);
    return code;
}

cli_exit cli_open(const cli_context *c, bool make, app **out)
{
    app_options options = {0};
    return cli_open_with(c, make, &options, out);
}

/* ---- acts ---- */

typedef struct answer {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool there;
} answer;

static void answered(act_call *call)
{
    answer *a = call->context;
    (void)pthread_mutex_lock(&a->lock);
    a->there = true;
    (void)pthread_cond_signal(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
}

result cli_act(act_call *call)
{
    answer a = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    call->done = answered;
    call->context = &a;
    result r = act_submit(call);
    if (r != R_OK)
        return r;
    (void)pthread_mutex_lock(&a.lock);
    while (!a.there)
        (void)pthread_cond_wait(&a.changed, &a.lock);
    (void)pthread_mutex_unlock(&a.lock);
    (void)pthread_mutex_destroy(&a.lock);
    (void)pthread_cond_destroy(&a.changed);
    return call->code;
}
