/* Making bundles. Relies on the proof of the chain room and the signer of codec. */
#include "make.h"

#include "certificate.h"
#include "stamp_store.h"

#include "scfd/anchor/anchor.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"

#include "scfd/chain/chain.h"
#include "scfd/chain/cosigned.h"
#include "scfd/chain/note.h"
#include "scfd/codec/json.h"
#include "scfd/codec/signer.h"
#include "scfd/party/enterprise.h"
#include "scfd/party/node.h"
#include "scfd/witness/cosignature.h"

enum { PROOF_MAX = 8 << 20, SIGNATURE_MAX = 1 << 20, TEXT_MAX = 64 << 10 };

struct making {
    struct scf_db *db;
    struct scf_arena *arena;
    const struct scf_services *services;
    const struct scf_record *record;
    struct scf_bundle_facts facts;
    struct scf_bundle bundle;
    struct scf_anchoring *anchorings;
    const struct scf_anchor_entry *entries[SCF_BUNDLE_ANCHORS_MAX]; /* of facts.anchors */
    int64_t proven_us[SCF_BUNDLE_ANCHORS_MAX];
    int64_t signed_us;
};

static atomic_int stamping; /* threads that wait for timestamp authorities */

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
    if (code == SCF_OK)
        code = scf_evidence_signer_check(m->db, m->arena, m->services, err);
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

/* ---- anchors ---- */

/* What a target's proofs are verified with is in its settings. */
static struct scf_str trust_of(struct making *m, const struct scf_anchor_target *target) {
    struct scf_error err;
    const char *text = target->settings_json;
    if (target->kind != SCF_ANCHOR_RFC3161)
        return (struct scf_str){0};
    const cJSON *settings = scf_json_parse(m->arena, text, strlen(text), &err);
    return scf_str(scf_json_string(settings, "ca_pem"));
}

static bool verifies(const struct scf_bundle_anchor *a, struct scf_str statement,
                     int64_t *ret_time_us) {
    struct scf_buf report;
    scf_buf_init(&report, TEXT_MAX);
    bool good =
        scf_anchor_adapter_of(a->kind)->verify(a->proof, statement, a->trust, &report, ret_time_us);
    scf_buf_free(&report);
    return good;
}

/* What is handed out must verify. Certificates that were replaced since in a target's settings do
 * not fit its older proofs any more: these then stand alone, and a reader brings certificates. */
static bool prove(struct scf_bundle_anchor *a, struct scf_str statement, int64_t *ret_time_us) {
    if (verifies(a, statement, ret_time_us))
        return true;
    bool had_trust = a->trust.n > 0;
    a->trust = (struct scf_str){0};
    return had_trust && verifies(a, statement, ret_time_us);
}

/* Not *ret_good: it does not verify, and is left out. The time is 0 where only a block's header
 * could say it, which whoever verifies has to bring. */
static enum scf_code read_anchor(struct making *m, const struct scf_anchoring *from,
                                 struct scf_bundle_anchor *a, int64_t *ret_time_us, bool *ret_good,
                                 struct scf_error *err) {
    struct scf_anchor_statement statement;
    if (!scf_anchor_statement_parse(from->entry.statement, &statement))
        return scf_fail(err, SCF_E_INTERNAL, "The statement of a tick cannot be read back.");
    *a = (struct scf_bundle_anchor){.name = from->target->name,
                                    .kind = from->target->kind,
                                    .note = from->note,
                                    .proof = from->entry.proof,
                                    .trust = trust_of(m, from->target),
                                    .index = from->index,
                                    .size = statement.size,
                                    .path_count = (size_t)from->path_count};
    memcpy(a->path, from->path, sizeof a->path);
    *ret_time_us = 0;
    *ret_good =
        scf_anchor_adapter_of(a->kind) != NULL && prove(a, from->entry.statement, ret_time_us);
    if (!*ret_good) {
        /* What is only anchored may be a mere promise yet. */
        if (from->entry.state == SCF_ANCHOR_CONFIRMED)
            scf_log(SCF_LOG_WARN, "the proof of tick %" PRId64 " at %s does not verify",
                    statement.tick, a->name);
        return SCF_OK;
    }
    return scf_chain_block_proof(m->db, m->arena, m->record, from->block_height, &a->block_note,
                                 a->leaf_path, &a->leaf_path_count, err);
}

