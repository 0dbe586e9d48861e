/* The job "assess" on a real database, against a limit computed by hand:
 *   N = 56/60, D = 24 h, A = 1, X = 4/4        T = 0.961904
 *   q = 0.6, h = 0.9, C_net = 850 000.00       C_net·0.3·T·q·h = 132 454.18
 *   G = 20 000.00 less 20 %                    limit = 148 454.18 */
#include <setjmp.h>
#include <cmocka.h>
#include <sys/resource.h>

#include "../chain/world.h"
#include "assess.h"
#include "scfd/account/account.h"

static struct world w;
static struct scf_templates *templates;
static struct scf_config config = {.rating_window_days = 365};
static struct scf_uuid platform, procurement, erp, surety, lender, seller, buyer, guarantor,
    contract_key;
static struct scf_record contract;
static const int32_t today = 20779; /* 2026-11-22 */

static struct scf_uuid sql_uuid(uint8_t tag) {
    return (struct scf_uuid){{1, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, tag}};
}

static enum scf_code ship(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_templates_ship(db, ctx, err);
}

static void add_one(struct scf_record *r) {
    scf_record_prepare(r);
    struct world_append a = {&w, r, 1};
    world_ok(&w, scf_tx_run(w.db, world_append_body, &a, &w.err));
}

static void add_enterprises(void) {
    world_sql(&w, "INSERT INTO scfd.enterprise (id, code, name, industry_code, is_stub, profile,"
                  " created_at, updated_at) VALUES ('01900000-0000-7000-8000-000000000001',"
                  " '91330100799655058B', 'S', 'F5154', false, '{\"qualifications\":["
                  "{\"type\":\"business_license\",\"issued_on\":\"2020-01-01\"},"
                  "{\"type\":\"quality_system\",\"issued_on\":\"2020-01-01\","
                  "\"valid_until\":\"2026-11-22\"},"
                  "{\"type\":\"high_tech\",\"issued_on\":\"2020-01-01\","
                  "\"valid_until\":\"2026-11-21\"}]}', '2026-01-01+00', '2026-01-01+00'),"
                  " ('01900000-0000-7000-8000-000000000002', '91512081MA62K0260E', 'B', NULL, true,"
                  " NULL, '2026-01-01+00', '2026-01-01+00'),"
                  " ('01900000-0000-7000-8000-000000000004', '91330100MA2KCXXXXG', 'G', NULL, true,"
                  " NULL, '2026-01-01+00', '2026-01-01+00')");
    seller = sql_uuid(1);
    buyer = sql_uuid(2);
    guarantor = sql_uuid(4);
}

/* The guarantor's own node: its chain is there already. */
static void add_surety(void) {
    static const struct scf_stmt stmt = {
        "t_node", "INSERT INTO scfd.node (id, name, kind, operator_enterprise_id, created_at,"
                  " updated_at) VALUES ($1, 'surety', 3, $2, '2026-01-01+00', '2026-01-01+00')"};
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &surety);
    scf_p_uuid(&p, &guarantor);
    world_ok(&w, scf_db_run(w.db, &stmt, &p, w.arena, NULL, &w.err));
}

static void add_guarantee(const struct scf_uuid *chain, int64_t amount) {
    char id[SCF_ID_TEXT];
    scf_id_format("ent", &guarantor, id);
    struct scf_record r = {
        .chain_id = *chain,
        .id = scf_uuid_new(),
        .kind = SCF_REC_GUARANTEE,
        .external_id = SCF_STR("G-1"),
        .received_us = today * SCF_US_PER_DAY,
        .body = scf_str(scf_asprintf(w.arena,
                                     "{\"guarantee_no\":\"G-1\",\"guarantor_id\":\"%s\","
                                     "\"status\":\"active\",\"expires_on\":\"2027-11-22\"}",
                                     id)),
        .contract_key = contract_key,
        .enterprise_id = seller,
        .has_amount = true,
        .amount = amount,
        .currency = "CNY"};
    add_one(&r);
}

