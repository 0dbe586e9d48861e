/* PostgreSQL's binary format: big-endian integers, and days and microseconds counted from
 * 2000-01-01. INT64_MAX / INT64_MIN (INT32_… for dates) stand for infinity / -infinity on both
 * sides. Pure. */
#ifndef SCFD_DB_WIRE_H
#define SCFD_DB_WIRE_H

#include <endian.h>

#include "scfd/base/prelude.h"

#define PG_EPOCH_DAY 10957 /* 2000-01-01 in days since 1970-01-01 */
#define PG_EPOCH_US (INT64_C(86400000000) * PG_EPOCH_DAY)

/* The low `width` (1, 2, 4 or 8) bytes of v. */
static inline void wire_put(char *at, size_t width, int64_t v) {
    uint64_t be = htobe64((uint64_t)v);
    memcpy(at, (const char *)&be + (8 - width), width);
}

/* Sign-extended. */
static inline int64_t wire_get(const char *at, size_t width) {
    uint64_t be = 0;
    memcpy((char *)&be + (8 - width), at, width);
    uint64_t v = be64toh(be);
    unsigned shift = (unsigned)(64 - 8 * width);
    return (int64_t)(v << shift) >> shift;
}

static inline int64_t wire_from_us(int64_t us) {
    if (us == INT64_MAX || us < INT64_MIN + PG_EPOCH_US)
        return us == INT64_MAX ? INT64_MAX : INT64_MIN;
    return us - PG_EPOCH_US;
}

static inline int64_t wire_to_us(int64_t v) {
    if (v == INT64_MIN || v > INT64_MAX - PG_EPOCH_US)
        return v == INT64_MIN ? INT64_MIN : INT64_MAX;
    return v + PG_EPOCH_US;
}

static inline int32_t wire_from_day(int32_t day) {
    if (day == INT32_MAX || day < INT32_MIN + PG_EPOCH_DAY)
        return day == INT32_MAX ? INT32_MAX : INT32_MIN;
    return day - PG_EPOCH_DAY;
}

static inline int32_t wire_to_day(int32_t v) {
    if (v == INT32_MIN || v > INT32_MAX - PG_EPOCH_DAY)
        return v == INT32_MIN ? INT32_MIN : INT32_MAX;
    return v + PG_EPOCH_DAY;
}

#endif
