/* The dossier of a notarization for enforcement: what preflight looks at, and what a draft keeps.
 */
#include "body.h"

#include "scfd/base/id.h"
#include "scfd/codec/digest.h"

static bool is_sha256(struct scf_str text) {
    uint8_t hash[SCF_HASH_LEN];
    return text.n == 2 * SCF_HASH_LEN && scf_unhex(text, hash, sizeof hash);
}
static bool is_region(struct scf_str text) {
    bool digits = text.n == 6;
    for (size_t i = 0; i < text.n; i++)
        digits = digits && text.p[i] >= '0' && text.p[i] <= '9';
    return digits;
}
/* Clauses and contracts have lines; other controls have no place. */
static bool is_prose(struct scf_str text) {
    bool visible = false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
            return false;
        visible |= c > 0x20;
    }
    return visible;
}
#define HASH SCF_LIKE(is_sha256, "^[0-9A-Fa-f]{64}$")
#define REGION SCF_LIKE(is_region, "^[0-9]{6}$")
#define LINE(max) SCF_SIZE(1, max), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)
#define PROSE(max) SCF_SIZE(1, max), SCF_LIKE(is_prose, "text that is not blank")

static const char *const nodes[] = {"node", NULL};
static const char *const enterprises[] = {"ent", NULL};
static const char *const loans[] = {"loan", NULL};
static const char *const contracts[] = {"ctr", NULL};
static const char *const coverages[] = {"principal_debt", "guarantee_debt", "both", NULL};
static const char *const lender_types[] = {"licensed_financial", "local_financial", "other", NULL};
static const char *const authorities[] = {"special", "general", NULL};
static const char *const resolution_kinds[] = {"shareholders", "board", NULL};
static const char *const performance_kinds[] = {"money", "goods", "securities", NULL};
static const char *const rate_types[] = {"fixed", "lpr", "none", NULL};
static const char *const security_kinds[] = {"guarantee", "mortgage", "pledge", "deposit", NULL};
static const char *const guarantee_modes[] = {"general", "joint", NULL};
static const char *const modes[] = {"phone",      "post",    "sms",      "email",
                                    "e_delivery", "on_site", "platform", NULL};
static const char *const day_kinds[] = {"calendar", "working", NULL};
static const char *const signing_modes[] = {"on_site", "online", NULL};
static const char *const instrument_kinds[] = {
    "loan",      "credit_line",   "entrusted_loan",        "trust_loan",     "bill_acceptance",
    "factoring", "finance_lease", "letter_of_credit",      "card_credit",    "restructuring",
    "repayment", "guarantee",     "independent_guarantee", "trade_contract", "other",
    NULL};

static const struct scf_field office_members[] = {
    SCF_F("name", STRING, "The notary office", "公证机构名称", SCF_MUST, LINE(200)),
    SCF_F("region_code", STRING, "Division code of its place (GB/T 2260)",
          "公证机构所在地行政区划代码", SCF_MUST, REGION),
    SCF_F("license_no", STRING, "Number of its licence", "执业证编号", LINE(64)),
    SCF_F("notary_name", STRING, "The notary", "承办公证员", LINE(64)),
    SCF_F("online_signing", BOOL, "It offers signing online", "具备在线签署条件"),
    SCF_F("conflict_of_interest", BOOL, "The notary has an interest in the matter",
          "公证员与公证事项有利害关系"),
    SCF_FIELD_END,
};
static const struct scf_field agent_members[] = {
    SCF_F("name", STRING, "Name", "姓名", SCF_MUST, LINE(64)),
    SCF_F("authority", ENUM, "Kind of authority", "授权类型", SCF_MUST, SCF_AMONG(authorities)),
    SCF_F("document_sha256", STRING, "SHA-256 of the power of attorney", "授权委托书的SHA-256",
          HASH),
    SCF_FIELD_END,
};
static const struct scf_field resolution_members[] = {
    SCF_F("kind", ENUM, "Whose", "决议机构", SCF_MUST, SCF_AMONG(resolution_kinds)),
    SCF_F("decided_on", DATE, "Day", "决议日期", SCF_MUST),
    SCF_F("document_sha256", STRING, "SHA-256 of the resolution", "决议文件的SHA-256", SCF_MUST,
          HASH),
    SCF_FIELD_END,
};
static const struct scf_field service_members[] = {
    SCF_F("text", STRING, "Postal address", "送达地址", SCF_MUST, LINE(300)),
    SCF_F("phone", STRING, "Phone", "电话", LINE(32)),
    SCF_F("email", STRING, "E-mail", "电子邮箱", LINE(128)),
    SCF_FIELD_END,
};
const struct scf_field scf_enf_party_members[] = {
    SCF_F("enterprise_id", ID, "In the directory; needed of debtors and guarantors of a draft",
          "企业标识", SCF_AMONG(enterprises)),
    SCF_F("name", STRING, "Name", "名称", SCF_MUST, LINE(200)),
    SCF_F("uscc", USCC, "Unified social credit code", "统一社会信用代码"),
    SCF_F("legal_representative", STRING, "Legal representative", "法定代表人", LINE(64)),
    SCF_F("region_code", STRING, "Division code of its domicile", "住所地行政区划代码", REGION),
    SCF_F("agent", OBJECT, "Who appears for it", "代理人", SCF_OF(agent_members)),
    SCF_F("resolution", OBJECT, "Of a guarantor: the resolution to guarantee", "同意担保的决议",
          SCF_OF(resolution_members)),
    SCF_F("service_address", OBJECT, "Confirmed address for service", "送达地址确认",
          SCF_OF(service_members)),
    SCF_FIELD_END,
};
static const struct scf_field party_element[] = {
    {.type = SCF_T_OBJECT, .members = scf_enf_party_members}};

