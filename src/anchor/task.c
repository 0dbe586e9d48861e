/* The two tasks of anchoring: one makes ticks and watches over targets, in the database alone; the
 * other calls out. */
#include "entry.h"
#include "pace.h"
#include "tick.h"

#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/metrics.h"
#include "scfd/chain/chain.h"

/* A run of calls ends after this, so that a server that stops need not wait for all of them. */
#define RUN_US SCF_US_PER_SECOND

/* ---- the alarm ---- */

static struct scf_metric *target_gauge(const char *metric, const char *target, const char *help) {
    char labels[64];
    snprintf(labels, sizeof labels, "target=\"%s\"", target);
    return scf_gauge(metric, labels, help);
}

static enum scf_code watch(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_services *services, const struct anchor_lag *lag,
                           struct scf_error *err) {
    int64_t now_us = scf_now_us(), lag_s = 0;
    if (lag->active && lag->owed_since_us && now_us > lag->owed_since_us)
        lag_s = (now_us - lag->owed_since_us) / SCF_US_PER_SECOND;
    bool silent = lag->active && lag_s >= lag->silent_after_s, changed = false;
    scf_metric_set(
        target_gauge("scfd_anchor_lag_seconds", lag->name, "How long a target has owed a proof."),
        lag_s);
    scf_metric_set(
        target_gauge("scfd_anchor_silent", lag->name, "1 while the alarm of a target stands."),
        silent);
    if (!lag->active || silent == lag->is_silent)
        return SCF_OK;
    enum scf_code code = scf_anchor_set_silent(db, arena, services, lag, silent, &changed, err);
    if (code == SCF_OK && changed)
        scf_log_kv(silent ? SCF_LOG_WARN : SCF_LOG_INFO,
                   silent ? "An anchor has gone silent" : "An anchor has recovered", "target",
                   lag->name, NULL);
    return code;
}

static enum scf_code watch_all(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_services *services, struct scf_error *err) {
    struct anchor_lag *lags;
    int n;
    enum scf_code code = scf_anchor_lags(db, arena, &lags, &n, err);
    for (int i = 0; code == SCF_OK && i < n; i++)
        code = watch(db, arena, services, &lags[i], err);
    return code;
}

/* ---- the clock ---- */

/* At the start nobody knows what the clock was before: that counts as a step back. */
static enum scf_code mind_the_clock(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_error *err) {
    static atomic_int_fast64_t latest_us = INT64_MAX;
    int64_t now_us = scf_now_us();
    if (now_us < atomic_load(&latest_us) - SCF_US_PER_SECOND * 60) {
        enum scf_code code = scf_anchor_entries_recall(db, arena, now_us, err);
        if (code)
            return code;
    }
    atomic_store(&latest_us, now_us);
    return SCF_OK;
}

/* ---- the task ---- */

enum scf_code scf_anchor_task(struct scf_db *db, struct scf_arena *arena, void *app,
                              struct scf_error *err) {
    const struct scf_services *services = app;
    bool made = false;
    enum scf_code code = mind_the_clock(db, arena, err);
    /* A database that was restored to an earlier state would state a tick a second time. */
    struct scf_error halted;
    if (code == SCF_OK && scf_log_may_write(services, &halted) == SCF_OK)
        code = scf_anchor_tick_make(db, arena, services, &made, err);
    if (code == SCF_OK && made)
        scf_metric_add(scf_counter("scfd_anchor_ticks_total", NULL, "Ticks that were made."), 1);
    return code ? code : watch_all(db, arena, services, err);
}

/* ---- calls ---- */

static uint32_t random_number(void) {
    uint32_t random;
    scf_random(&random, sizeof random);
    return random;
}

static void count_step(const struct scf_anchor_entry *entry, bool ok) {
    char labels[64];
    snprintf(labels, sizeof labels, "kind=\"%s\",result=\"%s\"",
             scf_anchor_kind_names[entry->target->kind], ok ? "ok" : "failed");
    scf_metric_add(scf_counter("scfd_anchor_steps_total", labels, "Calls to anchors, by outcome."),
                   1);
}

/* The step of its adapter, or a failure that says that there is none. */
static enum scf_code step(struct scf_db *db, struct scf_arena *arena,
                          const struct scf_services *services, struct scf_anchor_entry *entry,
                          struct scf_error *err) {
    const struct scf_anchor_adapter *adapter = scf_anchor_adapter_of(entry->target->kind);
    if (adapter == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "This server has no anchors of kind %s.",
                        scf_anchor_kind_names[entry->target->kind]);
    return adapter->step(db, arena, services, entry, err);
}

static enum scf_code step_leased(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_services *services,
                                 const struct scf_anchor_entry *leased, struct scf_error *err) {
    struct scf_anchor_entry entry = *leased;
    struct scf_error why = {0};
    entry.due_us = 0;
    enum scf_code code = step(db, arena, services, &entry, &why);
    int64_t now_us = scf_now_us();
    count_step(leased, code == SCF_OK);
    if (code) {
        entry = *leased;
        scf_anchor_step_failed(&entry, scf_strdup(arena, why.detail), now_us, random_number());
    } else {
        scf_anchor_stepped(leased, &entry, now_us, random_number());
    }
    return scf_anchor_entry_save(db, arena, &entry, leased->due_us,
                                 scf_anchor_got_proof(leased, &entry), now_us, err);
}

/* Every entry has an arena of its own: proofs are not small. */
static enum scf_code step_next(struct scf_db *db, const struct scf_services *services,
                               bool *ret_found, struct scf_error *err) {
    enum { ARENA_MAX = 16 << 20 };
    struct scf_arena *arena = scf_arena_new(ARENA_MAX);
    struct scf_anchor_entry leased;
    enum scf_code code = scf_anchor_entry_lease(db, arena, scf_now_us(), &leased, ret_found, err);
    if (code == SCF_OK && *ret_found)
        code = step_leased(db, arena, services, &leased, err);
    scf_arena_free(arena);
    return code;
}

enum scf_code scf_anchor_calls_task(struct scf_db *db, struct scf_arena *arena, void *app,
                                    struct scf_error *err) {
    (void)arena;
    int64_t end_us = scf_mono_us() + RUN_US;
    bool found = true;
    enum scf_code code = SCF_OK;
    while (code == SCF_OK && found && scf_mono_us() < end_us)
        code = step_next(db, app, &found, err);
    return code;
}
