/* GET /v1/contracts/{id}/findings and …/progress. Views rest on the records of many nodes; whoever
 * could make up a contract with somebody's number would read of their trade. So only those whose
 * standing does not rest on their own word see all of it; others see what their own records say. */
#include "contract_store.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/money.h"
#include "scfd/http/answer.h"
#include "scfd/party/enterprise.h"
#include "scfd/party/services.h"

enum { ANSWER_MAX = 8 << 20, DETAIL_MAX = 4096 };

struct asked {
    struct scf_record record; /* the newest revision */
    struct scf_trade_contract contract;
    struct scf_policy policy;
    struct scf_trade_view view;
    int64_t as_of_us;
    bool own_only;
    struct scf_trade_seen *seen;
    size_t seen_count;
};

/* ---- reading ---- */

/* That of the seller's industry, as in its assessments. */
static enum scf_code find_template(struct scf_request *rq, struct asked *a, struct scf_error *err) {
    const struct scf_services *services = scf_rq_app(rq);
    struct scf_enterprise seller;
    const char *profile;
    enum scf_code code = scf_enterprise_get(scf_rq_db(rq), scf_rq_arena(rq), &a->contract.seller_id,
                                            &seller, &profile, err);
    if (code == SCF_OK)
        a->contract.tmpl = scf_templates_for(services->templates, SCF_REC_WORKFLOW_EVENT,
                                             seller.industry_code, scf_now_us());
    return code;
}

static enum scf_code read_contract(struct scf_request *rq, struct asked *a, struct scf_error *err) {
    struct scf_db *db = scf_rq_db(rq);
    struct scf_arena *arena = scf_rq_arena(rq);
    struct scf_uuid id, newest;
    enum scf_code code = scf_rq_path_id(rq, "id", "ctr", &id, err);
    if (code == SCF_OK)
        code = scf_record_get(db, arena, scf_rq_actor(rq), &id, &a->record, err);
    if (code == SCF_OK && a->record.kind != SCF_REC_CONTRACT)
        return scf_fail(err, SCF_E_NOT_FOUND, "No contract has this id.");
    if (code == SCF_OK)
        code = scf_trade_contract_newest(db, arena, &a->record, &newest, err);
    if (code == SCF_OK && !scf_uuid_eq(&newest, &a->record.id))
        code = scf_record_get(db, arena, NULL, &newest, &a->record, err);
    if (code != SCF_OK)
        return code;
    scf_trade_contract_of(arena, &a->record, &a->contract);
    return find_template(rq, a, err);
}

static bool is_house(const struct scf_actor *actor) {
    return scf_uuid_is_nil(&actor->operator_enterprise_id) &&
           (actor->kind == SCF_NODE_PROCUREMENT || actor->kind == SCF_NODE_ERP ||
            actor->kind == SCF_NODE_WORKFLOW);
}

static enum scf_code read_standing(struct scf_request *rq, struct asked *a, struct scf_error *err) {
    const struct scf_actor *actor = scf_rq_actor(rq);
    const struct scf_uuid *operated_by = &actor->operator_enterprise_id;
    bool addressed = !scf_uuid_eq(&a->record.chain_id, &actor->node_id);
    bool known = false;
    if (actor->admin || addressed || is_house(actor) ||
        scf_uuid_eq(operated_by, &a->contract.seller_id))
        return SCF_OK;
    enum scf_code code = SCF_OK;
    if (scf_uuid_eq(operated_by, &a->contract.buyer_id))
        code = scf_trade_buyer_known(scf_rq_db(rq), scf_rq_arena(rq), &a->contract,
                                     &a->record.chain_id, &known, err);
    a->own_only = !known;
    return code;
}

static const struct scf_uuid **collect(struct scf_arena *arena, const struct scf_trade_view *v,
                                       size_t *ret_n) {
    size_t most = 0, n = 0;
    for (size_t i = 0; i < v->finding_count; i++)
        most += v->findings[i].record_count;
    for (size_t i = 0; i < v->milestone_count; i++)
        most += v->milestones[i].evidence_count;
    const struct scf_uuid **ids = scf_alloc(arena, most, sizeof *ids);
    if (ids == NULL)
        return NULL;
    for (size_t i = 0; i < v->finding_count; i++)
        for (size_t k = 0; k < v->findings[i].record_count; k++)
            ids[n++] = &v->findings[i].records[k];
    for (size_t i = 0; i < v->milestone_count; i++)
        for (size_t k = 0; k < v->milestones[i].evidence_count; k++)
            ids[n++] = &v->milestones[i].evidence[k];
    *ret_n = n;
    return ids;
}

