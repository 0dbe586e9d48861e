/* YAML block style out of the JSON description: the same data, for people to read and diff. */
#include "routes.h"

#include "scfd/codec/json.h"

enum { DOCUMENT_MAX = 8 << 20 };

static void indent(struct scf_buf *out, int depth) {
    for (int i = 0; i < depth; i++)
        scf_buf_puts(out, "  ");
}

/* A JSON string is a valid YAML double-quoted scalar. */
static void write_quoted(struct scf_buf *out, const char *text) {
    cJSON *item = cJSON_CreateStringReference(text);
    char *quoted = cJSON_PrintUnformatted(item);
    SCF_ASSERT(quoted);
    scf_buf_puts(out, quoted);
    free(quoted);
    cJSON_Delete(item);
}

/* Words that YAML reads as nothing but themselves need no quotes. */
static bool is_plain(const char *text) {
    static const char *const taken[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};
    if (!isalpha((unsigned char)text[0]))
        return false;
    for (const char *p = text; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
            return false;
    for (size_t i = 0; i < SCF_COUNT(taken); i++)
        if (strcasecmp(text, taken[i]) == 0)
            return false;
    return true;
}

static void write_word(struct scf_buf *out, const char *text) {
    if (is_plain(text))
        scf_buf_puts(out, text);
    else
        write_quoted(out, text);
}

static void write_scalar(struct scf_buf *out, const cJSON *item) {
    if (cJSON_IsString(item)) {
        write_word(out, item->valuestring);
        return;
    }
    if (cJSON_IsNumber(item) && item->valuedouble == (double)(int64_t)item->valuedouble) {
        scf_buf_put_i64(out, (int64_t)item->valuedouble); /* cJSON rounds to 15 digits */
        return;
    }
    char *text = cJSON_PrintUnformatted(item); /* fractions, booleans, null, {} and [] */
    SCF_ASSERT(text);
    scf_buf_puts(out, text);
    free(text);
}

static bool is_block(const cJSON *item) {
    return (cJSON_IsObject(item) || cJSON_IsArray(item)) && item->child;
}

/* The description is ours and shallow: recursion is bounded by it. */
static void write_block(struct scf_buf *out, const cJSON *item, int depth, bool first_inline) {
    const cJSON *child;
    cJSON_ArrayForEach(child, item) {
        if (!first_inline)
            indent(out, depth);
        first_inline = false;
        if (cJSON_IsObject(item)) {
            write_word(out, child->string);
            scf_buf_puts(out, is_block(child) ? ":\n" : ": ");
            if (is_block(child)) {
                write_block(out, child, depth + 1, false);
                continue;
            }
        } else {
            scf_buf_puts(out, "- ");
            if (is_block(child)) {
                write_block(out, child, depth + 1, true);
                continue;
            }
        }
        write_scalar(out, child);
        scf_buf_putc(out, '\n');
    }
}

bool scf_openapi_yaml(struct scf_buf *out) {
    struct scf_buf json;
    scf_buf_init(&json, DOCUMENT_MAX);
    scf_openapi_json(&json);
    cJSON *root = json.overflow ? NULL : cJSON_ParseWithLength(json.data, json.len);
    if (root) {
        scf_buf_puts(out,
                     "# Made by `scfd openapi` from the routes and field tables; do not edit.\n");
        write_block(out, root, 0, false);
    }
    cJSON_Delete(root);
    scf_buf_free(&json);
    return root != NULL;
}
