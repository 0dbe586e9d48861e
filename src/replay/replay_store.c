/* SQL of replays: records of the chains as they were, and the results. Relies on sql/0002_chain.sql
 * and sql/0014_replay.sql. */
#include "replay.h"
#include "scfd/chain/chain.h"

/* What a statement finds. NULL: failed, see err->code. */
static void *list(struct scf_db *db, const struct scf_stmt *stmt, const struct scf_params *p,
                  struct scf_arena *arena, const struct scf_row_form *form, size_t *ret_n,
                  struct scf_error *err) {
    int n = 0;
    void *ret = scf_db_list(db, stmt, p, arena, form, &n, err);
    *ret_n = (size_t)n;
    return ret;
}

/* Both ends of the range are given, so that no plan walks further; the enterprises' codes are what
 * the columns are checked against. */
static const struct scf_stmt leaves_stmt = {
    "scf_replay_leaves",
    "SELECT " SCF_RECORD_COLUMNS ", e.code, p.code, o.contract_key FROM scfd.record r"
    " LEFT JOIN scfd.enterprise e ON e.id = r.enterprise_id"
    " LEFT JOIN scfd.enterprise p ON p.id = r.counterparty_id"
    " LEFT JOIN scfd.record o ON o.id = r.revises_id"
    " WHERE r.chain_id = $1 AND r.leaf_index >= $2 AND r.leaf_index < $3"
    " AND (r.enterprise_id = $4 OR r.contract_key = ANY($5) OR r.business_key = ANY($5)"
    " OR o.contract_key = ANY($5))"
    " ORDER BY r.leaf_index LIMIT $6"};
enum { CODES = SCF_RECORD_COLUMN_COUNT };

enum scf_code scf_replay_leaves(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *chain_id, int64_t from, int64_t until,
                                const struct scf_uuid *enterprise_id,
                                const struct scf_uuid *const *keys, size_t key_count,
                                struct scf_replay_batch *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, from);
    scf_p_i64(&p, until);
    scf_p_uuid(&p, enterprise_id);
    scf_p_uuid_array(&p, keys, key_count);
    scf_p_i64(&p, SCF_REPLAY_ROWS);
    enum scf_code code = scf_db_run(db, &leaves_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_replay_batch b = {.records = scf_alloc(arena, n, sizeof *b.records),
                                 .columns = scf_alloc(arena, n, sizeof *b.columns),
                                 .before = scf_alloc(arena, n, sizeof *b.before),
                                 .n = n};
    if (b.records == NULL || b.columns == NULL || b.before == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu records", n);
    for (int i = 0; (size_t)i < n; i++) {
        scf_record_read(rows, i, &b.records[i]);
        b.columns[i] = (struct scf_audit_columns){&b.records[i], scf_rows_str(rows, i, CODES),
                                                  scf_rows_str(rows, i, CODES + 1)};
        b.before[i] = scf_rows_uuid(rows, i, CODES + 2);
    }
    *ret = b;
    return SCF_OK;
}

static const struct scf_stmt block_stmt = {
    "scf_replay_block", "SELECT size, root FROM scfd.block WHERE chain_id = $1 AND size >= $2"
                        " ORDER BY size LIMIT 1"};

enum scf_code scf_replay_block(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, int64_t size, bool *ret_there,
                               int64_t *ret_size, struct scf_hash *ret_root,
                               struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, size);
    enum scf_code code = scf_db_run(db, &block_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_there = scf_rows_count(rows) > 0;
    if (*ret_there) {
        *ret_size = scf_rows_i64(rows, 0, 0);
        *ret_root = scf_rows_hash(rows, 0, 1);
    }
    return SCF_OK;
}

/* The record that a statement finds, if it finds one. */
static enum scf_code maybe_record(struct scf_db *db, const struct scf_stmt *stmt,
                                  const struct scf_params *p, struct scf_arena *arena,
                                  bool *ret_there, struct scf_record *ret, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, stmt, p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_there = scf_rows_count(rows) > 0;
    if (*ret_there)
        scf_record_read(rows, 0, ret);
    return SCF_OK;
}

static const struct scf_stmt profile_stmt = {
    "scf_replay_profile", "SELECT " SCF_RECORD_COLUMNS " FROM scfd.record r"
                          " WHERE r.chain_id IN ($2, $3) AND r.kind = 0 AND r.enterprise_id = $1"
                          " AND r.received_at <= $4 ORDER BY r.received_at DESC, r.chain_id DESC,"
                          " r.leaf_index DESC LIMIT 1"};

enum scf_code scf_replay_profile(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *enterprise_id,
                                 const struct scf_uuid *registrar_id,
                                 const struct scf_uuid *platform_id, int64_t until_us,
                                 bool *ret_there, struct scf_record *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, enterprise_id);
    scf_p_uuid(&p, registrar_id);
    scf_p_uuid(&p, platform_id);
    scf_p_time(&p, until_us);
    return maybe_record(db, &profile_stmt, &p, arena, ret_there, ret, err);
}

