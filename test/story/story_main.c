/* Runs the stories of this folder against a whole server: see test/lib/story.h.
 *
 *   test_story_story_main [mem | mem-adversary:SEED | rocks | pg | pg2]… [--only NAME]
 *                         [--part N/OF] [FILE…]
 *
 * Without an engine: the first three, one after another. pg2: two servers on one PostgreSQL store.
 * Without a file: every *.story of test/story. --part: the N-th of so many parts of the stories; in
 * a nightly run (QUAN_NIGHTLY) all of them.
 * After each story everything that is stored is recomputed (verify). Prints failures with file and
 * line, then `N passed, N failed`; exit 1 when one failed. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/lib/story.h"
#include "test/lib/world.h"

enum { ENGINES_MAX = 8, FILES_MAX = 200 };
/* So often, and once more in two stories, one of several servers may be late (story.h). */
enum { AGAIN_MAX = 20 };
#define SHARED_SETUPS "test/story/setups.txt"
#define EVERY_STORY   "test/story/*.story"

typedef struct chosen {
    world_engine engines[ENGINES_MAX];
    const char *names[ENGINES_MAX];
    size_t engine_count;
    const char *files[FILES_MAX];
    size_t file_count;
    str only;
    uint64_t part, parts; /* of story_suite */
} chosen;

typedef struct stage {
    world_engine engine;
    world world;
    int64_t now_ms;
} stage;

static story_ports ports_of(const stage *s)
{
    story_ports ports = {.n = s->world.server_count};
    for (size_t i = 0; i < ports.n; i++)
        ports.of[i] = world_port(&s->world, i);
    return ports;
}

static story_ports on_open(void *context)
{
    stage *s = context;
    world_open(&s->world, &s->engine, s->now_ms);
    return ports_of(s);
}

static story_ports on_restart(void *context)
{
    stage *s = context;
    if (str_eq(s->engine.name, S("mem")))
        return (story_ports){.n = 0};
    world_restart(&s->world);
    return ports_of(s);
}

static void on_close(void *context)
{
    world_close(&((stage *)context)->world);
}

static void on_follow(void *context, size_t number)
{
    world_follow(&((stage *)context)->world, number);
}

static uint64_t on_known(void *context, size_t number)
{
    return world_known(&((stage *)context)->world, number);
}

static void on_clock(void *context, int64_t now_ms)
{
    stage *s = context;
    s->now_ms = now_ms;
    atomic_store(&s->world.clock_ms, now_ms);
}

static bool on_sweep(void *context)
{
    return world_sweep(&((stage *)context)->world);
}

static story_ports on_set(void *context, str name, str value)
{
    stage *s = context;
    world_set(&s->world, name, value);
    return ports_of(s);
}

static void on_jobs(void *context)
{
    world_run_jobs(&((stage *)context)->world);
}

static const char *on_folder(void *context)
{
    return world_folder(&((stage *)context)->world);
}

static story_ports on_restore(void *context, str backup)
{
    stage *s = context;
    return world_restore(&s->world, backup) ? ports_of(s) : (story_ports){.n = 0};
}

static str on_key(void *context, str scope)
{
    return world_key(&((stage *)context)->world, scope);
}

static bool on_sound(void *context, buf *why)
{
    return world_sound(&((stage *)context)->world, why);
}

static story_totals run_engine(const chosen *c, size_t engine)
{
    static stage s; /* one at a time; large */
    s.engine = c->engines[engine];
    story_server server = {.context = &s,
                           .open = on_open,
                           .restart = on_restart,
                           .close = on_close,
                           .follow = on_follow,
                           .known = on_known,
                           .set_clock = on_clock,
                           .sweep = on_sweep,
                           .set = on_set,
                           .jobs = on_jobs,
                           .folder = on_folder,
                           .restore = on_restore,
                           .key = on_key,
                           .sound = on_sound};
    story_totals totals = {0};
    for (size_t i = 0; i < c->file_count; i++) {
        story_suite suite = {.path = c->files[i],
                             .shared = SHARED_SETUPS,
                             .only = c->only,
                             .part = c->part,
                             .parts = c->parts};
        story_run_file(&suite, &server, &totals);
    }
    if (totals.again > AGAIN_MAX + (totals.passed + totals.failed) / 2) {
        printf("FAILED  servers were late %d times\n", totals.again);
        totals.failed++;
    }
    printf("%s: %d passed, %d failed, %d skipped", c->names[engine], totals.passed, totals.failed,
           totals.skipped);
    if (s.engine.several)
        printf(", %d requests sent again to a server that was late", totals.again);
    printf("\n");
    return totals;
}

/* All the stories together make every kind of event. */
static bool saw_all_events(const char *engine, const story_totals *t)
{
    bool all = t->event_kinds > 0 && t->kinds_seen == (UINT64_C(1) << t->event_kinds) - 1;
    if (!all)
        printf("%s: not every kind of event: %#llx of %u\n", engine,
               (unsigned long long)t->kinds_seen, t->event_kinds);
    return all;
}

static bool add_engine(chosen *c, const char *text)
{
    CHECK(c->engine_count < ENGINES_MAX);
    c->names[c->engine_count] = text;
    return world_engine_parse(text, &c->engines[c->engine_count]) && ++c->engine_count > 0;
}

static bool read_part(chosen *c, str text)
{
    str part;
    (void)str_cut(&text, '/', &part);
    bool good = str_to_u64(part, &c->part) && str_to_u64(text, &c->parts);
    if (getenv("QUAN_NIGHTLY") != NULL)
        c->parts = 0;
    return good && c->part >= 1 && (c->parts == 0 || c->part <= c->parts);
}

static bool choose(chosen *c, int count, char **arguments)
{
    bool good = true;
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--only") == 0 && i + 1 < count)
            c->only = str_of(arguments[++i]);
        else if (strcmp(arguments[i], "--part") == 0 && i + 1 < count)
            good = read_part(c, str_of(arguments[++i])) && good;
        else if (!add_engine(c, arguments[i]) && c->file_count < FILES_MAX)
            c->files[c->file_count++] = arguments[i];
    }
    if (c->engine_count == 0)
        (void)(add_engine(c, "mem") && add_engine(c, "mem-adversary:7") && add_engine(c, "rocks"));
    return good;
}

int main(int count, char **arguments)
{
    static chosen c;
    glob_t found = {0};
    story_totals all = {0};
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (access("/dev/shm", W_OK) == 0) /* behaviour is shown here; durability in test/fault */
        (void)setenv("TMPDIR", "/dev/shm", 0);
    if (!choose(&c, count, arguments)) {
        printf("--part takes a part and their number: 1/2\n0 passed, 1 failed\n");
        return 2;
    }
    if (c.file_count == 0 && glob(EVERY_STORY, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && c.file_count < FILES_MAX; i++)
            c.files[c.file_count++] = found.gl_pathv[i];
    for (size_t i = 0; i < c.engine_count; i++) {
        story_totals one = run_engine(&c, i);
        all.passed += one.passed;
        all.failed += one.failed;
        if (c.only.n == 0 && c.parts == 0 && found.gl_pathc > 0)
            all.failed += saw_all_events(c.names[i], &one) ? 0 : 1;
    }
    globfree(&found);
    printf("%d passed, %d failed\n", all.passed, all.failed);
    return all.failed > 0 || all.passed == 0 ? 1 : 0;
}
