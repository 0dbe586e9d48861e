/* The state of a series and its update, record by record in chain order. Sums are 128 bits wide, so
 * that no number of values overflows; the order of values within a period does not matter to them.
 */
#include "scfd/rating/series.h"

#include "scfd/base/money.h"

bool scf_series_init(struct scf_series *s, size_t n, struct scf_arena *arena) {
    *s = (struct scf_series){.n = n, .fields = scf_alloc(arena, n, sizeof *s->fields)};
    return s->fields != NULL;
}

static int64_t floor_mean(__int128 sum, int64_t count) {
    __int128 q = sum / count;
    return (int64_t)(q - (sum % count < 0));
}

/* A period that is over becomes the one to compare with, for every field that had values in it. */
static void open_period(struct scf_series *s, int32_t period) {
    for (size_t i = 0; i < s->n; i++) {
        struct scf_series_field *f = &s->fields[i];
        if (f->count > 0) {
            f->has_mean = true;
            f->mean = floor_mean(f->sum, f->count);
        }
        f->sum = 0;
        f->count = 0;
    }
    s->period = period;
}

/* |x − mean| ≤ θ·max(|mean|, ε) with ε one millionth. */
static bool within(int64_t x, int64_t mean, int64_t threshold_ppm) {
    __int128 distance = (__int128)x - mean;
    __int128 scale = mean < 0 ? -(__int128)mean : mean;
    distance = distance < 0 ? -distance : distance;
    return distance * SCF_PPM <= (scale > 0 ? scale : 1) * threshold_ppm;
}

static int64_t read_i64(const uint8_t *bytes) {
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | bytes[i];
    return (int64_t)bits;
}

void scf_series_add(struct scf_series *s, const struct scf_template *t, int32_t period,
                    struct scf_str measures, bool *ret_comparable, bool *ret_ok) {
    if (!s->begun) {
        s->begun = true;
        s->period = period;
    } else if (period > s->period) {
        open_period(s, period);
    }
    bool comparable = false, ok = true;
    const uint8_t *m = (const uint8_t *)measures.p;
    size_t given = measures.n / SCF_MEASURE_LEN, i = 0;
    for (size_t k = 0; k < t->field_count && i < s->n && i < given; k++) {
        if (t->fields[k].fluctuation_ppm == 0)
            continue;
        struct scf_series_field *f = &s->fields[i++];
        if (m[0] != 0) {
            int64_t x = read_i64(m + 1);
            if (f->has_mean) {
                comparable = true;
                ok &= within(x, f->mean, t->fields[k].fluctuation_ppm);
            }
            f->sum += x;
            f->count++;
        }
        m += SCF_MEASURE_LEN;
    }
    *ret_comparable = comparable;
    *ret_ok = comparable && ok;
}

/* ---- bytes: begun, period; per field sum (16), count (8), has_mean (1), mean (8); big-endian ----
 */

static uint8_t *put(uint8_t *out, unsigned __int128 bits, int n) {
    for (int i = n - 1; i >= 0; i--, bits >>= 8)
        out[i] = (uint8_t)bits;
    return out + n;
}

static const uint8_t *take(const uint8_t *in, unsigned __int128 *ret, int n) {
    *ret = 0;
    for (int i = 0; i < n; i++)
        *ret = *ret << 8 | in[i];
    return in + n;
}

void scf_series_encode(const struct scf_series *s, uint8_t *out) {
    out = put(out, s->begun, 1);
    out = put(out, (uint32_t)s->period, 4);
    for (size_t i = 0; i < s->n; i++) {
        const struct scf_series_field *f = &s->fields[i];
        out = put(out, (unsigned __int128)f->sum, 16);
        out = put(out, (uint64_t)f->count, 8);
        out = put(out, f->has_mean, 1);
        out = put(out, (uint64_t)f->mean, 8);
    }
}

bool scf_series_decode(struct scf_str bytes, size_t n, struct scf_arena *arena,
                       struct scf_series *ret) {
    struct scf_series s;
    if (bytes.n != SCF_SERIES_HEAD + n * SCF_SERIES_FIELD || !scf_series_init(&s, n, arena))
        return false;
    const uint8_t *in = (const uint8_t *)bytes.p;
    unsigned __int128 v;
    in = take(in, &v, 1);
    s.begun = v != 0;
    in = take(in, &v, 4);
    s.period = (int32_t)(uint32_t)v;
    for (size_t i = 0; i < n; i++) {
        struct scf_series_field *f = &s.fields[i];
        in = take(in, &v, 16);
        f->sum = (__int128)v;
        in = take(in, &v, 8);
        f->count = (int64_t)(uint64_t)v;
        in = take(in, &v, 1);
        f->has_mean = v != 0;
        in = take(in, &v, 8);
        f->mean = (int64_t)(uint64_t)v;
    }
    *ret = s;
    return true;
}
