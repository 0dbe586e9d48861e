/* Money and ratios as int64, products through 128 bits. The currency list is ISO 4217 (List One,
 * amendment 179) without the codes that have no minor unit, plus the codes withdrawn since 2025
 * that documents still carry (ANG, BGN). */
#include "scfd/base/money.h"

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

/* Code and decimal places; sorted by code. */
static const char currencies[][5] = {
    "AED2", "AFN2", "ALL2", "AMD2", "ANG2", "AOA2", "ARS2", "AUD2", "AWG2", "AZN2", "BAM2", "BBD2",
    "BDT2", "BGN2", "BHD3", "BIF0", "BMD2", "BND2", "BOB2", "BOV2", "BRL2", "BSD2", "BTN2", "BWP2",
    "BYN2", "BZD2", "CAD2", "CDF2", "CHE2", "CHF2", "CHW2", "CLF4", "CLP0", "CNY2", "COP2", "COU2",
    "CRC2", "CUP2", "CVE2", "CZK2", "DJF0", "DKK2", "DOP2", "DZD2", "EGP2", "ERN2", "ETB2", "EUR2",
    "FJD2", "FKP2", "GBP2", "GEL2", "GHS2", "GIP2", "GMD2", "GNF0", "GTQ2", "GYD2", "HKD2", "HNL2",
    "HTG2", "HUF2", "IDR2", "ILS2", "INR2", "IQD3", "IRR2", "ISK0", "JMD2", "JOD3", "JPY0", "KES2",
    "KGS2", "KHR2", "KMF0", "KPW2", "KRW0", "KWD3", "KYD2", "KZT2", "LAK2", "LBP2", "LKR2", "LRD2",
    "LSL2", "LYD3", "MAD2", "MDL2", "MGA2", "MKD2", "MMK2", "MNT2", "MOP2", "MRU2", "MUR2", "MVR2",
    "MWK2", "MXN2", "MXV2", "MYR2", "MZN2", "NAD2", "NGN2", "NIO2", "NOK2", "NPR2", "NZD2", "OMR3",
    "PAB2", "PEN2", "PGK2", "PHP2", "PKR2", "PLN2", "PYG0", "QAR2", "RON2", "RSD2", "RUB2", "RWF0",
    "SAR2", "SBD2", "SCR2", "SDG2", "SEK2", "SGD2", "SHP2", "SLE2", "SOS2", "SRD2", "SSP2", "STN2",
    "SVC2", "SYP2", "SZL2", "THB2", "TJS2", "TMT2", "TND3", "TOP2", "TRY2", "TTD2", "TWD2", "TZS2",
    "UAH2", "UGX0", "USD2", "USN2", "UYI0", "UYU2", "UYW4", "UZS2", "VED2", "VES2", "VND0", "VUV0",
    "WST2", "XAF0", "XCD2", "XCG2", "XOF0", "XPF0", "YER2", "ZAR2", "ZMW2", "ZWG2",
};

int scf_currency_scale(struct scf_str currency) {
    if (currency.n != 3)
        return -1;
    size_t low = 0, high = SCF_COUNT(currencies);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(currency.p, currencies[middle], 3);
        if (order == 0)
            return currencies[middle][3] - '0';
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* `^-?(0|[1-9]\d{0,whole_digits-1})(\.\d{1,places})?$`, magnitude ≤ SCF_MONEY_MAX. */
static bool parse_fixed(struct scf_str text, int whole_digits, int places, int64_t *ret) {
    const char *p = text.p, *end = text.p + text.n;
    bool negative = p < end && *p == '-';
    p += negative;

    const char *whole = p;
    int64_t units = 0;
    bool overflow = false;
    for (; p < end && is_digit(*p) && p - whole < whole_digits; p++)
        units = units * 10 + (*p - '0');
    if (p == whole || (*whole == '0' && p - whole > 1))
        return false;

    int missing = places;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        for (; p < end && is_digit(*p) && missing > 0; p++, missing--)
            overflow |= __builtin_mul_overflow(units, 10, &units) ||
                        __builtin_add_overflow(units, *p - '0', &units);
        if (p == fraction)
            return false;
    }
    for (; missing > 0; missing--)
        overflow |= __builtin_mul_overflow(units, 10, &units);
    if (p != end || overflow || units > SCF_MONEY_MAX)
        return false;
    *ret = negative ? -units : units;
    return true;
}

bool scf_money_parse(struct scf_str text, int scale, int64_t *ret_minor) {
    return scale >= 0 && scale <= 9 && parse_fixed(text, 16, scale, ret_minor);
}

bool scf_decimal_parse(struct scf_str text, int places, int64_t *ret_units) {
    return places >= 0 && places <= 9 && parse_fixed(text, 18, places, ret_units);
}

/* Full-scale text; returns its length. */
static size_t format_fixed(int64_t units, int places, char out[SCF_MONEY_TEXT]) {
    SCF_ASSERT(places >= 0 && places <= 9);
    char reversed[SCF_MONEY_TEXT];
    size_t n = 0, length = 0;
    uint64_t rest = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    for (int digits = 0; rest > 0 || digits <= places; digits++) {
        if (digits == places && places > 0)
            reversed[n++] = '.';
        reversed[n++] = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (units < 0)
        reversed[n++] = '-';
    while (n > 0)
        out[length++] = reversed[--n];
    out[length] = '\0';
    return length;
}

void scf_money_format(int64_t minor, int scale, char out[SCF_MONEY_TEXT]) {
    format_fixed(minor, scale, out);
}

void scf_decimal_format(int64_t units, int places, char out[SCF_MONEY_TEXT]) {
    size_t n = format_fixed(units, places, out);
    if (places == 0)
        return;
    while (out[n - 1] == '0')
        n--;
    if (out[n - 1] == '.')
        n--;
    out[n] = '\0';
}

static bool narrow(i128 value, int64_t *ret) {
    if (value < INT64_MIN || value > INT64_MAX)
        return false;
    *ret = (int64_t)value;
    return true;
}

bool scf_mul_div_floor(int64_t a, int64_t b, int64_t divisor, int64_t *ret) {
    if (divisor <= 0)
        return false;
    i128 product = (i128)a * b;
    i128 quotient = product / divisor;
    if (product % divisor < 0)
        quotient--;
    return narrow(quotient, ret);
}

bool scf_mul_div_half_up(int64_t a, int64_t b, int64_t divisor, int64_t *ret) {
    if (divisor <= 0)
        return false;
    i128 product = (i128)a * b;
    u128 magnitude = product < 0 ? 0 - (u128)product : (u128)product;
    u128 d = (u128)divisor;
    u128 quotient = magnitude / d, remainder = magnitude % d;
    if (remainder >= d - remainder)
        quotient++;
    return narrow(product < 0 ? -(i128)quotient : (i128)quotient, ret);
}

int64_t scf_ratio_ppm(int64_t part, int64_t whole) {
    SCF_ASSERT(part >= 0 && whole >= 0);
    int64_t ppm;
    if (whole == 0)
        return 0;
    return scf_mul_div_floor(part, SCF_PPM, whole, &ppm) ? ppm : INT64_MAX;
}

int64_t scf_add_money(int64_t a, int64_t b) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum) || sum > SCF_MONEY_MAX)
        return SCF_MONEY_MAX;
    return sum;
}
