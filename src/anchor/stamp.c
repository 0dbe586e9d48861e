/* Stamping any SHA-256 at once, for rooms that cannot wait for a tick. */
#include "rfc3161.h"
#include "target.h"

enum { STAMP_TIMEOUT_S = 3 };

enum scf_code scf_anchor_stamp(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_services *services, const struct scf_hash *digest,
                               struct scf_str *ret_token, struct scf_str *ret_ca_pem,
                               const struct scf_anchor_target **ret_target, struct scf_error *err) {
    (void)services;
    struct scf_anchor_target *targets;
    struct scf_timestamp stamp;
    int n;
    enum scf_code code = scf_anchor_target_active(db, arena, SCF_ANCHOR_RFC3161, &targets, &n, err);
    if (code)
        return code;
    if (n == 0)
        return scf_fail(err, SCF_E_NO_TIMESTAMP_AUTHORITY,
                        "There is no active anchor target of kind rfc3161.");
    for (int i = 0; i < n; i++) {
        code = scf_rfc3161_ask(arena, &targets[i], digest, NULL, STAMP_TIMEOUT_S, ret_token, &stamp,
                               ret_ca_pem, err);
        if (code == SCF_OK) {
            *ret_target = &targets[i];
            return SCF_OK;
        }
    }
    return scf_fail(err, SCF_E_UPSTREAM, "No timestamp authority answered as it should.");
}
