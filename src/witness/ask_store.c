/* SQL of asking witnesses. Relies on sql/0020_witness.sql. */
#include "ask_store.h"

#define NIL "'00000000-0000-0000-0000-000000000000'::uuid"
/* What a chain wants, `c` being its row of witness_chain, if it has one. */
#define DEFAULT_QUORUM                                                                             \
    "coalesce((SELECT quorum FROM scfd.witness_chain WHERE chain_id = " NIL "), 0)"
#define QUORUM "coalesce(c.quorum, " DEFAULT_QUORUM ")"
/* A turn, a lease or a pause is over by $1. None lasts an hour: what ends later was set by a clock
 * that was ahead and has been set back. */
#define IS_OVER(column, now)                                                                       \
    "(" column " <= " now " OR " column " > " now "::timestamptz + interval '1 hour')"
/* Of the row being updated: the largest tree with the quorum of the installation or its own. */
#define COSIGNED_WITH(quorum)                                                                      \
    "coalesce((SELECT size FROM scfd.cosignature g WHERE g.chain_id = c.chain_id GROUP BY size"    \
    " HAVING count(*) >= greatest(" quorum ", 1) ORDER BY size DESC LIMIT 1), 0)"

/* ---- what chains want ---- */

static const struct scf_stmt default_stmt = {
    "scf_witness_default",
    "WITH changed AS (INSERT INTO scfd.witness_chain AS c (chain_id, quorum, updated_at)"
    " SELECT " NIL ", $1, $2 WHERE NOT EXISTS (SELECT FROM scfd.witness_chain"
    " WHERE chain_id = " NIL " AND quorum = $1) ON CONFLICT (chain_id)"
    " DO UPDATE SET quorum = excluded.quorum, updated_at = $2 WHERE c.quorum <> excluded.quorum"
    " RETURNING c.chain_id)"
    " UPDATE scfd.witness_chain c SET cosigned_size = " COSIGNED_WITH(
        "$1") " WHERE c.quorum IS NULL AND EXISTS (SELECT FROM changed)"};

enum scf_code scf_witness_default(struct scf_db *db, struct scf_arena *arena, int64_t quorum,
                                  int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i32(&p, (int32_t)quorum);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &default_stmt, &p, arena, NULL, err);
}

static const struct scf_stmt want_stmt = {
    "scf_witness_want", "INSERT INTO scfd.witness_chain (chain_id, quorum, updated_at)"
                        " SELECT id, $2, $3 FROM scfd.chain WHERE id = $1"
                        " ON CONFLICT (chain_id) DO UPDATE SET quorum = $2, updated_at = $3"};
static const struct scf_stmt recount_stmt = {
    "scf_witness_recount_one", "UPDATE scfd.witness_chain c SET cosigned_size = " COSIGNED_WITH(
                                   QUORUM) " WHERE c.chain_id = $1"};

enum scf_code scf_witness_want(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, int quorum, int64_t now_us,
                               struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    if (quorum < 0)
        scf_p_null(&p, SCF_PG_INT4);
    else
        scf_p_i32(&p, quorum);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &want_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_affected(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such chain.");
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    return scf_db_run(db, &recount_stmt, &p, arena, NULL, err);
}

static const struct scf_stmt advance_stmt = {
    "scf_witness_advance",
    "INSERT INTO scfd.witness_chain AS t (chain_id, shown_size, shown_at, updated_at)"
    " SELECT s.chain_id, s.size, $2, $2 FROM scfd.chain_seal s"
    " LEFT JOIN scfd.witness_chain c ON c.chain_id = s.chain_id"
    " WHERE s.size > coalesce(c.shown_size, 0) AND " QUORUM " > 0"
    " AND (c.shown_at IS NULL OR c.shown_at > $2::timestamptz + interval '1 minute'"
    " OR (c.shown_at < $3"
    " AND (c.cosigned_size >= c.shown_size OR c.shown_at <= $1)))"
    " ON CONFLICT (chain_id) DO UPDATE SET shown_size = excluded.shown_size, shown_at = $2,"
    " updated_at = $2 WHERE t.shown_size < excluded.shown_size"};

enum scf_code scf_witness_advance(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_witness_pace *pace, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_time(&p, pace->stale_us);
    scf_p_time(&p, pace->now_us);
    scf_p_time(&p, pace->tick_us);
    return scf_db_run(db, &advance_stmt, &p, arena, NULL, err);
}

/* ---- asking ---- */

/* Of witness w: chains whose checkpoint it has not cosigned yet. */
#define SHOWN_TO_W                                                                                 \
    "SELECT FROM scfd.witness_chain c LEFT JOIN scfd.witness_shown s"                              \
    " ON s.witness_id = w.id AND s.chain_id = c.chain_id"                                          \
    " WHERE c.shown_size > coalesce(s.size, 0) AND " QUORUM " > 0"

static const struct scf_stmt due_stmt = {
    "scf_witness_due", "SELECT w.id FROM scfd.witness w WHERE w.active AND " IS_OVER(
                           "w.due_at", "$1") " AND EXISTS (" SHOWN_TO_W
                                             " AND (s.due_at IS NULL OR " IS_OVER(
                                                 "s.due_at", "$1") "))"
                                                                   " ORDER BY w.due_at"};

enum scf_code scf_witness_due(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                              struct scf_uuid **ret, size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &due_stmt, &p, arena, &rows, err);
    return code == SCF_OK ? scf_rows_uuid_list(rows, arena, ret, ret_n, err) : code;
}

