/* A template as it is sent: what a save stores and what a quote only prices. */
#ifndef QUAN_API_TEMPLATE_H
#define QUAN_API_TEMPLATE_H

#include "api/convert.h"

/* Reads and checks it as a new template of the campaign. Its problems go to c->problems. In the
 * call's memory. */
template_put_in *template_asked(api_call *c, const wire_template_create *b, const campaign *of);

/* Parts of a version, as searches show them too. */
str template_benefit_shown(api_call *c, const template_version *v, str currency);
wire_validity template_validity_shown(const template_version *v);

#endif
