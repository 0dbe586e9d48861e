/* SQL of making a tick. Who makes one holds an advisory lock until the commit, so that ticks follow
 * each other; the newest block of every chain is read in one statement, and so belongs to one
 * moment.
 *
 * A target with a pending entry takes no further tick: while it is away it has one entry to catch
 * up with, not one for every tick, and when it is back its next tick covers all blocks since. */
#include "tick.h"
#include "tree.h"

#include "scfd/base/clock.h"
#include "scfd/chain/note.h"

enum { STATEMENT_MAX = 1024, NOTE_MAX = 4096 };

struct making {
    struct scf_arena *arena;
    const struct scf_services *services;
    bool made;
    /* of the tick */
    struct scf_anchor_statement statement;
    int64_t blocks;
    struct scf_str text, note, page_roots;
    struct scf_hash text_sha256;
    size_t page_count;
    int32_t *page_numbers;
    struct scf_uuid *first_chains;
    struct scf_str *pages;
    /* who takes it */
    size_t target_count;
    int32_t *target_ids;
};

/* ---- who is due ---- */

/* A last tick that lies an interval ahead was made by a clock that was wrong: waiting until then
 * would leave all that comes in meanwhile without an anchor. */
static const struct scf_stmt due = {
    "anchor_tick_due",
    "WITH now AS (SELECT coalesce(sum(height + 1), 0)::bigint AS blocks FROM scfd.chain_seal"
    "  WHERE height >= 0)"
    " SELECT t.id FROM scfd.anchor_target t CROSS JOIN now"
    " LEFT JOIN scfd.anchor_tick k ON k.tick = t.last_tick"
    " LEFT JOIN scfd.anchor_entry e ON e.tick = t.last_tick AND e.target_id = t.id"
    " WHERE t.active AND now.blocks > 0 AND (k.tick IS NULL OR e.state = 3"
    "  OR (e.state <> 0 AND k.blocks < now.blocks"
    "   AND abs(extract(epoch FROM $1::timestamptz - k.at)) >= t.interval_s))"
    " ORDER BY t.id"};

static enum scf_code find_due(struct making *m, struct scf_db *db, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, m->arena);
    scf_p_time(&p, scf_now_us());
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &due, &p, m->arena, &rows, err);
    if (code)
        return code;
    m->target_count = (size_t)scf_rows_count(rows);
    m->target_ids = scf_alloc(m->arena, m->target_count, sizeof *m->target_ids);
    if (m->target_ids == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < m->target_count; i++)
        m->target_ids[i] = (int32_t)scf_rows_i64(rows, (int)i, 0);
    return SCF_OK;
}

/* ---- the tree ---- */

static const struct scf_stmt newest_blocks = {
    "anchor_newest_blocks", "SELECT chain_id, height, block_hash FROM scfd.chain_seal"
                            " WHERE height >= 0 ORDER BY chain_id"};

static bool room_for_pages(struct making *m, size_t leaves, uint8_t **ret_bytes,
                           uint8_t **ret_roots) {
    m->page_count = scf_anchor_pages(leaves);
    m->page_numbers = scf_alloc(m->arena, m->page_count, sizeof *m->page_numbers);
    m->first_chains = scf_alloc(m->arena, m->page_count, sizeof *m->first_chains);
    m->pages = scf_alloc(m->arena, m->page_count, sizeof *m->pages);
    *ret_bytes = scf_alloc(m->arena, leaves, ANCHOR_LEAF);
    *ret_roots = scf_alloc(m->arena, m->page_count, SCF_HASH_LEN);
    return m->page_numbers && m->first_chains && m->pages && *ret_bytes && *ret_roots;
}

