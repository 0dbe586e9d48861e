/* Enterprises: the field table, and the rules on identity and industry. */
#include "rules.h"

#include "scfd/base/clock.h"

static const char *const own_ids[] = {"epr", NULL};
static const char *const types[] = {"limited_liability",
                                    "joint_stock",
                                    "state_owned",
                                    "partnership",
                                    "sole_proprietorship",
                                    "foreign_invested",
                                    "individual_business",
                                    "public_institution",
                                    "financial_institution",
                                    "other",
                                    NULL};
static const char *const ownerships[] = {
    "state_controlled", "state_participating", "private", "foreign", "other", NULL};
static const char *const roles[] = {
    "core_enterprise", "supplier", "buyer", "distributor", "logistics", "guarantor", "lender",
    "insurer",         "notary",   "court", "regulator",   "platform",  NULL};
static const char *const size_classes[] = {"large", "medium", "small", "micro", NULL};
static const char *const operating_states[] = {"active",       "suspended", "revoked",
                                               "deregistered", "bankrupt",  NULL};
static const char *const declaration_sources[] = {"tax_authority", "tax_agent", "lender",
                                                  "enterprise", NULL};
static const char *const qualification_types[] = {
    "business_license", "industry_permit", "safety_license",     "quality_system", "high_tech",
    "credit_rating",    "import_export",   "construction_grade", "other",          NULL};

/* ISO 17442: letters count from A = 10; the number is 1 mod 97 (ISO 7064). */
static bool is_lei(struct scf_str text) {
    int rest = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool digit = c >= '0' && c <= '9', letter = c >= 'A' && c <= 'Z';
        if (!digit && !(letter && i < 18))
            return false;
        rest = digit ? (rest * 10 + c - '0') % 97 : (rest * 100 + c - 'A' + 10) % 97;
    }
    return text.n == 20 && rest == 1;
}

static bool is_industry(struct scf_str text) {
    if (text.n < 1 || text.p[0] < 'A' || text.p[0] > 'T')
        return false;
    struct scf_str rest = {text.p + 1, text.n - 1};
    return rest.n == 0 || (rest.n >= 2 && rest.n <= 4 && scf_all_digits(rest));
}

static bool is_cnaps(struct scf_str text) {
    return text.n == 12 && scf_all_digits(text);
}

static bool is_email(struct scf_str text) {
    const char *at = memchr(text.p, '@', text.n);
    return at && at > text.p && at + 1 < text.p + text.n && scf_is_visible(text);
}

static const struct scf_field role_element[] = {{.type = SCF_T_ENUM, .choices = roles}};

static const struct scf_field person_members[] = {
    SCF_F("name", STRING, "Name", "姓名", SCF_MUST, SCF_SIZE(1, 100)),
    SCF_F("title", STRING, "Title", "职务", SCF_SIZE(0, 100)),
    SCF_F("id_type", STRING, "Type of the identity paper", "证件类型", SCF_SIZE(0, 64)),
    SCF_F("id_number", STRING, "Its number; shown masked", "证件号码，输出时脱敏", SCF_SIZE(0, 64)),
    SCF_FIELD_END,
};

static const struct scf_field address_members[] = {
    SCF_F("text", STRING, "Address", "地址", SCF_MUST, SCF_SIZE(1, 300)),
    SCF_F("division_code", STRING, "Administrative division (GB/T 2260)", "行政区划代码",
          SCF_LIKE(scf_is_6_digits, SCF_DIGITS_TEXT(6))),
    SCF_F("postal_code", STRING, "Postal code", "邮政编码", SCF_SIZE(0, 16)),
    SCF_FIELD_END,
};

static const struct scf_field contact_members[] = {
    SCF_F("name", STRING, "Name", "联系人", SCF_SIZE(0, 100)),
    SCF_F("phone", STRING, "Telephone", "电话", SCF_LIKE(scf_is_phone, SCF_PHONE_TEXT)),
    SCF_F("email", STRING, "E-mail", "电子邮箱", SCF_SIZE(3, 254),
          SCF_LIKE(is_email, "an e-mail address")),
    SCF_F("role", STRING, "Role", "角色", SCF_SIZE(0, 64)),
    SCF_FIELD_END,
};
static const struct scf_field contact_element[] = {
    {.type = SCF_T_OBJECT, .members = contact_members}};

