/* A case of notarization for enforcement: its row, its steps, and what they say together. Private
 * to notary. Pure but for the stores at its end.
 *
 * What a step said stays in the step; the row keeps only what is asked by it. A row is locked
 * before the loan, the loan before chains; it is changed under its lock only. */
#ifndef SCFD_NOTARY_CASE_H
#define SCFD_NOTARY_CASE_H

#include "body.h"
#include "calendar.h"

#include "scfd/chain/record.h"
#include "scfd/codec/jsonw.h"
#include "scfd/lending/owed.h"

enum { SCF_ENF_STEPS_MAX = 500, SCF_ENF_PARTIES_MAX = 70 };
enum {
    SCF_ENF_SPARE = 8
}; /* steps that one request may bring about: its own, and the platform's */

/* A time of 0 and a nil id: none. Text lives in the arena it was read into. */
struct scf_enf_case {
    struct scf_uuid id, lender_id, notary_id, court_id; /* nodes */
    struct scf_uuid loan_id, contract_id;
    enum scf_enf_state state, resume;
    char currency[4];
    const char *dossier; /* as drafted, JSON */
    int64_t verification_due_us;
    int64_t steps, version, created_us, updated_us;
};

struct scf_enf_step_row {
    int64_t seq;
    enum scf_enf_step step;
    struct scf_uuid node_id; /* nil: an administrator, or the platform */
    enum scf_enf_state from, to;
    int64_t happened_us, filed_us;
    const char *body; /* of its record */
    struct scf_uuid record_id;
};

/* A case with everything that judging and showing rest on. */
struct scf_enf_story {
    struct scf_enf_case c;
    const cJSON *drafted;
    const cJSON *dossier; /* as drafted, with what notarised amendments changed */
    const struct scf_enf_step_row *rows;
    const cJSON **details; /* of each row */
    size_t n;
    const struct scf_owed *ledger; /* of the loan, as of `today`; NULL: no loan yet */
    const struct scf_owed *owed;   /* the ledger under the terms of the dossier */
    const struct scf_calendar *calendar;
    int32_t today;
    int32_t applied_day; /* on which what is judged came in; 0: today */
    int64_t now_us;
};
/* Parses dossier and details, with room for SCF_ENF_SPARE more, and applies amendments; rows,
 * calendar, `today` and the ledger, in `owed`, are the caller's. INTERNAL: what was stored cannot
 * be read. */
enum scf_code scf_enf_story_parse(struct scf_arena *arena, struct scf_enf_story *story,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* The last step of a kind; NULL: there was none. *ret_details: what it said (NULL: not asked). What
 * belonged to an application for the execution certificate that was withdrawn does not count. */
const struct scf_enf_step_row *scf_enf_last(const struct scf_enf_story *s, enum scf_enf_step step,
                                            const cJSON **ret_details);

/* The answers to the last verification letter; of each party the last. */
struct scf_enf_replies {
    size_t parties, replied;
    enum scf_enf_state finding;
    struct scf_owed_amounts disputed;
};
struct scf_enf_replies scf_enf_replies(const struct scf_enf_story *s);
/* Debtors and guarantors, as far as their debts are notarised: who is bound by the instrument. */
size_t scf_enf_bound(const struct scf_enf_story *s, struct scf_uuid ret[SCF_ENF_PARTIES_MAX]);

/* 规定 6: what the notarization covers. */
bool scf_enf_covers_debt(const struct scf_enf_story *s);
bool scf_enf_covers_guarantees(const struct scf_enf_story *s);

/* A ruling of the court that can be reconsidered, and what followed. */
struct scf_enf_ruling {
    const struct scf_enf_step_row *row, *asked, *answered; /* NULL: none */
    const cJSON *said;
    int32_t served_day; /* with a row: of service, else of the ruling */
    bool for_creditor;  /* the respondent's application was rejected; else the creditor's was */
};
struct scf_enf_ruling scf_enf_ruling_of(const struct scf_enf_story *s);
/* The days in which the court decides the newest application for non-enforcement: 60, and 30 more
 * where it extended them (规定 16). *ret: the application; NULL: there was none. */
int scf_enf_decision_days(const struct scf_enf_story *s, const struct scf_enf_step_row **ret);
/* May a first application for non-enforcement, `body`, still come? (规定 13, 19) */
bool scf_enf_within_non_enforcement_days(const struct scf_enf_story *s, const cJSON *body);

/* `body` is the step that is judged, for what it says itself; NULL: none. */
struct scf_enf_facts scf_enf_facts_of(const struct scf_enf_story *s, const cJSON *body);
/* The day on which the days to object are over, which begin after `from`. */
int32_t scf_enf_objection_end(const struct scf_enf_story *s, int32_t from, bool *incomplete);

/* Which way is open (LG-1.10): "enforcement_pack", "civil_pack", "apply_for_ec". */
struct scf_enf_route {
    const char *path;
    struct scf_enf_rule_text reasons[4];
    size_t n;
};
struct scf_enf_route scf_enf_route_of(const struct scf_enf_story *s);

/* Members without braces. */
void scf_enf_case_write(struct scf_jsonw *w, const struct scf_enf_story *s);
/* Any JSON value without its null members. */
void scf_enf_json_write(struct scf_jsonw *w, const char *key, const cJSON *item);
/* What was written into `out`, in the arena; frees `out`. NULL: see err->code, BODY_TOO_LARGE when
 * it did not get into `out`, else OVERLOADED. */
const char *scf_enf_text(struct scf_arena *arena, struct scf_buf *out, struct scf_error *err);
/* The dossier that a body begins a case with: the body without nulls, in the arena. NULL as above.
 */
const char *scf_enf_dossier_text(struct scf_arena *arena, const cJSON *body, struct scf_error *err);

#endif
