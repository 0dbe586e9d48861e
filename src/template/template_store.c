/* SQL of industry templates, and the document that goes into the platform's chain.
 * Relies on sql/0005_template.sql and chain/record. */
#include "store.h"

#include "parse.h"
#include "scfd/base/clock.h"
#include "scfd/codec/jsonw.h"

#define COLUMNS                                                                                    \
    "id, uuid, code, revision, applies_to, industry_code, definition, published_at, version, "     \
    "created_at, updated_at"

static void read_template(const struct scf_rows *rows, int i, void *item) {
    *(struct scf_template_row *)item = (struct scf_template_row){
        .id = (int32_t)scf_rows_i64(rows, i, 0),
        .uuid = scf_rows_uuid(rows, i, 1),
        .code = scf_rows_str(rows, i, 2),
        .revision = (int)scf_rows_i64(rows, i, 3),
        .applies_to = (enum scf_record_kind)scf_rows_i64(rows, i, 4),
        .industry_code = scf_rows_str(rows, i, 5),
        .definition = scf_rows_str(rows, i, 6),
        .published = !scf_rows_null(rows, i, 7),
        .published_us = scf_rows_time(rows, i, 7),
        .version = scf_rows_i64(rows, i, 8),
        .created_us = scf_rows_time(rows, i, 9),
        .updated_us = scf_rows_time(rows, i, 10),
    };
}

static const struct scf_row_form template_form = {sizeof(struct scf_template_row), read_template,
                                                  "There is no such template"};

/* ---- one row ---- */

static const struct scf_stmt get_stmt = {
    "scf_template_get", "SELECT " COLUMNS " FROM scfd.industry_template WHERE uuid = $1"};
static const struct scf_stmt get_lock_stmt = {
    "scf_template_get_lock",
    "SELECT " COLUMNS " FROM scfd.industry_template WHERE uuid = $1 FOR UPDATE"};

enum scf_code scf_template_get(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *uuid, bool lock, struct scf_template_row *ret,
                               struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, uuid);
    return scf_db_one(db, lock ? &get_lock_stmt : &get_stmt, &p, arena, &template_form, ret, err);
}

static const struct scf_stmt code_stmt = {
    "scf_template_code", "SELECT applies_to, industry_code FROM scfd.industry_template"
                         " WHERE code = $1 ORDER BY revision LIMIT 1"};

static enum scf_code run_code(struct scf_db *db, struct scf_arena *arena, const char *code_text,
                              struct scf_rows **ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_text(&p, code_text);
    return scf_db_run(db, &code_stmt, &p, arena, ret, err);
}

enum scf_code scf_template_code_known(struct scf_db *db, struct scf_arena *arena, const char *code,
                                      bool *ret, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code result = run_code(db, arena, code, &rows, err);
    if (result == SCF_OK)
        *ret = scf_rows_count(rows) > 0;
    return result;
}

static enum scf_code check_same_use(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_template *t, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = run_code(db, arena, t->code, &rows, err);
    if (code != SCF_OK || scf_rows_count(rows) == 0)
        return code;
    if (scf_rows_i64(rows, 0, 0) != (int64_t)t->applies_to ||
        !scf_str_is(scf_rows_str(rows, 0, 1), t->industry_code)) {
        return scf_fail(err, SCF_E_CONFLICT,
                        "The code %s belongs to another industry or kind of record", t->code);
    }
    return SCF_OK;
}

static const struct scf_stmt insert_stmt = {
    "scf_template_insert",
    "INSERT INTO scfd.industry_template"
    " (uuid, code, revision, applies_to, industry_code, definition, created_at, updated_at)"
    " SELECT $1, $2, coalesce(max(revision), 0) + 1, $3, $4, $5, $6, $6"
    " FROM scfd.industry_template WHERE code = $2 RETURNING " COLUMNS};

enum scf_code scf_template_insert(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_template *t, struct scf_str definition,
                                  int64_t now_us, struct scf_template_row *ret,
                                  struct scf_error *err) {
    enum scf_code code = check_same_use(db, arena, t, err);
    if (code != SCF_OK)
        return code;
    struct scf_uuid uuid = scf_uuid_new();
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &uuid);
    scf_p_text(&p, t->code);
    scf_p_i16(&p, (int16_t)t->applies_to);
    scf_p_text(&p, t->industry_code);
    scf_p_str(&p, definition);
    scf_p_time(&p, now_us);
    code = scf_db_run(db, &insert_stmt, &p, arena, &rows, err);
    if (code == SCF_E_DB_CONFLICT)
        return scf_fail(err, SCF_E_CONFLICT, "The code %s has a draft already", t->code);
    if (code == SCF_OK)
        read_template(rows, 0, ret);
    return code;
}

static const struct scf_stmt update_stmt = {
    "scf_template_update", "UPDATE scfd.industry_template SET definition = $2, updated_at = $3,"
                           " version = version + 1 WHERE uuid = $1 AND published_at IS NULL"};

enum scf_code scf_template_update(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *uuid, struct scf_str definition,
                                  int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, uuid);
    scf_p_str(&p, definition);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &update_stmt, &p, arena, NULL, err);
}

