/* SQL of the report: what is shown beside document and receipt, as it was when the assessment was
 * recorded. Every statement is bounded: by the rating window, by 100 contracts, by 24 assessments.
 * Relies on sql/0006_credit.sql and on the platform's chain for the order of assessments. */
#include "report.h"

#include "scfd/base/clock.h"

/* ---- names ---- */

static const struct scf_stmt borrower_stmt = {
    "scf_report_borrower", "SELECT name, code FROM scfd.enterprise WHERE id = $1"};

static enum scf_code read_borrower(struct scf_db *db, struct scf_arena *arena,
                                   struct scf_report_inputs *in, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &in->record.enterprise_id);
    enum scf_code code = scf_db_run(db, &borrower_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    bool known = scf_rows_count(rows) > 0;
    in->borrower_name = known ? scf_rows_text(rows, 0, 0) : "";
    in->borrower_code = known ? scf_rows_text(rows, 0, 1) : "";
    return SCF_OK;
}

/* The buyer as the contract names it, else as the directory does. An erased contract has no body
 * and keeps its row. */
static const struct scf_stmt contracts_stmt = {
    "scf_report_contracts",
    "SELECT r.id, b.body ->> 'contract_no', b.body ->> 'title',"
    " coalesce(b.body -> 'buyer' ->> 'name', e.name)"
    " FROM scfd.record r LEFT JOIN scfd.enterprise e ON e.id = r.counterparty_id"
    " CROSS JOIN LATERAL (SELECT convert_from(r.body, 'UTF8')::json AS body OFFSET 0) b"
    " WHERE r.id = ANY($1)"};

static enum scf_code read_contracts(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_report_inputs *in, struct scf_error *err) {
    const cJSON *list = scf_json_get(in->document, "contract_ids"), *item;
    struct scf_uuid ids[SCF_ASSESS_MAX_CONTRACTS];
    const struct scf_uuid *refs[SCF_ASSESS_MAX_CONTRACTS];
    size_t n = 0;
    cJSON_ArrayForEach(item, list) {
        if (n < SCF_COUNT(ids) && cJSON_IsString(item) &&
            scf_id_parse("ctr", scf_str(item->valuestring), &ids[n])) {
            refs[n] = &ids[n];
            n++;
        }
    }
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, refs, n);
    enum scf_code code = scf_db_run(db, &contracts_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    n = (size_t)scf_rows_count(rows);
    struct scf_report_contract *found = scf_alloc(arena, n, sizeof *found);
    if (found == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < (int)n; i++)
        found[i] =
            (struct scf_report_contract){scf_rows_uuid(rows, i, 0), scf_rows_text(rows, i, 1),
                                         scf_rows_text(rows, i, 2), scf_rows_text(rows, i, 3)};
    in->contracts = found;
    in->contract_count = n;
    return SCF_OK;
}

/* ---- history ---- */

/* Assessments whose records stand before this one's in the platform's chain: no later one can get
 * among them, whatever its as_of. */
static const struct scf_stmt points_stmt = {
    "scf_report_points",
    "SELECT a.as_of, a.recommended_limit FROM scfd.credit_assessment a"
    " JOIN scfd.record r ON r.id = a.id"
    " WHERE a.borrower_id = $1 AND a.created_at <= $2 AND a.status = 2 AND a.currency = $3"
    " AND a.as_of <= $4 AND r.chain_id = $5 AND r.leaf_index < $6"
    " ORDER BY a.created_at DESC, a.id DESC LIMIT $7"};

static int by_time(const void *a, const void *b) {
    const struct scf_report_point *x = a, *y = b;
    if (x->as_of_us != y->as_of_us)
        return x->as_of_us < y->as_of_us ? -1 : 1;
    return (x->limit > y->limit) - (x->limit < y->limit);
}

static enum scf_code read_points(struct scf_db *db, struct scf_arena *arena, int64_t as_of_us,
                                 struct scf_report_inputs *in, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &in->record.enterprise_id);
    scf_p_time(&p, in->record.received_us);
    scf_p_text(&p, scf_json_string(in->document, "currency"));
    scf_p_time(&p, as_of_us);
    scf_p_uuid(&p, &in->record.chain_id);
    scf_p_i64(&p, in->record.leaf_index);
    scf_p_i64(&p, SCF_REPORT_POINTS - 1);
    enum scf_code code = scf_db_run(db, &points_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_report_point *points = scf_alloc(arena, n, sizeof *points);
    if (points == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < (int)n; i++)
        points[i] = (struct scf_report_point){scf_rows_time(rows, i, 0), scf_rows_i64(rows, i, 1)};
    qsort(points, n, sizeof *points, by_time);
    in->points = points;
    in->point_count = n;
    return SCF_OK;
}

