/* What limits by user have counted, against what coupons, holds and redemptions took.
 *
 * Claims ever of a campaign are exact: issued, less voided as issued in error. Other claims are
 * counted by the limits that the issue saw, which the versions in the coupon tell. Uses are exact:
 * rows remember what they took. */
#include <stdio.h>

#include "app/verify_transfer.h"
#include "base/time.h"
#include "domain/limit/book.h"
#include "domain/limit/usage.h"

/* A cell, wherever it is. */
typedef struct cell_key {
    uint64_t campaign, owner;
    int64_t number;
    uint32_t member, since_version;
    uint16_t slot;
    uint8_t measure, period;
} cell_key;

static int64_t *take_at(verify_map *m, const cell_key *from)
{
    cell_key k;
    memset(&k, 0, sizeof(k)); /* the padding is part of the key */
    k.campaign = from->campaign;
    k.owner = from->owner;
    k.number = from->number;
    k.since_version = from->since_version;
    k.member = from->member;
    k.slot = from->slot;
    k.measure = from->measure;
    k.period = from->period;
    return verify_map_at(m, (str){(const char *)&k, sizeof(k)});
}

int64_t *verify_take_at(const verify_group *g, uint16_t slot, uint32_t ordinal, const limit_take *t)
{
    return take_at(g->takes, &(cell_key){.campaign = t->campaign,
                                         .owner = t->owner,
                                         .number = t->number,
                                         .since_version = t->since_version,
                                         .member = ordinal,
                                         .slot = slot,
                                         .measure = t->measure,
                                         .period = t->period});
}

/* ---- a user's coupons ---- */

typedef struct own_coupons {
    verify_coupon *const *items;
    size_t n;
} own_coupons;

static bool is_before(const verify_coupon *c, uint16_t slot, uint32_t ordinal)
{
    return c->row.slot < slot || (c->row.slot == slot && c->row.member < ordinal);
}

static own_coupons coupons_of(const verify_group *g, uint16_t slot, uint32_t ordinal)
{
    size_t from = 0, until = g->coupons.n;
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        if (is_before(g->by_member[middle], slot, ordinal))
            from = middle + 1;
        else
            until = middle;
    }
    size_t n = 0;
    while (from + n < g->coupons.n && g->by_member[from + n]->row.slot == slot &&
           g->by_member[from + n]->row.member == ordinal)
        n++;
    return (own_coupons){g->by_member + from, n};
}

/* What came with all that another user had is counted by what was brought. */
static bool is_brought(const verify_coupon *c)
{
    return c->by != NULL && c->by->move != 0;
}

static bool counts_in(const verify_coupon *c, uint64_t campaign_id, uint64_t owner)
{
    if (c->of.campaign == NULL || (campaign_id != 0 && c->of.campaign->row->id != campaign_id))
        return false;
    return owner == 0 || c->row.template == owner;
}

/* ---- cells of claims ---- */

static void claims_ever(const own_coupons *own, const usage *row, const usage_cell *cell,
                        int64_t bounds[2])
{
    bounds[0] = 0;
    for (size_t i = 0; i < own->n; i++) {
        const verify_coupon *c = own->items[i];
        if (!counts_in(c, row->campaign, cell->owner))
            continue;
        if (is_brought(c))
            bounds[0] -= verify_in_error(&c->row);
        else
            bounds[0] += !verify_in_error(&c->row);
    }
    bounds[1] = bounds[0];
}

/* The limit that this cell counts for, the first of them; NULL: it is gone, and nothing is counted
 * any more. */
static const limit_rule *counted_for(const verify *v, const verify_group *g, const usage *row,
                                     const usage_cell *cell)
{
    const member *m = verify_find_member(g, row->slot, row->member);
    const config_merchant *merchant_of =
        m == NULL || row->campaign != 0 ? NULL : config_find_merchant(v->view.config, m->merchant);
    const config_template *t = config_find_template(v->view.config, cell->owner);
    const config_campaign *c = config_find_campaign(v->view.config, row->campaign);
    const limit_rule *rules = NULL;
    size_t n = 0;
    if (cell->owner != 0 && t != NULL) {
        const template_version *newest = config_version(t, t->row->version);
        rules = newest->limits.items;
        n = newest->limits.n;
    } else if (cell->owner == 0 && c != NULL) {
        rules = c->row->limits.items;
        n = c->row->limits.n;
    } else if (merchant_of != NULL) {
        rules = merchant_of->row->limits.items;
        n = merchant_of->row->limits.n;
    }
    const limit_rule *oldest = NULL;
    for (size_t i = 0; i < n; i++)
        if (rules[i].subject == LIMIT_SUBJECT_USER && rules[i].measure == cell->measure &&
            rules[i].period == cell->period &&
            (oldest == NULL || rules[i].since_version < oldest->since_version) &&
            (cell->period == LIMIT_PERIOD_ROLLING || rules[i].since_version == cell->since_version))
            oldest = &rules[i];
    return oldest;
}

