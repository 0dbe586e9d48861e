/* What a running scfd consists of, for the handlers and jobs of every room: scf_rq_app() and a
 * job's `app` point here. Wired by app, read-only while serving; each object states its own
 * thread rules. Rooms use the members of the rooms below them, and their own. */
#ifndef SCFD_PARTY_SERVICES_H
#define SCFD_PARTY_SERVICES_H

#include "scfd/base/config.h"
#include "scfd/party/party.h"

struct scf_signing_key;
struct scf_published;
struct scf_signer;
struct scf_templates;
struct scf_intake;
struct scf_tile_cache;
struct scf_workers;

struct scf_services {
    const struct scf_config *config;
    const char *database_url;
    const char *spool_dir; /* for answers that outgrow memory */
    struct scf_installation installation;
    struct scf_keys *keys;
    struct scf_signing_key *log_key;     /* Ed25519 */
    struct scf_signing_key *sm2_key;     /* signs chains of suite sm3-sm2 */
    struct scf_published *published;     /* what was signed so far; NULL: nobody remembers */
    struct scf_signer *evidence_signer;  /* of bundles and certificates (docs/evidence.md) */
    struct scf_signing_key *witness_key; /* cosigns other logs */
    struct scf_server *server;
    struct scf_workers *workers;
    /* For tasks that call out of the process: what hangs there holds up nobody else. */
    struct scf_workers *callers;
    struct scf_workers *ticker; /* for ticks of anchors alone */
    struct scf_templates *templates;
    struct scf_intake *intake;
    struct scf_tile_cache *tiles; /* NULL: proofs read every tile from the database */
    /* Folds what is pending of the chains that say something new of a contract, as far as a reader
     * can wait for it (scf_rollup_contract): views lie below the room that folds. NULL: nobody
     * does. */
    enum scf_code (*fold_contract)(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_services *services,
                                   const struct scf_uuid *contract_key, struct scf_error *err);
};

#endif
