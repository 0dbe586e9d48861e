/* The task "receivables": what time brings about, and the records of steps that loans brought.
 * Every receivable in a transaction of its own, under its lock; one that somebody is at is left for
 * the next run. */
#include "step.h"
#include "terms.h"

#include "scfd/base/clock.h"
#include "scfd/party/services.h"

enum { AT_ONCE = 200, ARENA_MAX = 4 << 20, ENDING_DAYS = 30 };

struct clockwork {
    struct scf_arena *arena; /* of one receivable */
    const struct scf_uuid *platform_id;
    struct scf_rcv_due due;
    struct scf_uuid id;
};

typedef enum scf_code (*act)(struct scf_db *db, const struct clockwork *c, struct scf_receivable *r,
                             struct scf_error *err);

static enum scf_code take(struct scf_db *db, const struct clockwork *c, struct scf_receivable *r,
                          enum scf_rcv_step step, struct scf_error *err) {
    struct scf_rcv_move move = {.step = step,
                                .good = true,
                                .roles = SCF_ROLE_PLATFORM,
                                .at_us = c->due.now_us,
                                .now_us = c->due.now_us};
    return scf_rcv_take(db, c->arena, r, &move, err);
}

static bool is_lent(const struct scf_receivable *r) {
    return r->state == SCF_RCV_FINANCED || r->state == SCF_RCV_PART_REPAID ||
           r->state == SCF_RCV_OVERDUE;
}

static enum scf_code confirmation(struct scf_db *db, const struct clockwork *c,
                                  struct scf_receivable *r, struct scf_error *err) {
    if (r->state != SCF_RCV_CONFIRM_REQUESTED || r->confirm_due_us > c->due.now_us)
        return SCF_OK;
    return take(db, c, r, SCF_STEP_TIMEOUT, err);
}

static enum scf_code overdue(struct scf_db *db, const struct clockwork *c, struct scf_receivable *r,
                             struct scf_error *err) {
    if ((r->state != SCF_RCV_FINANCED && r->state != SCF_RCV_PART_REPAID) || !r->has_due ||
        r->due_day >= c->due.today)
        return SCF_OK;
    return take(db, c, r, SCF_STEP_OVERDUE, err);
}

static enum scf_code reverification(struct scf_db *db, const struct clockwork *c,
                                    struct scf_receivable *r, struct scf_error *err) {
    if (!is_lent(r) || (r->told & SCF_TOLD_REVERIFY) != 0 ||
        r->verified_us >= c->due.verified_before_us)
        return SCF_OK;
    r->told |= SCF_TOLD_REVERIFY;
    return take(db, c, r, SCF_STEP_REVERIFICATION_DUE, err);
}

static enum scf_code entry(struct scf_db *db, const struct clockwork *c, struct scf_receivable *r,
                           struct scf_error *err) {
    if (!scf_receivable_is_registered(r))
        return SCF_OK;
    if (r->registration_to < c->due.today) {
        enum scf_code code = take(db, c, r, SCF_STEP_EXPIRE_REGISTRATION, err);
        r->registration_status = SCF_REG_EXPIRED;
        return code == SCF_OK ? scf_receivable_save(db, c->arena, r, err) : code;
    }
    if (scf_rcv_is_over(r->state) || (r->told & SCF_TOLD_ENDING) != 0 ||
        r->registration_to >= c->due.ending_day)
        return SCF_OK;
    r->told |= SCF_TOLD_ENDING;
    return take(db, c, r, SCF_STEP_REGISTRATION_ENDING, err);
}

static enum scf_code cancellation(struct scf_db *db, const struct clockwork *c,
                                  struct scf_receivable *r, struct scf_error *err) {
    if (!scf_receivable_is_registered(r) || !scf_rcv_is_over(r->state) ||
        (r->told & SCF_TOLD_CANCEL) != 0 ||
        scf_working_days_later(scf_day_of(r->ended_us), SCF_CANCEL_WORKING_DAYS) >= c->due.today)
        return SCF_OK;
    r->told |= SCF_TOLD_CANCEL;
    return take(db, c, r, SCF_STEP_CANCELLATION_OVERDUE, err);
}

/* Whatever is due of one receivable, and the records that are missing. */
static enum scf_code wind(struct scf_db *db, void *ctx, struct scf_error *err) {
    static const act acts[] = {confirmation, overdue, reverification, entry, cancellation};
    const struct clockwork *c = ctx;
    struct scf_receivable r;
    bool found = false;
    enum scf_code code = scf_receivable_try_lock(db, c->arena, &c->id, &found, &r, err);
    if (code != SCF_OK || !found)
        return code;
    for (size_t i = 0; code == SCF_OK && i < SCF_COUNT(acts); i++)
        code = acts[i](db, c, &r, err);
    return code == SCF_OK ? scf_rcv_record(db, c->arena, c->platform_id, &r, c->due.now_us, err)
                          : code;
}

/* One that fails does not hold up the others: the first failure is told when all were looked at. */
static enum scf_code wind_all(struct scf_db *db, struct clockwork *c, const struct scf_uuid *ids,
                              size_t n, struct scf_error *err) {
    enum scf_code first = SCF_OK;
    for (size_t i = 0; i < n && first != SCF_E_DATABASE_UNAVAILABLE; i++) {
        struct scf_error why;
        c->id = ids[i];
        enum scf_code code = scf_tx_run(db, wind, c, &why);
        scf_arena_reset(c->arena);
        if (code != SCF_OK && first == SCF_OK) {
            first = code;
            *err = why;
            err->members_json = NULL; /* they were in the arena */
            err->faults = NULL;
        }
    }
    return first;
}

static enum scf_code look(struct scf_db *db, struct scf_arena *arena, struct clockwork *c,
                          struct scf_uuid **due, size_t *due_n, struct scf_uuid **pending,
                          size_t *pending_n, struct scf_error *err) {
    struct scf_policy policy;
    int64_t now = scf_now_us();
    enum scf_code code = scf_policy_in_force(db, arena, now, &policy, err);
    if (code != SCF_OK)
        return code;
    c->due =
        (struct scf_rcv_due){.now_us = now,
                             .today = scf_day_of(now),
                             .verified_before_us = now - policy.reverify_hours * SCF_US_PER_HOUR,
                             .ended_before_us = now - SCF_CANCEL_WORKING_DAYS * SCF_US_PER_DAY,
                             .ending_day = scf_day_of(now) + ENDING_DAYS};
    code = scf_receivable_due(db, arena, &c->due, AT_ONCE, due, due_n, err);
    return code == SCF_OK ? scf_rcv_pending(db, arena, AT_ONCE, pending, pending_n, err) : code;
}

enum scf_code scf_receivable_task(struct scf_db *db, struct scf_arena *arena, void *app,
                                  struct scf_error *err) {
    const struct scf_services *services = app;
    struct clockwork c = {.platform_id = &services->installation.platform_id};
    struct scf_uuid *due, *pending;
    size_t due_n, pending_n;
    enum scf_code code = look(db, arena, &c, &due, &due_n, &pending, &pending_n, err);
    if (code != SCF_OK || due_n + pending_n == 0)
        return code;
    c.arena = scf_arena_new(ARENA_MAX);
    struct scf_error other;
    code = wind_all(db, &c, due, due_n, err);
    enum scf_code second = wind_all(db, &c, pending, pending_n, code == SCF_OK ? err : &other);
    scf_arena_free(c.arena);
    return code == SCF_OK ? second : code;
}
