/* Counters, gauges and histograms for /metrics (api-rules R20). The first who asks for one by its
 * name registers it. Asking takes a lock and walks a list: keep the pointer where it is hot.
 * Updating is lock-free. Any thread; a metric lives as long as the process. */
#ifndef SCFD_BASE_METRICS_H
#define SCFD_BASE_METRICS_H

#include "scfd/base/buf.h"

struct scf_metric;

/* `labels` is the ready-made label text without braces ("kind=\"seal\"") or NULL; the same
 * (name, labels) gives the same metric. `help` and `name` must be static. Never NULL. */
struct scf_metric *scf_counter(const char *name, const char *labels, const char *help);
struct scf_metric *scf_gauge(const char *name, const char *labels, const char *help);
/* Seconds, buckets .001 .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10. */
struct scf_metric *scf_histogram(const char *name, const char *labels, const char *help);

void scf_metric_add(struct scf_metric *m, int64_t n);
void scf_metric_set(struct scf_metric *m, int64_t value);
void scf_metric_observe_us(struct scf_metric *histogram, int64_t us);

/* Prometheus text format 0.0.4. */
void scf_metrics_write(struct scf_buf *out);

#endif
