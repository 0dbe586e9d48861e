/* The task "notarizations": what time and ledgers bring about. Every case in a transaction of its
 * own, under its lock; one that somebody is at is left for the next run. */
#include "scfd/notary/notary.h"

#include "take.h"

#include "scfd/base/clock.h"
#include "scfd/party/services.h"

/* The arena is as large as a request's: what a request could take, the task can go on with. */
enum { AT_ONCE = 200, ARENA_MAX = 64 << 20 };

struct clockwork {
    struct scf_arena *arena; /* of one case */
    const struct scf_uuid *platform_id;
    int64_t now_us;
    struct scf_uuid id;
};

static enum scf_code wind(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct clockwork *c = ctx;
    struct scf_enf_taking t = {.db = db, .arena = c->arena, .platform_id = c->platform_id};
    enum scf_code code = scf_enf_open(&t, &c->id, true, c->now_us, err);
    if (code == SCF_E_NOT_FOUND)
        return SCF_OK;
    if (code == SCF_OK)
        code = scf_enf_advance(&t, err);
    return code == SCF_OK ? scf_enf_close(&t, err) : code;
}

/* One that fails does not hold up the others: the first failure is told when all were looked at. */
enum scf_code scf_notarization_task(struct scf_db *db, struct scf_arena *arena, void *app,
                                    struct scf_error *err) {
    const struct scf_services *services = app;
    struct clockwork c = {.platform_id = &services->installation.platform_id,
                          .now_us = scf_now_us()};
    struct scf_uuid *ids;
    size_t n;
    enum scf_code first =
        scf_enf_due(db, arena, c.now_us, scf_china_day(c.now_us), AT_ONCE, &ids, &n, err);
    if (first != SCF_OK || n == 0)
        return first;
    c.arena = scf_arena_new(ARENA_MAX);
    for (size_t i = 0; i < n && first != SCF_E_DATABASE_UNAVAILABLE; i++) {
        struct scf_error why = {0};
        c.id = ids[i];
        enum scf_code code = scf_tx_run(db, wind, &c, &why);
        scf_arena_reset(c.arena);
        if (code == SCF_OK || first != SCF_OK)
            continue;
        first = code;
        *err = why;
        err->members_json = NULL; /* they were in the arena */
        err->faults = NULL;
    }
    scf_arena_free(c.arena);
    return first;
}
