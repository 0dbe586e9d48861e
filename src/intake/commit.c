/* The committer's queue and thread. It never waits for more: whatever is queued when it is free is
 * the next batch, so a lonely client pays one commit and a crowd shares one.
 *
 * Lock: `mutex` guards the queue, the counts of waiting records and `stopping`. */
#include "commit.h"

#include "batch.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/metrics.h"
#include "tally.h"

/* Beyond this a transaction grows without getting cheaper per record. The bytes bound what a batch
 * holds beside its bodies: its rows, and copies of enterprise profiles in the batch's arena. */
enum { BATCH_RECORDS_MAX = 4096, BATCH_GROUPS_MAX = 4096, BATCH_BYTES_MAX = 32 << 20 };

struct scf_intake {
    struct scf_services *services;
    size_t queue_records;
    struct scf_batch_context batch;
    struct scf_item **items; /* scratch of the committer: BATCH_RECORDS_MAX */
    struct scf_group **groups;
    struct scf_group **decided; /* the last batch, while its groups are to be told */
    size_t decided_count;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct scf_group *first, **last;
    size_t waiting, singles; /* records in the queue; those that came alone */
    bool stopping;
    struct scf_metric *batches, *records, *batch_time, *queue_length;
};

bool scf_commit_submit(struct scf_intake *intake, struct scf_group *group) {
    group->next = NULL;
    pthread_mutex_lock(&intake->mutex);
    bool taken = !intake->stopping;
    if (taken) {
        *intake->last = group;
        intake->last = &group->next;
        intake->waiting += group->count;
        intake->singles += group->bulk ? 0 : group->count;
    }
    pthread_mutex_unlock(&intake->mutex);
    if (taken) /* not under the lock: the committer would wake only to wait for it */
        pthread_cond_signal(&intake->filled);
    return taken;
}

bool scf_commit_has_room(struct scf_intake *intake) {
    pthread_mutex_lock(&intake->mutex);
    bool room = !intake->stopping && intake->singles < intake->queue_records;
    pthread_mutex_unlock(&intake->mutex);
    return room;
}

struct scf_industry_cache *scf_intake_industries(struct scf_intake *intake) {
    return intake->batch.industries;
}

/* The first group leaves the queue. */
static struct scf_group *take_group(struct scf_intake *intake) {
    struct scf_group *group = intake->first;
    intake->first = group->next;
    if (!intake->first)
        intake->last = &intake->first;
    intake->waiting -= group->count;
    intake->singles -= group->bulk ? 0 : group->count;
    return group;
}

/* Takes groups from the front until the batch is full; an atomic group makes a batch of its own.
 * Returns the number of groups; 0 when stopping and nothing is left. */
static size_t take_batch(struct scf_intake *intake, size_t *ret_items) {
    size_t groups = 0, items = 0, bytes = 0;
    pthread_mutex_lock(&intake->mutex);
    while (!intake->first && !intake->stopping)
        pthread_cond_wait(&intake->filled, &intake->mutex);
    while (intake->first && groups < BATCH_GROUPS_MAX) {
        const struct scf_group *next = intake->first;
        bool alone = next->atomic || next->count > BATCH_RECORDS_MAX;
        bool full =
            items + next->count > BATCH_RECORDS_MAX || bytes + next->bytes > BATCH_BYTES_MAX;
        if (groups > 0 && (alone || full))
            break;
        items += next->count;
        bytes += next->bytes;
        intake->groups[groups++] = take_group(intake);
        if (alone)
            break;
    }
    scf_metric_set(intake->queue_length, (int64_t)intake->waiting);
    pthread_mutex_unlock(&intake->mutex);
    *ret_items = items;
    return groups;
}

static void commit_groups(struct scf_intake *intake, size_t group_count, size_t item_count) {
    if (group_count == 1) {
        struct scf_group *group = intake->groups[0];
        scf_batch_commit(&intake->batch, group->items, group->count, group->atomic);
        return;
    }
    size_t n = 0;
    for (size_t g = 0; g < group_count; g++)
        for (size_t i = 0; i < intake->groups[g]->count; i++)
            intake->items[n++] = intake->groups[g]->items[i];
    SCF_ASSERT(n == item_count);
    scf_batch_commit(&intake->batch, intake->items, n, false);
}

static void tally_groups(const struct scf_intake *intake, size_t group_count) {
    for (size_t g = 0; g < group_count; g++) {
        const struct scf_group *group = intake->groups[g];
        for (size_t i = 0; i < group->count; i++)
            scf_tally(group->items[i]->record.kind, group->items[i]->outcome);
    }
}

