/* Cursors: they come back, and nobody else's do. */
#include <setjmp.h>
#include <cmocka.h>

#include "scfd/codec/digest.h"

#include "page.h"

static const uint8_t key[32] = "a key of exactly thirty-two byte";
static const uint8_t other_key[32] = "A key of exactly thirty-two byte";

static void a_cursor_comes_back(void **state) {
    (void)state;
    static const int64_t times[] = {0, 1, 1795334400123456, INT64_MAX, -62135596800000000};
    for (size_t i = 0; i < SCF_COUNT(times); i++) {
        struct scf_uuid id = scf_uuid_new(), got;
        char text[SCF_CURSOR_TEXT];
        int64_t time;
        scf_cursor_make(key, SCF_STR("/v1/x asc status=a"), times[i], &id, text);
        assert_int_equal(strlen(text), 54);
        assert_true(
            scf_cursor_read(key, SCF_STR("/v1/x asc status=a"), scf_str(text), &time, &got));
        assert_int_equal(time, times[i]);
        assert_true(scf_uuid_eq(&id, &got));
    }
}

static void a_cursor_is_bound_to_key_and_scope(void **state) {
    (void)state;
    struct scf_uuid id = scf_uuid_new(), got = {{0}};
    char text[SCF_CURSOR_TEXT];
    int64_t time = 7;
    scf_cursor_make(key, SCF_STR("/v1/x"), 42, &id, text);
    assert_false(scf_cursor_read(other_key, SCF_STR("/v1/x"), scf_str(text), &time, &got));
    assert_false(scf_cursor_read(key, SCF_STR("/v1/y"), scf_str(text), &time, &got));
    assert_false(scf_cursor_read(key, SCF_STR(""), scf_str(text), &time, &got));
    assert_int_equal(time, 7);
    assert_true(scf_uuid_is_nil(&got));
}

static void every_changed_character_is_refused(void **state) {
    (void)state;
    struct scf_uuid id = scf_uuid_new(), got;
    char text[SCF_CURSOR_TEXT];
    int64_t time;
    scf_cursor_make(key, SCF_STR("/v1/x"), 42, &id, text);
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        char kept = text[i];
        text[i] = kept == 'A' ? 'B' : 'A';
        assert_false(scf_cursor_read(key, SCF_STR("/v1/x"), scf_str(text), &time, &got));
        text[i] = kept;
        assert_false(
            scf_cursor_read(key, SCF_STR("/v1/x"), (struct scf_str){text, i}, &time, &got));
    }
    assert_false(
        scf_cursor_read(key, SCF_STR("/v1/x"), SCF_STR("not base64 at all!"), &time, &got));
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_comes_back),
        cmocka_unit_test(a_cursor_is_bound_to_key_and_scope),
        cmocka_unit_test(every_changed_character_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
