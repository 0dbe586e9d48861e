/* Facts out of records, for views of the past: what folding would have written, and what reading
 * that back would have given, without either. Pure. */
#include "fact_store.h"
#include "view.h"

enum { GROWTH = 1024 };

struct scf_trade_again {
    struct scf_arena *arena;
    struct scf_arena *scratch; /* for one body */
    struct scf_buf detail;
    struct scf_fact *facts; /* grows by doubling: old lists stay in the arena */
    size_t n, room;
};

static void free_again(void *p) {
    struct scf_trade_again *a = p;
    scf_arena_free(a->scratch);
    scf_buf_free(&a->detail);
}

struct scf_trade_again *scf_trade_again_new(struct scf_arena *arena) {
    struct scf_trade_again *a = scf_alloc(arena, 1, sizeof *a);
    if (a == NULL)
        return NULL;
    a->arena = arena;
    a->scratch = scf_arena_new(64 << 20);
    scf_buf_init(&a->detail, 64 << 20);
    scf_defer(arena, free_again, a);
    return a;
}

/* ---- facts ---- */

static struct scf_fact *add_fact(struct scf_trade_again *a) {
    if (a->n == a->room) {
        size_t room = a->room > 0 ? 2 * a->room : GROWTH;
        struct scf_fact *more =
            room <= 2 * (size_t)SCF_FACTS_AT_ONCE ? scf_alloc(a->arena, room, sizeof *more) : NULL;
        if (more == NULL)
            return NULL;
        if (a->n > 0)
            memcpy(more, a->facts, a->n * sizeof *more);
        a->facts = more;
        a->room = room;
    }
    return &a->facts[a->n++];
}

static struct scf_uuid object_of(const struct scf_record *r, const cJSON *body) {
    struct scf_uuid key =
        r->kind == SCF_REC_WORKFLOW_EVENT ? scf_fact_event_key(body) : r->business_key;
    return scf_uuid_is_nil(&key) ? r->id : key;
}

/* The digest of the body as a tree that lasts; NULL when the body is erased. */
static const cJSON *detail_of(struct scf_trade_again *a, const struct scf_record *r,
                              const cJSON *body) {
    struct scf_error ignored = {0}; /* our own text: only memory can be lacking, which shows */
    if (body == NULL)
        return NULL;
    scf_buf_clear(&a->detail);
    scf_fact_digest(r->kind, body, &a->detail);
    char *text = a->detail.overflow ? NULL : scf_strndup(a->arena, a->detail.data, a->detail.len);
    return text != NULL ? scf_json_parse(a->arena, text, a->detail.len, &ignored) : NULL;
}

static struct scf_fact columns_of(const struct scf_record *r, const struct scf_uuid *contract_key,
                                  const struct scf_uuid *operator_id, int node_kind) {
    struct scf_fact f = {.contract_key = *contract_key,
                         .chain_id = r->chain_id,
                         .record_id = r->id,
                         .revises_id = r->revises_id,
                         .leaf_index = r->leaf_index,
                         .kind = r->kind,
                         .received_us = r->received_us,
                         .has_happened = r->has_happened,
                         .happened_us = r->happened_us,
                         .seller_id = r->enterprise_id,
                         .buyer_id = r->counterparty_id,
                         .has_amount = r->has_amount,
                         .amount = r->amount,
                         .body_sha256 = r->body_sha256,
                         .operator_id = *operator_id,
                         .node_kind = node_kind};
    memcpy(f.currency, r->currency, sizeof f.currency);
    return f;
}

static enum scf_code too_many(struct scf_error *err) {
    return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The contracts have too many records");
}

