/* The three ratings: completeness, delay and accuracy of an enterprise's events and invoices, and
 * the credibility they amount to. Integer arithmetic that rounds down; pure. */
#include "scfd/rating/rating.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

enum scf_grade scf_grade_ratio(int64_t ppm, const int64_t bounds[3]) {
    int grade = 0;
    while (grade < 3 && ppm < bounds[grade])
        grade++;
    return (enum scf_grade)grade;
}

enum scf_grade scf_grade_delay(int64_t us, const int64_t bounds[3]) {
    int grade = 0;
    while (grade < 3 && us > bounds[grade])
        grade++;
    return (enum scf_grade)grade;
}

int64_t scf_weighted(int64_t weight_ppm, int64_t value_ppm) {
    return weight_ppm * value_ppm / SCF_PPM;
}

/* a·w + b·(1 − w), rounded down once. */
static int64_t blend(int64_t a, int64_t b, int64_t weight_ppm) {
    __int128 sum = (__int128)a * weight_ppm + (__int128)b * (SCF_PPM - weight_ppm);
    return (int64_t)(sum / SCF_PPM);
}

struct delay {
    int64_t count;
    __int128 sum_us;
};

static void add_delay(struct delay *d, const struct scf_rating_sums *s) {
    d->count += s->delay_count;
    d->sum_us += (__int128)s->delay_s * SCF_US_PER_SECOND + s->delay_us;
}

static int64_t mean_us(const struct delay *d) {
    __int128 mean = d->count > 0 ? d->sum_us / d->count : 0;
    return mean < INT64_MAX / 2 ? (int64_t)mean : INT64_MAX / 2;
}

/* When only one of the two kinds has records its mean stands alone. */
static void rate_timeliness(const struct delay *workflow, const struct delay *invoice,
                            const struct scf_grading *g, int64_t lateness_us,
                            struct scf_ratings *r) {
    r->has_workflow = workflow->count > 0;
    r->has_invoice = invoice->count > 0;
    r->workflow_us = mean_us(workflow);
    r->invoice_us = mean_us(invoice);
    r->timeliness = SCF_GRADE_D;
    if (!r->has_workflow && !r->has_invoice)
        return;
    r->delay_us = !r->has_invoice    ? r->workflow_us
                  : !r->has_workflow ? r->invoice_us
                                     : blend(r->workflow_us, r->invoice_us, g->delay_workflow_ppm);
    r->timeliness = scf_grade_delay(r->delay_us, g->timeliness_us);
    int64_t early = r->delay_us < lateness_us ? lateness_us - r->delay_us : 0;
    r->timeliness_ppm = scf_ratio_ppm(early, lateness_us);
}

struct accuracy {
    int64_t records, in_range, compared, within;
};

/* Over workflow events only (claim 6). With nothing to compare the range share stands alone. */
static void rate_accuracy(const struct accuracy *a, const struct scf_grading *g,
                          struct scf_ratings *r) {
    r->has_compared = a->compared > 0;
    r->in_range_ppm = scf_ratio_ppm(a->in_range, a->records);
    r->within_ppm = scf_ratio_ppm(a->within, a->compared);
    r->accuracy_ppm = r->has_compared ? blend(r->in_range_ppm, r->within_ppm, g->accuracy_range_ppm)
                                      : r->in_range_ppm;
    r->accuracy = a->records > 0 ? scf_grade_ratio(r->accuracy_ppm, g->accuracy_ppm) : SCF_GRADE_D;
}

/* The readings of CR-0.3: weighted sum, product, or the lowest of the three. */
static int64_t combine(enum scf_combination how, const struct scf_grading *g,
                       const enum scf_grade grades[3]) {
    int64_t sum = 0, lowest = SCF_PPM;
    __int128 product = 1;
    for (int i = 0; i < 3; i++) {
        int64_t score = g->score_ppm[grades[i]];
        sum += g->rating_ppm[i] * score;
        product *= score;
        lowest = score < lowest ? score : lowest;
    }
    return how == SCF_COMBINE_PRODUCT  ? (int64_t)(product / ((int64_t)SCF_PPM * SCF_PPM))
           : how == SCF_COMBINE_LOWEST ? lowest
                                       : sum / SCF_PPM;
}

/* A grade of D is a veto (CR-2.3), however the scores combine. */
static void rate_overall(enum scf_combination how, const struct scf_grading *g,
                         struct scf_ratings *r) {
    const enum scf_grade grades[3] = {r->normativity, r->timeliness, r->accuracy};
    r->overall = SCF_GRADE_A;
    for (int i = 0; i < 3; i++)
        r->overall = grades[i] > r->overall ? grades[i] : r->overall;
    r->credibility_ppm = r->overall == SCF_GRADE_D ? 0 : combine(how, g, grades);
}

void scf_ratings_compute(const struct scf_rating_sums *sums, size_t n,
                         const struct scf_grading *grading, enum scf_combination how,
                         int64_t lateness_us, struct scf_ratings *ret) {
    struct scf_ratings r = {0};
    struct delay workflow = {0}, invoice = {0};
    struct accuracy accuracy = {0};
    int64_t present = 0, expected = 0;
    for (size_t i = 0; i < n; i++) {
        const struct scf_rating_sums *s = &sums[i];
        bool is_event = s->kind == SCF_REC_WORKFLOW_EVENT;
        if (!is_event && s->kind != SCF_REC_INVOICE)
            continue;
        r.has_records |= s->records > 0;
        present += s->weight_present;
        expected += s->weight_expected;
        add_delay(is_event ? &workflow : &invoice, s);
        if (is_event && s->template_id != 0) {
            accuracy.records += s->records;
            accuracy.in_range += s->range_ok;
            accuracy.compared += s->fluctuation_applicable;
            accuracy.within += s->fluctuation_ok;
        }
    }
    r.normativity_ppm = scf_ratio_ppm(present, expected);
    r.normativity = scf_grade_ratio(r.normativity_ppm, grading->normativity_ppm);
    rate_timeliness(&workflow, &invoice, grading, lateness_us, &r);
    rate_accuracy(&accuracy, grading, &r);
    rate_overall(how, grading, &r);
    *ret = r;
}
