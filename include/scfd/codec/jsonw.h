/* Writing JSON straight into a buffer, without a tree. The writer places the commas; the caller
 * keeps begin and end balanced. Keys are trusted ASCII literals; values are escaped.
 * One thread at a time. */
#ifndef SCFD_CODEC_JSONW_H
#define SCFD_CODEC_JSONW_H

#include "scfd/base/buf.h"
#include "scfd/base/id.h"

struct scf_jsonw {
    struct scf_buf *out;
    bool comma; /* the next value at this level needs one before it */
};

struct scf_jsonw scf_jsonw(struct scf_buf *out);

/* With `key` NULL the value is an array element (or the document itself). */
void scf_jw_object(struct scf_jsonw *w, const char *key);
void scf_jw_end_object(struct scf_jsonw *w);
void scf_jw_array(struct scf_jsonw *w, const char *key);
void scf_jw_end_array(struct scf_jsonw *w);

void scf_jw_str(struct scf_jsonw *w, const char *key, const char *value); /* NULL writes null */
void scf_jw_strn(struct scf_jsonw *w, const char *key, const char *value, size_t n);
void scf_jw_i64(struct scf_jsonw *w, const char *key, int64_t value);
void scf_jw_bool(struct scf_jsonw *w, const char *key, bool value);
void scf_jw_null(struct scf_jsonw *w, const char *key);
void scf_jw_raw(struct scf_jsonw *w, const char *key, const char *json, size_t n); /* ready JSON */
void scf_jw_id(struct scf_jsonw *w, const char *key, const char *prefix, const struct scf_uuid *u);
void scf_jw_time(struct scf_jsonw *w, const char *key, int64_t us);
void scf_jw_date(struct scf_jsonw *w, const char *key, int32_t day);
void scf_jw_money(struct scf_jsonw *w, const char *key, int64_t minor, int scale);
void scf_jw_ppm(struct scf_jsonw *w, const char *key, int64_t ppm); /* "0.953125" (a string) */
void scf_jw_hex(struct scf_jsonw *w, const char *key, const void *bytes, size_t n);
void scf_jw_base64(struct scf_jsonw *w, const char *key, const void *bytes, size_t n);

#endif
