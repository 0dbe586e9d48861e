/* The questions of a batch: distinct chains, keys, enterprises and records that its items name. */
#include "decide.h"
#include "map.h"

static struct scf_str uuid_key(const struct scf_uuid *u) {
    return (struct scf_str){(const char *)u->b, sizeof u->b};
}

/* A growing list of distinct questions of one kind; arrays are sized for the worst case. */
struct asking {
    struct scf_map map;
    size_t count;
};

static int compare_uuid_pointers(const void *a, const void *b) {
    return scf_uuid_compare(*(const struct scf_uuid *const *)a, *(const struct scf_uuid *const *)b);
}

static int ask_uuid(struct asking *asking, const struct scf_uuid **list, const struct scf_uuid *u) {
    int index = scf_map_put(&asking->map, uuid_key(u), (int)asking->count);
    if ((size_t)index == asking->count)
        list[asking->count++] = u;
    return index;
}

static bool names_enterprise(const struct scf_enterprise_ref *ref) {
    return ref->uscc.n > 0 || !scf_uuid_is_nil(&ref->id);
}

static int ask_enterprise(struct asking *asking, struct scf_enterprise_ref *list,
                          const struct scf_enterprise_ref *ref) {
    if (!names_enterprise(ref))
        return -1;
    struct scf_enterprise_ref *kept = &list[asking->count]; /* the map's keys point into it */
    *kept = *ref;
    struct scf_str key = kept->uscc.n > 0 ? kept->uscc : uuid_key(&kept->id);
    int index = scf_map_put(&asking->map, key, (int)asking->count);
    asking->count += (size_t)index == asking->count;
    return index;
}

/* Records by id carry their asker, since visibility depends on it: not made distinct. */
static int ask_id(struct scf_lookup *lookup, const struct scf_uuid *id,
                  const struct scf_uuid *asker) {
    if (scf_uuid_is_nil(id))
        return -1;
    lookup->ids[lookup->id_count] = id;
    lookup->id_askers[lookup->id_count] = asker;
    return (int)lookup->id_count++;
}

static int ask_business(struct scf_lookup *lookup, const struct scf_uuid *key,
                        const struct scf_uuid *asker) {
    if (scf_uuid_is_nil(key))
        return -1;
    lookup->business_keys[lookup->business_count] = key;
    lookup->business_askers[lookup->business_count] = asker;
    return (int)lookup->business_count++;
}

static int ask_contract(struct scf_lookup *lookup, const struct scf_item *item) {
    if (item->record.kind == SCF_REC_CONTRACT)
        return -1;
    return ask_business(lookup, &item->extract.contract_key, &item->record.chain_id);
}

/* Is it reported already, under another external id or by another node? */
static int ask_own(struct scf_lookup *lookup, const struct scf_item *item) {
    return ask_business(lookup, &item->extract.business_key, &item->record.chain_id);
}

static int ask_idempotency(struct scf_lookup *lookup, struct scf_item *item) {
    if (!item->idempotency)
        return -1;
    lookup->keyed[lookup->keyed_count] = item;
    return (int)lookup->keyed_count++;
}

/* What the item names by id beside its parties and contract; the answers' places go to `room`.
 * Returns the room that is left. */
static int *ask_named(struct scf_lookup *lookup, struct asking *enterprises,
                      const struct scf_item *item, int *room, struct scf_asks *asks) {
    const struct scf_extract *x = &item->extract;
    asks->enterprises = room;
    for (size_t i = 0; i < x->enterprises.count; i++) {
        const struct scf_enterprise_ref ref = {.id = x->enterprises.items[i].id};
        *room++ = ask_enterprise(enterprises, lookup->refs, &ref);
    }
    asks->records = room;
    for (size_t i = 0; i < x->records.count; i++)
        *room++ = ask_id(lookup, &x->records.items[i].id, &item->record.chain_id);
    return room;
}

/* The most that the items can ask. */
struct bounds {
    size_t refs, named, ids, keyed;
};

static struct bounds bounds_of(struct scf_item *const *items, size_t count) {
    enum { REFS_PER_ITEM = 3, IDS_PER_ITEM = 2 }; /* the parties; what is revised, the contract */
    struct bounds b = {.refs = REFS_PER_ITEM * count, .ids = IDS_PER_ITEM * count};
    for (size_t i = 0; i < count; i++) {
        const struct scf_extract *x = &items[i]->extract;
        b.refs += x->enterprises.count;
        b.ids += x->records.count;
        b.named += x->enterprises.count + x->records.count;
        b.keyed += items[i]->idempotency != NULL;
    }
    return b;
}

