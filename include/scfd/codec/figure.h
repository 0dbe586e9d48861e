/* Figures: charts and the like as a list of shapes, drawn alike in a PDF (pdf.h) and as SVG.
 *
 * Lengths are hundredths of a point, x to the right and y downwards from the upper left corner.
 * A figure and its texts live in an arena; what does not fit sets `failed`: add everything, then
 * look once. Pure; one thread at a time. */
#ifndef SCFD_CODEC_FIGURE_H
#define SCFD_CODEC_FIGURE_H

#include "scfd/base/arena.h"
#include "scfd/base/buf.h"

#define SCF_PT 100 /* one point */

/* The colours there are. They differ in lightness as well, so that a print in black says the same.
 */
enum scf_tone {
    SCF_TONE_PAPER,
    SCF_TONE_FAINT, /* grounds */
    SCF_TONE_RULE,  /* lines */
    SCF_TONE_MUTED, /* secondary text */
    SCF_TONE_INK,
    SCF_TONE_TINT, /* the accent, light */
    SCF_TONE_ACCENT,
    SCF_TONE_ALERT,
    SCF_TONES
};
extern const uint32_t scf_tone_rgb[SCF_TONES]; /* 0xRRGGBB */

enum scf_align { SCF_ALIGN_START, SCF_ALIGN_MIDDLE, SCF_ALIGN_END };

struct scf_lettering { /* of text */
    int size;
    enum scf_tone tone;
    enum scf_align align;
};

struct scf_shape {
    enum {
        SCF_SHAPE_RECT,
        SCF_SHAPE_FRAME,
        SCF_SHAPE_LINE,
        SCF_SHAPE_DISC,
        SCF_SHAPE_TEXT,
        SCF_SHAPE_MODULES
    } kind;
    enum scf_tone tone;
    bool dashed;
    int x, y, w, h; /* LINE: from (x, y) to (x + w, y + h); DISC: centre, radius w */
    int stroke;     /* FRAME, LINE */
    struct scf_lettering
        type;               /* TEXT: y is its baseline, x where it begins, has its middle, ends */
    const char *text;       /* TEXT */
    const uint8_t *modules; /* MODULES: side × side, row by row, 1 is dark */
    int side;
};

struct scf_figure {
    struct scf_arena *arena;
    int width, height;
    const char *alt; /* what it shows, in words, for those who cannot see it */
    struct scf_shape *shapes;
    size_t n, capacity;
    bool failed;
};

void scf_fig_init(struct scf_figure *f, struct scf_arena *arena, int width, int height);
void scf_fig_rect(struct scf_figure *f, int x, int y, int w, int h, enum scf_tone tone);
void scf_fig_frame(struct scf_figure *f, int x, int y, int w, int h, int stroke,
                   enum scf_tone tone);
void scf_fig_line(struct scf_figure *f, int x1, int y1, int x2, int y2, int stroke,
                  enum scf_tone tone, bool dashed);
void scf_fig_disc(struct scf_figure *f, int x, int y, int radius, enum scf_tone tone);
/* One line of text, which is copied; it does not wrap. NULL is drawn as nothing. */
void scf_fig_text(struct scf_figure *f, int x, int y, struct scf_lettering type, const char *text);
/* `text` (1 to 300 bytes) as a QR code of error correction level M, with the quiet zone of four
 * modules that scanners need; `side` is the whole square. Too long a text sets `failed`.
 * libqrencode locks what it shares: any thread. */
void scf_fig_qr(struct scf_figure *f, int x, int y, int side, const char *text);

/* As an <svg> element with role and label. Colours are inline. */
void scf_figure_svg(const struct scf_figure *f, struct scf_buf *out);
/* Text for HTML, in elements and in quoted attributes: & < > " ' are escaped. */
void scf_html_text(struct scf_buf *out, const char *text);

#endif