static void add_contract(void) {
    contract = (struct scf_record){
        .chain_id = procurement,
        .id = scf_uuid_new(),
        .kind = SCF_REC_CONTRACT,
        .external_id = SCF_STR("C-1"),
        .received_us = today * SCF_US_PER_DAY,
        .body = SCF_STR("{\"status\":\"active\",\"fields\":{\"prepaid_amount\":\"100000.00\","
                        "\"retention_amount\":\"50000\"}}"),
        .business_key = contract_key,
        .contract_key = contract_key,
        .enterprise_id = seller,
        .counterparty_id = buyer,
        .has_happened = true,
        .happened_us = (today - 10) * SCF_US_PER_DAY,
        .has_amount = true,
        .amount = 100000000,
        .currency = "CNY"};
    add_one(&contract);
    add_guarantee(&procurement, 6000000); /* somebody else's word for the same guarantee */
    add_guarantee(&surety, 2000000);
}

static void add_data(void) {
    const struct scf_template *t =
        scf_templates_for(templates, SCF_REC_WORKFLOW_EVENT, SCF_STR("F5154"), scf_now_us());
    for (int i = 0; i < 6; i++) {
        bool event = i < 4;
        int64_t received = today * SCF_US_PER_DAY + i;
        struct scf_record r = {.chain_id = erp,
                               .id = scf_uuid_new(),
                               .kind = event ? SCF_REC_WORKFLOW_EVENT : SCF_REC_INVOICE,
                               .external_id = scf_str(scf_asprintf(w.arena, "D-%d", i)),
                               .received_us = received,
                               .body = event ? SCF_STR("{}")
                                             : SCF_STR("{\"issued_on\":\"2026-11-21\"}"),
                               .contract_key = contract_key,
                               .enterprise_id = seller,
                               .counterparty_id = buyer,
                               .has_happened = true,
                               .happened_us = received - (event ? 36 : 12) * SCF_US_PER_HOUR,
                               .has_amount = true,
                               .amount = 30000000,
                               .currency = "CNY",
                               .template_id = t->id,
                               .weight_expected = 10000000,
                               .weight_present = i == 2 || i == 3 ? 8000000 : 10000000,
                               .range_ok = true,
                               .checks_applicable = event ? 0 : 3,
                               .checks_passed = event ? 0 : 3};
        if (!event)
            r.business_key = sql_uuid((uint8_t)(50 + i));
        add_one(&r);
    }
}

static int open_world(void **state) {
    (void)state;
    if (!world_open(&w))
        return 0;
    platform = world_chain(&w), procurement = world_chain(&w);
    erp = world_chain(&w), surety = world_chain(&w), lender = world_chain(&w);
    contract_key = sql_uuid(3);
    world_ok(&w, scf_tx_run(w.db, ship, &platform, &w.err));
    world_ok(&w, scf_templates_open(w.url, &templates, &w.err));
    w.services.templates = templates;
    w.services.config = &config;
    w.services.installation.platform_id = platform;
    add_enterprises();
    add_surety();
    add_contract();
    add_data();
    return 0;
}

static int close_world(void **state) {
    (void)state;
    if (w.url != NULL) {
        scf_templates_free(templates);
        world_close(&w);
    }
    return 0;
}

static void need_world(void) {
    if (w.url == NULL)
        skip();
}

/* ---- asking ---- */

