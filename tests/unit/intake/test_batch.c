/* One batch against a real database that misbehaves: it refuses rows, loses races, and drops the
 * connection before, during and after the commit. Whatever happens, every item is answered once,
 * and what is answered "accepted" is in the chain exactly once. */
#include "batch_world.h"

/* ---- batches ---- */

static void add_contracts(int n) {
    for (int i = 0; i < n; i++)
        add_contract(scf_asprintf(w.arena, "c-%d", i), "s");
}

static struct scf_item *add_enterprise(const char *name) {
    return add(
        SCF_REC_ENTERPRISE,
        scf_asprintf(w.arena,
                     "{\"external_id\":\"e\",\"name\":\"%s\",\"uscc\":\"91330100123456789C\","
                     "\"enterprise_type\":\"limited_liability\",\"roles\":[\"supplier\"],"
                     "\"industry_code\":\"C3670\",\"size_class\":\"small\","
                     "\"legal_representative\":{\"name\":\"n\"},"
                     "\"registered_address\":{\"text\":\"t\"}}",
                     name));
}

static void commit_batch(bool atomic) {
    scf_batch_commit(&w.batch, w.items, w.count, atomic);
    for (size_t i = 0; i < w.count; i++)
        assert_int_not_equal(w.items[i]->outcome, SCF_PENDING);
}

static void all_refused(enum scf_code code) {
    for (size_t i = 0; i < w.count; i++) {
        assert_int_equal(w.items[i]->outcome, SCF_REFUSED);
        assert_int_equal(w.items[i]->error.code, code);
    }
}

/* The accepted items stand at 0, 1, 2 … in the chain, and nothing else does. */
static void accepted_are_stored(int64_t n) {
    int64_t next = 0;
    for (size_t i = 0; i < w.count; i++)
        if (w.items[i]->outcome == SCF_ACCEPTED)
            assert_int_equal(w.items[i]->stored.leaf_index, next++);
    assert_int_equal(next, n);
    assert_int_equal(records(), n);
    assert_int_equal(chain_size(), n);
}

/* Another attempt with the same bodies, as a client would make it. */
static void send_again(void) {
    struct scf_item *old[ITEMS_MAX];
    size_t n = w.count;
    memcpy(old, w.items, sizeof old);
    w.count = 0;
    for (size_t i = 0; i < n; i++)
        add(old[i]->record.kind, old[i]->record.body.p);
    commit_batch(false);
}

/* ---- what usually happens ---- */

static void a_batch_settles_twins_and_conflicts(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_item *first = add_contract("a", "s"), *twin = add_contract("a", "s");
    struct scf_item *other = add_contract("a", "another"), *next = add_contract("b", "s");
    commit_batch(false);
    assert_int_equal(first->outcome, SCF_ACCEPTED);
    assert_int_equal(twin->outcome, SCF_REPLAYED);
    assert_true(scf_uuid_eq(&twin->stored.id, &first->stored.id));
    assert_int_equal(other->outcome, SCF_REFUSED);
    assert_int_equal(other->error.code, SCF_E_EXTERNAL_ID_CONFLICT);
    assert_int_equal(next->outcome, SCF_ACCEPTED);
    accepted_are_stored(2);
}

/* A re-sent profile names the enterprise, as the first answer did. */
static void a_resent_profile_keeps_its_enterprise(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_item *first = add_enterprise("n"), *twin = add_enterprise("n");
    commit_batch(false);
    assert_int_equal(first->outcome, SCF_ACCEPTED);
    assert_false(scf_uuid_is_nil(&first->enterprise_id));
    assert_int_equal(twin->outcome, SCF_REPLAYED);
    assert_true(scf_uuid_eq(&twin->enterprise_id, &first->enterprise_id));
    w.count = 0;
    struct scf_item *later = add_enterprise("n");
    commit_batch(false);
    assert_int_equal(later->outcome, SCF_REPLAYED);
    assert_true(scf_uuid_eq(&later->enterprise_id, &first->enterprise_id));
}

/* Only this server hands out ids: one that it does not know is a mistake, at every place. */
static void unknown_ids_are_refused_at_their_places(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_item *item =
        add(SCF_REC_GUARANTEE,
            "{\"external_id\":\"g\",\"guarantee_no\":\"G\",\"kind\":\"surety_joint\","
            "\"guarantor_id\":\"ent_01h455vb4pex5vsknk084sn02q\","
            "\"obligor_id\":\"ent_01h455vb4pex5vsknk084sn02r\","
            "\"beneficiary_id\":\"ent_01h455vb4pex5vsknk084sn02s\","
            "\"contract_id\":\"ctr_01h455vb4pex5vsknk084sn02q\",\"amount\":\"3.00\","
            "\"currency\":\"CNY\",\"issued_on\":\"2026-01-01\",\"expires_on\":\"2027-01-01\","
            "\"status\":\"active\"}");
    commit_batch(false);
    all_refused(SCF_E_VALIDATION_FAILED);
    static const char *const places[] = {"#/obligor_id", "#/beneficiary_id", "#/guarantor_id",
                                         "#/contract_id"};
    assert_int_equal(item->faults.count, SCF_COUNT(places));
    for (size_t i = 0; i < SCF_COUNT(places); i++) {
        assert_string_equal(item->faults.items[i].code, "unknown-reference");
        assert_string_equal(item->faults.items[i].pointer, places[i]);
    }
}

