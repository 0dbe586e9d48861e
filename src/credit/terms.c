/* A lender's terms: its capital and its ceilings, as the lender states them. The field table, and
 * reading what concerns one borrower. Pure. */
#include "terms.h"
#include "scfd/limit/receipt.h"
#include "scfd/codec/field_table.h"

static const char *const enterprise_ids[] = {"ent", NULL};

static const struct scf_field line_members[] = {
    SCF_F("debtor_id", ID, "The core enterprise", "核心企业", SCF_MUST, SCF_AMONG(enterprise_ids)),
    SCF_F("amount", MONEY, "The line for its confirmed payables", "对其确认付款的授信额度",
          SCF_MUST, SCF_NOT_NEGATIVE),
    SCF_F("confirmed_financed", MONEY, "Its payables that are financed outside of this server",
          "本系统之外已融资的确认付款", SCF_NOT_NEGATIVE),
    SCF_F("direct_loans", MONEY, "Direct loans to it", "对其直接贷款", SCF_NOT_NEGATIVE),
    SCF_FIELD_END,
};
static const struct scf_field line_element[] = {{.type = SCF_T_OBJECT, .members = line_members}};

static const struct scf_field exposure_members[] = {
    SCF_F("enterprise_id", ID, "The borrower", "借款企业", SCF_MUST, SCF_AMONG(enterprise_ids)),
    SCF_F("loans", MONEY, "Loans to it outside of this server", "本系统之外对其贷款",
          SCF_NOT_NEGATIVE),
    SCF_F("exposure", MONEY, "All exposure to it outside of this server", "本系统之外对其风险暴露",
          SCF_NOT_NEGATIVE),
    SCF_F("group_exposure", MONEY, "Exposure to it and its group outside of this server",
          "本系统之外对其所在集团的风险暴露", SCF_NOT_NEGATIVE),
    SCF_FIELD_END,
};
static const struct scf_field exposure_element[] = {
    {.type = SCF_T_OBJECT, .members = exposure_members}};

static const struct scf_field terms_fields[] = {
    SCF_F("external_id", STRING, "The lender's own identifier, unique with it",
          "信贷机构自有编号，在其内唯一", SCF_MUST, SCF_SIZE(1, 128),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("kind", ENUM, "What it is; it decides which prudential limits apply", "机构类型",
          SCF_MUST, SCF_AMONG(scf_lender_kind_names)),
    SCF_F("currency", CURRENCY, "Currency of all amounts", "全部金额的币种", SCF_MUST),
    SCF_F("capital", MONEY, "Capital balance of a bank", "资本余额", SCF_NOT_NEGATIVE),
    SCF_F("tier1_capital", MONEY, "Tier 1 capital of a bank", "一级资本", SCF_NOT_NEGATIVE),
    SCF_F("net_assets", MONEY, "Net assets of a factor or guarantee company", "净资产",
          SCF_NOT_NEGATIVE),
    SCF_F("risk_assets", MONEY, "Risk assets of a factor", "风险资产", SCF_NOT_NEGATIVE),
    SCF_F("guarantees", MONEY, "Guarantees that a guarantee company stands in", "担保责任余额",
          SCF_NOT_NEGATIVE),
    SCF_F("affiliates", MONEY, "A factor's financing with affiliates as debtors",
          "以关联企业为付款人的保理融资余额", SCF_NOT_NEGATIVE),
    SCF_F("single_borrower_cap", MONEY, "The lender's own cap for one borrower", "单户上限",
          SCF_NOT_NEGATIVE),
    SCF_F("debtor_lines", ARRAY, "Lines for core enterprises; each once", "核心企业额度",
          SCF_SIZE(0, SCF_TERMS_MAX_LINES), SCF_OF(line_element)),
    SCF_F("exposures", ARRAY, "Exposures to borrowers; each once", "对借款企业的风险暴露",
          SCF_SIZE(0, SCF_TERMS_MAX_LINES), SCF_OF(exposure_element)),
    SCF_FIELD_END,
};

/* What would count twice or not at all is refused. */
static void refuse_twice(const cJSON *body, const char *list, const char *member,
                         struct scf_faults *faults) {
    const cJSON *array = scf_json_get(body, list), *e;
    int i = 0;
    cJSON_ArrayForEach(e, array) {
        const char *id = scf_json_string(e, member);
        for (const cJSON *before = array->child; id != NULL && before != e; before = before->next) {
            const char *other = scf_json_string(before, member);
            char pointer[64];
            if (other == NULL || strcmp(other, id) != 0)
                continue;
            snprintf(pointer, sizeof pointer, "#/%s/%d/%s", list, i, member);
            scf_fault_add(faults, pointer, "duplicate", "It is named twice.");
            break;
        }
        i++;
    }
}

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    (void)warnings;
    (void)ctx;
    refuse_twice(body, "debtor_lines", "debtor_id", faults);
    refuse_twice(body, "exposures", "enterprise_id", faults);
}

