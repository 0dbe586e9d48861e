/* The three ratings of the patent (CR-2.1, CR-2.2), from sums. Pure. */
#ifndef SCFD_RATING_RATING_H
#define SCFD_RATING_RATING_H

#include "scfd/policy/policy.h"

/* Sums over the records of one chain, template and kind in the rating window. */
struct scf_rating_sums {
    struct scf_uuid chain_id;
    int32_t template_id; /* 0: the records were judged by no template */
    enum scf_record_kind kind;
    int64_t records, weight_expected, weight_present;
    int64_t delay_count, delay_s,
        delay_us; /* whole seconds, and the µs beyond them, summed apart */
    int64_t range_ok, fluctuation_applicable, fluctuation_ok;
    int64_t checks_applicable, checks_passed;
};

struct scf_ratings {
    bool has_records;                 /* any event or invoice in the window */
    int64_t normativity_ppm;          /* N */
    bool has_workflow, has_invoice;   /* which delays exist */
    int64_t workflow_us, invoice_us;  /* mean delays */
    int64_t delay_us, timeliness_ppm; /* D; 1 − min(1, D / lateness) */
    bool has_compared;                /* any value could be compared with an earlier period */
    int64_t in_range_ppm, within_ppm, accuracy_ppm;            /* A */
    enum scf_grade normativity, timeliness, accuracy, overall; /* overall: the lowest */
    int64_t credibility_ppm; /* E of CR-2.3: 0 when any grade is D */
};

/* `how`: how the three scores become credibility (CR-0.3). */
void scf_ratings_compute(const struct scf_rating_sums *sums, size_t n,
                         const struct scf_grading *grading, enum scf_combination how,
                         int64_t lateness_us, struct scf_ratings *ret);

/* Grades: completeness and accuracy by lower bounds, delay by upper bounds. */
enum scf_grade scf_grade_ratio(int64_t ppm, const int64_t bounds[3]);
enum scf_grade scf_grade_delay(int64_t us, const int64_t bounds[3]);

/* weight × value in millionths, rounded down. Both within 0..1. */
int64_t scf_weighted(int64_t weight_ppm, int64_t value_ppm);

#endif
