/* Audit of a run of leaves: every record against its leaf, every leaf against the level-0 tiles.
 * Relies on audit_store. */
#include "audit_store.h"

struct run {
    struct scf_auditor *a;
    const struct scf_audit_chain *chain;
    int64_t first, past; /* this job's share of the chain */
    int64_t next;        /* leaf that must come now */
    int64_t done;        /* counted and not yet reported as progress */
    int64_t size_now;    /* −1: not looked up yet */
    bool lost;           /* a question to the database failed: err is set */
    /* Level-0 tiles of the share, one behind the other; known[i] says that tile i was there. */
    struct scf_hash *tiles;
    int16_t known[SCF_AUDIT_LEAVES / SCF_TILE_WIDTH];
};

/* ---- tiles ---- */

static bool keep_tile(void *ctx, int64_t n, struct scf_str hashes) {
    struct run *r = ctx;
    size_t slot = (size_t)(n - r->first / SCF_TILE_WIDTH);
    size_t count = hashes.n / SCF_HASH_LEN;
    if (count > SCF_TILE_WIDTH)
        count = SCF_TILE_WIDTH;
    memcpy(r->tiles + slot * SCF_TILE_WIDTH, hashes.p, count * SCF_HASH_LEN);
    r->known[slot] = (int16_t)count;
    return true;
}

static enum scf_code load_tiles(struct run *r) {
    int64_t sealed = r->past < r->chain->state.sealed ? r->past : r->chain->state.sealed;
    if (sealed <= r->first)
        return SCF_OK;
    r->tiles = scf_alloc(r->a->arena, SCF_AUDIT_LEAVES, sizeof *r->tiles);
    if (r->tiles == NULL)
        return scf_fail(&r->a->err, SCF_E_INTERNAL, "The audit is out of memory.");
    return scf_audit_read_tiles(
        r->a->db, r->a->arena, &r->chain->state.chain_id, r->first / SCF_TILE_WIDTH,
        (sealed + SCF_TILE_WIDTH - 1) / SCF_TILE_WIDTH, keep_tile, r, &r->a->err);
}

/* The sealed hash of a leaf; NULL when its tile lacks it. */
static const struct scf_hash *sealed_hash(const struct run *r, int64_t index) {
    size_t at = (size_t)(index - r->first);
    if (r->tiles == NULL || (int)(at % SCF_TILE_WIDTH) >= r->known[at / SCF_TILE_WIDTH])
        return NULL;
    return &r->tiles[at];
}

/* ---- one record ---- */

/* NULL: body_sm3 is there exactly in chains of SM3, and is that of the body. */
static const char *sm3_fault(const struct scf_audit_leaf *leaf, const struct scf_record *r) {
    if (r->suite != SCF_SUITE_SM3_SM2)
        return leaf->has_sm3 ? "it has a body_sm3, but its chain is none of SM3" : NULL;
    if (leaf->sm3_n != SCF_HASH_LEN)
        return "its body_sm3 is missing or has the wrong length";
    struct scf_hash h = scf_digest(SCF_SM3, r->body.p, r->body.n);
    return scf_hash_eq(&h, &r->body_sm3) ? NULL : "its body does not have the recorded SM3";
}

/* NULL: the record gives its leaf hash. */
static const char *record_fault(const struct scf_audit_leaf *leaf, struct scf_record *r) {
    if (leaf->kind < 0 || leaf->kind >= SCF_REC_KINDS)
        return "its kind is unknown";
    r->kind = (enum scf_record_kind)leaf->kind;
    /* The server erases nothing yet, so that whatever is gone was taken away behind its back. */
    if (!leaf->has_body && !leaf->has_digest && !leaf->has_salt && !leaf->has_sm3)
        return "its body, digest and salt were removed";
    if (!leaf->has_body || !leaf->has_digest || !leaf->has_salt)
        return "it is erased in part only";
    if (leaf->digest_n != SCF_HASH_LEN || leaf->salt_n != SCF_SALT_LEN)
        return "its body_sha256 or salt has the wrong length";
    struct scf_hash h = scf_sha256(r->body.p, r->body.n);
    if (!scf_hash_eq(&h, &r->body_sha256))
        return "its body does not have the recorded SHA-256";
    const char *why = sm3_fault(leaf, r);
    if (why != NULL)
        return why;
    h = scf_leaf_hash(r);
    if (!scf_hash_eq(&h, &r->leaf_hash)) {
        return "its leaf text (id, kind, external_id, received_at, digest of the body, salt) does "
               "not have the leaf hash";
    }
    return NULL;
}

