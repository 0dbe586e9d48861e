/* What the files of the PDF mechanism share. */
#ifndef SCFD_CODEC_PDF_IMPL_H
#define SCFD_CODEC_PDF_IMPL_H

#include <cairo/cairo-pdf.h>
#include <pango/pangocairo.h>

#include "scfd/codec/pdf.h"

struct scf_pdf {
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoLayout *layout; /* one for all texts */
    PangoFont *font;
    struct scf_buf *out;
    unsigned sections; /* entries of the outline */
    bool failed;       /* no memory for a text */
};

/* pdf_text.c. The first returns false when the font is not there. */
bool scf_pdf_text_open(struct scf_pdf *pdf);
void scf_pdf_text_close(struct scf_pdf *pdf);
/* One line with its baseline at y. */
void scf_pdf_line_of_text(struct scf_pdf *pdf, int x, int y, struct scf_lettering type,
                          const char *text);
void scf_pdf_set_tone(struct scf_pdf *pdf, enum scf_tone tone);

#endif
