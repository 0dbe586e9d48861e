/* Block headers: the exact text, its hash as sha256sum gives it, and refusal of other spellings. */
#include "../codec/vectors.h"
#include "scfd/chain/block.h"

static const char TEXT[] = "scfd-block/v1\n"
                           "chain scfd.example/node_00041061050r3gg28a1c60t3gf\n"
                           "height 7\n"
                           "size 1000\n"
                           "root AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                           "prev AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                           "time 2026-11-22T08:00:00.123456Z\n";

static struct scf_block example(void) {
    return (struct scf_block){
        .origin = SCF_STR("scfd.example/node_00041061050r3gg28a1c60t3gf"),
        .height = 7,
        .size = 1000,
        .root = {{1}},
        .time_us = INT64_C(1795334400123456),
    };
}

static void text_is_as_documented(void **state) {
    (void)state;
    struct scf_block b = example(), again;
    struct scf_buf out;
    scf_buf_init(&out, 1024);
    scf_block_write(&b, &out);
    assert_string_equal(out.data, TEXT);
    scf_buf_free(&out);
    assert_true(scf_block_parse(SCF_STR(TEXT), &again));
    assert_true(scf_str_eq(again.origin, b.origin));
    assert_int_equal(again.height, 7);
    assert_int_equal(again.size, 1000);
    assert_int_equal(again.time_us, b.time_us);
    assert_true(scf_hash_eq(&again.root, &b.root) && scf_hash_eq(&again.prev, &b.prev));
}

static void hash_is_that_of_the_text(void **state) {
    (void)state;
    struct scf_block b = example();
    struct scf_hash h = scf_block_hash(&b, SCF_SHA256), want;
    /* printf '…' | sha256sum */
    assert_true(
        scf_unhex(scf_str("d089b8d8e76f7c4696b23b09d65f4f62e1bdb6cea45176876ee51054e179fb98"),
                  want.b, SCF_HASH_LEN));
    assert_memory_equal(h.b, want.b, SCF_HASH_LEN);
}

/* Replaces the first `from` in the text. */
static bool parses_with(const char *from, const char *to) {
    char text[1024];
    const char *at = strstr(TEXT, from);
    assert_non_null(at);
    int n = snprintf(text, sizeof text, "%.*s%s%s", (int)(at - TEXT), TEXT, to, at + strlen(from));
    struct scf_block b;
    return scf_block_parse((struct scf_str){text, (size_t)n}, &b);
}

static void other_spellings_are_refused(void **state) {
    (void)state;
    assert_true(parses_with("height 7", "height 8"));
    assert_false(parses_with("scfd-block/v1", "scfd-block/v2"));
    assert_false(parses_with("height 7", "height 07"));
    assert_false(parses_with("height 7", "height  7"));
    assert_false(parses_with("height 7", "height -7"));
    assert_false(parses_with("height 7\n", ""));
    assert_false(parses_with("height 7\nsize 1000\n", "size 1000\nheight 7\n"));
    assert_false(parses_with("AQAAAA", "AQAAA"));
    assert_false(parses_with(".123456Z", ".123456+00:00"));
    assert_false(parses_with(".123456Z", ".1234560Z"));
    assert_false(parses_with(".123456Z\n", ".123456Z"));
    assert_false(parses_with(".123456Z\n", ".123456Z\nmore 1\n"));
}

static void origin_names_the_chain(void **state) {
    (void)state;
    struct scf_uuid id;
    for (int i = 0; i < 16; i++)
        id.b[i] = (uint8_t)i;
    struct scf_buf out;
    scf_buf_init(&out, 256);
    scf_chain_origin("scfd.example", &id, &out);
    assert_string_equal(out.data, "scfd.example/node_00041061050r3gg28a1c60t3gf");
    scf_buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_as_documented),
        cmocka_unit_test(hash_is_that_of_the_text),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(origin_names_the_chain),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
