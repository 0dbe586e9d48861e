/* What the tests of this room share: a connection to a fresh database and an arena per test. */
#ifndef SCFD_TESTS_DB_TEST_H
#define SCFD_TESTS_DB_TEST_H

#include <setjmp.h>
#include <cmocka.h>

#include "pg.h"
#include "scfd/db/db.h"

struct fixture {
    const char *url;
    struct scf_db *db;
    struct scf_arena *arena;
    struct scf_params p;
    struct scf_error err;
};

static inline int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    *state = f;
    f->url = scf_test_database();
    if (!f->url)
        return 0;
    f->db = scf_db_new(f->url, "test", 0);
    f->arena = scf_arena_new(8 << 20);
    scf_params_init(&f->p, f->arena);
    return 0;
}

static inline int tear_down(void **state) {
    struct fixture *f = *state;
    scf_db_free(f->db);
    scf_arena_free(f->arena);
    free(f);
    return 0;
}

/* First line of every test: skips it without a server. */
static inline struct fixture *fixture(void **state) {
    struct fixture *f = *state;
    if (!f->url)
        skip();
    return f;
}

/* A statement for ad-hoc SQL; `sql` must be static, as every statement's is. */
static inline struct scf_stmt stmt_for(const char *sql) {
    static char names[400][16];
    static const char *sqls[400];
    int i = 0;
    for (; sqls[i] && strcmp(sqls[i], sql) != 0; i++)
        SCF_ASSERT(i < 399);
    sqls[i] = sql;
    snprintf(names[i], sizeof names[i], "q%d", i);
    return (struct scf_stmt){names[i], sql};
}

static inline enum scf_code try_on(struct fixture *f, struct scf_db *db, const char *sql) {
    struct scf_stmt stmt = stmt_for(sql);
    return scf_db_run(db, &stmt, f->p.n ? &f->p : NULL, f->arena, NULL, &f->err);
}

/* Runs with the parameters gathered in f->p, and empties them. */
static inline struct scf_rows *ask(struct fixture *f, const char *sql) {
    struct scf_stmt stmt = stmt_for(sql);
    struct scf_rows *rows = NULL;
    enum scf_code code = scf_db_run(f->db, &stmt, f->p.n ? &f->p : NULL, f->arena, &rows, &f->err);
    if (code != SCF_OK)
        print_error("%s\n", f->err.note);
    assert_int_equal(code, SCF_OK);
    scf_params_init(&f->p, f->arena);
    return rows;
}

static inline int64_t ask_i64(struct fixture *f, const char *sql) {
    return scf_rows_i64(ask(f, sql), 0, 0);
}

/* What PostgreSQL itself makes of the parameters in f->p, as text. */
static inline void assert_text(struct fixture *f, const char *sql, const char *expected) {
    assert_string_equal(scf_rows_text(ask(f, sql), 0, 0), expected);
}

#define DB_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
