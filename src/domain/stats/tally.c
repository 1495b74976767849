/* Counters of the running lane: see tally.h. */
#include "domain/stats/tally.h"

static tally *row_of(uow *u, const terms *of, uint64_t template_id)
{
    return tally_get(u, uow_lane(u), of->campaign->row->id, template_id, terms_day(of, uow_now(u)));
}

void tally_load(uow *u, const terms *of)
{
    (void)row_of(u, of, of->template->row->id);
    (void)row_of(u, of, 0);
}

static tally *row_to_write(uow *u, const terms *of, uint64_t template_id)
{
    tally *row = row_of(u, of, template_id);
    if (row == NULL)
        return tally_new(u, uow_lane(u), of->campaign->row->id, template_id,
                         terms_day(of, uow_now(u)));
    tally_edit(u, row);
    return row;
}

tally *tally_of(uow *u, const terms *of)
{
    return row_to_write(u, of, of->template->row->id);
}

tally *tally_of_campaign(uow *u, const terms *of)
{
    return row_to_write(u, of, 0);
}

static tally_goods *goods_of(uow *u, const terms *of, tally_group group)
{
    CHECK(group.value.n <= TALLY_VALUE_MAX);
    tally_goods key = {.lane = uow_lane(u),
                       .campaign = of->campaign->row->id,
                       .template = of->template->row->id,
                       .dimension = (uint8_t)group.dimension,
                       .day = terms_day(of, uow_now(u)),
                       .value = group.value};
    return uow_get(u, &tally_goods_table, &key);
}

void tally_load_goods(uow *u, const terms *of, tally_group group)
{
    if (group.value.n > 0)
        (void)goods_of(u, of, group);
}

tally_goods *tally_goods_of(uow *u, const terms *of, tally_group group)
{
    if (group.value.n == 0)
        return NULL;
    tally_goods *row = goods_of(u, of, group);
    if (row == NULL)
        return tally_goods_new(u, uow_lane(u), of->campaign->row->id, of->template->row->id,
                               (uint8_t)group.dimension, terms_day(of, uow_now(u)), group.value);
    tally_goods_edit(u, row);
    return row;
}

static tally_party *party_row(uow *u, const terms *of, uint16_t party)
{
    return tally_party_get(u, uow_lane(u), of->campaign->row->id, of->template->row->id, party,
                           terms_day(of, uow_now(u)));
}

void tally_load_party(uow *u, const terms *of, uint16_t party)
{
    (void)party_row(u, of, party);
}

tally_party *tally_party_of(uow *u, const terms *of, uint16_t party)
{
    tally_party *row = party_row(u, of, party);
    if (row == NULL)
        return tally_party_new(u, uow_lane(u), of->campaign->row->id, of->template->row->id, party,
                               terms_day(of, uow_now(u)));
    tally_party_edit(u, row);
    return row;
}
