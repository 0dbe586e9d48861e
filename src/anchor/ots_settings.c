/* The settings of an OpenTimestamps target: a flat object, lists being texts with blanks. */
#include "ots_settings.h"

#include "scfd/codec/field_table.h"

static struct scf_str without_slash(struct scf_str url) {
    while (url.n > 0 && url.p[url.n - 1] == '/')
        url.n--;
    return url;
}

static bool is_url(struct scf_str url) {
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] > '~')
            return false;
    return url.n > 8 && (scf_str_starts(url, "https://") || scf_str_starts(url, "http://"));
}

/* The next word of `*rest`; false when there is none. */
static bool next_word(struct scf_str *rest, struct scf_str *ret) {
    while (rest->n > 0 && rest->p[0] == ' ')
        rest->p++, rest->n--;
    const char *end = rest->n > 0 ? memchr(rest->p, ' ', rest->n) : NULL;
    *ret = (struct scf_str){rest->p, end ? (size_t)(end - rest->p) : rest->n};
    rest->p += ret->n;
    rest->n -= ret->n;
    return ret->n > 0;
}

static bool are_urls(struct scf_str text) {
    struct scf_str word;
    while (next_word(&text, &word))
        if (!is_url(word))
            return false;
    return true;
}

static const struct scf_field fields[] = {
    SCF_F("calendars", STRING, "Further calendars: URLs with blanks between",
          "其他日历服务器，空格分隔", SCF_SIZE(1, 2000),
          SCF_LIKE(are_urls, "http or https URLs with blanks between")),
    SCF_F("quorum", INTEGER, "Calendars that must promise before it counts; 1 if absent",
          "至少需多少个日历服务器承诺，默认 1", SCF_SIZE(1, OTS_CALENDARS_MAX)),
    SCF_F("poll_s", INTEGER, "Seconds between two questions to the calendars; 1800 if absent",
          "向日历服务器查询的间隔秒数，默认 1800", SCF_SIZE(1, 86400)),
    SCF_F("headers_url", STRING, "An Esplora API of yours that has Bitcoin headers; see the manual",
          "可信的 Esplora 接口地址，用于获取比特币区块头", SCF_SIZE(1, 500),
          SCF_LIKE(is_url, "an http or https URL")),
    SCF_FIELD_END,
};

const struct scf_schema ots_settings_schema = {
    .name = "AnchorSettingsOpentimestamps",
    .doc_en = "Settings of an anchor target of kind opentimestamps",
    .doc_zh = "OpenTimestamps 锚定目标的设置",
    .fields = fields,
};

static int64_t integer_of(const cJSON *settings, const char *name, int64_t fallback) {
    int64_t value;
    return scf_json_i64(settings, name, &value) ? value : fallback;
}

bool ots_settings_read(const char *url, const cJSON *settings, struct ots_settings *ret) {
    struct ots_settings s = {
        .calendars = {without_slash(scf_str(url))},
        .calendar_count = 1,
        .quorum = integer_of(settings, "quorum", 1),
        .poll_s = integer_of(settings, "poll_s", OTS_POLL_S),
        .headers_url = without_slash(scf_str(scf_json_string(settings, "headers_url"))),
    };
    struct scf_str more = scf_str(scf_json_string(settings, "calendars")), word;
    while (next_word(&more, &word)) {
        if (s.calendar_count == OTS_CALENDARS_MAX)
            return false;
        s.calendars[s.calendar_count++] = without_slash(word);
    }
    if (s.quorum > (int64_t)s.calendar_count)
        return false;
    *ret = s;
    return true;
}

/* "https://<one label>.<suffix>", nothing behind it. */
static bool is_below(struct scf_str uri, const char *suffix) {
    size_t suffix_n = strlen(suffix), head = sizeof "https://" - 1;
    if (!scf_str_starts(uri, "https://") || uri.n <= head + suffix_n ||
        memcmp(uri.p + uri.n - suffix_n, suffix, suffix_n) != 0)
        return false;
    for (size_t i = head; i < uri.n - suffix_n; i++)
        if (!isalnum((unsigned char)uri.p[i]) && !strchr("-.", uri.p[i]))
            return false;
    return true;
}

bool ots_may_ask(const struct ots_settings *s, struct scf_str uri) {
    uri = without_slash(uri);
    for (size_t i = 0; i < s->calendar_count; i++)
        if (scf_str_eq(uri, s->calendars[i]))
            return true;
    return is_below(uri, ".calendar.opentimestamps.org") ||
           is_below(uri, ".calendar.eternitywall.com") || is_below(uri, ".calendar.catallaxy.com");
}
