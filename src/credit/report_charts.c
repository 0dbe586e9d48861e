/* The figures of a report: gauges of the ratings, delays and limits over time, bars of amounts.
 * Geometry only, in whole hundredths of a point; what a figure shows is also told in words. Pure.
 */
#include "report.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

enum {
    WIDTH = SCF_REPORT_WIDTH,
    TINY = 650,
    SMALL = 750,
    NORMAL = 900,
    HAIR = 40,
    PLOT_LEFT = 6600,          /* room for the figures of the scale */
    PLOT_RIGHT = WIDTH - 3800, /* room for the names of the bounds */
    PLOT_TOP = 1400,
    PLOT_HEIGHT = 9200,
    PLOT_BOTTOM = PLOT_TOP + PLOT_HEIGHT,
};

static const struct scf_lettering muted_end = {TINY, SCF_TONE_MUTED, SCF_ALIGN_END};
static const struct scf_lettering muted_middle = {TINY, SCF_TONE_MUTED, SCF_ALIGN_MIDDLE};
static const struct scf_lettering muted_start = {TINY, SCF_TONE_MUTED, SCF_ALIGN_START};

static struct scf_figure *add_figure(struct scf_report *r, int height) {
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
static int scaled(int64_t value, int64_t whole, int length) {
    int64_t part = 0;
    if (whole <= 0 || value <= 0)
        return 0;
    if (value >= whole)
        return length;
    return scf_mul_div_floor(value, length, whole, &part) ? (int)part : 0;
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
        at += scaled(value - bounds[i], bounds[i + 1] - bounds[i], BAND);
    return at;
}

static const cJSON *rating(const struct scf_report_inputs *in, const char *name) {
    return scf_json_get(scf_json_get(in->document, "ratings"), name);
}

static const cJSON *grading(const struct scf_report_inputs *in, const char *name) {
    const cJSON *inputs = scf_json_get(in->receipt, "inputs");
    return scf_json_get(scf_json_get(inputs, "template"), name);
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
        const cJSON *cut = cJSON_GetArrayItem(grading(in, name), 2 - i);
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
        const cJSON *cut = cJSON_GetArrayItem(grading(in, "timeliness_us"), 2 - i);
        cuts[i] = cJSON_IsNumber(cut) ? -(int64_t)cut->valuedouble : 0;
        ret->cuts[i] = scf_printed(r, "%" PRId64 " h", -cuts[i] / SCF_US_PER_HOUR);
    }
    if (hours != NULL && scf_decimal_parse(scf_str(hours), 6, &value))
        ret->at = place(-value * (SCF_US_PER_HOUR / SCF_PPM), 2 * cuts[0], cuts, 0);
}

