/* An answer over HTTP, and what stands in it: as text, for tests that want a member or two. */
#ifndef QUAN_TEST_ANSWER_H
#define QUAN_TEST_ANSWER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 8192 };

typedef struct answer {
    int status;
    char body[ANSWER_MAX];
} answer;

/* The text behind "name":" of an answer, or nothing. */
static inline void find(const answer *a, const char *name, char *out, size_t room)
{
    char start[64];
    (void)snprintf(start, sizeof start, "\"%s\":\"", name);
    const char *at = strstr(a->body, start);
    assert_non_null(at);
    at += strlen(start);
    (void)snprintf(out, room, "%.*s", (int)strcspn(at, "\""), at);
}

static inline int count_of(const answer *a, const char *text)
{
    int n = 0;
    for (const char *at = a->body; (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

#endif
