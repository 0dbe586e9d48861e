/* Timestamps of RFC 3161, with RFC 5816: requests, responses, and tokens verified in full. Hashes
 * are SHA-256, or SHA-512 where the caller has one. Pure (no I/O, no clock); any thread. Relies on
 * OpenSSL (libraries: OSSL-6, OSSL-7).
 *
 * Certificates to trust come as PEM. Those that issued themselves are the roots; others among them
 * only help to build a chain (many authorities send none). A chain must have been valid at the
 * token's own time: a token proves that its hash existed before its time for as long as its
 * certificates are good, and must be renewed before that ends. */
#ifndef SCFD_CODEC_TIMESTAMP_H
#define SCFD_CODEC_TIMESTAMP_H

#include "scfd/base/arena.h"
#include "scfd/base/buf.h"
#include "scfd/base/err.h"
#include "scfd/codec/digest.h"

enum {
    SCF_TIMESTAMP_MAX = 64 << 10,       /* bytes of a response, or of one token */
    SCF_TIMESTAMP_NONCE = 16,           /* bytes */
    SCF_TIMESTAMP_TRUST_MAX = 64 << 10, /* bytes of PEM */
    SCF_TIMESTAMP_CERTS_MAX = 20,       /* certificates in it */
    SCF_TIMESTAMP_ALGORITHMS = 64       /* bytes of their names */
};

/* What a token must say. */
struct scf_timestamp_want {
    struct scf_hash digest; /* SHA-256 of what is stamped */
    /* SHA-512 of the same (SCF_SHA512_LEN bytes): a request is then over this one, and a token may
     * be over either. NULL: over `digest` alone. */
    const uint8_t *sha512;
    const uint8_t *nonce;   /* SCF_TIMESTAMP_NONCE bytes; NULL: none was asked for, or not known */
    const char *policy_oid; /* "1.3.6.1.4.1.6449.2.1.1"; NULL: any */
};

/* What a verified token says. */
struct scf_timestamp {
    int64_t time_us;    /* its time; fractions beyond microseconds are cut */
    int64_t expires_us; /* the first end of a certificate in the chain it was verified with */
    const char *serial; /* lower-case hex, in the arena */
    const char *policy_oid;
    bool over_sha512; /* the imprint is the SHA-512 */
    /* What it rests on, with blanks between: the imprint's digest, the signer's digest, the
     * signer's kind of key ("sha256 sha384 ec-256"; "rsa-3072", "ed25519", "sm2"). */
    char algorithms[SCF_TIMESTAMP_ALGORITHMS];
};

/* "1.2.3": digits and dots that OpenSSL takes as an object identifier. */
bool scf_timestamp_oid_valid(const char *oid) SCF_MUST_CHECK;
/* PEM of 1 to SCF_TIMESTAMP_CERTS_MAX certificates, at least one of which issued itself. */
bool scf_timestamp_trust_valid(struct scf_str pem) SCF_MUST_CHECK;

/* A request (TimeStampReq in DER) for `want`, asking for the certificates. OVERLOADED: no memory;
 * INVALID_PARAMETER: the policy is none. */
enum scf_code scf_timestamp_request(const struct scf_timestamp_want *want, struct scf_buf *out,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* The token of a response (TimeStampResp in DER): as a TimeStampToken in DER, in `arena`. UPSTREAM:
 * it is malformed, larger than SCF_TIMESTAMP_MAX or refuses (the detail has the status and its
 * text). Nothing in the token is verified. */
enum scf_code scf_timestamp_response(struct scf_arena *arena, struct scf_str response,
                                     struct scf_str *ret_token,
                                     struct scf_error *err) SCF_MUST_CHECK;

/* Verifies one token: canonical DER; one signer; signature; version, hash algorithm, imprint,
 * nonce, policy; ESS signing certificate (RFC 2634 or 5035); the signer's extended key usage
 * critical and timeStamping alone; chain to a root of `trust_pem` at the token's time; no digest
 * or key weaker than 112 bits. UPSTREAM: something of it does not hold, the detail says what. */
enum scf_code scf_timestamp_verify(struct scf_arena *arena, struct scf_str token,
                                   const struct scf_timestamp_want *want, struct scf_str trust_pem,
                                   struct scf_timestamp *ret, struct scf_error *err) SCF_MUST_CHECK;

/* The same for whoever has no certificates to trust: the signature is checked with the signer's
 * certificate as it stands in the token, and who that is, is not. */
enum scf_code scf_timestamp_verify_alone(struct scf_arena *arena, struct scf_str token,
                                         const struct scf_timestamp_want *want,
                                         struct scf_timestamp *ret,
                                         struct scf_error *err) SCF_MUST_CHECK;

/* The first of several DER objects that stand one after another, as a view; false: there is none
 * whole. */
bool scf_timestamp_cut(struct scf_str *rest, struct scf_str *ret) SCF_MUST_CHECK;

#endif
