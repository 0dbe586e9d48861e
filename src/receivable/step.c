/* Taking a step. Relies on the law in state.c and on the caller's lock of the row. */
#include "step.h"

enum { DETAILS_MAX = 256 << 10, MEMBERS_MAX = 4096 };

unsigned scf_rcv_roles(const struct scf_receivable *r, const struct scf_actor *actor) {
    unsigned roles = 0;
    if (actor->admin)
        return SCF_ROLE_ADMIN;
    if (scf_uuid_eq(&actor->node_id, &r->sender_id))
        roles |= SCF_ROLE_SENDER;
    if (scf_uuid_eq(&actor->node_id, &r->lender_id))
        roles |= SCF_ROLE_LENDER;
    if (scf_uuid_eq(&actor->operator_enterprise_id, &r->seller_id))
        roles |= SCF_ROLE_SELLER;
    if (scf_uuid_eq(&actor->operator_enterprise_id, &r->debtor_id))
        roles |= SCF_ROLE_DEBTOR;
    return roles;
}

/* ---- refusing ---- */

static const char *members(struct scf_arena *arena, const struct scf_receivable *r,
                           enum scf_rcv_step step, enum scf_rcv_rule rule, const char *first) {
    struct scf_buf out;
    scf_buf_init(&out, MEMBERS_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "rule", scf_rcv_rules[rule].id);
    scf_jw_object(&w, "rule_text");
    scf_jw_str(&w, "en", scf_rcv_rules[rule].en);
    scf_jw_str(&w, "zh", scf_rcv_rules[rule].zh);
    scf_jw_end_object(&w);
    scf_jw_id(&w, "receivable_id", "rcv", &r->id);
    scf_jw_id(&w, "invoice_id", "inv", &r->invoice_id);
    scf_jw_str(&w, "state", scf_receivable_state_names[r->state]);
    scf_jw_str(&w, "step", scf_rcv_step_names[step]);
    if (first)
        scf_jw_str(&w, "due_step", first);
    scf_jw_end_object(&w);
    const char *text = out.overflow ? NULL : scf_strndup(arena, out.data, out.len);
    scf_buf_free(&out);
    return text;
}

enum scf_code scf_rcv_refuse(struct scf_arena *arena, const struct scf_receivable *r,
                             enum scf_rcv_step step, enum scf_rcv_rule rule, const char *first,
                             const char *detail, struct scf_error *err) {
    scf_fail(err, SCF_E_STEP_OUT_OF_ORDER, "%s (%s)", detail, scf_rcv_rules[rule].id);
    err->members_json = members(arena, r, step, rule, first);
    return err->code;
}

enum scf_code scf_rcv_check(struct scf_arena *arena, const struct scf_receivable *r,
                            const struct scf_rcv_move *move, struct scf_verdict *ret,
                            struct scf_error *err) {
    struct scf_rcv_facts facts = scf_receivable_facts(r);
    char detail[200];
    *ret = scf_rcv_judge(&facts, move->step, move->good, move->roles);
    if (ret->allowed)
        return SCF_OK;
    if (ret->forbidden)
        return scf_fail(err, SCF_E_FORBIDDEN, "The step \"%s\" is not this node's to make (%s).",
                        scf_rcv_step_names[move->step], scf_rcv_rules[ret->rule].id);
    if (ret->first)
        snprintf(detail, sizeof detail,
                 "The receivable is in state \"%s\": the step \"%s\" is out of order, \"%s\" is "
                 "due first",
                 scf_receivable_state_names[r->state], scf_rcv_step_names[move->step], ret->first);
    else
        snprintf(detail, sizeof detail,
                 "The receivable is in state \"%s\": no step \"%s\" can follow",
                 scf_receivable_state_names[r->state], scf_rcv_step_names[move->step]);
    return scf_rcv_refuse(arena, r, move->step, ret->rule, ret->first, detail, err);
}

/* ---- entering a state ---- */

static bool is_aside(enum scf_receivable_state state) {
    return state == SCF_RCV_DISPUTED || state == SCF_RCV_DILUTED || state == SCF_RCV_RED_LETTERED ||
           state == SCF_RCV_INELIGIBLE;
}

/* Ineligible, it goes on one day to where the step would have led with a good outcome; from the
 * other side states to where it was. The second of two side states forgets nothing: both go back
 * to the same. */
static void remember(struct scf_receivable *r, const struct scf_rcv_move *move,
                     enum scf_receivable_state to) {
    if (!is_aside(to) || is_aside(r->state))
        return;
    r->resume = r->state;
    if (to != SCF_RCV_INELIGIBLE)
        return;
    struct scf_rcv_facts facts = scf_receivable_facts(r);
    struct scf_verdict good = scf_rcv_judge(&facts, move->step, true, move->roles);
    if (good.allowed)
        r->resume = good.to;
}

