/* Business keys: a contract is known by its seller and number, an invoice by its code and number,
 * whichever node reports it and however its system spaces or capitalises the number. */
#include "body.h"

#include "scfd/codec/digest.h"

enum { PART_MAX = 512 };

/* Hash of three lines: what it is, and two normalised parts. */
static struct scf_uuid key_of(const char *domain, struct scf_str a, struct scf_str b) {
    char left[PART_MAX], right[PART_MAX];
    SCF_ASSERT(a.n <= PART_MAX && b.n <= PART_MAX); /* field tables bound them far lower */
    const struct scf_str parts[] = {scf_str(domain),
                                    SCF_STR("\n"),
                                    {left, scf_normalise(a, left)},
                                    SCF_STR("\n"),
                                    {right, scf_normalise(b, right)}};
    struct scf_hash hash = scf_digest_parts(SCF_SHA256, parts, SCF_COUNT(parts));
    struct scf_uuid key;
    memcpy(key.b, hash.b, sizeof key.b);
    return key;
}

struct scf_uuid scf_contract_key(struct scf_str seller, struct scf_str contract_no) {
    return key_of("scfd-contract-key/v1", seller, contract_no);
}

struct scf_uuid scf_invoice_key(struct scf_str invoice_code, struct scf_str invoice_no) {
    return key_of("scfd-invoice-key/v1", invoice_code, invoice_no);
}
