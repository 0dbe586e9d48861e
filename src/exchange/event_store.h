/* The event feed in the database. */
#ifndef SCFD_EXCHANGE_EVENT_STORE_H
#define SCFD_EXCHANGE_EVENT_STORE_H

#include "scfd/exchange/exchange.h"

struct scf_event {
    int64_t seq;
    const char *type;
    bool has_object;
    const char *object_prefix;
    struct scf_uuid object_id;
    /* One event stands for all records of one commit. */
    bool has_leaves;
    int64_t first_leaf, last_leaf;
    struct scf_uuid source_chain_id;
    int64_t at_us;
};

/* Events of a node after `after_seq`, at most `limit`, in order. Text lives in `arena`. */
enum scf_code scf_event_list(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *node_id, int64_t after_seq, int limit,
                             struct scf_event **ret, int *ret_n,
                             struct scf_error *err) SCF_MUST_CHECK;

/* Topic that is notified when an event was appended: "events:<32 hex digits>". */
enum { SCF_EVENT_TOPIC = 40 };
void scf_event_topic(const struct scf_uuid *node_id, char out[SCF_EVENT_TOPIC]);

#endif
