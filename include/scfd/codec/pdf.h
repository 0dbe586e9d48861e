/* PDF documents of A4 pages: text in Chinese and English, figures, links.
 *
 * The same calls give the same bytes, in every process, with the same font and libraries: the only
 * date in the file is the one that is passed, the only font is SCF_PDF_FONT (the Debian package
 * fonts-wqy-microhei), and what that font lacks is shown as U+3013 (〓) instead of being looked for
 * in whatever other fonts a machine may have.
 *
 * Lengths are hundredths of a point from the upper left corner of the page (figure.h).
 * Threads: any, but one document at a time: scf_pdf_begin takes a lock of the process, which
 * scf_pdf_end gives back on the same thread. Between them do nothing that waits. Only few wait for
 * the lock, so that documents do not keep all threads from other work. */
#ifndef SCFD_CODEC_PDF_H
#define SCFD_CODEC_PDF_H

#include "scfd/base/err.h"
#include "scfd/codec/figure.h"

#define SCF_PDF_FONT "WenQuanYi Micro Hei"
enum { SCF_PDF_WAITING_MAX = 2 }; /* threads */
enum { SCF_PAGE_WIDTH = 59528, SCF_PAGE_HEIGHT = 84189 };

struct scf_pdf;

struct scf_pdf_options {
    const char *title, *subject; /* UTF-8 */
    int64_t created_us;          /* what the file says of its own creation */
};

/* FONT_MISSING: SCF_PDF_FONT is not installed, or has no Chinese; OVERLOADED: SCF_PDF_WAITING_MAX
 * threads wait already. `out` is empty, holds the file after scf_pdf_end, and must live until then.
 */
enum scf_code scf_pdf_begin(const struct scf_pdf_options *options, struct scf_buf *out,
                            struct scf_pdf **ret, struct scf_error *err) SCF_MUST_CHECK;
/* Ends the page and begins the next. The first page is there from the beginning. */
void scf_pdf_next_page(struct scf_pdf *pdf);

/* Wrapped text (UTF-8; shown as one 〓 if it is none) in a column of that width, with its upper
 * edge at y. */
void scf_pdf_text(struct scf_pdf *pdf, int x, int y, int width, struct scf_lettering type,
                  const char *text);
/* The height that the text has there; draws nothing. */
int scf_pdf_text_height(struct scf_pdf *pdf, int width, struct scf_lettering type,
                        const char *text);
void scf_pdf_rect(struct scf_pdf *pdf, int x, int y, int w, int h, enum scf_tone tone);
void scf_pdf_line(struct scf_pdf *pdf, int x1, int y1, int x2, int y2, int stroke,
                  enum scf_tone tone);
void scf_pdf_figure(struct scf_pdf *pdf, int x, int y, const struct scf_figure *figure);
/* Makes a rectangle of the page a link. `uri` has no quotes, backslashes or control characters:
 * else there is no link. */
void scf_pdf_link(struct scf_pdf *pdf, int x, int y, int w, int h, const char *uri);
/* An entry of the reader's table of contents that leads to this page. */
void scf_pdf_outline(struct scf_pdf *pdf, const char *title);

/* Finishes and frees the document, whatever the outcome. BODY_TOO_LARGE: it outgrew `out`;
 * INTERNAL: the library failed. */
enum scf_code scf_pdf_end(struct scf_pdf *pdf, struct scf_error *err) SCF_MUST_CHECK;

#endif
