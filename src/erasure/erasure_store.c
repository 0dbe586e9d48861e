/* SQL of erasing: the one place that knows every table with content of records in it, also those of
 * other rooms, so that nobody has to look for them in twenty files (docs/erasure.md has the same
 * list with the reasons). Relies on db and on intake's bodies being JSON. */
#include "store.h"

#include "scfd/codec/json.h"

enum { STRINGS_MAX = 100000, NAME_MAX_BYTES = 1200, TREE_MAX = 1 << 29 };

const char *const scf_erasure_basis_names[] = {"court_order", "regulator_order",
                                               "data_subject_request", "sender_request", NULL};

/* ---- the record ---- */

static const struct scf_stmt lock_record = {
    "scf_erasure_lock",
    "SELECT " SCF_RECORD_COLUMNS " FROM scfd.record r WHERE r.id = $1 FOR NO KEY UPDATE"};

enum scf_code scf_erasure_lock_record(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_uuid *id, struct scf_record *ret,
                                      struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    enum scf_code code = scf_db_run(db, &lock_record, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != 1)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such record.");
    scf_record_read(rows, 0, ret);
    return SCF_OK;
}

/* ---- what keeps it ---- */

/* The contract that it belongs to, or is; nil: none. */
static const struct scf_uuid *contract_of(const struct scf_record *r) {
    return r->kind == SCF_REC_CONTRACT ? &r->business_key : &r->contract_key;
}

static const struct scf_stmt lock_accounts = {
    "scf_erasure_lock_accounts", "SELECT id FROM scfd.limit_account WHERE contract_key = $1"
                                 " ORDER BY currency, contract_key FOR NO KEY UPDATE"};
static const struct scf_stmt lock_claims = {
    "scf_erasure_lock_claims", "SELECT invoice_key FROM scfd.claim_head WHERE invoice_key IN ($1,"
                               " $2) ORDER BY invoice_key FOR NO KEY UPDATE"};

/* $1 the contract, $2 the record, $3 its business key, $4 the time, $5 the enterprise whose profile
 * it is. */
static const struct scf_stmt retention = {
    "scf_erasure_retention",
    "SELECT 0, l.id FROM scfd.loan_contract k JOIN scfd.loan l ON l.id = k.loan_id"
    " WHERE l.status < 2 AND (k.contract_key = $1 OR k.contract_id = $2)"
    " UNION ALL SELECT 0, id FROM scfd.loan WHERE status < 2 AND borrower_id = $5"
    " UNION ALL SELECT CASE WHEN by_loan THEN 0 ELSE 2 END, holder_id FROM scfd.claim"
    " WHERE status = 0 AND expires_at > $4 AND (invoice_key IN ($2, $3) OR invoice_id = $2)"
    " UNION ALL SELECT 1, id FROM scfd.limit_hold"
    " WHERE status = 0 AND expires_at > $4 AND contract_key = $1"
    " UNION ALL SELECT 3, id FROM scfd.receivable"
    " WHERE open AND (invoice_key IN ($2, $3) OR invoice_id = $2 OR contract_key = $1)"
    " UNION ALL SELECT 4, n.id FROM scfd.enforcement_notarization n"
    " LEFT JOIN scfd.record k ON k.id = n.contract_id"
    " WHERE (n.state NOT IN (9, 10, 16, 32)"
    " OR (n.state = 16 AND n.updated_at > $4::timestamptz - interval '90 days'))"
    " AND (n.contract_id = $2 OR k.business_key = $1)"
    " ORDER BY 1, 2 LIMIT 1"};

static void put_keys(struct scf_params *p, const struct scf_record *r) {
    const struct scf_uuid *contract = contract_of(r);
    scf_p_uuid(p, scf_uuid_is_nil(contract) ? NULL : contract);
    scf_p_uuid(p, &r->id);
    scf_p_uuid(p, scf_uuid_is_nil(&r->business_key) ? NULL : &r->business_key);
}

static enum scf_code lock_what_may_need_it(struct scf_db *db, struct scf_arena *arena,
                                           const struct scf_record *r, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, contract_of(r));
    enum scf_code code = scf_db_run(db, &lock_accounts, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &r->id);
    scf_p_uuid(&p, &r->business_key);
    return scf_db_run(db, &lock_claims, &p, arena, &rows, err);
}

