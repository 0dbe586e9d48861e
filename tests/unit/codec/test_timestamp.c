/* Timestamps: a published response of a real authority (Sectigo, 2021) with its chain, every byte
 * of its token altered in turn, and malformed signed messages. */
#include "scfd/codec/timestamp.h"

#include "scfd/base/clock.h"
#include "vectors.h"

enum { FILE_MAX = 1 << 16 };

static struct scf_arena *arena;
static const struct scf_timestamp_want zeros; /* SHA-256 "0000…", as the vector has it */

static struct scf_str load(const char *name) {
    char path[512], relative[256];
    snprintf(relative, sizeof relative, "vectors/rfc3161/%s", name);
    vector_path(relative, path);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return (struct scf_str){NULL, 0};
    char *bytes = scf_alloc(arena, FILE_MAX, 1);
    assert_non_null(bytes);
    size_t n = fread(bytes, 1, FILE_MAX, file);
    fclose(file);
    return (struct scf_str){bytes, n};
}

/* The signer, its issuer and a root, as one PEM text. */
static struct scf_str trust_of(const char *root) {
    struct scf_buf pem;
    scf_buf_init(&pem, FILE_MAX);
    const char *const names[] = {"sectigo-signer.pem", "sectigo-time-stamping-ca.pem", root};
    for (size_t i = 0; i < SCF_COUNT(names); i++) {
        struct scf_str one = load(names[i]);
        scf_buf_put(&pem, one.p, one.n);
    }
    struct scf_str all = {scf_strndup(arena, pem.data, pem.len), pem.len};
    assert_non_null(all.p);
    scf_buf_free(&pem);
    return all;
}

static bool have_vectors(void) {
    bool have = load("sectigo-all-zero.tsr").n > 0;
    if (!have)
        print_message("the vectors are missing: skipped\n");
    return have;
}

static struct scf_str published_token(void) {
    struct scf_error err = {0};
    struct scf_str token;
    assert_int_equal(scf_timestamp_response(arena, load("sectigo-all-zero.tsr"), &token, &err),
                     SCF_OK);
    return token;
}

static void the_published_response_verifies(void **state) {
    (void)state;
    if (!have_vectors())
        skip();
    struct scf_error err = {0};
    struct scf_timestamp t;
    enum scf_code code = scf_timestamp_verify(arena, published_token(), &zeros,
                                              trust_of("user-trust-ca.pem"), &t, &err);
    if (code)
        fail_msg("%s (%s)", err.detail, err.note);
    char text[SCF_TIME_TEXT];
    scf_time_format(t.time_us, text);
    assert_string_equal(text, "2021-02-16T15:42:47.000000Z"); /* as `openssl ts -reply -text` */
    scf_time_format(t.expires_us, text);
    assert_string_equal(text, "2032-01-22T23:59:59.000000Z"); /* the signer's end comes first */
    assert_string_equal(t.serial, "b22950b514853b74f629f43bad7dd94212c0fef2");
    assert_string_equal(t.policy_oid, "1.3.6.1.4.1.6449.2.1.1");
}

static void refused(const struct scf_timestamp_want *want, struct scf_str trust,
                    const char *because) {
    struct scf_error err = {0};
    struct scf_timestamp t = {.time_us = -7};
    assert_int_equal(scf_timestamp_verify(arena, published_token(), want, trust, &t, &err),
                     SCF_E_UPSTREAM);
    assert_string_equal(err.detail, because);
    assert_int_equal(t.time_us, -7);
}

static void what_was_asked_for_must_be_there(void **state) {
    (void)state;
    if (!have_vectors())
        skip();
    struct scf_str trust = trust_of("user-trust-ca.pem");
    struct scf_timestamp_want want = zeros;
    want.digest.b[31] = 1;
    refused(&want, trust, "The token is over another hash.");
    static const uint8_t nonce[SCF_TIMESTAMP_NONCE] = {7};
    want = (struct scf_timestamp_want){.nonce = nonce};
    refused(&want, trust, "The token has not the nonce that was asked for.");
    want = (struct scf_timestamp_want){.policy_oid = "1.2.3.4"};
    refused(&want, trust, "The token was made under another policy.");
    want = (struct scf_timestamp_want){.policy_oid = "1.3.6.1.4.1.6449.2.1.1"};
    struct scf_timestamp t;
    assert_int_equal(scf_timestamp_verify(arena, published_token(), &want, trust, &t, NULL),
                     SCF_OK);
    refused(&zeros, trust_of("comodo-aaa.pem"),
            "The token's signature or certificate does not verify.");
    refused(&zeros, load("comodo-aaa.pem"),
            "The token's signature or certificate does not verify.");
    refused(&zeros, load("sectigo-signer.pem"), "There is no certificate to trust.");
}

/* The token brings its signer's and its issuer's certificates. With the root alone at hand every
 * one of them is needed, so that no altered byte may pass. */
static void no_altered_byte_passes(void **state) {
    (void)state;
    if (!have_vectors())
        skip();
    struct scf_str token = published_token(), trust = load("user-trust-ca.pem");
    char *altered = scf_strndup(arena, token.p, token.n);
    assert_non_null(altered);
    struct scf_arena *scratch = scf_arena_new(1 << 20);
    for (size_t i = 0; i < token.n; i++) {
        altered[i] = (char)(token.p[i] ^ 0x01);
        struct scf_timestamp t;
        enum scf_code code = scf_timestamp_verify(scratch, (struct scf_str){altered, token.n},
                                                  &zeros, trust, &t, NULL);
        if (code == SCF_OK)
            fail_msg("byte %zu may be altered", i);
        altered[i] = token.p[i];
        scf_arena_reset(scratch);
    }
    scf_arena_free(scratch);
}

