/* An assessment as other rooms read it, and waking those who wait for it. */
#ifndef SCFD_CREDIT_ASSESSMENT_H
#define SCFD_CREDIT_ASSESSMENT_H

#include "scfd/credit/credit.h"

enum { SCF_ASSESS_MAX_CONTRACTS = 100 }; /* of one assessment */

/* Numbers are stored. */
enum scf_assess_status { SCF_ASM_QUEUED, SCF_ASM_RUNNING, SCF_ASM_SUCCEEDED, SCF_ASM_FAILED };

struct scf_assess_row {
    struct scf_uuid id, node_id, borrower_id; /* node_id nil: an administrator asked */
    enum scf_assess_status status;
    int64_t version, as_of_us, created_us, updated_us;
    struct scf_str request, document;          /* the document is empty before success */
    const char *problem_code, *problem_detail; /* NULL: none */
    bool awaiting; /* for the lender that asks; any lender's when others ask */
    /* Of the lender that asks, once computed; lender_steps is a JSON array. */
    bool has_lender_limit;
    int64_t lender_limit;
    struct scf_str lender_steps;
    char currency[4]; /* "" before success */
};

/* Both: any thread with its connection; memory in `arena`. */

/* The row, if `actor` may see it: who asked, whom it was addressed to, administrators; NULL: no
 * check. NOT_FOUND. */
enum scf_code scf_assess_get(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_actor *actor, const struct scf_uuid *id,
                             struct scf_assess_row *ret, struct scf_error *err) SCF_MUST_CHECK;
/* The receipt; the same visibility. WRONG_STATE when there is no result. */
enum scf_code scf_assess_receipt(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_actor *actor, const struct scf_uuid *id,
                                 struct scf_str *ret, struct scf_error *err) SCF_MUST_CHECK;

/* What is notified when something about an assessment or a lender changes: "<what>:<hex of the
 * id>". "asm": the assessment; "lender": the list of a lender node; "replay": an assessment's
 * replay. */
enum { SCF_ASSESS_TOPIC = 48 };
void scf_assess_topic(const char *what, const struct scf_uuid *id, char out[SCF_ASSESS_TOPIC]);
/* Wakes those who wait for the topic (scf_rq_wait), on every instance, when the caller's
 * transaction commits. Codes: of the database. */
enum scf_code scf_assess_notify(struct scf_db *db, struct scf_arena *arena, const char *what,
                                const struct scf_uuid *id, struct scf_error *err) SCF_MUST_CHECK;

#endif
