/* The blocks of a report, and how figures, codes and foreign text are shown in it. Pure. */
#include "report.h"

#include "scfd/base/money.h"

const char scf_absent[] = "–";
static const char ellipsis[] = "…";

const char *scf_say(const struct scf_report *r, const char *en, const char *zh) {
    return r->chinese ? zh : en;
}

const char *scf_printed(struct scf_report *r, const char *format, ...) {
    char formatted[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(formatted, sizeof formatted, format, args);
    va_end(args);
    const char *copy = n >= 0 ? scf_strdup(r->arena, formatted) : NULL;
    if (copy == NULL) {
        r->failed = true;
        return "";
    }
    return copy;
}

/* ---- foreign text ---- */

/* The code point at *p, which moves past it; malformed bytes, which records do not have, one by
 * one.
 */
static uint32_t next_point(const unsigned char **p) {
    const unsigned char *s = *p;
    int more = s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : s[0] >= 0xc0 ? 1 : 0;
    uint32_t c = more == 3 ? s[0] & 7u : more == 2 ? s[0] & 15u : more == 1 ? s[0] & 31u : s[0];
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            *p = s + 1;
            return 0xfffd;
        }
        c = c << 6 | (s[i] & 0x3fu);
    }
    *p = s + 1 + more;
    return s[0] >= 0x80 && more == 0 ? 0xfffd : c;
}

/* Controls, direction marks and overrides, and the like, which could make a text look like another.
 */
static bool misleading(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0xfeff ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfffd || c >= 0xe0000;
}

const char *scf_shown(struct scf_report *r, const char *text) {
    if (text == NULL || *text == '\0')
        return scf_absent;
    size_t n = strlen(text), room = n < 4 * SCF_REPORT_TEXT ? n : 4 * SCF_REPORT_TEXT;
    char *out = scf_alloc(r->arena, room + sizeof ellipsis, 1), *end = out;
    if (out == NULL) {
        r->failed = true;
        return "";
    }
    const unsigned char *p = (const unsigned char *)text;
    for (int count = 0; *p != '\0'; count++) {
        const unsigned char *from = p;
        if (count == SCF_REPORT_TEXT) {
            memcpy(end, ellipsis, sizeof ellipsis);
            break;
        }
        if (misleading(next_point(&p))) {
            *end++ = ' ';
        } else {
            memcpy(end, from, (size_t)(p - from));
            end += p - from;
        }
    }
    return out;
}

/* ---- figures ---- */

const char *scf_grouped(struct scf_report *r, const char *decimal) {
    if (decimal == NULL)
        return scf_absent;
    const char *digits = decimal + (*decimal == '-');
    size_t whole = strspn(digits, "0123456789"), n = strlen(decimal);
    if (whole <= 3 || whole > 30)
        return scf_shown(r, decimal);
    char *out = scf_alloc(r->arena, n + whole / 3 + 1, 1), *end = out;
    if (out == NULL) {
        r->failed = true;
        return "";
    }
    if (*decimal == '-')
        *end++ = '-';
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            *end++ = ',';
        *end++ = digits[i];
    }
    memcpy(end, digits + whole, strlen(digits + whole));
    return out;
}

const char *scf_money_shown(struct scf_report *r, int64_t minor, const char *currency) {
    char text[SCF_MONEY_TEXT];
    scf_money_format(minor, scf_scale_of(currency), text);
    return scf_grouped(r, text);
}

const char *scf_percent(struct scf_report *r, const char *decimal) {
    int64_t ppm;
    if (decimal == NULL || !scf_decimal_parse(scf_str(decimal), 6, &ppm) || ppm < 0)
        return scf_absent;
    return scf_printed(r, "%" PRId64 ".%02" PRId64 "%%", ppm / 10000, ppm / 100 % 100);
}

