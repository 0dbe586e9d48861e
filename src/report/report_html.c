/* A report as one HTML page that needs nothing else: no scripts, no fetches; prints on A4. Every
 * text is escaped. Relies on codec/figure for SVG. Pure. */
#include "report.h"

static const char style[] =
    "@page{size:A4;margin:17mm}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:#fff;color:#161b22;font:10.5pt/1.45 'WenQuanYi Micro Hei','Noto Sans "
    "CJK SC','PingFang SC','Microsoft YaHei',system-ui,sans-serif;"
    "font-variant-numeric:tabular-nums}"
    "main{max-width:176mm;margin:12mm auto;padding:0 4mm}"
    "h1{font-size:19pt;font-weight:400;margin:0;color:#1f3b63}"
    "header p{margin:1mm 0 5mm;color:#5a6472;font-size:9pt;overflow-wrap:anywhere}"
    "header .who{font-size:12pt;color:#161b22;margin:1mm 0 0}"
    "h2{font-size:12pt;font-weight:400;color:#1f3b63;margin:8mm 0 3mm;padding-bottom:1mm;"
    "border-bottom:.75pt solid #c3c9d1;break-after:avoid}"
    "p{margin:2mm 0}.note{color:#5a6472;font-size:8.5pt}"
    "dl{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:3mm 6mm;margin:4mm 0}"
    "dl div{break-inside:avoid}dt{color:#5a6472;font-size:8pt}"
    "dd{margin:0;overflow-wrap:anywhere}"
    "dl.key{grid-template-columns:2fr 1fr 1fr;border:solid #1f3b63;border-width:1.5pt 0;"
    "padding:3mm 0}dl.key dd{font-size:17pt;color:#1f3b63}"
    ".proof{display:flex;gap:6mm;align-items:flex-start;break-inside:avoid}"
    ".proof dl{grid-template-columns:1fr;flex:1;gap:2mm;margin:0}.proof dd{font-size:8.5pt}"
    "figure{margin:3mm 0;break-inside:avoid}svg{max-width:100%;height:auto;display:block}"
    "table{width:100%;border-collapse:collapse;font-size:8.5pt;margin:3mm 0}"
    "caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}"
    "thead{display:table-header-group}tr{break-inside:avoid}"
    "th{text-align:left;font-weight:400;color:#5a6472;font-size:8pt;vertical-align:bottom;"
    "border-bottom:.75pt solid #5a6472;padding:1mm 2mm 1mm 0}"
    "td{vertical-align:top;border-bottom:.5pt solid #c3c9d1;padding:1.2mm 2mm 1.2mm 0;"
    "overflow-wrap:anywhere;white-space:pre-line}"
    ".n{padding-right:5mm}th:last-child,td:last-child{padding-right:0}"
    ".n{text-align:right;overflow-wrap:normal}"
    "footer{margin-top:8mm;border-top:.5pt solid #c3c9d1;padding-top:2mm;color:#5a6472;"
    "font-size:8pt;overflow-wrap:anywhere}";

/* <tag class="…">text</tag> */
static void put_element(struct scf_buf *out, const char *tag, const char *class_name,
                        const char *text) {
    scf_buf_printf(out, "<%s", tag);
    if (class_name != NULL)
        scf_buf_printf(out, " class=\"%s\"", class_name);
    scf_buf_putc(out, '>');
    scf_html_text(out, text);
    scf_buf_printf(out, "</%s>", tag);
}

static void put_facts(const struct scf_block *b, const char *class_name, struct scf_buf *out) {
    scf_buf_printf(out, "<dl class=\"%s\">", class_name);
    for (size_t i = 0; i < b->n; i++) {
        scf_buf_puts(out, "<div>");
        put_element(out, "dt", NULL, b->facts[i].label);
        put_element(out, "dd", NULL, b->facts[i].value);
        scf_buf_puts(out, "</div>");
    }
    scf_buf_puts(out, "</dl>\n");
}

