/* Reading and writing what a log sends to a witness. Relies on chain/note. */
#include "request.h"

#include "lines.h"

enum { LINE_MAX_BYTES = 1024 };

void scf_wit_request_write(const struct scf_wit_request *r, struct scf_buf *out) {
    scf_buf_puts(out, "old ");
    scf_buf_put_i64(out, r->old_size);
    scf_buf_putc(out, '\n');
    for (int i = 0; i < r->proof_count; i++) {
        char base64[SCF_BASE64_LEN(SCF_HASH_LEN) + 1];
        scf_base64(r->proof[i].b, SCF_HASH_LEN, base64);
        scf_buf_puts(out, base64);
        scf_buf_putc(out, '\n');
    }
    scf_buf_putc(out, '\n');
    scf_buf_put(out, r->note.p, r->note.n);
}

static bool parse_old(struct scf_str line, int64_t *ret) {
    const struct scf_str head = SCF_STR("old ");
    if (!scf_str_starts(line, head.p))
        return false;
    return scf_parse_i64((struct scf_str){line.p + head.n, line.n - head.n}, 0, INT64_MAX, ret);
}

const char *scf_wit_request_parse(struct scf_str body, struct scf_wit_request *ret) {
    struct scf_str line;
    size_t n;
    ret->proof_count = 0;
    if (!scf_wit_line(&body, &line) || !parse_old(line, &ret->old_size))
        return "The first line must be \"old\", a blank and the tree size.";
    for (;;) {
        if (!scf_wit_line(&body, &line))
            return "An empty line must stand before the checkpoint.";
        if (line.n == 0)
            break;
        if (ret->proof_count == SCF_WIT_PROOF_MAX)
            return "A proof has at most 63 lines.";
        struct scf_hash *hash = &ret->proof[ret->proof_count++];
        if (!scf_unbase64(line, hash->b, SCF_HASH_LEN, &n) || n != SCF_HASH_LEN)
            return "A proof line must be one hash in base64.";
    }
    ret->note = body;
    return NULL;
}

bool scf_wit_checkpoint(struct scf_str note, struct scf_str *ret_text, struct scf_checkpoint *ret) {
    struct scf_note parts;
    struct scf_checkpoint checkpoint;
    /* Without keys a well-formed note is one that nobody has signed. */
    if (scf_note_open(note, NULL, 0, &parts) != SCF_NOTE_UNVERIFIED ||
        !scf_checkpoint_parse(parts.text, &checkpoint) ||
        memmem(parts.text.p, parts.text.n, "\n\n", 2) != NULL)
        return false;
    *ret_text = parts.text;
    *ret = checkpoint;
    return true;
}

/* Whether this line alone makes the text a note that one of the keys signed. */
static bool signed_by_known(struct scf_str text, struct scf_str line, const struct scf_vkey *keys,
                            size_t n) {
    struct scf_note parts;
    struct scf_buf note;
    scf_buf_init(&note, text.n + LINE_MAX_BYTES);
    scf_buf_put(&note, text.p, text.n);
    scf_buf_putc(&note, '\n');
    scf_buf_put(&note, line.p, line.n);
    scf_buf_putc(&note, '\n');
    bool good = !note.overflow && scf_note_open((struct scf_str){note.data, note.len}, keys, n,
                                                &parts) == SCF_NOTE_OK;
    scf_buf_free(&note);
    return good;
}

void scf_wit_note_strip(struct scf_str note, struct scf_str text, const struct scf_vkey *keys,
                        size_t n, struct scf_buf *out) {
    struct scf_str lines = {note.p + text.n + 1, note.n - text.n - 1}, line;
    scf_buf_put(out, text.p, text.n);
    scf_buf_putc(out, '\n');
    for (size_t kept = 0; kept < n && scf_wit_line(&lines, &line);) {
        if (!signed_by_known(text, line, keys, n))
            continue;
        kept++;
        scf_buf_put(out, line.p, line.n);
        scf_buf_putc(out, '\n');
    }
}
