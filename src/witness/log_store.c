/* SQL of witness_log and witness_seen. Relies on sql/0020_witness.sql. */
#include "log_store.h"

#include "lines.h"

#define COLUMNS                                                                                    \
    "id, origin, vkeys, active, size, root, cosigned_time, conflict_id, version, created_at, "     \
    "updated_at"

size_t scf_wit_log_keys(const struct scf_wit_log *log, struct scf_vkey ret[SCF_WIT_KEYS_MAX]) {
    struct scf_str rest = log->vkeys, line;
    size_t n = 0;
    while (n < SCF_WIT_KEYS_MAX && scf_wit_line(&rest, &line))
        if (scf_vkey_parse(line, &ret[n]))
            n++;
    return n;
}

static void read_log(const struct scf_rows *rows, int i, void *item) {
    *(struct scf_wit_log *)item = (struct scf_wit_log){
        .id = scf_rows_uuid(rows, i, 0),
        .origin = scf_rows_str(rows, i, 1),
        .vkeys = scf_rows_str(rows, i, 2),
        .active = scf_rows_bool(rows, i, 3),
        .size = scf_rows_i64(rows, i, 4),
        .cosigned = !scf_rows_null(rows, i, 5),
        .root = scf_rows_hash(rows, i, 5),
        .cosigned_s = scf_rows_i64(rows, i, 6),
        .conflict_id = scf_rows_uuid(rows, i, 7),
        .version = scf_rows_i64(rows, i, 8),
        .created_us = scf_rows_time(rows, i, 9),
        .updated_us = scf_rows_time(rows, i, 10),
    };
}

static const struct scf_row_form log_form = {sizeof(struct scf_wit_log), read_log,
                                             "This log is not witnessed here."};

static const struct scf_stmt by_origin = {
    "scf_wit_log_by_origin", "SELECT " COLUMNS " FROM scfd.witness_log WHERE origin = $1"};

enum scf_code scf_wit_log_by_origin(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_str origin, struct scf_wit_log *ret,
                                    struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_str(&p, origin);
    return scf_db_one(db, &by_origin, &p, arena, &log_form, ret, err);
}

static const struct scf_stmt get_stmt = {"scf_wit_log_get",
                                         "SELECT " COLUMNS " FROM scfd.witness_log WHERE id = $1"};
static const struct scf_stmt lock_stmt = {
    "scf_wit_log_lock", "SELECT " COLUMNS " FROM scfd.witness_log WHERE id = $1 FOR UPDATE"};

enum scf_code scf_wit_log_get(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                              bool lock, struct scf_wit_log *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    return scf_db_one(db, lock ? &lock_stmt : &get_stmt, &p, arena, &log_form, ret, err);
}

static const struct scf_stmt page_up = {
    "scf_wit_log_page",
    "SELECT " COLUMNS " FROM scfd.witness_log WHERE active"
    " AND (NOT $1 OR (created_at, id) > ($2, $3)) ORDER BY created_at, id LIMIT $4"};
static const struct scf_stmt page_down = {
    "scf_wit_log_page_desc",
    "SELECT " COLUMNS " FROM scfd.witness_log WHERE active"
    " AND (NOT $1 OR (created_at, id) < ($2, $3)) ORDER BY created_at DESC, id DESC LIMIT $4"};

enum scf_code scf_wit_log_page(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_page *page, struct scf_wit_log **ret, int *ret_n,
                               struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_page_flag(&p, page);
    struct scf_wit_log *list =
        scf_db_list(db, page->descending ? &page_down : &page_up, &p, arena, &log_form, ret_n, err);
    if (list == NULL)
        return err->code;
    *ret = list;
    return SCF_OK;
}

static const struct scf_stmt insert_stmt = {
    "scf_wit_log_insert", "INSERT INTO scfd.witness_log (id, origin, vkeys, created_at, updated_at)"
                          " VALUES ($1, $2, $3, $4, $4)"};

