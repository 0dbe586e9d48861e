/* A report on A4 pages. The blocks are set twice: once to measure every text and count the pages,
 * once to draw them. Both times go the same way, so that the second finds the heights in the order
 * in which the first noted them. Relies on codec/pdf. */
#include "report.h"

#include "scfd/codec/pdf.h"

enum {
    LEFT = (SCF_PAGE_WIDTH - SCF_REPORT_WIDTH) / 2,
    RIGHT = LEFT + SCF_REPORT_WIDTH,
    TOP = 5600,
    BOTTOM = SCF_PAGE_HEIGHT - 6200,
    GAP = 900, /* between blocks */
    CELL_GAP = 950,
    CELL_PAD = 280,
    FACT_GAP = 450,
    HEIGHTS_MAX = 16 << 20, /* bytes of noted heights */
};

static const struct scf_lettering title_type = {2000, SCF_TONE_ACCENT, SCF_ALIGN_START};
static const struct scf_lettering borrower_type = {1200, SCF_TONE_INK, SCF_ALIGN_START};
static const struct scf_lettering heading_type = {1200, SCF_TONE_ACCENT, SCF_ALIGN_START};
static const struct scf_lettering body_type = {950, SCF_TONE_INK, SCF_ALIGN_START};
static const struct scf_lettering note_type = {780, SCF_TONE_MUTED, SCF_ALIGN_START};
static const struct scf_lettering label_type = {740, SCF_TONE_MUTED, SCF_ALIGN_START};
static const struct scf_lettering cell_type = {800, SCF_TONE_INK, SCF_ALIGN_START};
static const struct scf_lettering key_type = {1700, SCF_TONE_ACCENT, SCF_ALIGN_START};
static const struct scf_lettering edge_left = {700, SCF_TONE_MUTED, SCF_ALIGN_START};
static const struct scf_lettering edge_right = {700, SCF_TONE_MUTED, SCF_ALIGN_END};

struct setting {
    struct scf_pdf *pdf;
    const struct scf_report *r;
    bool drawing;           /* the second time */
    int y, page, pages;     /* pages: of all, once they are counted */
    struct scf_buf heights; /* int after int */
    size_t used;            /* how many bytes of them were found again */
};

static int height_of(struct setting *s, int width, struct scf_lettering type, const char *text) {
    int height = 0;
    if (!s->drawing) {
        height = scf_pdf_text_height(s->pdf, width, type, text);
        scf_buf_put(&s->heights, &height, sizeof height);
    } else if (s->used + sizeof height <= s->heights.len) {
        memcpy(&height, s->heights.data + s->used, sizeof height);
        s->used += sizeof height;
    }
    return height;
}

static void draw_text(struct setting *s, int x, int y, int width, struct scf_lettering type,
                      const char *text) {
    if (s->drawing)
        scf_pdf_text(s->pdf, x, y, width, type, text);
}

/* A rule over the whole width. */
static void draw_rule(struct setting *s, int y, int stroke, enum scf_tone tone) {
    if (s->drawing)
        scf_pdf_line(s->pdf, LEFT, y, RIGHT, y, stroke, tone);
}

static void draw_figure(struct setting *s, int x, int y, const struct scf_figure *figure) {
    if (s->drawing)
        scf_pdf_figure(s->pdf, x, y, figure);
}

/* ---- pages ---- */

/* What stands at the upper and lower edge of the page. */
static void put_edges(struct setting *s) {
    int y = SCF_PAGE_HEIGHT - 4600;
    char number[48];
    snprintf(number, sizeof number, "%d / %d", s->page, s->pages);
    draw_rule(s, y - 500, 40, SCF_TONE_RULE);
    draw_text(s, LEFT, y, SCF_REPORT_WIDTH - 6000, edge_left, s->r->disclaimer);
    draw_text(s, LEFT, y, SCF_REPORT_WIDTH, edge_right, number);
    if (s->page == 1)
        return;
    draw_text(s, LEFT, 3400, SCF_REPORT_WIDTH, edge_left, s->r->title);
    draw_text(s, LEFT, 3400, SCF_REPORT_WIDTH, edge_right, s->r->id);
    draw_rule(s, 4600, 40, SCF_TONE_RULE);
}

static void next_page(struct setting *s) {
    if (s->drawing)
        scf_pdf_next_page(s->pdf);
    s->page++;
    s->y = TOP;
    put_edges(s);
}

/* Goes to the next page unless so much still fits on this one. */
static void need(struct setting *s, int height) {
    if (s->y + height > BOTTOM && s->y > TOP)
        next_page(s);
}

/* ---- text and facts ---- */

static void put_text(struct setting *s, struct scf_lettering type, const char *text, int gap) {
    int height = height_of(s, SCF_REPORT_WIDTH, type, text);
    need(s, height);
    draw_text(s, LEFT, s->y, SCF_REPORT_WIDTH, type, text);
    s->y += height + gap;
}

struct fact_height {
    int label, all;
};

static struct fact_height fact_height(struct setting *s, const struct scf_report_fact *f, int width,
                                      struct scf_lettering type) {
    int label = height_of(s, width, label_type, f->label);
    return (struct fact_height){label, label + height_of(s, width, type, f->value)};
}

