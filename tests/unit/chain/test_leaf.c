/* Leaf text and hash, checked against the text written down by hand and sha256sum's answer. */
#include "../codec/vectors.h"

#include "scfd/base/clock.h"
#include "scfd/chain/record.h"

static struct scf_record example(void) {
    struct scf_record r = {
        .kind = SCF_REC_INVOICE,
        .external_id = SCF_STR("INV-2026/\xe5\x8f\x91\xe7\xa5\xa8-1"),
        .received_us = INT64_C(1795334400123456), /* 2026-11-22T08:00:00.123456Z */
    };
    for (int i = 0; i < 16; i++) {
        r.chain_id.b[i] = (uint8_t)i;
        r.id.b[i] = (uint8_t)(0x10 + i);
        r.salt[i] = (uint8_t)(0xa0 + i);
    }
    r.body_sha256 = scf_sha256("abc", 3);
    return r;
}

/* The TypeID suffixes of 000102…0f and 101112…1f were computed with Python. */
static const char TEXT[] =
    "scfd-record/v1\n"
    "id inv_0g2491650n2rbhg68t3ce1t7gz\n"
    "kind invoice\n"
    "node node_00041061050r3gg28a1c60t3gf\n"
    "external_id INV-2026/\xe5\x8f\x91\xe7\xa5\xa8-1\n"
    "received_at 2026-11-22T08:00:00.123456Z\n"
    "body_sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
    "salt a0a1a2a3a4a5a6a7a8a9aaabacadaeaf\n";

static const char LEAF_SM3[] = "741cdf135af8bf183731fe9e5bfe1375ff0015030d76532bbbc39b5470f7c9c0";

static void text_is_as_documented(void **state) {
    (void)state;
    struct scf_record r = example();
    struct scf_buf out;
    scf_buf_init(&out, 4096);
    scf_leaf_text(&r, &out);
    assert_string_equal(out.data, TEXT);
    scf_buf_free(&out);
}

static void hash_is_of_the_text_with_a_zero_byte_before(void **state) {
    (void)state;
    struct scf_record r = example();
    char bytes[sizeof TEXT] = {0};
    memcpy(bytes + 1, TEXT, sizeof TEXT - 1);
    struct scf_hash want = scf_sha256(bytes, sizeof bytes), h = scf_leaf_hash(&r);
    assert_memory_equal(h.b, want.b, SCF_HASH_LEN);
}

/* What `openssl dgst -sm3` says of "abc", and of a zero byte and the text with that. */
static void a_leaf_of_sm3(void **state) {
    (void)state;
    static const char line[] =
        "\nbody_sm3 66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0\n";
    struct scf_record r = example();
    struct scf_buf out;
    struct scf_hash want;
    r.body = SCF_STR("abc");
    scf_record_set_suite(&r, SCF_SUITE_SM3_SM2);
    scf_buf_init(&out, 4096);
    scf_leaf_text(&r, &out);
    assert_int_equal(out.len, sizeof TEXT - 1 - 3); /* "sm3" is shorter than "sha256" */
    struct scf_record again;
    assert_true(scf_leaf_parse((struct scf_str){out.data, out.len}, &again));
    assert_int_equal(again.suite, SCF_SUITE_SM3_SM2);
    assert_memory_equal(again.leaf_hash.b, r.leaf_hash.b, SCF_HASH_LEN);
    assert_memory_equal(again.body_sm3.b, r.body_sm3.b, SCF_HASH_LEN);
    assert_non_null(strstr(out.data, line));
    assert_null(strstr(out.data, "sha256"));
    assert_true(scf_unhex(scf_str(LEAF_SM3), want.b, SCF_HASH_LEN));
    assert_memory_equal(r.leaf_hash.b, want.b, SCF_HASH_LEN);
    scf_buf_free(&out);
}

static void every_part_counts(void **state) {
    (void)state;
    struct scf_record r = example();
    struct scf_hash first = scf_leaf_hash(&r), h;
#define CHANGED(change)                                                                            \
    do {                                                                                           \
        r = example();                                                                             \
        change;                                                                                    \
        h = scf_leaf_hash(&r);                                                                     \
        assert_false(scf_hash_eq(&first, &h));                                                     \
    } while (0)
    CHANGED(r.id.b[15] ^= 1);
    CHANGED(r.chain_id.b[0] ^= 1);
    CHANGED(r.kind = SCF_REC_CONTRACT);
    CHANGED(r.external_id.n--);
    CHANGED(r.received_us++);
    CHANGED(r.body_sha256.b[31] ^= 1);
    CHANGED(r.salt[0] ^= 1);
#undef CHANGED
}

