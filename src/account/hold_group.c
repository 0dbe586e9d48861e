/* One thread files the holds of all.
 *
 * Most holds lock the same few accounts until their commit is on disk, so that threads that file
 * apart only wait for each other's commits, a handful of holds in each. Here they put their orders
 * into one list; the first one becomes the leader and files all that are waiting in one
 * transaction, again and again until its own are through; then the next one that still waits leads.
 * While the leader waits for the disk the list grows: the more come, the more share a commit.
 *
 * `lock` guards the list, `leading`, and the orders' `tried`. An order in the list belongs to the
 * leader; its owner waits. Several processes on one database take turns by the row locks. */
#include "hold.h"

enum { BATCH_BYTES = 64 << 20, WAITING_MAX = 1024, TOGETHER_MAX = 128 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t through = PTHREAD_COND_INITIALIZER;
static struct scf_hold_order *waiting[WAITING_MAX]; /* in the order in which they came */
static size_t waiting_count;
static bool leading;

/* ---- one transaction ---- */

static enum scf_code file(struct scf_db *db, struct scf_hold_order **orders, size_t n,
                          struct scf_error *err) {
    struct scf_hold_batch batch = {.arena = scf_arena_new(BATCH_BYTES), .orders = orders, .n = n};
    enum scf_code code = scf_tx_run(db, scf_holds_file, &batch, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        orders[i]->done = true;
    scf_arena_free(batch.arena);
    return code;
}

enum scf_code scf_hold_file_alone(struct scf_db *db, struct scf_hold_order *order,
                                  struct scf_error *err) {
    return file(db, &order, 1, err);
}

/* ---- which go together ---- */

static size_t invoices_of(const struct scf_hold_order *o) {
    return (size_t)cJSON_GetArraySize(scf_json_get(o->body, "invoices")) +
           (size_t)cJSON_GetArraySize(scf_json_get(o->body, "receivables"));
}

static bool same_text(struct scf_str a, struct scf_str b) {
    return a.n > 0 && scf_str_eq(a, b);
}

/* Two of one key, or of one external_id: the second is to find what became of the first. */
static bool same_identity(const struct scf_hold_order *a, const struct scf_hold_order *b) {
    if (!scf_uuid_eq(&a->lender->node_id, &b->lender->node_id))
        return false;
    if (a->idempotency && b->idempotency && same_text(a->idempotency->key, b->idempotency->key))
        return true;
    return same_text(scf_str(scf_json_string(a->body, "external_id")),
                     scf_str(scf_json_string(b->body, "external_id")));
}

static bool fits(struct scf_hold_order *const *orders, size_t n, size_t invoices,
                 const struct scf_hold_order *o) {
    if (n > 0 && invoices + invoices_of(o) > SCF_HOLD_BATCH_INVOICES)
        return false;
    for (size_t i = 0; i < n; i++)
        if (same_identity(orders[i], o))
            return false;
    return true;
}

/* With the lock held: takes what goes together off the list; the others stay in their order. */
static size_t take(struct scf_hold_order **ret) {
    size_t n = 0, left = 0, invoices = 0;
    for (size_t i = 0; i < waiting_count; i++) {
        struct scf_hold_order *o = waiting[i];
        if (n < TOGETHER_MAX && fits(ret, n, invoices, o)) {
            invoices += invoices_of(o);
            ret[n++] = o;
        } else {
            waiting[left++] = o;
        }
    }
    waiting_count = left;
    return n;
}

/* ---- leading and following ---- */

static bool all_tried(struct scf_hold_order *const *orders, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!orders[i]->tried)
            return false;
    return true;
}

/* With the lock held, which is let go meanwhile. */
static void lead(struct scf_db *db, struct scf_hold_order *const *own, size_t n) {
    struct scf_hold_order *batch[TOGETHER_MAX];
    leading = true;
    while (!all_tried(own, n)) {
        struct scf_error ignored = {0};
        size_t count = take(batch);
        pthread_mutex_unlock(&lock);
        /* one of them cannot be written, or the database is away: then each is filed alone */
        enum scf_code code = file(db, batch, count, &ignored);
        (void)code;
        pthread_mutex_lock(&lock);
        for (size_t i = 0; i < count; i++)
            batch[i]->tried = true;
        pthread_cond_broadcast(&through);
    }
    leading = false;
    pthread_cond_broadcast(&through); /* the next one that waits leads */
}

void scf_holds_file_together(struct scf_db *db, struct scf_hold_order *const *orders, size_t n) {
    pthread_mutex_lock(&lock);
    if (waiting_count + n > WAITING_MAX) { /* never, with a service thread for each 64 */
        pthread_mutex_unlock(&lock);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        orders[i]->tried = false;
        waiting[waiting_count++] = orders[i];
    }
    while (!all_tried(orders, n))
        if (leading)
            pthread_cond_wait(&through, &lock);
        else
            lead(db, orders, n);
    pthread_mutex_unlock(&lock);
}
