/* Proofs as C2SP text (c2sp.org/tlog-proof@v1): what a record's proof document says of the tree, in
 * the form that other people's tools read. Pure; any thread. Views point into what was parsed.
 *
 * The leaf text of the record (docs/evidence.md) goes into the "extra" line, so that the file says
 * by itself what it proves. Nobody signs that line: it counts only because its hash is in the tree.
 */
#ifndef SCFD_CHAIN_TLOG_PROOF_H
#define SCFD_CHAIN_TLOG_PROOF_H

#include "scfd/base/arena.h"
#include "scfd/chain/merkle.h"
#include "scfd/chain/note.h"

enum { SCF_TLOG_PROOF_MAX = 128 << 10, SCF_TLOG_EXTRA_MAX = 16 << 10 };

struct scf_tlog_proof {
    struct scf_str extra; /* decoded; n = 0: the line is left out */
    int64_t index;        /* of the leaf, from 0 */
    int n;                /* hashes in `path`, 0 to SCF_PROOF_MAX */
    struct scf_hash path[SCF_PROOF_MAX];
    struct scf_str checkpoint; /* the signed note, verbatim, with its last LF */
};

/* Appends the text. `extra` has at most SCF_TLOG_EXTRA_MAX bytes. */
void scf_tlog_proof_write(const struct scf_tlog_proof *p, struct scf_buf *out);
/* The exact inverse; text of more than SCF_TLOG_PROOF_MAX bytes is none. `extra` is decoded into
 * `arena`, `checkpoint` is a view into `text`. False: not in this form, or the arena is full; *ret
 * is untouched. Whether the note is one is for scf_tlog_proof_verify. */
bool scf_tlog_proof_parse(struct scf_str text, struct scf_arena *arena,
                          struct scf_tlog_proof *ret) SCF_MUST_CHECK;

enum scf_tlog_verdict {
    SCF_TLOG_OK,
    SCF_TLOG_UNSIGNED,      /* the checkpoint is not signed by the key */
    SCF_TLOG_NO_CHECKPOINT, /* what is signed is no checkpoint */
    SCF_TLOG_OTHER_LOG,     /* the checkpoint's origin is not the key's name */
    SCF_TLOG_NOT_IN_TREE    /* the path does not lead from the leaf to the root */
};
const char *scf_tlog_verdict_text(enum scf_tlog_verdict verdict);
/* Is `leaf` leaf number p->index of the tree that `key` signed? The key comes from elsewhere; its
 * name is the log's origin (tlog-checkpoint). *ret_checkpoint, which may be NULL, is set from
 * NOT_IN_TREE and OK on. `extra` is not looked at. SHA-256 trees (RFC 9162 §2.1.3.2). */
enum scf_tlog_verdict scf_tlog_proof_verify(const struct scf_tlog_proof *p,
                                            const struct scf_vkey *key, const struct scf_hash *leaf,
                                            struct scf_checkpoint *ret_checkpoint) SCF_MUST_CHECK;

/* `text` begins as such a proof does. */
bool scf_tlog_proof_is(struct scf_str text) SCF_MUST_CHECK;

/* Offline check of a proof text against a verifier key (C2SP vkey text), a line per step into
 * `report`, as scf_verify_proof does for documents. `leaf` is the leaf text from elsewhere; NULL:
 * that of the extra line. Both given, they must be the same. `body` (NULL: not given) must have the
 * SHA-256 that the leaf text tells. True: everything holds. Without any leaf text nothing does. */
bool scf_verify_tlog_proof(struct scf_str text, struct scf_str vkey, const struct scf_str *leaf,
                           const struct scf_str *body, struct scf_buf *report) SCF_MUST_CHECK;

#endif
