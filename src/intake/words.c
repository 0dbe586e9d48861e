/* 大写金额: the amount in words on Chinese invoices and vouchers (支付结算办法 附一). Reads the
 * formal characters, their traditional forms, and the plain forms that people write. */
#include "body.h"

#include "scfd/base/money.h"

struct word {
    const char *text;
    int64_t value;
};

static const struct word digits[] = {
    {"零", 0}, {"〇", 0}, {"壹", 1}, {"一", 1}, {"贰", 2}, {"貳", 2}, {"二", 2},
    {"两", 2}, {"叁", 3}, {"參", 3}, {"叄", 3}, {"三", 3}, {"肆", 4}, {"四", 4},
    {"伍", 5}, {"五", 5}, {"陆", 6}, {"陸", 6}, {"六", 6}, {"柒", 7}, {"七", 7},
    {"捌", 8}, {"八", 8}, {"玖", 9}, {"九", 9},
};
static const struct word small_units[] = {{"拾", 10},  {"十", 10},   {"佰", 100},
                                          {"百", 100}, {"仟", 1000}, {"千", 1000}};
static const struct word large_units[] = {
    {"万", 10000}, {"萬", 10000}, {"亿", 100000000}, {"億", 100000000}};
static const struct word yuan[] = {{"圆", 100}, {"圓", 100}, {"元", 100}};
static const struct word jiao[] = {{"角", 10}};
static const struct word fen[] = {{"分", 1}};
static const struct word minus[] = {{"负", -1}, {"負", -1}};
static const struct word prefixes[] = {{"人民币", 0}, {"人民幣", 0}, {"⊗", 0}, {"ⓧ", 0}};
static const struct word endings[] = {
    {"零", 0}, {"整", 0}, {"正", 0}}; /* a last 零 means nothing */

static bool take(struct scf_str *text, const struct word *words, size_t n, int64_t *ret) {
    for (size_t i = 0; i < n; i++) {
        if (!scf_str_starts(*text, words[i].text))
            continue;
        size_t length = strlen(words[i].text);
        *text = (struct scf_str){text->p + length, text->n - length};
        *ret = words[i].value;
        return true;
    }
    return false;
}
#define TAKE(text, words, ret) take(text, words, SCF_COUNT(words), ret)

enum { NONE = -1 };
static const int64_t largest = 100000000; /* 亿, and the most that may stand before it */

static int64_t value_of(int64_t digit, int64_t none) {
    return digit == NONE ? none : digit;
}

/* A number below 10^16: sections below 10 000, each closed by 万 or 亿. `total` holds what 亿 has
 * closed, `section` what 万 has, `group` the digits with 拾, 佰, 仟. */
static bool take_number(struct scf_str *text, int64_t *ret) {
    int64_t total = 0, section = 0, group = 0, digit = NONE, value;
    bool any = false;
    for (;; any = true) {
        if (TAKE(text, digits, &value)) {
            if (digit > 0)
                return false; /* two digits without a unit between them */
            digit = value;
        } else if (TAKE(text, small_units, &value)) {
            group += value_of(digit, 1) * value; /* 拾 alone is 10 */
            digit = NONE;
        } else if (TAKE(text, large_units, &value)) {
            section += group + value_of(digit, 0);
            group = 0;
            digit = NONE;
            bool closes = value == largest;
            int64_t closed = closes ? total + section : section;
            if (closed > largest)
                return false;
            total = closes ? closed * value : total;
            section = closes ? 0 : closed * value;
        } else {
            break;
        }
        if (group > 9999)
            return false;
    }
    *ret = total + section + group + value_of(digit, 0);
    return any && *ret <= SCF_MONEY_MAX / 100;
}

/* A digit with its unit, in fen; zeros may stand before it. */
static bool take_part(struct scf_str *text, const struct word *unit, int64_t *sum) {
    struct scf_str rest = *text;
    int64_t digit = NONE, value;
    while (digit <= 0 && TAKE(&rest, digits, &digit))
        ;
    if (digit == NONE || !take(&rest, unit, 1, &value))
        return false;
    *sum += digit * value;
    *text = rest;
    return true;
}

bool scf_words_parse(struct scf_str text, int64_t *ret_fen) {
    int64_t value, sign = 1, sum = 0, number;
    while (TAKE(&text, prefixes, &value))
        ;
    if (TAKE(&text, minus, &value))
        sign = value;
    bool any = false;
    struct scf_str rest = text;
    if (take_number(&rest, &number) && TAKE(&rest, yuan, &value)) {
        sum = number * value;
        text = rest;
        any = true;
    }
    any |= take_part(&text, jiao, &sum);
    any |= take_part(&text, fen, &sum);
    while (TAKE(&text, endings, &value))
        ;
    if (!any || text.n != 0)
        return false;
    *ret_fen = sign * sum;
    return true;
}