static const struct scf_field account_members[] = {
    SCF_F("account_name", STRING, "Holder", "户名", SCF_MUST, SCF_SIZE(1, 200)),
    SCF_F("account_no", STRING, "Number; shown masked but for the last 4",
          "账号，输出时仅显示后四位", SCF_MUST, SCF_SIZE(4, 64)),
    SCF_F("bank_name", STRING, "Bank", "开户行", SCF_MUST, SCF_SIZE(1, 200)),
    SCF_F("cnaps_code", STRING, "CNAPS code", "联行号", SCF_LIKE(is_cnaps, SCF_DIGITS_TEXT(12))),
    SCF_F("currency", CURRENCY, "Currency (ISO 4217)", "币种"),
    SCF_F("purpose", STRING, "Purpose", "用途", SCF_SIZE(0, 64)),
    SCF_FIELD_END,
};
static const struct scf_field account_element[] = {
    {.type = SCF_T_OBJECT, .members = account_members}};

static const struct scf_field qualification_members[] = {
    SCF_F("type", ENUM, "Type", "资质类型", SCF_MUST, SCF_AMONG(qualification_types)),
    SCF_F("certificate_no", STRING, "Number of the certificate", "证书编号", SCF_MUST,
          SCF_SIZE(1, 128)),
    SCF_F("issuer", STRING, "Issuer", "发证机关", SCF_MUST, SCF_SIZE(1, 200)),
    SCF_F("issued_on", DATE, "Issued on", "发证日期", SCF_MUST),
    SCF_F("valid_until", DATE, "Valid until, after the day of issue", "有效期至，晚于发证日期"),
    SCF_F("grade", STRING, "Grade", "等级", SCF_SIZE(0, 64)),
    SCF_F("scope", STRING, "Scope", "范围", SCF_SIZE(0, 1000)),
    SCF_F("document_id", ID, "Copy of the certificate", "证书文件", SCF_AMONG(scf_document_ids)),
    SCF_FIELD_END,
};
static const struct scf_field qualification_element[] = {
    {.type = SCF_T_OBJECT, .members = qualification_members}};

/* Ratios in millionths: a loss is a negative margin. */
#define SIGNED_RATIO(most) .places = 6, .min = -1000000, .max = (most)

/* The last year, from which the need for working capital is measured. */
static const struct scf_field financial_members[] = {
    SCF_F("year", INTEGER, "The year", "年度", SCF_MUST, SCF_SIZE(1980, 2200)),
    SCF_F("currency", CURRENCY, "Currency (ISO 4217); CNY if absent", "币种，缺省为CNY"),
    SCF_F("revenue", MONEY, "Sales revenue", "销售收入", SCF_MUST, SCF_POSITIVE),
    SCF_F("cost_of_sales", MONEY, "Cost of sales", "销售成本", SCF_MUST, SCF_POSITIVE),
    SCF_F("profit_margin", DECIMAL, "Profit margin on sales as a fraction (\"0.08\")",
          "销售利润率（小数）", SCF_MUST, SIGNED_RATIO(1000000)),
    SCF_F("expected_growth", DECIMAL, "Expected growth of revenue this year as a fraction",
          "预计销售收入年增长率（小数）", SIGNED_RATIO(10000000)),
    SCF_F("average_inventory", MONEY, "Average inventory", "平均存货余额", SCF_NOT_NEGATIVE),
    SCF_F("average_receivables", MONEY, "Average receivables", "平均应收账款余额",
          SCF_NOT_NEGATIVE),
    SCF_F("average_payables", MONEY, "Average payables", "平均应付账款余额", SCF_NOT_NEGATIVE),
    SCF_F("average_prepayments", MONEY, "Average prepayments made", "平均预付账款余额",
          SCF_NOT_NEGATIVE),
    SCF_F("average_advances_received", MONEY, "Average advances received", "平均预收账款余额",
          SCF_NOT_NEGATIVE),
    SCF_F("own_funds", MONEY, "Own funds for working capital", "自有资金", SCF_NOT_NEGATIVE),
    SCF_F("working_capital_loans", MONEY, "Working-capital loans that there are",
          "现有流动资金贷款", SCF_NOT_NEGATIVE),
    SCF_F("other_funds", MONEY, "Working capital from other sources", "其他渠道营运资金",
          SCF_NOT_NEGATIVE),
    SCF_FIELD_END,
};

