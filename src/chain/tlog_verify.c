/* `scfd verify` of a proof text: a line per step. Relies on tlog_proof and on the leaf text; pure.
 */
#include "scfd/chain/tlog_proof.h"

#include "scfd/chain/block.h"
#include "scfd/chain/record.h"

enum { ARENA_MAX = 1 << 20, LINE_MAX_BYTES = 512 };

struct check {
    struct scf_buf *report;
    bool good;
};

static bool SCF_PRINTF(3, 4) step(struct check *c, bool ok, const char *format, ...) {
    va_list args;
    char line[LINE_MAX_BYTES];
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    scf_buf_printf(c->report, "%s%s\n", ok ? "ok      " : "FAILED  ", line);
    c->good &= ok;
    return ok;
}

/* The leaf text to go by: the caller's, or that of the extra line; empty: there is none. */
static struct scf_str choose_leaf(struct check *c, struct scf_str extra,
                                  const struct scf_str *given) {
    if (given == NULL)
        return extra;
    if (extra.n > 0)
        step(c, scf_str_eq(*given, extra), "the leaf text given is the one in the proof");
    return *given;
}

static void check_tree(struct check *c, const struct scf_tlog_proof *p, struct scf_str leaf_text,
                       const struct scf_vkey *key) {
    struct scf_checkpoint point = {.size = 0};
    struct scf_hash leaf = scf_merkle_leaf(SCF_SHA256, leaf_text.p, leaf_text.n);
    enum scf_tlog_verdict verdict = scf_tlog_proof_verify(p, key, &leaf, &point);
    bool is_signed = verdict == SCF_TLOG_OK || verdict == SCF_TLOG_NOT_IN_TREE;
    if (!step(c, is_signed, "the checkpoint is signed by the key: %s",
              is_signed ? "it is" : scf_tlog_verdict_text(verdict)))
        return;
    step(c, verdict == SCF_TLOG_OK,
         "the leaf is number %" PRId64 " of %" PRId64 " under the checkpoint's root", p->index,
         point.size);
}

/* What the leaf text says, and that it speaks of the chain whose key it is. */
static void check_leaf(struct check *c, struct scf_str text, const struct scf_vkey *key,
                       const struct scf_str *body) {
    struct scf_record r;
    struct scf_uuid chain_id;
    struct scf_str origin;
    if (!step(c, scf_leaf_parse(text, &r), "the leaf text is a scfd-record/v1"))
        return;
    step(c,
         scf_chain_origin_parse(key->name, &chain_id, &origin) &&
             scf_uuid_eq(&chain_id, &r.chain_id),
         "the verifier key is that of the record's chain");
    if (body == NULL)
        return;
    struct scf_hash h = scf_sha256(body->p, body->n);
    step(c, scf_hash_eq(&h, &r.body_sha256),
         "the body given (%zu bytes) has the SHA-256 in the leaf", body->n);
}

bool scf_verify_tlog_proof(struct scf_str text, struct scf_str vkey, const struct scf_str *leaf,
                           const struct scf_str *body, struct scf_buf *report) {
    struct check c = {.report = report, .good = true};
    struct scf_arena *arena = scf_arena_new(ARENA_MAX);
    struct scf_tlog_proof proof;
    struct scf_vkey key;
    if (step(&c, scf_tlog_proof_parse(text, arena, &proof),
             "the text is a c2sp.org/tlog-proof@v1") &&
        step(&c, scf_vkey_parse(vkey, &key), "the verifier key is an Ed25519 key")) {
        struct scf_str leaf_text = choose_leaf(&c, proof.extra, leaf);
        if (step(&c, leaf_text.n > 0, "there is a leaf text to go by")) {
            check_leaf(&c, leaf_text, &key, body);
            check_tree(&c, &proof, leaf_text, &key);
        }
    }
    scf_arena_free(arena);
    return c.good;
}
