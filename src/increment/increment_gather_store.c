/* SQL of what a batch of increments rests on: the same as credit reads for one assessment,
 * for hundreds of contracts in one statement each. A statement per contract would cost more than
 * all the arithmetic.
 * Relies on sql/0002_chain.sql, 0006_credit.sql, and on the directory of enterprises. */
#include "increment_batch.h"
#include "scfd/chain/merkle.h"
#include "scfd/credit/source.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for a batch of increments");
}

/* What a statement that takes only a list of identifiers finds. NULL: failed, see err->code. */
static void *list_for(struct scf_db *db, struct scf_arena *arena, const struct scf_stmt *stmt,
                      const struct scf_uuid *ids, size_t n, const struct scf_row_form *form,
                      size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    int count = 0;
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, ids, n);
    void *list = scf_db_list(db, stmt, &p, arena, form, &count, err);
    *ret_n = (size_t)count;
    return list;
}

/* ---- contracts ---- */

/* The newest revision, as of the run, in the chain of the node that reported the contract first. A
 * chain that counts for the seller goes before those that do not: anybody may send a contract of
 * the same number, and be first.
 * The materialised part finds the few records of each contract by its key; a planner that were told
 * the order wanted might walk chains instead. */
static const struct scf_stmt contracts_stmt = {
    "scf_batch_contracts",
    "WITH d AS MATERIALIZED (SELECT w.i, r.chain_id, r.leaf_index, r.received_at, r.enterprise_id"
    " FROM unnest($1::uuid[]) WITH ORDINALITY AS w (k, i) JOIN scfd.record r"
    " ON r.business_key = w.k WHERE r.kind = 1 AND r.received_at <= $2),"
    " first AS (SELECT DISTINCT ON (d.i) d.i, d.chain_id FROM d" SCF_SOURCE_JOIN
    " ORDER BY d.i, " SCF_SOURCE_COUNTS " DESC, d.received_at, d.chain_id, d.leaf_index),"
    " newest AS (SELECT DISTINCT ON (d.i) d.i, d.chain_id, d.leaf_index FROM d"
    " JOIN first f ON f.i = d.i AND f.chain_id = d.chain_id ORDER BY d.i, d.leaf_index DESC)"
    " SELECT " SCF_RECORD_COLUMNS ", n.i FROM newest n JOIN scfd.record r"
    " ON r.chain_id = n.chain_id AND r.leaf_index = n.leaf_index"};
static_assert(SCF_REC_CONTRACT == 1, "the number of contracts_stmt");

enum scf_code scf_batch_contracts(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *keys, size_t n, int64_t as_of_us,
                                  struct scf_record *ret, bool *found, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, keys, n);
    scf_p_time(&p, as_of_us);
    enum scf_code code = scf_db_run(db, &contracts_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    memset(found, 0, n * sizeof *found);
    for (int row = 0; row < scf_rows_count(rows); row++) {
        size_t i = (size_t)scf_rows_i64(rows, row, SCF_RECORD_COLUMN_COUNT) - 1;
        scf_record_read(rows, row, &ret[i]);
        found[i] = true;
    }
    return SCF_OK;
}

/* ---- guarantees ---- */

static const struct scf_stmt guarantees_stmt = {
    "scf_batch_guarantees",
    "WITH g AS MATERIALIZED (SELECT i, record_id, turn, chain_id FROM (SELECT w.i, g.record_id,"
    " g.chain_id, g.turn, row_number() OVER (PARTITION BY w.i ORDER BY g.turn, g.chain_id) AS place"
    " FROM unnest($1::uuid[]) WITH ORDINALITY AS w (k, i) CROSS JOIN LATERAL"
    " (SELECT record_id, chain_id, row_number() OVER (PARTITION BY chain_id ORDER BY leaf_index)"
    " AS turn FROM scfd.contract_guarantee g WHERE contract_key = w.k AND NOT EXISTS"
    " (SELECT FROM scfd.contract_guarantee later WHERE later.contract_key = w.k"
    " AND later.revises_id = g.record_id AND later.chain_id = g.chain_id)) g) s WHERE place <= 100)"
    " SELECT r.id, r.enterprise_id, r.body_sha256, coalesce(r.amount, 0), r.currency,"
    " n.operator_enterprise_id, n.kind, b.body ->> 'guarantee_no', b.body ->> 'guarantor_id',"
    " b.body ->> 'status', b.body ->> 'effective_from', b.body ->> 'expires_on', g.i"
    " FROM g JOIN scfd.record r ON r.id = g.record_id LEFT JOIN scfd.node n ON n.id = g.chain_id"
    " CROSS JOIN LATERAL (SELECT convert_from(r.body, 'UTF8')::json AS body OFFSET 0) b"
    " WHERE r.body IS NOT NULL ORDER BY g.i, g.turn, g.chain_id"};