/* NULL: the leaf hash is the sealed one, or not sealed yet. */
static const char *tile_fault(const struct run *r, const struct scf_record *record) {
    if (record->leaf_index >= r->chain->state.sealed)
        return NULL;
    const struct scf_hash *sealed = sealed_hash(r, record->leaf_index);
    if (sealed == NULL)
        return "its leaf hash is missing from the tiles";
    return scf_hash_eq(sealed, &record->leaf_hash) ? NULL
                                                   : "its leaf hash differs from the sealed tile";
}

/* NULL: the columns say what the body says. Only for a record whose body is sound. */
static const char *column_fault(struct run *r, const struct scf_audit_leaf *leaf,
                                const struct scf_record *record) {
    struct scf_auditor *a = r->a;
    const struct scf_audit_options *o = a->options;
    const char *said = NULL, *why = NULL;
    if (o->columns == NULL)
        return NULL;
    struct scf_audit_columns columns = {record, leaf->enterprise_code, leaf->counterparty_code};
    if (o->columns(o->columns_ctx, a->aside, &columns, a->scratch, &said, &a->err) != SCF_OK)
        r->lost = true;
    if (!r->lost && said != NULL)
        why = scf_strdup(a->arena, said);
    scf_arena_reset(a->scratch);
    return why;
}

static const char *leaf_fault(struct run *r, const struct scf_audit_leaf *leaf,
                              struct scf_record *record) {
    const char *why = record_fault(leaf, record);
    if (why == NULL)
        why = tile_fault(r, record);
    return why == NULL ? column_fault(r, leaf, record) : why;
}

static void check_record(struct run *r, const struct scf_audit_leaf *leaf) {
    struct scf_record record = leaf->record;
    record.suite = r->chain->state.suite;
    const char *why = leaf_fault(r, leaf, &record);
    if (why == NULL)
        return;
    char id[SCF_ID_TEXT];
    bool known = leaf->kind >= 0 && leaf->kind < SCF_REC_KINDS;
    scf_id_format(known ? scf_record_kind_prefix(record.kind) : "rec", &record.id, id);
    scf_audit_fault(r->a, r->chain, SCF_AUDIT_LEAF, record.leaf_index, "record %s: %s", id, why);
}

/* ---- order ---- */

/* Records may have been added since the start; beyond the head of this moment they are surplus. */
static bool is_surplus(struct run *r, int64_t index) {
    if (index < 0)
        return true;
    if (index >= r->size_now) {
        struct scf_seal_state state;
        if (scf_audit_now(r->a->aside, r->a->arena, &r->chain->state.chain_id, &state,
                          &r->a->err) != SCF_OK) {
            r->lost = true;
            return false;
        }
        r->size_now = state.size;
    }
    return index >= r->size_now;
}

static void report_gap(struct run *r, int64_t past) {
    if (past > r->next) {
        scf_audit_fault(r->a, r->chain, SCF_AUDIT_LEAF, r->next,
                        "%" PRId64 " record%s missing from here", past - r->next,
                        past - r->next == 1 ? " is" : "s are");
    }
}

static bool take_leaf(void *ctx, const struct scf_audit_leaf *leaf) {
    struct run *r = ctx;
    int64_t index = leaf->record.leaf_index;
    if (index < r->first || index >= r->past) {
        if (is_surplus(r, index)) {
            scf_audit_fault(r->a, r->chain, SCF_AUDIT_LEAF, index,
                            "there is a record, but the chain has %" PRId64 " only", r->size_now);
        }
        return !r->lost;
    }
    report_gap(r, index);
    r->next = index + 1;
    check_record(r, leaf);
    if (++r->done == 1024) {
        scf_audit_count(r->a, r->done, 0, 0);
        r->done = 0;
    }
    return !r->lost;
}

enum scf_code scf_audit_leaves(struct scf_auditor *a, const struct scf_audit_chain *chain,
                               int64_t first) {
    int64_t size = chain->state.size;
    struct run *r = scf_alloc(a->arena, 1, sizeof *r);
    if (r == NULL)
        return scf_fail(&a->err, SCF_E_INTERNAL, "The audit is out of memory.");
    bool last = size - first <= SCF_AUDIT_LEAVES;
    *r = (struct run){.a = a, .chain = chain, .first = first, .next = first, .size_now = -1};
    r->past = last ? size : first + SCF_AUDIT_LEAVES;
    enum scf_code code = load_tiles(r);
    if (code != SCF_OK)
        return code;
    /* The first and the last share also look at what should not be there at all. */
    code = scf_audit_read_leaves(a->db, a->arena, &chain->state.chain_id,
                                 first == 0 ? INT64_MIN : first, last ? INT64_MAX : r->past,
                                 a->options->columns != NULL, take_leaf, r, &a->err);
    if (code != SCF_OK || r->lost)
        return code != SCF_OK ? code : a->err.code;
    report_gap(r, r->past);
    scf_audit_count(a, r->done, 0, 0);
    return SCF_OK;
}
