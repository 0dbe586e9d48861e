/* Replays, the pure parts: differences are named where they are, and sums come out the same however
 * the records are cut into batches. */
#include <setjmp.h>
#include <cmocka.h>

#include "replay.h"
#include "scfd/base/clock.h"

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

/* ---- differences ---- */

static const cJSON *json(const char *text) {
    struct scf_error err;
    const cJSON *tree = scf_json_parse(arena, scf_strdup(arena, text), strlen(text), &err);
    assert_non_null(tree);
    return tree;
}

/* "pointer recorded recomputed;" of each difference; '-' where there is none. */
static const char *diff(const char *recorded, const char *recomputed) {
    struct scf_replay_diffs *d = scf_alloc(arena, 1, sizeof *d);
    d->arena = arena;
    scf_replay_compare(d, "/x", recorded != NULL ? json(recorded) : NULL,
                       recomputed != NULL ? json(recomputed) : NULL);
    assert_int_equal(d->n, d->count < SCF_REPLAY_DIFFS ? d->count : SCF_REPLAY_DIFFS);
    const char *all = "";
    for (size_t i = 0; i < d->n; i++) {
        const struct scf_replay_diff *e = &d->items[i];
        all = scf_asprintf(arena, "%s%s %s %s;", all, e->pointer,
                           e->recorded != NULL ? e->recorded : "-",
                           e->recomputed != NULL ? e->recomputed : "-");
    }
    return all;
}

static void equal_documents_do_not_differ(void **state) {
    (void)state;
    const char *text = "{\"a\":[1,\"2\",true,null,{\"b\":[]}],\"c\":{}}";
    assert_string_equal(diff(text, text), "");
    assert_string_equal(diff("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"), "");
    assert_string_equal(diff(NULL, NULL), "");
}

static void scalars_are_named(void **state) {
    (void)state;
    assert_string_equal(diff("{\"a\":{\"b\":[5,6]}}", "{\"a\":{\"b\":[5,7]}}"), "/x/a/b/1 6 7;");
    assert_string_equal(diff("{\"a\":true,\"b\":\"x\"}", "{\"a\":false,\"b\":\"y\"}"),
                        "/x/a true false;/x/b x y;");
    assert_string_equal(diff("{\"a\":\"1\"}", "{\"a\":1}"), "/x/a 1 1;"); /* another type */
    assert_string_equal(diff("[]", "{}"), "/x [] {};");
}

static void what_one_side_lacks_is_named(void **state) {
    (void)state;
    assert_string_equal(diff("{\"a\":1}", "{}"), "/x/a 1 -;");
    assert_string_equal(diff("{}", "{\"a\":{\"b\":1}}"), "/x/a - {\"b\":1};");
    assert_string_equal(diff(NULL, "3"), "/x - 3;");
    assert_string_equal(diff("3", NULL), "/x 3 -;");
}

static void names_are_escaped(void **state) {
    (void)state;
    assert_string_equal(diff("{\"a/b~c\":1}", "{\"a/b~c\":2}"), "/x/a~1b~0c 1 2;");
}

/* One element that is missing is one difference, although all behind it have moved. */
static void elements_are_found_by_what_they_are(void **state) {
    (void)state;
    const char *all = "[{\"id\":\"a\",\"v\":1},{\"id\":\"b\",\"v\":2},{\"id\":\"c\",\"v\":3}]";
    const char *some = "[{\"id\":\"a\",\"v\":1},{\"id\":\"c\",\"v\":4}]";
    assert_string_equal(diff(all, some), "/x/1 {\"id\":\"b\",\"v\":2} -;/x/2/v 3 4;");
    assert_string_equal(diff(some, all), "/x/1/v 4 3;/x/1 - {\"id\":\"b\",\"v\":2};");
    const char *twice = "[{\"id\":\"a\",\"v\":1},{\"id\":\"a\",\"v\":1}]";
    assert_string_equal(diff(twice, "[{\"id\":\"a\",\"v\":1}]"), "/x/1 {\"id\":\"a\",\"v\":1} -;");
    assert_string_equal(diff("[1,2,3]", "[1,3]"), "/x/1 2 3;/x/2 3 -;"); /* these are nothing */
}

