/* What a step changes in a receivable beside its state. Relies on bodies that the field table let
 * pass. */
#include "body.h"
#include "terms.h"

#include "scfd/base/clock.h"
#include "scfd/http/answer.h"

enum { RECORD_MAX = 64 << 10 };

/* ---- outcomes ---- */

/* Does an entry go before this claim? One's own does not; before one's own registration every other
 * does, and of the same moment it is not certain that it does not. */
static bool is_in_the_way(const cJSON *entry, const struct scf_receivable *r,
                          const struct scf_rcv_ctx *ctx) {
    struct scf_claim theirs = {.registered = true}, ours = {.registered_us = r->registered_us};
    ours.registered = scf_receivable_is_registered(r);
    if (r->registration_no && scf_body_is(entry, "registration_no", r->registration_no))
        return false;
    if (!scf_body_time(entry, "registered_at", ctx->offset_minutes, &theirs.registered_us))
        return true;
    return !scf_claim_before(&ours, &theirs);
}

static bool is_clear(const cJSON *body, const struct scf_receivable *r,
                     const struct scf_rcv_ctx *ctx) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, scf_json_get(body, "entries")) {
        if (is_in_the_way(entry, r, ctx))
            return false;
    }
    return true;
}

bool scf_rcv_body_good(const cJSON *body, const struct scf_receivable *r,
                       const struct scf_rcv_ctx *ctx) {
    switch (scf_rcv_body_step(body)) {
    case SCF_STEP_SEARCH:
        return is_clear(body, r, ctx);
    case SCF_STEP_VERIFY_INVOICE: /* what is left of an invoice can still be financed */
        return scf_body_is(body, "result", "normal") ||
               (scf_body_is(body, "result", "partially_red") && r->financed_us == 0);
    case SCF_STEP_MATCH:
        return scf_body_is(body, "result", "matched");
    case SCF_STEP_EXAMINE_TENOR:
        return scf_body_is(body, "result", "reasonable");
    default:
        return true;
    }
}

/* ---- effects ---- */

static void effect_search(struct scf_receivable *r, const cJSON *body, int64_t at_us,
                          const struct scf_rcv_ctx *ctx) {
    bool clear = is_clear(body, r, ctx);
    bool registered = scf_receivable_is_registered(r);
    r->conflict = !clear;
    r->searched_us = clear ? at_us : 0;
    if (!clear)
        r->proven_clear_us = 0;
    else if (registered && at_us > r->registered_us)
        r->proven_clear_us = at_us;
}

static enum scf_code effect_verify(struct scf_arena *arena, struct scf_receivable *r,
                                   const cJSON *body, int64_t at_us, struct scf_error *err) {
    int64_t remaining, left = r->amount - r->diluted;
    r->verification = scf_rcv_body_verification(body);
    r->verified_us = at_us;
    r->told &= ~SCF_TOLD_REVERIFY;
    if (!scf_body_money(body, "remaining_amount", scf_currency_scale(scf_str(r->currency)),
                        &remaining))
        return SCF_OK;
    if (remaining >= r->amount)
        return scf_fail_fault(arena, "#/remaining_amount", "out-of-range",
                              "A partially red invoice is worth less than before.", err);
    if (remaining < left)
        r->diluted = r->amount - remaining;
    return SCF_OK;
}

static enum scf_code effect_dilute(struct scf_arena *arena, struct scf_receivable *r,
                                   const cJSON *body, struct scf_error *err) {
    int64_t amount = 0;
    bool given = scf_body_money(body, "amount", scf_currency_scale(scf_str(r->currency)), &amount);
    SCF_ASSERT(given); /* the step needs it */
    if (amount > r->amount - r->diluted)
        return scf_fail_fault(arena, "#/amount", "out-of-range",
                              "More than is left of the claim cannot come off it.", err);
    r->diluted += amount;
    return SCF_OK;
}

static enum scf_code effect_notify(struct scf_arena *arena, struct scf_receivable *r,
                                   const cJSON *body, int64_t at_us, struct scf_error *err) {
    bool factoring = r->kind != SCF_RCV_PLEDGE;
    if (factoring && !scf_json_bool(body, "names_lender", false))
        return scf_fail_fault(arena, "#/names_lender", "required",
                              "The notice states who the factor is and encloses the vouchers "
                              "(民法典 764).",
                              err);
    if (at_us < r->registered_us)
        return scf_fail_fault(arena, "#/happened_at", "date-order",
                              "The debtor is notified after the registration (CR-7.3).", err);
    r->notified_us = at_us;
    return SCF_OK;
}

static enum scf_code effect_register(struct scf_arena *arena, struct scf_receivable *r,
                                     const cJSON *body, const struct scf_rcv_ctx *ctx,
                                     struct scf_error *err) {
    const cJSON *entry = scf_json_get(body, "registration");
    int64_t registered_us = 0;
    bool complete = scf_body_time(entry, "registered_at", ctx->offset_minutes, &registered_us) &&
                    scf_body_day(entry, "term_from", &r->registration_from) &&
                    scf_body_day(entry, "term_to", &r->registration_to);
    SCF_ASSERT(complete); /* the field table let it pass */
    if (registered_us <= r->searched_us)
        return scf_fail_fault(arena, "#/registration/registered_at", "date-order",
                              "The register is searched before the entry is made (CR-7.3).", err);
    r->registered_us = registered_us;
    r->registration_no = scf_json_string(entry, "registration_no");
    r->registration_status = SCF_REG_ACTIVE;
    r->proven_clear_us = 0;
    r->told &= ~SCF_TOLD_ENDING;
    return SCF_OK;
}

