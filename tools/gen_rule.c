/* gen_rule: the reference page of the rule language, docs/reference/rule.md, from
 * src/domain/rule/fact.def and op.def. Kept in the tree; tools/fresh writes it anew. Writes to
 * stdout and holds no state. */
#include <stdio.h>
#include <string.h>

typedef struct word {
    const char *name, *type, *place, *text;
} word;

static const word facts[] = {
#define FACT(number, NAME, name, type, place, distance, cost, text) {name, #type, #place, text},
#include "domain/rule/fact.def"
#undef FACT
};

static const word ops[] = {
#define OP(number, NAME, name, form, operand, test, negated, types) {name, #types, #form, #operand},
#include "domain/rule/op.def"
#undef OP
};

static void put_facts(const char *title, const char *place)
{
    printf("\n## %s\n\n| fact | type | what it is |\n|---|---|---|\n", title);
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        const word *f = &facts[i];
        const char *more = strcmp(f->type, "ATTRIBUTE") == 0 ? "NAME" : "";
        if (strcmp(f->place, place) != 0) {
            continue;
        }
        printf("| `%s%s` | ", f->name, more);
        for (const char *p = f->type; *p != '\0'; p++) {
            putchar(*p - 'A' + 'a');
        }
        printf(" | %s |\n", f->text);
    }
}

static const char *operand_of(const char *operand)
{
    return strcmp(operand, "ONE") == 0      ? "one value"
           : strcmp(operand, "MANY") == 0   ? "a list of values, each once"
           : strcmp(operand, "NUMBER") == 0 ? "a whole number"
           : strcmp(operand, "PAIR") == 0   ? "a list of two whole numbers, both inside"
           : strcmp(operand, "NODE") == 0   ? "a tree over facts of a line"
                                            : "";
}

/* "RULE_TEXT | RULE_NUMBERS": as words. */
static void put_types(const char *types)
{
    for (const char *p = types; *p != '\0'; p++) {
        if (strncmp(p, "RULE_", 5) == 0) {
            p += 4;
        } else if (*p == '|') {
            putchar(',');
        } else {
            putchar(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
        }
    }
}

static void put_ops(const char *title, const char *form)
{
    printf("\n## %s\n\n| operator | takes | for |\n|---|---|---|\n", title);
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (strcmp(ops[i].place, form) == 0) {
            printf("| `%s` | %s | ", ops[i].name, operand_of(ops[i].text));
            put_types(strcmp(ops[i].type, "0") == 0 ? "" : ops[i].type);
            printf(" |\n");
        }
    }
}

int main(void)
{
    printf(
        "# Rules: conditions and scopes\n\n"
        "Made by `tools/gen_rule` from `src/domain/rule/fact.def` and `op.def`.\n\n"
        "A template's `conditions` are a tree over the cart, the shopper and the moment; its "
        "`scope` is a tree over\nfacts of a line. Any node may have a `message` of its own, "
        "which a refusal brings along.\n\n"
        "| node | met when |\n|---|---|\n"
        "| `{\"all\": [T, …]}` | every one is |\n"
        "| `{\"any\": [T, …]}` | one of them is |\n"
        "| `{\"not\": T}` | it is certainly not |\n"
        "| `{\"fact\": F, OPERATOR: …}` | the fact is so |\n"
        "| `{\"lines\": {\"where\": L, OPERATOR: …}}` | the goods that `where` names (or all) are "
        "so |\n"
        "| `{\"weekdays\": [\"mon\"], \"from\": \"18:00\", \"until\": \"22:00\", \"zone\": "
        "\"Asia/Shanghai\"}` | the clock on the wall there is in the hours; over midnight when "
        "`until` is not later than `from` |\n"
        "| `{\"from\": …, \"until\": …}` | the moment is in the window, half-open, RFC 3339 |\n"
        "| `{\"mode\": \"only\", \"skus\": […], \"categories\": […]}` | scopes only, and the whole "
        "of them: a white list; `except` a black list; `all` every line |\n\n"
        "What the caller does not tell of the cart and the shopper is not known: a comparison "
        "with it is neither met nor\nrefuted. A line's own facts are always known: without a "
        "brand it is in no list of brands. Amounts are minor\nunits; quantities whole units, also "
        "of what is weighed.\n\n"
        "An amount is in the currency of the cart, whichever that is. Whatever compares money also "
        "takes a list,\n`[{\"amount\": 10000, \"currency\": \"USD\"}, …]`, of at most 10; its "
        "`amount` is what is taken otherwise: `[0, 1999]` of `between`.\nIt is an `any` of `all`s, "
        "each with the currency (`cart.currency`, of a line `line.currency`) and the comparison "
        "(with its\n`where`), as which it is shown: in a currency that is not listed it is not "
        "met. "
        "A template whose benefit is good in several\ncurrencies has no amount but those that are "
        "listed so, or stand in an `all` with one such currency.\n");
    put_facts("Facts of a line", "LINE");
    put_facts("Facts of the cart and the shopper", "CART");
    put_ops("Comparisons", "COMPARE");
    put_ops("Operators of `lines`", "LINES");
    return 0;
}
