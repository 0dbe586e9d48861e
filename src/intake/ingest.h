/* Handlers of the sending routes; the kind is read from the path. */
#ifndef SCFD_INTAKE_INGEST_H
#define SCFD_INTAKE_INGEST_H

#include "item.h"
#include "scfd/http/http.h"

/* The record kind of "/v1/invoices…"; SCF_REC_KINDS when there is none. */
enum scf_record_kind scf_kind_of_path(const char *path);

void scf_ingest_one(struct scf_request *rq); /* POST /v1/{kind} */
extern const struct scf_stream_ops scf_ingest_bulk;

/* May this actor send records of this kind? FORBIDDEN otherwise. */
enum scf_code scf_may_send(const struct scf_actor *actor, enum scf_record_kind kind,
                           struct scf_error *err) SCF_MUST_CHECK;

#endif
