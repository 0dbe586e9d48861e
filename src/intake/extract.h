/* What the record row needs of a VALID body. Pure; text points into the body or the arena.
 *
 * An enterprise is named by id, by USCC, or, when foreign, by country and registration number:
 * then the text in `uscc` is "CC:NUMBER" (upper-case, blanks removed). */
#ifndef SCFD_INTAKE_EXTRACT_H
#define SCFD_INTAKE_EXTRACT_H

#include "scfd/party/enterprise.h"
#include "schemas.h"

struct scf_extract {
    struct scf_str external_id;
    struct scf_uuid revises_id;             /* nil: none */
    struct scf_enterprise_ref subject;      /* seller; obligor of a guarantee; empty: unknown */
    struct scf_enterprise_ref counterparty; /* buyer; beneficiary; empty: unknown */
    struct scf_enterprise_ref guarantor;    /* of a guarantee, by id */
    const char *subject_pointer, *counterparty_pointer; /* where the body names them: "#/seller" */
    struct scf_uuid business_key; /* nil: none, or not before the seller's USCC is known */
    struct scf_uuid contract_key; /* likewise */
    struct scf_uuid contract_id;  /* the contract named by id; nil: none */
    const char *contract_pointer; /* where the body names the contract */
    struct scf_str contract_no;   /* when the contract is named by number */
    bool needs_seller_uscc;       /* the seller is named by id only: see below */
    bool has_happened;
    int64_t happened_us;
    bool has_amount;
    int64_t amount;
    char currency[4];
    int16_t checks_applicable, checks_passed; /* credit.md CR-6.1 inside the one record */
};

enum scf_code scf_record_extract(enum scf_record_kind kind, const cJSON *body,
                                 const struct scf_rules_ctx *ctx, struct scf_arena *arena,
                                 struct scf_extract *ret) SCF_MUST_CHECK;

/* Computes the keys that had to wait for the seller's USCC (or "CC:NUMBER"). */
void scf_extract_complete_keys(struct scf_extract *x, enum scf_record_kind kind,
                               struct scf_str seller);

#endif
