/* SQL of the event feed. A node's events are numbered under the lock of its chain row, so that
 * numbers become visible in order and a reader who remembers the last one misses none. */
#include "event_store.h"

#include "scfd/base/clock.h"

void scf_event_topic(const struct scf_uuid *node_id, char out[SCF_EVENT_TOPIC]) {
    memcpy(out, "events:", 7);
    scf_hex(node_id->b, sizeof node_id->b, out + 7);
}

static const struct scf_stmt append = {
    .name = "event_append",
    .sql = "WITH head AS ("
           " UPDATE scfd.chain SET event_seq = event_seq + 1 WHERE id = $1 RETURNING event_seq"
           ") INSERT INTO scfd.event (chain_id, seq, type, object_prefix, object_id, at)"
           " SELECT $1, event_seq, $2, $3, $4, $5 FROM head"};

enum scf_code scf_event_append(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *node_id, const char *type,
                               const char *object_prefix, const struct scf_uuid *object_id,
                               bool notify, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, node_id);
    scf_p_text(&p, type);
    scf_p_text(&p, object_prefix);
    scf_p_uuid(&p, object_id);
    scf_p_time(&p, scf_now_us());
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &append, &p, arena, &rows, err);
    if (code)
        return code;
    if (scf_rows_affected(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such node.");
    if (!notify)
        return SCF_OK;
    char topic[SCF_EVENT_TOPIC];
    scf_event_topic(node_id, topic);
    return scf_db_notify(db, arena, topic, err);
}

static const struct scf_stmt list = {
    .name = "event_list",
    .sql = "SELECT seq, type, object_prefix, object_id, first_leaf, last_leaf,"
           " coalesce(source_chain_id, chain_id), at FROM scfd.event"
           " WHERE chain_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"};

/* Text stays where it is: the rows live as long as the arena. */
static void read_event(const struct scf_rows *rows, int row, struct scf_event *ret) {
    *ret = (struct scf_event){
        .seq = scf_rows_i64(rows, row, 0),
        .type = scf_rows_text(rows, row, 1),
        .has_object = !scf_rows_null(rows, row, 2) && !scf_rows_null(rows, row, 3),
        .object_prefix = scf_rows_text(rows, row, 2),
        .object_id = scf_rows_uuid(rows, row, 3),
        .has_leaves = !scf_rows_null(rows, row, 4),
        .first_leaf = scf_rows_i64(rows, row, 4),
        .last_leaf = scf_rows_i64(rows, row, 5),
        .source_chain_id = scf_rows_uuid(rows, row, 6),
        .at_us = scf_rows_time(rows, row, 7),
    };
}

enum scf_code scf_event_list(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *node_id, int64_t after_seq, int limit,
                             struct scf_event **ret, int *ret_n, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, node_id);
    scf_p_i64(&p, after_seq);
    scf_p_i64(&p, limit);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &list, &p, arena, &rows, err);
    if (code)
        return code;
    int n = scf_rows_count(rows);
    struct scf_event *events = scf_alloc(arena, (size_t)n, sizeof *events);
    if (events == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The page is too large.");
    for (int i = 0; i < n; i++)
        read_event(rows, i, &events[i]);
    *ret = events;
    *ret_n = n;
    return SCF_OK;
}