#define UNKNOWN "01h455vb4pex5vsknk084sn02q"

static void faults_at(const struct scf_item *item, const char *const *places, size_t n) {
    assert_int_equal(item->outcome, SCF_REFUSED);
    assert_int_equal(item->faults.count, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(item->faults.items[i].code, "unknown-reference");
        assert_string_equal(item->faults.items[i].pointer, places[i]);
    }
}

/* Those that are not the main party or contract; one place is good, so only the others are named.
 */
static void unknown_ids_in_lists_are_refused(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_item *known = add_contract("known", "s");
    commit_batch(false);
    char id[SCF_ID_TEXT];
    scf_id_format("ctr", &known->stored.id, id);
    w.count = 0;
    struct scf_item *event =
        add(SCF_REC_WORKFLOW_EVENT,
            scf_asprintf(w.arena,
                         "{\"external_id\":\"v\",\"contract_id\":\"%s\",\"step\":\"shipped\","
                         "\"occurred_at\":\"2026-01-03T00:00:00Z\",\"actor_enterprise_id\":"
                         "\"ent_" UNKNOWN "\",\"counterparty_id\":\"ent_" UNKNOWN "\"}",
                         id));
    struct scf_item *invoice =
        add(SCF_REC_INVOICE,
            scf_asprintf(
                w.arena,
                "{\"external_id\":\"i\",\"kind\":\"other\",\"invoice_no\":\"1\",\"issued_on\":"
                "\"2026-01-03\",\"seller\":{\"name\":\"s\",\"tax_no\":\"91330100123456789A\"},"
                "\"buyer\":{\"name\":\"b\",\"tax_no\":\"91330100123456789B\"},"
                "\"amount_excl_tax\":\"1\",\"tax_amount\":\"0\",\"total_amount\":\"1\","
                "\"currency\":\"CNY\",\"lines\":[{\"goods_name\":\"g\",\"amount\":\"1\","
                "\"tax_rate\":\"0\",\"tax_amount\":\"0\"}],\"contract_ids\":[\"%s\",\"ctr_" UNKNOWN
                "\",\"%s\"],\"workflow_event_ids\":[\"evt_" UNKNOWN "\"]}",
                id, id));
    commit_batch(false);
    faults_at(event, (const char *[]){"#/actor_enterprise_id", "#/counterparty_id"}, 2);
    faults_at(invoice, (const char *[]){"#/contract_ids/1", "#/workflow_event_ids/0"}, 2);
}

/* ---- Idempotency-Key ---- */

/* Within one batch as across batches: the first use decides. */
static void a_key_stands_for_one_request(void **state) {
    (void)state;
    NEEDS_DATABASE();
    const struct scf_idempotency first = key_used_for("a"), other = key_used_for("b");
    struct scf_item *a = add_contract("a", "s"), *b = add_contract("b", "s");
    struct scf_item *again = add_contract("a", "s");
    a->idempotency = again->idempotency = &first;
    b->idempotency = &other;
    commit_batch(false);
    assert_int_equal(scf_item_status(a), 201);
    assert_int_equal(b->outcome, SCF_REFUSED);
    assert_int_equal(b->error.code, SCF_E_IDEMPOTENCY_KEY_REUSED);
    assert_int_equal(again->outcome, SCF_REPLAYED);
    assert_int_equal(scf_item_status(again), 201);

    w.count = 0;
    again = add_contract("a", "s");
    b = add_contract("b", "s");
    again->idempotency = &first;
    b->idempotency = &other;
    commit_batch(false);
    assert_int_equal(again->outcome, SCF_REPLAYED);
    assert_int_equal(scf_item_status(again), 201);
    assert_int_equal(b->error.code, SCF_E_IDEMPOTENCY_KEY_REUSED);
    assert_int_equal(records(), 1);
    assert_int_equal(number("SELECT count(*) FROM scfd.idempotency"), 1);
}