static void parsing_is_the_exact_inverse(void **state) {
    (void)state;
    struct scf_record want = example(), r = {.leaf_index = 7};
    assert_true(scf_leaf_parse(SCF_STR(TEXT), &r));
    assert_int_equal(r.kind, want.kind);
    assert_true(scf_uuid_eq(&r.id, &want.id) && scf_uuid_eq(&r.chain_id, &want.chain_id));
    assert_true(scf_str_eq(r.external_id, want.external_id));
    assert_int_equal(r.received_us, want.received_us);
    assert_memory_equal(r.body_sha256.b, want.body_sha256.b, SCF_HASH_LEN);
    assert_memory_equal(r.salt, want.salt, SCF_SALT_LEN);
    struct scf_hash hash = scf_leaf_hash(&want);
    assert_memory_equal(r.leaf_hash.b, hash.b, SCF_HASH_LEN);
}

/* Any byte that is lost, or put in, and any letter in the other case makes another text. */
static void no_other_spelling_is_read(void **state) {
    (void)state;
    struct scf_record r;
    char text[sizeof TEXT + 1];
    for (size_t i = 0; i < sizeof TEXT - 1; i++) {
        memcpy(text, TEXT, i);
        memcpy(text + i, TEXT + i + 1, sizeof TEXT - 1 - i);
        struct scf_record other;
        bool in_name = i >= (size_t)(strstr(TEXT, "INV-") - TEXT) &&
                       i < (size_t)(strstr(TEXT, "\nreceived_at") - TEXT);
        assert_int_equal(scf_leaf_parse((struct scf_str){text, sizeof TEXT - 2}, &other), in_name);
        memcpy(text, TEXT, sizeof TEXT);
        text[i] ^= 0x20;
        bool lf_in_name = in_name && text[i] == '\n';
        assert_int_equal(scf_leaf_parse((struct scf_str){text, sizeof TEXT - 1}, &r),
                         in_name && !lf_in_name);
    }
    assert_false(scf_leaf_parse(SCF_STR(""), &r));
    assert_false(scf_leaf_parse((struct scf_str){TEXT, sizeof TEXT - 2}, &r));
    assert_false(scf_leaf_parse((struct scf_str){TEXT, sizeof TEXT}, &r));
}

static void preparing_fills_salt_digest_and_hash(void **state) {
    (void)state;
    struct scf_record r = example(), again = example();
    r.body = again.body = SCF_STR("abc");
    scf_record_prepare(&r);
    scf_record_prepare(&again);
    struct scf_hash want = scf_sha256("abc", 3), leaf = scf_leaf_hash(&r);
    assert_memory_equal(r.body_sha256.b, want.b, SCF_HASH_LEN);
    assert_memory_equal(r.leaf_hash.b, leaf.b, SCF_HASH_LEN);
    assert_memory_not_equal(r.salt, again.salt, SCF_SALT_LEN);
}

static void kinds_have_names_and_prefixes(void **state) {
    (void)state;
    static const char *const prefixes[] = {"epr", "ctr",  "evt", "inv", "gua", "asm",
                                           "dec", "loan", "rep", "tpl", "pol", "ltm",
                                           "rcv", "hold", "ers", "org", "wcf", "enf"};
    assert_int_equal(SCF_COUNT(prefixes), SCF_REC_KINDS);
    for (int i = 0; i < SCF_REC_KINDS; i++) {
        enum scf_record_kind kind;
        assert_string_equal(scf_record_kind_prefix((enum scf_record_kind)i), prefixes[i]);
        assert_true(scf_record_kind_of_prefix(prefixes[i], &kind));
        assert_int_equal(kind, i);
    }
    enum scf_record_kind kind;
    assert_false(scf_record_kind_of_prefix("node", &kind));
    assert_string_equal(scf_record_kind_name(SCF_REC_WORKFLOW_EVENT), "workflow_event");
    assert_string_equal(scf_record_kind_name(SCF_REC_INDUSTRY_TEMPLATE), "industry_template");
}

static int64_t own_ns(void) {
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Every record that is taken in pays for this; the bound is loose, for slow machines, and other
 * processes do not count. */
static void hashing_a_leaf_is_quick(void **state) {
    (void)state;
    struct scf_record r = example();
    struct scf_hash sum = {{0}};
    enum { ROUNDS = 20000 };
    int64_t begin = own_ns();
    for (int i = 0; i < ROUNDS; i++) {
        r.received_us++;
        struct scf_hash h = scf_leaf_hash(&r);
        sum.b[0] ^= h.b[0];
    }
    int64_t ns = (own_ns() - begin) / ROUNDS;
    print_message("one leaf: %" PRId64 " ns (%u)\n", ns, sum.b[0]);
    assert_true(ns < 20000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_as_documented),
        cmocka_unit_test(hash_is_of_the_text_with_a_zero_byte_before),
        cmocka_unit_test(a_leaf_of_sm3),
        cmocka_unit_test(every_part_counts),
        cmocka_unit_test(parsing_is_the_exact_inverse),
        cmocka_unit_test(no_other_spelling_is_read),
        cmocka_unit_test(preparing_fills_salt_digest_and_hash),
        cmocka_unit_test(kinds_have_names_and_prefixes),
        cmocka_unit_test(hashing_a_leaf_is_quick),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