static const struct scf_stmt take_stmt = {
    "scf_witness_take",
    "UPDATE scfd.witness SET due_at = $3 WHERE id = $1 AND active AND " IS_OVER("due_at", "$2")};

enum scf_code scf_witness_take(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *id, int64_t now_us, int64_t until_us,
                               bool *ret_taken, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_time(&p, now_us);
    scf_p_time(&p, until_us);
    enum scf_code code = scf_db_run(db, &take_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret_taken = scf_rows_affected(rows) == 1;
    return code;
}

static const struct scf_stmt release_stmt = {
    "scf_witness_release",
    "UPDATE scfd.witness SET failures = $2, problem = $3, due_at = $4, updated_at = $5"
    " WHERE id = $1"};

enum scf_code scf_witness_release(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_witness *w, int64_t now_us,
                                  struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &w->id);
    scf_p_i32(&p, w->failures);
    scf_p_text(&p, w->problem);
    scf_p_time(&p, w->due_us);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &release_stmt, &p, arena, NULL, err);
}

static const struct scf_stmt showings_stmt = {
    "scf_witness_showings",
    "SELECT c.chain_id, c.shown_size, b.checkpoint_note, coalesce(s.size, 0),"
    " coalesce(s.failures, 0), coalesce(s.claimed_size, 0) FROM scfd.witness_chain c"
    " JOIN scfd.block b ON b.chain_id = c.chain_id AND b.size = c.shown_size"
    " LEFT JOIN scfd.witness_shown s ON s.witness_id = $1 AND s.chain_id = c.chain_id"
    " WHERE c.shown_size > coalesce(s.size, 0) AND " QUORUM " > 0"
    " AND (s.due_at IS NULL OR " IS_OVER(
        "s.due_at", "$2") ")"
                          " ORDER BY coalesce(s.failures, 0), c.shown_at, c.chain_id LIMIT $3"};

enum scf_code scf_witness_showings(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *witness_id, int64_t now_us, int limit,
                                   struct scf_witness_showing **ret, size_t *ret_n,
                                   struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, witness_id);
    scf_p_time(&p, now_us);
    scf_p_i64(&p, limit);
    enum scf_code code = scf_db_run(db, &showings_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_witness_showing *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        list[i] = (struct scf_witness_showing){
            .chain_id = scf_rows_uuid(rows, i, 0),
            .size = scf_rows_i64(rows, i, 1),
            .note = scf_rows_str(rows, i, 2),
            .cosigned_size = scf_rows_i64(rows, i, 3),
            .failures = (int)scf_rows_i64(rows, i, 4),
            .claimed_size = scf_rows_i64(rows, i, 5),
        };
    *ret = list;
    *ret_n = (size_t)n;
    return SCF_OK;
}

/* ---- what came of it ---- */

static const struct scf_stmt lock_chain = {
    "scf_witness_lock_chain", "SELECT FROM scfd.witness_chain WHERE chain_id = $1 FOR UPDATE"};
static const struct scf_stmt add_cosignature = {
    "scf_witness_gained",
    "INSERT INTO scfd.cosignature (chain_id, size, witness_id, line, time, at)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"};
