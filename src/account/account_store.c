/* SQL of limit accounts: locking them, and booking changes as entries and balances together. */
#include "store.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the limit accounts");
}

/* ---- locking ---- */

/* In the order of their keys, as everything that waits for another's rows here. */
static const struct scf_stmt make = {
    "scf_account_make",
    "INSERT INTO scfd.limit_account (id, contract_key, currency, borrower_id, created_at,"
    " updated_at) SELECT id, key, $3, $4, $5, $5 FROM unnest($1::uuid[], $2::uuid[]) AS x (id, key)"
    " ORDER BY key ON CONFLICT (contract_key, currency) DO NOTHING"};
/* The last column: whether the time of one of its holds is over. */
static const struct scf_stmt lock = {
    "scf_account_lock",
    "SELECT " SCF_ACCOUNT_COLUMNS ", EXISTS (SELECT FROM scfd.limit_hold h"
    " WHERE h.account_id = a.id AND h.status = 0 AND h.expires_at <= $3)"
    " FROM scfd.limit_account a WHERE contract_key = ANY ($1::uuid[]) AND currency = $2"
    " ORDER BY contract_key FOR NO KEY UPDATE"};

void scf_account_read(const struct scf_rows *rows, int row, int col, struct scf_account *ret) {
    *ret = (struct scf_account){
        .id = scf_rows_uuid(rows, row, col),
        .contract_key = scf_rows_uuid(rows, row, col + 1),
        .borrower_id = scf_rows_uuid(rows, row, col + 3),
        .granted = scf_rows_i64(rows, row, col + 4),
        .held = scf_rows_i64(rows, row, col + 5),
        .used = scf_rows_i64(rows, row, col + 6),
        .initial = scf_rows_i64(rows, row, col + 7),
        .increments = scf_rows_i64(rows, row, col + 8),
        .frozen = scf_rows_bool(rows, row, col + 9),
        .entries = scf_rows_i64(rows, row, col + 10),
        .assessed_us = scf_rows_time(rows, row, col + 11),
        .stopped = scf_rows_bool(rows, row, col + 12),
    };
    struct scf_str currency = scf_rows_str(rows, row, col + 2);
    memcpy(ret->currency, currency.p, currency.n < 3 ? currency.n : 3);
}

static enum scf_code make_missing(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *keys, size_t n, const char *currency,
                                  const struct scf_uuid *borrower_id, int64_t now_us,
                                  struct scf_error *err) {
    struct scf_uuid *ids = scf_alloc(arena, n, sizeof *ids);
    if (ids == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        ids[i] = scf_uuid_new();
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, ids, n);
    scf_p_uuid_list(&p, keys, n);
    scf_p_text(&p, currency);
    scf_p_uuid(&p, borrower_id);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &make, &p, arena, NULL, err);
}

static enum scf_code lock_rows(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *keys, size_t n, const char *currency,
                               int64_t now_us, struct scf_rows **ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid_list(&p, keys, n);
    scf_p_text(&p, currency);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &lock, &p, arena, ret, err);
}

static int by_key(const void *a, const void *b) {
    const struct scf_account *x = a, *y = b;
    return scf_uuid_compare(&x->contract_key, &y->contract_key);
}

/* Into the order asked for; false when one is missing. */
static bool arrange(const struct scf_account *locked, size_t count, const struct scf_uuid *keys,
                    size_t n, struct scf_account *ret) {
    for (size_t i = 0; i < n; i++) {
        struct scf_account wanted = {.contract_key = keys[i]};
        const struct scf_account *found = bsearch(&wanted, locked, count, sizeof *locked, by_key);
        if (found == NULL)
            return false;
        ret[i] = *found;
    }
    return true;
}

/* The accounts read, after the holds whose time is over were let go. */
static enum scf_code settle(struct scf_db *db, struct scf_arena *arena, const struct scf_rows *rows,
                            int64_t now_us, struct scf_account **ret, struct scf_error *err) {
    size_t count = (size_t)scf_rows_count(rows), late = 0;
    struct scf_account *locked = scf_alloc(arena, count, sizeof *locked);
    struct scf_account **overdue = scf_alloc(arena, count, sizeof *overdue);
    if (locked == NULL || overdue == NULL)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        scf_account_read(rows, (int)i, 0, &locked[i]);
        if (scf_rows_bool(rows, (int)i, SCF_ACCOUNT_COLUMN_COUNT))
            overdue[late++] = &locked[i];
    }
    *ret = locked;
    return late == 0 ? SCF_OK : scf_hold_expire(db, overdue, late, now_us, err);
}