enum scf_code scf_erasure_retention(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_record *record, int64_t now_us,
                                    const struct scf_retention **ret, struct scf_error *err) {
    static const struct scf_retention rules[] = {
        {.rule = "open-loan", .holder_prefix = "loan"},
        {.rule = "open-hold", .holder_prefix = "hold"},
        {.rule = "open-claim", .holder_prefix = "hold"},
        {.rule = "open-receivable", .holder_prefix = "rcv"},
        /* Refused, terminated and completed ones need nothing any more, nor do fulfilled ones once
         * no reversal can bring them back. */
        {.rule = "open-notarization", .holder_prefix = "enf"}};
    struct scf_params p;
    struct scf_rows *rows;
    *ret = NULL;
    enum scf_code code = lock_what_may_need_it(db, arena, record, err);
    if (code != SCF_OK)
        return code;
    bool profile = record->kind == SCF_REC_ENTERPRISE;
    scf_params_init(&p, arena);
    put_keys(&p, record);
    scf_p_time(&p, now_us);
    scf_p_uuid(&p, profile ? &record->enterprise_id : NULL);
    code = scf_db_run(db, &retention, &p, arena, &rows, err);
    if (code != SCF_OK || scf_rows_count(rows) == 0)
        return code;
    struct scf_retention *found = scf_alloc(arena, 1, sizeof *found);
    if (found == NULL)
        return scf_fail_memory(err);
    *found = rules[scf_rows_i64(rows, 0, 0)];
    found->holder_id = scf_rows_uuid(rows, 0, 1);
    *ret = found;
    return SCF_OK;
}

/* ---- taking the content out ---- */

/* The row that folding locks: a fold that has read the body must not write its fact after this. */
static const struct scf_stmt lock_cursor = {
    "scf_erasure_lock_cursor",
    "SELECT folded_size FROM scfd.rollup_cursor WHERE chain_id = $1 FOR UPDATE"};
static const struct scf_stmt make_cursor = {
    "scf_erasure_make_cursor",
    "INSERT INTO scfd.rollup_cursor (chain_id) VALUES ($1) ON CONFLICT DO NOTHING"};
static const struct scf_stmt strip_record = {
    "scf_erasure_record", "UPDATE scfd.record SET body = NULL, body_sha256 = NULL,"
                          " body_sm3 = NULL, salt = NULL WHERE chain_id = $1 AND leaf_index = $2"};
static const struct scf_stmt strip_fact = {
    "scf_erasure_fact", "UPDATE scfd.trade_fact SET detail = NULL, body_sha256 = NULL"
                        " WHERE contract_key = $3 AND chain_id = $1 AND leaf_index = $2"};
static const struct scf_stmt strip_claim = {
    "scf_erasure_claim", "UPDATE scfd.claim_head SET number = '' WHERE invoice_key IN ($1, $2)"};
/* What an enterprise said of itself is gone: it is a name in other records again. */
static const struct scf_stmt strip_profile = {
    "scf_erasure_profile",
    "UPDATE scfd.enterprise SET name = code, foreign_registration_no = NULL, industry_code = NULL,"
    " size_class = NULL, is_stub = true, registrar_chain_id = NULL, profile_record_id = NULL,"
    " profile = NULL, version = version + 1, updated_at = $2 WHERE profile_record_id = $1"};
/* A stub has the name that the first record gave it. */
static const struct scf_stmt strip_names = {
    "scf_erasure_names",
    "UPDATE scfd.enterprise SET name = code, version = version + 1, updated_at = $2"
    " WHERE is_stub AND name <> code AND name = ANY ($1::text[])"};
/* Its fingerprint is a digest of the body without salt. */
static const struct scf_stmt drop_idempotency = {
    "scf_erasure_idempotency", "DELETE FROM scfd.idempotency WHERE fingerprint = $1"};
/* Says what differs between columns and bodies; nothing rests on it, and it can be made again. */
static const struct scf_stmt drop_replays = {
    "scf_erasure_replays", "DELETE FROM scfd.credit_replay WHERE strpos(document, $1) > 0"};

static void leaf_params(struct scf_params *p, struct scf_arena *arena, const struct scf_record *r) {
    scf_params_init(p, arena);
    scf_p_uuid(p, &r->chain_id);
    scf_p_i64(p, r->leaf_index);
}

static enum scf_code lock_folding(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_record *r, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &r->chain_id);
    enum scf_code code = scf_db_run(db, &make_cursor, &p, arena, NULL, err);
    return code == SCF_OK ? scf_db_run(db, &lock_cursor, &p, arena, &rows, err) : code;
}

