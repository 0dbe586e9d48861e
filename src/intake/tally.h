/* scfd_ingested_records_total{resource,result}: what became of every record that came in, alone or
 * as a line of a bulk upload (api-rules R20). Counted once, when it is decided, whether or not the
 * sender still waits for the answer. */
#ifndef SCFD_INTAKE_TALLY_H
#define SCFD_INTAKE_TALLY_H

#include "item.h"

/* Shows the counters, at zero. Before the first scf_tally; again does no harm. */
void scf_tally_register(void);
/* `outcome` is not SCF_PENDING. Any thread. */
void scf_tally(enum scf_record_kind kind, enum scf_outcome outcome);

#endif
