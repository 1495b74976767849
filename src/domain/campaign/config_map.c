/* The persistent B+ tree.
 *
 * Invariants: keys of a node ascend; keys[i] of an inner node is at most every key under child i,
 * and child 0 takes what is smaller too. A node is changed only while this map alone has it: its
 * count is one, and so are those of all nodes above it. No deletion, so no merging. */
#include "domain/campaign/config_map.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { FANOUT = 32 };

typedef struct config_node {
    config_object head;
    uint16_t n; /* 1 … FANOUT */
    bool leaf;
    config_key keys[FANOUT];
    config_object *at[FANOUT]; /* a leaf's values, an inner node's nodes */
} config_node;

/* ---- counting ---- */

void config_object_init(config_object *o, void (*drop)(config_object *o))
{
    atomic_init(&o->references, 1);
    o->drop = drop;
}

void config_object_take(config_object *o)
{
    atomic_fetch_add_explicit(&o->references, 1, memory_order_relaxed);
}

void config_object_drop(config_object *o)
{
    unsigned before = atomic_fetch_sub_explicit(&o->references, 1, memory_order_acq_rel);
    CHECK(before > 0);
    if (before == 1) {
        o->drop(o);
    }
}

static void node_drop(config_object *o)
{
    config_node *node = (config_node *)o;
    for (size_t i = 0; i < node->n; i++) {
        config_object_drop(node->at[i]);
    }
    free(node);
}

/* ---- nodes ---- */

static config_node *node_new(bool leaf)
{
    config_node *node = malloc(sizeof(*node)); /* node_drop frees */
    CHECK(node != NULL);
    config_object_init(&node->head, node_drop);
    node->n = 0;
    node->leaf = leaf;
    return node;
}

static bool key_less(config_key a, config_key b)
{
    return a.owner != b.owner ? a.owner < b.owner : a.id < b.id;
}

static bool key_equal(config_key a, config_key b)
{
    return a.owner == b.owner && a.id == b.id;
}

