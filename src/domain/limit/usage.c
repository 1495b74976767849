/* Cells of usage rows: see usage.h. */
#include "domain/limit/usage.h"

#include "base/time.h"

int64_t usage_number(uint8_t period, int32_t day, int64_t at_ms)
{
    switch (period) {
    case LIMIT_PERIOD_DAY:
        return day;
    case LIMIT_PERIOD_WEEK:
        return day_week(day);
    case LIMIT_PERIOD_MONTH:
        return day_month(day);
    case LIMIT_PERIOD_ROLLING:
        return at_ms;
    default:
        return 0;
    }
}

static bool is_of(const usage_cell *cell, const usage_key *key)
{
    return cell->owner == key->owner && cell->measure == key->measure &&
           cell->period == key->period && cell->since_version == key->since_version;
}

/* The first cell of the key from index `from` on; row->cells.n when there is none. */
static size_t next_cell(const usage *row, const usage_key *key, size_t from)
{
    while (from < row->cells.n && !is_of(&row->cells.items[from], key))
        from++;
    return from;
}

bool usage_has(const usage *row, const usage_key *key)
{
    return row != NULL && next_cell(row, key, 0) < row->cells.n;
}

int64_t usage_count(const usage *row, const usage_key *key, int64_t number)
{
    if (row == NULL)
        return 0;
    size_t i = next_cell(row, key, 0);
    if (i == row->cells.n || row->cells.items[i].number < number)
        return 0;
    return row->cells.items[i].n;
}

int64_t usage_count_after(const usage *row, const usage_key *key, int64_t after_ms)
{
    int64_t sum = 0;
    if (row == NULL)
        return 0;
    for (size_t i = next_cell(row, key, 0); i < row->cells.n; i = next_cell(row, key, i + 1))
        if (row->cells.items[i].number > after_ms)
            sum += row->cells.items[i].n;
    return sum;
}

int64_t usage_falls_behind(const usage *row, const usage_key *key, int64_t after_ms, int64_t most)
{
    int64_t sum = usage_count_after(row, key, after_ms), behind = after_ms;
    if (row == NULL)
        return behind;
    /* Instants are in order. */
    for (size_t i = next_cell(row, key, 0); sum > most && i < row->cells.n;
         i = next_cell(row, key, i + 1)) {
        if (row->cells.items[i].number > after_ms) {
            sum -= row->cells.items[i].n;
            behind = row->cells.items[i].number;
        }
    }
    return behind;
}

static usage_cell *cells_copy(arena *memory, const usage *row, size_t more)
{
    usage_cell *cells = ARENA_ARRAY(memory, usage_cell, row->cells.n + more);
    if (row->cells.n > 0)
        memcpy(cells, row->cells.items, row->cells.n * sizeof(*cells));
    return cells;
}

/* Instants are appended in order, so the first two of the key are the oldest. */
static void merge_oldest(usage *row, const usage_key *key)
{
    size_t count = 0, first = next_cell(row, key, 0);
    for (size_t i = first; i < row->cells.n; i = next_cell(row, key, i + 1))
        count++;
    if (count <= USAGE_INSTANTS_MAX)
        return;
    usage_cell *oldest = &row->cells.items[first];
    usage_cell *next = &row->cells.items[next_cell(row, key, first + 1)];
    next->n += oldest->n;
    if (next->number < oldest->number)
        next->number = oldest->number; /* time had gone back */
    memmove(&row->cells.items[first], &row->cells.items[first + 1],
            (row->cells.n - first - 1) * sizeof(*row->cells.items));
    row->cells.n--;
}

/* The cell of the key that counts `number`: for rolling the one of that instant. */
static size_t cell_of(const usage *row, const usage_key *key, int64_t number)
{
    size_t i = next_cell(row, key, 0);
    if (key->period == LIMIT_PERIOD_ROLLING)
        while (i < row->cells.n && row->cells.items[i].number != number)
            i = next_cell(row, key, i + 1);
    return i;
}

/* A cell of the same count under a limit that was set before this one: nobody counts in it. */
static size_t dead_cell(const usage *row, const usage_key *key)
{
    size_t i = 0;
    for (; i < row->cells.n; i++) {
        const usage_cell *cell = &row->cells.items[i];
        usage_key older = *key;
        older.since_version = cell->since_version;
        if (cell->since_version != 0 && cell->since_version < key->since_version &&
            is_of(cell, &older))
            break;
    }
    return i;
}

