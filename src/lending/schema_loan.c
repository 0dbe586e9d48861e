/* Loans: the field table, and the rules on dates and schedule. */
#include "rules.h"
#include "schedule.h"

static const char *const decision_ids[] = {"dec", NULL};
static const char *const lender_ids[] = {"node", "ent", NULL};
static const char *const enterprise_ids[] = {"ent", NULL};
static const char *const contract_ids[] = {"ctr", NULL};
static const char *const invoice_ids[] = {"inv", NULL};
static const char *const guarantee_ids[] = {"gua", NULL};
static const char *const hold_ids[] = {"hold", NULL};
static const char *const document_ids[] = {"doc", NULL};
static const char *const interest_types[] = {"fixed", "lpr_floating", NULL};
static const char *const lpr_terms[] = {"1Y", "5Y", NULL};

static const struct scf_field contract_element[] = {
    SCF_F("", ID, "A contract", "合同编号", SCF_AMONG(contract_ids))};
static const struct scf_field invoice_element[] = {
    SCF_F("", ID, "An invoice", "发票编号", SCF_AMONG(invoice_ids))};
static const struct scf_field guarantee_element[] = {
    SCF_F("", ID, "A guarantee", "担保编号", SCF_AMONG(guarantee_ids))};
static const struct scf_field document_element[] = {
    SCF_F("", ID, "A document", "文件编号", SCF_AMONG(document_ids))};

static const struct scf_field interest_members[] = {
    SCF_F("type", ENUM, "Fixed, or floating with the LPR", "固定利率或 LPR 浮动利率", SCF_MUST,
          SCF_AMONG(interest_types)),
    SCF_F("annual_rate", DECIMAL, "Rate a year, 0 to 0.36", "年利率，0 至 0.36", SCF_MUST,
          .places = 6, .min = 0, .max = 360000),
    SCF_F("lpr_term", ENUM, "Term of the LPR it floats with", "LPR 期限", SCF_AMONG(lpr_terms)),
    SCF_F("spread_bp", INTEGER, "Spread over it in basis points", "加点（基点）",
          SCF_SIZE(-3600, 3600)),
    SCF_F("day_count", ENUM, "Day count (default act_360)", "计息基础（默认 act_360）",
          SCF_AMONG(scf_day_count_names)),
    SCF_F("penalty_markup", DECIMAL, "Agreed markup on the rate when overdue (0.50)",
          "约定的逾期罚息加成", .places = 6, .min = 0, .max = 1000000),
    SCF_F("compound_on_overdue", BOOL, "Whether overdue interest bears interest", "逾期是否计复利"),
    SCF_FIELD_END,
};

static const struct scf_field instalment_members[] = {
    SCF_F("seq", INTEGER, "Number, from 1", "期次，自 1 起", SCF_MUST,
          SCF_SIZE(1, SCF_LOAN_INSTALMENTS_MAX)),
    SCF_F("due_on", DATE, "Due day", "应还日期", SCF_MUST),
    SCF_F("principal", MONEY, "Principal due", "应还本金", SCF_MUST, SCF_NOT_NEGATIVE),
    SCF_F("interest", MONEY, "Interest due", "应还利息", SCF_MUST, SCF_NOT_NEGATIVE),
    SCF_FIELD_END,
};
static const struct scf_field instalment_element[] = {
    {.name = "", .type = SCF_T_OBJECT, .members = instalment_members}};

