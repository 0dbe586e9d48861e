/* Idempotency keys (api-rules R1; draft-ietf-httpapi-idempotency-key-header-07). The row is written
 * in the transaction of the write itself, so that key and effect are there together or not at all.
 * While the first request is still in its transaction, an advisory lock says so. */
#include "scfd/codec/digest.h"

#include "fields.h"
#include "internal.h"

static const struct scf_stmt try_lock = {"idempotency_try_lock",
                                         "SELECT pg_try_advisory_xact_lock($1)"};
static const struct scf_stmt find = {
    "idempotency_find",
    "SELECT fingerprint, status, body FROM scfd.idempotency WHERE api_key_id = $1 AND key = $2"};
static const struct scf_stmt insert = {"idempotency_insert",
                                       "INSERT INTO scfd.idempotency "
                                       "(api_key_id, key, fingerprint, status, body, created_at) "
                                       "VALUES ($1, $2, $3, $4, $5, $6)"};
/* Two instances that purge at once share the work. */
static const struct scf_stmt purge = {
    "idempotency_purge",
    "DELETE FROM scfd.idempotency WHERE (api_key_id, key) IN (SELECT api_key_id, key"
    " FROM scfd.idempotency WHERE created_at < $1 ORDER BY created_at LIMIT $2"
    " FOR UPDATE SKIP LOCKED)"};
enum { PURGE_ROWS = 5000, PURGE_ROUNDS = 200 };

struct scf_hash scf_idempotency_fingerprint(const char *method, const char *path,
                                            struct scf_str body) {
    struct scf_str parts[] = {scf_str(method), SCF_STR("\n"), scf_str(path), SCF_STR("\n"), body};
    return scf_digest_parts(SCF_SHA256, parts, SCF_COUNT(parts));
}

static struct scf_hash fingerprint(const struct scf_request *rq) {
    return scf_idempotency_fingerprint(rq->route->method, rq->path, scf_rq_body(rq));
}

static int64_t lock_number(const struct scf_uuid *api_key, struct scf_str key) {
    struct scf_str parts[] = {
        SCF_STR("idempotency"), {(const char *)api_key->b, sizeof api_key->b}, key};
    struct scf_hash h = scf_digest_parts(SCF_SHA256, parts, SCF_COUNT(parts));
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | h.b[i];
    return (int64_t)number;
}

/* False without a header; a header that is no key is an error. */
static enum scf_code read_key(struct scf_request *rq, struct scf_str *ret, bool *ret_present,
                              struct scf_error *err) {
    const char *value = scf_rq_header(rq, "Idempotency-Key");
    *ret_present = value != NULL;
    if (value == NULL && !rq->route->needs_idempotency_key)
        return SCF_OK;
    if (!scf_idempotency_key_text(value, ret))
        return scf_fail(err, SCF_E_IDEMPOTENCY_KEY_INVALID,
                        "Idempotency-Key must be 1 to 255 visible ASCII characters.");
    SCF_ASSERT(rq->has_actor);
    return SCF_OK;
}

enum scf_code scf_rq_idempotency(struct scf_request *rq, const struct scf_idempotency **ret,
                                 struct scf_error *err) {
    struct scf_str key;
    bool present;
    enum scf_code code = read_key(rq, &key, &present, err);
    if (code != SCF_OK)
        return code;
    *ret = NULL;
    if (!present)
        return SCF_OK;
    struct scf_idempotency *idempotency = scf_alloc(rq->arena, 1, sizeof *idempotency);
    if (idempotency == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the Idempotency-Key.");
    *idempotency = (struct scf_idempotency){key, fingerprint(rq)};
    *ret = idempotency;
    return SCF_OK;
}

static enum scf_code lock_key(struct scf_request *rq, struct scf_db *db, struct scf_str key,
                              struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, rq->arena);
    scf_p_i64(&p, lock_number(&rq->actor.key_id, key));
    enum scf_code code = scf_db_run(db, &try_lock, &p, rq->arena, &rows, err);
    if (code != SCF_OK || scf_rows_bool(rows, 0, 0))
        return code;
    return scf_fail(err, SCF_E_IDEMPOTENCY_IN_FLIGHT,
                    "The first request with this Idempotency-Key is still running.");
}

enum scf_code scf_idempotency_claim(struct scf_request *rq, struct scf_db *db,
                                    struct scf_replay *ret, struct scf_error *err) {
    struct scf_str key;
    bool present;
    enum scf_code code = read_key(rq, &key, &present, err);
    if (code != SCF_OK || !present) {
        if (code == SCF_OK)
            *ret = (struct scf_replay){0};
        return code;
    }
    if ((code = lock_key(rq, db, key, err)) != SCF_OK)
        return code;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, rq->arena);
    scf_p_uuid(&p, &rq->actor.key_id);
    scf_p_str(&p, key);
    if ((code = scf_db_run(db, &find, &p, rq->arena, &rows, err)) != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0) {
        *ret = (struct scf_replay){0};
        return SCF_OK;
    }
    struct scf_hash first = scf_rows_hash(rows, 0, 0), now = fingerprint(rq);
    if (!scf_hash_eq(&first, &now))
        return scf_fail(err, SCF_E_IDEMPOTENCY_KEY_REUSED,
                        "This Idempotency-Key was used with another method, path or body.");
    *ret = (struct scf_replay){
        .found = true, .status = (int)scf_rows_i64(rows, 0, 1), .body = scf_rows_str(rows, 0, 2)};
    return SCF_OK;
}

enum scf_code scf_idempotency_store(struct scf_request *rq, struct scf_db *db, int status,
                                    struct scf_str body, struct scf_error *err) {
    struct scf_str key;
    bool present;
    enum scf_code code = read_key(rq, &key, &present, err);
    if (code != SCF_OK || !present)
        return code;
    struct scf_hash print = fingerprint(rq);
    struct scf_params p;
    scf_params_init(&p, rq->arena);
    scf_p_uuid(&p, &rq->actor.key_id);
    scf_p_str(&p, key);
    scf_p_hash(&p, &print);
    scf_p_i16(&p, (int16_t)status);
    scf_p_str(&p, body);
    scf_p_time(&p, rq->received_us);
    return scf_db_run(db, &insert, &p, rq->arena, NULL, err);
}

enum scf_code scf_idempotency_purge(struct scf_db *db, struct scf_arena *arena,
                                    int64_t older_than_us, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_time(&p, older_than_us);
    scf_p_i64(&p, PURGE_ROWS);
    for (int i = 0; i < PURGE_ROUNDS; i++) {
        struct scf_rows *rows;
        enum scf_code code = scf_db_run(db, &purge, &p, arena, &rows, err);
        if (code != SCF_OK || scf_rows_affected(rows) < PURGE_ROWS)
            return code;
    }
    return SCF_OK;
}
