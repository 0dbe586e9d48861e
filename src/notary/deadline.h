/* The deadlines of a case, by their articles. Private to notary. Pure; any thread. */
#ifndef SCFD_NOTARY_DEADLINE_H
#define SCFD_NOTARY_DEADLINE_H

#include "case.h"

struct scf_enf_deadline {
    const char *code, *article;
    const char *who; /* "notary", "parties", "creditor", "court", "debtor" */
    int32_t due_day; /* its last day, in China */
    bool done;       /* what it waits for has happened */
    bool incomplete; /* counted with weekends only, for a year without a calendar */
};
enum { SCF_ENF_MEASURES_MAX = 200, SCF_ENF_DEADLINES_MAX = SCF_ENF_MEASURES_MAX + 80 };
/* Those that have begun, in the order of the procedure; returns how many. */
size_t scf_enf_deadlines(const struct scf_enf_story *s,
                         struct scf_enf_deadline ret[SCF_ENF_DEADLINES_MAX]);
/* The last day to apply for enforcement (规定 9, 民诉法 250): two years from the earliest
 * instalment that is not paid, anew from an application for the execution certificate. False:
 * nothing is due yet. */
bool scf_enf_enforcement_deadline(const struct scf_enf_story *s, int32_t *ret);
/* How long a measure may last (民诉解释 485): years by the kind's name; 0: no such kind. */
int scf_enf_measure_years(const char *kind);
/* How many measures the steps name, renewals among them. */
int scf_enf_measure_count(const struct scf_enf_story *s);

#endif
