/* SQL of the directory of enterprises. Two instances may name the same enterprise at once: rows are
 * inserted ON CONFLICT DO NOTHING, in the order of their codes so that no two transactions wait for
 * each other in a circle, and read back. */
#include "enterprise_store.h"

#include "scfd/base/clock.h"
#include "scfd/codec/json.h"

#include "mask.h"

/* ---- finding ---- */

#define FIND_COLUMNS "SELECT id, code, industry_code, name, is_stub, registrar_chain_id"

const struct scf_stmt scf_enterprise_find_stmt = {
    .name = "enterprise_find",
    .sql = FIND_COLUMNS " FROM scfd.enterprise WHERE id = ANY ($1) OR code = ANY ($2)"};

void scf_enterprise_find_params(struct scf_params *p, struct scf_arena *arena,
                                const struct scf_enterprise_ref *refs, size_t n) {
    const struct scf_uuid **ids = scf_alloc(arena, n, sizeof(struct scf_uuid *));
    struct scf_str *codes = scf_alloc(arena, n, sizeof *codes);
    SCF_ASSERT(ids != NULL && codes != NULL);
    size_t id_count = 0, code_count = 0;
    for (size_t i = 0; i < n; i++)
        if (scf_uuid_is_nil(&refs[i].id))
            codes[code_count++] = refs[i].uscc;
        else
            ids[id_count++] = &refs[i].id;
    scf_params_init(p, arena);
    scf_p_uuid_array(p, ids, id_count);
    scf_p_text_array(p, codes, code_count);
}

static struct scf_str copy_str(const struct scf_rows *rows, int row, int col,
                               struct scf_arena *arena) {
    struct scf_str s = scf_rows_str(rows, row, col);
    if (s.n == 0)
        return (struct scf_str){NULL, 0};
    char *copy = scf_strndup(arena, s.p, s.n);
    return (struct scf_str){copy, copy ? s.n : 0};
}

static const char *copy_text(const struct scf_rows *rows, int row, int col,
                             struct scf_arena *arena) {
    const char *text = scf_rows_text(rows, row, col);
    return text ? scf_strdup(arena, text) : NULL;
}

void scf_enterprise_read(const struct scf_rows *rows, int row, struct scf_arena *arena,
                         struct scf_enterprise *ret) {
    *ret = (struct scf_enterprise){.id = scf_rows_uuid(rows, row, 0),
                                   .uscc = copy_str(rows, row, 1, arena),
                                   .industry_code = copy_str(rows, row, 2, arena),
                                   .name = copy_str(rows, row, 3, arena),
                                   .is_stub = scf_rows_bool(rows, row, 4),
                                   .registrar_chain_id = scf_rows_uuid(rows, row, 5)};
}

/* ---- stubs ---- */

/* A code with a colon is foreign: "CC:NUMBER". */
static const struct scf_stmt add_stubs = {
    .name = "enterprise_add_stubs",
    .sql = "INSERT INTO scfd.enterprise (id, code, uscc, country_code, foreign_registration_no,"
           "                             name, is_stub, created_at, updated_at)"
           " SELECT id, code, CASE WHEN substr(code, 3, 1) <> ':' THEN code END,"
           "   CASE WHEN substr(code, 3, 1) = ':' THEN left(code, 2) ELSE 'CN' END,"
           "   CASE WHEN substr(code, 3, 1) = ':' THEN substr(code, 4) END, name, true, $4, $4"
           "   FROM unnest($1::uuid[], $2::text[], $3::text[]) AS s (id, code, name)"
           "  ORDER BY code COLLATE \"C\" ON CONFLICT DO NOTHING"};

enum scf_code scf_enterprise_add_stubs(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_enterprise_ref *refs, size_t n,
                                       int64_t now_us, struct scf_error *err) {
    struct scf_uuid *ids = scf_alloc(arena, n, sizeof *ids);
    struct scf_str *codes = scf_alloc(arena, n, sizeof *codes);
    struct scf_str *names = scf_alloc(arena, n, sizeof *names);
    if (ids == NULL || codes == NULL || names == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "Too many enterprises in one request.");
    for (size_t i = 0; i < n; i++) {
        ids[i] = scf_uuid_new();
        codes[i] = refs[i].uscc;
        names[i] = refs[i].name.n > 0 ? refs[i].name : refs[i].uscc;
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, ids, n);
    scf_p_text_array(&p, codes, n);
    scf_p_text_array(&p, names, n);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &add_stubs, &p, arena, NULL, err);
}

