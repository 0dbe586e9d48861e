/* Open addressing with linear probing, at most half full. Pure. */
#include "scfd/base/table.h"

bool scf_table_init(struct scf_table *t, struct scf_arena *arena, size_t key_size,
                    size_t entry_size, size_t max) {
    size_t slots = 16;
    while (slots < 2 * max)
        slots *= 2;
    *t = (struct scf_table){.key_size = key_size,
                            .entry_size = entry_size,
                            .max = max,
                            .entries = scf_alloc(arena, max, entry_size),
                            .slots = scf_alloc(arena, slots, sizeof *t->slots),
                            .mask = slots - 1};
    return t->entries != NULL && t->slots != NULL;
}

/* FNV-1a over the key, folded. Keys are mostly random uuids. */
static size_t hash(const uint8_t *key, size_t n) {
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ key[i]) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 29);
}

void *scf_table_at(const struct scf_table *t, size_t i) {
    return t->entries + i * t->entry_size;
}

/* The slot of the key, or the free one where it belongs. */
static size_t probe(const struct scf_table *t, const void *key) {
    size_t i = hash(key, t->key_size) & t->mask;
    while (t->slots[i] != 0 && memcmp(scf_table_at(t, t->slots[i] - 1), key, t->key_size) != 0)
        i = (i + 1) & t->mask;
    return i;
}

void *scf_table_find(const struct scf_table *t, const void *key) {
    uint32_t slot = t->slots[probe(t, key)];
    return slot != 0 ? scf_table_at(t, slot - 1) : NULL;
}

void *scf_table_put(struct scf_table *t, const void *key) {
    size_t i = probe(t, key);
    if (t->slots[i] == 0) {
        SCF_ASSERT(t->n < t->max);
        memcpy(scf_table_at(t, t->n), key, t->key_size);
        t->slots[i] = (uint32_t)++t->n;
    }
    return scf_table_at(t, t->slots[i] - 1);
}
