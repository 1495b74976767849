/* What schemas call x-quan-raw is read by other parts of Quan; here their checks, as far as a body
 * alone allows, so that all problems of a request are told at once. */
#include "api/wire.gen.h"
#include "domain/price/benefit.h"

void wire_raw_benefit(const json *v, issues *problems)
{
    benefit b;
    benefit_parse(v, S(""), &b, problems);
}