static const struct scf_field affiliate_members[] = {
    SCF_F("enterprise_id", ID, "The affiliate", "关联企业", SCF_MUST,
          SCF_AMONG(scf_enterprise_ids)),
    SCF_F("relation", STRING, "How it is related", "关联关系", SCF_MUST, SCF_SIZE(1, 64)),
    SCF_FIELD_END,
};
static const struct scf_field affiliate_element[] = {
    {.type = SCF_T_OBJECT, .members = affiliate_members}};

static const struct scf_field set_off_members[] = {
    SCF_F("enterprise_id", ID, "Who has the claim", "债权人", SCF_MUST,
          SCF_AMONG(scf_enterprise_ids)),
    SCF_F("amount", MONEY, "Its claims on this enterprise, which it can set off",
          "其对本企业享有的可抵销债权", SCF_MUST, SCF_NOT_NEGATIVE),
    SCF_F("currency", CURRENCY, "Currency (ISO 4217); CNY if absent", "币种，缺省为CNY"),
    SCF_FIELD_END,
};
static const struct scf_field set_off_element[] = {
    {.type = SCF_T_OBJECT, .members = set_off_members}};

static bool is_month(struct scf_str text) {
    int32_t day;
    char first[] = "2000-01-01";
    if (text.n != 7)
        return false;
    memcpy(first, text.p, 7);
    return scf_date_parse(scf_str(first), &day);
}

/* For the check "declared-revenue", which compares them with invoices: tax included, like these. */
static const struct scf_field declaration_members[] = {
    SCF_F("period", STRING, "The month", "所属期（月）", SCF_MUST,
          SCF_LIKE(is_month, "^[0-9]{4}-(0[1-9]|1[0-2])$")),
    SCF_F("revenue", MONEY, "Sales declared for value-added tax, tax included",
          "增值税申报销售额（价税合计）", SCF_MUST, SCF_NOT_NEGATIVE),
    SCF_F("currency", CURRENCY, "Currency (ISO 4217); CNY if absent", "币种，缺省为CNY"),
    SCF_F("source", ENUM, "Where the figure comes from", "数据来源", SCF_MUST,
          SCF_AMONG(declaration_sources)),
    SCF_FIELD_END,
};
static const struct scf_field declaration_element[] = {
    {.type = SCF_T_OBJECT, .members = declaration_members}};

