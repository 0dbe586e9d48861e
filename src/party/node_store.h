/* Writing and listing nodes; reading one is in scfd/party/node.h. */
#ifndef SCFD_PARTY_NODE_STORE_H
#define SCFD_PARTY_NODE_STORE_H

#include "scfd/party/node.h"

/* Inside a transaction: inserts the node as it is given, with its chain rows. */
enum scf_code scf_node_insert(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_node *node, struct scf_error *err) SCF_MUST_CHECK;

/* Inside a transaction, the row locked: writes every member but id, kind and created_us, and
 * notifies "keys" (the directory holds what a key's node may do). */
enum scf_code scf_node_update(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_node *node, struct scf_error *err) SCF_MUST_CHECK;

/* What a list asks for; −1 means any. */
struct scf_node_filter {
    int kind, status;
    const struct scf_uuid *id; /* NULL: any */
};

/* One page of nodes; at most page->limit + 1 rows. */
enum scf_code scf_node_list(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_node_filter *filter, const struct scf_page *page,
                            struct scf_node **ret, int *ret_n,
                            struct scf_error *err) SCF_MUST_CHECK;

/* Outside a transaction, after a change of what the node may write: waits for the commits that did
 * not see it. They hold the chain's lock; who gets it after us sees the change. */
enum scf_code scf_node_wait_writers(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *id,
                                    struct scf_error *err) SCF_MUST_CHECK;

#endif
