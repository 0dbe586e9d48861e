/* SQL of the alarm: since when a target owes a proof, and who has been told. */
#include "entry.h"

#include "scfd/base/clock.h"
#include "scfd/exchange/exchange.h"

/* States 1 and 2 prove something. Both look-ups go backwards along (target_id, tick) and end at the
 * target's last proof. */
static const struct scf_stmt lags = {
    "anchor_lags",
    "SELECT t.id, t.uid, t.name, t.active, t.silent_since IS NOT NULL, t.silent_after_s,"
    " (SELECT min(e.created_at) FROM scfd.anchor_entry e WHERE e.target_id = t.id"
    "   AND e.tick > coalesce((SELECT g.tick FROM scfd.anchor_entry g WHERE g.target_id = t.id"
    "    AND g.state IN (1, 2) ORDER BY g.tick DESC LIMIT 1), -1))"
    " FROM scfd.anchor_target t ORDER BY t.id"};

enum scf_code scf_anchor_lags(struct scf_db *db, struct scf_arena *arena, struct anchor_lag **ret,
                              int *ret_n, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &lags, &p, arena, &rows, err);
    if (code)
        return code;
    int n = scf_rows_count(rows);
    struct anchor_lag *list = scf_alloc(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        list[i] = (struct anchor_lag){
            .target_id = (int32_t)scf_rows_i64(rows, i, 0),
            .uid = scf_rows_uuid(rows, i, 1),
            .name = scf_rows_text(rows, i, 2),
            .active = scf_rows_bool(rows, i, 3),
            .is_silent = scf_rows_bool(rows, i, 4),
            .silent_after_s = scf_rows_i64(rows, i, 5),
            .owed_since_us = scf_rows_null(rows, i, 6) ? 0 : scf_rows_time(rows, i, 6),
        };
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}

struct change {
    struct scf_arena *arena;
    const struct scf_services *services;
    const struct anchor_lag *lag;
    bool silent, changed;
};

static const struct scf_stmt begin_alarm = {"anchor_silent_raise",
                                            "UPDATE scfd.anchor_target SET silent_since = $2"
                                            " WHERE id = $1 AND active AND silent_since IS NULL"};
static const struct scf_stmt end_alarm = {"anchor_silent_end",
                                          "UPDATE scfd.anchor_target SET silent_since = NULL"
                                          " WHERE id = $1 AND active AND silent_since IS NOT NULL"};

static enum scf_code change_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct change *c = ctx;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, c->arena);
    scf_p_i32(&p, c->lag->target_id);
    if (c->silent)
        scf_p_time(&p, scf_now_us());
    enum scf_code code =
        scf_db_run(db, c->silent ? &begin_alarm : &end_alarm, &p, c->arena, &rows, err);
    if (code)
        return code;
    c->changed = scf_rows_affected(rows) == 1;
    if (!c->changed)
        return SCF_OK;
    return scf_event_append(db, c->arena, &c->services->installation.platform_id,
                            c->silent ? "anchor.silent" : "anchor.recovered", "anct", &c->lag->uid,
                            true, err);
}

enum scf_code scf_anchor_set_silent(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_services *services,
                                    const struct anchor_lag *lag, bool silent, bool *ret_changed,
                                    struct scf_error *err) {
    struct change c = {arena, services, lag, silent, false};
    enum scf_code code = scf_tx_run(db, change_in_tx, &c, err);
    if (code == SCF_OK)
        *ret_changed = c.changed;
    return code;
}
