/* The acts that configure: merchants, keys, campaigns and templates (app/act.def lists them).
 *
 * All answer with row_out: the id, the version and the rows as they are after the act, encoded with
 * record_encode(&<table>_table.record, …). Versions begin with 1 and rise by one with every change,
 * a change of state too; a new template leaves the campaign's version alone. if_version 0 means
 * any.
 *
 * Refusals, in this order:
 *   NOT_FOUND                 no such row for this merchant, or no such merchant
 *   VERSION_MISMATCH          if_version is not the row's
 *   INVALID, NOT_EDITABLE     a rule of rules.h: the first problem is the detail
 *   STATE_CHANGE_NOT_ALLOWED, CAMPAIGN_NOT_ACTIVE, TOO_MANY
 *
 * New rows: a merchant and a campaign live in the slot that the input names, a key in that of its
 * hash, a template in that of its campaign. Whether a merchant exists is asked of the
 * configuration: its row lives elsewhere. Limits begin to count when they are set: one that counts
 * the same as before keeps its since_ms and since_version, also under another max, so raising "3 a
 * day" to 5 leaves 2 for today. Stock and budget are changed by pool_change (domain/limit), not
 * here; so are the pools. */
#ifndef QUAN_DOMAIN_CAMPAIGN_CAMPAIGN_H
#define QUAN_DOMAIN_CAMPAIGN_CAMPAIGN_H

#include "base/result.h"
#include "domain/uow.h"

/* id 0 creates; else everything but the zone is replaced. */
result merchant_put_decide(uow *u, const void *in, void *out);
/* Writes a new key, or revokes one: then only hash and merchant are read, and doing it again
 * changes nothing. NOT_EDITABLE: a new key with a hash that is there already. */
result key_put_decide(uow *u, const void *in, void *out);
result campaign_create_decide(uow *u, const void *in, void *out); /* a draft */
result campaign_edit_decide(uow *u, const void *in, void *out);
result campaign_state_decide(uow *u, const void *in, void *out);
/* template 0 creates in `campaign`, which must not have ended; else makes the next version; there
 * `campaign` may be 0, and stock is not read. */
result template_put_decide(uow *u, const void *in, void *out);

#endif
