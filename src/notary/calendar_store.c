/* SQL of working-day calendars. Relies on sql/0024_notarization.sql. */
#include "store.h"

/* ---- for counting ---- */

static const struct scf_stmt days = {
    "calendar_days",
    "SELECT c.year, d.day - date '1970-01-01', d.worked FROM (SELECT DISTINCT ON (year) year,"
    " holidays, workdays FROM scfd.working_calendar ORDER BY year, version DESC) c"
    " CROSS JOIN LATERAL (SELECT unnest(c.holidays), false UNION ALL"
    " SELECT unnest(c.workdays), true UNION ALL SELECT NULL, false) AS d (day, worked)"
    " ORDER BY c.year"};

/* One year's rows lie together; a row without a day is there for a year without any. */
static size_t read_year(const struct scf_rows *rows, size_t from, size_t n, int32_t *holidays,
                        int32_t *workdays, struct scf_cal_year *ret) {
    size_t i = from;
    *ret = (struct scf_cal_year){
        .year = (int)scf_rows_i64(rows, (int)from, 0), .holidays = holidays, .workdays = workdays};
    for (; i < n && scf_rows_i64(rows, (int)i, 0) == ret->year; i++) {
        if (scf_rows_null(rows, (int)i, 1))
            continue;
        int32_t day = (int32_t)scf_rows_i64(rows, (int)i, 1);
        if (scf_rows_bool(rows, (int)i, 2))
            workdays[ret->workday_count++] = day;
        else
            holidays[ret->holiday_count++] = day;
    }
    return i;
}

enum scf_code scf_calendar_load(struct scf_db *db, struct scf_arena *arena,
                                struct scf_calendar **ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    enum scf_code code = scf_db_run(db, &days, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows), at = 0, used = 0;
    struct scf_calendar *c = scf_alloc(arena, 1, sizeof *c);
    struct scf_cal_year *years = scf_alloc(arena, n, sizeof *years);
    int32_t *all = scf_alloc(arena, 2 * n, sizeof *all);
    if (c == NULL || years == NULL || all == NULL)
        return scf_fail_memory(err);
    while (at < n) {
        size_t end = read_year(rows, at, n, all + used, all + n + used, &years[c->n]);
        used += end - at;
        at = end;
        c->n++;
    }
    c->years = years;
    *ret = c;
    return SCF_OK;
}

/* ---- for people ---- */

static const struct scf_stmt list = {
    "calendar_list",
    "SELECT year, version, array_to_string(holidays, ','), array_to_string(workdays, ','), source,"
    " created_at FROM scfd.working_calendar WHERE $1 = 0 OR year = $1 ORDER BY year, version"};

enum scf_code scf_calendar_list(struct scf_db *db, struct scf_arena *arena, int64_t year,
                                struct scf_calendar_row **ret, size_t *ret_n,
                                struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_i32(&p, (int32_t)year);
    enum scf_code code = scf_db_run(db, &list, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_calendar_row *items = scf_alloc(arena, n, sizeof *items);
    if (items == NULL)
        return scf_fail_memory(err);
    for (size_t k = 0; k < n; k++) {
        int i = (int)k;
        items[k] = (struct scf_calendar_row){.year = scf_rows_i64(rows, i, 0),
                                             .version = scf_rows_i64(rows, i, 1),
                                             .holidays = scf_rows_str(rows, i, 2),
                                             .workdays = scf_rows_str(rows, i, 3),
                                             .source = scf_rows_str(rows, i, 4),
                                             .shipped = scf_rows_null(rows, i, 5),
                                             .created_us = scf_rows_time(rows, i, 5)};
    }
    *ret = items;
    *ret_n = n;
    return SCF_OK;
}

/* Two who add a version of the same year at once take turns: the second's key is taken, it runs
 * again. */
static const struct scf_stmt insert = {
    "calendar_insert", "INSERT INTO scfd.working_calendar (year, version, holidays, workdays,"
                       " source, created_at) SELECT $1, 1 + coalesce(max(version), 0),"
                       " $2::text::date[], $3::text::date[], $4, $5 FROM scfd.working_calendar"
                       " WHERE year = $1 RETURNING version"};

enum scf_code scf_calendar_insert(struct scf_db *db, struct scf_arena *arena, int64_t year,
                                  const char *holidays, const char *workdays, const char *source,
                                  int64_t now_us, int64_t *ret_version, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_i32(&p, (int32_t)year);
    scf_p_text(&p, holidays);
    scf_p_text(&p, workdays);
    scf_p_text(&p, source);
    scf_p_time(&p, now_us);
    enum scf_code code = scf_db_run(db, &insert, &p, arena, &rows, err);
    if (code == SCF_E_DB_CONFLICT)
        return scf_fail(err, SCF_E_SOFT, "Somebody else added a version just now.");
    if (code == SCF_OK)
        *ret_version = scf_rows_i64(rows, 0, 0);
    return code;
}