enum scf_code scf_trade_again_add(struct scf_trade_again *again, const struct scf_record *record,
                                  const struct scf_uuid *before, const struct scf_uuid *operator_id,
                                  int node_kind, struct scf_error *err) {
    struct scf_error ignored = {0}; /* what cannot be read claims nothing, like what was erased */
    const struct scf_uuid *contract = &record->contract_key;
    if (record->kind < SCF_REC_CONTRACT || record->kind > SCF_REC_INVOICE)
        return SCF_OK;
    scf_arena_reset(again->scratch);
    const cJSON *body = record->body.p != NULL ? scf_json_parse(again->scratch, record->body.p,
                                                                record->body.n, &ignored)
                                               : NULL;
    struct scf_uuid object = object_of(record, body);
    if (!scf_uuid_is_nil(contract)) {
        const cJSON *detail = detail_of(again, record, body);
        struct scf_fact *f = add_fact(again);
        if (f == NULL || (body != NULL && detail == NULL))
            return too_many(err);
        *f = columns_of(record, contract, operator_id, node_kind);
        f->object_key = object;
        if (!scf_fact_read(again->arena, detail, f))
            return too_many(err);
    }
    if (!scf_uuid_is_nil(before) && !scf_uuid_eq(before, contract)) { /* moved away from there */
        struct scf_fact *f = add_fact(again);
        if (f == NULL)
            return too_many(err);
        *f = columns_of(record, before, operator_id, node_kind);
        f->object_key = object;
        if (!scf_fact_read(again->arena, NULL, f))
            return too_many(err);
    }
    return SCF_OK;
}

/* ---- views ---- */

/* The order in which fact_store.c reads them. */
static int fact_order(const void *pa, const void *pb) {
    const struct scf_fact *a = pa, *b = pb;
    int order = scf_uuid_compare(&a->contract_key, &b->contract_key);
    if (order == 0)
        order = (a->received_us > b->received_us) - (a->received_us < b->received_us);
    if (order == 0)
        order = scf_uuid_compare(&a->chain_id, &b->chain_id);
    return order != 0 ? order : (a->leaf_index > b->leaf_index) - (a->leaf_index < b->leaf_index);
}

bool scf_trade_is_heard(const struct scf_trade_contract *contract,
                        const struct scf_uuid *operator_id, int node_kind) {
    const cJSON *party;
    struct scf_uuid id;
    if (scf_uuid_is_nil(operator_id) || node_kind == SCF_NODE_LENDER ||
        node_kind == SCF_NODE_GUARANTOR || scf_uuid_eq(operator_id, &contract->seller_id) ||
        scf_uuid_eq(operator_id, &contract->buyer_id))
        return true;
    cJSON_ArrayForEach(party, scf_json_get(contract->body, "other_parties")) {
        if (scf_id_parse("ent", scf_str(scf_json_string(party, "enterprise_id")), &id) &&
            scf_uuid_eq(&id, operator_id))
            return true;
    }
    return false;
}

static int64_t limit_of(const struct scf_fact *f, const struct scf_trade_chain *limits, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (scf_uuid_eq(&limits[i].chain_id, &f->chain_id))
            return limits[i].folded_size;
    return 0;
}

enum scf_code scf_trade_again_views(struct scf_trade_again *again, const struct scf_policy *policy,
                                    const struct scf_trade_contract *contracts, size_t n,
                                    int64_t as_of_us, const struct scf_trade_chain *limits,
                                    size_t limit_count, struct scf_trade_view *ret,
                                    struct scf_error *err) {
    struct scf_fact *facts = scf_alloc(again->arena, again->n, sizeof *facts);
    int64_t *folded = scf_alloc(again->arena, again->n, sizeof *folded);
    if (facts == NULL || folded == NULL)
        return too_many(err);
    if (again->n > 0)
        qsort(again->facts, again->n, sizeof *again->facts, fact_order);
    for (size_t i = 0; i < n; i++) {
        size_t count = 0;
        for (size_t k = 0; k < again->n; k++) {
            const struct scf_fact *f = &again->facts[k];
            int64_t limit = limit_of(f, limits, limit_count);
            if (!scf_uuid_eq(&f->contract_key, &contracts[i].contract_key) ||
                f->received_us > as_of_us || f->leaf_index >= limit ||
                !scf_trade_is_heard(&contracts[i], &f->operator_id, f->node_kind))
                continue;
            folded[count] = limit;
            facts[count++] = *f;
        }
        struct scf_case c = {.arena = again->arena,
                             .policy = policy,
                             .contract = &contracts[i],
                             .as_of_us = as_of_us};
        if (count > SCF_TRADE_MAX_FACTS || !scf_view_make(&c, facts, folded, count, &ret[i]))
            return too_many(err);
        facts += count; /* views look into them */
        folded += count;
    }
    return SCF_OK;
}
