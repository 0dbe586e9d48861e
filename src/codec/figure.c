/* Lists of shapes, and their SVG. Relies on libqrencode for the modules of QR codes. Pure. */
#include "scfd/codec/figure.h"

#include <qrencode.h>

enum { QR_QUIET = 4, QR_TEXT_MAX = 300, FIRST_SHAPES = 64 };

const uint32_t scf_tone_rgb[SCF_TONES] = {
    [SCF_TONE_PAPER] = 0xffffff,  [SCF_TONE_FAINT] = 0xf1f3f6, [SCF_TONE_RULE] = 0xc3c9d1,
    [SCF_TONE_MUTED] = 0x5a6472,  [SCF_TONE_INK] = 0x161b22,   [SCF_TONE_TINT] = 0xb9c7da,
    [SCF_TONE_ACCENT] = 0x1f3b63, [SCF_TONE_ALERT] = 0x9a2a22,
};

void scf_fig_init(struct scf_figure *f, struct scf_arena *arena, int width, int height) {
    *f = (struct scf_figure){.arena = arena, .width = width, .height = height, .alt = ""};
}

static void add(struct scf_figure *f, struct scf_shape shape) {
    if (f->n == f->capacity) {
        size_t capacity = f->capacity > 0 ? 2 * f->capacity : FIRST_SHAPES;
        struct scf_shape *grown = scf_alloc(f->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            f->failed = true;
            return;
        }
        if (f->n > 0)
            memcpy(grown, f->shapes, f->n * sizeof *grown);
        f->shapes = grown;
        f->capacity = capacity;
    }
    f->shapes[f->n++] = shape;
}

void scf_fig_rect(struct scf_figure *f, int x, int y, int w, int h, enum scf_tone tone) {
    add(f,
        (struct scf_shape){.kind = SCF_SHAPE_RECT, .tone = tone, .x = x, .y = y, .w = w, .h = h});
}

void scf_fig_frame(struct scf_figure *f, int x, int y, int w, int h, int stroke,
                   enum scf_tone tone) {
    add(f, (struct scf_shape){.kind = SCF_SHAPE_FRAME,
                              .tone = tone,
                              .x = x,
                              .y = y,
                              .w = w,
                              .h = h,
                              .stroke = stroke});
}

void scf_fig_line(struct scf_figure *f, int x1, int y1, int x2, int y2, int stroke,
                  enum scf_tone tone, bool dashed) {
    add(f, (struct scf_shape){.kind = SCF_SHAPE_LINE,
                              .tone = tone,
                              .dashed = dashed,
                              .x = x1,
                              .y = y1,
                              .w = x2 - x1,
                              .h = y2 - y1,
                              .stroke = stroke});
}

void scf_fig_disc(struct scf_figure *f, int x, int y, int radius, enum scf_tone tone) {
    add(f, (struct scf_shape){.kind = SCF_SHAPE_DISC, .tone = tone, .x = x, .y = y, .w = radius});
}

void scf_fig_text(struct scf_figure *f, int x, int y, struct scf_lettering type, const char *text) {
    char *copy = scf_strdup(f->arena, text != NULL ? text : "");
    if (copy == NULL) {
        f->failed = true;
        return;
    }
    add(f,
        (struct scf_shape){
            .kind = SCF_SHAPE_TEXT, .tone = type.tone, .x = x, .y = y, .type = type, .text = copy});
}

/* The modules with their quiet zone; NULL: no memory, or the text is too long for a code. */
static uint8_t *encode(struct scf_arena *arena, const char *text, int *ret_side) {
    size_t length = strlen(text);
    if (length == 0 || length > QR_TEXT_MAX)
        return NULL;
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (code == NULL)
        return NULL;
    int side = code->width + 2 * QR_QUIET;
    uint8_t *modules = scf_alloc(arena, (size_t)side * (size_t)side, 1);
    for (int row = 0; modules != NULL && row < code->width; row++)
        for (int column = 0; column < code->width; column++)
            modules[(row + QR_QUIET) * side + column + QR_QUIET] =
                code->data[row * code->width + column] & 1;
    QRcode_free(code);
    *ret_side = side;
    return modules;
}

void scf_fig_qr(struct scf_figure *f, int x, int y, int side, const char *text) {
    int count = 0;
    uint8_t *modules = encode(f->arena, text, &count);
    if (modules == NULL) {
        f->failed = true;
        return;
    }
    add(f, (struct scf_shape){.kind = SCF_SHAPE_MODULES,
                              .tone = SCF_TONE_INK,
                              .x = x,
                              .y = y,
                              .w = side,
                              .h = side,
                              .modules = modules,
                              .side = count});
}

/* ---- SVG ---- */

