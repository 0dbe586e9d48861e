/* Reading header field values: media types, languages, entity tags, Prefer. Pure. */
#ifndef SCFD_HTTP_FIELDS_H
#define SCFD_HTTP_FIELDS_H

#include "scfd/base/text.h"

/* Is `value` (a Content-Type; may be NULL) the media type `wanted`, with no charset but UTF-8?
 * application/jsonl counts as application/x-ndjson; when any type is wanted even none will do. */
bool scf_media_type_matches(const char *value, const char *wanted);
/* Does an Accept-Language value (may be NULL) prefer Chinese to English? */
bool scf_prefers_chinese(const char *value);
/* Does an Accept value (may be NULL) name `media`, and with a higher quality than what it says of
 * `other`, be it by name or by a range? Both are lower-case types. */
bool scf_prefers_media(const char *value, const char *media, const char *other);
/* Does an If-None-Match value (may be NULL) list the entity tag (without quotes), or "*"? */
bool scf_etag_listed(const char *value, const char *etag);
/* Seconds of "wait=N" in a Prefer value (may be NULL): 1–60, more is cut to 60; 0 when absent. */
int scf_prefer_wait(const char *value);
/* An Idempotency-Key: a quoted string or a bare token of 1–255 visible ASCII characters. False
 * otherwise. *ret points into `value`. */
bool scf_idempotency_key_text(const char *value, struct scf_str *ret);

#endif
