/* Sealing some chains in one transaction. Relies on the head and seal rows, tiles and blocks, and
 * on the log key.
 *
 * A block is signed only when everything below it agrees: the seal row with the newest block, the
 * tiles with that block's root, and the new leaves without a gap. Since the new root is computed by
 * extending those very tiles, a signed tree always contains the one signed before. Where anything
 * disagrees the chain is left alone, and said to be in the log and in a metric. */
#include "seal.h"

#include "edge.h"
#include "log_key_store.h"
#include "restore.h"
#include "scfd/chain/note.h"
#include "seal_store.h"
#include "tile_store.h"

#include "scfd/base/clock.h"
#include "scfd/base/log.h"

enum {
    LEAVES_MAX = 32768, /* in one transaction, and so in one block */
    CHAINS_MAX = SCF_SEAL_CHAINS_MAX,
    ARENA_MAX = 64 << 20, /* far above what LEAVES_MAX needs */
    NOTE_MAX = 4096
};

/* One chain in the transaction. */
struct job {
    const struct scf_seal_state *state;
    int64_t count;              /* leaves to seal */
    int tile_first, tile_count; /* its right edge in sealing.edges */
};

struct scf_sealing {
    const struct scf_services *services;
    const struct scf_uuid *ids;
    size_t id_count;
    struct scf_arena *arena; /* reset at every try */
    struct scf_edge edge;

    struct job jobs[CHAINS_MAX];
    size_t job_count;
    struct scf_tile_row edges[CHAINS_MAX * SCF_TILE_LEVELS];
    size_t edge_count;
    struct scf_tile_row *tiles; /* changed by this transaction */
    size_t tile_count, tile_max;
    struct scf_sealed_block blocks[CHAINS_MAX];
    size_t block_count;
    const struct scf_uuid *chain_id; /* whose tiles are being emitted */

    bool foreign[SCF_SUITES]; /* another key than ours signs in this database */

    bool log_refusals;
    struct scf_seal_tally tally;
};

static void *must(void *p) {
    SCF_ASSERT(p != NULL); /* ARENA_MAX follows from the other limits */
    return p;
}

/* ---- refusing ---- */

static void refuse(struct scf_sealing *s, const struct scf_seal_state *state, const char *why) {
    s->tally.refused++;
    if (!s->log_refusals)
        return;
    char id[SCF_ID_TEXT];
    scf_id_format("node", &state->chain_id, id);
    scf_log_kv(SCF_LOG_ERROR, "A chain is not sealed: signing would contradict its newest block",
               "chain", id, "reason", why, NULL);
}

const char *scf_seal_contradiction(const struct scf_seal_state *s) {
    if (s->size < s->sealed)
        return "the chain is shorter than its newest block";
    if (s->height < 0)
        return s->sealed == 0 ? NULL : "the seal names a size but no block";
    if (!s->has_block)
        return "the newest block is missing";
    if (s->block_size != s->sealed || !scf_hash_eq(&s->block_block_hash, &s->block_hash))
        return "the seal and the newest block differ";
    return NULL;
}

static const char *must_not_seal(const struct scf_sealing *s, const struct scf_seal_state *state) {
    if (s->foreign[state->suite])
        return "the database's blocks are signed by another key than this instance's";
    return scf_seal_contradiction(state);
}

/* The first block of a suite decides which key signs it: of two instances that come with different
 * ones the second waits here for the first one's commit, and then sees that it is not the one. */
static enum scf_code pin_key(struct scf_sealing *s, struct scf_db *db, enum scf_suite suite,
                             struct scf_error *err) {
    struct scf_public_key key = scf_signing_key_public(scf_chain_secret(s->services, suite));
    bool known, same;
    enum scf_code code = scf_log_key_compare(db, s->arena, suite, &key, &known, &same, err);
    if (code == SCF_OK && !known) {
        code = scf_log_key_pin(db, s->arena, suite, &key, scf_now_us(), err);
        if (code == SCF_OK)
            code = scf_log_key_compare(db, s->arena, suite, &key, &known, &same, err);
    }
    if (code == SCF_OK)
        s->foreign[suite] = !same;
    return code;
}

static enum scf_code pin_keys(struct scf_sealing *s, struct scf_db *db,
                              const struct scf_seal_state *states, size_t n,
                              struct scf_error *err) {
    bool asked[SCF_SUITES] = {false};
    for (size_t i = 0; i < n; i++) {
        enum scf_suite suite = states[i].suite;
        if (asked[suite])
            continue;
        asked[suite] = true;
        enum scf_code code = pin_key(s, db, suite, err);
        if (code != SCF_OK)
            return code;
    }
    return SCF_OK;
}

/* ---- planning ---- */

