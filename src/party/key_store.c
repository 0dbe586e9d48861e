/* SQL of API keys. Relies on scf_db_notify to tell every instance of a change. */
#include "key_store.h"

#include "scfd/base/clock.h"

#include "key.h"

static const struct scf_stmt load_live = {
    .name = "key_load_live",
    .sql = "SELECT k.digest, k.expires_at, k.id, k.node_id, n.operator_enterprise_id, n.kind,"
           "       n.lenient_datetime, n.offset_minutes, n.allowed_kinds,"
           "       (SELECT c.suite FROM scfd.chain c WHERE c.id = k.node_id)"
           "  FROM scfd.api_key k LEFT JOIN scfd.node n ON n.id = k.node_id"
           " WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $1)"
           "   AND (k.node_id IS NULL OR n.status = 0)"};

static void read_live(const struct scf_rows *rows, int row, struct scf_live_key *ret) {
    *ret =
        (struct scf_live_key){.digest = scf_rows_hash(rows, row, 0),
                              .expires_us = scf_rows_time(rows, row, 1),
                              .actor = {.key_id = scf_rows_uuid(rows, row, 2),
                                        .node_id = scf_rows_uuid(rows, row, 3),
                                        .operator_enterprise_id = scf_rows_uuid(rows, row, 4),
                                        .kind = (enum scf_node_kind)scf_rows_i64(rows, row, 5),
                                        .admin = scf_rows_null(rows, row, 3),
                                        .lenient_datetime = scf_rows_bool(rows, row, 6),
                                        .offset_minutes = (int)scf_rows_i64(rows, row, 7),
                                        .allowed_kinds = (unsigned)scf_rows_i64(rows, row, 8),
                                        .suite = scf_suite_of_number(scf_rows_i64(rows, row, 9))}};
}

enum scf_code scf_key_load_live(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                                struct scf_live_key **ret, size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_time(&p, now_us);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &load_live, &p, arena, &rows, err);
    if (code)
        return code;
    int n = scf_rows_count(rows);
    struct scf_live_key *keys = scf_alloc(arena, (size_t)n, sizeof *keys);
    if (keys == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "There are too many API keys.");
    for (int i = 0; i < n; i++)
        read_live(rows, i, &keys[i]);
    *ret = keys;
    *ret_n = (size_t)n;
    return SCF_OK;
}

static const struct scf_stmt insert = {
    .name = "key_insert",
    .sql = "INSERT INTO scfd.api_key (id, node_id, digest, hint, label, created_at, expires_at)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7)"};

static void optional_time(struct scf_params *p, int64_t us) {
    if (us == 0)
        scf_p_null(p, SCF_PG_TIMESTAMPTZ);
    else
        scf_p_time(p, us);
}

static const struct scf_uuid *or_null(const struct scf_uuid *u) {
    return u == NULL || scf_uuid_is_nil(u) ? NULL : u;
}

enum scf_code scf_key_insert(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_installation *installation, const char *text,
                             const struct scf_uuid *node_id, const char *label, int64_t expires_us,
                             struct scf_uuid *ret_id, struct scf_error *err) {
    struct scf_uuid id = scf_uuid_new();
    struct scf_hash digest = scf_key_digest(installation->key_secret, scf_str(text));
    char hint[8];
    scf_key_hint(text, hint);
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &id);
    scf_p_uuid(&p, or_null(node_id));
    scf_p_hash(&p, &digest);
    scf_p_text(&p, hint);
    scf_p_text(&p, label);
    scf_p_time(&p, scf_now_us());
    optional_time(&p, expires_us);
    enum scf_code code = scf_db_run(db, &insert, &p, arena, NULL, err);
    if (code == SCF_OK)
        code = scf_db_notify(db, arena, "keys", err);
    if (code == SCF_OK)
        *ret_id = id;
    return code;
}

enum scf_code scf_key_create(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_installation *installation,
                             const struct scf_uuid *node_id, const char *label, int64_t expires_us,
                             char ret_text[SCF_KEY_TEXT], struct scf_uuid *ret_id,
                             struct scf_error *err) {
    char text[SCF_KEY_TEXT];
    scf_key_generate(text);
    enum scf_code code =
        scf_key_insert(db, arena, installation, text, node_id, label, expires_us, ret_id, err);
    if (code == SCF_OK)
        memcpy(ret_text, text, sizeof text);
    explicit_bzero(text, sizeof text);
    return code;
}

