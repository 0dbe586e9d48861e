/* Filing: what a decision, a loan and a repayment have in common on their way in. Each is checked
 * and written under row locks, becomes a record in the lender's chain, and is addressed to the
 * nodes concerned, all in the caller's transaction. Private to lending.
 *
 * Row locks are taken in this order everywhere: the assessment addressed to the lender, its
 * decision, the assessment, the loan, limit accounts by (currency, contract key), the hold, claims
 * on invoices by key, receivables, chains by id. */
#ifndef SCFD_LENDING_FILING_H
#define SCFD_LENDING_FILING_H

#include "scfd/chain/record.h"
#include "scfd/codec/jsonw.h"
#include "schemas.h"

struct scf_filing {
    struct scf_arena *arena;
    const struct scf_actor *lender; /* whose key it is: an active lender node */
    struct scf_lending_ctx ctx;
    enum scf_record_kind kind;
    const cJSON *body;   /* passed the schema */
    struct scf_str text; /* its bytes as received */

    /* Result: the new record, or the one that was filed before with the same content. */
    struct scf_uuid id;
    bool existed;
    size_t unregistered; /* invoices of a loan that are no registered receivables */
};

/* Run inside scf_tx_run, which calls again after SOFT. 409 and 422 as the header of the room says.
 */
enum scf_code scf_decision_file(struct scf_db *db, struct scf_filing *f,
                                struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_loan_file(struct scf_db *db, struct scf_filing *f,
                            struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_repayment_file(struct scf_db *db, struct scf_filing *f,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* ---- for them ---- */

/* Called under the first row lock, so that of several equal filings at once the later ones find the
 * first. Gives `f` an id, and looks whether the lender filed this before: under the body's
 * external_id, else under `number` (NULL: none). Then f->existed when the content is the same, else
 * EXTERNAL_ID_CONFLICT with existing_id and both digests. */
enum scf_code scf_filing_begin(struct scf_db *db, struct scf_filing *f, const char *number,
                               struct scf_error *err) SCF_MUST_CHECK;
/* What was found to be filed before under the same identity: f->existed, or the conflict. */
enum scf_code scf_filing_settle(struct scf_filing *f, const struct scf_uuid *existing,
                                const struct scf_hash *theirs,
                                struct scf_error *err) SCF_MUST_CHECK;
/* lender_id of the body, when given, is the node of the key or the enterprise that operates it. */
enum scf_code scf_filing_check_lender(const struct scf_filing *f,
                                      struct scf_error *err) SCF_MUST_CHECK;

/* What the record says of itself. */
struct scf_filing_facts {
    const char *number;          /* external id where the body gives none; NULL: the record's id */
    struct scf_uuid decision_id; /* the contracts that it rests on */
    const struct scf_uuid *guarantees;
    size_t guarantee_count;
    struct scf_uuid borrower_id;
    struct scf_uuid as_record; /* also whom this record was addressed to; nil: none */
    int64_t happened_us;
    bool has_amount;
    int64_t amount;
    char currency[4];
    const char *event; /* type in the feeds of those concerned */
};
/* Appends the record to the lender's chain and addresses it to the nodes of the borrower, of the
 * guarantors and buyers of the contracts, and to those whose chains hold these contracts or
 * guarantees: the records that the assessment names, the guarantors' own ones, and those that the
 * loan names. Whoever else reports a contract or guarantee of the same number learns nothing. */
enum scf_code scf_filing_record(struct scf_db *db, const struct scf_filing *f,
                                const struct scf_filing_facts *facts,
                                struct scf_error *err) SCF_MUST_CHECK;

/* SOFT for a unique key that somebody else took since it was looked up: the transaction runs again
 * and finds the winner. Other codes as they are. */
enum scf_code scf_filing_retry(enum scf_code code);

/* Fault helpers: VALIDATION_FAILED with one fault. */
enum scf_code scf_filing_unknown(const struct scf_filing *f, const char *pointer,
                                 struct scf_error *err);
enum scf_code scf_filing_mismatch(const struct scf_filing *f, const char *pointer,
                                  const char *detail, struct scf_error *err);

/* Members of the body. The schema let them pass, so they are there and right. */
struct scf_uuid scf_filing_id(const cJSON *body, const char *name); /* nil when absent */
enum scf_code scf_filing_ids(const struct scf_filing *f, const char *name, struct scf_uuid **ret,
                             size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;

/* ---- filing_store.c ---- */

/* False when the lender filed nothing of this kind under this external id. */
enum scf_code scf_filing_find(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *lender_id, enum scf_record_kind kind,
                              struct scf_str external_id, bool *ret_found, struct scf_uuid *ret_id,
                              struct scf_hash *ret_sha256, struct scf_error *err) SCF_MUST_CHECK;
/* Nodes concerned, ascending, without the lender's. */
enum scf_code scf_filing_nodes(struct scf_db *db, const struct scf_filing *f,
                               const struct scf_filing_facts *facts, struct scf_uuid **ret,
                               size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* Puts the filing into the lists of its lender and of the nodes. */
enum scf_code scf_filing_list(struct scf_db *db, const struct scf_filing *f,
                              const struct scf_uuid *nodes, size_t n,
                              struct scf_error *err) SCF_MUST_CHECK;

#endif
