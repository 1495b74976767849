/* Refusals, outcomes and limits of the configuring acts. */
#include "domain/campaign/act_part.h"

#include "base/buf.h"
#include "domain/campaign/config.h"
#include "domain/campaign/rules_part.h"

result act_check(uow *u, const issues *found)
{
    result r = rules_result(found);
    if (r == R_DONE)
        return R_DONE;
    const issue *first = &found->items[0];
    if (r == R_INVALID && first->field.n > 0)
        return uow_refuse_field(u, first->field, first->code, "%.*s", STR_ARG(first->detail));
    const char *colon = first->field.n == 0 ? "" : ": ";
    return uow_refuse(u, r, "%.*s%s%.*s", STR_ARG(first->field), colon, STR_ARG(first->detail));
}

result act_check_version(uow *u, uint32_t wanted, uint32_t version)
{
    if (wanted == 0 || wanted == version)
        return R_DONE;
    return uow_refuse(u, R_VERSION_MISMATCH, "It is at version %u now.", version);
}

result act_check_merchant(uow *u, uint64_t id)
{
    if (config_find_merchant(uow_config(u), id) != NULL)
        return R_DONE;
    return uow_refuse(u, R_NOT_FOUND, "There is no such merchant.");
}

limit_rule *act_limits(uow *u, const act_limit_edit *edit)
{
    if (edit->n == 0)
        return NULL;
    limit_rule *made = ARENA_ARRAY(uow_memory(u), limit_rule, edit->n);
    for (size_t i = 0; i < edit->n; i++) {
        made[i] = edit->limits[i];
        made[i].since_ms = uow_now(u);
        made[i].since_version = edit->version;
        for (size_t j = 0; j < edit->old_n; j++) {
            if (!rules_same_limit(&edit->old[j], &made[i]))
                continue;
            made[i].since_ms = edit->old[j].since_ms;
            made[i].since_version = edit->old[j].since_version;
        }
    }
    return made;
}
