/* SQL of policies, and the document that goes into the platform's chain.
 * Relies on sql/0006_credit.sql and sql/0013_policy.sql, and on chain/record. */
#include "store.h"

#include "scfd/base/clock.h"

const char *const scf_policy_role_names[] = {"live", "shadow", NULL};

enum { SHIP_BYTES = 4 << 20 };

/* ---- for those who compute ---- */

static enum scf_code parse(struct scf_arena *arena, const struct scf_rows *rows, int i,
                           struct scf_policy *ret, struct scf_error *err) {
    return scf_policy_parse(arena, scf_rows_text(rows, i, 0), scf_rows_text(rows, i, 1),
                            scf_rows_str(rows, i, 2), ret, err);
}

static const struct scf_stmt policy_stmt = {"scf_policy_in_force",
                                            "SELECT code, version, params FROM scfd.credit_policy"
                                            " WHERE role = 0 AND effective_from <= $1"
                                            " ORDER BY effective_from DESC, code, version LIMIT 1"};

enum scf_code scf_policy_in_force(struct scf_db *db, struct scf_arena *arena, int64_t at_us,
                                  struct scf_policy *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_time(&p, at_us);
    enum scf_code code = scf_db_run(db, &policy_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_WRONG_STATE, "No credit policy was in force at that time");
    return parse(arena, rows, 0, ret, err);
}

/* The newest policy of each code, where it is a shadow that has not ended. */
#define SHADOWS_AT(at)                                                                             \
    "(SELECT DISTINCT ON (code) code, version, params, role, effective_until"                      \
    " FROM scfd.credit_policy WHERE effective_from <= " at                                         \
    " ORDER BY code, effective_from DESC, version) s WHERE s.role = 1"                             \
    " AND (s.effective_until IS NULL OR s.effective_until > " at ")"

static const struct scf_stmt shadows_stmt = {
    "scf_policy_shadows_in_force",
    "SELECT s.code, s.version, s.params FROM " SHADOWS_AT("$1") " ORDER BY s.code LIMIT 3"};

