/* The report of an assessment for a credit officer: what it says, independent of how it is drawn.
 *
 * report_build.c and report_charts.c make one list of blocks out of the assessment's document, its
 * receipt and what was known then; report_pdf.c and report_html.c draw the same blocks, so that the
 * two cannot differ in a figure. Everything but report_store.c and report_api.c is pure. */
#ifndef SCFD_REPORT_REPORT_H
#define SCFD_REPORT_REPORT_H

#include "scfd/codec/figure.h"
#include "scfd/codec/json.h"
#include "scfd/credit/assessment.h"

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

struct scf_report_debtor { /* what the directory calls a debtor of the borrowing base */
    struct scf_uuid id;
    const char *name;
};
struct scf_report_record { /* of which kind a record is that a finding names */
    struct scf_uuid id;
    enum scf_record_kind kind;
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
    const struct scf_report_debtor *debtors;
    size_t debtor_count;
    const struct scf_report_record *records; /* ascending ids */
    size_t record_count;
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
    const char *title, *borrower, *id, *disclaimer, *currency; /* currency "": none */
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
/* The same, FONT_MISSING, OVERLOADED, INTERNAL. Takes turns with other PDFs (codec/pdf.h). */
enum scf_code scf_report_pdf(const struct scf_report *r, struct scf_buf *out,
                             struct scf_error *err) SCF_MUST_CHECK;

/* ---- sections: report_limit.c, report_parts.c ---- */

void scf_report_limit(struct scf_report *r, const struct scf_report_inputs *in);
void scf_report_parts(struct scf_report *r, const struct scf_report_inputs *in);

/* ---- report.c: figures and foreign text as they are shown, members of JSON, blocks ---- */

extern const char scf_absent[]; /* what stands for a figure that is not there */

/* The one of two static texts that is in the report's language. */
const char *scf_say(const struct scf_report *r, const char *en, const char *zh);
const char *scf_printed(struct scf_report *r, const char *format, ...) SCF_PRINTF(2, 3);
/* Text from outside: control characters and those that turn the direction of writing are replaced,
 * what is long is cut. NULL and "" give scf_absent, as NULL does below. */
const char *scf_shown(struct scf_report *r, const char *text);
/* "1234567.80" → "1,234,567.80"; other text as it is. */
const char *scf_grouped(struct scf_report *r, const char *decimal);
const char *scf_money_shown(struct scf_report *r, int64_t minor, const char *currency);
/* "0.925" → "92.50%", rounded down. */
const char *scf_percent(struct scf_report *r, const char *decimal);
/* "27.513" → "27.51 h", rounded down. */
const char *scf_hours(struct scf_report *r, const char *decimal);
/* Members of `object`: a count, an amount with the report's currency, and its minor units (0 when
 * it is no amount). */
const char *scf_counted(struct scf_report *r, const cJSON *object, const char *name);
const char *scf_amount_at(struct scf_report *r, const cJSON *object, const char *name);
int64_t scf_minor_at(const struct scf_report *r, const cJSON *object, const char *name);

/* Members of members; NULL when absent, and 0 of what is no array. */
const cJSON *scf_json_at(const cJSON *object, const char *first, const char *second);
const char *scf_text_at(const cJSON *object, const char *first, const char *second);
size_t scf_list_length(const cJSON *array);

struct scf_block *scf_add_block(struct scf_report *r, enum scf_block_kind kind, const char *text);
/* A list of facts that is filled one by one. */
enum { SCF_FACTS_MAX = 24 };
struct scf_facts {
    struct scf_report *r;
    struct scf_report_fact list[SCF_FACTS_MAX];
    size_t n;
};
void scf_fact(struct scf_facts *f, const char *label, const char *value);
struct scf_block *scf_facts_end(struct scf_facts *f, enum scf_block_kind kind);
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

/* ---- report_words.c ---- */

/* A code of ours in words: a rating, a step, a state …; a code without words is shown as it is. */
const char *scf_word(struct scf_report *r, const char *code);
/* The name of a debtor by its id; the id when there is none. */
const char *scf_debtor_name(const struct scf_report_inputs *in, const char *id);
/* The id of a record with the prefix of its kind, as the API names it. */
const char *scf_record_name(struct scf_report *r, const struct scf_report_inputs *in,
                            const char *id);

/* ---- report_charts.c and report_series.c: each adds its figure ---- */

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

/* An empty figure of the report's width; NULL: the arena is full. */
struct scf_figure *scf_add_figure(struct scf_report *r, int height);
/* length · value / whole, between 0 and length. */
int scf_scaled(int64_t value, int64_t whole, int length);
/* The cut point of grade A, B or C (0, 1, 2) of "normativity", "timeliness_us", "accuracy", from
 * the receipt; NULL when it is not there. */
const cJSON *scf_cut_point(const struct scf_report_inputs *in, const char *name, int grade);

/* ---- report_store.c ---- */

/* What the report needs beside document and receipt, as it was when the assessment was recorded:
 * fills the rest of `ret`, whose `record` is set and whose document says borrower and currency.
 * Of earlier assessments only those that the reader may read itself. */
enum scf_code scf_report_read(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_actor *reader, struct scf_report_inputs *ret,
                              struct scf_error *err) SCF_MUST_CHECK;

#endif
