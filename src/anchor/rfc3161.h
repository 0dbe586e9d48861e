/* Asking an RFC 3161 authority. */
#ifndef SCFD_ANCHOR_RFC3161_H
#define SCFD_ANCHOR_RFC3161_H

#include "scfd/anchor/anchor.h"
#include "scfd/codec/timestamp.h"

/* A token over the digest, or over `sha512` (SCF_SHA512_LEN bytes) unless that is NULL, verified in
 * full, in `arena`; *ret_ca_pem are the roots. UPSTREAM, or OVERLOADED when there is no answer.
 * Calls out. */
enum scf_code scf_rfc3161_ask(struct scf_arena *arena, const struct scf_anchor_target *target,
                              const struct scf_hash *digest, const uint8_t *sha512, int timeout_s,
                              struct scf_str *ret_token, struct scf_timestamp *ret,
                              struct scf_str *ret_ca_pem, struct scf_error *err) SCF_MUST_CHECK;

#endif
