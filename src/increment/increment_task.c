/* The task "increments": schedules the runs of periods that ended, reports those that were not made
 * in time, folds what is left, and makes what is due, a batch per transaction.
 *
 * Every step takes its rows with SKIP LOCKED or inserts with ON CONFLICT, so that any number of
 * instances share the work and none does it twice. A run of the task ends after less than half a
 * second, for sealing may share its thread. When much is due the task asks for a job that makes
 * batches beside it: while the database stores one batch, another is computed.
 * Relies on increment.c for the calendar and on the increment_* files for the rows. */
#include "increment_batch.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/metrics.h"
#include "scfd/exchange/exchange.h"
#include "scfd/increment/increment.h"
#include "scfd/rating/rollup.h"
#include "scfd/trial/shadow.h"

enum {
    ARENA_BYTES = 512 << 20,
    RUN_MAX_MS = 400,
    JOB_MAX_MS = 1000, /* assessments wait behind it */
    HELP_FROM = 500,   /* due runs from which on a second thread helps */
    BATCH = 250,       /* runs of a transaction: their documents are some five megabytes */
    PERIODS_MAX = 24   /* that are recorded as missed after a time without anybody running */
};

struct engine {
    struct scf_db *db;
    struct scf_arena *arena; /* of one transaction */
    const struct scf_services *services;
    int64_t now_us, stop_us;
    enum scf_period kind;
    int64_t grace_hours;
    int64_t as_of_us; /* of the newest ended period */
    /* of the transaction in hand */
    bool more;
    size_t missed;
    int limit;
    struct scf_batch batch;
};

static bool has_time(const struct engine *e) {
    return scf_mono_us() < e->stop_us;
}

/* ---- periods ---- */

static enum scf_code open_periods(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct engine *e = ctx;
    struct scf_increment_period periods[PERIODS_MAX];
    int64_t newest_us;
    bool found;
    scf_arena_reset(e->arena);
    enum scf_code code = scf_period_newest(db, e->arena, &found, &newest_us, err);
    if (code != SCF_OK)
        return code;
    struct scf_increment_period ended = scf_increment_period_ended(e->kind, e->now_us);
    e->as_of_us = scf_increment_as_of(&ended);
    if (found && newest_us >= e->as_of_us) {
        e->as_of_us = newest_us;
        return SCF_OK;
    }
    size_t n = 1;
    periods[0] = ended;
    if (found)
        n = scf_increment_periods_since(e->kind, scf_day_of(newest_us), e->now_us, periods,
                                        PERIODS_MAX);
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        code = scf_period_insert(db, e->arena, &periods[i], e->now_us, err);
    return code;
}

static enum scf_code schedule_page(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct engine *e = ctx;
    scf_arena_reset(e->arena);
    return scf_runs_schedule(db, e->arena, e->now_us, &e->more, err);
}

/* ---- what was not made ---- */

