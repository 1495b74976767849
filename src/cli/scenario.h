/* A scenario: a shop that begins empty at a moment of its own, and steps in it, each a request of
 * the API or time that passes. docs/tutorial/scenarios.md tells the form.
 *
 * Whatever is sent is checked and answered by the API itself. A step that is refused (409) is
 * answered like any other; one whose request is wrong (400, 404, 413, 422), or that fails, ends the
 * scenario. */
#ifndef QUAN_CLI_SCENARIO_H
#define QUAN_CLI_SCENARIO_H

#include "cli/cli.h"

enum {
    SCENARIO_STEPS_MAX = 1000,
    SCENARIO_TIMES_MAX = 10000, /* of one step */
    SCENARIO_NAMES_MAX = 1000,
};

/* Runs what one line says and writes one JSON object, without an end of line. *wrong: it has an
 * error. Else than CLI_OK: nothing can be run here, and it was said why. */
MUST_USE cli_exit scenario_run(const cli_context *c, str text, uint64_t line, buf *out,
                               bool *wrong);

#endif
