/* Tiles in memory: a hash table and a list in the order of use, under one lock. Relies on merkle.
 */
#include "tile_cache.h"

enum { HEIGHTS = 9 }; /* of the pyramid above 256 hashes */

struct entry {
    struct entry *chain;         /* in the bucket */
    struct entry *newer, *older; /* in the list of use */
    struct scf_uuid chain_id;
    int level;
    uint64_t n;
    int width;
    struct scf_hash hashes[]; /* `width` of the tile, then width/2 roots over two of them, … */
};

struct scf_tile_cache {
    pthread_mutex_t lock; /* guards all that follows */
    struct entry *newest, *oldest;
    size_t count, max, bucket_count;
    struct entry *buckets[];
};

struct scf_tile_cache *scf_tile_cache_new(size_t max_tiles) {
    SCF_ASSERT(max_tiles > 0);
    struct scf_tile_cache *c = calloc(1, sizeof *c + max_tiles * sizeof *c->buckets);
    SCF_ASSERT(c != NULL);
    pthread_mutex_init(&c->lock, NULL);
    c->max = c->bucket_count = max_tiles;
    return c;
}

static void drop_all(struct scf_tile_cache *c) {
    for (struct entry *e = c->newest, *older; e != NULL; e = older) {
        older = e->older;
        free(e);
    }
}

void scf_tile_cache_clear(struct scf_tile_cache *c) {
    if (c == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    drop_all(c);
    memset(c->buckets, 0, c->bucket_count * sizeof *c->buckets);
    c->newest = c->oldest = NULL;
    c->count = 0;
    pthread_mutex_unlock(&c->lock);
}

void scf_tile_cache_free(struct scf_tile_cache *c) {
    if (c == NULL)
        return;
    drop_all(c);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* ---- pyramids ---- */

/* Where the roots over 2^height hashes begin. */
static size_t row_at(int width, int height) {
    size_t at = 0;
    for (int h = 0; h < height; h++)
        at += (size_t)(width >> h);
    return at;
}

static struct entry *entry_new(const struct scf_uuid *chain_id, enum scf_hash_alg alg,
                               const struct scf_tile *tile) {
    int width = tile->id.width;
    struct entry *e = malloc(sizeof *e + row_at(width, HEIGHTS) * SCF_HASH_LEN);
    if (e == NULL)
        return NULL;
    *e = (struct entry){
        .chain_id = *chain_id, .level = tile->id.level, .n = tile->id.n, .width = width};
    memcpy(e->hashes, tile->hashes, (size_t)width * SCF_HASH_LEN);
    for (int h = 1; h < HEIGHTS; h++) {
        const struct scf_hash *below = e->hashes + row_at(width, h - 1);
        struct scf_hash *row = e->hashes + row_at(width, h);
        for (int i = 0; i < width >> h; i++)
            row[i] = scf_merkle_node(alg, &below[2 * i], &below[2 * i + 1]);
    }
    return e;
}

/* ---- table and list, with the lock held ---- */

static struct entry **bucket(struct scf_tile_cache *c, const struct scf_uuid *chain_id, int level,
                             uint64_t n) {
    uint64_t key;
    memcpy(&key, chain_id->b + sizeof chain_id->b - sizeof key, sizeof key); /* random bits */
    key = (key ^ n ^ (uint64_t)level << 56) * UINT64_C(0x9e3779b97f4a7c15);
    return &c->buckets[(key >> 32) % c->bucket_count];
}

/* The link that leads to the entry, or to NULL. */
static struct entry **find(struct scf_tile_cache *c, const struct scf_uuid *chain_id, int level,
                           uint64_t n) {
    struct entry **link = bucket(c, chain_id, level, n);
    while (*link != NULL && ((*link)->n != n || (*link)->level != level ||
                             !scf_uuid_eq(&(*link)->chain_id, chain_id)))
        link = &(*link)->chain;
    return link;
}

static void list_remove(struct scf_tile_cache *c, struct entry *e) {
    *(e->newer != NULL ? &e->newer->older : &c->newest) = e->older;
    *(e->older != NULL ? &e->older->newer : &c->oldest) = e->newer;
}

static void list_push(struct scf_tile_cache *c, struct entry *e) {
    e->newer = NULL;
    e->older = c->newest;
    *(c->newest != NULL ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static void drop(struct scf_tile_cache *c, struct entry **link) {
    struct entry *e = *link;
    *link = e->chain;
    list_remove(c, e);
    c->count--;
    free(e);
}

/* ---- looking up and keeping ---- */

static bool look_up(struct scf_tile_cache *c, const struct scf_uuid *chain_id,
                    const struct scf_subtree *s, struct scf_hash *ret) {
    int height = s->level % 8;
    uint64_t per_tile = SCF_TILE_WIDTH >> height, at = s->index % per_tile;
    struct entry *e = *find(c, chain_id, s->level / 8, s->index / per_tile);
    if (e == NULL || at >= (uint64_t)(e->width >> height))
        return false;
    *ret = e->hashes[row_at(e->width, height) + at];
    if (e != c->newest) {
        list_remove(c, e);
        list_push(c, e);
    }
    return true;
}

int scf_tile_cache_get(struct scf_tile_cache *c, const struct scf_uuid *chain_id,
                       const struct scf_subtree *subtrees, int n, struct scf_hash *ret,
                       bool *found) {
    int missing = 0;
    if (c != NULL)
        pthread_mutex_lock(&c->lock);
    for (int i = 0; i < n; i++) {
        found[i] = c != NULL && look_up(c, chain_id, &subtrees[i], &ret[i]);
        missing += !found[i];
    }
    if (c != NULL)
        pthread_mutex_unlock(&c->lock);
    return missing;
}

void scf_tile_cache_put(struct scf_tile_cache *c, const struct scf_uuid *chain_id,
                        enum scf_hash_alg alg, const struct scf_tile *tile) {
    struct entry *e = c == NULL ? NULL : entry_new(chain_id, alg, tile); /* hashing: unlocked */
    if (e == NULL)
        return; /* without memory there is less to remember */
    pthread_mutex_lock(&c->lock);
    struct entry **link = find(c, chain_id, e->level, e->n);
    if (*link != NULL && (*link)->width >= e->width) {
        pthread_mutex_unlock(&c->lock);
        free(e);
        return;
    }
    if (*link != NULL)
        drop(c, link);
    else if (c->count == c->max)
        drop(c, find(c, &c->oldest->chain_id, c->oldest->level, c->oldest->n));
    link = bucket(c, chain_id, e->level, e->n);
    e->chain = *link;
    *link = e;
    list_push(c, e);
    c->count++;
    pthread_mutex_unlock(&c->lock);
}
