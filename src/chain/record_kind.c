/* The kinds of record: names and id prefixes. Relies on nothing. */
#include "scfd/chain/record.h"

static const struct {
    const char *name, *prefix;
} kinds[SCF_REC_KINDS] = {
    [SCF_REC_ENTERPRISE] = {"enterprise", "epr"},
    [SCF_REC_CONTRACT] = {"contract", "ctr"},
    [SCF_REC_WORKFLOW_EVENT] = {"workflow_event", "evt"},
    [SCF_REC_INVOICE] = {"invoice", "inv"},
    [SCF_REC_GUARANTEE] = {"guarantee", "gua"},
    [SCF_REC_CREDIT_ASSESSMENT] = {"credit_assessment", "asm"},
    [SCF_REC_CREDIT_DECISION] = {"credit_decision", "dec"},
    [SCF_REC_LOAN] = {"loan", "loan"},
    [SCF_REC_REPAYMENT] = {"repayment", "rep"},
    [SCF_REC_INDUSTRY_TEMPLATE] = {"industry_template", "tpl"},
    [SCF_REC_CREDIT_POLICY] = {"credit_policy", "pol"},
    [SCF_REC_LENDER_TERMS] = {"lender_terms", "ltm"},
    [SCF_REC_RECEIVABLE] = {"receivable", "rcv"},
    [SCF_REC_LIMIT_HOLD] = {"limit_hold", "hold"},
    [SCF_REC_ERASURE] = {"erasure", "ers"},
    [SCF_REC_ORIGIN_CHANGE] = {"origin_change", "org"},
    [SCF_REC_WITNESS_CONFLICT] = {"witness_conflict", "wcf"},
    [SCF_REC_ENFORCEMENT_NOTARIZATION] = {"enforcement_notarization", "enf"},
};

const char *scf_record_kind_name(enum scf_record_kind kind) {
    SCF_ASSERT((unsigned)kind < SCF_REC_KINDS);
    return kinds[kind].name;
}

const char *scf_record_kind_prefix(enum scf_record_kind kind) {
    SCF_ASSERT((unsigned)kind < SCF_REC_KINDS);
    return kinds[kind].prefix;
}

bool scf_record_kind_of_prefix(const char *prefix, enum scf_record_kind *ret) {
    for (int i = 0; i < SCF_REC_KINDS; i++) {
        if (strcmp(kinds[i].prefix, prefix) == 0) {
            *ret = (enum scf_record_kind)i;
            return true;
        }
    }
    return false;
}
