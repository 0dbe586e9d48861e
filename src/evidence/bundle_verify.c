/* Checking a bundle with nothing else at hand. Relies on the pure parts of codec and chain.
 *
 * The facts are taken out of the file, the bundle is put together again from them as the server
 * does it, and the two must be the same, file by file: so nothing can be missing, added, renamed or
 * altered among what follows from the facts. Then signatures and proofs are checked. */
#include "check.h"

#include "scfd/base/clock.h"
#include "scfd/chain/chain.h"
#include "scfd/chain/note.h"
#include "scfd/codec/signer.h"
#include "scfd/codec/timestamp.h"

/* Clocks of authorities and servers differ. */
enum { ARENA_MAX = 192 << 20, SKEW_US = 300 * 1000000 };

bool scf_check_step(struct scf_bundle_check *c, bool ok, const char *format, ...) {
    va_list args;
    char line[512];
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    scf_buf_puts(c->report, ok ? "ok      " : "FAILED  ");
    scf_buf_puts(c->report, line);
    scf_buf_putc(c->report, '\n');
    c->good &= ok;
    return ok;
}

struct scf_str scf_check_bytes(const struct scf_bundle_check *c, const char *name) {
    const struct scf_zip_entry *e = scf_bundle_find(c->entries, c->n, name);
    return e != NULL ? e->bytes : (struct scf_str){0};
}

static bool has(const struct scf_bundle_check *c, const char *name) {
    return scf_bundle_find(c->entries, c->n, name) != NULL;
}

bool scf_check_note(struct scf_bundle_check *c, struct scf_str note, struct scf_str text,
                    const struct scf_vkey *key) {
    struct scf_note *opened = scf_alloc(c->arena, 1, sizeof *opened);
    return opened != NULL && scf_note_open(note, key, 1, opened) == SCF_NOTE_OK &&
           scf_str_eq(opened->text, text);
}

bool scf_check_chain_note(struct scf_bundle_check *c, struct scf_str note, struct scf_str text,
                          struct scf_str origin) {
    struct scf_vkey key;
    struct scf_uuid chain;
    struct scf_str installation;
    if (!scf_vkey_parse(c->vkey, &key) || !scf_chain_origin_parse(origin, &chain, &installation) ||
        !scf_uuid_eq(&chain, &c->facts.record.chain_id))
        return false;
    key = scf_vkey(origin, &key.pub);
    return scf_check_note(c, note, text, &key);
}

/* ---- the files ---- */

static bool read_facts(struct scf_bundle_check *c) {
    c->facts = (struct scf_bundle_facts){
        .proof_json = scf_check_bytes(c, "proofs/proof.json"),
        .body = scf_check_bytes(c, "evidence/body.json"),
        .chain_pem = scf_check_bytes(c, "keys/signer-chain.pem"),
        .readme = scf_check_bytes(c, "00-README.txt"),
        .instructions = scf_check_bytes(c, "VERIFY.txt"),
    };
    if (!scf_check_step(c, scf_bundle_facts_read(c->arena, &c->facts),
                        "the bundle holds a complete proof of a record"))
        return false;
    bool read = scf_bundle_read_anchors(c->arena, c->entries, c->n, &c->facts) &&
                scf_bundle_read_cosigned(c->arena, c->entries, c->n, &c->facts);
    return scf_check_step(c, read, "anchors in the bundle: %zu; a cosigned checkpoint: %s",
                          c->facts.anchor_count, c->facts.witness_keys.n ? "yes" : "no");
}

static void put_together(struct scf_bundle_check *c) {
    c->again.arena = c->arena;
    scf_bundle_put_content(&c->again, &c->facts);
    scf_bundle_put_signature(&c->again, scf_check_bytes(c, SCF_SIGNATURE_1));
    if (!has(c, SCF_TIMESTAMP_2))
        return;
    scf_bundle_put_manifest_2(&c->again);
    scf_bundle_put_timestamp(&c->again, scf_check_bytes(c, SCF_TIMESTAMP_2),
                             scf_check_bytes(c, SCF_TIMESTAMP_2_ROOTS));
}

/* The first file that is not as it must be; NULL: all are. */
static const char *first_difference(const struct scf_bundle_check *c, struct scf_str *ret_name) {
    size_t n = c->n < c->again.n ? c->n : c->again.n;
    for (size_t i = 0; i < n; i++) {
        const struct scf_zip_entry *must = &c->again.files[i].entry;
        *ret_name = must->name;
        if (!scf_str_eq(c->entries[i].name, must->name))
            return "is missing, or not in its place";
        if (!scf_str_eq(c->entries[i].bytes, must->bytes))
            return "does not say what follows from the rest";
    }
    if (c->n == c->again.n)
        return NULL;
    *ret_name = c->n > n ? c->entries[n].name : c->again.files[n].entry.name;
    return c->n > n ? "does not belong here" : "is missing";
}

static bool check_files(struct scf_bundle_check *c) {
    struct scf_str name = {0};
    put_together(c);
    const char *difference = first_difference(c, &name);
    if (c->again.failed || difference != NULL)
        return scf_check_step(c, false, "%.*s %s", (int)name.n, name.p,
                              difference != NULL ? difference : "cannot be read");
    return scf_check_step(
        c, true, "%zu files, their digests (SHA-256, SM3), index and manifests are complete", c->n);
}