static bool make_room(struct scf_arena *arena, size_t n, const struct bounds *b,
                      struct scf_lookup *l) {
    l->chains = scf_alloc(arena, n, sizeof *l->chains);
    l->chain_sizes = scf_alloc(arena, n, sizeof *l->chain_sizes);
    l->keys = scf_alloc(arena, n, sizeof *l->keys);
    l->key_live = scf_alloc(arena, n, sizeof *l->key_live);
    l->same = scf_alloc(arena, n, sizeof *l->same);
    l->keyed = scf_alloc(arena, b->keyed, sizeof *l->keyed);
    l->first_uses = scf_alloc(arena, b->keyed, sizeof *l->first_uses);
    l->ids = scf_alloc(arena, b->ids, sizeof *l->ids);
    l->id_askers = scf_alloc(arena, b->ids, sizeof *l->id_askers);
    l->by_id = scf_alloc(arena, b->ids, sizeof *l->by_id);
    l->business_keys = scf_alloc(arena, 2 * n, sizeof *l->business_keys);
    l->business_askers = scf_alloc(arena, 2 * n, sizeof *l->business_askers);
    l->by_key = scf_alloc(arena, 2 * n, sizeof *l->by_key);
    l->refs = scf_alloc(arena, b->refs, sizeof *l->refs);
    l->enterprises = scf_alloc(arena, b->refs, sizeof *l->enterprises);
    l->enterprise_new = scf_alloc(arena, b->refs, sizeof *l->enterprise_new);
    return l->enterprise_new && l->enterprises && l->refs && l->by_key && l->business_askers &&
           l->business_keys && l->by_id && l->id_askers && l->ids && l->first_uses && l->keyed &&
           l->same && l->key_live && l->keys && l->chain_sizes && l->chains;
}

enum scf_code scf_lookup_ask(struct scf_arena *arena, struct scf_item **items, size_t count,
                             int64_t now_us, struct scf_lookup *ret, struct scf_asks **ret_asks,
                             struct scf_error *err) {
    struct scf_lookup l = {.items = items, .item_count = count, .now_us = now_us};
    struct scf_asks *asks = scf_alloc(arena, count, sizeof *asks);
    struct asking chains = {0}, keys = {0}, enterprises = {0};
    const struct bounds bounds = bounds_of(items, count);
    int *named = scf_alloc(arena, bounds.named, sizeof *named);
    if (!asks || !named || !make_room(arena, count, &bounds, &l) ||
        !scf_map_init(&chains.map, arena, count) || !scf_map_init(&keys.map, arena, count) ||
        !scf_map_init(&enterprises.map, arena, bounds.refs))
        return scf_fail(err, SCF_E_INTERNAL, "The batch is too large.");
    for (size_t i = 0; i < count; i++) {
        const struct scf_item *item = items[i];
        const struct scf_uuid *chain = &item->record.chain_id;
        ask_uuid(&chains, l.chains, chain);
        asks[i] = (struct scf_asks){
            .key = ask_uuid(&keys, l.keys, &item->key_id),
            .subject = ask_enterprise(&enterprises, l.refs, &item->extract.subject),
            .counterparty = ask_enterprise(&enterprises, l.refs, &item->extract.counterparty),
            .seller = ask_enterprise(&enterprises, l.refs, &item->extract.seller),
            .revises = ask_id(&l, &item->extract.revises_id, chain),
            .contract_id = ask_id(&l, &item->extract.contract_id, chain),
            .contract_key = ask_contract(&l, item),
            .own_key = ask_own(&l, item),
            .idempotency = ask_idempotency(&l, items[i]),
        };
        named = ask_named(&l, &enterprises, item, named, &asks[i]);
    }
    l.chain_count = chains.count;
    l.key_count = keys.count;
    l.ref_count = enterprises.count;
    l.ref_map = enterprises.map;
    qsort(l.chains, l.chain_count, sizeof *l.chains, compare_uuid_pointers);
    *ret = l;
    *ret_asks = asks;
    return SCF_OK;
}

size_t scf_lookup_complete(struct scf_lookup *lookup, struct scf_asks *asks) {
    size_t asked = lookup->business_count;
    for (size_t i = 0; i < lookup->item_count; i++) {
        struct scf_item *item = lookup->items[i];
        int ask = asks[i].seller >= 0 ? asks[i].seller : asks[i].subject;
        if (!item->extract.needs_seller_uscc || ask < 0 || !lookup->enterprises[ask])
            continue;
        scf_extract_complete_keys(&item->extract, item->record.kind,
                                  lookup->enterprises[ask]->uscc);
        asks[i].contract_key = ask_contract(lookup, item);
        if (asks[i].own_key < 0)
            asks[i].own_key = ask_own(lookup, item);
    }
    return asked;
}

size_t scf_lookup_chain(const struct scf_lookup *lookup, const struct scf_uuid *chain_id) {
    const struct scf_uuid **found = bsearch(&chain_id, lookup->chains, lookup->chain_count,
                                            sizeof *lookup->chains, compare_uuid_pointers);
    SCF_ASSERT(found);
    return (size_t)(found - lookup->chains);
}
