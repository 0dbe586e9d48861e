/* Filing a repayment: interest is booked up to its value date, then it settles what is owed. A
 * reversal takes one back, and books the interest that has run on its principal meanwhile. */
#include "repayment.h"

#include "scfd/base/clock.h"
#include "scfd/base/metrics.h"
#include "scfd/http/answer.h"
#include "scfd/receivable/receivable.h"

struct paying {
    struct scf_db *db;
    const struct scf_filing *f;
    struct scf_loan loan; /* locked */
    enum scf_loan_status status_before;
    struct scf_repayment r;
};

static struct scf_repayment from_body(const struct scf_filing *f) {
    const cJSON *body = f->body;
    struct scf_repayment r = {
        .filed = {.id = f->id, .lender_id = f->lender->node_id, .created_us = f->ctx.now_us},
        .loan_id = scf_filing_id(body, "loan_id"),
        .reversal_of = scf_filing_id(body, "reversal_of"),
    };
    memcpy(r.currency, scf_json_string(body, "currency"), sizeof r.currency);
    bool complete = scf_body_money(body, "amount", scf_body_scale(body), &r.amount) &&
                    scf_body_day(body, "value_date", &r.value_day);
    SCF_ASSERT(complete); /* the schema let it pass */
    return r;
}

static enum scf_code book(struct paying *p, enum scf_entry_kind kind, int32_t value_day,
                          const struct scf_amounts *change, struct scf_error *err) {
    return scf_loan_book(p->db, p->f->arena, &p->loan, kind, value_day, change, &p->f->id,
                         p->f->ctx.now_us, err);
}

/* Books interest on `principal` for the days from `from` to `to`. */
static enum scf_code book_interest(struct paying *p, int64_t principal, int32_t from, int32_t to,
                                   struct scf_error *err) {
    const struct scf_terms *t = &p->loan.terms;
    struct scf_amounts accrued = {0};
    if (!scf_interest(principal, t->rate_ppm, t->day_count, from, to, &accrued.interest))
        return scf_fail_fault(p->f->arena, "#/value_date", "out-of-range",
                              "The interest up to that day is not a number that can be kept.", err);
    return book(p, SCF_ENTRY_ACCRUAL, to, &accrued, err);
}

/* ---- receiving ---- */

static enum scf_code refuse_excess(struct paying *p, const struct scf_amounts *owed,
                                   struct scf_error *err) {
    int scale = scf_currency_scale(scf_str(p->loan.currency));
    struct scf_buf members;
    scf_buf_init(&members, 1024);
    struct scf_jsonw w = scf_jsonw(&members);
    scf_jw_object(&w, NULL);
    scf_amounts_write(&w, "outstanding", owed, scale);
    scf_jw_str(&w, "currency", p->loan.currency);
    scf_jw_end_object(&w);
    scf_fail(err, SCF_E_EXCEEDS_OUTSTANDING, "More would be settled than is owed on that day.");
    err->members_json = scf_strndup(p->f->arena, members.data, members.len);
    scf_buf_free(&members);
    return err->code;
}

/* The allocation that the body gives, else the statutory one. False when it exceeds what is owed.
 */
static bool allocate(const struct paying *p, struct scf_amounts *ret) {
    const cJSON *given = scf_json_get(p->f->body, "allocation");
    int scale = scf_body_scale(p->f->body);
    struct scf_amounts a = {0};
    if (given == NULL)
        return scf_allocate(p->r.amount, &p->loan.owed, ret);
    (void)scf_body_money(given, "fees", scale, &a.fees); /* absent ones are nothing */
    (void)scf_body_money(given, "penalty", scale, &a.penalty);
    (void)scf_body_money(given, "compound", scale, &a.compound);
    (void)scf_body_money(given, "interest", scale, &a.interest);
    (void)scf_body_money(given, "principal", scale, &a.principal);
    *ret = a;
    return a.interest <= p->loan.owed.interest && a.principal <= p->loan.owed.principal;
}