static const struct scf_field instrument_members[] = {
    SCF_F("kind", ENUM, "What it is", "债权文书类型", SCF_MUST, SCF_AMONG(instrument_kinds)),
    SCF_F("no", STRING, "Its number", "合同编号", SCF_MUST, LINE(100)),
    SCF_F("title", STRING, "Its title", "合同名称", LINE(200)),
    SCF_F("signed_on", DATE, "Day of signing, if signed", "签订日期"),
    SCF_F("text", STRING, "Its text: the clauses must stand in it", "债权文书文本", SCF_MUST,
          PROSE(200000)),
    SCF_F("document_sha256", STRING, "SHA-256 of the file", "文件的SHA-256", HASH),
    SCF_F("place_region_code", STRING, "Division code of the place of the act",
          "行为地行政区划代码", REGION),
    SCF_F("immovable_region_code", STRING,
          "Division code of the immovable's place, if one is "
          "disposed of",
          "不动产所在地行政区划代码", REGION),
    SCF_F("jurisdiction_clause", STRING, "Clause on jurisdiction", "管辖条款", PROSE(2000)),
    SCF_FIELD_END,
};
static const struct scf_field instalment_members[] = {
    SCF_F("due_on", DATE, "Day", "到期日", SCF_MUST),
    SCF_F("principal", MONEY, "Principal", "本金", SCF_MUST, SCF_NOT_NEGATIVE),
    SCF_F("interest", MONEY, "Interest", "利息", SCF_NOT_NEGATIVE),
    SCF_FIELD_END,
};
static const struct scf_field instalment_element[] = {
    {.type = SCF_T_OBJECT, .members = instalment_members}};