const struct scf_schema scf_terms_schema = {
    .name = "LenderTermsCreate",
    .doc_en = "A lender's capital, lines and caps; the newest in a currency counts",
    .doc_zh = "信贷机构的资本、额度与上限，同币种以最新为准",
    .fields = terms_fields,
    .rules = rules,
};

/* ---- reading ---- */

struct reading {
    int scale;
    bool sound;
};

/* 0 when absent. */
static int64_t amount(struct reading *r, const cJSON *o, const char *name, bool *has) {
    char text[SCF_MONEY_TEXT];
    int64_t value = 0;
    const cJSON *item = scf_json_get(o, name);
    if (has != NULL)
        *has = item != NULL;
    if (item == NULL)
        return 0;
    r->sound &= scf_json_decimal_text(item, text, sizeof text) &&
                scf_money_parse(scf_str(text), r->scale, &value) && value >= 0;
    return value;
}

static const cJSON *entry_of(const cJSON *list, const char *member, const struct scf_uuid *id) {
    const cJSON *e;
    struct scf_uuid found;
    cJSON_ArrayForEach(e, list) {
        const char *text = scf_json_string(e, member);
        if (text != NULL && scf_id_parse("ent", scf_str(text), &found) && scf_uuid_eq(&found, id))
            return e;
    }
    return NULL;
}

bool scf_terms_read(const cJSON *body, const struct scf_uuid *borrower_id,
                    struct scf_lender_inputs *ret, struct scf_lender_debtor *debtors) {
    const char *currency = scf_json_string(body, "currency"), *kind = scf_json_string(body, "kind");
    if (currency == NULL || kind == NULL)
        return false;
    struct reading r = {.scale = scf_scale_of(currency), .sound = true};
    ret->kind = SCF_LENDER_BANK;
    while (ret->kind < SCF_LENDER_OTHER && strcmp(scf_lender_kind_names[ret->kind], kind) != 0)
        ret->kind++;
    ret->capital = amount(&r, body, "capital", &ret->has_capital);
    ret->tier1_capital = amount(&r, body, "tier1_capital", &ret->has_tier1);
    ret->net_assets = amount(&r, body, "net_assets", &ret->has_net_assets);
    ret->risk_assets = amount(&r, body, "risk_assets", &ret->has_risk_assets);
    ret->single_borrower_cap = amount(&r, body, "single_borrower_cap", &ret->has_cap);
    ret->guarantees = amount(&r, body, "guarantees", NULL);
    ret->affiliates = amount(&r, body, "affiliates", NULL);
    const cJSON *e = entry_of(scf_json_get(body, "exposures"), "enterprise_id", borrower_id);
    ret->loans = amount(&r, e, "loans", NULL);
    ret->exposure = amount(&r, e, "exposure", NULL);
    ret->group_exposure = amount(&r, e, "group_exposure", NULL);
    for (size_t i = 0; i < ret->debtor_count; i++) {
        const cJSON *line =
            entry_of(scf_json_get(body, "debtor_lines"), "debtor_id", &debtors[i].enterprise_id);
        debtors[i].line = amount(&r, line, "amount", &debtors[i].has_line);
        debtors[i].confirmed_financed = amount(&r, line, "confirmed_financed", NULL);
        debtors[i].direct_loans = amount(&r, line, "direct_loans", NULL);
    }
    return r.sound;
}
