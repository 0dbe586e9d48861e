/* What gather_claims.c offers beside scfd/credit/gather.h, and its SQL. */
#ifndef SCFD_CREDIT_GATHER_CLAIMS_H
#define SCFD_CREDIT_GATHER_CLAIMS_H

#include "scfd/credit/gather.h"

/* The last year as a profile tells it, when it is in the currency; else unknown. Pure. */
void scf_gather_need(const cJSON *profile, const char *currency, struct scf_limit_need *ret);

/* ---- gather_claims_store.c ---- */

struct scf_need_source {
    struct scf_uuid borrower_id;
    const char *currency;
    struct scf_uuid record_id; /* read: */
    struct scf_hash body_sha256;
    int64_t granted; /* by all limit accounts of the borrower in the currency */
};
enum scf_code scf_need_sources_read(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_need_source *sources, size_t n,
                                    struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_debtors_read_core(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_limit_debtor *debtors, size_t n,
                                    struct scf_error *err) SCF_MUST_CHECK;

#endif
