/* The functions that job.def names; each group is in the file of its job. */
#ifndef QUAN_JOB_JOB_LIST_H
#define QUAN_JOB_JOB_LIST_H

#include "job/job.h"

/* sweep_job.c: expires coupons and releases holds whose time has come */
void *sweep_job_start(job_context *c);
void sweep_job_turn(job_context *c, void *state);
void sweep_job_stop(void *state);

/* tick_job.c: sends again what a full disk held up */
void tick_job_turn(job_context *c, void *state);

/* config_job.c: reads what other servers have changed of the configuration */
void config_job_turn(job_context *c, void *state);

/* find_job.c: merges the index over templates */
void find_job_turn(job_context *c, void *state);

/* backup_job.c: makes the backups that were asked for */
void *backup_job_start(job_context *c);
void backup_job_turn(job_context *c, void *state);
void backup_job_stop(void *state);

/* webhook_job.c: sends events to webhooks */
void *webhook_job_start(job_context *c);
void webhook_job_turn(job_context *c, void *state);
void webhook_job_stop(void *state);

#endif
