/* Key texts: check characters and digests against values computed with Python's zlib and hmac. */
#include <setjmp.h>
#include <cmocka.h>

#include "key.h"

static const struct {
    const char *text, *digest; /* HMAC-SHA256 under the bytes 00 01 … 1f */
} vectors[] = {
    {"scfd_sk_live_00000000000000000000000000000000000000000004AOCwj",
     "786e9ccb43df95a644dcc63a04f90664f7f60b5cf3b16a96270f9039ed9be10d"},
    {"scfd_sk_live_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v2XTcK1",
     "3895db3e3e3cc5f124e1dfc699acfe9e91d57c211e8c932ce4f4004d615f1991"},
    {"scfd_sk_live_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz2MMcxM",
     "e93a98999db59e899ea708ab8eaffda13d003be63e99ab8cdb0f57d55723c765"},
};

static void vectors_hold(void **state) {
    (void)state;
    uint8_t secret[32];
    for (uint8_t i = 0; i < 32; i++)
        secret[i] = i;
    for (size_t i = 0; i < SCF_COUNT(vectors); i++) {
        assert_true(scf_key_well_formed(scf_str(vectors[i].text)));
        struct scf_hash digest = scf_key_digest(secret, scf_str(vectors[i].text));
        char hex[2 * SCF_HASH_LEN + 1];
        scf_hex(digest.b, SCF_HASH_LEN, hex);
        assert_string_equal(hex, vectors[i].digest);
    }
}

/* A CRC finds every change of one character and every swap of neighbours. */
static void every_typo_is_found(void **state) {
    (void)state;
    const char *good = vectors[1].text;
    size_t n = strlen(good);
    for (size_t i = 0; i < n; i++) {
        char bad[SCF_KEY_TEXT];
        memcpy(bad, good, n + 1);
        bad[i] = bad[i] == 'x' ? 'y' : 'x';
        assert_false(scf_key_well_formed(scf_str(bad)));
    }
    for (size_t i = 13; i + 1 < n; i++) {
        char bad[SCF_KEY_TEXT];
        memcpy(bad, good, n + 1);
        bad[i] = good[i + 1];
        bad[i + 1] = good[i];
        assert_false(scf_key_well_formed(scf_str(bad)));
    }
}

static void other_shapes_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "scfd_sk_live_",
        "scfd_sk_test_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v2XTcK1",
        "scfd_sk_live_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v2XTcK",
        "scfd_sk_live_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v2XTcK1 ",
        "scfd_sk_live_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1_2XTcK1"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_key_well_formed(scf_str(bad[i])));
    char with_nul[62];
    memcpy(with_nul, vectors[1].text, sizeof with_nul);
    with_nul[20] = '\0';
    assert_false(scf_key_well_formed((struct scf_str){with_nul, sizeof with_nul}));
}

/* Each of the 62 characters turns up in 4300 draws but with probability 62 × (61/62)^4300 < 1e-28.
 */
static void fresh_keys_are_good_and_different(void **state) {
    (void)state;
    bool seen[256] = {false};
    char last[SCF_KEY_TEXT] = "";
    for (int i = 0; i < 100; i++) {
        char text[SCF_KEY_TEXT];
        scf_key_generate(text);
        assert_true(scf_key_well_formed(scf_str(text)));
        assert_string_not_equal(text, last);
        memcpy(last, text, sizeof last);
        for (size_t c = 13; c < 13 + 43; c++)
            seen[(unsigned char)text[c]] = true;
    }
    int different = 0;
    for (int c = 0; c < 256; c++)
        different += seen[c];
    assert_int_equal(different, 62);
}

static void hint_is_the_end(void **state) {
    (void)state;
    char hint[8];
    scf_key_hint(vectors[1].text, hint);
    assert_string_equal(hint, "TcK1");
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_hold),
        cmocka_unit_test(every_typo_is_found),
        cmocka_unit_test(other_shapes_are_refused),
        cmocka_unit_test(fresh_keys_are_good_and_different),
        cmocka_unit_test(hint_is_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
