/* SQL of the report: what is shown beside document and receipt, as it was when the assessment was
 * recorded. Every statement is bounded: by the rating window, by 100 contracts, by 24 assessments.
 * Relies on sql/0006_credit.sql and on the platform's chain for the order of assessments. */
#include "report.h"

#include "scfd/base/clock.h"

/* Ids from a document, as parameters; those that are none are left out. */
struct ids {
    struct scf_uuid *ids;
    const struct scf_uuid **refs;
    size_t n, room;
};

static bool ids_begin(struct ids *list, struct scf_arena *arena, size_t room) {
    *list = (struct ids){.ids = scf_alloc(arena, room, sizeof *list->ids),
                         .refs = scf_alloc(arena, room, sizeof *list->refs),
                         .room = room};
    return list->ids != NULL && list->refs != NULL;
}

static void ids_add(struct ids *list, const char *id) {
    char prefix[16];
    if (id == NULL || list->n == list->room ||
        !scf_id_parse_any(scf_str(id), prefix, &list->ids[list->n]))
        return;
    list->refs[list->n] = &list->ids[list->n];
    list->n++;
}

static enum scf_code read_by_ids(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_stmt *stmt, const struct ids *list,
                                 struct scf_rows **ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, list->refs, list->n);
    return scf_db_run(db, stmt, &p, arena, ret, err);
}

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
    struct ids ids;
    if (!ids_begin(&ids, arena, SCF_ASSESS_MAX_CONTRACTS))
        return scf_fail_memory(err);
    cJSON_ArrayForEach(item, list) ids_add(&ids, cJSON_GetStringValue(item));
    struct scf_rows *rows;
    enum scf_code code = read_by_ids(db, arena, &contracts_stmt, &ids, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
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

static const struct scf_stmt debtors_stmt = {
    "scf_report_debtors", "SELECT id, name FROM scfd.enterprise WHERE id = ANY($1)"};

static enum scf_code read_debtors(struct scf_db *db, struct scf_arena *arena,
                                  struct scf_report_inputs *in, struct scf_error *err) {
    const cJSON *base = scf_json_get(in->document, "borrowing_base"), *item;
    const cJSON *debtors = scf_json_get(base, "debtors");
    struct ids ids;
    if (!ids_begin(&ids, arena, scf_list_length(debtors)))
        return scf_fail_memory(err);
    cJSON_ArrayForEach(item, debtors) ids_add(&ids, scf_json_string(item, "enterprise_id"));
    if (ids.n == 0)
        return SCF_OK;
    struct scf_rows *rows;
    enum scf_code code = read_by_ids(db, arena, &debtors_stmt, &ids, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_report_debtor *found = scf_alloc(arena, n, sizeof *found);
    if (found == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < (int)n; i++)
        found[i] = (struct scf_report_debtor){scf_rows_uuid(rows, i, 0), scf_rows_text(rows, i, 1)};
    in->debtors = found;
    in->debtor_count = n;
    return SCF_OK;
}

/* ---- records that failed checks name ---- */

static const struct scf_stmt records_stmt = {
    "scf_report_records", "SELECT id, kind FROM scfd.record WHERE id = ANY($1) ORDER BY id"};

static void add_failed(struct ids *ids, const cJSON *contract) {
    const cJSON *finding, *record;
    cJSON_ArrayForEach(finding, scf_json_at(contract, "trade", "findings")) {
        const char *outcome = scf_json_string(finding, "outcome");
        if (outcome == NULL || strcmp(outcome, "failed") != 0)
            continue;
        cJSON_ArrayForEach(record, scf_json_get(finding, "records"))
            ids_add(ids, cJSON_GetStringValue(record));
    }
}

static enum scf_code read_records(struct scf_db *db, struct scf_arena *arena,
                                  struct scf_report_inputs *in, struct scf_error *err) {
    enum { RECORDS_MAX = 20000 }; /* contracts × checks × SCF_FINDING_RECORDS */
    const cJSON *contract;
    struct ids ids;
    if (!ids_begin(&ids, arena, RECORDS_MAX))
        return scf_fail_memory(err);
    cJSON_ArrayForEach(contract, scf_json_at(in->receipt, "inputs", "contracts"))
        add_failed(&ids, contract);
    if (ids.n == 0)
        return SCF_OK;
    struct scf_rows *rows;
    enum scf_code code = read_by_ids(db, arena, &records_stmt, &ids, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_report_record *found = scf_alloc(arena, n, sizeof *found);
    if (found == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < (int)n; i++)
        found[i] = (struct scf_report_record){scf_rows_uuid(rows, i, 0),
                                              (enum scf_record_kind)scf_rows_i64(rows, i, 1)};
    in->records = found;
    in->record_count = n;
    return SCF_OK;
}

/* ---- history ---- */

/* Assessments whose records stand before this one's in the platform's chain: no later one can get
 * among them, whatever its as_of. Of these only such as $8 may read (NULL: all): what an assessment
 * says is for those that it was addressed to, which is settled when it is made, so that one reader
 * gets the same ones whenever. */
static const struct scf_stmt points_stmt = {
    "scf_report_points",
    "SELECT a.as_of, a.recommended_limit FROM scfd.credit_assessment a"
    " JOIN scfd.record r ON r.id = a.id"
    " WHERE a.borrower_id = $1 AND a.created_at <= $2 AND a.status = 2 AND a.currency = $3"
    " AND a.as_of <= $4 AND r.chain_id = $5 AND r.leaf_index < $6"
    " AND ($8::uuid IS NULL OR a.node_id = $8 OR EXISTS (SELECT FROM scfd.record_addressee s"
    " WHERE s.node_id = $8 AND s.record_id = a.id))"
    " ORDER BY a.created_at DESC, a.id DESC LIMIT $7"};

static int by_time(const void *a, const void *b) {
    const struct scf_report_point *x = a, *y = b;
    if (x->as_of_us != y->as_of_us)
        return x->as_of_us < y->as_of_us ? -1 : 1;
    return (x->limit > y->limit) - (x->limit < y->limit);
}

/* Administrators and the borrower's own nodes see every assessment of the borrower. */
static const struct scf_uuid *reads_only(const struct scf_actor *reader,
                                         const struct scf_report_inputs *in) {
    bool all =
        reader->admin || scf_uuid_eq(&reader->operator_enterprise_id, &in->record.enterprise_id);
    return all ? NULL : &reader->node_id;
}

static enum scf_code read_points(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_actor *reader, int64_t as_of_us,
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
    scf_p_uuid(&p, reads_only(reader, in));
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

static enum scf_code read_days(struct scf_db *db, struct scf_arena *arena,
                               struct scf_report_inputs *in, struct scf_error *err) {
    static const int16_t kinds[] = {SCF_REC_WORKFLOW_EVENT, SCF_REC_INVOICE};
    const cJSON *period = scf_json_get(scf_json_get(in->document, "inputs"), "period");
    const char *from = scf_json_string(period, "from"), *to = scf_json_string(period, "to");
    int32_t first, last;
    struct ids chains;
    if (from == NULL || to == NULL || !scf_date_parse(scf_str(from), &first) ||
        !scf_date_parse(scf_str(to), &last))
        return SCF_OK;
    const cJSON *list = scf_json_at(in->receipt, "inputs", "chains"), *item;
    if (!ids_begin(&chains, arena, scf_list_length(list)))
        return scf_fail_memory(err);
    cJSON_ArrayForEach(item, list) ids_add(&chains, scf_json_string(item, "id"));
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &in->record.enterprise_id);
    scf_p_date(&p, first);
    scf_p_date(&p, last - 1);
    scf_p_i16_array(&p, kinds, SCF_COUNT(kinds));
    scf_p_uuid_array(&p, chains.refs, chains.n);
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
                              const struct scf_actor *reader, struct scf_report_inputs *ret,
                              struct scf_error *err) {
    const char *as_of = scf_json_string(ret->document, "as_of");
    int64_t as_of_us = ret->record.received_us;
    if (as_of != NULL && !scf_time_parse(scf_str(as_of), &as_of_us))
        return scf_fail(err, SCF_E_INTERNAL, "The assessment's document cannot be read");
    enum scf_code code = read_borrower(db, arena, ret, err);
    code = code == SCF_OK ? read_contracts(db, arena, ret, err) : code;
    code = code == SCF_OK ? read_debtors(db, arena, ret, err) : code;
    code = code == SCF_OK ? read_records(db, arena, ret, err) : code;
    code = code == SCF_OK ? read_points(db, arena, reader, as_of_us, ret, err) : code;
    return code == SCF_OK ? read_days(db, arena, ret, err) : code;
}
