/* The acts that configure, each run in the world of a test: its outcome is decoded, compared with
 * the row in the store, and published into the world's configuration unless it is silent. */
#ifndef QUAN_DOMAIN_CAMPAIGN_ACTS_TEST_H
#define QUAN_DOMAIN_CAMPAIGN_ACTS_TEST_H

#include "domain/campaign/campaign.h"
#include "domain/campaign/world_test.h"

static inline merchant *put_merchant(world *w, const merchant_put_in *in)
{
    row_out out =
        act_expect(w, merchant_put_decide, in, in->id == 0 ? in->slot : id_slot(in->id), R_DONE);
    merchant *row = answered(w, &merchant_table, out.row);
    assert_true(out.id == row->id && out.version == row->version && out.version_row.n == 0);
    if (!w->silent)
        config_take(w, config_with_merchant(w->config, row, &zone_utc));
    return row;
}

static inline campaign *take_campaign(world *w, row_out out)
{
    campaign *row = answered(w, &campaign_table, out.row);
    assert_true(out.id == row->id && out.version == row->version && out.version_row.n == 0);
    if (!w->silent)
        config_take(w, config_with_campaign(w->config, row));
    return row;
}

static inline campaign *create_campaign(world *w, const campaign_create_in *in)
{
    return take_campaign(w, act_expect(w, campaign_create_decide, in, in->slot, R_DONE));
}

static inline campaign *edit_campaign(world *w, const campaign_edit_in *in)
{
    return take_campaign(w, act_expect(w, campaign_edit_decide, in, id_slot(in->campaign), R_DONE));
}

static inline campaign *go_campaign(world *w, const campaign *c, uint8_t state)
{
    campaign_state_in in = {.merchant = c->merchant, .campaign = c->id, .state = state};
    return take_campaign(w, act_expect(w, campaign_state_decide, &in, c->slot, R_DONE));
}

typedef struct put_template_rows {
    template *row;
    template_version *version;
} put_template_rows;

static inline put_template_rows put_template(world *w, const template_put_in *in)
{
    uint16_t slot = id_slot(in->template == 0 ? in->campaign : in->template);
    row_out out = act_expect(w, template_put_decide, in, slot, R_DONE);
    put_template_rows rows = {answered(w, &template_table, out.row),
                              answered(w, &template_version_table, out.version_row)};
    assert_true(out.id == rows.row->id && out.version == rows.row->version);
    assert_true(rows.version->template == out.id && rows.version->version == out.version);
    if (!w->silent)
        config_take(w, config_with_template(w->config, rows.row, rows.version));
    return rows;
}

/* A merchant and its draft, both in slot 4321. */
static inline campaign *world_campaign(world *w)
{
    merchant_put_in m = rules_good_merchant();
    m.slot = 4321;
    campaign_create_in c = rules_good_campaign();
    c.slot = 4321;
    c.merchant = put_merchant(w, &m)->id;
    return create_campaign(w, &c);
}

#endif
