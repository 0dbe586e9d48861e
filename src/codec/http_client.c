/* The HTTP client: one libcurl easy handle, reset before every call. */
#include <curl/curl.h>

#include "scfd/codec/http_client.h"

struct scf_http_client {
    CURL *curl;
    int connect_timeout_s, total_timeout_s;
};

void scf_http_client_init(void) {
    SCF_ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

struct scf_http_client *scf_http_client_new(int connect_timeout_s, int total_timeout_s) {
    struct scf_http_client *client = calloc(1, sizeof *client);
    SCF_ASSERT(client);
    client->curl = curl_easy_init();
    SCF_ASSERT(client->curl);
    client->connect_timeout_s = connect_timeout_s;
    client->total_timeout_s = total_timeout_s;
    return client;
}

void scf_http_client_free(struct scf_http_client *client) {
    if (!client)
        return;
    curl_easy_cleanup(client->curl);
    free(client);
}

static size_t collect(char *bytes, size_t size, size_t n, void *ctx) {
    struct scf_buf *body = ctx;
    scf_buf_put(body, bytes, size * n);
    return body->overflow ? 0 : size * n; /* 0 ends the transfer */
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value) {
    char line[512];
    if (!value)
        return list;
    int n = snprintf(line, sizeof line, "%s: %s", name, value);
    SCF_ASSERT(n > 0 && (size_t)n < sizeof line);
    struct curl_slist *longer = curl_slist_append(list, line);
    SCF_ASSERT(longer);
    return longer;
}

static struct curl_slist *headers_of(const struct scf_http_call *call) {
    char bearer[256];
    struct curl_slist *list = NULL;
    if (call->bearer) {
        int n = snprintf(bearer, sizeof bearer, "Bearer %s", call->bearer);
        SCF_ASSERT(n > 0 && (size_t)n < sizeof bearer);
        list = add_header(list, "Authorization", bearer);
    }
    list = add_header(list, "Content-Type", call->body.n > 0 ? call->content_type : NULL);
    list = add_header(list, "Accept", call->accept);
    return curl_slist_append(list, "Expect:"); /* no extra round trip */
}

static void set_up(struct scf_http_client *client, const struct scf_http_call *call,
                   struct scf_buf *body, struct curl_slist *headers) {
    CURL *curl = client->curl;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)client->connect_timeout_s);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)client->total_timeout_s);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (call->body.n > 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.p);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
    }
}

/* Cut at the first ';' or blank, in lower case; empty when there is none or it is too long. */
static void read_media_type(CURL *curl, char *out) {
    const char *text = NULL;
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &text);
    size_t n = text ? strcspn(text, "; \t") : 0;
    if (n >= SCF_MEDIA_TYPE)
        n = 0;
    for (size_t i = 0; i < n; i++)
        out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]);
    out[n] = '\0';
}

enum scf_code scf_http_client_run(struct scf_http_client *client, const struct scf_http_call *call,
                                  int *ret_status, struct scf_buf *ret_body,
                                  struct scf_error *err) {
    struct curl_slist *headers = headers_of(call);
    set_up(client, call, ret_body, headers);
    CURLcode result = curl_easy_perform(client->curl);
    curl_slist_free_all(headers);
    if (result != CURLE_OK)
        return scf_fail(err, SCF_E_OVERLOADED, "No answer from %s: %s.", call->url,
                        curl_easy_strerror(result));
    long status = 0;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    *ret_status = (int)status;
    if (call->ret_media_type)
        read_media_type(client->curl, call->ret_media_type);
    return SCF_OK;
}
