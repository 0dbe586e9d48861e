/* The job that removes the row versions which erasures left behind. Relies on erasure_store. */
#include "store.h"

#include "scfd/base/clock.h"
#include "scfd/base/metrics.h"
#include "scfd/erasure/erasure.h"
#include "scfd/party/services.h"

static enum scf_code look(struct scf_job *job, struct scf_erasure_pending *ret,
                          struct scf_error *err) {
    enum scf_code code = scf_erasure_pending(job->db, job->arena, ret, err);
    if (code == SCF_OK)
        scf_metric_set(scf_gauge("scfd_erasures_unswept", NULL,
                                 "Erased records whose old row versions are not vacuumed away "
                                 "yet."),
                       (int64_t)(ret->n_unseen + ret->n_seen));
    return code;
}

/* On a connection without the workers' limit on a statement's time: a large table takes long. */
static enum scf_code vacuum(struct scf_job *job, struct scf_error *err) {
    const struct scf_services *services = job->app;
    struct scf_db *db = scf_db_new(services->database_url, "scfd sweep", 0);
    enum scf_code code = scf_erasure_vacuum(db, job->arena, err);
    scf_db_free(db);
    return code;
}

/* A vacuum removes what nobody could see any more before it began; what somebody still sees waits
 * for the next attempt and holds nothing else back. */
static enum scf_code sweep(struct scf_job *job, struct scf_error *err) {
    struct scf_erasure_pending waiting;
    enum scf_code code = look(job, &waiting, err);
    while (code == SCF_OK && waiting.n_unseen > 0) {
        code = vacuum(job, err);
        if (code == SCF_OK)
            code = scf_erasure_swept(job->db, job->arena, &waiting, scf_now_us(), err);
        if (code == SCF_OK)
            code = look(job, &waiting, err);
    }
    if (code == SCF_OK && waiting.n_seen > 0)
        return scf_fail(err, SCF_E_OVERLOADED,
                        "A transaction is open that may still read what was erased.");
    return code;
}

/* What holds row versions back may do so for days, and the sweep is owed until it is done. */
const struct scf_job_kind scf_erasure_sweep_job = {
    .name = SCF_ERASURE_SWEEP, .run = sweep, .lease_s = 6 * 3600, .max_attempts = INT_MAX};
