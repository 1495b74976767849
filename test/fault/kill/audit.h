/* Reads the state of a quiet server over the API and shows it to the oracle. */
#ifndef QUAN_TEST_KILL_AUDIT_H
#define QUAN_TEST_KILL_AUDIT_H

#include "test/fault/kill/load.h"
#include "test/fault/kill/wire.h"
#include "test/lib/oracle/oracle.h"

typedef struct audit {
    client *client;
    wire *wire;
    dice *dice;
    uint32_t first_op; /* ops before have been looked at: of them only some */
    bool whole;        /* everything, with all wallets; brief holds are over */
} audit;

/* True when all was answered; what is wrong goes to the client's flaws. reads: how many. */
bool audit_run(const audit *a, uint64_t *reads);

#endif