/* ---- the signature ---- */

static void check_signature(struct scf_bundle_check *c) {
    char problem[SCF_SIGNER_PROBLEM] = "", time[SCF_TIME_TEXT] = "";
    int64_t time_us = 0;
    bool good =
        scf_cades_verify(scf_check_bytes(c, SCF_SIGNATURE_1), scf_check_bytes(c, SCF_MANIFEST_1),
                         c->facts.chain_pem, c->trust->roots, &time_us, problem);
    scf_time_format(time_us, time);
    if (!good)
        scf_check_step(c, false, "the manifest is signed (CAdES): %s", problem);
    else
        scf_check_step(c, true, "the manifest is signed (CAdES, signing time %s) by %s", time,
                       c->trust->roots.n > 0 ? "a certificate under the trusted roots"
                                             : "the bundle's own certificate");
    if (good)
        c->signed_us = time_us;
}

/* ---- the proof ---- */

static void check_proof(struct scf_bundle_check *c) {
    c->vkey = c->trust->vkey.n > 0 ? c->trust->vkey : c->facts.vkey;
    c->latest_us = c->facts.block.time_us;
    if (c->trust->vkey.n > 0)
        scf_check_step(c, scf_str_eq(c->vkey, c->facts.vkey),
                       "the bundle names the verifier key that was given");
    c->good &= scf_verify_proof(c->facts.proof_json, c->vkey, &c->facts.body, c->report);
}

static bool key_is_pem(const struct scf_bundle_check *c) {
    struct scf_vkey key;
    if (!scf_vkey_parse(c->facts.vkey, &key))
        return false;
    char *pem = scf_public_key_pem(&key.pub);
    bool same = scf_str_is(c->facts.public_pem, pem);
    free(pem);
    return same;
}

/* ---- the time stamp over manifest and signature ---- */

static void check_timestamp(struct scf_bundle_check *c) {
    struct scf_str manifest = scf_check_bytes(c, SCF_MANIFEST_2),
                   token = scf_check_bytes(c, SCF_TIMESTAMP_2),
                   own = scf_check_bytes(c, SCF_TIMESTAMP_2_ROOTS);
    const struct scf_timestamp_want want = {.digest = scf_sha256(manifest.p, manifest.n)};
    struct scf_timestamp stamp = {0};
    struct scf_error err = {0};
    char time[SCF_TIME_TEXT];
    if (!has(c, SCF_TIMESTAMP_2)) {
        scf_buf_puts(c->report, "note    no authority has time-stamped manifest and signature\n");
        return;
    }
    bool good =
        scf_timestamp_verify(c->arena, token, &want, c->trust->roots.n > 0 ? c->trust->roots : own,
                             &stamp, &err) == SCF_OK;
    scf_time_format(stamp.time_us, time);
    if (!scf_check_step(c, good, "manifest and signature are time-stamped (RFC 3161): %s",
                        good ? time : err.detail))
        return;
    scf_check_step(c, stamp.time_us + SKEW_US >= c->latest_us,
                   "the time stamp is not before what it covers");
}

static void check_all(struct scf_bundle_check *c, struct scf_str file) {
    const char *problem = NULL;
    if (!scf_zip_read(file, c->entries, SCF_COUNT(c->entries), &c->n, &problem)) {
        scf_check_step(c, false, "the file is a canonical ZIP: %s", problem);
        return;
    }
    scf_check_step(c, true, "the file is a canonical ZIP of %zu entries", c->n);
    if (!read_facts(c) || !check_files(c))
        return;
    check_signature(c);
    scf_check_step(c, key_is_pem(c), "keys/log.pub.pem is the key of keys/log.vkey");
    check_proof(c);
    scf_check_cosigned(c);
    scf_check_anchors(c);
    scf_check_step(c, c->signed_us + SCF_US_PER_SECOND > c->latest_us,
                   "the signing time is not before what was signed");
    check_timestamp(c);
    if (c->trust->vkey.n == 0 || c->trust->roots.n == 0)
        scf_buf_printf(c->report,
                       "note    %s the bundle's own: compare with what the operator publishes, or "
                       "give %s\n",
                       c->trust->vkey.n > 0    ? "the certificates are"
                       : c->trust->roots.n > 0 ? "the chain's key is"
                                               : "key and certificates are",
                       c->trust->vkey.n > 0    ? "--trust"
                       : c->trust->roots.n > 0 ? "--key"
                                               : "--key and --trust");
}

bool scf_bundle_is(struct scf_str file) {
    return file.n >= 4 && memcmp(file.p, "PK\3\4", 4) == 0;
}

bool scf_bundle_verify(struct scf_str file, const struct scf_bundle_trust *trust,
                       struct scf_buf *report) {
    struct scf_arena *arena = scf_arena_new(ARENA_MAX);
    struct scf_bundle_check *c = scf_alloc(arena, 1, sizeof *c);
    bool good = false;
    if (c != NULL) {
        *c = (struct scf_bundle_check){
            .arena = arena, .report = report, .trust = trust, .good = true};
        check_all(c, file);
        good = c->good;
    }
    scf_arena_free(arena);
    return good;
}
