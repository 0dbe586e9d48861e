/* The key directory: every live key in memory, so that authenticating costs one HMAC and one
 * look-up on the HTTP thread. A thread of its own reloads it from the database when the listener
 * says that "keys" changed.
 *
 * Revocation must reach every instance at once, so a directory that may be out of date answers
 * nobody after 2 s. While the listener is cut off, the thread reloads of its own accord: as long as
 * the database can be read, the directory is never older than that.
 *
 * Locks: `table_lock` guards `table`; `lock` guards everything below it. Never both. */
#include "scfd/base/clock.h"
#include "scfd/base/log.h"

#include "key.h"
#include "key_store.h"

#define DEAF_MAX_US (2 * SCF_US_PER_SECOND)
#define RETRY_US (SCF_US_PER_SECOND / 5)
#define DEAF_RELOAD_US (SCF_US_PER_SECOND / 2)
#define LOAD_ARENA_MAX ((size_t)512 << 20)

/* Open addressing, at most half full; a free slot has no key id. */
struct table {
    struct scf_live_key *slots;
    size_t mask; /* slots − 1; the number of slots is a power of two */
};

struct scf_keys {
    uint8_t secret[32];
    struct scf_db *db; /* the reloading thread's (until it starts: the opener's) */
    pthread_t thread;

    pthread_rwlock_t table_lock;
    struct table table;

    /* Since when (monotonic) the table may be out of date; 0: it is not. Written under `lock`. */
    _Atomic int64_t stale_since_us;

    pthread_mutex_t lock;
    pthread_cond_t wake;      /* for the thread: wanted or stop changed */
    pthread_cond_t reloaded;  /* for scf_keys_refresh: loaded changed */
    uint64_t wanted, loaded;  /* numbers of the newest reload asked for, and done */
    int64_t pending_since_us; /* first request that the running reload does not cover; 0: none */
    bool connected, stop;
};

/* ---- the table ---- */

static size_t slot_of(const struct table *t, const struct scf_hash *digest) {
    size_t start;
    memcpy(&start, digest->b, sizeof start); /* a digest is as random as any hash of it */
    size_t i = start & t->mask;
    while (!scf_uuid_is_nil(&t->slots[i].actor.key_id) && !scf_hash_eq(&t->slots[i].digest, digest))
        i = (i + 1) & t->mask;
    return i;
}

static bool table_build(const struct scf_live_key *keys, size_t n, struct table *ret) {
    size_t size = 16;
    while (size < 2 * n)
        size *= 2;
    struct table t = {calloc(size, sizeof *t.slots), size - 1};
    if (t.slots == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        t.slots[slot_of(&t, &keys[i].digest)] = keys[i];
    *ret = t;
    return true;
}

static void table_swap(struct scf_keys *keys, struct table t) {
    pthread_rwlock_wrlock(&keys->table_lock);
    struct table old = keys->table;
    keys->table = t;
    pthread_rwlock_unlock(&keys->table_lock);
    free(old.slots);
}

static enum scf_code load(struct scf_keys *keys, struct scf_error *err) {
    struct scf_arena *arena = scf_arena_new(LOAD_ARENA_MAX);
    struct scf_live_key *live;
    size_t n;
    struct table t = {NULL, 0};
    enum scf_code code = scf_key_load_live(keys->db, arena, scf_now_us(), &live, &n, err);
    if (code == SCF_OK && !table_build(live, n, &t))
        code = scf_fail(err, SCF_E_INTERNAL, "No memory for the key directory.");
    if (code == SCF_OK)
        table_swap(keys, t);
    scf_arena_free(arena);
    return code;
}

/* ---- reloading ---- */

/* True when nobody signalled before `mono_us`. */
static bool wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t mono_us) {
    struct timespec at = {mono_us / SCF_US_PER_SECOND, (mono_us % SCF_US_PER_SECOND) * 1000};
    return pthread_cond_timedwait(cond, lock, &at) == ETIMEDOUT;
}

/* Under `lock`. */
static void ask_for_reload(struct scf_keys *keys) {
    int64_t now = scf_mono_us();
    keys->wanted++;
    if (keys->pending_since_us == 0)
        keys->pending_since_us = now;
    if (keys->stale_since_us == 0)
        keys->stale_since_us = now;
    pthread_cond_signal(&keys->wake);
}

/* Under `lock`: the reload begun at `began_us` came through; it covers requests up to `goal`. */
static void reload_done(struct scf_keys *keys, uint64_t goal, int64_t began_us) {
    keys->loaded = goal;
    if (!keys->connected)
        keys->stale_since_us = began_us;
    else
        keys->stale_since_us = keys->wanted > goal ? keys->pending_since_us : 0;
    pthread_cond_broadcast(&keys->reloaded);
}

/* Under `lock`: returns when a reload is due, or to stop. */
static void wait_for_work(struct scf_keys *keys) {
    while (!keys->stop && keys->loaded == keys->wanted)
        if (keys->connected)
            pthread_cond_wait(&keys->wake, &keys->lock);
        else if (wait_until(&keys->wake, &keys->lock, scf_mono_us() + DEAF_RELOAD_US))
            ask_for_reload(keys);
}

