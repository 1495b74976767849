/* The rows of kind.def as tables. Nothing here decides anything. */
#include "base/money.h"
#include "domain/price/benefit.h"

enum { KINDS = BENEFIT_KIND_COUNT };

enum { NEEDED = 1, MAY = 0 };

static const benefit_param params[KINDS][BENEFIT_PLACES] = {
#define KIND(number, NAME, name, text)
#define PARAM(KIND, place, NAME, name, TYPE, need, initial, min, max, text)                        \
    [BENEFIT_KIND_##KIND][place] = {BENEFIT_##TYPE, false, need, initial, min, max, #name, text},
#define FIELD(KIND, place, NAME, name, TYPE, need, initial, min, max, text)                        \
    [BENEFIT_KIND_##KIND][place] = {BENEFIT_##TYPE, true, need, initial, min, max, #name, text},
#define CHOICE(KIND, place, number, NAME, name, text)
#include "domain/price/kind.def"
#undef KIND
#undef PARAM
#undef FIELD
#undef CHOICE
};

static const char *const kind_texts[KINDS] = {
#define KIND(number, NAME, name, text) [BENEFIT_KIND_##NAME] = text,
#define PARAM(KIND, place, NAME, name, TYPE, need, initial, min, max, text)
#define FIELD(KIND, place, NAME, name, TYPE, need, initial, min, max, text)
#define CHOICE(KIND, place, number, NAME, name, text)
#include "domain/price/kind.def"
#undef KIND
#undef PARAM
#undef FIELD
#undef CHOICE
};

static const benefit_choice choices[] = {
#define KIND(number, NAME, name, text)
#define PARAM(KIND, place, NAME, name, TYPE, need, initial, min, max, text)
#define FIELD(KIND, place, NAME, name, TYPE, need, initial, min, max, text)
#define CHOICE(KIND, place, number, NAME, name, text)                                              \
    {BENEFIT_KIND_##KIND, place, number, #name, text},
#include "domain/price/kind.def"
#undef KIND
#undef PARAM
#undef FIELD
#undef CHOICE
};

const benefit_param *benefit_param_at(uint8_t kind, uint8_t place)
{
    static const benefit_param none = {.type = BENEFIT_NONE};
    if (kind >= KINDS || place >= BENEFIT_PLACES) {
        return &none;
    }
    return &params[place >= BENEFIT_COMMON_FIRST ? BENEFIT_KIND_COMMON : kind][place];
}

const char *benefit_kind_text(uint8_t kind)
{
    return kind < KINDS ? kind_texts[kind] : NULL;
}

const benefit_choice *benefit_choices(size_t *n)
{
    *n = ARRAY_LEN(choices);
    return choices;
}

uint8_t benefit_list_of(uint8_t kind)
{
    for (uint8_t place = 1; place < BENEFIT_COMMON_FIRST; place++) {
        if (benefit_param_at(kind, place)->type == BENEFIT_LIST) {
            return place;
        }
    }
    return 0;
}