static enum scf_code report(struct scf_db *db, struct engine *e, const struct scf_missed_run *runs,
                            size_t n, struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(e->arena, 2 * n, sizeof *ids);
    struct scf_concerned *told;
    size_t count;
    if (ids == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu runs", n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = &runs[i].borrower_id;
        ids[n + i] = &runs[i].contract_key;
    }
    enum scf_code code = scf_concerned_read(db, e->arena, ids, ids + n, n, &told, &count, err);
    if (code != SCF_OK)
        return code;
    struct scf_event_entry *events = scf_alloc(e->arena, count, sizeof *events);
    struct scf_uuid *nodes = scf_alloc(e->arena, count, sizeof *nodes);
    if (events == NULL || nodes == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu events", count);
    for (size_t i = 0; i < count; i++) {
        nodes[i] = told[i].node_id;
        events[i] = (struct scf_event_entry){.node_id = told[i].node_id,
                                             .object_id = runs[told[i].which].id,
                                             .object_prefix = "run",
                                             .type = "limit_run.missed"};
    }
    code = scf_chain_lock_many(db, e->arena, nodes, count, err);
    return code == SCF_OK ? scf_event_append_many(db, e->arena, events, count, err) : code;
}

static enum scf_code sweep_page(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct engine *e = ctx;
    struct scf_missed_run *runs;
    int64_t late_us = e->now_us - e->grace_hours * SCF_US_PER_HOUR;
    scf_arena_reset(e->arena);
    enum scf_code code = scf_runs_sweep(db, e->arena, e->as_of_us, late_us, e->now_us, &runs,
                                        &e->missed, &e->more, err);
    return code == SCF_OK && e->missed > 0 ? report(db, e, runs, e->missed, err) : code;
}

static enum scf_code sweep(struct engine *e, struct scf_error *err) {
    struct scf_metric *missed =
        scf_counter("scfd_increment_runs_missed_total", NULL,
                    "Runs of increments that were not made in time, found by this instance.");
    enum scf_code code;
    do {
        code = scf_tx_run(e->db, sweep_page, e, err);
        if (code == SCF_OK && e->missed > 0) {
            scf_metric_add(missed, (int64_t)e->missed);
            scf_log(SCF_LOG_WARN, "%zu runs of increments were not made in time", e->missed);
        }
    } while (code == SCF_OK && e->more && has_time(e));
    return code;
}

/* ---- folding ---- */

/* *ret_done false: the time was over before everything was folded that was there at the start. */
static enum scf_code fold(struct engine *e, bool *ret_done, struct scf_error *err) {
    struct scf_unfolded *chains;
    int n;
    scf_arena_reset(e->arena);
    *ret_done = false;
    enum scf_code code = scf_rollup_pending(e->db, e->arena, &chains, &n, err);
    for (int i = 0; code == SCF_OK && i < n; i++) {
        if (!has_time(e))
            return SCF_OK;
        code = scf_rollup_chain(e->db, e->services->templates, &chains[i].chain_id, chains[i].size,
                                true, INT64_MAX, err);
    }
    *ret_done = code == SCF_OK;
    return code;
}

/* ---- batches ---- */

/* What the shadow policies make of the batch, beside its assessments. */
static enum scf_code shadow_batch(struct scf_db *db, const struct scf_batch *b,
                                  struct scf_error *err) {
    struct scf_policy *policies;
    size_t n = 0;
    enum scf_code code = scf_shadow_policies(db, b->arena, b->as_of_us, &policies, &n, err);
    for (size_t i = 0; code == SCF_OK && n > 0 && i < b->n; i++) {
        size_t count;
        if (b->fate[i] != SCF_BATCH_GO)
            continue;
        struct scf_shadow *shadows =
            scf_shadows_under(policies, n, &b->inputs[i], b->arena, &count);
        code = scf_shadows_save(db, b->arena, &b->inputs[i], &b->results[i], shadows, count, err);
    }
    return code;
}

static enum scf_code make_batch(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct engine *e = ctx;
    struct scf_batch *b = &e->batch;
    scf_arena_reset(e->arena);
    *b = (struct scf_batch){
        .arena = e->arena, .services = e->services, .as_of_us = e->as_of_us, .now_us = e->now_us};
    enum scf_code code =
        scf_runs_pick(db, e->arena, e->as_of_us, e->now_us, e->limit, &b->runs, &b->n, err);
    if (code != SCF_OK || b->n == 0)
        return code;
    code = scf_batch_gather(db, b, err);
    if (code == SCF_OK && !scf_batch_compute(b))
        code = scf_fail(err, SCF_E_INTERNAL, "No memory for a batch of increments");
    code = code == SCF_OK ? scf_batch_write(db, b, err) : code;
    return code == SCF_OK ? shadow_batch(db, b, err) : code;
}

struct failure {
    struct scf_arena *arena;
    struct scf_limit_run run;
    int64_t now_us;
};

static enum scf_code store_failure(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct failure *f = ctx;
    return scf_runs_finish(db, f->arena, &f->run, 1, f->now_us, err);
}

/* One run alone cannot be made: it waits, and those behind it go on. */
static enum scf_code give_up(struct engine *e, const struct scf_error *why, struct scf_error *err) {
    struct failure f = {.arena = e->arena, .run = e->batch.runs[0], .now_us = e->now_us};
    f.run.status = SCF_LIMIT_RUN_FAILED;
    f.run.problem = *why;
    scf_log_error("the run of an increment", why);
    return scf_tx_run(e->db, store_failure, &f, err);
}

static bool is_ours(enum scf_code code) {
    enum scf_class class = scf_code_class(code);
    return class != SCF_CLASS_SOFT && class != SCF_CLASS_UNAVAILABLE;
}

/* A batch that fails is tried by halves until the one that spoils it is alone. What fits is
 * remembered: a run of the task may have no time for more than one try, and would else begin with
 * the same batch for ever. */
static enum scf_code make_runs(struct engine *e, struct scf_error *err) {
    static _Atomic int fitting = BATCH;
    struct scf_metric *made = scf_counter("scfd_increment_runs_total", NULL,
                                          "Runs of increments that this instance has ended.");
    do {
        e->limit = fitting;
        enum scf_code code = scf_tx_run(e->db, make_batch, e, err);
        if (code == SCF_OK) {
            scf_metric_add(made, (int64_t)e->batch.n);
            fitting = e->limit < BATCH / 2 ? 2 * e->limit : BATCH;
        } else if (!is_ours(code) || e->batch.n == 0) {
            return code;
        } else if (e->batch.n > 1) {
            fitting = (int)(e->batch.n / 2);
            e->batch.n = 1; /* go on */
        } else {
            const struct scf_error why = *err;
            code = give_up(e, &why, err);
            if (code != SCF_OK)
                return code;
        }
    } while (e->batch.n > 0 && has_time(e));
    return SCF_OK;
}

/* ---- the task ---- */

static enum scf_code show_counts(struct engine *e, struct scf_run_counts *ret,
                                 struct scf_error *err) {
    scf_arena_reset(e->arena);
    enum scf_code code = scf_runs_count(e->db, e->arena, ret, err);
    if (code != SCF_OK)
        return code;
    scf_metric_set(scf_gauge("scfd_increment_runs_due", NULL,
                             "Runs of increments that are due; stops at 100000."),
                   ret->due);
    scf_metric_set(scf_gauge("scfd_increment_runs_overdue", NULL,
                             "Runs of increments that are late and still not made."),
                   ret->overdue);
    return SCF_OK;
}

struct help {
    struct scf_arena *arena;
};

static enum scf_code ask_for_help(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct help *h = ctx;
    struct scf_uuid ignored;
    return scf_job_enqueue(db, h->arena, "increment_batches", "all", "{}", 0, &ignored, err);
}

static enum scf_code make_due(struct engine *e, struct scf_error *err) {
    struct scf_run_counts counts;
    bool folded;
    enum scf_code code = fold(e, &folded, err);
    code = code == SCF_OK && folded ? make_runs(e, err) : code;
    return code == SCF_OK ? show_counts(e, &counts, err) : code;
}

static enum scf_code run(struct engine *e, struct scf_error *err) {
    struct scf_run_counts counts;
    enum scf_code code = scf_tx_run(e->db, open_periods, e, err);
    do
        code = code == SCF_OK ? scf_tx_run(e->db, schedule_page, e, err) : code;
    while (code == SCF_OK && e->more && has_time(e));
    code = code == SCF_OK ? sweep(e, err) : code;
    code = code == SCF_OK ? show_counts(e, &counts, err) : code;
    if (code != SCF_OK || counts.due + counts.overdue == 0)
        return code;
    struct help help = {e->arena};
    if (counts.due >= HELP_FROM)
        code = scf_tx_run(e->db, ask_for_help, &help, err);
    return code == SCF_OK ? make_due(e, err) : code;
}

static enum scf_code begin(struct engine *e, struct scf_db *db, struct scf_arena *arena, void *app,
                           int64_t max_ms, struct scf_error *err) {
    struct scf_policy policy;
    *e = (struct engine){.db = db,
                         .services = app,
                         .now_us = scf_now_us(),
                         .stop_us = scf_mono_us() + max_ms * INT64_C(1000)};
    enum scf_code code = scf_policy_in_force(db, arena, e->now_us, &policy, err);
    if (code != SCF_OK)
        return code;
    e->kind = policy.increment_period;
    e->grace_hours = policy.increment_grace_hours;
    e->arena = scf_arena_new(ARENA_BYTES);
    return SCF_OK;
}

enum scf_code scf_increment_task(struct scf_db *db, struct scf_arena *arena, void *app,
                                 struct scf_error *err) {
    struct engine e;
    enum scf_code code = begin(&e, db, arena, app, RUN_MAX_MS, err);
    if (code != SCF_OK)
        return code;
    code = run(&e, err);
    scf_arena_free(e.arena);
    return code;
}

/* ---- the job ---- */

static enum scf_code run_job(struct scf_job *job, struct scf_error *err) {
    struct engine e;
    enum scf_code code = begin(&e, job->db, job->arena, job->app, JOB_MAX_MS, err);
    if (code != SCF_OK)
        return code;
    code = scf_tx_run(e.db, open_periods, &e, err);
    code = code == SCF_OK ? make_due(&e, err) : code;
    scf_arena_free(e.arena);
    return code;
}

const struct scf_job_kind scf_increment_job = {
    .name = "increment_batches", .run = run_job, .lease_s = 120, .max_attempts = 3};
