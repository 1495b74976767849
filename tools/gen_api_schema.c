/* Schemas to types: objects, unions, enums and the values that they are made of.
 *
 * An object must be a named schema and say additionalProperties: false. A union is a oneOf of named
 * objects. With a discriminator, each has it as a const; without, the first required property of
 * each must be in no other, and tells which one an input is. */
#include "gen_api.h"

gen_type *gen_types[GEN_TYPES_MAX];
size_t gen_type_count;
gen_words *gen_words_all[GEN_WORDS_MAX];
size_t gen_words_count;

enum { TYPE_NEW, TYPE_OPEN, TYPE_DONE };
static gen_type *known[GEN_TYPES_MAX]; /* also those that are being made */
static size_t known_n;

static const char *const c_words[] = {
    "auto",   "break",    "case",   "char",   "const",  "continue", "default",  "do",
    "double", "else",     "enum",   "extern", "float",  "for",      "goto",     "if",
    "inline", "int",      "long",   "bool",   "return", "short",    "register", "restrict",
    "signed", "sizeof",   "static", "struct", "switch", "typedef",  "union",    "unsigned",
    "void",   "volatile", "while",  "true",   "false",
};

str gen_c_name(str s)
{
    for (size_t i = 0; i < ARRAY_LEN(c_words); i++) {
        if (str_eq(s, str_of(c_words[i])))
            return arena_printf(gen_memory, "%.*s_", STR_ARG(s));
    }
    return s;
}

