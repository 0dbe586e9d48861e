/* /v1/anchor-targets: administrators say where ticks are anchored. What changes while it works
 * (last tick, alarm) is told at /v1/anchors and in metrics: a target's tag changes with it alone.
 */
#include "target_api.h"
#include "target_schema.h"

#include "scfd/base/clock.h"
#include "scfd/http/answer.h"
#include "scfd/party/once.h"

enum { BODY_MAX = 1 << 20 };

static struct scf_buf render(const struct anchor_target_row *row) {
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_anchor_target_write(&w, row);
    scf_jw_end_object(&w);
    return out;
}

/* Who has to be funded for the target to work. */
static void set_account(struct scf_request *rq, struct anchor_target_row *row) {
    const struct scf_anchor_adapter *adapter = scf_anchor_adapter_of(row->target.kind);
    if (adapter && adapter->account)
        row->account = adapter->account(scf_rq_app(rq), scf_rq_arena(rq));
}

/* VALIDATION_FAILED with every fault of the target as a whole. */
static enum scf_code check(struct scf_request *rq, const struct scf_anchor_target *target,
                           struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(rq);
    struct scf_faults *faults = scf_alloc(arena, 1, sizeof *faults);
    if (faults == NULL)
        return scf_fail_memory(err);
    faults->arena = arena;
    scf_anchor_target_check(scf_rq_app(rq), arena, target, faults);
    if (faults->count == 0)
        return SCF_OK;
    scf_fail(err, SCF_E_VALIDATION_FAILED, "The target is not valid.");
    err->faults = faults;
    return SCF_E_VALIDATION_FAILED;
}

/* ---- POST ---- */

struct creation {
    struct scf_request *rq;
    struct anchor_target_row row;
};

static enum scf_code create_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct creation *c = ctx;
    return scf_anchor_target_insert(db, scf_rq_arena(c->rq), &c->row, err);
}

static enum scf_code read_new(struct creation *c, struct scf_error *err) {
    const cJSON *body;
    enum scf_code code = scf_rq_valid_body(c->rq, NULL, &body, NULL, err);
    if (code)
        return code;
    int64_t now_us = scf_now_us();
    c->row = (struct anchor_target_row){.target = scf_anchor_target_defaults(body),
                                        .last_tick = -1,
                                        .version = 1,
                                        .created_us = now_us,
                                        .updated_us = now_us};
    if (!scf_anchor_target_apply(scf_rq_arena(c->rq), scf_rq_body(c->rq), body, &c->row.target))
        return scf_fail_memory(err);
    set_account(c->rq, &c->row);
    return check(c->rq, &c->row.target, err);
}

void scf_anchor_target_create_handler(struct scf_request *rq) {
    struct scf_error err = {0};
    struct creation c = {.rq = rq};
    struct scf_buf answer = {0};
    struct scf_once once = {.rq = rq, .status = 201, .answer = &answer};
    enum scf_code code = read_new(&c, &err);
    if (code == SCF_OK) {
        answer = render(&c.row);
        code = scf_once_run(&once, create_in_tx, &c, &err);
    }
    if (scf_once_settled(&once, code, &err))
        return;
    scf_reply_location(rq, "/v1/anchor-targets", "anct", &c.row.target.uid);
    scf_reply_tagged(rq, 201, c.row.version, &answer);
}

/* ---- GET ---- */

void scf_anchor_target_get_handler(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_uuid id;
    struct anchor_target_row row;
    enum scf_code code = scf_rq_path_id(rq, "id", "anct", &id, &err);
    if (code == SCF_OK)
        code = scf_anchor_target_get(scf_rq_db(rq), scf_rq_arena(rq), &id, false, &row, &err);
    if (code) {
        scf_reply_error(rq, &err);
        return;
    }
    set_account(rq, &row);
    struct scf_buf out = render(&row);
    scf_reply_tagged(rq, 200, row.version, &out);
}

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct anchor_target_row *row = (const struct anchor_target_row *)items + i;
    scf_anchor_target_write(w, row);
    return (struct scf_position){row->created_us, row->target.uid};
}

void scf_anchor_target_list_handler(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_page page;
    struct anchor_target_row *rows;
    int n;
    enum scf_code code = scf_page_read(rq, "anchor-targets", &page, &err);
    if (code == SCF_OK)
        code = scf_anchor_target_list(scf_rq_db(rq), scf_rq_arena(rq), &page, &rows, &n, &err);
    if (code) {
        scf_reply_error(rq, &err);
        return;
    }
    for (int i = 0; i < n; i++)
        set_account(rq, &rows[i]);
    scf_reply_page(rq, &page, "anchor-targets", rows, n, write_item);
}

/* ---- PATCH ---- */

struct change {
    struct scf_request *rq;
    const cJSON *body;
    struct scf_uuid id;
    struct anchor_target_row row;
};

static enum scf_code change_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct change *c = ctx;
    struct scf_arena *arena = scf_rq_arena(c->rq);
    enum scf_code code = scf_anchor_target_get(db, arena, &c->id, true, &c->row, err);
    if (code)
        return code;
    set_account(c->rq, &c->row);
    struct scf_buf present = render(&c->row);
    code = scf_rq_if_same(c->rq, c->row.version, &present, err);
    if (code)
        return code;
    if (!scf_anchor_target_apply(arena, scf_rq_body(c->rq), c->body, &c->row.target))
        return scf_fail_memory(err);
    code = check(c->rq, &c->row.target, err);
    if (code)
        return code;
    c->row.version++;
    c->row.updated_us = scf_now_us();
    return scf_anchor_target_update(db, arena, &c->row, err);
}

void scf_anchor_target_update_handler(struct scf_request *rq) {
    struct scf_error err = {0};
    struct change c = {.rq = rq};
    enum scf_code code = scf_rq_path_id(rq, "id", "anct", &c.id, &err);
    if (code == SCF_OK)
        code = scf_rq_valid_body(rq, NULL, &c.body, NULL, &err);
    if (code == SCF_OK)
        code = scf_tx_run_held(rq, change_in_tx, &c, &err);
    if (code) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out = render(&c.row);
    scf_reply_tagged(rq, 200, c.row.version, &out);
}