/* Readers see at once what they sent. A view of what is folded is better than none: how far that is
 * stands in the answer. */
static void fold_pending(struct scf_request *rq, const struct asked *a) {
    const struct scf_services *services = scf_rq_app(rq);
    struct scf_error err = {0};
    if (services->fold_contract != NULL &&
        services->fold_contract(scf_rq_db(rq), scf_rq_arena(rq), services,
                                &a->contract.contract_key, &err) != SCF_OK)
        scf_log_error("folding for a reader", &err);
}

static enum scf_code read_view(struct scf_request *rq, struct asked *a, struct scf_error *err) {
    struct scf_db *db = scf_rq_db(rq);
    struct scf_arena *arena = scf_rq_arena(rq);
    const struct scf_trade_chain own = {a->record.chain_id, INT64_MAX};
    size_t n;
    fold_pending(rq, a);
    a->as_of_us = scf_now_us();
    enum scf_code code = scf_policy_in_force(db, arena, a->as_of_us, &a->policy, err);
    if (code == SCF_OK)
        code = scf_trade_views(db, arena, &a->policy, &a->contract, 1, a->as_of_us,
                               a->own_only ? &own : NULL, a->own_only ? 1 : 0, &a->view, err);
    if (code == SCF_OK)
        code = scf_trade_view_fits(&a->view, err);
    if (code != SCF_OK)
        return code;
    const struct scf_uuid **ids = collect(arena, &a->view, &n);
    if (ids == NULL)
        return scf_fail_memory(err);
    return scf_trade_visible(db, arena, scf_rq_actor(rq), ids, n, &a->seen, &a->seen_count, err);
}

static enum scf_code read_asked(struct scf_request *rq, struct asked *a, struct scf_error *err) {
    enum scf_code code = read_contract(rq, a, err);
    code = code == SCF_OK ? read_standing(rq, a, err) : code;
    return code == SCF_OK ? read_view(rq, a, err) : code;
}

/* ---- writing ---- */

static const struct scf_trade_seen *seen_of(const struct asked *a, const struct scf_uuid *id) {
    for (size_t i = 0; i < a->seen_count; i++)
        if (scf_uuid_eq(&a->seen[i].id, id))
            return &a->seen[i];
    return NULL;
}

/* Records that the reader may open, each with the way to its proof, and how many others there are.
 */
