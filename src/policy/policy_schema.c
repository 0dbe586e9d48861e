/* Parameters of the model: the field table and the rules across fields. Pure.
 * Relies on codec/schema; the rule behind each number is in docs/credit-model.md. */
#include "schema.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"

const char *const scf_qualification_names[] = {
    "business_license", "industry_permit", "safety_license",     "quality_system", "high_tech",
    "credit_rating",    "import_export",   "construction_grade", "other",          NULL};
const char *const scf_stage_names[] = {"preparation", "production", "shipped",
                                       "accepted",    "invoiced",   NULL};
const char *const scf_check_codes[] = {
    "parties",          "signed-first",      "step-order",  "due-after-acceptance",
    "quantity-match",   "quantity-ordered",  "price-match", "invoice-sum",
    "line-tax",         "fund-flow",         "logistics",   "round-trip",
    "declared-revenue", "invoice-cancelled", NULL};
const char *const scf_severity_names[] = {"hard", "soft", "alert", NULL};
const char *const scf_combination_names[] = {"sum", "product", "lowest", NULL};
const char *const scf_period_names[] = {"day", "week", "month", "quarter", NULL};

/* ---- the field table ---- */

#define DOC(en, zh) .doc_en = (en), .doc_zh = (zh)
#define RATIO(field_name, ...)                                                                     \
    {                                                                                              \
        .name = (field_name), .type = SCF_T_DECIMAL, .presence = SCF_REQUIRED, .max = SCF_PPM,     \
        .places = 6, DOC(__VA_ARGS__)                                                              \
    }
#define OBJECT(field_name, list, ...)                                                              \
    {                                                                                              \
        .name = (field_name), .type = SCF_T_OBJECT, .presence = SCF_REQUIRED, .members = (list),   \
        DOC(__VA_ARGS__)                                                                           \
    }
#define LIST(field_name, list, most, ...)                                                          \
    {                                                                                              \
        .name = (field_name), .type = SCF_T_ARRAY, .presence = SCF_REQUIRED, .members = (list),    \
        .max = (most), DOC(__VA_ARGS__)                                                            \
    }
#define INTEGER(field_name, from, to, ...)                                                         \
    {                                                                                              \
        .name = (field_name), .type = SCF_T_INTEGER, .presence = SCF_REQUIRED, .min = (from),      \
        .max = (to), DOC(__VA_ARGS__)                                                              \
    }
#define CHOICE(field_name, names, ...)                                                             \
    {                                                                                              \
        .name = (field_name), .type = SCF_T_ENUM, .presence = SCF_REQUIRED, .choices = (names),    \
        DOC(__VA_ARGS__)                                                                           \
    }
#define FLAG(field_name, ...)                                                                      \
    { .name = (field_name), .type = SCF_T_BOOL, .presence = SCF_REQUIRED, DOC(__VA_ARGS__) }

static const struct scf_field truth_members[] = {
    RATIO("normativity", "weight of normativity", "规范度权重"),
    RATIO("timeliness", "weight of timeliness", "及时度权重"),
    RATIO("accuracy", "weight of accuracy", "准确度权重"),
    RATIO("checks", "weight of the cross-checks", "交叉核验权重"), SCF_FIELD_END};
static const struct scf_field bonus_members[] = {
    RATIO("industry_permit", "industry permit", "行业许可证"),
    RATIO("safety_license", "safety licence", "安全生产许可证"),
    RATIO("quality_system", "quality management system", "质量管理体系认证"),
    RATIO("high_tech", "high-tech enterprise", "高新技术企业"),
    RATIO("credit_rating", "credit rating of A or better", "A级及以上信用评级"),
    SCF_FIELD_END};
static const struct scf_field qualification_members[] = {
    RATIO("base", "q without any qualification that counts", "基础系数"),
    OBJECT("bonus", bonus_members, "what each valid qualification adds to q", "各项有效资质的加分"),
    SCF_FIELD_END};
static const struct scf_field history_members[] = {
    INTEGER("full_periods", 1, 1000, "accounting periods with data from which history is full",
            "历史充足所需的周期数"),
    RATIO("full", "h of a full history", "历史充足系数"),
    RATIO("short", "h of a short one", "历史较短系数"), RATIO("none", "h without", "无历史系数"),
    SCF_FIELD_END};
static const struct scf_field guarantee_members[] = {
    RATIO("haircut", "taken off valid guarantees", "担保折扣"),
    RATIO("cap", "G is at most this share of the limit before it (CR-2.4)", "担保计入上限"),
    SCF_FIELD_END};
static const struct scf_field stage_members[] = {
    RATIO("preparation", "signed, nothing reported", "备料"),
    RATIO("production", "in production", "生产"),
    RATIO("shipped", "shipped", "发货"),
    RATIO("accepted", "received or accepted", "签收/验收"),
    RATIO("invoiced", "invoiced and confirmed by the debtor", "开票确权"),
    SCF_FIELD_END};