/* $1 node or NULL; $2, $3 position of the page; $4 limit. */
#define KEY_COLUMNS "SELECT id, node_id, hint, label, created_at, expires_at, revoked_at"
static const struct scf_stmt list_ascending = {.name = "key_list_ascending",
                                               .sql = KEY_COLUMNS
                                               " FROM scfd.api_key"
                                               " WHERE ($1::uuid IS NULL OR node_id = $1)"
                                               "   AND (created_at, id) > ($2, $3)"
                                               " ORDER BY created_at, id LIMIT $4"};
static const struct scf_stmt list_descending = {.name = "key_list_descending",
                                                .sql = KEY_COLUMNS
                                                " FROM scfd.api_key"
                                                " WHERE ($1::uuid IS NULL OR node_id = $1)"
                                                "   AND (created_at, id) < ($2, $3)"
                                                " ORDER BY created_at DESC, id DESC LIMIT $4"};

/* Text stays where it is: the rows live as long as the arena. */
static void read_key(const struct scf_rows *rows, int row, void *item) {
    *(struct scf_api_key *)item = (struct scf_api_key){.id = scf_rows_uuid(rows, row, 0),
                                                       .node_id = scf_rows_uuid(rows, row, 1),
                                                       .hint = scf_rows_text(rows, row, 2),
                                                       .label = scf_rows_text(rows, row, 3),
                                                       .created_us = scf_rows_time(rows, row, 4),
                                                       .expires_us = scf_rows_time(rows, row, 5),
                                                       .revoked_us = scf_rows_time(rows, row, 6)};
}

static const struct scf_row_form key_form = {sizeof(struct scf_api_key), read_key, NULL};

enum scf_code scf_key_list(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_uuid *node_id, const struct scf_page *page,
                           struct scf_api_key **ret, int *ret_n, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, node_id);
    scf_p_page_edge(&p, page);
    struct scf_api_key *keys =
        scf_db_list(db, page->descending ? &list_descending : &list_ascending, &p, arena, &key_form,
                    ret_n, err);
    if (keys == NULL)
        return err->code;
    *ret = keys;
    return SCF_OK;
}

static const struct scf_stmt revoke_key = {
    .name = "key_revoke",
    .sql = "UPDATE scfd.api_key SET revoked_at = coalesce(revoked_at, $3)"
           " WHERE id = $1 AND ($2::uuid IS NULL OR node_id = $2)"};

enum scf_code scf_key_revoke(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                             const struct scf_uuid *node_id, int64_t now_us,
                             struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_uuid(&p, node_id);
    scf_p_time(&p, now_us);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &revoke_key, &p, arena, &rows, err);
    if (code)
        return code;
    if (scf_rows_affected(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such API key.");
    return scf_db_notify(db, arena, "keys", err);
}

static const struct scf_stmt wait_writers = {
    .name = "key_wait_writers",
    .sql = "SELECT c.id FROM scfd.chain c WHERE c.id = ("
           "  SELECT coalesce(k.node_id, i.platform_id) FROM scfd.api_key k"
           "    CROSS JOIN scfd.installation i WHERE k.id = $1) FOR NO KEY UPDATE OF c"};

enum scf_code scf_key_wait_writers(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *id, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    return scf_db_run(db, &wait_writers, &p, arena, NULL, err);
}

/* Share locks: writers do not wait for each other, changes of the key and of the node wait for
 * them. */
static const struct scf_stmt hold_key = {
    .name = "key_hold",
    .sql = "WITH k AS (SELECT id FROM scfd.api_key WHERE id = $1 AND revoked_at IS NULL"
           "  AND (expires_at IS NULL OR expires_at > $3) FOR SHARE),"
           " n AS (SELECT id FROM scfd.node WHERE id = $2 AND status = 0 FOR SHARE)"
           " SELECT EXISTS (SELECT FROM k) AND ($2 IS NULL OR EXISTS (SELECT FROM n))"};

enum scf_code scf_key_hold(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_actor *actor, int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &actor->key_id);
    scf_p_uuid(&p, actor->admin ? NULL : &actor->node_id);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &hold_key, &p, arena, &rows, err);
    if (code != SCF_OK || scf_rows_bool(rows, 0, 0))
        return code;
    return scf_fail(err, SCF_E_UNAUTHENTICATED, "The API key is not valid.");
}

static const struct scf_stmt any_admin = {
    .name = "key_any_admin",
    .sql = "SELECT EXISTS (SELECT FROM scfd.api_key WHERE node_id IS NULL AND revoked_at IS NULL"
           " AND (expires_at IS NULL OR expires_at > $1))"};

enum scf_code scf_key_any_admin(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                                bool *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_time(&p, now_us);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &any_admin, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_bool(rows, 0, 0);
    return code;
}
