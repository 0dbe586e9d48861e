/* A small blocking HTTP client over libcurl: time-outs on every transfer, bounded answers, no
 * redirects, http and https only (libraries: CURL-1, CURL-2). */
#ifndef SCFD_CODEC_HTTP_CLIENT_H
#define SCFD_CODEC_HTTP_CLIENT_H

#include "scfd/base/buf.h"
#include "scfd/base/err.h"
#include "scfd/base/text.h"

/* Once, by main, before any thread. */
void scf_http_client_init(void);

/* One client is one connection, kept alive: one thread at a time. */
struct scf_http_client;
struct scf_http_client *scf_http_client_new(int connect_timeout_s, int total_timeout_s);
void scf_http_client_free(struct scf_http_client *client);

enum { SCF_MEDIA_TYPE = 128 };

struct scf_http_call {
    const char *method; /* "GET", "POST" */
    const char *url;
    const char *bearer;       /* NULL: none */
    const char *content_type; /* with a body */
    const char *accept;       /* NULL: any */
    struct scf_str body;      /* empty: none */
    char *ret_media_type;     /* SCF_MEDIA_TYPE bytes: of the answer, without parameters; or NULL */
};
/* Runs the call; the answer's body is appended to `ret_body` (its max bounds it), the status set.
 * UNAVAILABLE class when there was no HTTP answer at all. */
enum scf_code scf_http_client_run(struct scf_http_client *client, const struct scf_http_call *call,
                                  int *ret_status, struct scf_buf *ret_body,
                                  struct scf_error *err) SCF_MUST_CHECK;

#endif
