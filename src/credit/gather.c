/* Gathering the inputs of a limit: folding first, then reading days, contracts, guarantees and the
 * enterprise's profile. Relies on gather_store.c, rollup.c, and on the records' bodies as intake
 * validated them. */
#include "assess.h"
#include "gather_claims.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/party/enterprise.h"
#include "scfd/trade/trade.h"

struct gather {
    struct scf_db *db;
    struct scf_arena *arena;
    const struct scf_services *services;
    const struct scf_assess_request *request;
    struct scf_limit_inputs in;
    struct scf_record *contracts;    /* newest revisions, in the order of the request */
    const cJSON *profile;            /* the borrower's; NULL: it has none */
    const struct scf_template *tmpl; /* that of workflow events by which the borrower is rated */
};

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the assessment");
}

/* ---- contracts ---- */

static enum scf_code read_contract_records(struct gather *g, struct scf_error *err) {
    size_t n = g->request->contract_count;
    g->contracts = scf_alloc(g->arena, n, sizeof *g->contracts);
    if (g->contracts == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct scf_uuid newest;
        struct scf_record *r = &g->contracts[i];
        enum scf_code code =
            scf_record_get(g->db, g->arena, NULL, &g->request->contracts[i], r, err);
        if (code == SCF_OK)
            code = scf_trade_contract_newest(g->db, g->arena, r, &newest, err);
        if (code == SCF_OK && !scf_uuid_eq(&newest, &r->id))
            code = scf_record_get(g->db, g->arena, NULL, &newest, r, err);
        if (code != SCF_OK)
            return code;
    }
    return SCF_OK;
}

/* A body, or NULL when it was erased. It was valid when it came in. */
static const cJSON *body_of(struct gather *g, const struct scf_record *r) {
    struct scf_error ignored = {0}; /* unreadable is as good as erased: nothing is claimed of it */
    char *text = r->body.p != NULL ? scf_strndup(g->arena, r->body.p, r->body.n) : NULL;
    return text != NULL ? scf_json_parse(g->arena, text, r->body.n, &ignored) : NULL;
}

/* An optional deduction in `fields`. One that cannot be read deducts everything: a limit must not
 * rest on a figure nobody understands. */
static int64_t deduction(const cJSON *body, const char *name, int scale, int64_t everything) {
    char text[SCF_MONEY_TEXT];
    int64_t minor;
    const cJSON *item = scf_json_get(scf_json_get(body, "fields"), name);
    if (item == NULL)
        return 0;
    bool sound = scf_json_decimal_text(item, text, sizeof text) &&
                 scf_money_parse(scf_str(text), scale, &minor) && minor >= 0;
    return sound ? minor : everything;
}

