/* Counting what came in. The table is filled before the threads that count start. */
#include "tally.h"

#include "scfd/base/metrics.h"

enum { KINDS = SCF_REC_GUARANTEE + 1, LABELS_MAX = 96 };

static const char *const results[] = {
    [SCF_ACCEPTED] = "accepted", [SCF_REPLAYED] = "duplicate", [SCF_REFUSED] = "rejected"};

static struct scf_metric *counters[KINDS][SCF_COUNT(results)];

void scf_tally_register(void) {
    char labels[LABELS_MAX];
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t result = SCF_ACCEPTED; result < SCF_COUNT(results); result++) {
            snprintf(labels, sizeof labels, "resource=\"%s\",result=\"%s\"",
                     scf_record_kind_name((enum scf_record_kind)kind), results[result]);
            counters[kind][result] = scf_counter("scfd_ingested_records_total", labels,
                                                 "Records that came in, by what became of them.");
        }
}

void scf_tally(enum scf_record_kind kind, enum scf_outcome outcome) {
    SCF_ASSERT((unsigned)kind < KINDS && outcome != SCF_PENDING);
    scf_metric_add(counters[kind][outcome], 1);
}
