/* The signer: its files, and signatures that the openssl command verifies. */
#include "signer_impl.h"

#include "scfd/base/clock.h"
#include "scfd/codec/digest.h"

#include <openssl/cms.h>
#include <setjmp.h>

#include <cmocka.h>

static char dir[] = "/tmp/scfd-signer-XXXXXX";
static char key_path[64], certificate_path[64];
static struct scf_signer *signer;
static const struct scf_str content = {"<manifest/>\n", 12};
static const int64_t now_us = INT64_C(1790000000) * SCF_US_PER_SECOND;

static void write_file(const char *name, struct scf_str bytes) {
    char path[96];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    assert_int_equal(fclose(f), 0);
}

static struct scf_str view(const struct scf_buf *b) {
    return (struct scf_str){b->data, b->len};
}

static struct scf_buf signature(int64_t time_us) {
    struct scf_buf out;
    struct scf_error err = {0};
    scf_buf_init(&out, 1 << 20);
    assert_int_equal(scf_cades_sign(signer, content, time_us, &out, &err), SCF_OK);
    return out;
}

static bool verifies(struct scf_str der, struct scf_str of, struct scf_str chain,
                     struct scf_str roots) {
    char problem[SCF_SIGNER_PROBLEM] = "";
    int64_t time_us;
    bool good = scf_cades_verify(der, of, chain, roots, &time_us, problem);
    assert_true(good || problem[0] != '\0');
    return good;
}

static int set_up(void **state) {
    (void)state;
    struct scf_error err = {0};
    scf_digest_init();
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(key_path, sizeof key_path, "%s/key", dir);
    snprintf(certificate_path, sizeof certificate_path, "%s/pem", dir);
    return scf_signer_load(key_path, certificate_path, true, "evidence of tests", now_us, &signer,
                           &err) == SCF_OK
               ? 0
               : -1;
}

