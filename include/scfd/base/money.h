/* Money and ratios in integers.
 *
 * Money is int64 minor units (分, cents) of an ISO 4217 currency; on the wire a decimal string
 * (api-rules R11). Ratios and rates are int64 millionths ("ppm"): 1.0 is 1 000 000. No floating
 * point anywhere. Pure; any thread. */
#ifndef SCFD_BASE_MONEY_H
#define SCFD_BASE_MONEY_H

#include "scfd/base/text.h"

enum { SCF_PPM = 1000000 };
#define SCF_MONEY_MAX INT64_C(999999999999999999) /* 10^18 − 1 minor units */

/* Decimal places of an ISO 4217 currency ("CNY" 2, "JPY" 0, "KWD" 3), −1 when unknown. */
int scf_currency_scale(struct scf_str currency);

/* Decimal text `^-?(0|[1-9]\d{0,15})(\.\d{1,scale})?$` into minor units. False when the text is
 * no such number, has more places than the currency, or exceeds SCF_MONEY_MAX. */
bool scf_money_parse(struct scf_str text, int scale, int64_t *ret_minor) SCF_MUST_CHECK;

/* Full-scale decimal text ("1000000.00"); `out` has room for SCF_MONEY_TEXT bytes. */
enum { SCF_MONEY_TEXT = 32 };
void scf_money_format(int64_t minor, int scale, char out[SCF_MONEY_TEXT]);

/* A decimal of at most `places` (≤ 9) fractional digits into units of 10^-places; up to 18
 * significant digits. Used for quantities (6 places), rates (6 → ppm) and template fields. */
bool scf_decimal_parse(struct scf_str text, int places, int64_t *ret_units) SCF_MUST_CHECK;
/* The shortest text: trailing zeros of the fraction are cut ("0.13", "12"). */
void scf_decimal_format(int64_t units, int places, char out[SCF_MONEY_TEXT]);

/* a × b / divisor, rounded toward −∞ (floor) or half up (away from zero at .5), through 128 bits.
 * False on overflow of int64 or divisor ≤ 0. */
bool scf_mul_div_floor(int64_t a, int64_t b, int64_t divisor, int64_t *ret) SCF_MUST_CHECK;
bool scf_mul_div_half_up(int64_t a, int64_t b, int64_t divisor, int64_t *ret) SCF_MUST_CHECK;

/* part / whole in ppm, floor; 0 when whole == 0. part and whole ≥ 0. */
int64_t scf_ratio_ppm(int64_t part, int64_t whole);

/* a + b, at most SCF_MONEY_MAX: sums of money stop there instead of wrapping. Both ≥ 0. */
int64_t scf_add_money(int64_t a, int64_t b);

static inline int64_t scf_at_most(int64_t value, int64_t cap) {
    return value < cap ? value : cap;
}
static inline int64_t scf_at_least(int64_t value, int64_t floor) {
    return value > floor ? value : floor;
}

#endif
