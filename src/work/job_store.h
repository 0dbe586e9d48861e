/* Jobs in the database. A run is named by (job, attempt): only the newest may write its outcome. */
#ifndef SCFD_WORK_JOB_STORE_H
#define SCFD_WORK_JOB_STORE_H

#include "scfd/work/work.h"

enum scf_job_status { SCF_JOB_QUEUED, SCF_JOB_RUNNING, SCF_JOB_SUCCEEDED, SCF_JOB_FAILED };

/* Takes the job that is due longest among `kinds` (NULL-terminated) and begins a run; a running job
 * whose lease is over is due too. *ret_found false: nothing to do. Fills id, kind, payload, attempt
 * (text in `arena`). */
enum scf_code scf_job_claim(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_job_kind *const *kinds, const char *instance,
                            int64_t now_us, struct scf_job *ret, bool *ret_found,
                            struct scf_error *err) SCF_MUST_CHECK;

/* How a run ended. */
struct scf_job_outcome {
    enum scf_job_status status; /* QUEUED: to be run again at due_us */
    int64_t due_us;
    const char *result;          /* of the run record */
    const char *result_href;     /* NULL: none */
    const struct scf_error *why; /* NULL: none */
};
/* *ret_ours false: another run has taken over, nothing was written. */
enum scf_code scf_job_finish(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                             int attempt, const struct scf_job_outcome *outcome, int64_t now_us,
                             bool *ret_ours, struct scf_error *err) SCF_MUST_CHECK;

/* Stores the progress and moves the end of the lease. */
enum scf_code scf_job_renew(struct scf_db *db, struct scf_arena *arena, const struct scf_job *job,
                            int64_t done, int64_t total, const char *unit, int64_t now_us,
                            bool *ret_ours, struct scf_error *err) SCF_MUST_CHECK;

/* A job as the API shows it. */
struct scf_job_view {
    struct scf_uuid id;
    const char *kind;
    enum scf_job_status status;
    int attempt;
    bool has_progress;
    int64_t progress_done, progress_total;
    const char *progress_unit, *result_href, *problem_code, *problem_detail; /* NULL: none */
    int64_t created_us, started_us, finished_us;                             /* 0: not yet */
};
/* `asking_node` NULL: an administrator, who sees every job. NOT_FOUND. */
enum scf_code scf_job_view_get(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *id, const struct scf_uuid *asking_node,
                               struct scf_job_view *ret, struct scf_error *err) SCF_MUST_CHECK;

/* Jobs that wait, by kind of `kinds` in order (NULL-terminated). */
enum scf_code scf_job_count_queued(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_job_kind *const *kinds, int64_t *ret_counts,
                                   struct scf_error *err) SCF_MUST_CHECK;

/* Deletes a batch of jobs that finished, and of runs that began, before `before_us`. */
enum scf_code scf_job_prune(struct scf_db *db, struct scf_arena *arena, int64_t before_us,
                            struct scf_error *err) SCF_MUST_CHECK;

/* Topic that is notified when the job has finished: "job:<32 hex digits>". */
enum { SCF_JOB_TOPIC = 40 };
void scf_job_topic(const struct scf_uuid *id, char out[SCF_JOB_TOPIC]);

#endif
