/* The sealing task: closes blocks over new leaves, round by round. Relies on seal_tx for the
 * sealing itself. */
#include "seal.h"

#include "log_key_store.h"
#include "restore.h"
#include "scfd/chain/note.h"
#include "seal_store.h"

#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/metrics.h"

enum {
    LOG_EVERY_S = 60, /* a chain that is refused is refused twice a second */
    RUN_MAX_S = 5     /* of one run: other tasks share its thread, and a stop waits for its end */
};

struct run {
    const struct scf_services *services;
    struct scf_sealing *sealing;
    bool log_refusals;
    struct scf_db *db;
    struct scf_arena *arena;
    struct scf_seal_tally tally;
    enum scf_code code; /* the first failure, and what it was */
    struct scf_error err;
};

/* Once a minute all chains that are refused are logged; the metric always tells how many. */
static bool time_to_log(void) {
    static atomic_int_fast64_t last_us;
    int64_t now = scf_mono_us(), last = atomic_load(&last_us);
    return (last == 0 || now - last >= LOG_EVERY_S * SCF_US_PER_SECOND) &&
           atomic_compare_exchange_strong(&last_us, &last, now);
}

static void report(const struct scf_seal_tally *t, int64_t began_us) {
    scf_metric_add(scf_counter("scfd_log_entries_total", NULL, "Leaves sealed into blocks."),
                   t->leaves);
    scf_metric_set(scf_gauge("scfd_seal_lag_seconds", NULL,
                             "Age of the oldest leaf when the last sealing run took it."),
                   t->oldest_us == 0 ? 0 : (began_us - t->oldest_us) / SCF_US_PER_SECOND);
    scf_metric_set(scf_gauge("scfd_seal_refused_chains", NULL,
                             "Chains that are not sealed because signing would contradict the "
                             "newest block."),
                   t->refused);
    if (t->leaves > 0) {
        scf_metric_set(scf_gauge("scfd_log_checkpoint_timestamp_seconds", NULL,
                                 "Time of the newest checkpoint."),
                       began_us / SCF_US_PER_SECOND);
    }
}

static void add_up(struct scf_seal_tally *sum, const struct scf_seal_tally *t) {
    sum->leaves += t->leaves;
    sum->refused += t->refused;
    sum->more |= t->more;
    if (t->oldest_us != 0 && (sum->oldest_us == 0 || t->oldest_us < sum->oldest_us))
        sum->oldest_us = t->oldest_us;
}

static bool database_is_away(enum scf_code code) {
    return scf_code_class(code) == SCF_CLASS_UNAVAILABLE;
}

static void fail(struct run *r, enum scf_code code, const struct scf_error *err) {
    if (code == SCF_OK || r->code != SCF_OK)
        return;
    r->code = code;
    r->err = *err;
}

/* One transaction. When the database refuses it, the chains are tried one by one: what is wrong
 * with one of them must not keep the others from being sealed. What was committed but could not be
 * remembered is not tried again. */
static void seal_chains(struct run *r, const struct scf_uuid *ids, size_t n) {
    struct scf_seal_tally tally = {0}; /* stays so unless it was committed */
    struct scf_error err;
    enum scf_code code = scf_seal_chains(r->sealing, r->db, ids, n, &tally, &err);
    add_up(&r->tally, &tally);
    if (code == SCF_OK)
        return;
    if (n > 1 && tally.leaves == 0 && !database_is_away(code)) {
        for (size_t i = 0; i < n; i++)
            seal_chains(r, &ids[i], 1);
    } else {
        r->tally.refused += (int64_t)n;
        fail(r, code, &err);
    }
}

enum scf_code scf_log_has_blocks(struct scf_db *db, struct scf_arena *arena, bool *ret,
                                 struct scf_error *err) {
    bool any = false;
    for (int suite = 0; !any && suite < SCF_SUITES; suite++) {
        struct scf_str note;
        enum scf_code code = scf_seal_any_note(db, arena, (enum scf_suite)suite, &note, err);
        if (code != SCF_OK)
            return code;
        any = note.n > 0;
    }
    *ret = any;
    return SCF_OK;
}

