/* c2sp.org/tlog-proof@v1: writing, parsing, verifying. Relies on merkle and note. */
#include "scfd/chain/tlog_proof.h"

#include "line.h"

static const char FIRST_LINE[] = "c2sp.org/tlog-proof@v1\n";
static const char EXTRA[] = "extra ", INDEX[] = "index ";

/* ---- writing ---- */

static void put_base64(struct scf_buf *out, const void *bytes, size_t n) {
    char *at = scf_buf_reserve(out, SCF_BASE64_LEN(n) + 1);
    if (at == NULL)
        return;
    scf_base64(bytes, n, at);
    out->len += SCF_BASE64_LEN(n);
    scf_buf_putc(out, '\n');
}

void scf_tlog_proof_write(const struct scf_tlog_proof *p, struct scf_buf *out) {
    SCF_ASSERT(p->extra.n <= SCF_TLOG_EXTRA_MAX && p->n >= 0 && p->n <= SCF_PROOF_MAX);
    scf_buf_puts(out, FIRST_LINE);
    if (p->extra.n > 0) {
        scf_buf_puts(out, EXTRA);
        put_base64(out, p->extra.p, p->extra.n);
    }
    scf_buf_puts(out, INDEX);
    scf_buf_put_i64(out, p->index);
    scf_buf_putc(out, '\n');
    for (int i = 0; i < p->n; i++)
        put_base64(out, p->path[i].b, SCF_HASH_LEN);
    scf_buf_putc(out, '\n');
    scf_buf_put(out, p->checkpoint.p, p->checkpoint.n);
}

/* ---- parsing ---- */

bool scf_tlog_proof_is(struct scf_str text) {
    return scf_str_starts(text, FIRST_LINE);
}

/* What follows `word` on a line. */
static bool value_of(struct scf_str line, const char *word, struct scf_str *ret) {
    if (!scf_str_starts(line, word))
        return false;
    *ret = (struct scf_str){line.p + strlen(word), line.n - strlen(word)};
    return true;
}

static bool decode_extra(struct scf_str base64, struct scf_arena *arena, struct scf_str *ret) {
    size_t max = base64.n / 4 * 3, n;
    char *bytes = base64.n == 0 || max > SCF_TLOG_EXTRA_MAX + 2 ? NULL : scf_alloc(arena, max, 1);
    if (bytes == NULL || !scf_unbase64(base64, bytes, max, &n) || n > SCF_TLOG_EXTRA_MAX)
        return false;
    *ret = (struct scf_str){bytes, n};
    return true;
}

static bool parse_path(struct scf_str *rest, struct scf_tlog_proof *p) {
    struct scf_str line;
    size_t length;
    while (scf_take_line(rest, &line)) {
        if (line.n == 0)
            return true;
        if (p->n == SCF_PROOF_MAX || line.n != SCF_BASE64_LEN(SCF_HASH_LEN) ||
            !scf_unbase64(line, p->path[p->n].b, SCF_HASH_LEN, &length) || length != SCF_HASH_LEN)
            return false;
        p->n++;
    }
    return false;
}

bool scf_tlog_proof_parse(struct scf_str text, struct scf_arena *arena,
                          struct scf_tlog_proof *ret) {
    struct scf_tlog_proof p = {.n = 0};
    struct scf_str line, value;
    if (text.n > SCF_TLOG_PROOF_MAX || !scf_tlog_proof_is(text) || !scf_take_line(&text, &line) ||
        !scf_take_line(&text, &line))
        return false;
    if (value_of(line, EXTRA, &value) &&
        (!decode_extra(value, arena, &p.extra) || !scf_take_line(&text, &line)))
        return false;
    if (!value_of(line, INDEX, &value) || !scf_parse_i64(value, 0, INT64_MAX, &p.index) ||
        !parse_path(&text, &p) || text.n == 0)
        return false;
    p.checkpoint = text;
    *ret = p;
    return true;
}

/* ---- verifying ---- */

const char *scf_tlog_verdict_text(enum scf_tlog_verdict verdict) {
    static const char *const texts[] = {
        "it holds", "the key did not sign the checkpoint", "what is signed is no checkpoint",
        "the checkpoint is of another log", "the path does not lead from the leaf to the root"};
    return texts[verdict];
}

enum scf_tlog_verdict scf_tlog_proof_verify(const struct scf_tlog_proof *p,
                                            const struct scf_vkey *key, const struct scf_hash *leaf,
                                            struct scf_checkpoint *ret_checkpoint) {
    struct scf_note note;
    struct scf_checkpoint point;
    if (scf_note_open(p->checkpoint, key, 1, &note) != SCF_NOTE_OK)
        return SCF_TLOG_UNSIGNED;
    if (!scf_checkpoint_parse(note.text, &point))
        return SCF_TLOG_NO_CHECKPOINT;
    if (!scf_str_eq(point.origin, key->name))
        return SCF_TLOG_OTHER_LOG;
    if (ret_checkpoint != NULL)
        *ret_checkpoint = point;
    bool in_tree = scf_merkle_verify_inclusion(SCF_SHA256, (uint64_t)p->index, (uint64_t)point.size,
                                               leaf, p->path, (size_t)p->n, &point.root);
    return in_tree ? SCF_TLOG_OK : SCF_TLOG_NOT_IN_TREE;
}
