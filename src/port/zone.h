/* Time zones by IANA name, as the tables that base/time.h computes with.
 *
 * A table has every change of the UTC offset from 1970 through 2100, from the machine's tz
 * database. It is made once, never changes and is never freed: an update of the database counts
 * from the next start on. Thread-safe. */
#ifndef QUAN_PORT_ZONE_H
#define QUAN_PORT_ZONE_H

#include "base/str.h"
#include "base/time.h"

enum { ZONE_CACHE_MAX = 1024 };

const zone *zone_find(str name); /* exact case ("Asia/Shanghai"); NULL when it is not a zone */

#endif
