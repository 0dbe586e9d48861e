/* Reading binary results. A value of another width than asked for is our mistake (a wrong column or
 * type) and asserts; only scf_rows_hash is lenient, because bytea has no fixed width and an audit
 * must survive rows that somebody has altered. */
#include "db_impl.h"
#include "wire.h"

static void clear_result(void *res) {
    PQclear(res);
}

struct scf_rows *scf_rows_wrap(struct scf_arena *arena, PGresult *res) {
    struct scf_rows *r = scf_alloc(arena, 1, sizeof *r);
    if (!r) {
        PQclear(res);
        return NULL;
    }
    *r = (struct scf_rows){.res = res, .first = 0, .count = PQntuples(res)};
    scf_defer(arena, clear_result, res);
    return r;
}

int scf_rows_count(const struct scf_rows *r) {
    return r->count;
}

int64_t scf_rows_affected(const struct scf_rows *r) {
    const char *tuples = PQcmdTuples(r->res);
    int64_t n = 0;
    for (; *tuples >= '0' && *tuples <= '9'; tuples++)
        n = n * 10 + (*tuples - '0');
    return n;
}

bool scf_rows_null(const struct scf_rows *r, int row, int col) {
    SCF_ASSERT(row >= 0 && row < r->count && col >= 0 && col < PQnfields(r->res));
    return PQgetisnull(r->res, r->first + row, col);
}

/* The bytes of a value that is not NULL. */
static struct scf_str value(const struct scf_rows *r, int row, int col) {
    return (struct scf_str){PQgetvalue(r->res, r->first + row, col),
                            (size_t)PQgetlength(r->res, r->first + row, col)};
}

static struct scf_str fixed(const struct scf_rows *r, int row, int col, size_t width) {
    struct scf_str v = value(r, row, col);
    SCF_ASSERT(v.n == width);
    return v;
}

int64_t scf_rows_i64(const struct scf_rows *r, int row, int col) {
    if (scf_rows_null(r, row, col))
        return 0;
    struct scf_str v = value(r, row, col);
    SCF_ASSERT(v.n == 8 || v.n == 4 || v.n == 2);
    return wire_get(v.p, v.n);
}

bool scf_rows_bool(const struct scf_rows *r, int row, int col) {
    return !scf_rows_null(r, row, col) && fixed(r, row, col, 1).p[0] != 0;
}

struct scf_str scf_rows_str(const struct scf_rows *r, int row, int col) {
    return scf_rows_null(r, row, col) ? (struct scf_str){"", 0} : value(r, row, col);
}

const char *scf_rows_text(const struct scf_rows *r, int row, int col) {
    return scf_rows_null(r, row, col) ? NULL : value(r, row, col).p;
}

struct scf_uuid scf_rows_uuid(const struct scf_rows *r, int row, int col) {
    struct scf_uuid u = {{0}};
    if (!scf_rows_null(r, row, col))
        memcpy(u.b, fixed(r, row, col, sizeof u.b).p, sizeof u.b);
    return u;
}

struct scf_hash scf_rows_hash(const struct scf_rows *r, int row, int col) {
    struct scf_hash h = {{0}};
    struct scf_str v = scf_rows_str(r, row, col);
    if (v.n == sizeof h.b)
        memcpy(h.b, v.p, sizeof h.b);
    return h;
}

int64_t scf_rows_time(const struct scf_rows *r, int row, int col) {
    return scf_rows_null(r, row, col) ? 0 : wire_to_us(wire_get(fixed(r, row, col, 8).p, 8));
}

int32_t scf_rows_date(const struct scf_rows *r, int row, int col) {
    if (scf_rows_null(r, row, col))
        return 0;
    return wire_to_day((int32_t)wire_get(fixed(r, row, col, 4).p, 4));
}

enum scf_code scf_rows_uuid_list(const struct scf_rows *r, struct scf_arena *arena,
                                 struct scf_uuid **ret, size_t *ret_n, struct scf_error *err) {
    size_t n = (size_t)scf_rows_count(r);
    struct scf_uuid *ids = scf_alloc(arena, n, sizeof *ids);
    if (ids == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        ids[i] = scf_rows_uuid(r, (int)i, 0);
    *ret = ids;
    *ret_n = n;
    return SCF_OK;
}
