/* SQL of what a limit rests on. Every statement is bounded by the rating window, by one contract's
 * parties, or by a LIMIT: none grows with the number of records.
 * Relies on sql/0006_credit.sql. */
#include "assess.h"
#include "scfd/credit/source.h"
#include "scfd/base/table.h"
#include "scfd/base/money.h"
#include "scfd/chain/chain.h"

/* ---- the window ---- */

/* What does not count comes too, and says so: it is told how much was left out. $4: partners beside
 * those that are known. */
static const struct scf_stmt window_stmt = {
    "scf_window_read",
    "SELECT d.chain_id, d.template_id, d.kind, d.day, d.records, d.weight_expected,"
    " d.weight_present, d.delay_count, d.delay_s, d.delay_us, d.range_ok,"
    " d.fluctuation_applicable, d.fluctuation_ok, d.checks_applicable, d.checks_passed,"
    " c.folded_size, " SCF_SOURCE_COUNTS " OR n.operator_enterprise_id = ANY ($4)"
    " FROM scfd.rollup_day d JOIN scfd.rollup_cursor c ON c.chain_id = d.chain_id" SCF_SOURCE_JOIN
    " WHERE d.enterprise_id = $1 AND d.day BETWEEN $2 AND $3"
    " ORDER BY d.chain_id, d.template_id, d.kind, d.day"};

static void add_row(struct scf_rating_sums *s, const struct scf_rows *rows, int i) {
    s->records += scf_rows_i64(rows, i, 4);
    s->weight_expected += scf_rows_i64(rows, i, 5);
    s->weight_present += scf_rows_i64(rows, i, 6);
    s->delay_count += scf_rows_i64(rows, i, 7);
    s->delay_s += scf_rows_i64(rows, i, 8);
    s->delay_us += scf_rows_i64(rows, i, 9);
    s->range_ok += scf_rows_i64(rows, i, 10);
    s->fluctuation_applicable += scf_rows_i64(rows, i, 11);
    s->fluctuation_ok += scf_rows_i64(rows, i, 12);
    s->checks_applicable += scf_rows_i64(rows, i, 13);
    s->checks_passed += scf_rows_i64(rows, i, 14);
}

static bool row_counts(const struct scf_rows *rows, int i) {
    return scf_rows_bool(rows, i, 16);
}

/* Rows come ordered by chain, template and kind: a change of any of them begins the next sum. */
static void sum_rows(const struct scf_rows *rows, struct scf_rating_sums *sums,
                     struct scf_limit_chain *chains, struct scf_limit_inputs *in) {
    size_t n = 0, m = 0;
    struct scf_uuid left_out = {{0}};
    in->chains_left_out = 0;
    for (int i = 0; i < scf_rows_count(rows); i++) {
        struct scf_rating_sums key = {
            .chain_id = scf_rows_uuid(rows, i, 0),
            .template_id = (int32_t)scf_rows_i64(rows, i, 1),
            .kind = (enum scf_record_kind)scf_rows_i64(rows, i, 2),
        };
        if (!row_counts(rows, i)) {
            in->chains_left_out += !scf_uuid_eq(&left_out, &key.chain_id);
            left_out = key.chain_id;
            continue;
        }
        if (m == 0 || !scf_uuid_eq(&chains[m - 1].chain_id, &key.chain_id)) {
            chains[m++] = (struct scf_limit_chain){.chain_id = key.chain_id,
                                                   .folded_size = scf_rows_i64(rows, i, 15)};
        }
        const struct scf_rating_sums *last = n > 0 ? &sums[n - 1] : NULL;
        if (last == NULL || !scf_uuid_eq(&last->chain_id, &key.chain_id) ||
            last->template_id != key.template_id || last->kind != key.kind)
            sums[n++] = key;
        add_row(&sums[n - 1], rows, i);
    }
    in->sums = sums;
    in->sum_count = n;
    in->chains = chains;
    in->chain_count = m;
}

/* Distinct accounting periods with events or invoices. */
static bool count_periods(const struct scf_rows *rows, struct scf_arena *arena,
                          enum scf_period period, int64_t *ret) {
    struct scf_table seen;
    if (!scf_table_init(&seen, arena, sizeof(int32_t), sizeof(int32_t),
                        (size_t)scf_rows_count(rows)))
        return false;
    for (int i = 0; i < scf_rows_count(rows); i++) {
        int64_t kind = scf_rows_i64(rows, i, 2);
        if (row_counts(rows, i) && (kind == SCF_REC_WORKFLOW_EVENT || kind == SCF_REC_INVOICE)) {
            int32_t number = scf_period_of(period, scf_rows_date(rows, i, 3));
            scf_table_put(&seen, &number);
        }
    }
    *ret = (int64_t)seen.n;
    return true;
}

static enum scf_code add_seals(struct scf_db *db, struct scf_arena *arena,
                               struct scf_limit_chain *chains, size_t n, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        struct scf_chain_state state;
        code = scf_chain_sealed_state(db, arena, &chains[i].chain_id, &state, err);
        if (code == SCF_OK) {
            chains[i].sealed_size = state.size;
            chains[i].sealed_root = state.root;
        }
    }
    return code;
}

