/* Block headers. Relies on base text, time and the digests. */
#include "scfd/chain/block.h"

#include "line.h"
#include "scfd/chain/note.h"

#include "scfd/base/clock.h"
#include "scfd/chain/chain.h"

enum { HEADER_MAX = 1024 };

static void put_line(struct scf_buf *out, const char *label, struct scf_str value) {
    scf_buf_puts(out, label);
    scf_buf_putc(out, ' ');
    scf_buf_put(out, value.p, value.n);
    scf_buf_putc(out, '\n');
}

static void put_hash(struct scf_buf *out, const char *label, const struct scf_hash *h) {
    char text[SCF_BASE64_LEN(SCF_HASH_LEN) + 1];
    scf_base64(h->b, SCF_HASH_LEN, text);
    put_line(out, label, scf_str(text));
}

static void put_number(struct scf_buf *out, const char *label, int64_t value) {
    scf_buf_puts(out, label);
    scf_buf_putc(out, ' ');
    scf_buf_put_i64(out, value);
    scf_buf_putc(out, '\n');
}

void scf_block_write(const struct scf_block *b, struct scf_buf *out) {
    char time[SCF_TIME_TEXT];
    scf_time_format(b->time_us, time);
    scf_buf_puts(out, "scfd-block/v1\n");
    put_line(out, "chain", b->origin);
    put_number(out, "height", b->height);
    put_number(out, "size", b->size);
    put_hash(out, "root", &b->root);
    put_hash(out, "prev", &b->prev);
    put_line(out, "time", scf_str(time));
}

struct scf_hash scf_block_hash(const struct scf_block *b, enum scf_hash_alg alg) {
    struct scf_buf text;
    scf_buf_init(&text, HEADER_MAX);
    scf_block_write(b, &text);
    SCF_ASSERT(!text.overflow);
    struct scf_hash h = scf_digest(alg, text.data, text.len);
    scf_buf_free(&text);
    return h;
}

/* Takes one line and cuts "<label> " off it. */
static bool take(struct scf_str *rest, const char *label, struct scf_str *ret) {
    struct scf_str line;
    size_t n = strlen(label);
    if (!scf_take_line(rest, &line) || line.n < n + 1 || memcmp(line.p, label, n) != 0 ||
        line.p[n] != ' ')
        return false;
    *ret = (struct scf_str){line.p + n + 1, line.n - n - 1};
    return true;
}

static bool read_hash(struct scf_str text, struct scf_hash *ret) {
    size_t n;
    return scf_unbase64(text, ret->b, SCF_HASH_LEN, &n) && n == SCF_HASH_LEN;
}

static bool is_written_as(const struct scf_block *b, struct scf_str text) {
    struct scf_buf again;
    scf_buf_init(&again, HEADER_MAX);
    scf_block_write(b, &again);
    bool same = !again.overflow && again.len == text.n && memcmp(again.data, text.p, text.n) == 0;
    scf_buf_free(&again);
    return same;
}

bool scf_block_parse(struct scf_str text, struct scf_block *ret) {
    struct scf_str rest = text, line, height, size, root, prev, time;
    struct scf_block b;
    if (!scf_take_line(&rest, &line) || !scf_str_is(line, "scfd-block/v1") ||
        !take(&rest, "chain", &b.origin) || !take(&rest, "height", &height) ||
        !take(&rest, "size", &size) || !take(&rest, "root", &root) || !take(&rest, "prev", &prev) ||
        !take(&rest, "time", &time) || rest.n != 0)
        return false;
    if (!scf_parse_i64(height, 0, INT64_MAX, &b.height) ||
        !scf_parse_i64(size, 0, INT64_MAX, &b.size) || !read_hash(root, &b.root) ||
        !read_hash(prev, &b.prev) || !scf_time_parse(time, &b.time_us) || !is_written_as(&b, text))
        return false;
    *ret = b;
    return true;
}

void scf_chain_origin(const char *installation_origin, const struct scf_uuid *chain_id,
                      struct scf_buf *out) {
    char id[SCF_ID_TEXT];
    scf_id_format("node", chain_id, id);
    scf_buf_puts(out, installation_origin);
    scf_buf_putc(out, '/');
    scf_buf_puts(out, id);
}

bool scf_chain_origin_parse(struct scf_str text, struct scf_uuid *ret_id, struct scf_str *ret) {
    const char *slash = text.n == 0 ? NULL : memrchr(text.p, '/', text.n);
    if (slash == NULL || slash == text.p)
        return false;
    struct scf_str origin = {text.p, (size_t)(slash - text.p)};
    struct scf_str id = {slash + 1, text.n - origin.n - 1};
    if (!scf_id_parse("node", id, ret_id))
        return false;
    *ret = origin;
    return true;
}

bool scf_chain_vkey_parse(struct scf_str vkey, struct scf_public_key *ret_public,
                          struct scf_str *ret_origin) {
    struct scf_vkey key;
    struct scf_uuid id;
    if (!scf_vkey_parse(vkey, &key) || !scf_chain_origin_parse(key.name, &id, ret_origin))
        return false;
    *ret_public = key.pub;
    return true;
}
