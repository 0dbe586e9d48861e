/* A check for every value of a JSON document, by which whoever alters one value is found out by its
 * name. The digest over the whole proves that something was altered; these say what. Pure. */
#ifndef SCFD_LIMIT_SCALAR_CHECKS_H
#define SCFD_LIMIT_SCALAR_CHECKS_H

#include "scfd/base/buf.h"
#include "scfd/base/text.h"

/* One value of a document. */
struct scf_scalar {
    struct scf_str pointer; /* JSON pointer, until the next call only */
    struct scf_str text;    /* as it stands in the document; of an array "[n]", n its elements */
    bool is_array;
};
typedef void scf_scalar_fn(void *ctx, const struct scf_scalar *scalar);

/* Calls `fn` for every string, number, boolean, null and array of `json`, in document order, an
 * array after its elements. Their pointers begin with `base`. `json` is valid JSON (the scanner of
 * codec/json let it pass); one nested deeper than 64 or with pointers beyond 1,000 bytes is only
 * walked as far. */
void scf_scalars_walk(struct scf_str json, const char *base, scf_scalar_fn *fn, void *ctx);

/* The first 32 bits of SHA-256(pointer LF text). */
uint32_t scf_scalar_check(const struct scf_scalar *scalar);

/* 8 hex digits for each value of `json`, one after another. */
void scf_scalar_checks(struct scf_str json, const char *base, struct scf_buf *out);

#endif