static const struct scf_stmt policy_stmt = {
    "scf_replay_policy", "SELECT " SCF_RECORD_COLUMNS " FROM scfd.record r WHERE r.chain_id = $1"
                         " AND r.kind = 10 AND r.external_id = $2"};
static_assert(SCF_REC_CREDIT_POLICY == 10, "the number of policy_stmt");

enum scf_code scf_replay_policy(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *platform_id, const char *external_id,
                                bool *ret_there, struct scf_record *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, platform_id);
    scf_p_text(&p, external_id);
    return maybe_record(db, &policy_stmt, &p, arena, ret_there, ret, err);
}

/* ---- limit accounts ---- */

/* The sums of the entries before a time, and how many there are; who froze it last counts. */
static const struct scf_stmt balance_stmt = {
    "scf_replay_balance",
    "SELECT coalesce(sum(e.granted) FILTER (WHERE e.type = 0), 0)::bigint,"
    " coalesce(sum(e.granted) FILTER (WHERE e.type <> 0), 0)::bigint,"
    " coalesce(sum(e.held), 0)::bigint, coalesce(sum(e.used), 0)::bigint,"
    " coalesce((array_agg(e.type = 8 ORDER BY e.seq DESC) FILTER (WHERE e.type IN (8, 9)))[1],"
    " false), coalesce(max(e.seq), 0)"
    " FROM scfd.limit_account a JOIN scfd.limit_entry e ON e.account_id = a.id"
    " WHERE a.contract_key = $1 AND a.currency = $2 AND e.created_at < $3"};
static const struct scf_stmt entries_stmt = {
    "scf_replay_entries",
    "SELECT e.type, e.granted, e.held, e.used, e.source_id"
    " FROM scfd.limit_account a JOIN scfd.limit_entry e ON e.account_id = a.id"
    " WHERE a.contract_key = $1 AND a.currency = $2 AND e.seq > $3 AND e.created_at <= $4"
    " ORDER BY e.seq LIMIT 10000"};

/* What all accounts of a borrower granted before a time, and then, in order, what each entry up to
 * another changed in that. */
static const struct scf_stmt granted_stmt = {
    "scf_replay_granted",
    "WITH e AS (SELECT e.created_at, e.account_id, e.seq, e.granted, e.source_id"
    " FROM scfd.limit_account a JOIN scfd.limit_entry e ON e.account_id = a.id"
    " WHERE a.borrower_id = $1 AND a.currency = $2 AND e.created_at <= $4 AND e.granted <> 0)"
    " SELECT coalesce(sum(granted), 0)::bigint, NULL::uuid FROM e WHERE created_at < $3"
    " UNION ALL (SELECT granted, source_id FROM e WHERE created_at >= $3"
    " ORDER BY created_at, account_id, seq LIMIT 10000)"};

static void read_granted(const struct scf_rows *rows, int row, void *item) {
    *(struct scf_replay_entry *)item = (struct scf_replay_entry){
        .granted = scf_rows_i64(rows, row, 0), .source_id = scf_rows_uuid(rows, row, 1)};
}
static const struct scf_row_form granted_form = {sizeof(struct scf_replay_entry), read_granted,
                                                 NULL};

enum scf_code scf_replay_granted(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *borrower_id, const char *currency,
                                 int64_t from_us, int64_t until_us, struct scf_replay_entry **ret,
                                 size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, borrower_id);
    scf_p_text(&p, currency);
    scf_p_time(&p, from_us);
    scf_p_time(&p, until_us);
    *ret = list(db, &granted_stmt, &p, arena, &granted_form, ret_n, err);
    return *ret ? SCF_OK : err->code;
}

static void account_params(struct scf_params *p, struct scf_arena *arena,
                           const struct scf_uuid *contract_key, const char *currency) {
    scf_params_init(p, arena);
    scf_p_uuid(p, contract_key);
    scf_p_text(p, currency);
}

