/* Blocks: the header text scfd-block/v1 and its hash. Pure; any thread. */
#ifndef SCFD_CHAIN_BLOCK_H
#define SCFD_CHAIN_BLOCK_H

#include "scfd/base/buf.h"
#include "scfd/base/id.h"
#include "scfd/codec/digest.h"

struct scf_block {
    struct scf_str origin; /* of the chain */
    int64_t height;        /* from 0 */
    int64_t size;          /* leaves in the chain when it was closed */
    struct scf_hash root;
    struct scf_hash prev; /* hash of the block before; 32 zero bytes in the first */
    int64_t time_us;
};

/* Seven lines, each with its LF. */
void scf_block_write(const struct scf_block *b, struct scf_buf *out);
/* The exact inverse: any other spelling of the same values is refused. The origin is a view into
 * `text`. */
bool scf_block_parse(struct scf_str text, struct scf_block *ret) SCF_MUST_CHECK;
/* Digest of the header text, with the algorithm of the chain. */
struct scf_hash scf_block_hash(const struct scf_block *b, enum scf_hash_alg alg);

/* "<installation's origin>/node_…": the origin of a chain and the name of its key. */
void scf_chain_origin(const char *installation_origin, const struct scf_uuid *chain_id,
                      struct scf_buf *out);
/* The other way round: the chain, and the installation's origin as a view into `text`. */
bool scf_chain_origin_parse(struct scf_str text, struct scf_uuid *ret_id,
                            struct scf_str *ret) SCF_MUST_CHECK;

#endif
