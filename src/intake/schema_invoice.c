/* Invoices: 数电票, legacy VAT invoices and foreign ones (EN 16931 BT numbers and MoF einv names
 * are in the data dictionary). */
#include "rules.h"

#include "scfd/base/clock.h"

static const char *const own_ids[] = {"inv", NULL};
static const char *const kinds[] = {
    "digital_vat_special", "digital_vat_general", "vat_special", "vat_general", "e_vat_special",
    "e_vat_general",       "foreign_invoice",     "credit_note", "other",       NULL};
static const char *const verification_states[] = {"unverified", "verified", "mismatch", "not_found",
                                                  NULL};
static const char *const tax_states[] = {"normal", "voided", "partially_red", "fully_red", NULL};
static const char *const financing_states[] = {"none", "pledged",     "factored",
                                               "sold", "securitised", NULL};

static bool is_tax_category(struct scf_str text) {
    return text.n == 19 && scf_all_digits(text);
}

static const struct scf_field party_members[] = {
    SCF_F("name", STRING, "Name as on the invoice", "名称", SCF_MUST, SCF_SIZE(1, 200),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("tax_no", STRING,
          "Tax number. Of a Chinese party its unified social credit code (an older 15 to 20 "
          "character number only beside enterprise_id); of a foreign one, with country_code, "
          "whatever number identifies it there",
          "纳税人识别号；境外主体填写当地注册号并提供国家代码", SCF_MUST, SCF_SIZE(1, 64),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("country_code", COUNTRY, "Country; CN if absent", "国家或地区，缺省为CN"),
    SCF_F("enterprise_id", ID, "The registered enterprise, if known", "已登记企业的编号",
          SCF_AMONG(scf_enterprise_ids)),
    SCF_F("address", STRING, "Address", "地址", SCF_SIZE(0, 300)),
    SCF_F("phone", STRING, "Telephone", "电话", SCF_SIZE(0, 40)),
    SCF_F("bank_name", STRING, "Bank", "开户行", SCF_SIZE(0, 200)),
    SCF_F("bank_account", STRING, "Account number", "银行账号", SCF_SIZE(0, 64)),
    SCF_FIELD_END,
};

static const struct scf_field line_members[] = {
    SCF_F("line_no", INTEGER, "Number of the line", "行号", SCF_SIZE(1, 1000000)),
    SCF_F("item_code", STRING, "Code of the goods, as in the contract", "物料编码，与合同一致",
          SCF_SIZE(0, 64)),
    SCF_F("goods_name", STRING, "Goods or service (*category*name)", "货物或应税劳务名称", SCF_MUST,
          SCF_SIZE(1, 300)),
    SCF_F("tax_category_code", STRING, "Tax category code", "税收分类编码",
          SCF_LIKE(is_tax_category, SCF_DIGITS_TEXT(19))),
    SCF_F("spec", STRING, "Specification", "规格型号", SCF_SIZE(0, 300)),
    SCF_F("unit", STRING, "Unit", "单位", SCF_SIZE(0, 32)),
    SCF_F("quantity", DECIMAL, "Quantity; negative on a red invoice", "数量", .places = 6),
    SCF_F("unit_price", DECIMAL, "Price of one unit without tax", "单价（不含税）", SCF_UNIT_PRICE),
    SCF_F("amount", MONEY, "Amount without tax; negative on red invoices and discount lines",
          "金额（不含税）；仅红字发票和折扣行可为负", SCF_MUST),
    SCF_F("tax_rate", DECIMAL, "Tax rate as a fraction (\"0.13\")", "税率（小数）", SCF_MUST,
          SCF_FRACTION),
    SCF_F("tax_amount", MONEY, "Tax; a difference from amount × tax_rate above 0.06 is warned of",
          "税额；与金额乘税率相差超过0.06时提示", SCF_MUST),
    SCF_F("discount_flag", BOOL, "Whether this is a discount line", "是否折扣行"),
    SCF_FIELD_END,
};
static const struct scf_field line_element[] = {{.type = SCF_T_OBJECT, .members = line_members}};

static const struct scf_field contract_element[] = {
    {.type = SCF_T_ID, .choices = scf_contract_ids}};
static const struct scf_field event_element[] = {{.type = SCF_T_ID, .choices = scf_event_ids}};
static const struct scf_field receipt_element[] = {{.type = SCF_T_STRING, .min = 1, .max = 128}};

static const struct scf_field verification_members[] = {
    SCF_F("status", ENUM, "Result of the check with the tax authority", "查验结果", SCF_MUST,
          SCF_AMONG(verification_states)),
    SCF_F("method", STRING, "How it was checked", "查验方式", SCF_SIZE(0, 64)),
    SCF_F("verified_at", TIME, "When", "查验时间"),
    SCF_F("check_code", STRING, "Check code", "校验码", SCF_SIZE(0, 64)),
    SCF_FIELD_END,
};

static const struct scf_field payment_members[] = {
    SCF_F("paid_amount", MONEY, "Amount paid so far", "已付金额", SCF_NOT_NEGATIVE),
    SCF_F("paid_on", DATE, "Day of the last payment", "付款日期"),
    SCF_F("bank_receipt_nos", ARRAY, "Numbers of the bank receipts", "银行回单号", SCF_SIZE(0, 100),
          SCF_OF(receipt_element)),
    SCF_FIELD_END,
};

static const struct scf_field financing_members[] = {
    SCF_F("status", ENUM, "Whether the claim was pledged, factored, sold or securitised",
          "是否已质押、保理、转让或证券化", SCF_MUST, SCF_AMONG(financing_states)),
    SCF_F("financier_id", ID, "By whom", "资金方企业编号", SCF_AMONG(scf_enterprise_ids)),
    SCF_F("reference", STRING, "Reference of the financing", "融资业务编号", SCF_SIZE(0, 128)),
    SCF_F("registration_no", STRING, "Number in the register of movables financing",
          "中登网登记证明编号", SCF_SIZE(0, 64)),
    SCF_FIELD_END,
};

static const struct scf_field fields[] = {
    SCF_COMMON_FIELDS(own_ids),
    SCF_F("kind", ENUM, "Kind of invoice", "发票种类", SCF_MUST, SCF_AMONG(kinds)),
    SCF_F("invoice_no", STRING, "Invoice number; 20 digits on a digital VAT invoice", "发票号码",
          SCF_MUST, SCF_SIZE(1, 64), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("invoice_code", STRING, "Invoice code; required on legacy VAT invoices",
          "发票代码；非数电增值税发票必填", SCF_SIZE(1, 32),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("issued_on", DATE, "Day of issue", "开票日期", SCF_MUST),
    SCF_F("issued_at", TIME, "Time of issue, if known", "开票时间"),
    SCF_F("due_on", DATE, "Due on, not before the day of issue", "付款到期日，不早于开票日期"),
    SCF_F("seller", OBJECT, "Seller", "销售方", SCF_MUST, SCF_OF(party_members)),
    SCF_F("buyer", OBJECT, "Buyer", "购买方", SCF_MUST, SCF_OF(party_members)),
    SCF_F("amount_excl_tax", MONEY, "Amount without tax; sum of the lines", "不含税金额合计",
          SCF_MUST),
    SCF_F("tax_amount", MONEY, "Tax; sum of the lines", "税额合计", SCF_MUST),
    SCF_F("total_amount", MONEY, "Total; exactly amount_excl_tax + tax_amount", "价税合计",
          SCF_MUST),
    SCF_F("currency", CURRENCY, "Currency (ISO 4217)", "币种", SCF_MUST),
    SCF_F("total_in_words", STRING, "The total in Chinese words; must equal total_amount",
          "价税合计（大写），须与价税合计一致", SCF_SIZE(0, 200)),
    SCF_F("lines", ARRAY, "Lines", "发票明细", SCF_MUST, SCF_SIZE(1, SCF_MAX_LINES),
          SCF_OF(line_element)),
    SCF_F("red_invoice", BOOL, "Whether it cancels another invoice; false if absent",
          "是否红字发票"),
    SCF_F("original_invoice_no", STRING, "The invoice that a red one cancels; then required",
          "被红冲的蓝字发票号码；红字发票必填", SCF_SIZE(1, 64),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("red_confirmation_no", STRING,
          "Number of the confirmation sheet; required on a red Chinese VAT invoice",
          "红字确认信息单编号；红字增值税发票必填", SCF_SIZE(1, 64),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("contract_no", STRING, "Number of the seller's contract, if its id is not known",
          "合同编号", SCF_SIZE(1, 100), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("contract_ids", ARRAY, "Contracts it bills; the first one counts for the ratings",
          "所属合同，评分以第一个为准", SCF_SIZE(0, 100), SCF_OF(contract_element)),
    SCF_F("workflow_event_ids", ARRAY, "Events it bills", "关联业务事件", SCF_SIZE(0, 1000),
          SCF_OF(event_element)),
    SCF_F("special_element_code", STRING, "Code of the special element", "特定要素代码",
          SCF_LIKE(scf_is_2_digits, SCF_DIGITS_TEXT(2))),
    SCF_F("issuer_name", STRING, "Who issued it", "开票人", SCF_SIZE(0, 64)),
    SCF_F("remarks", STRING, "Remarks", "备注", SCF_SIZE(0, 2000)),
    SCF_F("verification", OBJECT, "Check with the tax authority", "查验信息",
          SCF_OF(verification_members)),
    SCF_F("tax_status", ENUM, "State at the tax authority", "税务状态", SCF_AMONG(tax_states)),
    SCF_F("booked", BOOL, "Whether it has been booked", "是否已入账"),
    SCF_F("payment", OBJECT, "Payment so far", "付款信息", SCF_OF(payment_members)),
    SCF_F("financing", OBJECT, "Financing of the claim", "融资状态", SCF_OF(financing_members)),
    SCF_FIELD_END,
};

static bool kind_begins(const cJSON *body, const char *prefix) {
    return strncmp(scf_json_string(body, "kind"), prefix, strlen(prefix)) == 0;
}

static bool is_chinese_vat(const cJSON *body) {
    return kind_begins(body, "digital_") || kind_begins(body, "vat_") ||
           kind_begins(body, "e_vat_");
}

static bool is_foreign(const cJSON *party) {
    const char *country = scf_json_string(party, "country_code");
    return country && strcmp(country, "CN") != 0;
}

/* ---- numbers ---- */

/* Digits 3 and 4: provincial tax regions (GB/T 2260), and 91 to 95 for the five cities that have a
 * tax region of their own. */
static bool is_tax_region(int code) {
    static const uint8_t count_by_ten[] = {0, 5, 3, 7, 6, 4, 5}; /* 11–15, 21–23, 31–37, … */
    int tens = code / 10, ones = code % 10;
    if (tens == 9)
        return ones >= 1 && ones <= 5;
    return tens >= 1 && tens <= 6 && ones >= 1 && ones <= count_by_ten[tens];
}

static void warn_number(struct scf_rules *r, const char *pointer, const char *detail) {
    scf_fault_add(r->warnings, pointer, "invoice-number-shape", "%s", detail);
}

static void check_digital_number(struct scf_rules *r, struct scf_str no) {
    int32_t issued;
    int year, month, mday;
    if (no.n != 20 || !scf_all_digits(no)) {
        warn_number(r, "#/invoice_no", "A digital VAT invoice has a number of 20 digits.");
        return;
    }
    if (!is_tax_region((no.p[2] - '0') * 10 + no.p[3] - '0'))
        warn_number(r, "#/invoice_no", "Digits 3 and 4 are no tax region.");
    if (!scf_body_day(r->body, "issued_on", &issued))
        return;
    scf_civil_from_day(issued, &year, &month, &mday);
    if (2000 + (no.p[0] - '0') * 10 + no.p[1] - '0' > year)
        warn_number(r, "#/invoice_no", "Digits 1 and 2 are a year after the day of issue.");
}

static void check_legacy_number(struct scf_rules *r, struct scf_str no) {
    struct scf_str code = scf_str(scf_json_string(r->body, "invoice_code"));
    scf_rule_needs(r, "invoice_code", "on a VAT invoice that is not digital");
    if (code.n > 0 && ((code.n != 10 && code.n != 12) || !scf_all_digits(code)))
        warn_number(r, "#/invoice_code", "An invoice code has 10 or 12 digits.");
    if (no.n != 8 || !scf_all_digits(no))
        warn_number(r, "#/invoice_no", "The number of such an invoice has 8 digits.");
}

static void check_number(struct scf_rules *r) {
    struct scf_str no = scf_str(scf_json_string(r->body, "invoice_no"));
    if (kind_begins(r->body, "digital_"))
        check_digital_number(r, no);
    else if (is_chinese_vat(r->body))
        check_legacy_number(r, no);
}

/* ---- parties ---- */

static void check_party(struct scf_rules *r, const char *name) {
    const cJSON *party = scf_json_get(r->body, name);
    char code[SCF_PARTY_CODE], pointer[64];
    if (is_foreign(party))
        return;
    scf_party_code(party, code);
    snprintf(pointer, sizeof pointer, "#/%s/tax_no", name);
    enum scf_uscc_verdict verdict = scf_uscc_check(scf_str(code));
    bool known = scf_json_get(party, "enterprise_id");
    if (verdict == SCF_USCC_BAD_CHECK)
        scf_fault_add(r->warnings, pointer, "uscc-check-digit",
                      "The check character of this unified social credit code does not match.");
    else if (verdict == SCF_USCC_BAD_SHAPE && !(known && scf_is_tax_no(scf_str(code))))
        scf_fault_add(r->faults, pointer, "invalid-format",
                      "The tax number of a Chinese party is its unified social credit code; a "
                      "foreign party needs its country_code.");
}

/* ---- amounts ---- */

static void check_sign(struct scf_rules *r, bool red, const char *name) {
    int64_t value;
    char pointer[64];
    if (red || !scf_body_money(r->body, name, r->scale, &value) || value >= 0)
        return;
    snprintf(pointer, sizeof pointer, "#/%s", name);
    scf_fault_add(r->faults, pointer, "out-of-range", "Only a red invoice may be negative.");
}

static void check_sum(struct scf_rules *r, const char *total, const char *member) {
    int64_t sum, value;
    char pointer[64];
    if (!scf_body_money(r->body, total, r->scale, &value) ||
        (scf_sum(scf_json_get(r->body, "lines"), member, r->scale, &sum) && sum == value))
        return;
    snprintf(pointer, sizeof pointer, "#/%s", total);
    scf_fault_add(r->faults, pointer, "sum-mismatch", "The lines do not add up to %s.", total);
}

static void check_total(struct scf_rules *r) {
    int64_t net, tax, total, words;
    if (!scf_body_money(r->body, "amount_excl_tax", r->scale, &net) ||
        !scf_body_money(r->body, "tax_amount", r->scale, &tax) ||
        !scf_body_money(r->body, "total_amount", r->scale, &total))
        return;
    if (net + tax != total)
        scf_fault_add(r->faults, "#/total_amount", "sum-mismatch",
                      "The total is not amount_excl_tax + tax_amount.");
    const char *text = scf_json_string(r->body, "total_in_words");
    if (!text || !*text || !scf_body_is(r->body, "currency", "CNY"))
        return;
    if (!scf_words_parse(scf_str(text), &words))
        scf_fault_add(r->warnings, "#/total_in_words", "unreadable",
                      "The text is no amount in Chinese words.");
    else if (words != total)
        scf_fault_add(r->faults, "#/total_in_words", "sum-mismatch",
                      "The amount in words is not the total.");
}

static void check_line(struct scf_rules *r, const cJSON *line, int index, bool red) {
    int64_t amount, tax, rate;
    char pointer[64];
    if (!scf_body_money(line, "amount", r->scale, &amount) ||
        !scf_body_money(line, "tax_amount", r->scale, &tax) ||
        !scf_body_decimal(line, "tax_rate", SCF_RATE_PLACES, &rate))
        return;
    if (!red && !scf_json_bool(line, "discount_flag", false) && (amount < 0 || tax < 0)) {
        snprintf(pointer, sizeof pointer, "#/lines/%d/%s", index,
                 amount < 0 ? "amount" : "tax_amount");
        scf_fault_add(r->faults, pointer, "out-of-range",
                      "Only red invoices and discount lines may be negative.");
    }
    if (!scf_tax_matches(amount, rate, tax, r->scale)) {
        snprintf(pointer, sizeof pointer, "#/lines/%d/tax_amount", index);
        scf_fault_add(r->warnings, pointer, "tax-mismatch",
                      "The tax differs from amount × tax_rate by more than 0.06.");
    }
    if (is_chinese_vat(r->body) && !is_foreign(scf_json_get(r->body, "seller")))
        scf_rule_vat_rate(r, index, rate);
}

static void check_red(struct scf_rules *r) {
    scf_rule_needs(r, "original_invoice_no", "on a red invoice");
    if (is_chinese_vat(r->body))
        scf_rule_needs(r, "red_confirmation_no", "on a red VAT invoice");
}

/* A day after today only warns: the clocks of tax systems and nodes differ. */
static void check_days(struct scf_rules *r) {
    int32_t issued;
    int64_t issued_us;
    scf_rule_days(r, r->body, "#", "issued_on", "due_on");
    if (!scf_body_day(r->body, "issued_on", &issued))
        return;
    if (issued > r->today)
        scf_fault_add(r->warnings, "#/issued_on", "in-future", "The day of issue is after today.");
    if (scf_body_time(r->body, "issued_at", r->ctx->offset_minutes, &issued_us) &&
        scf_local_day(issued_us, r->ctx->offset_minutes) != issued)
        scf_fault_add(r->warnings, "#/issued_at", "date-mismatch",
                      "The time of issue is not on the day of issue.");
}

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    struct scf_rules r = scf_rules_begin(body, faults, warnings, ctx);
    bool red = scf_json_bool(body, "red_invoice", false);
    check_number(&r);
    check_days(&r);
    check_party(&r, "seller");
    check_party(&r, "buyer");
    scf_rule_distinct(&r, "seller", "buyer");
    check_sign(&r, red, "amount_excl_tax");
    check_sign(&r, red, "tax_amount");
    check_sign(&r, red, "total_amount");
    check_total(&r);
    check_sum(&r, "amount_excl_tax", "amount");
    check_sum(&r, "tax_amount", "tax_amount");
    if (red)
        check_red(&r);
    const cJSON *line;
    int index = 0;
    cJSON_ArrayForEach(line, scf_json_get(body, "lines")) check_line(&r, line, index++, red);
}

const struct scf_schema scf_schema_invoice = {
    .name = "InvoiceCreate",
    .doc_en = "An invoice from a seller to a buyer",
    .doc_zh = "销售方向购买方开具的发票",
    .fields = fields,
    .rules = rules,
};
