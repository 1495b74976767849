/* `quan admin balance`: how users and coupons are spread over slots, lanes and shards (000-19): of
 * a data directory, or of ids from a file or made up, without one.
 *
 * Ids are put into slots in two ways: by 64 bits of hash, as Quan does, and by 16 bits, as the
 * system did that this is taken from. 65,536 is no multiple of 10,000, so of the latter some slots
 * get one value in six more than others, which no number of users evens out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "cli/admin.h"
#include "cli/progress.h"
#include "cli/spread.h"
#include "domain/table.gen.h"

enum {
    LANES_OF_SHARD = 4, /* where nothing is said */
    OUT_BYTES_MAX = 65536,
    ID_LINE_MAX = 1024,
    PROGRESS_EVERY = 4096,
    USER_ID_MAX = 64, /* bytes, as the API has it */
};
#define BALANCE_IDS_MAX UINT64_C(1000000000)

#define BY_SHORT_HASH " by 16-bit hash"

enum { KEY_USERS = 1, KEY_SERIAL, KEY_RANDOM, KEY_SHARDS, KEY_FILL, KEY_MERCHANT };

typedef struct balance {
    cli_context *c;
    const char *users;       /* a file; NULL: none */
    uint64_t serial, random; /* how many ids to make */
    uint64_t shards, merchant;
    slot_fill fill;
    const slot_map *map;
    progress bar;
    uint64_t n;
    uint64_t ours[SLOT_COUNT], short_hash[SLOT_COUNT], coupons[SLOT_COUNT];
} balance;

static const struct argp_option options[] = {
    {.name = "users",
     .key = KEY_USERS,
     .arg = "FILE",
     .doc = "Ids of users, one a line; - is stdin"},
    {.name = "serial", .key = KEY_SERIAL, .arg = "N", .doc = "The ids 1 to N"},
    {.name = "random", .key = KEY_RANDOM, .arg = "N", .doc = "N ids of 16 random digits"},
    {.name = "shards", .key = KEY_SHARDS, .arg = "N", .doc = "For ids: so many shards; 1"},
    {.name = "fill",
     .key = KEY_FILL,
     .arg = "ranges|vivo",
     .doc = "For ids: how slots are given to them; ranges"},
    {.name = "merchant",
     .key = KEY_MERCHANT,
     .arg = "ID",
     .doc = "For ids: whose users they are; the hash goes by both"},
    {0}};

