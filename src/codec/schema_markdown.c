/* A field table as a section of the reference page: one row per member, nested ones by their path
 * ("lines[].amount"). */
#include "check.h"

#include "scfd/base/money.h"

enum { MAX_PATH = 256 };

static const char *type_name(enum scf_type type) {
    static const char *const names[] = {
        [SCF_T_STRING] = "string",   [SCF_T_ENUM] = "enum",       [SCF_T_MONEY] = "money",
        [SCF_T_DECIMAL] = "decimal", [SCF_T_INTEGER] = "integer", [SCF_T_BOOL] = "boolean",
        [SCF_T_DATE] = "date",       [SCF_T_TIME] = "time",       [SCF_T_CURRENCY] = "currency",
        [SCF_T_COUNTRY] = "country", [SCF_T_ID] = "id",           [SCF_T_USCC] = "uscc",
        [SCF_T_OBJECT] = "object",   [SCF_T_ARRAY] = "list",      [SCF_T_SCALARS] = "free object",
    };
    SCF_ASSERT((size_t)type < SCF_COUNT(names));
    return names[type];
}

/* Cell text: '|' would end the cell. */
static void put_cell(struct scf_buf *out, const char *text) {
    for (; text && *text; text++) {
        if (*text == '|')
            scf_buf_putc(out, '\\');
        scf_buf_putc(out, *text);
    }
}

static void put_choices(struct scf_buf *out, const struct scf_field *f) {
    for (size_t i = 0; f->choices[i]; i++)
        scf_buf_printf(out, f->type == SCF_T_ID ? "%s`%s_…`" : "%s`%s`", i ? ", " : "",
                       f->choices[i]);
}

/* Money is bounded in minor units of whatever currency: as decimal text that holds for none, so
 * only its sign is told. */
static void put_money_rule(struct scf_buf *out, const struct scf_field *f) {
    if (f->min > 0)
        scf_buf_puts(out, "> 0");
    else if (f->min == 0 && f->max != 0)
        scf_buf_puts(out, "≥ 0");
}

static void put_range(struct scf_buf *out, const struct scf_field *f, int places,
                      const char *unit) {
    char min[SCF_MONEY_TEXT], max[SCF_MONEY_TEXT];
    if (!field_has_bounds(f))
        return;
    scf_decimal_format(f->min, places, min);
    scf_decimal_format(f->max, places, max);
    if (field_has_max(f))
        scf_buf_printf(out, "%s–%s%s", min, max, unit);
    else
        scf_buf_printf(out, "≥ %s%s", min, unit);
}

static void put_rule(struct scf_buf *out, const struct scf_field *f) {
    switch (f->type) {
    case SCF_T_STRING:
        put_range(out, f, 0, " characters");
        if (f->pattern_text) {
            scf_buf_puts(out, field_has_bounds(f) ? "; " : "");
            put_cell(out, f->pattern_text);
        }
        break;
    case SCF_T_ENUM:
    case SCF_T_ID:
        put_choices(out, f);
        break;
    case SCF_T_MONEY:
        put_money_rule(out, f);
        break;
    case SCF_T_DECIMAL:
        put_range(out, f, f->places, ", ");
        scf_buf_printf(out, "at most %d places", f->places);
        break;
    case SCF_T_INTEGER:
        put_range(out, f, 0, "");
        break;
    case SCF_T_ARRAY:
        put_range(out, f, 0, " elements");
        break;
    case SCF_T_SCALARS:
        put_range(out, f, 0, " members");
        break;
    default:
        break;
    }
}

static void put_row(struct scf_buf *out, const char *path, const struct scf_field *f) {
    scf_buf_printf(out, "| `%s` | %s | %s | ", path, type_name(f->type),
                   f->presence == SCF_REQUIRED ? "yes" : "");
    put_rule(out, f);
    scf_buf_puts(out, " | ");
    put_cell(out, f->doc_en);
    scf_buf_puts(out, " | ");
    put_cell(out, f->doc_zh);
    scf_buf_puts(out, " |\n");
}

static void put_rows(struct scf_buf *out, const char *prefix, const struct scf_field *fields);

/* The row of one field and the rows of what it contains. */
static void put_field(struct scf_buf *out, const char *path, const struct scf_field *f) {
    char inner[MAX_PATH];
    put_row(out, path, f);
    if (f->type == SCF_T_OBJECT) {
        snprintf(inner, sizeof inner, "%s.", path);
        put_rows(out, inner, f->members);
    } else if (f->type == SCF_T_ARRAY) {
        snprintf(inner, sizeof inner, "%s[]", path);
        put_field(out, inner, f->members);
    }
}

static void put_rows(struct scf_buf *out, const char *prefix, const struct scf_field *fields) {
    for (const struct scf_field *f = fields; f->name; f++) {
        char path[MAX_PATH];
        snprintf(path, sizeof path, "%s%s", prefix, f->name);
        put_field(out, path, f);
    }
}

void scf_schema_markdown(const struct scf_schema *schema, struct scf_buf *out) {
    scf_buf_printf(out, "## %s\n\n", schema->name);
    if (schema->doc_en)
        scf_buf_printf(out, "%s\n\n", schema->doc_en);
    if (schema->doc_zh)
        scf_buf_printf(out, "%s\n\n", schema->doc_zh);
    scf_buf_puts(out, "| member | type | required | rule | meaning | 含义 |\n"
                      "|---|---|---|---|---|---|\n");
    put_rows(out, "", schema->fields);
    scf_buf_puts(out, "\n");
}
