/* Presets: every setting is shown by carts that it decides, to the cent, and a policy that names a
 * preset has its settings. */
#include "domain/price/preset.h"

#include "domain/campaign/config.h"
#include "domain/code/format.h"
#include "domain/price/example_test.h"
#include "domain/price/named.h"

enum { COUPONS = 4, LINES = 8 };

typedef struct setting {
    const char *preset;
    uint8_t policy, value;
    const char *policy_name, *value_name, *text;
} setting;

typedef struct example {
    const char *preset;
    uint8_t policy, other;
    const char *coupons, *cart, *given, *instead;
} example;

#define PRESET_FILE(ID, repository, commit, path)
#define PRESET_PAGE(ID, title, url)
#define PRESET_LIMIT(PRESET, SOURCE, text)

static const char *const names[] = {
#define PRESET(NAME, name, title, text) #name,
#define PRESET_SETTING(PRESET, POLICY, SETTING, SOURCE, text)
#define PRESET_EXAMPLE(PRESET, POLICY, OTHER, coupons, cart, given, other)
#include "domain/price/preset.def"
#undef PRESET
#undef PRESET_SETTING
#undef PRESET_EXAMPLE
};

#define PRESET(NAME, name, title, text)

static const setting settings[] = {
#define PRESET_SETTING(PRESET, POLICY, SETTING, SOURCE, text)                                      \
    {#PRESET, POLICY_##POLICY, POLICY##_##SETTING, #POLICY, #SETTING, text},
#define PRESET_EXAMPLE(PRESET, POLICY, OTHER, coupons, cart, given, other)
#include "domain/price/preset.def"
#undef PRESET_SETTING
#undef PRESET_EXAMPLE
};

static const example examples[] = {
#define PRESET_SETTING(PRESET, POLICY, SETTING, SOURCE, text)
#define PRESET_EXAMPLE(PRESET, POLICY, OTHER, coupons, cart, given, other)                         \
    {#PRESET, POLICY_##POLICY, POLICY##_##OTHER, coupons, cart, given, other},
#include "domain/price/preset.def"
#undef PRESET_SETTING
#undef PRESET_EXAMPLE
};

/* SYLIUS is the preset sylius; docs name dimensions and values so, too. */
static bool is_of(const char *preset, str name)
{
    bool same = strlen(preset) == name.n;
    for (size_t i = 0; same && i < name.n; i++) {
        char c = preset[i];
        same = name.p[i] == (c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    return same;
}

static price_policy policy_named(const char *preset)
{
    price_policy policy = {0};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (is_of(preset, str_of(names[i]))) {
            assert_true(preset_find(str_of(names[i]), &policy));
            return policy;
        }
    }
    fail_msg("no preset %s", preset);
    return policy;
}

/* The part of *rest before a mark; all of it where there is none. */
static str part(str *rest, const char *mark)
{
    const char *at = strstr(rest->p, mark);
    str found = *rest;
    if (at != NULL) {
        found.n = (size_t)(at - rest->p);
        rest->p = at + strlen(mark);
        rest->n -= found.n + strlen(mark);
    } else {
        rest->n = 0;
    }
    return found;
}

static const char *copy(str text)
{
    return arena_printf(memory, "%.*s%c", STR_ARG(text), 0).p;
}

typedef struct named_coupons {
    price_coupon coupons[COUPONS];
    uint64_t ids[COUPONS]; /* each its own where the example names none */
    size_t n;
    int64_t at_ms, until_ms; /* until 0: the example has no time */
    str typed;               /* the code of one; empty: by id */
} named_coupons;

/* Takes what is no standing among others: "id=7 until=5000 at=5000"; what is left is. */
static str read_naming(str standing, named_coupons *into)
{
    str word, name, rest = S("");
    while (str_cut(&standing, ' ', &word)) {
        str value = word;
        int64_t number = 0;
        assert_true(str_cut(&value, '=', &name));
        (void)!str_to_i64(value, &number);
        if (str_eq(name, S("id"))) {
            into->ids[into->n] = (uint64_t)number;
        } else if (str_eq(name, S("until"))) {
            into->until_ms = number;
        } else if (str_eq(name, S("at"))) {
            into->at_ms = number;
        } else if (str_eq(name, S("typed"))) {
            into->typed = value;
        } else {
            rest = arena_printf(memory, "%.*s%s%.*s", STR_ARG(rest), rest.n > 0 ? " " : "",
                                STR_ARG(word));
        }
    }
    return rest;
}

static void read_coupons(const char *text, named_coupons *into)
{
    str rest = str_of(text);
    *into = (named_coupons){.n = 0};
    while (rest.n > 0) {
        str standing = str_of(copy(part(&rest, " + ")));
        template_version v = read_benefit(copy(part(&standing, " / ")));
        uint64_t of = 0;
        assert_true(into->n < COUPONS);
        into->ids[into->n] = 1000 + into->n;
        read_standing(copy(read_naming(standing, into)), &v, &of);
        into->coupons[into->n] = coupon_of(v);
        into->coupons[into->n++].template = of;
    }
}

/* What has its answer before it is priced; empty: nothing. */
static str refused_before(named_coupons *named, const price_policy *policy)
{
    config_days days = {.window_end = policy->window_end};
    bool over = named->until_ms > 0 && named->at_ms >= config_window_end_ms(&days, named->until_ms);
    size_t places[COUPONS];
    named->n = named_once(policy, named->ids, named->n, places);
    for (size_t i = 0; i < named->n; i++) {
        if (named_first(named->ids, i) < i) {
            return S("duplicate");
        }
    }
    if (policy->code_case == CODE_CASE_EXACT && code_has_small(named->typed)) {
        return S("code_invalid");
    }
    return over ? S("coupon_expired") : S("");
}

/* What comes off the units of the first line. */
static str units_shown(const price_result *p, const cart *c, uint8_t odd_units)
{
    str out = S("");
    price_units of = {p->line_discount_minor[0], c->lines[0].quantity, odd_units};
    for (int64_t i = 0; i < of.quantity; i++) {
        out = arena_printf(memory, "%.*s%s%lld", STR_ARG(out), i == 0 ? "" : " ",
                           (long long)price_unit_share(&of, i, 1));
    }
    return out;
}

static str price_shown(const example *e, const price_policy *policy)
{
    order_line lines[LINES];
    named_coupons named;
    cart c = cart_of(lines, read_cart(e->cart, lines));
    price_result p;
    read_coupons(e->coupons, &named);
    str refused = refused_before(&named, policy);
    price_ask ask = {.cart = &c, .coupons = named.coupons, .n = named.n, .policy = *policy};
    if (refused.n > 0) {
        return refused;
    }
    assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
    forget_rules();
    str by_line = e->policy == POLICY_ODD_UNITS ? units_shown(&p, &c, policy->odd_units)
                                                : lines_shown(&p, c.n);
    str by_coupon = coupons_shown(&p, ask.n);
    return arena_printf(memory, "%.*s: %.*s", STR_ARG(by_line), STR_ARG(by_coupon));
}

static void assert_given(const example *e, const price_policy *policy, const char *given)
{
    str shown = price_shown(e, policy);
    if (!str_eq(shown, str_of(given))) {
        fail_msg("%s %s: %s on %s: %.*s, not %s", e->preset, policy_at(e->policy).name, e->coupons,
                 e->cart, STR_ARG(shown), given);
    }
}

static void examples_show_their_setting_to_the_cent(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        const example *e = &examples[i];
        price_policy policy = policy_named(e->preset);
        if (e->policy == POLICY_RETURNED_USE || e->policy == POLICY_BUDGET) {
            continue; /* domain/coupon/preset_acts_test.c */
        }
        assert_given(e, &policy, e->given);
        assert_int_not_equal(policy_get(&policy, e->policy), e->other);
        policy_set(&policy, e->policy, e->other);
        assert_given(e, &policy, e->instead);
        assert_false(str_eq(str_of(e->given), str_of(e->instead)));
    }
}

static void every_setting_is_told_once_and_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        const setting *s = &settings[i];
        price_policy policy = policy_named(s->preset);
        size_t told = 0, shown = 0;
        for (size_t k = 0; k < ARRAY_LEN(settings); k++) {
            told += strcmp(settings[k].preset, s->preset) == 0 && settings[k].policy == s->policy;
        }
        for (size_t k = 0; k < ARRAY_LEN(examples); k++) {
            shown += strcmp(examples[k].preset, s->preset) == 0 && examples[k].policy == s->policy;
        }
        if (told != 1 || shown == 0) {
            fail_msg("%s %s: %zu settings, %zu examples", s->preset, policy_at(s->policy).name,
                     told, shown);
        }
        policy_dimension d = policy_at(s->policy);
        assert_true(is_of(s->policy_name, str_of(d.name)));
        assert_true(is_of(s->value_name, str_of(d.settings[s->value].name)));
        assert_int_equal(policy_get(&policy, s->policy), s->value);
        assert_true(strlen(s->text) > 0);
    }
}

