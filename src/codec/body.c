/* Members of a valid body as values. */
#include "scfd/codec/body.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

enum { CNY_SCALE = 2, DECIMAL_TEXT = 64 };

int scf_body_scale(const cJSON *body) {
    const char *currency = scf_json_string(body, "currency");
    int scale = currency ? scf_currency_scale(scf_str(currency)) : CNY_SCALE;
    return scale < 0 ? CNY_SCALE : scale;
}

bool scf_body_money(const cJSON *object, const char *name, int scale, int64_t *ret) {
    char text[DECIMAL_TEXT];
    const cJSON *item = scf_json_get(object, name);
    return item && scf_json_decimal_text(item, text, sizeof text) &&
           scf_money_parse(scf_str(text), scale, ret);
}

bool scf_body_decimal(const cJSON *object, const char *name, int places, int64_t *ret) {
    char text[DECIMAL_TEXT];
    const cJSON *item = scf_json_get(object, name);
    return item && scf_json_decimal_text(item, text, sizeof text) &&
           scf_decimal_parse(scf_str(text), places, ret);
}

bool scf_body_day(const cJSON *object, const char *name, int32_t *ret) {
    const char *text = scf_json_string(object, name);
    return text && scf_date_parse(scf_str(text), ret);
}

bool scf_body_time(const cJSON *object, const char *name, int offset_minutes, int64_t *ret) {
    const char *text = scf_json_string(object, name);
    return text && (scf_time_parse(scf_str(text), ret) ||
                    scf_time_parse_lenient(scf_str(text), offset_minutes, ret));
}

bool scf_body_is(const cJSON *object, const char *name, const char *text) {
    const char *value = scf_json_string(object, name);
    return value && strcmp(value, text) == 0;
}

int scf_body_choice(const cJSON *object, const char *name, const char *const *names, int fallback) {
    int i = scf_name_index(names, scf_json_string(object, name));
    return i < 0 ? fallback : i;
}
