/* /v1/credit-policies: administrators make policies, every key may read them. A policy is never
 * changed. Relies on policy_store.c, and on http for the manners of the API. */
#include "scfd/base/clock.h"
#include "scfd/http/answer.h"
#include "scfd/party/once.h"
#include "scfd/party/services.h"
#include "store.h"

enum { POLICY_BODY_MAX = 256 << 10 };

/* How far ahead a policy takes effect at least: an assessment that is being computed while the
 * policy is written must not miss one that is in force at its time. */
#define NOTICE_US (60 * SCF_US_PER_SECOND)

/* ---- the body ---- */

static bool is_code(struct scf_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", text.p[i]) == NULL)
            return false;
    return text.n > 0 && text.p[0] >= 'a';
}

static bool is_version(struct scf_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (!isalnum((unsigned char)text.p[i]) && (i == 0 || strchr("._-", text.p[i]) == NULL))
            return false;
    return text.n > 0;
}

static const struct scf_field create_fields[] = {
    {.name = "code",
     .type = SCF_T_STRING,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = 64,
     .pattern = is_code,
     .pattern_text = "^[a-z][a-z0-9_-]*$",
     .doc_en = "name of the line of policies",
     .doc_zh = "政策代码"},
    {.name = "version",
     .type = SCF_T_STRING,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = 32,
     .pattern = is_version,
     .pattern_text = "^[A-Za-z0-9][A-Za-z0-9._-]*$",
     .doc_en = "of the code; each is made once",
     .doc_zh = "版本，同一代码下唯一"},
    {.name = "role",
     .type = SCF_T_ENUM,
     .presence = SCF_REQUIRED,
     .choices = scf_policy_role_names,
     .doc_en = "live: makes the limits; shadow: is computed beside the live one, without effect",
     .doc_zh = "live 生效政策；shadow 影子政策，仅并行计算"},
    {.name = "effective_from",
     .type = SCF_T_TIME,
     .doc_en = "a minute ahead at least, and later than the newest live policy (of a shadow: than "
               "the newest of its code); default a minute from now",
     .doc_zh = "生效时间，至少提前一分钟"},
    {.name = "effective_until",
     .type = SCF_T_TIME,
     .doc_en = "when a shadow ends; else when a newer policy of its code takes effect",
     .doc_zh = "影子政策的结束时间"},
    {.name = "params",
     .type = SCF_T_OBJECT,
     .presence = SCF_REQUIRED,
     .members = scf_policy_fields,
     .doc_en = "the parameters; their bytes as sent are the policy, and their SHA-256 its name",
     .doc_zh = "模型参数，按原始字节保存并计算 SHA-256"},
    SCF_FIELD_END};

static void create_rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                         const void *ctx) {
    (void)warnings;
    (void)ctx;
    const cJSON *until = scf_json_get(body, "effective_until");
    if (until != NULL && strcmp(scf_json_string(body, "role"), "shadow") != 0)
        scf_fault_add(faults, "#/effective_until", "inconsistent",
                      "a live policy ends when the next one takes effect");
    scf_policy_rules(scf_json_get(body, "params"), "#/params", faults);
}

static const struct scf_schema create_schema = {
    .name = "CreditPolicyCreate",
    .doc_en = "A version of the credit model's parameters",
    .doc_zh = "授信政策：模型参数的一个版本",
    .fields = create_fields,
    .rules = create_rules,
};

/* ---- making a policy ---- */

struct create {
    struct scf_request *rq;
    struct scf_policy_row row;
    bool has_from;
    struct scf_buf answer;
};

static bool read_time(const cJSON *body, const char *name, int64_t *ret) {
    const char *text = scf_json_string(body, name);
    return text != NULL && scf_time_parse(scf_str(text), ret);
}

static enum scf_code read_body(struct create *c, struct scf_error *err) {
    const cJSON *body;
    struct scf_policy_row *row = &c->row;
    enum scf_code code = scf_rq_valid_body(c->rq, NULL, &body, NULL, err);
    if (code != SCF_OK)
        return code;
    row->code = scf_str(scf_json_string(body, "code"));
    row->version = scf_str(scf_json_string(body, "version"));
    row->role =
        strcmp(scf_json_string(body, "role"), "shadow") == 0 ? SCF_POLICY_SHADOW : SCF_POLICY_LIVE;
    c->has_from = read_time(body, "effective_from", &row->from_us);
    row->has_until = read_time(body, "effective_until", &row->until_us);
    bool there = scf_json_member_text(scf_rq_body(c->rq), body, "params", &row->params);
    SCF_ASSERT(there);
    return SCF_OK;
}