/* One that begins: with what was given back of it before it has come (usage_unbring). */
static usage_cell *cell_made(arena *memory, usage *row, const usage_key *key, int64_t number)
{
    size_t i = dead_cell(row, key);
    row->cells.items = cells_copy(memory, row, i == row->cells.n ? 1 : 0);
    if (i == row->cells.n)
        row->cells.n++;
    row->cells.items[i] = (usage_cell){.owner = key->owner,
                                       .measure = key->measure,
                                       .period = key->period,
                                       .number = number,
                                       .n = usage_brought(row, key, number),
                                       .since_version = key->since_version};
    return &row->cells.items[i];
}

int64_t usage_add(arena *memory, usage *row, const usage_key *key, int64_t number, int64_t n)
{
    size_t i = cell_of(row, key, number);
    usage_cell *cell;
    if (i == row->cells.n) {
        cell = cell_made(memory, row, key, number);
    } else {
        row->cells.items = cells_copy(memory, row, 0);
        cell = &row->cells.items[i];
    }
    if (cell->number < number) {
        cell->number = number;
        cell->n = usage_brought(row, key, number);
    }
    cell->n += n;
    int64_t counted = cell->number;
    if (key->period == LIMIT_PERIOD_ROLLING)
        merge_oldest(row, key);
    return counted;
}

void usage_forget(arena *memory, usage *row, const usage_key *key, int64_t keep_after_ms)
{
    usage_cell *cells = cells_copy(memory, row, 0);
    size_t kept = 0;
    for (size_t i = 0; i < row->cells.n; i++)
        if (!is_of(&cells[i], key) || cells[i].number > keep_after_ms)
            cells[kept++] = cells[i];
    row->cells.items = cells;
    row->cells.n = kept;
}

void usage_remove(arena *memory, usage *row, const usage_key *key, int64_t number, int64_t n)
{
    size_t i = cell_of(row, key, number);
    if (i == row->cells.n || row->cells.items[i].number != number)
        return;
    row->cells.items = cells_copy(memory, row, 0);
    usage_cell *cell = &row->cells.items[i];
    cell->n = cell->n > n ? cell->n - n : 0;
}

/* ---- counts that go to another user ---- */

static usage_key key_of(const usage_cell *cell)
{
    return (usage_key){cell->owner, cell->measure, cell->period, cell->since_version};
}

static bool is_brought(const brought_cell *b, const usage_key *key, int64_t number)
{
    return b->owner == key->owner && b->measure == key->measure && b->period == key->period &&
           b->since_version == key->since_version && b->number == number;
}

/* The place of the key and period; the end of the list when there is none. */
static size_t brought_at(const usage *row, const usage_key *key, int64_t number)
{
    size_t i = 0;
    while (i < row->brought.n && !is_brought(&row->brought.items[i], key, number))
        i++;
    return i;
}

static void note(arena *memory, usage *row, const usage_cell *of, int64_t n, bool had)
{
    usage_key key = key_of(of);
    size_t at = brought_at(row, &key, of->number), count = row->brought.n;
    brought_cell *items = ARENA_ARRAY(memory, brought_cell, count + 1);
    if (count > 0)
        memcpy(items, row->brought.items, count * sizeof(*items));
    if (at == count) {
        items[at] = (brought_cell){.owner = of->owner,
                                   .measure = of->measure,
                                   .period = of->period,
                                   .number = of->number,
                                   .since_version = of->since_version,
                                   .had = had};
        row->brought.n++;
    }
    items[at].n += n;
    items[at].had = items[at].had && had;
    row->brought.items = items;
}

int64_t usage_here(const usage *row, const usage_key *key, int64_t number)
{
    size_t i = cell_of(row, key, number);
    return i == row->cells.n || row->cells.items[i].number != number ? 0 : row->cells.items[i].n;
}

bool usage_counts(const usage *row)
{
    for (size_t i = 0; row != NULL && i < row->cells.n; i++)
        if (row->cells.items[i].n != 0)
            return true;
    return false;
}

