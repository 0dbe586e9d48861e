/* Documents, pages and shapes, through cairo's PDF surface. cairo and pango are told to neither
 * hint nor round, so that what is measured is what is drawn, whatever the machine's settings.
 * Relies on pdf_text.c for text. */
#include "pdf_impl.h"

#include "scfd/base/clock.h"

/* One document at a time: the fonts that pango keeps are shared, and one set of them is enough. */
static pthread_mutex_t drawing = PTHREAD_MUTEX_INITIALIZER;
static atomic_int present; /* threads that draw or wait */

static bool take_turn(void) {
    if (atomic_fetch_add(&present, 1) > SCF_PDF_WAITING_MAX) {
        atomic_fetch_sub(&present, 1);
        return false;
    }
    pthread_mutex_lock(&drawing);
    return true;
}

static void end_turn(void) {
    pthread_mutex_unlock(&drawing);
    atomic_fetch_sub(&present, 1);
}

static double points(int length) {
    return (double)length / SCF_PT;
}

static cairo_status_t write_out(void *out, const unsigned char *bytes, unsigned int n) {
    struct scf_buf *buf = out;
    scf_buf_put(buf, bytes, n);
    return buf->overflow ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static void describe(cairo_surface_t *surface, const struct scf_pdf_options *o) {
    char created[SCF_TIME_TEXT];
    scf_time_format(o->created_us - o->created_us % SCF_US_PER_SECOND, created);
    cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, o->title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, o->subject);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "scfd");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, created);
}

static void free_pdf(struct scf_pdf *pdf) {
    scf_pdf_text_close(pdf);
    cairo_destroy(pdf->cr);
    cairo_surface_destroy(pdf->surface);
    free(pdf);
    end_turn();
}

enum scf_code scf_pdf_begin(const struct scf_pdf_options *options, struct scf_buf *out,
                            struct scf_pdf **ret, struct scf_error *err) {
    struct scf_pdf *pdf = calloc(1, sizeof *pdf);
    if (pdf == NULL)
        return scf_fail_memory(err);
    if (!take_turn()) {
        free(pdf);
        return scf_fail(err, SCF_E_OVERLOADED, "Other documents are being drawn");
    }
    pdf->out = out;
    pdf->surface = cairo_pdf_surface_create_for_stream(write_out, out, points(SCF_PAGE_WIDTH),
                                                       points(SCF_PAGE_HEIGHT));
    describe(pdf->surface, options);
    pdf->cr = cairo_create(pdf->surface);
    if (cairo_status(pdf->cr) != CAIRO_STATUS_SUCCESS) {
        free_pdf(pdf);
        return scf_fail_memory(err);
    }
    if (!scf_pdf_text_open(pdf)) {
        free_pdf(pdf);
        return scf_fail(err, SCF_E_FONT_MISSING,
                        "The font " SCF_PDF_FONT " (Debian: fonts-wqy-microhei) is not installed");
    }
    *ret = pdf;
    return SCF_OK;
}

void scf_pdf_next_page(struct scf_pdf *pdf) {
    cairo_show_page(pdf->cr);
}

