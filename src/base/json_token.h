/* JSON text as tokens, for json.c. Strict; what is refused is remembered with its place. Pure.
 *
 * The text is a copy that the reader may change: a string's escapes are replaced in place, since
 * none is shorter than what it stands for. */
#ifndef QUAN_BASE_JSON_TOKEN_H
#define QUAN_BASE_JSON_TOKEN_H

#include "base/json.h"

enum { JSON_REASON_MAX = 48 };

enum json_token {
    JSON_TOKEN_END = 256, /* tokens of one character are that character */
    JSON_TOKEN_INVALID,
    JSON_TOKEN_STR,
    JSON_TOKEN_INT,
    JSON_TOKEN_REAL,
    JSON_TOKEN_TRUE,
    JSON_TOKEN_FALSE,
    JSON_TOKEN_NULL,
};

typedef struct json_reader {
    char *begin, *at, *end; /* the copy; a NUL stands at end */
    json *nodes;            /* json.c: the first one keeps the copy, the second one is the root */
    size_t n, capacity;
    unsigned depth;
    int token;
    str text;       /* of JSON_TOKEN_STR and JSON_TOKEN_REAL */
    int64_t number; /* of JSON_TOKEN_INT */
    bool failed;
    size_t failed_at; /* so much of the text had been read */
    char reason[JSON_REASON_MAX];
} json_reader;

void json_advance(json_reader *r); /* the next token; JSON_TOKEN_INVALID may have failed */
/* The first failure is kept. Always false. */
bool json_fail(json_reader *r, const char *reason);

#endif
