/* The first include of every translation unit (the Makefile forces it with -include).
 *
 * It pulls in the C library and then poisons calls that have no place here: unbounded string
 * functions, number readers that hide errors, and those with a hidden state or time zone. */
#ifndef SCFD_BASE_PRELUDE_H
#define SCFD_BASE_PRELUDE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define SCF_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define SCF_MUST_CHECK __attribute__((warn_unused_result))
#define SCF_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Stays on in release builds: it checks our own mistakes, never a client's. */
#define SCF_ASSERT(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition);      \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* clang sees these two as macros where _FORTIFY_SOURCE is on. */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gmtime localtime gets

#endif
