/* `quan replay`: a retailer's year through the same acts as the API, on the data's own dates,
 * and what came of it as a table.
 *
 * The check at the end counts what the store itself has counted (its tallies), not what this
 * program did; then `verify` recomputes those. */
#include "cli/replay.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/query_stats.h"
#include "base/id.h"
#include "base/time.h"
#include "port/clock.h"

enum {
    KEY_INTO = 'i',
    KEY_SCALE = 's',
    KEY_SEED = 'r',
    REPLAY_OUT_MAX = 1 << 20,
    REPLAY_SHOWN_MAX = 100
};

typedef struct replay_flags {
    char *source, *directory;
    const char *into;
    uint64_t scale, seed;
} replay_flags;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    replay_flags *f = state->input;
    switch (key) {
    case KEY_INTO:
        f->into = argument;
        return 0;
    case KEY_SCALE:
        if (!str_to_u64(str_of(argument), &f->scale) || f->scale < 1 || f->scale > 100) {
            argp_error(state, "--scale is a percentage from 1 to 100");
        }
        return 0;
    case KEY_SEED:
        if (!str_to_u64(str_of(argument), &f->seed)) {
            argp_error(state, "--seed is a number");
        }
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0) {
            f->source = argument;
        } else if (state->arg_num == 1) {
            f->directory = argument;
        } else {
            return ARGP_ERR_UNKNOWN;
        }
        return 0;
    case ARGP_KEY_END:
        if (f->source == NULL ||
            (strcmp(f->source, "complete-journey") == 0) != (f->directory != NULL) ||
            (f->directory == NULL && strcmp(f->source, "generated") != 0)) {
            argp_error(state, "say `complete-journey DIR` or `generated`");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"into", KEY_INTO, "DIR", 0,
     "Keep the store in DIR, which must be empty or absent (default: a temporary one)", 0},
    {"scale", KEY_SCALE, "PERCENT", 0, "generated: size in percent of the real year (default 10)",
     0},
    {"seed", KEY_SEED, "NUMBER", 0, "generated: another year (default 1)", 0},
    {0}};

static int64_t replay_clock(void *context)
{
    return atomic_load(&((replay *)context)->now_ms);
}

/* What the store counted for a campaign. */
static tally counted(replay *r, size_t i)
{
    arena *memory = arena_new(0);
    app_view v;
    stats_days all = {0};
    if (app_view_open(r->app, memory, &v) == R_DONE) {
        query_stats(&v, &(counts_ask){r->campaigns[i].id, 0, INT32_MIN, INT32_MAX}, &all);
        app_view_close(&v);
    }
    arena_free(memory);
    return all.total;
}

static void money(buf *b, int64_t minor)
{
    buf_printf(b, "%lld.%02lld", (long long)(minor / 100), (long long)(minor % 100));
}

typedef struct sums {
    int64_t targeted, coupons, granted, extra, redeemed, expected, discount;
    bool equal;
} sums;

static sums write_table(replay *r, buf *out)
{
    sums all = {.equal = true};
    buf_printf(out, "%8s %4s %10s %10s %8s %7s %8s %5s %8s %8s %10s  %s\n", "campaign", "type",
               "from", "until", "targeted", "coupons", "granted", "extra", "redeemed", "the data",
               "discount", "");
    for (size_t i = 0; i < r->year->campaign_count; i++) {
        const journey_campaign *c = &r->year->campaigns[i];
        const replay_campaign *done = &r->campaigns[i];
        tally t = counted(r, i);
        bool equal = t.redeemed == c->redemptions && t.issued == done->granted + done->extra &&
                     done->granted == (int64_t)(c->household_count * c->coupon_count) &&
                     t.discount_minor == done->discount_minor;
        buf_printf(out, "%8u %4.*s ", c->number, (int)(c->type.n > 4 ? 1 : c->type.n),
                   c->type.p + (c->type.n > 4 ? c->type.n - 1 : 0));
        time_write_day(out, c->from);
        buf_char(out, ' ');
        time_write_day(out, c->until - 1);
        buf_printf(out, " %8zu %7u %8lld %5lld %8lld %8u %7lld.%02lld  %s\n", c->household_count,
                   c->coupon_count, (long long)(t.issued - done->extra), (long long)done->extra,
                   (long long)t.redeemed, c->redemptions, (long long)(t.discount_minor / 100),
                   (long long)(t.discount_minor % 100), equal ? "equal" : "DIFFERENT");
        all.targeted += (int64_t)c->household_count;
        all.coupons += c->coupon_count;
        all.granted += t.issued - done->extra;
        all.extra += done->extra;
        all.redeemed += t.redeemed;
        all.expected += c->redemptions;
        all.discount += t.discount_minor;
        all.equal = all.equal && equal;
    }
    buf_printf(out, "%8zu %4s %10s %10s %8lld %7lld %8lld %5lld %8lld %8lld ",
               r->year->campaign_count, "", "", "", (long long)all.targeted, (long long)all.coupons,
               (long long)all.granted, (long long)all.extra, (long long)all.redeemed,
               (long long)all.expected);
    buf_printf(out, "%7lld.%02lld  %s\n", (long long)(all.discount / 100),
               (long long)(all.discount % 100), all.equal ? "all equal" : "DIFFERENT");
    return all;
}

