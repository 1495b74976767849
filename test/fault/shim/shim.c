/* A disk that fails on demand: see shim.h. The functions have libc's names and do the system calls
 * themselves. */
#include "test/fault/shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

_Atomic(fault_control *) fault_now;

__attribute__((constructor)) static void attach(void)
{
    const char *path = getenv("QUAN_FAULT");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *p = mmap(NULL, sizeof(fault_control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    fault_now = p == MAP_FAILED ? NULL : p;
    close(fd);
}

static bool is_under(const char *path)
{
    size_t n = strlen(fault_now->under);
    return n > 0 && strncmp(path, fault_now->under, n) == 0;
}

static bool concerns(int fd)
{
    if (fault_now == NULL || fault_now->under[0] == 0)
        return false;
    char link[32], path[FAULT_UNDER_MAX];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof(path) - 1);
    if (n <= 0)
        return false;
    path[n] = 0;
    return is_under(path);
}

static int refuse(int error)
{
    atomic_fetch_add(&fault_now->failed, 1);
    errno = error;
    return -1;
}

/* How much of n there is room for. */
static size_t take_space(size_t n)
{
    if (!atomic_load(&fault_now->counts_space))
        return n;
    int64_t left = atomic_load(&fault_now->space_left), taken;
    do {
        taken = left < (int64_t)n ? (left > 0 ? left : 0) : (int64_t)n;
    } while (!atomic_compare_exchange_weak(&fault_now->space_left, &left, left - taken));
    return (size_t)taken;
}

/* The number of bytes to write, or -1 with errno. */
static ssize_t admit_write(int fd, size_t n)
{
    if (!concerns(fd))
        return (ssize_t)n;
    atomic_fetch_add(&fault_now->writes, 1);
    int error = atomic_load(&fault_now->write_error);
    if (error != 0 && atomic_fetch_sub(&fault_now->writes_left, 1) <= 0)
        return refuse(error);
    size_t taken = take_space(n);
    return taken == 0 && n > 0 ? refuse(ENOSPC) : (ssize_t)taken;
}

static int admit_sync(int fd)
{
    if (!concerns(fd))
        return 0;
    atomic_fetch_add(&fault_now->syncs, 1);
    int error = atomic_load(&fault_now->sync_error);
    return error != 0 && atomic_fetch_sub(&fault_now->syncs_left, 1) <= 0 ? refuse(error) : 0;
}

ssize_t write(int fd, const void *p, size_t n)
{
    ssize_t admitted = admit_write(fd, n);
    return admitted < 0 ? -1 : syscall(SYS_write, fd, p, (size_t)admitted);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    ssize_t admitted = admit_write(fd, n);
    return admitted < 0 ? -1 : syscall(SYS_pwrite64, fd, p, (size_t)admitted, at);
}

int fdatasync(int fd)
{
    return admit_sync(fd) != 0 ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return admit_sync(fd) != 0 ? -1 : (int)syscall(SYS_fsync, fd);
}

int posix_fallocate(int fd, off_t at, off_t n)
{
    if (concerns(fd)) {
        struct stat s;
        int64_t have = fstat(fd, &s) == 0 ? s.st_size : 0;
        int64_t more = at + n > have ? at + n - have : 0;
        if (atomic_load(&fault_now->counts_space)) {
            if (atomic_load(&fault_now->space_left) < more) {
                refuse(ENOSPC);
                return ENOSPC;
            }
            atomic_fetch_sub(&fault_now->space_left, more);
        }
    }
    return syscall(SYS_fallocate, fd, 0, at, n) == 0 ? 0 : errno;
}

static bool is_reserve(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && strcmp(slash, "/reserve") == 0;
}

int unlink(const char *path)
{
    struct stat s;
    bool counted = fault_now != NULL && is_under(path) && stat(path, &s) == 0 && s.st_nlink == 1;
    int r = (int)syscall(SYS_unlink, path);
    if (r == 0 && counted && (!atomic_load(&fault_now->keeps_space) || is_reserve(path)))
        atomic_fetch_add(&fault_now->space_left, s.st_size);
    return r;
}
