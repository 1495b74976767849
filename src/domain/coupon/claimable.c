/* See claimable.h. */
#include "domain/coupon/claimable.h"

static result refuse(str *why, result code, str text)
{
    *why = text;
    return code;
}

result claimable_look(const terms *of, int64_t now_ms, claimable *out, str *why)
{
    const campaign *c = of->campaign->row;
    *out = (claimable){.version = terms_newest(of), .stocked = of->template->row->stock >= 0};
    if (of->template->row->apply == APPLY_MODE_AUTOMATIC) {
        return refuse(why, R_NOT_ISSUABLE, S("The template applies by itself."));
    }
    config_days days = config_days_of(of->merchant);
    config_use_window(of->campaign, out->version, &days, now_ms, out->use_window);
    const price_rule *rule = config_rule(of->template, out->version->version);
    if (c->budget_mode == BUDGET_MODE_AT_ISSUE) {
        out->reserve_minor =
            price_rule_worth(rule, price_uses(out->version), price_rule_value(rule));
    }
    CHECK(out->reserve_minor >= 0); /* a version without a bound is not saved for such a campaign */
    if (c->state == CAMPAIGN_STATE_DISABLED) {
        return refuse(why, R_CAMPAIGN_DISABLED, S("The campaign is disabled."));
    }
    if (c->state != CAMPAIGN_STATE_ACTIVE) {
        return refuse(why, R_CAMPAIGN_NOT_ACTIVE, S("The campaign is not active."));
    }
    if (now_ms < c->claim_from_ms) {
        return refuse(why, R_NOT_STARTED, S("The claim window has not opened yet."));
    }
    if (now_ms >= config_window_end_ms(&days, c->claim_until_ms)) {
        return refuse(why, R_WINDOW_CLOSED, S("The claim window is closed."));
    }
    if (now_ms >= out->use_window[1] || out->use_window[0] >= out->use_window[1]) {
        return refuse(why, R_WINDOW_CLOSED, S("A coupon issued now could never be used."));
    }
    return R_DONE;
}