/* Statements are signed by the installation's key under the name that they state. Of several, which
 * were made before and after the log went on under another origin, the first. */
static bool name_key(struct making *m) {
    struct scf_bundle_facts *f = &m->facts;
    struct scf_public_key pub = scf_signing_key_public(m->services->log_key);
    struct scf_anchor_statement statement;
    struct scf_buf vkey;
    if (f->anchor_count == 0)
        return true;
    if (!scf_anchor_statement_parse(m->entries[0]->statement, &statement))
        return false;
    struct scf_vkey key = scf_vkey(statement.origin, &pub);
    scf_buf_init(&vkey, TEXT_MAX);
    scf_vkey_write(&key, &vkey);
    return keep(m->arena, &vkey, &f->anchor_vkey);
}

static enum scf_code read_anchors(struct making *m, struct scf_error *err) {
    size_t found = 0, n = 0;
    enum scf_code code = scf_anchor_find(m->db, m->arena, &m->record->chain_id,
                                         m->facts.block.height, &m->anchorings, &found, err);
    for (size_t i = 0; code == SCF_OK && i < found && n < SCF_BUNDLE_ANCHORS_MAX; i++) {
        m->entries[n] = &m->anchorings[i].entry;
        bool good = false;
        code =
            read_anchor(m, &m->anchorings[i], &m->facts.anchors[n], &m->proven_us[n], &good, err);
        n += good;
    }
    if (code != SCF_OK)
        return code;
    m->facts.anchor_count = n;
    return name_key(m) ? SCF_OK : scf_fail_memory(err);
}

/* ---- cosignatures ---- */

/* Keys and note were read one after the other: of a witness that came in between there is a key,
 * but no line. */
static bool keep_present(struct making *m) {
    struct scf_str rest = m->facts.witness_keys, vkey, line;
    struct scf_cosigner key;
    struct scf_buf present;
    int64_t time_s;
    scf_buf_init(&present, TEXT_MAX);
    while (scf_bundle_next_witness(&rest, &vkey)) {
        if (!scf_bundle_cosignature(&m->facts, vkey, &key, &line, &time_s))
            continue;
        scf_buf_put(&present, vkey.p, vkey.n);
        scf_buf_putc(&present, '\n');
    }
    return keep(m->arena, &present, &m->facts.witness_keys);
}

static enum scf_code read_cosigned(struct making *m, struct scf_error *err) {
    struct scf_cosigned found;
    struct scf_bundle_facts *f = &m->facts;
    const struct scf_record *r = m->record;
    enum scf_code code =
        scf_witness_find(m->db, m->arena, &r->chain_id, r->leaf_index, &found, err);
    if (code != SCF_OK || found.size == 0)
        return code;
    f->cosigned_note = found.note;
    code =
        scf_evidence_witness_keys(m->db, m->arena, &r->chain_id, found.size, &f->witness_keys, err);
    if (code == SCF_OK && !keep_present(m))
        return scf_fail_memory(err);
    return code == SCF_OK ? scf_chain_path(m->db, m->arena, r, found.size, f->cosigned_path,
                                           &f->cosigned_path_count, err)
                          : code;
}

/* The latest time that a witness vouches for. */
static int64_t cosigned_us(const struct scf_bundle_facts *f) {
    struct scf_str rest = f->witness_keys, vkey, line;
    struct scf_cosigner key;
    int64_t latest = 0, time_s;
    while (scf_bundle_next_witness(&rest, &vkey))
        if (scf_bundle_cosignature(f, vkey, &key, &line, &time_s) && time_s > latest)
            latest = time_s;
    return latest < INT64_MAX / SCF_US_PER_SECOND ? latest * SCF_US_PER_SECOND : 0;
}

