/* Files and directories: see port/disk.h. */
#include "port/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 20, DIRECTORY_MODE = 0750, FILE_MODE = 0640, SHA256_BYTES = 32 };

typedef struct path {
    char z[DISK_PATH_MAX];
} path;

static bool path_of(path *p, str text)
{
    if (text.n == 0 || text.n >= sizeof(p->z) || memchr(text.p, '\0', text.n) != NULL)
        return false;
    memcpy(p->z, text.p, text.n);
    p->z[text.n] = '\0';
    return true;
}

/* errno as a result. */
static result because(buf *why, const char *what, str of)
{
    int error = errno;
    buf_printf(why, "%s %.*s: %s", what, STR_ARG(of), strerrordesc_np(error));
    if (error == ENOSPC || error == EDQUOT)
        return R_STORAGE_FULL;
    return error == ENOENT || error == ENOTDIR ? R_NOT_FOUND : R_IO;
}

static result bad_path(buf *why, str of)
{
    errno = ENAMETOOLONG;
    return because(why, "cannot use", of);
}

/* ---- directories ---- */

bool disk_is_there(str text)
{
    path p;
    struct stat is;
    return path_of(&p, text) && lstat(p.z, &is) == 0;
}

bool disk_is_empty(str directory)
{
    path p;
    DIR *d = path_of(&p, directory) ? opendir(p.z) : NULL;
    if (d == NULL)
        return true;
    bool empty = true;
    for (const struct dirent *e; empty && (e = readdir(d)) != NULL;)
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    (void)closedir(d);
    return empty;
}

result disk_make_directory(str text, buf *why)
{
    path p;
    if (!path_of(&p, text))
        return bad_path(why, text);
    for (char *at = p.z + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        MAYBE(mkdir(p.z, DIRECTORY_MODE) == 0); /* the last one tells */
        *at = '/';
    }
    struct stat is;
    if (mkdir(p.z, DIRECTORY_MODE) != 0 && errno != EEXIST)
        return because(why, "cannot make", text);
    if (stat(p.z, &is) != 0)
        return because(why, "cannot look at", text);
    errno = ENOTDIR;
    return S_ISDIR(is.st_mode) ? R_DONE : because(why, "cannot use", text);
}

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

result disk_list(str directory, arena *memory, disk_names *out, buf *why)
{
    path p;
    *out = (disk_names){0};
    if (!path_of(&p, directory))
        return bad_path(why, directory);
    DIR *d = opendir(p.z);
    if (d == NULL)
        return because(why, "cannot read", directory);
    size_t room = 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (out->n == room) {
            room = room == 0 ? 64 : room * 2;
            str *grown = ARENA_ARRAY(memory, str, room);
            if (out->n > 0)
                memcpy(grown, out->items, out->n * sizeof(*grown));
            out->items = grown;
        }
        out->items[out->n++] = arena_str(memory, str_of(e->d_name));
    }
    (void)closedir(d);
    if (out->n > 1)
        qsort(out->items, out->n, sizeof(str), by_bytes);
    return R_DONE;
}

