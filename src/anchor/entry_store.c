/* SQL of entries. `due_at` is when an entry is looked at again and, while somebody does, the end of
 * his lease: who comes to keep the outcome must find his own lease there. */
#include "entry.h"
#include "target.h"

#include "scfd/base/clock.h"

#define LEASE_US (60 * SCF_US_PER_SECOND)

static int64_t optional_time(const struct scf_rows *rows, int row, int col) {
    return scf_rows_null(rows, row, col) ? 0 : scf_rows_time(rows, row, col);
}

struct scf_anchor_entry scf_anchor_entry_read(const struct scf_rows *rows, int row, int col) {
    return (struct scf_anchor_entry){
        .tick = scf_rows_i64(rows, row, col),
        .statement = scf_rows_str(rows, row, col + 1),
        .root = scf_rows_hash(rows, row, col + 2),
        .statement_sha256 = scf_rows_hash(rows, row, col + 3),
        .state = (enum scf_anchor_state)scf_rows_i64(rows, row, col + 4),
        .attempt = (int)scf_rows_i64(rows, row, col + 5),
        .created_us = scf_rows_time(rows, row, col + 6),
        .proven_us = optional_time(rows, row, col + 7),
        .due_us = optional_time(rows, row, col + 8),
        .expires_us = optional_time(rows, row, col + 9),
        .proof = scf_rows_str(rows, row, col + 10),
        .reference = scf_rows_text(rows, row, col + 11),
        .problem = scf_rows_text(rows, row, col + 12),
        .certificates_end_us = optional_time(rows, row, col + 13),
        .algorithms = scf_rows_text(rows, row, col + 14),
    };
}

/* ---- the lease ---- */

/* What is pending of a target that is not active rests; what it has proven is still looked after.
 */
static const struct scf_stmt lease = {
    "anchor_entry_lease",
    "WITH next AS ("
    " SELECT e.tick, e.target_id FROM scfd.anchor_entry e"
    "  JOIN scfd.anchor_target t ON t.id = e.target_id"
    "  WHERE e.due_at <= $1 AND (t.active OR e.state <> 0)"
    "  ORDER BY e.due_at LIMIT 1 FOR UPDATE OF e SKIP LOCKED"
    "), e AS ("
    " UPDATE scfd.anchor_entry a SET due_at = $2 FROM next"
    "  WHERE a.tick = next.tick AND a.target_id = next.target_id RETURNING a.*"
    ") SELECT " ANCHOR_TARGET_COLUMNS ", " ANCHOR_ENTRY_COLUMNS " FROM e"
    " JOIN scfd.anchor_tick k ON k.tick = e.tick JOIN scfd.anchor_target t ON t.id = e.target_id"};

enum scf_code scf_anchor_entry_lease(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                                     struct scf_anchor_entry *ret, bool *ret_found,
                                     struct scf_error *err) {
    struct scf_anchor_target *target = scf_alloc(arena, 1, sizeof *target);
    if (target == NULL)
        return scf_fail_memory(err);
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_time(&p, now_us);
    scf_p_time(&p, now_us + LEASE_US);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &lease, &p, arena, &rows, err);
    if (code)
        return code;
    *ret_found = scf_rows_count(rows) == 1;
    if (!*ret_found)
        return SCF_OK;
    *target = scf_anchor_target_read(rows, 0, 0);
    *ret = scf_anchor_entry_read(rows, 0, ANCHOR_TARGET_COLUMN_COUNT);
    ret->target = target;
    return SCF_OK;
}

/* ---- a clock that was ahead ---- */

/* What is pending waits for minutes, what is looked after for a day at most, else for its renewal,
 * and whatever needs that soon for hours. */
static const struct scf_stmt recall = {
    "anchor_entry_recall",
    "UPDATE scfd.anchor_entry e SET due_at = least(e.due_at, $1),"
    " created_at = CASE e.state WHEN 0 THEN least(e.created_at, $1) ELSE e.created_at END"
    " FROM scfd.anchor_target t, (SELECT $1::timestamptz AS at) now WHERE t.id = e.target_id"
    " AND ((e.state = 0 AND (e.created_at > now.at + interval '1 minute'"
    "    OR e.due_at > now.at + interval '1 hour'))"
    "  OR (e.due_at > now.at + interval '2 days' AND (e.expires_at IS NULL"
    "    OR e.due_at > e.expires_at - t.renew_before_s * interval '1 second')))"};

enum scf_code scf_anchor_entries_recall(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                                        struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &recall, &p, arena, NULL, err);
}

/* ---- the outcome ---- */

static const struct scf_stmt save = {
    "anchor_entry_save",
    "WITH e AS (UPDATE scfd.anchor_entry SET state = $4, attempt = $5, due_at = $6,"
    "  expires_at = $7, proven_at = $8, proof = $9, reference = $10, problem = $11,"
    "  updated_at = $12, certificates_end_at = $14, algorithms = $15 WHERE tick = $1 AND target_id "
    "= $2 AND due_at = $3 RETURNING target_id)"
    " UPDATE scfd.anchor_target t SET last_good_at = $12 FROM e"
    " WHERE t.id = e.target_id AND $13"};

static void optional_param(struct scf_params *p, int64_t us) {
    if (us)
        scf_p_time(p, us);
    else
        scf_p_null(p, SCF_PG_TIMESTAMPTZ);
}

enum scf_code scf_anchor_entry_save(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_anchor_entry *entry, int64_t lease_us,
                                    bool good, int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_i64(&p, entry->tick);
    scf_p_i32(&p, entry->target->id);
    scf_p_time(&p, lease_us);
    scf_p_i16(&p, (int16_t)entry->state);
    scf_p_i32(&p, entry->attempt);
    optional_param(&p, entry->due_us);
    optional_param(&p, entry->expires_us);
    optional_param(&p, entry->proven_us);
    scf_p_bytes_ref(&p, entry->proof.n > 0 ? entry->proof.p : NULL, entry->proof.n);
    scf_p_text(&p, entry->reference);
    scf_p_text(&p, entry->problem);
    scf_p_time(&p, now_us);
    scf_p_bool(&p, good);
    optional_param(&p, entry->certificates_end_us);
    scf_p_text(&p, entry->algorithms);
    return scf_db_run(db, &save, &p, arena, NULL, err);
}
