/* Every rule of fitness: a dossier that is fit, and one change at a time that breaks one rule,
 * whose article the fault names. */
#include <setjmp.h>
#include <cmocka.h>

#include "body.h"
#include "preflight.h"

static const char fit[] =
    "{\"notary_office\":{\"name\":\"国立公证处\",\"region_code\":\"330102\"},"
    "\"creditor\":{\"name\":\"银行\",\"uscc\":\"91330100111111117T\",\"legal_representative\":"
    "\"甲\","
    "\"region_code\":\"330106\",\"service_address\":{\"text\":\"a\"}},"
    "\"debtors\":[{\"name\":\"债务人\",\"uscc\":\"91330100222222223A\","
    "\"legal_representative\":\"乙\",\"service_address\":{\"text\":\"b\"}}],"
    "\"guarantors\":[{\"name\":\"保证人\",\"uscc\":\"9133010033333333XN\","
    "\"legal_representative\":\"丙\",\"service_address\":{\"text\":\"c\"},"
    "\"agent\":{\"name\":\"丁\",\"authority\":\"special\",\"document_sha256\":\"H\"},"
    "\"resolution\":{\"kind\":\"board\",\"decided_on\":\"2026-01-05\",\"document_sha256\":\"H\"}}],"
    "\"coverage\":\"both\","
    "\"instrument\":{\"kind\":\"loan\",\"no\":\"JK-1\",\"text\":"
    "\"第一条。愿受强制执行，含保证合同B1。"
    "同意核实。\",\"jurisdiction_clause\":\"依法\"},"
    "\"performance\":{\"kind\":\"money\",\"amount\":\"300.00\",\"deadline\":\"2026-12-31\","
    "\"schedule\":[{\"due_on\":\"2026-06-30\",\"principal\":\"100.00\"},"
    "{\"due_on\":\"2026-12-31\",\"principal\":\"200.00\"}]},"
    "\"rate\":{\"type\":\"lpr\",\"spread_bp\":50,\"reset_rule\":\"每年1月1日\",\"lpr_1y\":\"0.03\"}"
    ","
    "\"acceleration_clause\":\"任一期逾期则全部到期\","
    "\"enforcement_clause\":\"愿受强制执行，含保证合同B1\","
    "\"securities\":[{\"kind\":\"guarantee\",\"name\":\"保证合同B1\",\"scope\":\"本金及利息\"}],"
    "\"verification\":{\"mode\":\"post\",\"address\":\"x\",\"objection_days\":7,"
    "\"no_reply_is_no_objection\":true,\"clause\":\"同意核实\"},"
    "\"debt_undisputed\":true,\"signing\":{\"mode\":\"on_site\"}}";

static struct scf_arena *arena;

/* The dossier with one text replaced by another; digests as digests, codes with right check digits.
 */
static const char *with(const char *old, const char *new) {
    const char *at = strstr(fit, old);
    if (at == NULL)
        fail_msg("not in the dossier: %s", old);
    const char *text = scf_asprintf(arena, "%.*s%s%s", (int)(at - fit), fit, new, at + strlen(old));
    assert_non_null(text);
    return text;
}

static void look(const char *text, struct scf_preflight *p) {
    struct scf_error err;
    cJSON *body = scf_json_parse(arena, text, strlen(text), &err);
    assert_non_null(body);
    scf_enf_preflight(body, arena, p);
}

static void test_fit(void **unused) {
    (void)unused;
    struct scf_preflight p;
    look(fit, &p);
    for (size_t i = 0; i < p.faults.count; i++)
        print_message("%s %s\n", p.faults.items[i].pointer, p.faults.items[i].detail);
    assert_true(p.fit);
    assert_int_equal(p.faults.count, 0);
}

