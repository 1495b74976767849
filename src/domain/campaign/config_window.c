/* When coupons may be used: windows of template versions in the merchant's days.
 *
 * All arithmetic stays in int64: times are at most TIME_MAX_MS, days at most 2^32, so sums of three
 * of them fit; what lies beyond TIME_MAX_MS is cut to it. */
#include "domain/campaign/config.h"

static int64_t clamp(int64_t at_ms)
{
    return at_ms < 0 ? 0 : at_ms > TIME_MAX_MS ? TIME_MAX_MS : at_ms;
}

config_days config_days_of(const config_merchant *of)
{
    return (config_days){.zone = of->zone, .window_end = of->window_end};
}

int64_t config_window_end_ms(const config_days *days, int64_t until_ms)
{
    if (until_ms == 0 || until_ms >= TIME_MAX_MS) {
        return TIME_MAX_MS;
    }
    switch (days->window_end) {
    case WINDOW_END_INCLUSIVE:
        return until_ms + 1;
    case WINDOW_END_SECOND:
        return clamp((until_ms / MS_SECOND + 1) * MS_SECOND);
    default:
        return until_ms;
    }
}

static int64_t midnight_ms(const zone *days, int64_t day)
{
    /* One day further than stored times reach, in every zone. */
    int64_t last = TIME_MAX_MS / MS_DAY + 1;
    return clamp(zone_day_start_ms(days, (int32_t)(day > last ? last : day)));
}

static void window_after_issue(const template_version *version, const zone *days,
                               int64_t issued_at_ms, int64_t window[2])
{
    int64_t delay = version->delay_days;
    int64_t duration = version->duration_days;
    if (!version->whole_days) {
        window[0] = issued_at_ms + delay * MS_DAY;
        window[1] = window[0] + duration * MS_DAY;
        return;
    }
    int64_t first_day = zone_day(days, issued_at_ms) + delay;
    window[0] = delay == 0 ? issued_at_ms : midnight_ms(days, first_day);
    window[1] = midnight_ms(days, first_day + duration);
}

/* What the version by itself says: no campaign clips it. */
static void window_of(const template_version *version, const config_days *days,
                      int64_t issued_at_ms, int64_t window[2])
{
    if (version->validity == VALIDITY_KIND_AFTER_ISSUE) {
        window_after_issue(version, days->zone, issued_at_ms, window);
    } else {
        window[0] = version->valid_from_ms;
        window[1] = config_window_end_ms(days, version->valid_until_ms);
    }
}

void config_use_window(const config_campaign *of, const template_version *version,
                       const config_days *days, int64_t issued_at_ms, int64_t window[2])
{
    window_of(version, days, issued_at_ms, window);
    int64_t latest = config_window_end_ms(days, of->row->use_until_ms);
    if (window[0] < of->row->use_from_ms) {
        window[0] = of->row->use_from_ms;
    }
    if (window[1] > latest) {
        window[1] = latest;
    }
    window[0] = clamp(window[0]);
    window[1] = clamp(window[1]);
    if (window[1] < window[0]) {
        window[1] = window[0];
    }
}

bool config_is_open(const config_campaign *of, const template_version *v, const config_days *days,
                    int64_t now_ms)
{
    int64_t window[2];
    config_use_window(of, v, days, now_ms, window);
    return now_ms >= window[0] && now_ms < window[1];
}

bool config_applies(const config_campaign *of, const config_template *t, const config_days *days,
                    int64_t now_ms)
{
    return of->row->state == CAMPAIGN_STATE_ACTIVE &&
           config_is_open(of, config_version(t, t->row->version), days, now_ms);
}

/* The end that an edit which reaches the coupon gives it, by what the campaign's window and the
 * policy were when it was made: so neither moves a coupon's end by itself. */
static int64_t end_by(const template_version *v, const config_campaign *of,
                      const config_merchant *shop, const coupon *row)
{
    config_days days = config_days_of(shop);
    int64_t window[2], latest = v->use_until_ms;
    if (latest == 0)
        latest = config_window_end_ms(&days, of->row->use_until_ms);
    else
        days.window_end = v->window_end;
    window_of(v, &days, row->issued_at_ms, window);
    return clamp(window[1] < latest ? window[1] : latest);
}

/* The end that edits behind version range[0] up to range[1] give: each that reached all, in turn,
 * if it came in time. */
static int64_t extended(const config_template *t, const config_campaign *of,
                        const config_merchant *shop, const coupon *row, const uint32_t range[2])
{
    int64_t ends = row->expires_at_ms;
    for (uint32_t n = range[0] + 1; n <= range[1]; n++) {
        const template_version *v = config_version(t, n);
        if (v->reach != EDIT_REACH_ALL_UNUSED)
            continue;
        if (v->created_at_ms >= ends)
            return ends;
        int64_t until = end_by(v, of, shop, row);
        ends = until > ends ? until : ends;
    }
    return ends;
}

int64_t config_expires_at_ms(const config *c, const coupon *row)
{
    const config_template *t = config_find_template(c, row->template);
    uint32_t known = row->end_version > row->version ? row->end_version : row->version;
    uint32_t reaching = t == NULL ? known : config_effective(t, known);
    if (reaching == known) {
        return row->expires_at_ms;
    }
    const config_campaign *of = config_find_campaign(c, t->row->campaign);
    const config_merchant *m = config_find_merchant(c, t->row->merchant);
    CHECK(of != NULL && m != NULL); /* they were here before the template */
    return extended(t, of, m, row, (uint32_t[2]){known, reaching});
}
