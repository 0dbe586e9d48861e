/* One chain of a replay. Its records are read in chain order, below the size that the receipt
 * names; each must be what its leaf says, its leaf what the sealed tree holds, and its columns what
 * its body says: then the sums over the columns are sums over what the nodes sent. Relies on
 * replay_store.c, on the tree of the chain room and on intake for the columns. */
#include "scfd/credit/gather.h"
#include "replay.h"
#include "scfd/intake/columns.h"
#include "scfd/party/node.h"

enum { BATCH_BYTES = 512 << 20, SCRATCH_BYTES = 64 << 20 }; /* upper bounds */

struct walk {
    struct scf_credit_replay *r;
    struct scf_replay_chain *chain;
    struct scf_chain_walk *tree;
    struct scf_arena *batch, *scratch;
    struct scf_uuid operator_id; /* of the node whose chain it is; nil: nobody */
    int node_kind;               /* −1: the platform */
    bool *heard;                 /* per key: the word of the node counts for that contract */
    bool rooted;                 /* the root of sealed_size was taken */
    const struct scf_limit_chain *recorded; /* NULL: the receipt quotes no root of this chain */
    bool has_later;                         /* the next two */
    int64_t later_size;
    struct scf_hash later_root;
};

/* ---- what was found ---- */

void scf_replay_fault(struct scf_credit_replay *r, const struct scf_record *record,
                      const char *what) {
    if (r->fault_n < SCF_REPLAY_FAULTS) {
        r->faults[r->fault_n++] = (struct scf_replay_fault){record->id, record->chain_id,
                                                            record->kind, record->leaf_index, what};
    }
    r->fault_count++;
}

void scf_replay_gap(struct scf_credit_replay *r, const char *pointer,
                    const struct scf_record *record, const char *why) {
    if (r->gap_n < SCF_REPLAY_FAULTS)
        r->gaps[r->gap_n++] = (struct scf_replay_gap){pointer, record->id, record->kind, why};
    r->gap_count++;
}

/* ---- one record ---- */

const char *scf_replay_record_fault(const struct scf_record *record) {
    static const uint8_t none[SCF_SALT_LEN];
    struct scf_hash h, zero = {{0}};
    bool no_digest =
        scf_hash_eq(&record->body_sha256, &zero) && scf_hash_eq(&record->body_sm3, &zero);
    if (record->body.p == NULL)
        return no_digest && memcmp(record->salt, none, sizeof none) == 0
                   ? ""
                   : "its body was removed, but not its digest and salt";
    h = scf_sha256(record->body.p, record->body.n);
    if (!scf_hash_eq(&h, &record->body_sha256))
        return "its body does not have the recorded SHA-256";
    if (record->suite == SCF_SUITE_SM3_SM2) {
        h = scf_digest(SCF_SM3, record->body.p, record->body.n);
        if (!scf_hash_eq(&h, &record->body_sm3))
            return "its body does not have the recorded SM3";
    }
    h = scf_leaf_hash(record);
    return scf_hash_eq(&h, &record->leaf_hash) ? NULL : "its leaf text does not have the leaf hash";
}

static enum scf_code check_tree(struct walk *w, const struct scf_record *record,
                                struct scf_error *err) {
    struct scf_hash sealed;
    bool known;
    enum scf_code code =
        scf_chain_walk_leaf(w->tree, w->r->db, record->leaf_index, &known, &sealed, err);
    if (code != SCF_OK)
        return code;
    if (!known && record->leaf_index < w->chain->sealed_size)
        scf_replay_fault(w->r, record, "its leaf is missing from the sealed tree");
    else if (known && !scf_hash_eq(&sealed, &record->leaf_hash))
        scf_replay_fault(w->r, record, "its leaf hash is not the one that was sealed");
    return SCF_OK;
}

static enum scf_code check_columns(struct walk *w, const struct scf_audit_columns *columns,
                                   struct scf_error *err) {
    const char *what;
    enum scf_code code = scf_record_columns_check(w->r->services->templates, w->r->db, columns,
                                                  w->scratch, &what, err);
    if (code == SCF_OK && what != NULL) {
        const char *copy = scf_strdup(w->r->arena, what);
        scf_replay_fault(w->r, columns->record, copy != NULL ? copy : "its columns differ");
    }
    scf_arena_reset(w->scratch);
    return code;
}

static enum scf_code check_record(struct walk *w, const struct scf_audit_columns *columns,
                                  struct scf_error *err) {
    const struct scf_record *record = columns->record;
    const char *what = scf_replay_record_fault(record);
    enum scf_code code = check_tree(w, record, err);
    if (code != SCF_OK)
        return code;
    if (what == NULL)
        return check_columns(w, columns, err);
    if (what[0] != '\0')
        scf_replay_fault(w->r, record, what);
    else
        scf_replay_gap(w->r, NULL, record, "its body is erased: its columns are taken as they are");
    return SCF_OK;
}

