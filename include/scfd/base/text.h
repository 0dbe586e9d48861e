/* Text helpers that do not depend on a locale: string views, hex, base64, numbers, UTF-8.
 * Pure; any thread. */
#ifndef SCFD_BASE_TEXT_H
#define SCFD_BASE_TEXT_H

/* A view of bytes that somebody else owns; not NUL-terminated. */
struct scf_str {
    const char *p;
    size_t n;
};

#define SCF_STR(literal) ((struct scf_str){(literal), sizeof(literal) - 1})
struct scf_str scf_str(const char *text); /* NULL gives the empty view */
bool scf_str_eq(struct scf_str a, struct scf_str b);
bool scf_str_is(struct scf_str a, const char *text);
bool scf_str_starts(struct scf_str a, const char *prefix);

/* The place of a name among names that a NULL ends; -1 when it is not there, or NULL. */
int scf_name_index(const char *const *names, const char *name);

/* Lower-case hex; `out` has room for 2n + 1 bytes. */
void scf_hex(const void *bytes, size_t n, char *out);
/* Exactly 2n hex digits of either case into n bytes; false otherwise (out untouched). */
bool scf_unhex(struct scf_str hex, void *out, size_t n) SCF_MUST_CHECK;

/* Standard base64 with padding (RFC 4648 §4). Encode: `out` has room for SCF_BASE64_LEN(n) + 1.
 * Decode: strict (canonical padding, no white space); at most `max` bytes; false otherwise. */
#define SCF_BASE64_LEN(n) (((n) + 2) / 3 * 4)
void scf_base64(const void *bytes, size_t n, char *out);
bool scf_unbase64(struct scf_str text, void *out, size_t max, size_t *ret_n) SCF_MUST_CHECK;
/* The URL-safe alphabet without padding (RFC 4648 §5). */
void scf_base64url(const void *bytes, size_t n, char *out);
bool scf_unbase64url(struct scf_str text, void *out, size_t max, size_t *ret_n) SCF_MUST_CHECK;

/* A whole decimal integer without sign, blanks or leading zeros ("0" is fine), ≤ max. */
bool scf_parse_u64(struct scf_str text, uint64_t max, uint64_t *ret) SCF_MUST_CHECK;
/* The same with an optional '-', within [min, max]. */
bool scf_parse_i64(struct scf_str text, int64_t min, int64_t max, int64_t *ret) SCF_MUST_CHECK;

/* For comparing numbers that people write: ASCII letters in upper case, blanks (ASCII, no-break and
 * ideographic) removed; `out` has room for text.n bytes. Returns the length. */
size_t scf_normalise(struct scf_str text, char *out);

/* How many insertions, deletions and substitutions of a byte lead from one text to the other
 * (Levenshtein), ASCII letters compared without case; SIZE_MAX when one is longer than
 * SCF_EDIT_MAX. For "did you mean". */
enum { SCF_EDIT_MAX = 64 };
size_t scf_edit_distance(struct scf_str a, struct scf_str b);

/* True when the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool scf_utf8_valid(const char *bytes, size_t n);
/* Code points in valid UTF-8. */
size_t scf_utf8_length(const char *bytes, size_t n);

#endif