static void write_json(const replay *r, const sums *all, int64_t took_ms, buf *out)
{
    json_writer w = json_writer_on(out);
    json_begin_object(&w);
    json_key(&w, S("campaigns"));
    json_put_u64(&w, r->year->campaign_count);
    json_key(&w, S("coupons"));
    json_put_i64(&w, all->coupons);
    json_key(&w, S("targeted"));
    json_put_i64(&w, all->targeted);
    json_key(&w, S("granted"));
    json_put_i64(&w, all->granted);
    json_key(&w, S("second_grants"));
    json_put_i64(&w, all->extra);
    json_key(&w, S("redeemed"));
    json_put_i64(&w, all->redeemed);
    json_key(&w, S("discount_minor"));
    json_put_i64(&w, all->discount);
    json_key(&w, S("equal"));
    json_put_bool(&w, all->equal);
    json_key(&w, S("took_ms"));
    json_put_i64(&w, took_ms);
    json_end_object(&w);
    buf_char(out, '\n');
}

static cli_exit conclude(replay *r, bool ran, int64_t began_ms)
{
    buf text, json_text, *out = &text;
    buf_init(&text, REPLAY_OUT_MAX);
    buf_init(&json_text, REPLAY_OUT_MAX);
    sums all = write_table(r, &text);
    int64_t took_ms = clock_monotonic_ms() - began_ms;
    buf_printf(&text, "\norders worth ");
    money(&text, r->orders_minor);
    buf_printf(&text, " USD; %lld acts refused; %lld.%03lld s\n", (long long)r->refusals,
               (long long)(took_ms / 1000), (long long)(took_ms % 1000));
    if (r->cli->json) {
        write_json(r, &all, took_ms, &json_text);
        out = &json_text;
    }
    cli_exit code = cli_print(r->cli, out);
    buf_free(&text);
    buf_free(&json_text);
    if (code == CLI_OK) {
        code = cli_verify_open(r->cli, r->app, REPLAY_SHOWN_MAX);
    }
    if (code == CLI_OK && !ran) {
        code =
            cli_fail(r->cli, CLI_FAILED, "the replay was refused: %.*s", STR_ARG(r->first_refusal));
    }
    if (code == CLI_OK && !all.equal) {
        code = cli_fail(r->cli, CLI_DIFFERENT, "the figures differ");
    }
    return code;
}

static int remove_one(const char *path, const struct stat *is, int kind, struct FTW *at)
{
    MAYBE(is);
    MAYBE(kind);
    MAYBE(at);
    return remove(path);
}

static cli_exit open_and_run(replay *r, const replay_flags *f)
{
    char made[] = "/tmp/quan-replay-XXXXXX";
    const char *directory = f->into != NULL ? f->into : mkdtemp(made);
    if (directory == NULL) {
        return cli_fail(r->cli, CLI_ENVIRONMENT, "no temporary directory can be made");
    }
    if (!cli_directory_empty(str_of(directory))) {
        return cli_fail(r->cli, CLI_ENVIRONMENT, "%s is not empty", directory);
    }
    app_options o = {
        .store = {.path = str_of(directory)}, .clock_ms = replay_clock, .clock_context = r};
    replay_at(r, 0, ID_EPOCH_MS);
    cli_exit code = cli_open_with(r->cli, true, &o, &r->app);
    if (code == CLI_OK) {
        int64_t began_ms = clock_monotonic_ms();
        code = conclude(r, replay_run(r), began_ms);
        app_close(r->app);
    }
    if (f->into == NULL) {
        (void)nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    return code;
}

cli_exit cli_replay(cli_context *c)
{
    replay_flags f = {.scale = 10, .seed = 1};
    cli_flags flags = {.synopsis = "complete-journey DIR|generated",
                       .options = options,
                       .parse = parse,
                       .into = &f,
                       .settings = CLI_SETTING(lanes) | CLI_SETTING(cache_mb)};
    cli_exit code = cli_parse(c, &flags);
    if (code != CLI_OK) {
        return code;
    }
    journey *year = NULL;
    buf why;
    buf_init(&why, 4096);
    if (f.directory == NULL) {
        year = journey_make(f.seed, (uint32_t)f.scale);
    } else {
        result read = journey_read(str_of(f.directory), &year, &why);
        code =
            read == R_DONE ? CLI_OK : cli_fail(c, CLI_ENVIRONMENT, "%.*s", STR_ARG(buf_view(&why)));
    }
    buf_free(&why);
    if (code == CLI_OK) {
        replay *r = ARENA_NEW(c->memory, replay);
        r->cli = c;
        r->year = year;
        r->memory = year->memory;
        r->campaigns = ARENA_ARRAY(c->memory, replay_campaign, year->campaign_count + 1);
        code = open_and_run(r, &f);
    }
    journey_free(year);
    return code;
}
