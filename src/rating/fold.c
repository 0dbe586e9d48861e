/* The arithmetic of folding. Relies on series.c for fluctuation and table.c for finding entries. */
#include "scfd/rating/fold.h"

#include "scfd/base/clock.h"

static bool is_rated(const struct scf_record *r) {
    return r->kind >= SCF_REC_CONTRACT && r->kind <= SCF_REC_GUARANTEE &&
           !scf_uuid_is_nil(&r->enterprise_id);
}

static bool is_watched(const struct scf_record *r) {
    return is_rated(r) && r->template_id != 0 && r->measures.n > 0;
}

static struct scf_fold_series *series_of(struct scf_fold *f, const struct scf_record *r) {
    struct scf_fold_series key = {.enterprise_id = r->enterprise_id, .template_id = r->template_id};
    return scf_table_put(&f->series, &key);
}

/* ---- collecting ---- */

static bool make_room(struct scf_fold *f, struct scf_arena *arena, size_t n) {
    *f = (struct scf_fold){.guarantees = scf_alloc(arena, n, sizeof(struct scf_record *))};
    return f->guarantees != NULL &&
           scf_table_init(&f->days, arena, offsetof(struct scf_fold_day, records),
                          sizeof(struct scf_fold_day), n) &&
           scf_table_init(&f->series, arena, offsetof(struct scf_fold_series, tmpl),
                          sizeof(struct scf_fold_series), n);
}

enum scf_code scf_fold_collect(struct scf_fold *f, struct scf_arena *arena,
                               const struct scf_record *leaves, size_t n,
                               scf_template_of *template_of, void *ctx, struct scf_error *err) {
    if (!make_room(f, arena, n))
        return scf_fail(err, SCF_E_INTERNAL, "No memory to fold %zu leaves", n);
    for (size_t i = 0; i < n; i++) {
        const struct scf_record *r = &leaves[i];
        if (!is_watched(r))
            continue;
        struct scf_fold_series *s = series_of(f, r);
        if (s->tmpl != NULL)
            continue;
        s->tmpl = template_of(ctx, r->template_id);
        if (s->tmpl == NULL)
            return scf_fail(err, SCF_E_INTERNAL, "Record template %d is unknown", r->template_id);
        if (!scf_series_init(&s->series, s->tmpl->watched_count, arena))
            return scf_fail(err, SCF_E_INTERNAL, "No memory to fold %zu leaves", n);
    }
    return SCF_OK;
}

/* ---- folding ---- */

static void fold_delay(struct scf_fold_day *d, const struct scf_record *r) {
    if (!r->has_happened || !scf_uuid_is_nil(&r->revises_id))
        return;
    int64_t delay = r->received_us > r->happened_us ? r->received_us - r->happened_us : 0;
    d->delay_count++;
    d->delay_s += delay / SCF_US_PER_SECOND;
    d->delay_us += delay % SCF_US_PER_SECOND;
}

static void fold_series(struct scf_fold *f, struct scf_fold_day *d, const struct scf_record *r,
                        int32_t day) {
    struct scf_fold_series *s = series_of(f, r);
    bool comparable, ok;
    scf_series_add(&s->series, s->tmpl, scf_period_of(s->tmpl->period, day), r->measures,
                   &comparable, &ok);
    d->fluctuation_applicable += comparable;
    d->fluctuation_ok += ok;
}

static void fold_day(struct scf_fold *f, const struct scf_record *r) {
    int32_t day = scf_day_of(r->received_us);
    struct scf_fold_day key = {.enterprise_id = r->enterprise_id,
                               .day = day,
                               .kind = (int32_t)r->kind,
                               .template_id = r->template_id};
    struct scf_fold_day *d = scf_table_put(&f->days, &key);
    d->records++;
    d->weight_expected += r->weight_expected;
    d->weight_present += r->weight_present;
    d->range_ok += r->template_id != 0 && r->range_ok;
    d->checks_applicable += r->checks_applicable;
    d->checks_passed += r->checks_passed;
    fold_delay(d, r);
    if (is_watched(r))
        fold_series(f, d, r, day);
}

void scf_fold_run(struct scf_fold *f, const struct scf_record *leaves, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (is_rated(&leaves[i]))
            fold_day(f, &leaves[i]);
        if (leaves[i].kind == SCF_REC_GUARANTEE && !scf_uuid_is_nil(&leaves[i].contract_key))
            f->guarantees[f->guarantee_count++] = &leaves[i];
    }
}