enum scf_code scf_window_read(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *enterprise_id,
                              const struct scf_uuid *const *buyers, size_t buyer_count,
                              enum scf_period period, struct scf_limit_inputs *in,
                              struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, enterprise_id);
    scf_p_date(&p, in->from_day);
    scf_p_date(&p, in->to_day);
    scf_p_uuid_array(&p, buyers, buyer_count);
    enum scf_code code = scf_db_run(db, &window_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_rating_sums *sums = scf_alloc(arena, n, sizeof *sums);
    struct scf_limit_chain *chains = scf_alloc(arena, n, sizeof *chains);
    if (sums == NULL || chains == NULL || !count_periods(rows, arena, period, &in->history_periods))
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu days", n);
    sum_rows(rows, sums, chains, in);
    return add_seals(db, arena, chains, in->chain_count, err);
}

/* ---- contracts ---- */

static const struct scf_stmt account_stmt = {
    "scf_contract_account",
    "SELECT initial, increments, held, used, frozen, coalesce((SELECT best_credibility"
    " FROM scfd.limit_mark m WHERE m.contract_key = $1 AND m.currency = $2), $3)"
    " FROM scfd.limit_account WHERE contract_key = $1 AND currency = $2"};

enum scf_code scf_contract_read_account(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_record *contract,
                                        struct scf_limit_contract *k, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &contract->business_key);
    scf_p_text(&p, k->currency);
    scf_p_i64(&p, SCF_PPM);
    enum scf_code code = scf_db_run(db, &account_stmt, &p, arena, &rows, err);
    if (code != SCF_OK || scf_rows_count(rows) == 0)
        return code;
    k->initial_limit = scf_rows_i64(rows, 0, 0);
    k->increments = scf_rows_i64(rows, 0, 1);
    k->held = scf_rows_i64(rows, 0, 2);
    k->used = scf_rows_i64(rows, 0, 3);
    k->frozen = scf_rows_bool(rows, 0, 4);
    k->best_credibility_ppm = k->increments > 0 ? scf_rows_i64(rows, 0, 5) : 0;
    return SCF_OK;
}

/* Its LIMIT is SCF_GATHER_MAX_GUARANTEES. */
static const struct scf_stmt guarantees_stmt = {
    "scf_contract_guarantees",
    "WITH g AS MATERIALIZED (SELECT record_id, chain_id,"
    " row_number() OVER (PARTITION BY chain_id ORDER BY leaf_index) AS turn"
    " FROM scfd.contract_guarantee g WHERE contract_key = $1 AND NOT EXISTS"
    " (SELECT FROM scfd.contract_guarantee later WHERE later.contract_key = $1"
    " AND later.revises_id = g.record_id AND later.chain_id = g.chain_id)"
    " ORDER BY turn, chain_id LIMIT 100)"
    " SELECT r.id, r.enterprise_id, r.body_sha256, coalesce(r.amount, 0), r.currency,"
    " n.operator_enterprise_id, n.kind, b.body ->> 'guarantee_no', b.body ->> 'guarantor_id',"
    " b.body ->> 'status', b.body ->> 'effective_from', b.body ->> 'expires_on'"
    " FROM g JOIN scfd.record r ON r.id = g.record_id LEFT JOIN scfd.node n ON n.id = g.chain_id"
    " CROSS JOIN LATERAL (SELECT convert_from(r.body, 'UTF8')::json AS body OFFSET 0) b"
    " WHERE r.body IS NOT NULL ORDER BY g.turn, g.chain_id"};

struct scf_reported_guarantee scf_guarantee_read(const struct scf_rows *rows, int i) {
    struct scf_reported_guarantee r = {
        .record_id = scf_rows_uuid(rows, i, 0),
        .obligor_id = scf_rows_uuid(rows, i, 1),
        .body_sha256 = scf_rows_hash(rows, i, 2),
        .amount = scf_rows_i64(rows, i, 3),
        .operator_id = scf_rows_uuid(rows, i, 5),
        .from_guarantors = scf_rows_i64(rows, i, 6) == SCF_NODE_GUARANTOR,
        .guarantee_no = scf_rows_text(rows, i, 7),
        .guarantor_id = scf_rows_text(rows, i, 8),
        .status = scf_rows_text(rows, i, 9),
        .effective_from = scf_rows_text(rows, i, 10),
        .expires_on = scf_rows_text(rows, i, 11),
    };
    struct scf_str currency = scf_rows_str(rows, i, 4);
    memcpy(r.currency, currency.p != NULL ? currency.p : "", currency.n < 3 ? currency.n : 3);
    return r;
}

enum scf_code scf_contract_guarantees(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_uuid *contract_key,
                                      struct scf_reported_guarantee **ret, size_t *ret_n,
                                      struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, contract_key);
    enum scf_code code = scf_db_run(db, &guarantees_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_reported_guarantee *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %d guarantees", n);
    for (int i = 0; i < n; i++)
        list[i] = scf_guarantee_read(rows, i);
    *ret = list;
    *ret_n = (size_t)n;
    return SCF_OK;
}