void usage_send(arena *memory, usage *row, const user_move *by, carried_usage *out)
{
    out->campaign = row->campaign;
    out->cells.items = ARENA_ARRAY(memory, usage_cell, row->cells.n);
    out->cells.n = 0;
    row->cells.items = cells_copy(memory, row, 0);
    row->gone_to = by->to;
    row->gone_by = by->id;
    for (size_t i = 0; i < row->cells.n; i++) {
        usage_cell *cell = &row->cells.items[i];
        if (cell->n == 0)
            continue;
        out->cells.items[out->cells.n++] = *cell;
        note(memory, row, cell, -cell->n, true);
        cell->n = 0;
    }
}

/* Has a limit that was set later, or a later period, begun the count here? What is counted without
 * a limit is never begun anew. */
static bool is_past(const usage *row, const usage_cell *cell)
{
    usage_key key = key_of(cell);
    if (key.since_version == 0)
        return false;
    for (size_t i = 0; i < row->cells.n; i++) {
        const usage_cell *here = &row->cells.items[i];
        usage_key same = key_of(here);
        same.since_version = key.since_version;
        if (!is_of(cell, &same))
            continue;
        if (here->since_version > key.since_version ||
            (here->since_version == key.since_version && here->number > cell->number))
            return true;
    }
    return false;
}

/* Instants of a key are in order; the one that was added may be behind later ones. */
static void order_instants(usage *row, const usage_key *key)
{
    usage_cell *cells = row->cells.items;
    for (size_t i = next_cell(row, key, 0); i < row->cells.n; i = next_cell(row, key, i + 1)) {
        for (size_t later = next_cell(row, key, i + 1); later < row->cells.n;
             later = next_cell(row, key, later + 1)) {
            if (cells[later].number >= cells[i].number)
                continue;
            usage_cell moved = cells[i];
            cells[i] = cells[later];
            cells[later] = moved;
        }
    }
}

/* Of a template, or (0) of the campaign: has there been a first coupon, or use? */
static bool has_first(const usage *row, uint64_t owner)
{
    usage_key claims = {owner, LIMIT_MEASURE_CLAIMS, LIMIT_PERIOD_EVER, 0};
    usage_key redemptions = {owner, LIMIT_MEASURE_REDEMPTIONS, LIMIT_PERIOD_EVER, 0};
    return usage_has(row, &claims) || usage_has(row, &redemptions);
}

void usage_bring(arena *memory, usage *row, const usage_cell *cells, size_t n)
{
    bool *had = ARENA_ARRAY(memory, bool, n);
    for (size_t i = 0; i < n; i++)
        had[i] = has_first(row, cells[i].owner);
    for (size_t i = 0; i < n; i++) {
        usage_key key = key_of(&cells[i]);
        if (!is_past(row, &cells[i]))
            (void)usage_add(memory, row, &key, cells[i].number, cells[i].n);
        note(memory, row, &cells[i], cells[i].n, had[i]);
        if (key.period == LIMIT_PERIOD_ROLLING)
            order_instants(row, &key);
    }
}

int64_t usage_brought(const usage *row, const usage_key *key, int64_t number)
{
    size_t at = row == NULL ? 0 : brought_at(row, key, number);
    return row == NULL || at == row->brought.n ? 0 : row->brought.items[at].n;
}

void usage_unbring(arena *memory, usage *row, const usage_key *key, int64_t number, int64_t n)
{
    usage_cell of = {key->owner, key->measure, key->period, number, 0, key->since_version};
    size_t i = cell_of(row, key, number);
    note(memory, row, &of, -n, true);
    if (n < 0 || i == row->cells.n || row->cells.items[i].number != number)
        return;
    row->cells.items = cells_copy(memory, row, 0);
    row->cells.items[i].n -= n;
}

bool usage_first_was_brought(const usage *row, uint64_t owner)
{
    for (size_t i = 0; row != NULL && i < row->brought.n; i++) {
        const brought_cell *b = &row->brought.items[i];
        bool first = b->measure == LIMIT_MEASURE_CLAIMS || b->measure == LIMIT_MEASURE_REDEMPTIONS;
        if (b->owner == owner && first && b->period == LIMIT_PERIOD_EVER && b->since_version == 0 &&
            !b->had)
            return true;
    }
    return false;
}