static uint32_t version_seen(const verify_coupon *of, const usage *row, const usage_cell *cell)
{
    const coupon *c = &of->row;
    const received *by = of->by;
    if (by != NULL)
        return cell->owner != 0     ? by->template_version
               : row->campaign != 0 ? by->campaign_version
                                    : by->merchant_version;
    return cell->owner != 0     ? c->version
           : row->campaign != 0 ? c->campaign_version
                                : c->merchant_version;
}

/* What voiding in error gives back goes to a period only while it runs: so these count or not. A
 * rolling limit may find instants that one before it has counted. */
static void claims_of_period(const own_coupons *own, const limit_rule *rule, const usage *row,
                             const usage_cell *cell, int64_t bounds[2])
{
    bounds[0] = 0;
    bounds[1] = 0;
    for (size_t i = 0; i < own->n; i++) {
        const verify_coupon *c = own->items[i];
        int64_t at = is_brought(c) ? c->by->counted_ms : verify_since_ms(c);
        int32_t day;
        if (!counts_in(c, row->campaign, cell->owner) || !verify_day(&c->of, at, &day) ||
            usage_number(cell->period, day, at) != cell->number)
            continue;
        bool counted = rule != NULL && limit_counted_claim(rule, version_seen(c, row, cell));
        if (is_brought(c)) {
            bounds[0] -= verify_in_error(&c->row);
            continue;
        }
        bounds[0] += counted && !verify_in_error(&c->row);
        bounds[1] += counted || rule == NULL || rule->period == LIMIT_PERIOD_ROLLING;
    }
}

/* ---- cells ---- */

static usage_key key_of(const usage_cell *cell)
{
    return (usage_key){cell->owner, cell->measure, cell->period, cell->since_version};
}

/* Were instants of this rolling count merged, so that they cannot be told apart? */
static bool is_merged(const usage *row, const usage_cell *cell)
{
    size_t n = 0;
    for (size_t i = 0; i < row->cells.n; i++)
        n += row->cells.items[i].period == LIMIT_PERIOD_ROLLING &&
             row->cells.items[i].owner == cell->owner &&
             row->cells.items[i].measure == cell->measure;
    return cell->period == LIMIT_PERIOD_ROLLING && n >= USAGE_INSTANTS_MAX;
}

/* May the instant have been dropped, as it had left every window, and have come anew with what was
 * brought? That may have gone on since, and what is given back of the user's own is taken off it.
 */
static bool came_anew(const usage *row, const usage_cell *cell)
{
    for (size_t i = 0; i < row->brought.n && cell->period == LIMIT_PERIOD_ROLLING; i++) {
        const brought_cell *b = &row->brought.items[i];
        if (b->owner == cell->owner && b->measure == cell->measure && b->period == cell->period &&
            b->number == cell->number)
            return true;
    }
    return false;
}