/* Not before the certificate is valid, for a record may be older than it. Never the clock: the same
 * facts are signed with the same time. */
static void set_time(struct making *m) {
    int64_t since_us = scf_signer_since_us(m->services->evidence_signer);
    int64_t witnessed_us = cosigned_us(&m->facts);
    m->signed_us = m->facts.block.time_us > since_us ? m->facts.block.time_us : since_us;
    m->signed_us = witnessed_us > m->signed_us ? witnessed_us : m->signed_us;
    for (size_t i = 0; i < m->facts.anchor_count; i++)
        if (m->proven_us[i] > m->signed_us)
            m->signed_us = m->proven_us[i];
}

static bool write_readme(struct making *m) {
    struct scf_buf text;
    scf_buf_init(&text, TEXT_MAX);
    scf_readme_write(&m->facts, &text);
    return keep(m->arena, &text, &m->facts.readme);
}

static bool write_instructions(struct making *m) {
    char id[SCF_ID_TEXT], file_name[SCF_ID_TEXT + 8];
    struct scf_buf text;
    scf_id_format(scf_record_kind_prefix(m->record->kind), &m->record->id, id);
    snprintf(file_name, sizeof file_name, "%s.asice", id);
    const struct scf_instructions i = {.file_name = file_name,
                                       .suite = m->facts.record.suite,
                                       .signed_us = m->signed_us,
                                       .cosigned = m->facts.witness_keys.n > 0,
                                       .anchors = m->facts.anchors,
                                       .proven_us = m->proven_us,
                                       .anchor_count = m->facts.anchor_count};
    scf_buf_init(&text, TEXT_MAX);
    scf_instructions_write(&i, &text);
    return keep(m->arena, &text, &m->facts.instructions);
}