static void put_columns(const struct scf_block *b, struct scf_buf *out) {
    int all = 0;
    for (size_t i = 0; i < b->column_count; i++)
        all += b->columns[i].share;
    scf_buf_puts(out, "<colgroup>");
    for (size_t i = 0; i < b->column_count; i++)
        scf_buf_printf(out, "<col style=\"width:%d%%\"/>", 100 * b->columns[i].share / all);
    scf_buf_puts(out, "</colgroup><thead><tr>");
    for (size_t i = 0; i < b->column_count; i++) {
        scf_buf_puts(out, b->columns[i].number ? "<th scope=\"col\" class=\"n\">"
                                               : "<th scope=\"col\">");
        scf_html_text(out, b->columns[i].title);
        scf_buf_puts(out, "</th>");
    }
    scf_buf_puts(out, "</tr></thead>");
}

static void put_table(const struct scf_block *b, struct scf_buf *out) {
    scf_buf_puts(out, "<table>");
    put_element(out, "caption", NULL, b->text);
    put_columns(b, out);
    scf_buf_puts(out, "<tbody>");
    for (size_t row = 0; row < b->n; row++) {
        scf_buf_puts(out, "<tr>");
        for (size_t i = 0; i < b->column_count; i++)
            put_element(out, "td", b->columns[i].number ? "n" : NULL,
                        b->cells[row * b->column_count + i]);
        scf_buf_puts(out, "</tr>\n");
    }
    scf_buf_puts(out, "</tbody></table>\n");
}

static void put_figure(const struct scf_block *b, struct scf_buf *out) {
    scf_buf_puts(out, "<figure>");
    scf_figure_svg(b->figure, out);
    scf_buf_puts(out, "</figure>\n");
}

static void put_proof(const struct scf_block *b, struct scf_buf *out) {
    scf_buf_puts(out, "<div class=\"proof\">");
    put_facts(b, "facts", out);
    scf_buf_puts(out, "<a href=\"");
    scf_html_text(out, b->link);
    scf_buf_puts(out, "\">");
    scf_figure_svg(b->figure, out);
    scf_buf_puts(out, "</a></div>\n");
}

static void put_block(const struct scf_block *b, struct scf_buf *out) {
    switch (b->kind) {
    case SCF_BLOCK_HEADING:
        put_element(out, "h2", NULL, b->text);
        break;
    case SCF_BLOCK_TEXT:
        put_element(out, "p", NULL, b->text);
        break;
    case SCF_BLOCK_NOTE:
        put_element(out, "p", "note", b->text);
        break;
    case SCF_BLOCK_KEY:
        put_facts(b, "key", out);
        break;
    case SCF_BLOCK_FACTS:
        put_facts(b, "facts", out);
        break;
    case SCF_BLOCK_TABLE:
        put_table(b, out);
        break;
    case SCF_BLOCK_FIGURE:
        put_figure(b, out);
        break;
    case SCF_BLOCK_PROOF:
        put_proof(b, out);
        break;
    }
}

/* XHTML syntax, so that an XML reader takes it too. */
enum scf_code scf_report_html(const struct scf_report *r, struct scf_buf *out,
                              struct scf_error *err) {
    scf_buf_printf(out, "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"/>",
                   r->chinese ? "zh-CN" : "en");
    scf_buf_puts(out, "<meta name=\"viewport\" content=\"width=device-width\"/><title>");
    scf_html_text(out, r->title);
    scf_buf_puts(out, " · ");
    scf_html_text(out, r->borrower);
    scf_buf_printf(out, "</title><style>%s</style></head>\n<body><main><header>", style);
    put_element(out, "h1", NULL, r->title);
    put_element(out, "p", "who", r->borrower);
    put_element(out, "p", NULL, r->id);
    scf_buf_puts(out, "</header>\n");
    for (const struct scf_block *b = r->first; b != NULL; b = b->next)
        put_block(b, out);
    scf_buf_puts(out, "<footer>");
    scf_html_text(out, r->disclaimer);
    scf_buf_puts(out, " · ");
    scf_html_text(out, r->id);
    scf_buf_puts(out, "</footer></main></body></html>\n");
    return out->overflow ? scf_fail(err, SCF_E_BODY_TOO_LARGE, "The report is too large") : SCF_OK;
}
