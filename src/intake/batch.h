/* One batch: what all waiting requests bring, decided and committed in one transaction. */
#ifndef SCFD_INTAKE_BATCH_H
#define SCFD_INTAKE_BATCH_H

#include "item.h"
#include "memory.h"

struct scf_batch_context {
    /* Called at least once a commit if the database can be reached, while it answers round trip 1:
     * time for what else there is to do. May be NULL. */
    void (*meanwhile)(void *ctx);
    void *meanwhile_ctx;
    struct scf_db *db;
    struct scf_templates *templates;
    struct scf_industry_cache *industries;
    struct scf_memory *memory;
};

/* Decides every item: afterwards none is SCF_PENDING. `atomic`: all accepted or replayed, or none.
 * Never fails as a whole; what cannot be written is refused with its own error. */
void scf_batch_commit(struct scf_batch_context *context, struct scf_item **items, size_t count,
                      bool atomic);

#endif
