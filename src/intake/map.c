/* Open addressing with linear probing at most half full; FNV-1a with a per-process secret start, so
 * that clients cannot choose colliding keys. */
#include "map.h"

#include "scfd/base/id.h"

static uint64_t hash_seed;
static pthread_once_t hash_seed_once = PTHREAD_ONCE_INIT;

static void make_hash_seed(void) {
    scf_random(&hash_seed, sizeof hash_seed);
}

uint64_t scf_map_hash(struct scf_str key) {
    pthread_once(&hash_seed_once, make_hash_seed);
    uint64_t h = UINT64_C(14695981039346656037) ^ hash_seed;
    for (size_t i = 0; i < key.n; i++)
        h = (h ^ (uint8_t)key.p[i]) * UINT64_C(1099511628211);
    return h ^ (h >> 29);
}

bool scf_map_init(struct scf_map *map, struct scf_arena *arena, size_t n) {
    size_t capacity = 8;
    while (capacity < 2 * n)
        capacity *= 2;
    struct scf_map_slot *slots = scf_alloc(arena, capacity, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < capacity; i++)
        slots[i].value = -1;
    *map = (struct scf_map){.slots = slots, .mask = capacity - 1};
    return true;
}

static struct scf_map_slot *slot_of(const struct scf_map *map, struct scf_str key, uint64_t hash) {
    size_t i = hash & map->mask;
    for (;; i = (i + 1) & map->mask) {
        struct scf_map_slot *slot = &map->slots[i];
        if (slot->value < 0 || (slot->hash == hash && scf_str_eq(slot->key, key)))
            return slot;
    }
}

int scf_map_get(const struct scf_map *map, struct scf_str key) {
    return slot_of(map, key, scf_map_hash(key))->value;
}

int scf_map_put(struct scf_map *map, struct scf_str key, int value) {
    SCF_ASSERT(value >= 0);
    uint64_t hash = scf_map_hash(key);
    struct scf_map_slot *slot = slot_of(map, key, hash);
    if (slot->value < 0)
        *slot = (struct scf_map_slot){.hash = hash, .key = key, .value = value};
    return slot->value;
}