static enum scf_code strip_leaf(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_record *r, struct scf_error *err) {
    struct scf_params p;
    leaf_params(&p, arena, r);
    enum scf_code code = scf_db_run(db, &strip_record, &p, arena, NULL, err);
    if (code != SCF_OK || scf_uuid_is_nil(contract_of(r)))
        return code;
    leaf_params(&p, arena, r);
    scf_p_uuid(&p, contract_of(r));
    return scf_db_run(db, &strip_fact, &p, arena, NULL, err);
}

struct strings {
    struct scf_str *items;
    size_t n, max;
};

/* Every text of the body that may be a name. cJSON trees are as deep as intake lets bodies be. */
static void collect(struct strings *s, const cJSON *item) {
    for (; item != NULL; item = item->next) {
        if (cJSON_IsString(item) && s->n < s->max && strlen(item->valuestring) <= NAME_MAX_BYTES)
            s->items[s->n++] = scf_str(item->valuestring);
        if (item->child != NULL)
            collect(s, item->child);
    }
}

/* `arena` has room for the tree of the largest body. */
static enum scf_code strip_named(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_record *r, int64_t now_us,
                                 struct scf_error *err) {
    struct strings s = {.max = STRINGS_MAX};
    struct scf_params p;
    char *text = scf_strndup(arena, r->body.p, r->body.n);
    const cJSON *body = text == NULL ? NULL : scf_json_parse(arena, text, r->body.n, err);
    s.items = scf_alloc(arena, s.max, sizeof *s.items);
    if (body == NULL || s.items == NULL)
        return scf_fail_memory(err);
    collect(&s, body);
    scf_params_init(&p, arena);
    scf_p_text_array(&p, s.items, s.n);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &strip_names, &p, arena, NULL, err);
}

static enum scf_code strip_directory(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_record *r, int64_t now_us,
                                     struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &r->id);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &strip_profile, &p, arena, NULL, err);
    if (code != SCF_OK)
        return code;
    struct scf_arena *large = scf_arena_new(TREE_MAX);
    code = strip_named(db, large, r, now_us, err);
    scf_arena_free(large);
    return code;
}

static enum scf_code strip_claims(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_record *r, struct scf_error *err) {
    struct scf_params p;
    if (r->kind != SCF_REC_INVOICE)
        return SCF_OK;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &r->id);
    scf_p_uuid(&p, &r->business_key);
    return scf_db_run(db, &strip_claim, &p, arena, NULL, err);
}

static enum scf_code drop_answers(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_record *r, struct scf_error *err) {
    static const char *const paths[] = {[SCF_REC_ENTERPRISE] = "/v1/enterprises",
                                        [SCF_REC_CONTRACT] = "/v1/contracts",
                                        [SCF_REC_WORKFLOW_EVENT] = "/v1/workflow-events",
                                        [SCF_REC_INVOICE] = "/v1/invoices",
                                        [SCF_REC_GUARANTEE] = "/v1/guarantees"};
    struct scf_hash print = scf_idempotency_fingerprint("POST", paths[r->kind], r->body);
    char id[SCF_ID_TEXT];
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_hash(&p, &print);
    enum scf_code code = scf_db_run(db, &drop_idempotency, &p, arena, NULL, err);
    if (code != SCF_OK)
        return code;
    scf_id_format(scf_record_kind_prefix(r->kind), &r->id, id);
    scf_params_init(&p, arena);
    scf_p_text(&p, id);
    return scf_db_run(db, &drop_replays, &p, arena, NULL, err);
}

enum scf_code scf_erasure_strip(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_record *record, int64_t now_us,
                                struct scf_error *err) {
    enum scf_code code = lock_folding(db, arena, record, err);
    if (code == SCF_OK)
        code = strip_leaf(db, arena, record, err);
    if (code == SCF_OK)
        code = strip_directory(db, arena, record, now_us, err);
    if (code == SCF_OK)
        code = strip_claims(db, arena, record, err);
    return code == SCF_OK ? drop_answers(db, arena, record, err) : code;
}

/* ---- that it was done ---- */

static const struct scf_stmt insert_erasure = {
    "scf_erasure_insert",
    "INSERT INTO scfd.erasure (record_id, erasure_id, chain_id, leaf_index, basis, erased_at, xact)"
    " VALUES ($1, $2, $3, $4, $5, $6, pg_current_xact_id())"};

enum scf_code scf_erasure_insert(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_record *record, const struct scf_record *erasure,
                                 int basis, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &record->id);
    scf_p_uuid(&p, &erasure->id);
    scf_p_uuid(&p, &record->chain_id);
    scf_p_i64(&p, record->leaf_index);
    scf_p_i16(&p, (int16_t)basis);
    scf_p_time(&p, erasure->received_us);
    return scf_db_run(db, &insert_erasure, &p, arena, NULL, err);
}

