/* A JSON value against a JSON Schema (2020-12), as much of it as api/events.schema.json uses:
 * $ref into $defs, oneOf, type, const, enum, properties, required, additionalProperties: false,
 * items, pattern (as POSIX extended), minLength, maxLength (bytes), minimum, format date-time. A
 * keyword that is not known here and says something about the value is a failure. */
#ifndef QUAN_TEST_SCHEMA_H
#define QUAN_TEST_SCHEMA_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/json.h"

/* False: *why says where and what. root: the whole schema document. */
bool schema_holds(const json *root, const json *value, buf *why);

#endif
