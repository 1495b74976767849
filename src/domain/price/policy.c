/* The rows of policy.def as a table; policies as JSON and as stored. */
#include "domain/price/policy.h"

#include <stddef.h>

#include "domain/price/preset.h"

enum { SETTINGS_MAX = 16 };

enum policy_number {
#define POLICY(number, NAME, name, text) NUMBER_##NAME = (number),
#define SETTING(POLICY, number, NAME, name, text)
#include "domain/price/policy.def"
#undef POLICY
#undef SETTING
};

static const policy_setting settings[][SETTINGS_MAX] = {
#define POLICY(number, NAME, name, text)
#define SETTING(POLICY, number, NAME, name, text) [NUMBER_##POLICY][number] = {#name, text},
#include "domain/price/policy.def"
#undef POLICY
#undef SETTING
};

static const struct {
    policy_dimension dimension;
    size_t offset;
} rows[] = {
#define POLICY(number, NAME, name, text)                                                           \
    {{number, #name, text, settings[NUMBER_##NAME], 0}, offsetof(price_policy, name)},
#define SETTING(POLICY, number, NAME, name, text)
#include "domain/price/policy.def"
#undef POLICY
#undef SETTING
};

size_t policy_count(void)
{
    return ARRAY_LEN(rows);
}

policy_dimension policy_at(size_t place)
{
    CHECK(place < ARRAY_LEN(rows));
    policy_dimension d = rows[place].dimension;
    while (d.n < SETTINGS_MAX && d.settings[d.n].name != NULL) {
        d.n++;
    }
    return d;
}

void policy_set(price_policy *policy, size_t place, uint8_t value)
{
    CHECK(place < ARRAY_LEN(rows) && value < policy_at(place).n);
    ((uint8_t *)policy)[rows[place].offset] = value;
}

uint8_t policy_get(const price_policy *policy, size_t place)
{
    CHECK(place < ARRAY_LEN(rows));
    return ((const uint8_t *)policy)[rows[place].offset];
}

price_policy policy_of(const policy_choice *choices, size_t n)
{
    price_policy policy = {0};
    for (size_t i = 0; i < n; i++) {
        for (size_t place = 0; place < ARRAY_LEN(rows); place++) {
            if (rows[place].dimension.number == choices[i].policy &&
                choices[i].value < policy_at(place).n) {
                policy_set(&policy, place, choices[i].value);
            }
        }
    }
    return policy;
}

/* ---- stored and as JSON ---- */

static size_t place_of(str name)
{
    size_t place = 0;
    while (place < ARRAY_LEN(rows) && !str_eq(str_of(rows[place].dimension.name), name)) {
        place++;
    }
    return place;
}

static size_t place_of_number(uint8_t number)
{
    size_t place = 0;
    while (place < ARRAY_LEN(rows) && rows[place].dimension.number != number) {
        place++;
    }
    return place;
}

static void read_preset(const json *name, issues *found, price_policy *policy)
{
    if (name == NULL) {
        return;
    }
    if (json_kind_of(name) != JSON_KIND_STR || !preset_find(json_str(name), policy)) {
        issues_add(found, S("policy.preset"), S("not_allowed"), "one of: %.*s",
                   STR_ARG(preset_names(found->memory)));
    }
}

static void read_choice(str name, const json *value, issues *found, price_policy *policy)
{
    str field = arena_printf(found->memory, "policy.%.*s", STR_ARG(name));
    size_t place = place_of(name);
    if (place == ARRAY_LEN(rows)) {
        issues_add(found, field, S("unknown_field"), "docs/reference/policy.md has the dimensions");
        return;
    }
    policy_dimension d = policy_at(place);
    str allowed = S("");
    for (uint8_t i = 0; i < d.n; i++) {
        str setting = str_of(d.settings[i].name);
        if (json_kind_of(value) == JSON_KIND_STR && str_eq(json_str(value), setting)) {
            policy_set(policy, place, i);
            return;
        }
        allowed = arena_printf(found->memory, "%.*s%s%.*s", STR_ARG(allowed), i == 0 ? "" : ", ",
                               STR_ARG(setting));
    }
    issues_add(found, field, S("not_allowed"), "one of: %.*s", STR_ARG(allowed));
}

void policy_parse(const json *from, issues *found, policy_choice **out, size_t *n)
{
    price_policy policy = {0};
    void *iterator = NULL;
    str name;
    const json *value;
    *n = 0;
    *out = ARENA_ARRAY(found->memory, policy_choice, ARRAY_LEN(rows));
    if (json_kind_of(from) != JSON_KIND_OBJECT) {
        issues_add(found, S("policy"), S("wrong_type"), "an object");
        return;
    }
    read_preset(json_field(from, S("preset")), found, &policy);
    while (json_next(from, &iterator, &name, &value)) {
        if (!str_eq(name, S("preset"))) {
            read_choice(name, value, found, &policy);
        }
    }
    for (size_t place = 0; place < ARRAY_LEN(rows); place++) {
        if (policy_get(&policy, place) != 0) {
            (*out)[(*n)++] =
                (policy_choice){rows[place].dimension.number, policy_get(&policy, place)};
        }
    }
}

void policy_write(const policy_choice *choices, size_t n, json_writer *w)
{
    json_begin_object(w);
    for (size_t i = 0; i < n; i++) {
        size_t place = place_of_number(choices[i].policy);
        CHECK(place < ARRAY_LEN(rows) && choices[i].value < policy_at(place).n);
        json_key(w, str_of(rows[place].dimension.name));
        json_put_str(w, str_of(rows[place].dimension.settings[choices[i].value].name));
    }
    json_end_object(w);
}

void policy_check(const policy_choice *choices, size_t n, issues *found)
{
    for (size_t i = 0; i < n; i++) {
        size_t place = place_of_number(choices[i].policy);
        bool sorted = i == 0 || choices[i - 1].policy < choices[i].policy;
        if (place == ARRAY_LEN(rows) || choices[i].value >= policy_at(place).n || !sorted) {
            issues_add(found, S("policy"), S("not_allowed"), "dimension %d has no value %d here",
                       choices[i].policy, choices[i].value);
        }
    }
}
