/* The report as a pure function: how figures are shown (rounded by hand here), what it says of what
 * the documents say, and that nothing a record may contain breaks it. */
#include <setjmp.h>
#include <cmocka.h>

#include "report.h"

static struct scf_arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = scf_arena_new(64 << 20);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

static const cJSON *json(const char *text) {
    struct scf_error err = {0};
    const cJSON *parsed = scf_json_parse(arena, scf_strdup(arena, text), strlen(text), &err);
    if (parsed == NULL)
        fail_msg("%s", err.detail);
    return parsed;
}

static const char document[] =
    "{\"kind\":\"initial\",\"as_of\":\"2026-11-22T08:00:00.000000Z\",\"currency\":\"CNY\","
    "\"contract_ids\":[\"ctr_01h455vb4pex5vsknk084sn02q\"],"
    "\"model\":{\"version\":\"default/1\",\"sha256\":\"ab\"},"
    "\"template\":{\"code\":\"general_workflow_event\",\"revision\":3},"
    "\"inputs\":{\"counts\":{\"workflow_events\":7,\"invoices\":3,\"history_periods\":2},"
    "\"period\":{\"from\":\"2026-11-01\",\"to\":\"2026-11-22\"},"
    "\"chains\":[{\"id\":\"chain_x\",\"folded_size\":11,\"sealed_size\":10,\"sealed_root\":\"R+/"
    "=\"}"
    "]},\"ratings\":{\"normativity\":{\"score\":\"0.925\",\"grade\":\"B\"},"
    "\"timeliness\":{\"score\":\"0.6\",\"grade\":\"B\",\"workflow_delay_h\":\"29.999999\","
    "\"invoice_delay_h\":null,\"weighted_delay_h\":\"29.999999\"},"
    "\"accuracy\":{\"score\":\"0.999999\",\"grade\":\"A\",\"in_range_ratio\":\"1\"},"
    "\"overall\":\"B\"},\"authenticity\":{\"score\":\"0.5\",\"checks_applicable\":4,"
    "\"checks_passed\":2},\"truth_coefficient\":\"0.8\",\"qualification_score\":\"0.7\","
    "\"history_factor\":\"0.9\",\"computed_limit\":\"1234567.89\","
    "\"recommended_limit\":\"1234567.89\",\"limit_expires_on\":\"2027-02-20\","
    "\"factors\":[{\"name\":\"normativity\",\"unit\":\"ratio\",\"value\":\"0.925\","
    "\"weight\":\"0.25\",\"contribution\":\"0.23125\",\"reason\":\"normativity-fair\"},"
    "{\"name\":\"contract_net\",\"unit\":\"money\",\"value\":\"9000000.00\",\"weight\":null,"
    "\"contribution\":\"9000000.00\",\"reason\":\"contract-counted\"},"
    "{\"name\":\"guarantee\",\"unit\":\"money\",\"value\":\"0.50\",\"weight\":null,"
    "\"contribution\":\"0.50\",\"reason\":\"no-guarantee\"}],"
    "\"contracts\":[{\"contract_id\":\"ctr_01h455vb4pex5vsknk084sn02q\","
    "\"net_amount\":\"9000000.00\",\"base\":\"1234567.39\",\"guarantee\":\"0.50\","
    "\"reason\":\"contract-counted\"}],"
    "\"waterfall\":[{\"step\":\"model\",\"applies\":true,\"binding\":false,\"rule\":\"CR-2\","
    "\"reported\":null,\"recomputed\":\"2000000.00\",\"adjusted\":\"1500000.00\"},"
    "{\"step\":\"need\",\"applies\":true,\"binding\":true,\"rule\":\"CR-4\","
    "\"reported\":\"1300000.00\",\"recomputed\":\"1234567.89\",\"adjusted\":\"1234567.89\"},"
    "{\"step\":\"regulatory\",\"applies\":false,\"binding\":false,\"rule\":\"CR-10\"}],"
    "\"reasons\":[{\"code\":\"normativity-fair\",\"direction\":\"neutral\","
    "\"contribution\":\"0.23125\",\"text_zh\":\"缺字段\",\"text_en\":\"fields miss\"},"
    "{\"code\":\"no-guarantee\",\"direction\":\"neutral\",\"contribution\":\"0.50\","
    "\"text_zh\":\"没有\",\"text_en\":\"none\"}]}";

