/* Lists of a bundle's files: sums, the index, ASiC manifests. All have exactly one form, so that a
 * reader writes them again and compares. */
#include "bundle.h"

#include "scfd/codec/jsonw.h"

enum { DIGEST_TEXT = 2 * SCF_HASH_LEN + 1 };

static void hex_digest(enum scf_hash_alg alg, struct scf_str bytes, char out[DIGEST_TEXT]) {
    struct scf_hash hash = scf_digest(alg, bytes.p, bytes.n);
    scf_hex(hash.b, SCF_HASH_LEN, out);
}

void scf_bundle_sums(const struct scf_bundle *b, enum scf_hash_alg alg, struct scf_buf *out) {
    for (size_t i = 0; i < b->n; i++) {
        char hex[DIGEST_TEXT];
        hex_digest(alg, b->files[i].entry.bytes, hex);
        scf_buf_puts(out, hex);
        scf_buf_puts(out, "  ");
        scf_buf_put(out, b->files[i].entry.name.p, b->files[i].entry.name.n);
        scf_buf_putc(out, '\n');
    }
}

/* Members in the order of their names; jsonw escapes as RFC 8785 does. */
static void write_file(struct scf_jsonw *w, const struct scf_bundle_file *f) {
    char hex[DIGEST_TEXT];
    scf_jw_object(w, NULL);
    scf_jw_i64(w, "bytes", (int64_t)f->entry.bytes.n);
    scf_jw_str(w, "media_type", f->media_type);
    scf_jw_strn(w, "path", f->entry.name.p, f->entry.name.n);
    hex_digest(SCF_SHA256, f->entry.bytes, hex);
    scf_jw_str(w, "sha256", hex);
    hex_digest(SCF_SM3, f->entry.bytes, hex);
    scf_jw_str(w, "sm3", hex);
    scf_jw_str(w, "title_en", f->en);
    scf_jw_str(w, "title_zh", f->zh);
    scf_jw_end_object(w);
}

/* What each anchor leaves to be trusted. */
static void write_anchor(struct scf_jsonw *w, const struct scf_bundle_anchor *a) {
    const char *en, *zh;
    scf_bundle_to_be_trusted(a->kind, &en, &zh);
    scf_jw_object(w, NULL);
    scf_jw_str(w, "kind", scf_anchor_kind_names[a->kind]);
    scf_jw_str(w, "target", a->name);
    scf_jw_str(w, "to_be_trusted_en", en);
    scf_jw_str(w, "to_be_trusted_zh", zh);
    scf_jw_end_object(w);
}

void scf_bundle_index(const struct scf_bundle *b, const struct scf_bundle_facts *f,
                      struct scf_buf *out) {
    const struct scf_record *r = &f->record;
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, "anchors");
    for (size_t i = 0; i < f->anchor_count; i++)
        write_anchor(&w, &f->anchors[i]);
    scf_jw_end_array(&w);
    scf_jw_array(&w, "files");
    for (size_t i = 0; i < b->n; i++)
        write_file(&w, &b->files[i]);
    scf_jw_end_array(&w);
    scf_jw_str(&w, "format", "scfd-bundle/v1");
    scf_jw_object(&w, "record");
    scf_jw_strn(&w, "external_id", r->external_id.p, r->external_id.n);
    scf_jw_id(&w, "id", scf_record_kind_prefix(r->kind), &r->id);
    scf_jw_str(&w, "kind", scf_record_kind_name(r->kind));
    scf_jw_id(&w, "node", "node", &r->chain_id);
    scf_jw_time(&w, "received_at", r->received_us);
    scf_jw_end_object(&w);
    scf_jw_time(&w, "sealed_at", f->block.time_us);
    scf_jw_end_object(&w);
}

/* EN 319 162-1 §A.4. Names are those of the bundle, which need no escapes. */
static void write_reference(const struct scf_bundle_file *f, struct scf_buf *out) {
    char digest[SCF_BASE64_LEN(SCF_HASH_LEN) + 1];
    struct scf_hash hash = scf_sha256(f->entry.bytes.p, f->entry.bytes.n);
    scf_base64(hash.b, SCF_HASH_LEN, digest);
    scf_buf_puts(out, " <asic:DataObjectReference URI=\"");
    scf_buf_put(out, f->entry.name.p, f->entry.name.n);
    scf_buf_puts(out, "\" MimeType=\"");
    scf_buf_puts(out, f->media_type);
    scf_buf_puts(out, "\">\n"
                      "  <ds:DigestMethod"
                      " Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\n"
                      "  <ds:DigestValue>");
    scf_buf_puts(out, digest);
    scf_buf_puts(out, "</ds:DigestValue>\n"
                      " </asic:DataObjectReference>\n");
}

void scf_bundle_manifest(const struct scf_bundle *b, size_t from, const char *signature,
                         const char *signature_type, struct scf_buf *out) {
    scf_buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\""
                      " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n"
                      " <asic:SigReference URI=\"");
    scf_buf_puts(out, signature);
    scf_buf_puts(out, "\" MimeType=\"");
    scf_buf_puts(out, signature_type);
    scf_buf_puts(out, "\"/>\n");
    for (size_t i = from; i < b->n; i++)
        if (!scf_str_is(b->files[i].entry.name, "mimetype"))
            write_reference(&b->files[i], out);
    scf_buf_puts(out, "</asic:ASiCManifest>\n");
}
