/* The tree of a tick in pages of 256 leaves: its root, and paths from one page and the roots of all
 * pages. Pure; any thread. */
#ifndef SCFD_ANCHOR_TREE_H
#define SCFD_ANCHOR_TREE_H

#include "scfd/base/id.h"
#include "scfd/chain/merkle.h"

enum { ANCHOR_PAGE = 256, ANCHOR_LEAF = 56 /* chain id, height, block hash */ };

struct anchor_leaf {
    struct scf_uuid chain_id;
    int64_t height;
    struct scf_hash block_hash;
};
void scf_anchor_leaf_write(const struct anchor_leaf *leaf, uint8_t out[ANCHOR_LEAF]);
struct anchor_leaf scf_anchor_leaf_read(const uint8_t bytes[ANCHOR_LEAF]);

/* Pages of a tree of `size` leaves. */
size_t scf_anchor_pages(size_t size);
/* The root of one page's leaves (1–256): its leaves stand one after another in `bytes`. */
struct scf_hash scf_anchor_page_root(struct scf_str bytes);
/* The root of the tree. `page_roots`: 32 bytes each, at least one. */
struct scf_hash scf_anchor_root(struct scf_str page_roots);

/* Finds the chain among a page's leaves, which ascend by chain id; false: it is not there. */
bool scf_anchor_page_find(struct scf_str bytes, const struct scf_uuid *chain_id, int *ret_position,
                          struct anchor_leaf *ret) SCF_MUST_CHECK;
/* The path of leaf `index` of `size` from its page and the page roots; the number of hashes. */
int scf_anchor_path(uint64_t index, uint64_t size, struct scf_str page, struct scf_str page_roots,
                    struct scf_hash out[SCF_PROOF_MAX]);

#endif
