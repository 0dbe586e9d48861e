/* The description of the claim, in the register's words. Relies on money and calendar of base. */
#include "registration.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

const char *const scf_registration_status_names[] = {"",         "ACTIVE",    "AMENDED", "EXTENDED",
                                                     "OBJECTED", "CANCELLED", "EXPIRED", NULL};

const char *scf_registration_type(enum scf_rcv_kind kind) {
    return kind == SCF_RCV_PLEDGE ? "应收账款质押" : "保理";
}

const char *scf_receivable_label(bool chinese) {
    return chinese ? "应收款项融资（非票据）" : "receivables financing (not a bill)";
}

static void put_party(struct scf_buf *out, const char *role, const struct scf_rcv_party *p) {
    scf_buf_puts(out, role);
    scf_buf_puts(out, p->name ? p->name : "");
    if (p->code) /* a colon stands in the number of a foreign party only */
        scf_buf_printf(out, strchr(p->code, ':') ? "（注册号%s）" : "（统一社会信用代码%s）",
                       p->code);
}

static void put_money(struct scf_buf *out, const char *currency, int64_t amount) {
    char text[SCF_MONEY_TEXT];
    scf_money_format(amount, scf_currency_scale(scf_str(currency)), text);
    if (strcmp(currency, "CNY") == 0)
        scf_buf_printf(out, "人民币%s元", text);
    else
        scf_buf_printf(out, "%s %s", currency, text);
}

static void put_day(struct scf_buf *out, int32_t day) {
    int year, month, mday;
    scf_civil_from_day(day, &year, &month, &mday);
    scf_buf_printf(out, "%d年%d月%d日", year, month, mday);
}

static void put_invoice(const struct scf_rcv_description *d, struct scf_buf *out) {
    if (d->invoice_no == NULL)
        return;
    scf_buf_puts(out, "对应发票：");
    if (d->invoice_code)
        scf_buf_printf(out, "发票代码%s，", d->invoice_code);
    scf_buf_printf(out, "发票号码%s，开票日期", d->invoice_no);
    put_day(out, d->issued_day);
    scf_buf_puts(out, "，价税合计");
    put_money(out, d->currency, d->invoice_total);
    scf_buf_puts(out, "。");
}

static void put_claim(const struct scf_rcv_description *d, struct scf_buf *out) {
    bool pledge = d->kind == SCF_RCV_PLEDGE;
    put_party(out, pledge ? "出质人" : "出让人", &d->seller);
    if (d->contract_no)
        scf_buf_printf(out, "将其在编号为%s的合同项下对", d->contract_no);
    else
        scf_buf_puts(out, "将其对");
    put_party(out, "债务人", &d->debtor);
    scf_buf_puts(out, pledge ? "享有的应收账款出质给" : "享有的应收账款债权转让给");
    put_party(out, pledge ? "质权人" : "受让人", &d->lender);
    scf_buf_puts(out, "。");
}

static void put_voucher(const struct scf_rcv_description *d, struct scf_buf *out) {
    scf_buf_printf(out, "应收账款电子凭证：系统名称%s，凭证编号%s，", d->system_name,
                   d->certificate_no);
    if (d->sub_no)
        scf_buf_printf(out, "子编号%s，", d->sub_no);
    put_party(out, "开立人", &d->issuer);
    put_party(out, "，原始持有人", &d->seller);
    put_party(out, "，融资人", &d->seller);
    scf_buf_puts(out, "，凭证金额");
    put_money(out, d->currency, d->voucher_amount);
    scf_buf_puts(out, "，开立日");
    put_day(out, d->voucher_issued_day);
    scf_buf_puts(out, "，到期日");
    put_day(out, d->voucher_due_day);
    if (d->contract_no)
        scf_buf_printf(out, "，基础合同号%s", d->contract_no);
    scf_buf_puts(out, "。");
}

static const char *mode(enum scf_rcv_kind kind) {
    static const char *const modes[] = {"业务类型：有追索权保理。", "业务类型：无追索权保理。",
                                        "业务类型：应收账款质押。",
                                        "业务类型：应收账款电子凭证融资。"};
    return modes[kind];
}

void scf_registration_text(const struct scf_rcv_description *d, struct scf_buf *out) {
    put_claim(d, out);
    if (d->kind == SCF_RCV_VOUCHER)
        put_voucher(d, out);
    put_invoice(d, out);
    scf_buf_puts(out, "应收账款金额");
    put_money(out, d->currency, d->claim);
    if (d->has_due) {
        scf_buf_puts(out, "，到期日");
        put_day(out, d->due_day);
    }
    scf_buf_puts(out, "。");
    scf_buf_puts(out, mode(d->kind));
}