static const struct scf_field fields[] = {
    SCF_COMMON_FIELDS(own_ids),
    SCF_F("name", STRING, "Name as on the licence", "企业名称", SCF_MUST, SCF_SIZE(1, 200),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("name_en", STRING, "Name in English", "英文名称", SCF_SIZE(0, 200)),
    SCF_F("country_code", COUNTRY, "Country; CN if absent", "国家或地区，缺省为CN"),
    SCF_F("uscc", USCC, "Unified social credit code; required in China, not allowed elsewhere",
          "统一社会信用代码；境内企业必填，境外企业不得填写"),
    SCF_F("lei", STRING, "Legal entity identifier (ISO 17442)", "法人机构识别编码",
          SCF_LIKE(is_lei, "^[A-Z0-9]{18}[0-9]{2}$")),
    SCF_F("foreign_registration_no", STRING,
          "Registration number in its country; required outside China, not allowed in it",
          "境外注册号；境外企业必填", SCF_SIZE(1, 64), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("enterprise_type", ENUM, "Type of enterprise", "企业类型", SCF_MUST, SCF_AMONG(types)),
    SCF_F("ownership", ENUM, "Ownership", "所有制性质", SCF_AMONG(ownerships)),
    SCF_F("roles", ARRAY, "What it does in supply chains; each role once", "角色", SCF_MUST,
          SCF_SIZE(1, 12), SCF_OF(role_element)),
    SCF_F("size_class", ENUM, "Size", "企业规模", SCF_AMONG(size_classes)),
    SCF_F("industry_code", STRING, "Industry (GB/T 4754)", "行业代码", SCF_MUST,
          SCF_LIKE(is_industry, "^[A-T]([0-9]{2}([0-9]{1,2})?)?$")),
    SCF_F("industry_code_version", STRING, "Edition; \"GB/T 4754-2017\" if absent", "行业分类版本",
          SCF_SIZE(1, 32)),
    SCF_F("established_on", DATE, "Founded on, not after today", "成立日期，不晚于当日"),
    SCF_F("registered_capital", MONEY, "Registered capital", "注册资本", SCF_NOT_NEGATIVE),
    SCF_F("paid_in_capital", MONEY, "Paid-in capital", "实缴资本", SCF_NOT_NEGATIVE),
    SCF_F("currency", CURRENCY, "Currency of the capital; CNY if absent", "资本币种，缺省为CNY"),
    SCF_F("legal_representative", OBJECT, "Legal representative", "法定代表人", SCF_MUST,
          SCF_OF(person_members)),
    SCF_F("registered_address", OBJECT, "Registered address", "注册地址", SCF_MUST,
          SCF_OF(address_members)),
    SCF_F("business_address", OBJECT, "Business address", "经营地址", SCF_OF(address_members)),
    SCF_F("contacts", ARRAY, "Contacts", "联系方式", SCF_SIZE(0, 50), SCF_OF(contact_element)),
    SCF_F("bank_accounts", ARRAY, "Bank accounts", "银行账户", SCF_SIZE(0, 50),
          SCF_OF(account_element)),
    SCF_F("tax_no", STRING, "Tax number; the uscc if absent",
          "纳税人识别号，缺省为统一社会信用代码", SCF_LIKE(scf_is_tax_no, SCF_TAX_NO_TEXT)),
    SCF_F("operating_status", ENUM, "State; \"active\" if absent", "经营状态",
          SCF_AMONG(operating_states)),
    SCF_F("qualifications", ARRAY, "Licences and certificates", "资质证照", SCF_SIZE(0, 200),
          SCF_OF(qualification_element)),
    SCF_F("financials", OBJECT,
          "The last year; it bounds the limit by the need for working capital",
          "上年度财务数据，用于测算营运资金需求上限", SCF_OF(financial_members)),
    SCF_F("affiliates", ARRAY, "Affiliated enterprises; their debts are not lent on by default",
          "关联企业；以其为付款人的应收账款默认不计入", SCF_SIZE(0, 200),
          SCF_OF(affiliate_element)),
    SCF_F("set_offs", ARRAY, "Claims of its debtors on it; they come off the borrowing base",
          "付款人对其享有的可抵销债权，从借款基数中扣除", SCF_SIZE(0, 200),
          SCF_OF(set_off_element)),
    SCF_F("tax_declarations", ARRAY,
          "Sales declared for value-added tax, each month once; invoices must not exceed them",
          "增值税申报销售额，每月一条；用于与开票金额核对", SCF_SIZE(0, 60),
          SCF_OF(declaration_element)),
    SCF_FIELD_END,
};

/* A foreign enterprise has a registration number, a Chinese one a unified social credit code. */
static void check_identity(struct scf_rules *r) {
    bool foreign =
        scf_json_get(r->body, "country_code") && !scf_body_is(r->body, "country_code", "CN");
    scf_rule_needs(r, foreign ? "foreign_registration_no" : "uscc",
                   foreign ? "of an enterprise outside China" : "of a Chinese enterprise");
    if (foreign && scf_json_get(r->body, "uscc"))
        scf_fault_add(r->faults, "#/uscc", "not-applicable",
                      "Only a Chinese enterprise has a unified social credit code.");
    if (!foreign && scf_json_get(r->body, "foreign_registration_no"))
        scf_fault_add(r->faults, "#/foreign_registration_no", "not-applicable",
                      "A Chinese enterprise is named by its unified social credit code.");
}

/* The divisions (two digits) of each section (letter) in GB/T 4754-2017. */
static bool divisions_fit(const char *code) {
    static const uint8_t last_division[20] = {5,  12, 43, 46, 50, 52, 60, 62, 65, 69,
                                              70, 72, 75, 79, 82, 83, 85, 90, 96, 97};
    if (code[1] == '\0')
        return true;
    int section = code[0] - 'A', division = (code[1] - '0') * 10 + code[2] - '0';
    int first = section > 0 ? last_division[section - 1] + 1 : 1;
    return division >= first && division <= last_division[section];
}

static void check_industry(struct scf_rules *r) {
    bool edition_2017 = !scf_json_get(r->body, "industry_code_version") ||
                        scf_body_is(r->body, "industry_code_version", "GB/T 4754-2017");
    if (edition_2017 && !divisions_fit(scf_json_string(r->body, "industry_code")))
        scf_fault_add(r->faults, "#/industry_code", "invalid-format",
                      "The division does not belong to the section in GB/T 4754-2017.");
}

static void check_roles(struct scf_rules *r) {
    int index = 0;
    const cJSON *role;
    cJSON_ArrayForEach(role, scf_json_get(r->body, "roles")) {
        for (const cJSON *p = scf_json_get(r->body, "roles")->child; p != role; p = p->next) {
            char pointer[64];
            if (strcmp(p->valuestring, role->valuestring) != 0)
                continue;
            snprintf(pointer, sizeof pointer, "#/roles/%d", index);
            scf_fault_add(r->faults, pointer, "duplicate", "The role is named twice.");
            break;
        }
        index++;
    }
}

static bool same_month(const cJSON *a, const cJSON *b) {
    const char *x = scf_json_string(a, "currency"), *y = scf_json_string(b, "currency");
    return strcmp(scf_json_string(a, "period"), scf_json_string(b, "period")) == 0 &&
           strcmp(x != NULL ? x : "CNY", y != NULL ? y : "CNY") == 0;
}

static void check_declarations(struct scf_rules *r) {
    const cJSON *list = scf_json_get(r->body, "tax_declarations"), *d;
    int index = 0;
    cJSON_ArrayForEach(d, list) {
        for (const cJSON *p = list->child; p != d; p = p->next) {
            char pointer[64];
            if (!same_month(p, d))
                continue;
            snprintf(pointer, sizeof pointer, "#/tax_declarations/%d/period", index);
            scf_fault_add(r->faults, pointer, "duplicate", "The month is declared twice.");
            break;
        }
        index++;
    }
}

static void check_qualifications(struct scf_rules *r) {
    int index = 0;
    const cJSON *q;
    cJSON_ArrayForEach(q, scf_json_get(r->body, "qualifications")) {
        int32_t issued, until;
        char pointer[64];
        if (scf_body_day(q, "issued_on", &issued) && scf_body_day(q, "valid_until", &until) &&
            until <= issued) {
            snprintf(pointer, sizeof pointer, "#/qualifications/%d/valid_until", index);
            scf_fault_add(r->faults, pointer, "date-order", "The day must be after issued_on.");
        }
        index++;
    }
}

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    struct scf_rules r = scf_rules_begin(body, faults, warnings, ctx);
    check_identity(&r);
    check_industry(&r);
    check_roles(&r);
    scf_rule_not_future(&r, "established_on");
    check_qualifications(&r);
    check_declarations(&r);
}

const struct scf_schema scf_schema_enterprise = {
    .name = "EnterpriseCreate",
    .doc_en = "An enterprise and its qualifications",
    .doc_zh = "企业及其资质",
    .fields = fields,
    .rules = rules,
};
