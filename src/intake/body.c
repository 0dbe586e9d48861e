/* Members of a valid body as values, and the arithmetic that rules and extraction share. */
#include "body.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

int64_t scf_midnight_us(int32_t day, int offset_minutes) {
    return day * SCF_US_PER_DAY - offset_minutes * 60 * SCF_US_PER_SECOND;
}

int32_t scf_local_day(int64_t us, int offset_minutes) {
    return scf_day_of(us + offset_minutes * 60 * SCF_US_PER_SECOND);
}

/* ---- identification ---- */

void scf_party_code(const cJSON *party, char out[SCF_PARTY_CODE]) {
    const char *number = scf_json_string(party, "uscc");
    if (!number)
        number = scf_json_string(party, "tax_no");
    if (!number)
        number = scf_json_string(party, "registration_no");
    scf_enterprise_code(scf_json_string(party, "country_code"), number, out);
}

/* ---- arithmetic ---- */

static int64_t power_of_ten(int exponent) {
    int64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

int64_t scf_tolerance(int64_t hundredths, int scale) {
    int64_t minor = hundredths * power_of_ten(scale) / 100;
    return minor > 0 ? minor : 1;
}

static bool within(int64_t a, int64_t b, int64_t tolerance) {
    int64_t difference;
    return !__builtin_sub_overflow(a, b, &difference) && difference <= tolerance &&
           difference >= -tolerance;
}

bool scf_tax_matches(int64_t amount, int64_t rate_ppm, int64_t tax, int scale) {
    int64_t expected;
    return scf_mul_div_half_up(amount, rate_ppm, SCF_PPM, &expected) &&
           within(expected, tax, scf_tolerance(6, scale));
}

bool scf_product_matches(int64_t quantity, int64_t price, int64_t amount, int scale) {
    int64_t expected;
    int64_t divisor = power_of_ten(SCF_QUANTITY_PLACES + SCF_PRICE_PLACES - scale);
    return scf_mul_div_half_up(quantity, price, divisor, &expected) &&
           within(expected, amount, scf_tolerance(1, scale));
}
