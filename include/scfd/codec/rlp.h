/* Recursive Length Prefix (Ethereum Yellow Paper, appendix B): strings of bytes and lists of items.
 * Pure; any thread. */
#ifndef SCFD_CODEC_RLP_H
#define SCFD_CODEC_RLP_H

#include "scfd/base/buf.h"
#include "scfd/base/text.h"

/* ---- writing: what overflows `out` shows there ---- */

void scf_rlp_put_bytes(struct scf_buf *out, const void *bytes, size_t n);
/* Big-endian without leading zeros; 0 is the empty string. */
void scf_rlp_put_u64(struct scf_buf *out, uint64_t value);
/* A list of items that are encoded already. */
void scf_rlp_put_list(struct scf_buf *out, const void *items, size_t n);

/* ---- reading ---- */

struct scf_rlp_item {
    bool list;
    struct scf_str payload; /* the string's bytes, or the items of the list; a view */
    struct scf_str whole;   /* with the prefix */
};
/* Takes the first item off `*in`. Strict: only the shortest form of a length, nothing beyond the
 * end; false otherwise, and then `*in` is untouched. The items inside a list are not looked at. */
bool scf_rlp_next(struct scf_str *in, struct scf_rlp_item *ret) SCF_MUST_CHECK;
/* The next item must be a string. */
bool scf_rlp_next_bytes(struct scf_str *in, struct scf_str *ret) SCF_MUST_CHECK;
/* The next item must be a string that is a number as scf_rlp_put_u64 writes it. */
bool scf_rlp_next_u64(struct scf_str *in, uint64_t *ret) SCF_MUST_CHECK;
/* One list and nothing behind it. */
bool scf_rlp_open_list(struct scf_str in, struct scf_str *ret_items) SCF_MUST_CHECK;

#endif