/* Under the lock of the platform's chain, so that two new policies see each other. */
static enum scf_code check(struct create *c, struct scf_db *db, struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(c->rq);
    struct scf_policy_row *row = &c->row;
    struct scf_policy_neighbours near;
    int64_t earliest = row->created_us + NOTICE_US;
    if (!c->has_from)
        row->from_us = (earliest / SCF_US_PER_SECOND + 1) * SCF_US_PER_SECOND;
    if (row->from_us < earliest)
        return scf_fail_fault(arena, "#/effective_from", "out-of-range",
                              "must be a minute ahead at least", err);
    if (row->has_until && row->until_us <= row->from_us)
        return scf_fail_fault(arena, "#/effective_until", "inconsistent",
                              "must be later than effective_from", err);
    enum scf_code code = scf_policy_look_around(db, arena, row, &near, err);
    if (code != SCF_OK)
        return code;
    if (near.exists)
        return scf_fail(err, SCF_E_CONFLICT,
                        "This version of the policy exists, and a policy is never changed");
    if (row->from_us <= near.newest_code_us ||
        (row->role == SCF_POLICY_LIVE && row->from_us <= near.newest_live_us))
        return scf_fail_fault(arena, "#/effective_from", "out-of-range",
                              "must be later than that of the newest policy", err);
    if (row->role == SCF_POLICY_SHADOW && near.shadows >= SCF_MAX_SHADOWS)
        return scf_fail(err, SCF_E_WRONG_STATE, "%d shadow policies are in force at that time",
                        SCF_MAX_SHADOWS);
    return SCF_OK;
}

static struct scf_buf render(const struct scf_policy_row *row) {
    struct scf_buf body;
    scf_buf_init(&body, 2 * POLICY_BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_policy_write(&w, row, true);
    scf_jw_end_object(&w);
    return body;
}

static enum scf_code create_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct create *c = ctx;
    struct scf_arena *arena = scf_rq_arena(c->rq);
    const struct scf_services *services = scf_rq_app(c->rq);
    const struct scf_uuid *platform = &services->installation.platform_id;
    int64_t size;
    enum scf_code code = scf_chain_lock(db, arena, platform, &size, err);
    c->row.id = scf_uuid_new();
    c->row.created_us = scf_now_us();
    code = code == SCF_OK ? check(c, db, err) : code;
    code = code == SCF_OK ? scf_policy_insert(db, arena, platform, &c->row, err) : code;
    if (code != SCF_OK)
        return code;
    scf_buf_free(&c->answer); /* of an earlier try */
    c->answer = render(&c->row);
    return SCF_OK;
}

static void handle_create(struct scf_request *rq) {
    struct scf_error err = {0};
    struct create c = {.rq = rq};
    struct scf_once once = {.rq = rq, .status = 201, .answer = &c.answer};
    enum scf_code code = read_body(&c, &err);
    if (code == SCF_OK)
        code = scf_once_run(&once, create_body, &c, &err);
    if (scf_once_settled(&once, code, &err))
        return;
    char location[160];
    snprintf(location, sizeof location, "/v1/credit-policies/%.*s/%.*s", (int)c.row.code.n,
             c.row.code.p, (int)c.row.version.n, c.row.version.p);
    scf_reply_header(rq, "Location", location);
    scf_reply_json(rq, 201, &c.answer);
}

/* ---- reading ---- */

static void handle_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_policy_row row;
    if (scf_policy_read(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_param(rq, "code"),
                        scf_rq_param(rq, "version"), &row, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf body = render(&row);
    scf_reply_tagged(rq, 200, 1, &body);
}

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_policy_row *row = (const struct scf_policy_row *)items + i;
    scf_policy_write(w, row, false);
    return (struct scf_position){row->created_us, row->id};
}

static void handle_list(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_page page;
    struct scf_policy_row *rows;
    int n, role = -1;
    const char *wanted = scf_rq_query(rq, "role");
    if (wanted != NULL)
        for (role = 0; scf_policy_role_names[role] != NULL; role++)
            if (strcmp(scf_policy_role_names[role], wanted) == 0)
                break;
    char filter[32];
    snprintf(filter, sizeof filter, "policies|%d", role);
    if (wanted != NULL && scf_policy_role_names[role] == NULL)
        scf_fail(&err, SCF_E_INVALID_PARAMETER, "role is live or shadow");
    else if (scf_page_read(rq, filter, &page, &err) == SCF_OK &&
             scf_policy_page(scf_rq_db(rq), scf_rq_arena(rq), role, &page, &rows, &n, &err) ==
                 SCF_OK) {
        scf_reply_page(rq, &page, filter, rows, n, write_item);
        return;
    }
    scf_reply_error(rq, &err);
}

static const char *const list_query[] = {"role", "limit", "after", "order", NULL};

#define POLICIES "/v1/credit-policies"
const struct scf_route scf_policy_routes[] = {
    {.method = "POST",
     .pattern = POLICIES,
     .operation_id = "createCreditPolicy",
     .tag = "Credit",
     .summary =
         "Make a policy, live or shadow: it is a record of the platform's chain from then on",
     .access = SCF_KEYED,
     .admin = true,
     .run = SCF_RUN_SERVICE,
     .handle = handle_create,
     .body_type = "application/json",
     .body_max = POLICY_BODY_MAX,
     .request = &create_schema,
     .answers = "201 CreditPolicy,409,422"},
    {.method = "GET",
     .pattern = POLICIES,
     .operation_id = "listCreditPolicies",
     .tag = "Credit",
     .summary = "List policies, without their texts",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = handle_list,
     .answers = "200 CreditPolicyPage,304",
     .query = list_query},
    {.method = "GET",
     .pattern = POLICIES "/{code}/{version}",
     .operation_id = "getCreditPolicy",
     .tag = "Credit",
     .summary = "Read a policy: sha256 is that of text",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = handle_get,
     .answers = "200 CreditPolicy,304,404"},
};
const size_t scf_policy_route_count = SCF_COUNT(scf_policy_routes);