static void write_records(struct scf_jsonw *w, const char *key, const char *hidden_key,
                          const struct asked *a, const struct scf_uuid *ids, size_t n) {
    int64_t hidden = 0;
    scf_jw_array(w, key);
    for (size_t i = 0; i < n; i++) {
        const struct scf_trade_seen *seen = seen_of(a, &ids[i]);
        char id[SCF_ID_TEXT], proof[SCF_ID_TEXT + 32];
        if (seen == NULL) {
            hidden++;
            continue;
        }
        scf_id_format(scf_record_kind_prefix(seen->kind), &seen->id, id);
        snprintf(proof, sizeof proof, "/v1/records/%s/proof", id);
        scf_jw_object(w, NULL);
        scf_jw_str(w, "id", id);
        scf_jw_str(w, "proof", proof);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
    scf_jw_i64(w, hidden_key, hidden);
}

static void begin_answer(struct scf_jsonw *w, const char *object, const struct asked *a) {
    scf_jw_object(w, NULL);
    scf_jw_str(w, "object", object);
    scf_jw_id(w, "contract_id", "ctr", &a->record.id);
    scf_jw_time(w, "as_of", a->as_of_us);
    scf_jw_str(w, "basis", a->own_only ? "own_records" : "all_records");
}

static void end_answer(struct scf_jsonw *w, const struct asked *a) {
    scf_jw_i64(w, "facts", a->view.facts);
    scf_jw_array(w, "chains");
    for (size_t i = 0; i < a->view.chain_count; i++) {
        scf_jw_object(w, NULL);
        scf_jw_id(w, "id", "chain", &a->view.chains[i].chain_id);
        scf_jw_i64(w, "folded_size", a->view.chains[i].folded_size);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
    scf_jw_end_object(w);
}

static void write_detail(struct scf_jsonw *w, const char *key, const struct scf_finding *f,
                         bool chinese) {
    struct scf_buf text;
    scf_buf_init(&text, DETAIL_MAX);
    scf_detail_text(f->detail, f->figures, chinese, &text);
    scf_jw_strn(w, key, text.len > 0 ? text.data : "", text.len);
    scf_buf_free(&text);
}

static void write_finding(struct scf_jsonw *w, const struct asked *a, const struct scf_finding *f) {
    static const char *const outcomes[] = {"not_applicable", "passed", "failed"};
    scf_jw_object(w, NULL);
    scf_jw_str(w, "code", scf_check_codes[f->rule->check]);
    scf_jw_str(w, "severity", scf_severity_names[f->rule->severity]);
    scf_jw_ppm(w, "weight", f->rule->weight_ppm);
    scf_jw_ppm(w, "tolerance", f->rule->tolerance_ppm);
    scf_jw_str(w, "outcome", outcomes[f->outcome]);
    scf_jw_i64(w, "cases", f->cases);
    scf_jw_i64(w, "failures", f->failures);
    write_detail(w, "detail", f, false);
    write_detail(w, "detail_zh", f, true);
    write_records(w, "records", "records_hidden", a, f->records, f->record_count);
    scf_jw_end_object(w);
}

static void write_findings(struct scf_jsonw *w, const struct asked *a) {
    const struct scf_trade_view *v = &a->view;
    begin_answer(w, "contract_findings", a);
    scf_jw_object(w, "policy");
    scf_jw_str(w, "code", a->policy.code);
    scf_jw_str(w, "version", a->policy.version);
    scf_jw_hex(w, "sha256", a->policy.sha256.b, SCF_HASH_LEN);
    scf_jw_end_object(w);
    scf_jw_bool(w, "hard_failed", v->hard_failed);
    if (v->applicable_ppm > 0)
        scf_jw_ppm(w, "pass_ratio", scf_ratio_ppm(v->passed_ppm, v->applicable_ppm));
    else
        scf_jw_null(w, "pass_ratio");
    scf_jw_array(w, "findings");
    for (size_t i = 0; i < v->finding_count; i++)
        write_finding(w, a, &v->findings[i]);
    scf_jw_end_array(w);
    end_answer(w, a);
}

static void write_progress(struct scf_jsonw *w, const struct asked *a) {
    const struct scf_trade_view *v = &a->view;
    int scale = scf_currency_scale(scf_str(a->contract.currency));
    begin_answer(w, "contract_progress", a);
    scf_jw_str(w, "stage", scf_stage_names[v->stage]);
    scf_jw_ppm(w, "completion", v->completion_ppm);
    scf_jw_array(w, "milestones");
    for (size_t i = 0; i < v->milestone_count; i++) {
        const struct scf_milestone *m = &v->milestones[i];
        scf_jw_object(w, NULL);
        scf_jw_str(w, "code", m->code);
        scf_jw_ppm(w, "weight", m->weight_ppm);
        scf_jw_ppm(w, "share", m->share_ppm);
        write_records(w, "evidence", "evidence_hidden", a, m->evidence, m->evidence_count);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
    scf_jw_i64(w, "events", v->events);
    scf_jw_i64(w, "invoices", (int64_t)v->invoice_count);
    scf_jw_money(w, "invoiced", v->invoiced, scale >= 0 ? scale : 2);
    scf_jw_str(w, "currency", a->contract.currency);
    end_answer(w, a);
}

static void answer(struct scf_request *rq,
                   void (*write)(struct scf_jsonw *w, const struct asked *a)) {
    struct scf_error err = {0};
    struct asked a = {0};
    if (read_asked(rq, &a, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf body;
    scf_buf_init(&body, ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    write(&w, &a);
    scf_reply_json(rq, 200, &body);
}

static void get_findings(struct scf_request *rq) {
    answer(rq, write_findings);
}

static void get_progress(struct scf_request *rq) {
    answer(rq, write_progress);
}

/* ---- routes ---- */

const struct scf_route scf_trade_routes[] = {
    {.method = "GET",
     .pattern = "/v1/contracts/{id}/findings",
     .operation_id = "getContractFindings",
     .tag = "Credit",
     .summary = "Cross-checks of a contract with its events and invoices",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = get_findings,
     .answers = "200 ContractFindings,404"},
    {.method = "GET",
     .pattern = "/v1/contracts/{id}/progress",
     .operation_id = "getContractProgress",
     .tag = "Credit",
     .summary = "How far the work under a contract has come, and what proves it",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = get_progress,
     .answers = "200 ContractProgress,404"},
};
const size_t scf_trade_route_count = SCF_COUNT(scf_trade_routes);
