/* Users of the model who become one, numbers that are theirs, and who is forgotten: see model.h.
 *
 * A step names a caller: a user by his name, or a number. A person is whose rows something is in: a
 * name's, a number's of one generation, or nobody's, who was erased. */
#ifndef QUAN_TEST_MODEL_USER_H
#define QUAN_TEST_MODEL_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"

enum {
    MODEL_USERS = 9,
    MODEL_PHONES = 3,
    MODEL_GENERATIONS = 64, /* of a number */
    MODEL_CALLERS = MODEL_USERS + MODEL_PHONES,
    MODEL_NOBODY = MODEL_USERS + MODEL_PHONES * MODEL_GENERATIONS,
    MODEL_PERSONS = MODEL_NOBODY + 1,
    MODEL_WAYS = 256 /* moves and erasures that are not over */
};

typedef struct model_way {
    uint64_t id;
    uint32_t number; /* the n-th that was begun */
    bool erasure;
} model_way;

/* What is read behind each step that may have changed it. */
typedef struct model_people {
    bool used;                      /* anything of this was ever asked for */
    bool rushes;                    /* many at once: what is on its way may come at any step */
    bool erases;                    /* a name may be somebody new's */
    uint32_t now[MODEL_USERS];      /* who a name has become */
    uint32_t caller[MODEL_CALLERS]; /* the person for whom what names the caller is done */
    uint32_t generation[MODEL_PHONES];
    uint32_t to[MODEL_PERSONS]; /* of a number's: whose it became, and 1; 0: not yet */
    bool leaves[MODEL_PERSONS]; /* what he has may go to another, or is nobody's */
    bool mixed[MODEL_PERSONS];  /* what he has counted is not his alone */
    model_way ways[MODEL_WAYS];
    uint32_t way_count, ways_ever;
} model_people;

struct model;
struct model_side;
struct model_step;
struct world_act;
struct model_redo;

/* The name that an act for the step's user has: as it was told, or by whom the step is named. */
str model_name(struct model_side *s, const struct model_step *step);
str model_caller(struct model_side *s, uint32_t caller);
uint32_t model_person(const struct model_side *s, str name); /* MODEL_NOBODY: of no caller */
/* Who has what this person had. */
uint32_t model_now(const struct model_side *s, uint32_t person);
/* Is what this person had his who is named so? */
bool model_is(const struct model_side *s, uint32_t person, uint32_t caller);
/* Can nobody tell, from answers alone, that this one is not that one? */
bool model_blurred(const struct model_side *s, uint32_t one, uint32_t other);
uint32_t model_caller_of(uint32_t person);
/* Another name or number of the same; often the same. */
uint32_t model_alias(struct model *m, const struct model_side *s, uint32_t caller);

void model_people_open(struct model_side *s);
/* What has become of all that moves: facts that are the same on each side. anew: also of what was
 * closed. */
void model_people_look(struct model_side *s, bool anew, buf *facts);
/* Forgets whose codes are. */
void model_erase_owners(struct model_side *s, uint32_t person);

void model_fill_user(struct model *m, const struct model_side *s, struct model_step *step);
/* The act that follows on one of a binding. */
MUST_USE bool model_bind_again(struct model_side *s, struct world_act *a, struct model_redo *redo);
void model_read_history(struct model_side *s, app_view *v, const struct model_step *step,
                        buf *facts);

#endif
