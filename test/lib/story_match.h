/* Comparing an answer with what a story expects, and the story's variables. */
#ifndef QUAN_TEST_STORY_MATCH_H
#define QUAN_TEST_STORY_MATCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "test/lib/story.h"

typedef struct story_variables {
    arena *memory;
    size_t n;
    struct {
        str name, value; /* value as text: JSON strings without their quotes */
    } all[STORY_VARIABLES_MAX];
} story_variables;

str story_variable(const story_variables *v, str name);  /* NULL text when unbound */
void story_set(story_variables *v, str name, str value); /* value is kept as it is */
/* Replaces every $name that is bound. */
str story_expand(story_variables *v, str text);
/* False with a sentence in *why; binds variables on the way. */
bool story_match(story_variables *v, const json *expected, const json *actual, buf *why);

#endif
