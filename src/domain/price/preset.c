/* The rows of preset.def as policies. */
#include "domain/price/preset.h"

enum preset_number {
#define PRESET(NAME, name, title, text) PRESET_NUMBER_##NAME,
#define PRESET_FILE(ID, repository, commit, path)
#define PRESET_PAGE(ID, title, url)
#define PRESET_SETTING(PRESET, POLICY, SETTING, SOURCE, text)
#define PRESET_EXAMPLE(PRESET, POLICY, OTHER, coupons, cart, given, other)
#define PRESET_LIMIT(PRESET, SOURCE, text)
#include "domain/price/preset.def"
#undef PRESET
#undef PRESET_SETTING
    PRESET_COUNT
};

static const char *const names[] = {
#define PRESET(NAME, name, title, text) #name,
#define PRESET_SETTING(PRESET, POLICY, SETTING, SOURCE, text)
#include "domain/price/preset.def"
#undef PRESET
#undef PRESET_SETTING
};

static const struct {
    uint8_t preset, policy, value;
} settings[] = {
#define PRESET(NAME, name, title, text)
#define PRESET_SETTING(PRESET, POLICY, SETTING, SOURCE, text)                                      \
    {PRESET_NUMBER_##PRESET, POLICY_##POLICY, POLICY##_##SETTING},
#include "domain/price/preset.def"
#undef PRESET
#undef PRESET_FILE
#undef PRESET_PAGE
#undef PRESET_SETTING
#undef PRESET_EXAMPLE
#undef PRESET_LIMIT
};

bool preset_find(str name, price_policy *out)
{
    for (size_t i = 0; i < PRESET_COUNT; i++) {
        if (!str_eq(str_of(names[i]), name)) {
            continue;
        }
        *out = (price_policy){0};
        for (size_t k = 0; k < ARRAY_LEN(settings); k++) {
            if (settings[k].preset == i) {
                policy_set(out, settings[k].policy, settings[k].value);
            }
        }
        return true;
    }
    return false;
}

str preset_names(arena *memory)
{
    str all = S("");
    for (size_t i = 0; i < PRESET_COUNT; i++) {
        all = arena_printf(memory, "%.*s%s%s", STR_ARG(all), i == 0 ? "" : ", ", names[i]);
    }
    return all;
}
