/* Which industry the last commits saw for an enterprise: a direct-mapped table of fixed size. A
 * collision or a stale entry costs one repeated evaluation in the commit, never a wrong result.
 *
 * Lock: one mutex per stripe of slots. */
#include "item.h"
#include "map.h"

enum { SLOTS = 1 << 14, STRIPES = 64, KEY_MAX = 40 };

struct slot {
    uint8_t key_length;
    char key[KEY_MAX];
    char industry[8];
};

struct scf_industry_cache {
    pthread_mutex_t stripes[STRIPES];
    struct slot slots[SLOTS];
};

static struct scf_str key_of(const struct scf_enterprise_ref *ref) {
    if (ref->uscc.n > 0)
        return ref->uscc;
    if (!scf_uuid_is_nil(&ref->id))
        return (struct scf_str){(const char *)ref->id.b, sizeof ref->id.b};
    return (struct scf_str){NULL, 0};
}

static size_t slot_of(struct scf_str key) {
    return scf_map_hash(key) & (SLOTS - 1);
}

struct scf_industry_cache *scf_industry_cache_new(void) {
    struct scf_industry_cache *cache = calloc(1, sizeof *cache);
    SCF_ASSERT(cache);
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_init(&cache->stripes[i], NULL);
    return cache;
}

void scf_industry_cache_free(struct scf_industry_cache *cache) {
    if (!cache)
        return;
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_destroy(&cache->stripes[i]);
    free(cache);
}

void scf_industry_cache_get(struct scf_industry_cache *cache, const struct scf_enterprise_ref *ref,
                            char out[8]) {
    struct scf_str key = key_of(ref);
    out[0] = 0;
    if (key.n == 0 || key.n > KEY_MAX)
        return;
    size_t i = slot_of(key);
    pthread_mutex_lock(&cache->stripes[i % STRIPES]);
    const struct slot *slot = &cache->slots[i];
    if (slot->key_length == key.n && memcmp(slot->key, key.p, key.n) == 0)
        memcpy(out, slot->industry, sizeof slot->industry);
    pthread_mutex_unlock(&cache->stripes[i % STRIPES]);
}

void scf_industry_cache_put(struct scf_industry_cache *cache, const struct scf_enterprise_ref *ref,
                            struct scf_str industry) {
    struct scf_str key = key_of(ref);
    if (key.n == 0 || key.n > KEY_MAX || industry.n >= sizeof cache->slots[0].industry)
        return;
    size_t i = slot_of(key);
    pthread_mutex_lock(&cache->stripes[i % STRIPES]);
    struct slot *slot = &cache->slots[i];
    memset(slot->industry, 0, sizeof slot->industry);
    if (industry.n > 0)
        memcpy(slot->industry, industry.p, industry.n);
    memcpy(slot->key, key.p, key.n);
    slot->key_length = (uint8_t)key.n;
    pthread_mutex_unlock(&cache->stripes[i % STRIPES]);
}
