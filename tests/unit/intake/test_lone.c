/* A lone record is decided from memory and written in one round trip, and the usual way when
 * anything of what was presumed does not hold: the outcome is always the usual one. */
#include "batch_world.h"

static void commit_lone(struct scf_item *item) {
    scf_batch_commit(&w.batch, &item, 1, false);
    assert_int_not_equal(item->outcome, SCF_PENDING);
}

static void accepted_at(const struct scf_item *item, int64_t index) {
    assert_int_equal(item->outcome, SCF_ACCEPTED);
    assert_int_equal(item->stored.leaf_index, index);
    assert_int_equal(records(), index + 1);
    assert_int_equal(chain_size(), index + 1);
    assert_int_equal(number("SELECT count(*) FROM scfd.event WHERE last_leaf = first_leaf"),
                     index + 1);
}

/* How many lone records were tried in one round trip on this connection. */
static int64_t tried(void) {
    static const struct scf_stmt stmt = {
        "t_tried", "SELECT coalesce(sum(generic_plans + custom_plans), 0)::bigint"
                   " FROM pg_prepared_statements WHERE name LIKE 'intake_write_presumed%'"};
    struct scf_rows *rows;
    ok(scf_db_run(w.batch.db, &stmt, NULL, w.arena, &rows, &w.err));
    return scf_rows_i64(rows, 0, 0);
}

static struct scf_item *add_invoice(const char *external_id) {
    return add(SCF_REC_INVOICE,
               scf_asprintf(
                   w.arena,
                   "{\"external_id\":\"%s\",\"kind\":\"other\",\"invoice_no\":\"77\",\"issued_on\":"
                   "\"2026-01-03\",\"seller\":{\"name\":\"s\",\"tax_no\":\"91330100123456789A\"},"
                   "\"buyer\":{\"name\":\"b\",\"tax_no\":\"91330100123456789B\"},"
                   "\"amount_excl_tax\":\"1\",\"tax_amount\":\"0\",\"total_amount\":\"1\","
                   "\"currency\":\"CNY\",\"lines\":[{\"goods_name\":\"g\",\"amount\":\"1\","
                   "\"tax_rate\":\"0\",\"tax_amount\":\"0\"}]}",
                   external_id));
}

/* The first is looked up; the next ones are of what was seen then. */
static void a_lone_record_takes_one_round_trip(void **state) {
    (void)state;
    NEEDS_DATABASE();
    for (int64_t i = 0; i < 4; i++) {
        struct scf_item *item = add_contract(scf_asprintf(w.arena, "c-%d", (int)i), "s");
        commit_lone(item);
        accepted_at(item, i);
        assert_int_equal(tried(), i);
    }
    struct scf_item *again = add_contract("c-1", "s"), *other = add_contract("c-2", "another");
    commit_lone(again);
    assert_int_equal(again->outcome, SCF_REPLAYED);
    assert_int_equal(again->stored.leaf_index, 1);
    commit_lone(other);
    assert_int_equal(other->error.code, SCF_E_EXTERNAL_ID_CONFLICT);
    assert_int_equal(chain_size(), 4);
}

/* Another instance has written to the chain, and an enterprise has changed its industry. */
static void what_others_wrote_is_looked_up_again(void **state) {
    (void)state;
    NEEDS_DATABASE();
    char industry[8];
    struct scf_batch_context ours = w.batch, theirs = w.batch;
    commit_lone(add_contract("c-0", "s"));
    theirs.db = scf_db_new(w.url, "other", 20000);
    theirs.memory = scf_memory_new();
    w.batch = theirs;
    struct scf_item *item = add_contract("c-1", "s");
    commit_lone(item);
    accepted_at(item, 1);
    w.batch = ours;
    item = add_contract("c-2", "s");
    commit_lone(item);
    assert_int_equal(tried(), 1);
    accepted_at(item, 2);
    query("UPDATE scfd.enterprise SET industry_code = 'C3670'", NULL);
    item = add_contract("c-3", "s");
    commit_lone(item);
    assert_int_equal(tried(), 2);
    accepted_at(item, 3);
    scf_industry_cache_get(w.batch.industries, &item->extract.subject, industry);
    assert_string_equal(industry, "C3670");
    scf_db_free(theirs.db);
    scf_memory_free(theirs.memory);
}