static enum scf_code settle(struct paying *p, struct scf_error *err) {
    struct scf_loan *l = &p->loan;
    if (!allocate(p, &p->r.allocation))
        return refuse_excess(p, &l->owed, err);
    struct scf_amounts charge = scf_charge_of(&p->r.allocation, &l->owed);
    struct scf_amounts paid = scf_amounts_negated(&p->r.allocation);
    enum scf_code code = book(p, SCF_ENTRY_CHARGE, p->r.value_day, &charge, err);
    return code == SCF_OK ? book(p, SCF_ENTRY_REPAYMENT, p->r.value_day, &paid, err) : code;
}

static enum scf_code receive(struct paying *p, struct scf_error *err) {
    struct scf_loan *l = &p->loan;
    int64_t owed;
    char day[SCF_TIME_TEXT];
    if (l->status == SCF_LOAN_SETTLED)
        return scf_fail(err, SCF_E_WRONG_STATE,
                        "The loan is in state \"settled\": nothing is owed.");
    if (p->r.value_day < l->paid_to_day) {
        scf_date_format(l->paid_to_day, day);
        return scf_fail(err, SCF_E_WRONG_STATE,
                        "Interest is booked to %s: a repayment cannot count before that day.", day);
    }
    enum scf_code code = book_interest(p, l->owed.principal, l->paid_to_day, p->r.value_day, err);
    if (code == SCF_OK)
        code = settle(p, err);
    l->paid_to_day = p->r.value_day;
    l->status =
        scf_amounts_sum(&l->owed, &owed) && owed == 0 ? SCF_LOAN_SETTLED : SCF_LOAN_REPAYING;
    return code;
}

/* ---- reversing ---- */

static enum scf_code check_reversible(struct paying *p, const struct scf_repayment *original,
                                      struct scf_error *err) {
    if (!scf_uuid_is_nil(&original->reversal_of))
        return scf_fail(err, SCF_E_WRONG_STATE, "A reversal cannot be reversed.");
    if (!scf_uuid_is_nil(&original->reversed_by))
        return scf_fail(err, SCF_E_WRONG_STATE, "The repayment is in state \"reversed\".");
    if (original->amount != p->r.amount)
        return scf_filing_mismatch(p->f, "#/amount", "A reversal takes back the whole amount.",
                                   err);
    if (p->r.value_day < original->value_day)
        return scf_fail_fault(p->f->arena, "#/value_date", "date-order",
                              "The day must not be before that of the repayment.", err);
    return SCF_OK;
}

/* Simple interest is linear in the principal: what was not charged while the repayment counted is
 * exactly the interest on the principal it settled. What it paid of charges is owed again. */
static enum scf_code reverse(struct paying *p, struct scf_error *err) {
    struct scf_repayment original;
    enum scf_code code =
        scf_repayment_get(p->db, p->f->arena, &p->r.reversal_of, &p->r.loan_id, &original, err);
    if (code == SCF_E_NOT_FOUND)
        return scf_filing_unknown(p->f, "#/reversal_of", err);
    if (code == SCF_OK)
        code = check_reversible(p, &original, err);
    if (code != SCF_OK)
        return code;
    p->r.allocation = original.allocation;
    code = book(p, SCF_ENTRY_REVERSAL, p->r.value_day, &p->r.allocation, err);
    if (code == SCF_OK)
        code = book_interest(p, original.allocation.principal, original.value_day,
                             p->loan.paid_to_day, err);
    return code;
}

/* A loan whose only repayment was taken back is as it was when it was paid out. */
static enum scf_code status_after_reversal(struct paying *p, struct scf_error *err) {
    int64_t n = 0;
    enum scf_code code = scf_repayment_count(p->db, p->f->arena, &p->r.loan_id, &n, err);
    p->loan.status = n > 0 ? SCF_LOAN_REPAYING : SCF_LOAN_DISBURSED;
    return code;
}

/* ---- filing ---- */

static enum scf_code lock_loan(struct scf_db *db, const struct scf_filing *f, struct scf_loan *ret,
                               struct scf_error *err) {
    struct scf_uuid id = scf_filing_id(f->body, "loan_id");
    enum scf_code code = scf_loan_lock(db, f->arena, &id, &f->lender->node_id, ret, err);
    if (code == SCF_E_NOT_FOUND)
        return scf_filing_unknown(f, "#/loan_id", err);
    if (code == SCF_OK && !scf_body_is(f->body, "currency", ret->currency))
        return scf_filing_mismatch(f, "#/currency", "The loan is in another currency.", err);
    return code;
}

