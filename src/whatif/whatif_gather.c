/* The records behind an assessment as their corrections would count: judged anew by the templates
 * in force at its time, compared with the series as they stand. One body is in memory at a time.
 * Relies on whatif_store.c, series.c and on the template room's evaluation. */
#include "scfd/base/clock.h"
#include "scfd/party/enterprise.h"
#include "scfd/rating/series.h"
#include "scfd/base/table.h"
#include "whatif.h"

enum { BODY_BYTES = 32 << 20 };

struct gathering {
    struct scf_arena *arena, *scratch;
    const struct scf_limit_inputs *in;
    const struct scf_template *templates[SCF_REC_KINDS]; /* of events and of invoices */
    const struct scf_whatif_series *series;
    size_t series_count;
    struct scf_table revised; /* ids that a newer record revises */
    struct scf_whatif_record *records;
    size_t n, seen;
    bool truncated, full;
};

/* ---- comparing with the earlier period ---- */

/* The series that a correction would continue, with the period of the assessment's day opened; a
 * fresh one when there is none. */
static bool open_series(const struct gathering *g, const struct scf_template *t,
                        const struct scf_uuid *chain_id, struct scf_series *ret) {
    size_t i = 0;
    while (i < g->series_count &&
           (g->series[i].template_id != t->id || !scf_uuid_eq(&g->series[i].chain_id, chain_id)))
        i++;
    bool known = i < g->series_count &&
                 scf_series_decode(g->series[i].state, t->watched_count, g->scratch, ret);
    if (!known && !scf_series_init(ret, t->watched_count, g->scratch))
        return false;
    bool comparable, ok;
    scf_series_add(ret, t, scf_period_of(t->period, g->in->to_day), (struct scf_str){"", 0},
                   &comparable, &ok);
    return true;
}

/* Would a value of the field be compared? */
static bool is_compared(const struct scf_template *t, const struct scf_series *s,
                        const struct scf_template_field *field) {
    size_t i = 0;
    for (const struct scf_template_field *f = t->fields; f < field; f++)
        i += f->fluctuation_ppm > 0;
    return field->fluctuation_ppm > 0 && i < s->n && s->fields[i].has_mean;
}

/* ---- a record ---- */

static bool read_gaps(struct gathering *g, const struct scf_template *t,
                      const struct scf_quality *q, const struct scf_series *s,
                      struct scf_whatif_record *r) {
    struct scf_whatif_gap *gaps = scf_alloc(g->arena, q->missing_count, sizeof *gaps);
    if (gaps == NULL)
        return false;
    for (size_t i = 0, k = 0; i < q->missing_count && k < t->field_count; k++) {
        if (strcmp(t->fields[k].key, q->missing[i]) != 0)
            continue;
        gaps[i++] = (struct scf_whatif_gap){&t->fields[k], is_compared(t, s, &t->fields[k])};
        r->gap_count = i;
    }
    r->gaps = gaps;
    return true;
}

/* How a correction with the same values would count. False: no memory. */
static bool judge(struct gathering *g, const struct scf_whatif_row *row,
                  struct scf_whatif_record *r) {
    const struct scf_template *t = g->templates[row->kind];
    struct scf_error ignored = {0}; /* an unreadable body is as good as erased */
    struct scf_quality q;
    struct scf_series series;
    char *text = scf_strndup(g->scratch, row->body.p, row->body.n);
    const cJSON *body =
        text != NULL ? scf_json_parse(g->scratch, text, row->body.n, &ignored) : NULL;
    if (text == NULL || body == NULL)
        return text != NULL;
    if (!scf_template_evaluate(t, body, g->in->as_of_us, row->has_happened, row->happened_us,
                               g->scratch, &q) ||
        !open_series(g, t, &row->chain_id, &series))
        return false;
    r->template_id = t->id;
    r->weight_expected = q.weight_expected;
    r->weight_present = q.weight_present;
    r->range_ok = q.range_ok;
    scf_series_add(&series, t, series.period,
                   (struct scf_str){(const char *)q.measures, q.measures_len}, &r->comparable,
                   &r->within);
    return read_gaps(g, t, &q, &series, r);
}