/* ---- the tree ---- */

static enum scf_code take_root(struct walk *w, struct scf_error *err) {
    struct scf_replay_chain *c = w->chain;
    w->rooted = true;
    enum scf_code code =
        scf_chain_walk_root(w->tree, w->r->db, c->sealed_size, &c->known, &c->root, err);
    if (code == SCF_OK)
        c->root_ok =
            w->recorded == NULL || (c->known && scf_hash_eq(&c->root, &w->recorded->sealed_root));
    return code;
}

/* Leaves that were folded but not sealed at the time stand in a later block, if there is one by
 * now: its root must come out too. It is looked up before the first tile is read: tiles that are
 * read after a block hold its hashes, but a block that is sealed in between has more than they. */
static enum scf_code find_later_block(struct walk *w, struct scf_error *err) {
    const struct scf_replay_chain *c = w->chain;
    int64_t size = c->size > c->sealed_size ? c->size : c->sealed_size;
    return scf_replay_block(w->r->db, w->batch, &c->chain_id, size, &w->has_later, &w->later_size,
                            &w->later_root, err);
}

static enum scf_code check_later_block(struct walk *w, struct scf_error *err) {
    struct scf_hash root;
    bool known;
    if (!w->has_later)
        return SCF_OK;
    enum scf_code code = scf_chain_walk_root(w->tree, w->r->db, w->later_size, &known, &root, err);
    if (code == SCF_OK)
        w->chain->root_ok &= known && scf_hash_eq(&root, &w->later_root);
    return code;
}

/* ---- the records ---- */

static const struct scf_template *template_of(void *templates, int32_t id) {
    return scf_templates_by_id(templates, id);
}

/* Contracts and guarantees are few, and what the limit says of them stands in their bodies: they
 * are kept until the walks are over. */
static enum scf_code keep(struct scf_credit_replay *r, const struct scf_record *record,
                          struct scf_error *err) {
    if (record->kind != SCF_REC_CONTRACT && record->kind != SCF_REC_GUARANTEE)
        return SCF_OK;
    if (r->kept_n == SCF_REPLAY_KEPT)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The borrower has too many contracts");
    struct scf_record *copy = &r->kept[r->kept_n++];
    *copy = *record;
    copy->measures = copy->external_id = (struct scf_str){NULL, 0};
    if (record->body.p == NULL)
        return SCF_OK;
    copy->body.p = scf_strndup(r->arena, record->body.p, record->body.n);
    return copy->body.p != NULL ? SCF_OK
                                : scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
}

/* What the facts of a contract rest on was erased: nothing can be said of them any more. */
static enum scf_code note_erased(struct scf_credit_replay *r, size_t key,
                                 const struct scf_record *record, struct scf_error *err) {
    struct scf_record *copy = scf_alloc(r->arena, 1, sizeof *copy);
    if (copy == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
    copy->id = record->id;
    copy->kind = record->kind;
    r->erased[key] = copy;
    return SCF_OK;
}

static enum scf_code take_fact(struct walk *w, const struct scf_record *record,
                               const struct scf_uuid *before, struct scf_error *err) {
    struct scf_credit_replay *r = w->r;
    bool of_contract = false;
    if (record->leaf_index >= w->chain->traded_size)
        return SCF_OK;
    for (size_t i = 0; i < r->key_count; i++) {
        if (!w->heard[i] ||
            (!scf_uuid_eq(r->keys[i], &record->contract_key) && !scf_uuid_eq(r->keys[i], before)))
            continue;
        of_contract = true;
        enum scf_code code = record->body.p == NULL && r->erased[i] == NULL
                                 ? note_erased(r, i, record, err)
                                 : SCF_OK;
        if (code != SCF_OK)
            return code;
    }
    return of_contract
               ? scf_trade_again_add(r->facts, record, before, &w->operator_id, w->node_kind, err)
               : SCF_OK;
}

static enum scf_code take_record(struct walk *w, const struct scf_replay_batch *b, size_t i,
                                 struct scf_error *err) {
    enum scf_code code = SCF_OK;
    if (!w->rooted && b->records[i].leaf_index >= w->chain->sealed_size)
        code = take_root(w, err);
    code = code == SCF_OK ? check_record(w, &b->columns[i], err) : code;
    code = code == SCF_OK ? keep(w->r, &b->records[i], err) : code;
    return code == SCF_OK ? take_fact(w, &b->records[i], &b->before[i], err) : code;
}

static enum scf_code take_batch(struct walk *w, const struct scf_replay_batch *b,
                                struct scf_error *err) {
    size_t rated = 0;
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < b->n; i++) {
        code = take_record(w, b, i, err);
        rated += b->records[i].leaf_index < w->chain->rated_size;
    }
    w->chain->records += (int64_t)b->n;
    return code == SCF_OK ? scf_replay_sums_add(&w->r->sums, w->batch, b->records, rated,
                                                template_of, w->r->services->templates, err)
                          : code;
}