/* A refused request did not use its key. */
static void a_refused_request_leaves_the_key(void **state) {
    (void)state;
    NEEDS_DATABASE();
    const struct scf_idempotency first = key_used_for("a"), other = key_used_for("b");
    struct scf_item *refused =
        add(SCF_REC_WORKFLOW_EVENT,
            "{\"external_id\":\"v\",\"contract_id\":\"ctr_" UNKNOWN "\",\"step\":\"shipped\","
            "\"occurred_at\":\"2026-01-03T00:00:00Z\",\"actor_enterprise_id\":"
            "\"ent_" UNKNOWN "\"}");
    refused->idempotency = &first;
    commit_batch(false);
    assert_int_equal(refused->error.code, SCF_E_VALIDATION_FAILED);
    w.count = 0;
    struct scf_item *next = add_contract("a", "s");
    next->idempotency = &other;
    commit_batch(false);
    assert_int_equal(next->outcome, SCF_ACCEPTED);
}

static void a_revoked_key_writes_nothing(void **state) {
    (void)state;
    NEEDS_DATABASE();
    add_contracts(2);
    query("UPDATE scfd.api_key SET revoked_at = created_at", NULL);
    commit_batch(false);
    all_refused(SCF_E_UNAUTHENTICATED);
    assert_int_equal(records(), 0);
}

static void *commit_elsewhere(void *arg) {
    (void)arg;
    scf_batch_commit(&w.batch, w.items, w.count, false);
    return NULL;
}

