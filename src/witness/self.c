/* The witness's name and key. Relies on the configuration and on services->witness_key. */
#include "self.h"

#include "scfd/chain/note.h"
#include "scfd/witness/witness.h"

bool scf_wit_self(struct scf_arena *arena, const struct scf_services *services,
                  struct scf_cosigner *ret) {
    const char *given = services->config->witness_name;
    const char *name =
        given != NULL ? given : scf_asprintf(arena, "%s/witness", services->installation.origin);
    if (name == NULL)
        return false;
    uint8_t pub[SCF_ED25519_PUBLIC_LEN];
    scf_signing_key_public(services->witness_key, pub);
    *ret = scf_cosigner(scf_str(name), pub);
    return true;
}

enum scf_code scf_witness_check(const struct scf_services *services, struct scf_error *err) {
    const char *given = services->config->witness_name;
    if (given == NULL || (scf_note_name_valid(scf_str(given)) && strlen(given) <= 200))
        return SCF_OK;
    return scf_fail(err, SCF_E_INVALID_PARAMETER,
                    "witness_name must have no blanks and no '+', and at most 200 bytes.");
}
