/* What a receivable's papers and parties say: read once, for offering it and for describing it to
 * the register. Private to receivable. */
#ifndef SCFD_RECEIVABLE_GATHER_H
#define SCFD_RECEIVABLE_GATHER_H

#include "body.h"
#include "terms.h"

/* The two papers, parsed; NULL: none, or erased. */
struct scf_rcv_papers {
    struct scf_record invoice;
    const cJSON *invoice_body;
    struct scf_record contract; /* of a nil id when none is named */
    const cJSON *contract_body;
};
/* `actor` NULL: whoever may see them. `contract_id` nil: none. VALIDATION_FAILED with
 * "unknown-reference" for what is not there, not visible, or of another kind. */
enum scf_code scf_rcv_papers(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_actor *actor, const struct scf_uuid *invoice_id,
                             const struct scf_uuid *contract_id, struct scf_rcv_papers *ret,
                             struct scf_error *err) SCF_MUST_CHECK;

/* Of what size the enterprise is, by the profile in force. */
enum scf_code scf_rcv_size(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_uuid *enterprise_id, enum scf_size *ret,
                           struct scf_error *err) SCF_MUST_CHECK;

/* Everything that the registration text names. */
enum scf_code scf_rcv_describe(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_receivable *r, struct scf_rcv_description *ret,
                               struct scf_error *err) SCF_MUST_CHECK;
/* The text itself, in `arena`. */
enum scf_code scf_rcv_text(struct scf_arena *arena, const struct scf_rcv_description *d,
                           const char **ret, struct scf_error *err) SCF_MUST_CHECK;

#endif
