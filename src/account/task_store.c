/* Task "holds": lets holds and claims end whose time is over, and journals what ended.
 *
 * A hold itself is a record of its lender, in the lender's chain and in the same commit. That it
 * was released or expired is the platform's record; it is appended here, many at once, within
 * about a second, so that no lender waits for the platform's chain. */
#include "hold.h"
#include "stop.h"
#include "store.h"

#include "scfd/base/clock.h"
#include "scfd/party/services.h"

enum { ACCOUNTS_AT_ONCE = 500, STEPS_AT_ONCE = 1000, STEP_BYTES = 1024 };

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the holds");
}

struct ending {
    struct scf_arena *arena;
    const struct scf_services *services;
    int64_t now_us;
};

/* ---- what is over ---- */

static const struct scf_stmt due = {
    "scf_hold_due",
    "SELECT DISTINCT currency, contract_key, borrower_id FROM (SELECT * FROM scfd.limit_hold"
    " WHERE status = 0 AND expires_at <= $1 ORDER BY expires_at LIMIT $2) h"
    " ORDER BY currency, contract_key"};

/* Locking an account lets its holds expire. */
static enum scf_code lock_due(struct scf_db *db, const struct ending *e,
                              const struct scf_rows *rows, struct scf_error *err) {
    int n = scf_rows_count(rows);
    enum scf_code code = SCF_OK;
    for (int i = 0; code == SCF_OK && i < n; i++) {
        struct scf_account account;
        struct scf_uuid key = scf_rows_uuid(rows, i, 1), borrower = scf_rows_uuid(rows, i, 2);
        code = scf_account_lock(db, e->arena, &key, 1, scf_rows_text(rows, i, 0), &borrower,
                                e->now_us, &account, err);
    }
    return code;
}

static enum scf_code expire_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct ending *e = ctx;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, e->arena);
    scf_p_time(&p, e->now_us);
    scf_p_i64(&p, ACCOUNTS_AT_ONCE);
    enum scf_code code = scf_db_run(db, &due, &p, e->arena, &rows, err);
    return code == SCF_OK ? lock_due(db, e, rows, err) : code;
}

/* ---- the journal ---- */

static const struct scf_stmt ended = {
    "scf_hold_ended", "SELECT " SCF_HOLD_COLUMNS " FROM scfd.limit_hold h WHERE h.status > 1"
                      " AND NOT h.journaled ORDER BY h.closed_at LIMIT $1"
                      " FOR NO KEY UPDATE SKIP LOCKED"};
static const struct scf_stmt mark = {
    "scf_hold_journaled", "UPDATE scfd.limit_hold SET journaled = true WHERE id = ANY ($1)"};

static void write_step(struct scf_buf *out, const struct scf_hold *hold) {
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "limit_hold_step");
    scf_jw_id(&w, "hold_id", "hold", &hold->id);
    scf_jw_id(&w, "lender_id", "node", &hold->node_id);
    scf_jw_str(&w, "step", scf_hold_status_names[hold->status]);
    scf_jw_money(&w, "amount", hold->amount, scf_hold_scale(hold->currency));
    scf_jw_str(&w, "currency", hold->currency);
    scf_jw_time(&w, "at", hold->closed_us);
    scf_jw_end_object(&w);
}

static enum scf_code make_step(const struct ending *e, const struct scf_hold *hold,
                               struct scf_record *ret, struct scf_error *err) {
    struct scf_buf body;
    char id[SCF_ID_TEXT];
    scf_buf_init(&body, STEP_BYTES);
    write_step(&body, hold);
    scf_id_format("hold", &hold->id, id);
    char *text = body.overflow ? NULL : scf_strndup(e->arena, body.data, body.len);
    char *external_id = scf_asprintf(e->arena, "%s/%s", id, scf_hold_status_names[hold->status]);
    size_t n = body.len;
    scf_buf_free(&body);
    if (text == NULL || external_id == NULL)
        return no_memory(err);
    *ret = (struct scf_record){.chain_id = e->services->installation.platform_id,
                               .id = scf_uuid_new(),
                               .kind = SCF_REC_LIMIT_HOLD,
                               .external_id = scf_str(external_id),
                               .received_us = e->now_us,
                               .body = {text, n},
                               .contract_key = hold->contract_key,
                               .enterprise_id = hold->borrower_id,
                               .has_happened = true,
                               .happened_us = hold->closed_us,
                               .has_amount = true,
                               .amount = hold->amount};
    memcpy(ret->currency, hold->currency, sizeof ret->currency);
    scf_record_prepare(ret);
    return SCF_OK;
}

static enum scf_code append_steps(struct scf_db *db, const struct ending *e,
                                  const struct scf_rows *rows, struct scf_error *err) {
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_record *records = scf_alloc(e->arena, n, sizeof *records);
    struct scf_hold *holds = scf_alloc(e->arena, n, sizeof *holds);
    const struct scf_uuid **ids = scf_alloc(e->arena, n, sizeof *ids);
    enum scf_code code = SCF_OK;
    if (records == NULL || holds == NULL || ids == NULL)
        return no_memory(err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        scf_hold_row(rows, (int)i, 0, &holds[i]);
        ids[i] = &holds[i].id;
        code = make_step(e, &holds[i], &records[i], err);
    }
    if (code == SCF_OK)
        code = scf_chain_append(db, e->arena, records, n, err);
    if (code != SCF_OK)
        return code;
    struct scf_params p;
    scf_params_init(&p, e->arena);
    scf_p_uuid_array(&p, ids, n);
    return scf_db_run(db, &mark, &p, e->arena, NULL, err);
}

static enum scf_code journal_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct ending *e = ctx;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, e->arena);
    scf_p_i64(&p, STEPS_AT_ONCE);
    enum scf_code code = scf_db_run(db, &ended, &p, e->arena, &rows, err);
    if (code != SCF_OK || scf_rows_count(rows) == 0)
        return code;
    return append_steps(db, e, rows, err);
}

enum scf_code scf_hold_task(struct scf_db *db, struct scf_arena *arena, void *app,
                            struct scf_error *err) {
    struct ending e = {.arena = arena, .services = app, .now_us = scf_now_us()};
    enum scf_code code = scf_tx_run(db, expire_in_tx, &e, err);
    if (code == SCF_OK)
        code = scf_claims_reap(db, arena, e.now_us, err);
    if (code == SCF_OK)
        code = scf_tx_run(db, journal_in_tx, &e, err);
    if (code == SCF_OK)
        code = scf_account_news(db, arena, err);
    return code == SCF_OK ? scf_stops_run(db, e.services, err) : code;
}