static const struct scf_field increment_members[] = {
    CHOICE("period", scf_period_names, "how often increments are due", "增量授信周期"),
    INTEGER("grace_hours", 1, 8760, "after which a run that was not made is reported",
            "逾期未运行的告警时限（小时）"),
    SCF_FIELD_END};
static const struct scf_field check_members[] = {
    CHOICE("code", scf_check_codes, "the check", "核验规则"),
    CHOICE("severity", scf_severity_names,
           "hard: the receivable is ineligible; soft: lowers X; alert: weighs nothing",
           "hard 不合格；soft 降低真实性指数；alert 仅提示"),
    {.name = "weight",
     .type = SCF_T_DECIMAL,
     .presence = SCF_REQUIRED,
     .max = 100 * (int64_t)SCF_PPM,
     .places = 6,
     DOC("in X (CR-6.2)", "权重")},
    {.name = "tolerance",
     .type = SCF_T_DECIMAL,
     .max = 100 * (int64_t)SCF_PPM,
     .places = 6,
     DOC("of the check's formula (CR-6.1)", "容差")},
    {.name = "days",
     .type = SCF_T_INTEGER,
     .min = 1,
     .max = 3650,
     DOC("span of round trips", "循环交易检测天数")},
    SCF_FIELD_END};
static const struct scf_field check_element[] = {{.type = SCF_T_OBJECT, .members = check_members}};
static const struct scf_field base_members[] = {
    RATIO("advance_rate", "AR_0 (CR-3.2)", "基础预付比例"),
    RATIO("max_advance_rate", "AR_max", "最高预付比例"),
    RATIO("dilution_allowance", "dilution above it comes off the advance rate", "稀释容忍度"),
    RATIO("concentration", "κ of an ordinary debtor", "一般付款人集中度上限"),
    RATIO("core_concentration", "κ of a core enterprise", "核心企业集中度上限"),
    INTEGER("invoice_age_days", 1, 3650, "AGE: days from the invoice", "账龄上限（开票起天数）"),
    INTEGER("past_due_days", 1, 3650, "AGE: days past due", "逾期天数上限"),
    RATIO("cross_age", "XAGE: share of a debtor's balance over age", "交叉账龄比例"),
    RATIO("unconfirmed_advance_rate", "NOCONF: the advance rate instead; 0: out",
          "未确认应收账款的预付比例"),
    FLAG("affiliates_allowed", "AFF: claims on affiliates count", "是否计入关联方应收账款"),
    SCF_FIELD_END};
static const struct scf_field regulatory_members[] = {
    RATIO("single_borrower", "of capital (CR-10.4)", "单一客户贷款占资本比例"),
    RATIO("single_exposure", "of tier 1 capital", "单一客户风险暴露占一级资本比例"),
    RATIO("group_exposure", "of tier 1 capital, connected group", "集团风险暴露占一级资本比例"),
    RATIO("factor_same_debtor", "of risk assets (CR-10.3)", "保理同一付款人占风险资产比例"),
    RATIO("factor_affiliates", "of risk assets, affiliates", "保理关联方占风险资产比例"),
    INTEGER("factor_leverage", 1, 100, "risk assets over net assets", "保理杠杆倍数"),
    RATIO("guarantee_single", "of net assets (CR-10.6)", "担保单一被担保人占净资产比例"),
    RATIO("guarantee_group", "of net assets, with affiliates", "担保集团占净资产比例"),
    INTEGER("guarantee_leverage", 1, 100, "liability over net assets", "担保杠杆倍数"),
    SCF_FIELD_END};
static const struct scf_field voucher_members[] = {
    {.name = "from",
     .type = SCF_T_DATE,
     .presence = SCF_REQUIRED,
     DOC("in force from this day until the next one", "施行日期")},
    INTEGER("normal_days", 1, 3650, "beyond it the bank must examine the reasons", "一般期限"),
    INTEGER("max_days", 1, 3650, "longest tenor (CR-9)", "最长期限"),
    SCF_FIELD_END};
static const struct scf_field voucher_element[] = {
    {.type = SCF_T_OBJECT, .members = voucher_members}};
static const struct scf_field receivable_members[] = {
    INTEGER("confirmation_days", 1, 365, "the debtor's time to confirm (CR-7.8)", "确权期限"),
    FLAG("registered_only", "invoices are financed as registered receivables only",
         "仅允许以登记的应收账款融资"),
    INTEGER("reverify_hours", 1, 8760, "how old the verification of an invoice may be",
            "发票复验时效（小时）"),
    SCF_FIELD_END};
static const struct scf_field hold_members[] = {
    INTEGER("default_hours", 1, 8760, "life of a hold that names none", "额度占用默认时长"),
    INTEGER("max_hours", 1, 8760, "longest life of a hold", "额度占用最长时长"), SCF_FIELD_END};