static void *reloader(void *arg) {
    struct scf_keys *keys = arg;
    pthread_mutex_lock(&keys->lock);
    for (wait_for_work(keys); !keys->stop; wait_for_work(keys)) {
        uint64_t goal = keys->wanted;
        int64_t began_us = scf_mono_us();
        keys->pending_since_us = 0;
        pthread_mutex_unlock(&keys->lock);
        struct scf_error err;
        enum scf_code code = load(keys, &err);
        if (code)
            scf_log_error("Reloading the API keys failed", &err);
        pthread_mutex_lock(&keys->lock);
        if (code == SCF_OK)
            reload_done(keys, goal, began_us);
        else if (!keys->stop)
            wait_until(&keys->wake, &keys->lock, scf_mono_us() + RETRY_US);
    }
    pthread_mutex_unlock(&keys->lock);
    return NULL;
}

void scf_keys_on_notify(void *ctx, const char *topic, bool connected) {
    struct scf_keys *keys = ctx;
    if (topic != NULL && strcmp(topic, "keys") != 0)
        return;
    pthread_mutex_lock(&keys->lock);
    keys->connected = connected;
    ask_for_reload(keys);
    pthread_mutex_unlock(&keys->lock);
}

enum scf_code scf_keys_refresh(struct scf_keys *keys, struct scf_error *err) {
    pthread_mutex_lock(&keys->lock);
    ask_for_reload(keys);
    uint64_t goal = keys->wanted;
    int64_t deadline = scf_mono_us() + DEAF_MAX_US;
    while (keys->loaded < goal && scf_mono_us() < deadline)
        wait_until(&keys->reloaded, &keys->lock, deadline);
    bool done = keys->loaded >= goal;
    pthread_mutex_unlock(&keys->lock);
    return done ? SCF_OK
                : scf_fail(err, SCF_E_DATABASE_UNAVAILABLE,
                           "The change is stored, but this instance could not reload its keys.");
}

/* ---- authenticating ---- */

enum scf_code scf_keys_current(void *ctx, struct scf_error *err) {
    const struct scf_keys *keys = ctx;
    int64_t stale_since_us = keys->stale_since_us;
    if (stale_since_us == 0 || scf_mono_us() - stale_since_us <= DEAF_MAX_US)
        return SCF_OK;
    return scf_fail(err, SCF_E_DATABASE_UNAVAILABLE,
                    "Keys cannot be checked while the database is away.");
}

enum scf_code scf_keys_authenticate(struct scf_keys *keys, struct scf_str key,
                                    struct scf_actor *ret, struct scf_error *err) {
    enum scf_code code = scf_keys_current(keys, err);
    if (code != SCF_OK)
        return code;
    if (!scf_key_well_formed(key))
        return scf_fail(err, SCF_E_UNAUTHENTICATED, "The API key is not valid.");
    struct scf_hash digest = scf_key_digest(keys->secret, key);

    pthread_rwlock_rdlock(&keys->table_lock);
    struct scf_live_key found = keys->table.slots[slot_of(&keys->table, &digest)];
    pthread_rwlock_unlock(&keys->table_lock);

    bool known = !scf_uuid_is_nil(&found.actor.key_id);
    if (!known || (found.expires_us != 0 && found.expires_us <= scf_now_us()))
        return scf_fail(err, SCF_E_UNAUTHENTICATED, "The API key is not valid.");
    *ret = found.actor;
    return SCF_OK;
}

/* ---- life ---- */

static void init_locks(struct scf_keys *keys) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&keys->wake, &monotonic);
    pthread_cond_init(&keys->reloaded, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&keys->lock, NULL);
    pthread_rwlock_init(&keys->table_lock, NULL);
}

static void destroy(struct scf_keys *keys) {
    pthread_cond_destroy(&keys->wake);
    pthread_cond_destroy(&keys->reloaded);
    pthread_mutex_destroy(&keys->lock);
    pthread_rwlock_destroy(&keys->table_lock);
    scf_db_free(keys->db);
    free(keys->table.slots);
    explicit_bzero(keys->secret, sizeof keys->secret);
    free(keys);
}

enum scf_code scf_keys_open(const char *database_url, const struct scf_installation *installation,
                            struct scf_keys **ret, struct scf_error *err) {
    struct scf_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the key directory.");
    memcpy(keys->secret, installation->key_secret, sizeof keys->secret);
    keys->connected = true;
    keys->db = scf_db_new(database_url, "scfd keys", 5000);
    init_locks(keys);
    enum scf_code code = load(keys, err);
    if (code == SCF_OK && pthread_create(&keys->thread, NULL, reloader, keys) != 0)
        code = scf_fail(err, SCF_E_INTERNAL, "The key thread could not be started.");
    if (code) {
        destroy(keys);
        return code;
    }
    *ret = keys;
    return SCF_OK;
}

void scf_keys_free(struct scf_keys *keys) {
    if (keys == NULL)
        return;
    pthread_mutex_lock(&keys->lock);
    keys->stop = true;
    pthread_cond_signal(&keys->wake);
    pthread_mutex_unlock(&keys->lock);
    pthread_join(keys->thread, NULL);
    destroy(keys);
}