void scf_html_text(struct scf_buf *out, const char *text) {
    for (const char *p = text != NULL ? text : ""; *p != '\0'; p++) {
        switch (*p) {
        case '&':
            scf_buf_puts(out, "&amp;");
            break;
        case '<':
            scf_buf_puts(out, "&lt;");
            break;
        case '>':
            scf_buf_puts(out, "&gt;");
            break;
        case '"':
            scf_buf_puts(out, "&quot;");
            break;
        case '\'':
            scf_buf_puts(out, "&#39;");
            break;
        default:
            scf_buf_putc(out, *p);
        }
    }
}

/* name="12.34" */
static void put(struct scf_buf *out, const char *name, int value) {
    unsigned size = value < 0 ? 0u - (unsigned)value : (unsigned)value;
    scf_buf_printf(out, " %s=\"%s%u", name, value < 0 ? "-" : "", size / SCF_PT);
    if (size % SCF_PT != 0)
        scf_buf_printf(out, ".%02u", size % SCF_PT);
    scf_buf_putc(out, '"');
}

static void put_tone(struct scf_buf *out, const char *name, enum scf_tone tone) {
    scf_buf_printf(out, " %s=\"#%06x\"", name, (unsigned)scf_tone_rgb[tone]);
}

static void svg_rect(const struct scf_shape *s, struct scf_buf *out) {
    bool frame = s->kind == SCF_SHAPE_FRAME;
    scf_buf_puts(out, "<rect");
    put(out, "x", s->x);
    put(out, "y", s->y);
    put(out, "width", s->w);
    put(out, "height", s->h);
    put_tone(out, frame ? "stroke" : "fill", s->tone);
    if (frame) {
        scf_buf_puts(out, " fill=\"none\"");
        put(out, "stroke-width", s->stroke);
    }
    scf_buf_puts(out, "/>");
}

static void svg_line(const struct scf_shape *s, struct scf_buf *out) {
    scf_buf_puts(out, "<line");
    put(out, "x1", s->x);
    put(out, "y1", s->y);
    put(out, "x2", s->x + s->w);
    put(out, "y2", s->y + s->h);
    put_tone(out, "stroke", s->tone);
    put(out, "stroke-width", s->stroke);
    if (s->dashed)
        scf_buf_puts(out, " stroke-dasharray=\"2 2\"");
    scf_buf_puts(out, "/>");
}

static void svg_text(const struct scf_shape *s, struct scf_buf *out) {
    static const char *const anchors[] = {"start", "middle", "end"};
    scf_buf_puts(out, "<text");
    put(out, "x", s->x);
    put(out, "y", s->y);
    put(out, "font-size", s->type.size);
    put_tone(out, "fill", s->tone);
    scf_buf_printf(out, " text-anchor=\"%s\">", anchors[s->type.align]);
    scf_html_text(out, s->text);
    scf_buf_puts(out, "</text>");
}

/* One path over a grid of modules that is scaled to the square: no seams between them. */
static void svg_modules(const struct scf_shape *s, struct scf_buf *out) {
    scf_buf_puts(out, "<svg");
    put(out, "x", s->x);
    put(out, "y", s->y);
    put(out, "width", s->w);
    put(out, "height", s->h);
    scf_buf_printf(out, " viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">", s->side, s->side);
    scf_buf_printf(out, "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>", s->side, s->side);
    scf_buf_puts(out, "<path fill=\"#000000\" d=\"");
    for (int row = 0; row < s->side; row++)
        for (int column = 0; column < s->side; column++)
            if (s->modules[row * s->side + column])
                scf_buf_printf(out, "M%d %dh1v1h-1z", column, row);
    scf_buf_puts(out, "\"/></svg>");
}

static void svg_shape(const struct scf_shape *s, struct scf_buf *out) {
    switch (s->kind) {
    case SCF_SHAPE_RECT:
    case SCF_SHAPE_FRAME:
        svg_rect(s, out);
        break;
    case SCF_SHAPE_LINE:
        svg_line(s, out);
        break;
    case SCF_SHAPE_DISC:
        scf_buf_puts(out, "<circle");
        put(out, "cx", s->x);
        put(out, "cy", s->y);
        put(out, "r", s->w);
        put_tone(out, "fill", s->tone);
        scf_buf_puts(out, "/>");
        break;
    case SCF_SHAPE_TEXT:
        svg_text(s, out);
        break;
    case SCF_SHAPE_MODULES:
        svg_modules(s, out);
        break;
    }
}

void scf_figure_svg(const struct scf_figure *f, struct scf_buf *out) {
    scf_buf_puts(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"");
    scf_html_text(out, f->alt);
    scf_buf_printf(out, "\" viewBox=\"0 0 %d.%02d %d.%02d\"", f->width / SCF_PT, f->width % SCF_PT,
                   f->height / SCF_PT, f->height % SCF_PT);
    scf_buf_printf(out, " width=\"%d.%02dpt\">", f->width / SCF_PT, f->width % SCF_PT);
    for (size_t i = 0; i < f->n; i++)
        svg_shape(&f->shapes[i], out);
    scf_buf_puts(out, "</svg>");
}
