/* Signed notes as C2SP writes them. Relies on the digests and signatures of codec. */
#include "scfd/chain/note.h"

#include "line.h"

/* What stands for an algorithm in key ids and verifier keys. */
static const struct scf_str ED25519 = {"\x01", 1}, SM2 = {"\xffsm2-sm3", 8};
enum { KEY_MAX = 8 + SCF_PUBLIC_MAX }; /* type and public key */

static struct scf_str type_of(enum scf_sign_alg alg) {
    return alg == SCF_SM2 ? SM2 : ED25519;
}

/* U+2014, blank: how a signature line begins. */
static const char DASH[] = "\xe2\x80\x94 ";

/* ---- names ---- */

/* Unicode white space; `p` is at the first byte of a code point of valid UTF-8. */
static bool is_space(const uint8_t *p) {
    if (p[0] < 0x80)
        return p[0] == ' ' || (p[0] >= '\t' && p[0] <= '\r');
    if (p[0] == 0xc2)
        return p[1] == 0x85 || p[1] == 0xa0;
    if (p[0] == 0xe1)
        return p[1] == 0x9a && p[2] == 0x80; /* U+1680 */
    if (p[0] == 0xe2 && p[1] == 0x80)        /* U+2000–200A, 2028, 2029, 202F */
        return p[2] <= 0x8a || p[2] == 0xa8 || p[2] == 0xa9 || p[2] == 0xaf;
    if (p[0] == 0xe2)
        return p[1] == 0x81 && p[2] == 0x9f;             /* U+205F */
    return p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80; /* U+3000 */
}

bool scf_note_name_valid(struct scf_str name) {
    if (name.n == 0 || !scf_utf8_valid(name.p, name.n))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        const uint8_t *p = (const uint8_t *)name.p + i;
        bool starts = (*p & 0xc0) != 0x80;
        if (*p == '+' || (starts && is_space(p)))
            return false;
    }
    return true;
}

/* ---- keys ---- */

/* Writes type and public key one behind the other; returns their length. */
static size_t put_key(const struct scf_public_key *pub, uint8_t out[KEY_MAX]) {
    struct scf_str type = type_of(pub->alg);
    memcpy(out, type.p, type.n);
    memcpy(out + type.n, pub->bytes, scf_public_key_len(pub->alg));
    return type.n + scf_public_key_len(pub->alg);
}

static bool read_key(const uint8_t *raw, size_t n, struct scf_public_key *ret) {
    struct scf_str text = {(const char *)raw, n};
    enum scf_sign_alg alg = n > 0 && raw[0] == (uint8_t)SM2.p[0] ? SCF_SM2 : SCF_ED25519;
    struct scf_str type = type_of(alg);
    return n > type.n && memcmp(text.p, type.p, type.n) == 0 &&
           scf_public_key_read(alg, raw + type.n, n - type.n, ret);
}

struct scf_vkey scf_vkey(struct scf_str name, const struct scf_public_key *pub) {
    struct scf_vkey key = {.name = name, .pub = *pub};
    uint8_t raw[KEY_MAX];
    const struct scf_str parts[] = {name, {"\n", 1}, {(const char *)raw, put_key(pub, raw)}};
    struct scf_hash h = scf_digest_parts(SCF_SHA256, parts, SCF_COUNT(parts));
    memcpy(key.id, h.b, sizeof key.id);
    return key;
}

void scf_vkey_write(const struct scf_vkey *key, struct scf_buf *out) {
    uint8_t raw[KEY_MAX];
    char hex[2 * SCF_NOTE_KEY_ID + 1], text[SCF_BASE64_LEN(sizeof raw) + 1];
    scf_hex(key->id, sizeof key->id, hex);
    scf_base64(raw, put_key(&key->pub, raw), text);
    scf_buf_put(out, key->name.p, key->name.n);
    scf_buf_putc(out, '+');
    scf_buf_puts(out, hex);
    scf_buf_putc(out, '+');
    scf_buf_puts(out, text);
}

/* Cuts the text before the first '+' off `*rest`: base64 may hold '+', a name or hex may not. */
static bool first_field(struct scf_str *rest, struct scf_str *ret) {
    const char *plus = rest->n == 0 ? NULL : memchr(rest->p, '+', rest->n);
    if (plus == NULL)
        return false;
    size_t n = (size_t)(plus - rest->p);
    *ret = (struct scf_str){rest->p, n};
    *rest = (struct scf_str){plus + 1, rest->n - n - 1};
    return true;
}

