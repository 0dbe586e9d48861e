/* Fluctuation of watched values within one series: the events (or bills) of one enterprise in one
 * chain, judged by one template. Each value is compared with the mean of its field over the latest
 * earlier accounting period that has values (CR-2.1). Pure; one thread at a time. */
#ifndef SCFD_RATING_SERIES_H
#define SCFD_RATING_SERIES_H

#include "scfd/template/template.h"

struct scf_series_field {
    __int128 sum;  /* of the current period, millionths */
    int64_t count; /* of the current period */
    bool has_mean;
    int64_t mean; /* of the latest earlier period with values, millionths, rounded down */
};

struct scf_series {
    bool begun;
    int32_t period; /* the current one, see scf_period_of */
    size_t n;       /* the template's watched fields */
    struct scf_series_field *fields;
};

/* A fresh series; false when the arena is full. */
bool scf_series_init(struct scf_series *s, size_t n, struct scf_arena *arena) SCF_MUST_CHECK;

/* Takes one record in. A period never goes back: an earlier one counts as the current one.
 * *ret_ok is set when every comparable value is within its threshold. */
void scf_series_add(struct scf_series *s, const struct scf_template *t, int32_t period,
                    struct scf_str measures, bool *ret_comparable, bool *ret_ok);

/* The state as bytes, and back. Encoding needs SCF_SERIES_HEAD + n × SCF_SERIES_FIELD bytes. */
enum { SCF_SERIES_HEAD = 5, SCF_SERIES_FIELD = 33 };
void scf_series_encode(const struct scf_series *s, uint8_t *out);
/* False when the bytes are no state of `n` fields. */
bool scf_series_decode(struct scf_str bytes, size_t n, struct scf_arena *arena,
                       struct scf_series *ret) SCF_MUST_CHECK;

#endif
