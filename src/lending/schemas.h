/* Field tables of decisions, loans and repayments. Private to lending. Static data, pure rules. */
#ifndef SCFD_LENDING_SCHEMAS_H
#define SCFD_LENDING_SCHEMAS_H

#include "scfd/codec/body.h"
#include "scfd/codec/field_table.h"

enum { SCF_LOAN_CONTRACTS_MAX = 100, SCF_LOAN_INSTALMENTS_MAX = 400, SCF_RATE_PLACES = 6 };

/* Passed as scf_schema_options.rules_ctx: when the body came in, and the lender's time zone. */
struct scf_lending_ctx {
    int64_t now_us;
    int offset_minutes;
};

/* The day it is where the lender is. */
int32_t scf_lending_today(const struct scf_lending_ctx *ctx);

extern const struct scf_schema scf_decision_schema, scf_loan_schema, scf_repayment_schema;

extern const char *const scf_limit_type_names[]; /* "one_off", "revolving", NULL */

#endif
