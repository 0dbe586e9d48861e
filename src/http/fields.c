/* Readers for the few header fields that have a grammar of their own. Relies on nothing; malformed
 * parts are skipped, never guessed at. */
#include "fields.h"

static struct scf_str trim(struct scf_str s) {
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = (struct scf_str){s.p + 1, s.n - 1};
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* The next part of a list; false at its end. */
static bool next_part(struct scf_str *list, char separator, struct scf_str *ret) {
    if (list->p == NULL)
        return false;
    const char *end = memchr(list->p, separator, list->n);
    size_t n = end == NULL ? list->n : (size_t)(end - list->p);
    *ret = trim((struct scf_str){list->p, n});
    if (end == NULL)
        *list = (struct scf_str){NULL, 0};
    else
        *list = (struct scf_str){end + 1, list->n - n - 1};
    return true;
}

static bool same(struct scf_str s, const char *text) {
    return s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0;
}

static bool starts(struct scf_str s, const char *text) {
    size_t n = strlen(text);
    return s.n >= n && strncasecmp(s.p, text, n) == 0;
}

bool scf_media_type_matches(const char *value, const char *wanted) {
    if (strcmp(wanted, "*/*") == 0)
        return true;
    if (value == NULL)
        return false;
    struct scf_str list = scf_str(value), part;
    bool got = next_part(&list, ';', &part);
    bool alias = strcmp(wanted, "application/x-ndjson") == 0 && same(part, "application/jsonl");
    if (!got || (!alias && !same(part, wanted)))
        return false;
    while (next_part(&list, ';', &part))
        if (starts(part, "charset=") && !same(part, "charset=utf-8") &&
            !same(part, "charset=\"utf-8\""))
            return false;
    return true;
}

/* Thousandths of the q parameter of one element; 1000 when absent, 0 when malformed. */
static int quality(struct scf_str params) {
    struct scf_str part;
    while (next_part(&params, ';', &part)) {
        if (!starts(part, "q="))
            continue;
        int value = 0, scale = 1000;
        for (size_t i = 2; i < part.n; i++) {
            char c = part.p[i];
            if (c == '.' && i == 3)
                continue;
            if (c < '0' || c > '9' || scale == 0)
                return 0;
            value += (c - '0') * scale;
            scale /= 10;
        }
        return value > 1000 ? 0 : value;
    }
    return 1000;
}

bool scf_prefers_chinese(const char *value) {
    if (value == NULL)
        return false;
    struct scf_str list = scf_str(value), part;
    int chinese = 0, english = 0, other = 0;
    while (next_part(&list, ',', &part)) {
        struct scf_str tag, params = part;
        if (!next_part(&params, ';', &tag))
            continue;
        int q = quality(params);
        int *best = starts(tag, "zh") ? &chinese : starts(tag, "en") ? &english : &other;
        if (q > *best)
            *best = q;
    }
    return chinese > english;
}

/* How closely a media range fits a type: 3 by name, 2 as "text" with any subtype, 1 any; 0 not. */
static int closeness(struct scf_str range, const char *media) {
    const char *slash = strchr(media, '/');
    size_t main_type = (size_t)(slash - media) + 1;
    if (same(range, media))
        return 3;
    if (range.n == main_type + 1 && strncasecmp(range.p, media, main_type) == 0 &&
        range.p[main_type] == '*')
        return 2;
    return scf_str_is(range, "*/*") ? 1 : 0;
}

bool scf_prefers_media(const char *value, const char *media, const char *other) {
    if (value == NULL)
        return false;
    struct scf_str list = scf_str(value), part;
    int named = 0, other_quality = 0, other_closeness = 0;
    while (next_part(&list, ',', &part)) {
        struct scf_str range, params = part;
        if (!next_part(&params, ';', &range))
            continue;
        int fits = closeness(range, other);
        if (same(range, media))
            named = quality(params);
        if (fits > other_closeness) {
            other_closeness = fits;
            other_quality = quality(params);
        }
    }
    return named > other_quality;
}

bool scf_etag_listed(const char *value, const char *etag) {
    if (value == NULL)
        return false;
    struct scf_str list = scf_str(value), part;
    while (next_part(&list, ',', &part)) {
        if (scf_str_is(part, "*"))
            return true;
        if (part.n > 2 && part.p[0] == 'W' && part.p[1] == '/')
            part = (struct scf_str){part.p + 2, part.n - 2};
        if (part.n >= 2 && part.p[0] == '"' && part.p[part.n - 1] == '"' &&
            scf_str_is((struct scf_str){part.p + 1, part.n - 2}, etag))
            return true;
    }
    return false;
}

int scf_prefer_wait(const char *value) {
    enum { LONGEST = 60 };
    if (value == NULL)
        return 0;
    struct scf_str list = scf_str(value), part;
    while (next_part(&list, ',', &part)) {
        uint64_t seconds;
        if (starts(part, "wait=") &&
            scf_parse_u64((struct scf_str){part.p + 5, part.n - 5}, 86400, &seconds))
            return seconds > LONGEST ? LONGEST : (int)seconds;
    }
    return 0;
}

bool scf_idempotency_key_text(const char *value, struct scf_str *ret) {
    if (value == NULL)
        return false;
    struct scf_str key = trim(scf_str(value));
    if (key.n >= 2 && key.p[0] == '"' && key.p[key.n - 1] == '"')
        key = (struct scf_str){key.p + 1, key.n - 2};
    if (key.n == 0 || key.n > 255)
        return false;
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] <= ' ' || key.p[i] >= 0x7f || key.p[i] == '"' || key.p[i] == '\\')
            return false;
    *ret = key;
    return true;
}
