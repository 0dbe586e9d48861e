/* The description of the claim for the unified register 中登网 (CR-7.4 to CR-7.6). Private to
 * receivable. Pure; any thread: the same input gives the same bytes. */
#ifndef SCFD_RECEIVABLE_REGISTRATION_H
#define SCFD_RECEIVABLE_REGISTRATION_H

#include "state.h"

#include "scfd/base/buf.h"

struct scf_rcv_party {
    const char *name, *code; /* USCC, of a foreign one "CC:NUMBER"; NULL: not known */
};

struct scf_rcv_description {
    enum scf_rcv_kind kind;
    struct scf_rcv_party seller, debtor, lender;
    const char *contract_no;               /* NULL: none */
    const char *invoice_code, *invoice_no; /* NULL: none, or erased */
    int32_t issued_day;
    bool has_due;
    int32_t due_day;
    char currency[4];
    int64_t invoice_total; /* tax included, minor units */
    int64_t claim;         /* what is assigned or pledged, minor units */

    /* Of a voucher (CR-7.6). */
    const char *system_name, *certificate_no, *sub_no; /* sub_no NULL: none */
    struct scf_rcv_party issuer;
    int32_t voucher_issued_day, voucher_due_day;
    int64_t voucher_amount;
};

/* The text of the register's field 财产描述, one line; claims only what it is given. */
void scf_registration_text(const struct scf_rcv_description *d, struct scf_buf *out);
/* The kind of entry in the register: 保理 or 应收账款质押. */
const char *scf_registration_type(enum scf_rcv_kind kind);
/* What reports and exports must call it (CR-10.2, 财会〔2021〕32号): never a bill. */
const char *scf_receivable_label(bool chinese);

/* The register's record as numbers are stored. */
enum scf_registration_status {
    SCF_REG_NONE,
    SCF_REG_ACTIVE,
    SCF_REG_AMENDED,
    SCF_REG_EXTENDED,
    SCF_REG_OBJECTED,
    SCF_REG_CANCELLED,
    SCF_REG_EXPIRED
};
extern const char *const scf_registration_status_names[]; /* "", "ACTIVE", … NULL-terminated */

#endif