static void many_differences_are_counted(void **state) {
    (void)state;
    struct scf_buf a, b;
    scf_buf_init(&a, 1 << 16);
    scf_buf_init(&b, 1 << 16);
    for (int i = 0; i < 500; i++) {
        scf_buf_printf(&a, "%c%d", i == 0 ? '[' : ',', i);
        scf_buf_printf(&b, "%c%d", i == 0 ? '[' : ',', i + 1);
    }
    scf_buf_puts(&a, "]");
    scf_buf_puts(&b, "]");
    struct scf_replay_diffs d = {.arena = arena};
    scf_replay_compare(&d, "", json(scf_strndup(arena, a.data, a.len)),
                       json(scf_strndup(arena, b.data, b.len)));
    assert_int_equal(d.count, 500);
    assert_int_equal(d.n, SCF_REPLAY_DIFFS);
    assert_string_equal(d.items[99].pointer, "/99");
    scf_buf_free(&a);
    scf_buf_free(&b);
}

static void long_paths_and_values_are_cut(void **state) {
    (void)state;
    char name[600];
    memset(name, '/', sizeof name - 1); /* each becomes two characters */
    name[255] = '\0';
    const char *text =
        scf_asprintf(arena, "{\"%s\":{\"%s\":{\"%s\":\"%0300d\"}}}", name, name, name, 7);
    struct scf_replay_diffs d = {.arena = arena};
    scf_replay_compare(&d, "", json(text), json("{}"));
    assert_int_equal(d.count, 1);
    assert_in_range(strlen(d.items[0].pointer), 300, 511);
    assert_int_equal(strlen(d.items[0].recorded), 200);
}

/* ---- sums ---- */

static const struct scf_template_field fields[] = {
    {.key = "q", .type = SCF_TT_DECIMAL, .fluctuation_ppm = 300000}};
static const struct scf_template tmpl = {
    .id = 7, .fields = fields, .field_count = 1, .watched_count = 1, .period = SCF_PERIOD_DAY};

static const struct scf_template *template_of(void *ctx, int32_t id) {
    (void)ctx;
    return id == tmpl.id ? &tmpl : NULL;
}

static struct scf_uuid uuid(uint8_t tag) {
    return (struct scf_uuid){{tag}};
}

enum { RECORDS = 40, FIRST_DAY = 20000 };

/* Two a day from FIRST_DAY on; the second is another enterprise's. The value doubles on day 10. */
static void make_records(struct scf_record *out) {
    for (int i = 0; i < RECORDS; i++) {
        uint8_t *m = scf_alloc(arena, 1, SCF_MEASURE_LEN);
        m[0] = 1;
        m[8] = i / 2 < 10 ? 100 : 200;
        out[i] = (struct scf_record){
            .chain_id = uuid(1),
            .kind = i % 8 == 0 ? SCF_REC_INVOICE : SCF_REC_WORKFLOW_EVENT,
            .enterprise_id = i % 2 == 0 ? uuid(2) : uuid(3),
            .received_us = (FIRST_DAY + i / 2) * SCF_US_PER_DAY + 5,
            .has_happened = true,
            .happened_us = (FIRST_DAY + i / 2) * SCF_US_PER_DAY - 3 * SCF_US_PER_SECOND,
            .template_id = 7,
            .weight_expected = 10,
            .weight_present = i,
            .range_ok = i % 3 == 0,
            .checks_applicable = 2,
            .checks_passed = 1,
            .measures = {(char *)m, SCF_MEASURE_LEN},
        };
    }
}

static struct scf_rating_sums *sums_in_batches(int size, size_t *ret_n, int64_t *ret_periods) {
    struct scf_record records[RECORDS];
    struct scf_replay_sums s;
    struct scf_error err;
    struct scf_uuid borrower = uuid(2);
    make_records(records);
    assert_true(scf_replay_sums_init(&s, arena, &borrower, FIRST_DAY + 5, FIRST_DAY + 14));
    assert_true(scf_replay_sums_chain(&s));
    for (int at = 0; at < RECORDS; at += size) {
        struct scf_arena *scratch = scf_arena_new(1 << 20);
        int n = RECORDS - at < size ? RECORDS - at : size;
        assert_int_equal(
            scf_replay_sums_add(&s, scratch, records + at, (size_t)n, template_of, NULL, &err),
            SCF_OK);
        scf_arena_free(scratch);
    }
    *ret_periods = scf_replay_periods(&s, SCF_PERIOD_DAY);
    return scf_replay_sums_list(&s, ret_n);
}