static void draw_fact(struct setting *s, const struct scf_report_fact *f, int x, int y, int width,
                      int label_height, struct scf_lettering type) {
    draw_text(s, x, y, width, label_type, f->label);
    draw_text(s, x, y + label_height, width, type, f->value);
}

/* A row of `n` facts from `x` on, each in its width; returns its height. */
static int put_row(struct setting *s, const struct scf_report_fact *facts, size_t n,
                   const int *widths, struct scf_lettering type) {
    struct fact_height heights[4];
    int highest = 0, x = LEFT;
    SCF_ASSERT(n <= SCF_COUNT(heights));
    for (size_t i = 0; i < n; i++) {
        heights[i] = fact_height(s, &facts[i], widths[i], type);
        highest = heights[i].all > highest ? heights[i].all : highest;
    }
    need(s, highest);
    for (size_t i = 0; i < n; i++) {
        draw_fact(s, &facts[i], x, s->y, widths[i], heights[i].label, type);
        x += widths[i] + CELL_GAP;
    }
    s->y += highest;
    return highest;
}

static void put_facts(struct setting *s, const struct scf_block *b) {
    enum { ABREAST = 3, WIDTH = (SCF_REPORT_WIDTH - (ABREAST - 1) * CELL_GAP) / ABREAST };
    static const int widths[ABREAST] = {WIDTH, WIDTH, WIDTH};
    for (size_t i = 0; i < b->n; i += ABREAST) {
        put_row(s, b->facts + i, b->n - i < ABREAST ? b->n - i : ABREAST, widths, body_type);
        s->y += 600;
    }
    s->y += GAP - 300;
}

/* The few that matter most: the first takes half of the width. They stand on the first page. */
static void put_key(struct setting *s, const struct scf_block *b) {
    enum { QUARTER = SCF_REPORT_WIDTH / 4 };
    static const int widths[] = {2 * QUARTER - CELL_GAP, QUARTER - CELL_GAP, QUARTER - CELL_GAP};
    draw_rule(s, s->y, 150, SCF_TONE_ACCENT);
    s->y += 900;
    put_row(s, b->facts, b->n < SCF_COUNT(widths) ? b->n : SCF_COUNT(widths), widths, key_type);
    s->y += 900;
    draw_rule(s, s->y, 150, SCF_TONE_ACCENT);
    s->y += GAP;
}

static int proof_width(const struct scf_block *b) {
    return SCF_REPORT_WIDTH - b->figure->width - 1500;
}

static int proof_height(struct setting *s, const struct scf_block *b) {
    int height = 0;
    for (size_t i = 0; i < b->n; i++)
        height += fact_height(s, &b->facts[i], proof_width(b), cell_type).all + FACT_GAP;
    return height > b->figure->height ? height : b->figure->height;
}

static void put_proof(struct setting *s, const struct scf_block *b) {
    int height = proof_height(s, b), x = RIGHT - b->figure->width;
    need(s, height);
    int y = s->y;
    for (size_t i = 0; i < b->n; i++) {
        struct fact_height own = fact_height(s, &b->facts[i], proof_width(b), cell_type);
        draw_fact(s, &b->facts[i], LEFT, y, proof_width(b), own.label, cell_type);
        y += own.all + FACT_GAP;
    }
    draw_figure(s, x, s->y, b->figure);
    if (s->drawing)
        scf_pdf_link(s->pdf, x, s->y, b->figure->width, b->figure->height, b->link);
    s->y += height + GAP;
}

/* ---- tables ---- */

enum { COLUMNS_MAX = 8 };

struct layout {
    int x[COLUMNS_MAX], width[COLUMNS_MAX];
};

static struct layout lay_out(const struct scf_block *b) {
    struct layout l = {0};
    int all = 0, x = LEFT, room = SCF_REPORT_WIDTH - ((int)b->column_count - 1) * CELL_GAP;
    SCF_ASSERT(b->column_count <= COLUMNS_MAX);
    for (size_t i = 0; i < b->column_count; i++)
        all += b->columns[i].share;
    for (size_t i = 0; i < b->column_count; i++) {
        l.x[i] = x;
        l.width[i] = (int)((int64_t)room * b->columns[i].share / all);
        x += l.width[i] + CELL_GAP;
    }
    return l;
}

static struct scf_lettering type_of(const struct scf_report_column *column,
                                    struct scf_lettering type) {
    type.align = column->number ? SCF_ALIGN_END : SCF_ALIGN_START;
    return type;
}

/* The titles stand on one line at the foot of the head. */
static int head_height(struct setting *s, const struct scf_block *b, const struct layout *l,
                       int own[COLUMNS_MAX]) {
    int height = 0;
    for (size_t i = 0; i < b->column_count; i++) {
        own[i] = height_of(s, l->width[i], label_type, b->columns[i].title);
        height = own[i] > height ? own[i] : height;
    }
    return height;
}

