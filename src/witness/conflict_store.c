/* SQL of witness_conflict, and its records. Relies on sql/0020_witness.sql, chain/record and the
 * event feed of exchange. */
#include "conflict_store.h"

#include "scfd/base/clock.h"
#include "scfd/chain/record.h"
#include "scfd/exchange/exchange.h"

enum { RECORD_MAX = 512 << 10 };

#define COLUMNS                                                                                    \
    "id, log_id, chain_id, origin, size, root, first_note, second_note, found_at, "                \
    "acknowledged_at, acknowledged_by, reason"

/* ---- as JSON ---- */

static void write_note(struct scf_jsonw *w, const char *key, struct scf_str note) {
    if (note.p == NULL)
        scf_jw_null(w, key);
    else
        scf_jw_strn(w, key, note.p, note.n);
}

void scf_wit_conflict_write(struct scf_jsonw *w, const struct scf_wit_conflict *c,
                            bool with_notes) {
    scf_jw_str(w, "object", "witness_conflict");
    scf_jw_id(w, "id", "wcf", &c->id);
    scf_jw_strn(w, "origin", c->origin.p, c->origin.n);
    if (scf_uuid_is_nil(&c->log_id))
        scf_jw_id(w, "chain_id", "chain", &c->chain_id);
    else
        scf_jw_id(w, "log_id", "wlg", &c->log_id);
    scf_jw_i64(w, "size", c->size);
    if (with_notes) {
        write_note(w, "first_checkpoint", c->first_note);
        write_note(w, "second_checkpoint", c->second_note);
    }
    scf_jw_time(w, "found_at", c->found_us);
    scf_jw_bool(w, "acknowledged", c->acknowledged);
    if (!c->acknowledged)
        return;
    scf_jw_time(w, "acknowledged_at", c->acknowledged_us);
    scf_jw_id(w, "acknowledged_by", "key", &c->acknowledged_by);
    scf_jw_strn(w, "reason", c->reason.p, c->reason.n);
}

/* ---- reading ---- */

static struct scf_str text_or_none(const struct scf_rows *rows, int i, int col) {
    return scf_rows_null(rows, i, col) ? (struct scf_str){NULL, 0} : scf_rows_str(rows, i, col);
}

static void read_conflict(const struct scf_rows *rows, int i, void *item) {
    *(struct scf_wit_conflict *)item = (struct scf_wit_conflict){
        .id = scf_rows_uuid(rows, i, 0),
        .log_id = scf_rows_uuid(rows, i, 1),
        .chain_id = scf_rows_uuid(rows, i, 2),
        .origin = scf_rows_str(rows, i, 3),
        .size = scf_rows_i64(rows, i, 4),
        .root = scf_rows_hash(rows, i, 5),
        .first_note = text_or_none(rows, i, 6),
        .second_note = scf_rows_str(rows, i, 7),
        .found_us = scf_rows_time(rows, i, 8),
        .acknowledged = !scf_rows_null(rows, i, 9),
        .acknowledged_us = scf_rows_time(rows, i, 9),
        .acknowledged_by = scf_rows_uuid(rows, i, 10),
        .reason = text_or_none(rows, i, 11),
    };
}

static const struct scf_row_form conflict_form = {sizeof(struct scf_wit_conflict), read_conflict,
                                                  "There is no such conflict."};

static const struct scf_stmt get_stmt = {
    "scf_wit_conflict_get", "SELECT " COLUMNS " FROM scfd.witness_conflict WHERE id = $1"};
static const struct scf_stmt lock_stmt = {"scf_wit_conflict_lock",
                                          "SELECT " COLUMNS
                                          " FROM scfd.witness_conflict WHERE id = $1 FOR UPDATE"};

enum scf_code scf_wit_conflict_get(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *id, bool lock,
                                   struct scf_wit_conflict *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    return scf_db_one(db, lock ? &lock_stmt : &get_stmt, &p, arena, &conflict_form, ret, err);
}

static const struct scf_stmt page_up = {
    "scf_wit_conflict_page",
    "SELECT " COLUMNS " FROM scfd.witness_conflict"
    " WHERE NOT $1 OR (found_at, id) > ($2, $3) ORDER BY found_at, id LIMIT $4"};
static const struct scf_stmt page_down = {
    "scf_wit_conflict_page_desc",
    "SELECT " COLUMNS " FROM scfd.witness_conflict"
    " WHERE NOT $1 OR (found_at, id) < ($2, $3) ORDER BY found_at DESC, id DESC LIMIT $4"};

