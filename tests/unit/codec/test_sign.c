/* Ed25519 against the RFC 8032 vectors in OpenSSL's vector file, SM2 against the example of the
 * standard and against the openssl command, and the key file's rules. */
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

static struct scf_signing_key *load_of(enum scf_sign_alg alg, const char *path, bool create) {
    struct scf_signing_key *key = NULL;
    struct scf_error err = {0};
    if (scf_signing_key_load(path, alg, create, &key, &err) != SCF_OK)
        fail_msg("%s", err.detail);
    assert_non_null(key);
    return key;
}

static struct scf_signing_key *load(const char *path, bool create) {
    return load_of(SCF_ED25519, path, create);
}

static void refuses(const char *path, bool create) {
    struct scf_signing_key *key = NULL;
    struct scf_error err = {0};
    assert_int_equal(scf_signing_key_load(path, SCF_ED25519, create, &key, &err), SCF_E_INTERNAL);
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

static bool verifies(const struct scf_public_key *public, const void *bytes, size_t n,
                     const struct scf_signature *s) {
    return scf_verify(public, bytes, n, s->bytes, s->n);
}

static void check_vector(const char *file, int number) {
    char name[32], pem[512], public_pem[512], head[64];
    uint8_t message[HEX], expected[HEX];
    struct scf_signature signature;
    snprintf(name, sizeof name, "ED25519-%d", number);
    assert_true(find_pem(file, "PrivateKey", name, pem));
    snprintf(head, sizeof head, "OneShotDigestSign = NULL\nKey = %s\n", name);
    const char *stanza = strstr(file, head);
    assert_non_null(stanza);
    size_t n = field_bytes(stanza, "Input", message);
    assert_int_equal(field_bytes(stanza, "Output", expected), SCF_ED25519_SIGNATURE_LEN);

    write_file(path_of("key"), pem, 0600);
    struct scf_signing_key *key = load(path_of("key"), false);
    scf_sign(key, message, n, &signature);
    assert_int_equal(signature.n, SCF_ED25519_SIGNATURE_LEN);
    assert_memory_equal(signature.bytes, expected, signature.n);
    struct scf_public_key public = scf_signing_key_public(key);
    assert_true(verifies(&public, message, n, &signature));
    signature.bytes[0] ^= 1;
    assert_false(verifies(&public, message, n, &signature));

    snprintf(name, sizeof name, "ED25519-%d-PUBLIC", number);
    assert_true(find_pem(file, "PublicKey", name, public_pem));
    char *written = scf_public_key_pem(&public);
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

/* ---- SM2 ---- */

/* GB/T 32918.5-2017, A.2: the recommended curve, identity 1234567812345678, "message digest". */
static const char sm2_public[] =
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13";
static const char sm2_signature[] =
    "3046022100F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "022100B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA";

static void test_sm2_standard(void **state) {
    (void)state;
    uint8_t point[SCF_SM2_PUBLIC_LEN], signature[72];
    struct scf_public_key public;
    assert_true(scf_unhex(scf_str(sm2_public), point, sizeof point));
    assert_true(scf_unhex(scf_str(sm2_signature), signature, sizeof signature));
    assert_true(scf_public_key_read(SCF_SM2, point, sizeof point, &public));
    assert_true(scf_verify(&public, "message digest", 14, signature, sizeof signature));
    assert_false(scf_verify(&public, "message digesT", 14, signature, sizeof signature));
    assert_false(scf_verify(&public, "message digest", 14, signature, sizeof signature - 1));
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] ^= 1;
        assert_false(scf_verify(&public, "message digest", 14, signature, sizeof signature));
        signature[i] ^= 1;
    }
    public.bytes[64] ^= 1; /* no point of the curve */
    assert_false(scf_verify(&public, "message digest", 14, signature, sizeof signature));
    assert_false(scf_public_key_read(SCF_SM2, point, sizeof point - 1, &public));
    assert_false(scf_public_key_read(SCF_ED25519, point, sizeof point, &public));
}

static int openssl(const char *arguments) {
    char command[512];
    snprintf(command, sizeof command, "cd %s && openssl %s >/dev/null 2>&1", directory, arguments);
    return system(command);
}

/* What we sign the openssl command verifies with the key that we print, and the other way round. */
static void check_with_openssl(const struct scf_signing_key *key) {
    struct scf_public_key public = scf_signing_key_public(key);
    struct scf_signature s;
    uint8_t theirs[SCF_SIGNATURE_MAX];
    char *pem = scf_public_key_pem(&public);
    write_file(path_of("pub.pem"), pem, 0600);
    write_file(path_of("text"), "tree head\n", 0600);
    free(pem);
    scf_sign(key, "tree head\n", 10, &s);
    assert_true(verifies(&public, "tree head\n", 10, &s));
    FILE *f = fopen(path_of("sig"), "w");
    assert_int_equal(fwrite(s.bytes, 1, s.n, f), s.n);
    fclose(f);
    assert_int_equal(openssl("pkeyutl -verify -pubin -inkey pub.pem -rawin -in text -digest sm3"
                             " -pkeyopt distid:1234567812345678 -sigfile sig"),
                     0);
    assert_int_not_equal(openssl("pkeyutl -verify -pubin -inkey pub.pem -rawin -in text -digest sm3"
                                 " -pkeyopt distid:somebody@else -sigfile sig"),
                         0);
    assert_int_equal(openssl("pkeyutl -sign -inkey key -rawin -in text -digest sm3"
                             " -pkeyopt distid:1234567812345678 -out sig"),
                     0);
    f = fopen(path_of("sig"), "r");
    size_t n = fread(theirs, 1, sizeof theirs, f);
    fclose(f);
    assert_true(scf_verify(&public, "tree head\n", 10, theirs, n));
    unlink(path_of("pub.pem"));
    unlink(path_of("text"));
    unlink(path_of("sig"));
}

