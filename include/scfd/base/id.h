/* Identifiers: UUIDv7 (RFC 9562) inside, TypeID text outside (prefix + '_' + 26 Crockford base32
 * characters; api-rules R13). Any thread. */
#ifndef SCFD_BASE_ID_H
#define SCFD_BASE_ID_H

#include "scfd/base/text.h"

struct scf_uuid {
    uint8_t b[16];
};

enum { SCF_ID_TEXT = 48 }; /* prefix ≤ 16 + '_' + 26 + NUL */

/* A fresh UUIDv7: milliseconds of scf_now_us and their fraction, then random bits (scf_random,
 * buffered per thread). Within one thread the values ascend. */
struct scf_uuid scf_uuid_new(void);
bool scf_uuid_is_nil(const struct scf_uuid *u);
bool scf_uuid_eq(const struct scf_uuid *a, const struct scf_uuid *b);
int scf_uuid_compare(const struct scf_uuid *a, const struct scf_uuid *b);

void scf_id_format(const char *prefix, const struct scf_uuid *u, char out[SCF_ID_TEXT]);
/* True only for exactly this prefix and a canonical suffix (first character ≤ '7', lower case). */
bool scf_id_parse(const char *prefix, struct scf_str text, struct scf_uuid *ret) SCF_MUST_CHECK;
/* Any prefix `^[a-z]{2,8}$`; copies it to `ret_prefix`. */
bool scf_id_parse_any(struct scf_str text, char ret_prefix[16],
                      struct scf_uuid *ret) SCF_MUST_CHECK;

/* `n` bytes (≤ INT_MAX) from OpenSSL's private generator, fit for keys and salts; aborts if it has
 * no entropy. Any thread. */
void scf_random(void *out, size_t n);

#endif
