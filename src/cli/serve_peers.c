/* See serve_peers.h. The identity has the version of the program, a digest of the files that its
 * messages are described in (QUAN_FORMATS, which the build makes), and what the store was made
 * with: servers that read another database by mistake must not send each other acts. */
#include "cli/serve_peers.h"

#include "app/serve.h"
#include "domain/table.gen.h"
#include "port/secret.h"

enum { WHY_MAX = 4096 };

static void serve(void *context, str message, peers_answered *answered, void *of)
{
    app_serve(context, message, answered, of);
}

static void changed(void *context)
{
    app_peers_changed(context);
}

cli_exit serve_peers_read(const cli_context *c, peering **out)
{
    const settings *s = c->settings;
    str file = settings_text(s, SETTING_peer_secret_file);
    peering_options o = {.servers = settings_text(s, SETTING_peers),
                         .self = settings_text(s, SETTING_peer_name),
                         .listen = settings_text(s, SETTING_peer_listen),
                         .serve = serve,
                         .changed = changed};
    *out = NULL;
    if (o.servers.n == 0 && o.self.n == 0 && o.listen.n == 0 && file.n == 0)
        return CLI_OK;
    if (o.servers.n == 0)
        return cli_fail(c, CLI_USAGE, "peer_name, peer_listen and peer_secret_file go with peers");
    if (settings_text(s, SETTING_store).n == 0)
        return cli_fail(c, CLI_USAGE, "peers share a database: the setting store names it");
    if (file.n == 0)
        return cli_fail(c, CLI_USAGE, "peers have a secret: the setting peer_secret_file names it");
    cli_exit code = cli_secret(c, "peer_secret_file", file, &o.secret);
    if (code != CLI_OK)
        return code;
    buf why;
    buf_init(&why, WHY_MAX);
    if (peering_new(&o, out, &why) != R_DONE)
        code = cli_fail(c, CLI_USAGE, "peers: %.*s", STR_ARG(buf_view(&why)));
    buf_free(&why);
    secret_wipe((char *)(uintptr_t)o.secret.p, o.secret.n);
    return code;
}

static cli_exit identify(const cli_context *c, app *a, str *out)
{
    app_view view;
    result r = app_view_open(a, c->memory, &view);
    if (r != R_DONE)
        return cli_refuse(c, r, S("the store cannot be read"));
    const store_head *head = store_head_get(view.rows, 0);
    if (head != NULL)
        *out = arena_printf(c->memory, "%s/%s/%lld/%u", QUAN_VERSION, QUAN_FORMATS,
                            (long long)head->created_at_ms, (unsigned)store_lanes(app_store(a)));
    r = app_view_close(&view);
    return r == R_DONE && head != NULL ? CLI_OK : cli_refuse(c, r, S("the store cannot be read"));
}

cli_exit serve_peers_start(const cli_context *c, peering *p, app *a)
{
    peering_site site = {.context = a, .lanes = store_lanes(app_store(a))};
    cli_exit code = identify(c, a, &site.identity);
    if (code != CLI_OK)
        return code;
    buf why;
    buf_init(&why, WHY_MAX);
    if (peering_start(p, &site, &why) != R_DONE)
        code = cli_fail(c, CLI_ENVIRONMENT, "peers: %.*s", STR_ARG(buf_view(&why)));
    buf_free(&why);
    if (code == CLI_OK)
        peering_settle(p);
    return code;
}