static void cut_page(struct making *m, size_t page, size_t leaves, const uint8_t *bytes,
                     uint8_t *roots) {
    size_t first = page * ANCHOR_PAGE, n = leaves - first;
    if (n > ANCHOR_PAGE)
        n = ANCHOR_PAGE;
    m->pages[page] = (struct scf_str){(const char *)bytes + first * ANCHOR_LEAF, n * ANCHOR_LEAF};
    m->page_numbers[page] = (int32_t)page;
    memcpy(m->first_chains[page].b, m->pages[page].p, sizeof m->first_chains[page].b);
    struct scf_hash root = scf_anchor_page_root(m->pages[page]);
    memcpy(roots + page * SCF_HASH_LEN, root.b, SCF_HASH_LEN);
}

static enum scf_code gather(struct making *m, struct scf_db *db, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, m->arena);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &newest_blocks, &p, m->arena, &rows, err);
    if (code)
        return code;
    size_t leaves = (size_t)scf_rows_count(rows);
    uint8_t *bytes, *roots;
    if (!room_for_pages(m, leaves, &bytes, &roots))
        return scf_fail_memory(err);
    for (size_t i = 0; i < leaves; i++) {
        struct anchor_leaf leaf = {scf_rows_uuid(rows, (int)i, 0), scf_rows_i64(rows, (int)i, 1),
                                   scf_rows_hash(rows, (int)i, 2)};
        scf_anchor_leaf_write(&leaf, bytes + i * ANCHOR_LEAF);
        m->blocks += leaf.height + 1;
    }
    for (size_t page = 0; page < m->page_count; page++)
        cut_page(m, page, leaves, bytes, roots);
    m->page_roots = (struct scf_str){(const char *)roots, m->page_count * SCF_HASH_LEN};
    m->statement.size = (int64_t)leaves;
    m->statement.root = scf_anchor_root(m->page_roots);
    m->statement.time_us = scf_now_us();
    return SCF_OK;
}

/* ---- the statement ---- */

static const struct scf_stmt last_tick = {
    "anchor_last_tick",
    "SELECT tick, statement_sha256 FROM scfd.anchor_tick ORDER BY tick DESC LIMIT 1"};

static enum scf_code follow_last(struct making *m, struct scf_db *db, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, m->arena);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &last_tick, &p, m->arena, &rows, err);
    if (code || scf_rows_count(rows) == 0)
        return code;
    m->statement.tick = scf_rows_i64(rows, 0, 0) + 1;
    m->statement.prev = scf_rows_hash(rows, 0, 1);
    return SCF_OK;
}

/* The text of a buffer, in the arena; frees the buffer. */
static struct scf_str keep(struct scf_arena *arena, struct scf_buf *b) {
    char *copy = b->overflow ? NULL : scf_strndup(arena, b->data, b->len);
    struct scf_str text = {copy, copy ? b->len : 0};
    scf_buf_free(b);
    return text;
}

static enum scf_code state_and_sign(struct making *m, struct scf_error *err) {
    const char *origin = scf_asprintf(m->arena, "%s/anchors", m->services->installation.origin);
    if (origin == NULL)
        return scf_fail_memory(err);
    struct scf_buf text, note;
    scf_buf_init(&text, STATEMENT_MAX);
    scf_buf_init(&note, NOTE_MAX);
    m->statement.origin = scf_str(origin);
    scf_anchor_statement_write(&m->statement, &text);
    m->text = keep(m->arena, &text);
    struct scf_public_key pub = scf_signing_key_public(m->services->log_key);
    struct scf_vkey key = scf_vkey(m->statement.origin, &pub);
    scf_note_write(m->text, &key, m->services->log_key, &note);
    m->note = keep(m->arena, &note);
    m->text_sha256 = scf_sha256(m->text.p, m->text.n);
    return m->text.p && m->note.p ? SCF_OK : scf_fail_memory(err);
}

/* ---- writing ---- */