enum scf_code scf_replay_balance(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *contract_key, const char *currency,
                                 int64_t before_us, struct scf_replay_balance *ret,
                                 int64_t *ret_seq, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    account_params(&p, arena, contract_key, currency);
    scf_p_time(&p, before_us);
    enum scf_code code = scf_db_run(db, &balance_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret = (struct scf_replay_balance){.initial = scf_rows_i64(rows, 0, 0),
                                       .increments = scf_rows_i64(rows, 0, 1),
                                       .held = scf_rows_i64(rows, 0, 2),
                                       .used = scf_rows_i64(rows, 0, 3),
                                       .frozen = scf_rows_bool(rows, 0, 4)};
    *ret_seq = scf_rows_i64(rows, 0, 5);
    return SCF_OK;
}

static void read_entry(const struct scf_rows *rows, int row, void *item) {
    *(struct scf_replay_entry *)item =
        (struct scf_replay_entry){.type = (enum scf_entry_type)scf_rows_i64(rows, row, 0),
                                  .granted = scf_rows_i64(rows, row, 1),
                                  .held = scf_rows_i64(rows, row, 2),
                                  .used = scf_rows_i64(rows, row, 3),
                                  .source_id = scf_rows_uuid(rows, row, 4)};
}
static const struct scf_row_form entry_form = {sizeof(struct scf_replay_entry), read_entry, NULL};

enum scf_code scf_replay_entries(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *contract_key, const char *currency,
                                 int64_t after_seq, int64_t until_us, struct scf_replay_entry **ret,
                                 size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    account_params(&p, arena, contract_key, currency);
    scf_p_i64(&p, after_seq);
    scf_p_time(&p, until_us);
    *ret = list(db, &entries_stmt, &p, arena, &entry_form, ret_n, err);
    return *ret ? SCF_OK : err->code;
}

/* ---- receivables ---- */

static const struct scf_stmt steps_stmt = {
    "scf_replay_steps",
    "SELECT r.invoice_key, r.id, s.to_state, s.filed_at FROM scfd.receivable r"
    " JOIN scfd.receivable_step s ON s.receivable_id = r.id"
    " WHERE r.invoice_key = ANY($1) AND s.filed_at <= $2 ORDER BY r.invoice_key, r.id, s.seq"};

static void read_step(const struct scf_rows *rows, int row, void *item) {
    *(struct scf_replay_step *)item =
        (struct scf_replay_step){.invoice_key = scf_rows_uuid(rows, row, 0),
                                 .receivable_id = scf_rows_uuid(rows, row, 1),
                                 .state = (enum scf_receivable_state)scf_rows_i64(rows, row, 2),
                                 .filed_us = scf_rows_time(rows, row, 3)};
}
static const struct scf_row_form step_form = {sizeof(struct scf_replay_step), read_step, NULL};

enum scf_code scf_replay_steps(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *const *invoice_keys, size_t n,
                               int64_t until_us, struct scf_replay_step **ret, size_t *ret_n,
                               struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, invoice_keys, n);
    scf_p_time(&p, until_us);
    *ret = list(db, &steps_stmt, &p, arena, &step_form, ret_n, err);
    return *ret ? SCF_OK : err->code;
}

/* ---- results ---- */

static const struct scf_stmt save_stmt = {
    "scf_replay_save",
    "INSERT INTO scfd.credit_replay (assessment_id, job_id, matches, document, replayed_at)"
    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (assessment_id) DO UPDATE SET"
    " job_id = EXCLUDED.job_id, matches = EXCLUDED.matches, document = EXCLUDED.document,"
    " replayed_at = EXCLUDED.replayed_at"};

enum scf_code scf_replay_save(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *assessment_id, const struct scf_uuid *job_id,
                              bool matches, struct scf_str document, int64_t now_us,
                              struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, assessment_id);
    scf_p_uuid(&p, job_id);
    scf_p_bool(&p, matches);
    scf_p_str(&p, document);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &save_stmt, &p, arena, NULL, err);
}

static const struct scf_stmt result_stmt = {
    "scf_replay_result",
    "SELECT job_id, document FROM scfd.credit_replay WHERE assessment_id = $1"};

enum scf_code scf_replay_result(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *assessment_id, bool *ret_there,
                                struct scf_uuid *ret_job, struct scf_str *ret_document,
                                struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, assessment_id);
    enum scf_code code = scf_db_run(db, &result_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_there = scf_rows_count(rows) > 0;
    if (*ret_there) {
        *ret_job = scf_rows_uuid(rows, 0, 0);
        *ret_document = scf_rows_str(rows, 0, 1);
    }
    return SCF_OK;
}
