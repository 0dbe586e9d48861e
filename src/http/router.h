/* The routes compiled into a tree of path segments. Pure; read-only after scf_router_new, so any
 * thread may look up. */
#ifndef SCFD_HTTP_ROUTER_H
#define SCFD_HTTP_ROUTER_H

#include "scfd/http/http.h"

enum { SCF_SEGMENTS_MAX = 16, SCF_ALLOW_TEXT = 64 };

struct scf_router;

/* `routes` must outlive the router. Fails with INTERNAL on a pattern that is malformed, has too
 * many parameters, or is there twice with one method. */
enum scf_code scf_router_new(const struct scf_route *routes, size_t count, struct scf_router **ret,
                             struct scf_error *err) SCF_MUST_CHECK;
void scf_router_free(struct scf_router *r);

enum scf_found { SCF_FOUND, SCF_FOUND_OPTIONS, SCF_NO_METHOD, SCF_NO_PATH };

/* `path` is the raw path of the request target. Parameter values are raw too (still
 * percent-encoded) and point into `path`. ret_allow is filled except for SCF_NO_PATH. */
enum scf_found scf_router_find(const struct scf_router *r, const char *method, struct scf_str path,
                               struct scf_route_match *ret, char ret_allow[SCF_ALLOW_TEXT]);

#endif
