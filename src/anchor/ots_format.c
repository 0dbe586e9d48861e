/* Bytes of timestamps. A timestamp is a list of attestations (00, tag, payload) and operations
 * (tag, perhaps argument, the timestamp of the result); all but the last have ff before them.
 * Numbers are LEB128. A message has each attestation and each operation once: no writer of the
 * format repeats one, and a merge would not know which of two equal operations is meant. */
#include "ots.h"

static const char magic[] = "\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94";
enum { VERSION = 1, FORK = 0xff, ATTESTATION = 0x00 };

static const uint8_t pending_tag[8] = {0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e};
static const uint8_t bitcoin_tag[8] = {0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01};

/* ---- reading ---- */

static bool take(struct scf_str *in, size_t n, struct scf_str *ret) {
    if (in->n < n)
        return false;
    *ret = (struct scf_str){in->p, n};
    in->p += n;
    in->n -= n;
    return true;
}

static bool take_byte(struct scf_str *in, uint8_t *ret) {
    struct scf_str byte;
    if (!take(in, 1, &byte))
        return false;
    *ret = (uint8_t)byte.p[0];
    return true;
}

/* Only the shortest form, below 2^63. */
static bool take_number(struct scf_str *in, uint64_t *ret) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        uint8_t byte;
        if (!take_byte(in, &byte))
            return false;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte & 0x80)
            continue;
        if (byte == 0 && shift > 0)
            return false;
        *ret = value;
        return true;
    }
    return false;
}

static bool take_bytes(struct scf_str *in, size_t min, size_t max, struct scf_str *ret) {
    uint64_t n;
    return take_number(in, &n) && n >= min && n <= max && take(in, (size_t)n, ret);
}

/* What reference clients take for a calendar's address. */
static bool is_uri(struct scf_str uri) {
    for (size_t i = 0; i < uri.n; i++)
        if (!isalnum((unsigned char)uri.p[i]) && !strchr("-._/:", uri.p[i]))
            return false;
    return uri.n > 0 && !memchr(uri.p, '\0', uri.n);
}

static bool read_payload(struct ots_attestation *a) {
    struct scf_str rest = a->payload;
    if (memcmp(a->tag, pending_tag, sizeof a->tag) == 0) {
        a->kind = OTS_PENDING;
        return take_bytes(&rest, 1, OTS_URI_MAX, &a->uri) && rest.n == 0 && is_uri(a->uri);
    }
    if (memcmp(a->tag, bitcoin_tag, sizeof a->tag) == 0) {
        a->kind = OTS_BITCOIN;
        return take_number(&rest, &a->height) && rest.n == 0;
    }
    a->kind = OTS_OTHER;
    return true;
}

static bool read_attestation(struct ots_tree *tree, struct scf_str *in, struct ots_node *node) {
    struct scf_str tag, payload;
    struct ots_attestation *a = scf_alloc(tree->arena, 1, sizeof *a);
    if (!a || !take(in, sizeof a->tag, &tag) || !take_bytes(in, 0, OTS_PAYLOAD_MAX, &payload))
        return false;
    char *copy = scf_strndup(tree->arena, payload.p, payload.n);
    if (!copy)
        return false;
    memcpy(a->tag, tag.p, sizeof a->tag);
    a->payload = (struct scf_str){copy, payload.n};
    return read_payload(a) && ots_add_attestation(node, a);
}

static bool takes_argument(uint8_t op) {
    return op == OTS_APPEND || op == OTS_PREPEND;
}

static bool is_op(uint8_t op) {
    return op == OTS_SHA1 || op == OTS_RIPEMD160 || op == OTS_SHA256 || op == OTS_KECCAK256 ||
           op == OTS_REVERSE || op == OTS_HEXLIFY || takes_argument(op);
}

static bool read_node(struct ots_tree *tree, struct scf_str *in, struct ots_node *node, int depth);

static bool read_item(struct ots_tree *tree, struct scf_str *in, struct ots_node *node, uint8_t tag,
                      int depth) {
    struct scf_str argument = {NULL, 0};
    if (tag == ATTESTATION)
        return read_attestation(tree, in, node);
    if (!is_op(tag) || (takes_argument(tag) && !take_bytes(in, 1, OTS_MESSAGE_MAX, &argument)))
        return false;
    struct ots_node *result = ots_apply(tree, node, (enum ots_op)tag, argument);
    return result && read_node(tree, in, result, depth + 1);
}

static bool read_node(struct ots_tree *tree, struct scf_str *in, struct ots_node *node, int depth) {
    uint8_t tag;
    bool more = true;
    while (more) {
        if (depth >= OTS_DEPTH_MAX || !take_byte(in, &tag))
            return false;
        more = tag == FORK;
        if (more && !take_byte(in, &tag))
            return false;
        if (!read_item(tree, in, node, tag, depth))
            return false;
    }
    return true;
}

struct ots_node *ots_read(struct ots_tree *tree, struct scf_str bytes, struct scf_str message) {
    struct ots_node *node = bytes.n <= OTS_FILE_MAX ? ots_new(tree, message) : NULL;
    return node && read_node(tree, &bytes, node, 0) && bytes.n == 0 ? node : NULL;
}

struct ots_node *ots_file_read(struct ots_tree *tree, struct scf_str bytes) {
    struct scf_str head, digest;
    uint64_t version;
    uint8_t op;
    if (bytes.n > OTS_FILE_MAX || !take(&bytes, sizeof magic - 1, &head) ||
        memcmp(head.p, magic, head.n) != 0 || !take_number(&bytes, &version) ||
        version != VERSION || !take_byte(&bytes, &op) || op != OTS_SHA256 ||
        !take(&bytes, SCF_HASH_LEN, &digest))
        return NULL;
    return ots_read(tree, bytes, digest);
}

/* ---- writing ---- */

static void put_number(struct scf_buf *out, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        scf_buf_putc(out, (char)(0x80 | (value & 0x7f)));
    scf_buf_putc(out, (char)value);
}

static void put_bytes(struct scf_buf *out, struct scf_str bytes) {
    put_number(out, bytes.n);
    scf_buf_put(out, bytes.p, bytes.n);
}

static bool write_node(const struct ots_node *node, struct scf_buf *out) {
    if (!node->attestations && !node->steps)
        return false;
    for (const struct ots_attestation *a = node->attestations; a; a = a->next) {
        if (a->next || node->steps)
            scf_buf_putc(out, (char)FORK);
        scf_buf_putc(out, ATTESTATION);
        scf_buf_put(out, a->tag, sizeof a->tag);
        put_bytes(out, a->payload);
    }
    for (const struct ots_step *s = node->steps; s; s = s->next) {
        if (s->next)
            scf_buf_putc(out, (char)FORK);
        scf_buf_putc(out, (char)s->op);
        if (takes_argument((uint8_t)s->op))
            put_bytes(out, s->argument);
        if (!write_node(s->result, out))
            return false;
    }
    return true;
}

bool ots_file_write(const struct ots_node *root, struct scf_buf *out) {
    size_t before = out->len;
    scf_buf_put(out, magic, sizeof magic - 1);
    put_number(out, VERSION);
    scf_buf_putc(out, OTS_SHA256);
    scf_buf_put(out, root->message.p, root->message.n);
    return write_node(root, out) && !out->overflow && out->len - before <= OTS_FILE_MAX;
}
