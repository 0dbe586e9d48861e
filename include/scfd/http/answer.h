/* What handlers of all rooms share: checked bodies, entity tags, pages. */
#ifndef SCFD_HTTP_ANSWER_H
#define SCFD_HTTP_ANSWER_H

#include "scfd/codec/jsonw.h"
#include "scfd/http/http.h"

enum { SCF_TAG_TEXT = 32 };

/* Parses the body and validates it with the route's field table; `rules_ctx` goes to its rules.
 * Codes: those of scf_json_parse, VALIDATION_FAILED with every fault. `ret_warnings` may be NULL;
 * the list lives in the request's arena. */
enum scf_code scf_rq_valid_body(struct scf_request *rq, const void *rules_ctx, const cJSON **ret,
                                struct scf_faults **ret_warnings,
                                struct scf_error *err) SCF_MUST_CHECK;
/* "warnings": [{pointer, code, detail}]. */
void scf_jw_warnings(struct scf_jsonw *w, const struct scf_faults *warnings);

/* VALIDATION_FAILED with this one fault, which lives in `arena`. */
enum scf_code scf_fail_fault(struct scf_arena *arena, const char *pointer, const char *code,
                             const char *detail, struct scf_error *err);

/* Entity tag of a representation: "<version>-<8 hex digits of the body's SHA-256>" (api-rules R4),
 * without quotes. */
void scf_entity_tag(int64_t version, const struct scf_buf *body, char out[SCF_TAG_TEXT]);

/* scf_rq_if_match against the tag of what is there now. Takes the buffer. */
enum scf_code scf_rq_if_same(struct scf_request *rq, int64_t version, struct scf_buf *present,
                             struct scf_error *err) SCF_MUST_CHECK;

/* PRECONDITION_REQUIRED without If-Match, PRECONDITION_FAILED when it does not name `tag`. */
enum scf_code scf_rq_if_match(struct scf_request *rq, const char *tag,
                              struct scf_error *err) SCF_MUST_CHECK;

/* Replies to a GET with the body or 304, and to others with the body; with the entity tag. Takes
 * the buffer. */
void scf_reply_tagged(struct scf_request *rq, int status, int64_t version, struct scf_buf *body);

/* The header Location of what was made: its identifier below `path`. Before the
 * reply; without memory there is none. */
void scf_reply_location(struct scf_request *rq, const char *path, const char *prefix,
                        const struct scf_uuid *id);

/* Replies 204, with no content. */
void scf_reply_empty(struct scf_request *rq);

/* A path parameter as an identifier; NOT_FOUND when it is none of this prefix. */
enum scf_code scf_rq_path_id(struct scf_request *rq, const char *name, const char *prefix,
                             struct scf_uuid *ret, struct scf_error *err) SCF_MUST_CHECK;

/* Where an item stands in a list: pages go on from there. */
struct scf_position {
    int64_t time_us;
    struct scf_uuid id;
};
/* Writes the members of item i of `items`, without braces, and returns its position. */
typedef struct scf_position (*scf_item_writer)(struct scf_jsonw *w, const void *items, int i);

/* Replies with one page of a list of which `n` items (at most page->limit + 1) were read. */
void scf_reply_page(struct scf_request *rq, const struct scf_page *page, const char *filter,
                    const void *items, int n, scf_item_writer write);

#endif
