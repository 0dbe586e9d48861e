/* The directory of enterprises on a real database: stubs under a race, and whose profile counts. */
#include <setjmp.h>
#include <cmocka.h>

#include "enterprise_store.h"
#include "pg.h"
#include "scfd/base/clock.h"
#include "scfd/codec/json.h"

static struct scf_test_world w;

static int open_world(void **state) {
    (void)state;
    w = scf_test_world_open();
    return 0;
}

static int close_world(void **state) {
    (void)state;
    scf_test_world_close(&w);
    return 0;
}

static struct scf_rows *find(const struct scf_enterprise_ref *refs, size_t n) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_enterprise_find_params(&p, w.arena, refs, n);
    ok(scf_db_run(w.db, &scf_enterprise_find_stmt, &p, w.arena, &rows, &w.err));
    return rows;
}

/* ---- stubs ---- */

enum { RACERS = 6, CODES = 40 };
static char codes[CODES][19];
static struct scf_enterprise_ref refs_of[RACERS][CODES];

struct racer {
    struct scf_arena *arena;
    const struct scf_enterprise_ref *refs;
    enum scf_code code;
};

static enum scf_code add_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct racer *r = ctx;
    return scf_enterprise_add_stubs(db, r->arena, r->refs, CODES, scf_now_us(), err);
}

static void *race(void *arg) {
    struct racer *r = arg;
    struct scf_error err;
    struct scf_db *db = scf_db_new(w.url, "racer", 0);
    r->arena = scf_arena_new(1 << 20);
    r->code = scf_tx_run(db, add_body, r, &err);
    scf_arena_free(r->arena);
    scf_db_free(db);
    return NULL;
}

/* Each racer names the same enterprises in another order: without one order of insertion they would
 * wait for each other in a circle. */
static void racing_stubs_are_made_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    for (int i = 0; i < CODES; i++)
        snprintf(codes[i], sizeof codes[i], "9133010000000000%02u", (unsigned)i % 100);
    for (int r = 0; r < RACERS; r++)
        for (int i = 0; i < CODES; i++)
            refs_of[r][i] =
                (struct scf_enterprise_ref){.uscc = scf_str(codes[(i * 7 + r * 11) % CODES])};
    for (int r = 0; r < RACERS; r++) {
        racers[r] = (struct racer){.refs = refs_of[r]};
        pthread_create(&threads[r], NULL, race, &racers[r]);
    }
    for (int r = 0; r < RACERS; r++) {
        pthread_join(threads[r], NULL);
        assert_int_equal(racers[r].code, SCF_OK);
    }
    struct scf_rows *rows = find(refs_of[0], CODES);
    assert_int_equal(scf_rows_count(rows), CODES);
    for (int i = 0; i < CODES; i++) {
        struct scf_enterprise e;
        scf_enterprise_read(rows, i, w.arena, &e);
        assert_true(e.is_stub);
        assert_true(scf_str_eq(e.name, e.uscc)); /* no name was given */
        assert_true(scf_uuid_is_nil(&e.registrar_chain_id));
        assert_int_equal(e.industry_code.n, 0);
    }
}

static void a_code_named_twice_makes_one_stub(void **state) {
    (void)state;
    NEEDS_DATABASE();
    const struct scf_enterprise_ref refs[] = {
        {.uscc = SCF_STR("91330100799655058B"), .name = SCF_STR("甲")},
        {.uscc = SCF_STR("91330100799655058B"), .name = SCF_STR("乙")}};
    ok(scf_enterprise_add_stubs(w.db, w.arena, refs, 2, scf_now_us(), &w.err));
    ok(scf_enterprise_add_stubs(w.db, w.arena, refs, 2, scf_now_us(), &w.err));
    struct scf_rows *rows = find(refs, 2);
    assert_int_equal(scf_rows_count(rows), 1);
    struct scf_enterprise e;
    scf_enterprise_read(rows, 0, w.arena, &e);
    const struct scf_enterprise_ref by_id = {.id = e.id};
    assert_int_equal(scf_rows_count(find(&by_id, 1)), 1);
    assert_int_equal(scf_rows_count(find(NULL, 0)), 0);
}

/* ---- profiles ---- */

struct application {
    const cJSON *profile;
    struct scf_uuid chain_id, record_id;
    bool by_admin;
    struct scf_uuid enterprise_id;
    bool kept;
};

static enum scf_code apply_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct application *a = ctx;
    return scf_enterprise_apply_profile(db, w.arena, a->profile, &a->chain_id, &a->record_id,
                                        a->by_admin, scf_now_us(), &a->enterprise_id, &a->kept,
                                        err);
}

static struct application apply(const struct scf_uuid *chain_id, bool by_admin, const char *text) {
    struct application a = {
        .chain_id = *chain_id, .record_id = scf_uuid_new(), .by_admin = by_admin};
    a.profile = scf_json_parse(w.arena, text, strlen(text), &w.err);
    assert_non_null(a.profile);
    ok(scf_tx_run(w.db, apply_body, &a, &w.err));
    return a;
}