/* By a block, where there were blocks before keys were written down. */
static enum scf_code note_names_key(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_services *services, enum scf_suite suite,
                                    bool *ret, struct scf_error *err) {
    struct scf_str note;
    struct scf_vkey key;
    enum scf_code code = scf_seal_any_note(db, arena, suite, &note, err);
    /* By its own origin: there may have been others since. */
    if (code == SCF_OK)
        *ret = note.n == 0 ||
               (scf_chain_vkey_of(services, suite, note, &key) && scf_note_names_key(note, &key));
    return code;
}

static enum scf_code check_key_of(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_services *services, enum scf_suite suite,
                                  struct scf_error *err) {
    struct scf_public_key key = scf_signing_key_public(scf_chain_secret(services, suite));
    bool known, same;
    enum scf_code code = scf_log_key_compare(db, arena, suite, &key, &known, &same, err);
    if (code == SCF_OK && !known)
        code = note_names_key(db, arena, services, suite, &same, err);
    if (code != SCF_OK || same)
        return code;
    return scf_fail(err, SCF_E_INVALID_PARAMETER,
                    "The %ssigning key is not the one that signed this database's blocks: all "
                    "instances need the same file, and it belongs to the database for good.",
                    suite == SCF_SUITE_SM3_SM2 ? "SM2 " : "");
}

enum scf_code scf_chain_key_check(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_services *services, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    for (int suite = 0; code == SCF_OK && suite < SCF_SUITES; suite++)
        code = check_key_of(db, arena, services, (enum scf_suite)suite, err);
    return code;
}

/* Blocks of two keys would be two logs. Said once a minute, and counted in the metric. */
static bool key_is_right(struct run *r, size_t waiting) {
    struct scf_error err;
    enum scf_code code = scf_chain_key_check(r->db, r->arena, r->services, &err);
    if (code == SCF_OK)
        return true;
    r->tally.refused = (int64_t)waiting;
    if (code != SCF_E_INVALID_PARAMETER)
        fail(r, code, &err);
    else if (r->log_refusals)
        scf_log_error("Nothing is sealed", &err);
    return false;
}

/* A database that was restored to an earlier state is not signed (docs/restore.md). */
static bool log_goes_on(struct run *r, size_t waiting) {
    struct scf_error err;
    bool may = false;
    fail(r, scf_restore_may_seal(r->db, r->services, &may, &err), &err);
    if (!may)
        r->tally.refused = (int64_t)waiting;
    return may;
}

/* Every chain that has something to seal, once; what does not fit is left for the next round. */
static void seal_round(struct run *r) {
    struct scf_uuid *ids;
    size_t n;
    struct scf_error err;
    int64_t before = r->tally.leaves;
    r->tally.refused = 0; /* each round meets the same ones again */
    r->tally.more = false;
    r->code = scf_seal_candidates(r->db, r->arena, &ids, &n, &r->err);
    if (r->code != SCF_OK || !log_goes_on(r, n) || n == 0 || !key_is_right(r, n))
        return;
    for (size_t at = 0; at < n && !database_is_away(r->code); at += SCF_SEAL_CHAINS_MAX)
        seal_chains(r, ids + at, n - at < SCF_SEAL_CHAINS_MAX ? n - at : SCF_SEAL_CHAINS_MAX);
    /* After the commits: those who wait for a proof look again. */
    if (r->tally.leaves > before && !database_is_away(r->code))
        fail(r, scf_db_notify(r->db, r->arena, "sealed", &err), &err);
}

enum scf_code scf_seal_task(struct scf_db *db, struct scf_arena *arena, void *app,
                            struct scf_error *err) {
    struct run r = {.services = app, .log_refusals = time_to_log(), .db = db, .arena = arena};
    int64_t began_us = scf_now_us(), until_us = scf_mono_us() + RUN_MAX_S * SCF_US_PER_SECOND;
    r.sealing = scf_sealing_new(app, r.log_refusals);
    do
        seal_round(&r);
    while (r.code == SCF_OK && r.tally.more && scf_mono_us() < until_us);
    scf_sealing_free(r.sealing);
    report(&r.tally, began_us);
    if (r.code != SCF_OK)
        *err = r.err;
    return r.code;
}
