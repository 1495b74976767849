/* The servers that one address names: postgres://u@db1:5432,db2:5433/name has two. libpq would take
 * the first that answers; which of them is the primary of today is ours to say. */
#ifndef QUAN_STORE_PG_HOSTS_H
#define QUAN_STORE_PG_HOSTS_H

#include "store/pg/conn.h"

enum { HOSTS_MAX = 8 };

typedef struct hosts {
    size_t n;                /* 1: as the address says, whatever that is */
    conn_host at[HOSTS_MAX]; /* where n > 1 */
    char *text;              /* that they point into */
} hosts;

void hosts_read(hosts *h, const char *url);
void hosts_free(hosts *h);
/* NULL: as the address says. */
const conn_host *hosts_at(const hosts *h, size_t i);

#endif
