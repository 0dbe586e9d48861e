/* The audit: a list of independent jobs over chains, worked off by several threads.
 *
 * It compares three things that must say the same: the records, the tiles and the signed blocks.
 *   leaves  each record's digest, leaf text and leaf hash, without a gap, and the level-0 tiles;
 *   tree    the upper tiles and the root at every block, from the level-0 tiles in one pass;
 *   blocks  headers, hashes, links and signatures.
 * Checkpoints that somebody kept are compared with the trees beforehand.
 * The server may go on writing meanwhile: every job works up to the sizes that were read at the
 * start, and what lies beyond is a fault only if it does so at a fresh look too. */
#ifndef SCFD_CHAIN_AUDIT_H
#define SCFD_CHAIN_AUDIT_H

#include "seal_store.h"

#include "scfd/chain/chain.h"

struct scf_audit_chain {
    int number; /* in the order of the list: the order of faults */
    bool has_seal;
    struct scf_seal_state state; /* as at the start */
    char name[SCF_ID_TEXT];
};

/* The origins of the installation, in the order in which they were begun. */
struct scf_audit_origins {
    const char *const *names;
    size_t n; /* 0: unknown */
};
/* Which of them a chain's origin is made of; −1: none. */
int scf_audit_origin_index(const struct scf_audit_origins *origins, const struct scf_uuid *chain_id,
                           struct scf_str origin);

/* One thread's tools. `db` is busy while rows stream in; `aside` is for questions meanwhile. */
struct scf_auditor {
    struct scf_db *db, *aside;
    struct scf_arena *arena;   /* reset between jobs */
    struct scf_arena *scratch; /* reset after every record */
    const struct scf_audit_options *options;
    struct scf_audit_origins origins;
    struct scf_audit *audit;
    struct scf_error err;
};

/* Faults are ordered by chain, then by this, then by position; the least is the "first". */
enum scf_audit_class { SCF_AUDIT_LEAF, SCF_AUDIT_TILE, SCF_AUDIT_BLOCK, SCF_AUDIT_SEAL };

/* `chain` NULL: of no chain, after all others. Any thread: locks. */
void scf_audit_fault(struct scf_auditor *a, const struct scf_audit_chain *chain,
                     enum scf_audit_class class, int64_t position, const char *format, ...)
    SCF_PRINTF(5, 6);
void scf_audit_count(struct scf_auditor *a, int64_t leaves, int64_t tiles, int64_t blocks);

/* The jobs. Non-OK: the audit could not go on. */
enum { SCF_AUDIT_LEAVES = 65536, SCF_AUDIT_BLOCKS = 512 }; /* per job */
enum scf_code scf_audit_leaves(struct scf_auditor *a, const struct scf_audit_chain *chain,
                               int64_t first) SCF_MUST_CHECK;
enum scf_code scf_audit_tree(struct scf_auditor *a,
                             const struct scf_audit_chain *chain) SCF_MUST_CHECK;
enum scf_code scf_audit_blocks(struct scf_auditor *a, const struct scf_audit_chain *chain,
                               int64_t first) SCF_MUST_CHECK;
/* No job: before the others. INVALID_PARAMETER when it is no checkpoint of this installation. */
enum scf_code scf_audit_checkpoint(struct scf_auditor *a,
                                   const struct scf_kept_checkpoint *kept) SCF_MUST_CHECK;

#endif
