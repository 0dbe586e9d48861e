/* Holds: the field table, and the rules across fields. */
#include "hold.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/codec/body.h"
#include "scfd/codec/field_table.h"

static const char *const assessment_ids[] = {"asm", NULL};
static const char *const decision_ids[] = {"dec", NULL};
static const char *const contract_ids[] = {"ctr", NULL};
static const char *const invoice_ids[] = {"inv", NULL};
static const char *const receivable_ids[] = {"rcv", NULL};

static const struct scf_field invoice_members[] = {
    SCF_F("invoice_id", ID, "The invoice, as a record of any node", "发票编号", SCF_MUST,
          SCF_AMONG(invoice_ids)),
    SCF_F("amount", MONEY, "How much of it is claimed, at most its net amount", "占用金额",
          SCF_MUST, SCF_POSITIVE),
    SCF_FIELD_END,
};
static const struct scf_field invoice_element[] = {
    {.name = "", .type = SCF_T_OBJECT, .members = invoice_members}};

static const struct scf_field receivable_members[] = {
    SCF_F("receivable_id", ID, "The lender's own open receivable; its invoice is claimed with it",
          "本方应收账款，其发票一并占用", SCF_MUST, SCF_AMONG(receivable_ids)),
    SCF_F("amount", MONEY, "How much of it is claimed, at most its net amount", "占用金额",
          SCF_MUST, SCF_POSITIVE),
    SCF_FIELD_END,
};
static const struct scf_field receivable_element[] = {
    {.name = "", .type = SCF_T_OBJECT, .members = receivable_members}};

static const struct scf_field fields[] = {
    SCF_F("external_id", STRING, "The lender's own identifier (default: the hold's id)",
          "贷款方自有编号（默认同占用编号）", SCF_SIZE(1, 128),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("assessment_id", ID, "The assessment that was addressed to the lender",
          "所依据的授信评估", SCF_AMONG(assessment_ids)),
    SCF_F("decision_id", ID, "The lender's approval; one of the two is required",
          "所依据的授信决定（二者至少其一）", SCF_AMONG(decision_ids)),
    SCF_F("contract_id", ID, "The contract whose limit is held, one of the assessment",
          "占用额度的合同", SCF_MUST, SCF_AMONG(contract_ids)),
    SCF_F("amount", MONEY, "Amount held; what is claimed adds up to at least as much",
          "占用额度，不超过所占用发票及应收账款金额之和", SCF_MUST, SCF_POSITIVE),
    SCF_F("currency", CURRENCY, "Currency of the assessment", "币种，与评估一致", SCF_MUST),
    SCF_F("invoices", ARRAY, "Invoices claimed, each once", "占用的发票",
          SCF_SIZE(0, SCF_HOLD_INVOICES_MAX), SCF_OF(invoice_element)),
    SCF_F("receivables", ARRAY, "Receivables claimed, each once", "占用的应收账款",
          SCF_SIZE(0, SCF_HOLD_INVOICES_MAX), SCF_OF(receivable_element)),
    SCF_F("expires_at", TIME,
          "When the hold ends by itself; by default after, and at most, the hours of the policy",
          "占用到期时间，缺省及上限见政策"),
    SCF_FIELD_END,
};

static void no_duplicates(const cJSON *body, const char *name, const char *id,
                          struct scf_faults *faults) {
    const cJSON *list = scf_json_get(body, name), *one, *other;
    int index = 0;
    cJSON_ArrayForEach(one, list) {
        for (other = list->child; other != one; other = other->next) {
            if (!scf_body_is(one, id, scf_json_string(other, id)))
                continue;
            char pointer[64];
            snprintf(pointer, sizeof pointer, "#/%s/%d/%s", name, index, id);
            scf_fault_add(faults, pointer, "duplicate", "It stands in the list before.");
            break;
        }
        index++;
    }
}

/* Stops at the largest amount there is. */
static int64_t add_claims(const cJSON *body, const char *list, int64_t sum) {
    const cJSON *claim;
    int64_t amount;
    cJSON_ArrayForEach(claim, scf_json_get(body, list)) {
        if (scf_body_money(claim, "amount", scf_body_scale(body), &amount))
            sum = amount > SCF_MONEY_MAX - sum ? SCF_MONEY_MAX : sum + amount;
    }
    return sum;
}

/* What is lent on invoices is claimed of them: else two lenders could each lend the whole amount on
 * one invoice by claiming a cent of it (CR-7.1: Σ financed ≤ net). */
static void check_cover(const cJSON *body, struct scf_faults *faults) {
    int64_t amount;
    int64_t claimed = add_claims(body, "receivables", add_claims(body, "invoices", 0));
    if (claimed > 0 && scf_body_money(body, "amount", scf_body_scale(body), &amount) &&
        claimed < amount)
        scf_fault_add(faults, "#/amount", "sum-mismatch",
                      "The claims add up to less than the amount held (CR-7.1).");
}

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    (void)warnings;
    const struct scf_hold_ctx *now = ctx;
    int64_t expires_us;
    if (scf_json_get(body, "assessment_id") == NULL && scf_json_get(body, "decision_id") == NULL)
        scf_fault_add(faults, "#/assessment_id", "required",
                      "One of assessment_id and decision_id is required.");
    if (scf_body_time(body, "expires_at", now->offset_minutes, &expires_us) &&
        expires_us <= now->now_us)
        scf_fault_add(faults, "#/expires_at", "out-of-range", "The time must be in the future.");
    no_duplicates(body, "invoices", "invoice_id", faults);
    no_duplicates(body, "receivables", "receivable_id", faults);
    check_cover(body, faults);
}

const struct scf_schema scf_hold_schema = {
    .name = "LimitHoldCreate",
    .doc_en = "An amount of a limit to be reserved, with claims on invoices",
    .doc_zh = "占用额度并占用发票",
    .fields = fields,
    .rules = rules,
};

static const struct scf_field release_fields[] = {
    SCF_F("reason", STRING, "Why it is given back", "释放原因", SCF_SIZE(0, 500)),
    SCF_FIELD_END,
};

const struct scf_schema scf_hold_release_schema = {
    .name = "LimitHoldRelease",
    .doc_en = "A hold that is not needed any more",
    .doc_zh = "释放占用",
    .fields = release_fields,
};

static const struct scf_field unfreeze_fields[] = {
    SCF_F("reason", STRING, "Why it may be drawn under again", "解除冻结的理由", SCF_MUST,
          SCF_SIZE(1, 500)),
    SCF_FIELD_END,
};

const struct scf_schema scf_unfreeze_schema = {
    .name = "LimitUnfreeze",
    .doc_en = "A freeze that an administrator lifts",
    .doc_zh = "管理员解除额度账户冻结",
    .fields = unfreeze_fields,
};