static enum scf_code sign(struct making *m, struct scf_error *err) {
    struct scf_buf der;
    struct scf_str kept;
    scf_buf_init(&der, SIGNATURE_MAX);
    if (m->signed_us > scf_signer_until_us(m->services->evidence_signer))
        return scf_fail(err, SCF_E_SIGNER_ENDED,
                        "The certificate that signs evidence ended before the record was sealed, "
                        "anchored or cosigned.");
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

/* ---- the time stamp ---- */

/* Calls out. Service threads are few: most must not wait here. */
static enum scf_code ask_for_stamp(struct making *m, const struct scf_hash *manifest,
                                   struct scf_evidence_stamp *ret, struct scf_error *err) {
    const struct scf_anchor_target *target;
    if (atomic_fetch_add(&stamping, 1) >= SCF_STAMPING_MAX) {
        atomic_fetch_sub(&stamping, 1);
        return scf_fail(err, SCF_E_TIMESTAMP_UNAVAILABLE,
                        "Others wait for the timestamp authorities; try again.");
    }
    enum scf_code code = scf_anchor_stamp(m->db, m->arena, m->services, manifest, &ret->token,
                                          &ret->ca_pem, &target, err);
    atomic_fetch_sub(&stamping, 1);
    if (code == SCF_E_UPSTREAM)
        return scf_fail(err, SCF_E_TIMESTAMP_UNAVAILABLE,
                        "No timestamp authority answered; try again, or with timestamp=none.");
    if (code != SCF_OK)
        return code;
    ret->target = target->name;
    return scf_evidence_stamp_keep(m->db, m->arena, manifest, scf_now_us(), ret, err);
}

/* Without any authority there is no stamp, and no second manifest. */
static enum scf_code stamp(struct making *m, struct scf_error *err) {
    struct scf_evidence_stamp kept;
    size_t files = m->bundle.n;
    scf_bundle_put_manifest_2(&m->bundle);
    if (m->bundle.failed)
        return scf_fail_memory(err);
    struct scf_str text = scf_bundle_bytes(&m->bundle, SCF_MANIFEST_2);
    struct scf_hash manifest = scf_sha256(text.p, text.n);
    enum scf_code code = scf_evidence_stamp_get(m->db, m->arena, &manifest, &kept, err);
    bool none = code == SCF_OK && kept.token.n == 0 && !kept.possible;
    if (code == SCF_OK && kept.token.n == 0 && kept.possible)
        code = ask_for_stamp(m, &manifest, &kept, err);
    if (none || code == SCF_E_NO_TIMESTAMP_AUTHORITY) { /* the last one was just switched off */
        m->bundle.n = files;
        return SCF_OK;
    }
    if (code == SCF_OK)
        scf_bundle_put_timestamp(&m->bundle, kept.token, kept.ca_pem);
    return code;
}

/* Said before it is signed, for an authority need not stamp what nobody gets; and of the whole. */
static enum scf_code check_size(struct making *m, struct scf_error *err) {
    if (m->bundle.full)
        return scf_fail(err, SCF_E_BUNDLE_TOO_LARGE,
                        "The bundle would have more than %d files. The record and its proof can be "
                        "read apart.",
                        SCF_BUNDLE_FILES_MAX);
    size_t size = scf_bundle_size(&m->bundle);
    const struct scf_zip_entry *largest = scf_bundle_largest(&m->bundle);
    if (size <= SCF_ZIP_BYTES_MAX)
        return SCF_OK;
    return scf_fail(
        err, SCF_E_BUNDLE_TOO_LARGE,
        "The bundle would have %zu bytes, and may have %d. The largest file in it is %.*s with "
        "%zu bytes. The record and its proof can be read apart.",
        size, SCF_ZIP_BYTES_MAX, (int)largest->name.n, largest->name.p, largest->bytes.n);
}

static enum scf_code make(struct making *m, bool stamped, struct scf_buf *out,
                          struct scf_error *err) {
    enum scf_code code = read_facts(m, err);
    code = code == SCF_OK ? read_cosigned(m, err) : code;
    code = code == SCF_OK ? read_anchors(m, err) : code;
    if (code != SCF_OK)
        return code;
    set_time(m);
    if (!write_readme(m) || !write_instructions(m))
        return scf_fail_memory(err);
    scf_bundle_put_content(&m->bundle, &m->facts);
    code = m->bundle.failed && !m->bundle.full ? scf_fail_memory(err) : check_size(m, err);
    code = code == SCF_OK ? sign(m, err) : code;
    if (code == SCF_OK && stamped)
        code = stamp(m, err);
    code = code == SCF_OK ? check_size(m, err) : code;
    if (code != SCF_OK)
        return code;
    scf_bundle_write(&m->bundle, out);
    return out->overflow ? scf_fail_memory(err) : SCF_OK;
}

enum scf_code scf_bundle_make(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_services *services, const struct scf_record *record,
                              bool stamped, struct scf_buf *out, struct scf_error *err) {
    struct making *m = making_new(db, arena, services, record);
    return m != NULL ? make(m, stamped, out, err) : scf_fail_memory(err);
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

static enum scf_code name_anchors(struct making *m, struct scf_certificate *c,
                                  struct scf_error *err) {
    struct scf_certificate_anchor *list = scf_alloc(m->arena, m->facts.anchor_count, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < m->facts.anchor_count; i++) {
        const struct scf_anchor_entry *e = m->entries[i];
        list[i] = (struct scf_certificate_anchor){.target = e->target->name,
                                                  .kind = scf_anchor_kind_names[e->target->kind],
                                                  .state = scf_anchor_state_names[e->state],
                                                  .reference = e->reference,
                                                  .proven_us = m->proven_us[i] > 0 ? m->proven_us[i]
                                                                                   : e->proven_us};
    }
    c->anchors = list;
    c->anchor_count = m->facts.anchor_count;
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
    code = code == SCF_OK ? read_anchors(m, err) : code;
    code = code == SCF_OK ? name_anchors(m, &c, err) : code;
    code = code == SCF_OK ? read_subject(m, &c, err) : code;
    code = code == SCF_OK ? scf_evidence_judges(db, arena, &c.judges, err) : code;
    return code == SCF_OK ? scf_certificate_draw(&c, arena, out, err) : code;
}
