/* The audit's threads, list of jobs, and faults. Relies on audit_store for reading.
 *
 * Locking: `lock` protects the faults, the first error and the number of threads at work; the list
 * of jobs is made before the threads and only read; `next` and the counters are atomic. */
#include "audit_store.h"

#include "scfd/base/clock.h"

enum {
    THREADS_MAX = 64,
    ARENA_MAX = 64 << 20,
    SCRATCH_MAX = 64 << 20,
    LIST_MAX = 256 << 20,
    PROGRESS_MS = 500
};

enum kind { TREE, BLOCKS, LEAVES };

struct job {
    enum kind kind;
    const struct scf_audit_chain *chain;
    int64_t first;
};

struct place {
    int chain;
    enum scf_audit_class class;
    int64_t position;
};

struct scf_audit {
    const struct scf_audit_options *options;
    const char *origin;
    struct scf_audit_chain *chains;
    size_t chain_count;
    struct job *jobs;
    size_t job_count;

    atomic_size_t next;
    atomic_int_fast64_t leaves, tiles, blocks;

    pthread_mutex_t lock;
    pthread_cond_t finished;
    int working;
    int64_t faults;
    struct place first;
    char first_fault[400];
    enum scf_code code;
    struct scf_error err;
};

/* ---- faults ---- */

