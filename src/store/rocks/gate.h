/* A gate that many pass at once and one may close: who closes it waits until all are out, and those
 * who come meanwhile wait until it opens. A thread that is inside may enter again, also while the
 * gate is closing: a reader that opens a second snapshot cannot deadlock. */
#ifndef QUAN_STORE_ROCKS_GATE_H
#define QUAN_STORE_ROCKS_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    _Atomic unsigned inside;
    _Atomic bool closed;
} gate;

void gate_init(gate *g);
void gate_free(gate *g);
void gate_enter(gate *g);
void gate_leave(gate *g); /* on the thread that entered */
void gate_close(gate *g); /* not from inside */
void gate_open(gate *g);

#endif
