/* Field tables: one table per resource gives the validator, the OpenAPI component and the reference
 * page. A table is static data; adding a field is one line.
 *
 * Validation is strict: unknown members are faults (api-rules R14), every fault is collected, and
 * nothing is converted in place. Pure; any thread. */
#ifndef SCFD_CODEC_SCHEMA_H
#define SCFD_CODEC_SCHEMA_H

#include "scfd/base/buf.h"
#include "scfd/codec/json.h"

enum scf_type {
    SCF_T_STRING,  /* min..max code points; NFC is not enforced */
    SCF_T_ENUM,    /* one of `choices` */
    SCF_T_MONEY,   /* decimal string (or tolerated number); scale of the sibling currency */
    SCF_T_DECIMAL, /* decimal string or number; `places` fractional digits; min..max of the last one
                    */
    SCF_T_INTEGER, /* JSON integer; min..max */
    SCF_T_BOOL,
    SCF_T_DATE,     /* YYYY-MM-DD */
    SCF_T_TIME,     /* RFC 3339 with offset; lenient forms only when the context allows */
    SCF_T_CURRENCY, /* known ISO 4217 code */
    SCF_T_COUNTRY,  /* two upper-case letters */
    SCF_T_ID,       /* TypeID whose prefix is one of `choices` */
    SCF_T_USCC,     /* 18 characters of the GB 32100 alphabet; a bad check digit only warns */
    SCF_T_OBJECT,   /* `members` */
    SCF_T_ARRAY,    /* of `members` (a table of one unnamed field), min..max elements */
    SCF_T_SCALARS   /* free object of at most `max` scalar members ("fields", "metadata") */
};

enum scf_presence { SCF_OPTIONAL, SCF_REQUIRED };

struct scf_field {
    const char *name;
    enum scf_type type;
    enum scf_presence presence;
    int64_t min, max;                /* length, element count, or units; both 0: no bound given */
    int places;                      /* for DECIMAL */
    const char *const *choices;      /* NULL-terminated, for ENUM and ID */
    const struct scf_field *members; /* for OBJECT; for ARRAY the one element field */
    /* Extra check of a STRING; for people it is `pattern_text`: a phrase, or a regular expression
     * that begins with '^'. */
    bool (*pattern)(struct scf_str text);
    const char *pattern_text;
    const char *doc_en, *doc_zh; /* one phrase each */
};

#define SCF_FIELD_END                                                                              \
    { .name = NULL }

struct scf_schema {
    const char *name; /* OpenAPI component: "InvoiceCreate" */
    const char *doc_en, *doc_zh;
    const struct scf_field *fields;
    /* Rules across fields, run only when the fields alone are sound; NULL when there are none.
     * May add faults and warnings. `ctx` is what the caller passed to scf_schema_check. */
    void (*rules)(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx);
};

struct scf_schema_options {
    bool lenient_datetime; /* api-rules R12, per node */
    int offset_minutes;    /* the node's time zone */
    const void *rules_ctx;
};

/* True when `faults` stayed empty. Warnings never make it false. `body` may be any JSON value.
 * `null` members count as absent; bounds are inclusive, and max 0 with min > 0 means "no maximum".
 * Fault codes: "required", "unknown-field", "wrong-type", "invalid-choice", "invalid-format",
 * "out-of-range" (numbers), "too-short", "too-long" (texts), "too-few", "too-many" (lists, free
 * objects). Warning codes: "uscc-check-digit", "lenient-datetime". */
bool scf_schema_check(const struct scf_schema *schema, const cJSON *body,
                      const struct scf_schema_options *options, struct scf_faults *faults,
                      struct scf_faults *warnings) SCF_MUST_CHECK;

/* For bodies that report one of several steps: which steps, as bits, need a member beyond what the
 * field table says, and which may have it. */
struct scf_member_use {
    const char *member; /* at the top of the body, 37 bytes at most */
    uint64_t must, may; /* bit `step` of each */
};
/* Faults "required" and "not-allowed"; `step` is 0..63, `step_name` what people call it. */
void scf_member_uses_check(const struct scf_member_use *uses, size_t n, const cJSON *body, int step,
                           const char *step_name, struct scf_faults *faults);

/* The OpenAPI 3.1 schema object as JSON text. */
void scf_schema_openapi(const struct scf_schema *schema, struct scf_buf *out);
/* A Markdown section for the reference page (English and Chinese phrase per field). */
void scf_schema_markdown(const struct scf_schema *schema, struct scf_buf *out);

/* GB 32100-2015 check of position 18 and, where it applies, GB 11714 of position 17.
 * `text` is 18 characters, already upper-case. */
enum scf_uscc_verdict { SCF_USCC_OK, SCF_USCC_BAD_SHAPE, SCF_USCC_BAD_CHECK };
enum scf_uscc_verdict scf_uscc_check(struct scf_str text);

#endif