static const char receipt[] =
    "{\"inputs\":{\"template\":{\"normativity\":[\"0.95\",\"0.85\",\"0.7\"],"
    "\"timeliness_us\":[86400000000,259200000000,604800000000],"
    "\"accuracy\":[\"0.97\",\"0.9\",\"0.8\"]},\"sums\":[{\"kind\":\"workflow_event\","
    "\"delay_count\":7,\"delay_s\":\"756000\"},{\"kind\":\"contract\",\"delay_count\":1,"
    "\"delay_s\":\"1\"}],\"qualifications\":[{\"type\":\"high_tech\",\"grade\":\"\","
    "\"issued_on\":\"2020-01-01\"}],\"policy\":{\"params\":\"{\\\"checks\\\":[{\\\"code\\\":"
    "\\\"invoice-sum\\\",\\\"severity\\\":\\\"hard\\\"}]}\"},"
    "\"contracts\":[{\"id\":\"ctr_01h455vb4pex5vsknk084sn02q\","
    "\"trade\":{\"findings\":[{\"code\":\"invoice-sum\",\"outcome\":\"failed\","
    "\"cases\":5,\"failures\":2,\"detail\":[\"invoices-beyond-contract\",\"12 & <none>\",\"10\"],"
    "\"records\":[\"rec_01h455vb4pex5vsknk084sn02q\",\"inv_2\"]},{\"code\":\"parties\","
    "\"outcome\":\"not_applicable\",\"cases\":0,\"failures\":0,\"detail\":[],"
    "\"records\":[]}]},"
    "\"guarantees\":[{\"id\":\"gua_1\",\"status\":\"active\",\"currency\":\"CNY\","
    "\"amount\":\"3000.00\",\"unconfirmed\":true,\"expires_on\":\"2027-01-01\"}]}]}}";

static struct scf_report_record named;

static struct scf_report_inputs inputs(bool chinese) {
    named.kind = SCF_REC_INVOICE;
    assert_true(scf_id_parse("rec", SCF_STR("rec_01h455vb4pex5vsknk084sn02q"), &named.id));
    return (struct scf_report_inputs){.chinese = chinese,
                                      .base_url = "https://scfd.example.com",
                                      .document = json(document),
                                      .receipt = json(receipt),
                                      .record = {.leaf_index = 4711},
                                      .records = &named,
                                      .record_count = 1,
                                      .borrower_name = "甲公司",
                                      .borrower_code = "91330100000142850U"};
}

static char *html(const struct scf_report_inputs *in) {
    struct scf_report report;
    struct scf_error err = {0};
    struct scf_buf out;
    scf_buf_init(&out, SCF_REPORT_MAX);
    assert_true(scf_report_build(in, arena, &report));
    assert_int_equal(scf_report_html(&report, &out, &err), SCF_OK);
    char *copy = scf_strndup(arena, out.data, out.len);
    assert_non_null(copy);
    scf_buf_free(&out);
    return copy;
}

static size_t pdf_size(const struct scf_report_inputs *in) {
    struct scf_report report;
    struct scf_error err = {0};
    struct scf_buf out;
    scf_buf_init(&out, SCF_REPORT_MAX);
    assert_true(scf_report_build(in, arena, &report));
    assert_int_equal(scf_report_pdf(&report, &out, &err), SCF_OK);
    size_t n = out.len;
    scf_buf_free(&out);
    return n;
}

/* ---- showing ---- */

static void test_figures(void **state) {
    (void)state;
    struct scf_report r = {.arena = arena};
    static const char *const grouped[][2] = {{"0.00", "0.00"},
                                             {"999.99", "999.99"},
                                             {"1000.00", "1,000.00"},
                                             {"-1234567", "-1,234,567"},
                                             {"123456.7", "123,456.7"},
                                             {"-999", "-999"},
                                             {"9999999999999999.99", "9,999,999,999,999,999.99"},
                                             {"abc", "abc"}};
    static const char *const percents[][2] = {
        {"0.925", "92.50%"},   {"0.999999", "99.99%"}, {"1", "100.00%"}, {"0", "0.00%"},
        {"0.000099", "0.00%"}, {"1.5", "150.00%"},     {"x", "–"},       {"-1", "–"}};
    static const char *const hours[][2] = {
        {"29.999999", "29.99 h"}, {"0", "0.00 h"}, {"168", "168.00 h"}, {"", "–"}};
    for (size_t i = 0; i < SCF_COUNT(grouped); i++)
        assert_string_equal(scf_grouped(&r, grouped[i][0]), grouped[i][1]);
    for (size_t i = 0; i < SCF_COUNT(percents); i++)
        assert_string_equal(scf_percent(&r, percents[i][0]), percents[i][1]);
    for (size_t i = 0; i < SCF_COUNT(hours); i++)
        assert_string_equal(scf_hours(&r, hours[i][0]), hours[i][1]);
    assert_string_equal(scf_percent(&r, NULL), "–");
    assert_string_equal(scf_money_shown(&r, 123456789, "CNY"), "1,234,567.89");
    assert_string_equal(scf_money_shown(&r, 123456789, "JPY"), "123,456,789");
    assert_false(r.failed);
}

