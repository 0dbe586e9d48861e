/* The codes of documents and receipts in words. Pure. */
#include "report.h"

static const struct {
    const char *code, *en, *zh;
} words[] = {
    /* kinds of assessment */
    {"initial", "Initial limit", "初始额度"},
    {"incremental", "Increment", "增量额度"},
    {"periodic", "Periodic review", "定期复评"},
    /* factors */
    {"normativity", "Normativity N", "规范度 N"},
    {"timeliness", "Timeliness", "及时度"},
    {"accuracy", "Accuracy A", "准确度 A"},
    {"cross_checks", "Cross-checks X", "交叉核验 X"},
    {"qualification", "Qualification q", "资质系数 q"},
    {"history", "History h", "历史系数 h"},
    {"order_advance_rate", "Advance rate r0", "预付比例 r0"},
    {"contract_net", "Net contract amount", "合同净额"},
    {"guarantee", "Guarantees", "担保增额"},
    {"requested_amount", "Requested amount", "申请金额"},
    {"completion", "Completion P", "完成程度 P"},
    {"credibility", "Execution credibility E", "执行可信度 E"},
    {"increment", "Increment", "增量额度"},
    {"need_ceiling", "Need for working capital", "营运资金需求"},
    /* steps of the chain of limits */
    {"model", "Model limit", "模型额度"},
    {"borrowing_base", "Borrowing base", "借款基数"},
    {"need", "Need for working capital", "营运资金需求"},
    {"requested", "Requested amount", "申请金额"},
    {"debtor", "Room of the debtors", "付款人剩余额度"},
    {"regulatory", "Regulatory caps", "监管限额"},
    {"lender", "Lender's own cap", "贷款人自设上限"},
    /* states */
    {"active", "active", "有效"},
    {"pending", "pending", "待生效"},
    {"draft", "draft", "草稿"},
    {"completed", "completed", "已完成"},
    {"terminated", "terminated", "已终止"},
    {"cancelled", "cancelled", "已取消"},
    {"expired", "expired", "已到期"},
    {"released", "released", "已解除"},
    {"called", "called", "已索偿"},
    /* directions of reasons */
    {"positive", "raises", "有利"},
    {"negative", "lowers", "不利"},
    {"neutral", "neutral", "中性"},
    /* findings */
    {"hard", "hard", "硬性"},
    {"soft", "soft", "软性"},
    {"alert", "alert", "提示"},
    {"failed", "failed", "未通过"},
    {"passed", "passed", "通过"},
    {"not_applicable", "not applicable", "不适用"},
    {"parties", "Parties agree", "当事人一致"},
    {"signed-first", "Signed before anything is received", "先签约后收货"},
    {"step-order", "Order of the steps", "业务时序"},
    {"due-after-acceptance", "Payment due after acceptance", "付款日晚于验收日"},
    {"quantity-match", "Quantity invoiced as accepted", "开票数量与验收数量一致"},
    {"quantity-ordered", "Quantity accepted within the order", "验收数量不超订单"},
    {"price-match", "Price invoiced as ordered", "开票单价与订单一致"},
    {"invoice-sum", "Invoices within the contract", "发票合计不超合同"},
    {"line-tax", "Tax of the lines", "税额计算"},
    {"fund-flow", "Flow of funds", "资金流向"},
    {"logistics", "Logistics", "物流"},
    {"round-trip", "Round trips", "循环交易"},
    {"declared-revenue", "Declared revenue", "申报收入"},
    {"invoice-cancelled", "Invoice void or red", "发票作废或红冲"},
    /* stages */
    {"preparation", "preparation", "备料"},
    {"production", "production", "生产"},
    {"shipped", "shipped", "发货"},
    {"accepted", "accepted", "签收/验收"},
    {"invoiced", "invoiced", "开票确权"},
    /* why a receivable is not eligible (CR-3.1) */
    {"INV", "INV: void, red or not found", "INV：作废、红冲或查无"},
    {"DUP", "DUP: financed elsewhere", "DUP：重复融资"},
    {"OWN", "OWN: pledged or assigned", "OWN：已质押或转让"},
    {"CSG", "CSG: consignment", "CSG：寄售"},
    {"BILL", "BILL: paid by bill", "BILL：票据支付"},
    {"CUR", "CUR: other currency", "CUR：币种不同"},
    {"FUT", "FUT: not delivered yet", "FUT：尚未交付"},
    {"CHECK", "CHECK: a hard check failed", "CHECK：硬性核验未通过"},
    {"AFF", "AFF: affiliated debtor", "AFF：关联方"},
    {"TERM", "TERM: term too long", "TERM：期限超限"},
    {"AGE", "AGE: too old or past due", "AGE：账龄超限"},
    {"XAGE", "XAGE: cross-aging of the debtor", "XAGE：交叉账龄"},
    {"NOCONF", "NOCONF: not confirmed", "NOCONF：未确权"},
    {"DISP", "DISP: disputed", "DISP：存在争议"},
    /* qualifications */
    {"business_license", "Business licence", "营业执照"},
    {"industry_permit", "Industry permit", "行业许可证"},
    {"safety_license", "Safety licence", "安全生产许可证"},
    {"quality_system", "Quality system", "质量管理体系认证"},
    {"high_tech", "High-tech enterprise", "高新技术企业"},
    {"credit_rating", "Credit rating", "信用评级"},
    {"import_export", "Import and export", "进出口资质"},
    {"construction_grade", "Construction grade", "建筑业资质"},
    {"other", "Other", "其他"},
};

const char *scf_word(struct scf_report *r, const char *code) {
    for (size_t i = 0; code != NULL && i < SCF_COUNT(words); i++)
        if (strcmp(words[i].code, code) == 0)
            return scf_say(r, words[i].en, words[i].zh);
    for (int i = 0; code != NULL && i < SCF_REASON_COUNT; i++)
        if (strcmp(scf_reason_slug((enum scf_reason)i), code) == 0)
            return scf_reason_text((enum scf_reason)i, r->chinese);
    return scf_shown(r, code);
}

const char *scf_debtor_name(const struct scf_report_inputs *in, const char *id) {
    struct scf_uuid u;
    if (id == NULL || !scf_id_parse("ent", scf_str(id), &u))
        return id;
    for (size_t i = 0; i < in->debtor_count; i++)
        if (scf_uuid_eq(&in->debtors[i].id, &u))
            return in->debtors[i].name;
    return id;
}

static int by_id(const void *key, const void *record) {
    return scf_uuid_compare(key, &((const struct scf_report_record *)record)->id);
}

const char *scf_record_name(struct scf_report *r, const struct scf_report_inputs *in,
                            const char *id) {
    char prefix[16], text[SCF_ID_TEXT];
    struct scf_uuid u;
    if (id == NULL || !scf_id_parse_any(scf_str(id), prefix, &u) || in->record_count == 0)
        return id;
    const struct scf_report_record *found =
        bsearch(&u, in->records, in->record_count, sizeof *found, by_id);
    if (found == NULL)
        return id;
    scf_id_format(scf_record_kind_prefix(found->kind), &u, text);
    return scf_printed(r, "%s", text);
}