static void read_guarantee(const struct scf_rows *rows, int row, void *item) {
    *(struct scf_batch_guarantee *)item = (struct scf_batch_guarantee){
        .which = (size_t)scf_rows_i64(rows, row, 12) - 1,
        .reported = scf_guarantee_read(rows, row),
    };
}
static const struct scf_row_form guarantee_form = {sizeof(struct scf_batch_guarantee),
                                                   read_guarantee, NULL};

enum scf_code scf_batch_guarantees(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *keys, size_t n,
                                   struct scf_batch_guarantee **ret, size_t *ret_n,
                                   struct scf_error *err) {
    *ret = list_for(db, arena, &guarantees_stmt, keys, n, &guarantee_form, ret_n, err);
    return *ret ? SCF_OK : err->code;
}

/* ---- enterprises ---- */

static const struct scf_stmt enterprises_stmt = {
    "scf_batch_enterprises",
    "SELECT id, industry_code, profile::text FROM scfd.enterprise WHERE id = ANY ($1::uuid[])"};

static void read_enterprise(const struct scf_rows *rows, int row, void *item) {
    *(struct scf_batch_enterprise *)item = (struct scf_batch_enterprise){
        scf_rows_uuid(rows, row, 0), scf_rows_str(rows, row, 1), scf_rows_text(rows, row, 2)};
}
static const struct scf_row_form enterprise_form = {sizeof(struct scf_batch_enterprise),
                                                    read_enterprise, NULL};

enum scf_code scf_batch_enterprises(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *ids, size_t n,
                                    struct scf_batch_enterprise **ret, size_t *ret_n,
                                    struct scf_error *err) {
    *ret = list_for(db, arena, &enterprises_stmt, ids, n, &enterprise_form, ret_n, err);
    return *ret ? SCF_OK : err->code;
}

/* ---- the window ---- */

/* Sums of days, added up by the database: the rows that travel are one per chain, template and
 * kind, however long the window is. Whether a chain counts is asked of the sums, not of the days.
 */
static const struct scf_stmt sums_stmt = {
    "scf_batch_sums",
    "WITH d AS MATERIALIZED (SELECT w.i, d.enterprise_id, d.chain_id, d.template_id, d.kind,"
    " sum(d.records)::bigint,"
    " sum(d.weight_expected)::bigint, sum(d.weight_present)::bigint, sum(d.delay_count)::bigint,"
    " sum(d.delay_s)::bigint, sum(d.delay_us)::bigint, sum(d.range_ok)::bigint,"
    " sum(d.fluctuation_applicable)::bigint, sum(d.fluctuation_ok)::bigint,"
    " sum(d.checks_applicable)::bigint, sum(d.checks_passed)::bigint"
    " FROM unnest($1::uuid[]) WITH ORDINALITY AS w (e, i) JOIN scfd.rollup_day d"
    " ON d.enterprise_id = w.e AND d.day BETWEEN $2 AND $3"
    " GROUP BY w.i, d.enterprise_id, d.chain_id, d.template_id, d.kind) SELECT d.*,"
    " (SELECT folded_size FROM scfd.rollup_cursor c WHERE c.chain_id = d.chain_id),"
    " " SCF_SOURCE_COUNTS " FROM d" SCF_SOURCE_JOIN
    " ORDER BY d.i, d.chain_id, d.template_id, d.kind"};

static struct scf_rating_sums read_sums(const struct scf_rows *rows, int i) {
    return (struct scf_rating_sums){
        .chain_id = scf_rows_uuid(rows, i, 2),
        .template_id = (int32_t)scf_rows_i64(rows, i, 3),
        .kind = (enum scf_record_kind)scf_rows_i64(rows, i, 4),
        .records = scf_rows_i64(rows, i, 5),
        .weight_expected = scf_rows_i64(rows, i, 6),
        .weight_present = scf_rows_i64(rows, i, 7),
        .delay_count = scf_rows_i64(rows, i, 8),
        .delay_s = scf_rows_i64(rows, i, 9),
        .delay_us = scf_rows_i64(rows, i, 10),
        .range_ok = scf_rows_i64(rows, i, 11),
        .fluctuation_applicable = scf_rows_i64(rows, i, 12),
        .fluctuation_ok = scf_rows_i64(rows, i, 13),
        .checks_applicable = scf_rows_i64(rows, i, 14),
        .checks_passed = scf_rows_i64(rows, i, 15),
    };
}

