/* What sellers declared to the tax office, beside what they invoiced in the same months. */
#ifndef SCFD_TRADE_REVENUE_STORE_H
#define SCFD_TRADE_REVENUE_STORE_H

#include "view.h"

enum { SCF_REVENUE_INVOICES = 5000 }; /* of a seller that are looked at; more: not known */

/* For each contract, in `ret` (room for n): of its seller, in its currency. Invoices received up to
 * `as_of_us`, reported by a party to them or by a node that nobody operates, each once and for the
 * least that is said of it; the profile is the one in force. One statement. */
enum scf_code scf_revenue_load(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_trade_contract *contracts, size_t n,
                               int64_t as_of_us, struct scf_revenue *ret,
                               struct scf_error *err) SCF_MUST_CHECK;

#endif
