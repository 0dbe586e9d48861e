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

static const struct scf_stmt append_many = {
    .name = "event_append_many",
    .sql = "WITH e AS (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])"
           " WITH ORDINALITY AS e (node, object, type, prefix, i)),"
           " n AS (SELECT node, count(*) AS c FROM e GROUP BY node),"
           " head AS (UPDATE scfd.chain SET event_seq = event_seq + n.c FROM n WHERE id = n.node"
           " RETURNING id, event_seq - n.c AS before)"
           " INSERT INTO scfd.event (chain_id, seq, type, object_prefix, object_id, at)"
           " SELECT e.node, head.before + row_number() OVER (PARTITION BY e.node ORDER BY e.i),"
           " e.type, e.prefix, e.object, $5 FROM e JOIN head ON head.id = e.node"};
static const struct scf_stmt notify_many = {
    .name = "event_notify_many",
    .sql = "SELECT pg_notify('scfd', t) FROM unnest($1::text[]) AS t GROUP BY t"};

static enum scf_code notify_nodes(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_event_entry *entries, size_t n,
                                  struct scf_error *err) {
    struct scf_str *topics = scf_alloc(arena, n, sizeof *topics);
    char(*texts)[SCF_EVENT_TOPIC] = scf_alloc(arena, n, sizeof *texts);
    if (topics == NULL || texts == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu events.", n);
    for (size_t i = 0; i < n; i++) {
        scf_event_topic(&entries[i].node_id, texts[i]);
        topics[i] = scf_str(texts[i]);
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_text_array(&p, topics, n);
    return scf_db_run(db, &notify_many, &p, arena, NULL, err);
}

enum scf_code scf_event_append_many(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_event_entry *entries, size_t n,
                                    struct scf_error *err) {
    if (n == 0)
        return SCF_OK;
    const struct scf_uuid **ids = scf_alloc(arena, 2 * n, sizeof *ids);
    struct scf_str *texts = scf_alloc(arena, 2 * n, sizeof *texts);
    if (ids == NULL || texts == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu events.", n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = &entries[i].node_id;
        ids[n + i] = &entries[i].object_id;
        texts[i] = scf_str(entries[i].type);
        texts[n + i] = scf_str(entries[i].object_prefix);
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, ids, n);
    scf_p_uuid_array(&p, ids + n, n);
    scf_p_text_array(&p, texts, n);
    scf_p_text_array(&p, texts + n, n);
    scf_p_time(&p, scf_now_us());
    enum scf_code code = scf_db_run(db, &append_many, &p, arena, NULL, err);
    return code == SCF_OK ? notify_nodes(db, arena, entries, n, err) : code;
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
