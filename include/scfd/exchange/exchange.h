/* Exchange: the event feed that bank back-offices poll. */
#ifndef SCFD_EXCHANGE_EXCHANGE_H
#define SCFD_EXCHANGE_EXCHANGE_H

#include "scfd/http/http.h"

/* Inside a transaction: appends an event to the feed of a node (its chain row is locked: in id
 * order when several), and notifies "events:<node uuid hex>" when `notify`. The event bears the
 * time of the call. NOT_FOUND: the node has no chain. */
enum scf_code scf_event_append(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *node_id, const char *type,
                               const char *object_prefix, const struct scf_uuid *object_id,
                               bool notify, struct scf_error *err) SCF_MUST_CHECK;

/* The same for many events at once, in two statements, in the order given. The caller has locked
 * the nodes' chain rows (scf_chain_lock_many); an event of a node without a chain is left out.
 * Every node is notified. */
struct scf_event_entry {
    struct scf_uuid node_id, object_id;
    const char *type, *object_prefix;
};
enum scf_code scf_event_append_many(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_event_entry *entries, size_t n,
                                    struct scf_error *err) SCF_MUST_CHECK;

extern const struct scf_route scf_exchange_routes[]; /* GET /v1/events */
extern const size_t scf_exchange_route_count;

#endif
