/* A receivable as it is offered: the field table, and what a voucher needs. */
#include "body.h"

#include "scfd/base/clock.h"

static const char *const invoice_ids[] = {"inv", NULL};
static const char *const contract_ids[] = {"ctr", NULL};
static const char *const node_ids[] = {"node", NULL};
static const char *const enterprise_ids[] = {"ent", NULL};

static const struct scf_field voucher_members[] = {
    SCF_F("system_name", STRING, "The system that keeps the certificate", "系统名称", SCF_MUST,
          SCF_SIZE(1, 100), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("certificate_no", STRING, "Number of the certificate", "凭证编号", SCF_MUST,
          SCF_SIZE(1, 64), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("sub_no", STRING, "Number of the part, when it was split", "子编号", SCF_SIZE(1, 64),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("issuer_id", ID, "Who issued it: the debtor", "开立人企业编号", SCF_MUST,
          SCF_AMONG(enterprise_ids)),
    SCF_F("issued_on", DATE, "Day of issue", "开立日", SCF_MUST),
    SCF_F("due_on", DATE, "Due on; the tenor is at most what the policy in force says (CR-9.1)",
          "到期日；付款期限不得超过现行规则", SCF_MUST),
    SCF_F("amount", MONEY, "Amount, at most the invoice's total", "凭证金额，不超过发票价税合计",
          SCF_MUST, SCF_POSITIVE),
    SCF_F("reasons_text", STRING,
          "Why the tenor is longer than the normal one; then required, and examined by the lender",
          "期限超过常规期限的理由；此时必填并由资金方审查", SCF_SIZE(1, 2000),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_FIELD_END,
};

static const struct scf_field fields[] = {
    SCF_F("invoice_id", ID, "The invoice", "发票编号", SCF_MUST, SCF_AMONG(invoice_ids)),
    SCF_F("contract_id", ID, "The contract it bills", "合同编号", SCF_AMONG(contract_ids)),
    SCF_F("lender_id", ID, "Node of the lender it is offered to", "资金方节点", SCF_MUST,
          SCF_AMONG(node_ids)),
    SCF_F("kind", ENUM, "How it is to be financed", "融资方式", SCF_MUST,
          SCF_AMONG(scf_rcv_kind_names)),
    SCF_F("currency", CURRENCY, "The invoice's currency (default CNY)", "币种，与发票一致"),
    SCF_F("delivered_on", DATE,
          "Day of delivery, from which payment terms run (default: the day of issue)",
          "交付日，付款期限自此起算"),
    SCF_F("due_on", DATE, "Due on (default: the voucher's or the invoice's day)", "到期日"),
    SCF_F("voucher", OBJECT, "The electronic certificate, when the kind is voucher",
          "应收账款电子凭证", SCF_OF(voucher_members)),
    SCF_FIELD_END,
};

static void check_order(const cJSON *object, const char *first, const char *second,
                        const char *pointer, struct scf_faults *faults) {
    int32_t from, to;
    if (scf_body_day(object, first, &from) && scf_body_day(object, second, &to) && to < from)
        scf_fault_add(faults, pointer, "date-order", "The day must not be before %s.", first);
}

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    (void)warnings;
    const struct scf_rcv_ctx *c = ctx;
    const cJSON *voucher = scf_json_get(body, "voucher");
    int32_t delivered;
    int32_t today = scf_day_of(c->now_us + c->offset_minutes * 60 * SCF_US_PER_SECOND);
    bool is_voucher = scf_body_is(body, "kind", "voucher");
    if (is_voucher && voucher == NULL)
        scf_fault_add(faults, "#/voucher", "required", "A voucher is described in \"voucher\".");
    if (!is_voucher && voucher != NULL)
        scf_fault_add(faults, "#/voucher", "not-allowed", "Only the kind voucher has one.");
    if (voucher != NULL)
        check_order(voucher, "issued_on", "due_on", "#/voucher/due_on", faults);
    if (scf_body_day(body, "delivered_on", &delivered) && delivered > today)
        scf_fault_add(faults, "#/delivered_on", "in-future", "The day must not be in the future.");
}

const struct scf_schema scf_receivable_schema = {
    .name = "ReceivableCreate",
    .doc_en = "A claim on the buyer of an invoice, offered to a lender",
    .doc_zh = "向资金方提供的应收账款",
    .fields = fields,
    .rules = rules,
};
