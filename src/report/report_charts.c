/* The figures of a report: gauges of the ratings, and bars of amounts.
 * Geometry only, in whole hundredths of a point; what a figure shows is also told in words. Pure.
 */
#include "report.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

enum {
    WIDTH = SCF_REPORT_WIDTH,
    TINY = 650,
    NORMAL = 900,
    HAIR = 40,
};

static const struct scf_lettering muted_middle = {TINY, SCF_TONE_MUTED, SCF_ALIGN_MIDDLE};
static const struct scf_lettering muted_start = {TINY, SCF_TONE_MUTED, SCF_ALIGN_START};

struct scf_figure *scf_add_figure(struct scf_report *r, int height) {
    struct scf_figure *f = scf_alloc(r->arena, 1, sizeof *f);
    if (f == NULL) {
        r->failed = true;
        return NULL;
    }
    scf_fig_init(f, r->arena, WIDTH, height);
    scf_add_block(r, SCF_BLOCK_FIGURE, NULL)->figure = f;
    return f;
}

/* value · length / whole without overflow, 0 ≤ value ≤ whole. */
int scf_scaled(int64_t value, int64_t whole, int length) {
    int64_t part = 0;
    if (whole <= 0 || value <= 0)
        return 0;
    if (value >= whole)
        return length;
    return scf_mul_div_floor(value, length, whole, &part) ? (int)part : 0;
}

const cJSON *scf_cut_point(const struct scf_report_inputs *in, const char *name, int grade) {
    const cJSON *inputs = scf_json_get(in->receipt, "inputs");
    return cJSON_GetArrayItem(scf_json_at(inputs, "template", name), grade);
}

/* ---- gauges ---- */

enum {
    GAUGE_HEIGHT = 4900,
    BAR_LEFT = 15000,
    BAR_WIDTH = WIDTH - BAR_LEFT - 300,
    BAND = BAR_WIDTH / 4
};

struct gauge {
    const char *label, *value;
    char grade;          /* 'A' … 'D' */
    int at;              /* from the left end of the bar; −1: nothing to mark */
    const char *cuts[3]; /* under the bounds of the bands D|C, C|B, B|A */
};

static void draw_gauge(struct scf_figure *f, int y, const struct gauge *g) {
    int bar = y + 1100, height = 1500;
    scf_fig_text(f, 0, y + 1350, (struct scf_lettering){NORMAL, SCF_TONE_INK, SCF_ALIGN_START},
                 g->label);
    scf_fig_text(f, 0, y + 2750, (struct scf_lettering){1250, SCF_TONE_ACCENT, SCF_ALIGN_START},
                 g->value);
    for (int i = 0; i < 4; i++) {
        const char letter[2] = {(char)('D' - i), '\0'};
        bool own = letter[0] == g->grade;
        scf_fig_rect(f, BAR_LEFT + i * BAND, bar, BAND, height,
                     own ? SCF_TONE_ACCENT : SCF_TONE_FAINT);
        scf_fig_frame(f, BAR_LEFT + i * BAND, bar, BAND, height, HAIR, SCF_TONE_RULE);
        struct scf_lettering type = {NORMAL, own ? SCF_TONE_PAPER : SCF_TONE_MUTED,
                                     SCF_ALIGN_MIDDLE};
        scf_fig_text(f, BAR_LEFT + i * BAND + BAND / 2, bar + 1070, type, letter);
    }
    for (int i = 0; i < 3; i++)
        scf_fig_text(f, BAR_LEFT + (i + 1) * BAND, bar + height + 850, muted_middle, g->cuts[i]);
    if (g->at >= 0) {
        int x = BAR_LEFT + g->at;
        scf_fig_line(f, x, bar - 350, x, bar + height + 150, 220, SCF_TONE_PAPER, false);
        scf_fig_line(f, x, bar - 350, x, bar + height + 150, 120, SCF_TONE_INK, false);
        scf_fig_disc(f, x, bar - 350, 260, SCF_TONE_INK);
    }
}

/* Every band has the same width; within its band the mark stands in proportion. `cuts` ascend and
 * bound the bands from the worst; `worst` and `best` are the ends of the scale. */
static int place(int64_t value, int64_t worst, const int64_t cuts[3], int64_t best) {
    const int64_t bounds[5] = {worst, cuts[0], cuts[1], cuts[2], best};
    int at = 0;
    for (int i = 0; i < 4; i++)
        at += scf_scaled(value - bounds[i], bounds[i + 1] - bounds[i], BAND);
    return at;
}

static const cJSON *rating(const struct scf_report_inputs *in, const char *name) {
    return scf_json_get(scf_json_get(in->document, "ratings"), name);
}

static char grade_of(const struct scf_report_inputs *in, const char *name) {
    const char *grade = scf_json_string(rating(in, name), "grade");
    return grade != NULL ? *grade : 'D';
}