static int compare(const struct place *a, const struct place *b) {
    if (a->chain != b->chain)
        return a->chain < b->chain ? -1 : 1;
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

void scf_audit_fault(struct scf_auditor *a, const struct scf_audit_chain *chain,
                     enum scf_audit_class class, int64_t position, const char *format, ...) {
    char what[280];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    struct place at = {chain == NULL ? INT_MAX : chain->number, class, position};
    struct scf_audit *audit = a->audit;

    pthread_mutex_lock(&audit->lock);
    if (audit->faults++ == 0 || compare(&at, &audit->first) < 0) {
        audit->first = at;
        char where[SCF_ID_TEXT + 64] = "";
        if (chain != NULL && class == SCF_AUDIT_LEAF)
            snprintf(where, sizeof where, "chain %s, leaf %" PRId64 ": ", chain->name, position);
        else if (chain != NULL)
            snprintf(where, sizeof where, "chain %s: ", chain->name);
        snprintf(audit->first_fault, sizeof audit->first_fault, "%s%s", where, what);
    }
    pthread_mutex_unlock(&audit->lock);
}

void scf_audit_count(struct scf_auditor *a, int64_t leaves, int64_t tiles, int64_t blocks) {
    atomic_fetch_add(&a->audit->leaves, leaves);
    atomic_fetch_add(&a->audit->tiles, tiles);
    atomic_fetch_add(&a->audit->blocks, blocks);
}

/* ---- jobs ---- */

static int64_t parts(int64_t n, int64_t share) {
    return n <= share ? 1 : (n + share - 1) / share;
}

static bool list_jobs(struct scf_audit *audit, struct scf_arena *arena) {
    size_t n = 0;
    for (size_t i = 0; i < audit->chain_count; i++) {
        const struct scf_seal_state *s = &audit->chains[i].state;
        n +=
            (size_t)(1 + parts(s->height + 1, SCF_AUDIT_BLOCKS) + parts(s->size, SCF_AUDIT_LEAVES));
    }
    audit->jobs = scf_alloc(arena, n, sizeof *audit->jobs);
    if (audit->jobs == NULL)
        return false;
    /* A tree is walked by one thread: begin with them, so that none is left for the end. */
    struct job *at = audit->jobs;
    for (size_t i = 0; i < audit->chain_count; i++)
        *at++ = (struct job){TREE, &audit->chains[i], 0};
    for (size_t i = 0; i < audit->chain_count; i++) {
        const struct scf_audit_chain *c = &audit->chains[i];
        for (int64_t j = 0; j < parts(c->state.height + 1, SCF_AUDIT_BLOCKS); j++)
            *at++ = (struct job){BLOCKS, c, j * SCF_AUDIT_BLOCKS};
        for (int64_t j = 0; j < parts(c->state.size, SCF_AUDIT_LEAVES); j++)
            *at++ = (struct job){LEAVES, c, j * SCF_AUDIT_LEAVES};
    }
    audit->job_count = (size_t)(at - audit->jobs);
    return true;
}

static enum scf_code run_job(struct scf_auditor *a, const struct job *job) {
    switch (job->kind) {
    case TREE:
        return scf_audit_tree(a, job->chain);
    case BLOCKS:
        return scf_audit_blocks(a, job->chain, job->first);
    case LEAVES:
        return scf_audit_leaves(a, job->chain, job->first);
    }
    return SCF_OK;
}

static void stop_all(struct scf_audit *audit, enum scf_code code, const struct scf_error *err) {
    atomic_store(&audit->next, audit->job_count);
    pthread_mutex_lock(&audit->lock);
    if (audit->code == SCF_OK) {
        audit->code = code;
        audit->err = *err;
    }
    pthread_mutex_unlock(&audit->lock);
}

static void work(struct scf_auditor *a) {
    struct scf_audit *audit = a->audit;
    size_t i;
    while ((i = atomic_fetch_add(&audit->next, 1)) < audit->job_count) {
        enum scf_code code = run_job(a, &audit->jobs[i]);
        if (code != SCF_OK)
            stop_all(audit, code, &a->err);
        scf_arena_reset(a->arena);
    }
}

static void *thread_main(void *ctx) {
    struct scf_audit *audit = ctx;
    struct scf_auditor a = {
        .db = scf_db_new(audit->options->database_url, "scfd audit", 0),
        .aside = scf_db_new(audit->options->database_url, "scfd audit aside", 0),
        .arena = scf_arena_new(ARENA_MAX),
        .scratch = scf_arena_new(SCRATCH_MAX),
        .options = audit->options,
        .origin = audit->origin,
        .audit = audit,
    };
    work(&a);
    scf_arena_free(a.scratch);
    scf_arena_free(a.arena);
    scf_db_free(a.aside);
    scf_db_free(a.db);
    pthread_mutex_lock(&audit->lock);
    audit->working--;
    pthread_cond_signal(&audit->finished);
    pthread_mutex_unlock(&audit->lock);
    return NULL;
}

/* ---- running ---- */

static void report(const struct scf_audit *audit) {
    int64_t total = 0;
    for (size_t i = 0; i < audit->chain_count; i++)
        total += audit->chains[i].state.size;
    if (audit->options->progress != NULL)
        audit->options->progress(audit->options->ctx, atomic_load(&audit->leaves), total);
}

static void wait_for_threads(struct scf_audit *audit) {
    pthread_mutex_lock(&audit->lock);
    while (audit->working > 0) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += PROGRESS_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (pthread_cond_timedwait(&audit->finished, &audit->lock, &until) == ETIMEDOUT) {
            pthread_mutex_unlock(&audit->lock);
            report(audit);
            pthread_mutex_lock(&audit->lock);
        }
    }
    pthread_mutex_unlock(&audit->lock);
}

static enum scf_code run_threads(struct scf_audit *audit, struct scf_error *err) {
    pthread_t threads[THREADS_MAX];
    int n = audit->options->threads;
    n = n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : n;
    audit->working = n;
    for (int i = 0; i < n; i++) {
        if (pthread_create(&threads[i], NULL, thread_main, audit) != 0) {
            struct scf_error why;
            scf_fail(&why, SCF_E_INTERNAL, "The audit cannot start a thread.");
            stop_all(audit, SCF_E_INTERNAL, &why);
            pthread_mutex_lock(&audit->lock);
            audit->working -= n - i;
            pthread_mutex_unlock(&audit->lock);
            n = i;
        }
    }
    wait_for_threads(audit);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    if (audit->code != SCF_OK && err != NULL)
        *err = audit->err;
    return audit->code;
}

