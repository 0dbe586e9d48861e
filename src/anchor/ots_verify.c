/* Every attestation of the file is looked at and reported. */
#include "ots_verify.h"

#include "bitcoin.h"
#include "ots.h"
#include "scfd/base/clock.h"
#include "trust.h"

enum { ARENA = 32 << 20 };

struct verifying {
    struct scf_str trust;
    struct scf_buf *report;
    bool attested;  /* by a block, whether or not its header is there */
    int64_t time_s; /* the earliest that a trusted header vouches for; 0: none */
};

enum found { NONE, HEADER, UNSOUND };

/* The header that the reader trusts for that height. */
static enum found find_header(struct scf_str trust, uint64_t height, struct bitcoin_header *ret) {
    struct scf_str words[TRUST_WORDS];
    size_t n;
    while (trust_next(&trust, "bitcoin", words, &n)) {
        uint64_t at;
        uint8_t bytes[BITCOIN_HEADER];
        if (n != 3 || !scf_parse_u64(words[1], INT64_MAX, &at) ||
            !scf_unhex(words[2], bytes, sizeof bytes))
            return UNSOUND; /* what is not understood must not pass for nothing */
        if (at == height)
            return bitcoin_header_read(bytes, ret) ? HEADER : UNSOUND;
    }
    return NONE;
}

/* Merkle roots are 32 bytes, and written the other way round by people. */
static void put_root(struct scf_buf *report, struct scf_str message) {
    char turned[SCF_HASH_LEN], hex[2 * SCF_HASH_LEN + 1];
    for (int i = 0; i < SCF_HASH_LEN; i++)
        turned[i] = message.p[SCF_HASH_LEN - 1 - i];
    scf_hex(turned, sizeof turned, hex);
    scf_buf_puts(report, hex);
}

static bool report_trusted(struct verifying *v, const struct ots_attestation *a,
                           const struct bitcoin_header *header) {
    char time[SCF_TIME_TEXT], hex[2 * SCF_HASH_LEN + 1];
    scf_time_format(header->time_s * SCF_US_PER_SECOND, time);
    scf_hex(header->hash.b, SCF_HASH_LEN, hex);
    scf_buf_printf(v->report, "ok   Bitcoin block %" PRIu64 ", %s, attests it at %s\n", a->height,
                   hex, time);
    if (v->time_s == 0 || header->time_s < v->time_s)
        v->time_s = header->time_s;
    return true;
}

static bool check_bitcoin(struct verifying *v, const struct ots_node *node,
                          const struct ots_attestation *a) {
    struct bitcoin_header header;
    if (node->message.n != SCF_HASH_LEN) {
        scf_buf_puts(v->report, "FAIL what a Bitcoin block is said to attest is no Merkle root\n");
        return false;
    }
    v->attested = true;
    switch (find_header(v->trust, a->height, &header)) {
    case NONE:
        scf_buf_printf(v->report,
                       "note to be trusted, or looked up: Bitcoin block %" PRIu64
                       " has the Merkle root ",
                       a->height);
        put_root(v->report, node->message);
        scf_buf_putc(v->report, '\n');
        return true;
    case UNSOUND:
        scf_buf_puts(v->report, "FAIL a trusted line is no Bitcoin header with proof of work\n");
        return false;
    case HEADER:
        break;
    }
    if (memcmp(header.merkle_root.b, node->message.p, SCF_HASH_LEN) == 0)
        return report_trusted(v, a, &header);
    scf_buf_printf(v->report,
                   "FAIL the trusted header of Bitcoin block %" PRIu64 " has another Merkle root\n",
                   a->height);
    return false;
}

static bool check_one(void *ctx, struct ots_node *node, const struct ots_attestation *a) {
    struct verifying *v = ctx;
    if (a->kind == OTS_BITCOIN)
        return check_bitcoin(v, node, a);
    if (a->kind == OTS_PENDING)
        scf_buf_printf(v->report, "note %.*s promises more\n", (int)a->uri.n, a->uri.p);
    else
        scf_buf_puts(v->report, "note an attestation of a kind that is not known here\n");
    return true;
}

bool ots_verify(struct scf_str proof, struct scf_str statement, struct scf_str trust,
                struct scf_buf *report, int64_t *ret_time_us) {
    struct ots_tree tree = {.arena = scf_arena_new(ARENA)};
    struct verifying v = {.trust = trust, .report = report};
    struct scf_hash digest = scf_sha256(statement.p, statement.n);
    bool good = false;
    struct ots_node *root = ots_file_read(&tree, proof);
    if (!root) {
        scf_buf_puts(report, "FAIL this is no OpenTimestamps file\n");
    } else if (memcmp(root->message.p, digest.b, SCF_HASH_LEN) != 0) {
        scf_buf_puts(report, "FAIL the file stamps something else\n");
    } else {
        scf_buf_puts(report, "ok   the file stamps the statement\n");
        good = ots_walk(root, check_one, &v);
    }
    if (good && !v.attested)
        scf_buf_puts(report, "FAIL no block attests it yet\n");
    good = good && v.attested;
    if (good)
        *ret_time_us = v.time_s * SCF_US_PER_SECOND;
    scf_arena_free(tree.arena);
    return good;
}
