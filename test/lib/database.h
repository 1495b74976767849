/* Databases for tests of the PostgreSQL engine, in one throw-away server a program, which starts
 * with the first of them and ends with the program. QUAN_PG_URL names a server that is there
 * already: a database whose user may create others.
 *
 * A database is emptied when it is taken, not made anew: that is some hundred times quicker. */
#ifndef QUAN_TEST_DATABASE_H
#define QUAN_TEST_DATABASE_H

#include <stdint.h>

enum { DATABASES_MAX = 16, DATABASE_URL_MAX = 400 };

/* An empty one, for as long as it is not given back. */
const char *database_take(void);
void database_give(const char *url);
/* Runs SQL in it: what fails ends the test. */
void database_run(const char *url, const char *sql);
/* The one number that this SELECT gives. */
int64_t database_number(const char *url, const char *sql);

#endif
