/* Databases for unit tests: one embedded cluster per test binary, below the temporary directory,
 * with fsync off (only here), stopped and removed at exit. */
#ifndef SCFD_TESTS_SUPPORT_PG_H
#define SCFD_TESTS_SUPPORT_PG_H

#include "scfd/db/db.h"

/* URL of a fresh database with all migrations applied; a new one at every call, valid until exit.
 * NULL, with a message, when this machine has no PostgreSQL server: then skip() the test. Anything
 * else that goes wrong ends the test binary. main thread only, before other threads. */
const char *scf_test_database(void);

/* What most tests on a database want: one of their own, a connection to it, an arena of 64 MiB, and
 * a place for errors. */
struct scf_test_world {
    const char *url; /* NULL: no PostgreSQL here; then nothing else is set either */
    struct scf_db *db;
    struct scf_arena *arena;
    struct scf_error err;
};
struct scf_test_world scf_test_world_open(void);
void scf_test_world_close(struct scf_test_world *w);

/* For test files that keep their database's `url` and their `err` in a static `w`. */
#define ok(call)                                                                                   \
    do {                                                                                           \
        if ((call) != SCF_OK)                                                                      \
            fail_msg("%s: %s (%s)", #call, w.err.detail, w.err.note);                              \
    } while (0)
#define NEEDS_DATABASE()                                                                           \
    do {                                                                                           \
        if (w.url == NULL)                                                                         \
            skip();                                                                                \
    } while (0)

#endif