static bool could_be_better(const struct gathering *g, const struct scf_whatif_record *r) {
    return r->template_id != 0 &&
           (r->gap_count > 0 || !r->range_ok || (r->comparable && !r->within) ||
            r->checks_passed < r->checks_applicable ||
            (r->timed && r->delay_us > g->in->grading.timeliness_us[0]));
}

static bool take(void *ctx, const struct scf_whatif_row *row) {
    struct gathering *g = ctx;
    if (g->seen++ == SCF_WHATIF_RECORDS) {
        g->truncated = true;
        return false;
    }
    bool revised = scf_table_find(&g->revised, &row->id) != NULL;
    if (!scf_uuid_is_nil(&row->revises_id))
        scf_table_put(&g->revised, &row->revises_id);
    if (revised || row->body.p == NULL || g->templates[row->kind] == NULL)
        return true;
    int64_t delay = row->received_us - row->happened_us;
    struct scf_whatif_record r = {
        .id = row->id,
        .chain_id = row->chain_id,
        .kind = row->kind,
        .visible = row->visible,
        .judged_by = row->template_id,
        .timed = row->has_happened && scf_uuid_is_nil(&row->revises_id),
        .delay_us = row->has_happened && delay > 0 ? delay : 0,
        .checks_applicable = row->checks_applicable,
        .checks_passed = row->checks_passed,
    };
    scf_arena_reset(g->scratch);
    g->full |= !judge(g, row, &r);
    if (!g->full && could_be_better(g, &r))
        g->records[g->n++] = r;
    return !g->full;
}

/* ---- together ---- */

static enum scf_code read_period(struct scf_db *db, struct gathering *g, bool *ret,
                                 struct scf_error *err) {
    const struct scf_template *t = g->templates[SCF_REC_WORKFLOW_EVENT];
    enum scf_period period = t != NULL ? t->period : SCF_PERIOD_MONTH;
    int32_t first = g->in->to_day;
    while (first > g->in->from_day &&
           scf_period_of(period, first - 1) == scf_period_of(period, g->in->to_day))
        first--;
    return scf_whatif_active(db, g->arena, g->in, first, ret, err);
}

static enum scf_code gather(struct scf_db *db, struct gathering *g, const struct scf_actor *actor,
                            struct scf_whatif *ret, struct scf_error *err) {
    struct scf_whatif w = {.in = g->in};
    struct scf_whatif_series *series;
    g->records = scf_alloc(g->arena, SCF_WHATIF_RECORDS, sizeof *g->records);
    if (g->records == NULL || !scf_table_init(&g->revised, g->arena, sizeof(struct scf_uuid),
                                              sizeof(struct scf_uuid), SCF_WHATIF_RECORDS + 1))
        return scf_fail_memory(err);
    enum scf_code code = scf_whatif_series(db, g->arena, g->in, &series, &g->series_count, err);
    if (code != SCF_OK)
        return code;
    g->series = series;
    code = scf_whatif_rows(db, g->arena, g->in, actor, take, g, err);
    if (code == SCF_OK && g->full)
        return scf_fail_memory(err);
    code = code == SCF_OK ? read_period(db, g, &w.period_counted, err) : code;
    if (code != SCF_OK)
        return code;
    w.records = g->records;
    w.record_count = g->n;
    w.truncated = g->truncated;
    *ret = w;
    return SCF_OK;
}

enum scf_code scf_whatif_gather(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_services *services, const struct scf_actor *actor,
                                const struct scf_limit_inputs *in, struct scf_whatif *ret,
                                struct scf_error *err) {
    static const enum scf_record_kind kinds[] = {SCF_REC_WORKFLOW_EVENT, SCF_REC_INVOICE};
    struct gathering g = {.arena = arena, .in = in};
    struct scf_enterprise enterprise;
    const char *profile;
    enum scf_code code =
        scf_enterprise_get(db, arena, &in->borrower_id, &enterprise, &profile, err);
    if (code != SCF_OK)
        return code;
    for (size_t i = 0; i < SCF_COUNT(kinds); i++)
        g.templates[kinds[i]] = scf_templates_for(services->templates, kinds[i],
                                                  enterprise.industry_code, in->as_of_us);
    g.scratch = scf_arena_new(BODY_BYTES);
    code = gather(db, &g, actor, ret, err);
    scf_arena_free(g.scratch);
    return code;
}