static void cut_and_longer_tokens_are_refused(void **state) {
    (void)state;
    if (!have_vectors())
        skip();
    struct scf_str token = published_token(), trust = trust_of("user-trust-ca.pem");
    struct scf_timestamp t;
    for (size_t n = 0; n < token.n; n += 97) {
        struct scf_str cut = {token.p, n};
        assert_int_equal(scf_timestamp_verify(arena, cut, &zeros, trust, &t, NULL), SCF_E_UPSTREAM);
    }
    char *longer = scf_alloc(arena, token.n + 1, 1);
    assert_non_null(longer);
    memcpy(longer, token.p, token.n);
    struct scf_str more = {longer, token.n + 1};
    assert_int_equal(scf_timestamp_verify(arena, more, &zeros, trust, &t, NULL), SCF_E_UPSTREAM);
    struct scf_str rest = more, first;
    assert_true(scf_timestamp_cut(&rest, &first));
    assert_int_equal(first.n, token.n);
    assert_int_equal(rest.n, 1);
    assert_false(scf_timestamp_cut(&rest, &first));
}

static void malformed_messages_are_refused(void **state) {
    (void)state;
    if (!have_vectors())
        skip();
    static const char *const names[] = {"bad_signtime_attr.cms", "ciphertext_from_1_1_1.cms",
                                        "ct_multiple_attr.cms", "no_ct_attr.cms", "no_md_attr.cms"};
    struct scf_str trust = trust_of("user-trust-ca.pem"), token;
    struct scf_timestamp t;
    for (size_t i = 0; i < SCF_COUNT(names); i++) {
        struct scf_str message = load(names[i]);
        assert_true(message.n > 0);
        assert_int_equal(scf_timestamp_verify(arena, message, &zeros, trust, &t, NULL),
                         SCF_E_UPSTREAM);
        assert_int_equal(scf_timestamp_response(arena, message, &token, NULL), SCF_E_UPSTREAM);
    }
    assert_int_equal(scf_timestamp_response(arena, SCF_STR(""), &token, NULL), SCF_E_UPSTREAM);
    assert_int_equal(scf_timestamp_response(arena, SCF_STR("<html>"), &token, NULL),
                     SCF_E_UPSTREAM);
}

/* The published request asks the same without a nonce: its certReq and imprint are ours too. */
static void requests_are_der(void **state) {
    (void)state;
    static const uint8_t nonce[SCF_TIMESTAMP_NONCE] = {0xf1, 2,  3,  4,  5,  6,  7,  8,
                                                       9,    10, 11, 12, 13, 14, 15, 16};
    struct scf_timestamp_want want = {.nonce = nonce, .policy_oid = "1.2.3.4"};
    memset(want.digest.b, 0xab, sizeof want.digest.b);
    struct scf_buf out;
    scf_buf_init(&out, 1024);
    assert_int_equal(scf_timestamp_request(&want, &out, NULL), SCF_OK);
    /* By hand after RFC 3161 section 2.4.1. */
    static const uint8_t head[] = {0x30, 0x51, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30,
                                   0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                                   0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    static const uint8_t tail[] = {0x06, 0x03, 0x2a, 0x03, 0x04, 0x02, 0x11, 0x00, 0xf1,
                                   2,    3,    4,    5,    6,    7,    8,    9,    10,
                                   11,   12,   13,   14,   15,   16,   0x01, 0x01, 0xff};
    assert_int_equal(out.len, sizeof head + 32 + sizeof tail);
    assert_memory_equal(out.data, head, sizeof head);
    assert_memory_equal(out.data + sizeof head, want.digest.b, 32);
    assert_memory_equal(out.data + sizeof head + 32, tail, sizeof tail);
    scf_buf_free(&out);
    want.policy_oid = "nonsense";
    assert_int_equal(scf_timestamp_request(&want, &out, NULL), SCF_E_INVALID_PARAMETER);
}

static void the_published_request_is_written_alike(void **state) {
    (void)state;
    if (!have_vectors())
        skip();
    struct scf_str published = load("all-zero.tsq");
    struct scf_buf out;
    scf_buf_init(&out, 1024);
    assert_int_equal(scf_timestamp_request(&zeros, &out, NULL), SCF_OK);
    assert_int_equal(out.len, published.n);
    assert_memory_equal(out.data, published.p, published.n);
    scf_buf_free(&out);
}

static void identifiers_and_trust_are_checked(void **state) {
    (void)state;
    assert_true(scf_timestamp_oid_valid("1.3.6.1.4.1.6449.2.1.1"));
    static const char *const bad[] = {"", "1", "1.2.", "1..2", "3.1.2", "sha256", "1.2.x", "1.02"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_timestamp_oid_valid(bad[i]));
    assert_false(scf_timestamp_trust_valid(SCF_STR("")));
    assert_false(scf_timestamp_trust_valid(SCF_STR("-----BEGIN CERTIFICATE-----\nAAAA\n")));
    if (!have_vectors())
        return;
    assert_true(scf_timestamp_trust_valid(load("user-trust-ca.pem")));
    assert_false(scf_timestamp_trust_valid(load("user-trust-ca-aaa.pem"))); /* no root */
}

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

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_response_verifies),
        cmocka_unit_test(what_was_asked_for_must_be_there),
        cmocka_unit_test(no_altered_byte_passes),
        cmocka_unit_test(cut_and_longer_tokens_are_refused),
        cmocka_unit_test(malformed_messages_are_refused),
        cmocka_unit_test(requests_are_der),
        cmocka_unit_test(the_published_request_is_written_alike),
        cmocka_unit_test(identifiers_and_trust_are_checked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
