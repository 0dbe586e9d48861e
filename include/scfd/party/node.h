/* Nodes in the database, for the rooms that address records to them. */
#ifndef SCFD_PARTY_NODE_H
#define SCFD_PARTY_NODE_H

#include "scfd/codec/suite.h"
#include "scfd/db/db.h"
#include "scfd/http/http.h"

enum scf_node_status { SCF_NODE_ACTIVE, SCF_NODE_SUSPENDED, SCF_NODE_RETIRED };

struct scf_node {
    struct scf_uuid id;
    const char *name;
    enum scf_node_kind kind;
    enum scf_suite chain_suite;
    struct scf_uuid operator_enterprise_id; /* nil: none */
    int offset_minutes;
    bool lenient_datetime;
    unsigned allowed_kinds; /* bits of enum scf_record_kind */
    enum scf_node_status status;
    int64_t version, created_us, updated_us;
};

/* One node; its text lives in `arena`. `lock`: inside a transaction, locks the row for update.
 * NOT_FOUND. */
enum scf_code scf_node_get(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                           bool lock, struct scf_node *ret, struct scf_error *err) SCF_MUST_CHECK;

/* Inside a transaction: the head and seal rows of a chain of the suite, unless they exist. The
 * seal's block_hash, which the first block names as its predecessor, is 32 zero bytes. */
enum scf_code scf_chain_rows_add(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *chain_id, enum scf_suite suite,
                                 struct scf_error *err) SCF_MUST_CHECK;

#endif
