/* Texts of stored rows, column by column: where a name is, whatever table it is in. */
#ifndef QUAN_TEST_ROW_TEXTS_H
#define QUAN_TEST_ROW_TEXTS_H

#include "test/lib/domain_fixture.h"

/* place: "table.column", or "table.list.column". */
typedef void row_text_see(void *context, const char *place);
/* Each text column of each table, once. */
void row_texts_columns(row_text_see *see, void *context);

typedef struct row_texts {
    const str *names;
    size_t n;
    row_text_see
        *see; /* for each text of a row that has one of the names in it; NULL: only counted */
    void *context;
} row_texts;
/* Looks at all committed rows; how many texts have one. */
size_t row_texts_find(fix *f, const row_texts *what);

#endif
