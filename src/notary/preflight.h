/* Is a contract fit to be notarized for enforcement? The rules are looked at one by one before
 * anybody signs; each names its article. Private to notary. Pure; any thread. */
#ifndef SCFD_NOTARY_PREFLIGHT_H
#define SCFD_NOTARY_PREFLIGHT_H

#include "scfd/codec/json.h"
#include "scfd/codec/jsonw.h"

enum scf_fit_rule {
    SCF_FIT_INSTRUMENT_KIND,
    SCF_FIT_PAYMENT_CONTENT,
    SCF_FIT_UNDISPUTED,
    SCF_FIT_DRAWN_AMOUNT,
    SCF_FIT_AMOUNT_AND_DATES,
    SCF_FIT_RATE,
    SCF_FIT_PROMISE_CLAUSE,
    SCF_FIT_VERIFICATION,
    SCF_FIT_VERIFICATION_CLAUSE,
    SCF_FIT_SECURITIES_NAMED,
    SCF_FIT_PARTIES,
    SCF_FIT_DISTINCT,
    SCF_FIT_AGENTS,
    SCF_FIT_RESOLUTIONS,
    SCF_FIT_COMPETENCE,
    SCF_FIT_CONFLICT,
    SCF_FIT_ONLINE,
    SCF_FIT_ASSIGNMENT,
    SCF_FIT_AMENDMENTS,
    /* advice */
    SCF_FIT_NO_REPLY,
    SCF_FIT_OUTSIDE_SCOPE,
    SCF_FIT_RATE_CAP,
    SCF_FIT_SERVICE_ADDRESS,
    SCF_FIT_JURISDICTION,
    SCF_FIT_ACCELERATION,
    SCF_FIT_RULES
};
struct scf_fit_text {
    const char *code, *article, *en, *zh;
    bool advice; /* does not stop the notarization */
};
extern const struct scf_fit_text scf_fit_texts[SCF_FIT_RULES];

struct scf_preflight {
    bool fit; /* every rule is met that is not advice */
    bool met[SCF_FIT_RULES];
    struct scf_faults faults; /* where a rule is not met: code of the rule, pointer into the body */
};
/* `body` is one that scf_enf_preflight_schema or scf_enf_create_schema accepted. */
void scf_enf_preflight(const cJSON *body, struct scf_arena *arena, struct scf_preflight *ret);
/* Does the clause stand in the text, word for word? NULL: no. */
bool scf_enf_stands_in(const char *text, const char *clause);
/* Members: fit, conditions (规则 39, six), rules, faults. */
void scf_enf_preflight_write(struct scf_jsonw *w, const struct scf_preflight *p);

#endif
