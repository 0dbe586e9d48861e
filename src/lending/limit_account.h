/* The rules of decisions and of drawing loans under them, as pure functions of what the rows say.
 * The stores call them while they hold the row locks. Any thread. */
#ifndef SCFD_LENDING_LIMIT_ACCOUNT_H
#define SCFD_LENDING_LIMIT_ACCOUNT_H

#include "scfd/base/err.h"

/* Numbers are stored. */
enum scf_outcome { SCF_APPROVED, SCF_APPROVED_WITH_CONDITIONS, SCF_DECLINED, SCF_WITHDRAWN };
extern const char *const scf_outcome_names[]; /* in enum order, NULL-terminated */
bool scf_is_approval(enum scf_outcome outcome);

enum scf_decision_status { SCF_DECISION_OPEN, SCF_DECISION_SUPERSEDED, SCF_DECISION_WITHDRAWN };

/* A lender's open decision on an assessment, as its next one finds it. */
struct scf_standing_decision {
    bool exists;
    enum scf_outcome outcome;
    int64_t loans; /* ever drawn under it */
};

/* "awaiting_decision", "approved", "declined", "withdrawn", "drawn"; "decided" where there is
 * neither a decision nor one awaited. */
const char *scf_standing_state(const struct scf_standing_decision *standing, bool awaiting);

/* May `outcome` follow? A first decision needs that one is awaited; a later one supersedes, unless
 * loans were drawn; `withdrawn` needs an approval. WRONG_STATE names the state. */
enum scf_code scf_decision_may_follow(const struct scf_standing_decision *standing, bool awaiting,
                                      enum scf_outcome outcome,
                                      struct scf_error *err) SCF_MUST_CHECK;

/* What is drawn under an approval. */
struct scf_drawn {
    int64_t ever;        /* Σ principal of all loans */
    int64_t outstanding; /* Σ principal not repaid */
};

/* What can still be lent: revolving limits come back with repayment, one-off ones do not. */
int64_t scf_remaining_limit(int64_t approved, bool revolving, const struct scf_drawn *drawn);

/* The state of a decision for a loan on `today`: "approved" when it carries one; else "superseded",
 * "withdrawn", "declined", "not_yet_valid", "expired". */
const char *scf_decision_state(enum scf_decision_status status, enum scf_outcome outcome,
                               int32_t valid_from, int32_t valid_until, int32_t today);

#endif
