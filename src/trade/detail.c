/* The table of what failed checks say, and its texts. Pure. */
#include "scfd/trade/trade.h"

static const struct {
    const char *slug, *en, *zh;
    size_t figures;
} table[] = {
    [SCF_DETAIL_NONE] = {.slug = "", .en = "", .zh = ""},
#define SCF_DETAIL(NAME, SLUG, FIGURES, EN, ZH)                                                    \
    [SCF_DETAIL_##NAME] = {.slug = (SLUG), .en = (EN), .zh = (ZH), .figures = (FIGURES)},
#include "scfd/trade/details.def"
#undef SCF_DETAIL
};
static_assert(SCF_COUNT(table) == SCF_DETAIL_COUNT, "every detail has its row");

const char *scf_detail_slug(enum scf_detail detail) {
    return table[detail].slug;
}

size_t scf_detail_figures(enum scf_detail detail) {
    return table[detail].figures;
}

bool scf_detail_find(const char *slug, enum scf_detail *ret) {
    for (size_t i = 1; i < SCF_COUNT(table); i++) {
        if (strcmp(table[i].slug, slug) != 0)
            continue;
        *ret = (enum scf_detail)i;
        return true;
    }
    return false;
}

bool scf_detail_read(const cJSON *array, enum scf_detail *ret,
                     const char *figures[SCF_DETAIL_FIGURES]) {
    const char *slug = cJSON_IsArray(array) ? cJSON_GetStringValue(array->child) : NULL;
    *ret = SCF_DETAIL_NONE;
    if (!cJSON_IsArray(array) || array->child == NULL)
        return cJSON_IsArray(array);
    if (slug == NULL || !scf_detail_find(slug, ret) ||
        (size_t)cJSON_GetArraySize(array) != table[*ret].figures + 1)
        return false;
    size_t n = 0;
    for (const cJSON *e = array->child->next; e != NULL; e = e->next) {
        figures[n] = cJSON_GetStringValue(e);
        if (figures[n++] == NULL)
            return false;
    }
    return true;
}

void scf_detail_text(enum scf_detail detail, const char *const *figures, bool chinese,
                     struct scf_buf *out) {
    for (const char *p = chinese ? table[detail].zh : table[detail].en; *p != '\0'; p++) {
        if (*p != '{') {
            scf_buf_putc(out, *p);
            continue;
        }
        scf_buf_puts(out, figures[p[1] - '0']);
        p += 2;
    }
}
