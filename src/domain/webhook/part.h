/* What the files of the webhooks' acts share. Private to domain/webhook. */
#ifndef QUAN_DOMAIN_WEBHOOK_PART_H
#define QUAN_DOMAIN_WEBHOOK_PART_H

#include "domain/webhook/webhook.h"

/* A webhook with all that is its own; NULL where it is not there. */
typedef struct webhook_rows {
    webhook *row;
    webhook_health *health;
    webhook_place **places; /* by lane; of each */
    size_t lanes;
} webhook_rows;
/* R_DONE, R_AGAIN, NOT_FOUND. */
MUST_USE result webhook_load(uow *u, uint64_t merchant_id, uint64_t id, webhook_rows *out);
/* All its dead letters; R_DONE, R_AGAIN. */
typedef struct dead_list {
    dead_letter **items;
    size_t n;
} dead_list;
MUST_USE result webhook_dead(uow *u, const webhook *row, dead_list *out);

/* It has changed: raises version and time, tells an event. The row is being edited. */
void webhook_changed(uow *u, webhook *row, event_kind kind);
/* Answers with the row. */
result webhook_answer(uow *u, const webhook *row, row_out *out);
static inline uint64_t mark_sequence(uint64_t first, uint64_t read)
{
    return first + read;
}

#endif
