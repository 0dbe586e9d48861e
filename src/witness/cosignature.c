/* Cosignatures as C2SP writes them. Relies on the digests and Ed25519 of codec. */
#include "scfd/witness/cosignature.h"

#include "lines.h"
#include "scfd/chain/note.h"

enum {
    COSIGNATURE_V1 = 0x04,
    TIME_LEN = 8,
    SIGNATURE_LEN = TIME_LEN + SCF_ED25519_SIGNATURE_LEN,
    RAW_LEN = SCF_COSIGNER_KEY_ID + SIGNATURE_LEN,
    MESSAGE_MAX = 128 << 10
};

/* U+2014, blank: how a signature line begins. */
static const char DASH[] = "\xe2\x80\x94 ";

/* ---- keys ---- */

struct scf_cosigner scf_cosigner(struct scf_str name, const uint8_t pub[SCF_ED25519_PUBLIC_LEN]) {
    struct scf_cosigner key = {.name = name};
    memcpy(key.pub, pub, sizeof key.pub);
    const struct scf_str parts[] = {
        name, {"\n\x04", 2}, {(const char *)pub, SCF_ED25519_PUBLIC_LEN}};
    struct scf_hash h = scf_digest_parts(SCF_SHA256, parts, SCF_COUNT(parts));
    memcpy(key.id, h.b, sizeof key.id);
    return key;
}

void scf_cosigner_write(const struct scf_cosigner *key, struct scf_buf *out) {
    uint8_t raw[1 + SCF_ED25519_PUBLIC_LEN] = {COSIGNATURE_V1};
    memcpy(raw + 1, key->pub, sizeof key->pub);
    char hex[2 * SCF_COSIGNER_KEY_ID + 1], base64[SCF_BASE64_LEN(sizeof raw) + 1];
    scf_hex(key->id, sizeof key->id, hex);
    scf_base64(raw, sizeof raw, base64);
    scf_buf_put(out, key->name.p, key->name.n);
    scf_buf_putc(out, '+');
    scf_buf_puts(out, hex);
    scf_buf_putc(out, '+');
    scf_buf_puts(out, base64);
}

/* Cuts the text before the first '+' off `*rest`: base64 may hold '+', a name or hex may not. */
static bool take_field(struct scf_str *rest, struct scf_str *ret) {
    const char *plus = rest->n == 0 ? NULL : memchr(rest->p, '+', rest->n);
    if (plus == NULL)
        return false;
    size_t n = (size_t)(plus - rest->p);
    *ret = (struct scf_str){rest->p, n};
    *rest = (struct scf_str){plus + 1, rest->n - n - 1};
    return true;
}

bool scf_cosigner_parse(struct scf_str vkey, struct scf_cosigner *ret) {
    struct scf_str name, hex;
    uint8_t id[SCF_COSIGNER_KEY_ID], raw[1 + SCF_ED25519_PUBLIC_LEN];
    size_t n;
    if (vkey.n > SCF_COSIGNER_TEXT || !take_field(&vkey, &name) || !take_field(&vkey, &hex) ||
        !scf_note_name_valid(name) || !scf_unhex(hex, id, sizeof id) ||
        !scf_unbase64(vkey, raw, sizeof raw, &n) || n != sizeof raw || raw[0] != COSIGNATURE_V1)
        return false;
    struct scf_cosigner key = scf_cosigner(name, raw + 1);
    if (memcmp(key.id, id, sizeof id) != 0)
        return false;
    *ret = key;
    return true;
}

/* ---- signing ---- */

/* What is signed: two lines, then the note text. */
static void write_message(struct scf_str text, int64_t time_s, struct scf_buf *out) {
    scf_buf_puts(out, "cosignature/v1\ntime ");
    scf_buf_put_i64(out, time_s);
    scf_buf_putc(out, '\n');
    scf_buf_put(out, text.p, text.n);
}

