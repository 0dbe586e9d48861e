/* GET /v1/credit-assessments/{id}/improvements: for the borrower's own nodes, for whoever asked for
 * the assessment, and for administrators. A lender decides by what is, not by what might be.
 * Relies on whatif.c over the inputs of the receipt. */
#include "whatif.h"
#include "scfd/base/money.h"
#include "scfd/credit/assessment.h"
#include "scfd/http/answer.h"
#include "scfd/limit/receipt.h"
#include "scfd/whatif/whatif.h"

enum { BODY_MAX = 4 << 20, WORK_BYTES = 128 << 20 };

struct answer {
    struct scf_arena *arena; /* of its own: a receipt may be larger than a request */
    struct scf_uuid id;
    struct scf_limit_inputs in;
    struct scf_whatif what;
    struct scf_improvement *list;
    size_t n;
    struct scf_improvement_plan plan;
    int64_t limit;
    int scale;
};

/* ---- who may know ---- */

static enum scf_code check_asker(struct scf_request *rq, const struct scf_uuid *id,
                                 struct scf_error *err) {
    const struct scf_actor *actor = scf_rq_actor(rq);
    struct scf_assess_row row;
    struct scf_error hidden = {0};
    enum scf_code code = scf_assess_get(scf_rq_db(rq), scf_rq_arena(rq), NULL, id, &row, err);
    if (code != SCF_OK || actor->admin || scf_uuid_eq(&row.node_id, &actor->node_id) ||
        scf_uuid_eq(&row.borrower_id, &actor->operator_enterprise_id))
        return code;
    /* who sees the assessment is told why; to others it does not exist */
    code = scf_assess_get(scf_rq_db(rq), scf_rq_arena(rq), actor, id, &row, &hidden);
    if (code != SCF_OK) {
        *err = hidden;
        return code;
    }
    return scf_fail(err, SCF_E_FORBIDDEN,
                    "What would raise a limit is for the borrower and administrators.");
}

/* ---- the answer ---- */

static void write_records(struct scf_jsonw *w, const struct scf_improvement *p) {
    scf_jw_str(w, "record_kind", scf_record_kind_name(p->record_kind));
    if (p->field != NULL) {
        scf_jw_object(w, "field");
        scf_jw_str(w, "key", p->field->key);
        scf_jw_str(w, "label_zh", p->field->label_zh);
        scf_jw_str(w, "label_en", p->field->label_en);
        scf_jw_ppm(w, "weight", p->field->weight_ppm);
        scf_jw_end_object(w);
    }
    const char *prefix = scf_record_kind_prefix(p->record_kind);
    scf_jw_array(w, "record_ids");
    for (size_t i = 0; i < p->record_count; i++)
        if (p->records[i]->visible)
            scf_jw_id(w, NULL, prefix, &p->records[i]->id);
    scf_jw_end_array(w);
}

static void write_contract(struct scf_jsonw *w, const struct answer *a,
                           const struct scf_improvement *p) {
    const struct scf_limit_contract *k = &a->in.contracts[p->contract];
    scf_jw_id(w, "contract_id", "ctr", &k->record_id);
    if (p->kind == SCF_IMPROVE_CONFIRM_GUARANTEE)
        scf_jw_id(w, "guarantee_id", "gua", &k->guarantees[p->item].record_id);
    else if (p->kind == SCF_IMPROVE_ADD_GUARANTEE)
        scf_jw_money(w, "guarantee_amount", p->guarantee, a->scale);
    else if (p->kind == SCF_IMPROVE_PROVE_MILESTONE)
        scf_jw_str(w, "milestone", k->trade.milestones[p->item].code);
    else if (p->kind == SCF_IMPROVE_RESOLVE_FINDING)
        scf_jw_str(w, "check", scf_check_codes[k->trade.findings[p->item].rule->check]);
    else if (p->kind == SCF_IMPROVE_CONFIRM_RECEIVABLE)
        scf_jw_id(w, "invoice_id", "inv", &k->trade.invoices[p->item].invoice_id);
}