static const struct scf_field performance_members[] = {
    SCF_F("kind", ENUM, "What is to be given", "给付内容", SCF_MUST, SCF_AMONG(performance_kinds)),
    SCF_F("amount", MONEY, "Principal, or the limit of a revolving contract", "本金或者额度",
          SCF_POSITIVE),
    SCF_F("revolving", BOOL, "Drawn and repaid again up to a limit", "循环或者最高额"),
    SCF_F("drawn_amount", MONEY, "Of a revolving contract: what is drawn", "实际发生额",
          SCF_POSITIVE),
    SCF_F("schedule", ARRAY, "Instalments", "还款计划", SCF_SIZE(0, 400),
          SCF_OF(instalment_element)),
    SCF_F("deadline", DATE, "Day by which all is performed", "履行期限届满日"),
    SCF_F("method_text", STRING, "How, in words", "履行方式", PROSE(2000)),
    SCF_FIELD_END,
};
static const struct scf_field rate_members[] = {
    SCF_F("type", ENUM, "Kind of interest", "利率类型", SCF_MUST, SCF_AMONG(rate_types)),
    SCF_F("annual_rate", DECIMAL, "Fixed rate a year", "年利率", SCF_FRACTION),
    SCF_F("lpr_1y", DECIMAL, "One-year LPR on the day of the contract", "合同成立时一年期LPR",
          SCF_FRACTION),
    SCF_F("spread_bp", INTEGER, "Basis points over the LPR", "加点", .min = -1000, .max = 5000),
    SCF_F("reset_rule", STRING, "When the rate is set anew", "利率重定价规则", PROSE(500)),
    SCF_F("penalty_rate", DECIMAL,
          "Added a year on overdue principal, over the interest that goes on", "罚息加收年利率",
          SCF_FRACTION),
    SCF_F("compound", BOOL, "Overdue interest bears the penalty rate too", "对逾期利息计收复利"),
    SCF_F("fees_rate", DECIMAL, "Fees as a rate a year", "费用折合年率", SCF_FRACTION),
    SCF_FIELD_END,
};
static const struct scf_field security_members[] = {
    SCF_F("kind", ENUM, "Kind", "担保类型", SCF_MUST, SCF_AMONG(security_kinds)),
    SCF_F("name", STRING, "As the enforcement clause names it", "强制执行条款中的名称", SCF_MUST,
          LINE(200)),
    SCF_F("no", STRING, "Number of its contract", "担保合同编号", LINE(100)),
    SCF_F("provider_name", STRING, "Who gives it", "担保人", LINE(200)),
    SCF_F("scope", STRING, "Scope", "担保范围", PROSE(1000)),
    SCF_F("cap", MONEY, "Highest amount", "最高担保额", SCF_POSITIVE),
    SCF_F("register_no", STRING, "Number of its registration", "登记编号", LINE(100)),
    SCF_F("guarantee_mode", ENUM, "Of a guarantee; general where it is not said (民法典 686)",
          "保证方式，未约定为一般保证", SCF_AMONG(guarantee_modes)),
    SCF_F("guarantee_until", DATE,
          "Of a guarantee: last day of its period; 6 months from the due day where it is not said",
          "保证期间届满日，未约定为主债务履行期限届满之日起六个月"),
    SCF_FIELD_END,
};
static const struct scf_field security_element[] = {
    {.type = SCF_T_OBJECT, .members = security_members}};
/* As in a dossier: number, day, text. */
#define AMENDMENT                                                                                  \
    SCF_F("no", STRING, "Its number", "补充协议编号", SCF_MUST, LINE(100)),                        \
        SCF_F("title", STRING, "Its title", "补充协议名称", LINE(200)),                            \
        SCF_F("signed_on", DATE, "Day of signing, if signed", "签订日期")
static const struct scf_field amendment_element_members[] = {
    AMENDMENT,
    SCF_F("text", STRING, "Its text, where clauses stand in it", "补充协议文本", PROSE(20000)),
    SCF_F("document_sha256", STRING, "SHA-256 of the file", "文件的SHA-256", HASH),
    SCF_F("certificate_no", STRING, "Number of the certificate, if notarised", "公证书编号",
          LINE(100)),
    SCF_F("included", BOOL, "It is notarised together with the instrument",
          "与债权文书一并办理公证"),
    SCF_FIELD_END,
};
static const struct scf_field amendment_element[] = {
    {.type = SCF_T_OBJECT, .members = amendment_element_members}};
const struct scf_field scf_enf_amendment_members[] = {
    AMENDMENT,
    SCF_F("text", STRING, "Its text: clauses that it changes must stand in it", "补充协议文本",
          SCF_MUST, PROSE(20000)),
    SCF_F("effective_on", DATE, "Day from which the amended rate counts", "变更生效日", SCF_MUST),
    SCF_F("performance", OBJECT,
          "What the debtor has to give now: of the whole loan, paid instalments among them",
          "变更后的给付内容，含已履行的各期", SCF_OF(performance_members)),
    SCF_F("rate", OBJECT, "Interest from then on", "变更后的利率", SCF_OF(rate_members)),
    SCF_F("securities", ARRAY, "All securities from then on", "变更后的全部担保", SCF_SIZE(1, 50),
          SCF_OF(security_element)),
    SCF_F("enforcement_clause", STRING, "The promise, where the amendment has its own",
          "变更后的强制执行承诺", PROSE(4000)),
    SCF_F("acceleration_clause", STRING, "When everything falls due early from then on",
          "变更后的提前到期条款", PROSE(4000)),
    SCF_FIELD_END,
};
static const struct scf_field verification_members[] = {
    SCF_F("mode", ENUM, "How", "核实方式", SCF_AMONG(modes)),
    SCF_F("address", STRING, "Where", "核实地址或者号码", LINE(300)),
    SCF_F("objection_days", INTEGER, "Days to object, 1 to 30", "异议期限（1至30日）", .min = 0,
          .max = 365),
    SCF_F("day_kind", ENUM, "How they are counted (default: calendar)", "期限计算方式",
          SCF_AMONG(day_kinds)),
    SCF_F("no_reply_is_no_objection", BOOL, "No reply means no objection", "逾期未回复视为无异议"),
    SCF_F("clause", STRING, "The consent as it stands in the instrument", "核实条款", PROSE(4000)),
    SCF_FIELD_END,
};
static const struct scf_field signing_members[] = {
    SCF_F("mode", ENUM, "How it will be signed", "签署方式", SCF_MUST, SCF_AMONG(signing_modes)),
    SCF_F("identity_evidence", BOOL, "Evidence of identity is kept", "留存身份核验证据"),
    SCF_FIELD_END,
};