static const struct {
    const char *old, *new;
    enum scf_fit_rule rule;
    const char *pointer, *article;
} breaks[] = {
    {"\"kind\":\"loan\"", "\"kind\":\"trade_contract\"", SCF_FIT_INSTRUMENT_KIND,
     "#/instrument/kind", "规定 5(1)"},
    {"\"kind\":\"loan\"", "\"kind\":\"other\"", SCF_FIT_INSTRUMENT_KIND, "#/instrument/kind",
     "司发通〔2017〕76号"},
    {"\"amount\":\"300.00\",", "", SCF_FIT_PAYMENT_CONTENT, "#/performance/amount", "规则 39(1)"},
    {"\"kind\":\"money\",\"amount\":\"300.00\"", "\"kind\":\"goods\"", SCF_FIT_PAYMENT_CONTENT,
     "#/performance/method_text", "规则 39(1)"},
    {"\"debt_undisputed\":true", "\"debt_undisputed\":false", SCF_FIT_UNDISPUTED,
     "#/debt_undisputed", "规则 39(2)"},
    {"\"kind\":\"loan\"", "\"kind\":\"credit_line\"", SCF_FIT_DRAWN_AMOUNT,
     "#/performance/drawn_amount", "规定 5(3)"},
    {"\"kind\":\"money\",", "\"kind\":\"money\",\"revolving\":true,", SCF_FIT_DRAWN_AMOUNT,
     "#/performance/drawn_amount", "规则 39(2)"},
    {"\"principal\":\"200.00\"", "\"principal\":\"200.01\"", SCF_FIT_AMOUNT_AND_DATES,
     "#/performance/schedule", "规则 39(3)"},
    {"\"due_on\":\"2026-06-30\"", "\"due_on\":\"2026-12-31\"", SCF_FIT_AMOUNT_AND_DATES,
     "#/performance/schedule/1/due_on", "民诉解释 461"},
    {"\"spread_bp\":50,", "", SCF_FIT_RATE, "#/rate/spread_bp", "规则 39(3)"},
    {"\"reset_rule\":\"每年1月1日\",", "", SCF_FIT_RATE, "#/rate/reset_rule", "规则 39(3)"},
    {"\"type\":\"lpr\"", "\"type\":\"fixed\"", SCF_FIT_RATE, "#/rate/annual_rate", "规则 39(3)"},
    {"\"第一条。愿受强制执行，", "\"第一条。", SCF_FIT_PROMISE_CLAUSE, "#/enforcement_clause",
     "公证法 37"},
    {"\"enforcement_clause\":\"愿受强制执行，", "\"enforcement_clause\":\"", SCF_FIT_PROMISE_CLAUSE,
     "#/enforcement_clause", "规定 5(2)"},
    {"\"mode\":\"post\",", "", SCF_FIT_VERIFICATION, "#/verification/mode", "规则 39(5)"},
    {"\"address\":\"x\",", "", SCF_FIT_VERIFICATION, "#/verification/address", "规则 39(5)"},
    {"\"objection_days\":7", "\"objection_days\":0", SCF_FIT_VERIFICATION,
     "#/verification/objection_days", "规则 39(5)"},
    {"\"objection_days\":7", "\"objection_days\":31", SCF_FIT_VERIFICATION,
     "#/verification/objection_days", "规则 39(5)"},
    {"\"clause\":\"同意核实\"", "\"clause\":\"同意他处核实\"", SCF_FIT_VERIFICATION_CLAUSE,
     "#/verification/clause", "规则 39(5)"},
    {"\"name\":\"保证合同B1\"", "\"name\":\"保证合同B2\"", SCF_FIT_SECURITIES_NAMED,
     "#/securities/0", "规定 6"},
    {"\"scope\":\"本金及利息\"", "\"no\":\"1\"", SCF_FIT_SECURITIES_NAMED, "#/securities/0",
     "规定 6"},
    {"\"securities\":[{\"kind\":\"guarantee\",\"name\":\"保证合同B1\",\"scope\":\"本金及利息\"}]",
     "\"securities\":[]", SCF_FIT_SECURITIES_NAMED, "#/securities", "规定 6"},
    {"91330100222222223A", "913301002222222230", SCF_FIT_PARTIES, "#/debtors/0/uscc", "规定 5(3)"},
    {"\"legal_representative\":\"乙\",", "", SCF_FIT_PARTIES, "#/debtors/0/legal_representative",
     "民诉解释 461"},
    {"\"authority\":\"special\"", "\"authority\":\"general\"", SCF_FIT_AGENTS,
     "#/guarantors/0/agent/authority", "规定 12(1)"},
    {",\"authority\":\"special\",\"document_sha256\":\"H\"", ",\"authority\":\"special\"",
     SCF_FIT_AGENTS, "#/guarantors/0/agent/document_sha256", "规定 12(1)"},
    {"\"resolution\":", "\"x\":", SCF_FIT_RESOLUTIONS, "#/guarantors/0/resolution", "公司法 15"},
    {"\"region_code\":\"330102\"", "\"region_code\":\"330202\"", SCF_FIT_COMPETENCE,
     "#/notary_office/region_code", "公证法 25"},
    {"\"no\":\"JK-1\"", "\"no\":\"JK-1\",\"immovable_region_code\":\"310101\"", SCF_FIT_COMPETENCE,
     "#/notary_office/region_code", "公证法 25"},
    {"\"region_code\":\"330102\"", "\"region_code\":\"330102\",\"conflict_of_interest\":true",
     SCF_FIT_CONFLICT, "#/notary_office/conflict_of_interest", "规定 12(3)"},
    {"{\"mode\":\"on_site\"}", "{\"mode\":\"online\",\"identity_evidence\":true}", SCF_FIT_ONLINE,
     "#/signing/mode", "规定 12(1)"},
    {"\"coverage\":\"both\"",
     "\"coverage\":\"both\",\"assignment\":{\"assignor_name\":\"甲\",\"notice_sha256\":\"H\"}",
     SCF_FIT_ASSIGNMENT, "#/assignment/notified_on", "民法典 546"},
    {"\"coverage\":\"both\"",
     "\"coverage\":\"both\",\"assignment\":{\"assignor_name\":\"甲\",\"notified_on\":\"2026-01-"
     "05\"}",
     SCF_FIT_ASSIGNMENT, "#/assignment/notice_sha256", "民法典 546"},
    {"\"coverage\":\"both\"", "\"coverage\":\"both\",\"amendments\":[{\"no\":\"1\"}]",
     SCF_FIT_AMENDMENTS, "#/amendments/0", "76号"},
    {"\"coverage\":\"both\"",
     "\"coverage\":\"both\",\"amendments\":[{\"certificate_no\":\"1\"},{\"included\":false}]",
     SCF_FIT_AMENDMENTS, "#/amendments/1", "76号"},
    {"\"no_reply_is_no_objection\":true,", "", SCF_FIT_NO_REPLY,
     "#/verification/no_reply_is_no_objection", "规则 39(5)"},
    {"\"coverage\":\"both\"", "\"coverage\":\"principal_debt\"", SCF_FIT_OUTSIDE_SCOPE,
     "#/coverage", "规定 6"},
    {"\"lpr_1y\":\"0.03\"", "\"lpr_1y\":\"0.03\",\"penalty_rate\":\"0.21\"", SCF_FIT_RATE_CAP,
     "#/rate", "规定 11"},
    {"\"service_address\":{\"text\":\"b\"}", "\"region_code\":\"110101\"", SCF_FIT_SERVICE_ADDRESS,
     "#/debtors/0/service_address", "公证实务"},
    {",\"jurisdiction_clause\":\"依法\"", "", SCF_FIT_JURISDICTION,
     "#/instrument/jurisdiction_clause", "规定 2"},
    {"\"acceleration_clause\":\"任一期逾期则全部到期\",", "", SCF_FIT_ACCELERATION,
     "#/acceleration_clause", "规则 55"},
};