static bool all_locked(const struct scf_account *locked, size_t count, const struct scf_uuid *keys,
                       size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct scf_account wanted = {.contract_key = keys[i]};
        if (count == 0 || bsearch(&wanted, locked, count, sizeof *locked, by_key) == NULL)
            return false;
    }
    return true;
}

/* Nearly always they are there. Else a second round makes those that are missing and locks them;
 * two that make the same ones at once take turns there, both having locked what they share before.
 */
enum scf_code scf_account_lock(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *contract_keys, size_t n, const char *currency,
                               const struct scf_uuid *borrower_id, int64_t now_us,
                               struct scf_account *ret, struct scf_error *err) {
    struct scf_rows *rows;
    struct scf_account *locked = NULL;
    if (n == 0)
        return SCF_OK;
    enum scf_code code = lock_rows(db, arena, contract_keys, n, currency, now_us, &rows, err);
    if (code == SCF_OK)
        code = settle(db, arena, rows, now_us, &locked, err);
    if (code != SCF_OK)
        return code;
    if (!all_locked(locked, (size_t)scf_rows_count(rows), contract_keys, n)) {
        code = make_missing(db, arena, contract_keys, n, currency, borrower_id, now_us, err);
        if (code == SCF_OK)
            code = lock_rows(db, arena, contract_keys, n, currency, now_us, &rows, err);
        if (code == SCF_OK)
            code = settle(db, arena, rows, now_us, &locked, err);
    }
    if (code != SCF_OK)
        return code;
    if (!arrange(locked, (size_t)scf_rows_count(rows), contract_keys, n, ret))
        return scf_fail(err, SCF_E_INTERNAL, "A limit account is not there");
    return SCF_OK;
}

/* ---- booking ---- */

/* Entries and balances in one statement, and what the borrower is to be told (news_store.c). The
 * balances are set from the entries of this statement, never from what the caller believes, so that
 * they are their sums whatever happens. */
_Static_assert(SCF_ENTRY_HOLD == 3 && SCF_ENTRY_EXPIRE == 5, "the types in the statement");
static const struct scf_stmt book = {
    "scf_account_book",
    "WITH x AS (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::smallint[], $4::bigint[],"
    " $5::bigint[], $6::bigint[], $7::uuid[], $8::text[], $9::text[])"
    " AS x (account_id, seq, type, granted, held, used, source_id, source_prefix, period)),"
    " e AS (INSERT INTO scfd.limit_entry (account_id, seq, type, granted, held, used, source_id,"
    " source_prefix, period, created_at) SELECT x.*, $10 FROM x),"
    " n AS (INSERT INTO scfd.limit_news AS n (account_id, from_seq) SELECT account_id, min(seq)"
    " FROM x WHERE type BETWEEN 3 AND 5 GROUP BY account_id ORDER BY account_id"
    " ON CONFLICT (account_id) DO UPDATE SET from_seq = n.from_seq),"
    " s AS (SELECT account_id, max(seq) AS seq, sum(granted)::bigint AS granted,"
    " sum(held)::bigint AS held, sum(used)::bigint AS used,"
    " coalesce(sum(granted) FILTER (WHERE type = 0), 0)::bigint AS initial,"
    " max(seq * 16 + type) FILTER (WHERE type >= 8) AS ice FROM x GROUP BY account_id)"
    " UPDATE scfd.limit_account a SET granted = a.granted + s.granted, held = a.held + s.held,"
    " used = a.used + s.used, initial = a.initial + s.initial,"
    " increments = a.increments + s.granted - s.initial,"
    " frozen = CASE WHEN s.ice IS NULL THEN a.frozen ELSE s.ice % 16 = 8 END,"
    " entries = s.seq, updated_at = $10 FROM s WHERE a.id = s.account_id"};