static void write_improvement(struct scf_jsonw *w, const struct answer *a,
                              const struct scf_improvement *p) {
    static const char *const whens[] = {"now", "hindsight", "later"};
    const struct scf_improvement_text *text = &scf_improvement_texts[p->kind];
    scf_jw_object(w, NULL);
    scf_jw_str(w, "kind", text->slug);
    scf_jw_str(w, "when", whens[text->when]);
    scf_jw_money(w, "amount", p->amount, a->scale);
    scf_jw_money(w, "new_limit", a->limit + p->amount, a->scale);
    scf_jw_i64(w, "changes", p->changes);
    scf_jw_money(w, "amount_per_change", p->amount / p->changes, a->scale);
    scf_jw_str(w, "text_zh", text->zh);
    scf_jw_str(w, "text_en", text->en);
    if (p->kind <= SCF_IMPROVE_DELIVER_ON_TIME)
        write_records(w, p);
    else if (p->kind == SCF_IMPROVE_ADD_QUALIFICATION)
        scf_jw_str(w, "qualification", scf_qualification_names[p->qualification]);
    else if (p->kind != SCF_IMPROVE_MORE_HISTORY)
        write_contract(w, a, p);
    scf_jw_end_object(w);
}

static void write_plan(struct scf_jsonw *w, const struct answer *a) {
    int64_t sum = 0;
    scf_jw_object(w, "best_next");
    scf_jw_array(w, "steps");
    for (size_t i = 0; i < a->plan.n; i++) {
        sum += a->plan.amounts[i];
        scf_jw_object(w, NULL);
        scf_jw_i64(w, "improvement", (int64_t)a->plan.steps[i]);
        scf_jw_money(w, "amount", a->plan.amounts[i], a->scale);
        scf_jw_money(w, "new_limit", a->limit + sum, a->scale);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
    scf_jw_money(w, "amount", sum, a->scale);
    scf_jw_money(w, "new_limit", a->limit + sum, a->scale);
    scf_jw_end_object(w);
}

static void write_answer(struct scf_buf *body, const struct answer *a) {
    struct scf_jsonw w = scf_jsonw(body);
    scf_jw_object(&w, NULL);
    scf_jw_id(&w, "assessment_id", "asm", &a->id);
    scf_jw_time(&w, "as_of", a->in.as_of_us);
    scf_jw_str(&w, "currency", a->in.currency);
    scf_jw_money(&w, "limit", a->limit, a->scale);
    scf_jw_i64(&w, "records_that_could_be_better", (int64_t)a->what.record_count);
    scf_jw_bool(&w, "older_records_left_out", a->what.truncated);
    scf_jw_array(&w, "improvements");
    for (size_t i = 0; i < a->n; i++)
        write_improvement(&w, a, &a->list[i]);
    scf_jw_end_array(&w);
    write_plan(&w, a);
    scf_jw_end_object(&w);
}

static enum scf_code read_inputs(struct scf_request *rq, struct answer *a, struct scf_error *err) {
    struct scf_str receipt;
    enum scf_code code = scf_assess_receipt(scf_rq_db(rq), a->arena, NULL, &a->id, &receipt, err);
    if (code != SCF_OK)
        return code;
    char *text = scf_strndup(a->arena, receipt.p, receipt.n);
    const cJSON *json = text != NULL ? scf_json_parse_large(a->arena, text, receipt.n, err) : NULL;
    if (json == NULL || scf_receipt_read(a->arena, json, &a->in, err) != SCF_OK)
        return scf_fail(err, SCF_E_INTERNAL, "The stored receipt cannot be read");
    a->scale = scf_scale_of(a->in.currency);
    return SCF_OK;
}

static enum scf_code find(struct scf_request *rq, struct answer *a, struct scf_error *err) {
    enum scf_code code = read_inputs(rq, a, err);
    code = code == SCF_OK ? scf_whatif_gather(scf_rq_db(rq), a->arena, scf_rq_app(rq),
                                              scf_rq_actor(rq), &a->in, &a->what, err)
                          : code;
    if (code == SCF_OK &&
        !scf_improvements_find(&a->what, a->arena, &a->list, &a->n, &a->plan, &a->limit))
        code = scf_fail_memory(err);
    return code;
}

static void handle_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct answer a = {0};
    if (scf_rq_path_id(rq, "id", "asm", &a.id, &err) != SCF_OK ||
        check_asker(rq, &a.id, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    a.arena = scf_arena_new(WORK_BYTES);
    if (find(rq, &a, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
    } else {
        struct scf_buf body;
        scf_buf_init(&body, BODY_MAX);
        write_answer(&body, &a);
        scf_reply_tagged(rq, 200, (int64_t)a.n, &body);
    }
    scf_arena_free(a.arena);
}

const struct scf_route scf_whatif_routes[] = {
    {.method = "GET",
     .pattern = "/v1/credit-assessments/{id}/improvements",
     .operation_id = "getCreditImprovements",
     .tag = "Credit",
     .summary = "What would raise the limit, and by exactly how much",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = handle_get,
     .answers = "200 CreditImprovements,304,403,404,409"},
};
const size_t scf_whatif_route_count = SCF_COUNT(scf_whatif_routes);