/* Rows come ordered by enterprise, then chain. */
static void divide_sums(const struct scf_rows *rows, struct scf_rating_sums *sums,
                        struct scf_limit_chain *chains, struct scf_batch_window *windows) {
    size_t n = 0, m = 0;
    struct scf_uuid left_out = {{0}};
    for (int row = 0; row < scf_rows_count(rows); row++) {
        struct scf_batch_window *w = &windows[scf_rows_i64(rows, row, 0) - 1];
        struct scf_rating_sums s = read_sums(rows, row);
        if (!scf_rows_bool(rows, row, 17)) {
            w->chains_left_out += w->chains_left_out == 0 || !scf_uuid_eq(&left_out, &s.chain_id);
            left_out = s.chain_id;
            continue;
        }
        if (w->sum_count++ == 0) {
            w->sums = &sums[n];
            w->chains = &chains[m];
        }
        if (w->chain_count == 0 || !scf_uuid_eq(&chains[m - 1].chain_id, &s.chain_id)) {
            chains[m++] = (struct scf_limit_chain){.chain_id = s.chain_id,
                                                   .folded_size = scf_rows_i64(rows, row, 16)};
            w->chain_count++;
        }
        sums[n++] = s;
    }
}

/* Weeks of date_trunc begin on Monday, as those of scf_period_of. */
static const struct scf_stmt periods_stmt = {
    "scf_batch_periods",
    "WITH d AS MATERIALIZED (SELECT DISTINCT w.i, d.enterprise_id, d.chain_id,"
    " date_trunc(w.unit, d.day::timestamp) AS period"
    " FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS w (e, unit, i)"
    " JOIN scfd.rollup_day d ON d.enterprise_id = w.e AND d.day BETWEEN $3 AND $4"
    " WHERE d.kind IN (2, 3)) SELECT d.i, count(DISTINCT d.period) FROM d" SCF_SOURCE_JOIN
    " WHERE " SCF_SOURCE_COUNTS " GROUP BY d.i"};
static_assert(SCF_REC_WORKFLOW_EVENT == 2 && SCF_REC_INVOICE == 3, "the numbers of periods_stmt");

static enum scf_code count_periods(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *ids, size_t n, int32_t from_day,
                                   int32_t to_day, struct scf_batch_window *windows,
                                   struct scf_error *err) {
    static const char *const units[] = {"day", "week", "month", "quarter"};
    struct scf_str *texts = scf_alloc(arena, n, sizeof *texts);
    struct scf_params p;
    struct scf_rows *rows;
    if (texts == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        texts[i] = scf_str(units[windows[i].period]);
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, ids, n);
    scf_p_text_array(&p, texts, n);
    scf_p_date(&p, from_day);
    scf_p_date(&p, to_day);
    enum scf_code code = scf_db_run(db, &periods_stmt, &p, arena, &rows, err);
    for (int row = 0; code == SCF_OK && row < scf_rows_count(rows); row++)
        windows[scf_rows_i64(rows, row, 0) - 1].history_periods = scf_rows_i64(rows, row, 1);
    return code;
}

enum scf_code scf_batch_windows(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *enterprises, size_t n, int32_t from_day,
                                int32_t to_day, struct scf_batch_window *windows,
                                struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, enterprises, n);
    scf_p_date(&p, from_day);
    scf_p_date(&p, to_day);
    enum scf_code code = scf_db_run(db, &sums_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t count = (size_t)scf_rows_count(rows);
    struct scf_rating_sums *sums = scf_alloc(arena, count, sizeof *sums);
    struct scf_limit_chain *chains = scf_alloc(arena, count, sizeof *chains);
    if (sums == NULL || chains == NULL)
        return no_memory(err);
    divide_sums(rows, sums, chains, windows);
    return count_periods(db, arena, enterprises, n, from_day, to_day, windows, err);
}

/* ---- seals ---- */

static const struct scf_stmt seals_stmt = {
    "scf_batch_seals", "SELECT s.chain_id, s.size, b.root, c.suite FROM scfd.chain_seal s"
                       " JOIN scfd.chain c ON c.id = s.chain_id"
                       " LEFT JOIN scfd.block b ON b.chain_id = s.chain_id AND b.height = s.height"
                       " WHERE s.chain_id = ANY ($1::uuid[]) ORDER BY s.chain_id"};

/* Before the first block: that of the empty tree. */
static struct scf_hash root_of(const struct scf_rows *rows, int row) {
    enum scf_suite suite = scf_suite_of_number(scf_rows_i64(rows, row, 3));
    return scf_rows_null(rows, row, 2) ? scf_merkle_empty(scf_suite_hash(suite))
                                       : scf_rows_hash(rows, row, 2);
}

static void read_seal(const struct scf_rows *rows, int row, void *item) {
    *(struct scf_limit_chain *)item =
        (struct scf_limit_chain){.chain_id = scf_rows_uuid(rows, row, 0),
                                 .sealed_size = scf_rows_i64(rows, row, 1),
                                 .sealed_root = root_of(rows, row)};
}
static const struct scf_row_form seal_form = {sizeof(struct scf_limit_chain), read_seal, NULL};

enum scf_code scf_batch_seals(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_ids, size_t n,
                              struct scf_limit_chain **ret, size_t *ret_n, struct scf_error *err) {
    *ret = list_for(db, arena, &seals_stmt, chain_ids, n, &seal_form, ret_n, err);
    return *ret ? SCF_OK : err->code;
}
