/* A decision as JSON. */
#include "decision.h"

static const char *const shown[] = {"external_id",    "lender_id",  "assessment_id", "outcome",
                                    "approved_limit", "currency",   "annual_rate",   "tenor_days",
                                    "limit_type",     "valid_from", "valid_until",   NULL};

static void write_approval(struct scf_jsonw *w, const struct scf_decision *d) {
    int scale = scf_currency_scale(scf_str(d->currency));
    scf_jw_money(w, "approved_limit", d->approved_limit, scale);
    scf_jw_money(w, "remaining_limit",
                 scf_remaining_limit(d->approved_limit, d->revolving, &d->drawn), scale);
    scf_jw_money(w, "drawn", d->drawn.ever, scale);
    scf_jw_money(w, "outstanding_principal", d->drawn.outstanding, scale);
    scf_jw_str(w, "currency", d->currency);
    scf_jw_ppm(w, "annual_rate", d->rate_ppm);
    scf_jw_i64(w, "tenor_days", d->tenor_days);
    scf_jw_str(w, "limit_type", scf_limit_type_names[d->revolving]);
    scf_jw_date(w, "valid_from", d->valid_from);
    scf_jw_date(w, "valid_until", d->valid_until);
}

void scf_decision_write(struct scf_jsonw *w, const struct scf_decision *d, int64_t now_us,
                        struct scf_arena *arena) {
    int32_t today = scf_filed_day(&d->filed, now_us);
    scf_filed_write(w, &d->filed, SCF_REC_CREDIT_DECISION);
    scf_jw_id(w, "assessment_id", "asm", &d->assessment_id);
    scf_jw_id(w, "borrower_id", "ent", &d->borrower_id);
    scf_jw_str(w, "outcome", scf_outcome_names[d->outcome]);
    scf_jw_str(w, "status",
               scf_decision_state(d->status, d->outcome, d->valid_from, d->valid_until, today));
    if (scf_is_approval(d->outcome))
        write_approval(w, d);
    if (!scf_uuid_is_nil(&d->supersedes_id))
        scf_jw_id(w, "supersedes_id", "dec", &d->supersedes_id);
    if (!scf_uuid_is_nil(&d->superseded_by))
        scf_jw_id(w, "superseded_by", "dec", &d->superseded_by);
    scf_kept_write(w, &d->filed, &scf_decision_schema, shown, arena);
}
