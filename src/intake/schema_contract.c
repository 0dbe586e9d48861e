/* Contracts: the field table and the rules across fields (UBL 2.1 Order and Contract, OCDS words
 * for the status; 银发〔2025〕77号 on the term of receivable vouchers). */
#include "rules.h"

#include "scfd/base/money.h"

static const char *const own_ids[] = {"ctr", NULL};
static const char *const contract_types[] = {"purchase_order", "sales", "framework", "service",
                                             "construction",   "lease", "logistics", "factoring",
                                             "loan",           "other", NULL};
static const char *const price_types[] = {"fixed", "unit_price", "cost_plus", "estimated", NULL};
static const char *const payment_kinds[] = {"net_days",    "milestones",       "installments",
                                            "on_delivery", "letter_of_credit", "ar_voucher",
                                            NULL};
static const char *const milestone_states[] = {"scheduled", "met", "partially_met", "not_met",
                                               NULL};
static const char *const dispute_kinds[] = {"court", "arbitration", NULL};
static const char *const signature_methods[] = {"wet_ink", "reliable_esign", "click", "other",
                                                NULL};
static const char *const states[] = {"draft",      "pending",   "active", "completed",
                                     "terminated", "cancelled", NULL};

static const struct scf_field other_party_members[] = {
    SCF_F("role", STRING, "What it does in the contract", "角色", SCF_MUST, SCF_SIZE(1, 64)),
    SCF_F("enterprise_id", ID, "The enterprise", "企业编号", SCF_MUST,
          SCF_AMONG(scf_enterprise_ids)),
    SCF_FIELD_END,
};
static const struct scf_field other_party_element[] = {
    {.type = SCF_T_OBJECT, .members = other_party_members}};

static const struct scf_field payment_members[] = {
    SCF_F("kind", ENUM, "Way of payment", "付款方式", SCF_MUST, SCF_AMONG(payment_kinds)),
    SCF_F("days", INTEGER, "Days to pay; a receivable voucher above 180 is warned of",
          "付款天数；应收账款电子凭证超过180天时提示", SCF_SIZE(0, 366)),
    SCF_F("text", STRING, "Wording of the terms", "付款条款原文", SCF_SIZE(0, 4000)),
    SCF_FIELD_END,
};

static const struct scf_field milestone_members[] = {
    SCF_F("code", STRING, "Code", "节点编码", SCF_SIZE(0, 64)),
    SCF_F("title", STRING, "Title", "节点名称", SCF_SIZE(0, 300)),
    SCF_F("due_on", DATE, "Due on", "到期日"),
    SCF_F("amount", MONEY, "Amount to pay then; together at most the contract's amount",
          "节点金额，合计不超过合同金额", SCF_NOT_NEGATIVE),
    SCF_F("percentage", DECIMAL, "Share of the contract in per cent", "占合同的百分比",
          SCF_PERCENT),
    SCF_F("status", ENUM, "State (OCDS words)", "状态", SCF_AMONG(milestone_states)),
    SCF_FIELD_END,
};
static const struct scf_field milestone_element[] = {
    {.type = SCF_T_OBJECT, .members = milestone_members}};

static const struct scf_field line_members[] = {
    SCF_F("line_no", INTEGER, "Number of the line", "行号", SCF_SIZE(1, 1000000)),
    SCF_F("item_code", STRING, "Code of the goods or service", "物料编码", SCF_SIZE(0, 64)),
    SCF_F("item_name", STRING, "Goods or service", "标的名称", SCF_MUST, SCF_SIZE(1, 300)),
    SCF_F("spec", STRING, "Specification", "规格型号", SCF_SIZE(0, 300)),
    SCF_F("quantity", DECIMAL, "Quantity", "数量", SCF_QUANTITY),
    SCF_F("unit", STRING, "Unit (UN/ECE Rec 20, or text)", "单位", SCF_SIZE(0, 32)),
    SCF_F("unit_price", DECIMAL, "Price of one unit", "单价", SCF_UNIT_PRICE),
    SCF_F("amount", MONEY, "Amount; quantity × unit_price within 0.01",
          "金额，等于数量乘单价，误差不超过0.01", SCF_NOT_NEGATIVE),
    SCF_F("tax_rate", DECIMAL, "Tax rate as a fraction (\"0.13\")", "税率（小数）", SCF_FRACTION),
    SCF_FIELD_END,
};
static const struct scf_field line_element[] = {{.type = SCF_T_OBJECT, .members = line_members}};

