/* SQL of jobs and their runs. `due_at` orders everything: for a queued job it is when to run, for a
 * running one when its lease ends, so that one index and one statement serve both. */
#include "job_store.h"

#include "scfd/base/clock.h"

enum { MAX_KINDS = 64 };

void scf_job_topic(const struct scf_uuid *id, char out[SCF_JOB_TOPIC]) {
    memcpy(out, "job:", 4);
    scf_hex(id->b, sizeof id->b, out + 4);
}

/* ---- adding ---- */

static const struct scf_stmt insert = {
    .name = "job_insert",
    .sql = "INSERT INTO scfd.job (id, kind, dedupe_key, payload, due_at, requested_by, created_at)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7)"
           " ON CONFLICT (kind, dedupe_key)"
           " WHERE dedupe_key IS NOT NULL AND status = 0 AND attempt = 0 DO NOTHING"};

static const struct scf_stmt find_queued = {
    .name = "job_find_queued",
    .sql = "SELECT id FROM scfd.job"
           " WHERE kind = $1 AND dedupe_key = $2 AND status = 0 AND attempt = 0"};

static enum scf_code try_insert(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_job_order *order, const struct scf_uuid *id,
                                bool *ret_inserted, struct scf_error *err) {
    int64_t now_us = scf_now_us();
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_text(&p, order->kind);
    scf_p_text(&p, order->dedupe_key);
    scf_p_text(&p, order->payload_json);
    scf_p_time(&p, order->run_at_us ? order->run_at_us : now_us);
    scf_p_uuid(&p, order->requested_by ? &order->requested_by->node_id : NULL);
    scf_p_time(&p, now_us);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &insert, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret_inserted = scf_rows_affected(rows) == 1;
    return code;
}

static enum scf_code find_same(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_job_order *order, bool *ret_found,
                               struct scf_uuid *ret_id, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_text(&p, order->kind);
    scf_p_text(&p, order->dedupe_key);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &find_queued, &p, arena, &rows, err);
    if (code)
        return code;
    *ret_found = scf_rows_count(rows) == 1;
    if (*ret_found)
        *ret_id = scf_rows_uuid(rows, 0, 0);
    return SCF_OK;
}

/* The same job may be taken by a worker between our insert and our look-up: then insert again. */
enum scf_code scf_job_order(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_job_order *order, struct scf_uuid *ret_id,
                            struct scf_error *err) {
    struct scf_uuid id = scf_uuid_new();
    for (int round = 0; round < 3; round++) {
        bool inserted, found = false;
        enum scf_code code = try_insert(db, arena, order, &id, &inserted, err);
        if (code == SCF_OK && inserted)
            code = scf_db_notify(db, arena, "jobs", err);
        else if (code == SCF_OK)
            code = find_same(db, arena, order, &found, &id, err);
        if (code)
            return code;
        if (inserted || found) {
            *ret_id = id;
            return SCF_OK;
        }
    }
    return scf_fail(err, SCF_E_SOFT, "The queue is busy; try again.");
}

enum scf_code scf_job_enqueue(struct scf_db *db, struct scf_arena *arena, const char *kind,
                              const char *dedupe_key, const char *payload_json, int64_t run_at_us,
                              struct scf_uuid *ret_id, struct scf_error *err) {
    const struct scf_job_order order = {kind, dedupe_key, payload_json, run_at_us, NULL};
    struct scf_uuid id;
    enum scf_code code = scf_job_order(db, arena, &order, &id, err);
    if (code == SCF_OK && ret_id)
        *ret_id = id;
    return code;
}

/* ---- running ---- */

/* No lease and no pause lasts a day: what is due later was put off by a clock that was ahead and
 * has been set back. It would keep all like it from being ordered again. */
static const struct scf_stmt claim = {
    .name = "job_claim",
    .sql = "WITH next AS ("
           " SELECT j.id, k.lease_s, j.status = 1 AS lost FROM scfd.job j"
           "   JOIN unnest($2::text[], $3::bigint[]) AS k (kind, lease_s) ON k.kind = j.kind"
           "  WHERE j.due_at <= $1 OR j.due_at > $1::timestamptz + interval '1 day'"
           "  ORDER BY j.due_at LIMIT 1 FOR UPDATE OF j SKIP LOCKED"
           "), taken AS ("
           " UPDATE scfd.job j SET status = 1, attempt = j.attempt + 1,"
           "  started_at = coalesce(j.started_at, $1),"
           "  due_at = $1::timestamptz + next.lease_s * interval '1 second'"
           "  FROM next WHERE j.id = next.id"
           "  RETURNING j.id, j.kind, j.payload, j.attempt, next.lost"
           "), lost AS ("
           " UPDATE scfd.job_run r SET finished_at = $1, result = 'lost' FROM taken"
           "  WHERE r.job_id = taken.id AND r.attempt = taken.attempt - 1"
           "    AND r.finished_at IS NULL"
           "), begun AS ("
           " INSERT INTO scfd.job_run (job_id, attempt, kind, instance, started_at)"
           " SELECT id, attempt, kind, $4, $1 FROM taken"
           ") SELECT id, kind, payload, attempt, lost FROM taken"};

