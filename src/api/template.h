/* A template as it is sent: what a save stores and what a quote only prices. */
#ifndef QUAN_API_TEMPLATE_H
#define QUAN_API_TEMPLATE_H

#include "api/convert.h"

/* Reads and checks it as a new template of the campaign. Its problems go to c->problems. In the
 * call's memory. */
template_put_in *template_asked(api_call *c, const wire_template_create *b, const campaign *of);

#endif
