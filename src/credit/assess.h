/* Assessments: their rows, and gathering what a limit rests on. */
#ifndef SCFD_CREDIT_ASSESS_H
#define SCFD_CREDIT_ASSESS_H

#include "scfd/credit/assessment.h"
#include "scfd/credit/gather.h"
#include "scfd/limit/receipt.h"
#include "scfd/rating/rollup.h"

enum { SCF_ASSESS_MAX_LENDERS = 50 };

extern const struct scf_schema scf_assess_schema; /* CreditAssessmentCreate */

/* The request, read from a body that passed the schema. Ids in the arena. */
struct scf_assess_request {
    enum scf_assessment_kind kind;
    enum scf_product product;
    struct scf_uuid borrower_id;
    struct scf_uuid *contracts, *lenders;
    size_t contract_count, lender_count;
    bool has_as_of, has_requested;
    int64_t as_of_us, requested;
    const char *template_code; /* NULL: by industry */
    char currency[4];          /* "": the first contract's */
};
/* INTERNAL when the body is not sound after all or the arena is full. */
enum scf_code scf_assess_request_read(struct scf_arena *arena, const cJSON *body,
                                      struct scf_assess_request *ret,
                                      struct scf_error *err) SCF_MUST_CHECK;

/* ---- gather.c: what the limit rests on, read from the database ---- */

/* Folds the chains concerned. Outside a transaction. */
enum scf_code scf_assess_fold(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services,
                              const struct scf_assess_request *request,
                              struct scf_error *err) SCF_MUST_CHECK;
/* Reads everything, from what is folded. Also inside a transaction. */
enum scf_code scf_assess_read(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services,
                              const struct scf_uuid *assessment_id,
                              const struct scf_assess_request *request, int64_t as_of_us,
                              struct scf_limit_inputs *ret, struct scf_error *err) SCF_MUST_CHECK;
/* Both. Outside a transaction. */
enum scf_code scf_assess_gather(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_services *services,
                                const struct scf_uuid *assessment_id,
                                const struct scf_assess_request *request, int64_t as_of_us,
                                struct scf_limit_inputs *ret, struct scf_error *err) SCF_MUST_CHECK;

/* ---- gather_store.c ---- */

/* Sums per chain, template and kind over the days, the chains they come from, how many chains were
 * left out, and in how many periods there are events or invoices. Only of chains that count
 * (credit/source.h); `buyers` are partners beside those that are known. One statement: one
 * snapshot. */
enum scf_code scf_window_read(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *enterprise_id,
                              const struct scf_uuid *const *buyers, size_t buyer_count,
                              enum scf_period period, struct scf_limit_inputs *in,
                              struct scf_error *err) SCF_MUST_CHECK;
/* The limit account of a contract into `k`, whose currency is set. */
enum scf_code scf_contract_read_account(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_record *contract,
                                        struct scf_limit_contract *k,
                                        struct scf_error *err) SCF_MUST_CHECK;
/* The guarantees of a contract that no later record revises and that are not erased, in the order
 * of their turn: every node's first one, then every node's second, so that none crowds out
 * another's; at most 100. Of the bodies only the members that count, however large a sender made
 * them. Text in `arena`; NULL where it is absent. */
enum scf_code scf_contract_guarantees(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_uuid *contract_key,
                                      struct scf_reported_guarantee **ret, size_t *ret_n,
                                      struct scf_error *err) SCF_MUST_CHECK;

/* ---- assess_check_store.c: what a request names ---- */

/* Positions of the ids that are no contracts which `actor` may see, with `party_id` (NULL: whoever)
 * as seller or buyer; of those that are no active lender nodes. */
enum scf_code scf_assess_unknown_contracts(struct scf_db *db, struct scf_arena *arena,
                                           const struct scf_actor *actor,
                                           const struct scf_uuid *party_id,
                                           const struct scf_uuid *ids, size_t n, size_t **ret,
                                           size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_assess_unknown_lenders(struct scf_db *db, struct scf_arena *arena,
                                         const struct scf_uuid *ids, size_t n, size_t **ret,
                                         size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;

/* ---- lender_store.c: addressing ---- */

/* The contracts and guarantees that a limit rests on, as far as addressing them needs it. */
struct scf_grounds {
    struct scf_record *records;
    size_t n;
};
enum scf_code scf_grounds_read(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_limit_inputs *in, struct scf_grounds *ret,
                               struct scf_error *err) SCF_MUST_CHECK;
/* Addresses the assessment `record` and its grounds to a lender, who is to decide; idempotent.
 * Inside a transaction. */
enum scf_code scf_grounds_address(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_record *record,
                                  const struct scf_grounds *grounds,
                                  const struct scf_uuid *lender_node_id, int64_t now_us,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* ---- assess_store.c: rows of credit_assessment ---- */

enum scf_code scf_assess_insert(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_assess_row *row,
                                struct scf_error *err) SCF_MUST_CHECK;
/* Only status and version, by primary key, of several at once; the same visibility. Sets `found` of
 * every ask, and the rest where it is true. */
struct scf_assess_ask {
    struct scf_uuid id;
    const struct scf_actor *actor; /* NULL: no check */
    bool found;
    enum scf_assess_status status;
    int64_t version;
};
enum scf_code scf_assess_versions(struct scf_db *db, struct scf_arena *arena,
                                  struct scf_assess_ask *const *asks, size_t n,
                                  struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_assess_begin(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *id, int64_t now_us,
                               struct scf_error *err) SCF_MUST_CHECK;
/* Inside a transaction: the outcome, as of in->as_of_us, unless there is one; *ret_first says
 * which. */
enum scf_code scf_assess_succeed(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, const struct scf_limit_inputs *in,
                                 const struct scf_limit_result *result, struct scf_str receipt,
                                 int64_t now_us, bool *ret_first,
                                 struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_assess_fail(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                              const struct scf_error *why, int64_t now_us,
                              struct scf_error *err) SCF_MUST_CHECK;

struct scf_assess_filter {
    bool awaiting;               /* only those that await a decision (of `lender`) */
    struct scf_uuid lender;      /* nil: any */
    struct scf_uuid visible_to;  /* nil: everything */
    struct scf_uuid borrower_id; /* nil: any */
    int status;                  /* −1: any */
};
struct scf_assess_key {
    struct scf_uuid id;
    int64_t version, at_us; /* position in the list: created, or addressed */
};
/* Keys only, at most page->limit + 1. */
enum scf_code scf_assess_page(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_assess_filter *filter, const struct scf_page *page,
                              struct scf_assess_key **ret, int *ret_n,
                              struct scf_error *err) SCF_MUST_CHECK;
/* The rows of the keys, which `actor` may see, in their order; cut after the one with which their
 * documents reach SCF_ASSESS_PAGE_BYTES, never before the first. */
enum { SCF_ASSESS_PAGE_BYTES = 4 << 20 };
enum scf_code scf_assess_rows(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_actor *actor, const struct scf_assess_key *keys,
                              int n, struct scf_assess_row **ret, int *ret_n,
                              struct scf_error *err) SCF_MUST_CHECK;
/* Lenders it was addressed to. */
struct scf_assess_lender {
    struct scf_uuid node_id;
    bool awaiting;
};
enum scf_code scf_assess_lenders(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, struct scf_assess_lender **ret,
                                 int *ret_n, struct scf_error *err) SCF_MUST_CHECK;

#endif