static void put_time(int64_t time_s, uint8_t out[TIME_LEN]) {
    for (int i = 0; i < TIME_LEN; i++)
        out[i] = (uint8_t)((uint64_t)time_s >> (8 * (TIME_LEN - 1 - i)));
}

static uint64_t get_time(const uint8_t bytes[TIME_LEN]) {
    uint64_t time = 0;
    for (int i = 0; i < TIME_LEN; i++)
        time = time << 8 | bytes[i];
    return time;
}

void scf_cosign(struct scf_str text, int64_t time_s, const struct scf_cosigner *key,
                const struct scf_signing_key *secret, struct scf_buf *out) {
    SCF_ASSERT(time_s >= 0 && text.n > 0 && text.p[text.n - 1] == '\n');
    struct scf_buf message;
    scf_buf_init(&message, MESSAGE_MAX);
    write_message(text, time_s, &message);
    SCF_ASSERT(!message.overflow);
    uint8_t raw[RAW_LEN];
    memcpy(raw, key->id, SCF_COSIGNER_KEY_ID);
    put_time(time_s, raw + SCF_COSIGNER_KEY_ID);
    scf_ed25519_sign(secret, message.data, message.len, raw + SCF_COSIGNER_KEY_ID + TIME_LEN);
    scf_buf_free(&message);
    char base64[SCF_BASE64_LEN(sizeof raw) + 1];
    scf_base64(raw, sizeof raw, base64);
    scf_buf_puts(out, DASH);
    scf_buf_put(out, key->name.p, key->name.n);
    scf_buf_putc(out, ' ');
    scf_buf_puts(out, base64);
    scf_buf_putc(out, '\n');
}

/* ---- verifying ---- */

/* The raw signature of a line by this key; false: it is another's, or no signature line. */
static bool by_key(struct scf_str line, const struct scf_cosigner *key, uint8_t raw[RAW_LEN + 1],
                   size_t *ret_n) {
    if (!scf_str_starts(line, DASH))
        return false;
    struct scf_str rest = {line.p + sizeof DASH - 1, line.n - (sizeof DASH - 1)};
    if (rest.n <= key->name.n || memcmp(rest.p, key->name.p, key->name.n) != 0 ||
        rest.p[key->name.n] != ' ')
        return false;
    struct scf_str base64 = {rest.p + key->name.n + 1, rest.n - key->name.n - 1};
    return scf_unbase64(base64, raw, RAW_LEN + 1, ret_n) && *ret_n >= SCF_COSIGNER_KEY_ID &&
           memcmp(raw, key->id, SCF_COSIGNER_KEY_ID) == 0;
}

static bool verifies(struct scf_str text, const struct scf_cosigner *key,
                     const uint8_t raw[RAW_LEN], int64_t *ret_time_s) {
    uint64_t time = get_time(raw + SCF_COSIGNER_KEY_ID);
    if (time > INT64_MAX)
        return false;
    struct scf_buf message;
    scf_buf_init(&message, MESSAGE_MAX);
    write_message(text, (int64_t)time, &message);
    bool good = !message.overflow && scf_ed25519_verify(key->pub, message.data, message.len,
                                                        raw + SCF_COSIGNER_KEY_ID + TIME_LEN);
    scf_buf_free(&message);
    *ret_time_s = (int64_t)time;
    return good;
}

bool scf_cosignature_find(struct scf_str lines, struct scf_str text, const struct scf_cosigner *key,
                          struct scf_str *ret_line, int64_t *ret_time_s) {
    bool found = false;
    struct scf_str line;
    while (scf_wit_line(&lines, &line)) {
        uint8_t raw[RAW_LEN + 1];
        size_t n;
        int64_t time;
        if (!by_key(line, key, raw, &n))
            continue;
        if (n != RAW_LEN || !verifies(text, key, raw, &time))
            return false;
        found = true;
        if (ret_line != NULL)
            *ret_line = (struct scf_str){line.p, line.n + 1};
        if (ret_time_s != NULL)
            *ret_time_s = time;
    }
    return found;
}