static const struct scf_stmt raise_cosigned = {
    "scf_witness_raise",
    "UPDATE scfd.witness_chain c SET cosigned_size = $2, updated_at = $3"
    " WHERE c.chain_id = $1 AND c.cosigned_size < $2 AND greatest(" QUORUM ", 1) <="
    " (SELECT count(*) FROM scfd.cosignature g WHERE g.chain_id = $1 AND g.size = $2)"};
static const struct scf_stmt good_stmt = {
    "scf_witness_good", "UPDATE scfd.witness SET last_good_at = $2 WHERE id = $1"};

struct gaining {
    const struct scf_witness_gain *gain;
    struct scf_arena *arena;
};

static enum scf_code store_line(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_witness_gain *g, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &g->chain_id);
    scf_p_i64(&p, g->size);
    scf_p_uuid(&p, &g->witness_id);
    scf_p_str(&p, g->line);
    scf_p_i64(&p, g->time_s);
    scf_p_time(&p, g->now_us);
    return scf_db_run(db, &add_cosignature, &p, arena, NULL, err);
}

static enum scf_code gain_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct gaining *it = ctx;
    const struct scf_witness_gain *g = it->gain;
    struct scf_rows *rows;
    struct scf_params chain, raise, good;
    scf_params_init(&chain, it->arena);
    scf_p_uuid(&chain, &g->chain_id);
    scf_params_init(&raise, it->arena);
    scf_p_uuid(&raise, &g->chain_id);
    scf_p_i64(&raise, g->size);
    scf_p_time(&raise, g->now_us);
    scf_params_init(&good, it->arena);
    scf_p_uuid(&good, &g->witness_id);
    scf_p_time(&good, g->now_us);
    enum scf_code code = scf_db_run(db, &lock_chain, &chain, it->arena, &rows, err);
    if (code == SCF_OK)
        code = store_line(db, it->arena, g, err);
    if (code == SCF_OK)
        code = scf_db_run(db, &raise_cosigned, &raise, it->arena, NULL, err);
    if (code == SCF_OK)
        code = scf_db_run(db, &good_stmt, &good, it->arena, NULL, err);
    struct scf_witness_state state = {.witness_id = g->witness_id,
                                      .chain_id = g->chain_id,
                                      .size = g->size,
                                      .due_us = g->now_us,
                                      .now_us = g->now_us};
    return code == SCF_OK ? scf_witness_note(db, it->arena, &state, err) : code;
}

enum scf_code scf_witness_gained(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_witness_gain *gain, struct scf_error *err) {
    struct gaining it = {gain, arena};
    return scf_tx_run(db, gain_in_tx, &it, err);
}

static const struct scf_stmt note_stmt = {
    "scf_witness_note",
    "INSERT INTO scfd.witness_shown (witness_id, chain_id, size, due_at, failures, problem,"
    " updated_at, claimed_size) VALUES ($1, $2, $3, $4, $5, $6, $7, nullif($8, 0))"
    " ON CONFLICT (witness_id, chain_id) DO UPDATE SET size = $3, due_at = $4, failures = $5,"
    " problem = $6, updated_at = $7, claimed_size = excluded.claimed_size"};

enum scf_code scf_witness_note(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_witness_state *s, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &s->witness_id);
    scf_p_uuid(&p, &s->chain_id);
    scf_p_i64(&p, s->size);
    scf_p_time(&p, s->due_us);
    scf_p_i32(&p, s->failures);
    scf_p_text(&p, s->problem);
    scf_p_time(&p, s->now_us);
    scf_p_i64(&p, s->claimed_size);
    return scf_db_run(db, &note_stmt, &p, arena, NULL, err);
}

/* ---- what was lost ---- */

static const struct scf_stmt sealed_stmt = {
    "scf_witness_sealed",
    "SELECT s.size, b.checkpoint_note FROM scfd.chain_seal s"
    " LEFT JOIN scfd.block b ON b.chain_id = s.chain_id AND b.height = s.height"
    " WHERE s.chain_id = $1"};

