/* Deep copies of rows into one block: measured first, then filled by the same walk.
 *
 * Led by the description of the record, so a new column needs no code here. An arena for each row
 * was rejected: its first block alone is larger than most rows. */
#include "domain/campaign/config_row.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

static size_t aligned(size_t n)
{
    size_t to = alignof(max_align_t);
    return (n + to - 1) / to * to;
}

/* The rest of a block; at is NULL while measuring. */
typedef struct space {
    char *at;
    size_t used;
} space;

static char *space_copy(space *s, const void *from, size_t n)
{
    char *to = NULL;
    if (s->at != NULL && n > 0) {
        to = s->at + s->used;
        memcpy(to, from, n);
    }
    s->used += aligned(n);
    return to;
}

static void copy_columns(const record_type *type, const char *from, char *to, space *s);

static void copy_list(const record_type *element, const char *from, char *to, space *s)
{
    list items;
    memcpy(&items, from, sizeof(items));
    char *copies = space_copy(s, items.items, items.n * element->size);
    for (size_t i = 0; i < items.n; i++) {
        size_t offset = i * element->size;
        copy_columns(element, (const char *)items.items + offset,
                     copies == NULL ? NULL : copies + offset, s);
    }
    if (to != NULL) {
        items.items = copies;
        memcpy(to, &items, sizeof(items));
    }
}

/* `to` is a shallow copy of `from`, or NULL while measuring; gives it text and lists of its own. */
static void copy_columns(const record_type *type, const char *from, char *to, space *s)
{
    for (size_t i = 0; i < type->n; i++) {
        const column *c = &type->columns[i];
        char *place = to == NULL ? NULL : to + c->offset;
        if (c->type == COLUMN_LIST) {
            copy_list(c->element, from + c->offset, place, s);
        } else if (c->type == COLUMN_STR) {
            str text;
            memcpy(&text, from + c->offset, sizeof(text));
            text.p = space_copy(s, text.p, text.n);
            if (place != NULL) {
                memcpy(place, &text, sizeof(text));
            }
        }
    }
}

void *config_row_new(size_t head_size, const record_type *type, const void *record, void **copy)
{
    size_t head = aligned(head_size);
    space measure = {0};
    copy_columns(type, record, NULL, &measure);
    size_t fixed = head + aligned(type->size);
    char *block = calloc(1, fixed + measure.used); /* the caller frees */
    CHECK(block != NULL);
    char *row = block + head;
    memcpy(row, record, type->size);
    space rest = {.at = block + fixed};
    copy_columns(type, record, row, &rest);
    CHECK(rest.used == measure.used);
    *copy = row;
    return block;
}