/* A batch that waits for its chain must not judge the key by what it saw before. */
static void a_key_revoked_while_the_batch_waits_writes_nothing(void **state) {
    (void)state;
    NEEDS_DATABASE();
    pthread_t thread;
    add_contracts(2);
    ok(scf_db_run(w.db, &SCF_BEGIN, NULL, NULL, NULL, &w.err));
    query("SELECT id FROM scfd.chain FOR NO KEY UPDATE", NULL);
    assert_int_equal(pthread_create(&thread, NULL, commit_elsewhere, NULL), 0);
    while (number("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
        usleep(1000);
    query("UPDATE scfd.api_key SET revoked_at = created_at", NULL);
    ok(scf_db_run(w.db, &SCF_COMMIT, NULL, NULL, NULL, &w.err));
    pthread_join(thread, NULL);
    all_refused(SCF_E_UNAUTHENTICATED);
    assert_int_equal(records(), 0);
}

/* ---- rows that the database refuses ---- */

/* n rows of which two are bad: by COPY when there are many, as parameters when there are few. */
static void refused_rows(int n) {
    query("ALTER TABLE scfd.record ADD CONSTRAINT t CHECK (external_id NOT LIKE 'bad%')", NULL);
    add_contract("bad-1", "s");
    add_contracts(n - 2);
    add_contract("bad-2", "s");
    commit_batch(false);
    assert_int_equal(w.items[0]->error.code, SCF_E_INTERNAL);
    assert_int_equal(w.items[w.count - 1]->error.code, SCF_E_INTERNAL);
    accepted_are_stored(n - 2);
}

static void a_refused_row_spares_its_few_neighbours(void **state) {
    (void)state;
    NEEDS_DATABASE();
    refused_rows(5);
}

static void a_refused_row_spares_its_many_neighbours(void **state) {
    (void)state;
    NEEDS_DATABASE();
    refused_rows(40);
}

static void a_refused_row_spoils_an_atomic_batch(void **state) {
    (void)state;
    NEEDS_DATABASE();
    query("ALTER TABLE scfd.record ADD CONSTRAINT t CHECK (external_id NOT LIKE 'bad%')", NULL);
    add_contracts(20);
    add_contract("bad-1", "s");
    commit_batch(true);
    all_refused(SCF_E_INTERNAL);
    assert_int_equal(records(), 0);
    assert_int_equal(chain_size(), 0);
}

/* ---- races ---- */

/* The attempts of the last batch that reached the record table with their first row. */
#define LOSE_RACES(n)                                                                              \
    "IF nextval('public.attempts') <= " #n " THEN RAISE EXCEPTION 'race' USING ERRCODE = '40P01';" \
    " END IF;"

static void a_lost_race_is_run_again_from_the_start(void **state) {
    (void)state;
    NEEDS_DATABASE();
    query("CREATE SEQUENCE public.attempts", NULL);
    misbehave(AT_INSERT, "NEW.external_id = 'c-0'", LOSE_RACES(2));
    add_contracts(3);
    struct scf_item *invoice =
        add(SCF_REC_INVOICE,
            "{\"external_id\":\"i\",\"kind\":\"other\",\"invoice_no\":\"1\",\"issued_on\":"
            "\"2026-01-03\",\"seller\":{\"name\":\"s\",\"tax_no\":\"91330100123456789A\"},"
            "\"buyer\":{\"name\":\"b\",\"tax_no\":\"91330100123456789B\"},"
            "\"amount_excl_tax\":\"1\",\"tax_amount\":\"0\",\"total_amount\":\"1\","
            "\"currency\":\"CNY\",\"lines\":[{\"goods_name\":\"g\",\"amount\":\"1\","
            "\"tax_rate\":\"0\",\"tax_amount\":\"0\"}],\"contract_no\":\"HT-9\"}");
    size_t warned = invoice->warnings.count;
    commit_batch(false);
    accepted_are_stored(4);
    /* One attempt's worth: a new seller, a new buyer, an unknown contract. */
    assert_int_equal(invoice->warnings.count, warned + 3);
    assert_int_equal(number("SELECT last_value FROM public.attempts"), 3);
}

static void a_race_lost_too_often_is_given_up_whole(void **state) {
    (void)state;
    NEEDS_DATABASE();
    query("CREATE SEQUENCE public.attempts", NULL);
    misbehave(AT_INSERT, "NEW.external_id = 'c-0'", LOSE_RACES(1000));
    add_contracts(20);
    commit_batch(false);
    all_refused(SCF_E_SOFT);
    assert_int_equal(number("SELECT last_value FROM public.attempts"), 6);
    behave();
    send_again();
    accepted_are_stored(20);
}

/* ---- lost connections ---- */

static void lost_then_well_again(int64_t n) {
    all_refused(SCF_E_DATABASE_UNAVAILABLE);
    assert_int_equal(records(), 0);
    assert_int_equal(chain_size(), 0);
    behave();
    send_again();
    accepted_are_stored(n);
}

static void lost_between_question_and_write(void **state) {
    (void)state;
    NEEDS_DATABASE();
    misbehave("TRIGGER t BEFORE INSERT ON scfd.enterprise", "true", DIE);
    add_contracts(3);
    commit_batch(false);
    lost_then_well_again(3);
}

static void lost_while_few_rows_are_written(void **state) {
    (void)state;
    NEEDS_DATABASE();
    misbehave(AT_INSERT, "NEW.external_id = 'c-1'", DIE);
    add_contracts(3);
    commit_batch(false);
    lost_then_well_again(3);
}

static void lost_while_many_rows_are_copied(void **state) {
    (void)state;
    NEEDS_DATABASE();
    misbehave(AT_INSERT, "NEW.external_id = 'c-25'", DIE);
    add_contracts(40);
    commit_batch(false);
    lost_then_well_again(40);
}

static void lost_in_the_commit_which_fails(void **state) {
    (void)state;
    NEEDS_DATABASE();
    misbehave(AT_COMMIT, "NEW.external_id = 'c-1'", DIE);
    add_contracts(20);
    commit_batch(false);
    lost_then_well_again(20);
}

/* The server commits, but its answer never comes: the batch must wait for it, find out, and accept;
 * what it had settled without the commit stays so. */
static void lost_in_the_commit_which_succeeds(void **state) {
    (void)state;
    NEEDS_DATABASE();
    pthread_t thread;
    misbehave(AT_COMMIT, "NEW.external_id = 'c-1'", "PERFORM pg_sleep(3);");
    add_contracts(20);
    struct scf_item *twin = add_contract("c-3", "s"), *conflict = add_contract("c-3", "another");
    assert_int_equal(pthread_create(&thread, NULL, cut, NULL), 0);
    commit_batch(false);
    pthread_join(thread, NULL);
    assert_int_equal(twin->outcome, SCF_REPLAYED);
    assert_int_equal(twin->stored.leaf_index, 3);
    assert_int_equal(conflict->error.code, SCF_E_EXTERNAL_ID_CONFLICT);
    accepted_are_stored(20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_batch_settles_twins_and_conflicts),
        TEST(a_resent_profile_keeps_its_enterprise),
        TEST(unknown_ids_are_refused_at_their_places),
        TEST(unknown_ids_in_lists_are_refused),
        TEST(a_key_stands_for_one_request),
        TEST(a_refused_request_leaves_the_key),
        TEST(a_revoked_key_writes_nothing),
        TEST(a_key_revoked_while_the_batch_waits_writes_nothing),
        TEST(a_refused_row_spares_its_few_neighbours),
        TEST(a_refused_row_spares_its_many_neighbours),
        TEST(a_refused_row_spoils_an_atomic_batch),
        TEST(a_lost_race_is_run_again_from_the_start),
        TEST(a_race_lost_too_often_is_given_up_whole),
        TEST(lost_between_question_and_write),
        TEST(lost_while_few_rows_are_written),
        TEST(lost_while_many_rows_are_copied),
        TEST(lost_in_the_commit_which_fails),
        TEST(lost_in_the_commit_which_succeeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
