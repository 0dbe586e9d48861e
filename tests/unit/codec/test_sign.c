/* Ed25519 against the RFC 8032 vectors in OpenSSL's vector file, and the key file's rules. */
#include "scfd/codec/sign.h"

#include "vectors.h"

enum { KEYS = 5, HEX = 4096 };

static char directory[64];

static int make_directory(void **state) {
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/scfd-test-sign.XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state) {
    (void)state;
    return rmdir(directory);
}

static const char *path_of(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void write_file(const char *path, const char *text, mode_t mode) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static struct scf_signing_key *load(const char *path, bool create) {
    struct scf_signing_key *key = NULL;
    struct scf_error err = {0};
    if (scf_signing_key_load(path, create, &key, &err) != SCF_OK)
        fail_msg("%s", err.detail);
    assert_non_null(key);
    return key;
}

static void refuses(const char *path, bool create) {
    struct scf_signing_key *key = NULL;
    struct scf_error err = {0};
    assert_int_equal(scf_signing_key_load(path, create, &key, &err), SCF_E_INTERNAL);
    assert_null(key);
    assert_non_null(strstr(err.detail, path));
}

/* ---- the vector file ---- */

/* The PEM block that follows "KIND=NAME". */
static bool find_pem(const char *file, const char *kind, const char *name, char out[512]) {
    char head[64];
    int n = snprintf(head, sizeof head, "\n%s=%s\n", kind, name);
    const char *start = strstr(file, head), *end;
    if (!start)
        return false;
    start += n;
    end = strstr(start, "\n-----END");
    assert_non_null(end);
    end = strchr(end + 1, '\n') + 1;
    assert_true(end - start < 512);
    memcpy(out, start, (size_t)(end - start));
    out[end - start] = '\0';
    return true;
}

/* The value of "FIELD = …" at or behind `from`, as bytes: hex or "quoted". */
static size_t field_bytes(const char *from, const char *field, uint8_t out[HEX]) {
    char head[32];
    snprintf(head, sizeof head, "\n%s = ", field);
    const char *value = strstr(from, head);
    assert_non_null(value);
    value += strlen(head);
    size_t n = strcspn(value, "\r\n");
    if (*value == '"') {
        memcpy(out, value + 1, n - 2);
        return n - 2;
    }
    assert_true(n / 2 <= HEX && scf_unhex((struct scf_str){value, n}, out, n / 2));
    return n / 2;
}

static void check_vector(const char *file, int number) {
    char name[32], pem[512], public_pem[512], head[64];
    uint8_t message[HEX], expected[HEX], signature[SCF_ED25519_SIGNATURE_LEN];
    uint8_t public[SCF_ED25519_PUBLIC_LEN];
    snprintf(name, sizeof name, "ED25519-%d", number);
    assert_true(find_pem(file, "PrivateKey", name, pem));
    snprintf(head, sizeof head, "OneShotDigestSign = NULL\nKey = %s\n", name);
    const char *stanza = strstr(file, head);
    assert_non_null(stanza);
    size_t n = field_bytes(stanza, "Input", message);
    assert_int_equal(field_bytes(stanza, "Output", expected), SCF_ED25519_SIGNATURE_LEN);

    write_file(path_of("key"), pem, 0600);
    struct scf_signing_key *key = load(path_of("key"), false);
    scf_ed25519_sign(key, message, n, signature);
    assert_memory_equal(signature, expected, sizeof signature);
    scf_signing_key_public(key, public);
    assert_true(scf_ed25519_verify(public, message, n, signature));
    signature[0] ^= 1;
    assert_false(scf_ed25519_verify(public, message, n, signature));

    snprintf(name, sizeof name, "ED25519-%d-PUBLIC", number);
    assert_true(find_pem(file, "PublicKey", name, public_pem));
    char *written = scf_ed25519_public_pem(public);
    assert_string_equal(written, public_pem);
    free(written);
    scf_signing_key_free(key);
    unlink(path_of("key"));
}

static void test_rfc8032(void **state) {
    (void)state;
    char path[512];
    vector_path("vectors/openssl/evppkey_ecx.txt", path);
    size_t n = 0;
    char *file = vector_read(path, &n);
    if (!file)
        skip_without(path);
    for (int i = 1; i <= KEYS; i++)
        check_vector(file, i);
    free(file);
}

/* ---- verification refuses ---- */

static void test_refusals(void **state) {
    (void)state;
    uint8_t public[SCF_ED25519_PUBLIC_LEN], other[SCF_ED25519_PUBLIC_LEN];
    uint8_t signature[SCF_ED25519_SIGNATURE_LEN], zeros[SCF_ED25519_SIGNATURE_LEN] = {0};
    struct scf_signing_key *key = load(path_of("a"), true), *second = load(path_of("b"), true);
    scf_signing_key_public(key, public);
    scf_signing_key_public(second, other);
    assert_memory_not_equal(public, other, sizeof public);
    scf_ed25519_sign(key, "tree head", 9, signature);
    assert_true(scf_ed25519_verify(public, "tree head", 9, signature));
    assert_false(scf_ed25519_verify(public, "tree heaD", 9, signature));
    assert_false(scf_ed25519_verify(public, "tree head", 8, signature));
    assert_false(scf_ed25519_verify(other, "tree head", 9, signature));
    assert_false(scf_ed25519_verify(public, "tree head", 9, zeros));
    scf_signing_key_free(key);
    scf_signing_key_free(second);
    unlink(path_of("a"));
    unlink(path_of("b"));
}

/* ---- the key file ---- */

static void test_create_once(void **state) {
    (void)state;
    refuses(path_of("key"), false);
    uint8_t first[SCF_ED25519_PUBLIC_LEN], again[SCF_ED25519_PUBLIC_LEN];
    struct scf_signing_key *key = load(path_of("key"), true);
    scf_signing_key_public(key, first);
    scf_signing_key_free(key);
    struct stat st;
    assert_int_equal(stat(path_of("key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_nlink, 1); /* the temporary name is gone */
    key = load(path_of("key"), true);
    scf_signing_key_public(key, again);
    assert_memory_equal(first, again, sizeof first);
    scf_signing_key_free(key);
    unlink(path_of("key"));
}

static void test_bad_files(void **state) {
    (void)state;
    static const char ec_key[] = /* P-256, made with openssl genpkey for this test */
        "-----BEGIN PRIVATE KEY-----\n"
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtqyeZXGgUmNLLDU/\n"
        "GKW40IinOJ3yw16BZuJR9XfEprqhRANCAASootaOpgn/K2bm0w6951rBwt/+lA1N\n"
        "+H3vrsNbpdN8JcDoXoGyTXI49CZEndOZTqJ39cZDl/kfpyY7xsc+jQAt\n"
        "-----END PRIVATE KEY-----\n";
    struct scf_signing_key *key = load(path_of("key"), true);
    scf_signing_key_free(key);
    assert_int_equal(chmod(path_of("key"), 0640), 0);
    refuses(path_of("key"), true);
    assert_int_equal(chmod(path_of("key"), 0604), 0);
    refuses(path_of("key"), true);
    write_file(path_of("key"), "not a key", 0600);
    refuses(path_of("key"), true);
    write_file(path_of("key"), ec_key, 0600);
    refuses(path_of("key"), true);
    unlink(path_of("key"));
    refuses(directory, true);
    refuses(path_of("missing/key"), true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8032),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_create_once),
        cmocka_unit_test(test_bad_files),
    };
    return cmocka_run_group_tests_name("sign", tests, make_directory, remove_directory);
}
