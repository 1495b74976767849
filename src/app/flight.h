/* Many acts at once from one thread, with a bound: a window of calls that are on their way.
 *
 * flight_call gives a blank call (waiting for one to come back when the window is full);
 * flight_send submits it; what comes back is handed to `landed` on the thread that flies, from
 * flight_call, flight_send or flight_wait. In stepped mode the flyer itself moves the store. */
#ifndef QUAN_APP_FLIGHT_H
#define QUAN_APP_FLIGHT_H

#include "app/act.h"

enum { FLIGHT_WINDOW_MAX = 4096 };

typedef struct flight flight;

typedef struct flight_options {
    app *app;
    uint32_t window; /* 1 … FLIGHT_WINDOW_MAX */
    bool stepped;
    void (*landed)(void *context,
                   act_call *call); /* code and out tell; its memory is reset afterwards */
    void *context;
} flight_options;

flight *flight_new(const flight_options *options);
/* A call with app, id, slot, out and memory set; in, key and context are the caller's. */
act_call *flight_call(flight *f, act_id id, uint16_t slot);
void flight_send(
    flight *f,
    act_call *call); /* R_BUSY waits and tries again; a refusal at once lands like any other */
void flight_wait(flight *f); /* until all have landed */
void flight_free(flight *f); /* waits first */

#endif
