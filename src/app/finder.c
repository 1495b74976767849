/* The owner of the index over templates: puts changes into it and merges it aside.
 *
 * Invariants: the index that readers take is never changed; exchanging it takes a lock that is held
 * for nothing else. An index that a merge has replaced is freed by the merging thread, because
 * freeing a large segment takes as long as reading it; readers, who may hold it a little longer,
 * never do. */
#include <stdlib.h>

#include "app/inner.h"
#include "domain/find/find.h"
#include "port/metric.h"

struct finder {
    pthread_mutex_t lock; /* guards the pointer: exchanging it and taking a share */
    find_index *newest;
    size_t kept;         /* segments that are being merged; with publish_lock */
    find_index *retired; /* replaced by the last merge; the merging thread's */
};

finder *finder_new(void)
{
    finder *f = calloc(1, sizeof(*f)); /* finder_free frees it */
    CHECK(f != NULL);
    CHECK(pthread_mutex_init(&f->lock, NULL) == 0);
    f->newest = find_empty();
    return f;
}

void finder_free(finder *f)
{
    find_free(f->newest);
    find_free(f->retired);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
}

const find_index *app_find_index(app *a)
{
    (void)pthread_mutex_lock(&a->finder->lock);
    const find_index *x = find_share(a->finder->newest);
    (void)pthread_mutex_unlock(&a->finder->lock);
    return x;
}

static void measure(const find_index *x)
{
    find_figures figures;
    find_measure(x, &figures);
    metric_set(METRIC_FIND_TEMPLATES, (int64_t)figures.templates);
    metric_set(METRIC_FIND_SEGMENTS, (int64_t)figures.segments);
    metric_set(METRIC_FIND_TERMS, (int64_t)figures.terms);
    metric_set(METRIC_FIND_BYTES, (int64_t)figures.bytes);
}

/* Gives the one before. */
static find_index *exchange(finder *f, find_index *next)
{
    (void)pthread_mutex_lock(&f->lock);
    find_index *before = f->newest;
    f->newest = next;
    (void)pthread_mutex_unlock(&f->lock);
    measure(next);
    return before;
}

void finder_put(finder *f, const config *c, const config_template *const *templates, size_t n)
{
    find_free(exchange(f, find_with(f->newest, c, templates, n, f->kept)));
}

enum { PAGE = 256 };

typedef struct gathered {
    const config_template **items;
    size_t n, capacity;
} gathered;

static void gather_campaign(gathered *to, const config *c, uint64_t campaign_id)
{
    const config_template *page[PAGE];
    uint64_t after = 0;
    for (size_t n = PAGE; n == PAGE;) {
        n = config_templates(c, campaign_id, after, PAGE, page);
        if (to->n + n > to->capacity) {
            to->capacity = to->capacity * 2 + PAGE;
            /* finder_put_all frees */
            to->items = realloc(to->items, to->capacity * sizeof(*to->items));
            CHECK(to->items != NULL);
        }
        for (size_t i = 0; i < n; i++) {
            after = page[i]->row->id;
            to->items[to->n++] = page[i];
        }
    }
}

static void gather_merchant(gathered *to, const config *c, uint64_t merchant_id)
{
    const config_campaign *page[PAGE];
    uint64_t after = 0;
    for (size_t n = PAGE; n == PAGE;) {
        n = config_campaigns(c, merchant_id, after, PAGE, page);
        for (size_t i = 0; i < n; i++) {
            after = page[i]->row->id;
            gather_campaign(to, c, after);
        }
    }
}

void finder_put_all(finder *f, const config *c)
{
    const config_merchant *page[PAGE];
    gathered all = {0};
    uint64_t after = 0;
    for (size_t n = PAGE; n == PAGE;) {
        n = config_merchants(c, after, PAGE, page);
        for (size_t i = 0; i < n; i++) {
            after = page[i]->row->id;
            gather_merchant(&all, c, after);
        }
    }
    finder_put(f, c, all.items, all.n);
    free(all.items);
}

void app_merge_index(app *a)
{
    finder *f = a->finder;
    if (f->retired != NULL && !find_is_last(f->retired)) {
        return; /* somebody still reads it */
    }
    find_free(f->retired);
    f->retired = NULL;
    (void)pthread_mutex_lock(&a->publish_lock);
    find_merger *m = find_merge(f->newest);
    f->kept = m == NULL ? 0 : find_merge_kept(m);
    (void)pthread_mutex_unlock(&a->publish_lock);
    if (m == NULL) {
        return;
    }
    find_merge_build(m);
    (void)pthread_mutex_lock(&a->publish_lock);
    f->retired = exchange(f, find_merged(f->newest, m));
    f->kept = 0;
    (void)pthread_mutex_unlock(&a->publish_lock);
}
