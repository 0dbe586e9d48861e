/* Cancelling what runs, so that a shutdown does not lag on slow statements. All connections of the
 * process are on one list, guarded by `lock`; so is the PGcancel of each, the one part of a
 * connection that another thread may use (libraries: PG-1). */
#include "scfd/base/metrics.h"
#include "db_impl.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct scf_db *connected;

static struct scf_metric *connections(void) {
    return scf_gauge("scfd_db_connections", NULL, "Connections to PostgreSQL that are open");
}

void scf_cancel_enlist(struct scf_db *db) {
    pthread_mutex_lock(&lock);
    SCF_ASSERT(db->cancel == NULL);
    db->cancel = PQgetCancel(db->conn);
    db->prev = NULL;
    db->next = connected;
    if (connected != NULL)
        connected->prev = db;
    connected = db;
    db->enlisted = true;
    pthread_mutex_unlock(&lock);
    scf_metric_add(connections(), 1);
}

void scf_cancel_delist(struct scf_db *db) {
    pthread_mutex_lock(&lock);
    if (db->enlisted) {
        scf_metric_add(connections(), -1);
        if (db->prev != NULL)
            db->prev->next = db->next;
        else
            connected = db->next;
        if (db->next != NULL)
            db->next->prev = db->prev;
        db->enlisted = false;
    }
    PQfreeCancel(db->cancel);
    db->cancel = NULL;
    pthread_mutex_unlock(&lock);
}

void scf_db_cancel_running(void) {
    char why[256];
    pthread_mutex_lock(&lock);
    for (struct scf_db *db = connected; db != NULL; db = db->next)
        if (atomic_load(&db->running) && db->cancel != NULL)
            (void)PQcancel(db->cancel, why, sizeof why); /* it may have ended just now */
    pthread_mutex_unlock(&lock);
}
