/* All instances of an installation sign evidence with the same certificates, or not at all. Relies
 * on signer_store.c. */
#include "make.h"

#include "signer_store.h"

#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/metrics.h"
#include "scfd/codec/signer.h"

static struct scf_hash fingerprint(const struct scf_services *services) {
    struct scf_str chain = scf_signer_chain(services->evidence_signer);
    return scf_sha256(chain.p, chain.n);
}

enum scf_code scf_evidence_signer_check(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_services *services,
                                        struct scf_error *err) {
    struct scf_hash chain = fingerprint(services);
    bool same;
    enum scf_code code = scf_evidence_signer_same(db, arena, &chain, &same, err);
    if (code != SCF_OK)
        return code;
    scf_metric_set(scf_gauge("scfd_evidence_signer_differs", NULL,
                             "1: this instance has other certificates than the installation."),
                   !same);
    if (same)
        return SCF_OK;
    return scf_fail(err, SCF_E_EVIDENCE_SIGNER_DIFFERS,
                    "This instance has another evidence key or certificate than the one that the "
                    "installation signs with; its operator finds in docs/operations.md what to "
                    "do.");
}

enum scf_code scf_evidence_signer_settle(struct scf_db *db, struct scf_arena *arena,
                                         const struct scf_services *services,
                                         struct scf_error *err) {
    struct scf_hash chain = fingerprint(services);
    bool first;
    enum scf_code code = scf_evidence_signer_pin(db, arena, &chain, scf_now_us(), &first, err);
    if (code != SCF_OK)
        return code;
    char hex[2 * SCF_HASH_LEN + 1];
    scf_hex(chain.b, SCF_HASH_LEN, hex);
    if (first)
        scf_log_kv(SCF_LOG_INFO, "The installation signs evidence with these certificates",
                   "chain_sha256", hex, NULL);
    return scf_evidence_signer_check(db, arena, services, err);
}
