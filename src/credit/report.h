/* The report of an assessment for a credit officer: what it says, independent of how it is drawn.
 *
 * report_build.c and report_charts.c make one list of blocks out of the assessment's document, its
 * receipt and what was known then; report_pdf.c and report_html.c draw the same blocks, so that the
 * two cannot differ in a figure. Everything but report_store.c and report_api.c is pure. */
#ifndef SCFD_CREDIT_REPORT_H
#define SCFD_CREDIT_REPORT_H

#include "assess.h"
#include "scfd/codec/figure.h"

enum {
    SCF_REPORT_POINTS = 24,   /* assessments in the history of limits, this one included */
    SCF_REPORT_PERIODS = 14,  /* columns of the chart of delays */
    SCF_REPORT_TEXT = 120,    /* characters of a text that comes from a record; more is cut */
    SCF_REPORT_WIDTH = 49928, /* of the column of text, hundredths of a point */
    SCF_REPORT_MAX = 32 << 20 /* bytes of a report */
};

/* ---- what it is made from ---- */

struct scf_report_contract { /* what the table of contracts calls it; NULL: not known or erased */
    struct scf_uuid id;
    const char *contract_no, *title, *buyer;
};
struct scf_report_point {
    int64_t as_of_us, limit; /* minor units */
};
struct scf_report_day { /* of the rating window, before its last day; in order of days */
    int32_t day;
    enum scf_record_kind kind; /* WORKFLOW_EVENT or INVOICE */
    int64_t delay_count, delay_s;
};

struct scf_report_inputs {
    bool chinese;
    const char *base_url;            /* "https://scfd.example.com" */
    const cJSON *document, *receipt; /* as the assessment and its receipt stand */
    struct scf_record record;        /* the assessment's, in the platform's chain */
    struct scf_hash receipt_sha256;
    const char *borrower_name, *borrower_code; /* "" where the directory has none */
    const struct scf_report_contract *contracts;
    size_t contract_count;
    const struct scf_report_point *points; /* earlier ones, oldest first, in its currency */
    size_t point_count;
    const struct scf_report_day *days;
    size_t day_count;
};

/* ---- what it consists of ---- */

struct scf_report_fact {
    const char *label, *value;
};
struct scf_report_column {
    const char *title;
    int share;   /* of the width, in parts of the sum of the shares */
    bool number; /* set to the right */
};

enum scf_block_kind {
    SCF_BLOCK_HEADING,
    SCF_BLOCK_TEXT,
    SCF_BLOCK_NOTE,  /* smaller, muted */
    SCF_BLOCK_KEY,   /* few facts, large */
    SCF_BLOCK_FACTS, /* labels and values, three abreast */
    SCF_BLOCK_TABLE,
    SCF_BLOCK_FIGURE,
    SCF_BLOCK_PROOF /* facts, with a figure beside them */
};
struct scf_block {
    enum scf_block_kind kind;
    const char *text; /* HEADING, TEXT, NOTE; the caption of a TABLE for who cannot see it */
    const struct scf_report_fact *facts;
    const struct scf_report_column *columns;
    const char *const *cells; /* row by row */
    size_t n;                 /* facts, or rows */
    size_t column_count;
    const struct scf_figure *figure;
    const char *link; /* PROOF: where the figure leads */
    struct scf_block *next;
};

struct scf_report {
    struct scf_arena *arena;
    bool chinese;
    const char *title, *borrower, *id, *disclaimer;
    int64_t as_of_us;
    struct scf_block *first, *last;
    bool failed; /* the arena is full */
};

/* False: the arena is full. `in` and what it points to must outlive the report. */
bool scf_report_build(const struct scf_report_inputs *in, struct scf_arena *arena,
                      struct scf_report *ret) SCF_MUST_CHECK;

/* `out` is empty, at most SCF_REPORT_MAX. BODY_TOO_LARGE. */
enum scf_code scf_report_html(const struct scf_report *r, struct scf_buf *out,
                              struct scf_error *err) SCF_MUST_CHECK;
/* The same, FONT_MISSING, INTERNAL. Takes turns with other PDFs (codec/pdf.h). */
enum scf_code scf_report_pdf(const struct scf_report *r, struct scf_buf *out,
                             struct scf_error *err) SCF_MUST_CHECK;

/* ---- report.c: blocks, and words and figures as they are shown ---- */

/* The one of two static texts that is in the report's language. */
const char *scf_say(const struct scf_report *r, const char *en, const char *zh);
/* Text from outside: control characters and those that turn the direction of writing are replaced,
 * what is long is cut. NULL and "" give "–". */
const char *scf_shown(struct scf_report *r, const char *text);
/* "1234567.80" → "1,234,567.80"; other text as it is. */
const char *scf_grouped(struct scf_report *r, const char *decimal);
const char *scf_money_shown(struct scf_report *r, int64_t minor, const char *currency);
/* "0.925" → "92.50%", rounded down. */
const char *scf_percent(struct scf_report *r, const char *decimal);
/* "27.513" → "27.51 h", rounded down; NULL: "–". */
const char *scf_hours(struct scf_report *r, const char *decimal);
const char *scf_printed(struct scf_report *r, const char *format, ...) SCF_PRINTF(2, 3);
/* A code of ours in words: a rating, a step, a state …; a code without words is shown as it is. */
const char *scf_word(struct scf_report *r, const char *code);

struct scf_block *scf_add_block(struct scf_report *r, enum scf_block_kind kind, const char *text);
/* A table that is filled cell by cell, row by row. */
struct scf_report_table {
    struct scf_block *block;
    const char **cells;
    size_t used, capacity;
};
void scf_table_begin(struct scf_report *r, struct scf_report_table *t, const char *caption,
                     const struct scf_report_column *columns, size_t column_count, size_t max_rows);
void scf_table_cell(struct scf_report *r, struct scf_report_table *t, const char *text);
void scf_table_end(struct scf_report_table *t);

/* ---- report_charts.c: each adds its figure; nothing where there is nothing to show ---- */

void scf_chart_ratings(struct scf_report *r, const struct scf_report_inputs *in);
/* False: no delay is known. */
bool scf_chart_delays(struct scf_report *r, const struct scf_report_inputs *in);
void scf_chart_history(struct scf_report *r, const struct scf_report_inputs *in);
/* Bars under each other. */
struct scf_bar {
    const char *label, *note; /* note: small, under the label; NULL: none */
    const char *value;        /* as shown */
    int64_t size;             /* its length; 0 and less: none */
    bool strong;
};
void scf_chart_bars(struct scf_report *r, const struct scf_bar *bars, size_t n, const char *alt);

/* ---- report_store.c ---- */

/* What the report needs beside document and receipt, as it was when the assessment was recorded:
 * fills the rest of `ret`, whose `record` is set and whose document says borrower and currency. */
enum scf_code scf_report_read(struct scf_db *db, struct scf_arena *arena,
                              struct scf_report_inputs *ret, struct scf_error *err) SCF_MUST_CHECK;

/* report_api.c: GET /v1/credit-assessments/{id}/report */
void scf_report_get(struct scf_request *rq);
extern const char *const scf_report_query[];

#endif