/* Only chains that the receipt names, and only days before the last of the window: they are over,
 * while the last day may still have gone on when the assessment was made. */
static const struct scf_stmt days_stmt = {
    "scf_report_days",
    "SELECT day, kind, sum(delay_count)::bigint, sum(delay_s)::bigint FROM scfd.rollup_day"
    " WHERE enterprise_id = $1 AND day BETWEEN $2 AND $3 AND kind = ANY($4) AND delay_count > 0"
    " AND chain_id = ANY($5) GROUP BY day, kind ORDER BY day, kind"};

/* The ids of the chains that the receipt's inputs come from. */
static const struct scf_uuid **chain_ids(struct scf_arena *arena, const cJSON *receipt,
                                         size_t *ret_n) {
    const cJSON *list = scf_json_get(scf_json_get(receipt, "inputs"), "chains"), *item;
    size_t room = cJSON_IsArray(list) ? (size_t)cJSON_GetArraySize(list) : 0, n = 0;
    struct scf_uuid *ids = scf_alloc(arena, room, sizeof *ids);
    const struct scf_uuid **refs = scf_alloc(arena, room, sizeof *refs);
    if (ids == NULL || refs == NULL)
        return NULL;
    cJSON_ArrayForEach(item, list) {
        const char *id = scf_json_string(item, "id");
        if (id != NULL && scf_id_parse("chain", scf_str(id), &ids[n])) {
            refs[n] = &ids[n];
            n++;
        }
    }
    *ret_n = n;
    return refs;
}

static enum scf_code read_days(struct scf_db *db, struct scf_arena *arena,
                               struct scf_report_inputs *in, struct scf_error *err) {
    static const int16_t kinds[] = {SCF_REC_WORKFLOW_EVENT, SCF_REC_INVOICE};
    const cJSON *period = scf_json_get(scf_json_get(in->document, "inputs"), "period");
    const char *from = scf_json_string(period, "from"), *to = scf_json_string(period, "to");
    int32_t first, last;
    size_t chain_count = 0;
    if (from == NULL || to == NULL || !scf_date_parse(scf_str(from), &first) ||
        !scf_date_parse(scf_str(to), &last))
        return SCF_OK;
    const struct scf_uuid **chains = chain_ids(arena, in->receipt, &chain_count);
    if (chains == NULL)
        return scf_fail_memory(err);
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &in->record.enterprise_id);
    scf_p_date(&p, first);
    scf_p_date(&p, last - 1);
    scf_p_i16_array(&p, kinds, SCF_COUNT(kinds));
    scf_p_uuid_array(&p, chains, chain_count);
    enum scf_code code = scf_db_run(db, &days_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_report_day *days = scf_alloc(arena, n, sizeof *days);
    if (days == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < (int)n; i++)
        days[i] = (struct scf_report_day){scf_rows_date(rows, i, 0),
                                          (enum scf_record_kind)scf_rows_i64(rows, i, 1),
                                          scf_rows_i64(rows, i, 2), scf_rows_i64(rows, i, 3)};
    in->days = days;
    in->day_count = n;
    return SCF_OK;
}

enum scf_code scf_report_read(struct scf_db *db, struct scf_arena *arena,
                              struct scf_report_inputs *ret, struct scf_error *err) {
    const char *as_of = scf_json_string(ret->document, "as_of");
    int64_t as_of_us = ret->record.received_us;
    if (as_of != NULL && !scf_time_parse(scf_str(as_of), &as_of_us))
        return scf_fail(err, SCF_E_INTERNAL, "The assessment's document cannot be read");
    enum scf_code code = read_borrower(db, arena, ret, err);
    code = code == SCF_OK ? read_contracts(db, arena, ret, err) : code;
    code = code == SCF_OK ? read_points(db, arena, as_of_us, ret, err) : code;
    return code == SCF_OK ? read_days(db, arena, ret, err) : code;
}
