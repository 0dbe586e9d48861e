/* One PostgreSQL connection, its statements and transactions.
 *
 * A `scf_db` belongs to one thread (libraries: PG-1). It prepares a statement on first use, again
 * after a reconnect, and classifies errors by SQLSTATE only (PG-4). Parameters and results travel
 * in the binary format; there is no way to splice text into SQL.
 * search_path is pinned to `scfd, pg_catalog`; every connection runs with synchronous_commit=on. */
#ifndef SCFD_DB_DB_H
#define SCFD_DB_DB_H

#include "scfd/base/arena.h"
#include "scfd/base/buf.h"
#include "scfd/base/err.h"
#include "scfd/base/id.h"
#include "scfd/codec/digest.h"

struct scf_db;

/* Connects lazily: the first use connects, and every use after a loss reconnects once.
 * `url` is copied. `statement_timeout_ms` 0 means none. */
struct scf_db *scf_db_new(const char *url, const char *application_name, int statement_timeout_ms);
void scf_db_free(struct scf_db *db);
/* Connects now if need be; DATABASE_UNAVAILABLE otherwise. After a failed attempt the next one
 * first waits 50 ms, doubling up to 1 s. Also forgets a transaction that a lost connection took
 * away. */
enum scf_code scf_db_ping(struct scf_db *db, struct scf_error *err) SCF_MUST_CHECK;

/* Asks the server to cancel the single statements that connections of this process are running now,
 * commits excepted; they end with DATABASE_UNAVAILABLE. For a shutdown that has waited long enough;
 * again and again, for a statement that begins right after is not concerned. Any thread. */
void scf_db_cancel_running(void);

/* A statement is static data next to the function that uses it. `name` is unique, below 64
 * bytes: use the function name. One name goes with one SQL text and one list of parameter types;
 * else it is INTERNAL. */
struct scf_stmt {
    const char *name;
    const char *sql;
};

/* ---- parameters ---- */

enum { SCF_MAX_PARAMS = 48 };

/* Type OIDs, for scf_p_null. */
enum scf_pg_type {
    SCF_PG_BOOL = 16,
    SCF_PG_BYTEA = 17,
    SCF_PG_INT8 = 20,
    SCF_PG_INT2 = 21,
    SCF_PG_INT4 = 23,
    SCF_PG_TEXT = 25,
    SCF_PG_DATE = 1082,
    SCF_PG_TIMESTAMPTZ = 1184,
    SCF_PG_UUID = 2950,
    SCF_PG_BYTEA_ARRAY = 1001,
    SCF_PG_INT2_ARRAY = 1005,
    SCF_PG_INT4_ARRAY = 1007,
    SCF_PG_TEXT_ARRAY = 1009,
    SCF_PG_INT8_ARRAY = 1016,
    SCF_PG_TIMESTAMPTZ_ARRAY = 1185,
    SCF_PG_UUID_ARRAY = 2951
};

/* Values are copied into the arena (or must outlive the call for _ref variants). A value that does
 * not fit sets `failed`, and running the statement then answers INTERNAL. Text goes as type text:
 * write `$1::json` for a json column. INT64_MAX and INT64_MIN as a time, INT32_MAX and INT32_MIN as
 * a date are infinity and -infinity, both ways. */
struct scf_params {
    struct scf_arena *arena;
    int n;
    bool failed;
    const char *values[SCF_MAX_PARAMS];
    int lengths[SCF_MAX_PARAMS];
    unsigned types[SCF_MAX_PARAMS]; /* PostgreSQL type OIDs */
};

void scf_params_init(struct scf_params *p, struct scf_arena *arena);
void scf_p_i64(struct scf_params *p, int64_t v);                     /* bigint */
void scf_p_i32(struct scf_params *p, int32_t v);                     /* integer */
void scf_p_i16(struct scf_params *p, int16_t v);                     /* smallint */
void scf_p_bool(struct scf_params *p, bool v);                       /* boolean */
void scf_p_text(struct scf_params *p, const char *v);                /* text; NULL is SQL NULL */
void scf_p_str(struct scf_params *p, struct scf_str v);              /* text; .p NULL is SQL NULL */
void scf_p_bytes_ref(struct scf_params *p, const void *v, size_t n); /* bytea; NULL v is SQL NULL */
void scf_p_hash(struct scf_params *p, const struct scf_hash *v);     /* bytea of 32; NULL is NULL */
void scf_p_uuid(struct scf_params *p, const struct scf_uuid *v);     /* uuid; NULL is SQL NULL */
void scf_p_time(struct scf_params *p, int64_t us);                   /* timestamptz */
void scf_p_date(struct scf_params *p, int32_t day);                  /* date */
void scf_p_null(struct scf_params *p, unsigned type_oid);
/* Arrays; element NULLs: a NULL pointer entry (text, bytes, uuid), or a `null_mask` bit set. */
void scf_p_i64_array(struct scf_params *p, const int64_t *v, const bool *null_mask, size_t n);
void scf_p_i32_array(struct scf_params *p, const int32_t *v, const bool *null_mask, size_t n);
void scf_p_i16_array(struct scf_params *p, const int16_t *v, size_t n);
void scf_p_text_array(struct scf_params *p, const struct scf_str *v,
                      size_t n); /* .p NULL is NULL */