/* ---- publishing ---- */

void scf_template_write(const struct scf_template_row *row, bool durable, struct scf_buf *out) {
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "industry_template");
    scf_jw_id(&w, "id", "tpl", &row->uuid);
    scf_jw_i64(&w, "revision", row->revision);
    scf_jw_str(&w, "status", row->published ? "published" : "draft");
    if (row->published)
        scf_jw_time(&w, "published_at", row->published_us);
    if (!durable) {
        scf_jw_i64(&w, "version", row->version);
        scf_jw_time(&w, "created_at", row->created_us);
        scf_jw_time(&w, "updated_at", row->updated_us);
    }
    /* The definition's members follow ours: its text from after the opening brace. It was checked,
     * so it is an object with members, none of them named like those above. */
    const char *brace = memchr(row->definition.p, '{', row->definition.n);
    SCF_ASSERT(brace != NULL);
    scf_buf_putc(out, ',');
    scf_buf_put(out, brace + 1, row->definition.n - (size_t)(brace + 1 - row->definition.p));
}

static enum scf_code append_record(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *platform_id,
                                   const struct scf_template_row *row, struct scf_error *err) {
    struct scf_buf body;
    scf_buf_init(&body, row->definition.n + 1024);
    scf_template_write(row, true, &body);
    scf_defer(arena, free, body.data);
    char *external_id =
        scf_asprintf(arena, "%.*s/%d", (int)row->code.n, row->code.p, row->revision);
    if (body.overflow || external_id == NULL)
        return scf_fail(err, SCF_E_OVERLOADED, "The template is too large");
    struct scf_record record = {
        .chain_id = *platform_id,
        .id = row->uuid,
        .kind = SCF_REC_INDUSTRY_TEMPLATE,
        .external_id = scf_str(external_id),
        .received_us = row->published_us,
        .body = {body.data, body.len},
    };
    scf_record_prepare(&record);
    return scf_chain_append(db, arena, &record, 1, err);
}

static const struct scf_stmt publish_stmt = {
    "scf_template_publish", "UPDATE scfd.industry_template SET published_at = $2, updated_at = $2,"
                            " version = version + 1 WHERE uuid = $1 AND published_at IS NULL"};

enum scf_code scf_template_publish(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *platform_id, struct scf_template_row *row,
                                   int64_t now_us, struct scf_error *err) {
    if (row->published) {
        return scf_fail(err, SCF_E_WRONG_STATE,
                        "The template is published and cannot change; send a new revision");
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &row->uuid);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &publish_stmt, &p, arena, NULL, err);
    if (code != SCF_OK)
        return code;
    row->published = true;
    row->published_us = row->updated_us = now_us;
    row->version++;
    code = append_record(db, arena, platform_id, row, err);
    return code == SCF_OK ? scf_db_notify(db, arena, "templates", err) : code;
}

/* ---- many rows ---- */

#define FILTER                                                                                     \
    "($1::text IS NULL OR code = $1) AND ($2::text IS NULL OR industry_code = $2)"                 \
    " AND ($3::smallint < 0 OR applies_to = $3)"                                                   \
    " AND ($4::smallint < 0 OR (published_at IS NOT NULL) = ($4 = 1))"

static const struct scf_stmt page_up = {
    "scf_template_page", "SELECT " COLUMNS " FROM scfd.industry_template WHERE " FILTER
                         " AND (NOT $5 OR (created_at, uuid) > ($6, $7))"
                         " ORDER BY created_at, uuid LIMIT $8"};
static const struct scf_stmt page_down = {
    "scf_template_page_desc", "SELECT " COLUMNS " FROM scfd.industry_template WHERE " FILTER
                              " AND (NOT $5 OR (created_at, uuid) < ($6, $7))"
                              " ORDER BY created_at DESC, uuid DESC LIMIT $8"};

enum scf_code scf_template_page(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_template_filter *filter,
                                const struct scf_page *page, struct scf_template_row **ret,
                                int *ret_n, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_text(&p, filter->code);
    scf_p_text(&p, filter->industry_code);
    scf_p_i16(&p, (int16_t)filter->applies_to);
    scf_p_i16(&p, (int16_t)filter->published);
    scf_p_page_flag(&p, page);
    struct scf_template_row *list = scf_db_list(db, page->descending ? &page_down : &page_up, &p,
                                                arena, &template_form, ret_n, err);
    if (list == NULL)
        return err->code;
    *ret = list;
    return SCF_OK;
}

static const struct scf_stmt published_stmt = {
    "scf_template_published", "SELECT " COLUMNS " FROM scfd.industry_template"
                              " WHERE published_at IS NOT NULL AND NOT id = ANY($1) ORDER BY id"};

enum scf_code scf_template_published(struct scf_db *db, struct scf_arena *arena,
                                     const int32_t *known, size_t known_n,
                                     struct scf_template_row **ret, int *ret_n,
                                     struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i32_array(&p, known, NULL, known_n);
    struct scf_template_row *list =
        scf_db_list(db, &published_stmt, &p, arena, &template_form, ret_n, err);
    if (list == NULL)
        return err->code;
    *ret = list;
    return SCF_OK;
}