/* ---- in a policy ---- */

static price_policy read_json(const char *text, issues *found)
{
    json *tree;
    policy_choice *choices;
    size_t n;
    assert_int_equal(json_parse(json_of(text), &tree, NULL), R_DONE);
    policy_parse(tree, found, &choices, &n);
    json_free(tree);
    policy_check(choices, n, found);
    return policy_of(choices, n);
}

static void a_policy_has_the_settings_of_its_preset(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        issues *found = issues_new(memory);
        price_policy expected, got;
        assert_true(preset_find(str_of(names[i]), &expected));
        got = read_json(copy(arena_printf(memory, "'preset':'%s'", names[i])), found);
        assert_int_equal(found->n, 0);
        assert_memory_equal(&got, &expected, sizeof got);
    }
}

static void what_stands_beside_a_preset_overrides_it(void **state)
{
    (void)state;
    const char *const texts[] = {"'preset':'vendure','odd_cents':'first'",
                                 "'odd_cents':'first','preset':'vendure'"};
    price_policy expected;
    assert_true(preset_find(S("vendure"), &expected));
    expected.odd_cents = ODD_CENTS_FIRST;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        issues *found = issues_new(memory);
        price_policy got = read_json(texts[i], found);
        assert_int_equal(found->n, 0);
        assert_memory_equal(&got, &expected, sizeof got);
    }
}

static void a_preset_that_is_not_there_is_refused(void **state)
{
    (void)state;
    const char *const texts[] = {"'preset':'vendur'", "'preset':'Vendure'", "'preset':''",
                                 "'preset':1",        "'preset':null",      "'preset':{}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        issues *found = issues_new(memory);
        (void)read_json(texts[i], found);
        assert_int_equal(found->n, 1);
        assert_str(found->items[0].field, S("policy.preset"));
        assert_str(found->items[0].code, S("not_allowed"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(examples_show_their_setting_to_the_cent),
        PRICE_TEST(every_setting_is_told_once_and_shown),
        PRICE_TEST(a_policy_has_the_settings_of_its_preset),
        PRICE_TEST(what_stands_beside_a_preset_overrides_it),
        PRICE_TEST(a_preset_that_is_not_there_is_refused),
    };
    return cmocka_run_group_tests_name("preset", tests, NULL, NULL);
}
