/* Rows of failed tries (domain/code/guess.h): each is where its hash says and agrees with itself,
 * and the sweep will look at it. */
#include <stdio.h>

#include "app/verify_part.h"
#include "domain/code/guess.h"

enum { GUESS_DUE, GUESS_ENTRY, GUESS_VALUES };

typedef struct guess_name {
    uint64_t hi, lo;
} guess_name;

static str name_text(guess_name name, char out[48])
{
    int n = snprintf(out, 48, "%016llx%016llx", (unsigned long long)name.hi,
                     (unsigned long long)name.lo);
    return (str){out, (size_t)n};
}

static int64_t *found_at(const verify *v, guess_name name)
{
    return verify_map_find(v->guesses, (str){(const char *)&name, sizeof(name)});
}

static bool is_named(const code_guesses *row)
{
    return guesser_name(row->guesser).n > 0 &&
           (row->guesser == GUESSER_MERCHANT) == (row->name.n == 0);
}

static void see_row(verify *v, verify_group *g, const void *stored)
{
    MAYBE(g);
    const code_guesses *row = stored;
    guess_name name = {row->hi, row->lo};
    char text[48];
    verify_what w = {.check = "guesses", .subject = name_text(name, text)};
    verify_must(v, &w, "the slot of its hash", row->slot == slot_of_hash(row->hi));
    verify_must(v, &w, "a user, an address or a merchant", is_named(row));
    verify_must(v, &w, "its merchant is there",
                config_find_merchant(v->view.config, row->merchant) != NULL);
    verify_must(v, &w, "tries, and a lock for each time",
                (row->tries > 0 || row->locks == 0) &&
                    (row->locks == 0) == (row->locked_until_ms == 0));
    verify_must(v, &w, "is kept as long as it says something",
                row->over_at_ms >= row->clear_at_ms && row->over_at_ms >= row->locked_until_ms);
    verify_map_at(v->guesses, (str){(const char *)&name, sizeof(name)})[GUESS_DUE] = row->due_at_ms;
}

static void see_due(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const due_block *b = row;
    for (size_t i = 0; b->kind == DUE_KIND_GUESSES && i < b->entries.n; i++) {
        const due_entry *e = &b->entries.items[i];
        int64_t *found = found_at(v, (guess_name){e->id, e->lo});
        if (found != NULL && b->at_ms + e->after_ms == found[GUESS_DUE])
            found[GUESS_ENTRY]++;
    }
}

result verify_guesses(verify *v)
{
    v->guesses = verify_map_new(GUESS_VALUES);
    result r = verify_each(v, NULL, &code_guesses_table, see_row);
    v->again = true;
    if (r == R_DONE)
        r = verify_each(v, NULL, &due_block_table, see_due);
    v->again = false;
    for (size_t i = 0; i < verify_map_count(v->guesses) && r == R_DONE; i++) {
        str key;
        const int64_t *found = verify_map_item(v->guesses, i, &key);
        guess_name name;
        char text[48];
        memcpy(&name, key.p, sizeof(name));
        verify_what w = {.check = "guesses", .subject = name_text(name, text)};
        verify_must(v, &w, "a due entry", found[GUESS_ENTRY] > 0);
    }
    verify_map_free(v->guesses);
    return r;
}