static void number(struct argp_state *state, const char *argument, uint64_t max, uint64_t *out)
{
    if (!str_to_u64(str_of(argument), out) || *out == 0 || *out > max)
        argp_error(state, "\"%s\" is not a number from 1 to %llu", argument,
                   (unsigned long long)max);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    balance *b = state->input;
    switch (key) {
    case KEY_USERS:
        b->users = argument;
        return 0;
    case KEY_SERIAL:
        return number(state, argument, BALANCE_IDS_MAX, &b->serial), 0;
    case KEY_RANDOM:
        return number(state, argument, BALANCE_IDS_MAX, &b->random), 0;
    case KEY_SHARDS:
        return number(state, argument, SLOT_LANES_MAX, &b->shards), 0;
    case KEY_FILL:
        if (!slot_fill_parse(str_of(argument), &b->fill))
            argp_error(state, "--fill is ranges or vivo");
        return 0;
    case KEY_MERCHANT:
        if (!id_parse(ID_MERCHANT, str_of(argument), &b->merchant))
            argp_error(state, "\"%s\" is not the id of a merchant", argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- counting ---- */

static void count(balance *b, uint64_t of, str name)
{
    b->ours[slot_of_user(of, name)]++;
    b->short_hash[slot_of_hash(hash64(name, of) & UINT16_MAX)]++;
    if (++b->n % PROGRESS_EVERY == 0)
        progress_at(&b->bar, b->n);
}

static cli_exit count_file(balance *b)
{
    bool is_stdin = strcmp(b->users, "-") == 0;
    FILE *from = is_stdin ? stdin : fopen(b->users, "re");
    char line[ID_LINE_MAX];
    uint64_t at = 0;
    cli_exit code = CLI_OK;
    if (from == NULL)
        return cli_fail(b->c, CLI_ENVIRONMENT, "%s cannot be read: %s", b->users, strerror(errno));
    while (code == CLI_OK && fgets(line, sizeof(line), from) != NULL) {
        str name = str_trim(str_of(line));
        at++;
        if (name.n > USER_ID_MAX || b->n == BALANCE_IDS_MAX)
            code = cli_fail(b->c, CLI_USAGE, "line %llu of %s is no id of a user",
                            (unsigned long long)at, b->users);
        else if (name.n > 0)
            count(b, b->merchant, name);
    }
    if (code == CLI_OK && ferror(from) != 0)
        code = cli_fail(b->c, CLI_ENVIRONMENT, "%s cannot be read: %s", b->users, strerror(errno));
    if (!is_stdin)
        (void)fclose(from);
    return code;
}

/* The same ones each time: they stand for users as they come, not for secrets. */
static void count_made(balance *b)
{
    char text[24];
    for (uint64_t i = 1; i <= b->serial + b->random; i++) {
        bool serial = i <= b->serial;
        uint64_t id = serial ? i : hash64((str){(const char *)&i, sizeof(i)}, 0);
        int n = snprintf(text, sizeof(text), serial ? "%llu" : "%016llu",
                         (unsigned long long)(serial ? id : id % UINT64_C(10000000000000000)));
        count(b, b->merchant, (str){text, (size_t)n});
    }
}

static bool visit_user(void *context, str key, const void *row)
{
    const user *u = row;
    MAYBE(key);
    if (u != NULL) /* what cannot be read is for `quan verify` */
        count(context, u->merchant, u->name);
    return true;
}

static bool visit_coupon(void *context, str key, const void *row)
{
    balance *b = context;
    const coupon *k = row;
    MAYBE(key);
    if (k != NULL)
        b->coupons[k->slot]++;
    if (++b->n % PROGRESS_EVERY == 0)
        progress_at(&b->bar, b->n);
    return true;
}

static result walk(balance *b, app *a)
{
    app_view view;
    result r = app_view_open(a, b->c->memory, &view);
    if (r != R_DONE)
        return r;
    store_span users = {&user_table, -1, 0, SLOT_COUNT},
               coupons = {&coupon_table, -1, 0, SLOT_COUNT};
    r = store_each(view.rows, &users, visit_user, b);
    if (r == R_DONE)
        r = store_each(view.rows, &coupons, visit_coupon, b);
    result end = app_view_close(&view);
    return r == R_DONE ? end : r;
}

/* ---- showing ---- */

typedef struct table_of {
    cli_context *c;
    buf out;
    json_writer w;
} table_of;

static void put_u64(json_writer *w, const char *key, uint64_t v)
{
    json_key(w, str_of(key));
    json_put_u64(w, v);
}

static void show_json(json_writer *w, const char *what, const char *where, const spread *s)
{
    json_begin_object(w);
    json_key(w, S("what"));
    json_put_str(w, str_of(what));
    json_key(w, S("where"));
    json_put_str(w, str_of(where));
    put_u64(w, "n", s->things);
    put_u64(w, "places", s->places);
    put_u64(w, "least", s->least);
    put_u64(w, "most", s->most);
    put_u64(w, "most_per_mean_milli", s->most_milli);
    put_u64(w, "chi_square_milli", s->chi_milli);
    json_key(w, S("sigma_milli"));
    json_put_i64(w, s->sigma_milli);
    json_end_object(w);
}

static void show(table_of *t, const char *what, const char *where, const spread *s)
{
    if (t->c->json) {
        show_json(&t->w, what, where, s);
        return;
    }
    int64_t sigma = s->sigma_milli;
    unsigned long long whole = (unsigned long long)((sigma < 0 ? -sigma : sigma) / SPREAD_MILLI),
                       tenths = (unsigned long long)((sigma < 0 ? -sigma : sigma) % SPREAD_MILLI /
                                                     (SPREAD_MILLI / 10));
    buf_printf(&t->out, "%-8s %-22s %6llu %11llu %11llu %6llu.%03llu  %c%llu.%llu\n", what, where,
               (unsigned long long)s->places, (unsigned long long)s->least,
               (unsigned long long)s->most, (unsigned long long)(s->most_milli / SPREAD_MILLI),
               (unsigned long long)(s->most_milli % SPREAD_MILLI), sigma < 0 ? '-' : '+', whole,
               tenths);
}

/* By the map. `by` is behind each place: what put them there, where it is not our hash. */
static void show_levels(table_of *t, const balance *b, const char *what, const char *by,
                        const uint64_t *slots)
{
    uint64_t lanes[SLOT_LANES_MAX] = {0}, shards[SLOT_LANES_MAX] = {0};
    for (uint16_t slot = 0; slot < SLOT_COUNT; slot++) {
        lanes[slot_map_lane(b->map, slot)] += slots[slot];
        shards[slot_map_shard(b->map, slot)] += slots[slot];
    }
    const struct {
        const char *name;
        spread spread;
    } levels[] = {{"slots", spread_of(slots, SLOT_COUNT)},
                  {"lanes", spread_of(lanes, b->map->lanes)},
                  {"shards", spread_of(shards, b->map->shards)}};
    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        show(t, what, arena_printf(b->c->memory, "%s%s", levels[i].name, by).p, &levels[i].spread);
}

static void explain(buf *out)
{
    uint32_t values = UINT16_MAX + 1, few = values / SLOT_COUNT, more = values % SLOT_COUNT;
    buf_printf(out,
               "\nsigma: how far beyond chance, in standard deviations; chance stays within 4.\n"
               "A 16-bit hash gives the first %u slots %u of its %u values and the other %u slots "
               "%u,\nwhatever the ids are.\n",
               more, few + 1, values, SLOT_COUNT - more, few);
}

static cli_exit report(const balance *b, bool coupons)
{
    table_of t = {.c = b->c};
    buf_init(&t.out, OUT_BYTES_MAX);
    t.w = json_writer_on(&t.out);
    if (b->c->json)
        json_begin_array(&t.w);
    else
        buf_printf(&t.out, "%-8s %-22s %6s %11s %11s %10s  %s\n", "what", "where", "places",
                   "least", "most", "most/mean", "sigma");
    show_levels(&t, b, "users", "", b->ours);
    if (coupons)
        show_levels(&t, b, "coupons", "", b->coupons);
    show_levels(&t, b, "users", BY_SHORT_HASH, b->short_hash);
    if (b->c->json)
        json_end_array(&t.w);
    else
        explain(&t.out);
    if (b->c->json)
        buf_char(&t.out, '\n');
    cli_exit code = cli_print(b->c, &t.out);
    buf_free(&t.out);
    return code;
}

/* ---- the command ---- */

static cli_exit of_directory(cli_context *c, app *a, void *with)
{
    balance *b = with;
    b->map = store_slots(app_store(a));
    progress_begin(&b->bar, c, "balance", 0);
    result r = walk(b, a);
    progress_end(&b->bar);
    return r == R_DONE ? report(b, true) : cli_refuse(c, r, S("Not all rows could be read."));
}

static cli_exit of_ids(balance *b)
{
    uint64_t lanes = (uint64_t)settings_int(b->c->settings, SETTING_lanes);
    slot_map *map = ARENA_NEW(b->c->memory, slot_map);
    lanes = lanes == 0 ? b->shards * LANES_OF_SHARD : lanes;
    if (lanes % b->shards != 0 || lanes > SLOT_LANES_MAX)
        return cli_fail(b->c, CLI_USAGE, "%llu lanes cannot be shared evenly by %llu shards",
                        (unsigned long long)lanes, (unsigned long long)b->shards);
    slot_map_fill(map, b->fill, (uint16_t)b->shards, (uint16_t)(lanes / b->shards));
    b->map = map;
    progress_begin(&b->bar, b->c, "balance", b->users == NULL ? b->serial + b->random : 0);
    cli_exit code = b->users == NULL ? CLI_OK : count_file(b);
    if (code == CLI_OK)
        count_made(b);
    progress_end(&b->bar);
    return code == CLI_OK ? report(b, false) : code;
}

cli_exit cli_balance(cli_context *c)
{
    balance *b = ARENA_NEW(c->memory, balance);
    b->c = c;
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "",
                                              .options = options,
                                              .parse = parse,
                                              .into = b,
                                              .settings = CLI_SETTINGS_STORE});
    if (code != CLI_OK)
        return code;
    bool ids = b->users != NULL || b->serial + b->random > 0;
    if (!ids && (b->shards != 0 || b->merchant != 0 || b->fill != SLOT_FILL_RANGES))
        return cli_fail(c, CLI_USAGE,
                        "--shards, --fill and --merchant are for --users, --serial "
                        "and --random: a data directory has its own");
    b->shards = b->shards == 0 ? 1 : b->shards;
    return ids ? of_ids(b) : admin_run(c, false, of_directory, b);
}
