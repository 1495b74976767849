/* Backups: a consistent copy of the store in a directory of its own, made while it serves, and
 * back.
 *
 *   DIR/store/…       the store's files as of one moment
 *   DIR/SHA256SUMS    written last: their digests (`sha256sum -c SHA256SUMS` checks them, too), and
 *                     how many there are
 * A backup without its SHA256SUMS is not finished and is refused, as is one with a file that is
 * missing, changed or not listed. On the file system of the store, files are hard links, so a
 * backup there takes hardly any time or space until the store moves on; it is on the same disk,
 * too. */
#ifndef QUAN_APP_BACKUP_H
#define QUAN_APP_BACKUP_H

#include "app/app.h"

typedef struct backup_report {
    uint64_t files, bytes;
} backup_report;

/* Bytes read so far, of how many (0: not known). False ends the work with R_DRAINING. */
typedef struct backup_watch {
    void *context;
    bool (*progress)(void *context, uint64_t bytes, uint64_t total);
} backup_watch;

/* What may be refused, with a sentence in *why:
 *   R_INVALID      the directory is not empty (to), or not a finished backup (from)
 *   R_CORRUPT      the backup is damaged: a file is missing, changed or not listed
 *   R_IO, R_STORAGE_FULL, R_NOT_FOUND, R_DRAINING */

/* watch may be NULL. What ends otherwise than well, or is broken off, leaves an empty directory. */
MUST_USE result backup_make(app *a, str to, const backup_watch *watch, backup_report *out,
                            buf *why);
MUST_USE result backup_check(str from, const backup_watch *watch, backup_report *out, buf *why);

/* Copies a backup to `data`, which must be empty or missing, checks every byte on the way, opens
 * the copy as `open` says (path and lanes are not read) and only then gives it the name. What is
 * broken off leaves `data` as it was. */
typedef struct backup_restore {
    str from, data;
    const app_options *open;
    const backup_watch *watch; /* may be NULL */
} backup_restore;
MUST_USE result backup_bring_back(const backup_restore *r, backup_report *out, buf *why);

#endif
