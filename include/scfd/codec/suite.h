/* Suites: the digest and the signature that go together in one chain. A chain has one from its
 * first leaf to its last.
 *
 *     sha256-ed25519   SHA-256 (FIPS 180-4), Ed25519 (RFC 8032)
 *     sm3-sm2          SM3 (GB/T 32905-2016), SM2 (GB/T 32918.2-2016)
 *
 * Pure; any thread. */
#ifndef SCFD_CODEC_SUITE_H
#define SCFD_CODEC_SUITE_H

#include "scfd/codec/digest.h"
#include "scfd/codec/sign.h"

/* Numbers are stored: append only. */
enum scf_suite { SCF_SUITE_SHA256_ED25519, SCF_SUITE_SM3_SM2, SCF_SUITES };

/* In enum order, ended by NULL. */
extern const char *const scf_suite_names[SCF_SUITES + 1];
/* False: no suite has this name; NULL neither. */
bool scf_suite_parse(const char *name, enum scf_suite *ret) SCF_MUST_CHECK;

/* The suite as it is stored. A number that is none stands for the first: whatever was made with
 * another then shows as altered. */
enum scf_suite scf_suite_of_number(int64_t number);

enum scf_hash_alg scf_suite_hash(enum scf_suite suite);
enum scf_sign_alg scf_suite_signature(enum scf_suite suite);
/* The suite whose signatures are of this algorithm: there is one for each. */
enum scf_suite scf_suite_of_signature(enum scf_sign_alg alg);

#endif
