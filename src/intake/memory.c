/* Two direct-mapped tables of fixed size: a newer entry takes the place of an older one. */
#include "memory.h"

enum { HEADS = 1 << 10, ENTERPRISES = 1 << 12, CODE_MAX = 40, INDUSTRY_MAX = 8 };

struct head {
    struct scf_uuid chain_id; /* nil: free */
    int64_t size;
};

/* A text that fits in, or nothing: then the entry is not kept. */
struct known_enterprise {
    bool by_id;
    char ref[CODE_MAX]; /* the bytes of an id, else a code */
    uint8_t ref_length, code_length, industry_length;
    struct scf_uuid id;
    char code[CODE_MAX];
    char industry[INDUSTRY_MAX];
};

struct scf_memory {
    struct head heads[HEADS];
    struct known_enterprise enterprises[ENTERPRISES];
};

struct scf_memory *scf_memory_new(void) {
    struct scf_memory *memory = calloc(1, sizeof *memory);
    SCF_ASSERT(memory);
    return memory;
}

void scf_memory_free(struct scf_memory *memory) {
    free(memory);
}

static size_t slot_of(struct scf_str key, size_t slots) {
    return scf_map_hash(key) & (slots - 1);
}

static struct scf_str bytes_of(const struct scf_uuid *id) {
    return (struct scf_str){(const char *)id->b, sizeof id->b};
}

/* ---- heads ---- */

void scf_memory_put_head(struct scf_memory *memory, const struct scf_uuid *chain_id, int64_t size) {
    memory->heads[slot_of(bytes_of(chain_id), HEADS)] = (struct head){*chain_id, size};
}

static bool answer_head(const struct scf_memory *memory, struct scf_lookup *lookup) {
    const struct head *head = &memory->heads[slot_of(bytes_of(lookup->chains[0]), HEADS)];
    if (lookup->chain_count != 1 || !scf_uuid_eq(&head->chain_id, lookup->chains[0]))
        return false;
    lookup->chain_sizes[0] = head->size;
    return true;
}

/* ---- enterprises ---- */

static struct scf_str key_of(const struct scf_enterprise_ref *ref) {
    return ref->uscc.n > 0 ? ref->uscc : bytes_of(&ref->id);
}

void scf_memory_put_enterprises(struct scf_memory *memory, const struct scf_lookup *lookup) {
    for (size_t i = 0; i < lookup->ref_count; i++) {
        const struct scf_enterprise *e = lookup->enterprises[i];
        struct scf_str key = key_of(&lookup->refs[i]);
        if (!e || key.n > CODE_MAX || e->uscc.n > CODE_MAX || e->industry_code.n > INDUSTRY_MAX)
            continue;
        struct known_enterprise k = {.by_id = lookup->refs[i].uscc.n == 0,
                                     .ref_length = (uint8_t)key.n,
                                     .code_length = (uint8_t)e->uscc.n,
                                     .industry_length = (uint8_t)e->industry_code.n,
                                     .id = e->id};
        memcpy(k.ref, key.p, key.n);
        memcpy(k.code, e->uscc.p, e->uscc.n);
        if (e->industry_code.n > 0)
            memcpy(k.industry, e->industry_code.p, e->industry_code.n);
        memory->enterprises[slot_of(key, ENTERPRISES)] = k;
    }
}

static bool answer_enterprise(const struct scf_memory *memory, struct scf_arena *arena,
                              const struct scf_enterprise_ref *ref, struct scf_enterprise **ret) {
    struct scf_str key = key_of(ref);
    const struct known_enterprise *k = &memory->enterprises[slot_of(key, ENTERPRISES)];
    bool by_id = ref->uscc.n == 0;
    if (k->by_id != by_id || !scf_str_eq(key, (struct scf_str){k->ref, k->ref_length}))
        return false;
    struct scf_enterprise *e = scf_alloc(arena, 1, sizeof *e);
    if (!e)
        return false;
    *e = (struct scf_enterprise){.id = k->id,
                                 .uscc = {k->code, k->code_length},
                                 .industry_code = {k->industry, k->industry_length}};
    *ret = e;
    return true;
}

bool scf_memory_answer(const struct scf_memory *memory, struct scf_arena *arena,
                       struct scf_lookup *lookup) {
    for (size_t i = 0; i < lookup->ref_count; i++)
        if (!answer_enterprise(memory, arena, &lookup->refs[i], &lookup->enterprises[i]))
            return false;
    for (size_t i = 0; i < lookup->key_count; i++)
        lookup->key_live[i] = true;
    return answer_head(memory, lookup);
}