/* A rating that is better when higher: its cut points are of A, B, C. */
static void share_gauge(struct scf_report *r, const struct scf_report_inputs *in, const char *name,
                        struct gauge *ret) {
    const char *score = scf_json_string(rating(in, name), "score");
    int64_t value = 0, cuts[3] = {700000, 850000, 950000};
    *ret = (struct gauge){.label = scf_word(r, name),
                          .value = scf_percent(r, score),
                          .grade = grade_of(in, name),
                          .at = -1};
    for (int i = 0; i < 3; i++) {
        const cJSON *cut = scf_cut_point(in, name, 2 - i);
        const char *text = cJSON_IsString(cut) ? cut->valuestring : NULL;
        if (text != NULL && scf_decimal_parse(scf_str(text), 6, &value))
            cuts[i] = value;
        ret->cuts[i] = scf_percent(r, text);
    }
    if (score != NULL && scf_decimal_parse(scf_str(score), 6, &value))
        ret->at = place(value, 0, cuts, SCF_PPM);
}

/* The mean delay: better when lower, so the scale runs down to nothing at the right. */
static void delay_gauge(struct scf_report *r, const struct scf_report_inputs *in,
                        struct gauge *ret) {
    const char *hours = scf_json_string(rating(in, "timeliness"), "weighted_delay_h");
    int64_t value = 0, cuts[3] = {0};
    *ret = (struct gauge){.label = scf_say(r, "Timeliness D (mean delay)", "及时度 D（平均延迟）"),
                          .value = hours != NULL ? scf_hours(r, hours)
                                                 : scf_say(r, "no delay known", "无延迟数据"),
                          .grade = grade_of(in, "timeliness"),
                          .at = -1};
    for (int i = 0; i < 3; i++) {
        const cJSON *cut = scf_cut_point(in, "timeliness_us", 2 - i);
        cuts[i] = cJSON_IsNumber(cut) ? -(int64_t)cut->valuedouble : 0;
        ret->cuts[i] = scf_printed(r, "%" PRId64 " h", -cuts[i] / SCF_US_PER_HOUR);
    }
    if (hours != NULL && scf_decimal_parse(scf_str(hours), 6, &value))
        ret->at = place(-value * (SCF_US_PER_HOUR / SCF_PPM), 2 * cuts[0], cuts, 0);
}

void scf_chart_ratings(struct scf_report *r, const struct scf_report_inputs *in) {
    struct gauge gauges[3];
    struct scf_figure *f = scf_add_figure(r, 3 * GAUGE_HEIGHT);
    if (f == NULL)
        return;
    share_gauge(r, in, "normativity", &gauges[0]);
    delay_gauge(r, in, &gauges[1]);
    share_gauge(r, in, "accuracy", &gauges[2]);
    for (int i = 0; i < 3; i++)
        draw_gauge(f, i * GAUGE_HEIGHT, &gauges[i]);
    f->alt = scf_printed(r, "%s %s, %c; %s %s, %c; %s %s, %c", gauges[0].label, gauges[0].value,
                         gauges[0].grade, gauges[1].label, gauges[1].value, gauges[1].grade,
                         gauges[2].label, gauges[2].value, gauges[2].grade);
    r->failed = r->failed || f->failed;
}

/* ---- bars ---- */

void scf_chart_bars(struct scf_report *r, const struct scf_bar *bars, size_t n, const char *alt) {
    enum { ROW = 2300, LABELS = 15500, VALUES = 9500 };
    struct scf_figure *f = scf_add_figure(r, (int)n * ROW);
    if (f == NULL)
        return;
    int64_t most = 1;
    for (size_t i = 0; i < n; i++)
        most = bars[i].size > most ? bars[i].size : most;
    for (size_t i = 0; i < n; i++) {
        const struct scf_bar *b = &bars[i];
        int y = (int)i * ROW;
        enum scf_tone tone = b->strong ? SCF_TONE_ACCENT : SCF_TONE_INK;
        scf_fig_text(f, 0, y + (b->note != NULL ? 950 : 1350),
                     (struct scf_lettering){850, tone, SCF_ALIGN_START}, b->label);
        if (b->note != NULL)
            scf_fig_text(f, 0, y + 1800, muted_start, b->note);
        int length = scf_scaled(b->size, most, WIDTH - LABELS - VALUES);
        scf_fig_rect(f, LABELS, y + 450, length, 1200, b->strong ? SCF_TONE_ACCENT : SCF_TONE_TINT);
        scf_fig_line(f, LABELS, y + 250, LABELS, y + 1850, HAIR, SCF_TONE_MUTED, false);
        scf_fig_text(f, WIDTH, y + 1350, (struct scf_lettering){850, tone, SCF_ALIGN_END},
                     b->value);
        scf_fig_line(f, 0, y + ROW, WIDTH, y + ROW, HAIR, SCF_TONE_FAINT, false);
    }
    f->alt = alt;
    r->failed = r->failed || f->failed;
}
