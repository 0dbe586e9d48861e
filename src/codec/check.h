/* Inside the schema validator: where in the body we are, and how to report from there.
 * Private to codec. */
#ifndef SCFD_SRC_CODEC_CHECK_H
#define SCFD_SRC_CODEC_CHECK_H

#include "scfd/codec/schema.h"

enum { SCALE_NOT_LOOKED = -2, SCALE_NONE = -1 };

/* A place in the body, linked to the one around it; lives on the stack of the walk. */
struct place {
    struct place *up;    /* NULL at the root */
    const char *name;    /* member name, or NULL for an array element */
    int index;           /* of an array element */
    const cJSON *object; /* the object at this place, NULL when it is none */
    int scale;           /* of the object's own currency member, looked up at the first need */
};

struct check {
    const struct scf_schema_options *options;
    struct scf_faults *faults;
    struct scf_faults *warnings;
};

void check_fault(struct check *c, const struct place *at, const char *code, const char *format, ...)
    SCF_PRINTF(4, 5);
void check_warn(struct check *c, const struct place *at, const char *code, const char *format, ...)
    SCF_PRINTF(4, 5);

/* Any type but OBJECT and ARRAY. */
void check_scalar(struct check *c, struct place *at, const struct scf_field *f, const cJSON *item);

static inline bool field_has_bounds(const struct scf_field *f) {
    return f->min != 0 || f->max != 0;
}

/* An upper bound of 0 below a positive lower bound means that there is none. */
static inline bool field_has_max(const struct scf_field *f) {
    return f->max != 0 || f->min < 0;
}

#endif
