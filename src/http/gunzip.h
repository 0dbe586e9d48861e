/* Request bodies with Content-Encoding: gzip, inflated as they arrive. HTTP thread. */
#ifndef SCFD_HTTP_GUNZIP_H
#define SCFD_HTTP_GUNZIP_H

#include "scfd/http/http.h"

struct scf_gunzip;

/* `limit`: inflated bytes at most. */
struct scf_gunzip *scf_gunzip_new(size_t limit);
void scf_gunzip_free(struct scf_gunzip *g); /* NULL is fine */

/* Takes plain bytes, *ret_taken of n; false: no more for now (suspended, or answered). */
typedef bool (*scf_gunzip_sink)(struct scf_request *rq, const char *bytes, size_t n,
                                size_t *ret_taken);

/* Inflates `bytes` into `sink`. *ret_taken is n, or 0 when the sink stopped: then the same bytes
 * must be offered again, with or without more behind them. Codes: BODY_TOO_LARGE,
 * MALFORMED_REQUEST. */
enum scf_code scf_gunzip_feed(struct scf_gunzip *g, const char *bytes, size_t n,
                              scf_gunzip_sink sink, struct scf_request *rq, size_t *ret_taken,
                              struct scf_error *err) SCF_MUST_CHECK;

/* Was exactly one gzip member fed, to its end? */
bool scf_gunzip_complete(const struct scf_gunzip *g);

#endif
