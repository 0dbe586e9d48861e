/* POST and GET /v1/receivables/{id}/steps. */
#include "api.h"

#include "scfd/base/clock.h"

enum { FILTER_TEXT = 100 };

/* ---- POST ---- */

struct stepping {
    struct scf_rcv_post *p;
    struct scf_db *db;
    struct scf_receivable *all, *r; /* r: the one; all: with its rivals for the invoice */
    size_t n;
    struct scf_rcv_move move;
    const char *registration_text;
};

static enum scf_code check_currency(const struct stepping *s, struct scf_error *err) {
    const cJSON *body = s->p->body, *entry = scf_json_get(body, "registration");
    bool money = scf_json_get(body, "amount") || scf_json_get(body, "remaining_amount") ||
                 scf_json_get(entry, "max_claim");
    const char *currency = scf_json_string(body, "currency");
    if ((money || currency) && strcmp(currency ? currency : "CNY", s->r->currency) != 0)
        return scf_fail_fault(s->p->arena, "#/currency", "mismatch",
                              "The receivable is in another currency.", err);
    return SCF_OK;
}

/* An entry gives the claim to who made it first (民法典 768), and an invoice that a loan rests on
 * is given to nobody else. A rival that is beaten learns that there is an entry before its own. */
static enum scf_code contest(struct stepping *s, struct scf_error *err) {
    struct scf_claim ours = {.registered = true, .registered_us = s->r->registered_us};
    struct scf_arena *arena = s->p->arena;
    for (size_t i = 0; i < s->n; i++) {
        struct scf_receivable *rival = &s->all[i];
        struct scf_claim theirs = {.registered = scf_receivable_is_registered(rival),
                                   .registered_us = rival->registered_us};
        if (rival == s->r)
            continue;
        if (rival->financed_us != 0)
            return scf_rcv_refuse(arena, s->r, SCF_STEP_REGISTER, SCF_RULE_ONCE, NULL,
                                  "The invoice is financed by another lender", err);
        if (theirs.registered && !scf_claim_before(&ours, &theirs))
            return scf_rcv_refuse(arena, s->r, SCF_STEP_REGISTER, SCF_RULE_PRIORITY, NULL,
                                  "Another lender's entry on the invoice goes before", err);
    }
    return SCF_OK;
}

static enum scf_code beat(struct stepping *s, struct scf_error *err) {
    struct scf_rcv_move move = {.step = SCF_STEP_SEARCH,
                                .roles = SCF_ROLE_ADMIN,
                                .at_us = s->r->registered_us,
                                .now_us = s->move.now_us,
                                .details = "{\"found\":\"an earlier entry of another party\"}"};
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < s->n; i++) {
        struct scf_receivable *rival = &s->all[i];
        if (rival == s->r || !scf_receivable_is_registered(rival))
            continue;
        rival->conflict = true;
        rival->proven_clear_us = rival->searched_us = 0;
        code = rival->state == SCF_RCV_REGISTERED || rival->state == SCF_RCV_NOTIFIED
                   ? scf_rcv_take(s->db, s->p->arena, rival, &move, err)
                   : scf_receivable_save(s->db, s->p->arena, rival, err);
    }
    return code;
}

/* The debtor's time runs from when it can see the request: backdating would take it away. */
static enum scf_code start_timer(struct stepping *s, struct scf_error *err) {
    struct scf_policy policy;
    enum scf_size debtor, seller;
    struct scf_arena *arena = s->p->arena;
    enum scf_code code = scf_policy_in_force(s->db, arena, s->move.now_us, &policy, err);
    if (code == SCF_OK)
        code = scf_rcv_size(s->db, arena, &s->r->debtor_id, &debtor, err);
    if (code == SCF_OK)
        code = scf_rcv_size(s->db, arena, &s->r->seller_id, &seller, err);
    if (code != SCF_OK)
        return code;
    s->r->statutory = scf_must_confirm(debtor, seller);
    s->r->confirm_due_us = s->move.now_us + policy.confirmation_days * SCF_US_PER_DAY;
    return SCF_OK;
}

static enum scf_code register_entry(struct stepping *s, struct scf_error *err) {
    struct scf_rcv_description d;
    enum scf_code code = contest(s, err);
    if (code == SCF_OK)
        code = scf_rcv_describe(s->db, s->p->arena, s->r, &d, err);
    if (code == SCF_OK)
        code = scf_rcv_text(s->p->arena, &d, &s->registration_text, err);
    if (code != SCF_OK)
        return code;
    s->r->registration = scf_registration_record(s->p->arena, s->p->body, &d, s->registration_text);
    return s->r->registration ? beat(s, err) : scf_fail_memory(err);
}

static enum scf_code effects(struct stepping *s, struct scf_error *err) {
    enum scf_code code =
        scf_rcv_effect(s->p->arena, s->r, s->move.step, s->p->body, &s->p->ctx, err);
    if (code == SCF_OK && s->move.step == SCF_STEP_REQUEST_CONFIRMATION)
        code = start_timer(s, err);
    if (code == SCF_OK && s->move.step == SCF_STEP_REGISTER)
        code = register_entry(s, err);
    return code;
}

/* What the record says beside who, when and where to: the body without what the record says
 * already, and what the platform added. */
