/* A loan as JSON: what is owed from the ledger, what is overdue from schedule and day. */
#include "loan.h"

static const char *const status_names[] = {"disbursed", "repaying", "settled"};
/* Account numbers are shown masked. */
static const char *const shown[] = {"external_id",       "loan_no",     "decision_id",
                                    "lender_id",         "borrower_id", "principal",
                                    "currency",          "value_date",  "maturity_date",
                                    "repayment_method",  "schedule",    "disbursement_account",
                                    "repayment_account", NULL};

static void write_schedule(struct scf_jsonw *w, const struct scf_loan *l, int scale) {
    scf_jw_array(w, "schedule");
    for (size_t i = 0; i < l->instalments; i++) {
        scf_jw_object(w, NULL);
        scf_jw_i64(w, "seq", (int64_t)i + 1);
        scf_jw_date(w, "due_on", l->schedule[i].due_day);
        scf_jw_money(w, "principal", l->schedule[i].principal, scale);
        scf_jw_money(w, "interest", l->schedule[i].interest, scale);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_terms(struct scf_jsonw *w, const struct scf_loan *l, int scale) {
    const struct scf_terms *t = &l->terms;
    scf_jw_money(w, "principal", t->principal, scale);
    scf_jw_str(w, "currency", l->currency);
    scf_jw_ppm(w, "annual_rate", t->rate_ppm);
    scf_jw_str(w, "day_count", scf_day_count_names[t->day_count]);
    scf_jw_date(w, "value_date", t->value_day);
    scf_jw_date(w, "maturity_date", t->maturity_day);
    scf_jw_str(w, "repayment_method", scf_method_names[t->method]);
    write_schedule(w, l, scale);
}

/* Interest since the last entry is not in the ledger yet; it is shown beside it. */
static void write_balance(struct scf_jsonw *w, const struct scf_loan *l, int32_t today, int scale) {
    struct scf_loan_position p = {.terms = &l->terms,
                                  .schedule = l->schedule,
                                  .n = l->instalments,
                                  .owed = l->owed,
                                  .paid_to_day = l->paid_to_day,
                                  .paid_interest = l->paid_interest};
    int64_t accrued = 0;
    int32_t overdue = l->status == SCF_LOAN_SETTLED ? 0 : scf_overdue_days(&p, today);
    scf_jw_str(w, "status", overdue > 0 ? "overdue" : status_names[l->status]);
    scf_amounts_write(w, "outstanding", &l->owed, scale);
    scf_jw_date(w, "interest_booked_to", l->paid_to_day);
    if (scf_accrued(&p, today, &accrued))
        scf_jw_money(w, "accrued_interest", accrued, scale);
    scf_jw_i64(w, "overdue_days", overdue);
    scf_jw_str(w, "risk_class", scf_risk_class(overdue));
    scf_jw_money(
        w, "remaining_limit",
        scf_remaining_limit(l->decision.approved_limit, l->decision.revolving, &l->decision.drawn),
        scale);
}

static void write_masked(struct scf_jsonw *w, const cJSON *body, const char *name,
                         struct scf_arena *arena) {
    const char *account = scf_json_string(body, name);
    size_t n = account ? strlen(account) : 0;
    if (account)
        scf_jw_str(w, name, scf_asprintf(arena, "****%s", n > 4 ? account + n - 4 : ""));
}

static void write_accounts(struct scf_jsonw *w, const struct scf_loan *l, struct scf_arena *arena) {
    const cJSON *body = scf_filed_body(&l->filed, arena);
    write_masked(w, body, "disbursement_account", arena);
    write_masked(w, body, "repayment_account", arena);
}

void scf_loan_write(struct scf_jsonw *w, const struct scf_loan *l, int64_t now_us,
                    struct scf_arena *arena) {
    int scale = scf_currency_scale(scf_str(l->currency));
    scf_filed_write(w, &l->filed, SCF_REC_LOAN);
    scf_jw_str(w, "loan_no", l->loan_no);
    scf_jw_id(w, "decision_id", "dec", &l->decision_id);
    scf_jw_id(w, "borrower_id", "ent", &l->borrower_id);
    write_balance(w, l, scf_filed_day(&l->filed, now_us), scale);
    write_terms(w, l, scale);
    write_accounts(w, l, arena);
    scf_kept_write(w, &l->filed, &scf_loan_schema, shown, arena);
}
