/* What the RocksDB engine does with files itself: the lock, the reserve, the logs before
 * opening. */
#ifndef QUAN_STORE_ROCKS_FILES_H
#define QUAN_STORE_ROCKS_FILES_H

#include "base/buf.h"
#include "base/result.h"

/* Makes the directory (not its parents) and takes its lock, which ends with the process or with
 * close(*fd). R_IN_USE, R_IO, R_STORAGE_FULL. */
MUST_USE result files_lock(const char *directory, int *fd, buf *why);

/* A file that only holds space: given up when the disk is full, so that the store can be opened
 * again; had again, it proves that there is space. */
bool files_reserve(const char *directory);
void files_reserve_drop(const char *directory);
/* Is there what opening writes at once? Less than that RocksDB does not survive. */
bool files_can_open(const char *directory);
bool files_space_is_low(const char *directory);

/* Syncs the write-ahead logs: what is in them may be acknowledged after it. R_DONE, R_IO. */
MUST_USE result files_sync_logs(const char *directory);

#endif
