/* The leaf of a record: its text and hash. Relies on base (ids, time) and the digests.
 *
 * The hash is on the path of every request that is taken in, so the fixed lines are copied without
 * printf, and the external id is hashed where it lies. */
#include "scfd/base/buf.h"
#include "scfd/base/clock.h"
#include "scfd/chain/record.h"

#include "line.h"

enum { TEXT_MAX = 4096 };

/* The lines before and after the value of external_id; both have a fixed upper length. */
struct frame {
    char head[192], tail[192];
    size_t head_n, tail_n;
};

static char *put(char *at, const char *text) {
    size_t n = strlen(text);
    memcpy(at, text, n);
    return at + n;
}

static char *put_hex(char *at, const void *bytes, size_t n) {
    scf_hex(bytes, n, at);
    return at + 2 * n;
}

static char *put_id(char *at, const char *prefix, const struct scf_uuid *id) {
    char text[SCF_ID_TEXT];
    scf_id_format(prefix, id, text);
    return put(at, text);
}

static void fill(const struct scf_record *r, struct frame *f) {
    char time[SCF_TIME_TEXT];
    scf_time_format(r->received_us, time);

    char *at = put(f->head, "scfd-record/v1\nid ");
    at = put_id(at, scf_record_kind_prefix(r->kind), &r->id);
    at = put(put(at, "\nkind "), scf_record_kind_name(r->kind));
    at = put_id(put(at, "\nnode "), "node", &r->chain_id);
    at = put(at, "\nexternal_id ");
    f->head_n = (size_t)(at - f->head);

    at = put(put(f->tail, "\nreceived_at "), time);
    at = put_hex(put(at, "\nbody_sha256 "), r->body_sha256.b, SCF_HASH_LEN);
    at = put_hex(put(at, "\nsalt "), r->salt, SCF_SALT_LEN);
    at = put(at, "\n");
    f->tail_n = (size_t)(at - f->tail);
}

void scf_leaf_text(const struct scf_record *r, struct scf_buf *out) {
    struct frame f;
    fill(r, &f);
    scf_buf_put(out, f.head, f.head_n);
    scf_buf_put(out, r->external_id.p, r->external_id.n);
    scf_buf_put(out, f.tail, f.tail_n);
}

/* Takes a line "name value" off the text. */
static bool take_value(struct scf_str *rest, const char *name, struct scf_str *ret) {
    struct scf_str line;
    size_t n = strlen(name);
    if (!scf_take_line(rest, &line) || !scf_str_starts(line, name) || line.n < n + 1 ||
        line.p[n] != ' ')
        return false;
    *ret = (struct scf_str){line.p + n + 1, line.n - n - 1};
    return true;
}

static bool parse_values(struct scf_str rest, struct scf_record *r) {
    struct scf_str line, id, kind, node, time, digest, salt;
    char prefix[16];
    return scf_take_line(&rest, &line) && take_value(&rest, "id", &id) &&
           take_value(&rest, "kind", &kind) && take_value(&rest, "node", &node) &&
           take_value(&rest, "external_id", &r->external_id) &&
           take_value(&rest, "received_at", &time) && take_value(&rest, "body_sha256", &digest) &&
           take_value(&rest, "salt", &salt) && scf_id_parse_any(id, prefix, &r->id) &&
           scf_record_kind_of_prefix(prefix, &r->kind) &&
           scf_id_parse("node", node, &r->chain_id) && scf_time_parse(time, &r->received_us) &&
           scf_unhex(digest, r->body_sha256.b, SCF_HASH_LEN) &&
           scf_unhex(salt, r->salt, SCF_SALT_LEN);
}

bool scf_leaf_parse(struct scf_str text, struct scf_record *ret) {
    struct scf_record r = {.leaf_index = 0};
    struct scf_buf again;
    if (text.n > TEXT_MAX || !parse_values(text, &r))
        return false;
    /* Whatever was read another way than it is written is not this text. */
    scf_buf_init(&again, TEXT_MAX);
    scf_leaf_text(&r, &again);
    bool same = scf_str_eq(text, (struct scf_str){again.data, again.len});
    scf_buf_free(&again);
    if (!same)
        return false;
    r.leaf_hash = scf_leaf_hash(&r);
    *ret = r;
    return true;
}

struct scf_hash scf_leaf_hash(const struct scf_record *r) {
    struct frame f;
    fill(r, &f);
    const struct scf_str parts[] = {
        {"", 1}, /* the byte 0x00 that marks a leaf (RFC 9162 §2.1.1) */
        {f.head, f.head_n},
        r->external_id,
        {f.tail, f.tail_n},
    };
    return scf_digest_parts(SCF_SHA256, parts, SCF_COUNT(parts));
}

void scf_record_prepare(struct scf_record *r) {
    scf_random(r->salt, sizeof r->salt);
    r->body_sha256 = scf_sha256(r->body.p, r->body.n);
    r->leaf_hash = scf_leaf_hash(r);
}
