/* What the record row needs of a VALID body. Pure; text points into the body or the arena.
 *
 * An enterprise is named by id, by USCC, or, when foreign, by country and registration number:
 * then the text in `uscc` is "CC:NUMBER" (upper-case, blanks removed). */
#ifndef SCFD_INTAKE_EXTRACT_H
#define SCFD_INTAKE_EXTRACT_H

#include "scfd/party/enterprise.h"
#include "schemas.h"

/* What the body names by id beside its parties and its contract. */
struct scf_named {
    struct scf_uuid id;
    const char *pointer;       /* where */
    enum scf_record_kind kind; /* of a record: what it must be */
};
struct scf_named_list {
    struct scf_named *items;
    size_t count, capacity;
};

struct scf_extract {
    struct scf_str external_id;
    struct scf_uuid revises_id;             /* nil: none */
    struct scf_enterprise_ref subject;      /* seller; obligor of a guarantee; empty: unknown */
    struct scf_enterprise_ref counterparty; /* buyer; beneficiary; empty: unknown */
    /* Seller of the contract that a guarantee names by number. Elsewhere empty: it is the subject.
     */
    struct scf_enterprise_ref seller;
    const char *subject_pointer, *counterparty_pointer; /* where the body names them: "#/seller" */
    const char *seller_pointer;
    /* The code that an invoice's tax number makes beside an enterprise_id: to be compared. */
    struct scf_str subject_code, counterparty_code;
    struct scf_named_list enterprises, records;
    struct scf_uuid business_key; /* nil: none, or not before the seller's USCC is known */
    struct scf_uuid contract_key; /* likewise */
    struct scf_uuid contract_id;  /* the contract named by id; nil: none */
    const char *contract_pointer; /* where the body names the contract */
    struct scf_str contract_no;   /* when the contract is named by number */
    bool needs_seller_uscc;       /* the contract's seller is named by id only: see below */
    bool has_happened;
    int64_t happened_us;
    bool has_amount;
    int64_t amount;
    char currency[4];
    int16_t checks_applicable, checks_passed; /* docs/credit-model.md: checks */
};

enum scf_code scf_record_extract(enum scf_record_kind kind, const cJSON *body,
                                 const struct scf_rules_ctx *ctx, struct scf_arena *arena,
                                 struct scf_extract *ret) SCF_MUST_CHECK;

/* Computes the keys that had to wait for the seller's USCC (or "CC:NUMBER"). */
void scf_extract_complete_keys(struct scf_extract *x, enum scf_record_kind kind,
                               struct scf_str seller);

#endif