static void test_foreign_text(void **state) {
    (void)state;
    struct scf_report r = {.arena = arena};
    assert_string_equal(scf_shown(&r, NULL), "–");
    assert_string_equal(scf_shown(&r, ""), "–");
    assert_string_equal(scf_shown(&r, "a\tb\nc\x7f"
                                      "d"),
                        "a b c d");
    /* RIGHT-TO-LEFT OVERRIDE, ZERO WIDTH SPACE, BOM, PARAGRAPH SEPARATOR, a tag character */
    assert_string_equal(scf_shown(&r, "x\xe2\x80\xaey\xe2\x80\x8bz\xef\xbb\xbf.\xe2\x80\xa9"
                                      "-\xf3\xa0\x80\x81"),
                        "x y z . - ");
    assert_string_equal(scf_shown(&r, "é授😀"), "é授😀");
    char text[4 * SCF_REPORT_TEXT + 5] = "";
    for (int i = 0; i < SCF_REPORT_TEXT + 1; i++)
        memcpy(text + 3 * i, "长", 4);
    const char *cut = scf_shown(&r, text);
    assert_int_equal(strlen(cut), 3 * SCF_REPORT_TEXT + 3);
    assert_string_equal(cut + 3 * SCF_REPORT_TEXT, "…");
    text[3 * SCF_REPORT_TEXT] = '\0';
    assert_string_equal(scf_shown(&r, text), text);
}

/* ---- what it says ---- */

static void assert_says(const char *page, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strstr(page, words[i]) == NULL)
            fail_msg("the report does not say %s", words[i]);
}

static void test_content(void **state) {
    (void)state;
    static const char *const both[] = {
        "1,234,567.89",
        "9,000,000.00",
        "1,500,000.00",
        "2,000,000.00",
        "1,300,000.00",
        "92.50%",
        "29.99 h",
        "99.99%",
        "50.00% (2/4)",
        "default/1",
        "general_workflow_event/3",
        "2027-02-20",
        "CR-10",
        "inv_01h455vb4pex5vsknk084sn02q\ninv_2",
        ">2 / 5<",
        "12 &amp; &lt;none&gt;",
        "23.12%",
        "0.50",
        "4711",
        "R+/=",
        "gua_1",
        "3,000.00",
        "91330100000142850U",
        "95.00%",
        "72 h",
        "https://scfd.example.com/v1/records/asm_00000000000000000000000000/proof",
        "scfd verify receipt.json"};
    static const char *const chinese[] = {
        "规范度",       "及时度",           "准确度", "授信额度",     "借款人",
        "营运资金需求", "发票合计不超合同", "未通过", "硬性",         "担保人未确认",
        "不适用",       "高新技术企业",     "缺字段", "由贷款人决定", "最低值"};
    static const char *const english[] = {"Normativity",
                                          "Recommended limit",
                                          "Need for working capital",
                                          "Invoices within the contract",
                                          "not confirmed by the guarantor",
                                          "not applicable",
                                          "High-tech enterprise",
                                          "fields miss",
                                          "The lender decides",
                                          "the lowest: it decides"};
    struct scf_report_inputs zh = inputs(true), en = inputs(false);
    const char *page_zh = html(&zh), *page_en = html(&en);
    assert_says(page_zh, both, SCF_COUNT(both));
    assert_says(page_en, both, SCF_COUNT(both));
    assert_says(page_zh, chinese, SCF_COUNT(chinese));
    assert_says(page_en, english, SCF_COUNT(english));
    assert_non_null(strstr(page_zh, "lang=\"zh-CN\""));
    assert_null(strstr(page_en, "规范度"));
    /* a finding's figures, in the words of the report */
    assert_non_null(strstr(page_zh, "发票合计12 &amp; &lt;none&gt;，合同允许10。"));
    assert_non_null(
        strstr(page_en, "The invoices add up to 12 &amp; &lt;none&gt;, the contract allows 10."));
}

/* 7 events with 756000 s in the window by the receipt; 3 with 36000 s on the 20th by the days: the
 * 22nd has the other 4 with 720000 s, which is 50 h each; the 20th 3.3 h, rounded down. */
static void test_the_last_day_is_the_receipts(void **state) {
    (void)state;
    const struct scf_report_day day = {20777, SCF_REC_WORKFLOW_EVENT, 3, 36000};
    struct scf_report_inputs in = inputs(false);
    in.days = &day;
    in.day_count = 1;
    const char *page = html(&in);
    assert_non_null(
        strstr(page, "2026-11-20 workflow events 3.3; 2026-11-22 workflow events 50.0;"));
    assert_null(strstr(page, "invoices 0"));
    /* more on earlier days than the receipt has in all: no last day is made up */
    const struct scf_report_day late = {20777, SCF_REC_WORKFLOW_EVENT, 8, 36000};
    in.days = &late;
    page = html(&in);
    assert_null(strstr(page, "2026-11-22 workflow events"));
}