static struct scf_uuid insert(const char *more) {
    char borrower[SCF_ID_TEXT], ctr[SCF_ID_TEXT], node[SCF_ID_TEXT];
    scf_id_format("ent", &seller, borrower);
    scf_id_format("ctr", &contract.id, ctr);
    scf_id_format("node", &lender, node);
    struct scf_assess_row row = {
        .id = scf_uuid_new(),
        .node_id = procurement,
        .borrower_id = seller,
        .as_of_us = today * SCF_US_PER_DAY + SCF_US_PER_HOUR,
        .created_us = scf_now_us(),
        .request = scf_str(
            scf_asprintf(w.arena,
                         "{\"kind\":\"initial\",\"borrower_id\":\"%s\",\"contract_ids\":[\"%s\"],"
                         "\"lender_ids\":[\"%s\"]%s}",
                         borrower, ctr, node, more))};
    world_ok(&w, scf_assess_insert(w.db, w.arena, &row, &w.err));
    return row.id;
}

static enum scf_code run(const struct scf_uuid *id) {
    char text[SCF_ID_TEXT];
    scf_id_format("asm", id, text);
    struct scf_job job = {.kind = "assess",
                          .attempt = 1,
                          .db = w.db,
                          .app = &w.services,
                          .arena = scf_arena_new(64 << 20)};
    job.payload = scf_str(scf_asprintf(job.arena, "{\"id\":\"%s\"}", text));
    enum scf_code code = scf_assess_job.run(&job, &w.err);
    if (code != SCF_OK && scf_assess_job.failed != NULL)
        scf_assess_job.failed(&job, &w.err);
    scf_arena_free(job.arena);
    return code;
}

static struct scf_assess_row row_of(const struct scf_uuid *id) {
    struct scf_assess_row row;
    world_ok(&w, scf_assess_get(w.db, w.arena, NULL, id, &row, &w.err));
    return row;
}

static const char *member(const struct scf_assess_row *row, const char *name) {
    char *text = scf_strndup(w.arena, row->document.p, row->document.n);
    cJSON *json = scf_json_parse(w.arena, text, row->document.n, &w.err);
    assert_non_null(json);
    return scf_json_string(json, name);
}

/* ---- tests ---- */

static struct scf_uuid first;

static void computes_the_limit(void **state) {
    (void)state;
    need_world();
    first = insert("");
    assert_int_equal(run(&first), SCF_OK);
    struct scf_assess_row row = row_of(&first);
    assert_int_equal(row.status, SCF_ASM_SUCCEEDED);
    assert_string_equal(member(&row, "recommended_limit"), "148454.18");
    assert_string_equal(member(&row, "currency"), "CNY");
    assert_string_equal(member(&row, "truth_coefficient"), "0.961904");
    assert_string_equal(member(&row, "limit_expires_on"), "2027-02-20");
    assert_true(row.awaiting);
}

static void receipt_recomputes_it(void **state) {
    (void)state;
    need_world();
    struct scf_assess_row row = row_of(&first);
    struct scf_str receipt;
    struct scf_buf report;
    world_ok(&w, scf_assess_receipt(w.db, w.arena, NULL, &first, &receipt, &w.err));
    scf_buf_init(&report, 4096);
    assert_true(scf_receipt_verify(receipt, &report));
    assert_non_null(strstr(report.data, "148454.18 CNY"));
    scf_buf_free(&report);
    struct scf_hash h = scf_sha256(receipt.p, receipt.n);
    char hex[2 * SCF_HASH_LEN + 1];
    scf_hex(h.b, SCF_HASH_LEN, hex);
    char *document = scf_strndup(w.arena, row.document.p, row.document.n);
    assert_non_null(strstr(document, hex));
}

static void outcome_is_a_record_of_the_platform(void **state) {
    (void)state;
    need_world();
    struct scf_record r;
    struct scf_assess_row row = row_of(&first);
    world_ok(&w, scf_record_get(w.db, w.arena, NULL, &first, &r, &w.err));
    assert_true(scf_uuid_eq(&r.chain_id, &platform));
    assert_int_equal(r.kind, SCF_REC_CREDIT_ASSESSMENT);
    assert_true(scf_str_eq(r.body, row.document));
    assert_int_equal(r.amount, 14845418);
}