static const struct scf_field assignment_members[] = {
    SCF_F("assignor_name", STRING, "Who assigned the claim", "债权转让人", SCF_MUST, LINE(200)),
    SCF_F("notified_on", DATE, "When the debtor was notified", "通知债务人日期"),
    SCF_F("notice_sha256", STRING, "SHA-256 of the notice with its proof of delivery",
          "转让通知及送达证明的SHA-256", HASH),
    SCF_FIELD_END,
};

static const struct scf_field fields[] = {
    SCF_F("external_id", STRING, "The creditor's own number", "债权人自有编号", LINE(64)),
    SCF_F("notary_id", ID, "Node of the notary office; needed of a draft", "公证机构节点",
          SCF_AMONG(nodes)),
    SCF_F("loan_id", ID, "The loan; may follow when it is drawn", "贷款", SCF_AMONG(loans)),
    SCF_F("contract_id", ID, "The contract that is financed", "合同", SCF_AMONG(contracts)),
    SCF_F("currency", CURRENCY, "Currency (default CNY)", "币种，缺省CNY"),
    SCF_F("lender_type", ENUM, "What the creditor is: decides the cap on interest", "债权人类型",
          SCF_AMONG(lender_types)),
    SCF_F("notary_office", OBJECT, "The notary office", "公证机构", SCF_MUST,
          SCF_OF(office_members)),
    SCF_F("creditor", OBJECT, "The creditor", "债权人", SCF_MUST, SCF_OF(scf_enf_party_members)),
    SCF_F("debtors", ARRAY, "The debtors", "债务人", SCF_MUST, SCF_SIZE(1, 20),
          SCF_OF(party_element)),
    SCF_F("guarantors", ARRAY, "The guarantors", "担保人", SCF_SIZE(0, 50), SCF_OF(party_element)),
    SCF_F("coverage", ENUM, "What is notarised (规定 6)", "公证范围", SCF_MUST,
          SCF_AMONG(coverages)),
    SCF_F("instrument", OBJECT, "The instrument", "债权文书", SCF_MUST, SCF_OF(instrument_members)),
    SCF_F("performance", OBJECT, "What the debtor has to give", "给付内容", SCF_MUST,
          SCF_OF(performance_members)),
    SCF_F("rate", OBJECT, "Interest", "利率", SCF_OF(rate_members)),
    SCF_F("acceleration_clause", STRING, "When everything falls due early", "提前到期条款",
          PROSE(4000)),
    SCF_F("enforcement_clause", STRING,
          "The debtor's promise to accept enforcement, as it stands "
          "in the instrument",
          "愿意接受强制执行的承诺", PROSE(4000)),
    SCF_F("securities", ARRAY, "The securities", "担保", SCF_SIZE(0, 50), SCF_OF(security_element)),
    SCF_F("verification", OBJECT, "How the notary verifies performance", "核实约定",
          SCF_OF(verification_members)),
    SCF_F("assignment", OBJECT, "Where the creditor has the claim from somebody else", "债权转让",
          SCF_OF(assignment_members)),
    SCF_F("amendments", ARRAY, "Supplements and amendments of the instrument so far",
          "债权文书的补充与变更", SCF_SIZE(0, 20), SCF_OF(amendment_element)),
    SCF_F("debt_undisputed", BOOL, "Creditor and debtor agree on what is owed",
          "双方对给付内容无疑义"),
    SCF_F("signing", OBJECT, "How it will be signed", "签署", SCF_OF(signing_members)),
    SCF_FIELD_END,
};

static void need(const cJSON *object, struct scf_faults *faults, const char *name,
                 const char *pointer) {
    if (!scf_json_get(object, name))
        scf_fault_add(faults, pointer, "required", "A draft needs it.");
}

