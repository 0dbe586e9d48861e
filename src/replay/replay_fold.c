/* Sums over a borrower's records as the rollup makes them, but out of the records themselves: the
 * same folding (fold.c), a batch at a time, with what it leaves kept in memory. Pure. */
#include "replay.h"
#include "scfd/base/clock.h"

enum { SERIES = 1000 }; /* templates that judged one borrower's records in one chain */

struct sum { /* the key first, without padding */
    struct scf_uuid chain_id;
    int32_t template_id, kind;
    struct scf_rating_sums sums;
};
struct kept_series {
    int32_t template_id;
    struct scf_series series;
};

bool scf_replay_sums_init(struct scf_replay_sums *s, struct scf_arena *arena,
                          const struct scf_uuid *borrower_id, int32_t from_day, int32_t to_day) {
    *s = (struct scf_replay_sums){
        .arena = arena, .borrower_id = *borrower_id, .from_day = from_day, .to_day = to_day};
    size_t days = to_day >= from_day ? (size_t)(to_day - from_day) + 1 : 0;
    s->days = scf_alloc(arena, days, sizeof *s->days);
    return s->days != NULL && scf_table_init(&s->sums, arena, offsetof(struct sum, sums),
                                             sizeof(struct sum), SCF_REPLAY_SUMS);
}

bool scf_replay_sums_chain(struct scf_replay_sums *s) {
    return scf_table_init(&s->series, s->arena, sizeof(int32_t), sizeof(struct kept_series),
                          SERIES);
}

/* ---- series from batch to batch ---- */

static bool is_borrowers(const struct scf_replay_sums *s, const struct scf_fold_series *f) {
    return scf_uuid_eq(&f->enterprise_id, &s->borrower_id);
}

static void load_series(const struct scf_replay_sums *s, struct scf_fold *fold) {
    for (size_t i = 0; i < fold->series.n; i++) {
        struct scf_fold_series *f = scf_table_at(&fold->series, i);
        const struct kept_series *kept = scf_table_find(&s->series, &f->template_id);
        if (is_borrowers(s, f) && kept != NULL)
            f->series = kept->series;
    }
}

/* The fields of a series that is new lie in the batch's memory: they are copied once. */
static bool save_series(struct scf_replay_sums *s, const struct scf_fold *fold) {
    for (size_t i = 0; i < fold->series.n; i++) {
        const struct scf_fold_series *f = scf_table_at(&fold->series, i);
        if (!is_borrowers(s, f))
            continue;
        struct kept_series *kept = scf_table_find(&s->series, &f->template_id);
        if (kept == NULL) {
            if (s->series.n == s->series.max)
                return false;
            kept = scf_table_put(&s->series, &f->template_id);
            if (!scf_series_init(&kept->series, f->series.n, s->arena))
                return false;
        }
        struct scf_series_field *fields = kept->series.fields;
        if (fields != f->series.fields)
            memcpy(fields, f->series.fields, f->series.n * sizeof *fields);
        kept->series = f->series;
        kept->series.fields = fields;
    }
    return true;
}

/* ---- days into sums ---- */

static void add_day(struct scf_rating_sums *to, const struct scf_fold_day *d) {
    to->records += d->records;
    to->weight_expected += d->weight_expected;
    to->weight_present += d->weight_present;
    to->delay_count += d->delay_count;
    to->delay_s += d->delay_s;
    to->delay_us += d->delay_us;
    to->range_ok += d->range_ok;
    to->fluctuation_applicable += d->fluctuation_applicable;
    to->fluctuation_ok += d->fluctuation_ok;
    to->checks_applicable += d->checks_applicable;
    to->checks_passed += d->checks_passed;
}

static bool take_days(struct scf_replay_sums *s, const struct scf_fold *fold,
                      const struct scf_uuid *chain_id) {
    for (size_t i = 0; i < fold->days.n; i++) {
        const struct scf_fold_day *d = scf_table_at(&fold->days, i);
        if (!scf_uuid_eq(&d->enterprise_id, &s->borrower_id) || d->day < s->from_day ||
            d->day > s->to_day)
            continue;
        const struct sum key = {
            .chain_id = *chain_id, .template_id = d->template_id, .kind = d->kind};
        struct sum *sum = scf_table_find(&s->sums, &key);
        if (sum == NULL && s->sums.n == s->sums.max)
            return false;
        if (sum == NULL)
            sum = scf_table_put(&s->sums, &key);
        add_day(&sum->sums, d);
        if (d->kind == SCF_REC_WORKFLOW_EVENT || d->kind == SCF_REC_INVOICE)
            s->days[d->day - s->from_day] = true;
    }
    return true;
}

enum scf_code scf_replay_sums_add(struct scf_replay_sums *s, struct scf_arena *scratch,
                                  const struct scf_record *records, size_t n,
                                  scf_template_of *template_of, void *ctx, struct scf_error *err) {
    struct scf_fold fold;
    if (n == 0)
        return SCF_OK;
    enum scf_code code = scf_fold_collect(&fold, scratch, records, n, template_of, ctx, err);
    if (code != SCF_OK)
        return code;
    load_series(s, &fold);
    scf_fold_run(&fold, records, n);
    if (!save_series(s, &fold) || !take_days(s, &fold, &records[0].chain_id))
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The borrower has too many kinds of records");
    return SCF_OK;
}

/* ---- reading ---- */

static int sum_order(const void *pa, const void *pb) {
    const struct scf_rating_sums *a = pa, *b = pb;
    int order = scf_uuid_compare(&a->chain_id, &b->chain_id);
    if (order != 0)
        return order;
    if (a->template_id != b->template_id)
        return a->template_id < b->template_id ? -1 : 1;
    return ((int)a->kind > (int)b->kind) - ((int)a->kind < (int)b->kind);
}

struct scf_rating_sums *scf_replay_sums_list(const struct scf_replay_sums *s, size_t *ret_n) {
    struct scf_rating_sums *list = scf_alloc(s->arena, s->sums.n, sizeof *list);
    for (size_t i = 0; list != NULL && i < s->sums.n; i++) {
        const struct sum *sum = scf_table_at(&s->sums, i);
        list[i] = sum->sums;
        list[i].chain_id = sum->chain_id;
        list[i].template_id = sum->template_id;
        list[i].kind = (enum scf_record_kind)sum->kind;
    }
    if (list != NULL)
        qsort(list, s->sums.n, sizeof *list, sum_order);
    *ret_n = s->sums.n;
    return list;
}

int64_t scf_replay_periods(const struct scf_replay_sums *s, enum scf_period period) {
    int64_t periods = 0;
    int32_t last = INT32_MIN; /* days ascend, and so do their periods */
    for (int32_t day = s->from_day; day <= s->to_day; day++) {
        int32_t number = s->days[day - s->from_day] ? scf_period_of(period, day) : last;
        periods += number != last;
        last = number;
    }
    return periods;
}
