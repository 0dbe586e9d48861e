/* Text in PDF documents, through pango: wrapping, and one font only. */
#include "pdf_impl.h"

#include "scfd/base/text.h"

static const char missing_glyph[] = "\xe3\x80\x93"; /* U+3013, the printer's sign for one */

/* Made by the first document and kept; used under the lock of pdf.c. */
static PangoFontMap *font_map;

static PangoFontDescription *describe(int size) {
    PangoFontDescription *d = pango_font_description_new();
    pango_font_description_set_family_static(d, SCF_PDF_FONT);
    pango_font_description_set_size(d, size * (PANGO_SCALE / 4) / (SCF_PT / 4));
    return d;
}

/* fontconfig always finds something: it is the right one only if it says so itself. */
static bool is_ours(PangoFont *font) {
    if (font == NULL)
        return false;
    PangoFontDescription *d = pango_font_describe(font);
    const char *family = pango_font_description_get_family(d);
    bool ours = family != NULL && strcmp(family, SCF_PDF_FONT) == 0 &&
                pango_font_has_char(font, 0x89c4) && pango_font_has_char(font, 'A') &&
                pango_font_has_char(font, 0x3013);
    pango_font_description_free(d);
    return ours;
}

static PangoContext *make_context(struct scf_pdf *pdf) {
    PangoContext *context = pango_font_map_create_context(font_map);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
    pango_context_set_language(context, pango_language_from_string("zh-cn"));
    pango_cairo_update_context(pdf->cr, context);
    return context;
}

static void set_attributes(PangoLayout *layout) {
    PangoAttrList *list = pango_attr_list_new();
    pango_attr_list_insert(list, pango_attr_fallback_new(FALSE));
    pango_layout_set_attributes(layout, list);
    pango_attr_list_unref(list);
}

bool scf_pdf_text_open(struct scf_pdf *pdf) {
    if (font_map == NULL) {
        font_map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
        if (font_map == NULL)
            return false;
        pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(font_map), 72.0);
    }
    PangoContext *context = make_context(pdf);
    PangoFontDescription *d = describe(10 * SCF_PT);
    pdf->font = pango_font_map_load_font(font_map, context, d);
    pango_font_description_free(d);
    if (is_ours(pdf->font)) {
        pdf->layout = pango_layout_new(context);
        pango_layout_set_wrap(pdf->layout, PANGO_WRAP_WORD_CHAR);
        pango_layout_set_auto_dir(pdf->layout, FALSE);
        set_attributes(pdf->layout);
    }
    g_object_unref(context);
    return pdf->layout != NULL;
}

void scf_pdf_text_close(struct scf_pdf *pdf) {
    g_clear_object(&pdf->layout);
    g_clear_object(&pdf->font);
}

/* ---- one text ---- */

/* Behind the character at p. */
static const char *after(const char *p) {
    return p + g_utf8_skip[(unsigned char)*p];
}

static bool drawable(struct scf_pdf *pdf, gunichar c) {
    return c == '\n' || pango_font_has_char(pdf->font, c);
}

/* `text` with what the font lacks replaced; NULL: nothing to replace, or no memory. */
static char *replaced(struct scf_pdf *pdf, const char *text) {
    bool whole = true;
    size_t n = 0;
    for (const char *p = text; *p != '\0'; p = after(p), n++)
        whole = whole && drawable(pdf, g_utf8_get_char(p));
    if (whole)
        return NULL;
    char *copy = malloc(4 * n + 1), *end = copy;
    if (copy == NULL) {
        pdf->failed = true;
        return NULL;
    }
    for (const char *p = text; *p != '\0'; p = after(p)) {
        bool has = drawable(pdf, g_utf8_get_char(p));
        const char *from = has ? p : missing_glyph;
        size_t length = has ? (size_t)(after(p) - p) : sizeof missing_glyph - 1;
        memcpy(end, from, length);
        end += length;
    }
    *end = '\0';
    return copy;
}

/* Lays the text out; `width` < 0: one line however long. */
static void lay_out(struct scf_pdf *pdf, int width, struct scf_lettering type, const char *text) {
    static const PangoAlignment alignments[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER,
                                                PANGO_ALIGN_RIGHT};
    PangoFontDescription *d = describe(type.size);
    if (!scf_utf8_valid(text, strlen(text)))
        text = missing_glyph;
    char *copy = replaced(pdf, text);
    pango_layout_set_font_description(pdf->layout, d);
    pango_font_description_free(d);
    pango_layout_set_width(pdf->layout,
                           width < 0 ? -1 : (int)((int64_t)width * PANGO_SCALE / SCF_PT));
    pango_layout_set_alignment(pdf->layout, alignments[type.align]);
    pango_layout_set_text(pdf->layout, copy != NULL ? copy : text, -1);
    free(copy);
}

static int length_of(int pango_units) {
    return (int)(((int64_t)pango_units * SCF_PT + PANGO_SCALE - 1) / PANGO_SCALE);
}

int scf_pdf_text_height(struct scf_pdf *pdf, int width, struct scf_lettering type,
                        const char *text) {
    int height = 0;
    lay_out(pdf, width, type, text);
    pango_layout_get_size(pdf->layout, NULL, &height);
    return length_of(height);
}

void scf_pdf_text(struct scf_pdf *pdf, int x, int y, int width, struct scf_lettering type,
                  const char *text) {
    lay_out(pdf, width, type, text);
    scf_pdf_set_tone(pdf, type.tone);
    cairo_move_to(pdf->cr, (double)x / SCF_PT, (double)y / SCF_PT);
    pango_cairo_show_layout(pdf->cr, pdf->layout);
}

void scf_pdf_line_of_text(struct scf_pdf *pdf, int x, int y, struct scf_lettering type,
                          const char *text) {
    int width = 0;
    lay_out(pdf, -1, type, text);
    pango_layout_get_size(pdf->layout, &width, NULL);
    double left = (double)x / SCF_PT, whole = (double)width / PANGO_SCALE;
    if (type.align == SCF_ALIGN_MIDDLE)
        left -= whole / 2;
    else if (type.align == SCF_ALIGN_END)
        left -= whole;
    scf_pdf_set_tone(pdf, type.tone);
    cairo_move_to(pdf->cr, left,
                  (double)y / SCF_PT -
                      (double)pango_layout_get_baseline(pdf->layout) / PANGO_SCALE);
    pango_cairo_show_layout(pdf->cr, pdf->layout);
}