static void put_head(struct setting *s, const struct scf_block *b, const struct layout *l) {
    int own[COLUMNS_MAX] = {0}, height = head_height(s, b, l, own);
    for (size_t i = 0; i < b->column_count; i++)
        draw_text(s, l->x[i], s->y + height - own[i], l->width[i],
                  type_of(&b->columns[i], label_type), b->columns[i].title);
    s->y += height + 250;
    draw_rule(s, s->y, 75, SCF_TONE_MUTED);
}

static int row_height(struct setting *s, const struct scf_block *b, const struct layout *l,
                      size_t row) {
    int height = 0;
    for (size_t i = 0; i < b->column_count; i++) {
        int own = height_of(s, l->width[i], cell_type, b->cells[row * b->column_count + i]);
        height = own > height ? own : height;
    }
    return height + 2 * CELL_PAD;
}

/* Head and first row: what must be on one page. */
static int table_start(struct setting *s, const struct scf_block *b) {
    struct layout l = lay_out(b);
    int own[COLUMNS_MAX], height = head_height(s, b, &l, own) + 250;
    return b->n > 0 ? height + row_height(s, b, &l, 0) : height;
}

static void put_table(struct setting *s, const struct scf_block *b) {
    struct layout l = lay_out(b);
    need(s, table_start(s, b));
    put_head(s, b, &l);
    for (size_t row = 0; row < b->n; row++) {
        int height = row_height(s, b, &l, row);
        if (s->y + height > BOTTOM) {
            next_page(s);
            put_head(s, b, &l);
        }
        for (size_t i = 0; i < b->column_count; i++)
            draw_text(s, l.x[i], s->y + CELL_PAD, l.width[i], type_of(&b->columns[i], cell_type),
                      b->cells[row * b->column_count + i]);
        s->y += height;
        draw_rule(s, s->y, 40, SCF_TONE_RULE);
    }
    s->y += GAP;
}

/* ---- the whole ---- */

/* What a heading must have under it on its page. */
static int height_after_heading(struct setting *s, const struct scf_block *b) {
    if (b == NULL)
        return 0;
    if (b->kind == SCF_BLOCK_FIGURE)
        return b->figure->height;
    if (b->kind == SCF_BLOCK_PROOF)
        return proof_height(s, b);
    return b->kind == SCF_BLOCK_TABLE ? table_start(s, b) : 4000;
}

static void put_heading(struct setting *s, const struct scf_block *b) {
    int height = height_of(s, SCF_REPORT_WIDTH, heading_type, b->text);
    need(s, height + 2600 + height_after_heading(s, b->next));
    s->y += s->y > TOP ? 900 : 0;
    if (s->drawing)
        scf_pdf_outline(s->pdf, b->text);
    draw_text(s, LEFT, s->y, SCF_REPORT_WIDTH, heading_type, b->text);
    s->y += height + 250;
    draw_rule(s, s->y, 60, SCF_TONE_RULE);
    s->y += 800;
}

static void put_block(struct setting *s, const struct scf_block *b) {
    switch (b->kind) {
    case SCF_BLOCK_HEADING:
        put_heading(s, b);
        break;
    case SCF_BLOCK_TEXT:
        put_text(s, body_type, b->text, GAP);
        break;
    case SCF_BLOCK_NOTE:
        put_text(s, note_type, b->text, GAP);
        break;
    case SCF_BLOCK_KEY:
        put_key(s, b);
        break;
    case SCF_BLOCK_FACTS:
        put_facts(s, b);
        break;
    case SCF_BLOCK_TABLE:
        put_table(s, b);
        break;
    case SCF_BLOCK_FIGURE:
        need(s, b->figure->height);
        draw_figure(s, LEFT, s->y, b->figure);
        s->y += b->figure->height + GAP;
        break;
    case SCF_BLOCK_PROOF:
        put_proof(s, b);
        break;
    }
}

static void set_all(struct setting *s) {
    s->page = 1;
    s->y = 4800;
    put_edges(s);
    put_text(s, title_type, s->r->title, 200);
    put_text(s, borrower_type, s->r->borrower, 150);
    put_text(s, label_type, s->r->id, 1000);
    for (const struct scf_block *b = s->r->first; b != NULL; b = b->next)
        put_block(s, b);
}

enum scf_code scf_report_pdf(const struct scf_report *r, struct scf_buf *out,
                             struct scf_error *err) {
    struct setting s = {.r = r};
    const struct scf_pdf_options options = {
        .title = scf_asprintf(r->arena, "%s · %s", r->title, r->borrower),
        .subject = r->id,
        .created_us = r->as_of_us,
    };
    if (options.title == NULL)
        return scf_fail_memory(err);
    enum scf_code code = scf_pdf_begin(&options, out, &s.pdf, err);
    if (code != SCF_OK)
        return code;
    scf_buf_init(&s.heights, HEIGHTS_MAX);
    set_all(&s);
    bool measured = !s.heights.overflow;
    s.pages = s.page;
    s.drawing = true;
    if (measured)
        set_all(&s);
    scf_buf_free(&s.heights);
    code = scf_pdf_end(s.pdf, err);
    return code == SCF_OK && !measured
               ? scf_fail(err, SCF_E_BODY_TOO_LARGE, "The report is too large")
               : code;
}
