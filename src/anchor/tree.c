/* The tree of a tick. A page of 256 leaves is a perfect subtree of level 8, so that above the pages
 * the tree over their roots is the same tree (RFC 9162 splits at powers of two); the last page may
 * be smaller. */
#include "tree.h"

static void put_be64(uint8_t *out, uint64_t v) {
    for (int i = 7; i >= 0; i--, v >>= 8)
        out[i] = (uint8_t)v;
}

static uint64_t get_be64(const uint8_t *in) {
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | in[i];
    return v;
}

void scf_anchor_leaf_write(const struct anchor_leaf *leaf, uint8_t out[ANCHOR_LEAF]) {
    memcpy(out, leaf->chain_id.b, 16);
    put_be64(out + 16, (uint64_t)leaf->height);
    memcpy(out + 24, leaf->block_hash.b, SCF_HASH_LEN);
}

struct anchor_leaf scf_anchor_leaf_read(const uint8_t bytes[ANCHOR_LEAF]) {
    struct anchor_leaf leaf;
    memcpy(leaf.chain_id.b, bytes, 16);
    leaf.height = (int64_t)get_be64(bytes + 16);
    memcpy(leaf.block_hash.b, bytes + 24, SCF_HASH_LEN);
    return leaf;
}

static const uint8_t *leaf_at(struct scf_str page, uint64_t position) {
    SCF_ASSERT((position + 1) * ANCHOR_LEAF <= page.n);
    return (const uint8_t *)page.p + position * ANCHOR_LEAF;
}

size_t scf_anchor_pages(size_t size) {
    return (size + ANCHOR_PAGE - 1) / ANCHOR_PAGE;
}

/* The root over leaves [begin, end) of one page. */
static struct scf_hash page_range_root(struct scf_str page, uint64_t begin, uint64_t end) {
    struct scf_hash hashes[ANCHOR_PAGE];
    SCF_ASSERT(begin < end && end - begin <= ANCHOR_PAGE);
    for (uint64_t i = begin; i < end; i++)
        hashes[i - begin] = scf_merkle_leaf(SCF_SHA256, leaf_at(page, i) + 24, SCF_HASH_LEN);
    return scf_merkle_root(SCF_SHA256, hashes, end - begin);
}

struct scf_hash scf_anchor_page_root(struct scf_str bytes) {
    return page_range_root(bytes, 0, bytes.n / ANCHOR_LEAF);
}

/* The root over pages [begin, end): hashes that are roots already fold like leaf hashes. */
static struct scf_hash pages_root(struct scf_str page_roots, uint64_t begin, uint64_t end) {
    struct scf_compact c;
    scf_compact_init(&c, SCF_SHA256);
    SCF_ASSERT(begin < end && end * SCF_HASH_LEN <= page_roots.n);
    for (uint64_t i = begin; i < end; i++) {
        struct scf_hash h;
        memcpy(h.b, page_roots.p + i * SCF_HASH_LEN, sizeof h.b);
        scf_compact_push(&c, 0, &h);
    }
    return scf_compact_root(&c);
}

struct scf_hash scf_anchor_root(struct scf_str page_roots) {
    return pages_root(page_roots, 0, page_roots.n / SCF_HASH_LEN);
}

bool scf_anchor_page_find(struct scf_str bytes, const struct scf_uuid *chain_id, int *ret_position,
                          struct anchor_leaf *ret) {
    int low = 0, high = (int)(bytes.n / ANCHOR_LEAF) - 1;
    while (low <= high) {
        int middle = low + (high - low) / 2;
        struct anchor_leaf leaf = scf_anchor_leaf_read(leaf_at(bytes, (uint64_t)middle));
        int order = scf_uuid_compare(&leaf.chain_id, chain_id);
        if (order == 0) {
            *ret_position = middle;
            *ret = leaf;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle - 1;
    }
    return false;
}

int scf_anchor_path(uint64_t index, uint64_t size, struct scf_str page, struct scf_str page_roots,
                    struct scf_hash out[SCF_PROOF_MAX]) {
    struct scf_range ranges[SCF_PROOF_MAX];
    uint64_t number = index / ANCHOR_PAGE, first = number * ANCHOR_PAGE;
    uint64_t end = first + page.n / ANCHOR_LEAF;
    int n = scf_merkle_inclusion(index, size, ranges);
    for (int i = 0; i < n; i++) {
        const struct scf_range *r = &ranges[i];
        if (r->begin >= first && r->end <= end)
            out[i] = page_range_root(page, r->begin - first, r->end - first);
        else
            out[i] = pages_root(page_roots, r->begin / ANCHOR_PAGE, scf_anchor_pages(r->end));
    }
    return n;
}
