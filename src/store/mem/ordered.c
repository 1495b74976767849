/* An ordered map of bytes with versions: see ordered.h.
 *
 * Invariants: next[i] of a node is the nearest later node whose tower is higher than i; the
 * versions of a node are in descending order of `at`. A node whose newest version is a deletion
 * stays: keys are few in the tests that this serves. */
#include "store/mem/ordered.h"

#include <stdlib.h>

#include "base/hash.h"

enum { TOWER_MAX = 20 };

typedef struct version {
    struct version *older;
    uint64_t at;
    bool present;
    size_t n;
    char bytes[];
} version;

struct ordered_node {
    version *newest;
    str key;
    int height;
    ordered_node *next[];
};

struct ordered {
    ordered_node *head; /* before all keys */
};

/* malloc: freed by ordered_free. */
static ordered_node *node_new(str key, int height)
{
    size_t links = (size_t)height * sizeof(ordered_node *);
    ordered_node *n = calloc(1, sizeof(*n) + links + key.n);
    CHECK(n != NULL);
    char *bytes = (char *)n + sizeof(*n) + links;
    if (key.n > 0)
        memcpy(bytes, key.p, key.n);
    n->key = (str){bytes, key.n};
    n->height = height;
    return n;
}

/* malloc: freed by versions_free, when no snapshot needs it or with the map. */
static version *version_new(const str *value, uint64_t at, version *older)
{
    size_t n = value == NULL ? 0 : value->n;
    version *v = malloc(sizeof(*v) + n);
    CHECK(v != NULL);
    *v = (version){.older = older, .at = at, .present = value != NULL, .n = n};
    if (n > 0)
        memcpy(v->bytes, value->p, n);
    return v;
}

static void versions_free(version *v)
{
    while (v != NULL) {
        version *older = v->older;
        free(v);
        v = older;
    }
}

ordered *ordered_new(void)
{
    ordered *o = malloc(sizeof(*o)); /* freed by ordered_free */
    CHECK(o != NULL);
    o->head = node_new((str){NULL, 0}, TOWER_MAX);
    return o;
}

void ordered_free(ordered *o)
{
    if (o == NULL)
        return;
    ordered_node *n = o->head;
    while (n != NULL) {
        ordered_node *next = n->next[0];
        versions_free(n->newest);
        free(n);
        n = next;
    }
    free(o);
}

/* The last node before key on each level; the result is the first node that is not before it. */
static ordered_node *find(const ordered *o, str key, ordered_node **path)
{
    ordered_node *n = o->head;
    for (int i = TOWER_MAX - 1; i >= 0; i--) {
        while (n->next[i] != NULL && str_cmp(n->next[i]->key, key) < 0)
            n = n->next[i];
        if (path != NULL)
            path[i] = n;
    }
    return n->next[0];
}

static int height_of(str key)
{
    uint64_t h = hash64(key, UINT64_C(0x6f7264));
    int height = 1;
    while (height < TOWER_MAX && (h & 3) == 0) {
        height++;
        h >>= 2;
    }
    return height;
}

void ordered_put(ordered *o, str key, const str *value, uint64_t at, uint64_t oldest)
{
    ordered_node *path[TOWER_MAX];
    ordered_node *n = find(o, key, path);
    if (n == NULL || !str_eq(n->key, key)) {
        n = node_new(key, height_of(key));
        for (int i = 0; i < n->height; i++) {
            n->next[i] = path[i]->next[i];
            path[i]->next[i] = n;
        }
    }
    n->newest = version_new(value, at, n->newest);
    version *v = n->newest;
    while (v != NULL && v->at > oldest)
        v = v->older;
    if (v != NULL) { /* what `oldest` sees; nobody sees what is older */
        versions_free(v->older);
        v->older = NULL;
    }
}

bool ordered_value(const ordered_node *n, uint64_t at, str *value)
{
    const version *v = n->newest;
    while (v != NULL && v->at > at)
        v = v->older;
    if (v == NULL || !v->present)
        return false;
    *value = (str){v->bytes, v->n};
    return true;
}

bool ordered_get(const ordered *o, str key, uint64_t at, str *value)
{
    const ordered_node *n = find(o, key, NULL);
    return n != NULL && str_eq(n->key, key) && ordered_value(n, at, value);
}

const ordered_node *ordered_seek(const ordered *o, str key)
{
    return find(o, key, NULL);
}

const ordered_node *ordered_next(const ordered_node *n)
{
    return n->next[0];
}

str ordered_key(const ordered_node *n)
{
    return n->key;
}