const struct scf_field scf_policy_fields[] = {
    RATIO("order_advance_rate", "r0 (CR-2.4)", "订单阶段预付比例"),
    OBJECT("truth_weights", truth_members, "weights in T; they add up to 1", "真实完整系数权重"),
    INTEGER("lateness_horizon_hours", 1, 87600, "mean delay from which timeliness is worth nothing",
            "延迟归零时限（小时）"),
    OBJECT("qualification", qualification_members, "q (CR-2.4)", "资质系数"),
    OBJECT("history", history_members, "h", "历史系数"),
    OBJECT("guarantee", guarantee_members, "G (CR-2.4)", "担保"),
    INTEGER("limit_valid_days", 1, 3650, "life of a limit", "额度有效天数"),
    INTEGER("limit_unit", 1, 1000000000, "limits are rounded down to it, minor units",
            "额度取整单位（最小货币单位）"),
    CHOICE("credibility", scf_combination_names, "how three scores become E (CR-0.3)",
           "执行可信度合成方式"),
    OBJECT("stages", stage_members, "a(stage) (CR-2.4)", "各阶段预付比例"),
    OBJECT("increment", increment_members, "increments", "增量授信"),
    LIST("checks", check_element, SCF_CHECKS, "cross-checks, each once (CR-6)", "交叉核验规则"),
    OBJECT("borrowing_base", base_members, "receivable financing (CR-3)", "借款基数"),
    OBJECT("regulatory", regulatory_members, "prudential limits (CR-10)", "监管限额"),
    LIST("vouchers", voucher_element, 50, "tenor of vouchers, ascending days (CR-9)",
         "电子凭证期限规则"),
    OBJECT("receivables", receivable_members, "rules of the trade in receivables (CR-7)",
           "应收账款规则"),
    OBJECT("holds", hold_members, "holds on limits", "额度占用"),
    SCF_FIELD_END};

/* ---- rules across fields ---- */

struct check { /* where faults go, and what stands before their pointers */
    struct scf_faults *faults;
    const char *base;
};

static void SCF_PRINTF(3, 4)
    complain(const struct check *c, const char *detail, const char *format, ...) {
    char place[96], pointer[160];
    va_list args;
    va_start(args, format);
    vsnprintf(place, sizeof place, format, args);
    va_end(args);
    snprintf(pointer, sizeof pointer, "%s/%s", c->base, place);
    scf_fault_add(c->faults, pointer, "inconsistent", "%s", detail);
}

static void check_truth(const struct check *c, const cJSON *truth) {
    int64_t sum = 0;
    for (const struct scf_field *f = truth_members; f->name != NULL; f++)
        sum += scf_policy_ratio(truth, f->name);
    if (sum != SCF_PPM)
        complain(c, "the weights must add up to 1", "truth_weights");
}

static void check_checks(const struct check *c, const cJSON *list) {
    const cJSON *e;
    int i = 0;
    cJSON_ArrayForEach(e, list) {
        const cJSON *other = list->child;
        while (other != e &&
               strcmp(scf_json_string(other, "code"), scf_json_string(e, "code")) != 0)
            other = other->next;
        if (other != e)
            complain(c, "is named twice", "checks/%d/code", i);
        i++;
    }
}

static void check_vouchers(const struct check *c, const cJSON *list) {
    const cJSON *e;
    int i = 0;
    int32_t before = INT32_MIN, from = 0;
    cJSON_ArrayForEach(e, list) {
        bool sound = scf_date_parse(scf_str(scf_json_string(e, "from")), &from);
        if (!sound || from <= before)
            complain(c, "must be later than the one before", "vouchers/%d/from", i);
        if (scf_policy_integer(e, "normal_days") > scf_policy_integer(e, "max_days"))
            complain(c, "must not exceed max_days", "vouchers/%d/normal_days", i);
        before = from;
        i++;
    }
}

void scf_policy_rules(const cJSON *params, const char *base, struct scf_faults *faults) {
    const struct check c = {faults, base};
    const cJSON *holds = scf_json_get(params, "holds");
    const cJSON *lending = scf_json_get(params, "borrowing_base");
    check_truth(&c, scf_json_get(params, "truth_weights"));
    check_checks(&c, scf_json_get(params, "checks"));
    check_vouchers(&c, scf_json_get(params, "vouchers"));
    if (scf_policy_integer(holds, "default_hours") > scf_policy_integer(holds, "max_hours"))
        complain(&c, "must not exceed max_hours", "holds/default_hours");
    if (scf_policy_ratio(lending, "advance_rate") > scf_policy_ratio(lending, "max_advance_rate"))
        complain(&c, "must not exceed max_advance_rate", "borrowing_base/advance_rate");
}

static void policy_rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                         const void *ctx) {
    (void)warnings;
    (void)ctx;
    scf_policy_rules(body, "#", faults);
}

const struct scf_schema scf_policy_schema = {
    .name = "CreditPolicyParams", .fields = scf_policy_fields, .rules = policy_rules};