/* ---- profiles ---- */

static const struct scf_stmt lock = {
    .name = "enterprise_lock",
    .sql = "SELECT id, profile IS NULL, registrar_chain_id FROM scfd.enterprise WHERE code = $1"
           " FOR UPDATE"};

/* An administrator corrects a profile without taking it from its registrar. */
static const struct scf_stmt set_profile = {
    .name = "enterprise_set_profile",
    .sql = "UPDATE scfd.enterprise SET name = $2, industry_code = $3, size_class = $4,"
           " profile = $5::text::json, profile_record_id = $6,"
           " registrar_chain_id = coalesce(registrar_chain_id, $7), is_stub = false,"
           " version = version + 1, updated_at = $8 WHERE id = $1"};

/* What a profile names its enterprise by: made a stub first, if need be, so that there is a row to
 * lock. */
static struct scf_enterprise_ref ref_of(const cJSON *profile, char code[SCF_ENTERPRISE_CODE]) {
    const char *uscc = scf_json_string(profile, "uscc");
    scf_enterprise_code(uscc ? NULL : scf_json_string(profile, "country_code"),
                        uscc ? uscc : scf_json_string(profile, "foreign_registration_no"), code);
    return (struct scf_enterprise_ref){.uscc = scf_str(code),
                                       .name = scf_str(scf_json_string(profile, "name"))};
}

static enum scf_code lock_row(struct scf_db *db, struct scf_arena *arena, struct scf_str code,
                              struct scf_rows **ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_str(&p, code);
    struct scf_rows *rows;
    enum scf_code result = scf_db_run(db, &lock, &p, arena, &rows, err);
    if (result != SCF_OK)
        return result;
    if (scf_rows_count(rows) != 1)
        return scf_fail(err, SCF_E_INTERNAL, "The enterprise vanished.");
    *ret = rows;
    return SCF_OK;
}

/* The profile with its secrets masked, as JSON text; NULL: no memory. */
static const char *masked_text(struct scf_arena *arena, const cJSON *profile) {
    cJSON *copy = cJSON_Duplicate(profile, true);
    char *printed = copy && scf_profile_mask(copy) ? cJSON_PrintUnformatted(copy) : NULL;
    const char *text = printed ? scf_strdup(arena, printed) : NULL;
    cJSON_free(printed);
    cJSON_Delete(copy);
    return text;
}

static enum scf_code store_profile(struct scf_db *db, struct scf_arena *arena, const cJSON *profile,
                                   const struct scf_uuid *id, const struct scf_uuid *chain_id,
                                   const struct scf_uuid *record_id, int64_t now_us,
                                   struct scf_error *err) {
    const char *text = masked_text(arena, profile);
    if (text == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the profile.");
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_text(&p, scf_json_string(profile, "name"));
    scf_p_text(&p, scf_json_string(profile, "industry_code"));
    scf_p_text(&p, scf_json_string(profile, "size_class"));
    scf_p_text(&p, text);
    scf_p_uuid(&p, record_id);
    scf_p_uuid(&p, chain_id);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &set_profile, &p, arena, NULL, err);
}

enum scf_code scf_enterprise_apply_profile(struct scf_db *db, struct scf_arena *arena,
                                           const cJSON *profile, const struct scf_uuid *chain_id,
                                           const struct scf_uuid *record_id, bool by_admin,
                                           int64_t now_us, struct scf_uuid *ret_enterprise_id,
                                           bool *ret_kept, struct scf_error *err) {
    char text[SCF_ENTERPRISE_CODE];
    struct scf_enterprise_ref ref = ref_of(profile, text);
    struct scf_rows *rows = NULL;
    enum scf_code code = scf_enterprise_add_stubs(db, arena, &ref, 1, now_us, err);
    if (code == SCF_OK)
        code = lock_row(db, arena, ref.uscc, &rows, err);
    if (code)
        return code;
    struct scf_uuid id = scf_rows_uuid(rows, 0, 0), registrar = scf_rows_uuid(rows, 0, 2);
    bool none_yet = scf_rows_bool(rows, 0, 1);
    bool kept = !none_yet && !by_admin && !scf_uuid_eq(&registrar, chain_id);
    if (!kept)
        code = store_profile(db, arena, profile, &id, chain_id, record_id, now_us, err);
    if (code)
        return code;
    *ret_enterprise_id = id;
    *ret_kept = kept;
    return SCF_OK;
}