static enum scf_code effect_extend(struct scf_arena *arena, struct scf_receivable *r,
                                   const cJSON *body, struct scf_error *err) {
    int32_t to = 0;
    bool given = scf_body_day(scf_json_get(body, "registration_change"), "term_to", &to);
    SCF_ASSERT(given); /* the step needs it */
    if (to <= r->registration_to || !scf_registration_term_ok(r->registration_from, to))
        return scf_fail_fault(arena, "#/registration_change/term_to", "out-of-range",
                              "An extension ends later than before, and an entry lasts thirty "
                              "years at most (CR-7.4).",
                              err);
    r->registration_to = to;
    r->registration_status = SCF_REG_EXTENDED;
    r->told &= ~SCF_TOLD_ENDING;
    return SCF_OK;
}

enum scf_code scf_rcv_effect(struct scf_arena *arena, struct scf_receivable *r,
                             enum scf_rcv_step step, const cJSON *body,
                             const struct scf_rcv_ctx *ctx, struct scf_error *err) {
    int64_t at_us = scf_rcv_body_time(body, ctx);
    switch (step) {
    case SCF_STEP_SEARCH:
        effect_search(r, body, at_us, ctx);
        return SCF_OK;
    case SCF_STEP_VERIFY_INVOICE:
        return effect_verify(arena, r, body, at_us, err);
    case SCF_STEP_CONFIRM:
    case SCF_STEP_REFUSE:
        r->confirmed = step == SCF_STEP_CONFIRM;
        return SCF_OK;
    case SCF_STEP_EXAMINE_TENOR:
        r->tenor_examined = scf_body_is(body, "result", "reasonable");
        return SCF_OK;
    case SCF_STEP_REGISTER:
        return effect_register(arena, r, body, ctx, err);
    case SCF_STEP_NOTIFY:
        return effect_notify(arena, r, body, at_us, err);
    case SCF_STEP_DILUTE:
        return effect_dilute(arena, r, body, err);
    case SCF_STEP_EXTEND_REGISTRATION:
        return effect_extend(arena, r, body, err);
    case SCF_STEP_AMEND_REGISTRATION:
        r->registration_status = SCF_REG_AMENDED;
        return SCF_OK;
    case SCF_STEP_OBJECT_REGISTRATION:
        r->registration_status = SCF_REG_OBJECTED;
        return SCF_OK;
    case SCF_STEP_CANCEL_REGISTRATION:
        r->registration_status = SCF_REG_CANCELLED;
        return SCF_OK;
    default:
        return SCF_OK;
    }
}

/* ---- what is kept of a body ---- */

static void member_write(struct scf_jsonw *w, const struct scf_field *f, const char *key,
                         const cJSON *item);

void scf_rcv_members_write(struct scf_jsonw *w, const struct scf_field *fields,
                           const cJSON *object) {
    for (const struct scf_field *f = fields; f->name; f++) {
        const cJSON *item = scf_json_get(object, f->name);
        if (item && strcmp(f->name, "modify_code") != 0)
            member_write(w, f, f->name, item);
    }
}

static void array_write(struct scf_jsonw *w, const struct scf_field *f, const char *key,
                        const cJSON *list) {
    const cJSON *item;
    scf_jw_array(w, key);
    cJSON_ArrayForEach(item, list) {
        member_write(w, f->members, NULL, item);
    }
    scf_jw_end_array(w);
}

static void member_write(struct scf_jsonw *w, const struct scf_field *f, const char *key,
                         const cJSON *item) {
    if (f->type == SCF_T_OBJECT) {
        scf_jw_object(w, key);
        scf_rcv_members_write(w, f->members, item);
        scf_jw_end_object(w);
        return;
    }
    if (f->type == SCF_T_ARRAY) {
        array_write(w, f, key, item);
        return;
    }
    char *json = cJSON_PrintUnformatted(item);
    if (json == NULL) {
        w->out->overflow = true; /* the caller looks at it */
        return;
    }
    scf_jw_raw(w, key, json, strlen(json));
    cJSON_free(json);
}

static void party_write(struct scf_jsonw *w, const char *key, const struct scf_rcv_party *p) {
    scf_jw_object(w, key);
    scf_jw_str(w, "name", p->name ? p->name : "");
    if (p->code)
        scf_jw_str(w, "uscc", p->code);
    scf_jw_end_object(w);
}

char *scf_registration_record(struct scf_arena *arena, const cJSON *body,
                              const struct scf_rcv_description *d, const char *text) {
    const cJSON *entry = scf_json_get(body, "registration");
    const cJSON *attachments = scf_json_get(entry, "attachments"), *item;
    const char *own = scf_json_string(entry, "description");
    struct scf_buf out;
    scf_buf_init(&out, RECORD_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "type", scf_registration_type(d->kind));
    party_write(&w, "secured_party", &d->lender);
    party_write(&w, "debtor", &d->seller);
    if (scf_json_get(entry, "main_contract_no"))
        scf_jw_str(&w, "main_contract_no", scf_json_string(entry, "main_contract_no"));
    int scale = scf_currency_scale(scf_str(d->currency));
    int64_t max_claim;
    if (scf_body_money(entry, "max_claim", scale, &max_claim))
        scf_jw_money(&w, "max_claim", max_claim, scale);
    scf_jw_str(&w, "collateral_description", own ? own : text);
    scf_jw_array(&w, "attachments");
    cJSON_ArrayForEach(item, attachments) {
        scf_jw_str(&w, NULL, item->valuestring);
    }
    scf_jw_end_array(&w);
    scf_jw_str(&w, "proof_sha256", scf_json_string(entry, "proof_sha256"));
    scf_jw_end_object(&w);
    char *json = out.overflow ? NULL : scf_strndup(arena, out.data, out.len);
    scf_buf_free(&out);
    return json;
}
