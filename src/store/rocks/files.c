/* Files beside RocksDB's own in a data directory: see files.h. RocksDB leaves names that it
 * does not know alone. */
#include "store/rocks/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    RESERVE_BYTES = 16 * 1024 * 1024,
    OPEN_BYTES = 2 * 1024 * 1024,
    /* Below this no commit is begun: RocksDB still has memory to flush. */
    SPACE_LOW_BYTES = 32 * 1024 * 1024,
    DIRECTORY_MODE = 0750,
    FILE_MODE = 0640,
};

static bool path_in(char out[PATH_MAX], const char *directory, const char *name)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", directory, name);
    return n > 0 && n < PATH_MAX;
}

static result because(buf *why, const char *what, const char *path)
{
    int error = errno;
    buf_printf(why, "%s %s: %s", what, path, strerrordesc_np(error));
    return error == ENOSPC || error == EDQUOT ? R_STORAGE_FULL : R_IO;
}

result files_lock(const char *directory, int *fd, buf *why)
{
    char path[PATH_MAX];
    if (!path_in(path, directory, "lock")) {
        buf_printf(why, "the path of the data directory is too long");
        return R_IO;
    }
    if (mkdir(directory, DIRECTORY_MODE) != 0 && errno != EEXIST)
        return because(why, "cannot make the data directory", directory);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (*fd < 0)
        return because(why, "cannot open", path);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return R_DONE;
    result r = R_IN_USE;
    if (errno == EWOULDBLOCK)
        buf_printf(why, "another process has the data directory %s open", directory);
    else
        r = because(why, "cannot lock", path);
    close(*fd);
    *fd = -1;
    return r;
}

/* Makes the file hold n bytes of space; else it is gone. */
static bool hold(const char *directory, const char *name, off_t n)
{
    char path[PATH_MAX];
    if (!path_in(path, directory, name))
        return false;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return false;
    int error = posix_fallocate(fd, 0, n);
    close(fd);
    if (error != 0)
        unlink(path);
    return error == 0;
}

bool files_reserve(const char *directory)
{
    return hold(directory, "reserve", RESERVE_BYTES);
}

bool files_can_open(const char *directory)
{
    char path[PATH_MAX];
    bool can = hold(directory, "probe", OPEN_BYTES) && path_in(path, directory, "probe");
    if (can)
        unlink(path);
    return can;
}

void files_reserve_drop(const char *directory)
{
    char path[PATH_MAX];
    if (path_in(path, directory, "reserve"))
        unlink(path);
}

bool files_space_is_low(const char *directory)
{
    struct statvfs s;
    if (statvfs(directory, &s) != 0)
        return false;
    return (unsigned __int128)s.f_bavail * s.f_frsize < SPACE_LOW_BYTES;
}

static bool is_log(const char *name)
{
    return str_ends(str_of(name), S(".log"));
}

result files_sync_logs(const char *directory)
{
    DIR *d = opendir(directory);
    if (d == NULL)
        return errno == ENOENT ? R_DONE : R_IO;
    result r = R_DONE;
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (!is_log(e->d_name))
            continue;
        int fd = openat(dirfd(d), e->d_name, O_RDWR | O_CLOEXEC);
        if (fd < 0 || fdatasync(fd) != 0)
            r = R_IO;
        if (fd >= 0)
            close(fd);
    }
    closedir(d);
    return r;
}