static void test_sm2_with_openssl(void **state) {
    (void)state;
    struct scf_signing_key *key = load_of(SCF_SM2, path_of("key"), true);
    check_with_openssl(key);
    scf_signing_key_free(key);
    refuses(path_of("key"), true); /* as an Ed25519 key */
    unlink(path_of("key"));
}

/* OpenSSL's published key, and what the openssl command says its point is. */
static void test_sm2_vector_key(void **state) {
    (void)state;
    char path[512], pem[512];
    uint8_t want[SCF_SM2_PUBLIC_LEN];
    size_t n = 0;
    vector_path("vectors/openssl/evppkey_sm2.txt", path);
    char *file = vector_read(path, &n);
    if (!file)
        skip_without(path);
    assert_true(find_pem(file, "PrivateKey", "SM2_key1", pem));
    write_file(path_of("key"), pem, 0600);
    assert_int_equal(openssl("pkey -in key -pubout -outform DER -out point"), 0);
    FILE *f = fopen(path_of("point"), "r");
    assert_int_equal(fseek(f, -SCF_SM2_PUBLIC_LEN, SEEK_END), 0);
    assert_int_equal(fread(want, 1, sizeof want, f), sizeof want);
    fclose(f);
    struct scf_signing_key *key = load_of(SCF_SM2, path_of("key"), false);
    struct scf_public_key public = scf_signing_key_public(key);
    assert_int_equal(public.alg, SCF_SM2);
    assert_memory_equal(public.bytes, want, sizeof want);
    check_with_openssl(key);
    scf_signing_key_free(key);
    unlink(path_of("point"));
    unlink(path_of("key"));
    free(file);
}

/* ---- verification refuses ---- */

static void check_refusals(enum scf_sign_alg alg) {
    static const uint8_t zeros[SCF_SIGNATURE_MAX];
    struct scf_signature signature;
    struct scf_signing_key *key = load_of(alg, path_of("a"), true),
                           *second = load_of(alg, path_of("b"), true);
    struct scf_public_key public = scf_signing_key_public(key),
                          other = scf_signing_key_public(second);
    assert_false(scf_public_key_eq(&public, &other));
    scf_sign(key, "tree head", 9, &signature);
    assert_true(verifies(&public, "tree head", 9, &signature));
    assert_false(verifies(&public, "tree heaD", 9, &signature));
    assert_false(verifies(&public, "tree head", 8, &signature));
    assert_false(verifies(&other, "tree head", 9, &signature));
    assert_false(scf_verify(&public, "tree head", 9, zeros, signature.n));
    assert_false(scf_verify(&public, "tree head", 9, signature.bytes, signature.n - 1));
    assert_false(scf_verify(&public, "tree head", 9, signature.bytes, 0));
    scf_signing_key_free(key);
    scf_signing_key_free(second);
    unlink(path_of("a"));
    unlink(path_of("b"));
}

static void test_refusals(void **state) {
    (void)state;
    check_refusals(SCF_ED25519);
    check_refusals(SCF_SM2);
}

/* ---- the key file ---- */

static void check_create_once(enum scf_sign_alg alg) {
    refuses(path_of("key"), false);
    struct scf_signing_key *key = load_of(alg, path_of("key"), true);
    struct scf_public_key first = scf_signing_key_public(key);
    scf_signing_key_free(key);
    struct stat st;
    assert_int_equal(stat(path_of("key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_nlink, 1); /* the temporary name is gone */
    key = load_of(alg, path_of("key"), true);
    struct scf_public_key again = scf_signing_key_public(key);
    assert_true(scf_public_key_eq(&first, &again));
    scf_signing_key_free(key);
    unlink(path_of("key"));
}

static void test_create_once(void **state) {
    (void)state;
    check_create_once(SCF_ED25519);
    check_create_once(SCF_SM2);
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
        cmocka_unit_test(test_rfc8032),          cmocka_unit_test(test_sm2_standard),
        cmocka_unit_test(test_sm2_with_openssl), cmocka_unit_test(test_sm2_vector_key),
        cmocka_unit_test(test_refusals),         cmocka_unit_test(test_create_once),
        cmocka_unit_test(test_bad_files),
    };
    return cmocka_run_group_tests_name("sign", tests, make_directory, remove_directory);
}
