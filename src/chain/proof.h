/* The proof document of a record (docs/evidence.md): what it is made of, and writing it. Pure. */
#ifndef SCFD_CHAIN_PROOF_H
#define SCFD_CHAIN_PROOF_H

#include "scfd/chain/merkle.h"
#include "scfd/chain/note.h"

#include "scfd/chain/record.h"

#define SCF_PROOF_FORMAT "scfd-proof/v1"

struct scf_proof_block {
    int64_t height, size;
    struct scf_hash root, hash;
    struct scf_str block_note, checkpoint_note;
};

/* `key` is the chain's verifier key: its name is the chain's origin. */
void scf_proof_write(const struct scf_record *record, const struct scf_proof_block *block,
                     const struct scf_hash *path, int n, const struct scf_vkey *key,
                     struct scf_buf *out);
/* The same proof as c2sp.org/tlog-proof@v1 text, with the leaf text as extra data; without, when
 * the record was erased. False: it does not fit. */
bool scf_proof_write_text(const struct scf_record *record, const struct scf_proof_block *block,
                          const struct scf_hash *path, int n, struct scf_buf *out) SCF_MUST_CHECK;

#endif
