/* gen_benefit: the schemas and the reference pages of benefits and of the arithmetic policy, from
 * src/domain/price/kind.def, policy.def and preset.def.
 *
 *   gen_benefit schema    api/benefits.yaml
 *   gen_benefit docs      docs/reference/benefit.md
 *   gen_benefit policy    docs/reference/policy.md
 *   gen_benefit preset    docs/reference/preset.md
 *
 * They are kept in the tree; tools/fresh writes them anew. Writes to stdout and holds no state. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MONEY_MAX INT64_C(1000000000000000)
enum { NEEDED = 1, MAY = 0 };

typedef enum row_type { ROW_KIND, ROW_PARAM, ROW_FIELD, ROW_CHOICE } row_type;
typedef enum value_type { NONE, MONEY, PERCENT, COUNT, WORD, FLAG, TEXT, LIST } value_type;

typedef struct row {
    row_type row;
    value_type type;
    int place; /* the number of a kind */
    const char *name, *text;
    bool needed;
    int64_t initial, min, max; /* initial: the number of a choice */
} row;

static const row rows[] = {
#define KIND(number, NAME, name, text) {ROW_KIND, NONE, number, #name, text, false, 0, 0, 0},
#define PARAM(KIND, place, NAME, name, TYPE, need, initial, min, max, text)                        \
    {ROW_PARAM, TYPE, place, #name, text, need, initial, min, max},
#define FIELD(KIND, place, NAME, name, TYPE, need, initial, min, max, text)                        \
    {ROW_FIELD, TYPE, place, #name, text, need, initial, min, max},
#define CHOICE(KIND, place, number, NAME, name, text)                                              \
    {ROW_CHOICE, NONE, place, #name, text, false, number, 0, 0},
#include "domain/price/kind.def"
#undef KIND
#undef PARAM
#undef FIELD
#undef CHOICE
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

typedef struct setting {
    bool dimension; /* else a value of the one before */
    const char *name, *text;
} setting;

static const setting policy[] = {
#define POLICY(number, NAME, name, text)          {true, #name, text},
#define SETTING(POLICY, number, NAME, name, text) {false, #name, text},
#include "domain/price/policy.def"
#undef POLICY
#undef SETTING
};
enum { CHOICES = sizeof(policy) / sizeof(policy[0]) };

/* A file's path has a folder. */
typedef enum preset_type { PRESET_NAME, PRESET_SAYS, PRESET_SHOWS, PRESET_LACKS } preset_type;
typedef struct preset_row {
    preset_type type;
    const char *a, *b, *c, *d, *e, *f; /* the columns, as in preset.def */
} preset_row;

#define PRESET_FILE(ID, repository, commit, path)
#define PRESET_PAGE(ID, title, url)
static const preset_row presets[] = {
#define PRESET(NAME, name, title, text) {PRESET_NAME, #NAME, #name, title, text, NULL, NULL},
#define PRESET_SETTING(PRESET, POLICY, SETTING, SOURCE, text)                                      \
    {PRESET_SAYS, #POLICY, #SETTING, #SOURCE, text, NULL, NULL},
#define PRESET_EXAMPLE(PRESET, POLICY, OTHER, coupons, cart, given, other)                         \
    {PRESET_SHOWS, #POLICY, #OTHER, coupons, cart, given, other},
#define PRESET_LIMIT(PRESET, SOURCE, text) {PRESET_LACKS, #SOURCE, text, NULL, NULL, NULL, NULL},
#include "domain/price/preset.def"
#undef PRESET
#undef PRESET_SETTING
#undef PRESET_EXAMPLE
#undef PRESET_LIMIT
#undef PRESET_FILE
#undef PRESET_PAGE
};
enum { PRESETS = sizeof(presets) / sizeof(presets[0]) };

static const struct source {
    const char *id, *of, *commit, *where; /* commit is NULL for a page */
} sources[] = {
#define PRESET(NAME, name, title, text)
#define PRESET_SETTING(PRESET, POLICY, SETTING, SOURCE, text)
#define PRESET_EXAMPLE(PRESET, POLICY, OTHER, coupons, cart, given, other)
#define PRESET_LIMIT(PRESET, SOURCE, text)
#define PRESET_FILE(ID, repository, commit, path) {#ID, repository, commit, path},
#define PRESET_PAGE(ID, title, url)               {#ID, title, NULL, url},
#include "domain/price/preset.def"
};
enum { SOURCES = sizeof(sources) / sizeof(sources[0]) };

/* The row behind the last of the kind that begins at `kind`. */
static int end_of(int kind)
{
    int end = kind + 1;
    while (end < ROWS && rows[end].row != ROW_KIND)
        end++;
    return end;
}

static bool is_choice_of(int choice, int param)
{
    return rows[choice].row == ROW_CHOICE && rows[choice].place == rows[param].place;
}

/* ---- schema ---- */

static void put_words(int param, int end)
{
    const char *between = "";
    printf("type: string, enum: [");
    for (int i = param + 1; i < end; i++) {
        if (is_choice_of(i, param)) {
            printf("%s%s", between, rows[i].name);
            between = ", ";
        }
    }
    printf("]");
}

static void put_type(int at, int kind, int end)
{
    const row *r = &rows[at];
    switch (r->type) {
    case MONEY:
        printf("$ref: '#/components/schemas/benefit_money'");
        break;
    case PERCENT:
        printf("type: string, pattern: '^[0-9]{1,3}(\\.[0-9]{1,4})?$'");
        break;
    case COUNT:
        printf("type: integer, minimum: %" PRId64 ", maximum: %" PRId64, r->min, r->max);
        break;
    case WORD:
        put_words(at, end);
        break;
    case FLAG:
        printf("type: boolean");
        break;
    case TEXT:
        printf("type: string, minLength: %" PRId64 ", maxLength: %" PRId64, r->min, r->max);
        break;
    case LIST:
        printf("type: array, minItems: %" PRId64 ", maxItems: %" PRId64
               ", items: {$ref: '#/components/schemas/benefit_%s_item'}",
               r->min, r->max, rows[kind].name);
        break;
    case NONE:
        break;
    }
}

static void put_members(int kind, row_type which)
{
    int end = end_of(kind);
    for (int i = kind + 1; i < end; i++) {
        if (rows[i].row != which)
            continue;
        printf("        %s: {", rows[i].name);
        put_type(i, kind, end);
        printf(", description: \"%s\"}\n", rows[i].text);
    }
}

static void put_needed(int kind, row_type which, const char *first)
{
    const char *between = first[0] == 0 ? "" : ", ";
    printf("      required: [%s", first);
    for (int i = kind + 1; i < end_of(kind); i++) {
        if (rows[i].row == which && rows[i].needed) {
            printf("%s%s", between, rows[i].name);
            between = ", ";
        }
    }
    printf("]\n");
}

static bool has_list(int kind)
{
    for (int i = kind + 1; i < end_of(kind); i++) {
        if (rows[i].row == ROW_FIELD)
            return true;
    }
    return false;
}

static void put_kind_schema(int kind, int common)
{
    printf("    benefit_%s:\n      type: object\n      additionalProperties: false\n",
           rows[kind].name);
    printf("      description: \"%s\"\n", rows[kind].text);
    put_needed(kind, ROW_PARAM, "kind");
    printf("      properties:\n        kind: {const: %s}\n", rows[kind].name);
    put_members(kind, ROW_PARAM);
    put_members(common, ROW_PARAM);
    if (!has_list(kind))
        return;
    printf("    benefit_%s_item:\n      type: object\n      additionalProperties: false\n",
           rows[kind].name);
    put_needed(kind, ROW_FIELD, "");
    printf("      properties:\n");
    put_members(kind, ROW_FIELD);
}

static void put_policy_schema(void)
{
    printf("    policy:\n      x-quan-raw: policy\n      type: object\n"
           "      additionalProperties: false\n"
           "      description: How prices are reckoned; what is not named has its default.\n"
           "      properties:\n        preset: {type: string, enum: [");
    const char *between = "";
    for (int i = 0; i < PRESETS; i++) {
        if (presets[i].type == PRESET_NAME) {
            printf("%s%s", between, presets[i].b);
            between = ", ";
        }
    }
    printf("], description: \"Settings that those beside it override; answers have the settings "
           "themselves.\"}\n");
    for (int i = 0; i < CHOICES;) {
        int d = i++;
        printf("        %s: {type: string, enum: [", policy[d].name);
        for (; i < CHOICES && !policy[i].dimension; i++)
            printf("%s%s", i == d + 1 ? "" : ", ", policy[i].name);
        printf("], description: \"%s\"}\n", policy[d].text);
    }
}

static void put_schema(void)
{
    printf(
        "# Made from src/domain/price/kind.def by tools/gen_benefit; tools/fresh --write makes it "
        "anew.\ncomponents:\n  schemas:\n    benefit:\n      x-quan-raw: benefit\n"
        "      description: What a coupon gives.\n      oneOf:\n");
    for (int i = 1; i < ROWS; i++) {
        if (rows[i].row == ROW_KIND)
            printf("        - {$ref: '#/components/schemas/benefit_%s'}\n", rows[i].name);
    }
    printf(
        "      discriminator: {propertyName: kind}\n"
        "    benefit_money:\n      description: An amount, or one in each of several currencies.\n"
        "      oneOf:\n        - {$ref: 'common.yaml#/components/schemas/money'}\n"
        "        - {type: array, minItems: 1, maxItems: 10, items: {$ref: "
        "'common.yaml#/components/schemas/money'}}\n");
    for (int i = 1; i < ROWS; i++) {
        if (rows[i].row == ROW_KIND)
            put_kind_schema(i, 0);
    }
    put_policy_schema();
}

/* ---- docs ---- */

static void put_policy_docs(void)
{
    printf(
        "<!-- Made from src/domain/price/policy.def by tools/gen_benefit; do not edit. -->\n"
        "# Arithmetic policy\n\n"
        "How shops differ in reckoning prices: the member `policy` of a merchant, and of a quote "
        "that shall be\nreckoned otherwise. The first value of each dimension is its default. "
        "`\"preset\": \"…\"` sets those by which\nanother system reckons ([presets](preset.md)); "
        "what stands beside it overrides it.\n\n");
    for (int i = 0; i < CHOICES; i++) {
        if (policy[i].dimension)
            printf("%s## %s\n\n%s\n\n| value | meaning |\n|---|---|\n", i == 0 ? "" : "\n",
                   policy[i].name, policy[i].text);
        else
            printf("| `%s` | %s |\n", policy[i].name, policy[i].text);
    }
}

/* A row of policy.def by its names in capitals, which are the small ones of the row. */
static void put_small(const char *name)
{
    for (; *name != 0; name++)
        putchar(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
}

static void put_source(const char *id)
{
    const char *name = NULL;
    for (int i = 0; i < SOURCES; i++) {
        if (strcmp(sources[i].id, id) == 0)
            name = sources[i].commit == NULL ? sources[i].of : strrchr(sources[i].where, '/') + 1;
    }
    printf("[%s][", name == NULL ? id : name);
    put_small(id);
    printf("]");
}

static void put_sources(void)
{
    printf("\n");
    for (int i = 0; i < SOURCES; i++) {
        const struct source *s = &sources[i];
        printf("[");
        put_small(s->id);
        if (s->commit == NULL)
            printf("]: %s\n", s->where);
        else
            printf("]: https://github.com/%s/blob/%s/%s\n", s->of, s->commit, s->where);
    }
}

/* ' stands for " in preset.def. */
static void put_code(const char *text)
{
    putchar('`');
    for (; *text != 0; text++)
        putchar(*text == '\'' ? '"' : *text);
    putchar('`');
}

static void put_preset_rows(int at, preset_type type)
{
    for (int i = at + 1; i < PRESETS && presets[i].type != PRESET_NAME; i++) {
        const preset_row *r = &presets[i];
        if (r->type != type)
            continue;
        if (type == PRESET_LACKS) {
            printf("- %s ", r->b);
            put_source(r->a);
            printf("\n");
            continue;
        }
        printf("| `");
        put_small(r->a);
        printf("` | ");
        if (type == PRESET_SAYS) {
            printf("`");
            put_small(r->b);
            printf("` | %s | ", r->d);
            put_source(r->c);
        } else {
            put_code(r->c);
            printf(" | `%s` | `%s` | `", r->d, r->e);
            put_small(r->b);
            printf("`: `%s`", r->f);
        }
        printf(" |\n");
    }
}

static bool preset_has(int at, preset_type type)
{
    int i = at + 1;
    while (i < PRESETS && presets[i].type != PRESET_NAME && presets[i].type != type)
        i++;
    return i < PRESETS && presets[i].type == type;
}

static bool is_small(const char *name, const char *small)
{
    while (*name != 0 && (*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name) == *small) {
        name++;
        small++;
    }
    return *name == *small;
}

static void put_presets_with(const setting *dimension, const setting *value)
{
    const char *preset = "", *between = "";
    for (int i = 0; i < PRESETS; i++) {
        const preset_row *r = &presets[i];
        if (r->type == PRESET_NAME)
            preset = r->b;
        if (r->type != PRESET_SAYS || !is_small(r->a, dimension->name) ||
            !is_small(r->b, value->name))
            continue;
        if (between[0] == 0)
            printf("| `%s` | `%s` | ", dimension->name, value->name);
        printf("%s[%s](#%s)", between, preset, preset);
        between = ", ";
    }
    printf("%s", between[0] == 0 ? "" : " |\n");
}

/* Who does what: for each value the presets that have it. */
static void put_preset_values(void)
{
    const setting *dimension = NULL;
    printf("\n| setting | value | presets |\n|---|---|---|\n");
    for (int i = 0; i < CHOICES; i++) {
        if (policy[i].dimension)
            dimension = &policy[i];
        else
            put_presets_with(dimension, &policy[i]);
    }
}

static void put_preset_docs(void)
{
    printf(
        "<!-- Made from src/domain/price/preset.def by tools/gen_benefit; do not edit. -->\n"
        "# Presets\n\n"
        "Settings of the [arithmetic policy](policy.md) by which other systems reckon: "
        "`{\"preset\": \"vendure\"}` where a policy is\ngiven, with other settings beside it that "
        "override it. A policy is kept as its settings, so what a preset of\na later version sets "
        "changes no price of a merchant who named it before.\n\n"
        "A setting is here only where the system's own source or documentation tells it, as "
        "linked; "
        "the others have\ntheir default. Each has a cart that it decides, tried by the tests: an "
        "amount `@500` is 500 minor units, a line\n`a2@1000` is two units of sku a at 1000, "
        "coupons are parted by `+`, and what stands behind `/` is their place\namong others. "
        "What comes off each line is told before the colon, and behind it what each coupon "
        "gives, or why\nnot; then the same with another value of the setting. For `odd_units` the "
        "units "
        "of the line stand in place of lines.\nBeside the place may stand `id`, which coupon it "
        "is, and `until`, of its window, with `at`, when it is\npriced, in milliseconds. For "
        "`returned_use` the cart is bought, given back whole, and bought again with the\nsame "
        "coupon; for `budget` it is bought twice with two coupons, and the budget is one and a "
        "half times what the\nfirst takes: what is told is what each gives.\n\n"
        "How Vendure, Sylius, Solidus, Magento, Saleor, django-oscar, Drupal Commerce and "
        "WooCommerce split is also told\na second time in the tests, the way each of them reckons "
        "it, and compared on random carts, for five of\nthem with three coupons one after another: "
        "not a "
        "cent differs where no limit below says so.\n\n"
        "Talon.One has no preset: the case of codes, cascading and partial discounts are settings "
        "of each\n[application](https://github.com/talon-one/talon_one.js/blob/master/docs/"
        "UpdateApplication.md), so nothing is settled for all.\n");
    put_preset_values();
    for (int i = 0; i < PRESETS; i++) {
        if (presets[i].type != PRESET_NAME)
            continue;
        printf("\n## %s\n\n%s. %s\n\n| setting | value | there | source |\n|---|---|---|---|\n",
               presets[i].b, presets[i].c, presets[i].d);
        put_preset_rows(i, PRESET_SAYS);
        printf("\n| setting | coupons | cart | off | else |\n|---|---|---|---|---|\n");
        put_preset_rows(i, PRESET_SHOWS);
        if (preset_has(i, PRESET_LACKS)) {
            printf("\nWhat no setting can say:\n\n");
            put_preset_rows(i, PRESET_LACKS);
        }
    }
    put_sources();
}

static void put_value(int at, int end)
{
    const row *r = &rows[at];
    const char *between = "";
    switch (r->type) {
    case MONEY:
        printf("amount%s", r->min > 0 && r->needed ? ", at least 1" : "");
        break;
    case PERCENT:
        printf("percentage, `\"0.0001\"` to `\"100\"`");
        break;
    case COUNT:
        printf("integer, %" PRId64 " to %" PRId64, r->min, r->max);
        break;
    case WORD:
        for (int i = at + 1; i < end; i++) {
            if (is_choice_of(i, at)) {
                printf("%s`%s`", between, rows[i].name);
                between = ", ";
            }
        }
        break;
    case FLAG:
        printf("true or false");
        break;
    case TEXT:
        printf("sku");
        break;
    case LIST:
        printf("array, %" PRId64 " to %" PRId64, r->min, r->max);
        break;
    case NONE:
        break;
    }
}

static void put_default(int at, int end)
{
    const row *r = &rows[at];
    if (r->needed)
        printf("required");
    else if (r->type == FLAG && r->initial > 1)
        return; /* the policy says */
    else if (r->type == FLAG)
        printf("`%s`", r->initial != 0 ? "true" : "false");
    else if (r->type == PERCENT && r->initial > 0)
        printf("`\"%" PRId64 "\"`", r->initial / 10000);
    else if (r->type == COUNT && r->initial > 0)
        printf("`%" PRId64 "`", r->initial);
    for (int i = at + 1; i < end && r->type == WORD; i++) {
        if (is_choice_of(i, at) && rows[i].initial == r->initial)
            printf("`%s`", rows[i].name);
    }
}

static void put_kind_docs(int kind)
{
    int end = end_of(kind);
    const char *list = "";
    printf("| member | value | default | meaning |\n|---|---|---|---|\n");
    for (int i = kind + 1; i < end; i++) {
        const row *r = &rows[i];
        if (r->row == ROW_CHOICE)
            continue;
        if (r->type == LIST)
            list = r->name;
        printf("| `%s%s%s` | ", r->row == ROW_FIELD ? list : "", r->row == ROW_FIELD ? "[]." : "",
               r->name);
        put_value(i, end);
        printf(" | ");
        put_default(i, end);
        printf(" | %s", r->text);
        for (int k = i + 1; k < end; k++) {
            if (is_choice_of(k, i) && r->type == WORD)
                printf(" `%s`: %s", rows[k].name, rows[k].text);
        }
        printf(" |\n");
    }
    printf("\n");
}

static void put_docs(void)
{
    printf(
        "<!-- Made from src/domain/price/kind.def by tools/gen_benefit; do not edit. -->\n"
        "# Benefits\n\n"
        "What a coupon gives: the member `benefit` of a template, told by its `kind`.\n\n"
        "An amount is `{amount, currency}` in minor units, in the currency of the campaign; or a "
        "list of these,\none in each currency in which the coupon is good, the campaign's among "
        "them. Then every amount of the\nbenefit is listed in the same currencies, at most 10. A "
        "percentage is a decimal string with at most 4 places.\n\n## every kind\n\n");
    put_kind_docs(0);
    for (int i = 1; i < ROWS; i++) {
        if (rows[i].row == ROW_KIND) {
            printf("## %s\n\n%s\n\n", rows[i].name, rows[i].text);
            put_kind_docs(i);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "schema") == 0) {
        put_schema();
    } else if (argc == 2 && strcmp(argv[1], "docs") == 0) {
        put_docs();
    } else if (argc == 2 && strcmp(argv[1], "policy") == 0) {
        put_policy_docs();
    } else if (argc == 2 && strcmp(argv[1], "preset") == 0) {
        put_preset_docs();
    } else {
        fprintf(stderr, "usage: gen_benefit schema|docs|policy|preset\n");
        return 2;
    }
    return 0;
}
