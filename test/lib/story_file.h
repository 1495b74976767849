/* Story files as blocks of steps: see story.h for what they look like. */
#ifndef QUAN_TEST_STORY_FILE_H
#define QUAN_TEST_STORY_FILE_H

#include "base/arena.h"
#include "test/lib/story.h"

typedef struct story_line {
    str text; /* without indentation; JSON that goes on over lines is one of them */
    const char *path;
    int number;
} story_line;

typedef struct story_block {
    str name;
    bool setup;
    size_t first, n; /* lines */
} story_block;

typedef struct story_file {
    arena *memory;
    story_line *lines;
    size_t n;
    story_block *blocks;
    size_t block_count;
} story_file;

story_file story_file_new(arena *memory);
/* Adds the blocks of a file. False: it cannot be read. */
bool story_file_add(story_file *f, const char *path);
const story_block *story_setup_find(const story_file *f, str name); /* NULL: there is none */
bool story_span(str text, int64_t *out_ms); /* "+2d3h" or "-1h"; false: it is none */

#endif
