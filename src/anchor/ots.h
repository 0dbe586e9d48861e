/* OpenTimestamps files (.ots, version 1) as python-opentimestamps 0.4 reads and writes them: from
 * the SHA-256 of a file a tree of operations leads to attestations. Everything is bounded as there;
 * a file of another spelling, or with anything behind it, is refused. Pure. */
#ifndef SCFD_ANCHOR_OTS_H
#define SCFD_ANCHOR_OTS_H

#include "scfd/base/arena.h"
#include "scfd/base/buf.h"
#include "scfd/codec/digest.h"

enum {
    OTS_FILE_MAX = 1 << 16,
    OTS_MESSAGE_MAX = 4096,
    OTS_PAYLOAD_MAX = 8192,
    OTS_URI_MAX = 1000,
    OTS_DEPTH_MAX = 256,
    OTS_NODES_MAX = 4096
};

enum ots_op {
    OTS_SHA1 = 0x02,
    OTS_RIPEMD160 = 0x03,
    OTS_SHA256 = 0x08,
    OTS_KECCAK256 = 0x67,
    OTS_APPEND = 0xf0,
    OTS_PREPEND = 0xf1,
    OTS_REVERSE = 0xf2,
    OTS_HEXLIFY = 0xf3
};

enum ots_kind { OTS_PENDING, OTS_BITCOIN, OTS_OTHER };

struct ots_attestation {
    struct ots_attestation *next;
    enum ots_kind kind;
    uint8_t tag[8];
    struct scf_str payload; /* as it stands there */
    struct scf_str uri;     /* PENDING: the calendar that will know more */
    uint64_t height;        /* BITCOIN: the block whose Merkle root the message is */
};

/* A message, who attests it, and what is made of it. */
struct ots_node {
    struct scf_str message;
    struct ots_attestation *attestations;
    struct ots_step *steps;
};
struct ots_step {
    struct ots_step *next;
    enum ots_op op;
    struct scf_str argument; /* of APPEND and PREPEND */
    struct ots_node *result;
};

/* All that is read or made lies in `arena`. */
struct ots_tree {
    struct scf_arena *arena;
    size_t nodes;
};

/* A timestamp of `message`, as calendars answer it. NULL: it is none, or beyond the limits. */
struct ots_node *ots_read(struct ots_tree *tree, struct scf_str bytes,
                          struct scf_str message) SCF_MUST_CHECK;
/* A file, whose first message is the digest of what it stamps. */
struct ots_node *ots_file_read(struct ots_tree *tree, struct scf_str bytes) SCF_MUST_CHECK;
/* False: the file would be too large, or a node attests nothing. */
bool ots_file_write(const struct ots_node *root, struct scf_buf *out) SCF_MUST_CHECK;

/* A new message. NULL: no memory. */
struct ots_node *ots_new(struct ots_tree *tree, struct scf_str message) SCF_MUST_CHECK;
/* Applies an operation and returns the result. NULL: the result, or the tree, would be too large,
 * or the operation was applied before. */
struct ots_node *ots_apply(struct ots_tree *tree, struct ots_node *node, enum ots_op op,
                           struct scf_str argument) SCF_MUST_CHECK;
/* Where the operation is, or, when it is not, the end where it belongs. */
struct ots_step **ots_find_step(struct ots_node *node, enum ots_op op, struct scf_str argument);
/* False: it is there already. */
bool ots_add_attestation(struct ots_node *into, struct ots_attestation *a);
/* Takes over what another timestamp of the same message says; what both say stays once. */
void ots_merge(struct ots_node *into, struct ots_node *from);

/* Calls `each` for every attestation below, in order; stops when it says false. */
typedef bool (*ots_visit)(void *ctx, struct ots_node *node, const struct ots_attestation *a);
bool ots_walk(struct ots_node *node, ots_visit each, void *ctx);

#endif