static const struct scf_stmt insert_tick = {
    "anchor_tick_insert",
    "INSERT INTO scfd.anchor_tick (tick, size, blocks, root, statement, statement_sha256, note,"
    " page_roots, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
static const struct scf_stmt insert_pages = {
    "anchor_pages_insert",
    "INSERT INTO scfd.anchor_page (tick, page, first_chain, leaves)"
    " SELECT $1, page, first_chain, leaves"
    " FROM unnest($2::integer[], $3::uuid[], $4::bytea[]) AS p (page, first_chain, leaves)"};
static const struct scf_stmt insert_entries = {
    "anchor_entries_insert",
    "WITH t AS (UPDATE scfd.anchor_target SET last_tick = $1 WHERE id = ANY ($2) RETURNING id)"
    " INSERT INTO scfd.anchor_entry (tick, target_id, due_at, created_at, updated_at)"
    " SELECT $1, id, $3, $3, $3 FROM t"};

static enum scf_code write_tick(struct making *m, struct scf_db *db, struct scf_error *err) {
    const struct scf_anchor_statement *s = &m->statement;
    struct scf_params p;
    scf_params_init(&p, m->arena);
    scf_p_i64(&p, s->tick);
    scf_p_i64(&p, s->size);
    scf_p_i64(&p, m->blocks);
    scf_p_hash(&p, &s->root);
    scf_p_str(&p, m->text);
    scf_p_hash(&p, &m->text_sha256);
    scf_p_str(&p, m->note);
    scf_p_bytes_ref(&p, m->page_roots.p, m->page_roots.n);
    scf_p_time(&p, s->time_us);
    return scf_db_run(db, &insert_tick, &p, m->arena, NULL, err);
}

static enum scf_code write_pages(struct making *m, struct scf_db *db, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, m->arena);
    scf_p_i64(&p, m->statement.tick);
    scf_p_i32_array(&p, m->page_numbers, NULL, m->page_count);
    scf_p_uuid_list(&p, m->first_chains, m->page_count);
    scf_p_bytes_array(&p, m->pages, m->page_count);
    return scf_db_run(db, &insert_pages, &p, m->arena, NULL, err);
}

static enum scf_code write_entries(struct making *m, struct scf_db *db, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, m->arena);
    scf_p_i64(&p, m->statement.tick);
    scf_p_i32_array(&p, m->target_ids, NULL, m->target_count);
    scf_p_time(&p, m->statement.time_us);
    return scf_db_run(db, &insert_entries, &p, m->arena, NULL, err);
}

/* ---- the transaction ---- */

static const struct scf_stmt try_lock = {
    "anchor_tick_lock", "SELECT pg_try_advisory_xact_lock(hashtext('scfd.anchor'))"};

static enum scf_code lock_and_find_due(struct making *m, struct scf_db *db, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, m->arena);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &try_lock, &p, m->arena, &rows, err);
    m->target_count = 0;
    return code || !scf_rows_bool(rows, 0, 0) ? code : find_due(m, db, err);
}

static enum scf_code make_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct making *m = ctx;
    *m = (struct making){.arena = m->arena, .services = m->services};
    enum scf_code code = lock_and_find_due(m, db, err);
    if (code || m->target_count == 0)
        return code;
    code = gather(m, db, err);
    if (code == SCF_OK)
        code = follow_last(m, db, err);
    if (code == SCF_OK)
        code = state_and_sign(m, err);
    if (code == SCF_OK)
        code = write_tick(m, db, err);
    if (code == SCF_OK)
        code = write_pages(m, db, err);
    if (code == SCF_OK)
        code = write_entries(m, db, err);
    m->made = code == SCF_OK;
    return code;
}

enum scf_code scf_anchor_tick_make(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_services *services, bool *ret_made,
                                   struct scf_error *err) {
    struct making m = {.arena = arena, .services = services};
    enum scf_code code = find_due(&m, db, err);
    if (code == SCF_OK && m.target_count > 0)
        code = scf_tx_run(db, make_in_tx, &m, err);
    if (code == SCF_OK)
        *ret_made = m.made;
    return code;
}