/* Two have money out on one invoice: somebody has to look at it. */
static void note_conflicts(int64_t conflicts) {
    scf_metric_add(scf_counter("scfd_claims_in_conflict_total", NULL,
                               "Invoices claimed above their net amount since a reversal opened a "
                               "settled loan again, found by this instance."),
                   conflicts);
}

/* A settled loan frees its invoices; one that a reversal opened again takes them back. */
static enum scf_code move_claims(struct paying *p, enum scf_loan_status before,
                                 struct scf_error *err) {
    bool was = before == SCF_LOAN_SETTLED, is = p->loan.status == SCF_LOAN_SETTLED;
    const struct scf_uuid *loan_id = &p->loan.filed.id;
    int64_t conflicts = 0, now_us = p->f->ctx.now_us;
    if (was == is)
        return SCF_OK;
    if (is)
        return scf_claims_release(p->db, p->f->arena, loan_id, now_us, err);
    enum scf_code code = scf_claims_retake(p->db, p->f->arena, loan_id, now_us, &conflicts, err);
    if (code == SCF_OK)
        note_conflicts(conflicts);
    return code;
}

static enum scf_code write_rows(struct paying *p, bool reversal, const char *receipt_no,
                                struct scf_error *err) {
    enum scf_code code = scf_repayment_insert(p->db, p->f->arena, &p->r, receipt_no, err);
    if (code == SCF_OK && reversal)
        code = status_after_reversal(p, err);
    const struct scf_loan_cause cause = {.id = p->f->id, .prefix = "rep"};
    if (code == SCF_OK)
        code = scf_loan_save(p->db, p->f->arena, &p->loan, &cause, p->f->ctx.now_us, err);
    if (code == SCF_OK)
        code = move_claims(p, p->status_before, err);
    if (code != SCF_OK)
        return code;
    code =
        scf_receivable_repaid(p->db, p->f->arena, &p->r.loan_id, p->loan.status == SCF_LOAN_SETTLED,
                              p->loan.status != SCF_LOAN_DISBURSED, p->f->ctx.now_us, err);
    return scf_filing_retry(code); /* another receivable of the invoice was offered meanwhile */
}

static enum scf_code record(struct paying *p, bool reversal, struct scf_error *err) {
    struct scf_filing_facts facts = {.decision_id = p->loan.decision_id,
                                     .borrower_id = p->loan.borrower_id,
                                     .as_record = p->loan.filed.id,
                                     .has_amount = true,
                                     .amount = p->r.amount,
                                     .event =
                                         reversal ? "repayment.reversed" : "repayment.received"};
    memcpy(facts.currency, p->r.currency, sizeof facts.currency);
    bool timed = scf_body_time(p->f->body, "paid_at", p->f->ctx.offset_minutes, &facts.happened_us);
    SCF_ASSERT(timed);
    return scf_filing_record(p->db, p->f, &facts, err);
}

static enum scf_code check_receipt(const struct paying *p, const char *receipt_no,
                                   struct scf_error *err) {
    return receipt_no ? scf_repayment_check_receipt(p->db, p->f->arena, &p->f->lender->node_id,
                                                    receipt_no, err)
                      : SCF_OK;
}

enum scf_code scf_repayment_file(struct scf_db *db, struct scf_filing *f, struct scf_error *err) {
    const char *receipt_no = scf_json_string(f->body, "bank_receipt_no");
    struct paying p = {.db = db, .f = f};
    enum scf_code code = scf_filing_check_lender(f, err);
    if (code == SCF_OK)
        code = lock_loan(db, f, &p.loan, err);
    if (code == SCF_OK)
        code = scf_filing_begin(db, f, NULL, err);
    if (code != SCF_OK || f->existed)
        return code;
    p.status_before = p.loan.status;
    p.r = from_body(f);
    bool reversal = !scf_uuid_is_nil(&p.r.reversal_of);
    if (!reversal)
        code = check_receipt(&p, receipt_no, err);
    if (code == SCF_OK)
        code = reversal ? reverse(&p, err) : receive(&p, err);
    if (code == SCF_OK)
        code = write_rows(&p, reversal, receipt_no, err);
    return code == SCF_OK ? record(&p, reversal, err) : code;
}