enum scf_code scf_policy_shadows_in_force(struct scf_db *db, struct scf_arena *arena, int64_t at_us,
                                          struct scf_policy **ret, size_t *ret_n,
                                          struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_time(&p, at_us);
    enum scf_code code = scf_db_run(db, &shadows_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_policy *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        code = parse(arena, rows, (int)i, &list[i], err);
    if (code == SCF_OK) {
        *ret = list;
        *ret_n = n;
    }
    return code;
}

static const struct scf_stmt eras_stmt = {
    "scf_policy_eras", "SELECT code, version, params, effective_from FROM scfd.credit_policy"
                       " WHERE role = 0 AND effective_from <= $1"
                       " ORDER BY effective_from DESC, code, version"};

enum scf_code scf_policy_eras(struct scf_db *db, struct scf_arena *arena, int64_t until_us,
                              struct scf_policy_era **ret, size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_time(&p, until_us);
    enum scf_code code = scf_db_run(db, &eras_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_policy_era *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        list[i].from_us = scf_rows_time(rows, (int)i, 3);
        code = parse(arena, rows, (int)i, &list[i].policy, err);
    }
    if (code == SCF_OK) {
        *ret = list;
        *ret_n = n;
    }
    return code;
}

const struct scf_policy *scf_policy_at(const struct scf_policy_era *eras, size_t n, int64_t at_us) {
    for (size_t i = 0; i < n; i++)
        if (eras[i].from_us <= at_us)
            return &eras[i].policy;
    return NULL;
}

/* ---- rows ---- */

#define COLUMNS "id, code, version, params, role, effective_from, effective_until, created_at"

static void read_policy(const struct scf_rows *rows, int i, void *item) {
    *(struct scf_policy_row *)item = (struct scf_policy_row){
        .id = scf_rows_uuid(rows, i, 0),
        .code = scf_rows_str(rows, i, 1),
        .version = scf_rows_str(rows, i, 2),
        .params = scf_rows_str(rows, i, 3),
        .role = (enum scf_policy_role)scf_rows_i64(rows, i, 4),
        .from_us = scf_rows_time(rows, i, 5),
        .has_until = !scf_rows_null(rows, i, 6),
        .until_us = scf_rows_time(rows, i, 6),
        .created_us = scf_rows_time(rows, i, 7),
    };
}

static const struct scf_row_form policy_form = {sizeof(struct scf_policy_row), read_policy,
                                                "There is no such credit policy"};

static const struct scf_stmt get_stmt = {
    "scf_policy_read",
    "SELECT " COLUMNS " FROM scfd.credit_policy WHERE code = $1 AND version = $2"};

enum scf_code scf_policy_read(struct scf_db *db, struct scf_arena *arena, struct scf_str code_text,
                              struct scf_str version, struct scf_policy_row *ret,
                              struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_str(&p, code_text);
    scf_p_str(&p, version);
    return scf_db_one(db, &get_stmt, &p, arena, &policy_form, ret, err);
}

enum scf_code scf_policy_get(struct scf_db *db, struct scf_arena *arena, const char *code_text,
                             const char *version, struct scf_policy *ret, struct scf_error *err) {
    struct scf_policy_row row;
    enum scf_code code =
        scf_policy_read(db, arena, scf_str(code_text), scf_str(version), &row, err);
    return code == SCF_OK ? scf_policy_parse(arena, code_text, version, row.params, ret, err)
                          : code;
}

static const struct scf_stmt page_up = {
    "scf_policy_page", "SELECT " COLUMNS " FROM scfd.credit_policy WHERE id IS NOT NULL"
                       " AND ($1::smallint < 0 OR role = $1)"
                       " AND (NOT $2 OR (created_at, id) > ($3, $4))"
                       " ORDER BY created_at, id LIMIT $5"};
static const struct scf_stmt page_down = {
    "scf_policy_page_desc", "SELECT " COLUMNS " FROM scfd.credit_policy WHERE id IS NOT NULL"
                            " AND ($1::smallint < 0 OR role = $1)"
                            " AND (NOT $2 OR (created_at, id) < ($3, $4))"
                            " ORDER BY created_at DESC, id DESC LIMIT $5"};

enum scf_code scf_policy_page(struct scf_db *db, struct scf_arena *arena, int role,
                              const struct scf_page *page, struct scf_policy_row **ret, int *ret_n,
                              struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i16(&p, (int16_t)role);
    scf_p_page_flag(&p, page);
    struct scf_policy_row *list = scf_db_list(db, page->descending ? &page_down : &page_up, &p,
                                              arena, &policy_form, ret_n, err);
    if (list == NULL)
        return err->code;
    *ret = list;
    return SCF_OK;
}

/* ---- making one ---- */

static const struct scf_stmt look_stmt = {
    "scf_policy_look_around",
    "SELECT EXISTS (SELECT FROM scfd.credit_policy WHERE code = $1 AND version = $2),"
    " (SELECT max(effective_from) FROM scfd.credit_policy WHERE role = 0),"
    " (SELECT max(effective_from) FROM scfd.credit_policy WHERE code = $1),"
    " (SELECT count(*) FROM " SHADOWS_AT("$3") " AND s.code <> $1)"};

static int64_t time_or_never(const struct scf_rows *rows, int col) {
    return scf_rows_null(rows, 0, col) ? INT64_MIN : scf_rows_time(rows, 0, col);
}

enum scf_code scf_policy_look_around(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_policy_row *row,
                                     struct scf_policy_neighbours *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_str(&p, row->code);
    scf_p_str(&p, row->version);
    scf_p_time(&p, row->from_us);
    enum scf_code code = scf_db_run(db, &look_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret = (struct scf_policy_neighbours){
        .exists = scf_rows_bool(rows, 0, 0),
        .newest_live_us = time_or_never(rows, 1),
        .newest_code_us = time_or_never(rows, 2),
        .shadows = scf_rows_i64(rows, 0, 3),
    };
    return SCF_OK;
}

void scf_policy_write(struct scf_jsonw *w, const struct scf_policy_row *row, bool with_text) {
    struct scf_hash sha256 = scf_sha256(row->params.p, row->params.n);
    scf_jw_str(w, "object", "credit_policy");
    scf_jw_id(w, "id", "pol", &row->id);
    scf_jw_strn(w, "code", row->code.p, row->code.n);
    scf_jw_strn(w, "version", row->version.p, row->version.n);
    scf_jw_str(w, "role", scf_policy_role_names[row->role]);
    scf_jw_time(w, "effective_from", row->from_us);
    if (row->has_until)
        scf_jw_time(w, "effective_until", row->until_us);
    scf_jw_time(w, "created_at", row->created_us);
    scf_jw_hex(w, "sha256", sha256.b, SCF_HASH_LEN);
    if (with_text)
        scf_jw_strn(w, "text", row->params.p, row->params.n);
}

static enum scf_code append_record(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *platform_id,
                                   const struct scf_policy_row *row, struct scf_error *err) {
    struct scf_buf body;
    scf_buf_init(&body, 2 * row->params.n + 2048);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_policy_write(&w, row, true);
    scf_jw_end_object(&w);
    scf_defer(arena, free, body.data);
    char *external_id = scf_asprintf(arena, "%.*s/%.*s", (int)row->code.n, row->code.p,
                                     (int)row->version.n, row->version.p);
    if (body.overflow || external_id == NULL)
        return scf_fail_memory(err);
    struct scf_record record = {
        .chain_id = *platform_id,
        .id = row->id,
        .kind = SCF_REC_CREDIT_POLICY,
        .external_id = scf_str(external_id),
        .received_us = row->created_us,
        .body = {body.data, body.len},
    };
    scf_record_prepare(&record);
    return scf_chain_append(db, arena, &record, 1, err);
}

static const struct scf_stmt insert_stmt = {"scf_policy_insert",
                                            "INSERT INTO scfd.credit_policy (" COLUMNS
                                            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};

enum scf_code scf_policy_insert(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *platform_id,
                                const struct scf_policy_row *row, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &row->id);
    scf_p_str(&p, row->code);
    scf_p_str(&p, row->version);
    scf_p_str(&p, row->params);
    scf_p_i16(&p, (int16_t)row->role);
    scf_p_time(&p, row->from_us);
    if (row->has_until)
        scf_p_time(&p, row->until_us);
    else
        scf_p_null(&p, SCF_PG_TIMESTAMPTZ);
    scf_p_time(&p, row->created_us);
    enum scf_code code = scf_db_run(db, &insert_stmt, &p, arena, NULL, err);
    return code == SCF_OK ? append_record(db, arena, platform_id, row, err) : code;
}

/* ---- those that came with the schema ---- */

static const struct scf_stmt unshipped_stmt = {
    "scf_policy_unshipped",
    "SELECT " COLUMNS " FROM scfd.credit_policy WHERE id IS NULL ORDER BY code, version"};
static const struct scf_stmt ship_stmt = {"scf_policy_ship",
                                          "UPDATE scfd.credit_policy SET id = $3, created_at = $4"
                                          " WHERE code = $1 AND version = $2"};

static enum scf_code ship_one(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *platform_id, struct scf_policy_row *row,
                              struct scf_error *err) {
    row->id = scf_uuid_new();
    row->created_us = scf_now_us();
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_str(&p, row->code);
    scf_p_str(&p, row->version);
    scf_p_uuid(&p, &row->id);
    scf_p_time(&p, row->created_us);
    enum scf_code code = scf_db_run(db, &ship_stmt, &p, arena, NULL, err);
    return code == SCF_OK ? append_record(db, arena, platform_id, row, err) : code;
}

enum scf_code scf_policies_ship(struct scf_db *db, const struct scf_uuid *platform_id,
                                struct scf_error *err) {
    struct scf_arena *arena = scf_arena_new(SHIP_BYTES);
    struct scf_rows *rows;
    int64_t platform_size;
    /* The chain's head first: instances that start together take turns. */
    enum scf_code code = scf_chain_lock(db, arena, platform_id, &platform_size, err);
    if (code == SCF_OK)
        code = scf_db_run(db, &unshipped_stmt, NULL, arena, &rows, err);
    int n = code == SCF_OK ? scf_rows_count(rows) : 0;
    for (int i = 0; code == SCF_OK && i < n; i++) {
        struct scf_policy_row row;
        read_policy(rows, i, &row);
        code = ship_one(db, arena, platform_id, &row, err);
    }
    scf_arena_free(arena);
    return code;
}