static bool same_text(const char *a, const char *b) {
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool same_guarantee(const struct scf_reported_guarantee *a,
                           const struct scf_reported_guarantee *b) {
    return same_text(a->guarantee_no, b->guarantee_no) &&
           same_text(a->guarantor_id, b->guarantor_id);
}

/* Anybody may report that another one guarantees. Only the guarantor's own word raises a limit: the
 * word of the node it operates, or of a guarantors' system that the administrator tied to none. */
static bool is_guarantors(const struct scf_reported_guarantee *r) {
    struct scf_uuid guarantor;
    if (scf_uuid_is_nil(&r->operator_id))
        return r->from_guarantors;
    return r->guarantor_id != NULL && scf_id_parse("ent", scf_str(r->guarantor_id), &guarantor) &&
           scf_uuid_eq(&guarantor, &r->operator_id);
}

static struct scf_limit_guarantee read_guarantee(const struct gather *g,
                                                 const struct scf_reported_guarantee *r) {
    struct scf_limit_guarantee k = {
        .record_id = r->record_id,
        .body_sha256 = r->body_sha256,
        .status = r->status != NULL ? r->status : "",
        .amount = r->amount,
        .obligor_is_borrower = scf_uuid_eq(&r->obligor_id, &g->request->borrower_id),
        .unconfirmed = !is_guarantors(r),
    };
    memcpy(k.currency, r->currency, 4);
    k.has_from =
        r->effective_from != NULL && scf_date_parse(scf_str(r->effective_from), &k.from_day);
    if (r->expires_on == NULL || !scf_date_parse(scf_str(r->expires_on), &k.expires_day))
        k.status = ""; /* without an end nobody knows whether it still holds */
    return k;
}

/* Where a guarantee goes that stands beside `n` others: the place of the same one, if it is there.
 */
static size_t place_of(const struct scf_reported_guarantee *const *others, size_t n,
                       const struct scf_reported_guarantee *r) {
    size_t at = 0;
    while (at < n && !same_guarantee(others[at], r))
        at++;
    return at;
}

/* Several nodes may report the same guarantee: the guarantor's own record counts, or else the first
 * one. */
static enum scf_code take_guarantees(struct gather *g,
                                     const struct scf_reported_guarantee *reported, size_t n,
                                     struct scf_limit_contract *k, struct scf_error *err) {
    struct scf_limit_guarantee *list = scf_alloc(g->arena, n, sizeof *list);
    const struct scf_reported_guarantee **taken = scf_alloc(g->arena, n, sizeof *taken);
    if (list == NULL || taken == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct scf_limit_guarantee one = read_guarantee(g, &reported[i]);
        size_t at = place_of(taken, k->guarantee_count, &reported[i]);
        if (at == k->guarantee_count)
            k->guarantee_count++;
        else if (!list[at].unconfirmed || one.unconfirmed)
            continue;
        taken[at] = &reported[i];
        list[at] = one;
    }
    k->guarantees = list;
    return SCF_OK;
}

static enum scf_code read_guarantees(struct gather *g, const struct scf_record *contract,
                                     struct scf_limit_contract *k, struct scf_error *err) {
    struct scf_reported_guarantee *reported;
    size_t n;
    enum scf_code code =
        scf_contract_guarantees(g->db, g->arena, &contract->business_key, &reported, &n, err);
    return code == SCF_OK ? take_guarantees(g, reported, n, k, err) : code;
}

/* What the contract's record says by itself. */
static void take_contract(const struct gather *g, const struct scf_record *r, const cJSON *body,
                          struct scf_limit_contract *k) {
    const char *status = scf_json_string(body, "status");
    *k = (struct scf_limit_contract){
        .record_id = r->id,
        .body_sha256 = r->body_sha256,
        .status = status != NULL ? status : "",
        .amount = r->has_amount ? r->amount : 0,
        .buyer_id = r->counterparty_id,
        .seller_is_borrower = scf_uuid_eq(&r->enterprise_id, &g->request->borrower_id),
        .has_signed = r->has_happened,
        .signed_us = r->happened_us,
    };
    memcpy(k->currency, r->currency, 4);
    int scale = scf_scale_of(k->currency);
    k->prepaid = deduction(body, "prepaid_amount", scale, k->amount);
    k->retention = deduction(body, "retention_amount", scale, k->amount);
    k->assignment_prohibited = scf_json_bool(body, "assignment_prohibited", false);
    k->consignment = scf_json_bool(body, "consignment", false);
    k->paid_by_bill = scf_json_bool(body, "paid_by_bill", false);
}

static enum scf_code read_contract(struct gather *g, size_t i, struct scf_limit_contract *k,
                                   struct scf_error *err) {
    const struct scf_record *r = &g->contracts[i];
    take_contract(g, r, body_of(g, r), k);
    for (size_t j = 0; j < i; j++) {
        k->duplicate |= scf_uuid_eq(&g->contracts[j].id, &r->id) ||
                        (!scf_uuid_is_nil(&r->business_key) &&
                         scf_uuid_eq(&g->contracts[j].business_key, &r->business_key));
    }
    if (k->duplicate || scf_uuid_is_nil(&r->business_key))
        return SCF_OK;
    enum scf_code code = scf_contract_read_account(g->db, g->arena, r, k, err);
    return code == SCF_OK ? read_guarantees(g, r, k, err) : code;
}

/* Of contracts that have a business key, and of each once. */
static enum scf_code read_trade(struct gather *g, struct scf_limit_contract *list, size_t n,
                                struct scf_error *err) {
    struct scf_trade_contract *asked = scf_alloc(g->arena, n, sizeof *asked);
    struct scf_trade_view *views = scf_alloc(g->arena, n, sizeof *views);
    size_t *which = scf_alloc(g->arena, n, sizeof *which), count = 0;
    if (asked == NULL || views == NULL || which == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (list[i].duplicate || scf_uuid_is_nil(&g->contracts[i].business_key))
            continue;
        asked[count] = scf_gather_trade(&g->contracts[i], body_of(g, &g->contracts[i]), g->tmpl);
        which[count++] = i;
    }
    if (count == 0)
        return SCF_OK;
    enum scf_code code = scf_trade_views(g->db, g->arena, &g->in.policy, asked, count,
                                         g->in.as_of_us, NULL, 0, views, err);
    for (size_t i = 0; code == SCF_OK && i < count; i++) {
        list[which[i]].trade = views[i];
        code = scf_trade_view_fits(&views[i], err);
    }
    return code;
}

static enum scf_code read_contracts(struct gather *g, struct scf_error *err) {
    size_t n = g->request->contract_count;
    struct scf_limit_contract *list = scf_alloc(g->arena, n, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        enum scf_code code = read_contract(g, i, &list[i], err);
        if (code != SCF_OK)
            return code;
    }
    enum scf_code code = read_trade(g, list, n, err);
    code = code == SCF_OK ? scf_gather_standings(g->db, g->arena, list, n, err) : code;
    if (code != SCF_OK)
        return code;
    g->in.contracts = list;
    g->in.contract_count = n;
    code = scf_gather_debtors(g->db, g->arena, &g->profile, &g->in, 1, err);
    return code == SCF_OK ? scf_gather_need_sources(g->db, g->arena, &g->in, 1, err) : code;
}

/* ---- folding ---- */

static enum scf_code fold(struct gather *g, struct scf_error *err) {
    size_t n = g->request->contract_count;
    const struct scf_uuid **keys = scf_alloc(g->arena, n, sizeof *keys);
    if (keys == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        keys[i] = &g->contracts[i].business_key;
    struct scf_unfolded *chains;
    int count;
    enum scf_code code = scf_rollup_pending(g->db, g->arena, &chains, &count, err);
    for (int i = 0; code == SCF_OK && i < count; i++) {
        bool concerned = false;
        code = scf_rollup_touches(g->db, g->arena, &chains[i], &g->request->borrower_id, keys, n,
                                  &concerned, err);
        if (code == SCF_OK && concerned) {
            code = scf_rollup_chain(g->db, g->services->templates, &chains[i].chain_id,
                                    chains[i].size, true, INT64_MAX, err);
        }
    }
    return code;
}

/* ---- the enterprise ---- */

static void read_qualification(const cJSON *json, struct scf_limit_qualification *q) {
    const char *type = scf_json_string(json, "type"), *grade = scf_json_string(json, "grade");
    const char *issued = scf_json_string(json, "issued_on");
    const char *until = scf_json_string(json, "valid_until");
    *q = (struct scf_limit_qualification){.type = type != NULL ? type : "other",
                                          .grade = grade != NULL ? grade : "",
                                          .has_until = until != NULL};
    bool sound = issued != NULL && scf_date_parse(scf_str(issued), &q->issued_day) &&
                 (until == NULL || scf_date_parse(scf_str(until), &q->until_day));
    const char *status = scf_json_string(json, "status");
    if (!sound || (status != NULL && strcmp(status, "revoked") == 0)) {
        q->type = "other"; /* counts for nothing */
        q->has_until = false;
    }
}

static enum scf_code read_profile(struct gather *g, const char *profile, struct scf_error *err) {
    g->in.operating = true;
    if (profile == NULL) /* a stub */
        return SCF_OK;
    const cJSON *json = scf_json_parse(g->arena, profile, strlen(profile), err);
    if (json == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The borrower's stored profile cannot be read");
    g->profile = json;
    scf_gather_need(json, g->in.currency, &g->in.need);
    const char *operating = scf_json_string(json, "operating_status");
    static const char *const closed[] = {"revoked", "deregistered", "bankrupt"};
    for (size_t i = 0; operating != NULL && i < SCF_COUNT(closed); i++)
        g->in.operating &= strcmp(operating, closed[i]) != 0;
    const cJSON *array = scf_json_get(json, "qualifications");
    int n = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : 0;
    struct scf_limit_qualification *list = scf_alloc(g->arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    const cJSON *e = n > 0 ? array->child : NULL;
    for (int i = 0; i < n; i++, e = e->next)
        read_qualification(e, &list[i]);
    g->in.qualifications = list;
    g->in.qualification_count = (size_t)n;
    return SCF_OK;
}

static enum scf_code read_enterprise(struct gather *g, const struct scf_template **ret_template,
                                     struct scf_error *err) {
    struct scf_enterprise enterprise;
    const char *profile;
    enum scf_code code =
        scf_enterprise_get(g->db, g->arena, &g->request->borrower_id, &enterprise, &profile, err);
    if (code == SCF_OK)
        code = read_profile(g, profile, err);
    if (code != SCF_OK)
        return code;
    struct scf_templates *catalogue = g->services->templates;
    const char *wanted = g->request->template_code;
    *ret_template = wanted != NULL ? scf_templates_by_code(catalogue, SCF_REC_WORKFLOW_EVENT,
                                                           scf_str(wanted), g->in.as_of_us)
                                   : scf_templates_for(catalogue, SCF_REC_WORKFLOW_EVENT,
                                                       enterprise.industry_code, g->in.as_of_us);
    return *ret_template != NULL
               ? SCF_OK
               : scf_fail(err, SCF_E_WRONG_STATE, "No workflow template is in force to rate by");
}

static void take_template(struct scf_limit_inputs *in, const struct scf_template *t) {
    in->template_id = t->uuid;
    in->template_code = t->code;
    in->template_revision = t->revision;
    in->grading = t->grading;
}

static struct gather begin(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_services *services,
                           const struct scf_assess_request *request) {
    return (struct gather){.db = db, .arena = arena, .services = services, .request = request};
}

/* The buyers of the contracts that are named are partners, whoever reported these contracts: they
 * are taken from the very records that count. */
static enum scf_code read_window(struct gather *g, enum scf_period period, struct scf_error *err) {
    const struct scf_uuid *borrower = &g->request->borrower_id;
    const struct scf_uuid **buyers =
        scf_alloc(g->arena, g->request->contract_count, sizeof *buyers);
    size_t n = 0;
    if (buyers == NULL)
        return no_memory(err);
    for (size_t i = 0; i < g->request->contract_count; i++)
        if (scf_uuid_eq(&g->contracts[i].enterprise_id, borrower))
            buyers[n++] = &g->contracts[i].counterparty_id;
    return scf_window_read(g->db, g->arena, borrower, buyers, n, period, &g->in, err);
}

static enum scf_code read_all(struct gather *g, const struct scf_uuid *assessment_id,
                              int64_t as_of_us, struct scf_limit_inputs *ret,
                              struct scf_error *err) {
    int32_t to = scf_day_of(as_of_us);
    g->in = (struct scf_limit_inputs){
        .assessment_id = *assessment_id,
        .borrower_id = g->request->borrower_id,
        .as_of_us = as_of_us,
        .from_day = to - (int32_t)g->services->config->rating_window_days + 1,
        .to_day = to,
        .has_requested = g->request->has_requested,
        .requested = g->request->requested,
        .kind = g->request->kind,
        .product = g->request->product,
        .period = "",
    };
    const char *currency =
        g->request->currency[0] != '\0' ? g->request->currency : g->contracts[0].currency;
    memcpy(g->in.currency, currency, 4);
    const struct scf_template *t;
    enum scf_code code = scf_policy_in_force(g->db, g->arena, as_of_us, &g->in.policy, err);
    code = code == SCF_OK ? read_enterprise(g, &t, err) : code;
    if (code != SCF_OK)
        return code;
    take_template(&g->in, t);
    g->tmpl = t;
    code = read_window(g, t->period, err);
    code = code == SCF_OK ? read_contracts(g, err) : code;
    if (code == SCF_OK)
        *ret = g->in;
    return code;
}

enum scf_code scf_assess_fold(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services,
                              const struct scf_assess_request *request, struct scf_error *err) {
    struct gather g = begin(db, arena, services, request);
    enum scf_code code = read_contract_records(&g, err);
    return code == SCF_OK ? fold(&g, err) : code;
}

enum scf_code scf_assess_read(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services,
                              const struct scf_uuid *assessment_id,
                              const struct scf_assess_request *request, int64_t as_of_us,
                              struct scf_limit_inputs *ret, struct scf_error *err) {
    struct gather g = begin(db, arena, services, request);
    enum scf_code code = read_contract_records(&g, err);
    return code == SCF_OK ? read_all(&g, assessment_id, as_of_us, ret, err) : code;
}

enum scf_code scf_assess_gather(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_services *services,
                                const struct scf_uuid *assessment_id,
                                const struct scf_assess_request *request, int64_t as_of_us,
                                struct scf_limit_inputs *ret, struct scf_error *err) {
    struct gather g = begin(db, arena, services, request);
    enum scf_code code = read_contract_records(&g, err);
    code = code == SCF_OK ? fold(&g, err) : code;
    return code == SCF_OK ? read_all(&g, assessment_id, as_of_us, ret, err) : code;
}

/* ---- for increments, which gather for many contracts at once ---- */

const cJSON *scf_gather_contract(struct scf_arena *arena, const struct scf_uuid *borrower_id,
                                 const struct scf_record *record, struct scf_limit_contract *ret) {
    const struct scf_assess_request request = {.borrower_id = *borrower_id};
    struct gather g = {.arena = arena, .request = &request};
    const cJSON *body = body_of(&g, record);
    take_contract(&g, record, body, ret);
    return body;
}

enum scf_code scf_gather_guarantees(struct scf_arena *arena, const struct scf_uuid *borrower_id,
                                    const struct scf_reported_guarantee *reported, size_t n,
                                    struct scf_limit_contract *k, struct scf_error *err) {
    const struct scf_assess_request request = {.borrower_id = *borrower_id};
    struct gather g = {.arena = arena, .request = &request};
    return take_guarantees(&g, reported, n, k, err);
}

enum scf_code scf_gather_profile(struct scf_arena *arena, const char *profile,
                                 struct scf_limit_inputs *in, const cJSON **ret,
                                 struct scf_error *err) {
    struct gather g = {.arena = arena, .in = *in};
    enum scf_code code = read_profile(&g, profile, err);
    if (code == SCF_OK) {
        *in = g.in;
        *ret = g.profile;
    }
    return code;
}

struct scf_trade_contract scf_gather_trade(const struct scf_record *r, const cJSON *body,
                                           const struct scf_template *tmpl) {
    struct scf_trade_contract t = {
        .contract_key = r->business_key,
        .seller_id = r->enterprise_id,
        .buyer_id = r->counterparty_id,
        .amount = r->has_amount ? r->amount : 0,
        .has_signed = r->has_happened,
        .signed_day = scf_day_of(r->happened_us),
        .tmpl = tmpl,
        .body = body,
    };
    memcpy(t.currency, r->currency, 4);
    return t;
}

void scf_gather_template(struct scf_limit_inputs *in, const struct scf_template *t) {
    take_template(in, t);
}
