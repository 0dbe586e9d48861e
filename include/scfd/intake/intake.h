/* Intake: contracts, workflow events, invoices, guarantees and enterprises come in, one by one or
 * as NDJSON, and are acknowledged when they are on disk, in the chain, at their index. */
#ifndef SCFD_INTAKE_INTAKE_H
#define SCFD_INTAKE_INTAKE_H

#include "scfd/chain/record.h"
#include "scfd/party/services.h"

/* Limits of atomic bulk uploads, published at GET /v1/limits: they are held in memory and keep
 * their chain locked. Others are bounded by max_bulk_bytes. */
enum { SCF_ATOMIC_LINES_MAX = 10000, SCF_ATOMIC_BYTES_MAX = 16 << 20 };

struct scf_intake;

struct scf_intake_options {
    const char *database_url;
    size_t queue_records; /* more than this waiting: 503 */
    struct scf_services *services;
};
enum scf_code scf_intake_start(const struct scf_intake_options *options, struct scf_intake **ret,
                               struct scf_error *err) SCF_MUST_CHECK;
void scf_intake_stop(struct scf_intake *intake); /* commits what is queued first; NULL is fine */

/* POST /v1/{kind}, POST /v1/{kind}/bulk, GET /v1/{kind}, GET /v1/{kind}/{id}, and
 * GET /v1/records/{id}[/body]. */
extern const struct scf_route scf_intake_routes[];
extern const size_t scf_intake_route_count;

/* The field tables, by record kind (the first five kinds). */
const struct scf_schema *scf_intake_schema(enum scf_record_kind kind);

/* Business keys: the first 16 bytes of a SHA-256 over normalised text (trim, upper-case ASCII,
 * inner blanks removed). `seller` is a USCC or "CC:registration-number". Pure. */
struct scf_uuid scf_contract_key(struct scf_str seller, struct scf_str contract_no);
struct scf_uuid scf_invoice_key(struct scf_str invoice_code, struct scf_str invoice_no);

#endif
