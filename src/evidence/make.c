/* Making bundles. Relies on the proof of the chain room and the signer of codec. */
#include "make.h"

#include "certificate.h"

#include "scfd/chain/chain.h"
#include "scfd/codec/signer.h"
#include "scfd/party/enterprise.h"
#include "scfd/party/node.h"

enum { PROOF_MAX = 8 << 20, SIGNATURE_MAX = 1 << 20, TEXT_MAX = 64 << 10 };

struct making {
    struct scf_db *db;
    struct scf_arena *arena;
    const struct scf_services *services;
    const struct scf_record *record;
    struct scf_bundle_facts facts;
    struct scf_bundle bundle;
    int64_t signed_us;
};

static struct making *making_new(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_services *services,
                                 const struct scf_record *record) {
    struct making *m = scf_alloc(arena, 1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->db = db;
    m->arena = arena;
    m->services = services;
    m->record = record;
    m->bundle.arena = arena;
    return m;
}

/* Moves a buffer into the arena. */
static bool keep(struct scf_arena *arena, struct scf_buf *from, struct scf_str *ret) {
    bool whole = !from->overflow;
    ret->p = scf_strndup(arena, from->len > 0 ? from->data : "", from->len);
    ret->n = from->len;
    scf_buf_free(from);
    return whole && ret->p != NULL;
}

static enum scf_code read_facts(struct making *m, struct scf_error *err) {
    struct scf_buf proof;
    scf_buf_init(&proof, PROOF_MAX);
    enum scf_code code = scf_proof_json(m->db, m->arena, m->services, m->record, &proof, err);
    if (code != SCF_OK) {
        scf_buf_free(&proof);
        return code;
    }
    m->facts.body = m->record->body;
    m->facts.chain_pem = scf_signer_chain(m->services->evidence_signer);
    if (!keep(m->arena, &proof, &m->facts.proof_json))
        return scf_fail_memory(err);
    return scf_bundle_facts_read(m->arena, &m->facts)
               ? SCF_OK
               : scf_fail(err, SCF_E_INTERNAL, "The proof of the record cannot be read back.");
}

/* Not before the certificate is valid, for a record may be older than it. Never the clock: the same
 * facts are signed with the same time. */
static void set_time(struct making *m) {
    int64_t since_us = scf_signer_since_us(m->services->evidence_signer);
    m->signed_us = m->facts.block.time_us > since_us ? m->facts.block.time_us : since_us;
}

static bool write_instructions(struct making *m) {
    char id[SCF_ID_TEXT], file_name[SCF_ID_TEXT + 8];
    struct scf_buf text;
    scf_id_format(scf_record_kind_prefix(m->record->kind), &m->record->id, id);
    snprintf(file_name, sizeof file_name, "%s.asice", id);
    const struct scf_instructions i = {.file_name = file_name, .signed_us = m->signed_us};
    scf_buf_init(&text, TEXT_MAX);
    scf_instructions_write(&i, &text);
    return keep(m->arena, &text, &m->facts.instructions);
}

static enum scf_code sign(struct making *m, struct scf_error *err) {
    struct scf_buf der;
    struct scf_str kept;
    scf_buf_init(&der, SIGNATURE_MAX);
    enum scf_code code =
        scf_cades_sign(m->services->evidence_signer, scf_bundle_bytes(&m->bundle, SCF_MANIFEST_1),
                       m->signed_us, &der, err);
    if (code != SCF_OK) {
        scf_buf_free(&der);
        return code;
    }
    if (!keep(m->arena, &der, &kept))
        return scf_fail_memory(err);
    scf_bundle_put_signature(&m->bundle, kept);
    return SCF_OK;
}

static enum scf_code make(struct making *m, struct scf_buf *out, struct scf_error *err) {
    enum scf_code code = read_facts(m, err);
    if (code != SCF_OK)
        return code;
    set_time(m);
    if (!write_instructions(m))
        return scf_fail_memory(err);
    scf_bundle_put_content(&m->bundle, &m->facts);
    code = m->bundle.failed ? scf_fail_memory(err) : sign(m, err);
    if (code != SCF_OK)
        return code;
    scf_bundle_write(&m->bundle, out);
    return out->overflow ? scf_fail(err, SCF_E_INTERNAL, "The bundle does not fit.") : SCF_OK;
}

enum scf_code scf_bundle_make(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services, const struct scf_record *record,
                              struct scf_buf *out, struct scf_error *err) {
    struct making *m = making_new(db, arena, services, record);
    return m != NULL ? make(m, out, err) : scf_fail_memory(err);
}

/* ---- the preservation certificate ---- */

/* Who runs the node of the record's chain; the platform's chain has none. */
static enum scf_code read_subject(struct making *m, struct scf_certificate *c,
                                  struct scf_error *err) {
    struct scf_node node;
    struct scf_enterprise enterprise;
    const char *profile;
    enum scf_code code = scf_node_get(m->db, m->arena, &m->record->chain_id, false, &node, err);
    if (code != SCF_OK)
        return code == SCF_E_NOT_FOUND ? SCF_OK : code;
    c->node_name = node.name;
    c->node_since_us = node.created_us;
    if (scf_uuid_is_nil(&node.operator_enterprise_id))
        return SCF_OK;
    code = scf_enterprise_get(m->db, m->arena, &node.operator_enterprise_id, &enterprise, &profile,
                              err);
    if (code != SCF_OK)
        return code;
    c->subject_name = enterprise.name;
    c->subject_code = enterprise.uscc;
    return SCF_OK;
}

enum scf_code scf_certificate_make(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_services *services,
                                   const struct scf_record *record, const char *base_url,
                                   struct scf_buf *out, struct scf_error *err) {
    struct making *m = making_new(db, arena, services, record);
    if (m == NULL)
        return scf_fail_memory(err);
    struct scf_certificate c = {
        .facts = &m->facts,
        .record = record,
        .issuer = services->installation.origin,
        .signer_serial = scf_signer_serial(services->evidence_signer),
        .base_url = base_url,
    };
    enum scf_code code = read_facts(m, err);
    code = code == SCF_OK ? read_subject(m, &c, err) : code;
    return code == SCF_OK ? scf_certificate_draw(&c, arena, out, err) : code;
}
