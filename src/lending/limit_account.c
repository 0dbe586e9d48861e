/* Transitions of decisions, and what is left of an approved limit. */
#include "limit_account.h"

const char *const scf_outcome_names[] = {"approved", "approved_with_conditions", "declined",
                                         "withdrawn", NULL};

bool scf_is_approval(enum scf_outcome outcome) {
    return outcome == SCF_APPROVED || outcome == SCF_APPROVED_WITH_CONDITIONS;
}

const char *scf_standing_state(const struct scf_standing_decision *standing, bool awaiting) {
    if (!standing->exists)
        return awaiting ? "awaiting_decision" : "decided";
    if (standing->loans > 0)
        return "drawn";
    return scf_is_approval(standing->outcome) ? "approved" : scf_outcome_names[standing->outcome];
}

enum scf_code scf_decision_may_follow(const struct scf_standing_decision *standing, bool awaiting,
                                      enum scf_outcome outcome, struct scf_error *err) {
    const char *state = scf_standing_state(standing, awaiting);
    if (standing->exists && standing->loans > 0)
        return scf_fail(err, SCF_E_WRONG_STATE,
                        "The decision is in state \"%s\": loans were made under it, so it stands.",
                        state);
    if (!standing->exists && !awaiting)
        return scf_fail(err, SCF_E_WRONG_STATE,
                        "The assessment is in state \"%s\": no decision of yours is awaited.",
                        state);
    if (outcome == SCF_WITHDRAWN && !(standing->exists && scf_is_approval(standing->outcome)))
        return scf_fail(err, SCF_E_WRONG_STATE,
                        "The assessment is in state \"%s\": there is no approval to withdraw.",
                        state);
    return SCF_OK;
}

int64_t scf_remaining_limit(int64_t approved, bool revolving, const struct scf_drawn *drawn) {
    int64_t used = revolving ? drawn->outstanding : drawn->ever;
    return used < approved ? approved - used : 0; /* a reversal may take it over the limit */
}

const char *scf_decision_state(enum scf_decision_status status, enum scf_outcome outcome,
                               int32_t valid_from, int32_t valid_until, int32_t today) {
    if (status == SCF_DECISION_SUPERSEDED)
        return "superseded";
    if (status == SCF_DECISION_WITHDRAWN || outcome == SCF_WITHDRAWN)
        return "withdrawn";
    if (outcome == SCF_DECLINED)
        return "declined";
    if (today < valid_from)
        return "not_yet_valid";
    return today > valid_until ? "expired" : "approved";
}
