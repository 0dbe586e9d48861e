/* A report on A4 pages. The blocks are set twice: once to count the pages, once to draw them.
 * Relies on codec/pdf. */
#include "report.h"

#include "scfd/codec/pdf.h"

enum {
    MARGIN = (SCF_PAGE_WIDTH - SCF_REPORT_WIDTH) / 2,
    TOP = 5600,
    BOTTOM = SCF_PAGE_HEIGHT - 6200,
    GAP = 900, /* between blocks */
    CELL_GAP = 950,
    CELL_PAD = 280,
    FACT_GAP = 450,
};

static const struct scf_lettering heading_type = {1200, SCF_TONE_ACCENT, SCF_ALIGN_START};
static const struct scf_lettering body_type = {950, SCF_TONE_INK, SCF_ALIGN_START};
static const struct scf_lettering note_type = {780, SCF_TONE_MUTED, SCF_ALIGN_START};
static const struct scf_lettering label_type = {740, SCF_TONE_MUTED, SCF_ALIGN_START};
static const struct scf_lettering cell_type = {800, SCF_TONE_INK, SCF_ALIGN_START};

struct setting {
    struct scf_pdf *pdf;
    const struct scf_report *r;
    int y, page, pages; /* pages: 0 while they are counted */
};

static void put_frame_of_page(struct setting *s) {
    struct scf_lettering left = {700, SCF_TONE_MUTED, SCF_ALIGN_START}, right = left;
    int y = SCF_PAGE_HEIGHT - 4600;
    char number[48];
    right.align = SCF_ALIGN_END;
    scf_pdf_line(s->pdf, MARGIN, y - 500, MARGIN + SCF_REPORT_WIDTH, y - 500, 40, SCF_TONE_RULE);
    scf_pdf_text(s->pdf, MARGIN, y, SCF_REPORT_WIDTH - 6000, left, s->r->disclaimer);
    snprintf(number, sizeof number, "%d / %d", s->page, s->pages);
    scf_pdf_text(s->pdf, MARGIN, y, SCF_REPORT_WIDTH, right, number);
    if (s->page == 1)
        return;
    scf_pdf_text(s->pdf, MARGIN, 3400, SCF_REPORT_WIDTH, left, s->r->title);
    scf_pdf_text(s->pdf, MARGIN, 3400, SCF_REPORT_WIDTH, right, s->r->id);
    scf_pdf_line(s->pdf, MARGIN, 4600, MARGIN + SCF_REPORT_WIDTH, 4600, 40, SCF_TONE_RULE);
}

static void next_page(struct setting *s) {
    scf_pdf_next_page(s->pdf);
    s->page++;
    s->y = TOP;
    put_frame_of_page(s);
}

/* Goes to the next page unless so much still fits on this one. */
static void need(struct setting *s, int height) {
    if (s->y + height > BOTTOM && s->y > TOP)
        next_page(s);
}

/* ---- text and facts ---- */

static void put_text(struct setting *s, struct scf_lettering type, const char *text) {
    need(s, scf_pdf_text_height(s->pdf, SCF_REPORT_WIDTH, type, text));
    s->y += scf_pdf_text(s->pdf, MARGIN, s->y, SCF_REPORT_WIDTH, type, text) + GAP;
}

static int fact_height(struct setting *s, const struct scf_report_fact *f, int width,
                       struct scf_lettering type) {
    return scf_pdf_text_height(s->pdf, width, label_type, f->label) +
           scf_pdf_text_height(s->pdf, width, type, f->value);
}

static void put_fact(struct setting *s, const struct scf_report_fact *f, int x, int width,
                     struct scf_lettering type) {
    int label = scf_pdf_text(s->pdf, x, s->y, width, label_type, f->label);
    scf_pdf_text(s->pdf, x, s->y + label, width, type, f->value);
}

/* Rows of `abreast` facts, all of one width. */
static void put_facts(struct setting *s, const struct scf_block *b, size_t abreast) {
    int width = (SCF_REPORT_WIDTH - ((int)abreast - 1) * CELL_GAP) / (int)abreast;
    for (size_t i = 0; i < b->n; i += abreast) {
        int height = 0;
        for (size_t k = i; k < b->n && k < i + abreast; k++) {
            int own = fact_height(s, &b->facts[k], width, body_type);
            height = own > height ? own : height;
        }
        need(s, height);
        for (size_t k = i; k < b->n && k < i + abreast; k++)
            put_fact(s, &b->facts[k], MARGIN + (int)(k - i) * (width + CELL_GAP), width, body_type);
        s->y += height + 600;
    }
    s->y += GAP - 300;
}