const char *scf_hours(struct scf_report *r, const char *decimal) {
    int64_t millionths;
    if (decimal == NULL || !scf_decimal_parse(scf_str(decimal), 6, &millionths) || millionths < 0)
        return scf_absent;
    return scf_printed(r, "%" PRId64 ".%02" PRId64 " h", millionths / SCF_PPM,
                       millionths / 10000 % 100);
}

const char *scf_counted(struct scf_report *r, const cJSON *object, const char *name) {
    int64_t n = 0;
    return scf_json_i64(object, name, &n) ? scf_printed(r, "%" PRId64, n) : scf_absent;
}

const char *scf_amount_at(struct scf_report *r, const cJSON *object, const char *name) {
    const char *text = scf_json_string(object, name);
    return text != NULL ? scf_printed(r, "%s %s", r->currency, scf_grouped(r, text)) : scf_absent;
}

int64_t scf_minor_at(const struct scf_report *r, const cJSON *object, const char *name) {
    const char *text = scf_json_string(object, name);
    int64_t minor = 0;
    if (text == NULL || !scf_money_parse(scf_str(text), scf_scale_of(r->currency), &minor))
        return 0;
    return minor;
}

/* ---- JSON ---- */

const cJSON *scf_json_at(const cJSON *object, const char *first, const char *second) {
    return scf_json_get(scf_json_get(object, first), second);
}

const char *scf_text_at(const cJSON *object, const char *first, const char *second) {
    return scf_json_string(scf_json_get(object, first), second);
}

size_t scf_list_length(const cJSON *array) {
    return cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
}

/* ---- blocks ---- */

/* Where a block goes when the arena is full: nobody reads it, for the report has failed. */
static struct scf_block *spare(struct scf_report *r) {
    static _Thread_local struct scf_block nowhere;
    nowhere = (struct scf_block){0};
    r->failed = true;
    return &nowhere;
}

struct scf_block *scf_add_block(struct scf_report *r, enum scf_block_kind kind, const char *text) {
    struct scf_block *b = scf_alloc(r->arena, 1, sizeof *b);
    if (b == NULL)
        return spare(r);
    b->kind = kind;
    b->text = text;
    if (r->last != NULL)
        r->last->next = b;
    else
        r->first = b;
    r->last = b;
    return b;
}

void scf_table_begin(struct scf_report *r, struct scf_report_table *t, const char *caption,
                     const struct scf_report_column *columns, size_t column_count,
                     size_t max_rows) {
    *t = (struct scf_report_table){.capacity = column_count * max_rows};
    t->cells = scf_alloc(r->arena, t->capacity, sizeof *t->cells);
    struct scf_report_column *copy = scf_alloc(r->arena, column_count, sizeof *copy);
    t->block = scf_add_block(r, SCF_BLOCK_TABLE, caption);
    if (t->cells == NULL || copy == NULL) {
        t->capacity = 0;
        r->failed = true;
        return;
    }
    memcpy(copy, columns, column_count * sizeof *copy);
    t->block->columns = copy;
    t->block->column_count = column_count;
}

void scf_table_cell(struct scf_report *r, struct scf_report_table *t, const char *text) {
    if (t->used < t->capacity)
        t->cells[t->used++] = text;
    else
        r->failed = true;
}

void scf_table_end(struct scf_report_table *t) {
    t->block->cells = t->cells;
    t->block->n = t->block->column_count > 0 ? t->used / t->block->column_count : 0;
}

void scf_fact(struct scf_facts *f, const char *label, const char *value) {
    SCF_ASSERT(f->n < SCF_FACTS_MAX);
    f->list[f->n++] = (struct scf_report_fact){label, value};
}

struct scf_block *scf_facts_end(struct scf_facts *f, enum scf_block_kind kind) {
    struct scf_block *b = scf_add_block(f->r, kind, NULL);
    struct scf_report_fact *copy = scf_alloc(f->r->arena, f->n, sizeof *copy);
    if (copy == NULL) {
        f->r->failed = true;
        return b;
    }
    memcpy(copy, f->list, f->n * sizeof *copy);
    b->facts = copy;
    b->n = f->n;
    return b;
}