static void check_cell(verify *v, const verify_group *g, const usage *row, const usage_cell *cell,
                       const own_coupons *own)
{
    char text[160], member_text[64], owner_text[ID_TEXT_MAX], campaign_text[ID_TEXT_MAX];
    int64_t bounds[2];
    if (is_merged(row, cell))
        return;
    if (cell->measure != LIMIT_MEASURE_CLAIMS) {
        bounds[0] = *take_at(g->takes, &(cell_key){.campaign = row->campaign,
                                                   .owner = cell->owner,
                                                   .number = cell->number,
                                                   .since_version = cell->since_version,
                                                   .member = row->member,
                                                   .slot = row->slot,
                                                   .measure = cell->measure,
                                                   .period = cell->period});
        bounds[1] = bounds[0];
    } else if (cell->period == LIMIT_PERIOD_EVER && row->campaign != 0) {
        claims_ever(own, row, cell, bounds);
    } else {
        claims_of_period(own, counted_for(v, g, row, cell), row, cell, bounds);
    }
    usage_key key = key_of(cell);
    int64_t brought = usage_brought(row, &key, cell->number);
    bounds[0] += brought;
    bounds[1] += brought;
    if (bounds[0] > 0 && came_anew(row, cell))
        bounds[0] = 0;
    if (cell->n >= bounds[0] && cell->n <= bounds[1])
        return;
    (void)snprintf(member_text, sizeof(member_text), "slot %u member %u", row->slot, row->member);
    (void)id_text(ID_CAMPAIGN, row->campaign, campaign_text);
    (void)id_text(ID_TEMPLATE, cell->owner, owner_text);
    int n = snprintf(text, sizeof(text), "%s %s %s", member_text,
                     row->campaign == 0 ? "merchant" : campaign_text,
                     cell->owner == 0 ? "" : owner_text);
    buf field;
    char field_text[128];
    field = (buf){.p = field_text, .capacity = sizeof(field_text), .max = sizeof(field_text)};
    buf_printf(&field, "%.*s %.*s %lld%c", STR_ARG(limit_measure_name(cell->measure)),
               STR_ARG(limit_period_name(cell->period)), (long long)cell->number, '\0');
    verify_what w = {.check = "usage", .subject = {text, (size_t)n}};
    verify_between(v, &w, field_text, bounds, cell->n);
}

static void check_row(verify *v, const verify_group *g, const usage *row)
{
    own_coupons own = coupons_of(g, row->slot, row->member);
    verify_brought(v, row);
    for (size_t i = 0; i < row->cells.n; i++)
        check_cell(v, g, row, &row->cells.items[i], &own);
}

/* ---- rows and cells that must be there ---- */

static void check_has(verify *v, const verify_group *g, const verify_coupon *c)
{
    const usage *row = verify_find_usage(g, &(usage){.slot = c->row.slot,
                                                     .member = c->row.member,
                                                     .campaign = c->of.campaign->row->id});
    usage_key whole = {.measure = LIMIT_MEASURE_CLAIMS, .period = LIMIT_PERIOD_EVER};
    usage_key part = whole;
    part.owner = c->row.template;
    verify_what w = {.check = "usage", .kind = ID_COUPON, .id = c->row.id};
    verify_must(v, &w, "its user's claims of the campaign are counted", usage_has(row, &whole));
    verify_must(v, &w, "its user's claims of the template are counted", usage_has(row, &part));
}

/* Is the count there, or begun anew by a later period or by a limit that was set later? */
static bool is_counted(const usage *row, const cell_key *k)
{
    for (size_t i = 0; row != NULL && i < row->cells.n; i++) {
        usage_key cell = key_of(&row->cells.items[i]);
        if (cell.owner == k->owner && cell.measure == k->measure && cell.period == k->period &&
            (cell.since_version > k->since_version ||
             (cell.since_version == k->since_version && row->cells.items[i].number >= k->number)))
            return true;
    }
    return false;
}

static void check_take(verify *v, const verify_group *g, const cell_key *k, int64_t n)
{
    if (n == 0 || k->measure == LIMIT_MEASURE_CLAIMS || k->period == LIMIT_PERIOD_ROLLING)
        return;
    const usage *row = verify_find_usage(
        g, &(usage){.slot = k->slot, .member = k->member, .campaign = k->campaign});
    if (is_counted(row, k))
        return;
    char text[96];
    int length = snprintf(text, sizeof(text), "slot %u member %u", k->slot, k->member);
    verify_what w = {.check = "usage", .subject = {text, (size_t)length}};
    verify_number(v, &w, "uses that are counted nowhere", 0, n);
}

void verify_usages(verify *v, verify_group *g)
{
    const usage *rows = g->usages.items;
    for (size_t i = 0; i < verify_map_count(g->takes); i++) {
        str key;
        int64_t n = *verify_map_item(g->takes, i, &key);
        cell_key k;
        CHECK(key.n == sizeof(k));
        memcpy(&k, key.p, sizeof(k));
        check_take(v, g, &k, n);
    }
    for (size_t i = 0; i < g->usages.n; i++)
        check_row(v, g, &rows[i]);
    for (size_t i = 0; i < g->coupons.n; i++) {
        const verify_coupon *c = g->by_member[i];
        const verify_coupon *last = i == 0 ? NULL : g->by_member[i - 1];
        bool same = last != NULL && last->row.slot == c->row.slot &&
                    last->row.member == c->row.member && last->row.template == c->row.template;
        if (!same && c->of.campaign != NULL)
            check_has(v, g, c);
    }
}
