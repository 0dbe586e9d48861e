/* COPY FROM in the binary format: the row builders, and sending a finished stream. */
#include "db_impl.h"
#include "wire.h"

enum { CHUNK = 256 << 10 };

/* ---- rows ---- */

static void put_int(struct scf_buf *b, size_t width, int64_t v) {
    char *at = scf_buf_reserve(b, width);
    if (!at)
        return;
    wire_put(at, width, v);
    b->len += width;
}

/* A field: its length, then its bytes. */
static void put_int_field(struct scf_buf *b, size_t width, int64_t v) {
    put_int(b, 4, (int64_t)width);
    put_int(b, width, v);
}

void scf_copy_row(struct scf_buf *b, int16_t columns) {
    put_int(b, 2, columns);
}

void scf_copy_null(struct scf_buf *b) {
    put_int(b, 4, -1);
}

void scf_copy_i64(struct scf_buf *b, int64_t v) {
    put_int_field(b, 8, v);
}

void scf_copy_i32(struct scf_buf *b, int32_t v) {
    put_int_field(b, 4, v);
}

void scf_copy_i16(struct scf_buf *b, int16_t v) {
    put_int_field(b, 2, v);
}

void scf_copy_bool(struct scf_buf *b, bool v) {
    put_int_field(b, 1, v);
}

void scf_copy_bytes(struct scf_buf *b, const void *v, size_t n) {
    if (!v) {
        scf_copy_null(b);
        return;
    }
    SCF_ASSERT(n <= INT32_MAX);
    put_int(b, 4, (int64_t)n);
    scf_buf_put(b, v, n);
}

void scf_copy_uuid(struct scf_buf *b, const struct scf_uuid *v) {
    scf_copy_bytes(b, v, sizeof *v);
}

void scf_copy_time(struct scf_buf *b, int64_t us) {
    scf_copy_i64(b, wire_from_us(us));
}

void scf_copy_date(struct scf_buf *b, int32_t day) {
    scf_copy_i32(b, wire_from_day(day));
}

/* ---- sending ---- */

static bool put(PGconn *conn, const char *p, size_t n) {
    for (; n > 0; p += CHUNK, n -= n < CHUNK ? n : CHUNK)
        if (PQputCopyData(conn, p, n < CHUNK ? (int)n : CHUNK) != 1)
            return false;
    return true;
}

static bool put_stream(PGconn *conn, const struct scf_buf *rows) {
    /* The signature, no flags, no extension. */
    static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
    static const char tail[] = "\377\377";
    _Static_assert(sizeof head - 1 == 19, "the head of the binary COPY format");
    return put(conn, head, sizeof head - 1) && put(conn, rows->data, rows->len) &&
           put(conn, tail, sizeof tail - 1) && PQputCopyEnd(conn, NULL) == 1;
}

/* The verdict after the stream: the last result counts. */
static enum scf_code finish(struct scf_db *db, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    PGresult *res;
    while ((res = PQgetResult(db->conn)) != NULL) {
        if (code == SCF_OK && PQresultStatus(res) != PGRES_COMMAND_OK)
            code = scf_db_fail(db, res, "copy", err);
        PQclear(res);
    }
    if (code == SCF_OK && scf_db_lost(db))
        code = scf_db_lost_error(db, "copy", err);
    return code;
}

enum scf_code scf_db_copy_in(struct scf_db *db, const char *sql, const struct scf_buf *rows,
                             struct scf_error *err) {
    if (rows->overflow)
        return scf_db_error(err, SCF_E_INTERNAL, "copy: the rows do not fit into their buffer");
    enum scf_code code = scf_db_ready(db, err);
    if (code != SCF_OK)
        return code;
    PGresult *res = PQexec(db->conn, sql);
    if (PQresultStatus(res) != PGRES_COPY_IN)
        code = scf_db_fail(db, res, "copy", err);
    PQclear(res);
    if (code == SCF_OK) {
        bool sent = put_stream(db->conn, rows);
        code = finish(db, err);
        if (code == SCF_OK && !sent)
            code = scf_db_lost_error(db, "copy", err);
    }
    scf_db_settle(db);
    return code;
}
