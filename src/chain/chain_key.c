/* Which key signs for which chain. Relies on note for verifier keys. */
#include "scfd/chain/block.h"
#include "scfd/chain/chain.h"

enum { NAME_MAX_BYTES = 512 };

const struct scf_signing_key *scf_chain_secret(const struct scf_services *services,
                                               enum scf_suite suite) {
    return suite == SCF_SUITE_SM3_SM2 ? services->sm2_key : services->log_key;
}

struct scf_vkey scf_chain_vkey(const struct scf_services *services, const struct scf_uuid *chain_id,
                               enum scf_suite suite, struct scf_arena *arena) {
    struct scf_public_key pub = scf_signing_key_public(scf_chain_secret(services, suite));
    struct scf_buf origin;
    scf_buf_init(&origin, NAME_MAX_BYTES); /* an installation's has 199 characters at most */
    scf_chain_origin(services->installation.origin, chain_id, &origin);
    struct scf_str name = {scf_strndup(arena, origin.data, origin.len), origin.len};
    SCF_ASSERT(!origin.overflow && name.p != NULL);
    scf_buf_free(&origin);
    return scf_vkey(name, &pub);
}
