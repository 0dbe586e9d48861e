/* Filing a decision: within the assessed limit, one open decision per assessment and lender. */
#include "decision.h"

#include "scfd/base/clock.h"
#include "scfd/credit/credit.h"

static struct scf_decision from_body(const struct scf_filing *f) {
    const cJSON *body = f->body;
    struct scf_decision d = {
        .filed = {.id = f->id, .lender_id = f->lender->node_id, .created_us = f->ctx.now_us},
        .assessment_id = scf_filing_id(body, "assessment_id"),
        .outcome = (enum scf_outcome)scf_body_choice(body, "outcome", scf_outcome_names, 0),
        .revolving = scf_body_is(body, "limit_type", "revolving"),
        .valid_from = scf_lending_today(&f->ctx),
    };
    if (!scf_is_approval(d.outcome))
        return d;
    memcpy(d.currency, scf_json_string(body, "currency"), sizeof d.currency);
    bool complete =
        scf_body_money(body, "approved_limit", scf_body_scale(body), &d.approved_limit) &&
        scf_body_decimal(body, "annual_rate", SCF_RATE_PLACES, &d.rate_ppm) &&
        scf_json_i64(body, "tenor_days", &d.tenor_days) &&
        scf_body_day(body, "valid_until", &d.valid_until);
    SCF_ASSERT(complete); /* the rules of the schema let it pass */
    (void)scf_body_day(body, "valid_from", &d.valid_from);
    return d;
}

static enum scf_code refuse_excess(const struct scf_filing *f, const struct scf_decision *d,
                                   const struct scf_assessment_view *view, struct scf_error *err) {
    int scale = scf_currency_scale(scf_str(view->currency));
    char asked[SCF_MONEY_TEXT], limit[SCF_MONEY_TEXT];
    scf_money_format(d->approved_limit, scale, asked);
    scf_money_format(view->limit, scale, limit);
    scf_fail(err, SCF_E_LIMIT_EXCEEDED, "approved_limit %s is above the recommended limit %s.",
             asked, limit);
    err->members_json = scf_asprintf(
        f->arena, "{\"approved_limit\":\"%s\",\"recommended_limit\":\"%s\",\"currency\":\"%s\"}",
        asked, limit, view->currency);
    return err->code;
}

static enum scf_code check_approval(const struct scf_filing *f, const struct scf_decision *d,
                                    const struct scf_assessment_view *view, struct scf_error *err) {
    if (!scf_is_approval(d->outcome))
        return SCF_OK;
    if (strcmp(d->currency, view->currency) != 0)
        return scf_filing_mismatch(f, "#/currency", "The assessment is in another currency.", err);
    if (scf_lending_today(&f->ctx) > view->expires_day)
        return scf_fail(err, SCF_E_WRONG_STATE,
                        "The assessment is in state \"expired\": ask for a new one.");
    if (d->approved_limit > view->limit)
        return refuse_excess(f, d, view, err);
    return SCF_OK;
}

static enum scf_code lock_assessment(struct scf_db *db, const struct scf_filing *f,
                                     struct scf_assessment_view *ret, struct scf_error *err) {
    struct scf_uuid id = scf_filing_id(f->body, "assessment_id");
    enum scf_code code =
        scf_assessment_lock_for_decision(db, f->arena, &id, &f->lender->node_id, ret, err);
    return code == SCF_E_NOT_FOUND ? scf_filing_unknown(f, "#/assessment_id", err) : code;
}

static enum scf_code check(struct scf_db *db, const struct scf_filing *f, struct scf_decision *d,
                           const struct scf_assessment_view *view, struct scf_error *err) {
    struct scf_standing_decision standing;
    enum scf_code code = scf_decision_standing(db, f->arena, &d->assessment_id, &f->lender->node_id,
                                               &standing, &d->supersedes_id, err);
    if (code == SCF_OK)
        code = scf_decision_may_follow(&standing, view->awaiting, d->outcome, err);
    return code == SCF_OK ? check_approval(f, d, view, err) : code;
}

static enum scf_code write_rows(struct scf_db *db, const struct scf_filing *f,
                                const struct scf_decision *d, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    if (!scf_uuid_is_nil(&d->supersedes_id))
        code = scf_decision_close(db, f->arena, &d->supersedes_id,
                                  d->outcome == SCF_WITHDRAWN ? SCF_DECISION_WITHDRAWN
                                                              : SCF_DECISION_SUPERSEDED,
                                  &f->id, f->ctx.now_us, err);
    if (code == SCF_OK)
        code = scf_decision_insert(db, f->arena, d, err);
    if (code == SCF_OK)
        code = scf_assessment_mark_decided(db, f->arena, &d->assessment_id, &f->lender->node_id,
                                           false, f->ctx.now_us, err);
    return code;
}

static enum scf_code record(struct scf_db *db, const struct scf_filing *f,
                            const struct scf_decision *d, struct scf_error *err) {
    struct scf_filing_facts facts = {.decision_id = f->id,
                                     .borrower_id = d->borrower_id,
                                     .has_amount = scf_is_approval(d->outcome),
                                     .amount = d->approved_limit};
    memcpy(facts.currency, d->currency, sizeof facts.currency);
    bool timed = scf_body_time(f->body, "decided_at", f->ctx.offset_minutes, &facts.happened_us);
    SCF_ASSERT(timed);
    facts.event = scf_asprintf(f->arena, "credit_decision.%s", scf_outcome_names[d->outcome]);
    if (facts.event == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory to file the decision.");
    return scf_filing_record(db, f, &facts, err);
}

enum scf_code scf_decision_file(struct scf_db *db, struct scf_filing *f, struct scf_error *err) {
    struct scf_assessment_view view;
    enum scf_code code = scf_filing_check_lender(f, err);
    if (code == SCF_OK)
        code = lock_assessment(db, f, &view, err);
    if (code == SCF_OK)
        code = scf_filing_begin(db, f, NULL, err);
    if (code != SCF_OK || f->existed)
        return code;
    struct scf_decision d = from_body(f);
    d.borrower_id = view.borrower_id;
    code = check(db, f, &d, &view, err);
    if (code == SCF_OK)
        code = write_rows(db, f, &d, err);
    return code == SCF_OK ? record(db, f, &d, err) : code;
}
