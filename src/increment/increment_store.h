/* Rows of limit_period and limit_run. Every function runs inside the caller's
 * transaction, but for those that say otherwise; lists are in the caller's arena. */
#ifndef SCFD_INCREMENT_INCREMENT_STORE_H
#define SCFD_INCREMENT_INCREMENT_STORE_H

#include "increment.h"
#include "scfd/http/http.h"

enum {
    SCF_SCHEDULE_PAGE = 5000, /* accounts that become runs in one transaction */
    SCF_SWEEP_PAGE = 500      /* runs that are given up or reported in one transaction */
};

/* ---- increment_store.c: periods and scheduling ---- */

/* The newest period there is; false when there is none. No transaction needed. */
enum scf_code scf_period_newest(struct scf_db *db, struct scf_arena *arena, bool *ret_found,
                                int64_t *ret_as_of_us, struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_period_insert(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_increment_period *period, int64_t now_us,
                                struct scf_error *err) SCF_MUST_CHECK;
/* Turns the next page of accounts into runs of the oldest period that is not complete. *ret_more:
 * there may be more to do; false also when another instance is at it. */
enum scf_code scf_runs_schedule(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                                bool *ret_more, struct scf_error *err) SCF_MUST_CHECK;

/* A run that was not made in time, for those who are told of it. */
struct scf_missed_run {
    struct scf_uuid id, borrower_id, contract_key;
};
/* Gives up runs made as of an earlier time than `newest_us`, and marks those that are late (as of a
 * time before `late_us`). Runs that had not been reported before are in *ret. *ret_more: the page
 * was full. */
enum scf_code scf_runs_sweep(struct scf_db *db, struct scf_arena *arena, int64_t newest_us,
                             int64_t late_us, int64_t now_us, struct scf_missed_run **ret,
                             size_t *ret_n, bool *ret_more, struct scf_error *err) SCF_MUST_CHECK;

struct scf_run_counts {
    int64_t due, overdue; /* overdue: late, and still not made; both stop at 100 000 */
};
enum scf_code scf_runs_count(struct scf_db *db, struct scf_arena *arena, struct scf_run_counts *ret,
                             struct scf_error *err) SCF_MUST_CHECK;

/* ---- increment_run_store.c: runs being made ---- */

struct scf_limit_run {
    struct scf_uuid id, borrower_id, contract_key;
    char currency[4];
    char period[SCF_PERIOD_TEXT];
    int64_t as_of_us;
    int attempt;
    /* outcome */
    enum scf_limit_run_status status;
    bool superseded; /* done by an assessment for a later time: without figures of its own */
    struct scf_uuid contract_id, assessment_id; /* nil: none */
    int64_t completion_ppm, target, increment, take_back, granted;
    const char *reason;
    struct scf_error problem; /* of a failed one */
};

/* Due runs as of `as_of_us`, locked; those that another instance has are left out. */
enum scf_code scf_runs_pick(struct scf_db *db, struct scf_arena *arena, int64_t as_of_us,
                            int64_t now_us, int limit, struct scf_limit_run **ret, size_t *ret_n,
                            struct scf_error *err) SCF_MUST_CHECK;
/* Writes the outcomes. A failed run becomes due again after its back-off. */
enum scf_code scf_runs_finish(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_limit_run *runs, size_t n, int64_t now_us,
                              struct scf_error *err) SCF_MUST_CHECK;

/* ---- increment_list_store.c: runs as the API shows them ---- */

struct scf_limit_run_row {
    struct scf_uuid id, borrower_id, contract_id; /* the contract's: nil when nobody knows one */
    struct scf_uuid assessment_id;                /* nil: none */
    const char *currency, *period;
    int64_t as_of_us, due_us, missed_us, created_us, updated_us;
    bool is_due, is_missed, has_result;
    enum scf_limit_run_status status;
    int64_t attempt, made, completion_ppm, target, increment, take_back, granted, version;
    const char *reason, *problem_code, *problem_detail; /* NULL: none */
};
struct scf_limit_run_filter {
    struct scf_uuid id, borrower_id, contract_id; /* nil: any */
    int status;                                   /* −1: any */
    const char *period;                           /* NULL: any */
};
/* Runs that `actor` may see: administrators all, a node those of the enterprise that operates it,
 * a lender those of accounts it sees. At most page->limit + 1. */
enum scf_code scf_runs_page(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_actor *actor,
                            const struct scf_limit_run_filter *filter, const struct scf_page *page,
                            struct scf_limit_run_row **ret, int *ret_n,
                            struct scf_error *err) SCF_MUST_CHECK;
/* Makes the runs of a period due again, of one contract or borrower when the filter names one.
 * WRONG_STATE unless it is the newest period: what an earlier one would give is in it. */
enum scf_code scf_runs_repeat(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_limit_run_filter *filter, int64_t now_us,
                              int64_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;

#endif
