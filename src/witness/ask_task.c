/* Task "witness": what is to be shown to whom, and the alarms. It only orders jobs, so that a
 * witness that hangs never keeps the thread that seals. Relies on ask_store.c. */
#include "ask_store.h"
#include "log_store.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/metrics.h"
#include "scfd/exchange/exchange.h"
#include "scfd/witness/witness.h"

#define ROUND_US (10 * SCF_US_PER_SECOND) /* for which one without its quorum is shown */
#define ALARMS_US (2 * SCF_US_PER_SECOND) /* between two counts */

struct ordering {
    struct scf_arena *arena;
    const struct scf_uuid *ids;
    size_t n;
};

static enum scf_code order_jobs(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct ordering *o = ctx;
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < o->n; i++) {
        char id[SCF_ID_TEXT], payload[SCF_ID_TEXT + 32];
        struct scf_uuid job;
        scf_id_format("wit", &o->ids[i], id);
        snprintf(payload, sizeof payload, "{\"witness\":\"%s\"}", id);
        code = scf_job_enqueue(db, o->arena, scf_witness_job.name, id, payload, 0, &job, err);
    }
    return code;
}

static bool time_to_count(void) {
    static atomic_int_fast64_t last_us;
    int64_t now = scf_mono_us(), last = atomic_load(&last_us);
    return (last == 0 || now - last >= ALARMS_US) &&
           atomic_compare_exchange_strong(&last_us, &last, now);
}

struct alarm {
    struct scf_arena *arena;
    const struct scf_services *services;
    bool missing;
};

/* One alarm for all chains: what ails one of them mostly ails all. */
static enum scf_code set_alarm(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct alarm *a = ctx;
    const struct scf_uuid *platform = &a->services->installation.platform_id;
    bool changed;
    enum scf_code code =
        scf_witness_alarm_set(db, a->arena, a->missing, scf_now_us(), &changed, err);
    if (code != SCF_OK || !changed)
        return code;
    scf_log_kv(a->missing ? SCF_LOG_WARN : SCF_LOG_INFO,
               a->missing ? "Chains have waited long for their quorum of cosignatures"
                          : "All chains have their quorum of cosignatures again",
               NULL);
    return scf_event_append(db, a->arena, platform,
                            a->missing ? "witness.quorum_missing" : "witness.quorum_recovered",
                            "chain", platform, true, err);
}

static enum scf_code count_alarms(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_services *services, int64_t since_us,
                                  struct scf_error *err) {
    struct scf_witness_alarms alarms;
    int64_t halted = 0;
    enum scf_code code = scf_witness_alarms(db, arena, since_us, &alarms, err);
    if (code == SCF_OK)
        code = scf_wit_log_halted(db, arena, &halted, err);
    if (code != SCF_OK)
        return code;
    scf_metric_set(scf_gauge("scfd_witness_silent", NULL,
                             "Witnesses that are asked and have cosigned nothing for long."),
                   alarms.silent);
    scf_metric_set(scf_gauge("scfd_witness_quorum_missing_chains", NULL,
                             "Chains with blocks that have waited long for their quorum of "
                             "cosignatures."),
                   alarms.missing);
    scf_metric_set(scf_gauge("scfd_witness_claimed_chains", NULL,
                             "Chains of which a witness says, without showing it, that it has "
                             "cosigned a larger tree than this database has."),
                   alarms.claimed);
    scf_metric_set(scf_gauge("scfd_witness_halted_logs", NULL,
                             "Logs that are not cosigned because they contradicted themselves."),
                   halted);
    struct alarm alarm = {arena, services, alarms.missing > 0};
    return scf_tx_run(db, set_alarm, &alarm, err);
}

enum scf_code scf_witness_task(struct scf_db *db, struct scf_arena *arena, void *app,
                               struct scf_error *err) {
    const struct scf_services *services = app;
    const struct scf_config *config = services->config;
    int64_t now_us = scf_now_us();
    struct scf_uuid *ids = NULL;
    size_t n = 0;
    /* All chains go on at the same moments, so that a witness gets one job for all of them. */
    int64_t interval_us = config->witness_interval_s * SCF_US_PER_SECOND;
    struct scf_witness_pace pace = {
        .tick_us = now_us - now_us % interval_us, .stale_us = now_us - ROUND_US, .now_us = now_us};
    enum scf_code code = scf_witness_default(db, arena, config->witness_quorum, now_us, err);
    if (code == SCF_OK)
        code = scf_witness_advance(db, arena, &pace, err);
    if (code == SCF_OK)
        code = scf_witness_due(db, arena, now_us, &ids, &n, err);
    struct ordering ordering = {arena, ids, n};
    if (code == SCF_OK && n > 0)
        code = scf_tx_run(db, order_jobs, &ordering, err);
    if (code == SCF_OK && time_to_count())
        code = count_alarms(db, arena, services,
                            now_us - config->witness_silent_after_s * SCF_US_PER_SECOND, err);
    return code;
}