/* The few that matter most: the first takes half of the width. */
static void put_key(struct setting *s, const struct scf_block *b) {
    struct scf_lettering type = {1700, SCF_TONE_ACCENT, SCF_ALIGN_START};
    int quarter = SCF_REPORT_WIDTH / 4, height = 0, x = MARGIN;
    for (size_t i = 0; i < b->n; i++) {
        int own = fact_height(s, &b->facts[i], (i == 0 ? 2 : 1) * quarter - CELL_GAP, type);
        height = own > height ? own : height;
    }
    need(s, height + 2000);
    scf_pdf_line(s->pdf, MARGIN, s->y, MARGIN + SCF_REPORT_WIDTH, s->y, 150, SCF_TONE_ACCENT);
    s->y += 900;
    for (size_t i = 0; i < b->n; i++) {
        int width = (i == 0 ? 2 : 1) * quarter;
        put_fact(s, &b->facts[i], x, width - CELL_GAP, type);
        x += width;
    }
    s->y += height + 900;
    scf_pdf_line(s->pdf, MARGIN, s->y, MARGIN + SCF_REPORT_WIDTH, s->y, 150, SCF_TONE_ACCENT);
    s->y += GAP;
}

static int proof_height(struct setting *s, const struct scf_block *b) {
    int width = SCF_REPORT_WIDTH - b->figure->width - 1500, height = 0;
    for (size_t i = 0; i < b->n; i++)
        height += fact_height(s, &b->facts[i], width, cell_type) + FACT_GAP;
    return height > b->figure->height ? height : b->figure->height;
}

static void put_proof(struct setting *s, const struct scf_block *b) {
    int side = b->figure->height, width = SCF_REPORT_WIDTH - b->figure->width - 1500;
    int height = proof_height(s, b);
    need(s, height);
    int top = s->y, x = MARGIN + SCF_REPORT_WIDTH - b->figure->width;
    for (size_t i = 0; i < b->n; i++) {
        put_fact(s, &b->facts[i], MARGIN, width, cell_type);
        s->y += fact_height(s, &b->facts[i], width, cell_type) + FACT_GAP;
    }
    scf_pdf_figure(s->pdf, x, top, b->figure);
    scf_pdf_link(s->pdf, x, top, b->figure->width, side, b->link);
    s->y = top + height + GAP;
}

/* ---- tables ---- */

enum { COLUMNS_MAX = 8 };

struct layout {
    int x[COLUMNS_MAX], width[COLUMNS_MAX];
};

static void lay_out(const struct scf_block *b, struct layout *l) {
    int all = 0, x = MARGIN, room = SCF_REPORT_WIDTH - ((int)b->column_count - 1) * CELL_GAP;
    SCF_ASSERT(b->column_count <= COLUMNS_MAX);
    for (size_t i = 0; i < b->column_count; i++)
        all += b->columns[i].share;
    for (size_t i = 0; i < b->column_count; i++) {
        l->x[i] = x;
        l->width[i] = (int)((int64_t)room * b->columns[i].share / all);
        x += l->width[i] + CELL_GAP;
    }
}

static struct scf_lettering type_of(const struct scf_report_column *column,
                                    struct scf_lettering type) {
    type.align = column->number ? SCF_ALIGN_END : SCF_ALIGN_START;
    return type;
}

static int head_height(struct setting *s, const struct scf_block *b, const struct layout *l) {
    int height = 0;
    for (size_t i = 0; i < b->column_count; i++) {
        int own = scf_pdf_text_height(s->pdf, l->width[i], label_type, b->columns[i].title);
        height = own > height ? own : height;
    }
    return height;
}

static void put_head(struct setting *s, const struct scf_block *b, const struct layout *l) {
    int height = head_height(s, b, l);
    for (size_t i = 0; i < b->column_count; i++) {
        struct scf_lettering type = type_of(&b->columns[i], label_type);
        int own = scf_pdf_text_height(s->pdf, l->width[i], type, b->columns[i].title);
        scf_pdf_text(s->pdf, l->x[i], s->y + height - own, l->width[i], type, b->columns[i].title);
    }
    s->y += height + 250;
    scf_pdf_line(s->pdf, MARGIN, s->y, MARGIN + SCF_REPORT_WIDTH, s->y, 75, SCF_TONE_MUTED);
}

static int row_height(struct setting *s, const struct scf_block *b, const struct layout *l,
                      size_t row) {
    int height = 0;
    for (size_t i = 0; i < b->column_count; i++) {
        int own = scf_pdf_text_height(s->pdf, l->width[i], type_of(&b->columns[i], cell_type),
                                      b->cells[row * b->column_count + i]);
        height = own > height ? own : height;
    }
    return height + 2 * CELL_PAD;
}

