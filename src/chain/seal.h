/* Sealing some chains in one transaction: what the sealing task is made of. */
#ifndef SCFD_CHAIN_SEAL_H
#define SCFD_CHAIN_SEAL_H

#include "scfd/chain/chain.h"

enum { SCF_SEAL_CHAINS_MAX = 64 };

/* What was done. */
struct scf_seal_tally {
    int64_t leaves, refused; /* leaves sealed; chains that are not sealed */
    int64_t oldest_us;       /* when the oldest leaf was received; 0: none */
    bool more;               /* chains that were sealed have leaves left */
};

/* Tools and memory, about 4 MiB; one thread at a time. */
struct scf_sealing;
struct scf_sealing *scf_sealing_new(const struct scf_services *services, bool log_refusals);
void scf_sealing_free(struct scf_sealing *s);

/* Seals what these chains (at most SCF_SEAL_CHAINS_MAX) wait for, at most 32,768 leaves together,
 * each chain at most its fair share. Chains that another instance is sealing are passed over. A
 * failure with a tally: it was committed, but could not be remembered (scf_published_put). */
enum scf_code scf_seal_chains(struct scf_sealing *s, struct scf_db *db, const struct scf_uuid *ids,
                              size_t n, struct scf_seal_tally *ret,
                              struct scf_error *err) SCF_MUST_CHECK;

#endif
