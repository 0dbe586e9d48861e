/* Percent-decoding and the query string, strictly. Pure. */
#ifndef SCFD_HTTP_QUERY_H
#define SCFD_HTTP_QUERY_H

#include "scfd/base/arena.h"
#include "scfd/base/err.h"
#include "scfd/base/text.h"

enum { SCF_QUERY_MAX = 32 };

struct scf_query {
    size_t n;
    struct {
        const char *name, *value; /* decoded; static name of the route's table */
    } items[SCF_QUERY_MAX];
};

/* Decodes %XX (and '+' as blank where `form`). NULL when an escape is malformed, the result holds
 * NUL or is not UTF-8, or the arena is full. */
char *scf_percent_decode(struct scf_arena *arena, struct scf_str text, bool form);

/* `text` is what follows '?'. `known` is the NULL-terminated list of documented names (NULL: none).
 * Unknown or repeated names and broken escapes are INVALID_PARAMETER. */
enum scf_code scf_query_parse(struct scf_arena *arena, struct scf_str text,
                              const char *const *known, struct scf_query *ret,
                              struct scf_error *err) SCF_MUST_CHECK;

#endif