bool scf_vkey_parse(struct scf_str text, struct scf_vkey *ret) {
    struct scf_str name, hex;
    uint8_t id[SCF_NOTE_KEY_ID], raw[KEY_MAX];
    struct scf_public_key pub;
    size_t n;
    if (!first_field(&text, &name) || !first_field(&text, &hex) || !scf_note_name_valid(name) ||
        !scf_unhex(hex, id, sizeof id) || !scf_unbase64(text, raw, sizeof raw, &n) ||
        !read_key(raw, n, &pub))
        return false;
    struct scf_vkey key = scf_vkey(name, &pub);
    if (memcmp(key.id, id, sizeof id) != 0)
        return false;
    *ret = key;
    return true;
}

/* ---- writing ---- */

void scf_note_write(struct scf_str text, const struct scf_vkey *key,
                    const struct scf_signing_key *secret, struct scf_buf *out) {
    SCF_ASSERT(text.n > 0 && text.p[text.n - 1] == '\n' && scf_note_name_valid(key->name));
    uint8_t raw[SCF_NOTE_KEY_ID + SCF_SIGNATURE_MAX];
    struct scf_signature signature;
    scf_sign(secret, text.p, text.n, &signature);
    memcpy(raw, key->id, SCF_NOTE_KEY_ID);
    memcpy(raw + SCF_NOTE_KEY_ID, signature.bytes, signature.n);
    char base64[SCF_BASE64_LEN(sizeof raw) + 1];
    scf_base64(raw, SCF_NOTE_KEY_ID + signature.n, base64);
    scf_buf_put(out, text.p, text.n);
    scf_buf_putc(out, '\n');
    scf_buf_puts(out, DASH);
    scf_buf_put(out, key->name.p, key->name.n);
    scf_buf_putc(out, ' ');
    scf_buf_puts(out, base64);
    scf_buf_putc(out, '\n');
}

/* ---- opening ---- */

const char *scf_note_verdict_text(enum scf_note_verdict verdict) {
    switch (verdict) {
    case SCF_NOTE_OK:
        return "signature valid";
    case SCF_NOTE_MALFORMED:
        return "not a signed note";
    case SCF_NOTE_UNVERIFIED:
        return "not signed by this key";
    case SCF_NOTE_BAD_SIGNATURE:
        return "signature wrong";
    case SCF_NOTE_AMBIGUOUS:
        return "the key was given twice";
    }
    return "unknown";
}

struct signature {
    struct scf_str name;
    uint8_t id[SCF_NOTE_KEY_ID];
    struct scf_str line;
    size_t n; /* bytes of the signature */
    uint8_t bytes[SCF_SIGNATURE_MAX];
};

/* UTF-8 without control characters other than LF. */
static bool characters_valid(struct scf_str text) {
    for (size_t i = 0; i < text.n; i++)
        if ((uint8_t)text.p[i] < 0x20 && text.p[i] != '\n')
            return false;
    return scf_utf8_valid(text.p, text.n);
}

/* Cuts at the last blank line; what follows must be whole lines. */
static bool split(struct scf_str message, struct scf_str *text, struct scf_str *rest) {
    if (message.n < 2 || message.p[message.n - 1] != '\n')
        return false;
    for (size_t i = message.n - 1; i-- > 0;) {
        if (message.p[i] == '\n' && message.p[i + 1] == '\n') {
            *text = (struct scf_str){message.p, i + 1};
            *rest = (struct scf_str){message.p + i + 2, message.n - i - 2};
            return rest->n > 0;
        }
    }
    return false;
}

static bool parse_signature(struct scf_str line, struct signature *ret) {
    if (!scf_str_starts(line, DASH))
        return false;
    struct scf_str rest = {line.p + sizeof DASH - 1, line.n - (sizeof DASH - 1)};
    const char *blank = rest.n == 0 ? NULL : memchr(rest.p, ' ', rest.n);
    if (blank == NULL)
        return false;
    struct scf_str name = {rest.p, (size_t)(blank - rest.p)};
    struct scf_str base64 = {blank + 1, rest.n - name.n - 1};
    uint8_t raw[1024]; /* signatures of other algorithms are longer, but have an end */
    size_t n;
    if (!scf_note_name_valid(name) || !scf_unbase64(base64, raw, sizeof raw, &n) ||
        n <= SCF_NOTE_KEY_ID)
        return false;
    *ret = (struct signature){.name = name, .line = line, .n = n - SCF_NOTE_KEY_ID};
    memcpy(ret->id, raw, SCF_NOTE_KEY_ID);
    if (ret->n <= sizeof ret->bytes)
        memcpy(ret->bytes, raw + SCF_NOTE_KEY_ID, ret->n);
    return true;
}

