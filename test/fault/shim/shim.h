/* A disk that fails on demand: stands between a program and libc's writes and syncs.
 *
 * Either compiled into a test (it includes shim.c and sets fault_now), or preloaded:
 *   cc -shared -fPIC -I. -D_GNU_SOURCE -o libfault.so test/fault/shim/shim.c
 *   QUAN_FAULT=control LD_PRELOAD=./libfault.so quan serve …
 * where `control` is a file of sizeof(fault_control) bytes that the test maps and writes. Only
 * files below `under` are touched. Space is counted, not measured: writes and posix_fallocate
 * take it, unlink gives it back; so a full disk is the same every time. */
#ifndef QUAN_TEST_FAULT_SHIM_H
#define QUAN_TEST_FAULT_SHIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { FAULT_UNDER_MAX = 512 };

typedef struct fault_control {
    char under[FAULT_UNDER_MAX]; /* a directory; empty: nothing fails */
    _Atomic bool counts_space;   /* is space_left looked at? */
    _Atomic bool keeps_space;    /* what is unlinked gives no space back, but a "reserve" does */
    _Atomic int64_t space_left;  /* bytes; below what is asked: ENOSPC, after a partial write */
    _Atomic int sync_error;      /* errno of syncs, once syncs_left is used up; 0: none */
    _Atomic int64_t syncs_left;
    _Atomic int write_error; /* errno of writes, once writes_left is used up; 0: none */
    _Atomic int64_t writes_left;
    _Atomic uint64_t syncs, writes, failed; /* what happened */
} fault_control;

extern _Atomic(fault_control *) fault_now; /* NULL: nothing fails */

#endif