static const char *details(const struct stepping *s) {
    struct scf_buf out;
    scf_buf_init(&out, SCF_RCV_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_rcv_members_write(&w, scf_rcv_step_schema.fields + SCF_RCV_STEP_SAID, s->p->body);
    if (s->move.step == SCF_STEP_REQUEST_CONFIRMATION) {
        scf_jw_time(&w, "confirm_due_at", s->r->confirm_due_us);
        scf_jw_bool(&w, "statutory", s->r->statutory);
    }
    if (s->registration_text)
        scf_jw_str(&w, "registration_text", s->registration_text);
    scf_jw_end_object(&w);
    const char *text = out.overflow ? NULL : scf_strndup(s->p->arena, out.data, out.len);
    scf_buf_free(&out);
    return text;
}

static enum scf_code take(struct stepping *s, struct scf_error *err) {
    struct scf_verdict verdict;
    enum scf_receivable_state from = s->r->state;
    enum scf_code code = scf_rcv_check(s->p->arena, s->r, &s->move, &verdict, err);
    if (code != SCF_OK)
        return code;
    code = check_currency(s, err);
    if (code != SCF_OK)
        return code;
    scf_rcv_enter(s->r, &s->move, &verdict);
    code = effects(s, err);
    if (code != SCF_OK)
        return code;
    s->move.details = details(s);
    if (s->move.details == NULL)
        return scf_fail_memory(err);
    return scf_rcv_write(s->db, s->p->arena, s->r, &s->move, from, verdict.rule, err);
}

/* A receivable that the debtor itself offered is confirmed by that (CR-7.7), in its turn. */
static enum scf_code confirm_upload(struct stepping *s, struct scf_error *err) {
    struct scf_rcv_move move = {.step = SCF_STEP_CONFIRM,
                                .good = true,
                                .roles = SCF_ROLE_DEBTOR,
                                .node_id = s->r->sender_id,
                                .at_us = s->r->created_us,
                                .now_us = s->move.now_us,
                                .details = "{\"by\":\"debtor_upload\"}"};
    if (s->r->state != SCF_RCV_MATCHED || s->move.step != SCF_STEP_MATCH || !s->r->debtor_upload)
        return SCF_OK;
    s->r->confirmed = true;
    return scf_rcv_take(s->db, s->p->arena, s->r, &move, err);
}

static enum scf_code step_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_rcv_post *p = ctx;
    struct stepping s = {.p = p, .db = db};
    struct scf_receivable_filter filter = {.actor = p->actor, .id = p->id, .state = -1};
    int seen;
    enum scf_code code = scf_receivable_select(db, p->arena, &filter, &s.all, &seen, err);
    if (code == SCF_OK)
        code = scf_receivable_lock(db, p->arena, &p->id, &s.all, &s.n, &s.r, err);
    if (code != SCF_OK)
        return code;
    s.move = (struct scf_rcv_move){.step = scf_rcv_body_step(p->body),
                                   .good = scf_rcv_body_good(p->body, s.r, &p->ctx),
                                   .roles = scf_rcv_roles(s.r, p->actor),
                                   .node_id = p->actor->node_id,
                                   .at_us = scf_rcv_body_time(p->body, &p->ctx),
                                   .now_us = p->ctx.now_us};
    code = take(&s, err);
    if (code == SCF_OK)
        code = confirm_upload(&s, err);
    if (code == SCF_OK)
        code = scf_rcv_record(db, p->arena, &p->services->installation.platform_id, s.r,
                              p->ctx.now_us, err);
    return code == SCF_OK ? scf_rcv_answer(p, db, NULL, err) : code;
}

void scf_rcv_post_step(struct scf_request *rq) {
    struct scf_rcv_post p = {.rq = rq};
    struct scf_error err = {0};
    if (scf_rq_path_id(rq, "id", "rcv", &p.id, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_rcv_post_run(&p, step_in_tx);
}

/* ---- GET ---- */

static struct scf_position write_step(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_rcv_step_row *s = (const struct scf_rcv_step_row *)items + i;
    scf_jw_i64(w, "seq", s->seq);
    scf_jw_str(w, "step", scf_rcv_step_names[s->step]);
    scf_jw_str(w, "from", scf_receivable_state_names[s->from]);
    scf_jw_str(w, "to", scf_receivable_state_names[s->to]);
    scf_jw_time(w, "happened_at", s->happened_us);
    scf_jw_time(w, "filed_at", s->filed_us);
    if (!scf_uuid_is_nil(&s->node_id))
        scf_jw_id(w, "node_id", "node", &s->node_id);
    if (!scf_uuid_is_nil(&s->record_id))
        scf_jw_id(w, "record_id", "rcv", &s->record_id);
    scf_jw_raw(w, "body", s->body, strlen(s->body));
    return (struct scf_position){s->seq, s->record_id};
}

void scf_rcv_list_steps(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_arena *arena = scf_rq_arena(rq);
    struct scf_receivable_filter filter = {.actor = scf_rq_actor(rq), .state = -1};
    struct scf_receivable *r;
    struct scf_rcv_step_row *rows;
    struct scf_page page;
    char text[FILTER_TEXT];
    int n;
    snprintf(text, sizeof text, "%.90s", scf_rq_path(rq));
    enum scf_code code = scf_rq_path_id(rq, "id", "rcv", &filter.id, &err);
    if (code == SCF_OK)
        code = scf_page_read(rq, text, &page, &err);
    if (code == SCF_OK)
        code = scf_receivable_select(scf_rq_db(rq), arena, &filter, &r, &n, &err);
    if (code == SCF_OK)
        code = scf_rcv_steps_list(scf_rq_db(rq), arena, &filter.id, &page, &rows, &n, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_reply_page(rq, &page, text, rows, n, write_step);
}