enum scf_code scf_witness_sealed(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *chain_id, int64_t *ret_size,
                                 struct scf_str *ret_note, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    enum scf_code code = scf_db_run(db, &sealed_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such chain.");
    *ret_size = scf_rows_i64(rows, 0, 0);
    if (ret_note != NULL)
        *ret_note = scf_rows_str(rows, 0, 1);
    return SCF_OK;
}

static const struct scf_stmt lost_stmt = {
    "scf_witness_lost",
    "INSERT INTO scfd.seal_refusal AS r (chain_id, reason, published_size, seen_at, note)"
    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (chain_id) DO UPDATE SET reason = excluded.reason,"
    " published_size = excluded.published_size, note = coalesce(excluded.note, r.note)"
    " WHERE r.published_size < excluded.published_size RETURNING seen_at"};

enum scf_code scf_witness_lost(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_witness_loss *loss, bool *ret_new,
                               struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &loss->chain_id);
    scf_p_text(&p, loss->reason);
    scf_p_i64(&p, loss->size);
    scf_p_time(&p, loss->now_us);
    scf_p_str(&p, loss->note.n > 0 ? loss->note : (struct scf_str){NULL, 0});
    enum scf_code code = scf_db_run(db, &lost_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret_new = scf_rows_count(rows) == 1 && scf_rows_time(rows, 0, 0) == loss->now_us;
    return code;
}

enum scf_code scf_witness_lock(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    return scf_db_run(db, &lock_chain, &p, arena, &rows, err);
}

/* Claims of a chain (its row of chain_seal: h) that stand: it has not grown as large since. */
#define STANDING_CLAIMS                                                                            \
    " FROM scfd.witness_shown s JOIN scfd.witness w ON w.id = s.witness_id AND w.active"           \
    " JOIN scfd.chain_seal h ON h.chain_id = s.chain_id WHERE s.claimed_size > h.size"

static const struct scf_stmt claimed_stmt = {"scf_witness_claimed",
                                             "SELECT (SELECT count(*)" STANDING_CLAIMS
                                             " AND s.chain_id = $1) >= greatest(2, (SELECT " QUORUM
                                             " FROM scfd.witness_chain c WHERE c.chain_id = $1))"};

enum scf_code scf_witness_claimed(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *chain_id, bool *ret_enough,
                                  struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    enum scf_code code = scf_db_run(db, &claimed_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret_enough = scf_rows_bool(rows, 0, 0);
    return code;
}

/* ---- alarms ---- */

static const struct scf_stmt silent_stmt = {
    "scf_witness_silent",
    "SELECT count(*) FROM scfd.witness w"
    " WHERE w.active AND coalesce(w.last_good_at, w.created_at) <= $1 AND EXISTS (" SHOWN_TO_W ")"};
static const struct scf_stmt missing_stmt = {
    "scf_witness_missing",
    "SELECT count(*) FROM scfd.chain_seal s"
    " LEFT JOIN scfd.witness_chain c ON c.chain_id = s.chain_id CROSS JOIN LATERAL"
    " (SELECT b.sealed_at FROM scfd.block b WHERE b.chain_id = s.chain_id"
    " AND b.size > coalesce(c.cosigned_size, 0) ORDER BY b.size LIMIT 1) b"
    " WHERE " QUORUM " > 0 AND b.sealed_at <= $1"};

/* $1 is of the other two. */
static const struct scf_stmt claims_stmt = {"scf_witness_claims",
                                            "SELECT count(DISTINCT s.chain_id)" STANDING_CLAIMS
                                            " AND $1::timestamptz IS NOT NULL"};

static enum scf_code count_since(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_stmt *stmt, int64_t since_us, int64_t *ret,
                                 struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_time(&p, since_us);
    enum scf_code code = scf_db_run(db, stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_i64(rows, 0, 0);
    return code;
}

enum scf_code scf_witness_alarms(struct scf_db *db, struct scf_arena *arena, int64_t since_us,
                                 struct scf_witness_alarms *ret, struct scf_error *err) {
    enum scf_code code = count_since(db, arena, &silent_stmt, since_us, &ret->silent, err);
    if (code == SCF_OK)
        code = count_since(db, arena, &missing_stmt, since_us, &ret->missing, err);
    return code == SCF_OK ? count_since(db, arena, &claims_stmt, since_us, &ret->claimed, err)
                          : code;
}

static const struct scf_stmt alarm_stmt = {
    "scf_witness_alarm_set",
    "UPDATE scfd.witness_chain SET missing_since = CASE WHEN $1 THEN $2"
    "::timestamptz END WHERE chain_id = " NIL " AND (missing_since IS NOT NULL) <> $1::boolean"};

enum scf_code scf_witness_alarm_set(struct scf_db *db, struct scf_arena *arena, bool missing,
                                    int64_t now_us, bool *ret_changed, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_bool(&p, missing);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &alarm_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret_changed = scf_rows_affected(rows) == 1;
    return code;
}
