/* A repayment as JSON. */
#include "repayment.h"

static const char *const shown[] = {"external_id", "loan_id",    "lender_id",
                                    "amount",      "currency",   "value_date",
                                    "reversal_of", "allocation", NULL};

static const char *status_of(const struct scf_repayment *r) {
    if (!scf_uuid_is_nil(&r->reversal_of))
        return "reversal";
    return scf_uuid_is_nil(&r->reversed_by) ? "booked" : "reversed";
}

void scf_repayment_write(struct scf_jsonw *w, const struct scf_repayment *r, int64_t now_us,
                         struct scf_arena *arena) {
    (void)now_us;
    int scale = scf_currency_scale(scf_str(r->currency));
    scf_filed_write(w, &r->filed, SCF_REC_REPAYMENT);
    scf_jw_id(w, "loan_id", "loan", &r->loan_id);
    scf_jw_str(w, "status", status_of(r));
    scf_jw_money(w, "amount", r->amount, scale);
    scf_jw_str(w, "currency", r->currency);
    scf_jw_date(w, "value_date", r->value_day);
    scf_amounts_write(w, "allocation", &r->allocation, scale);
    if (!scf_uuid_is_nil(&r->reversal_of))
        scf_jw_id(w, "reversal_of", "rep", &r->reversal_of);
    if (!scf_uuid_is_nil(&r->reversed_by))
        scf_jw_id(w, "reversed_by", "rep", &r->reversed_by);
    scf_kept_write(w, &r->filed, &scf_repayment_schema, shown, arena);
}