struct entries {
    const struct scf_uuid **accounts, **sources;
    int64_t *seqs, *granted, *held, *used;
    int16_t *types;
    struct scf_str *prefixes, *periods;
};

static bool make_entries(struct entries *e, struct scf_arena *arena, size_t n) {
    *e = (struct entries){
        .accounts = scf_alloc(arena, n, sizeof *e->accounts),
        .sources = scf_alloc(arena, n, sizeof *e->sources),
        .seqs = scf_alloc(arena, n, sizeof *e->seqs),
        .granted = scf_alloc(arena, n, sizeof *e->granted),
        .held = scf_alloc(arena, n, sizeof *e->held),
        .used = scf_alloc(arena, n, sizeof *e->used),
        .types = scf_alloc(arena, n, sizeof *e->types),
        .prefixes = scf_alloc(arena, n, sizeof *e->prefixes),
        .periods = scf_alloc(arena, n, sizeof *e->periods),
    };
    return e->accounts && e->sources && e->seqs && e->granted && e->held && e->used && e->types &&
           e->prefixes && e->periods;
}

static enum scf_code add_entry(struct entries *e, size_t i, struct scf_account *a,
                               const struct scf_account_change *c, struct scf_arena *arena,
                               struct scf_error *err) {
    struct scf_account before = *a;
    enum scf_code code = scf_account_apply(a, c, arena, err);
    if (code != SCF_OK)
        return code;
    e->accounts[i] = &a->id;
    e->sources[i] = &c->source_id;
    e->seqs[i] = a->entries;
    e->granted[i] = a->granted - before.granted;
    e->held[i] = a->held - before.held;
    e->used[i] = a->used - before.used;
    e->types[i] = (int16_t)c->type;
    e->prefixes[i] = scf_str(c->source_prefix);
    e->periods[i] = scf_str(c->period);
    if (c->period == NULL)
        e->periods[i].p = NULL;
    return SCF_OK;
}

static void bind_entries(struct scf_params *p, const struct entries *e, size_t n, int64_t now_us) {
    scf_p_uuid_array(p, e->accounts, n);
    scf_p_i64_array(p, e->seqs, NULL, n);
    scf_p_i16_array(p, e->types, n);
    scf_p_i64_array(p, e->granted, NULL, n);
    scf_p_i64_array(p, e->held, NULL, n);
    scf_p_i64_array(p, e->used, NULL, n);
    scf_p_uuid_array(p, e->sources, n);
    scf_p_text_array(p, e->prefixes, n);
    scf_p_text_array(p, e->periods, n);
    scf_p_time(p, now_us);
}

const struct scf_stmt *const scf_account_book_stmt = &book;

enum scf_code scf_account_book_params(struct scf_params *ret, struct scf_arena *arena,
                                      struct scf_account *const *accounts,
                                      const struct scf_account_change *changes, size_t n,
                                      int64_t now_us, struct scf_error *err) {
    struct entries e;
    if (!make_entries(&e, arena, n))
        return no_memory(err);
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        code = add_entry(&e, i, accounts[i], &changes[i], arena, err);
    if (code != SCF_OK)
        return code;
    scf_params_init(ret, arena);
    bind_entries(ret, &e, n, now_us);
    return SCF_OK;
}

enum scf_code scf_account_book_many(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_account *const *accounts,
                                    const struct scf_account_change *changes, size_t n,
                                    int64_t now_us, struct scf_error *err) {
    struct scf_params p;
    if (n == 0)
        return SCF_OK;
    enum scf_code code = scf_account_book_params(&p, arena, accounts, changes, n, now_us, err);
    return code == SCF_OK ? scf_db_run(db, &book, &p, arena, NULL, err) : code;
}

enum scf_code scf_account_book(struct scf_db *db, struct scf_arena *arena, struct scf_account *a,
                               const struct scf_account_change *change, int64_t now_us,
                               struct scf_error *err) {
    struct scf_account after = *a, *one = &after;
    enum scf_code code = scf_account_book_many(db, arena, &one, change, 1, now_us, err);
    if (code == SCF_OK)
        *a = after;
    return code;
}
