/* Databases for unit tests: one embedded cluster per test binary, below the temporary directory,
 * with fsync off (only here), stopped and removed at exit. */
#ifndef SCFD_TESTS_SUPPORT_PG_H
#define SCFD_TESTS_SUPPORT_PG_H

#include "scfd/base/prelude.h"

/* URL of a fresh database with all migrations applied; a new one at every call, valid until exit.
 * NULL, with a message, when this machine has no PostgreSQL server: then skip() the test. Anything
 * else that goes wrong ends the test binary. main thread only, before other threads. */
const char *scf_test_database(void);

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
