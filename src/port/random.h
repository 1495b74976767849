/* Unpredictable bytes from the operating system's generator. Thread-safe; never fails (a machine
 * that cannot give randomness stops the process). A call costs a system call: seed your own
 * generator where secrecy does not matter. */
#ifndef QUAN_PORT_RANDOM_H
#define QUAN_PORT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *out, size_t n);
uint64_t random_u64(void);

#endif
