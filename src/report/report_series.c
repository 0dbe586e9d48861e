/* Figures over time of a report: delays and recommended limits in columns. Geometry only, in whole
 * hundredths of a point; what a figure shows is also told in words. Pure. */
#include "report.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

enum {
    WIDTH = SCF_REPORT_WIDTH,
    TINY = 650,
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
    return scf_scaled(value, top, PLOT_HEIGHT);
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
        const cJSON *cut = scf_cut_point(in, "timeliness_us", i);
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
    struct scf_figure *f = scf_add_figure(r, PLOT_BOTTOM + 1500);
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
    struct scf_figure *f = scf_add_figure(r, PLOT_BOTTOM + 1500);
    if (f == NULL)
        return;
    int n = (int)in->point_count + 1;
    int64_t most = now.limit > 100 ? now.limit : 100;
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
