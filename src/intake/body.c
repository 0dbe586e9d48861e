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

/* Bytes of the blank character at the start of the text; 0 when there is none. */
static size_t blank_length(struct scf_str text) {
    if (text.p[0] == ' ' || (text.p[0] >= '\t' && text.p[0] <= '\r'))
        return 1;
    if ((uint8_t)text.p[0] < 0x80)
        return 0;
    if (scf_str_starts(text, "\xc2\xa0")) /* no-break space */
        return 2;
    return scf_str_starts(text, "\xe3\x80\x80") ? 3 : 0; /* ideographic space */
}

size_t scf_normalise(struct scf_str text, char *out) {
    size_t n = 0;
    while (text.n > 0) {
        size_t blank = blank_length(text), step = blank ? blank : 1;
        if (!blank)
            out[n++] = (char)(text.p[0] >= 'a' && text.p[0] <= 'z' ? text.p[0] - 32 : text.p[0]);
        text = (struct scf_str){text.p + step, text.n - step};
    }
    return n;
}

void scf_party_code(const cJSON *party, char out[SCF_PARTY_CODE]) {
    const char *country = scf_json_string(party, "country_code");
    const char *number = scf_json_string(party, "uscc");
    if (!number)
        number = scf_json_string(party, "tax_no");
    if (!number)
        number = scf_json_string(party, "registration_no");
    size_t n = 0;
    if (number && country && strcmp(country, "CN") != 0) {
        memcpy(out, country, 2);
        out[2] = ':';
        n = 3;
    }
    if (number)
        n += scf_normalise(scf_str(number), out + n);
    out[n] = '\0';
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
