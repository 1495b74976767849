/* What the configuring acts share. Private to domain/campaign. */
#ifndef QUAN_DOMAIN_CAMPAIGN_ACT_PART_H
#define QUAN_DOMAIN_CAMPAIGN_ACT_PART_H

#include "base/issues.h"
#include "domain/table.gen.h"

/* R_DONE without issues; else refuses with the first of them as the detail. */
MUST_USE result act_check(uow *u, const issues *found);
/* VERSION_MISMATCH unless wanted is 0 or is `version`. */
MUST_USE result act_check_version(uow *u, uint32_t wanted, uint32_t version);
/* A merchant that the configuration has, or NOT_FOUND. */
MUST_USE result act_check_merchant(uow *u, uint64_t id);

/* What limits are, what they shall be, and the version of the row that they come with. */
typedef struct act_limit_edit {
    const limit_rule *old, *limits;
    size_t old_n, n;
    uint32_t version;
} act_limit_edit;
/* The new ones in the memory of the unit of work, with since_ms and since_version: those of the old
 * limit which counts the same, else now. Returns NULL for n = 0. */
limit_rule *act_limits(uow *u, const act_limit_edit *edit);

#endif