static void a_lone_record_of_a_revoked_key_is_refused(void **state) {
    (void)state;
    NEEDS_DATABASE();
    commit_lone(add_contract("c-0", "s"));
    query("UPDATE scfd.api_key SET revoked_at = created_at", NULL);
    struct scf_item *item = add_contract("c-1", "s");
    commit_lone(item);
    assert_int_equal(tried(), 1);
    assert_int_equal(item->outcome, SCF_REFUSED);
    assert_int_equal(item->error.code, SCF_E_UNAUTHENTICATED);
    assert_int_equal(chain_size(), 1);
}

/* The other node's chain is warm, so that only the invoice's number gives it away. */
static void a_lone_invoice_that_another_node_reported_warns(void **state) {
    (void)state;
    NEEDS_DATABASE();
    commit_lone(add_invoice("first"));
    add_node();
    commit_lone(add_contract("c-0", "s"));
    struct scf_item *item = add_invoice("second");
    commit_lone(item);
    assert_int_equal(tried(), 1);
    assert_int_equal(item->outcome, SCF_ACCEPTED);
    assert_int_equal(item->stored.leaf_index, 1);
    bool warned = false;
    for (size_t i = 0; i < item->warnings.count; i++)
        warned |= strcmp(item->warnings.items[i].code, "also-reported-by-other-node") == 0;
    assert_true(warned);
}

/* What names a record or uses an Idempotency-Key is always looked up. */
static void what_is_not_plain_is_not_presumed(void **state) {
    (void)state;
    NEEDS_DATABASE();
    const struct scf_idempotency key = key_used_for("a");
    struct scf_item *contract = add_contract("c-0", "s"), *keyed = add_contract("c-1", "s");
    char id[SCF_ID_TEXT], actor[SCF_ID_TEXT];
    commit_lone(contract);
    keyed->idempotency = &key;
    commit_lone(keyed);
    scf_id_format("ctr", &contract->stored.id, id);
    scf_id_format("ent", &contract->record.enterprise_id, actor);
    struct scf_item *event =
        add(SCF_REC_WORKFLOW_EVENT,
            scf_asprintf(w.arena,
                         "{\"external_id\":\"v\",\"contract_id\":\"%s\",\"step\":\"shipped\","
                         "\"occurred_at\":\"2026-01-03T00:00:00Z\",\"actor_enterprise_id\":\"%s\"}",
                         id, actor));
    commit_lone(event);
    assert_int_equal(tried(), 0);
    accepted_at(event, 2);
}

static void a_lone_record_lost_in_the_commit_is_found_out(void **state) {
    (void)state;
    NEEDS_DATABASE();
    pthread_t thread;
    commit_lone(add_contract("c-0", "s"));
    misbehave(AT_COMMIT, "NEW.external_id = 'c-1'", "PERFORM pg_sleep(3);");
    struct scf_item *item = add_contract("c-1", "s");
    assert_int_equal(pthread_create(&thread, NULL, cut, NULL), 0);
    commit_lone(item);
    pthread_join(thread, NULL);
    accepted_at(item, 1);
    behave();
    misbehave(AT_COMMIT, "NEW.external_id = 'c-2'", DIE);
    item = add_contract("c-2", "s");
    commit_lone(item);
    assert_int_equal(item->error.code, SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(chain_size(), 2);
    behave();
    item = add_contract("c-2", "s");
    commit_lone(item);
    accepted_at(item, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_lone_record_takes_one_round_trip),
        TEST(what_others_wrote_is_looked_up_again),
        TEST(a_lone_record_of_a_revoked_key_is_refused),
        TEST(a_lone_invoice_that_another_node_reported_warns),
        TEST(what_is_not_plain_is_not_presumed),
        TEST(a_lone_record_lost_in_the_commit_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
