/* What borrowers are told of their accounts: that something is held, released, or expired; not by
 * whom. A booking leaves a row of limit_news (account_store.c), under which all bookings until the
 * next run share an event: thousands of holds a second are no thousands of events. */
#include "store.h"

#include "scfd/chain/record.h"
#include "scfd/exchange/exchange.h"

enum { AT_ONCE = 500 };

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the news of limit accounts");
}

static const struct scf_stmt waiting = {"scf_account_news",
                                        "SELECT account_id FROM scfd.limit_news LIMIT $1"};
/* Waits for the bookings that are under way; those that come then wait in turn. */
static const struct scf_stmt take = {
    "scf_account_news_take",
    "DELETE FROM scfd.limit_news WHERE account_id = $1 RETURNING from_seq"};
/* A statement of its own, whose snapshot has what was waited for. */
static const struct scf_stmt news = {
    "scf_account_news_read",
    "SELECT DISTINCT n.id, e.type FROM scfd.limit_entry e JOIN scfd.limit_account a"
    " ON a.id = e.account_id JOIN scfd.node n ON n.operator_enterprise_id = a.borrower_id"
    " AND n.status = 0 WHERE e.account_id = $1 AND e.seq >= $2 AND e.type BETWEEN 3 AND 5"
    " ORDER BY n.id, e.type"};

static const char *event_of(enum scf_entry_type type) {
    return type == SCF_ENTRY_HOLD      ? "limit_account.held"
           : type == SCF_ENTRY_RELEASE ? "limit_account.released"
                                       : "limit_account.expired";
}

struct telling {
    struct scf_arena *arena;
    struct scf_uuid account_id;
};

static enum scf_code tell(struct scf_db *db, const struct telling *t, const struct scf_rows *rows,
                          struct scf_error *err) {
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_event_entry *events = scf_alloc(t->arena, n, sizeof *events);
    struct scf_uuid *nodes = scf_alloc(t->arena, n, sizeof *nodes);
    if (events == NULL || nodes == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        enum scf_entry_type type = (enum scf_entry_type)scf_rows_i64(rows, (int)i, 1);
        nodes[i] = scf_rows_uuid(rows, (int)i, 0);
        events[i] = (struct scf_event_entry){.node_id = nodes[i],
                                             .object_id = t->account_id,
                                             .object_prefix = "lac",
                                             .type = event_of(type)};
    }
    enum scf_code code = scf_chain_lock_many(db, t->arena, nodes, n, err);
    return code == SCF_OK ? scf_event_append_many(db, t->arena, events, n, err) : code;
}

/* Of one account, so that no two rows are ever waited for at once. */
static enum scf_code tell_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct telling *t = ctx;
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, t->arena);
    scf_p_uuid(&p, &t->account_id);
    enum scf_code code = scf_db_run(db, &take, &p, t->arena, &rows, err);
    if (code != SCF_OK || scf_rows_count(rows) == 0)
        return code;
    scf_p_i64(&p, scf_rows_i64(rows, 0, 0));
    code = scf_db_run(db, &news, &p, t->arena, &rows, err);
    return code == SCF_OK && scf_rows_count(rows) > 0 ? tell(db, t, rows, err) : code;
}

enum scf_code scf_account_news(struct scf_db *db, struct scf_arena *arena, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_i64(&p, AT_ONCE);
    enum scf_code code = scf_db_run(db, &waiting, &p, arena, &rows, err);
    for (int i = 0; code == SCF_OK && i < scf_rows_count(rows); i++) {
        struct telling t = {arena, scf_rows_uuid(rows, i, 0)};
        code = scf_tx_run(db, tell_in_tx, &t, err);
    }
    return code;
}
