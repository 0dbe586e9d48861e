/* Events as JSON. Pure. */
#ifndef SCFD_EXCHANGE_EVENT_JSON_H
#define SCFD_EXCHANGE_EVENT_JSON_H

#include "scfd/codec/jsonw.h"

#include "event_store.h"

/* One event as an object of an array. */
void scf_event_write(struct scf_jsonw *w, const struct scf_event *e);

#endif