void scf_chart_ratings(struct scf_report *r, const struct scf_report_inputs *in) {
    struct gauge gauges[3];
    struct scf_figure *f = add_figure(r, 3 * GAUGE_HEIGHT);
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

/* ---- columns over time ---- */

/* The least round number that is at least `value`: 1, 2, 2.5 or 5 with zeros, or 10. */
static int64_t round_up(int64_t value) {
    for (int64_t unit = 1; unit <= INT64_MAX / 100; unit *= 10) {
        const int64_t steps[] = {unit, 2 * unit, 5 * unit / 2, 5 * unit};
        for (size_t i = 0; i < SCF_COUNT(steps); i++)
            if (steps[i] >= value && (unit > 1 || i != 2))
                return steps[i];
    }
    return value;
}

static int height_of(int64_t value, int64_t top) {
    return scaled(value, top, PLOT_HEIGHT);
}

static void draw_scale(struct scf_figure *f, const char *const labels[5]) {
    for (int i = 0; i < 5; i++) {
        int y = PLOT_BOTTOM - i * PLOT_HEIGHT / 4;
        scf_fig_line(f, PLOT_LEFT, y, PLOT_RIGHT, y, HAIR, i == 0 ? SCF_TONE_MUTED : SCF_TONE_RULE,
                     false);
        scf_fig_text(f, PLOT_LEFT - 400, y + 230, muted_end, labels[i]);
    }
}

/* Delays in seconds per kind and period. */
struct periods {
    int32_t first_day; /* of the first one */
    int width, n;      /* days of a period, and how many there are */
    int64_t count[2][SCF_REPORT_PERIODS], seconds[2][SCF_REPORT_PERIODS];
};

static void add_delay(struct periods *p, int32_t day, bool invoice, int64_t count,
                      int64_t seconds) {
    int i = (day - p->first_day) / p->width;
    if (day < p->first_day || i >= p->n || count <= 0)
        return;
    p->count[invoice][i] += count;
    p->seconds[invoice][i] += seconds;
}

/* What the receipt says of the whole window, less the days before the last: the last day as it was
 * when the assessment was made, whatever has come since. */
static void add_last_day(const struct scf_report_inputs *in, int32_t last_day, struct periods *p) {
    const cJSON *sums = scf_json_get(scf_json_get(in->receipt, "inputs"), "sums"), *sum;
    int64_t count[2] = {0}, seconds[2] = {0};
    cJSON_ArrayForEach(sum, sums) {
        const char *kind = scf_json_string(sum, "kind");
        bool invoice = kind != NULL && strcmp(kind, "invoice") == 0;
        int64_t n = 0, s = 0;
        if (kind == NULL || (!invoice && strcmp(kind, "workflow_event") != 0))
            continue;
        if (scf_json_i64(sum, "delay_count", &n) && scf_json_i64(sum, "delay_s", &s)) {
            count[invoice] += n;
            seconds[invoice] += s;
        }
    }
    for (size_t i = 0; i < in->day_count; i++) {
        count[in->days[i].kind == SCF_REC_INVOICE] -= in->days[i].delay_count;
        seconds[in->days[i].kind == SCF_REC_INVOICE] -= in->days[i].delay_s;
    }
    for (int invoice = 0; invoice < 2; invoice++)
        if (seconds[invoice] >= 0)
            add_delay(p, last_day, invoice, count[invoice], seconds[invoice]);
}

/* From the first day that has a delay (a week at least) to the end of the window, in days or weeks
 * if so few are enough. The last period ends with the window. */
static void divide(struct periods *p, int32_t first, int32_t last) {
    enum { WEEK = 7 };
    int days = last - first + 1 > WEEK ? last - first + 1 : WEEK;
    p->width = days <= SCF_REPORT_PERIODS          ? 1
               : days <= WEEK * SCF_REPORT_PERIODS ? WEEK
                                                   : (days - 1) / SCF_REPORT_PERIODS + 1;
    p->n = (days - 1) / p->width + 1;
    p->first_day = last - p->n * p->width + 1;
}

static bool gather_periods(const struct scf_report_inputs *in, struct periods *p) {
    const cJSON *period = scf_json_get(scf_json_get(in->document, "inputs"), "period");
    const char *from = scf_json_string(period, "from"), *to = scf_json_string(period, "to");
    int32_t first, last;
    if (from == NULL || to == NULL || !scf_date_parse(scf_str(from), &first) ||
        !scf_date_parse(scf_str(to), &last) || last < first)
        return false;
    *p = (struct periods){0};
    divide(p, in->day_count > 0 && in->days[0].day >= first ? in->days[0].day : last, last);
    for (size_t i = 0; i < in->day_count; i++)
        add_delay(p, in->days[i].day, in->days[i].kind == SCF_REC_INVOICE, in->days[i].delay_count,
                  in->days[i].delay_s);
    add_last_day(in, last, p);
    for (int i = 0; i < p->n; i++)
        if (p->count[0][i] > 0 || p->count[1][i] > 0)
            return true;
    return false;
}

/* Mean hours with one decimal, as tenths. */
static int64_t tenths(const struct periods *p, int invoice, int i) {
    int64_t mean = p->seconds[invoice][i] / p->count[invoice][i];
    return mean / 360;
}

static void delay_scale(struct scf_report *r, struct scf_figure *f, int64_t top_hours) {
    const char *labels[5];
    for (int i = 0; i < 5; i++) {
        int64_t quarters = top_hours * i;
        labels[i] = quarters % 4 == 0 ? scf_printed(r, "%" PRId64 " h", quarters / 4)
                                      : scf_printed(r, "%" PRId64 ".%02" PRId64 " h", quarters / 4,
                                                    quarters % 4 * 25);
    }
    draw_scale(f, labels);
}

/* The bounds of the grades, where they fall into the picture. */
static void delay_bounds(struct scf_report *r, const struct scf_report_inputs *in,
                         struct scf_figure *f, int64_t top_hours) {
    for (int i = 0; i < 3; i++) {
        const cJSON *cut = cJSON_GetArrayItem(grading(in, "timeliness_us"), i);
        int64_t hours = cJSON_IsNumber(cut) ? (int64_t)cut->valuedouble / SCF_US_PER_HOUR : 0;
        if (hours <= 0 || hours > top_hours)
            continue;
        int y = PLOT_BOTTOM - height_of(hours, top_hours);
        scf_fig_line(f, PLOT_LEFT, y, PLOT_RIGHT, y, 70, SCF_TONE_ALERT, true);
        scf_fig_text(f, WIDTH, y + 230, (struct scf_lettering){TINY, SCF_TONE_ALERT, SCF_ALIGN_END},
                     scf_printed(r, "%c ≤ %" PRId64 " h", 'A' + i, hours));
    }
}

static void delay_legend(struct scf_report *r, struct scf_figure *f) {
    scf_fig_rect(f, PLOT_LEFT, 100, 700, 600, SCF_TONE_ACCENT);
    scf_fig_text(f, PLOT_LEFT + 950, 640, muted_start, scf_say(r, "workflow events", "业务流程"));
    scf_fig_rect(f, PLOT_LEFT + 8000, 100, 700, 600, SCF_TONE_TINT);
    scf_fig_frame(f, PLOT_LEFT + 8000, 100, 700, 600, 60, SCF_TONE_ACCENT);
    scf_fig_text(f, PLOT_LEFT + 8950, 640, muted_start, scf_say(r, "invoices", "发票"));
}

static void delay_column(struct scf_report *r, struct scf_figure *f, const struct periods *p, int i,
                         int64_t top_hours) {
    int slot = (PLOT_RIGHT - PLOT_LEFT) / p->n, bar = slot * 3 / 10 < 1600 ? slot * 3 / 10 : 1600;
    int middle = PLOT_LEFT + i * slot + slot / 2;
    char date[SCF_TIME_TEXT];
    scf_date_format(p->first_day + i * p->width, date);
    scf_fig_text(f, middle, PLOT_BOTTOM + 1000, muted_middle, date + (p->n > 7 ? 5 : 0));
    for (int invoice = 0; invoice < 2; invoice++) {
        if (p->count[invoice][i] == 0)
            continue;
        int64_t value = tenths(p, invoice, i);
        int h = height_of(value, 10 * top_hours), x = middle - (invoice ? 0 : bar);
        scf_fig_rect(f, x, PLOT_BOTTOM - h, bar, h, invoice ? SCF_TONE_TINT : SCF_TONE_ACCENT);
        if (invoice)
            scf_fig_frame(f, x, PLOT_BOTTOM - h, bar, h, 60, SCF_TONE_ACCENT);
        scf_fig_text(f, x + bar / 2, PLOT_BOTTOM - h - 250,
                     (struct scf_lettering){550, SCF_TONE_INK, SCF_ALIGN_MIDDLE},
                     scf_printed(r, "%" PRId64 ".%" PRId64, value / 10, value % 10));
    }
}

static const char *describe_delays(struct scf_report *r, const struct periods *p) {
    struct scf_buf text;
    scf_buf_init(&text, 8192);
    scf_buf_puts(&text, scf_say(r, "Mean delay in hours per period:", "各周期平均延迟（小时）："));
    for (int i = 0; i < p->n; i++) {
        char date[SCF_TIME_TEXT];
        scf_date_format(p->first_day + i * p->width, date);
        for (int invoice = 0; invoice < 2; invoice++) {
            if (p->count[invoice][i] == 0)
                continue;
            int64_t value = tenths(p, invoice, i);
            scf_buf_printf(&text, " %s %s %" PRId64 ".%" PRId64 ";", date,
                           invoice ? scf_say(r, "invoices", "发票")
                                   : scf_say(r, "workflow events", "业务流程"),
                           value / 10, value % 10);
        }
    }
    char *copy = text.data != NULL ? scf_strdup(r->arena, text.data) : NULL;
    scf_buf_free(&text);
    r->failed = r->failed || copy == NULL;
    return copy != NULL ? copy : "";
}

bool scf_chart_delays(struct scf_report *r, const struct scf_report_inputs *in) {
    struct periods p;
    if (!gather_periods(in, &p))
        return false;
    struct scf_figure *f = add_figure(r, PLOT_BOTTOM + 1500);
    if (f == NULL)
        return true;
    int64_t most = 10; /* an hour */
    for (int i = 0; i < 2 * p.n; i++)
        if (p.count[i / p.n][i % p.n] > 0 && tenths(&p, i / p.n, i % p.n) > most)
            most = tenths(&p, i / p.n, i % p.n);
    int64_t top_hours = round_up((most + 9) / 10);
    delay_scale(r, f, top_hours);
    delay_bounds(r, in, f, top_hours);
    for (int i = 0; i < p.n; i++)
        delay_column(r, f, &p, i, top_hours);
    delay_legend(r, f);
    f->alt = describe_delays(r, &p);
    r->failed = r->failed || f->failed;
    return true;
}

/* ---- limits over time ---- */

static void history_column(struct scf_report *r, struct scf_figure *f,
                           const struct scf_report_point *p, int i, int n, int64_t top,
                           const char *currency) {
    int slot = (PLOT_RIGHT - PLOT_LEFT) / n, bar = slot * 6 / 10 < 2200 ? slot * 6 / 10 : 2200;
    int middle = PLOT_LEFT + i * slot + slot / 2, h = height_of(p->limit, top);
    bool last = i == n - 1;
    char date[SCF_TIME_TEXT];
    scf_date_format(scf_day_of(p->as_of_us), date);
    scf_fig_rect(f, middle - bar / 2, PLOT_BOTTOM - h, bar, h,
                 last ? SCF_TONE_ACCENT : SCF_TONE_TINT);
    if (!last)
        scf_fig_frame(f, middle - bar / 2, PLOT_BOTTOM - h, bar, h, 60, SCF_TONE_ACCENT);
    bool edge = last && n > 8; /* narrow columns: so that it ends with the picture */
    if (n <= 8 || last)
        scf_fig_text(
            f, edge ? WIDTH : middle, PLOT_BOTTOM - h - 300,
            (struct scf_lettering){TINY, SCF_TONE_INK, edge ? SCF_ALIGN_END : SCF_ALIGN_MIDDLE},
            scf_money_shown(r, p->limit, currency));
    scf_fig_text(f, middle, PLOT_BOTTOM + 1000, muted_middle, date + (n > 12 ? 5 : 0));
}

void scf_chart_history(struct scf_report *r, const struct scf_report_inputs *in) {
    const char *currency = scf_json_string(in->document, "currency");
    const char *limit = scf_json_string(in->document, "recommended_limit");
    struct scf_report_point now = {.as_of_us = r->as_of_us};
    if (currency == NULL || limit == NULL ||
        !scf_money_parse(scf_str(limit), scf_scale_of(currency), &now.limit))
        return;
    struct scf_figure *f = add_figure(r, PLOT_BOTTOM + 1500);
    if (f == NULL)
        return;
    int n = (int)in->point_count + 1;
    int64_t most = now.limit > 1 ? now.limit : 1;
    for (size_t i = 0; i < in->point_count; i++)
        most = in->points[i].limit > most ? in->points[i].limit : most;
    int64_t top = round_up(most);
    const char *labels[5];
    for (int i = 0; i < 5; i++)
        labels[i] = scf_money_shown(r, top / 4 * i + top % 4 * i / 4, currency);
    draw_scale(f, labels);
    for (int i = 0; i < n; i++)
        history_column(r, f, i < n - 1 ? &in->points[i] : &now, i, n, top, currency);
    f->alt = scf_printed(r, "%s: %d; %s: %s %s", scf_say(r, "Recommended limits", "建议额度次数"),
                         n, scf_say(r, "the latest", "最近一次"), scf_grouped(r, limit), currency);
    r->failed = r->failed || f->failed;
}

/* ---- bars ---- */

void scf_chart_bars(struct scf_report *r, const struct scf_bar *bars, size_t n, const char *alt) {
    enum { ROW = 2300, LABELS = 15500, VALUES = 9500 };
    struct scf_figure *f = add_figure(r, (int)n * ROW);
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
        int length = scaled(b->size, most, WIDTH - LABELS - VALUES);
        scf_fig_rect(f, LABELS, y + 450, length, 1200, b->strong ? SCF_TONE_ACCENT : SCF_TONE_TINT);
        scf_fig_line(f, LABELS, y + 250, LABELS, y + 1850, HAIR, SCF_TONE_MUTED, false);
        scf_fig_text(f, WIDTH, y + 1350, (struct scf_lettering){850, tone, SCF_ALIGN_END},
                     b->value);
        scf_fig_line(f, 0, y + ROW, WIDTH, y + ROW, HAIR, SCF_TONE_FAINT, false);
    }
    f->alt = alt;
    r->failed = r->failed || f->failed;
}
