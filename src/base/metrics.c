/* Counters, gauges and histograms in a list sorted by (name, labels), because the text format wants
 * the lines of one name together. Registering and writing hold the mutex; updating is one relaxed
 * atomic addition. Metrics live as long as the process. */
#include "scfd/base/metrics.h"

enum kind { COUNTER, GAUGE, HISTOGRAM };
static const char *const kind_names[] = {"counter", "gauge", "histogram"};

static const int64_t bucket_us[] = {1000,   5000,   10000,   25000,   50000,   100000,
                                    250000, 500000, 1000000, 2500000, 5000000, 10000000};
static const char *const bucket_text[] = {"0.001", "0.005", "0.01", "0.025", "0.05", "0.1",
                                          "0.25",  "0.5",   "1",    "2.5",   "5",    "10"};
enum { BUCKETS = SCF_COUNT(bucket_us) };
static_assert(SCF_COUNT(bucket_text) == BUCKETS, "every bucket has its text");

struct scf_metric {
    struct scf_metric *next; /* greater (name, labels); guarded by `lock` */
    const char *name;
    const char *help;
    char *labels; /* "" for none */
    enum kind kind;
    _Atomic int64_t value;               /* counter, gauge; microseconds summed for a histogram */
    _Atomic int64_t counts[BUCKETS + 1]; /* the last: above all bounds */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct scf_metric *metrics; /* guarded by `lock` */

static int compare(const struct scf_metric *m, const char *name, const char *labels) {
    int order = strcmp(m->name, name);
    return order ? order : strcmp(m->labels, labels);
}

static struct scf_metric *new_metric(const char *name, const char *labels, const char *help,
                                     enum kind kind) {
    struct scf_metric *m = calloc(1, sizeof *m);
    SCF_ASSERT(m);
    m->name = name;
    m->help = help;
    m->kind = kind;
    m->labels = strdup(labels);
    SCF_ASSERT(m->labels);
    return m;
}

static struct scf_metric *find_or_add(const char *name, const char *labels, const char *help,
                                      enum kind kind) {
    if (!labels)
        labels = "";
    pthread_mutex_lock(&lock);
    struct scf_metric **at = &metrics;
    while (*at && compare(*at, name, labels) < 0)
        at = &(*at)->next;
    struct scf_metric *m = *at;
    if (!m || compare(m, name, labels) != 0) {
        m = new_metric(name, labels, help, kind);
        m->next = *at;
        *at = m;
    }
    pthread_mutex_unlock(&lock);
    SCF_ASSERT(m->kind == kind);
    return m;
}

struct scf_metric *scf_counter(const char *name, const char *labels, const char *help) {
    return find_or_add(name, labels, help, COUNTER);
}

struct scf_metric *scf_gauge(const char *name, const char *labels, const char *help) {
    return find_or_add(name, labels, help, GAUGE);
}

struct scf_metric *scf_histogram(const char *name, const char *labels, const char *help) {
    return find_or_add(name, labels, help, HISTOGRAM);
}

void scf_metric_add(struct scf_metric *m, int64_t n) {
    atomic_fetch_add_explicit(&m->value, n, memory_order_relaxed);
}

void scf_metric_set(struct scf_metric *m, int64_t value) {
    atomic_store_explicit(&m->value, value, memory_order_relaxed);
}

void scf_metric_observe_us(struct scf_metric *histogram, int64_t us) {
    size_t i = 0;
    while (i < BUCKETS && us > bucket_us[i])
        i++;
    atomic_fetch_add_explicit(&histogram->counts[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->value, us, memory_order_relaxed);
}

static int64_t read_count(const _Atomic int64_t *count) {
    return atomic_load_explicit(count, memory_order_relaxed);
}

static void write_buckets(const struct scf_metric *m, struct scf_buf *out) {
    const char *comma = *m->labels ? "," : "";
    int64_t total = 0;
    for (size_t i = 0; i <= BUCKETS; i++) {
        total += read_count(&m->counts[i]);
        scf_buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %" PRId64 "\n", m->name, m->labels, comma,
                       i < BUCKETS ? bucket_text[i] : "+Inf", total);
    }
    const char *open = *m->labels ? "{" : "", *close = *m->labels ? "}" : "";
    int64_t us = read_count(&m->value);
    scf_buf_printf(out, "%s_sum%s%s%s %" PRId64 ".%06" PRId64 "\n", m->name, open, m->labels, close,
                   us / 1000000, us % 1000000);
    scf_buf_printf(out, "%s_count%s%s%s %" PRId64 "\n", m->name, open, m->labels, close, total);
}

static void write_metric(const struct scf_metric *m, struct scf_buf *out) {
    if (m->kind == HISTOGRAM) {
        write_buckets(m, out);
        return;
    }
    scf_buf_puts(out, m->name);
    if (*m->labels)
        scf_buf_printf(out, "{%s}", m->labels);
    scf_buf_printf(out, " %" PRId64 "\n", read_count(&m->value));
}

void scf_metrics_write(struct scf_buf *out) {
    const char *previous = "";
    pthread_mutex_lock(&lock);
    for (const struct scf_metric *m = metrics; m; m = m->next) {
        if (strcmp(m->name, previous) != 0)
            scf_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
                           kind_names[m->kind]);
        previous = m->name;
        write_metric(m, out);
    }
    pthread_mutex_unlock(&lock);
}