static void add_edge(struct scf_sealing *s, struct job *job) {
    job->tile_first = (int)s->edge_count;
    for (int level = 0; level < SCF_TILE_LEVELS; level++) {
        uint64_t hashes = (uint64_t)job->state->sealed >> (8 * level);
        if (hashes % SCF_TILE_WIDTH == 0)
            continue;
        s->edges[s->edge_count++] = (struct scf_tile_row){
            job->state->chain_id, {{level, hashes / SCF_TILE_WIDTH, 0}, NULL}};
    }
    job->tile_count = (int)s->edge_count - job->tile_first;
}

static int64_t waiting(const struct scf_seal_state *s) {
    return s->size - s->sealed;
}

static int by_waiting(const void *a, const void *b) {
    int64_t x = waiting(a), y = waiting(b);
    return x < y ? -1 : x > y;
}

/* The chains with the least to seal come first, and none takes more than an equal share of what is
 * left: a backlog gets what the others do not need, and never keeps them waiting. */
static void plan(struct scf_sealing *s, struct scf_seal_state *states, size_t n) {
    int64_t left = LEAVES_MAX;
    qsort(states, n, sizeof *states, by_waiting);
    for (size_t i = 0; i < n; i++) {
        const char *why = must_not_seal(s, &states[i]);
        if (why != NULL) {
            refuse(s, &states[i], why);
            continue;
        }
        int64_t count = waiting(&states[i]), share = left / (int64_t)(n - i);
        if (count > share)
            count = share;
        if (count == 0)
            continue;
        left -= count;
        struct job *job = &s->jobs[s->job_count++];
        *job = (struct job){.state = &states[i], .count = count};
        add_edge(s, job);
        s->tile_max += (size_t)count / (SCF_TILE_WIDTH - 1) + 2 * SCF_TILE_LEVELS;
    }
    s->tiles = must(scf_alloc(s->arena, s->tile_max, sizeof *s->tiles));
}

static enum scf_code read_leaves(struct scf_sealing *s, struct scf_db *db, struct scf_rows **ret,
                                 struct scf_error *err) {
    struct scf_leaf_wish *wishes = must(scf_alloc(s->arena, s->job_count, sizeof *wishes));
    for (size_t i = 0; i < s->job_count; i++) {
        const struct job *job = &s->jobs[i];
        wishes[i] = (struct scf_leaf_wish){job->state->chain_id, job->state->sealed, job->count};
    }
    return scf_seal_leaves(db, s->arena, wishes, s->job_count, ret, err);
}

/* ---- extending one chain ---- */

static void keep_tile(void *ctx, const struct scf_tile *tile) {
    struct scf_sealing *s = ctx;
    SCF_ASSERT(s->tile_count < s->tile_max);
    size_t n = (size_t)tile->id.width;
    struct scf_hash *copy = must(scf_alloc(s->arena, n, sizeof *copy));
    memcpy(copy, tile->hashes, n * sizeof *copy);
    s->tiles[s->tile_count++] = (struct scf_tile_row){*s->chain_id, {tile->id, copy}};
}

/* Loads the tree as the newest block left it; what is wrong with it, or NULL. */
static const char *load_edge(struct scf_sealing *s, const struct job *job) {
    scf_edge_init(&s->edge, scf_suite_hash(job->state->suite), (uint64_t)job->state->sealed,
                  keep_tile, s);
    for (int i = 0; i < job->tile_count; i++) {
        const struct scf_tile *tile = &s->edges[job->tile_first + i].tile;
        if (tile->id.width != scf_edge_width(&s->edge, tile->id.level))
            return "a tile does not have the size that the newest block needs";
        memcpy(s->edge.tiles[tile->id.level], tile->hashes, (size_t)tile->id.width * SCF_HASH_LEN);
    }
    struct scf_hash root = scf_edge_root(&s->edge);
    if (job->state->height >= 0 && !scf_hash_eq(&root, &job->state->block_root))
        return "the tiles do not have the root of the newest block";
    return NULL;
}

/* How many of the rows from `row` on belong to job number `i`. */
static int rows_of(const struct scf_rows *rows, int row, size_t i) {
    int n = 0;
    while (row + n < scf_rows_count(rows) && scf_rows_i64(rows, row + n, 0) == (int64_t)i + 1)
        n++;
    return n;
}

static bool without_gap(const struct scf_rows *rows, int row, const struct job *job) {
    for (int64_t i = 0; i < job->count; i++)
        if (scf_rows_i64(rows, row + (int)i, 1) != job->state->sealed + i)
            return false;
    return true;
}

static struct scf_str detach(struct scf_sealing *s, struct scf_buf *text) {
    SCF_ASSERT(!text->overflow);
    char *copy = must(scf_strndup(s->arena, text->data, text->len));
    struct scf_str ret = {copy, text->len};
    scf_buf_free(text);
    return ret;
}

static struct scf_str signed_note(struct scf_sealing *s, struct scf_str text,
                                  const struct scf_vkey *key, enum scf_suite suite) {
    struct scf_buf note;
    scf_buf_init(&note, NOTE_MAX);
    scf_note_write(text, key, scf_chain_secret(s->services, suite), &note);
    return detach(s, &note);
}

