/* A receivable as facts, and as JSON. Pure. */
#include "row.h"

#include "scfd/base/money.h"
#include "scfd/codec/jsonw.h"

bool scf_receivable_is_registered(const struct scf_receivable *r) {
    return r->registration_status >= SCF_REG_ACTIVE && r->registration_status <= SCF_REG_OBJECTED;
}

struct scf_rcv_facts scf_receivable_facts(const struct scf_receivable *r) {
    return (struct scf_rcv_facts){.state = r->state,
                                  .resume = r->resume,
                                  .bar = r->bar,
                                  .kind = r->kind,
                                  .verification = r->verification,
                                  .searched = r->searched_us != 0,
                                  .proven_clear = r->proven_clear_us != 0,
                                  .financed = r->financed_us != 0,
                                  .tenor_reasoned = r->tenor_reasoned,
                                  .tenor_examined = r->tenor_examined,
                                  .registered = scf_receivable_is_registered(r)};
}

static void time_write(struct scf_jsonw *w, const char *key, int64_t us) {
    if (us != 0)
        scf_jw_time(w, key, us);
}

static void identity_write(struct scf_jsonw *w, const struct scf_receivable *r) {
    scf_jw_id(w, "id", "rcv", &r->id);
    scf_jw_str(w, "object", "receivable");
    scf_jw_str(w, "kind", scf_rcv_kind_names[r->kind]);
    scf_jw_object(w, "label");
    scf_jw_str(w, "en", scf_receivable_label(false));
    scf_jw_str(w, "zh", scf_receivable_label(true));
    scf_jw_end_object(w);
    scf_jw_id(w, "invoice_id", "inv", &r->invoice_id);
    if (!scf_uuid_is_nil(&r->contract_id))
        scf_jw_id(w, "contract_id", "ctr", &r->contract_id);
    scf_jw_id(w, "seller_id", "ent", &r->seller_id);
    scf_jw_id(w, "debtor_id", "ent", &r->debtor_id);
    scf_jw_id(w, "lender_id", "node", &r->lender_id);
    scf_jw_id(w, "sender_id", "node", &r->sender_id);
}

static void amounts_write(struct scf_jsonw *w, const struct scf_receivable *r) {
    int scale = scf_currency_scale(scf_str(r->currency));
    scf_jw_str(w, "currency", r->currency);
    scf_jw_money(w, "amount", r->amount, scale);
    scf_jw_money(w, "net_amount", r->amount - r->diluted, scale);
    scf_jw_date(w, "issued_on", r->issued_day);
    if (r->has_delivered)
        scf_jw_date(w, "delivered_on", r->delivered_day);
    if (r->has_due)
        scf_jw_date(w, "due_on", r->due_day);
    if (r->voucher)
        scf_jw_raw(w, "voucher", r->voucher, strlen(r->voucher));
}

static void standing_write(struct scf_jsonw *w, const struct scf_receivable *r) {
    struct scf_rcv_facts facts = scf_receivable_facts(r);
    const char *due = scf_rcv_due(&facts);
    scf_jw_str(w, "state", scf_receivable_state_names[r->state]);
    if (due)
        scf_jw_str(w, "due_step", due);
    if (r->bar != SCF_BAR_NONE)
        scf_jw_str(w, "ineligible_code", scf_rcv_bar_codes[r->bar]);
    scf_jw_bool(w, "confirmed", r->confirmed);
    scf_jw_bool(w, "registered_by_other", r->conflict);
    scf_jw_str(w, "verification", scf_rcv_verification_names[r->verification]);
    time_write(w, "verified_at", r->verified_us);
    if (r->tenor_reasoned)
        scf_jw_bool(w, "tenor_examined", r->tenor_examined);
    scf_jw_object(w, "confirmation");
    scf_jw_bool(w, "statutory", r->statutory);
    time_write(w, "due_at", r->confirm_due_us);
    scf_jw_end_object(w);
    time_write(w, "searched_at", r->searched_us);
    time_write(w, "proven_clear_at", r->proven_clear_us);
    time_write(w, "notified_at", r->notified_us);
    if (r->financed_us != 0)
        scf_jw_id(w, "loan_id", "loan", &r->loan_id);
    time_write(w, "financed_at", r->financed_us);
    time_write(w, "ended_at", r->ended_us);
}

/* The kept record is an object: its members follow those that change. */
static void registration_write(struct scf_jsonw *w, const struct scf_receivable *r) {
    if (r->registration_status == SCF_REG_NONE)
        return;
    scf_jw_object(w, "registration");
    scf_jw_str(w, "registration_no", r->registration_no);
    scf_jw_time(w, "registered_at", r->registered_us);
    scf_jw_date(w, "term_from", r->registration_from);
    scf_jw_date(w, "term_to", r->registration_to);
    scf_jw_str(w, "status", scf_registration_status_names[r->registration_status]);
    if (r->registration)
        scf_jw_raw(w, "record", r->registration, strlen(r->registration));
    scf_jw_end_object(w);
}

void scf_receivable_write(struct scf_jsonw *w, const struct scf_receivable *r) {
    identity_write(w, r);
    amounts_write(w, r);
    standing_write(w, r);
    registration_write(w, r);
    scf_jw_i64(w, "steps", r->steps);
    scf_jw_i64(w, "version", r->version);
    scf_jw_time(w, "created_at", r->created_us);
    scf_jw_time(w, "updated_at", r->updated_us);
}
