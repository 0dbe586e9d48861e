/* Reading JSON: a strict byte scanner (I-JSON, RFC 7493) stands in front of cJSON, which then only
 * ever sees text that is known to be good (libraries: "cJSON duty list").
 *
 * Thread safety: pure; a document belongs to its arena. */
#ifndef SCFD_CODEC_JSON_H
#define SCFD_CODEC_JSON_H

#include <cjson/cJSON.h>

#include "scfd/base/arena.h"
#include "scfd/base/err.h"
#include "scfd/base/text.h"

enum {
    SCF_JSON_MAX_DEPTH = 32,          /* nesting of a request body */
    SCF_JSON_MAX_MEMBERS = 20000,     /* members and elements in one body, all levels */
    SCF_JSON_LARGE_MEMBERS = 5000000, /* of a document of our own making, such as a receipt */
    SCF_JSON_MAX_KEY = 256,           /* bytes of one member name as it stands between its quotes */
    SCF_JSON_MAX_NUMBER = 63          /* characters of one number: cJSON reads no more */
};

/* Why and where the scanner refused a text. */
struct scf_json_fault {
    const char *code; /* static slug: "syntax", "duplicate-member", "invalid-utf8", "nul-in-string",
                         "control-character", "lone-surrogate", "number-out-of-range", "too-deep",
                         "too-many-members", "name-too-long", "trailing-text", "empty",
                         "byte-order-mark", "out-of-memory" */
    size_t offset;    /* byte offset */
    size_t line;      /* from 1 */
    size_t column;    /* in bytes, from 1 */
};

/* One pass over the bytes; true when they are one I-JSON value within the limits above: RFC 8259
 * grammar, valid UTF-8, no duplicate member names (compared after unescaping), no U+0000, no lone
 * surrogates, no raw control characters, and every number finite; integers without fraction or
 * exponent at most ±(2^53 − 1). `max_depth` ≤ 1024. Never recurses. */
bool scf_json_scan(const char *text, size_t n, int max_depth,
                   struct scf_json_fault *ret_fault) SCF_MUST_CHECK;
/* The same with another bound of members. */
bool scf_json_scan_large(const char *text, size_t n, int max_depth, size_t max_members,
                         struct scf_json_fault *ret_fault) SCF_MUST_CHECK;

/* scf_json_scan, then cJSON. The tree lies in the arena: it is read-only, and never passed to
 * cJSON_Delete or to functions that change a tree. On refusal returns NULL and fills
 * `err` with MALFORMED_JSON, TOO_DEEP or TOO_MANY_MEMBERS; the detail names line, column and
 * reason. `text[n]` must be NUL. */
cJSON *scf_json_parse(struct scf_arena *arena, const char *text, size_t n,
                      struct scf_error *err) SCF_MUST_CHECK;

/* The same for documents that were not sent by a client: up to SCF_JSON_LARGE_MEMBERS members. */
cJSON *scf_json_parse_large(struct scf_arena *arena, const char *text, size_t n,
                            struct scf_error *err) SCF_MUST_CHECK;

/* cJSON alone, without the scanner: twice a name, bytes that are not UTF-8, and numbers beyond a
 * double pass. Only for a reader that afterwards compares its whole outcome with the text, byte by
 * byte. `text[n]` must be NUL. NULL when cJSON refuses the text or there is no memory. */
const cJSON *scf_json_parse_unscanned(struct scf_arena *arena, const char *text,
                                      size_t n) SCF_MUST_CHECK;

/* Case-sensitive look-up; NULL when absent. `null` members count as absent. */
const cJSON *scf_json_get(const cJSON *object, const char *name);
/* The string value or NULL when absent or not a string. */
const char *scf_json_string(const cJSON *object, const char *name);
bool scf_json_bool(const cJSON *object, const char *name, bool fallback);
/* Integer member (number without fraction, or decimal string); false when absent or neither. */
bool scf_json_i64(const cJSON *object, const char *name, int64_t *ret);
/* The same of an item that was found; NULL is neither. */
bool scf_json_item_i64(const cJSON *item, int64_t *ret);

/* The bytes of a member's value as they stand in `text`, of which `object` is the parsed object:
 * for a part that is kept, or hashed, as it was sent. A view into `text`; false when it is absent.
 */
bool scf_json_member_text(struct scf_str text, const cJSON *object, const char *name,
                          struct scf_str *ret) SCF_MUST_CHECK;

/* A number's exact decimal text: for a string the string itself, for a JSON number its shortest
 * decimal form of ≤ 15 significant digits (api-rules R11: ERP tolerance). False for anything else,
 * or when the number needs more digits or an exponent. */
bool scf_json_decimal_text(const cJSON *item, char *out, size_t out_size) SCF_MUST_CHECK;

#endif
