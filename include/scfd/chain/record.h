/* Records: what a chain holds. The leaf text and hash (pure), appending inside a transaction, and
 * look-up with visibility.
 *
 * A chain's id is its node's id; the platform's chain has the installation's platform_id. Its rows
 * are made together with the node's (party: scf_chain_rows_add). */
#ifndef SCFD_CHAIN_RECORD_H
#define SCFD_CHAIN_RECORD_H

#include "scfd/codec/suite.h"
#include "scfd/db/db.h"
#include "scfd/http/http.h"

/* Numbers are stored: append only. Bits of node.allowed_kinds for the first five. */
enum scf_record_kind {
    SCF_REC_ENTERPRISE,
    SCF_REC_CONTRACT,
    SCF_REC_WORKFLOW_EVENT,
    SCF_REC_INVOICE,
    SCF_REC_GUARANTEE,
    SCF_REC_CREDIT_ASSESSMENT,
    SCF_REC_CREDIT_DECISION,
    SCF_REC_LOAN,
    SCF_REC_REPAYMENT,
    SCF_REC_INDUSTRY_TEMPLATE,
    SCF_REC_CREDIT_POLICY,
    SCF_REC_LENDER_TERMS,
    SCF_REC_RECEIVABLE,               /* one step of a receivable */
    SCF_REC_LIMIT_HOLD,               /* one step of a hold */
    SCF_REC_ERASURE,                  /* that a record's body was erased: who asked, why, when */
    SCF_REC_ORIGIN_CHANGE,            /* the logs go on under another origin (docs/restore.md) */
    SCF_REC_WITNESS_CONFLICT,         /* two signed checkpoints of one log that contradict */
    SCF_REC_ENFORCEMENT_NOTARIZATION, /* one step of a notarization for enforcement */
    SCF_REC_KINDS
};
const char *scf_record_kind_name(enum scf_record_kind kind);   /* "workflow_event" */
const char *scf_record_kind_prefix(enum scf_record_kind kind); /* "evt" */
/* Prefixes in enum order: epr ctr evt inv gua asm dec loan rep tpl pol ltm rcv hold ers org
 * wcf enf. False: no record prefix. */
bool scf_record_kind_of_prefix(const char *prefix, enum scf_record_kind *ret) SCF_MUST_CHECK;

enum { SCF_SALT_LEN = 16 };

struct scf_record {
    struct scf_uuid chain_id; /* also the node */
    struct scf_uuid id;
    enum scf_record_kind kind;
    struct scf_str external_id; /* 1–128 characters, no control characters */
    int64_t received_us;
    enum scf_suite suite; /* of the chain */
    struct scf_hash body_sha256;
    struct scf_hash body_sm3; /* counts in a chain of suite sm3-sm2 only */
    uint8_t salt[SCF_SALT_LEN];
    struct scf_hash leaf_hash;
    int64_t leaf_index; /* set by append */
    struct scf_str body;

    /* What the other rooms need to know of it without reading the body. Absent: false/nil/NULL. */
    struct scf_uuid revises_id;
    struct scf_uuid business_key;    /* nil: none */
    struct scf_uuid contract_key;    /* nil: none */
    struct scf_uuid enterprise_id;   /* nil: none */
    struct scf_uuid counterparty_id; /* nil: none */
    bool has_happened;
    int64_t happened_us;
    bool has_amount;
    int64_t amount;
    char currency[4];
    int32_t template_id;                     /* 0: none */
    int64_t weight_expected, weight_present; /* ppm weights */
    bool range_ok;
    int16_t checks_applicable, checks_passed;
    struct scf_str measures;
};

/* Leaf text of ARCHITECTURE "Chains" into `out`; the same text anybody can rebuild from the record
 * as the API shows it. Pure. */
void scf_leaf_text(const struct scf_record *r, struct scf_buf *out);
/* The exact inverse: *ret has suite, id, kind, chain_id, external_id (a view into `text`),
 * received_us, body_sha256 or body_sm3, salt and leaf_hash, the rest is zero. False: any other
 * text; *ret is untouched. Pure. */
bool scf_leaf_parse(struct scf_str text, struct scf_record *ret) SCF_MUST_CHECK;
/* H(0x00 || leaf text) with the digest of the record's suite. Pure. */
struct scf_hash scf_leaf_hash(const struct scf_record *r);
/* Fills salt (random), body_sha256, and what the suite gives (below) from the other members. */
void scf_record_prepare(struct scf_record *r);
/* Makes a prepared record one of a chain of this suite: fills suite, body_sm3 (in a chain of SM3)
 * and leaf_hash. Pure. */