static void lender_sees_it_and_its_grounds(void **state) {
    (void)state;
    need_world();
    const struct scf_actor stranger = {.node_id = erp, .kind = SCF_NODE_ERP};
    const struct scf_actor bank = {.node_id = lender, .kind = SCF_NODE_LENDER};
    struct scf_assess_row row;
    struct scf_record r;
    world_ok(&w, scf_assess_get(w.db, w.arena, &bank, &first, &row, &w.err));
    assert_true(row.awaiting);
    world_ok(&w, scf_record_get(w.db, w.arena, &bank, &contract.id, &r, &w.err));
    assert_int_equal(scf_assess_get(w.db, w.arena, &stranger, &first, &row, &w.err),
                     SCF_E_NOT_FOUND);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.event WHERE type ="
                                      " 'credit_assessment.ready'"),
                     1);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.record_addressee"), 3);
    struct scf_assess_filter filter = {
        .awaiting = true, .lender = lender, .visible_to = lender, .status = -1};
    struct scf_page page = {.limit = 10};
    struct scf_assess_key *keys;
    int n;
    world_ok(&w, scf_assess_page(w.db, w.arena, &filter, &page, &keys, &n, &w.err));
    assert_int_equal(n, 1);
    filter.lender = filter.visible_to = erp;
    world_ok(&w, scf_assess_page(w.db, w.arena, &filter, &page, &keys, &n, &w.err));
    assert_int_equal(n, 0);
}

static void a_second_run_changes_nothing(void **state) {
    (void)state;
    need_world();
    int64_t version = row_of(&first).version;
    assert_int_equal(run(&first), SCF_OK);
    assert_int_equal(row_of(&first).version, version);
    assert_int_equal(world_number(&w, "SELECT count(*) FROM scfd.record WHERE kind = 5"), 1);
}

struct decide {
    struct scf_assessment_view view;
    struct scf_uuid node;
};
static enum scf_code decide(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct decide *d = ctx;
    enum scf_code code =
        scf_assessment_lock_for_decision(db, w.arena, &first, &d->node, &d->view, err);
    return code == SCF_OK ? scf_assessment_mark_decided(db, w.arena, &first, &d->node, false,
                                                        scf_now_us(), err)
                          : code;
}

static void a_decision_is_no_longer_awaited(void **state) {
    (void)state;
    need_world();
    int64_t version = row_of(&first).version;
    struct decide d = {.node = erp};
    assert_int_equal(scf_tx_run(w.db, decide, &d, &w.err), SCF_E_NOT_FOUND);
    d.node = lender;
    world_ok(&w, scf_tx_run(w.db, decide, &d, &w.err));
    assert_int_equal(d.view.limit, 14845418);
    assert_string_equal(d.view.currency, "CNY");
    assert_true(d.view.awaiting);
    assert_true(scf_uuid_eq(&d.view.borrower_id, &seller));
    struct scf_assess_row row = row_of(&first);
    assert_false(row.awaiting);
    assert_int_equal(row.version, version + 1);
}

struct drawing {
    struct scf_uuid key;
    int64_t amount;
};

static enum scf_code draw(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct drawing *d = ctx;
    struct scf_account a;
    struct scf_account_change change = {
        .type = SCF_ENTRY_INITIAL, .amount = d->amount, .source_prefix = "asm"};
    enum scf_code code =
        scf_account_lock(db, w.arena, &d->key, 1, "CNY", &seller, scf_now_us(), &a, err);
    if (code == SCF_OK)
        code = scf_account_book(db, w.arena, &a, &change, scf_now_us(), err);
    change.type = SCF_ENTRY_USE;
    return code == SCF_OK ? scf_account_book(db, w.arena, &a, &change, scf_now_us(), err) : code;
}

/* What the account's loans use is no deduction from the contract: it comes off what is available.
 */
