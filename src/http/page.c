/* Pages of a list (api-rules R3). A cursor is base64url(time 8 bytes, id 16 bytes, the first 16
 * bytes of an HMAC over both and the scope). */
#include "scfd/codec/digest.h"
#include "scfd/codec/jsonw.h"

#include "internal.h"
#include "page.h"

enum { POSITION_BYTES = 24, MAC_BYTES = 16, LIMIT_MAX = 500, LIMIT_DEFAULT = 50, LINK_MAX = 8192 };
static_assert(POSITION_BYTES + MAC_BYTES == SCF_CURSOR_BYTES, "a position and its MAC");

static struct scf_hash cursor_mac(const uint8_t key[32], struct scf_str scope,
                                  const uint8_t position[POSITION_BYTES]) {
    struct scf_buf text;
    scf_buf_init(&text, POSITION_BYTES + scope.n);
    scf_buf_put(&text, position, POSITION_BYTES);
    scf_buf_put(&text, scope.p, scope.n);
    SCF_ASSERT(!text.overflow);
    struct scf_hash mac = scf_hmac_sha256(key, 32, text.data, text.len);
    scf_buf_free(&text);
    return mac;
}

void scf_cursor_make(const uint8_t key[32], struct scf_str scope, int64_t time_us,
                     const struct scf_uuid *id, char out[SCF_CURSOR_TEXT]) {
    uint8_t bytes[SCF_CURSOR_BYTES];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)time_us >> (56 - 8 * i));
    memcpy(bytes + 8, id->b, sizeof id->b);
    struct scf_hash mac = cursor_mac(key, scope, bytes);
    memcpy(bytes + POSITION_BYTES, mac.b, MAC_BYTES);
    scf_base64url(bytes, sizeof bytes, out);
}

bool scf_cursor_read(const uint8_t key[32], struct scf_str scope, struct scf_str text,
                     int64_t *ret_time_us, struct scf_uuid *ret_id) {
    uint8_t bytes[SCF_CURSOR_BYTES];
    size_t n;
    if (!scf_unbase64url(text, bytes, sizeof bytes, &n) || n != sizeof bytes)
        return false;
    struct scf_hash mac = cursor_mac(key, scope, bytes);
    if (!scf_secret_eq(mac.b, bytes + POSITION_BYTES, MAC_BYTES))
        return false;
    uint64_t time = 0;
    for (int i = 0; i < 8; i++)
        time = time << 8 | bytes[i];
    *ret_time_us = (int64_t)time;
    memcpy(ret_id->b, bytes + 8, sizeof ret_id->b);
    return true;
}

static bool is_descending(const struct scf_request *rq) {
    const char *order = scf_rq_query(rq, "order");
    return order != NULL && strcmp(order, "desc") == 0;
}

static struct scf_str scope_of(struct scf_request *rq, const char *filter) {
    const char *text =
        scf_asprintf(rq->arena, "%s\n%s\n%s", rq->path, is_descending(rq) ? "desc" : "asc", filter);
    return scf_str(text);
}

enum scf_code scf_page_read(struct scf_request *rq, const char *filter, struct scf_page *ret,
                            struct scf_error *err) {
    struct scf_page page = {.limit = LIMIT_DEFAULT, .descending = is_descending(rq)};
    const char *limit = scf_rq_query(rq, "limit"), *order = scf_rq_query(rq, "order");
    const char *after = scf_rq_query(rq, "after");
    uint64_t value;
    if (limit != NULL) {
        if (!scf_parse_u64(scf_str(limit), LIMIT_MAX, &value) || value == 0)
            return scf_fail(err, SCF_E_INVALID_PARAMETER, "limit must be 1 to %d.", LIMIT_MAX);
        page.limit = (int)value;
    }
    if (order != NULL && strcmp(order, "asc") != 0 && strcmp(order, "desc") != 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "order must be asc or desc.");
    if (after != NULL) {
        if (!scf_cursor_read(rq->server->cursor_key, scope_of(rq, filter), scf_str(after),
                             &page.after_time_us, &page.after_id))
            return scf_fail(err, SCF_E_INVALID_PARAMETER,
                            "after must be the next_cursor of the same list and filter.");
        page.has_after = true;
    }
    *ret = page;
    return SCF_OK;
}

static void put_encoded(struct scf_buf *out, const char *text) {
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x80 && (isalnum(c) || strchr("-._~", c) != NULL))
            scf_buf_putc(out, (char)c);
        else
            scf_buf_printf(out, "%%%02X", c);
    }
}

/* The address of the next page: this one with another `after` (RFC 8288). */
static void put_link(struct scf_request *rq, const char *cursor) {
    struct scf_buf link;
    scf_buf_init(&link, LINK_MAX);
    scf_buf_printf(&link, "<%s%s?", rq->server->public_base_url, rq->path);
    for (size_t i = 0; i < rq->query.n; i++) {
        if (strcmp(rq->query.items[i].name, "after") == 0)
            continue;
        put_encoded(&link, rq->query.items[i].name);
        scf_buf_putc(&link, '=');
        put_encoded(&link, rq->query.items[i].value);
        scf_buf_putc(&link, '&');
    }
    scf_buf_printf(&link, "after=%s>; rel=\"next\"", cursor);
    if (!link.overflow)
        scf_reply_header(rq, "Link", link.data);
    scf_buf_free(&link);
}

void scf_page_write(struct scf_request *rq, struct scf_jsonw *w, const char *filter, bool has_more,
                    int64_t last_time_us, const struct scf_uuid *last_id) {
    scf_jw_bool(w, "has_more", has_more);
    if (!has_more)
        return;
    char cursor[SCF_CURSOR_TEXT];
    scf_cursor_make(rq->server->cursor_key, scope_of(rq, filter), last_time_us, last_id, cursor);
    scf_jw_str(w, "next_cursor", cursor);
    put_link(rq, cursor);
}