/* The index of the key that made the signature, −1 when none, −2 when several. */
static int find_key(const struct signature *s, const struct scf_vkey *keys, size_t n) {
    int found = -1;
    for (size_t i = 0; i < n; i++) {
        if (scf_str_eq(keys[i].name, s->name) && memcmp(keys[i].id, s->id, sizeof s->id) == 0) {
            if (found >= 0)
                return -2;
            found = (int)i;
        }
    }
    return found;
}

static bool listed(const struct scf_str *names, int n, struct scf_str name) {
    for (int i = 0; i < n; i++)
        if (scf_str_eq(names[i], name))
            return true;
    return false;
}

static enum scf_note_verdict judge(const struct signature *s, const struct scf_vkey *keys, size_t n,
                                   struct scf_note *note) {
    int key = find_key(s, keys, n);
    if (key == -2)
        return SCF_NOTE_AMBIGUOUS;
    if (key == -1) {
        note->unverified_names[note->unverified++] = s->name;
        return SCF_NOTE_OK;
    }
    if (s->n > sizeof s->bytes ||
        !scf_verify(&keys[key].pub, note->text.p, note->text.n, s->bytes, s->n))
        return SCF_NOTE_BAD_SIGNATURE;
    if (!listed(note->verified_names, note->verified, s->name))
        note->verified_names[note->verified++] = s->name;
    return SCF_NOTE_OK;
}

enum scf_note_verdict scf_note_open(struct scf_str message, const struct scf_vkey *keys, size_t n,
                                    struct scf_note *ret) {
    struct scf_str rest, line;
    ret->verified = ret->unverified = 0;
    if (!characters_valid(message) || !split(message, &ret->text, &rest))
        return SCF_NOTE_MALFORMED;
    /* First the form of all lines, then the signatures: a malformed note is never half believed. */
    struct scf_str lines = rest;
    struct signature s;
    int count = 0;
    while (scf_take_line(&lines, &line))
        if (++count > SCF_NOTE_MAX_SIGNATURES || !parse_signature(line, &s))
            return SCF_NOTE_MALFORMED;
    while (scf_take_line(&rest, &line)) {
        if (!parse_signature(line, &s))
            return SCF_NOTE_MALFORMED;
        enum scf_note_verdict verdict = judge(&s, keys, n, ret);
        if (verdict != SCF_NOTE_OK)
            return verdict;
    }
    return ret->verified > 0 ? SCF_NOTE_OK : SCF_NOTE_UNVERIFIED;
}

bool scf_note_names_key(struct scf_str message, const struct scf_vkey *key) {
    struct scf_str text, rest, line;
    struct signature s;
    if (!split(message, &text, &rest))
        return false;
    while (scf_take_line(&rest, &line))
        if (parse_signature(line, &s) && find_key(&s, key, 1) == 0)
            return true;
    return false;
}

/* ---- checkpoints ---- */

void scf_checkpoint_write(const struct scf_checkpoint *c, struct scf_buf *out) {
    char root[SCF_BASE64_LEN(SCF_HASH_LEN) + 1];
    scf_base64(c->root.b, SCF_HASH_LEN, root);
    scf_buf_put(out, c->origin.p, c->origin.n);
    scf_buf_putc(out, '\n');
    scf_buf_put_i64(out, c->size);
    scf_buf_putc(out, '\n');
    scf_buf_puts(out, root);
    scf_buf_putc(out, '\n');
}

bool scf_checkpoint_parse(struct scf_str text, struct scf_checkpoint *ret) {
    struct scf_checkpoint c;
    struct scf_str size_text, root;
    uint64_t size;
    size_t n;
    if (!scf_take_line(&text, &c.origin) || !scf_take_line(&text, &size_text) ||
        !scf_take_line(&text, &root) || c.origin.n == 0 ||
        !scf_parse_u64(size_text, INT64_MAX, &size) ||
        !scf_unbase64(root, c.root.b, SCF_HASH_LEN, &n) || n != SCF_HASH_LEN)
        return false;
    c.size = (int64_t)size;
    *ret = c;
    return true;
}