static void bind_kinds(struct scf_params *p, const struct scf_job_kind *const *kinds) {
    struct scf_str names[MAX_KINDS];
    int64_t leases[MAX_KINDS];
    size_t n = 0;
    for (; kinds[n]; n++) {
        SCF_ASSERT(n < MAX_KINDS);
        names[n] = scf_str(kinds[n]->name);
        leases[n] = kinds[n]->lease_s;
    }
    scf_p_text_array(p, names, n);
    scf_p_i64_array(p, leases, NULL, n);
}

enum scf_code scf_job_claim(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_job_kind *const *kinds, const char *instance,
                            int64_t now_us, struct scf_job *ret, bool *ret_found,
                            struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_time(&p, now_us);
    bind_kinds(&p, kinds);
    scf_p_text(&p, instance);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &claim, &p, arena, &rows, err);
    if (code)
        return code;
    *ret_found = scf_rows_count(rows) == 1;
    if (!*ret_found)
        return SCF_OK;
    ret->id = scf_rows_uuid(rows, 0, 0);
    ret->kind = scf_rows_text(rows, 0, 1);
    ret->payload = scf_rows_str(rows, 0, 2);
    ret->attempt = (int)scf_rows_i64(rows, 0, 3);
    ret->last_run_lost = scf_rows_bool(rows, 0, 4);
    return SCF_OK;
}

static const struct scf_stmt renew = {
    .name = "job_renew",
    .sql = "UPDATE scfd.job SET due_at = $3, progress_done = $4, progress_total = $5,"
           " progress_unit = $6 WHERE id = $1 AND attempt = $2 AND status = 1"};

enum scf_code scf_job_renew(struct scf_db *db, struct scf_arena *arena, const struct scf_job *job,
                            int64_t done, int64_t total, const char *unit, int64_t now_us,
                            bool *ret_ours, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &job->id);
    scf_p_i32(&p, job->attempt);
    scf_p_time(&p, now_us + job->lease_s * SCF_US_PER_SECOND);
    scf_p_i64(&p, done);
    scf_p_i64(&p, total);
    scf_p_text(&p, unit);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &renew, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret_ours = scf_rows_affected(rows) == 1;
    return code;
}

/* $3 status, $4 due, $5 now, $6 whether it is over. */
static const struct scf_stmt finish = {
    .name = "job_finish",
    .sql = "WITH j AS ("
           " UPDATE scfd.job SET status = $3, due_at = $4,"
           "  finished_at = CASE WHEN $6 THEN $5::timestamptz END, result_href = $8,"
           "  problem_code = $9, problem_detail = $10"
           "  WHERE id = $1 AND attempt = $2 AND status = 1"
           "  RETURNING $6 AND requested_by IS NOT NULL AS followed"
           "), r AS ("
           " UPDATE scfd.job_run SET finished_at = $5, result = $7, detail = $10"
           "  WHERE job_id = $1 AND attempt = $2 AND EXISTS (SELECT FROM j)"
           ") SELECT followed FROM j"};

struct finishing {
    struct scf_arena *arena;
    const struct scf_uuid *id;
    int attempt;
    const struct scf_job_outcome *outcome;
    int64_t now_us;
    bool ours;
};

static void bind_outcome(struct scf_params *p, const struct finishing *f) {
    const struct scf_job_outcome *o = f->outcome;
    bool over = o->status >= SCF_JOB_SUCCEEDED;
    scf_p_uuid(p, f->id);
    scf_p_i32(p, f->attempt);
    scf_p_i16(p, (int16_t)o->status);
    if (over)
        scf_p_null(p, SCF_PG_TIMESTAMPTZ);
    else
        scf_p_time(p, o->due_us);
    scf_p_time(p, f->now_us);
    scf_p_bool(p, over);
    scf_p_text(p, o->result);
    scf_p_text(p, o->result_href);
    scf_p_text(p, o->why ? scf_code_slug(o->why->code) : NULL);
    scf_p_text(p, o->why ? o->why->detail : NULL);
}

