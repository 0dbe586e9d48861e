/* The three ratings of the patent (CR-2.1, CR-2.2), from sums. Pure. */
#ifndef SCFD_CREDIT_RATING_H
#define SCFD_CREDIT_RATING_H

#include "scfd/credit/limit.h"

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