enum scf_code scf_wit_conflict_page(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_page *page, struct scf_wit_conflict **ret,
                                    int *ret_n, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_page_flag(&p, page);
    struct scf_wit_conflict *list = scf_db_list(db, page->descending ? &page_down : &page_up, &p,
                                                arena, &conflict_form, ret_n, err);
    if (list == NULL)
        return err->code;
    *ret = list;
    return SCF_OK;
}

/* ---- keeping ---- */

/* The conflict as it now is, as a record of the platform's chain. */
static enum scf_code append_record(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_services *services,
                                   const struct scf_wit_conflict *c, const struct scf_uuid *id,
                                   int64_t at_us, struct scf_error *err) {
    struct scf_buf body;
    scf_buf_init(&body, RECORD_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_wit_conflict_write(&w, c, true);
    scf_jw_end_object(&w);
    scf_defer(arena, free, body.data);
    char external_id[SCF_ID_TEXT + 16], text[SCF_ID_TEXT];
    scf_id_format("wcf", &c->id, text);
    snprintf(external_id, sizeof external_id, "%s%s", text, c->acknowledged ? "/acknowledged" : "");
    if (body.overflow)
        return scf_fail_memory(err);
    struct scf_record record = {
        .chain_id = services->installation.platform_id,
        .id = *id,
        .kind = SCF_REC_WITNESS_CONFLICT,
        .external_id = scf_str(external_id),
        .received_us = at_us,
        .body = {body.data, body.len},
    };
    if (c->acknowledged)
        record.revises_id = c->id;
    scf_record_prepare(&record);
    return scf_chain_append(db, arena, &record, 1, err);
}

static const struct scf_stmt insert_stmt = {
    "scf_wit_conflict_keep",
    "INSERT INTO scfd.witness_conflict (id, log_id, chain_id, origin, size, root, first_note,"
    " second_note, found_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    " ON CONFLICT (origin, size, root) DO NOTHING"};
static const struct scf_stmt same_stmt = {
    "scf_wit_conflict_same",
    "SELECT id FROM scfd.witness_conflict WHERE origin = $1 AND size = $2 AND root = $3"};

static const struct scf_uuid *id_or_null(const struct scf_uuid *id) {
    return scf_uuid_is_nil(id) ? NULL : id;
}

static enum scf_code insert(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_wit_conflict *c, bool *ret_new,
                            struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &c->id);
    scf_p_uuid(&p, id_or_null(&c->log_id));
    scf_p_uuid(&p, id_or_null(&c->chain_id));
    scf_p_str(&p, c->origin);
    scf_p_i64(&p, c->size);
    scf_p_hash(&p, &c->root);
    scf_p_str(&p, c->first_note);
    scf_p_str(&p, c->second_note);
    scf_p_time(&p, c->found_us);
    enum scf_code code = scf_db_run(db, &insert_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret_new = scf_rows_affected(rows) == 1;
    return code;
}

static enum scf_code find_same(struct scf_db *db, struct scf_arena *arena,
                               struct scf_wit_conflict *c, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_str(&p, c->origin);
    scf_p_i64(&p, c->size);
    scf_p_hash(&p, &c->root);
    enum scf_code code = scf_db_run(db, &same_stmt, &p, arena, &rows, err);
    if (code == SCF_OK && scf_rows_count(rows) == 1)
        c->id = scf_rows_uuid(rows, 0, 0);
    return code;
}

enum scf_code scf_wit_conflict_keep(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_services *services, struct scf_wit_conflict *c,
                                    bool *ret_new, struct scf_error *err) {
    const struct scf_uuid *platform = &services->installation.platform_id;
    c->id = scf_uuid_new();
    c->found_us = scf_now_us();
    enum scf_code code = insert(db, arena, c, ret_new, err);
    if (code != SCF_OK || !*ret_new)
        return code == SCF_OK ? find_same(db, arena, c, err) : code;
    code = append_record(db, arena, services, c, &c->id, c->found_us, err);
    return code == SCF_OK
               ? scf_event_append(db, arena, platform, "witness.conflict", "wcf", &c->id, true, err)
               : code;
}

static const struct scf_stmt close_stmt = {
    "scf_wit_conflict_close",
    "UPDATE scfd.witness_conflict SET acknowledged_at = $2, acknowledged_by = $3, reason = $4"
    " WHERE id = $1"};

enum scf_code scf_wit_conflict_close(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_services *services,
                                     const struct scf_wit_conflict *c, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &c->id);
    scf_p_time(&p, c->acknowledged_us);
    scf_p_uuid(&p, &c->acknowledged_by);
    scf_p_str(&p, c->reason);
    enum scf_code code = scf_db_run(db, &close_stmt, &p, arena, NULL, err);
    struct scf_uuid record_id = scf_uuid_new();
    return code == SCF_OK
               ? append_record(db, arena, services, c, &record_id, c->acknowledged_us, err)
               : code;
}