void scf_p_bytes_array(struct scf_params *p, const struct scf_str *v, size_t n);
void scf_p_uuid_array(struct scf_params *p, const struct scf_uuid *const *v, size_t n);
void scf_p_time_array(struct scf_params *p, const int64_t *us, const bool *null_mask, size_t n);
/* uuid[] without NULLs, of ids that stand one after another. */
void scf_p_uuid_list(struct scf_params *p, const struct scf_uuid *ids, size_t n);

/* ---- results ---- */

/* Rows of one result; freed with the arena it was made in. Columns from 0. Reading a NULL with a
 * typed getter gives 0 / false / empty: ask scf_rows_null first where it matters. Another column
 * type than the getter's is our own mistake and aborts. */
struct scf_rows;

int scf_rows_count(const struct scf_rows *r);
int64_t scf_rows_affected(const struct scf_rows *r);
bool scf_rows_null(const struct scf_rows *r, int row, int col);
int64_t scf_rows_i64(const struct scf_rows *r, int row, int col); /* bigint, integer, smallint */
bool scf_rows_bool(const struct scf_rows *r, int row, int col);
struct scf_str scf_rows_str(const struct scf_rows *r, int row, int col); /* text, json, bytea */
const char *scf_rows_text(const struct scf_rows *r, int row, int col);   /* NUL-terminated; NULL */
struct scf_uuid scf_rows_uuid(const struct scf_rows *r, int row, int col);
/* bytea of 32; any other length reads as zeros. */
struct scf_hash scf_rows_hash(const struct scf_rows *r, int row, int col);
int64_t scf_rows_time(const struct scf_rows *r, int row, int col); /* timestamptz → µs */
int32_t scf_rows_date(const struct scf_rows *r, int row, int col); /* date → days */
/* Column 0 of all rows, uuid; *ret lives in the arena. OVERLOADED when there is no memory. */
enum scf_code scf_rows_uuid_list(const struct scf_rows *r, struct scf_arena *arena,
                                 struct scf_uuid **ret, size_t *ret_n,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* ---- running ---- */

/* Runs one prepared statement. `params` and `ret_rows` may be NULL (and then `arena`). Errors: SOFT
 * (40001, 40P01), DB_CONFLICT (23505; scf_db_constraint and err->note name the constraint),
 * DATABASE_UNAVAILABLE (08xxx, 57P0x, 53xxx, 25006 not the primary, 57014 statement_timeout, 55P03
 * lock_timeout, lost connection), INTERNAL (everything else). err->note is "statement: SQLSTATE
 * constraint or message". Outside a transaction a lost connection is retried once after
 * reconnecting, for statements that begin with "SELECT" (and SCF_BEGIN) only. A connection lost
 * inside a transaction fails everything until scf_db_rollback (scf_tx_run does that). */
enum scf_code scf_db_run(struct scf_db *db, const struct scf_stmt *stmt,
                         const struct scf_params *params, struct scf_arena *arena,
                         struct scf_rows **ret_rows, struct scf_error *err) SCF_MUST_CHECK;

/* How a row of one kind becomes a struct. `read` fills all of `item`, `size` bytes; what it leaves
 * in the rows (text) lives as long as their arena. `missing` is the detail of NOT_FOUND for
 * scf_db_one; NULL where rows are only listed. Static data. */
struct scf_row_form {
    size_t size;
    void (*read)(const struct scf_rows *rows, int row, void *item);
    const char *missing;
};
/* Runs a statement and reads its first row into `ret`. Codes: those of scf_db_run, NOT_FOUND. */
enum scf_code scf_db_one(struct scf_db *db, const struct scf_stmt *stmt,
                         const struct scf_params *params, struct scf_arena *arena,
                         const struct scf_row_form *form, void *ret,
                         struct scf_error *err) SCF_MUST_CHECK;
/* Runs a statement and returns all its rows, *ret_n structs in the arena, not NULL if there are
 * none. NULL: failed, see err->code; those of scf_db_run, OVERLOADED when there is no memory. */
void *scf_db_list(struct scf_db *db, const struct scf_stmt *stmt, const struct scf_params *params,
                  struct scf_arena *arena, const struct scf_row_form *form, int *ret_n,
                  struct scf_error *err) SCF_MUST_CHECK;

/* Name of the constraint of the last DB_CONFLICT on this connection; "" when there was none. */
const char *scf_db_constraint(const struct scf_db *db);

/* ---- pipeline: several statements in one round trip ---- */

/* Between begin and sync queue up to SCF_PIPELINE_MAX statements; sync sends them, collects all
 * results in order (every entry of ret_rows is set, also for statements without rows; untouched on
 * failure; may be NULL), and reports the first error; the rest are then skipped by the server.
 * BEGIN and COMMIT may be among them: use SCF_BEGIN and SCF_COMMIT; without them the statements up
 * to sync are one transaction. The statements must live until sync, the parameters only until add
 * returns. After sync, or a failed add, the connection is out of the pipeline, whatever happened;
 * after a failure with SCF_BEGIN sent, call scf_db_rollback. A failed add gives the connection up,
 * so that half a pipeline never runs. */
enum { SCF_PIPELINE_MAX = 16 };
extern const struct scf_stmt SCF_BEGIN, SCF_COMMIT;
enum scf_code scf_db_pipeline_begin(struct scf_db *db, struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_db_pipeline_add(struct scf_db *db, const struct scf_stmt *stmt,
                                  const struct scf_params *params,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* Optional, before sync: sends what was added, so that the server works on it while the caller does
 * something else. A failure gives the connection up. */
enum scf_code scf_db_pipeline_send(struct scf_db *db, struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_db_pipeline_sync(struct scf_db *db, struct scf_arena *arena,
                                   struct scf_rows **ret_rows /* [n added] */,
                                   struct scf_error *err) SCF_MUST_CHECK;

/* ---- COPY ---- */

/* COPY … FROM STDIN (FORMAT binary): `rows` is the complete binary stream without header and
 * trailer, built with scf_copy_*. `sql` is static. */
enum scf_code scf_db_copy_in(struct scf_db *db, const char *sql, const struct scf_buf *rows,
                             struct scf_error *err) SCF_MUST_CHECK;
void scf_copy_row(struct scf_buf *b, int16_t columns);
void scf_copy_null(struct scf_buf *b);
void scf_copy_i64(struct scf_buf *b, int64_t v);
void scf_copy_i32(struct scf_buf *b, int32_t v);
void scf_copy_i16(struct scf_buf *b, int16_t v);
void scf_copy_bool(struct scf_buf *b, bool v);
void scf_copy_bytes(struct scf_buf *b, const void *v, size_t n); /* text or bytea; NULL v is NULL */
void scf_copy_uuid(struct scf_buf *b, const struct scf_uuid *v); /* NULL is NULL */
void scf_copy_time(struct scf_buf *b, int64_t us);
void scf_copy_date(struct scf_buf *b, int32_t day);

/* A result too large for memory: runs `stmt` in single-row mode and calls `each` with a one-row
 * result that lives only during the call. `each` returns false to stop early (the rest is
 * discarded: cancelled outside a transaction, read to its end inside one). `each` must not use
 * `db`. A million rows of 800 bytes a second, or more. */
enum scf_code scf_db_stream(struct scf_db *db, const struct scf_stmt *stmt,
                            const struct scf_params *params,
                            bool (*each)(void *ctx, const struct scf_rows *row), void *ctx,
                            struct scf_error *err) SCF_MUST_CHECK;

/* ---- transactions ---- */

/* Owns begin, commit and retry. `body` is called inside a READ COMMITTED transaction; it must do
 * no I/O but SQL on `db` and be re-runnable. When it returns non-OK the transaction is rolled back
 * and that code is returned, except SOFT, which is retried up to 5 times with jitter. A connection
 * lost during COMMIT is DATABASE_UNAVAILABLE with err->note "commit outcome unknown". */
typedef enum scf_code (*scf_tx_body)(struct scf_db *db, void *ctx, struct scf_error *err);
enum scf_code scf_tx_run(struct scf_db *db, scf_tx_body body, void *ctx,
                         struct scf_error *err) SCF_MUST_CHECK;

/* For those who send SCF_BEGIN themselves: back to no transaction, whatever the state, also after a
 * lost connection or inside an unfinished pipeline. Never fails: at worst it gives the connection
 * up, and the server rolls back. */
void scf_db_rollback(struct scf_db *db);

/* Inside a transaction: wakes listeners of `topic` when it commits (SELECT pg_notify). Not for the
 * hot path: notifying transactions commit one after another. */
enum scf_code scf_db_notify(struct scf_db *db, struct scf_arena *arena, const char *topic,
                            struct scf_error *err) SCF_MUST_CHECK;

#endif