static void close_block(struct scf_sealing *s, const struct scf_seal_state *state) {
    struct scf_vkey key = scf_chain_vkey(s->services, &state->chain_id, state->suite, s->arena);
    struct scf_buf text;
    scf_buf_init(&text, NOTE_MAX);
    int64_t now = scf_now_us();

    struct scf_sealed_block *b = &s->blocks[s->block_count++];
    b->chain_id = state->chain_id;
    b->block = (struct scf_block){
        .origin = key.name,
        .height = state->height + 1,
        .size = (int64_t)s->edge.size,
        .root = scf_edge_root(&s->edge),
        .prev = state->block_hash,
        .time_us = now > state->block_us ? now : state->block_us, /* the clock may be set back */
    };
    b->hash = scf_block_hash(&b->block, scf_suite_hash(state->suite));
    scf_block_write(&b->block, &text);
    b->block_note = signed_note(s, detach(s, &text), &key, state->suite);
    struct scf_checkpoint checkpoint = {key.name, b->block.size, b->block.root};
    scf_checkpoint_write(&checkpoint, &text);
    b->checkpoint_note = signed_note(s, detach(s, &text), &key, state->suite);
}

/* One chain: its leaves are rows [row, row + n). */
static void extend(struct scf_sealing *s, const struct job *job, const struct scf_rows *rows,
                   int row, int n) {
    s->chain_id = &job->state->chain_id;
    const char *why = load_edge(s, job);
    if (why == NULL && (n != job->count || !without_gap(rows, row, job)))
        why = "leaves are missing";
    if (why != NULL) {
        refuse(s, job->state, why);
        return;
    }
    for (int i = row; i < row + n; i++) {
        struct scf_hash leaf = scf_rows_hash(rows, i, 2);
        scf_edge_append(&s->edge, &leaf);
    }
    scf_edge_flush(&s->edge);
    close_block(s, job->state);
    s->tally.leaves += n;
    s->tally.more |= job->count < waiting(job->state);
    int64_t received = scf_rows_time(rows, row, 3);
    if (s->tally.oldest_us == 0 || received < s->tally.oldest_us)
        s->tally.oldest_us = received;
}

static enum scf_code seal_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_sealing *s = ctx;
    scf_arena_reset(s->arena);
    s->job_count = s->edge_count = s->tile_count = s->tile_max = s->block_count = 0;
    s->tally = (struct scf_seal_tally){0};

    struct scf_seal_state *states;
    struct scf_rows *rows;
    size_t n;
    enum scf_code code = scf_seal_lock(db, s->arena, s->ids, s->id_count, &states, &n, err);
    if (code != SCF_OK)
        return code;
    bool holds;
    code = scf_restore_holds(db, s->arena, s->services, states, n, &holds, err);
    if (code != SCF_OK)
        return code;
    if (!holds) {
        s->tally.refused = (int64_t)n;
        return SCF_OK;
    }
    code = pin_keys(s, db, states, n, err);
    if (code != SCF_OK)
        return code;
    plan(s, states, n);
    if (s->job_count == 0)
        return SCF_OK;
    code = scf_tile_rows_read(db, s->arena, s->edges, s->edge_count, err);
    if (code == SCF_OK)
        code = read_leaves(s, db, &rows, err);
    if (code != SCF_OK)
        return code;
    for (size_t i = 0, row = 0; i < s->job_count; i++) {
        int mine = rows_of(rows, (int)row, i);
        extend(s, &s->jobs[i], rows, (int)row, mine);
        row += (size_t)mine;
    }
    if (s->block_count == 0)
        return SCF_OK;
    code = scf_tile_rows_write(db, s->arena, s->tiles, s->tile_count, err);
    return code != SCF_OK ? code : scf_seal_write(db, s->arena, s->blocks, s->block_count, err);
}

/* ---- */

struct scf_sealing *scf_sealing_new(const struct scf_services *services, bool log_refusals) {
    struct scf_sealing *s = calloc(1, sizeof *s);
    SCF_ASSERT(s != NULL);
    s->services = services;
    s->log_refusals = log_refusals;
    s->arena = scf_arena_new(ARENA_MAX);
    return s;
}

void scf_sealing_free(struct scf_sealing *s) {
    scf_arena_free(s->arena);
    free(s);
}

enum scf_code scf_seal_chains(struct scf_sealing *s, struct scf_db *db, const struct scf_uuid *ids,
                              size_t n, struct scf_seal_tally *ret, struct scf_error *err) {
    SCF_ASSERT(n <= CHAINS_MAX);
    s->ids = ids;
    s->id_count = n;
    enum scf_code code = scf_tx_run(db, seal_body, s, err);
    if (code != SCF_OK)
        return code;
    *ret = s->tally;
    return scf_restore_remember(s->services, s->blocks, s->block_count, err);
}
