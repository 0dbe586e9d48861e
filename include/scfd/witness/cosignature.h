/* Cosignatures of witnesses (C2SP tlog-cosignature v1.0.1, Ed25519, signature type 0x04): that as
 * of a time the largest consistent tree a witness has seen of a log is the one in the checkpoint.
 * Pure; any thread. Views point into what was parsed. */
#ifndef SCFD_WITNESS_COSIGNATURE_H
#define SCFD_WITNESS_COSIGNATURE_H

#include "scfd/base/buf.h"
#include "scfd/codec/sign.h"

enum { SCF_COSIGNER_KEY_ID = 4, SCF_COSIGNER_TEXT = 400, SCF_COSIGNATURE_TEXT = 512 };

/* A witness's key and its name. */
struct scf_cosigner {
    struct scf_str name;
    uint8_t id[SCF_COSIGNER_KEY_ID];
    uint8_t pub[SCF_ED25519_PUBLIC_LEN];
};
/* Computes the id, SHA-256(name ‖ LF ‖ 0x04 ‖ pub)[:4]. `name` is one that scf_note_name_valid
 * takes; it is not copied. */
struct scf_cosigner scf_cosigner(struct scf_str name, const uint8_t pub[SCF_ED25519_PUBLIC_LEN]);
/* "name+hex(id)+base64(0x04 ‖ pub)". */
void scf_cosigner_write(const struct scf_cosigner *key, struct scf_buf *out);
/* The exact inverse; false for any other text, keys of other types among them. */
bool scf_cosigner_parse(struct scf_str vkey, struct scf_cosigner *ret) SCF_MUST_CHECK;

/* Appends the signature line, with its LF, of a cosignature of the note text (which ends in LF) at
 * a time in POSIX seconds, ≥ 0. */
void scf_cosign(struct scf_str text, int64_t time_s, const struct scf_cosigner *key,
                const struct scf_signing_key *secret, struct scf_buf *out);

/* Looks for a cosignature of `text` by this key among signature lines (what a witness answers, or
 * the end of a note). True: there is one, none by this key is wrong, and *ret_line (with its LF)
 * and *ret_time_s, which may be NULL, are set. Lines of others and lines that are none are passed
 * over. */
bool scf_cosignature_find(struct scf_str lines, struct scf_str text, const struct scf_cosigner *key,
                          struct scf_str *ret_line, int64_t *ret_time_s) SCF_MUST_CHECK;

#endif
