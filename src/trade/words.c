/* Whose word counts, and which word of several. Relies on facts being in order of receipt. */
#include "view.h"

#include "scfd/base/table.h"

bool scf_word_proves(const struct scf_word *w) {
    return w->live && (w->standing == SCF_STANDS_BUYER || w->standing == SCF_STANDS_HOUSE);
}

bool scf_word_is(const struct scf_word *w, enum scf_record_kind kind) {
    return w->live && w->fact->kind == kind;
}

/* ---- standing ---- */

static bool is_trade_system(int node_kind) {
    return node_kind < 0 || node_kind == SCF_NODE_PROCUREMENT || node_kind == SCF_NODE_ERP ||
           node_kind == SCF_NODE_WORKFLOW || node_kind == SCF_NODE_LOGISTICS;
}

static bool is_named(const struct scf_order *o, const struct scf_uuid *enterprise) {
    for (size_t i = 0; i < o->party_count; i++)
        if (scf_uuid_eq(&o->parties[i], enterprise))
            return true;
    return false;
}

static enum scf_standing standing_of(const struct scf_case *c, const struct scf_fact *f) {
    if (scf_uuid_is_nil(&f->operator_id))
        return is_trade_system(f->node_kind) ? SCF_STANDS_HOUSE : SCF_STANDS_LENDER;
    if (scf_uuid_eq(&f->operator_id, &c->contract->seller_id))
        return SCF_STANDS_SELLER;
    if (scf_uuid_eq(&f->operator_id, &c->contract->buyer_id))
        return SCF_STANDS_BUYER;
    if (f->node_kind == SCF_NODE_LENDER || f->node_kind == SCF_NODE_GUARANTOR)
        return SCF_STANDS_LENDER;
    return is_named(&c->order, &f->operator_id) ? SCF_STANDS_NAMED : SCF_STANDS_STRANGER;
}

/* ---- liveness ---- */

struct by_record {
    struct scf_uuid id;
    uint32_t index;
};

/* A record of a node is superseded by the node's own later one that revises it. */
static bool drop_superseded(struct scf_case *c) {
    struct scf_table records;
    if (!scf_table_init(&records, c->arena, sizeof(struct scf_uuid), sizeof(struct by_record),
                        c->word_count))
        return false;
    for (size_t i = 0; i < c->word_count; i++) {
        struct by_record *r = scf_table_put(&records, &c->words[i].fact->record_id);
        r->index = (uint32_t)i;
    }
    for (size_t i = 0; i < c->word_count; i++) {
        const struct scf_fact *f = c->words[i].fact;
        const struct by_record *r =
            scf_uuid_is_nil(&f->revises_id) ? NULL : scf_table_find(&records, &f->revises_id);
        if (r != NULL && scf_uuid_eq(&c->words[r->index].fact->chain_id, &f->chain_id) &&
            c->words[r->index].fact->leaf_index < f->leaf_index)
            c->words[r->index].live = false;
    }
    return true;
}

struct by_object {
    struct scf_uuid object_key, chain_id;
    int64_t leaf; /* last error declaration, or newest record */
};

static struct by_object *put_object(struct scf_table *t, const struct scf_fact *f) {
    struct by_object key = {.object_key = f->object_key, .chain_id = f->chain_id};
    return scf_table_put(t, &key);
}

static bool objects_init(struct scf_case *c, struct scf_table *t) {
    return scf_table_init(t, c->arena, 2 * sizeof(struct scf_uuid), sizeof(struct by_object),
                          c->word_count);
}

/* EPCIS: the declaration carries the event_id of the event that it declares wrong. Only the node
 * that reported an event can take it back. The declaration itself says nothing else. */
static bool drop_negated(struct scf_case *c) {
    struct scf_table declared;
    if (!objects_init(c, &declared))
        return false;
    for (size_t i = 0; i < c->word_count; i++) {
        const struct scf_fact *f = c->words[i].fact;
        if (f->kind != SCF_REC_WORKFLOW_EVENT || !f->declares_error)
            continue;
        c->words[i].live = false;
        struct by_object *o = put_object(&declared, f);
        o->leaf = o->leaf > f->leaf_index ? o->leaf : f->leaf_index;
    }
    for (size_t i = 0; declared.n > 0 && i < c->word_count; i++) {
        const struct scf_fact *f = c->words[i].fact;
        struct by_object key = {.object_key = f->object_key, .chain_id = f->chain_id};
        const struct by_object *o = scf_table_find(&declared, &key);
        if (f->kind == SCF_REC_WORKFLOW_EVENT && o != NULL && f->leaf_index < o->leaf)
            c->words[i].live = false;
    }
    return true;
}

/* Of the contract or of an invoice the newest record of a node is its word, also when it does not
 * say what it revises. */
static bool drop_older(struct scf_case *c) {
    struct scf_table newest;
    if (!objects_init(c, &newest))
        return false;
    for (size_t i = 0; i < c->word_count; i++) {
        const struct scf_fact *f = c->words[i].fact;
        if (f->kind == SCF_REC_WORKFLOW_EVENT)
            continue;
        struct by_object *o = put_object(&newest, f);
        o->leaf = o->leaf > f->leaf_index ? o->leaf : f->leaf_index;
    }
    for (size_t i = 0; i < c->word_count; i++) {
        const struct scf_fact *f = c->words[i].fact;
        if (f->kind != SCF_REC_WORKFLOW_EVENT && put_object(&newest, f)->leaf != f->leaf_index)
            c->words[i].live = false;
    }
    return true;
}

struct by_event {
    struct scf_uuid object_key;
    uint8_t proves[16]; /* a uuid's width, so that the key has no padding */
};

/* Several nodes may pass on the same event: the first word counts, of those that prove and of those
 * that do not, so that a seller who is quicker takes nothing from the buyer's word. */
static bool drop_repeated(struct scf_case *c) {
    struct scf_table seen;
    if (!scf_table_init(&seen, c->arena, sizeof(struct by_event), sizeof(struct by_event),
                        c->word_count))
        return false;
    for (size_t i = 0; i < c->word_count; i++) {
        struct scf_word *w = &c->words[i];
        if (!scf_word_is(w, SCF_REC_WORKFLOW_EVENT))
            continue;
        struct by_event key = {.object_key = w->fact->object_key, .proves = {scf_word_proves(w)}};
        if (scf_table_find(&seen, &key) != NULL)
            w->live = false;
        else
            scf_table_put(&seen, &key);
    }
    return true;
}

bool scf_words_read(struct scf_case *c, const struct scf_fact *facts, size_t n) {
    c->words = scf_alloc(c->arena, n, sizeof *c->words);
    c->word_count = n;
    if (c->words == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct scf_word *w = &c->words[i];
        *w = (struct scf_word){.fact = &facts[i], .standing = standing_of(c, &facts[i])};
        w->live = facts[i].readable && w->standing != SCF_STANDS_STRANGER;
    }
    return drop_superseded(c) && drop_negated(c) && drop_older(c) && drop_repeated(c);
}