enum scf_code scf_wit_log_insert(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_wit_log *log, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &log->id);
    scf_p_str(&p, log->origin);
    scf_p_str(&p, log->vkeys);
    scf_p_time(&p, log->created_us);
    return scf_db_run(db, &insert_stmt, &p, arena, NULL, err);
}

static const struct scf_stmt save_stmt = {
    "scf_wit_log_save",
    "UPDATE scfd.witness_log SET vkeys = $2, active = $3, size = $4, root = $5,"
    " cosigned_time = $6, conflict_id = $7, updated_at = $8, version = version + 1 WHERE id = $1"};

enum scf_code scf_wit_log_save(struct scf_db *db, struct scf_arena *arena, struct scf_wit_log *log,
                               struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &log->id);
    scf_p_str(&p, log->vkeys);
    scf_p_bool(&p, log->active);
    scf_p_i64(&p, log->size);
    scf_p_hash(&p, log->cosigned ? &log->root : NULL);
    scf_p_i64(&p, log->cosigned_s);
    scf_p_uuid(&p, scf_uuid_is_nil(&log->conflict_id) ? NULL : &log->conflict_id);
    scf_p_time(&p, log->updated_us);
    log->version++;
    return scf_db_run(db, &save_stmt, &p, arena, NULL, err);
}

static const struct scf_stmt halted_stmt = {
    "scf_wit_log_halted",
    "SELECT count(*) FROM scfd.witness_log WHERE active AND conflict_id IS NOT NULL"};

enum scf_code scf_wit_log_halted(struct scf_db *db, struct scf_arena *arena, int64_t *ret,
                                 struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &halted_stmt, NULL, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_i64(rows, 0, 0);
    return code;
}

/* ---- what was seen ---- */

static const struct scf_stmt seen_get = {
    "scf_wit_seen_get", "SELECT root, note FROM scfd.witness_seen WHERE log_id = $1 AND size = $2"};

enum scf_code scf_wit_seen_get(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *log_id, int64_t size,
                               struct scf_wit_seen *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, log_id);
    scf_p_i64(&p, size);
    enum scf_code code = scf_db_run(db, &seen_get, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret = (struct scf_wit_seen){.found = scf_rows_count(rows) == 1};
    if (ret->found) {
        ret->root = scf_rows_hash(rows, 0, 0);
        ret->note = scf_rows_str(rows, 0, 1);
    }
    return SCF_OK;
}

static const struct scf_stmt seen_put = {
    "scf_wit_seen_put",
    "WITH up AS (UPDATE scfd.witness_log SET seen = seen + 1 WHERE id = $1 RETURNING seen)"
    " INSERT INTO scfd.witness_seen (log_id, size, root, note, seq, cosigned, seen_at)"
    " SELECT $1, $2, $3, $4, seen, $5, $6 FROM up"
    " ON CONFLICT (log_id, size) DO UPDATE SET cosigned = true"
    " WHERE excluded.cosigned AND NOT witness_seen.cosigned"};
static const struct scf_stmt seen_prune = {
    "scf_wit_seen_prune", "DELETE FROM scfd.witness_seen WHERE log_id = $1 AND NOT cosigned"
                          " AND seq <= (SELECT seen FROM scfd.witness_log WHERE id = $1) - $2"};

enum scf_code scf_wit_seen_put(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *log_id, const struct scf_checkpoint *c,
                               struct scf_str note, bool cosigned, int64_t now_us,
                               struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, log_id);
    scf_p_i64(&p, c->size);
    scf_p_hash(&p, &c->root);
    scf_p_str(&p, note);
    scf_p_bool(&p, cosigned);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &seen_put, &p, arena, NULL, err);
    if (code != SCF_OK)
        return code;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, log_id);
    scf_p_i64(&p, SCF_WIT_SEEN_MAX);
    return scf_db_run(db, &seen_prune, &p, arena, NULL, err);
}
