/* Digests against OpenSSL's published vector files, HMAC against RFC 4231. */
#include "scfd/codec/digest.h"

#include "vectors.h"

static void check_hex(struct scf_hash hash, const char *expected) {
    char hex[2 * SCF_HASH_LEN + 1];
    scf_hex(hash.b, SCF_HASH_LEN, hex);
    assert_string_equal(hex, expected);
}

/* An "Input" value: a quoted text or hex. Returns its length. */
static size_t read_input(const char *value, char *out, size_t max) {
    size_t n = strcspn(value, "\r\n");
    if (value[0] == '"') {
        assert_true(n >= 2 && n - 2 <= max);
        memcpy(out, value + 1, n - 2);
        return n - 2;
    }
    assert_true(n / 2 <= max);
    assert_true(scf_unhex((struct scf_str){value, n}, out, n / 2));
    return n / 2;
}

/* One stanza of a vector file: pieces of input, each repeated, then the output. */
struct stanza {
    struct scf_digest_stream *stream; /* NULL outside a stanza of the wanted digest */
    char input[4096];
    size_t n;
    long repeat;
};

static void flush_piece(struct stanza *t) {
    for (long i = 0; i < t->repeat; i++)
        scf_digest_update(t->stream, t->input, t->n);
    t->repeat = 0;
}

/* True when the line ended a stanza, which then held. */
static bool stanza_line(struct stanza *t, const char *key, char *value) {
    if (strcmp(key, "Input") == 0) {
        flush_piece(t);
        t->n = read_input(value, t->input, sizeof t->input);
        t->repeat = 1;
    } else if (strcmp(key, "Ncopy") == 0 || strcmp(key, "Count") == 0) {
        t->repeat *= strtol(value, NULL, 10);
    } else if (strcmp(key, "Output") == 0) {
        for (char *c = value; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        flush_piece(t);
        check_hex(scf_digest_final(t->stream), value);
        t->stream = NULL;
        return true;
    }
    return false;
}

/* Runs the stanzas of one digest in a vector file and returns how many there were. */
static int run_vectors(const char *file, const char *name, enum scf_hash_alg alg) {
    char path[512], line[8192];
    vector_path(file, path);
    FILE *f = fopen(path, "r");
    if (!f)
        skip_without(path);
    struct stanza t = {.stream = NULL};
    int ran = 0;
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = '\0';
        char *value = strstr(line, " = ");
        if (!value)
            continue;
        *value = '\0';
        value += 3;
        if (strcmp(line, "Digest") == 0) {
            scf_digest_drop(t.stream);
            t.stream = strcmp(value, name) == 0 ? scf_digest_begin(alg) : NULL;
            t.repeat = 0;
        } else if (t.stream) {
            ran += stanza_line(&t, line, value);
        }
    }
    fclose(f);
    return ran;
}

static void test_sha256_vectors(void **state) {
    (void)state;
    assert_true(run_vectors("vectors/openssl/evpmd_sha.txt", "SHA256", SCF_SHA256) == 3);
}

static void test_sm3_vectors(void **state) {
    (void)state;
    assert_true(run_vectors("vectors/openssl/evpmd_sm3.txt", "SM3", SCF_SM3) >= 8);
}

static void test_known(void **state) {
    (void)state;
    check_hex(scf_sha256("", 0),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_hex(scf_digest(SCF_SM3, "abc", 3),
              "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
}

static void test_parts(void **state) {
    (void)state;
    const struct scf_str parts[] = {SCF_STR("a"), {NULL, 0}, SCF_STR("bc")};
    struct scf_hash whole = scf_sha256("abc", 3), split = scf_digest_parts(SCF_SHA256, parts, 3);
    assert_true(scf_hash_eq(&whole, &split));
    whole.b[31] ^= 1;
    assert_false(scf_hash_eq(&whole, &split));
}

static void test_hmac_rfc4231(void **state) {
    (void)state;
    uint8_t key[131], data[50];
    memset(key, 0x0b, 20);
    check_hex(scf_hmac_sha256(key, 20, "Hi There", 8),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check_hex(scf_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(data, 0xdd, sizeof data);
    check_hex(scf_hmac_sha256(key, 20, data, 50),
              "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    const char *text = "Test Using Larger Than Block-Size Key - Hash Key First";
    check_hex(scf_hmac_sha256(key, 131, text, strlen(text)),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void test_secret_eq(void **state) {
    (void)state;
    assert_true(scf_secret_eq("abcd", "abce", 3));
    assert_false(scf_secret_eq("abcd", "abce", 4));
}

/* Streams interleave with each other and with one-shot digests on one thread. */
static void test_streams_are_separate(void **state) {
    (void)state;
    struct scf_digest_stream *a = scf_digest_begin(SCF_SHA256), *b = scf_digest_begin(SCF_SHA256);
    scf_digest_update(a, "ab", 2);
    scf_digest_update(b, "xyz", 3);
    (void)scf_sha256("noise", 5);
    scf_digest_update(a, "c", 1);
    scf_digest_drop(b);
    check_hex(scf_digest_final(a),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void *digest_thread(void *unused) {
    (void)unused;
    struct scf_hash expected = scf_sha256("abc", 3);
    for (int i = 0; i < 1000; i++) {
        struct scf_hash again = scf_sha256("abc", 3);
        if (!scf_hash_eq(&expected, &again))
            return digest_thread;
    }
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < SCF_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, digest_thread, NULL), 0);
    for (size_t i = 0; i < SCF_COUNT(threads); i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

/* FIPS 180-4, the one-block example. */
static void test_sha512(void **state) {
    (void)state;
    const struct scf_str parts[] = {SCF_STR("a"), SCF_STR("bc")};
    uint8_t out[SCF_SHA512_LEN];
    char hex[2 * SCF_SHA512_LEN + 1];
    scf_sha512_parts(parts, 2, out);
    scf_hex(out, sizeof out, hex);
    assert_string_equal(hex, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                             "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_vectors), cmocka_unit_test(test_sm3_vectors),
        cmocka_unit_test(test_known),          cmocka_unit_test(test_parts),
        cmocka_unit_test(test_sha512),         cmocka_unit_test(test_hmac_rfc4231),
        cmocka_unit_test(test_secret_eq),      cmocka_unit_test(test_streams_are_separate),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
