/* The HTTP API over an app: what a server needs to serve it. */
#ifndef QUAN_API_API_H
#define QUAN_API_API_H

#include "app/app.h"
#include "port/http.h"
#include "port/settings.h"

typedef struct api api;

/* Both outlive the api. It is not ready until it is told so. */
api *api_new(app *a, const settings *s);
void api_free(api *a); /* after the server has stopped; NULL is allowed */
/* What GET /readyz answers: false before requests are let in, when draining, after the store has
 * failed. Any thread. */
void api_set_ready(api *a, bool ready);

/* The hooks of http_service; context is the api. */
void api_handle(void *context, http_exchange *x);
size_t api_body_max(void *context, http_verb verb, str path);

#endif
