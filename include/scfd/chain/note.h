/* C2SP signed notes, verifier keys and checkpoints (signed-note v1.0.0, tlog-checkpoint v1.0.0).
 * Signature types: Ed25519, 0x01; SM2 with SM3, for which the specification assigns no byte: 0xff
 * and the identifier "sm2-sm3", as it recommends. Pure; any thread. Views point into what was
 * parsed. */
#ifndef SCFD_CHAIN_NOTE_H
#define SCFD_CHAIN_NOTE_H

#include "scfd/base/buf.h"
#include "scfd/codec/digest.h"
#include "scfd/codec/sign.h"

enum { SCF_NOTE_KEY_ID = 4, SCF_NOTE_MAX_SIGNATURES = 100 };

/* Not empty, UTF-8, no white space, no '+'. */
bool scf_note_name_valid(struct scf_str name);

/* ---- keys ---- */

struct scf_vkey {
    struct scf_str name;
    uint8_t id[SCF_NOTE_KEY_ID];
    struct scf_public_key pub;
};
/* The key of `name`: computes the id, SHA-256(name ‖ LF ‖ type ‖ pub)[:4]. */
struct scf_vkey scf_vkey(struct scf_str name, const struct scf_public_key *pub);
/* "name+hex(id)+base64(type ‖ pub)". */
void scf_vkey_write(const struct scf_vkey *key, struct scf_buf *out);
bool scf_vkey_parse(struct scf_str text, struct scf_vkey *ret) SCF_MUST_CHECK;

/* ---- notes ---- */

/* Appends text (which ends in LF), a blank line and the signature line: base64 of the key's id and
 * the signature (Ed25519: 64 bytes; SM2: DER). `secret` is the secret half of `key`. */
void scf_note_write(struct scf_str text, const struct scf_vkey *key,
                    const struct scf_signing_key *secret, struct scf_buf *out);

enum scf_note_verdict {
    SCF_NOTE_OK, /* at least one of the keys signed it, and no signature of them is wrong */
    SCF_NOTE_MALFORMED,
    SCF_NOTE_UNVERIFIED, /* none of the keys signed it */
    SCF_NOTE_BAD_SIGNATURE,
    SCF_NOTE_AMBIGUOUS /* it is signed by a key that was given twice */
};
const char *scf_note_verdict_text(enum scf_note_verdict verdict);

struct scf_note {
    struct scf_str text; /* ends in LF */
    int verified, unverified;
    struct scf_str verified_names[SCF_NOTE_MAX_SIGNATURES];
    struct scf_str unverified_names[SCF_NOTE_MAX_SIGNATURES];
};
/* *ret is complete only for SCF_NOTE_OK. */
enum scf_note_verdict scf_note_open(struct scf_str message, const struct scf_vkey *keys, size_t n,
                                    struct scf_note *ret) SCF_MUST_CHECK;

/* One of the signature lines has the key's name and id; whether it verifies is not looked at. */
bool scf_note_names_key(struct scf_str message, const struct scf_vkey *key) SCF_MUST_CHECK;

/* ---- checkpoints ---- */

struct scf_checkpoint {
    struct scf_str origin;
    int64_t size;
    struct scf_hash root;
};
/* Three lines, each with its LF. */
void scf_checkpoint_write(const struct scf_checkpoint *c, struct scf_buf *out);
/* Extension lines after the three are allowed and ignored. */
bool scf_checkpoint_parse(struct scf_str text, struct scf_checkpoint *ret) SCF_MUST_CHECK;

#endif
