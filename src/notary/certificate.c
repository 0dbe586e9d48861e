/* Putting the execution certificate together. */
#include "certificate.h"

#include "claim.h"
#include "deadline.h"
#include "succession.h"

#include "scfd/base/money.h"

static void text_write(struct scf_jsonw *w, const char *key, const char *text) {
    if (text)
        scf_jw_str(w, key, text);
}

static void party_write(struct scf_jsonw *w, const cJSON *party, const char *role) {
    scf_jw_object(w, NULL);
    text_write(w, "name", scf_json_string(party, "name"));
    text_write(w, "uscc", scf_json_string(party, "uscc"));
    scf_jw_str(w, "role", role);
    scf_jw_end_object(w);
}

static void parties_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    const cJSON *party;
    scf_jw_array(w, "applicants");
    party_write(w, scf_json_get(s->dossier, "creditor"), "creditor");
    scf_jw_end_array(w);
    scf_jw_array(w, "respondents");
    if (scf_enf_covers_debt(s))
        cJSON_ArrayForEach(party, scf_json_get(s->dossier, "debtors")) {
            party_write(w, party, "debtor");
        }
    if (scf_enf_covers_guarantees(s))
        cJSON_ArrayForEach(party, scf_json_get(s->dossier, "guarantors")) {
            party_write(w, party, "guarantor");
        }
    scf_jw_end_array(w);
}