void scf_record_set_suite(struct scf_record *r, enum scf_suite suite);

/* ---- inside a transaction ---- */

/* The one list of record columns that everybody who inserts records uses, in the order in which
 * scf_record_copy_row writes them (leaf_index and leaf_hash must be set). A field of a binary COPY
 * row is also a binary parameter: SCF_RECORD_INSERT_SQL takes the same fields one by one, for
 * inserts that are too few to pay for COPY's own round trips. */
#define SCF_RECORD_COLUMN_NAMES                                                                    \
    "chain_id, leaf_index, id, kind, external_id, received_at, leaf_hash, body_sha256, salt, "     \
    "body, revises_id, business_key, contract_key, enterprise_id, counterparty_id, happened_at, "  \
    "amount, currency, template_id, weight_expected, weight_present, range_ok, "                   \
    "checks_applicable, checks_passed, measures, body_sm3"
#define SCF_RECORD_COPY_SQL                                                                        \
    "COPY scfd.record (" SCF_RECORD_COLUMN_NAMES ") FROM STDIN (FORMAT binary)"
#define SCF_RECORD_INSERT_SQL                                                                      \
    "INSERT INTO scfd.record (" SCF_RECORD_COLUMN_NAMES ") VALUES ($1, $2, $3, $4, $5, $6, $7, "   \
    "$8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)"
enum { SCF_RECORD_COLUMN_COUNT = 26 };
extern const unsigned scf_record_column_types[SCF_RECORD_COLUMN_COUNT]; /* enum scf_pg_type */
void scf_record_copy_row(struct scf_buf *out, const struct scf_record *r);

/* Locks the chain's head row and returns its size. Several chains: in ascending id order. */
enum scf_code scf_chain_lock(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *chain_id, int64_t *ret_size,
                             struct scf_error *err) SCF_MUST_CHECK;
/* Locks the heads of many chains in one statement, in order; ids may repeat, and one that is no
 * chain's is left out. */
enum scf_code scf_chain_lock_many(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *chain_ids, size_t n,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* Appends prepared records of ONE chain: locks its head, assigns leaf_index, inserts, advances the
 * head, adds one event. A record that was prepared for another suite than the chain's becomes one
 * of the chain's: who writes need not know it. For the platform's and the lenders' records; intake
 * has its own committer. DB_CONFLICT when an (external_id, kind) is taken. */
enum scf_code scf_chain_append(struct scf_db *db, struct scf_arena *arena,
                               struct scf_record *records, size_t n,
                               struct scf_error *err) SCF_MUST_CHECK;
/* Lets `node_id` see the record, and puts `event_type` into its feed. Idempotent. */
enum scf_code scf_record_address(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_record *record, const struct scf_uuid *node_id,
                                 const char *event_type, struct scf_error *err) SCF_MUST_CHECK;

/* Lets nodes see records: (nodes[i], records[i]) for each i. Idempotent; the events are the
 * caller's. One statement. */
enum scf_code scf_record_address_many(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_uuid *nodes,
                                      const struct scf_record *const *records, size_t n,
                                      struct scf_error *err) SCF_MUST_CHECK;

/* ---- reading ---- */

/* Column list, in order, of a SELECT whose rows scf_record_read takes; the table is named `r`. */
#define SCF_RECORD_COLUMNS                                                                         \
    "r.chain_id, r.leaf_index, r.id, r.kind, r.external_id, r.received_at, r.leaf_hash, "          \
    "r.body_sha256, r.salt, r.body, r.revises_id, r.business_key, r.contract_key, "                \
    "r.enterprise_id, r.counterparty_id, r.happened_at, r.amount, r.currency, r.template_id, "     \
    "r.weight_expected, r.weight_present, r.range_ok, r.checks_applicable, r.checks_passed, "      \
    "r.measures, r.body_sm3"
/* Text and bytes are views into `rows`. The suite is told by body_sm3, which an erased record has
 * not got: its suite is that of its chain. */
void scf_record_read(const struct scf_rows *rows, int row, struct scf_record *ret);

/* The record if `actor` may see it (own chain, addressed to it, or administrator); else NOT_FOUND.
 * `actor` NULL: no check (internal). Memory in `arena`. An erased record has body.p NULL. */
enum scf_code scf_record_get(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_actor *actor, const struct scf_uuid *id,
                             struct scf_record *ret, struct scf_error *err) SCF_MUST_CHECK;
/* Keeps the record, if there is one, from being erased until the transaction ends: for whoever is
 * about to rest something on it. Read it afterwards. */
enum scf_code scf_record_hold(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                              struct scf_error *err) SCF_MUST_CHECK;

#endif
