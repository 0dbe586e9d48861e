/* Lists of records: every source in both orders, by name and by kind, in pages bounded by number
 * and by bytes. */
#include "pg.h"
#include "record_store.h"

#include "scfd/base/clock.h"
#include "scfd/party/node.h"

#include <setjmp.h>
#include <cmocka.h>

struct world {
    const char *url;
    struct scf_db *db;
    struct scf_arena *arena;
    struct scf_uuid one, other;
    int serial;
    struct scf_error err;
};
static struct world w;

static enum scf_code append(struct scf_db *db, void *ctx, struct scf_error *err) {
    return scf_chain_append(db, w.arena, ctx, 1, err);
}

static struct scf_record *add(const struct scf_uuid *chain, enum scf_record_kind kind,
                              const char *external_id, size_t body_bytes) {
    struct scf_record *r = scf_alloc(w.arena, 1, sizeof *r);
    char *body = scf_alloc(w.arena, body_bytes + 1, 1);
    memset(body, 'x', body_bytes);
    *r = (struct scf_record){.chain_id = *chain,
                             .id = scf_uuid_new(),
                             .kind = kind,
                             .external_id = scf_str(external_id),
                             .received_us = scf_now_us(),
                             .body = {body, body_bytes}};
    scf_record_prepare(r);
    ok(scf_tx_run(w.db, append, r, &w.err));
    return r;
}

static int open_world(void **state) {
    (void)state;
    w = (struct world){.url = scf_test_database(), .one = scf_uuid_new(), .other = scf_uuid_new()};
    if (!w.url)
        return 0;
    w.db = scf_db_new(w.url, "test", 0);
    w.arena = scf_arena_new(256 << 20);
    ok(scf_chain_rows_add(w.db, w.arena, &w.one, SCF_SUITE_SHA256_ED25519, &w.err));
    ok(scf_chain_rows_add(w.db, w.arena, &w.other, SCF_SUITE_SHA256_ED25519, &w.err));
    return 0;
}

static int close_world(void **state) {
    (void)state;
    scf_db_free(w.db);
    scf_arena_free(w.arena);
    return 0;
}

static struct scf_record_filter filter_of(enum scf_record_source source, enum scf_record_kind kind,
                                          const char *external_id) {
    return (struct scf_record_filter){.source = source,
                                      .kind = kind,
                                      .owner = w.one,
                                      .external_id = scf_str(external_id),
                                      .until_us = INT64_MAX};
}

/* The external ids of every page in turn, "a b | c". */
static const char *pages(struct scf_record_filter filter, int limit, bool descending) {
    struct scf_page page = {.limit = limit, .descending = descending};
    struct scf_buf out;
    scf_buf_init(&out, 4096);
    for (bool more = true; more; page.has_after = true) {
        struct scf_record *records;
        size_t n;
        ok(scf_records_list(w.db, w.arena, &filter, &page, &records, &n, &more, &w.err));
        assert_true(n <= (size_t)limit && (n > 0 || !more));
        for (size_t i = 0; i < n; i++)
            scf_buf_printf(&out, "%s%.*s", i ? " " : "", (int)records[i].external_id.n,
                           records[i].external_id.p);
        if (more)
            scf_buf_puts(&out, " | ");
        page.after_time_us = n ? records[n - 1].leaf_index : 0;
        page.after_id = n ? records[n - 1].id : w.one;
    }
    const char *text = scf_strdup(w.arena, out.data ? out.data : "");
    scf_buf_free(&out);
    return text;
}

static void every_source_in_both_orders(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct scf_error err;
    const enum scf_record_kind inv = SCF_REC_INVOICE, ctr = SCF_REC_CONTRACT;
    struct scf_record *theirs = NULL;
    for (int i = 0; i < 5; i++) {
        add(&w.one, inv, scf_asprintf(w.arena, "i%d", i), 10);
        add(&w.one, ctr, scf_asprintf(w.arena, "c%d", i), 10);
        theirs = add(&w.other, inv, scf_asprintf(w.arena, "o%d", i), 10);
        ok(scf_record_address(w.db, w.arena, theirs, &w.one, "x", &err));
    }
    add(&w.other, inv, "i3", 10);
    assert_string_equal(pages(filter_of(SCF_FROM_CHAIN, inv, NULL), 2, false),
                        "i0 i1 | i2 i3 | i4");
    assert_string_equal(pages(filter_of(SCF_FROM_CHAIN, ctr, NULL), 2, true), "c4 c3 | c2 c1 | c0");
    assert_string_equal(pages(filter_of(SCF_FROM_CHAIN, ctr, NULL), 5, false), "c0 c1 c2 c3 c4");
    assert_string_equal(pages(filter_of(SCF_FROM_CHAIN, SCF_REC_GUARANTEE, NULL), 5, false), "");
    assert_string_equal(pages(filter_of(SCF_FROM_ADDRESSED, inv, NULL), 3, false),
                        "o0 o1 o2 | o3 o4");
    assert_string_equal(pages(filter_of(SCF_FROM_ADDRESSED, inv, NULL), 3, true),
                        "o4 o3 o2 | o1 o0");
    assert_string_equal(pages(filter_of(SCF_FROM_ALL, inv, NULL), 6, false),
                        "i0 o0 i1 o1 i2 o2 | i3 o3 i4 o4 i3");
    assert_string_equal(pages(filter_of(SCF_FROM_CHAIN, inv, "i3"), 1, false), "i3");
    assert_string_equal(pages(filter_of(SCF_FROM_CHAIN, inv, "o3"), 1, false), "");
    assert_string_equal(pages(filter_of(SCF_FROM_CHAIN, ctr, "i3"), 1, true), "");
    assert_string_equal(pages(filter_of(SCF_FROM_ADDRESSED, inv, "o3"), 1, true), "o3");
    assert_string_equal(pages(filter_of(SCF_FROM_ALL, inv, "i3"), 1, false), "i3 | i3");
    assert_string_equal(pages(filter_of(SCF_FROM_ALL, inv, "i3"), 1, true), "i3 | i3");
}

/* 7 MiB each: two pass 16 MiB only with the third. One that is larger than a page comes alone. */
static void large_bodies_make_short_pages(void **state) {
    (void)state;
    NEEDS_DATABASE();
    for (int i = 0; i < 4; i++)
        add(&w.one, SCF_REC_INVOICE, scf_asprintf(w.arena, "i%d", i), 7 << 20);
    add(&w.one, SCF_REC_INVOICE, "huge", 17 << 20);
    add(&w.one, SCF_REC_INVOICE, "last", 1);
    struct scf_record_filter filter = filter_of(SCF_FROM_CHAIN, SCF_REC_INVOICE, NULL);
    assert_string_equal(pages(filter, 50, false), "i0 i1 i2 | i3 huge | last");
    assert_string_equal(pages(filter, 50, true), "last huge | i3 i2 i1 | i0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_source_in_both_orders),
        TEST(large_bodies_make_short_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