static enum scf_code finish_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct finishing *f = ctx;
    struct scf_params p;
    scf_params_init(&p, f->arena);
    bind_outcome(&p, f);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &finish, &p, f->arena, &rows, err);
    if (code)
        return code;
    f->ours = scf_rows_count(rows) == 1;
    if (!f->ours || !scf_rows_bool(rows, 0, 0))
        return SCF_OK;
    char topic[SCF_JOB_TOPIC];
    scf_job_topic(f->id, topic);
    return scf_db_notify(db, f->arena, topic, err);
}

enum scf_code scf_job_finish(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                             int attempt, const struct scf_job_outcome *outcome, int64_t now_us,
                             bool *ret_ours, struct scf_error *err) {
    struct finishing f = {arena, id, attempt, outcome, now_us, false};
    enum scf_code code = scf_tx_run(db, finish_in_tx, &f, err);
    if (code == SCF_OK)
        *ret_ours = f.ours;
    return code;
}

/* ---- reading ---- */

static const struct scf_stmt view = {
    .name = "job_view",
    .sql = "SELECT id, kind, status, attempt, progress_done, progress_total, progress_unit,"
           " result_href, problem_code, problem_detail, created_at, started_at, finished_at"
           " FROM scfd.job WHERE id = $1 AND ($2::uuid IS NULL OR requested_by = $2)"};

enum scf_code scf_job_view_get(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *id, const struct scf_uuid *asking_node,
                               struct scf_job_view *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_uuid(&p, asking_node);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &view, &p, arena, &rows, err);
    if (code)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such job.");
    *ret = (struct scf_job_view){.id = scf_rows_uuid(rows, 0, 0),
                                 .kind = scf_rows_text(rows, 0, 1),
                                 .status = (enum scf_job_status)scf_rows_i64(rows, 0, 2),
                                 .attempt = (int)scf_rows_i64(rows, 0, 3),
                                 .has_progress = !scf_rows_null(rows, 0, 4),
                                 .progress_done = scf_rows_i64(rows, 0, 4),
                                 .progress_total = scf_rows_i64(rows, 0, 5),
                                 .progress_unit = scf_rows_text(rows, 0, 6),
                                 .result_href = scf_rows_text(rows, 0, 7),
                                 .problem_code = scf_rows_text(rows, 0, 8),
                                 .problem_detail = scf_rows_text(rows, 0, 9),
                                 .created_us = scf_rows_time(rows, 0, 10),
                                 .started_us = scf_rows_time(rows, 0, 11),
                                 .finished_us = scf_rows_time(rows, 0, 12)};
    return SCF_OK;
}

/* ---- housekeeping ---- */

static const struct scf_stmt count_queued = {
    .name = "job_count_queued",
    .sql = "SELECT kind, count(*) FROM scfd.job WHERE due_at IS NOT NULL AND status = 0"
           " GROUP BY kind"};

enum scf_code scf_job_count_queued(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_job_kind *const *kinds, int64_t *ret_counts,
                                   struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &count_queued, NULL, arena, &rows, err);
    if (code)
        return code;
    for (size_t k = 0; kinds[k]; k++) {
        ret_counts[k] = 0;
        for (int i = 0; i < scf_rows_count(rows); i++)
            if (scf_str_is(scf_rows_str(rows, i, 0), kinds[k]->name))
                ret_counts[k] = scf_rows_i64(rows, i, 1);
    }
    return SCF_OK;
}

static const struct scf_stmt prune = {
    .name = "job_prune",
    .sql = "WITH old_jobs AS (DELETE FROM scfd.job WHERE id IN (SELECT id FROM scfd.job"
           "  WHERE finished_at < $1 ORDER BY finished_at LIMIT 1000 FOR UPDATE SKIP LOCKED))"
           " DELETE FROM scfd.job_run WHERE (job_id, attempt) IN (SELECT job_id, attempt"
           "  FROM scfd.job_run WHERE started_at < $1 ORDER BY started_at LIMIT 1000"
           "  FOR UPDATE SKIP LOCKED)"};

enum scf_code scf_job_prune(struct scf_db *db, struct scf_arena *arena, int64_t before_us,
                            struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_time(&p, before_us);
    return scf_db_run(db, &prune, &p, arena, NULL, err);
}