str gen_upper(str s)
{
    char *out = arena_alloc(gen_memory, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        out[i] = (char)(s.p[i] >= 'a' && s.p[i] <= 'z' ? s.p[i] - 'a' + 'A' : s.p[i]);
    return (str){out, s.n};
}

static void check_name(const node *at, str name)
{
    bool good = name.n > 0 && name.n <= 60 && name.p[0] >= 'a' && name.p[0] <= 'z';
    for (size_t i = 0; good && i < name.n; i++) {
        char c = name.p[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }
    if (!good)
        gen_fail(at, "'%.*s' is not a snake_case name", STR_ARG(name));
}

/* ---- words ---- */

static bool same_words(const gen_words *a, const gen_words *b)
{
    bool same = a->n == b->n && a->all == b->all && str_eq(a->table, b->table);
    for (size_t i = 0; same && i < a->n; i++)
        same = str_eq(a->names[i], b->names[i]);
    return same;
}

static const gen_words *words_of(const node *schema, const node *list, str name)
{
    node_is(list, NODE_LIST, "enum");
    if (list->n == 0)
        gen_fail(list, "an enum without values");
    gen_words *w = ARENA_NEW(gen_memory, gen_words);
    *w = (gen_words){.name = name, .table = node_text(schema, "x-quan-enum"), .n = list->n};
    const node *all = node_get(schema, "x-quan-enum-all");
    w->all = all != NULL && all->number != 0;
    if (w->all && w->table.n == 0)
        gen_fail(all, "x-quan-enum-all needs x-quan-enum");
    w->names = ARENA_ARRAY(gen_memory, str, list->n);
    for (size_t i = 0; i < list->n; i++) {
        node_is(list->items[i].value, NODE_STR, "a value of an enum");
        w->names[i] = list->items[i].value->text;
        check_name(list->items[i].value, w->names[i]);
    }
    for (size_t i = 0; i < gen_words_count; i++) {
        if (str_eq(gen_words_all[i]->name, name)) {
            if (!same_words(gen_words_all[i], w))
                gen_fail(list, "two enums would be called wire_%.*s", STR_ARG(name));
            return gen_words_all[i];
        }
    }
    if (gen_words_count == GEN_WORDS_MAX)
        gen_fail(list, "more than %d enums", GEN_WORDS_MAX);
    gen_words_all[gen_words_count++] = w;
    return w;
}

/* ---- values ---- */

static void bounds_of(const node *schema, const char *min, const char *max, gen_value *v)
{
    const node *low = node_get(schema, min);
    const node *high = node_get(schema, max);
    v->has_min = low != NULL;
    v->has_max = high != NULL;
    if (low != NULL) {
        node_is(low, NODE_INT, min);
        v->min = low->number;
    }
    if (high != NULL) {
        node_is(high, NODE_INT, max);
        v->max = high->number;
    }
    if (v->max < v->min)
        gen_fail(schema, "%s is larger than %s", min, max);
}

static const char *const id_words[ID_KIND_COUNT] = {
    [ID_MERCHANT] = "merchant",
    [ID_CAMPAIGN] = "campaign",
    [ID_TEMPLATE] = "template",
    [ID_COUPON] = "coupon",
    [ID_HOLD] = "hold",
    [ID_REDEMPTION] = "redemption",
    [ID_RETURN] = "return",
    [ID_JOB] = "job",
    [ID_EVENT] = "event",
    [ID_LEDGER] = "ledger",
    [ID_KEY] = "key",
    [ID_QUARANTINE] = "quarantine",
    [ID_CODE_FORMAT] = "code_format",
    [ID_CODE_BATCH] = "code_batch",
    [ID_CODE_WORD] = "code_word",
    [ID_TRANSFER] = "transfer",
    [ID_WEBHOOK] = "webhook",
    [ID_MOVE] = "move",
    [ID_ERASURE] = "erasure",
};

static void id_value(const node *schema, str word, gen_value *v)
{
    node_keys(schema, "an id", "type x-quan-id description examples");
    v->kind = WIRE_ID;
    for (int i = 0; i < ID_KIND_COUNT; i++) {
        if (str_eq(word, str_of(id_words[i]))) {
            v->id = (id_kind)i;
            return;
        }
    }
    gen_fail(schema, "there is no kind of id '%.*s'", STR_ARG(word));
}

static void text_value(const node *schema, str context, gen_value *v)
{
    const node *list = node_get(schema, "enum");
    str format = node_text(schema, "format");
    str pattern = node_text(schema, "pattern");
    if (list != NULL) {
        node_keys(schema, "an enum",
                  "type enum x-quan-enum x-quan-enum-all default description examples");
        v->kind = WIRE_ENUM;
        v->words = words_of(schema, list, context);
    } else if (node_get(schema, "x-quan-id") != NULL) {
        id_value(schema, node_text(schema, "x-quan-id"), v);
    } else if (format.n > 0) {
        node_keys(schema, "a time", "type format description examples");
        if (!str_eq(format, S("date-time")) && !str_eq(format, S("date")))
            gen_fail(schema, "the format '%.*s' is not supported", STR_ARG(format));
        v->kind = str_eq(format, S("date")) ? WIRE_DAY : WIRE_TIME;
    } else {
        node_keys(schema, "a string",
                  "type minLength maxLength x-quan-max-bytes x-quan-any-text pattern description "
                  "examples");
        v->kind = WIRE_STR;
        v->min = 0;
        bounds_of(schema, "minLength", "maxLength", v);
        if (pattern.n > 0)
            pattern_parse(node_get(schema, "pattern"), pattern, v);
        const node *bytes = node_get(schema, "x-quan-max-bytes");
        if (bytes != NULL) {
            node_is(bytes, NODE_INT, "x-quan-max-bytes");
            v->max_bytes = (uint32_t)bytes->number;
        }
        const node *any = node_get(schema, "x-quan-any-text");
        v->any_text = any != NULL && any->number != 0;
    }
}

static void array_value(const node *schema, str context, gen_value *v)
{
    node_keys(schema, "an array", "type items minItems maxItems description examples");
    v->kind = WIRE_ARRAY;
    v->min = 0;
    bounds_of(schema, "minItems", "maxItems", v);
    v->element = ARENA_NEW(gen_memory, gen_value);
    schema_value(node_need(schema, "items", NODE_MAP), context, v->element);
    if (v->element->kind == WIRE_ARRAY || v->element->kind == WIRE_BOOL ||
        v->element->kind == WIRE_DAY)
        gen_fail(schema, "an array of arrays, days or truths is not supported");
}

static void check_initial(const gen_value *v)
{
    const node *n = v->initial;
    if (n == NULL)
        return;
    bool good = false;
    if (v->kind == WIRE_INT)
        good = n->kind == NODE_INT && n->number >= v->min && n->number <= v->max;
    else if (v->kind == WIRE_BOOL)
        good = n->kind == NODE_BOOL;
    for (size_t i = 0; v->kind == WIRE_ENUM && i < v->words->n; i++)
        good = good || str_eq(v->words->names[i], n->text);
    if (!good)
        gen_fail(n, "the default is not a value that the schema allows");
}

/* What `type` says: a word, or a word and 'null'. */
static str type_of(const node *target, gen_value *v)
{
    const node *type = node_get(target, "type");
    if (type == NULL || type->kind != NODE_LIST)
        return node_text(target, "type");
    bool null = type->n == 2 && type->items[0].value->kind == NODE_STR &&
                str_eq(type->items[1].value->text, S("null"));
    if (!null || !str_eq(node_text(target, "format"), S("date-time")))
        gen_fail(type, "only a date-time may be null: [string, 'null']");
    v->nullable = true;
    return type->items[0].value->text;
}

void schema_value(const node *schema, str context, gen_value *v)
{
    node_is(schema, NODE_MAP, "a schema");
    str section, name;
    const node *target = ref_follow(schema, &section, &name);
    if (target != schema) {
        node_keys(schema, "a reference to a schema", "$ref description default examples");
        if (!str_eq(section, S("schemas")))
            gen_fail(schema, "a schema must refer to a schema");
    }
    *v = (gen_value){.min = INT64_MIN, .max = INT64_MAX, .schema = name, .source = schema};
    v->initial = node_get(schema, "default");
    v->doc = node_text(schema, "description");
    if (v->initial == NULL)
        v->initial = node_get(target, "default");
    if (v->doc.n == 0)
        v->doc = node_text(target, "description");
    str type = type_of(target, v);
    str inner = name.n > 0 ? name : context;
    if (node_get(target, "x-quan-raw") != NULL) {
        v->kind = WIRE_RAW; /* what is inside is for people: wire_raw_<name> checks it */
        v->raw = node_text(target, "x-quan-raw");
    } else if (node_get(target, "oneOf") != NULL || str_eq(type, S("object"))) {
        if (name.n == 0)
            gen_fail(schema, "an object must be a schema with a name, and be referred to");
        v->kind = WIRE_OBJECT;
        v->type = schema_type(target, name);
    } else if (str_eq(type, S("string"))) {
        text_value(target, inner, v);
    } else if (str_eq(type, S("integer"))) {
        node_keys(target, "an integer", "type minimum maximum default description examples");
        v->kind = WIRE_INT;
        bounds_of(target, "minimum", "maximum", v);
    } else if (str_eq(type, S("boolean"))) {
        node_keys(target, "a truth", "type default description");
        v->kind = WIRE_BOOL;
    } else if (str_eq(type, S("array"))) {
        array_value(target, inner, v);
    } else {
        gen_fail(target, "a schema needs a type: object, string, integer, boolean or array");
    }
    check_initial(v);
}

/* ---- objects ---- */

static bool is_required(const node *schema, str name)
{
    const node *list = node_get(schema, "required");
    for (size_t i = 0; list != NULL && i < list->n; i++) {
        if (str_eq(list->items[i].value->text, name))
            return true;
    }
    return false;
}

static void check_required(const node *schema, const node *properties)
{
    const node *list = node_get(schema, "required");
    if (list == NULL)
        return;
    node_is(list, NODE_LIST, "required");
    for (size_t i = 0; i < list->n; i++) {
        const node *word = list->items[i].value;
        node_is(word, NODE_STR, "a required property");
        if (node_get(properties, arena_z(gen_memory, word->text)) == NULL)
            gen_fail(word, "the required property '%.*s' is not there", STR_ARG(word->text));
    }
}

static void add_field(gen_type *t, const node *schema, str name, const node *value)
{
    check_name(value, name);
    if (t->n == GEN_FIELDS_MAX)
        gen_fail(value, "more than %d properties", GEN_FIELDS_MAX);
    gen_field *f = &t->fields[t->n++];
    f->name = name;
    f->c_name = gen_c_name(name);
    f->required = is_required(schema, name);
    schema_value(value, arena_printf(gen_memory, "%.*s_%.*s", STR_ARG(t->name), STR_ARG(name)),
                 &f->value);
    if (f->required && f->value.initial != NULL && node_get(value, "default") != NULL)
        gen_fail(value, "a required property needs no default");
}

static void make_object(gen_type *t, const node *schema)
{
    node_keys(schema, "an object",
              "type additionalProperties required properties minProperties description examples");
    const node *extra = node_need(schema, "additionalProperties", NODE_BOOL);
    if (extra->number != 0)
        gen_fail(extra, "additionalProperties must be false");
    const node *properties = node_need(schema, "properties", NODE_MAP);
    const node *least = node_get(schema, "minProperties");
    t->min_fields = least == NULL ? 0 : (size_t)least->number;
    check_required(schema, properties);
    for (size_t i = 0; i < properties->n; i++) {
        const node *value = properties->items[i].value;
        const node *constant = node_get(value, "const");
        if (constant == NULL) {
            add_field(t, schema, properties->items[i].key, value);
        } else if (t->discriminator.n > 0 || !is_required(schema, properties->items[i].key)) {
            gen_fail(constant, "one required property may have a const");
        } else {
            node_keys(value, "a discriminator", "const description");
            t->discriminator = properties->items[i].key;
        }
    }
}

/* ---- unions ---- */

static str first_required(const node *schema)
{
    const node *list = node_get(schema, "required");
    if (list == NULL || list->n == 0)
        gen_fail(schema, "a part of a oneOf needs a required property that tells it from others");
    return list->items[0].value->text;
}

static str variant_name(const gen_type *t, const node *schema)
{
    if (t->discriminator.n == 0)
        return first_required(schema);
    const node *properties = node_need(schema, "properties", NODE_MAP);
    const node *tag = node_get(properties, arena_z(gen_memory, t->discriminator));
    if (tag == NULL || node_get(tag, "const") == NULL)
        gen_fail(schema, "the discriminator '%.*s' is missing or has no const",
                 STR_ARG(t->discriminator));
    return node_text(tag, "const");
}

static void check_variants(const gen_type *t)
{
    for (size_t i = 0; i < t->variant_count; i++) {
        for (size_t j = 0; j < t->variant_count; j++) {
            const gen_variant *a = &t->variants[i];
            const gen_variant *b = &t->variants[j];
            if (i == j)
                continue;
            if (str_eq(a->name, b->name))
                gen_fail(t->source, "two parts of the oneOf are told by '%.*s'", STR_ARG(a->name));
            for (size_t k = 0; t->discriminator.n == 0 && k < b->type->n; k++) {
                if (str_eq(a->name, b->type->fields[k].name))
                    gen_fail(t->source, "'%.*s' does not tell the parts of the oneOf apart",
                             STR_ARG(a->name));
            }
        }
    }
}

static void make_union(gen_type *t, const node *schema)
{
    node_keys(schema, "a oneOf", "oneOf discriminator x-quan-enum x-quan-enum-all description");
    const node *parts = node_need(schema, "oneOf", NODE_LIST);
    const node *discriminator = node_get(schema, "discriminator");
    if (discriminator != NULL) {
        node_keys(discriminator, "a discriminator", "propertyName");
        t->discriminator = node_text(discriminator, "propertyName");
    }
    node *names = ARENA_NEW(gen_memory, node);
    *names = *parts;
    names->items = ARENA_ARRAY(gen_memory, node_item, parts->n);
    for (size_t i = 0; i < parts->n && i < GEN_FIELDS_MAX; i++) {
        str section, name;
        const node *part = ref_follow(parts->items[i].value, &section, &name);
        if (part == parts->items[i].value)
            gen_fail(part, "a part of a oneOf must be a reference");
        gen_variant *v = &t->variants[t->variant_count++];
        v->name = variant_name(t, part);
        v->type = schema_type(part, name);
        if (v->type->variant_count > 0 || !str_eq(v->type->discriminator, t->discriminator))
            gen_fail(part, "a part of a oneOf must be an object, with a const for the "
                           "discriminator and no other");
        node *word = ARENA_NEW(gen_memory, node);
        *word = *part;
        word->kind = NODE_STR;
        word->text = v->name;
        names->items[i].value = word;
    }
    check_variants(t);
    t->tags = words_of(schema, names, arena_printf(gen_memory, "%.*s_tag", STR_ARG(t->name)));
}

gen_type *schema_type(const node *schema, str name)
{
    for (size_t i = 0; i < known_n; i++) {
        if (!str_eq(known[i]->name, name))
            continue;
        if (known[i]->source != schema)
            gen_fail(schema, "two schemas are called '%.*s'", STR_ARG(name));
        if (known[i]->state == TYPE_OPEN)
            gen_fail(schema, "the schema '%.*s' contains itself", STR_ARG(name));
        return known[i];
    }
    check_name(schema, name);
    if (known_n == GEN_TYPES_MAX)
        gen_fail(schema, "more than %d schemas", GEN_TYPES_MAX);
    gen_type *t = ARENA_NEW(gen_memory, gen_type);
    *t = (gen_type){.name = name, .source = schema, .state = TYPE_OPEN};
    t->doc = node_text(schema, "description");
    known[known_n++] = t;
    if (node_get(schema, "oneOf") != NULL)
        make_union(t, schema);
    else
        make_object(t, schema);
    t->state = TYPE_DONE;
    gen_types[gen_type_count++] = t;
    return t;
}

/* ---- bounds of requests ---- */

static void value_bounded(const gen_field *f, const gen_value *v)
{
    bool good = true;
    if (v->kind == WIRE_INT)
        good = v->has_min && v->has_max;
    else if (v->kind == WIRE_STR)
        good = v->has_max || v->pattern.n > 0;
    else if (v->kind == WIRE_ARRAY)
        good = v->has_max;
    if (!good)
        gen_fail(v->source,
                 "'%.*s' comes in requests and needs bounds: minimum and maximum, "
                 "maxLength or pattern, maxItems",
                 STR_ARG(f->name));
    if (v->kind == WIRE_ARRAY)
        value_bounded(f, v->element);
    if (v->kind == WIRE_OBJECT)
        schema_bounded(v->type);
}

void schema_field_bounded(const gen_field *f)
{
    value_bounded(f, &f->value);
}

void schema_bounded(const gen_type *t)
{
    for (size_t i = 0; i < t->n; i++)
        value_bounded(&t->fields[i], &t->fields[i].value);
    for (size_t i = 0; i < t->variant_count; i++)
        schema_bounded(t->variants[i].type);
}
