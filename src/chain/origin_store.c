/* SQL of beginning another origin. Relies on db. */
#include "origin_store.h"

static const struct scf_stmt lock_installation = {
    "scf_origin_lock",
    "SELECT (SELECT origin FROM scfd.log_origin WHERE generation = 1), i.origin,"
    " (SELECT max(generation) FROM scfd.log_origin) FROM scfd.installation i FOR NO KEY UPDATE"};

enum scf_code scf_origin_lock(struct scf_db *db, struct scf_arena *arena, const char **ret_first,
                              const char **ret_now, int64_t *ret_generation,
                              struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &lock_installation, NULL, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != 1 || scf_rows_null(rows, 0, 0))
        return scf_fail(err, SCF_E_WRONG_STATE, "No server ever ran on this database.");
    *ret_first = scf_rows_text(rows, 0, 0);
    *ret_now = scf_rows_text(rows, 0, 1);
    *ret_generation = scf_rows_i64(rows, 0, 2);
    return SCF_OK;
}

static const struct scf_stmt chains = {
    "scf_origin_chains",
    "SELECT s.chain_id, s.height, s.size, b.root, s.block_hash, b.checkpoint_note"
    " FROM scfd.chain_seal s JOIN scfd.block b ON b.chain_id = s.chain_id AND b.height = s.height"
    " ORDER BY s.chain_id FOR NO KEY UPDATE OF s"};

enum scf_code scf_origin_chains(struct scf_db *db, struct scf_arena *arena,
                                struct scf_origin_chain **ret, size_t *ret_n,
                                struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &chains, NULL, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_origin_chain *found = scf_alloc(arena, n, sizeof *found);
    if (found == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        found[i] = (struct scf_origin_chain){
            .id = scf_rows_uuid(rows, (int)i, 0),
            .height = scf_rows_i64(rows, (int)i, 1),
            .size = scf_rows_i64(rows, (int)i, 2),
            .root = scf_rows_hash(rows, (int)i, 3),
            .block_hash = scf_rows_hash(rows, (int)i, 4),
            .checkpoint_note = scf_rows_str(rows, (int)i, 5),
        };
    }
    *ret = found;
    *ret_n = n;
    return SCF_OK;
}

static const struct scf_stmt insert_origin = {
    "scf_origin_insert", "INSERT INTO scfd.log_origin (generation, origin, reason, record_id,"
                         " began_at) VALUES ($1, $2, $3, $4, $5)"};
/* What witnesses saw, they saw under the names before. */
static const struct scf_stmt settle = {
    "scf_origin_settle",
    "WITH refusals AS (DELETE FROM scfd.seal_refusal)"
    " UPDATE scfd.witness_shown SET claimed_size = NULL WHERE claimed_size IS NOT NULL"};
static const struct scf_stmt set_origin = {"scf_origin_set",
                                           "UPDATE scfd.installation SET origin = $1"};

enum scf_code scf_origin_insert(struct scf_db *db, struct scf_arena *arena, int64_t generation,
                                const char *origin, const char *reason,
                                const struct scf_uuid *record_id, int64_t now_us,
                                struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i64(&p, generation);
    scf_p_text(&p, origin);
    scf_p_text(&p, reason);
    scf_p_uuid(&p, record_id);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &insert_origin, &p, arena, NULL, err);
    if (code == SCF_OK)
        code = scf_db_run(db, &settle, NULL, arena, NULL, err);
    if (code != SCF_OK)
        return code;
    scf_params_init(&p, arena);
    scf_p_text(&p, origin);
    return scf_db_run(db, &set_origin, &p, arena, NULL, err);
}

static const struct scf_stmt users = {
    "scf_origin_users", "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        " AND pid <> pg_backend_pid() AND application_name LIKE 'scfd%'"};

enum scf_code scf_origin_users(struct scf_db *db, struct scf_arena *arena, int64_t *ret,
                               struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &users, NULL, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_i64(rows, 0, 0);
    return code;
}