static const struct scf_stmt get_document = {"scf_erasure_document",
                                             "SELECT r.body FROM scfd.erasure e JOIN scfd.record r"
                                             " ON r.id = e.erasure_id WHERE e.record_id = $1"};

enum scf_code scf_erasure_document(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *record_id, struct scf_str *ret,
                                   struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, record_id);
    enum scf_code code = scf_db_run(db, &get_document, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) != 1 || scf_rows_null(rows, 0, 0))
        return scf_fail(err, SCF_E_INTERNAL,
                        "The body is gone, but no record says why; run scfd audit.");
    *ret = scf_rows_str(rows, 0, 0);
    return SCF_OK;
}

/* ---- the sweep ---- */

/* Row versions that somebody may still read cannot be removed yet: an older transaction (even one
 * that has no snapshot at the moment) or snapshot, a standby or a replication slot holds them back.
 * A number that is not used yet is of another cluster, whose dump brought no old versions along. */
/* The oldest that anybody may see is asked for once, not for each erasure. */
static const struct scf_stmt pending = {
    "scf_erasure_pending",
    "WITH oldest AS MATERIALIZED (SELECT greatest("
    "(SELECT max(greatest(age(a.backend_xmin), age(a.backend_xid))) FROM pg_stat_activity a"
    " WHERE a.pid <> pg_backend_pid()"
    " AND (a.datname = current_database() OR a.backend_type = 'walsender')),"
    " (SELECT max(age(s.xmin)) FROM pg_replication_slots s),"
    " (SELECT max(age(p.transaction)) FROM pg_prepared_xacts p)) AS age)"
    " SELECT e.record_id, e.xact < pg_snapshot_xmax(pg_current_snapshot())"
    " AND coalesce(o.age >= age(e.xact::xid), false) FROM scfd.erasure e, oldest o"
    " WHERE e.swept_at IS NULL ORDER BY e.erased_at LIMIT 1000"};

enum scf_code scf_erasure_pending(struct scf_db *db, struct scf_arena *arena,
                                  struct scf_erasure_pending *ret, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &pending, NULL, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    *ret = (struct scf_erasure_pending){scf_alloc(arena, n, sizeof *ret->unseen), 0, 0};
    if (ret->unseen == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        if (scf_rows_bool(rows, (int)i, 1))
            ret->n_seen++;
        else
            ret->unseen[ret->n_unseen++] = scf_rows_uuid(rows, (int)i, 0);
    return SCF_OK;
}

/* ANALYZE too: the statistics quote values, and their own old rows go last. A statement each, for
 * none runs in a transaction. */
static const struct scf_stmt vacuums[] = {
    {"scf_erasure_vacuum_record", "VACUUM (ANALYZE, INDEX_CLEANUP ON) scfd.record"},
    {"scf_erasure_vacuum_fact", "VACUUM (ANALYZE, INDEX_CLEANUP ON) scfd.trade_fact"},
    {"scf_erasure_vacuum_enterprise", "VACUUM (ANALYZE, INDEX_CLEANUP ON) scfd.enterprise"},
    {"scf_erasure_vacuum_claim", "VACUUM (ANALYZE, INDEX_CLEANUP ON) scfd.claim_head"},
    {"scf_erasure_vacuum_idempotency", "VACUUM (ANALYZE, INDEX_CLEANUP ON) scfd.idempotency"},
    {"scf_erasure_vacuum_replay", "VACUUM (ANALYZE, INDEX_CLEANUP ON) scfd.credit_replay"},
    {"scf_erasure_vacuum_statistic", "VACUUM (INDEX_CLEANUP ON) pg_catalog.pg_statistic"},
};

enum scf_code scf_erasure_vacuum(struct scf_db *db, struct scf_arena *arena,
                                 struct scf_error *err) {
    for (size_t i = 0; i < SCF_COUNT(vacuums); i++) {
        enum scf_code code = scf_db_run(db, &vacuums[i], NULL, arena, NULL, err);
        if (code != SCF_OK)
            return code;
    }
    return SCF_OK;
}

static const struct scf_stmt swept = {
    "scf_erasure_swept", "UPDATE scfd.erasure SET swept_at = $2 WHERE record_id = ANY ($1)"};

enum scf_code scf_erasure_swept(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_erasure_pending *done, int64_t now_us,
                                struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, done->unseen, done->n_unseen);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &swept, &p, arena, NULL, err);
}
