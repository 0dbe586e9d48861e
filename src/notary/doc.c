/* Setting the text of a paper on A4 pages. Relies on codec/pdf. */
#include "doc.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

enum {
    LEFT = 6500,
    WIDTH = SCF_PAGE_WIDTH - 2 * LEFT,
    TOP = 6500,
    BOTTOM = SCF_PAGE_HEIGHT - 6500,
    LINE_GAP = 350,
    CELL_GAP = 300,
    COLUMNS_MAX = 8,
    CHUNK = 600,  /* code points of a paragraph that surely fit on a page */
    SHORT = 1000, /* bytes of a value that stands beside its label */
};

static const struct scf_lettering title_type = {1800, SCF_TONE_INK, SCF_ALIGN_MIDDLE};
static const struct scf_lettering heading_type = {1150, SCF_TONE_INK, SCF_ALIGN_START};
static const struct scf_lettering body_type = {1050, SCF_TONE_INK, SCF_ALIGN_START};
static const struct scf_lettering cell_type = {800, SCF_TONE_INK, SCF_ALIGN_START};
static const struct scf_lettering head_type = {800, SCF_TONE_MUTED, SCF_ALIGN_START};
static const struct scf_lettering edge_type = {750, SCF_TONE_MUTED, SCF_ALIGN_END};

static void put_edge(struct scf_doc *d) {
    char number[32];
    snprintf(number, sizeof number, "第 %d 页", d->page);
    scf_pdf_text(d->pdf, LEFT, SCF_PAGE_HEIGHT - 4400, WIDTH, edge_type, number);
}

/* Goes to the next page unless so much still fits on this one. */
static void need(struct scf_doc *d, int height) {
    if (d->page == 0) {
        d->page = 1;
        d->y = TOP;
        put_edge(d);
    }
    if (d->y + height <= BOTTOM || d->y == TOP)
        return;
    scf_pdf_next_page(d->pdf);
    d->page++;
    d->y = TOP;
    put_edge(d);
}

static void put(struct scf_doc *d, struct scf_lettering type, const char *text, int gap) {
    int height = scf_pdf_text_height(d->pdf, WIDTH, type, text);
    need(d, height);
    scf_pdf_text(d->pdf, LEFT, d->y, WIDTH, type, text);
    d->y += height + gap;
}

void scf_doc_title(struct scf_doc *d, const char *text) {
    put(d, title_type, text, 1400);
    scf_pdf_outline(d->pdf, text);
}

void scf_doc_heading(struct scf_doc *d, const char *text) {
    d->y += 500;
    put(d, heading_type, text, 500);
}

/* Where the first `points` code points end. */
static size_t cut(const char *text, int points) {
    size_t i = 0;
    while (text[i] != '\0' && points >= 0) {
        if (((unsigned char)text[i] & 0xc0) != 0x80 && points-- == 0)
            break;
        i++;
    }
    return i;
}

void scf_doc_para(struct scf_doc *d, const char *text) {
    char part[4 * CHUNK + 1];
    while (*text != '\0') {
        size_t n = cut(text, CHUNK);
        memcpy(part, text, n);
        part[n] = '\0';
        text += n;
        put(d, body_type, part, *text == '\0' ? LINE_GAP : 0);
    }
}

void scf_doc_fact(struct scf_doc *d, const char *label, const char *value) {
    char text[SHORT + 256];
    if (value == NULL || *value == '\0')
        return;
    if (strlen(value) > SHORT || strlen(label) > 200) {
        scf_doc_para(d, label);
        scf_doc_para(d, value);
        return;
    }
    snprintf(text, sizeof text, "%s：%s", label, value);
    put(d, body_type, text, LINE_GAP);
}

void scf_doc_money(struct scf_doc *d, const char *label, int64_t minor) {
    char amount[SCF_MONEY_TEXT], text[SCF_MONEY_TEXT + 8];
    scf_money_format(minor, d->scale, amount);
    snprintf(text, sizeof text, "%s %s", d->s->c.currency, amount);
    scf_doc_fact(d, label, text);
}

void scf_doc_date(struct scf_doc *d, const char *label, int32_t day) {
    char text[SCF_TIME_TEXT];
    scf_date_format(day, text);
    scf_doc_fact(d, label, text);
}

void scf_doc_row(struct scf_doc *d, const char *const *cells, size_t n, bool head) {
    struct scf_lettering type = head ? head_type : cell_type;
    int width = (WIDTH - ((int)n - 1) * CELL_GAP) / (int)n, highest = 0;
    SCF_ASSERT(n > 0 && n <= COLUMNS_MAX);
    for (size_t i = 0; i < n; i++) {
        int height = scf_pdf_text_height(d->pdf, width, type, cells[i]);
        highest = height > highest ? height : highest;
    }
    need(d, highest + 500);
    for (size_t i = 0; i < n; i++)
        scf_pdf_text(d->pdf, LEFT + (int)i * (width + CELL_GAP), d->y + 200, width, type, cells[i]);
    d->y += highest + 450;
    scf_pdf_line(d->pdf, LEFT, d->y, LEFT + WIDTH, d->y, head ? 75 : 40, SCF_TONE_RULE);
}
