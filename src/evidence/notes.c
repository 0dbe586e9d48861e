/* Signed notes and Merkle paths in the form that a shell with openssl and sha256sum can use. */
#include "bundle.h"

#include "scfd/chain/block.h"
#include "scfd/chain/note.h"

bool scf_note_text(struct scf_str note, struct scf_str *ret_text) {
    const char *gap = note.n > 0 ? memmem(note.p, note.n, "\n\n", 2) : NULL;
    if (gap == NULL)
        return false;
    *ret_text = (struct scf_str){note.p, (size_t)(gap - note.p) + 1};
    return true;
}

/* "\xe2\x80\x94 name base64": what stands behind the last blank of the first signature line. */
bool scf_note_split(struct scf_str note, struct scf_str *ret_text,
                    uint8_t ret_sig[SCF_NOTE_SIGNATURE_MAX], size_t *ret_n) {
    uint8_t blob[SCF_NOTE_KEY_ID + SCF_NOTE_SIGNATURE_MAX];
    struct scf_str text;
    size_t n;
    if (!scf_note_text(note, &text))
        return false;
    const char *line = text.p + text.n + 1, *end = note.p + note.n;
    const char *lf = memchr(line, '\n', (size_t)(end - line));
    const char *blank = lf != NULL ? memrchr(line, ' ', (size_t)(lf - line)) : NULL;
    if (blank == NULL ||
        !scf_unbase64((struct scf_str){blank + 1, (size_t)(lf - blank) - 1}, blob, sizeof blob,
                      &n) ||
        n <= SCF_NOTE_KEY_ID)
        return false;
    *ret_text = text;
    *ret_n = n - SCF_NOTE_KEY_ID;
    memcpy(ret_sig, blob + SCF_NOTE_KEY_ID, *ret_n);
    return true;
}

/* RFC 9162 §2.1.3.2, of which only the sides are wanted here. */
bool scf_path_lines(uint64_t index, uint64_t size, const struct scf_hash *path, size_t n,
                    struct scf_buf *out) {
    if (index >= size)
        return false;
    uint64_t fn = index, sn = size - 1;
    for (size_t i = 0; i < n; i++) {
        char hex[2 * SCF_HASH_LEN + 1];
        if (sn == 0)
            return false;
        bool left = (fn & 1) || fn == sn;
        scf_hex(path[i].b, SCF_HASH_LEN, hex);
        scf_buf_puts(out, left ? "left " : "right ");
        scf_buf_puts(out, hex);
        scf_buf_putc(out, '\n');
        while (left && fn != 0 && !(fn & 1)) {
            fn >>= 1;
            sn >>= 1;
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

/* Without the number that an origin got after a restore. */
static struct scf_str first_origin(struct scf_str origin) {
    size_t n = origin.n;
    while (n > 0 && isdigit((unsigned char)origin.p[n - 1]))
        n--;
    return n > 1 && n < origin.n && origin.p[n - 1] == '/' ? (struct scf_str){origin.p, n - 1}
                                                           : origin;
}

bool scf_bundle_same_log(struct scf_str chain_origin, struct scf_str other) {
    const struct scf_str tail = SCF_STR("/anchors");
    struct scf_uuid id, other_id;
    struct scf_str origin, other_origin;
    if (!scf_chain_origin_parse(chain_origin, &id, &origin))
        return false;
    if (scf_chain_origin_parse(other, &other_id, &other_origin))
        return scf_uuid_eq(&id, &other_id) &&
               scf_str_eq(first_origin(origin), first_origin(other_origin));
    if (other.n <= tail.n || memcmp(other.p + other.n - tail.n, tail.p, tail.n) != 0)
        return false;
    other.n -= tail.n;
    return scf_str_eq(first_origin(origin), first_origin(other));
}