/* Where only guarantees are notarised, somebody guarantees (规定 6). */
static void test_guarantees_alone(void **unused) {
    (void)unused;
    struct scf_preflight p;
    char text[sizeof fit + 64];
    look(with("\"both\"", "\"guarantee_debt\""), &p);
    assert_true(p.fit);
    snprintf(text, sizeof text, "%s", with("\"both\"", "\"guarantee_debt\""));
    char *list = strstr(text, "\"guarantors\"");
    memcpy(list, "\"guarantorz\"", strlen("\"guarantorz\""));
    look(text, &p);
    assert_false(p.met[SCF_FIT_SECURITIES_NAMED]);
    assert_string_equal(p.faults.items[0].pointer, "#/guarantors");
}

static void test_each_rule(void **unused) {
    (void)unused;
    bool seen[SCF_FIT_RULES] = {false};
    for (size_t i = 0; i < SCF_COUNT(breaks); i++) {
        struct scf_preflight p;
        look(with(breaks[i].old, breaks[i].new), &p);
        bool found = false;
        for (size_t k = 0; k < p.faults.count; k++)
            found = found || (strcmp(p.faults.items[k].pointer, breaks[i].pointer) == 0 &&
                              strstr(p.faults.items[k].detail, breaks[i].article) != NULL);
        if (!found || p.met[breaks[i].rule])
            print_message("%s → %s\n", breaks[i].old, breaks[i].new);
        assert_true(found);
        assert_false(p.met[breaks[i].rule]);
        assert_int_equal(p.fit, scf_fit_texts[breaks[i].rule].advice);
        seen[breaks[i].rule] = true;
    }
    seen[SCF_FIT_DISTINCT] = true; /* below */
    for (size_t i = 0; i < SCF_FIT_RULES; i++)
        assert_true(seen[i]);
}

