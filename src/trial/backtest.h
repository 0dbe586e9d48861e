/* Backtests: recorded assessments computed again from their receipts under another policy or
 * another grading. What they rest on is what the receipts hold, so nothing later can leak in. */
#ifndef SCFD_TRIAL_BACKTEST_H
#define SCFD_TRIAL_BACKTEST_H

#include "scfd/trial/trial.h"
#include "shadow_impl.h"

enum {
    SCF_BACKTEST_BORROWERS = 100,
    SCF_BACKTEST_MAX = 1000000, /* assessments */
    SCF_BACKTEST_BATCH = 200
};

/* ---- backtest.c: pure ---- */

struct scf_backtest_request {
    struct scf_str params;      /* the candidate's text; .p NULL: not given */
    const char *code, *version; /* of the candidate; NULL: not given */
    bool has_grading;
    struct scf_grading grading;
    const char *template_code; /* the grading is for assessments rated by it; NULL: for all */
    int64_t from_us, to_us;    /* as_of, both included */
    struct scf_uuid *borrowers;
    size_t borrower_count; /* 0: all */
    int64_t limit;
};
/* From a body that passed the schema; `text` is its bytes. Strings are views into both, ids in the
 * arena. False when it is full. */
bool scf_backtest_request_read(struct scf_arena *arena, struct scf_str text, const cJSON *body,
                               struct scf_backtest_request *ret) SCF_MUST_CHECK;

struct scf_backtest_row {
    struct scf_uuid assessment_id;
    int64_t created_us, as_of_us;
    char currency[4];
    int64_t recorded;
    /* Computed again under the live policy of its time. When the receipt cannot be read, or no
     * policy was in force then, neither this nor the new limit is there. */
    bool computed;
    bool reproduced;     /* the live policy gives the recorded limit and grades */
    int64_t live, limit; /* limit: the new one */
    char recorded_grades[SCF_GRADES + 1], grades[SCF_GRADES + 1];
    bool exact;
    /* What was lent under the assessment, in its currency. */
    int64_t loans, drawn;             /* how many, and how much */
    int64_t loans_above, drawn_above; /* those the new limit had no room for */
    int64_t overdue_kept, overdue_avoided;
};
/* The live policies of the span, and the one to try; NULL: the live one of each time. */
struct scf_backtest_policies {
    const struct scf_policy_era *eras;
    size_t era_count;
    const struct scf_policy *candidate;
};
/* Computes a row whose first four members and `recorded` are set. Memory in `arena` is of no use
 * afterwards. */
void scf_backtest_compute(struct scf_backtest_row *row, struct scf_arena *arena,
                          struct scf_str receipt, const struct scf_backtest_policies *policies,
                          const struct scf_backtest_request *request);
/* Takes in the next loan under the row's assessment, in the order in which they were made. The new
 * limit has room for a loan while everything drawn so far and the loan do not exceed it. */
void scf_backtest_lend(struct scf_backtest_row *row, int64_t principal, bool overdue);

/* ---- backtest_store.c ---- */

enum scf_backtest_status { SCF_BKT_QUEUED, SCF_BKT_RUNNING, SCF_BKT_SUCCEEDED, SCF_BKT_FAILED };
struct scf_backtest {
    struct scf_uuid id, job_id;
    struct scf_str request, result; /* result: empty before success */
    enum scf_backtest_status status;
    int64_t total, done;
    bool begun; /* the two below are set */
    int64_t last_created_us;
    struct scf_uuid last_id;
    const char *problem_code, *problem_detail; /* NULL: none */
    int64_t created_us, updated_us;
};
enum scf_code scf_backtest_insert(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_backtest *b,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* NOT_FOUND. */
enum scf_code scf_backtest_read(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *id, struct scf_backtest *ret,
                                struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_backtest_page(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_page *page, struct scf_backtest **ret, int *ret_n,
                                struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_backtest_page_rows(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_uuid *id, const struct scf_page *page,
                                     struct scf_backtest_row **ret, int *ret_n,
                                     struct scf_error *err) SCF_MUST_CHECK;
/* How many assessments it has to do: of those that had an outcome when it was asked for. */
enum scf_code scf_backtest_count(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_backtest *b,
                                 const struct scf_backtest_request *request, int64_t *ret,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* The next ones behind last_created_us and last_id, at most `n`, with their loans judged later. */
enum scf_code scf_backtest_next(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_backtest *b,
                                const struct scf_backtest_request *request, int64_t n,
                                struct scf_backtest_row **ret, size_t *ret_n,
                                struct scf_error *err) SCF_MUST_CHECK;
/* Hands over the receipts of rows one at a time; `receipt` lives during the call. */
enum scf_code scf_backtest_receipts(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_backtest_row *rows, size_t n,
                                    void (*each)(void *ctx, struct scf_backtest_row *row,
                                                 struct scf_str receipt),
                                    void *ctx, struct scf_error *err) SCF_MUST_CHECK;
/* Judges what was lent under the rows; overdue as of `today`. */
enum scf_code scf_backtest_loans(struct scf_db *db, struct scf_arena *arena,
                                 struct scf_backtest_row *rows, size_t n, int32_t today,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* Inside a transaction: the rows, and how far `b` is now, which is updated. WRONG_STATE: another
 * run went on from where this one stood. */
enum scf_code scf_backtest_advance(struct scf_db *db, struct scf_arena *arena,
                                   struct scf_backtest *b, const struct scf_backtest_row *rows,
                                   size_t n, int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

/* The totals of a backtest that is done, as JSON: the member "result" of the resource. */
enum scf_code scf_backtest_summarise(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_backtest *b, struct scf_buf *out,
                                     struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_backtest_succeed(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_backtest *b, struct scf_str result,
                                   int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_backtest_fail(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *id, const struct scf_error *why,
                                int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

#endif
