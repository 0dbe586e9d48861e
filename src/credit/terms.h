/* Lenders' terms: their resource, and what a lender's limit reads of them. Private to credit. */
#ifndef SCFD_CREDIT_TERMS_H
#define SCFD_CREDIT_TERMS_H

#include "scfd/limit/lender.h"
#include "scfd/http/http.h"

enum { SCF_TERMS_MAX_LINES = 1000 };

extern const struct scf_schema scf_terms_schema; /* LenderTermsCreate */

/* What terms that passed the schema say of this borrower and these debtors: `ret` but for here and
 * the ids of the record. The debtors of `ret` are set already; those with a line get it. False when
 * the body is not sound after all. Pure. */
bool scf_terms_read(const cJSON *body, const struct scf_uuid *borrower_id,
                    struct scf_lender_inputs *ret,
                    struct scf_lender_debtor *debtors) SCF_MUST_CHECK;

/* ---- terms_store.c ---- */

struct scf_terms_row {
    struct scf_uuid id, lender_id;
    struct scf_str external_id, body; /* the body is empty when it was erased */
    struct scf_hash body_sha256;
    char currency[4];
    int64_t created_us;
};
/* Inside a transaction, under the lender's chain: appends the record and its row. When the lender
 * sent the same before, *ret_existed and its id; other content: EXTERNAL_ID_CONFLICT. */
enum scf_code scf_terms_insert(struct scf_db *db, struct scf_arena *arena,
                               struct scf_terms_row *row, bool *ret_existed,
                               struct scf_error *err) SCF_MUST_CHECK;
/* Of one lender (NULL: of all); NOT_FOUND. */
enum scf_code scf_terms_get(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                            const struct scf_uuid *lender_id, struct scf_terms_row *ret,
                            struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_terms_page(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *lender_id, const struct scf_page *page,
                             struct scf_terms_row **ret, int *ret_n,
                             struct scf_error *err) SCF_MUST_CHECK;
/* Of these lenders the newest terms in a currency that there were at a time; lenders without any
 * are left out. */
enum scf_code scf_terms_newest(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *lenders, size_t n, const char *currency,
                               int64_t at_us, struct scf_terms_row **ret, size_t *ret_n,
                               struct scf_error *err) SCF_MUST_CHECK;

/* ---- lender_limit_store.c ---- */

/* What the lender's open loans finance outside of these contracts: of each debtor, over all
 * suppliers, and to the borrower. */
enum scf_code scf_lender_read_here(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_limit_inputs *in,
                                   struct scf_lender_inputs *lender,
                                   struct scf_lender_debtor *debtors,
                                   struct scf_error *err) SCF_MUST_CHECK;
/* Inside the transaction that addressed the assessment to the lender. */
enum scf_code scf_lender_limit_save(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *assessment_id,
                                    const struct scf_uuid *lender_id, int64_t limit,
                                    struct scf_str steps, struct scf_str part,
                                    struct scf_error *err) SCF_MUST_CHECK;
/* The lender's own; *ret_found false: nothing was computed for it. */
struct scf_lender_own {
    int64_t limit;
    struct scf_str steps, part;
};
enum scf_code scf_lender_limit_get(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *assessment_id,
                                   const struct scf_uuid *lender_id, bool *ret_found,
                                   struct scf_lender_own *ret,
                                   struct scf_error *err) SCF_MUST_CHECK;

#endif
