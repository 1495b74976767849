/* Zones from the TZif files of the machine (RFC 8536), with the rule in their footer carried on to
 * the end of 2100.
 *
 * Not from libical: against the C library, 1970 to 2100, its builtin zones (3.0.16) are wrong for
 * Asia/Shanghai 1986-1991, Asia/Tehran, Europe/Dublin and America/Sao_Paulo by an hour for months,
 * because it remakes rules from the transitions that it reads. The file has the transitions.
 *
 * Invariant: a zone in the cache is complete and never changes. */
#include "port/zone.h"

#include <endian.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "plat/zone_rule.h"

enum {
    FILE_BYTES_MAX = 64 * 1024,
    HEADER_BYTES = 44,
    TYPE_BYTES = 6,
    YEAR_FIRST = 1970,
    YEAR_LAST = 2100,
    CHANGES_MAX = 2048,
    PATH_BYTES = 128,
    TABLE = 2 * ZONE_CACHE_MAX, /* a power of two, at most half full */
    OFFSET_MAX = 24 * 3600,     /* base/time.c counts on less than a day */
};

#define DIRECTORY "/usr/share/zoneinfo/"

typedef struct header {
    uint32_t utc_count, wall_count, leap_count, time_count, type_count, char_count;
} header;

/* A table being made. Seconds; only changes after 1970-01-01 become rows. */
typedef struct making {
    int64_t first_offset, last_offset;
    uint32_t n;
    zone_change changes[CHANGES_MAX];
} making;

static uint32_t read_u32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return be32toh(v);
}

static int64_t read_i64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return (int64_t)be64toh(v);
}

static bool read_header(str file, size_t at, header *out)
{
    if (file.n < at + HEADER_BYTES || memcmp(file.p + at, "TZif", 4) != 0 || file.p[at + 4] < '2')
        return false;
    const char *p = file.p + at + 20;
    *out = (header){read_u32(p),      read_u32(p + 4),  read_u32(p + 8),
                    read_u32(p + 12), read_u32(p + 16), read_u32(p + 20)};
    uint32_t most = FILE_BYTES_MAX;
    return out->utc_count <= most && out->wall_count <= most && out->leap_count <= most &&
           out->time_count <= most && out->type_count <= most && out->char_count <= most;
}

static size_t block_bytes(const header *h, size_t time_bytes)
{
    return h->time_count * (time_bytes + 1) + (size_t)h->type_count * TYPE_BYTES + h->char_count +
           h->leap_count * (time_bytes + 4) + h->wall_count + h->utc_count;
}

static bool add_change(making *m, int64_t at_s, int64_t offset_s)
{
    if (offset_s <= -OFFSET_MAX || offset_s >= OFFSET_MAX)
        return false;
    if (at_s <= 0) {
        m->first_offset = m->last_offset = offset_s;
        return true;
    }
    if (offset_s == m->last_offset)
        return true;
    int64_t at_ms = at_s * MS_SECOND;
    if (m->n > 0 && m->changes[m->n - 1].from_ms == at_ms)
        m->n--; /* a change that lasts no time */
    if (m->n == CHANGES_MAX)
        return false;
    m->changes[m->n++] =
        (zone_change){.from_ms = at_ms, .offset_ms = (int32_t)(offset_s * MS_SECOND)};
    m->last_offset = offset_s;
    return true;
}

/* The rule holds behind the last transition of the file. */
static bool add_rule(making *m, str footer, int64_t after_s)
{
    zone_rule rule;
    if (!zone_rule_parse(footer, &rule))
        return false;
    if (!rule.has_dst)
        return add_change(m, after_s + 1, rule.standard_offset_s);
    for (int year = YEAR_FIRST - 1; year <= YEAR_LAST; year++) {
        int64_t begin = zone_rule_at_s(&rule, year, true);
        int64_t end = zone_rule_at_s(&rule, year, false);
        bool south = end < begin;
        int64_t first = south ? end : begin, second = south ? begin : end;
        int64_t first_offset = south ? rule.standard_offset_s : rule.dst_offset_s;
        int64_t second_offset = south ? rule.dst_offset_s : rule.standard_offset_s;
        if (first > after_s && !add_change(m, first, first_offset))
            return false;
        if (second > after_s && !add_change(m, second, second_offset))
            return false;
    }
    return true;
}

