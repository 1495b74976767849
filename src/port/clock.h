/* The two clocks. The wall clock may step in either direction; the monotonic one never goes back
 * and says nothing about dates. Thread-safe. */
#ifndef QUAN_PORT_CLOCK_H
#define QUAN_PORT_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void);      /* since 1970-01-01T00:00:00Z */
int64_t clock_monotonic_ms(void); /* since an arbitrary point, the same for the whole process */
int64_t clock_monotonic_ns(void);

#endif