static void test_history_is_drawn_in_order(void **state) {
    (void)state;
    const struct scf_report_point points[2] = {{INT64_C(1790000000000000), 10000},
                                               {INT64_C(1791000000000000), 250000000}};
    struct scf_report_inputs in = inputs(false);
    in.points = points;
    in.point_count = 2;
    const char *page = html(&in), *first = strstr(page, ">100.00<");
    assert_non_null(first);
    assert_non_null(strstr(first, ">2,500,000.00<"));
    assert_non_null(strstr(page, "Recommended limits: 3; the latest: 1,234,567.89 CNY"));
}

/* ---- what may not break it ---- */

static void test_nothing_at_all(void **state) {
    (void)state;
    for (int chinese = 0; chinese < 2; chinese++) {
        struct scf_report_inputs in = {.chinese = chinese,
                                       .base_url = "http://127.0.0.1:8080",
                                       .document = json("{}"),
                                       .receipt = json("{}"),
                                       .borrower_name = "",
                                       .borrower_code = ""};
        assert_non_null(strstr(html(&in), "</html>"));
        assert_true(pdf_size(&in) > 1000);
    }
}

static void test_hostile_names(void **state) {
    (void)state;
    const struct scf_report_contract names = {
        .contract_no = "</td><script>alert(1)</script>",
        .title = "\"'><img src=x onerror=alert(2)>&amp;\xe2\x80\xae",
        .buyer = "<!-- ]]> <b>"};
    struct scf_report_contract contract = names;
    struct scf_report_inputs in = inputs(true);
    assert_true(scf_id_parse("ctr", SCF_STR("ctr_01h455vb4pex5vsknk084sn02q"), &contract.id));
    in.contracts = &contract;
    in.contract_count = 1;
    in.borrower_name = "</title><script>";
    const char *page = html(&in);
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "<img"));
    assert_null(strstr(page, "<!--"));
    assert_null(strstr(page, "\xe2\x80\xae"));
    assert_non_null(strstr(page, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_non_null(strstr(page, "&amp;amp;"));
    assert_true(pdf_size(&in) > 1000);
}

/* Random texts of every length, a hundred contracts: the pages hold them, twice the same. */
static void test_many_and_long(void **state) {
    (void)state;
    static const char *const pieces[] = {"a", "授",           " ", "\n", "😀", "长词",
                                         "&", "\xe2\x80\x8f", "W"};
    enum { MANY = 100 };
    struct scf_report_contract *names = scf_alloc(arena, MANY, sizeof *names);
    struct scf_buf text;
    scf_buf_init(&text, 1 << 20);
    scf_buf_puts(&text, "{\"currency\":\"CNY\",\"recommended_limit\":\"0.00\",\"contracts\":[");
    uint32_t random = 12345;
    for (int i = 0; i < MANY; i++) {
        char id[SCF_ID_TEXT], name[2048] = "";
        size_t length = 0;
        names[i].id.b[0] = (uint8_t)i;
        scf_id_format("ctr", &names[i].id, id);
        for (int k = 0; k < i * 3; k++) {
            random = random * 1664525 + 1013904223;
            const char *piece = pieces[random >> 16 & 7];
            memcpy(name + length, piece, strlen(piece) + 1);
            length += strlen(piece);
        }
        names[i].title = names[i].buyer = scf_strdup(arena, name);
        scf_buf_printf(&text,
                       "%s{\"contract_id\":\"%s\",\"net_amount\":\"9999999999999999.99\","
                       "\"base\":\"0.00\",\"guarantee\":\"9999999999999999.99\"}",
                       i > 0 ? "," : "", id);
    }
    scf_buf_puts(&text, "]}");
    struct scf_report_inputs in = {.base_url = "http://[::1]:1",
                                   .document = json(text.data),
                                   .receipt = json("{}"),
                                   .borrower_name = names[99].title,
                                   .contracts = names,
                                   .contract_count = MANY};
    scf_buf_free(&text);
    size_t first = pdf_size(&in);
    assert_int_equal(first, pdf_size(&in));
    assert_string_equal(html(&in), html(&in));
}

static void test_too_small_an_arena_is_told(void **state) {
    (void)state;
    struct scf_report_inputs in = inputs(true);
    for (size_t max = 1024; max < 200 << 10; max *= 2) {
        struct scf_arena *small = scf_arena_new(max);
        struct scf_report report;
        bool built = scf_report_build(&in, small, &report);
        if (max < 16 << 10)
            assert_false(built);
        scf_arena_free(small);
    }
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_figures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_content, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_last_day_is_the_receipts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_history_is_drawn_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_at_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_and_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_small_an_arena_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