static bool add_transitions(making *m, const header *h, const char *times, int64_t *last_s)
{
    const char *indexes = times + (size_t)h->time_count * 8;
    const char *types = indexes + h->time_count;
    /* RFC 8536 3.2: local time before the first transition is that of type 0. */
    *last_s = INT64_MIN;
    m->first_offset = m->last_offset = (int32_t)read_u32(types);
    for (uint32_t i = 0; i < h->time_count; i++) {
        int64_t at_s = read_i64(times + (size_t)i * 8);
        uint8_t type = (uint8_t)indexes[i];
        if (type >= h->type_count || at_s < *last_s || at_s > TIME_MAX_MS / MS_SECOND)
            return false;
        if (!add_change(m, at_s, (int32_t)read_u32(types + (size_t)type * TYPE_BYTES)))
            return false;
        *last_s = at_s;
    }
    return true;
}

static bool make_table(str file, making *m)
{
    header old, h;
    if (!read_header(file, 0, &old))
        return false;
    size_t second = HEADER_BYTES + block_bytes(&old, 4);
    if (!read_header(file, second, &h) || h.type_count == 0)
        return false;
    if (h.leap_count > 0) /* "right/…": counts leap seconds, which our time does not */
        return false;
    size_t footer = second + HEADER_BYTES + block_bytes(&h, 8);
    if (footer + 2 > file.n || file.p[footer] != '\n' || file.p[file.n - 1] != '\n')
        return false;
    int64_t last_s;
    if (!add_transitions(m, &h, file.p + second + HEADER_BYTES, &last_s))
        return false;
    str rule = {file.p + footer + 1, file.n - footer - 2};
    return rule.n == 0 || add_rule(m, rule, last_s);
}

/* A path below the directory and nothing else: letters first, no dots, and none of the files that
 * are the same zones once more or the machine's own choice. */
static bool name_is_sound(str name)
{
    if (name.n == 0 || name.n > ZONE_NAME_MAX)
        return false;
    char previous = '/';
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' || c == '/';
        if (!letter && (!other || previous == '/'))
            return false;
        previous = c;
    }
    return previous != '/' && !str_starts(name, S("posix")) && !str_starts(name, S("right/")) &&
           !str_eq(name, S("localtime")) && !str_eq(name, S("Factory"));
}

static bool read_file(str name, char *bytes, size_t *n)
{
    char path[PATH_BYTES] = DIRECTORY;
    memcpy(path + sizeof DIRECTORY - 1, name.p, name.n);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return false;
    struct stat s;
    bool ok = fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size <= FILE_BYTES_MAX;
    *n = 0;
    while (ok && *n < (size_t)s.st_size) {
        ssize_t got = read(fd, bytes + *n, (size_t)s.st_size - *n);
        ok = got > 0;
        *n += ok ? (size_t)got : 0;
    }
    close(fd);
    return ok;
}

static zone *zone_new(str name, const making *m)
{
    /* One block, never freed: the zone, its name, its changes. */
    size_t changes = m->n * sizeof(zone_change);
    zone *z = malloc(sizeof *z + changes + name.n);
    CHECK(z != NULL);
    zone_change *rows = (zone_change *)(z + 1);
    char *text = (char *)(rows + m->n);
    memcpy(rows, m->changes, changes);
    memcpy(text, name.p, name.n);
    *z = (zone){.name = {text, name.n},
                .first_offset_ms = (int32_t)(m->first_offset * MS_SECOND),
                .n = m->n,
                .changes = rows};
    return z;
}

static const zone *load(str name)
{
    char *bytes = malloc(FILE_BYTES_MAX); /* freed below, as is m */
    making *m = calloc(1, sizeof *m);
    CHECK(bytes != NULL && m != NULL);
    size_t n;
    zone *z = NULL;
    if (read_file(name, bytes, &n) && make_table((str){bytes, n}, m))
        z = zone_new(name, m);
    free(m);
    free(bytes);
    return z;
}

const zone *zone_find(str name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const zone *table[TABLE];
    static size_t count;
    if (!name_is_sound(name))
        return NULL;
    size_t at = (size_t)hash64(name, 0) & (TABLE - 1);
    pthread_mutex_lock(&lock);
    while (table[at] != NULL && !str_eq(table[at]->name, name))
        at = (at + 1) & (TABLE - 1);
    /* There are some 600 zones, so the cache is not full unless somebody adds files for ever. */
    if (table[at] == NULL && count < ZONE_CACHE_MAX && (table[at] = load(name)) != NULL)
        count++;
    const zone *found = table[at];
    pthread_mutex_unlock(&lock);
    return found;
}
