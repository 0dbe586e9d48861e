/* Audit of a run of blocks: header, hash, link, both notes. The roots are audit_tree's part.
 * Relies on audit_store and note. */
#include "audit_store.h"
#include "scfd/chain/note.h"

struct links {
    struct scf_auditor *a;
    const struct scf_audit_chain *chain;
    struct scf_rows *rows;
    struct scf_note *note;
    int64_t height; /* that must come now */
    int64_t size;   /* of the block before */
    struct scf_hash prev;
};

static void SCF_PRINTF(2, 3) fault(const struct links *l, const char *format, ...) {
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    scf_audit_fault(l->a, l->chain, SCF_AUDIT_BLOCK, l->height, "block %" PRId64 ": %s", l->height,
                    text);
}

/* Reads the text of a note, checking the signature when a key was given. */
static bool open_note(const struct links *l, int row, int column, const char *what,
                      const struct scf_vkey *key) {
    enum scf_note_verdict verdict =
        scf_note_open(scf_rows_str(l->rows, row, column), key, key == NULL ? 0 : 1, l->note);
    bool good = verdict == SCF_NOTE_OK || (key == NULL && verdict == SCF_NOTE_UNVERIFIED);
    if (!good)
        fault(l, "its %s: %s", what, scf_note_verdict_text(verdict));
    return good;
}

static bool origin_is_right(const struct links *l, struct scf_str origin) {
    if (l->a->origin == NULL)
        return true;
    struct scf_buf want;
    scf_buf_init(&want, 1024);
    scf_chain_origin(l->a->origin, &l->chain->state.chain_id, &want);
    bool same = scf_str_eq(origin, (struct scf_str){want.data, want.len});
    scf_buf_free(&want);
    return same;
}

/* The columns repeat what the signed header says. */
static bool columns_agree(const struct links *l, int row, const struct scf_block *b) {
    struct scf_hash root = scf_rows_hash(l->rows, row, 2), prev = scf_rows_hash(l->rows, row, 3);
    return b->height == scf_rows_i64(l->rows, row, 0) && b->size == scf_rows_i64(l->rows, row, 1) &&
           scf_hash_eq(&b->root, &root) && scf_hash_eq(&b->prev, &prev) &&
           b->time_us == scf_rows_time(l->rows, row, 5);
}

static void check_checkpoint(const struct links *l, int row, const struct scf_block *b,
                             const struct scf_vkey *key) {
    struct scf_checkpoint c;
    if (!open_note(l, row, 7, "checkpoint", key))
        return;
    if (!scf_checkpoint_parse(l->note->text, &c) || !scf_str_eq(c.origin, b->origin) ||
        c.size != b->size || !scf_hash_eq(&c.root, &b->root))
        fault(l, "its checkpoint is not of the same tree");
}

static void check_header(const struct links *l, int row, const struct scf_hash *told) {
    struct scf_block b;
    enum scf_suite suite = l->chain->state.suite;
    const struct scf_public_key *pub = l->a->options->public_keys[suite];
    if (!open_note(l, row, 6, "note", NULL))
        return;
    if (!scf_block_parse(l->note->text, &b)) {
        fault(l, "its header is no scfd-block/v1");
        return;
    }
    struct scf_hash hash = scf_digest(scf_suite_hash(suite), l->note->text.p, l->note->text.n);
    if (!scf_hash_eq(&hash, told))
        fault(l, "its hash is not that of its header");
    else if (!columns_agree(l, row, &b) || !origin_is_right(l, b.origin))
        fault(l, "its header says something else than its row");
    if (pub == NULL) {
        check_checkpoint(l, row, &b, NULL);
        return;
    }
    struct scf_vkey key = scf_vkey(b.origin, pub);
    if (open_note(l, row, 6, "note", &key))
        check_checkpoint(l, row, &b, &key);
}

static void check_block(struct links *l, int row) {
    int64_t height = scf_rows_i64(l->rows, row, 0), size = scf_rows_i64(l->rows, row, 1);
    struct scf_hash hash = scf_rows_hash(l->rows, row, 4), prev = scf_rows_hash(l->rows, row, 3);
    if (height != l->height) {
        fault(l, "missing");
        l->height = height;
    } else if (!scf_hash_eq(&prev, &l->prev)) {
        fault(l, "it does not name the block before it");
    } else if (size <= l->size) {
        fault(l, "it has no leaf more than the block before it");
    }
    check_header(l, row, &hash);
    l->prev = hash;
    l->size = size;
    l->height++;
}

/* Blocks past the newest one may have been sealed since the start. */
static enum scf_code check_surplus(const struct links *l, int row) {
    struct scf_seal_state now;
    enum scf_code code =
        scf_audit_now(l->a->aside, l->a->arena, &l->chain->state.chain_id, &now, &l->a->err);
    int64_t height = scf_rows_i64(l->rows, row, 0);
    if (code == SCF_OK && (height < 0 || height > now.height)) {
        scf_audit_fault(l->a, l->chain, SCF_AUDIT_BLOCK, height,
                        "block %" PRId64
                        ": it is not part of the chain, which ends with block %" PRId64,
                        height, now.height);
    }
    return code;
}

/* What the first block of the run must follow. */
static enum scf_code read_before(struct links *l, int64_t first) {
    if (first == 0)
        return SCF_OK;
    enum scf_code code = scf_audit_read_blocks(l->a->db, l->a->arena, &l->chain->state.chain_id,
                                               first - 1, first, &l->rows, &l->a->err);
    if (code == SCF_OK && scf_rows_count(l->rows) == 1) { /* missing: the run before says so */
        l->prev = scf_rows_hash(l->rows, 0, 4);
        l->size = scf_rows_i64(l->rows, 0, 1);
    }
    return code;
}

enum scf_code scf_audit_blocks(struct scf_auditor *a, const struct scf_audit_chain *chain,
                               int64_t first) {
    int64_t count = chain->state.height + 1;
    bool last = count - first <= SCF_AUDIT_BLOCKS;
    int64_t past = last ? count : first + SCF_AUDIT_BLOCKS;
    struct links l = {.a = a, .chain = chain, .height = first};
    l.note = scf_alloc(a->arena, 1, sizeof *l.note);
    if (l.note == NULL)
        return scf_fail(&a->err, SCF_E_INTERNAL, "The audit is out of memory.");
    enum scf_code code = read_before(&l, first);
    if (code == SCF_OK) {
        code = scf_audit_read_blocks(a->db, a->arena, &chain->state.chain_id,
                                     first == 0 ? INT64_MIN : first, last ? INT64_MAX : past,
                                     &l.rows, &a->err);
    }
    for (int i = 0; code == SCF_OK && i < scf_rows_count(l.rows); i++) {
        int64_t height = scf_rows_i64(l.rows, i, 0);
        if (height < first || height >= past)
            code = check_surplus(&l, i);
        else
            check_block(&l, i);
    }
    if (code == SCF_OK && l.height < past)
        fault(&l, "missing");
    scf_audit_count(a, 0, 0, past - first);
    return code;
}
