/* Patterns of the spec as sequences of atoms that one greedy pass matches.
 *
 *   ^ATOM…$   ATOM: a character, \ and a character, or [a-z09_], each maybe with {n} or {m,n}
 *
 * Everything is ASCII and bounded. A pattern where an atom of varying length could swallow what
 * belongs to a later one is refused. */
#include "gen_api.h"

typedef struct scanner {
    const node *at;
    str rest;
} scanner;

static char take(scanner *s)
{
    if (s->rest.n == 0)
        gen_fail(s->at, "the pattern ends too early; it must end with $");
    char c = s->rest.p[0];
    if ((uint8_t)c > 126 || (uint8_t)c < 32)
        gen_fail(s->at, "a pattern must be printable ASCII");
    s->rest.p++;
    s->rest.n--;
    return c;
}

static void add_range(scanner *s, wire_atom *a, char from, char to)
{
    if (from > to)
        gen_fail(s->at, "a range in the pattern goes backwards");
    for (int c = from; c <= to; c++)
        a->set[c >> 6] |= UINT64_C(1) << (c & 63);
}

static void parse_class(scanner *s, wire_atom *a)
{
    char c = take(s);
    if (c == '^')
        gen_fail(s->at, "a negated class is not supported in a pattern");
    for (; c != ']'; c = take(s)) {
        char from = c == '\\' ? take(s) : c;
        char to = from;
        if (s->rest.n >= 2 && s->rest.p[0] == '-' && s->rest.p[1] != ']') {
            (void)take(s);
            to = take(s);
        }
        add_range(s, a, from, to);
    }
}

static uint32_t parse_number(scanner *s)
{
    uint32_t n = 0;
    size_t digits = 0;
    while (s->rest.n > 0 && s->rest.p[0] >= '0' && s->rest.p[0] <= '9' && digits < 6) {
        n = n * 10 + (uint32_t)(take(s) - '0');
        digits++;
    }
    if (digits == 0)
        gen_fail(s->at, "a number is missing in {} of the pattern");
    return n;
}

static void parse_count(scanner *s, wire_atom *a)
{
    a->min = a->max = 1;
    if (s->rest.n == 0 || s->rest.p[0] != '{')
        return;
    (void)take(s);
    a->min = a->max = parse_number(s);
    char c = take(s);
    if (c == ',') {
        a->max = parse_number(s);
        c = take(s);
    }
    if (c != '}' || a->max < a->min || a->max == 0)
        gen_fail(s->at, "the count in {} of the pattern must be {n} or {m,n}");
}

static bool overlap(const wire_atom *a, const wire_atom *b)
{
    return (a->set[0] & b->set[0]) != 0 || (a->set[1] & b->set[1]) != 0;
}

static void check_greedy(const node *at, const gen_value *v)
{
    for (size_t i = 0; i < v->atom_count; i++) {
        if (v->atoms[i].min == v->atoms[i].max)
            continue;
        for (size_t j = i + 1; j < v->atom_count; j++) {
            if (overlap(&v->atoms[i], &v->atoms[j]))
                gen_fail(at, "part %zu of the pattern could swallow part %zu", i + 1, j + 1);
            if (v->atoms[j].min > 0)
                break;
        }
    }
}

void pattern_parse(const node *at, str text, gen_value *value)
{
    scanner s = {.at = at, .rest = text};
    if (take(&s) != '^')
        gen_fail(at, "a pattern must begin with ^");
    for (char c = take(&s); c != '$'; c = take(&s)) {
        if (value->atom_count == GEN_ATOMS_MAX)
            gen_fail(at, "a pattern has at most %d parts", GEN_ATOMS_MAX);
        if (strchr("*+?|().]}{^", c) != NULL)
            gen_fail(at, "'%c' is not supported in a pattern", c);
        wire_atom *a = &value->atoms[value->atom_count++];
        if (c == '[') {
            parse_class(&s, a);
        } else {
            char literal = c == '\\' ? take(&s) : c;
            add_range(&s, a, literal, literal);
        }
        parse_count(&s, a);
    }
    if (s.rest.n > 0)
        gen_fail(at, "the pattern goes on behind $");
    value->pattern = text;
    check_greedy(at, value);
}
