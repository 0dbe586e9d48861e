/* The registration text, word for word. */
#include <setjmp.h>
#include <cmocka.h>

#include "registration.h"

#include "scfd/base/clock.h"

static struct scf_rcv_description factoring(void) {
    return (struct scf_rcv_description){
        .kind = SCF_RCV_NO_RECOURSE,
        .seller = {"杭州轴承有限公司", "91330100MA27XYZ12A"},
        .debtor = {"Acme Bearings GmbH", "DE:HRB12345"},
        .lender = {"钱塘商业保理有限公司", "91330100MA28ABC34B"},
        .contract_no = "HT-2026-118",
        .invoice_code = "033002100111",
        .invoice_no = "12345678",
        .issued_day = scf_day_from_civil(2026, 3, 9),
        .has_due = true,
        .due_day = scf_day_from_civil(2026, 12, 31),
        .currency = "CNY",
        .invoice_total = 113000000,
        .claim = 100000001,
    };
}

static void says(const struct scf_rcv_description *d, const char *text) {
    struct scf_buf out;
    scf_buf_init(&out, 16 << 10);
    scf_registration_text(d, &out);
    assert_string_equal(out.data, text);
    scf_buf_clear(&out);
    scf_registration_text(d, &out); /* the same again */
    assert_string_equal(out.data, text);
    scf_buf_free(&out);
}

static void test_factoring(void **state) {
    (void)state;
    struct scf_rcv_description d = factoring();
    says(&d, "出让人杭州轴承有限公司（统一社会信用代码91330100MA27XYZ12A）将其在编号为HT-2026-118的"
             "合同项下对债务人Acme Bearings GmbH（注册号DE:HRB12345）享有的应收账款债权转让给"
             "受让人钱塘商业保理有限公司（统一社会信用代码91330100MA28ABC34B）。"
             "对应发票：发票代码033002100111，发票号码12345678，开票日期2026年3月9日，"
             "价税合计人民币1130000.00元。应收账款金额人民币1000000.01元，到期日2026年12月31日。"
             "业务类型：无追索权保理。");
    assert_string_equal(scf_registration_type(d.kind), "保理");
}

static void test_pledge_in_another_currency(void **state) {
    (void)state;
    struct scf_rcv_description d = factoring();
    d.kind = SCF_RCV_PLEDGE;
    memcpy(d.currency, "JPY", 4);
    d.contract_no = NULL;
    d.invoice_code = NULL;
    d.has_due = false;
    d.lender.code = NULL;
    says(&d, "出质人杭州轴承有限公司（统一社会信用代码91330100MA27XYZ12A）将其对"
             "债务人Acme Bearings GmbH（注册号DE:HRB12345）享有的应收账款出质给"
             "质权人钱塘商业保理有限公司。对应发票：发票号码12345678，开票日期2026年3月9日，"
             "价税合计JPY 113000000。应收账款金额JPY 100000001。业务类型：应收账款质押。");
    assert_string_equal(scf_registration_type(d.kind), "应收账款质押");
}

/* CR-7.6: all its fields are there. */
static void test_voucher(void **state) {
    (void)state;
    struct scf_rcv_description d = factoring();
    d.kind = SCF_RCV_VOUCHER;
    d.debtor = (struct scf_rcv_party){"宁波整车有限公司", "91330200MA2AAAAA1C"};
    d.issuer = d.debtor;
    d.system_name = "链信";
    d.certificate_no = "PZ-001";
    d.sub_no = "02";
    d.voucher_amount = 100000001;
    d.voucher_issued_day = scf_day_from_civil(2026, 4, 1);
    d.voucher_due_day = scf_day_from_civil(2026, 9, 30);
    d.due_day = d.voucher_due_day;
    says(&d, "出让人杭州轴承有限公司（统一社会信用代码91330100MA27XYZ12A）将其在编号为HT-2026-118的"
             "合同项下对债务人宁波整车有限公司（统一社会信用代码91330200MA2AAAAA1C）"
             "享有的应收账款债权转让给受让人钱塘商业保理有限公司"
             "（统一社会信用代码91330100MA28ABC34B）。应收账款电子凭证：系统名称链信，"
             "凭证编号PZ-001，子编号02，开立人宁波整车有限公司"
             "（统一社会信用代码91330200MA2AAAAA1C），原始持有人杭州轴承有限公司"
             "（统一社会信用代码91330100MA27XYZ12A），融资人杭州轴承有限公司"
             "（统一社会信用代码91330100MA27XYZ12A），凭证金额人民币1000000.01元，"
             "开立日2026年4月1日，到期日2026年9月30日，基础合同号HT-2026-118。"
             "对应发票：发票代码033002100111，发票号码12345678，开票日期2026年3月9日，"
             "价税合计人民币1130000.00元。应收账款金额人民币1000000.01元，到期日2026年9月30日。"
             "业务类型：应收账款电子凭证融资。");
}

/* CR-10.2: whatever it is called, not a bill. */
static void test_label(void **state) {
    (void)state;
    assert_string_equal(scf_receivable_label(true), "应收款项融资（非票据）");
    assert_non_null(strstr(scf_receivable_label(false), "not a bill"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_factoring),
        cmocka_unit_test(test_pledge_in_another_currency),
        cmocka_unit_test(test_voucher),
        cmocka_unit_test(test_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
