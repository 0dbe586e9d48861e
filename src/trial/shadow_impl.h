/* Inputs under another policy, and what shadow policies said: shared by shadows and backtests. */
#ifndef SCFD_TRIAL_SHADOW_IMPL_H
#define SCFD_TRIAL_SHADOW_IMPL_H

#include "scfd/limit/receipt.h"
#include "scfd/trial/shadow.h"

/* The same inputs under another policy and, unless NULL, another grading. Shares what it does not
 * replace; `policy` must outlive it. The findings of cross-checks get the other policy's weights
 * and severities. *ret_exact: that is all that it takes; false where a check was made with another
 * tolerance, or another severity decided which invoices count, or the check was not made at all.
 * False when the arena is full. Pure. */
bool scf_inputs_under(const struct scf_limit_inputs *in, const struct scf_policy *policy,
                      const struct scf_grading *grading, struct scf_arena *arena,
                      struct scf_limit_inputs *ret, bool *ret_exact) SCF_MUST_CHECK;

/* Letters of normativity, timeliness, accuracy, overall. */
enum { SCF_GRADES = 4 };
void scf_grades_of(const struct scf_ratings *r, char out[SCF_GRADES + 1]);
/* An object with the four. */
void scf_grades_write(struct scf_jsonw *w, const char *key, const char *grades);

/* ---- shadow_store.c ---- */

struct scf_shadow_row {
    const char *code, *version, *currency;
    int64_t recorded, shadow;
    const char *recorded_grades, *shadow_grades;
    bool exact;
    struct scf_str result;
};
/* Of one assessment, by code. NOT_FOUND: there is no such assessment. */
enum scf_code scf_shadows_read(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *assessment_id, struct scf_shadow_row **ret,
                               size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;

/* Everything that a policy said as a shadow, beside what was recorded. */
struct scf_shadow_total {
    char currency[4];
    int64_t assessments, raised, lowered;
    int64_t recorded, shadow;      /* sums, minor units */
    int64_t raised_by, lowered_by; /* sums, ≥ 0 */
};
struct scf_grade_move {
    int rating; /* 0 normativity … 3 overall */
    char from[2], to[2];
    int64_t count;
};
struct scf_comparison {
    const struct scf_shadow_total *totals; /* by currency */
    size_t total_count;
    const struct scf_grade_move *moves; /* by rating, from, to; only those that differ */
    size_t move_count;
};
enum scf_code scf_shadow_compare(struct scf_db *db, struct scf_arena *arena, const char *code,
                                 const char *version, struct scf_comparison *ret,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* From rows of (currency, count, raised, lowered, recorded, new, raised by, lowered by) and of
 * (rating from 1, from, to, count); also for backtests. False when the arena is full. */
bool scf_comparison_read(const struct scf_rows *totals, const struct scf_rows *moves,
                         struct scf_arena *arena, struct scf_comparison *ret) SCF_MUST_CHECK;
/* The members "currencies" and "grade_moves". */
void scf_comparison_write(struct scf_jsonw *w, const struct scf_comparison *c);

#endif