/* ---- reading for the API ---- */

#define ENTRY_COLUMNS                                                                              \
    FIND_COLUMNS ", country_code, foreign_registration_no, size_class, profile_record_id,"         \
                 " version, created_at, updated_at"

static void read_entry(const struct scf_rows *rows, int row, struct scf_arena *arena,
                       struct scf_enterprise_entry *ret) {
    *ret = (struct scf_enterprise_entry){
        .country_code = copy_text(rows, row, 6, arena),
        .foreign_registration_no = copy_text(rows, row, 7, arena),
        .size_class = copy_text(rows, row, 8, arena),
        .profile_record_id = scf_rows_uuid(rows, row, 9),
        .version = scf_rows_i64(rows, row, 10),
        .created_us = scf_rows_time(rows, row, 11),
        .updated_us = scf_rows_time(rows, row, 12),
    };
    scf_enterprise_read(rows, row, arena, &ret->e);
}

static const struct scf_stmt get_entry = {
    .name = "enterprise_get",
    .sql = ENTRY_COLUMNS ", profile::text, EXISTS (SELECT FROM scfd.record_addressee a"
                         "  WHERE a.node_id = $2 AND a.record_id = e.profile_record_id)"
                         " FROM scfd.enterprise e WHERE id = $1"};

enum scf_code scf_enterprise_entry_get(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_uuid *id,
                                       const struct scf_uuid *asking_node,
                                       struct scf_enterprise_entry *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_uuid(&p, asking_node);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &get_entry, &p, arena, &rows, err);
    if (code)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such enterprise.");
    read_entry(rows, 0, arena, ret);
    ret->profile = copy_text(rows, 0, 13, arena);
    ret->addressed = scf_rows_bool(rows, 0, 14);
    return SCF_OK;
}

enum scf_code scf_enterprise_get(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, struct scf_enterprise *ret,
                                 const char **ret_profile_json, struct scf_error *err) {
    struct scf_enterprise_entry entry;
    enum scf_code code = scf_enterprise_entry_get(db, arena, id, NULL, &entry, err);
    if (code)
        return code;
    *ret = entry.e;
    *ret_profile_json = entry.profile;
    return SCF_OK;
}

/* By code there is one at most, on every page: the position does not matter. */
static const struct scf_stmt list_by_uscc = {
    .name = "enterprise_list_by_uscc",
    .sql = ENTRY_COLUMNS " FROM scfd.enterprise"
                         " WHERE code = $1 AND ($2::text IS NULL OR industry_code = $2)"};
static const struct scf_stmt list_ascending = {
    .name = "enterprise_list_ascending",
    .sql = ENTRY_COLUMNS " FROM scfd.enterprise"
                         " WHERE ($1::text IS NULL OR industry_code = $1)"
                         "   AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $4"};
static const struct scf_stmt list_descending = {.name = "enterprise_list_descending",
                                                .sql = ENTRY_COLUMNS
                                                " FROM scfd.enterprise"
                                                " WHERE ($1::text IS NULL OR industry_code = $1)"
                                                "   AND (created_at, id) < ($2, $3)"
                                                " ORDER BY created_at DESC, id DESC LIMIT $4"};

static enum scf_code run_list(struct scf_db *db, struct scf_arena *arena, const char *uscc,
                              const char *industry_code, const struct scf_page *page,
                              struct scf_rows **ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    if (uscc) {
        scf_p_text(&p, uscc);
        scf_p_text(&p, industry_code);
        return scf_db_run(db, &list_by_uscc, &p, arena, ret, err);
    }
    scf_p_text(&p, industry_code);
    scf_p_page_edge(&p, page);
    return scf_db_run(db, page->descending ? &list_descending : &list_ascending, &p, arena, ret,
                      err);
}

enum scf_code scf_enterprise_list(struct scf_db *db, struct scf_arena *arena, const char *uscc,
                                  const char *industry_code, const struct scf_page *page,
                                  struct scf_enterprise_entry **ret, int *ret_n,
                                  struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = run_list(db, arena, uscc, industry_code, page, &rows, err);
    if (code)
        return code;
    int n = scf_rows_count(rows);
    struct scf_enterprise_entry *entries = scf_alloc(arena, (size_t)n, sizeof *entries);
    if (entries == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The page is too large.");
    for (int i = 0; i < n; i++)
        read_entry(rows, i, arena, &entries[i]);
    *ret = entries;
    *ret_n = n;
    return SCF_OK;
}
