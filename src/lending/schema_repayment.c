/* Repayments: the field table, and the rules on allocation and reversal. */
#include "rules.h"

#include "scfd/base/clock.h"

static const char *const loan_ids[] = {"loan", NULL};
static const char *const lender_ids[] = {"node", "ent", NULL};
static const char *const repayment_ids[] = {"rep", NULL};
static const char *const document_ids[] = {"doc", NULL};
static const char *const channels[] = {"transfer",        "auto_debit",     "collection", "set_off",
                                       "insurance_claim", "guarantee_call", NULL};

static const struct scf_field document_element[] = {
    SCF_F("", ID, "A document", "文件编号", SCF_AMONG(document_ids))};

static const struct scf_field allocation_members[] = {
    SCF_F("fees", MONEY, "Cost of realising the claim", "实现债权的费用", SCF_NOT_NEGATIVE),
    SCF_F("penalty", MONEY, "Penalty interest", "罚息", SCF_NOT_NEGATIVE),
    SCF_F("compound", MONEY, "Interest on interest", "复利", SCF_NOT_NEGATIVE),
    SCF_F("interest", MONEY, "Interest", "利息", SCF_NOT_NEGATIVE),
    SCF_F("principal", MONEY, "Principal", "本金", SCF_NOT_NEGATIVE),
    SCF_FIELD_END,
};

static const struct scf_field fields[] = {
    SCF_F("external_id", STRING, "The lender's own identifier (default: the repayment's id)",
          "贷款方自有编号（默认同还款编号）", SCF_SIZE(1, 128),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("loan_id", ID, "The loan", "借款", SCF_MUST, SCF_AMONG(loan_ids)),
    SCF_F("lender_id", ID, "The node of the key, or the enterprise that operates it",
          "密钥所属节点，或运营该节点的企业", SCF_AMONG(lender_ids)),
    SCF_F("amount", MONEY, "Amount paid", "还款金额", SCF_MUST, SCF_POSITIVE),
    SCF_F("currency", CURRENCY, "Currency of the loan", "币种，与借款一致", SCF_MUST),
    SCF_F("paid_at", TIME, "When it was paid", "还款时间", SCF_MUST),
    SCF_F("value_date", DATE, "Day on which it counts; of a reversal, the day it is booked",
          "入账日", SCF_MUST),
    SCF_F("allocation", OBJECT,
          "What it settles, adding up to amount; default: fees, interest, principal (民法典 561)",
          "冲抵明细，合计等于还款金额；默认依民法典第 561 条：费用、利息、本金",
          SCF_OF(allocation_members)),
    SCF_F("payer", STRING, "Who paid", "付款人", SCF_SIZE(1, 200)),
    SCF_F("bank_receipt_no", STRING, "Number of the bank's receipt, unique with the lender",
          "银行回单号，在贷款方内唯一", SCF_SIZE(1, 64)),
    SCF_F("channel", ENUM, "How it was paid", "还款渠道", SCF_AMONG(channels)),
    SCF_F("is_prepayment", BOOL, "Paid before it was due", "是否提前还款"),
    SCF_F("reversal_of", ID, "The repayment that this one takes back, in its full amount",
          "被冲正的还款（全额）", SCF_AMONG(repayment_ids)),
    SCF_F("documents", ARRAY, "Documents", "关联文件", SCF_SIZE(0, 50), SCF_OF(document_element)),
    SCF_F("metadata", SCALARS, "The sender's own notes", "发送方附注", SCF_SIZE(0, 20)),
    SCF_FIELD_END,
};

static void check_allocation(const cJSON *body, struct scf_faults *faults) {
    const cJSON *allocation = scf_json_get(body, "allocation");
    int64_t amount = 0, sum = 0;
    int scale = scf_body_scale(body);
    for (const struct scf_field *f = allocation_members; f->name; f++) {
        int64_t part = 0;
        if (scf_body_money(allocation, f->name, scale, &part) &&
            __builtin_add_overflow(sum, part, &sum))
            sum = INT64_MAX; /* more than any amount */
    }
    if (allocation && scf_body_money(body, "amount", scale, &amount) && sum != amount)
        scf_fault_add(faults, "#/allocation", "sum", "The parts must add up to amount.");
}

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    (void)warnings;
    const struct scf_lending_ctx *c = ctx;
    int32_t value_day = 0;
    scf_not_future(body, faults, "paid_at", c);
    /* After today everywhere on Earth: clocks run up to 14 hours ahead of UTC. */
    if (scf_body_day(body, "value_date", &value_day) &&
        value_day > scf_day_of(c->now_us + 14 * SCF_US_PER_HOUR))
        scf_fault_add(faults, "#/value_date", "in-future", "The day must not be after today.");
    check_allocation(body, faults);
    if (scf_json_get(body, "reversal_of"))
        scf_forbid(body, faults, "allocation",
                   "in a reversal, which takes back what the repayment settled");
}

const struct scf_schema scf_repayment_schema = {
    .name = "RepaymentCreate",
    .doc_en = "A repayment that the lender received, or the reversal of one",
    .doc_zh = "贷款方收到的还款或其冲正",
    .fields = fields,
    .rules = rules,
};