/* What needs no job: seals against newest blocks, and rows of no chain. */
static enum scf_code check_heads(struct scf_auditor *a) {
    struct scf_audit *audit = a->audit;
    for (size_t i = 0; i < audit->chain_count; i++) {
        const struct scf_audit_chain *c = &audit->chains[i];
        const char *why =
            c->has_seal ? scf_seal_contradiction(&c->state) : "the chain has no seal row";
        if (why != NULL)
            scf_audit_fault(a, c, SCF_AUDIT_SEAL, 0, "%s", why);
    }
    if (audit->options->chain_id != NULL)
        return SCF_OK;
    struct scf_rows *rows;
    enum scf_code code = scf_audit_orphans(a->db, a->arena, &rows, &a->err);
    for (int i = 0; code == SCF_OK && i < scf_rows_count(rows); i++) {
        struct scf_uuid id = scf_rows_uuid(rows, i, 0);
        char name[SCF_ID_TEXT];
        scf_id_format("node", &id, name);
        scf_audit_fault(a, NULL, SCF_AUDIT_SEAL, i, "%s: %s, but no such chain", name,
                        scf_rows_text(rows, i, 1));
    }
    return code;
}

/* What is given counts; else what the database says, if it says anything. */
static enum scf_code find_origin(struct scf_audit *audit, struct scf_auditor *a) {
    a->origin = audit->options->origin;
    enum scf_code code =
        a->origin != NULL ? SCF_OK : scf_audit_origin(a->db, a->arena, &a->origin, &a->err);
    if (code == SCF_OK && a->origin[0] == 0)
        a->origin = NULL;
    audit->origin = a->origin;
    return code;
}

static enum scf_code check_checkpoints(struct scf_auditor *a) {
    for (size_t i = 0; i < a->options->checkpoint_count; i++) {
        enum scf_code code = scf_audit_checkpoint(a, &a->options->checkpoints[i]);
        if (code != SCF_OK)
            return code;
    }
    return SCF_OK;
}

static enum scf_code prepare(struct scf_audit *audit, struct scf_auditor *a) {
    enum scf_code code = find_origin(audit, a);
    if (code != SCF_OK)
        return code;
    code = scf_audit_list(a->db, a->arena, audit->options->chain_id, &audit->chains,
                          &audit->chain_count, &a->err);
    if (code != SCF_OK)
        return code;
    if (audit->options->chain_id != NULL && audit->chain_count == 0)
        return scf_fail(&a->err, SCF_E_NOT_FOUND, "There is no such chain.");
    if (!list_jobs(audit, a->arena))
        return scf_fail(&a->err, SCF_E_INTERNAL, "There is too much for the audit's memory.");
    code = check_heads(a);
    return code == SCF_OK ? check_checkpoints(a) : code;
}

static void collect(const struct scf_audit *audit, struct scf_audit_result *ret) {
    *ret = (struct scf_audit_result){
        .chains = (int64_t)audit->chain_count,
        .leaves = atomic_load(&audit->leaves),
        .tiles = atomic_load(&audit->tiles),
        .blocks = atomic_load(&audit->blocks),
        .faults = audit->faults,
    };
    for (size_t i = 0; i < audit->chain_count; i++)
        ret->unsigned_chains += audit->options->public_keys[audit->chains[i].state.suite] == NULL;
    memcpy(ret->first_fault, audit->first_fault, sizeof ret->first_fault);
}

enum scf_code scf_audit_run(const struct scf_audit_options *options, struct scf_audit_result *ret,
                            struct scf_error *err) {
    struct scf_audit audit = {.options = options};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&audit.finished, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&audit.lock, NULL);
    struct scf_auditor a = {
        .db = scf_db_new(options->database_url, "scfd audit", 0),
        .arena = scf_arena_new(LIST_MAX),
        .options = options,
        .audit = &audit,
    };
    enum scf_code code = prepare(&audit, &a);
    if (code != SCF_OK) {
        if (err != NULL)
            *err = a.err;
    } else {
        code = run_threads(&audit, err);
    }
    if (code == SCF_OK) {
        report(&audit);
        collect(&audit, ret);
    }
    scf_arena_free(a.arena);
    scf_db_free(a.db);
    pthread_cond_destroy(&audit.finished);
    pthread_mutex_destroy(&audit.lock);
    return code;
}
