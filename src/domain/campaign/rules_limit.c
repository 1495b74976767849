/* Rules for limits: which measures, subjects and periods go together, and how large max may be.
 *
 * The amount of a money limit is in the campaign's currency; that is why a merchant, whose
 * campaigns may differ, has none. */
#include <inttypes.h>

#include "domain/campaign/rules_part.h"

#define BIT(enumerator) (1u << (enumerator))
/* Whoever is counted in rows of their own. */
#define BY_ROWS                                                                                    \
    (BIT(LIMIT_SUBJECT_USER) | BIT(LIMIT_SUBJECT_PHONE) | BIT(LIMIT_SUBJECT_EMAIL) |               \
     BIT(LIMIT_SUBJECT_DEVICE) | BIT(LIMIT_SUBJECT_CARD) | BIT(LIMIT_SUBJECT_ADDRESS))
#define BY_ROWS_TEXT "user, phone, email, device, card, address"

typedef struct owner_words {
    uint32_t subjects, measures; /* bits */
    const char *subjects_text, *measures_text;
} owner_words;

static const owner_words allowed[] = {
    [LIMITS_OF_MERCHANT] = {BY_ROWS,
                            BIT(LIMIT_MEASURE_CLAIMS) | BIT(LIMIT_MEASURE_REDEMPTIONS) |
                                BIT(LIMIT_MEASURE_UNITS),
                            "user, phone, email, device, card or address",
                            "claims, redemptions or units"},
    [LIMITS_OF_CAMPAIGN] = {BY_ROWS | BIT(LIMIT_SUBJECT_STORE) | BIT(LIMIT_SUBJECT_CAMPAIGN),
                            BIT(LIMIT_MEASURE_CLAIMS) | BIT(LIMIT_MEASURE_REDEMPTIONS) |
                                BIT(LIMIT_MEASURE_MONEY) | BIT(LIMIT_MEASURE_UNITS),
                            BY_ROWS_TEXT ", store or campaign",
                            "claims, redemptions, money or units"},
    [LIMITS_OF_TEMPLATE] = {BY_ROWS | BIT(LIMIT_SUBJECT_STORE) | BIT(LIMIT_SUBJECT_TEMPLATE),
                            BIT(LIMIT_MEASURE_CLAIMS) | BIT(LIMIT_MEASURE_REDEMPTIONS) |
                                BIT(LIMIT_MEASURE_MONEY) | BIT(LIMIT_MEASURE_UNITS),
                            BY_ROWS_TEXT ", store or template",
                            "claims, redemptions, money or units"},
    [LIMITS_OF_AUTOMATIC] = {BY_ROWS | BIT(LIMIT_SUBJECT_STORE) | BIT(LIMIT_SUBJECT_TEMPLATE),
                             BIT(LIMIT_MEASURE_REDEMPTIONS) | BIT(LIMIT_MEASURE_MONEY) |
                                 BIT(LIMIT_MEASURE_UNITS),
                             BY_ROWS_TEXT ", store or template",
                             "redemptions, money or units: it is never claimed"},
};

bool rules_same_limit(const limit_rule *a, const limit_rule *b)
{
    return a->measure == b->measure && a->subject == b->subject && a->period == b->period &&
           a->window_ms == b->window_ms;
}

static bool is_in(uint32_t set, uint8_t word)
{
    return word < 32 && (set >> word & 1u) != 0;
}

/* A rolling limit keeps the instants of its uses in the row of whom it counts: no pool could, and
 * an amount of money is not a number of uses. */
static void check_rolling(const limit_rule *rule, size_t i, issues *found)
{
    if (!is_in(BY_ROWS, rule->subject) || rule->measure == LIMIT_MEASURE_MONEY)
        issues_add(
            found, rules_item_field(found, "limits", i, "period"), S("not_allowed"),
            "rolling counts claims, redemptions or units of a user, phone, email, device, card or "
            "address");
    if (rule->window_ms < MS_MINUTE || rule->window_ms > ROLLING_DAYS_MAX * MS_DAY)
        issues_add(found, rules_item_field(found, "limits", i, "window_seconds"), S("out_of_range"),
                   "60 to %" PRId64 " seconds", ROLLING_DAYS_MAX * MS_DAY / MS_SECOND);
    rules_range(rules_item_field(found, "limits", i, "max"), rule->max, 0, ROLLING_MAX, found);
}

static void check_limit(const owner_words *words, const limit_rule *rule, size_t i, issues *found)
{
    if (!is_in(words->measures, rule->measure))
        issues_add(found, rules_item_field(found, "limits", i, "measure"), S("not_allowed"), "%s",
                   words->measures_text);
    if (!is_in(words->subjects, rule->subject))
        issues_add(found, rules_item_field(found, "limits", i, "subject"), S("not_allowed"), "%s",
                   words->subjects_text);
    if (limit_period_name(rule->period).n == 0)
        issues_add(found, rules_item_field(found, "limits", i, "period"), S("not_allowed"),
                   "ever, day, week, month or rolling");
    if (rule->period == LIMIT_PERIOD_ROLLING) {
        check_rolling(rule, i, found);
        return;
    }
    if (rule->window_ms != 0)
        issues_add(found, rules_item_field(found, "limits", i, "window_seconds"), S("not_allowed"),
                   "only a rolling limit has a window");
    rules_range(rules_item_field(found, "limits", i, "max"), rule->max, 0,
                rule->measure == LIMIT_MEASURE_MONEY ? MONEY_MAX : LIMIT_COUNT_MAX, found);
}

void rules_limits(limit_owner owner, const limit_rule *limits, size_t n, issues *found)
{
    if (n > LIMITS_MAX) {
        issues_add(found, S("limits"), S("too_many"), "at most %d", LIMITS_MAX);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        check_limit(&allowed[owner], &limits[i], i, found);
        size_t twin = 0;
        while (!rules_same_limit(&limits[twin], &limits[i]))
            twin++;
        if (twin < i)
            issues_add(found, rules_item_field(found, "limits", i, ""), S("duplicate"),
                       "limits[%zu] counts the same", twin);
    }
}