void scf_rcv_enter(struct scf_receivable *r, const struct scf_rcv_move *move,
                   const struct scf_verdict *verdict) {
    enum scf_receivable_state to = verdict->to;
    bool over = scf_rcv_is_over(to), was_over = scf_rcv_is_over(r->state);
    remember(r, move, to);
    if (to == SCF_RCV_INELIGIBLE && r->state != SCF_RCV_INELIGIBLE)
        r->bar = scf_rcv_bar_of(move->step);
    else if (to != SCF_RCV_INELIGIBLE)
        r->bar = SCF_BAR_NONE;
    if (over && !was_over)
        r->ended_us = move->at_us;
    if (over)
        r->open = false;
    if (was_over && !over) {
        r->ended_us = 0;
        r->told &= ~SCF_TOLD_CANCEL;
    }
    r->state = to;
    r->updated_us = move->now_us;
}

/* ---- writing ---- */

static char *step_body(struct scf_arena *arena, const struct scf_receivable *r,
                       const struct scf_rcv_move *move, const struct scf_rcv_step_row *row,
                       enum scf_rcv_rule rule) {
    struct scf_buf out;
    scf_buf_init(&out, DETAILS_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "type", "scfd-receivable-step/v1");
    scf_jw_id(&w, "receivable_id", "rcv", &r->id);
    scf_jw_i64(&w, "seq", row->seq);
    scf_jw_str(&w, "step", scf_rcv_step_names[move->step]);
    scf_jw_str(&w, "rule", scf_rcv_rules[rule].id);
    if (scf_uuid_is_nil(&move->node_id))
        scf_jw_null(&w, "node_id");
    else
        scf_jw_id(&w, "node_id", "node", &move->node_id);
    scf_jw_time(&w, "happened_at", move->at_us);
    scf_jw_time(&w, "filed_at", move->now_us);
    scf_jw_str(&w, "from", scf_receivable_state_names[row->from]);
    scf_jw_str(&w, "to", scf_receivable_state_names[row->to]);
    if (move->details)
        scf_jw_raw(&w, "details", move->details, strlen(move->details));
    scf_jw_end_object(&w);
    char *text = out.overflow ? NULL : scf_strndup(arena, out.data, out.len);
    scf_buf_free(&out);
    return text;
}

static enum scf_code add_step(struct scf_db *db, struct scf_arena *arena, struct scf_receivable *r,
                              const struct scf_rcv_move *move, enum scf_receivable_state from,
                              enum scf_rcv_rule rule, struct scf_error *err) {
    struct scf_rcv_step_row row = {.seq = ++r->steps,
                                   .step = move->step,
                                   .node_id = move->node_id,
                                   .from = from,
                                   .to = r->state,
                                   .happened_us = move->at_us,
                                   .filed_us = move->now_us};
    row.body = step_body(arena, r, move, &row, rule);
    if (row.body == NULL)
        return scf_fail_memory(err);
    return scf_rcv_step_insert(db, arena, &r->id, &row, err);
}

enum scf_code scf_rcv_write(struct scf_db *db, struct scf_arena *arena, struct scf_receivable *r,
                            const struct scf_rcv_move *move, enum scf_receivable_state from,
                            enum scf_rcv_rule rule, struct scf_error *err) {
    enum scf_code code = add_step(db, arena, r, move, from, rule, err);
    return code == SCF_OK ? scf_receivable_save(db, arena, r, err) : code;
}

enum scf_code scf_rcv_take(struct scf_db *db, struct scf_arena *arena, struct scf_receivable *r,
                           const struct scf_rcv_move *move, struct scf_error *err) {
    struct scf_verdict verdict;
    enum scf_receivable_state from = r->state;
    enum scf_code code = scf_rcv_check(arena, r, move, &verdict, err);
    if (code != SCF_OK)
        return code;
    scf_rcv_enter(r, move, &verdict);
    return scf_rcv_write(db, arena, r, move, from, verdict.rule, err);
}

enum scf_code scf_rcv_create(struct scf_db *db, struct scf_arena *arena, struct scf_receivable *r,
                             const struct scf_rcv_move *move, struct scf_error *err) {
    enum scf_code code = scf_receivable_insert(db, arena, r, err);
    return code == SCF_OK ? scf_rcv_write(db, arena, r, move, SCF_RCV_DRAFT, SCF_RULE_STATES, err)
                          : code;
}