static void a_draw_down_counts_once(void **state) {
    (void)state;
    need_world();
    struct drawing d = {contract_key, 35000000};
    world_ok(&w, scf_tx_run(w.db, draw, &d, &w.err));
    struct scf_uuid id = insert("");
    assert_int_equal(run(&id), SCF_OK);
    struct scf_assess_row row = row_of(&id);
    assert_string_equal(member(&row, "recommended_limit"), "148454.18");
    assert_string_equal(member(&row, "available_limit"), "0.00");
    /* what is drawn stays granted */
    assert_int_equal(world_number(&w, "SELECT granted FROM scfd.limit_account"), 35000000);
}

/* The newest revision counts, named or not. */
static void newest_revision_counts(void **state) {
    (void)state;
    need_world();
    struct scf_record revision = contract;
    revision.id = scf_uuid_new();
    revision.external_id = SCF_STR("C-1b");
    revision.revises_id = contract.id;
    revision.body = SCF_STR("{\"status\":\"terminated\"}");
    add_one(&revision);
    struct scf_uuid id = insert("");
    assert_int_equal(run(&id), SCF_OK);
    struct scf_assess_row row = row_of(&id);
    assert_string_equal(member(&row, "recommended_limit"), "0.00");
    char *document = scf_strndup(w.arena, row.document.p, row.document.n);
    assert_non_null(strstr(document, "contract-not-open"));
}

static long peak_kib(void) {
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

/* Under a number that anybody may know anybody may send anything. What does not count is not even
 * fetched: 80 MB of bodies here. */
static void bulky_guarantees_cost_no_memory(void **state) {
    (void)state;
    need_world();
    enum { COUNT = 40, SIZE = 2000000 };
    char *padding = malloc(SIZE + 1), *body = malloc(SIZE + 100);
    memset(padding, 'x', SIZE);
    padding[SIZE] = '\0';
    for (int i = 0; i < COUNT; i++) {
        int n = snprintf(body, SIZE + 100, "{\"guarantee_no\":\"B-%d\",\"fields\":{\"a\":\"%s\"}}",
                         i, padding);
        struct scf_record r = {.chain_id = erp,
                               .id = scf_uuid_new(),
                               .kind = SCF_REC_GUARANTEE,
                               .external_id = scf_str(scf_asprintf(w.arena, "B-%d", i)),
                               .received_us = today * SCF_US_PER_DAY,
                               .body = {body, (size_t)n},
                               .contract_key = contract_key,
                               .enterprise_id = seller};
        add_one(&r);
    }
    free(padding);
    free(body);
    struct scf_uuid id = insert("");
    long before = peak_kib();
    assert_int_equal(run(&id), SCF_OK);
    assert_true(peak_kib() - before < 32 << 10);
    struct scf_assess_row row = row_of(&id);
    assert_string_equal(member(&row, "recommended_limit"), "148454.18");
}

static void what_cannot_be_done_fails_with_its_problem(void **state) {
    (void)state;
    need_world();
    struct scf_uuid id = insert(",\"template_code\":\"no_such_template\"");
    assert_int_equal(run(&id), SCF_E_WRONG_STATE);
    struct scf_assess_row row = row_of(&id);
    assert_int_equal(row.status, SCF_ASM_FAILED);
    assert_string_equal(row.problem_code, "wrong-state");
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computes_the_limit),
        cmocka_unit_test(receipt_recomputes_it),
        cmocka_unit_test(outcome_is_a_record_of_the_platform),
        cmocka_unit_test(lender_sees_it_and_its_grounds),
        cmocka_unit_test(a_second_run_changes_nothing),
        cmocka_unit_test(a_decision_is_no_longer_awaited),
        cmocka_unit_test(bulky_guarantees_cost_no_memory),
        cmocka_unit_test(a_draw_down_counts_once),
        cmocka_unit_test(newest_revision_counts),
        cmocka_unit_test(what_cannot_be_done_fails_with_its_problem),
    };
    return cmocka_run_group_tests_name("assess", tests, open_world, close_world);
}