static void create_rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                         const void *ctx) {
    static const char *const lists[] = {"debtors", "guarantors"};
    (void)warnings;
    (void)ctx;
    need(body, faults, "notary_id", "#/notary_id");
    if (!scf_json_get(body, "loan_id"))
        need(body, faults, "contract_id", "#/contract_id");
    for (size_t k = 0; k < SCF_COUNT(lists); k++) {
        const cJSON *party;
        int i = 0;
        cJSON_ArrayForEach(party, scf_json_get(body, lists[k])) {
            char pointer[64];
            snprintf(pointer, sizeof pointer, "#/%s/%d/enterprise_id", lists[k], i++);
            need(party, faults, "enterprise_id", pointer);
        }
    }
}

const struct scf_schema scf_enf_preflight_schema = {
    .name = "EnforcementPreflight",
    .doc_en = "A contract that is to be notarized for enforcement",
    .doc_zh = "拟办理赋予强制执行效力公证的合同",
    .fields = fields};
const struct scf_schema scf_enf_create_schema = {
    .name = "EnforcementNotarizationCreate",
    .doc_en = "A draft of a notarization for enforcement; what it lacks is refused when it is "
              "submitted",
    .doc_zh = "赋予强制执行效力公证申请草稿，缺项在提交时拒绝",
    .fields = fields,
    .rules = create_rules};

/* ---- calendars ---- */

enum { HOLIDAYS_MAX = 200, WORKDAYS_MAX = 60 };
static const struct scf_field day_element[] = {SCF_F("", DATE, "A day", "日期")};
static const struct scf_field calendar_fields[] = {
    SCF_F("year", INTEGER, "Year", "年份", SCF_MUST, .min = 2000, .max = 2100),
    SCF_F("holidays", ARRAY, "Days off that weekends do not make so", "放假日期", SCF_MUST,
          SCF_SIZE(0, HOLIDAYS_MAX), SCF_OF(day_element)),
    SCF_F("workdays", ARRAY, "Saturdays and Sundays that are worked", "调休上班日期", SCF_MUST,
          SCF_SIZE(0, WORKDAYS_MAX), SCF_OF(day_element)),
    SCF_F("source", STRING, "The notice that says so", "依据文件", SCF_MUST, LINE(200)),
    SCF_FIELD_END,
};

static void check_days(const cJSON *body, const char *list, int64_t year,
                       struct scf_faults *faults) {
    const cJSON *item;
    int i = 0;
    cJSON_ArrayForEach(item, scf_json_get(body, list)) {
        char pointer[40];
        int64_t own = cJSON_IsString(item) ? strtol(item->valuestring, NULL, 10) : year;
        snprintf(pointer, sizeof pointer, "#/%s/%d", list, i++);
        if (own != year)
            scf_fault_add(faults, pointer, "out-of-range", "The day is in another year.");
    }
}

/* A day is named once. */
static void check_once(const cJSON *body, struct scf_faults *faults) {
    static const char *const lists[] = {"holidays", "workdays"};
    const char *seen[HOLIDAYS_MAX + WORKDAYS_MAX];
    size_t n = 0;
    for (size_t k = 0; k < SCF_COUNT(lists); k++) {
        const cJSON *item;
        int i = 0;
        cJSON_ArrayForEach(item, scf_json_get(body, lists[k])) {
            char pointer[40];
            snprintf(pointer, sizeof pointer, "#/%s/%d", lists[k], i++);
            if (!cJSON_IsString(item))
                continue;
            for (size_t m = 0; m < n; m++)
                if (strcmp(seen[m], item->valuestring) == 0)
                    scf_fault_add(faults, pointer, "inconsistent", "The day is named already.");
            if (n < SCF_COUNT(seen))
                seen[n++] = item->valuestring;
        }
    }
}

static void calendar_rules(const cJSON *body, struct scf_faults *faults,
                           struct scf_faults *warnings, const void *ctx) {
    int64_t year = 0;
    (void)warnings;
    (void)ctx;
    if (!scf_json_i64(body, "year", &year))
        return;
    check_days(body, "holidays", year, faults);
    check_days(body, "workdays", year, faults);
    check_once(body, faults);
}

const struct scf_schema scf_enf_calendar_schema = {
    .name = "WorkingCalendarCreate",
    .doc_en = "The working days of a year; the newest version of a year counts",
    .doc_zh = "某一年度的工作日安排，以最新版本为准",
    .fields = calendar_fields,
    .rules = calendar_rules};