/* The first entry that is not before the key; n when all are. */
static size_t node_seek(const config_node *node, config_key key)
{
    size_t low = 0;
    size_t high = node->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (key_less(node->keys[middle], key)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The child under which the key belongs. */
static size_t node_child(const config_node *node, config_key key)
{
    size_t i = node_seek(node, key);
    bool starts_there = i < node->n && key_equal(node->keys[i], key);
    return starts_there || i == 0 ? i : i - 1;
}

/* The node at *place as one that may be changed; whoever calls may change *place. */
static config_node *node_own(config_object **place)
{
    config_node *shared = (config_node *)*place;
    if (atomic_load_explicit(&shared->head.references, memory_order_acquire) == 1) {
        return shared;
    }
    config_node *own = node_new(shared->leaf);
    own->n = shared->n;
    memcpy(own->keys, shared->keys, shared->n * sizeof(shared->keys[0]));
    memcpy(own->at, shared->at, shared->n * sizeof(shared->at[0]));
    for (size_t i = 0; i < own->n; i++) {
        config_object_take(own->at[i]);
    }
    *place = &own->head;
    config_object_drop(&shared->head);
    return own;
}

static void node_insert(config_node *node, size_t i, config_key key, config_object *o)
{
    memmove(&node->keys[i + 1], &node->keys[i], (node->n - i) * sizeof(node->keys[0]));
    memmove(&node->at[i + 1], &node->at[i], (node->n - i) * sizeof(node->at[0]));
    node->keys[i] = key;
    node->at[i] = o;
    node->n++;
}

/* Inserts; gives the new right neighbour when the node was full, else NULL. At the end of the last
 * node the neighbour gets the new entry alone, so that ids which come in order leave full nodes. */
static config_node *node_add(config_node *node, size_t i, config_key key, config_object *o,
                             bool last)
{
    if (node->n < FANOUT) {
        node_insert(node, i, key, o);
        return NULL;
    }
    size_t half = last && i == FANOUT ? FANOUT : FANOUT / 2;
    config_node *right = node_new(node->leaf);
    right->n = (uint16_t)(FANOUT - half);
    memcpy(right->keys, &node->keys[half], right->n * sizeof(right->keys[0]));
    memcpy(right->at, &node->at[half], right->n * sizeof(right->at[0]));
    node->n = (uint16_t)half;
    if (i > half || half == FANOUT) {
        node_insert(right, i - half, key, o);
    } else {
        node_insert(node, i, key, o);
    }
    return right;
}

static config_node *leaf_put(config_node *leaf, config_key key, config_object *value, bool last)
{
    size_t i = node_seek(leaf, key);
    config_object_take(value);
    if (i < leaf->n && key_equal(leaf->keys[i], key)) {
        config_object_drop(leaf->at[i]);
        leaf->at[i] = value;
        return NULL;
    }
    return node_add(leaf, i, key, value, last);
}

/* Into a node that is owned; as node_add. `last`: no node of its level lies to the right. As deep
 * as the tree: some five levels at a million. */
static config_node *node_put(config_node *node, config_key key, config_object *value, bool last)
{
    if (node->leaf) {
        return leaf_put(node, key, value, last);
    }
    size_t i = node_child(node, key);
    bool last_child = last && i + 1 == node->n;
    config_node *right = node_put(node_own(&node->at[i]), key, value, last_child);
    if (key_less(key, node->keys[i])) {
        node->keys[i] = key;
    }
    return right == NULL ? NULL : node_add(node, i + 1, right->keys[0], &right->head, last);
}

/* ---- maps ---- */

config_map config_map_copy(const config_map *m)
{
    if (m->root != NULL) {
        config_object_take(&m->root->head);
    }
    return *m;
}

void config_map_free(config_map *m)
{
    if (m->root != NULL) {
        config_object_drop(&m->root->head);
    }
    m->root = NULL;
}

void config_map_put(config_map *m, config_key key, config_object *value)
{
    if (m->root == NULL) {
        m->root = node_new(true);
    }
    config_object *root = &m->root->head;
    config_node *left = node_own(&root);
    config_node *right = node_put(left, key, value, true);
    m->root = left;
    if (right != NULL) {
        m->root = node_new(false);
        node_insert(m->root, 0, left->keys[0], &left->head);
        node_insert(m->root, 1, right->keys[0], &right->head);
    }
}

const config_object *config_map_find(const config_map *m, config_key key)
{
    const config_node *node = m->root;
    if (node == NULL) {
        return NULL;
    }
    while (!node->leaf) {
        node = (const config_node *)node->at[node_child(node, key)];
    }
    size_t i = node_seek(node, key);
    return i < node->n && key_equal(node->keys[i], key) ? node->at[i] : NULL;
}

typedef struct map_scan {
    config_key after;
    size_t n, limit;
    config_map_visit *put;
    void *out;
} map_scan;

/* False when the scan is over. */
static bool scan_leaf(const config_node *leaf, map_scan *s)
{
    for (size_t i = node_seek(leaf, s->after); i < leaf->n; i++) {
        if (leaf->keys[i].owner != s->after.owner || s->n == s->limit) {
            return false;
        }
        if (leaf->keys[i].id > s->after.id) {
            s->put(s->out, s->n++, leaf->at[i]);
        }
    }
    return true;
}

static bool scan_node(const config_node *node, map_scan *s)
{
    if (node->leaf) {
        return scan_leaf(node, s);
    }
    for (size_t i = node_child(node, s->after); i < node->n; i++) {
        if (!scan_node((const config_node *)node->at[i], s)) {
            return false;
        }
    }
    return true;
}

size_t config_map_scan(const config_map *m, config_key after, size_t limit, config_map_visit *put,
                       void *out)
{
    map_scan s = {.after = after, .limit = limit, .put = put, .out = out};
    if (m->root != NULL) {
        (void)scan_node(m->root, &s);
    }
    return s.n;
}