/* The instrument and what amends it, each with its certificate. */
static void basis_write(struct scf_jsonw *w, const struct scf_enf_story *s, const cJSON *issued) {
    const cJSON *instrument = scf_json_get(s->dossier, "instrument"), *item;
    const cJSON *first = scf_json_get(issued, "certificate");
    static const char *const said[] = {"signed_on", "certificate_no", "certified_on"};
    scf_jw_array(w, "basis");
    scf_jw_object(w, NULL);
    text_write(w, "instrument_no", scf_json_string(instrument, "no"));
    text_write(w, "signed_on", scf_json_string(instrument, "signed_on"));
    text_write(w, "certificate_no", scf_json_string(first, "no"));
    text_write(w, "certified_on", scf_json_string(first, "issued_on"));
    scf_jw_end_object(w);
    cJSON_ArrayForEach(item, scf_json_get(s->dossier, "amendments")) {
        scf_jw_object(w, NULL);
        text_write(w, "instrument_no", scf_json_string(item, "no"));
        for (size_t i = 0; i < SCF_COUNT(said); i++)
            text_write(w, said[i], scf_json_string(item, said[i]));
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

/* "fixed 0.0435", "LPR +50 bp", "none"; with the penalty rate where there is one. */
static void rate_write(struct scf_jsonw *w, const cJSON *rate) {
    char text[128];
    int64_t spread = 0;
    const char *penalty = scf_json_string(rate, "penalty_rate");
    const char *annual = scf_json_string(rate, "annual_rate");
    scf_json_i64(rate, "spread_bp", &spread);
    if (scf_body_is(rate, "type", "lpr"))
        snprintf(text, sizeof text, "LPR %+" PRId64 " bp", spread);
    else if (scf_body_is(rate, "type", "fixed"))
        snprintf(text, sizeof text, "fixed %.30s", annual ? annual : "");
    else
        snprintf(text, sizeof text, "none");
    size_t n = strlen(text);
    if (penalty)
        snprintf(text + n, sizeof text - n, ", penalty +%.30s", penalty);
    scf_jw_str(w, "rate_formula", text);
}

static void amounts_write(struct scf_jsonw *w, const struct scf_enf_story *s, const cJSON *paper,
                          int scale) {
    struct scf_owed_amounts a = scf_enf_claimed(paper, scale);
    scf_jw_money(w, "principal", a.principal, scale);
    scf_jw_object(w, "interest");
    scf_jw_money(w, "amount", a.interest, scale);
    text_write(w, "to_date", scf_json_string(paper, "as_of"));
    rate_write(w, scf_json_get(s->dossier, "rate"));
    scf_jw_end_object(w);
    scf_jw_money(w, "penalty", a.penalty, scale);
    scf_jw_money(w, "compound", a.compound, scale);
    scf_jw_money(w, "fees", a.fees, scale);
    text_write(w, "continuing_interest_rule", scf_json_string(paper, "continuing_interest_rule"));
}

/* 规定 6: guarantees, and what else secures the debt, each with its scope. */
static void securities_write(struct scf_jsonw *w, const char *key, const struct scf_enf_story *s,
                             bool guarantees) {
    const cJSON *item;
    scf_jw_array(w, key);
    cJSON_ArrayForEach(item, scf_json_get(s->dossier, "securities")) {
        if (!scf_enf_covers_guarantees(s) || scf_body_is(item, "kind", "guarantee") != guarantees)
            continue;
        scf_jw_object(w, NULL);
        text_write(w, "name", scf_json_string(item, "name"));
        text_write(w, "provider_name", scf_json_string(item, "provider_name"));
        text_write(w, "scope", scf_json_string(item, "scope"));
        scf_enf_json_write(w, "cap", scf_json_get(item, "cap"));
        text_write(w, "register_no", scf_json_string(item, "register_no"));
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

/* What was performed, and taken back: a reversal is negative. */
static void payments_write(struct scf_jsonw *w, const struct scf_owed *then, int scale) {
    scf_jw_array(w, "deducted_payments");
    for (size_t i = 0; i < then->entry_count; i++) {
        const struct scf_owed_entry *e = &then->entries[i];
        const struct scf_owed_amounts *a = &e->amounts;
        if (e->kind != SCF_OWED_REPAYMENT && e->kind != SCF_OWED_REVERSAL)
            continue;
        scf_jw_object(w, NULL);
        scf_jw_date(w, "value_date", e->day);
        scf_jw_money(w, "amount",
                     -(a->principal + a->interest + a->penalty + a->compound + a->fees), scale);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

/* Who replied what; who is not here was silent. */
static void replies_write(struct scf_jsonw *w, const struct scf_enf_story *s, int64_t after_seq) {
    scf_jw_array(w, "replies");
    for (size_t i = 0; i < s->n; i++) {
        if (s->rows[i].step != SCF_ENF_STEP_REPLY || s->rows[i].seq <= after_seq)
            continue;
        scf_jw_object(w, NULL);
        text_write(w, "party_id", scf_json_string(s->details[i], "party_id"));
        text_write(w, "result", scf_json_string(s->details[i], "result"));
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void verification_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    const cJSON *said;
    const struct scf_enf_step_row *sent = scf_enf_last(s, SCF_ENF_STEP_SEND_VERIFICATION, &said);
    if (sent == NULL)
        return;
    scf_jw_object(w, "verification");
    text_write(w, "method", scf_json_string(scf_json_get(said, "letter"), "mode"));
    scf_jw_time(w, "sent_at", sent->filed_us);
    scf_jw_str(w, "result", scf_enf_state_names[scf_enf_replies(s).finding]);
    replies_write(w, s, sent->seq);
    scf_jw_end_object(w);
}

void scf_enf_certificate_write(struct scf_jsonw *w, const char *key, const struct scf_enf_story *s,
                               const cJSON *paper, const char *hash, const struct scf_owed *then) {
    int scale = scf_currency_scale(scf_str(s->c.currency));
    const cJSON *issued, *office = scf_json_get(s->dossier, "notary_office");
    int32_t deadline;
    scf_enf_last(s, SCF_ENF_STEP_ISSUE, &issued);
    scf_jw_object(w, key);
    text_write(w, "ec_no", scf_json_string(paper, "no"));
    text_write(w, "notary_office", scf_json_string(office, "name"));
    text_write(w, "notary", scf_json_string(paper, "notary_name"));
    text_write(w, "base_certificate_no",
               scf_json_string(scf_json_get(issued, "certificate"), "no"));
    basis_write(w, s, issued);
    text_write(w, "issued_on", scf_json_string(paper, "issued_on"));
    parties_write(w, s);
    scf_enf_succession_write(w, s);
    scf_jw_str(w, "currency", s->c.currency);
    amounts_write(w, s, paper, scale);
    securities_write(w, "guarantees", s, true);
    securities_write(w, "collateral", s, false);
    payments_write(w, then, scale);
    if (scf_enf_enforcement_deadline(s, &deadline))
        scf_jw_date(w, "enforcement_deadline", deadline);
    verification_write(w, s);
    text_write(w, "content_hash", hash);
    scf_jw_end_object(w);
}
