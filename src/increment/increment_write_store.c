/* SQL of writing a batch of increments: assessments that are done at once, and the lenders that are
 * told of them. Relies on sql/0006_credit.sql. */
#include "increment_batch.h"
#include "scfd/credit/assessment.h"

/* COPY: a row is some twenty kilobytes, and parameters would be held in memory three times. */
#define COLUMNS                                                                                    \
    "id, borrower_id, request, as_of, status, version, currency, recommended_limit,"               \
    " limit_expires_on, receipt, created_at, updated_at"
enum { COLUMN_COUNT = 12 };

static void copy_str(struct scf_buf *out, struct scf_str text) {
    scf_copy_bytes(out, text.p, text.n);
}

static void copy_row(struct scf_buf *out, const struct scf_assess_done *r, int64_t now_us) {
    scf_copy_row(out, COLUMN_COUNT);
    scf_copy_uuid(out, &r->id);
    scf_copy_uuid(out, &r->borrower_id);
    copy_str(out, r->request);
    scf_copy_time(out, r->as_of_us);
    scf_copy_i16(out, SCF_ASM_SUCCEEDED);
    scf_copy_i64(out, 1);
    copy_str(out, scf_str(r->currency));
    scf_copy_i64(out, r->limit);
    scf_copy_date(out, r->expires_day);
    copy_str(out, r->receipt);
    scf_copy_time(out, now_us);
    scf_copy_time(out, now_us);
}

enum scf_code scf_assess_insert_done(struct scf_db *db, const struct scf_assess_done *rows,
                                     size_t n, int64_t now_us, struct scf_error *err) {
    size_t max = 0;
    for (size_t i = 0; i < n; i++)
        max += 512 + rows[i].request.n + rows[i].receipt.n;
    struct scf_buf out;
    scf_buf_init(&out, max);
    for (size_t i = 0; i < n; i++)
        copy_row(&out, &rows[i], now_us);
    enum scf_code code = scf_db_copy_in(
        db, "COPY scfd.credit_assessment (" COLUMNS ") FROM STDIN (FORMAT binary)", &out, err);
    scf_buf_free(&out);
    return code;
}

static const struct scf_stmt tell_stmt = {
    "scf_assess_tell_lenders",
    "INSERT INTO scfd.credit_assessment_lender (assessment_id, node_id, awaiting, addressed_at,"
    " created_at) SELECT a, n, w = 1, $4, $4"
    " FROM unnest($1::uuid[], $2::uuid[], $3::smallint[]) AS t (a, n, w)"};
static const struct scf_stmt wake_stmt = {
    "scf_assess_wake_lenders",
    "SELECT pg_notify('scfd', t) FROM unnest($1::text[]) AS t GROUP BY t"};

static enum scf_code wake(struct scf_db *db, struct scf_arena *arena,
                          const struct scf_assess_told *told, size_t n, struct scf_error *err) {
    struct scf_str *topics = scf_alloc(arena, n, sizeof *topics);
    char(*texts)[SCF_ASSESS_TOPIC] = scf_alloc(arena, n, sizeof *texts);
    if (topics == NULL || texts == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu lenders", n);
    for (size_t i = 0; i < n; i++) {
        scf_assess_topic("lender", &told[i].node_id, texts[i]);
        topics[i] = scf_str(texts[i]);
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_text_array(&p, topics, n);
    return scf_db_run(db, &wake_stmt, &p, arena, NULL, err);
}

enum scf_code scf_assess_tell_lenders(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_assess_told *told, size_t n, int64_t now_us,
                                      struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, 2 * n, sizeof *ids);
    int16_t *awaiting = scf_alloc(arena, n, sizeof *awaiting);
    if (n == 0)
        return SCF_OK;
    if (ids == NULL || awaiting == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu lenders", n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = &told[i].assessment_id;
        ids[n + i] = &told[i].node_id;
        awaiting[i] = told[i].awaiting;
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    scf_p_uuid_array(&p, ids + n, n);
    scf_p_i16_array(&p, awaiting, n);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &tell_stmt, &p, arena, NULL, err);
    return code == SCF_OK ? wake(db, arena, told, n, err) : code;
}
