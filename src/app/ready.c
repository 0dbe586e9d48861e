/* The lines of /readyz (api-rules R19). They run on service threads; `services` stays as it is. */
#include "ready.h"

#include "scfd/chain/chain.h"
#include "scfd/db/migrate.h"
#include "scfd/http/http.h"
#include "scfd/party/party.h"
#include "scfd/work/work.h"

enum { HEARTBEAT_MAX_S = 30 };

static enum scf_code schema_serves(void *ctx, struct scf_db *db, struct scf_error *err) {
    (void)ctx;
    return scf_migrate_serves(db, err);
}

static enum scf_code keys_current(void *ctx, struct scf_db *db, struct scf_error *err) {
    const struct scf_services *services = ctx;
    (void)db;
    return scf_keys_current(services->keys, err);
}

static enum scf_code signing_key_loaded(void *ctx, struct scf_db *db, struct scf_error *err) {
    const struct scf_services *services = ctx;
    (void)db;
    if (services->log_key != NULL && services->sm2_key != NULL)
        return SCF_OK;
    return scf_fail(err, SCF_E_WRONG_STATE, "There is no key to sign blocks with.");
}

/* Readers are served meanwhile, so that nobody takes the instance out of the balancer for it. */
static enum scf_code log_goes_on(void *ctx, struct scf_db *db, struct scf_error *err) {
    (void)db;
    return scf_log_may_write(ctx, err);
}

static enum scf_code workers_alive(void *ctx, struct scf_db *db, struct scf_error *err) {
    const struct scf_services *services = ctx;
    (void)db;
    int age = scf_workers_heartbeat_age_s(services->workers);
    int ticker = scf_workers_heartbeat_age_s(services->ticker);
    age = ticker > age ? ticker : age;
    if (age < HEARTBEAT_MAX_S)
        return SCF_OK;
    return scf_fail(err, SCF_E_OVERLOADED, "The slowest worker was last seen %d s ago.", age);
}

void scf_add_ready_checks(struct scf_services *services) {
    scf_server_add_check(services->server, "schema", schema_serves, services);
    scf_server_add_check(services->server, "keys", keys_current, services);
    scf_server_add_check(services->server, "signing-key", signing_key_loaded, services);
    scf_server_add_check(services->server, "workers", workers_alive, services);
    scf_server_add_warning(services->server, "log", log_goes_on, services);
}
