/* Errors are values: a code from errors.def (which fixes its class, HTTP status and titles), a
 * detail sentence for the client, and a private note for the log. Faults are the single places in
 * an input that are wrong; one error may carry many.
 *
 * Thread safety: values; a struct belongs to whoever declared it. */
#ifndef SCFD_BASE_ERR_H
#define SCFD_BASE_ERR_H

#include "scfd/base/prelude.h"

/* What a caller may do about it. */
enum scf_class {
    SCF_CLASS_OK,          /* no error */
    SCF_CLASS_INVALID,     /* the input is wrong; sending it again will fail again */
    SCF_CLASS_DENIED,      /* not authenticated, or not allowed */
    SCF_CLASS_NOT_FOUND,   /* does not exist, or the caller may not know that it does */
    SCF_CLASS_CONFLICT,    /* contradicts the present state */
    SCF_CLASS_SOFT,        /* lost a race in the database; the transaction runner retries it */
    SCF_CLASS_UNAVAILABLE, /* may succeed later: overload, database away */
    SCF_CLASS_INTERNAL     /* our fault */
};

enum scf_code {
    SCF_OK = 0,
#define SCF_ERROR(NAME, CLASS, STATUS, SLUG, TITLE_EN, TITLE_ZH) SCF_E_##NAME,
#include "scfd/base/errors.def"
#undef SCF_ERROR
    SCF_CODE_COUNT
};

/* One wrong place in an input. Both strings live in the arena of the list, or are static. */
struct scf_fault {
    const char *pointer; /* RFC 6901 pointer in URI fragment form: "#/lines/0/tax_rate" */
    const char *code;    /* slug: "required", "out-of-range", "unknown-field", … */
    const char *detail;  /* one plain sentence */
};

enum { SCF_MAX_FAULTS = 100 }; /* api-rules R2: all errors at once, at most 100 */

struct scf_arena;

/* Grows in its arena; beyond SCF_MAX_FAULTS further faults are only counted. */
struct scf_faults {
    struct scf_arena *arena;
    struct scf_fault *items;
    size_t count;
    size_t capacity;
    size_t dropped;
};

struct scf_error {
    enum scf_code code;
    char detail[320];                /* for the client: never SQL text, never a secret */
    char note[320];                  /* for the log only */
    const struct scf_faults *faults; /* optional, not owned */
    const char *members_json;        /* optional extra problem members: a JSON object, not owned */
};

/* Fills *err (may be NULL) and returns `code`, so that `return scf_fail(err, SCF_E_X, "…")` reads
 * as one step. `format` is the client's detail. Any thread. */
enum scf_code scf_fail(struct scf_error *err, enum scf_code code, const char *format, ...)
    SCF_PRINTF(3, 4);

/* OVERLOADED: an arena or a buffer is full. */
enum scf_code scf_fail_memory(struct scf_error *err);

/* Adds the private note to an error that scf_fail filled; returns err->code. */
enum scf_code scf_note(struct scf_error *err, const char *format, ...) SCF_PRINTF(2, 3);

enum scf_class scf_code_class(enum scf_code code);
int scf_code_status(enum scf_code code);       /* HTTP status */
const char *scf_code_slug(enum scf_code code); /* stable: part of the API */
const char *scf_code_title(enum scf_code code, bool chinese);

/* Appends a fault; copies `pointer` and the formatted detail into the list's arena.
 * `code` must be static. */
void scf_fault_add(struct scf_faults *faults, const char *pointer, const char *code,
                   const char *format, ...) SCF_PRINTF(4, 5);

#endif
