/* Asking ahead: see uow_ahead in domain/uow.h.
 *
 * Invariant: what comes so enters the identity map as what is committed under its key, or that
 * nothing is, and nothing else; an entry that is known already stays as it is. */
#include "domain/link.h"
#include "domain/row_fields.h"
#include "store/unit.h"

bool uow_asks_ahead(const uow *u)
{
    return u->engine->far || u->random != NULL;
}

static void *named_by(uow *u, const row_link *l, const void *key, const void *from)
{
    uint64_t name = column_load(row_link_says(l), from);
    if (name == 0)
        return NULL;
    void *whole = arena_copy(u->memory, key, l->of->record.size, 1);
    column_store(row_link_named(l), whole, name);
    return uow_get(u, l->of, whole);
}

void *uow_ahead(uow *u, row_link_id which, const void *key, const void *from_key)
{
    const row_link *l = &row_links[which];
    const void *from = uow_get(u, l->from, from_key);
    if (from != NULL)
        return named_by(u, l, key, from);
    unit_key k;
    unit_entry *e = unit_entry_at(u, l->from, unit_key_of(&k, l->from, from_key));
    if (u->engine->far && e->state == ENTRY_WANTED) {
        unit_link *more = unit_list_add(u, &u->links, sizeof(unit_link));
        *more = (unit_link){which, e, arena_copy(u->memory, key, l->of->record.size, 1)};
    }
    return NULL;
}

link_item *unit_links_wanted(uow *u, size_t *n)
{
    const unit_link *links = u->links.items;
    link_item *items = ARENA_ARRAY(u->memory, link_item, u->links.n);
    *n = 0;
    for (size_t i = 0; i < u->links.n; i++) {
        const unit_link *link = &links[i];
        const table *t = row_links[link->which].of;
        if (link->from->state != ENTRY_WANTED)
            continue; /* an act has brought it meanwhile */
        void *row = engine_row_new(u->memory, t);
        memcpy(row, link->key, t->record.size);
        items[(*n)++] = (link_item){
            .which = link->which, .from_key = link->from->key, .from = link->from->row, .row = row};
    }
    u->links.n = 0;
    return items;
}

void unit_link_loaded(uow *u, const link_item *item)
{
    unit_key k;
    const table *t = row_links[item->which].of;
    if (item->outcome != R_DONE || !item->named)
        return;
    unit_entry *e = unit_entry_at(u, t, unit_key_of(&k, t, item->row));
    if (e->state == ENTRY_UNREAD || e->state == ENTRY_WANTED)
        unit_entry_known(u, e, item->found ? item->row : NULL);
}
