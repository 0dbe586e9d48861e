/* /v1/working-calendars. */
#include "api.h"

#include "scfd/base/clock.h"

enum { ARRAY_MAX = 4096 };

static void days_write(struct scf_jsonw *w, const char *key, struct scf_str days) {
    scf_jw_array(w, key);
    while (days.n > 0) {
        const char *comma = memchr(days.p, ',', days.n);
        size_t n = comma ? (size_t)(comma - days.p) : days.n;
        scf_jw_strn(w, NULL, days.p, n);
        n += comma != NULL;
        days = (struct scf_str){days.p + n, days.n - n};
    }
    scf_jw_end_array(w);
}

static void row_write(struct scf_jsonw *w, const struct scf_calendar_row *row) {
    scf_jw_i64(w, "year", row->year);
    scf_jw_i64(w, "version", row->version);
    days_write(w, "holidays", row->holidays);
    days_write(w, "workdays", row->workdays);
    scf_jw_strn(w, "source", row->source.p, row->source.n);
    if (!row->shipped)
        scf_jw_time(w, "created_at", row->created_us);
}

void scf_calendars_list(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_calendar_row *rows;
    uint64_t year = 0;
    size_t n;
    const char *text = scf_rq_query(rq, "year");
    enum scf_code code = SCF_OK;
    if (text && !scf_parse_u64(scf_str(text), 9999, &year))
        code = scf_fail(&err, SCF_E_INVALID_PARAMETER, "year is a number.");
    if (code == SCF_OK)
        code = scf_calendar_list(scf_rq_db(rq), scf_rq_arena(rq), (int64_t)year, &rows, &n, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, SCF_ENF_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, "data");
    for (size_t i = 0; i < n; i++) {
        scf_jw_object(&w, NULL);
        row_write(&w, &rows[i]);
        scf_jw_end_object(&w);
    }
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, (int64_t)n, &out);
}

/* "{2027-01-01,…}": the days are valid, so that nothing has to be escaped. */
static const char *array_of(struct scf_arena *arena, const cJSON *list) {
    struct scf_buf out;
    const cJSON *item;
    scf_buf_init(&out, ARRAY_MAX);
    scf_buf_put(&out, "{", 1);
    cJSON_ArrayForEach(item, list) {
        if (item != list->child)
            scf_buf_put(&out, ",", 1);
        scf_buf_put(&out, item->valuestring, strlen(item->valuestring));
    }
    scf_buf_put(&out, "}", 1);
    const char *text = out.overflow ? NULL : scf_strndup(arena, out.data, out.len);
    scf_buf_free(&out);
    return text;
}

static enum scf_code add_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_enf_post *p = ctx;
    const char *holidays = array_of(p->arena, scf_json_get(p->body, "holidays"));
    const char *workdays = array_of(p->arena, scf_json_get(p->body, "workdays"));
    struct scf_calendar_row *rows;
    int64_t year = 0, version;
    size_t n;
    if (holidays == NULL || workdays == NULL)
        return scf_fail_memory(err);
    scf_json_i64(p->body, "year", &year);
    enum scf_code code =
        scf_calendar_insert(db, p->arena, year, holidays, workdays,
                            scf_json_string(p->body, "source"), p->ctx.now_us, &version, err);
    if (code == SCF_OK)
        code = scf_calendar_list(db, p->arena, year, &rows, &n, err);
    if (code != SCF_OK)
        return code;
    scf_buf_clear(&p->answer);
    struct scf_jsonw w = scf_jsonw(&p->answer);
    scf_jw_object(&w, NULL);
    row_write(&w, &rows[n - 1]);
    scf_jw_end_object(&w);
    return SCF_OK;
}

void scf_calendar_post(struct scf_request *rq) {
    struct scf_enf_post p = {.rq = rq};
    scf_enf_post_run(&p, add_in_tx);
}
