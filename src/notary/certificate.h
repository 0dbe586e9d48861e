/* The execution certificate as data: what 公证程序规则 55 wants in it, put together from the
 * dossier, the steps and the ledger when it is issued, and kept in the step. Private to notary.
 * Pure; any thread. */
#ifndef SCFD_NOTARY_CERTIFICATE_H
#define SCFD_NOTARY_CERTIFICATE_H

#include "case.h"

/* `paper` is the member execution_certificate of the step's body, `hash` its document_sha256,
 * `then` the ledger as of its day. Writes one object under `key`. */
void scf_enf_certificate_write(struct scf_jsonw *w, const char *key, const struct scf_enf_story *s,
                               const cJSON *paper, const char *hash, const struct scf_owed *then);

#endif
