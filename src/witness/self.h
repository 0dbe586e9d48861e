/* What this installation is as a witness. */
#ifndef SCFD_WITNESS_SELF_H
#define SCFD_WITNESS_SELF_H

#include "scfd/party/services.h"
#include "scfd/witness/cosignature.h"

/* Name (in `arena`) and public key. False: the arena is full. */
bool scf_wit_self(struct scf_arena *arena, const struct scf_services *services,
                  struct scf_cosigner *ret) SCF_MUST_CHECK;

#endif
