/* The committer: one thread that takes everything that waits and commits it together.
 *
 * A group is what one request brings: one item, or a piece of a bulk body. Items of a group are
 * decided one by one, unless the group is atomic: then all are accepted (or replayed), or none.
 * The queue is guarded by one mutex; a group belongs to the submitter before scf_commit_submit and
 * again from the moment `done` is called. */
#ifndef SCFD_INTAKE_COMMIT_H
#define SCFD_INTAKE_COMMIT_H

#include "item.h"

struct scf_group {
    struct scf_item **items;
    size_t count;
    size_t bytes; /* of all bodies */
    bool atomic;
    bool bulk; /* bounded by the number of uploads: takes no place from single records */
    void (*done)(struct scf_group *group); /* on the committer's thread: be quick */
    void *ctx;
    struct scf_group *next; /* the queue's */
};

/* False when the server is stopping: nothing was kept. Any thread. */
bool scf_commit_submit(struct scf_intake *intake, struct scf_group *group) SCF_MUST_CHECK;
/* Is there room for one more single record? Asked before the work of preparing it: an HTTP thread
 * asks, prepares and submits in one go, so the queue exceeds its bound by their number at most. Any
 * thread. */
bool scf_commit_has_room(struct scf_intake *intake);

struct scf_industry_cache *scf_intake_industries(struct scf_intake *intake);

#endif
