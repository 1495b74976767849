/* See backup.h. */
#include "app/backup.h"

#include "base/time.h"
#include "port/disk.h"

#define SUMS_NAME   "SHA256SUMS"
#define STORE_NAME  "store"
#define SUMS_HEADER "# quan backup 1\n"

enum { SUMS_MAX = 64 << 20, LINE_GAP = 2 };

/* One file as the sums list it. */
typedef struct sum {
    str name; /* without the directory */
    str sha256;
} sum;

typedef struct sums {
    sum *items;
    size_t n;
    uint64_t bytes; /* of all files */
} sums;

/* One piece of work: its memory and who watches. */
typedef struct work {
    arena *memory;
    const backup_watch *watch;
    backup_report *out;
    buf *why;
    uint64_t total;
} work;

static str join(const work *w, str directory, str name)
{
    return arena_printf(w->memory, "%.*s/%.*s", STR_ARG(directory), STR_ARG(name));
}

static result count(work *w, const disk_digest *d)
{
    w->out->files++;
    w->out->bytes += d->bytes;
    if (w->watch != NULL && !w->watch->progress(w->watch->context, w->out->bytes, w->total))
        return R_DRAINING;
    return R_DONE;
}

/* ---- making ---- */

static result write_sums(work *w, str to)
{
    str store_path = join(w, to, S(STORE_NAME));
    disk_names names;
    result r = disk_list(store_path, w->memory, &names, w->why);
    buf lines, text;
    buf_init(&lines, SUMS_MAX);
    buf_init(&text, SUMS_MAX);
    for (size_t i = 0; i < names.n && r == R_DONE; i++) {
        disk_digest d;
        r = disk_digest_of(join(w, store_path, names.items[i]), &d, w->why);
        if (r == R_DONE)
            r = count(w, &d);
        buf_printf(&lines, "%.*s  %s/%.*s\n", DISK_DIGEST_TEXT, d.sha256, STORE_NAME,
                   STR_ARG(names.items[i]));
    }
    if (r == R_DONE) {
        buf_printf(&text, "%s# files %llu bytes %llu\n", SUMS_HEADER,
                   (unsigned long long)w->out->files, (unsigned long long)w->out->bytes);
        buf_str(&text, buf_view(&lines));
        CHECK(!buf_overflowed(&text) && !buf_overflowed(&lines));
        r = disk_write(join(w, to, S(SUMS_NAME)), buf_view(&text), w->why);
    }
    buf_free(&lines);
    buf_free(&text);
    return r;
}

result backup_make(app *a, str to, const backup_watch *watch, backup_report *out, buf *why)
{
    *out = (backup_report){0};
    if (!disk_is_empty(to)) {
        buf_printf(why, "%.*s is not empty", STR_ARG(to));
        return R_INVALID;
    }
    work w = {.memory = arena_new(0), .watch = watch, .out = out, .why = why};
    str store_path = join(&w, to, S(STORE_NAME));
    result r = disk_make_directory(to, why);
    if (r == R_DONE)
        r = store_checkpoint(app_store(a), store_path, why);
    if (r == R_DONE)
        r = write_sums(&w, to);
    if (r != R_DONE)
        disk_remove_flat(store_path);
    arena_free(w.memory);
    return r;
}

/* ---- reading the sums ---- */

static result damaged(const work *w, str what, str name)
{
    buf_printf(w->why, "the backup is damaged: %.*s %.*s", STR_ARG(what), STR_ARG(name));
    return R_CORRUPT;
}

/* "<64 digits>  store/<name>" */
static bool read_line(str line, sum *out)
{
    str prefix = S(STORE_NAME "/");
    if (line.n < DISK_DIGEST_TEXT + LINE_GAP + prefix.n + 1)
        return false;
    out->sha256 = (str){line.p, DISK_DIGEST_TEXT};
    str gap = {line.p + DISK_DIGEST_TEXT, LINE_GAP};
    str path = {gap.p + LINE_GAP, line.n - DISK_DIGEST_TEXT - LINE_GAP};
    if (!str_eq(gap, S("  ")) || !str_starts(path, prefix))
        return false;
    out->name = (str){path.p + prefix.n, path.n - prefix.n};
    return memchr(out->name.p, '/', out->name.n) == NULL && !str_eq(out->name, S("..")) &&
           !str_eq(out->name, S("."));
}

/* "# files <n> bytes <n>" */
static bool read_counts(str line, uint64_t *files, uint64_t *bytes)
{
    str words[5];
    size_t n = 0;
    while (n < ARRAY_LEN(words) && str_cut(&line, ' ', &words[n]))
        n++;
    return n == ARRAY_LEN(words) && line.n == 0 && str_eq(words[0], S("#")) &&
           str_eq(words[1], S("files")) && str_to_u64(words[2], files) &&
           str_eq(words[3], S("bytes")) && str_to_u64(words[4], bytes);
}

