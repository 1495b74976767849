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
        cell->n = 0;
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