static const struct scf_field fields[] = {
    SCF_F("external_id", STRING, "The lender's own identifier (default: loan_no)",
          "贷款方自有编号（默认同借款编号）", SCF_SIZE(1, 128),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("loan_no", STRING, "Number of the loan, unique with the lender",
          "借款编号，在贷款方内唯一", SCF_MUST, SCF_SIZE(1, 100),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("decision_id", ID, "The approval it is drawn under", "所依据的授信决定", SCF_MUST,
          SCF_AMONG(decision_ids)),
    SCF_F("lender_id", ID, "The node of the key, or the enterprise that operates it",
          "密钥所属节点，或运营该节点的企业", SCF_AMONG(lender_ids)),
    SCF_F("borrower_id", ID, "Borrower, as in the assessment", "借款人企业编号", SCF_MUST,
          SCF_AMONG(enterprise_ids)),
    SCF_F("contract_ids", ARRAY, "Contracts financed, all of the assessment", "所融资的合同",
          SCF_MUST, SCF_SIZE(1, SCF_LOAN_CONTRACTS_MAX), SCF_OF(contract_element)),
    SCF_F("invoice_ids", ARRAY, "Invoices financed", "所融资的发票", SCF_SIZE(0, 500),
          SCF_OF(invoice_element)),
    SCF_F("hold_id", ID,
          "The hold it uses, which claimed its invoices; what is left of it is released",
          "所使用的额度占用，余额随即释放", SCF_AMONG(hold_ids)),
    SCF_F("guarantee_ids", ARRAY, "Guarantees it rests on", "担保", SCF_SIZE(0, 100),
          SCF_OF(guarantee_element)),
    SCF_F("principal", MONEY, "Principal, as paid out (民法典 670)", "本金（实际放款额）", SCF_MUST,
          SCF_POSITIVE),
    SCF_F("currency", CURRENCY, "Currency of the decision", "币种，与决定一致", SCF_MUST),
    SCF_F("disbursed_at", TIME, "When it was paid out", "放款时间", SCF_MUST),
    SCF_F("value_date", DATE,
          "Day from which interest runs, at most the assessment's limit_expires_on",
          "起息日，不晚于评估额度的到期日", SCF_MUST),
    SCF_F("maturity_date", DATE, "Day on which it is due", "到期日", SCF_MUST),
    SCF_F("interest", OBJECT, "Interest", "利息约定", SCF_MUST, SCF_OF(interest_members)),
    SCF_F("repayment_method", ENUM, "How it is repaid", "还款方式", SCF_MUST,
          SCF_AMONG(scf_method_names)),
    SCF_F("schedule", ARRAY, "Instalments; derived from the terms when absent",
          "还款计划，未提供时按条款推算", SCF_SIZE(1, SCF_LOAN_INSTALMENTS_MAX),
          SCF_OF(instalment_element)),
    SCF_F("purpose", STRING, "What the money is for", "借款用途", SCF_SIZE(0, 500)),
    SCF_F("disbursement_account", STRING, "Account paid to", "放款账户", SCF_SIZE(1, 64)),
    SCF_F("repayment_account", STRING, "Account paid from", "还款账户", SCF_SIZE(1, 64)),
    SCF_F("bank_receipt_no", STRING, "Number of the bank's receipt", "银行回单号", SCF_SIZE(1, 64)),
    SCF_F("acceleration_clause", BOOL, "Whether default makes everything due",
          "是否有加速到期条款"),
    SCF_F("documents", ARRAY, "Documents", "关联文件", SCF_SIZE(0, 50), SCF_OF(document_element)),
    SCF_F("metadata", SCALARS, "The sender's own notes", "发送方附注", SCF_SIZE(0, 20)),
    SCF_FIELD_END,
};

struct given_schedule {
    struct scf_faults *faults;
    int32_t day; /* of the instalment before */
    int64_t principal;
};

static void check_instalment(struct given_schedule *g, const cJSON *item, int index, int scale) {
    char pointer[64];
    int64_t seq = 0, principal = 0;
    int32_t due = 0;
    if (!scf_json_i64(item, "seq", &seq) || !scf_body_day(item, "due_on", &due) ||
        !scf_body_money(item, "principal", scale, &principal))
        return;
    snprintf(pointer, sizeof pointer, "#/schedule/%d/seq", index);
    if (seq != index + 1)
        scf_fault_add(g->faults, pointer, "out-of-order", "The number must be %d.", index + 1);
    snprintf(pointer, sizeof pointer, "#/schedule/%d/due_on", index);
    if (due <= g->day)
        scf_fault_add(g->faults, pointer, "date-order",
                      "The day must be after the value date and the instalment before.");
    g->day = due;
    if (__builtin_add_overflow(g->principal, principal, &g->principal))
        g->principal = -1; /* no principal is that large: the sum is wrong */
}

static void check_schedule(const cJSON *body, struct scf_faults *faults, int32_t value_day,
                           int32_t maturity_day) {
    const cJSON *schedule = scf_json_get(body, "schedule"), *item;
    struct given_schedule g = {.faults = faults, .day = value_day};
    int index = 0, scale = scf_body_scale(body);
    int64_t principal = 0;
    cJSON_ArrayForEach(item, schedule) check_instalment(&g, item, index++, scale);
    if (index == 0)
        return;
    if (g.day != maturity_day)
        scf_fault_add(faults, "#/schedule", "date-order",
                      "The last instalment must be due on maturity_date.");
    if (scf_body_money(body, "principal", scale, &principal) && g.principal != principal)
        scf_fault_add(faults, "#/schedule", "sum",
                      "The principal of the instalments must add up to principal.");
}

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    (void)warnings;
    int32_t value_day = 0, maturity_day = 0;
    scf_not_future(body, faults, "disbursed_at", ctx);
    scf_no_duplicates(body, faults, "contract_ids");
    scf_no_duplicates(body, faults, "invoice_ids");
    scf_no_duplicates(body, faults, "guarantee_ids");
    if (scf_json_get(body, "hold_id") != NULL)
        scf_forbid(body, faults, "invoice_ids", "beside hold_id: the hold has claimed them");
    if (!scf_body_day(body, "value_date", &value_day) ||
        !scf_body_day(body, "maturity_date", &maturity_day))
        return;
    if (maturity_day <= value_day)
        scf_fault_add(faults, "#/maturity_date", "date-order", "The day must be after value_date.");
    else
        check_schedule(body, faults, value_day, maturity_day);
}

const struct scf_schema scf_loan_schema = {
    .name = "LoanCreate",
    .doc_en = "A loan that the lender paid out under its decision",
    .doc_zh = "贷款方依据决定发放的借款",
    .fields = fields,
    .rules = rules,
};
