/* What follows when a witness names a larger tree of a chain of ours than this database has. */
#ifndef SCFD_WITNESS_CLAIM_H
#define SCFD_WITNESS_CLAIM_H

#include "ask_store.h"
#include "scfd/codec/http_client.h"
#include "scfd/party/services.h"

struct scf_wit_claim {
    struct scf_db *db;
    struct scf_arena *arena;
    const struct scf_services *services;
    struct scf_http_client *client;
    const struct scf_witness *witness;
    const struct scf_witness_showing *showing; /* what it was shown */
    int64_t size;                              /* the tree that it names */
    int64_t sealed;                            /* the newest one that we have */
};

/* Asks the witness for the checkpoint (not in a transaction). Stops sealing when it shows one of
 * the chain that our key has signed and that is larger than `sealed`, or when enough witnesses
 * claim a larger one (scf_witness_claimed); else keeps the claim for the alarm, and tells the
 * platform's feed when it is a new one. The chain is left alone with this witness for a while. */
enum scf_code scf_wit_claim_take(const struct scf_wit_claim *claim,
                                 struct scf_error *err) SCF_MUST_CHECK;

#endif