static void test_the_same_party_twice(void **unused) {
    (void)unused;
    struct scf_preflight p;
    look(with("9133010033333333XN", "91330100222222223A"), &p);
    assert_false(p.met[SCF_FIT_DISTINCT]);
    assert_string_equal(p.faults.items[p.faults.count - 1].pointer, "#/guarantors/0");
    look(with("91330100111111117T", "91330100222222223A"), &p);
    assert_false(p.met[SCF_FIT_DISTINCT]);
}

/* Between others than financial institutions the cap is four times the LPR (CR-12.1): 0.12 here. */
static void test_caps(void **unused) {
    (void)unused;
    static const struct {
        const char *lender, *penalty;
        bool met;
    } caps[] = {{"licensed_financial", "0.205", true},
                {"licensed_financial", "0.205001", false},
                {"other", "0.085", true},
                {"other", "0.085001", false}};
    for (size_t i = 0; i < SCF_COUNT(caps); i++) {
        struct scf_preflight p;
        const char *rate = scf_asprintf(arena,
                                        "\"penalty_rate\":\"%s\",\"type\":\"lpr\"}"
                                        ",\"lender_type\":\"%s\",\"x\":{\"a\":0",
                                        caps[i].penalty, caps[i].lender);
        assert_non_null(rate);
        /* the rate object without its type, which follows now */
        const char *text = with("\"type\":\"lpr\",\"spread_bp\":50,\"reset_rule\":\"每年1月1日\","
                                "\"lpr_1y\":\"0.03\"",
                                scf_asprintf(arena,
                                             "\"spread_bp\":50,\"reset_rule\":\"a\",\"lpr_1y\":"
                                             "\"0.03\",%s",
                                             rate));
        look(text, &p);
        assert_int_equal(p.met[SCF_FIT_RATE_CAP], caps[i].met);
    }
}

/* A revolving contract is fit once the drawn amount is stated, and the instalments add up to it. */
static void test_drawn(void **unused) {
    (void)unused;
    struct scf_preflight p;
    look(with("\"amount\":\"300.00\"",
              "\"revolving\":true,\"amount\":\"900.00\",\"drawn_amount\":\"300.00\""),
         &p);
    assert_true(p.fit);
    look(with("\"amount\":\"300.00\"",
              "\"revolving\":true,\"amount\":\"300.00\",\"drawn_amount\":\"200.00\""),
         &p);
    assert_false(p.met[SCF_FIT_AMOUNT_AND_DATES]);
}

static int set_up(void **unused) {
    (void)unused;
    arena = scf_arena_new(8 << 20);
    return 0;
}
static int tear_down(void **unused) {
    (void)unused;
    scf_arena_free(arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_each_rule),
        cmocka_unit_test(test_guarantees_alone),
        cmocka_unit_test(test_the_same_party_twice),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_drawn),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