static int tear_down(void **state) {
    (void)state;
    char command[64];
    scf_signer_free(signer);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

static void test_files_are_kept(void **state) {
    (void)state;
    struct stat st;
    struct scf_error err = {0};
    struct scf_signer *again;
    assert_int_equal(stat(key_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(
        scf_signer_load(key_path, certificate_path, true, "another", now_us + 1, &again, &err),
        SCF_OK);
    assert_true(scf_str_eq(scf_signer_chain(again), scf_signer_chain(signer)));
    assert_string_equal(scf_signer_serial(again), scf_signer_serial(signer));
    assert_int_equal(scf_signer_since_us(again), now_us);
    scf_signer_free(again);
}

static void test_bad_files_are_refused(void **state) {
    (void)state;
    struct scf_error err = {0};
    struct scf_signer *other;
    char path[96];
    snprintf(path, sizeof path, "%s/absent", dir);
    assert_int_equal(scf_signer_load(path, certificate_path, false, "x", now_us, &other, &err),
                     SCF_E_INTERNAL);
    assert_int_equal(chmod(key_path, 0644), 0);
    assert_int_equal(scf_signer_load(key_path, certificate_path, false, "x", now_us, &other, &err),
                     SCF_E_INTERNAL);
    assert_int_equal(chmod(key_path, 0600), 0);
    assert_int_equal(
        scf_signer_load(certificate_path, certificate_path, false, "x", now_us, &other, &err),
        SCF_E_INTERNAL);
    /* Another key's certificate. */
    snprintf(path, sizeof path, "%s/key2", dir);
    assert_int_equal(scf_signer_load(path, certificate_path, true, "x", now_us, &other, &err),
                     SCF_E_INTERNAL);
}

static void test_the_same_bytes_every_time(void **state) {
    (void)state;
    struct scf_buf a = signature(now_us), b = signature(now_us), c = signature(now_us + 5000000);
    assert_true(scf_str_eq(view(&a), view(&b)));
    assert_false(scf_str_eq(view(&a), view(&c)));
    scf_buf_free(&a);
    scf_buf_free(&b);
    scf_buf_free(&c);
}

/* OpenSSL's own CMS with the same key, content and time has the same bytes, whatever the year. */
static void test_as_openssl_writes_it(void **state) {
    (void)state;
    static const int64_t times_s[] = {0, INT64_C(1790000000), INT64_C(2524607999),
                                      INT64_C(2524608000), INT64_C(4000000000)};
    const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_PARTIAL | CMS_NOSMIMECAP | CMS_CADES;
    for (size_t i = 0; i < SCF_COUNT(times_s); i++) {
        struct scf_buf ours = signature(times_s[i] * SCF_US_PER_SECOND);
        BIO *data = BIO_new_mem_buf(content.p, (int)content.n);
        CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
        CMS_SignerInfo *si =
            CMS_add1_signer(cms, sk_X509_value(signer->chain, 0), signer->key, EVP_sha256(), flags);
        ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)times_s[i]);
        assert_int_equal(
            CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, time->type, time, -1), 1);
        assert_int_equal(CMS_final(cms, data, NULL, CMS_BINARY | CMS_DETACHED), 1);
        unsigned char *der = NULL;
        int n = i2d_CMS_ContentInfo(cms, &der);
        assert_int_equal(n, ours.len);
        assert_memory_equal(der, ours.data, ours.len);
        OPENSSL_free(der);
        ASN1_TIME_free(time);
        CMS_ContentInfo_free(cms);
        BIO_free(data);
        scf_buf_free(&ours);
    }
}

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...) {
    char command[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_int_equal(system(command), 0);
}

/* A certification authority's chain of three, all of which ended long ago: at the signing time
 * they were good, and that is what counts. */
static void test_a_chain_of_three_that_ended(void **state) {
    (void)state;
    struct scf_error err = {0};
    struct scf_signer *of_ca;
    struct scf_buf der, root;
    char key[96], pem[96], problem[SCF_SIGNER_PROBLEM] = "";
    int64_t time_us;
    run("cd %s && mkdir -p ca/new && touch ca/index && echo 01 > ca/serial && printf '[ca]\n"
        "default_ca=d\n[d]\ndir=ca\nnew_certs_dir=ca/new\ndatabase=ca/index\nserial=ca/serial\n"
        "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n[v3ca]\n"
        "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n[v3end]\n"
        "keyUsage=critical,digitalSignature,nonRepudiation\n' > ca/cnf",
        dir);
    run("cd %s/ && for n in root mid end; do openssl req -new -newkey rsa:3072 -nodes -subj "
        "/CN=$n -keyout $n.k -out $n.csr 2>/dev/null || exit 1; done",
        dir);
    run("cd %s && D='-startdate 20150101000000Z -enddate 20200101000000Z -batch -notext -config "
        "ca/cnf' && openssl ca $D -selfsign -keyfile root.k -in root.csr -out root.pem -extensions "
        "v3ca 2>/dev/null && openssl ca $D -cert root.pem -keyfile root.k -in mid.csr -out mid.pem "
        "-extensions v3ca 2>/dev/null && openssl ca $D -cert mid.pem -keyfile mid.k -in end.csr "
        "-out end.pem -extensions v3end 2>/dev/null && cat end.pem mid.pem root.pem > three.pem",
        dir);
    snprintf(key, sizeof key, "%s/end.k", dir);
    snprintf(pem, sizeof pem, "%s/three.pem", dir);
    assert_int_equal(scf_signer_load(key, pem, false, "x", now_us, &of_ca, &err), SCF_OK);
    scf_buf_init(&der, 1 << 20);
    scf_buf_init(&root, 1 << 20);
    int64_t then_us = INT64_C(1500000000) * SCF_US_PER_SECOND; /* 2017 */
    assert_int_equal(scf_cades_sign(of_ca, content, then_us, &der, &err), SCF_OK);
    struct scf_str chain = scf_signer_chain(of_ca), none = {0};
    assert_true(scf_cades_verify(view(&der), content, chain, none, &time_us, problem));
    assert_int_equal(time_us, then_us);
    write_file("sig3", view(&der));
    write_file("content3", content);
    run("cd %s && openssl cms -verify -cades -binary -inform DER -in sig3 -content content3 "
        "-CAfile "
        "root.pem -purpose any -attime 1500000001 -out /dev/null 2>/dev/null",
        dir);
    /* Only its root is trusted; and another root is not. */
    FILE *f;
    snprintf(pem, sizeof pem, "%s/root.pem", dir);
    assert_non_null(f = fopen(pem, "re"));
    char text[8192];
    scf_buf_put(&root, text, fread(text, 1, sizeof text, f));
    fclose(f);
    assert_true(verifies(view(&der), content, chain, view(&root)));
    assert_false(verifies(view(&der), content, chain, scf_signer_chain(signer)));
    scf_buf_free(&der);
    /* After it ended. */
    scf_buf_init(&der, 1 << 20);
    assert_int_equal(scf_cades_sign(of_ca, content, now_us, &der, &err), SCF_OK);
    assert_false(verifies(view(&der), content, chain, view(&root)));
    scf_buf_free(&der);
    scf_buf_free(&root);
    scf_signer_free(of_ca);
}

static void test_openssl_verifies(void **state) {
    (void)state;
    char command[512];
    struct scf_buf der = signature(now_us + 1000000);
    write_file("sig", view(&der));
    write_file("content", content);
    snprintf(command, sizeof command,
             "openssl cms -verify -cades -binary -inform DER -in %s/sig -content %s/content "
             "-CAfile %s -purpose any -attime %lld -out /dev/null 2>/dev/null",
             dir, dir, certificate_path, (long long)(now_us / SCF_US_PER_SECOND + 2));
    assert_int_equal(system(command), 0);
    write_file("content", SCF_STR("<manifesto/>\n"));
    assert_int_not_equal(system(command), 0);
    scf_buf_free(&der);
}

static void test_it_verifies_what_it_signs(void **state) {
    (void)state;
    struct scf_buf der = signature(now_us + 1500000);
    struct scf_str chain = scf_signer_chain(signer), none = {0};
    char problem[SCF_SIGNER_PROBLEM];
    int64_t time_us;
    assert_true(scf_cades_verify(view(&der), content, chain, none, &time_us, problem));
    assert_int_equal(time_us, now_us + 1000000); /* whole seconds */
    assert_true(verifies(view(&der), content, chain, chain));
    assert_false(verifies(view(&der), SCF_STR("<manifest/>"), chain, none));
    assert_false(verifies(view(&der), content, chain, SCF_STR("no certificate")));
    assert_false(verifies(view(&der), content, none, none));
    scf_buf_free(&der);
    /* Before the certificate was valid. */
    der = signature(now_us - 5000000);
    assert_false(verifies(view(&der), content, chain, none));
    scf_buf_free(&der);
}

static void test_another_chain_is_refused(void **state) {
    (void)state;
    struct scf_error err = {0};
    struct scf_signer *other;
    char key[96], certificate[96];
    snprintf(key, sizeof key, "%s/other.key", dir);
    snprintf(certificate, sizeof certificate, "%s/other.pem", dir);
    assert_int_equal(
        scf_signer_load(key, certificate, true, "evidence of tests", now_us, &other, &err), SCF_OK);
    struct scf_buf der = signature(now_us);
    struct scf_str none = {0};
    assert_false(verifies(view(&der), content, scf_signer_chain(other), none));
    assert_false(verifies(view(&der), content, scf_signer_chain(signer), scf_signer_chain(other)));
    scf_buf_free(&der);
    scf_signer_free(other);
}

/* What a reader could overlook must not be there: whichever bit of the signature is turned, it does
 * not verify. Text around certificates is no plain chain. */
static void test_every_bit_counts(void **state) {
    (void)state;
    struct scf_buf der = signature(now_us);
    struct scf_str chain = scf_signer_chain(signer), none = {0};
    for (size_t i = 0; i < der.len; i++) {
        char kept = der.data[i];
        der.data[i] = (char)(kept ^ (1 << i % 8));
        if (verifies(view(&der), content, chain, none))
            fail_msg("byte %zu of %zu", i, der.len);
        der.data[i] = kept;
    }
    for (size_t n = 0; n < der.len; n += 7)
        assert_false(verifies((struct scf_str){der.data, n}, content, chain, none));
    char *text = strndup(chain.p, chain.n);
    for (size_t i = 0; i < chain.n; i++) {
        text[i] ^= 1;
        assert_false(verifies(view(&der), content, (struct scf_str){text, chain.n}, none));
        text[i] ^= 1;
    }
    free(text);
    scf_buf_free(&der);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_are_kept),
        cmocka_unit_test(test_bad_files_are_refused),
        cmocka_unit_test(test_the_same_bytes_every_time),
        cmocka_unit_test(test_as_openssl_writes_it),
        cmocka_unit_test(test_openssl_verifies),
        cmocka_unit_test(test_a_chain_of_three_that_ended),
        cmocka_unit_test(test_it_verifies_what_it_signs),
        cmocka_unit_test(test_another_chain_is_refused),
        cmocka_unit_test(test_every_bit_counts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
