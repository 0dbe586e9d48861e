/* SQL of the ends of algorithms. */
#include "algorithm.h"

#define ENDS_OF(names)                                                                             \
    "(SELECT min(trusted_until) FROM scfd.anchor_algorithm"                                        \
    " WHERE name = ANY (string_to_array(" names ", ' ')))"

static const struct scf_stmt until_stmt = {"anchor_trusted_until", "SELECT " ENDS_OF("$1")};

enum scf_code scf_anchor_trusted_until(struct scf_db *db, struct scf_arena *arena,
                                       const char *names, int64_t *ret_us, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_text(&p, names);
    enum scf_code code = scf_db_run(db, &until_stmt, &p, arena, &rows, err);
    if (code == SCF_OK)
        *ret_us = scf_rows_null(rows, 0, 0) ? INT64_MAX : scf_rows_time(rows, 0, 0);
    return code;
}

static const struct scf_stmt list_stmt = {
    "anchor_algorithms",
    "WITH used AS (SELECT name, count(*) AS n FROM (SELECT DISTINCT tick, target_id,"
    "  unnest(string_to_array(algorithms, ' ')) AS name FROM scfd.anchor_entry WHERE state = 2) e"
    " GROUP BY name)"
    " SELECT a.name, a.trusted_until, a.updated_at, coalesce(used.n, 0)"
    " FROM scfd.anchor_algorithm a LEFT JOIN used USING (name) ORDER BY a.name"};

enum scf_code scf_anchor_algorithms(struct scf_db *db, struct scf_arena *arena,
                                    struct anchor_algorithm **ret, size_t *ret_n,
                                    struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &list_stmt, NULL, arena, &rows, err);
    if (code)
        return code;
    int n = scf_rows_count(rows);
    struct anchor_algorithm *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        list[i] = (struct anchor_algorithm){
            .name = scf_rows_text(rows, i, 0),
            .until_us = scf_rows_null(rows, i, 1) ? 0 : scf_rows_time(rows, i, 1),
            .updated_us = scf_rows_time(rows, i, 2),
            .proofs = scf_rows_i64(rows, i, 3),
        };
    *ret = list;
    *ret_n = (size_t)n;
    return SCF_OK;
}

static const struct scf_stmt set_stmt = {
    "anchor_algorithm_set",
    "INSERT INTO scfd.anchor_algorithm (name, trusted_until, updated_at) VALUES ($1, $2, $3)"
    " ON CONFLICT (name) DO UPDATE SET trusted_until = $2, updated_at = $3"};

/* Proofs that cannot be renewed sooner than now are due now. A lease that is taken away costs one
 * answer, which is asked for again. */
static const struct scf_stmt apply_stmt = {
    "anchor_algorithm_apply",
    "UPDATE scfd.anchor_entry e SET expires_at = n.end_at, due_at = greatest($2::timestamptz,"
    "  n.end_at - t.renew_before_s * interval '1 second')"
    " FROM scfd.anchor_target t, scfd.anchor_entry o CROSS JOIN LATERAL (SELECT"
    "  least(o.certificates_end_at, " ENDS_OF(
        "o.algorithms") ") AS end_at) n"
                        " WHERE t.id = e.target_id AND o.tick = e.tick AND o.target_id = "
                        "e.target_id"
                        " AND e.state = 2 AND $1 = ANY (string_to_array(e.algorithms, ' '))"
                        " AND n.end_at IS DISTINCT FROM e.expires_at"};

enum scf_code scf_anchor_algorithm_set(struct scf_db *db, struct scf_arena *arena,
                                       struct scf_str name, int64_t until_us, int64_t now_us,
                                       struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_str(&p, name);
    if (until_us)
        scf_p_time(&p, until_us);
    else
        scf_p_null(&p, SCF_PG_TIMESTAMPTZ);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &set_stmt, &p, arena, NULL, err);
    if (code)
        return code;
    scf_params_init(&p, arena);
    scf_p_str(&p, name);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &apply_stmt, &p, arena, NULL, err);
}
