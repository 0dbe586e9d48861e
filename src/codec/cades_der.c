/* The bytes of a CAdES-BES signature (RFC 5652 §5, RFC 5035 §3; DER, X.690 §10 and §11), written
 * here and not by OpenSSL: a signature that is kept for decades is compared with them, and how a
 * library spells what is optional (parameters of algorithms, versions, the order of a set) may
 * change with its releases. */
#include "cades_der.h"

#include "scfd/base/clock.h"
#include "scfd/codec/digest.h"

enum { OCTETS = 0x04, UTC_TIME = 0x17, TIME = 0x18, SEQUENCE = 0x30, SET = 0x31 };
enum { CONTEXT_0 = 0xa0, CONTEXT_4 = 0xa4 };
enum { PART_MAX = 1 << 18 };

static const struct scf_str version_1 = {"\x02\x01\x01", 3},
                            oid_signed_data = {"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 11},
                            oid_data = {"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 11},
                            oid_content_type = {"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03", 11},
                            oid_digest = {"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04", 11},
                            oid_time = {"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05", 11},
                            oid_certificate = {
                                "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f", 13};
/* SHA-256 without parameters (RFC 5754 §2), RSA with NULL (RFC 3370 §3.2). */
static const struct scf_str
    sha256_algorithm = {"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01", 13},
    rsa_algorithm = {"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 15};

/* ---- DER ---- */

static struct scf_buf part(void) {
    struct scf_buf b;
    scf_buf_init(&b, PART_MAX);
    return b;
}

static void put(struct scf_buf *out, struct scf_str bytes) {
    scf_buf_put(out, bytes.p, bytes.n);
}

static void put_value(struct scf_buf *out, int tag, const void *bytes, size_t n) {
    scf_buf_putc(out, (char)tag);
    if (n >= 0x80) {
        int octets = n > 0xffff ? 3 : n > 0xff ? 2 : 1;
        scf_buf_putc(out, (char)(0x80 | octets));
        for (int i = octets - 1; i > 0; i--)
            scf_buf_putc(out, (char)(n >> (8 * i) & 0xff));
    }
    scf_buf_putc(out, (char)(n & 0xff));
    scf_buf_put(out, bytes, n);
}

/* Frees what is wrapped. */
static void wrap(struct scf_buf *out, int tag, struct scf_buf *content) {
    out->overflow |= content->overflow;
    put_value(out, tag, content->len > 0 ? content->data : "", content->len);
    scf_buf_free(content);
}

/* What OpenSSL keeps as it was read: certificates, names, numbers. */
static void put_openssl(struct scf_buf *out, unsigned char *der, int n) {
    if (n > 0)
        scf_buf_put(out, der, (size_t)n);
    out->overflow |= n <= 0;
    OPENSSL_free(der);
}

static void put_certificate(struct scf_buf *out, X509 *certificate) {
    unsigned char *der = NULL;
    int n = i2d_X509(certificate, &der);
    put_openssl(out, der, n);
}

static void put_issuer(struct scf_buf *out, const X509 *certificate) {
    unsigned char *der = NULL;
    int n = i2d_X509_NAME(X509_get_issuer_name(certificate), &der);
    put_openssl(out, der, n);
}

static void put_serial(struct scf_buf *out, const X509 *certificate) {
    unsigned char *der = NULL;
    int n = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &der);
    put_openssl(out, der, n);
}

/* ---- attributes ---- */

static void put_attribute(struct scf_buf *out, struct scf_str oid, struct scf_buf *value) {
    struct scf_buf attribute = part();
    put(&attribute, oid);
    wrap(&attribute, SET, value);
    wrap(out, SEQUENCE, &attribute);
}

/* UTCTime until 2049, as RFC 5652 §11.3 wants it. */
static void put_time(struct scf_buf *out, int64_t time_us) {
    char text[SCF_TIME_TEXT], digits[16];
    size_t n = 0;
    scf_time_format(time_us, text);
    for (const char *p = text; *p != '\0' && *p != '.' && n < sizeof digits - 2; p++)
        if (isdigit((unsigned char)*p))
            digits[n++] = *p;
    digits[n++] = 'Z';
    bool utc = strncmp(digits, "1950", 4) >= 0 && strncmp(digits, "2050", 4) < 0;
    put_value(out, utc ? UTC_TIME : TIME, utc ? digits + 2 : digits, utc ? n - 2 : n);
}

/* SigningCertificateV2 with one ESSCertIDv2, whose hash is SHA-256 by default. */
static void put_certificate_id(struct scf_buf *out, X509 *certificate) {
    struct scf_buf der = part(), name = part(), names = part(), issuer = part(), id = part(),
                   ids = part(), value = part();
    put_certificate(&der, certificate);
    struct scf_hash hash = scf_sha256(der.len > 0 ? der.data : "", der.len);
    scf_buf_free(&der);
    put_issuer(&name, certificate);
    wrap(&names, CONTEXT_4, &name);
    wrap(&issuer, SEQUENCE, &names);
    put_serial(&issuer, certificate);
    put_value(&id, OCTETS, hash.b, SCF_HASH_LEN);
    wrap(&id, SEQUENCE, &issuer);
    wrap(&ids, SEQUENCE, &id);
    wrap(&value, SEQUENCE, &ids);
    wrap(out, SEQUENCE, &value);
}

/* In the order of a DER set: their lengths grow. */
void scf_cades_attributes(X509 *certificate, struct scf_str content, int64_t time_us,
                          struct scf_buf *out) {
    struct scf_buf set = part(), type = part(), time = part(), digest = part(), id = part();
    struct scf_hash hash = scf_sha256(content.p, content.n);
    put(&type, oid_data);
    put_time(&time, time_us);
    put_value(&digest, OCTETS, hash.b, SCF_HASH_LEN);
    put_certificate_id(&id, certificate);
    put_attribute(&set, oid_content_type, &type);
    put_attribute(&set, oid_time, &time);
    put_attribute(&set, oid_digest, &digest);
    put_attribute(&set, oid_certificate, &id);
    wrap(out, SET, &set);
}

/* ---- the whole ---- */

static int compare(const void *a, const void *b) {
    const struct scf_buf *x = a, *y = b;
    size_t n = x->len < y->len ? x->len : y->len;
    int order = n > 0 ? memcmp(x->data, y->data, n) : 0;
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static void put_certificates(struct scf_buf *out, const STACK_OF(X509) * chain) {
    struct scf_buf each[SCF_CERTIFICATES_MAX], set = part();
    size_t n = (size_t)sk_X509_num(chain);
    SCF_ASSERT(n <= SCF_CERTIFICATES_MAX);
    for (size_t i = 0; i < n; i++) {
        each[i] = part();
        put_certificate(&each[i], sk_X509_value(chain, (int)i));
    }
    qsort(each, n, sizeof each[0], compare);
    for (size_t i = 0; i < n; i++) {
        put(&set, (struct scf_str){each[i].data, each[i].len});
        set.overflow |= each[i].overflow;
        scf_buf_free(&each[i]);
    }
    wrap(out, CONTEXT_0, &set);
}

/* The attributes stand there under another tag than the one that is signed (RFC 5652 §5.4). */
static void put_signer(struct scf_buf *out, const X509 *certificate, const struct scf_buf *signed_,
                       struct scf_str value) {
    struct scf_buf id = part(), info = part(), set = part();
    put_issuer(&id, certificate);
    put_serial(&id, certificate);
    put(&info, version_1);
    wrap(&info, SEQUENCE, &id);
    put(&info, sha256_algorithm);
    scf_buf_putc(&info, (char)CONTEXT_0);
    info.overflow |= signed_->overflow || signed_->len < 2;
    if (!info.overflow)
        scf_buf_put(&info, signed_->data + 1, signed_->len - 1);
    put(&info, rsa_algorithm);
    put_value(&info, OCTETS, value.p, value.n);
    wrap(&set, SEQUENCE, &info);
    wrap(out, SET, &set);
}

void scf_cades_encode(const STACK_OF(X509) * chain, const struct scf_buf *attributes,
                      struct scf_str value, struct scf_buf *out) {
    struct scf_buf data = part(), algorithms = part(), type = part(), inner = part(), info = part();
    put(&algorithms, sha256_algorithm);
    put(&type, oid_data);
    put(&data, version_1);
    wrap(&data, SET, &algorithms);
    wrap(&data, SEQUENCE, &type);
    put_certificates(&data, chain);
    put_signer(&data, sk_X509_value(chain, 0), attributes, value);
    wrap(&inner, SEQUENCE, &data);
    put(&info, oid_signed_data);
    wrap(&info, CONTEXT_0, &inner);
    wrap(out, SEQUENCE, &info);
}
