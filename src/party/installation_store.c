/* The installation row: what every instance on one database shares. The first instance to come
 * makes it; of several that come at once, one wins and the others read what it wrote. */
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/party/node.h"
#include "scfd/party/party.h"

static const struct scf_stmt select_row = {
    .name = "installation_select",
    .sql = "SELECT platform_id, key_secret, origin FROM scfd.installation"};

static const struct scf_stmt insert_row = {
    .name = "installation_insert",
    .sql = "INSERT INTO scfd.installation (platform_id, key_secret, origin, created_at)"
           " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"};

struct creation {
    struct scf_arena *arena;
    const char *origin;
};

static enum scf_code create(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct creation *c = ctx;
    struct scf_uuid platform_id = scf_uuid_new();
    uint8_t secret[32];
    scf_random(secret, sizeof secret);
    struct scf_params p;
    scf_params_init(&p, c->arena);
    scf_p_uuid(&p, &platform_id);
    scf_p_bytes_ref(&p, secret, sizeof secret);
    scf_p_text(&p, c->origin);
    scf_p_time(&p, scf_now_us());
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &insert_row, &p, c->arena, &rows, err);
    explicit_bzero(secret, sizeof secret);
    if (code || scf_rows_affected(rows) == 0)
        return code;
    return scf_chain_rows_add(db, c->arena, &platform_id, SCF_SUITE_SHA256_ED25519, err);
}

static enum scf_code read_row(struct scf_db *db, struct scf_arena *arena, bool *ret_found,
                              struct scf_installation *ret, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &select_row, NULL, arena, &rows, err);
    if (code)
        return code;
    *ret_found = scf_rows_count(rows) == 1;
    if (!*ret_found)
        return SCF_OK;
    struct scf_str secret = scf_rows_str(rows, 0, 1), origin = scf_rows_str(rows, 0, 2);
    if (secret.n != sizeof ret->key_secret || origin.n >= sizeof ret->origin)
        return scf_fail(err, SCF_E_INTERNAL, "The installation row is damaged.");
    *ret = (struct scf_installation){.platform_id = scf_rows_uuid(rows, 0, 0)};
    memcpy(ret->key_secret, secret.p, secret.n);
    memcpy(ret->origin, origin.p, origin.n);
    return SCF_OK;
}

/* A schema-less URL, as names of C2SP notes and checkpoints are: it is part of every signature. */
static bool is_origin(struct scf_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~' || text.p[i] == '+')
            return false;
    return text.n > 0 && text.p[0] != '/' && text.p[text.n - 1] != '/';
}

static enum scf_code load(struct scf_db *db, struct scf_arena *arena, const char *origin,
                          struct scf_installation *ret, struct scf_error *err) {
    if (strlen(origin) >= sizeof ret->origin)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "The origin is longer than %zu bytes.",
                        sizeof ret->origin - 1);
    if (!is_origin(scf_str(origin)))
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "The origin must be like scfd.example/log: visible ASCII characters "
                        "without '+', no '/' at either end.");
    bool found;
    enum scf_code code = read_row(db, arena, &found, ret, err);
    if (code || found)
        return code;
    code = scf_tx_run(db, create, &(struct creation){arena, origin}, err);
    if (code == SCF_OK)
        code = read_row(db, arena, &found, ret, err);
    if (code == SCF_OK && !found)
        code = scf_fail(err, SCF_E_INTERNAL, "The installation row vanished.");
    return code;
}

enum scf_code scf_installation_load(struct scf_db *db, const char *origin,
                                    struct scf_installation *ret, struct scf_error *err) {
    struct scf_arena *arena = scf_arena_new(1 << 20);
    enum scf_code code = load(db, arena, origin, ret, err);
    /* A chain's origin is part of everything it ever signed: it stays what it was. */
    if (code == SCF_OK && strcmp(ret->origin, origin) != 0)
        scf_log_kv(SCF_LOG_WARN,
                   "The configured origin is not the one of this database; the latter counts",
                   "configured", origin, "stored", ret->origin, NULL);
    scf_arena_free(arena);
    return code;
}
