/* SHA-1 and RIPEMD-160 through OpenSSL. */
#include "scfd/codec/old_digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>

bool scf_old_digest(enum scf_old_digest alg, const void *bytes, size_t n,
                    uint8_t out[SCF_OLD_DIGEST_LEN]) {
    uint8_t result[EVP_MAX_MD_SIZE];
    size_t result_n = sizeof result;
    const char *name = alg == SCF_SHA1 ? "SHA1" : "RIPEMD160";
    bool done = EVP_Q_digest(NULL, name, NULL, bytes, n, result, &result_n) == 1 &&
                result_n == SCF_OLD_DIGEST_LEN;
    if (done)
        memcpy(out, result, SCF_OLD_DIGEST_LEN);
    ERR_clear_error();
    return done;
}
