/* See sealed.h. */
#include "cli/sealed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/random.h"

enum {
    VERSION = 1,
    ARGON2ID = 1,
    AT_VERSION = 8,
    AT_PASSES = 12,
    AT_MEMORY = 16,
    AT_CHUNK = 20,
    AT_SALT = 24,
    AT_STREAM = 40,
};
_Static_assert(AT_STREAM + SECRET_STREAM_HEAD == SEALED_HEAD, "the head has no gap");

const secret_cost sealed_cost = {.passes = 3, .memory_kib = 256 * 1024};

static const char begins[AT_PASSES + 1] = "QUANSEAL\1\1\0\0";

struct sealed_writer {
    FILE *to;
    secret_stream stream;
    char head[SEALED_HEAD], text[SEALED_CHUNK], sealed[SEALED_CHUNK + SECRET_STREAM_EXTRA];
    size_t n; /* of text */
};

static void put_u32(char *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(v >> (24 - 8 * i));
}

static uint32_t get_u32(const char *at)
{
    uint32_t v = 0;
    for (int i = 0; i < 4; i++)
        v = v << 8 | (unsigned char)at[i];
    return v;
}

/* ---- writing ---- */

sealed_writer *sealed_begin(arena *memory, FILE *to, str passphrase, secret_cost cost)
{
    sealed_writer *w = ARENA_NEW(memory, sealed_writer);
    char key[SECRET_MASTER_BYTES];
    w->to = to;
    memcpy(w->head, begins, AT_PASSES);
    put_u32(w->head + AT_PASSES, cost.passes);
    put_u32(w->head + AT_MEMORY, cost.memory_kib);
    put_u32(w->head + AT_CHUNK, SEALED_CHUNK);
    random_bytes(w->head + AT_SALT, SECRET_SALT_BYTES);
    if (!secret_stretch(passphrase, w->head + AT_SALT, cost, key)) {
        errno = ENOMEM;
        return NULL;
    }
    secret_stream_begin(&w->stream, key, w->head + AT_STREAM);
    secret_wipe(key, sizeof key);
    return fwrite(w->head, 1, SEALED_HEAD, to) == SEALED_HEAD ? w : NULL;
}

static bool put_chunk(sealed_writer *w, bool last)
{
    size_t n = w->n + SECRET_STREAM_EXTRA;
    secret_stream_seal(&w->stream, (str){w->head, SEALED_HEAD}, (str){w->text, w->n}, last,
                       w->sealed);
    w->n = 0;
    return fwrite(w->sealed, 1, n, w->to) == n;
}

bool sealed_put(sealed_writer *w, str text)
{
    while (text.n > 0) {
        if (w->n == SEALED_CHUNK && !put_chunk(w, false))
            return false;
        size_t n = SEALED_CHUNK - w->n < text.n ? SEALED_CHUNK - w->n : text.n;
        memcpy(w->text + w->n, text.p, n);
        w->n += n;
        text = (str){text.p + n, text.n - n};
    }
    return true;
}

bool sealed_end(sealed_writer *w, bool whole)
{
    bool good = whole && put_chunk(w, true);
    secret_wipe(w, sizeof *w);
    return good;
}

/* ---- reading ---- */

typedef struct opening {
    FILE *from;
    char head[SEALED_HEAD];
    size_t chunk;
    secret_stream stream;
    char *sealed, *text;
    sealed_take *take;
    void *context;
    buf *why;
} opening;

static result refuse(buf *why, result r, const char *sentence)
{
    buf_str(why, str_of(sentence));
    return r;
}

static result cannot_read(const opening *o, result r, const char *sentence)
{
    if (ferror(o->from) == 0)
        return refuse(o->why, r, sentence);
    buf_printf(o->why, "it cannot be read: %s", strerror(errno));
    return R_IO;
}

static result read_head(opening *o, secret_cost *cost)
{
    size_t n = fread(o->head, 1, SEALED_HEAD, o->from);
    if (n < AT_VERSION + 1 || memcmp(o->head, begins, AT_VERSION) != 0)
        return cannot_read(o, R_INVALID, "it is no file that was sealed with a passphrase");
    if (o->head[AT_VERSION] != VERSION)
        return refuse(o->why, R_INVALID, "it is of a version that this program does not know");
    if (n < SEALED_HEAD)
        return cannot_read(o, R_CORRUPT, "it was cut off");
    *cost = (secret_cost){get_u32(o->head + AT_PASSES), get_u32(o->head + AT_MEMORY)};
    o->chunk = get_u32(o->head + AT_CHUNK);
    if (memcmp(o->head, begins, AT_PASSES) != 0 || !secret_cost_is_allowed(*cost) ||
        o->chunk == 0 || o->chunk > SEALED_CHUNK_MAX)
        return refuse(o->why, R_CORRUPT, "its head was changed");
    return R_DONE;
}

static result read_chunks(opening *o)
{
    const str about = {o->head, SEALED_HEAD};
    bool last = false;
    for (uint64_t number = 0; !last; number++) {
        size_t n = fread(o->sealed, 1, o->chunk + SECRET_STREAM_EXTRA, o->from);
        if (n == 0)
            return cannot_read(o, R_CORRUPT, "it was cut off");
        if (!secret_stream_open(&o->stream, about, (str){o->sealed, n}, &last, o->text))
            return cannot_read(o, R_CORRUPT,
                               number == 0 ? "the passphrase is another one, or it was changed"
                                           : "it was changed or cut off");
        if (!last && n < o->chunk + SECRET_STREAM_EXTRA)
            return refuse(o->why, R_CORRUPT, "it was changed");
        if (!o->take(o->context, (str){o->text, n - SECRET_STREAM_EXTRA}, o->why))
            return R_IO;
    }
    return fgetc(o->from) == EOF && ferror(o->from) == 0
               ? R_DONE
               : cannot_read(o, R_CORRUPT, "something was put behind its end");
}

result sealed_open(FILE *from, str passphrase, sealed_take *take, void *context, buf *why)
{
    opening o = {.from = from, .take = take, .context = context, .why = why};
    secret_cost cost;
    char key[SECRET_MASTER_BYTES];
    result r = read_head(&o, &cost);
    if (r != R_DONE)
        return r;
    if (!secret_stretch(passphrase, o.head + AT_SALT, cost, key))
        return refuse(why, R_IO, "there is not as much memory as its passphrase needs");
    secret_stream_resume(&o.stream, key, o.head + AT_STREAM);
    secret_wipe(key, sizeof key);
    o.sealed = malloc(o.chunk + SECRET_STREAM_EXTRA); /* freed below */
    o.text = malloc(o.chunk);
    CHECK(o.sealed != NULL && o.text != NULL);
    r = read_chunks(&o);
    secret_wipe(&o.stream, sizeof o.stream);
    secret_wipe(o.text, o.chunk);
    free(o.text);
    free(o.sealed);
    return r;
}
