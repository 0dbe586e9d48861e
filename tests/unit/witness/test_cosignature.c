/* Cosignatures: a checkpoint of a real log with those of four public witnesses, and one made with
 * Python's cryptography. */
#include "scfd/base/prelude.h"

#include <setjmp.h>
#include <cmocka.h>

#include "../chain/keys.h"
#include "scfd/codec/digest.h"
#include "scfd/witness/cosignature.h"

#define TEXT                                                                                       \
    "arche2025h1.staging.ct.transparency.dev\n1432088532\n"                                        \
    "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
#define DASH "\xe2\x80\x94 "
#define LOG_LINES                                                                                  \
    DASH                                                                                           \
        "arche2025h1.staging.ct.transparency.dev "                                                 \
        "zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI" \
        "4"                                                                                        \
        "kJXFbon5Ch9MNL5zRNZ55lvGt0=\n" DASH "arche2025h1.staging.ct.transparency.dev "            \
        "ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZF" \
        "WwQ=\n"
#define GARDEN_LINE                                                                                \
    DASH                                                                                           \
        "transparency.dev/DEV:witness-little-garden "                                              \
        "2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q4" \
        "4vdgJY096st5BQ==\n"
#define SMARTIT_LINE                                                                               \
    DASH                                                                                           \
        "witness1.smartit.nu/witness1 "                                                            \
        "pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0t" \
        "gh0XwzdZsDsUAQ==\n"
#define REMORA_LINE                                                                                \
    DASH                                                                                           \
        "remora.n621.de "                                                                          \
        "2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0" \
        "WBxtqB0DrAWfBw==\n"
#define STAGEMOLE_LINE                                                                             \
    DASH                                                                                           \
        "witness.stagemole.eu "                                                                    \
        "Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUi" \
        "OvKFYe/TmN9DAg==\n"
#define LINES LOG_LINES GARDEN_LINE SMARTIT_LINE REMORA_LINE STAGEMOLE_LINE

#define REMORA "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"

static const struct {
    const char *vkey, *line;
} witnesses[] = {
    {"transparency.dev/DEV:witness-little-garden+d8042a87+"
     "BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
     GARDEN_LINE},
    {"witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
     SMARTIT_LINE},
    {REMORA, REMORA_LINE},
    {"witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv", STAGEMOLE_LINE},
};

static void real_cosignatures_verify(void **state) {
    (void)state;
    for (size_t i = 0; i < SCF_COUNT(witnesses); i++) {
        struct scf_cosigner key;
        struct scf_str line;
        int64_t time = 0;
        assert_true(scf_cosigner_parse(scf_str(witnesses[i].vkey), &key));
        assert_true(scf_cosignature_find(SCF_STR(LINES), SCF_STR(TEXT), &key, &line, &time));
        assert_true(scf_str_is(line, witnesses[i].line));
        assert_int_equal(time, 1779573024);
    }
}

static void any_flipped_bit_is_seen(void **state) {
    (void)state;
    struct scf_cosigner key;
    assert_true(scf_cosigner_parse(SCF_STR(REMORA), &key));
    char text[] = TEXT, line[] = REMORA_LINE;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        text[i] ^= 1;
        assert_false(scf_cosignature_find(
            SCF_STR(REMORA_LINE), (struct scf_str){text, sizeof text - 1}, &key, NULL, NULL));
        text[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof line - 1; i++) {
        line[i] ^= 1;
        assert_false(scf_cosignature_find((struct scf_str){line, sizeof line - 1}, SCF_STR(TEXT),
                                          &key, NULL, NULL));
        line[i] ^= 1;
    }
    assert_true(scf_cosignature_find((struct scf_str){line, sizeof line - 1},
                                     (struct scf_str){text, sizeof text - 1}, &key, NULL, NULL));
}

/* One good signature does not make up for a wrong one by the same key. */
static void a_wrong_one_spoils_the_others(void **state) {
    (void)state;
    struct scf_cosigner key;
    assert_true(scf_cosigner_parse(SCF_STR(REMORA), &key));
    const struct scf_str both =
        SCF_STR(REMORA_LINE DASH "remora.n621.de 2net5wAAAABqEiEg\n" SMARTIT_LINE);
    assert_false(scf_cosignature_find(both, SCF_STR(TEXT), &key, NULL, NULL));
    assert_false(scf_cosignature_find(SCF_STR(SMARTIT_LINE), SCF_STR(TEXT), &key, NULL, NULL));
    assert_false(scf_cosignature_find(SCF_STR(""), SCF_STR(TEXT), &key, NULL, NULL));
}

static void keys(void **state) {
    (void)state;
    struct scf_cosigner key;
    const char *bad[] = {
        "",
        "remora.n621.de",
        "remora.n621.de+da77ade7",
        "remora.n621.de+da77ade8+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        "remora.n621.dx+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        "remora n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw",
        /* a key of type 0x01 */
        ("arche2025h1.staging.ct.transparency.dev+ba2f06c0+"
         "AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"),
    };
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_cosigner_parse(scf_str(bad[i]), &key));
    for (size_t i = 0; i < SCF_COUNT(witnesses); i++) {
        struct scf_buf out;
        scf_buf_init(&out, 1024);
        assert_true(scf_cosigner_parse(scf_str(witnesses[i].vkey), &key));
        scf_cosigner_write(&key, &out);
        assert_string_equal(out.data, witnesses[i].vkey);
        scf_buf_free(&out);
    }
}

/* The key with the seed 07…07; the line is Python's. */
static void signing(void **state) {
    (void)state;
    uint8_t seed[32];
    memset(seed, 7, sizeof seed);
    struct scf_signing_key *secret = key_of_seed(seed);
    struct scf_public_key pub = scf_signing_key_public(secret);
    struct scf_cosigner key = scf_cosigner(SCF_STR("witness.example/w1"), pub.bytes);
    struct scf_buf out;
    scf_buf_init(&out, 1024);
    scf_cosigner_write(&key, &out);
    assert_string_equal(out.data,
                        "witness.example/w1+aa4a09d1+BOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs");
    scf_buf_clear(&out);
    scf_cosign(SCF_STR("example.com/behind-the-sofa\n20852163\n"
                       "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"),
               1679315147, &key, secret, &out);
    assert_string_equal(out.data,
                        DASH "witness.example/w1 "
                             "qkoJ0QAAAABkGFDLWr4Jea05CAgwNVtwky0Jgz6WfX0QJgM//FkB/W9BoT9TX0DkTxG+"
                             "2cT4p/ViKNhUM/SnUwFcYQzugGFQ15LwDw==\n");
    scf_buf_free(&out);
    scf_signing_key_free(secret);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_cosignatures_verify),
        cmocka_unit_test(any_flipped_bit_is_seen),
        cmocka_unit_test(a_wrong_one_spoils_the_others),
        cmocka_unit_test(keys),
        cmocka_unit_test(signing),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
