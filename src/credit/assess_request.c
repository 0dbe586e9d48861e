/* The request of an assessment: its field table and its reading. Pure. */
#include "assess.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/codec/body.h"

static const char *const enterprise_ids[] = {"ent", NULL};
static const char *const contract_ids[] = {"ctr", NULL};
static const char *const node_ids[] = {"node", NULL};
/* "periodic" is the server's own: the runs of periods. */
static const char *const kinds[] = {"initial", "incremental", NULL};
static const struct scf_field contract_element[] = {{.type = SCF_T_ID, .choices = contract_ids}};
static const struct scf_field lender_element[] = {{.type = SCF_T_ID, .choices = node_ids}};

static const struct scf_field request_fields[] = {
    {.name = "borrower_id",
     .type = SCF_T_ID,
     .presence = SCF_REQUIRED,
     .choices = enterprise_ids,
     .doc_en = "the enterprise that asks for credit",
     .doc_zh = "借款企业"},
    {.name = "contract_ids",
     .type = SCF_T_ARRAY,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = SCF_ASSESS_MAX_CONTRACTS,
     .members = contract_element,
     .doc_en = "contracts in which the borrower sells; their newest revisions count",
     .doc_zh = "借款企业为卖方的合同，以最新修订为准"},
    {.name = "kind",
     .type = SCF_T_ENUM,
     .presence = SCF_REQUIRED,
     .choices = kinds,
     .doc_en = "initial: the limit of the contracts; incremental: what the work proven since adds",
     .doc_zh = "评估类型：初始授信，或按已证明的履约进度的增量授信"},
    {.name = "product",
     .type = SCF_T_ENUM,
     .choices = scf_product_names,
     .doc_en = "what is financed: the order (default), or the receivables that its invoices are, "
               "up to their borrowing base",
     .doc_zh = "融资产品：订单（默认），或以发票形成的应收账款，以借款基数为限"},
    {.name = "as_of",
     .type = SCF_T_TIME,
     .doc_en = "the time it is made for, default now; ratings read whole UTC days; more than 24 "
               "hours ago: not for the borrower's own node",
     .doc_zh = "评估时点，默认当前；借款企业自己的节点不得早于24小时前"},
    {.name = "template_code",
     .type = SCF_T_STRING,
     .min = 2,
     .max = 64,
     .doc_en = "workflow template to grade by; default: the one of the borrower's industry",
     .doc_zh = "评级所用的业务流程模板，默认按借款企业行业"},
    {.name = "requested_amount",
     .type = SCF_T_MONEY,
     .doc_en = "the limit is at most this",
     .doc_zh = "申请金额"},
    {.name = "currency",
     .type = SCF_T_CURRENCY,
     .doc_en = "default: the first contract's; contracts in another one do not count",
     .doc_zh = "币种，默认取首个合同"},
    {.name = "lender_ids",
     .type = SCF_T_ARRAY,
     .max = SCF_ASSESS_MAX_LENDERS,
     .members = lender_element,
     .doc_en = "lender nodes whose decision is asked for",
     .doc_zh = "请求作出授信决定的信贷机构节点"},
    SCF_FIELD_END};

static bool amount_of(const cJSON *body, int64_t *ret) {
    char text[SCF_MONEY_TEXT];
    const char *currency = scf_json_string(body, "currency");
    return scf_json_decimal_text(scf_json_get(body, "requested_amount"), text, sizeof text) &&
           scf_money_parse(scf_str(text), scf_scale_of(currency != NULL ? currency : ""), ret);
}

/* An increment is granted for the present, by the template that its periods go by: who could choose
 * either could choose the better one. */
static void increment_rules(const cJSON *body, struct scf_faults *faults) {
    static const char *const others[] = {"as_of", "template_code"};
    const char *kind = scf_json_string(body, "kind");
    for (size_t i = 0; kind != NULL && strcmp(kind, "incremental") == 0 && i < SCF_COUNT(others);
         i++) {
        char pointer[32];
        snprintf(pointer, sizeof pointer, "#/%s", others[i]);
        if (scf_json_get(body, others[i]) != NULL)
            scf_fault_add(faults, pointer, "not-applicable", "does not go with kind incremental");
    }
}

static void request_rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                          const void *ctx) {
    const int64_t *now_us = ctx;
    int64_t as_of, amount;
    (void)warnings;
    const char *text = scf_json_string(body, "as_of");
    if (text != NULL && scf_time_parse(scf_str(text), &as_of) && as_of > *now_us)
        scf_fault_add(faults, "#/as_of", "out-of-range", "must not be in the future");
    increment_rules(body, faults);
    if (scf_json_get(body, "requested_amount") == NULL)
        return;
    if (scf_json_get(body, "currency") == NULL)
        scf_fault_add(faults, "#/currency", "required", "goes with requested_amount");
    else if (amount_of(body, &amount) && amount <= 0)
        scf_fault_add(faults, "#/requested_amount", "out-of-range", "must be positive");
}

const struct scf_schema scf_assess_schema = {
    .name = "CreditAssessmentCreate",
    .doc_en = "A limit to be computed from contracts and data",
    .doc_zh = "授信评估请求",
    .fields = request_fields,
    .rules = request_rules,
};

static struct scf_uuid *read_ids(struct scf_arena *arena, const cJSON *array, const char *prefix,
                                 size_t *ret_n) {
    int n = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : 0;
    struct scf_uuid *ids = scf_alloc(arena, (size_t)n, sizeof *ids);
    const cJSON *e = n > 0 ? array->child : NULL;
    for (int i = 0; ids != NULL && i < n; i++, e = e->next)
        if (!cJSON_IsString(e) || !scf_id_parse(prefix, scf_str(e->valuestring), &ids[i]))
            return NULL;
    *ret_n = (size_t)n;
    return ids;
}

enum scf_code scf_assess_request_read(struct scf_arena *arena, const cJSON *body,
                                      struct scf_assess_request *ret, struct scf_error *err) {
    struct scf_assess_request r = {0};
    const char *borrower = scf_json_string(body, "borrower_id");
    const char *as_of = scf_json_string(body, "as_of");
    const char *currency = scf_json_string(body, "currency");
    r.kind = (enum scf_assessment_kind)scf_body_choice(body, "kind", scf_assessment_kind_names,
                                                       SCF_KIND_INITIAL);
    const char *product = scf_json_string(body, "product");
    r.product = product != NULL && strcmp(product, "receivable") == 0 ? SCF_PRODUCT_RECEIVABLE
                                                                      : SCF_PRODUCT_ORDER;
    r.contracts = read_ids(arena, scf_json_get(body, "contract_ids"), "ctr", &r.contract_count);
    r.lenders = read_ids(arena, scf_json_get(body, "lender_ids"), "node", &r.lender_count);
    r.template_code = scf_json_string(body, "template_code");
    r.has_as_of = as_of != NULL;
    r.has_requested = scf_json_get(body, "requested_amount") != NULL;
    bool sound = r.contracts != NULL && r.lenders != NULL && r.contract_count > 0 &&
                 borrower != NULL && scf_id_parse("ent", scf_str(borrower), &r.borrower_id) &&
                 (as_of == NULL || scf_time_parse(scf_str(as_of), &r.as_of_us)) &&
                 (!r.has_requested || amount_of(body, &r.requested));
    if (!sound)
        return scf_fail(err, SCF_E_INTERNAL, "The request of the assessment cannot be read");
    memcpy(r.currency, currency != NULL ? currency : "", currency != NULL ? 3 : 0);
    *ret = r;
    return SCF_OK;
}