enum scf_code scf_pdf_end(struct scf_pdf *pdf, struct scf_error *err) {
    cairo_surface_finish(pdf->surface);
    cairo_status_t status = cairo_surface_status(pdf->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_status(pdf->cr);
    bool overflow = pdf->out->overflow, failed = pdf->failed;
    free_pdf(pdf);
    if (overflow)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The document is too large");
    if (failed)
        return scf_fail_memory(err);
    if (status == CAIRO_STATUS_SUCCESS)
        return SCF_OK;
    scf_fail(err, SCF_E_INTERNAL, "The document could not be drawn");
    return scf_note(err, "cairo: %s", cairo_status_to_string(status));
}

/* ---- shapes ---- */

void scf_pdf_set_tone(struct scf_pdf *pdf, enum scf_tone tone) {
    uint32_t rgb = scf_tone_rgb[tone];
    cairo_set_source_rgb(pdf->cr, (rgb >> 16 & 0xff) / 255.0, (rgb >> 8 & 0xff) / 255.0,
                         (rgb & 0xff) / 255.0);
}

void scf_pdf_rect(struct scf_pdf *pdf, int x, int y, int w, int h, enum scf_tone tone) {
    scf_pdf_set_tone(pdf, tone);
    cairo_rectangle(pdf->cr, points(x), points(y), points(w), points(h));
    cairo_fill(pdf->cr);
}

static void stroke(struct scf_pdf *pdf, int width, enum scf_tone tone, bool dashed) {
    static const double dashes[] = {2.0, 2.0};
    scf_pdf_set_tone(pdf, tone);
    cairo_set_line_width(pdf->cr, points(width));
    cairo_set_dash(pdf->cr, dashes, dashed ? SCF_COUNT(dashes) : 0, 0.0);
    cairo_stroke(pdf->cr);
}

void scf_pdf_line(struct scf_pdf *pdf, int x1, int y1, int x2, int y2, int width,
                  enum scf_tone tone) {
    cairo_move_to(pdf->cr, points(x1), points(y1));
    cairo_line_to(pdf->cr, points(x2), points(y2));
    stroke(pdf, width, tone, false);
}

/* One path, so that no seams show between the modules. */
static void draw_modules(struct scf_pdf *pdf, int x, int y, const struct scf_shape *s) {
    scf_pdf_rect(pdf, x, y, s->w, s->h, SCF_TONE_PAPER);
    cairo_set_source_rgb(pdf->cr, 0, 0, 0);
    double unit = points(s->w) / s->side;
    for (int row = 0; row < s->side; row++)
        for (int column = 0; column < s->side; column++)
            if (s->modules[row * s->side + column])
                cairo_rectangle(pdf->cr, points(x) + column * unit, points(y) + row * unit, unit,
                                unit);
    cairo_fill(pdf->cr);
}

static void draw_shape(struct scf_pdf *pdf, int dx, int dy, const struct scf_shape *s) {
    int x = dx + s->x, y = dy + s->y;
    switch (s->kind) {
    case SCF_SHAPE_RECT:
        scf_pdf_rect(pdf, x, y, s->w, s->h, s->tone);
        break;
    case SCF_SHAPE_FRAME:
        cairo_rectangle(pdf->cr, points(x), points(y), points(s->w), points(s->h));
        stroke(pdf, s->stroke, s->tone, false);
        break;
    case SCF_SHAPE_LINE:
        cairo_move_to(pdf->cr, points(x), points(y));
        cairo_line_to(pdf->cr, points(x + s->w), points(y + s->h));
        stroke(pdf, s->stroke, s->tone, s->dashed);
        break;
    case SCF_SHAPE_DISC:
        scf_pdf_set_tone(pdf, s->tone);
        cairo_new_path(pdf->cr);
        cairo_arc(pdf->cr, points(x), points(y), points(s->w), 0, 2 * 3.14159265358979);
        cairo_fill(pdf->cr);
        break;
    case SCF_SHAPE_TEXT:
        scf_pdf_line_of_text(pdf, x, y, s->type, s->text);
        break;
    case SCF_SHAPE_MODULES:
        draw_modules(pdf, x, y, s);
        break;
    }
}

void scf_pdf_figure(struct scf_pdf *pdf, int x, int y, const struct scf_figure *figure) {
    for (size_t i = 0; i < figure->n; i++)
        draw_shape(pdf, x, y, &figure->shapes[i]);
}

/* ---- ways through the document ---- */

static bool safe_uri(const char *uri) {
    for (const unsigned char *p = (const unsigned char *)uri; *p != '\0'; p++)
        if (*p <= ' ' || *p > '~' || *p == '\'' || *p == '"' || *p == '\\')
            return false;
    return true;
}

void scf_pdf_link(struct scf_pdf *pdf, int x, int y, int w, int h, const char *uri) {
    struct scf_buf attributes;
    if (!safe_uri(uri))
        return;
    scf_buf_init(&attributes, 4096);
    scf_buf_printf(&attributes, "rect=[%d.%02d %d.%02d %d.%02d %d.%02d] uri='%s'", x / SCF_PT,
                   x % SCF_PT, y / SCF_PT, y % SCF_PT, w / SCF_PT, w % SCF_PT, h / SCF_PT,
                   h % SCF_PT, uri);
    if (!attributes.overflow) {
        cairo_tag_begin(pdf->cr, CAIRO_TAG_LINK, attributes.data);
        cairo_tag_end(pdf->cr, CAIRO_TAG_LINK);
    }
    scf_buf_free(&attributes);
}

void scf_pdf_outline(struct scf_pdf *pdf, const char *title) {
    /* cairo wants the page by number, which it does not tell: a destination here does as well */
    char name[64], attributes[96];
    snprintf(name, sizeof name, "section-%u", ++pdf->sections);
    snprintf(attributes, sizeof attributes, "name='%s'", name);
    cairo_tag_begin(pdf->cr, CAIRO_TAG_DEST, attributes);
    cairo_tag_end(pdf->cr, CAIRO_TAG_DEST);
    snprintf(attributes, sizeof attributes, "dest='%s'", name);
    cairo_pdf_surface_add_outline(pdf->surface, CAIRO_PDF_OUTLINE_ROOT, title, attributes, 0);
}
