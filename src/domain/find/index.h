/* The inside of an index. Private to domain/find. */
#ifndef QUAN_DOMAIN_FIND_INDEX_H
#define QUAN_DOMAIN_FIND_INDEX_H

#include "domain/find/segment.h"

/* A segment as one snapshot sees it. Shared by the snapshots that see it alike. */
typedef struct find_part {
    atomic_uint references;
    find_segment *segment;
    roaring_bitmap_t *dead; /* replaced since the segment was made */
    uint32_t live;
} find_part;

struct find_index {
    atomic_uint references;
    size_t n;
    find_part *parts[FIND_SEGMENTS_MAX + 1]; /* oldest first */
};

#endif