static void tell_decided(void *arg) {
    struct scf_intake *intake = arg;
    for (size_t g = 0; g < intake->decided_count; g++)
        intake->decided[g]->done(intake->decided[g]);
    intake->decided_count = 0;
}

static void set_decided(struct scf_intake *intake, size_t groups) {
    struct scf_group **spent = intake->decided;
    intake->decided = intake->groups;
    intake->decided_count = groups;
    intake->groups = spent;
}

static bool somebody_waits(struct scf_intake *intake) {
    pthread_mutex_lock(&intake->mutex);
    bool waits = intake->first != NULL;
    pthread_mutex_unlock(&intake->mutex);
    return waits;
}

/* Waking a crowd takes as long as the database takes to look a batch up. So when there is a next
 * batch the answers to this one go out while the next one is looked up. */
static void *committer(void *arg) {
    struct scf_intake *intake = arg;
    size_t items, groups;
    while ((groups = take_batch(intake, &items)) > 0) {
        int64_t start = scf_mono_us();
        commit_groups(intake, groups, items);
        scf_metric_observe_us(intake->batch_time, scf_mono_us() - start);
        scf_metric_add(intake->batches, 1);
        scf_metric_add(intake->records, (int64_t)items);
        tally_groups(intake, groups);
        tell_decided(intake); /* those of the batch before, had this one no time for them */
        set_decided(intake, groups);
        if (!somebody_waits(intake))
            tell_decided(intake);
    }
    return NULL;
}

static void free_intake(struct scf_intake *intake) {
    pthread_cond_destroy(&intake->filled);
    pthread_mutex_destroy(&intake->mutex);
    scf_industry_cache_free(intake->batch.industries);
    scf_memory_free(intake->batch.memory);
    scf_db_free(intake->batch.db);
    free(intake->items);
    free(intake->groups);
    free(intake->decided);
    free(intake);
}

static struct scf_intake *new_intake(const struct scf_intake_options *options) {
    struct scf_intake *intake = calloc(1, sizeof *intake);
    SCF_ASSERT(intake);
    intake->services = options->services;
    intake->queue_records = options->queue_records;
    intake->items = calloc(BATCH_RECORDS_MAX, sizeof *intake->items);
    intake->groups = calloc(BATCH_GROUPS_MAX, sizeof *intake->groups);
    intake->decided = calloc(BATCH_GROUPS_MAX, sizeof *intake->decided);
    SCF_ASSERT(intake->items && intake->groups && intake->decided);
    intake->batch = (struct scf_batch_context){
        .meanwhile = tell_decided,
        .meanwhile_ctx = intake,
        .db = scf_db_new(options->database_url, "scfd committer", 60000),
        .templates = options->services->templates,
        .industries = scf_industry_cache_new(),
        .memory = scf_memory_new(),
    };
    intake->last = &intake->first;
    pthread_mutex_init(&intake->mutex, NULL);
    pthread_cond_init(&intake->filled, NULL);
    scf_tally_register();
    intake->batches = scf_counter("scfd_intake_batches_total", NULL, "Intake commits.");
    intake->records = scf_counter("scfd_intake_batch_records_total", NULL,
                                  "Records that intake commits decided.");
    intake->batch_time =
        scf_histogram("scfd_intake_batch_duration_seconds", NULL, "Time of one intake commit.");
    intake->queue_length =
        scf_gauge("scfd_intake_queue_records", NULL, "Records waiting for the committer.");
    return intake;
}

enum scf_code scf_intake_start(const struct scf_intake_options *options, struct scf_intake **ret,
                               struct scf_error *err) {
    struct scf_intake *intake = new_intake(options);
    enum scf_code code = scf_db_ping(intake->batch.db, err);
    if (code == SCF_OK && pthread_create(&intake->thread, NULL, committer, intake) != 0)
        code = scf_fail(err, SCF_E_INTERNAL, "The committer thread cannot be started.");
    if (code != SCF_OK) {
        free_intake(intake);
        return code;
    }
    *ret = intake;
    return SCF_OK;
}

void scf_intake_stop(struct scf_intake *intake) {
    if (!intake)
        return;
    pthread_mutex_lock(&intake->mutex);
    intake->stopping = true;
    pthread_cond_signal(&intake->filled);
    pthread_mutex_unlock(&intake->mutex);
    pthread_join(intake->thread, NULL);
    free_intake(intake);
}
