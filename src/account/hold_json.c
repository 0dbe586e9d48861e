/* Holds and accounts as JSON. */
#include "hold.h"
#include "scfd/base/money.h"

const char *const scf_hold_status_names[] = {"held", "used", "released", "expired", NULL};

int scf_hold_scale(const char *currency) {
    int scale = scf_currency_scale(scf_str(currency));
    return scale < 0 ? 0 : scale;
}

void scf_account_write(struct scf_jsonw *w, const char *key, const struct scf_account *a) {
    int scale = scf_hold_scale(a->currency);
    scf_jw_object(w, key);
    scf_jw_id(w, "id", "lac", &a->id);
    scf_jw_money(w, "granted", a->granted, scale);
    scf_jw_money(w, "held", a->held, scale);
    scf_jw_money(w, "used", a->used, scale);
    scf_jw_money(w, "available", scf_account_available(a), scale);
    scf_jw_bool(w, "frozen", a->frozen);
    scf_jw_i64(w, "version", a->entries);
    scf_jw_end_object(w);
}

static void write_record(struct scf_jsonw *w, const struct scf_hold *hold,
                         const struct scf_hold_filed *filed) {
    scf_jw_id(w, "id", "hold", &hold->id);
    scf_jw_str(w, "object", "limit_hold");
    scf_jw_strn(w, "external_id", filed->external_id.p, filed->external_id.n);
    scf_jw_time(w, "received_at", filed->received_us);
    scf_jw_hex(w, "sha256", filed->body_sha256.b, SCF_HASH_LEN);
    scf_jw_object(w, "chain");
    scf_jw_id(w, "id", "chain", &hold->node_id);
    scf_jw_i64(w, "index", filed->leaf_index);
    scf_jw_hex(w, "leaf_hash", filed->leaf_hash.b, SCF_HASH_LEN);
    scf_jw_end_object(w);
}

/* A hold whose time is over is expired, whether or not that was booked yet. */
static const char *status_of(const struct scf_hold *hold, int64_t now_us) {
    bool over = hold->status == SCF_HOLD_HELD && hold->expires_us <= now_us;
    return scf_hold_status_names[over ? SCF_HOLD_EXPIRED : hold->status];
}

void scf_hold_write(struct scf_jsonw *w, const struct scf_hold *hold,
                    const struct scf_hold_filed *filed, const struct scf_hold_claim *claims,
                    size_t n, const struct scf_account *account, int64_t now_us) {
    int scale = scf_hold_scale(hold->currency);
    write_record(w, hold, filed);
    scf_jw_id(w, "lender_id", "node", &hold->node_id);
    scf_jw_id(w, "account_id", "lac", &hold->account_id);
    scf_jw_id(w, "assessment_id", "asm", &hold->assessment_id);
    if (!scf_uuid_is_nil(&hold->decision_id))
        scf_jw_id(w, "decision_id", "dec", &hold->decision_id);
    scf_jw_id(w, "contract_id", "ctr", &hold->contract_id);
    scf_jw_id(w, "borrower_id", "ent", &hold->borrower_id);
    scf_jw_money(w, "amount", hold->amount, scale);
    scf_jw_str(w, "currency", hold->currency);
    scf_jw_str(w, "status", status_of(hold, now_us));
    scf_jw_time(w, "expires_at", hold->expires_us);
    if (hold->status == SCF_HOLD_USED) {
        scf_jw_id(w, "loan_id", "loan", &hold->loan_id);
        scf_jw_money(w, "used_amount", hold->used, scale);
    }
    if (hold->closed_us != 0)
        scf_jw_time(w, "closed_at", hold->closed_us);
    scf_jw_array(w, "claims");
    for (size_t i = 0; i < n; i++) {
        scf_jw_object(w, NULL);
        scf_jw_id(w, "invoice_id", "inv", &claims[i].invoice_id);
        scf_jw_hex(w, "fingerprint", claims[i].fingerprint.b, SCF_HASH_LEN);
        scf_jw_money(w, "amount", claims[i].amount, scale);
        if (!scf_uuid_is_nil(&claims[i].receivable_id)) {
            scf_jw_id(w, "receivable_id", "rcv", &claims[i].receivable_id);
            scf_jw_hex(w, "receivable_fingerprint", claims[i].receivable_fingerprint.b,
                       SCF_HASH_LEN);
        }
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
    if (account != NULL)
        scf_account_write(w, "account", account);
    scf_jw_i64(w, "version", hold->version);
}