/* Leaves from..until, in pieces that fit memory. */
static enum scf_code read_window(struct walk *w, int64_t from, int64_t until,
                                 struct scf_error *err) {
    struct scf_replay_batch b = {.n = SCF_REPLAY_ROWS};
    enum scf_code code = SCF_OK;
    while (code == SCF_OK && b.n == SCF_REPLAY_ROWS && from < until) {
        scf_arena_reset(w->batch);
        code = scf_replay_leaves(w->r->db, w->batch, &w->chain->chain_id, from, until,
                                 &w->r->recorded.borrower_id, w->r->keys, w->r->key_count, &b, err);
        if (code == SCF_OK && b.n > 0) {
            from = b.records[b.n - 1].leaf_index + 1;
            code = take_batch(w, &b, err);
        }
    }
    return code;
}

static enum scf_code read_all(struct walk *w, struct scf_error *err) {
    struct scf_credit_replay *r = w->r;
    int64_t size = w->chain->size;
    enum scf_code code = find_later_block(w, err);
    if (code != SCF_OK)
        return code;
    for (int64_t from = 0; from < size; from += SCF_REPLAY_WINDOW) {
        int64_t until = size - from < SCF_REPLAY_WINDOW ? size : from + SCF_REPLAY_WINDOW;
        code = read_window(w, from, until, err);
        r->leaves += until - from;
        if (code == SCF_OK)
            code = scf_job_progress(r->job, r->leaves, r->leaves_total, "leaves", err);
        if (code != SCF_OK)
            return code;
    }
    code = w->rooted ? SCF_OK : take_root(w, err);
    return code == SCF_OK ? check_later_block(w, err) : code;
}

/* Who may speak for whom is what the directory of nodes says now: it keeps no past. */
static enum scf_code read_node(struct walk *w, struct scf_error *err) {
    struct scf_node node;
    enum scf_code code =
        scf_node_get(w->r->db, w->r->arena, &w->chain->chain_id, false, &node, err);
    w->node_kind = code == SCF_OK ? (int)node.kind : -1;
    if (code == SCF_OK)
        w->operator_id = node.operator_enterprise_id;
    return code == SCF_E_NOT_FOUND ? SCF_OK : code;
}

/* A stranger's records are checked like all others, but are no facts of the contract: however many
 * there are, they are not kept. */
static enum scf_code read_hearing(struct walk *w, struct scf_error *err) {
    struct scf_credit_replay *r = w->r;
    size_t key = 0;
    w->heard = scf_alloc(r->arena, r->key_count, sizeof *w->heard);
    if (w->heard == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
    for (size_t i = 0; i < r->recorded.contract_count; i++) {
        const struct scf_record *k = &r->asked[i];
        struct scf_error ignored = {0}; /* unreadable is as good as erased */
        if (scf_uuid_is_nil(&k->business_key))
            continue;
        const cJSON *body =
            k->body.p != NULL ? scf_json_parse(w->scratch, k->body.p, k->body.n, &ignored) : NULL;
        struct scf_trade_contract contract = scf_gather_trade(k, body, NULL);
        w->heard[key++] = scf_trade_is_heard(&contract, &w->operator_id, w->node_kind);
        scf_arena_reset(w->scratch);
    }
    return SCF_OK;
}

/* A chain that is gone has no suite; what it lacks the walk says. */
static enum scf_code open_tree(struct walk *w, struct scf_error *err) {
    struct scf_chain_state state = {0};
    const struct scf_uuid *id = &w->chain->chain_id;
    enum scf_code code = scf_chain_sealed_state(w->r->db, w->r->arena, id, &state, err);
    if (code != SCF_OK && code != SCF_E_NOT_FOUND)
        return code;
    w->tree = scf_chain_walk_new(w->r->arena, id, state.suite);
    return w->tree != NULL ? SCF_OK : scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
}

enum scf_code scf_replay_walk(struct scf_credit_replay *r, struct scf_replay_chain *chain,
                              struct scf_error *err) {
    struct walk w = {.r = r,
                     .chain = chain,
                     .batch = scf_arena_new(BATCH_BYTES),
                     .scratch = scf_arena_new(SCRATCH_BYTES)};
    enum scf_code code = SCF_OK;
    for (size_t i = 0; i < r->recorded.chain_count; i++)
        if (scf_uuid_eq(&r->recorded.chains[i].chain_id, &chain->chain_id))
            w.recorded = &r->recorded.chains[i];
    if (!scf_replay_sums_chain(&r->sums))
        code = scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
    code = code == SCF_OK ? open_tree(&w, err) : code;
    code = code == SCF_OK ? read_node(&w, err) : code;
    code = code == SCF_OK ? read_hearing(&w, err) : code;
    code = code == SCF_OK ? read_all(&w, err) : code;
    scf_arena_free(w.batch);
    scf_arena_free(w.scratch);
    return code;
}
