/* Which digest goes with which signature. */
#include "scfd/codec/suite.h"

const char *const scf_suite_names[SCF_SUITES + 1] = {"sha256-ed25519", "sm3-sm2", NULL};

bool scf_suite_parse(const char *name, enum scf_suite *ret) {
    int i = scf_name_index(scf_suite_names, name);
    if (i >= 0)
        *ret = (enum scf_suite)i;
    return i >= 0;
}

enum scf_suite scf_suite_of_number(int64_t number) {
    return number > 0 && number < SCF_SUITES ? (enum scf_suite)number : SCF_SUITE_SHA256_ED25519;
}

enum scf_hash_alg scf_suite_hash(enum scf_suite suite) {
    return suite == SCF_SUITE_SM3_SM2 ? SCF_SM3 : SCF_SHA256;
}

enum scf_sign_alg scf_suite_signature(enum scf_suite suite) {
    return suite == SCF_SUITE_SM3_SM2 ? SCF_SM2 : SCF_ED25519;
}

enum scf_suite scf_suite_of_signature(enum scf_sign_alg alg) {
    return alg == SCF_SM2 ? SCF_SUITE_SM3_SM2 : SCF_SUITE_SHA256_ED25519;
}