static void put_table(struct setting *s, const struct scf_block *b) {
    struct layout l;
    lay_out(b, &l);
    need(s, head_height(s, b, &l) + 250 + (b->n > 0 ? row_height(s, b, &l, 0) : 0));
    put_head(s, b, &l);
    for (size_t row = 0; row < b->n; row++) {
        int height = row_height(s, b, &l, row);
        if (s->y + height > BOTTOM) {
            next_page(s);
            put_head(s, b, &l);
        }
        for (size_t i = 0; i < b->column_count; i++)
            scf_pdf_text(s->pdf, l.x[i], s->y + CELL_PAD, l.width[i],
                         type_of(&b->columns[i], cell_type), b->cells[row * b->column_count + i]);
        s->y += height;
        scf_pdf_line(s->pdf, MARGIN, s->y, MARGIN + SCF_REPORT_WIDTH, s->y, 40, SCF_TONE_RULE);
    }
    s->y += GAP;
}

/* ---- the whole ---- */

/* What a heading must have under it on its page. */
static int height_after_heading(struct setting *s, const struct scf_block *b) {
    struct layout l;
    if (b == NULL)
        return 0;
    if (b->kind == SCF_BLOCK_FIGURE)
        return b->figure->height;
    if (b->kind == SCF_BLOCK_PROOF)
        return proof_height(s, b);
    if (b->kind != SCF_BLOCK_TABLE || b->n == 0)
        return 4000;
    lay_out(b, &l);
    return head_height(s, b, &l) + 250 + row_height(s, b, &l, 0);
}

static void put_heading(struct setting *s, const struct scf_block *b) {
    int height = scf_pdf_text_height(s->pdf, SCF_REPORT_WIDTH, heading_type, b->text);
    need(s, height + 2600 + height_after_heading(s, b->next));
    s->y += s->y > TOP ? 900 : 0;
    scf_pdf_outline(s->pdf, b->text);
    s->y += scf_pdf_text(s->pdf, MARGIN, s->y, SCF_REPORT_WIDTH, heading_type, b->text) + 250;
    scf_pdf_line(s->pdf, MARGIN, s->y, MARGIN + SCF_REPORT_WIDTH, s->y, 60, SCF_TONE_RULE);
    s->y += 800;
}

static void put_block(struct setting *s, const struct scf_block *b) {
    switch (b->kind) {
    case SCF_BLOCK_HEADING:
        put_heading(s, b);
        break;
    case SCF_BLOCK_TEXT:
        put_text(s, body_type, b->text);
        break;
    case SCF_BLOCK_NOTE:
        put_text(s, note_type, b->text);
        break;
    case SCF_BLOCK_KEY:
        put_key(s, b);
        break;
    case SCF_BLOCK_FACTS:
        put_facts(s, b, 3);
        break;
    case SCF_BLOCK_TABLE:
        put_table(s, b);
        break;
    case SCF_BLOCK_FIGURE:
        need(s, b->figure->height);
        scf_pdf_figure(s->pdf, MARGIN, s->y, b->figure);
        s->y += b->figure->height + GAP;
        break;
    case SCF_BLOCK_PROOF:
        put_proof(s, b);
        break;
    }
}

static void put_title(struct setting *s) {
    struct scf_lettering title = {2000, SCF_TONE_ACCENT, SCF_ALIGN_START};
    struct scf_lettering who = {1200, SCF_TONE_INK, SCF_ALIGN_START};
    s->y += scf_pdf_text(s->pdf, MARGIN, s->y, SCF_REPORT_WIDTH, title, s->r->title) + 200;
    s->y += scf_pdf_text(s->pdf, MARGIN, s->y, SCF_REPORT_WIDTH, who, s->r->borrower) + 150;
    s->y += scf_pdf_text(s->pdf, MARGIN, s->y, SCF_REPORT_WIDTH, label_type, s->r->id) + 1000;
}

/* Sets everything; *pages is how many pages there will be, 0 while nobody knows, and on return how
 * many there are. */
static enum scf_code set_all(const struct scf_report *r, int *pages, struct scf_buf *out,
                             struct scf_error *err) {
    struct setting s = {.r = r, .y = 4800, .page = 1, .pages = *pages};
    const struct scf_pdf_options options = {
        .title = scf_asprintf(r->arena, "%s · %s", r->title, r->borrower),
        .subject = r->id,
        .created_us = r->as_of_us,
        .measure = *pages == 0};
    if (options.title == NULL)
        return scf_fail_memory(err);
    enum scf_code code = scf_pdf_begin(&options, out, &s.pdf, err);
    if (code != SCF_OK)
        return code;
    put_frame_of_page(&s);
    put_title(&s);
    for (const struct scf_block *b = r->first; b != NULL; b = b->next)
        put_block(&s, b);
    *pages = s.page;
    return scf_pdf_end(s.pdf, err);
}

enum scf_code scf_report_pdf(const struct scf_report *r, struct scf_buf *out,
                             struct scf_error *err) {
    int pages = 0;
    enum scf_code code = set_all(r, &pages, out, err);
    return code == SCF_OK ? set_all(r, &pages, out, err) : code;
}
