/* The body of add-checkpoint (C2SP tlog-witness v1.0.0): an old size, a consistency proof, an empty
 * line, a checkpoint. Pure; any thread. */
#ifndef SCFD_WITNESS_REQUEST_H
#define SCFD_WITNESS_REQUEST_H

#include "scfd/base/buf.h"
#include "scfd/chain/note.h"

enum { SCF_WIT_PROOF_MAX = 63, SCF_WIT_BODY_MAX = 64 << 10 };

struct scf_wit_request {
    int64_t old_size;
    struct scf_hash proof[SCF_WIT_PROOF_MAX];
    int proof_count;
    struct scf_str note; /* a view into the body: all that follows the empty line */
};
void scf_wit_request_write(const struct scf_wit_request *r, struct scf_buf *out);
/* The exact inverse. NULL, or what is wrong with the body, for people. The note is not looked at.
 */
const char *scf_wit_request_parse(struct scf_str body, struct scf_wit_request *ret) SCF_MUST_CHECK;

/* A note that is a checkpoint: its text (the signed part) and what that says. Signatures are not
 * verified. Extension lines are allowed, empty ones are not. */
bool scf_wit_checkpoint(struct scf_str note, struct scf_str *ret_text,
                        struct scf_checkpoint *ret) SCF_MUST_CHECK;

/* Appends the note without the signature lines of other keys: whoever sends a note can add lines to
 * it. The note is one that scf_note_open takes with these keys. */
void scf_wit_note_strip(struct scf_str note, struct scf_str text, const struct scf_vkey *keys,
                        size_t n, struct scf_buf *out);

#endif