/* The window holds days 5 to 14 of the borrower: records 10, 12, …, 28; of them 16 and 24 are
 * invoices. Series run over events and bills alike, one a day: only day 10 leaves its threshold. */
static void sums_do_not_depend_on_batches(void **state) {
    (void)state;
    for (int size = 1; size <= RECORDS; size++) {
        size_t n;
        int64_t periods;
        struct scf_rating_sums *s = sums_in_batches(size, &n, &periods);
        assert_int_equal(n, 2);
        assert_int_equal(periods, 10);
        assert_int_equal(s[0].kind, SCF_REC_WORKFLOW_EVENT);
        assert_int_equal(s[0].records, 8);
        assert_int_equal(s[0].weight_expected, 80);
        assert_int_equal(s[0].weight_present, 10 + 12 + 14 + 18 + 20 + 22 + 26 + 28);
        assert_int_equal(s[0].delay_count, 8);
        assert_int_equal(s[0].delay_s, 8 * 3);
        assert_int_equal(s[0].delay_us, 8 * 5);
        assert_int_equal(s[0].range_ok, 2); /* 12 and 18 */
        assert_int_equal(s[0].fluctuation_applicable, 8);
        assert_int_equal(s[0].fluctuation_ok, 7);
        assert_int_equal(s[0].checks_applicable, 16);
        assert_int_equal(s[0].checks_passed, 8);
        assert_int_equal(s[1].kind, SCF_REC_INVOICE);
        assert_int_equal(s[1].records, 2);
        assert_int_equal(s[1].weight_present, 16 + 24);
        assert_int_equal(s[1].range_ok, 1); /* 24 */
        assert_int_equal(s[1].fluctuation_applicable, 2);
        assert_int_equal(s[1].fluctuation_ok, 2);
    }
}

static void an_unknown_template_is_an_error(void **state) {
    (void)state;
    struct scf_record records[RECORDS];
    struct scf_replay_sums s;
    struct scf_error err;
    struct scf_uuid borrower = uuid(2);
    make_records(records);
    records[0].template_id = 8;
    assert_true(scf_replay_sums_init(&s, arena, &borrower, FIRST_DAY, FIRST_DAY));
    assert_true(scf_replay_sums_chain(&s));
    assert_int_equal(scf_replay_sums_add(&s, arena, records, 1, template_of, NULL, &err),
                     SCF_E_INTERNAL);
}

static void record_faults_are_told_apart(void **state) {
    (void)state;
    struct scf_record r = {.chain_id = uuid(1),
                           .id = uuid(2),
                           .kind = SCF_REC_INVOICE,
                           .external_id = SCF_STR("I-1"),
                           .received_us = 1,
                           .body = SCF_STR("{}")};
    scf_record_prepare(&r);
    assert_null(scf_replay_record_fault(&r));
    struct scf_record changed = r;
    changed.body = SCF_STR("{ }");
    assert_string_equal(scf_replay_record_fault(&changed),
                        "its body does not have the recorded SHA-256");
    changed.body_sha256 = scf_sha256("{ }", 3);
    assert_string_equal(scf_replay_record_fault(&changed),
                        "its leaf text does not have the leaf hash");
    changed.leaf_hash = scf_leaf_hash(&changed); /* only the tree can tell now */
    assert_null(scf_replay_record_fault(&changed));
    struct scf_record erased = r;
    erased.body = (struct scf_str){NULL, 0};
    assert_string_equal(scf_replay_record_fault(&erased),
                        "its body was removed, but not its digest and salt");
    memset(erased.body_sha256.b, 0, SCF_HASH_LEN);
    memset(erased.salt, 0, SCF_SALT_LEN);
    assert_string_equal(scf_replay_record_fault(&erased), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_documents_do_not_differ),
        cmocka_unit_test(scalars_are_named),
        cmocka_unit_test(what_one_side_lacks_is_named),
        cmocka_unit_test(names_are_escaped),
        cmocka_unit_test(elements_are_found_by_what_they_are),
        cmocka_unit_test(many_differences_are_counted),
        cmocka_unit_test(long_paths_and_values_are_cut),
        cmocka_unit_test(sums_do_not_depend_on_batches),
        cmocka_unit_test(an_unknown_template_is_an_error),
        cmocka_unit_test(record_faults_are_told_apart),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
