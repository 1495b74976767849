/* Looking up what rules a coupon: see terms.h. */
#include "domain/limit/terms.h"

bool terms_find(const config *c, uint64_t template_id, terms *out)
{
    const config_template *t = config_find_template(c, template_id);
    if (t == NULL)
        return false;
    out->template = t;
    out->campaign = config_find_campaign(c, t->row->campaign);
    out->merchant = config_find_merchant(c, t->row->merchant);
    CHECK(out->campaign != NULL && out->merchant != NULL); /* they were there before the template */
    return true;
}

terms terms_of(const config *c, uint64_t template_id)
{
    terms t = {0};
    bool found = terms_find(c, template_id, &t);
    CHECK(found);
    return t;
}

const template_version *terms_newest(const terms *t)
{
    return config_version(t->template, t->template->row->version);
}

int32_t terms_day(const terms *t, int64_t at_ms)
{
    return zone_day(t->merchant->zone, at_ms);
}