static result read_sums(work *w, str from, sums *out)
{
    str path = join(w, from, S(SUMS_NAME)), text, line;
    result r = disk_read(path, SUMS_MAX, w->memory, &text, w->why);
    if (r == R_NOT_FOUND) {
        buf_clear(w->why);
        buf_printf(w->why, "%.*s is not a finished backup: it has no %s", STR_ARG(from), SUMS_NAME);
        return R_INVALID;
    }
    if (r != R_DONE)
        return r;
    if (!str_starts(text, S(SUMS_HEADER)))
        return damaged(w, S("this version does not know the form of"), path);
    text.p += sizeof(SUMS_HEADER) - 1;
    text.n -= sizeof(SUMS_HEADER) - 1;
    uint64_t files = 0;
    if (!str_cut(&text, '\n', &line) || !read_counts(line, &files, &out->bytes) ||
        files > text.n / (DISK_DIGEST_TEXT + LINE_GAP))
        return damaged(w, S("it does not say how many files it has:"), path);
    out->items = ARENA_ARRAY(w->memory, sum, files);
    while (str_cut(&text, '\n', &line)) {
        if (out->n == files || !read_line(line, &out->items[out->n]))
            return damaged(w, S("a line cannot be read in"), path);
        out->n++;
    }
    return out->n == files ? R_DONE : damaged(w, S("lines are missing in"), path);
}

/* ---- checking and copying ---- */

/* Every file that is there must be listed; both are in byte order. */
static result check_names(const work *w, str from, const sums *s)
{
    disk_names names;
    str store_path = join(w, from, S(STORE_NAME));
    result r = disk_list(store_path, w->memory, &names, w->why);
    if (r == R_NOT_FOUND) {
        buf_clear(w->why);
        return damaged(w, S("it has no directory"), store_path);
    }
    if (r != R_DONE)
        return r;
    for (size_t i = 0; i < names.n || i < s->n; i++) {
        if (i == s->n)
            return damaged(w, S("a file is not listed:"), names.items[i]);
        if (i == names.n || str_cmp(s->items[i].name, names.items[i]) < 0)
            return damaged(w, S("a file is missing:"), s->items[i].name);
        if (!str_eq(s->items[i].name, names.items[i]))
            return damaged(w, S("a file is not listed:"), names.items[i]);
    }
    return R_DONE;
}

/* Reads every file, into the directory `to` unless it is empty. */
static result read_files(work *w, str from, str to, const sums *s)
{
    str store_path = join(w, from, S(STORE_NAME));
    result r = R_DONE;
    w->total = s->bytes;
    for (size_t i = 0; i < s->n && r == R_DONE; i++) {
        const sum *wanted = &s->items[i];
        str path = join(w, store_path, wanted->name);
        disk_digest d;
        r = to.n == 0 ? disk_digest_of(path, &d, w->why)
                      : disk_copy(path, join(w, to, wanted->name), &d, w->why);
        if (r == R_DONE && !str_eq(wanted->sha256, (str){d.sha256, DISK_DIGEST_TEXT}))
            r = damaged(w, S("a file is not what it was:"), wanted->name);
        if (r == R_DONE)
            r = count(w, &d);
    }
    if (r == R_DONE && w->out->bytes != s->bytes)
        r = damaged(w, S("it has another size than it says:"), from);
    return r;
}

static result begin_reading(work *w, str from, sums *s)
{
    result r = read_sums(w, from, s);
    return r == R_DONE ? check_names(w, from, s) : r;
}

result backup_check(str from, const backup_watch *watch, backup_report *out, buf *why)
{
    *out = (backup_report){0};
    work w = {.memory = arena_new(0), .watch = watch, .out = out, .why = why};
    sums s = {0};
    result r = begin_reading(&w, from, &s);
    if (r == R_DONE)
        r = read_files(&w, from, (str){NULL, 0}, &s);
    arena_free(w.memory);
    return r;
}

/* ---- bringing back ---- */

static result open_once(const app_options *open, str path, buf *why)
{
    app_options options = *open;
    options.store.path = path;
    options.store.lanes = 0; /* as many as it has */
    app *a = NULL;
    result r = app_open(&options, &a, why);
    if (r == R_DONE)
        app_close(a);
    return r;
}

static str without_slash(str path)
{
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

result backup_bring_back(const backup_restore *r, backup_report *out, buf *why)
{
    *out = (backup_report){0};
    if (!disk_is_empty(r->data)) {
        buf_printf(why, "%.*s is not empty", STR_ARG(r->data));
        return R_INVALID;
    }
    work w = {.memory = arena_new(0), .watch = r->watch, .out = out, .why = why};
    str data = without_slash(r->data);
    str beside = arena_printf(w.memory, "%.*s.restoring", STR_ARG(data));
    sums s = {0};
    result code = begin_reading(&w, r->from, &s);
    if (code == R_DONE && !disk_is_empty(beside)) {
        buf_printf(why, "%.*s is left of a restore that was broken off; remove it",
                   STR_ARG(beside));
        code = R_INVALID;
    }
    if (code != R_DONE) {
        arena_free(w.memory);
        return code;
    }
    code = disk_make_directory(beside, why);
    if (code == R_DONE)
        code = read_files(&w, r->from, beside, &s);
    if (code == R_DONE)
        code = open_once(r->open, beside, why);
    if (code == R_DONE)
        code = disk_rename(beside, data, why);
    if (code != R_DONE)
        disk_remove_flat(beside);
    arena_free(w.memory);
    return code;
}
