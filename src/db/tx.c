/* Transactions: begin, commit, roll back, retry. */
#include "db_impl.h"

enum { ATTEMPTS = 6, JITTER_FIRST_MS = 4 };

const struct scf_stmt SCF_BEGIN = {"scf_begin", "BEGIN ISOLATION LEVEL READ COMMITTED"};
const struct scf_stmt SCF_COMMIT = {"scf_commit", "COMMIT"};

void scf_db_rollback(struct scf_db *db) {
    if (db->pipeline.open)
        scf_db_drop(db); /* whatever was queued must not run any more */
    bool open = !scf_db_lost(db) && PQtransactionStatus(db->conn) != PQTRANS_IDLE;
    if (open) {
        PQclear(PQexec(db->conn, "ROLLBACK"));
        if (PQtransactionStatus(db->conn) != PQTRANS_IDLE)
            scf_db_drop(db);
    }
    db->in_tx = false;
}

static enum scf_code commit(struct scf_db *db, struct scf_error *err) {
    enum scf_code code = scf_db_run(db, &SCF_COMMIT, NULL, NULL, NULL, err);
    if (code == SCF_E_DATABASE_UNAVAILABLE && scf_db_lost(db))
        scf_db_error(err, code, "commit outcome unknown");
    return code;
}

static enum scf_code attempt(struct scf_db *db, scf_tx_body body, void *ctx,
                             struct scf_error *err) {
    enum scf_code code = scf_db_run(db, &SCF_BEGIN, NULL, NULL, NULL, err);
    if (code == SCF_OK)
        code = body(db, ctx, err);
    if (code == SCF_OK)
        code = commit(db, err);
    if (code != SCF_OK)
        scf_db_rollback(db);
    return code;
}

/* Doubling steps, each of a random length, so that two losers do not meet again. */
static void sleep_jitter(int n) {
    uint32_t random;
    scf_random(&random, sizeof random);
    uint64_t range_us = (UINT64_C(1000) * JITTER_FIRST_MS) << n;
    uint64_t us = range_us / 4 + random % range_us;
    struct timespec ts = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
    nanosleep(&ts, NULL);
}

enum scf_code scf_tx_run(struct scf_db *db, scf_tx_body body, void *ctx, struct scf_error *err) {
    SCF_ASSERT(!db->in_tx);
    enum scf_code code = SCF_E_SOFT;
    for (int i = 0; i < ATTEMPTS && code == SCF_E_SOFT; i++) {
        if (i > 0)
            sleep_jitter(i);
        code = attempt(db, body, ctx, err);
    }
    return code;
}

enum scf_code scf_db_notify(struct scf_db *db, struct scf_arena *arena, const char *topic,
                            struct scf_error *err) {
    static const struct scf_stmt stmt = {"scf_db_notify", "SELECT pg_notify('scfd', $1)"};
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_text(&p, topic);
    return scf_db_run(db, &stmt, &p, arena, NULL, err);
}