static bool sync_parent(const char *z)
{
    path p;
    CHECK(path_of(&p, str_of(z)));
    size_t n = strlen(p.z);
    while (n > 1 && p.z[n - 1] == '/') /* "a/b/" lies in "a" */
        n--;
    while (n > 0 && p.z[n - 1] != '/')
        n--;
    p.z[n] = '\0';
    int fd = open(n == 0 ? "." : p.z, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    return good;
}

result disk_rename(str from, str to, buf *why)
{
    path a, b;
    if (!path_of(&a, from) || !path_of(&b, to))
        return bad_path(why, to);
    if (rename(a.z, b.z) != 0)
        return because(why, "cannot rename to", to);
    return sync_parent(b.z) ? R_DONE : because(why, "cannot sync the directory of", to);
}

void disk_remove_flat(str directory)
{
    path p;
    DIR *d = path_of(&p, directory) ? opendir(p.z) : NULL;
    if (d == NULL)
        return;
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        MAYBE(unlinkat(dirfd(d), e->d_name, 0) == 0);
    (void)closedir(d);
    MAYBE(rmdir(p.z) == 0);
}

/* ---- files ---- */

static bool write_all(int fd, const char *at, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

static void hex_of(const unsigned char *bytes, char out[DISK_DIGEST_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

/* Reads `from` to its end into the digest, and into `to` where that is a file; 0 or errno. */
static int digest_stream(int from, int to, disk_digest *out)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    char *chunk = malloc(CHUNK); /* freed below */
    CHECK(digest != NULL && chunk != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1);
    out->bytes = 0;
    int error = 0;
    for (;;) {
        ssize_t n = read(from, chunk, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || (to >= 0 && !write_all(to, chunk, (size_t)n))) {
            error = errno;
            break;
        }
        if (n == 0)
            break;
        CHECK(EVP_DigestUpdate(digest, chunk, (size_t)n) == 1);
        out->bytes += (uint64_t)n;
    }
    unsigned char bytes[SHA256_BYTES];
    CHECK(EVP_DigestFinal_ex(digest, bytes, NULL) == 1);
    hex_of(bytes, out->sha256);
    EVP_MD_CTX_free(digest);
    free(chunk);
    return error;
}

result disk_digest_of(str text, disk_digest *out, buf *why)
{
    path p;
    if (!path_of(&p, text))
        return bad_path(why, text);
    int fd = open(p.z, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return because(why, "cannot read", text);
    int error = fsync(fd) != 0 ? errno : digest_stream(fd, -1, out);
    (void)close(fd);
    errno = error;
    return error == 0 ? R_DONE : because(why, "cannot read", text);
}

result disk_copy(str from, str to, disk_digest *out, buf *why)
{
    path a, b;
    if (!path_of(&a, from) || !path_of(&b, to))
        return bad_path(why, to);
    int source = open(a.z, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (source < 0)
        return because(why, "cannot read", from);
    int target = open(b.z, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    int error = target < 0 ? errno : digest_stream(source, target, out);
    if (error == 0 && fsync(target) != 0)
        error = errno;
    if (target >= 0 && close(target) != 0 && error == 0)
        error = errno;
    (void)close(source);
    errno = error;
    return error == 0 ? R_DONE : because(why, "cannot write", to);
}

result disk_write(str text_path, str text, buf *why)
{
    path p, beside;
    if (!path_of(&p, text_path) || text_path.n + 5 > sizeof(beside.z))
        return bad_path(why, text_path);
    (void)snprintf(beside.z, sizeof(beside.z), "%.*s.new", (int)text_path.n, p.z);
    int fd = open(beside.z, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    bool good = fd >= 0 && write_all(fd, text.p, text.n) && fsync(fd) == 0;
    int error = good ? 0 : errno;
    if (fd >= 0 && close(fd) != 0 && error == 0)
        error = errno;
    errno = error;
    if (error != 0 || rename(beside.z, p.z) != 0 || !sync_parent(p.z))
        return because(why, "cannot write", text_path);
    return R_DONE;
}

result disk_read(str text_path, size_t max, arena *memory, str *out, buf *why)
{
    path p;
    if (!path_of(&p, text_path))
        return bad_path(why, text_path);
    int fd = open(p.z, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return because(why, "cannot read", text_path);
    struct stat is;
    int error = fstat(fd, &is) != 0 ? errno : 0;
    if (error == 0 && (!S_ISREG(is.st_mode) || (uint64_t)is.st_size > max))
        error = EFBIG;
    size_t n = 0;
    char *bytes = error == 0 ? arena_alloc(memory, (size_t)is.st_size + 1) : NULL;
    while (error == 0 && n < (size_t)is.st_size) {
        ssize_t got = read(fd, bytes + n, (size_t)is.st_size - n);
        if (got < 0 && errno != EINTR)
            error = errno;
        if (got == 0)
            break;
        n += got > 0 ? (size_t)got : 0;
    }
    (void)close(fd);
    *out = (str){bytes, n};
    errno = error;
    return error == 0 ? R_DONE : because(why, "cannot read", text_path);
}

/* Its blocks are there before it is mapped: a hole on a full disk would be SIGBUS later. */
static int make_room(int fd, size_t bytes)
{
    struct stat is;
    if (fstat(fd, &is) != 0)
        return errno;
    if (is.st_size == (off_t)bytes)
        return 0;
    if (ftruncate(fd, 0) != 0)
        return errno;
    return posix_fallocate(fd, 0, (off_t)bytes);
}

result disk_map(str text_path, size_t bytes, void **out, buf *why)
{
    path p;
    if (!path_of(&p, text_path))
        return bad_path(why, text_path);
    int fd = open(p.z, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return because(why, "cannot open", text_path);
    /* The mapping keeps the open file, and that its lock, when fd is closed. */
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        (void)close(fd);
        buf_printf(why, "%.*s is in use by another process", STR_ARG(text_path));
        return R_IN_USE;
    }
    int error = make_room(fd, bytes);
    void *memory = MAP_FAILED;
    if (error == 0)
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (error == 0 && memory == MAP_FAILED)
        error = errno;
    (void)close(fd);
    errno = error;
    if (error != 0)
        return because(why, "cannot map", text_path);
    *out = memory;
    return R_DONE;
}

void disk_unmap(void *memory, size_t bytes)
{
    CHECK(munmap(memory, bytes) == 0);
}
