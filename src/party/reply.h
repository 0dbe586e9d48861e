/* What the handlers of this room share: bodies, entity tags, replies. */
#ifndef SCFD_PARTY_REPLY_H
#define SCFD_PARTY_REPLY_H

#include "scfd/codec/jsonw.h"
#include "scfd/http/http.h"

enum { SCF_TAG_TEXT = 32 };

/* Parses and validates the body. Codes: MALFORMED_JSON, VALIDATION_FAILED with every fault. */
enum scf_code scf_party_body(struct scf_request *rq, const cJSON **ret,
                             struct scf_error *err) SCF_MUST_CHECK;

/* VALIDATION_FAILED with this one fault. */
enum scf_code scf_party_fault(struct scf_request *rq, const char *pointer, const char *code,
                              const char *detail, struct scf_error *err);

/* Entity tag of a representation: "<version>-<8 hex digits of the body's SHA-256>" (api-rules R4),
 * without quotes. */
void scf_party_tag(int64_t version, const struct scf_buf *body, char out[SCF_TAG_TEXT]);

/* PRECONDITION_REQUIRED without If-Match, PRECONDITION_FAILED when it does not name `tag`. */
enum scf_code scf_party_if_match(struct scf_request *rq, const char *tag,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* Replies to a GET with the body or 304, and to others with the body; with the entity tag. Takes
 * the buffer. */
void scf_party_reply(struct scf_request *rq, int status, int64_t version, struct scf_buf *body);

/* A path parameter as an identifier; NOT_FOUND when it is none of this prefix. */
enum scf_code scf_party_path_id(struct scf_request *rq, const char *name, const char *prefix,
                                struct scf_uuid *ret, struct scf_error *err) SCF_MUST_CHECK;

/* Where an item stands in a list: pages go on from there. */
struct scf_position {
    int64_t time_us;
    struct scf_uuid id;
};
/* Writes the members of item i of `items`, without braces, and returns its position. */
typedef struct scf_position (*scf_item_writer)(struct scf_jsonw *w, const void *items, int i);

/* Replies with one page of a list of which `n` items (at most page->limit + 1) were read. */
void scf_party_reply_page(struct scf_request *rq, const struct scf_page *page, const char *filter,
                          const void *items, int n, scf_item_writer write);

/* After a committed change of what keys may do: waits until this instance acts on it. A failure is
 * only logged, for the change stands and the directory goes on trying. */
void scf_party_refresh_keys(struct scf_request *rq);

#endif