static const struct scf_field delivery_members[] = {
    SCF_F("incoterm", STRING, "Incoterms code", "贸易术语", SCF_SIZE(0, 16)),
    SCF_F("place", STRING, "Place of delivery", "交货地点", SCF_SIZE(0, 300)),
    SCF_F("due_on", DATE, "Due on", "交货日期"),
    SCF_FIELD_END,
};

static const struct scf_field dispute_members[] = {
    SCF_F("kind", ENUM, "Court or arbitration", "法院或仲裁", SCF_MUST, SCF_AMONG(dispute_kinds)),
    SCF_F("forum", STRING, "Which one", "机构名称", SCF_SIZE(0, 200)),
    SCF_F("clause_text", STRING, "Wording of the clause", "条款原文", SCF_SIZE(0, 4000)),
    SCF_FIELD_END,
};

static const struct scf_field account_members[] = {
    SCF_F("account_no", STRING, "Account number", "账号", SCF_MUST, SCF_SIZE(1, 64),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("bank_name", STRING, "Bank", "开户行", SCF_SIZE(0, 200)),
    SCF_F("account_name", STRING, "In whose name it is kept", "户名", SCF_SIZE(0, 200)),
    SCF_FIELD_END,
};

static const struct scf_field change_members[] = {
    SCF_F("number", STRING, "Number of the change order", "变更单编号", SCF_MUST, SCF_SIZE(1, 100),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("approved_on", DATE, "Day on which both sides approved it; without it, it does not count",
          "双方批准日期；未填写则不计入"),
    SCF_F("amount", MONEY, "By how much it changes the contract's amount, tax included",
          "合同金额的增减（含税）", SCF_MUST, .min = -SCF_MONEY_MAX, .max = SCF_MONEY_MAX),
    SCF_FIELD_END,
};
static const struct scf_field change_element[] = {
    {.type = SCF_T_OBJECT, .members = change_members}};

static const struct scf_field fields[] = {
    SCF_COMMON_FIELDS(own_ids),
    SCF_F("contract_no", STRING, "Number of the contract, unique with the seller",
          "合同编号，在卖方内唯一", SCF_MUST, SCF_SIZE(1, 100),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("title", STRING, "Title", "合同名称", SCF_MUST, SCF_SIZE(1, 300)),
    SCF_F("contract_type", ENUM, "Type", "合同类型", SCF_MUST, SCF_AMONG(contract_types)),
    SCF_F("buyer", OBJECT, "Buyer, by one of three forms; an unknown one is added to the directory",
          "买方，三种写法之一；未登记的主体自动建档", SCF_MUST, SCF_OF(scf_party_members)),
    SCF_F("seller", OBJECT,
          "Seller, likewise; a foreign seller needs no unified social credit code",
          "卖方，写法同上；境外卖方无需统一社会信用代码", SCF_MUST, SCF_OF(scf_party_members)),
    SCF_F("other_parties", ARRAY, "Further parties", "其他当事人", SCF_SIZE(0, 50),
          SCF_OF(other_party_element)),
    SCF_F("signed_on", DATE, "Day of signing, not after today", "签订日期，不晚于当日", SCF_MUST),
    SCF_F("effective_from", DATE, "Start of the term", "生效日期"),
    SCF_F("effective_to", DATE, "End of the term", "终止日期"),
    SCF_F("amount", MONEY, "Amount including tax", "合同金额（含税）", SCF_MUST, SCF_POSITIVE),
    SCF_F("currency", CURRENCY, "Currency (ISO 4217)", "币种", SCF_MUST),
    SCF_F("amount_excl_tax", MONEY, "Amount without tax; with tax_amount it makes amount ± 0.01",
          "不含税金额，与税额之和等于合同金额，误差不超过0.01", SCF_NOT_NEGATIVE),
    SCF_F("tax_amount", MONEY, "Tax", "税额", SCF_NOT_NEGATIVE),
    SCF_F("price_type", ENUM, "How the price is made", "计价方式", SCF_AMONG(price_types)),
    SCF_F("payment_terms", OBJECT, "Terms of payment", "付款条件", SCF_MUST,
          SCF_OF(payment_members)),
    SCF_F("milestones", ARRAY, "Milestones", "履约节点", SCF_SIZE(0, 500),
          SCF_OF(milestone_element)),
    SCF_F("lines", ARRAY, "Lines", "合同明细", SCF_SIZE(0, SCF_MAX_LINES), SCF_OF(line_element)),
    SCF_F("change_orders", ARRAY, "Changes of the amount after signing", "签订后的金额变更",
          SCF_SIZE(0, 200), SCF_OF(change_element)),
    SCF_F("collection_account", OBJECT, "The account into which the buyer is to pay",
          "指定回款账户", SCF_OF(account_members)),
    SCF_F("delivery", OBJECT, "Delivery", "交付", SCF_OF(delivery_members)),
    SCF_F("assignment_prohibited", BOOL, "Whether claims may not be assigned; true is warned of",
          "是否禁止转让债权；为真时提示（民法典545条）"),
    SCF_F("consignment", BOOL, "Whether the goods are on consignment: no receivable is lent on",
          "是否寄售；寄售合同的应收账款不予融资"),
    SCF_F("paid_by_bill", BOOL, "Whether payment is by a bill or security: likewise",
          "是否以票据或有价证券付款；同上"),
    SCF_F("dispute_resolution", OBJECT, "How disputes are settled", "争议解决",
          SCF_OF(dispute_members)),
    SCF_F("enforcement_clause", OBJECT, "Promise of enforcement without a lawsuit",
          "赋予强制执行效力的承诺", SCF_OF(scf_clause_members)),
    SCF_F("signature_method", ENUM, "Way of signing", "签署方式", SCF_AMONG(signature_methods)),
    SCF_F("framework_contract_id", ID, "The framework contract above it", "所属框架合同",
          SCF_AMONG(scf_contract_ids)),
    SCF_F("status", ENUM, "State (OCDS words)", "状态", SCF_MUST, SCF_AMONG(states)),
    SCF_FIELD_END,
};

static void check_amounts(struct scf_rules *r) {
    int64_t amount, net, tax, milestones;
    if (!scf_body_money(r->body, "amount", r->scale, &amount))
        return;
    int64_t tolerance = scf_tolerance(1, r->scale);
    if (scf_body_money(r->body, "amount_excl_tax", r->scale, &net) &&
        scf_body_money(r->body, "tax_amount", r->scale, &tax) &&
        (net + tax - amount > tolerance || amount - net - tax > tolerance))
        scf_fault_add(r->faults, "#/amount", "sum-mismatch",
                      "amount_excl_tax and tax_amount do not add up to amount.");
    const cJSON *list = scf_json_get(r->body, "milestones");
    if (!scf_sum(list, "amount", r->scale, &milestones) || milestones > amount)
        scf_fault_add(r->faults, "#/milestones", "sum-mismatch",
                      "The milestones add up to more than the contract's amount.");
}

static void check_line(struct scf_rules *r, const cJSON *line, int index) {
    int64_t quantity, price, amount, rate;
    char pointer[64];
    if (scf_body_decimal(line, "quantity", SCF_QUANTITY_PLACES, &quantity) &&
        scf_body_decimal(line, "unit_price", SCF_PRICE_PLACES, &price) &&
        scf_body_money(line, "amount", r->scale, &amount) &&
        !scf_product_matches(quantity, price, amount, r->scale)) {
        snprintf(pointer, sizeof pointer, "#/lines/%d/amount", index);
        scf_fault_add(r->faults, pointer, "product-mismatch",
                      "The amount is not quantity × unit_price.");
    }
    if (scf_body_is(r->body, "currency", "CNY") &&
        scf_body_decimal(line, "tax_rate", SCF_RATE_PLACES, &rate))
        scf_rule_vat_rate(r, index, rate);
}

static void check_payment(struct scf_rules *r) {
    const cJSON *terms = scf_json_get(r->body, "payment_terms");
    int64_t days;
    if (scf_body_is(terms, "kind", "ar_voucher") && scf_json_i64(terms, "days", &days) &&
        days > 180)
        scf_fault_add(r->warnings, "#/payment_terms/days", "long-payment-term",
                      "The term of a receivable voucher should not exceed six months "
                      "(银发〔2025〕77号).");
    if (scf_json_bool(r->body, "assignment_prohibited", false))
        scf_fault_add(r->warnings, "#/assignment_prohibited", "assignment-prohibited",
                      "The claims of this contract may not be assigned.");
}

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    struct scf_rules r = scf_rules_begin(body, faults, warnings, ctx);
    scf_rule_party(&r, "buyer");
    scf_rule_party(&r, "seller");
    scf_rule_distinct(&r, "seller", "buyer");
    scf_rule_not_future(&r, "signed_on");
    scf_rule_days(&r, body, "#", "effective_from", "effective_to");
    check_amounts(&r);
    check_payment(&r);
    const cJSON *line;
    int index = 0;
    cJSON_ArrayForEach(line, scf_json_get(body, "lines")) check_line(&r, line, index++);
}

const struct scf_schema scf_schema_contract = {
    .name = "ContractCreate",
    .doc_en = "A contract between a seller and a buyer",
    .doc_zh = "买卖双方之间的合同",
    .fields = fields,
    .rules = rules,
};
