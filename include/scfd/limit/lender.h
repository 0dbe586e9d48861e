/* What one lender's own ceilings make of a limit (CR-1): the room under its line for the debtor
 * (CR-5), the prudential limits of its kind (CR-10.3, CR-10.4, CR-10.6), its cap for one borrower.
 *
 * Money in minor units of the assessment's currency, ratios in millionths; divisions round down.
 * Pure; any thread. */
#ifndef SCFD_LIMIT_LENDER_H
#define SCFD_LIMIT_LENDER_H

#include "scfd/limit/limit.h"

enum scf_lender_kind {
    SCF_LENDER_BANK,
    SCF_LENDER_FACTOR,
    SCF_LENDER_GUARANTEE_COMPANY,
    SCF_LENDER_OTHER /* no prudential limits are known for it */
};
extern const char *const scf_lender_kind_names[]; /* "bank" …, NULL-terminated */

/* A debtor (the buyer) of the assessment's contracts, as this lender stands to it. */
struct scf_lender_debtor {
    struct scf_uuid enterprise_id;
    bool affiliated; /* with the borrower */
    bool has_line;
    int64_t line, confirmed_financed, direct_loans; /* as the lender's terms say, outside scfd */
    int64_t here; /* what the lender's loans filed here finance of it, over all suppliers, but for
                   * the contracts of the assessment: their accounts count those */
};

/* From the lender's newest terms in the assessment's currency. */
struct scf_lender_inputs {
    struct scf_uuid lender_id;
    bool known; /* there are terms; else nothing below counts, and no step applies */
    struct scf_uuid record_id;
    struct scf_hash body_sha256;
    enum scf_lender_kind kind;
    bool has_capital, has_tier1, has_net_assets, has_risk_assets, has_cap;
    int64_t capital, tier1_capital;  /* of a bank */
    int64_t net_assets, risk_assets; /* of a factor; of a guarantee company net assets, */
    int64_t guarantees;              /* and the guarantees it stands in */
    int64_t affiliates;              /* a factor's financing with affiliates as debtors */
    int64_t single_borrower_cap;
    /* The lender's exposure to the borrower and to its group, outside scfd. */
    int64_t loans, exposure, group_exposure;
    int64_t here; /* its loans filed here to the borrower, under other contracts */
    const struct scf_lender_debtor *debtors; /* of the assessment's contracts, each once */
    size_t debtor_count;
};

struct scf_lender_result {
    struct scf_limit_step steps[SCF_STEPS - SCF_STEP_DEBTOR]; /* debtor, regulatory, lender */
    int64_t limit; /* the lowest of these and the shared limit, rounded down to the policy's unit */
};

/* What is left for this lender of `shared`, the result all lenders share. */
void scf_lender_limit_compute(const struct scf_limit_inputs *in,
                              const struct scf_limit_result *shared,
                              const struct scf_lender_inputs *lender,
                              struct scf_lender_result *ret);

#endif
