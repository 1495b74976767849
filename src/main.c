/* The program: the only file that knows every layer. It hands the command line what cli may not
 * include itself, and nothing else. */
#include <unistd.h>

#include "api/api.h"
#include "cli/cli.h"
#include "job/job.h"

static void *wire_api_new(app *a, const settings *s)
{
    return api_new(a, s);
}

static void wire_api_free(void *served)
{
    api_free(served);
}

static void wire_api_set_ready(void *served, bool ready)
{
    api_set_ready(served, ready);
}

static http_service wire_api_service(void *served)
{
    return (http_service){.context = served, .handle = api_handle, .body_max = api_body_max};
}

int main(int count, char **arguments)
{
    static const cli_wiring wiring = {.api_new = wire_api_new,
                                      .api_free = wire_api_free,
                                      .api_set_ready = wire_api_set_ready,
                                      .api_service = wire_api_service,
                                      .jobs_start = jobs_start,
                                      .jobs_stop = jobs_stop};
    return cli_main(count, arguments, (const char *const *)environ, &wiring);
}
