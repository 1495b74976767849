/* Phone numbers (domain/phone/bind.h): each is where its hash says and agrees with itself; and the
 * number's slot and the user's say the same of whose it is, but for what is on its way. */
#include <stdio.h>

#include "app/verify_part.h"
#include "base/hash.h"
#include "base/id.h"
#include "domain/phone/bind.h"
#include "domain/phone/holder.h"

/* Of a binding: the number's row of it, the user's, what each says, and messages that name it. */
enum { BINDING_NUMBER, BINDING_USER, BINDING_COMING, BINDING_VALUES };

static int64_t *binding_at(const verify *v, uint64_t binding)
{
    return verify_map_at(v->bindings, (str){(const char *)&binding, sizeof(binding)});
}

static verify_what what_of(uint64_t binding, char text[24])
{
    int n = snprintf(text, 24, "%016llx", (unsigned long long)binding);
    return (verify_what){.check = "phone", .subject = {text, (size_t)n}};
}

/* What both rows must say: never 0. */
static int64_t told(uint64_t hi, uint64_t lo, str user_name)
{
    return (int64_t)(hash64(user_name, hi ^ lo) | 1);
}

static void see_number(verify *v, verify_group *g, const void *stored)
{
    MAYBE(g);
    const phone *row = stored;
    char text[24];
    verify_what w = what_of(row->hi, text);
    arena *memory = arena_new(0);
    phone_number n = {.hash = {row->hi, row->lo}};
    verify_must(v, &w, "the slot of its hash",
                row->slot == slot_of_user(row->merchant, phone_holder(&n, memory)));
    arena_free(memory);
    verify_must(v, &w, "its merchant is there",
                config_find_merchant(v->view.config, row->merchant) != NULL);
    verify_must(v, &w, "bound to a user, or to nobody",
                row->generation > 0 && (row->binding != 0) == (row->user.n > 0));
    if (row->binding != 0)
        binding_at(v, row->binding)[BINDING_NUMBER] = told(row->hi, row->lo, row->user);
}

static void see_user(verify *v, verify_group *g, const void *stored)
{
    MAYBE(g);
    const user_phone *row = stored;
    char text[24];
    verify_what w = what_of(row->binding, text);
    verify_must(v, &w, "the slot of its user",
                row->slot == slot_of_user(row->merchant, row->user) && row->sequence > 0);
    if (row->binding != 0)
        binding_at(v, row->binding)[BINDING_USER] = told(row->hi, row->lo, row->user);
}

/* ---- what is on its way ---- */

static void see_message(verify *v, uint16_t act, str input, bool aside)
{
    MAYBE(aside);
    arena *memory = arena_new(0);
    user_phone_put_in put = {0};
    phone_unbind_in end = {0};
    phone_follow_in on = {0};
    if (act == USER_PHONE_PUT_ACT &&
        record_decode(&user_phone_put_in_record, input, memory, &put) == R_DONE)
        binding_at(v, put.binding)[BINDING_COMING]++;
    if (act == PHONE_UNBIND_ACT &&
        record_decode(&phone_unbind_in_record, input, memory, &end) == R_DONE)
        binding_at(v, end.binding)[BINDING_COMING]++;
    if (act == PHONE_FOLLOW_ACT &&
        record_decode(&phone_follow_in_record, input, memory, &on) == R_DONE)
        binding_at(v, on.binding)[BINDING_COMING]++;
    arena_free(memory);
}

static void compare(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->bindings); i++) {
        str key;
        const int64_t *found = verify_map_item(v->bindings, i, &key);
        uint64_t binding;
        char text[24];
        memcpy(&binding, key.p, sizeof(binding));
        verify_what w = what_of(binding, text);
        if (found[BINDING_COMING] == 0)
            verify_must(v, &w, "the number and its user say the same",
                        found[BINDING_NUMBER] == found[BINDING_USER]);
    }
}

result verify_phones(verify *v)
{
    v->bindings = verify_map_new(BINDING_VALUES);
    result r = verify_each(v, NULL, &phone_table, see_number);
    if (r == R_DONE)
        r = verify_each(v, NULL, &user_phone_table, see_user);
    v->again = true;
    if (r == R_DONE)
        r = verify_messages(v, see_message);
    v->again = false;
    if (r == R_DONE)
        compare(v);
    verify_map_free(v->bindings);
    return r;
}