#define PROFILE(name)                                                                              \
    "{\"name\":\"" name "\",\"uscc\":\"91330100799655058B\",\"industry_code\":\"C26\","            \
    "\"size_class\":\"small\",\"bank_accounts\":[{\"account_no\":\"6222021001122334455\"}]}"

static const char *name_of(const struct scf_uuid *id, struct scf_enterprise *e,
                           const char **profile) {
    ok(scf_enterprise_get(w.db, w.arena, id, e, profile, &w.err));
    return scf_strndup(w.arena, e->name.p, e->name.n);
}

static void the_first_profile_counts_then_the_registrars(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid first = scf_uuid_new(), second = scf_uuid_new(), platform = scf_uuid_new();
    struct scf_enterprise e;
    const char *profile;
    const struct scf_enterprise_ref stub = {.uscc = SCF_STR("91330100799655058B"),
                                            .name = SCF_STR("存根")};
    ok(scf_enterprise_add_stubs(w.db, w.arena, &stub, 1, scf_now_us(), &w.err));

    struct application a = apply(&first, false, PROFILE("甲"));
    assert_false(a.kept);
    assert_string_equal(name_of(&a.enterprise_id, &e, &profile), "甲");
    assert_false(e.is_stub);
    assert_true(scf_uuid_eq(&e.registrar_chain_id, &first));
    assert_true(scf_str_is(e.industry_code, "C26"));
    assert_non_null(strstr(profile, "***************4455"));
    assert_null(strstr(profile, "6222021001122334455"));

    struct application b = apply(&second, false, PROFILE("乙"));
    assert_true(b.kept);
    assert_true(scf_uuid_eq(&b.enterprise_id, &a.enterprise_id));
    assert_string_equal(name_of(&a.enterprise_id, &e, &profile), "甲");

    struct application c = apply(&first, false, PROFILE("丙"));
    assert_false(c.kept);
    assert_string_equal(name_of(&a.enterprise_id, &e, &profile), "丙");

    struct application d = apply(&platform, true, PROFILE("丁"));
    assert_false(d.kept);
    assert_string_equal(name_of(&a.enterprise_id, &e, &profile), "丁");
    assert_true(scf_uuid_eq(&e.registrar_chain_id, &first)); /* it stays the registrar's */
}

static void foreign_enterprises_go_by_country_and_number(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_uuid chain = scf_uuid_new();
    struct application de = apply(&chain, false,
                                  "{\"name\":\"Beispiel GmbH\",\"country_code\":\"DE\","
                                  "\"foreign_registration_no\":\"HRB 1\"}");
    struct application fr = apply(&chain, false,
                                  "{\"name\":\"Exemple SA\",\"country_code\":\"FR\","
                                  "\"foreign_registration_no\":\"HRB 1\"}");
    struct application again = apply(&chain, false,
                                     "{\"name\":\"Beispiel AG\",\"country_code\":\"DE\","
                                     "\"foreign_registration_no\":\"HRB 1\"}");
    assert_false(scf_uuid_eq(&de.enterprise_id, &fr.enterprise_id));
    assert_true(scf_uuid_eq(&de.enterprise_id, &again.enterprise_id));
}

static void profiles_are_listed_and_addressed(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt address = {
        "t_address", "INSERT INTO scfd.record_addressee (node_id, record_id, chain_id, leaf_index)"
                     " VALUES ($1, $2, $3, 0)"};
    struct scf_uuid chain = scf_uuid_new(), lender = scf_uuid_new(), stranger = scf_uuid_new();
    struct application a = apply(&chain, false, PROFILE("甲"));
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &lender);
    scf_p_uuid(&p, &a.record_id);
    scf_p_uuid(&p, &chain);
    ok(scf_db_run(w.db, &address, &p, w.arena, NULL, &w.err));
    struct scf_enterprise_entry entry, *list;
    ok(scf_enterprise_entry_get(w.db, w.arena, &a.enterprise_id, &lender, &entry, &w.err));
    assert_true(entry.addressed);
    assert_true(scf_uuid_eq(&entry.profile_record_id, &a.record_id));
    ok(scf_enterprise_entry_get(w.db, w.arena, &a.enterprise_id, &stranger, &entry, &w.err));
    assert_false(entry.addressed);
    int n;
    const struct scf_page page = {.limit = 10};
    ok(scf_enterprise_list(w.db, w.arena, "91330100799655058B", "C26", &page, &list, &n, &w.err));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].size_class, "small");
    ok(scf_enterprise_list(w.db, w.arena, NULL, "D44", &page, &list, &n, &w.err));
    assert_int_equal(n, 0);
    assert_int_equal(scf_enterprise_entry_get(w.db, w.arena, &stranger, NULL, &entry, &w.err),
                     SCF_E_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(racing_stubs_are_made_once),
        TEST(a_code_named_twice_makes_one_stub),
        TEST(the_first_profile_counts_then_the_registrars),
        TEST(foreign_enterprises_go_by_country_and_number),
        TEST(profiles_are_listed_and_addressed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
