/* Gathering what a limit rests on beside records and rollups; for one assessment, and for batches.
 */
#ifndef SCFD_CREDIT_GATHER_CLAIMS_H
#define SCFD_CREDIT_GATHER_CLAIMS_H

#include "scfd/limit/limit.h"

enum { SCF_GATHER_MAX_DEBTORS = 1000 };

/* Standings of all invoices of the contracts, in one statement, and what others finance of them.
 * The contracts' trade views are there. */
enum scf_code scf_gather_standings(struct scf_db *db, struct scf_arena *arena,
                                   struct scf_limit_contract *contracts, size_t n,
                                   struct scf_error *err) SCF_MUST_CHECK;

/* The part of a contract already invoiced and financed by others (CR-2.4), by its trade view. Pure.
 */
int64_t scf_gather_financed(const struct scf_limit_contract *k);

/* The last year as a profile tells it, when it is in the currency; else unknown. Pure. */
void scf_gather_need(const cJSON *profile, const char *currency, struct scf_limit_need *ret);
/* Where it stands, and what is granted to the borrower elsewhere: for all inputs whose need is
 * known, in one statement. The contracts' accounts are there. */
enum scf_code scf_gather_need_sources(struct scf_db *db, struct scf_arena *arena,
                                      struct scf_limit_inputs *inputs, size_t n,
                                      struct scf_error *err) SCF_MUST_CHECK;

/* The debtors of the contracts and their invoices: core enterprises by their own profile, of all
 * inputs in one statement; affiliates and what can be set off by the borrower's (NULL: it has
 * none). The trade views are there. */
enum scf_code scf_gather_debtors(struct scf_db *db, struct scf_arena *arena,
                                 const cJSON *const *profiles, struct scf_limit_inputs *inputs,
                                 size_t n, struct scf_error *err) SCF_MUST_CHECK;

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

/* What the accounts of the assessment's own contracts grant: it is not granted elsewhere. Pure. */
int64_t scf_granted_here(const struct scf_limit_inputs *in);

#endif
