/* scfd new-origin: after a restore that lost published blocks, lets the log go on under another
 * name (docs/restore.md). */
#include "cmd_database.h"
#include "commands.h"
#include "published.h"

#include "scfd/chain/chain.h"
#include "scfd/chain/published.h"
#include "scfd/db/migrate.h"

enum { REASON_MAX = 1000 };

static const char usage[] =
    "scfd new-origin --reason TEXT [--number N] [--data DIR | --database-url URL]\n"
    "       every scfd on the database is stopped; see docs/restore.md first";

/* Without the file nobody knows which numbers were used: then the operator has to say. */
static enum scf_code open_published(struct scf_services *services, int64_t number,
                                    struct scf_error *err) {
    char path[PATH_MAX];
    bool made;
    enum scf_code code = scf_published_path(services->config, path, err);
    if (code == SCF_OK)
        code = scf_published_open(path, &services->installation.platform_id, false,
                                  &services->published, &made, err);
    if (code != SCF_E_NOT_FOUND)
        return code;
    if (number != 0) {
        services->published = NULL;
        return SCF_OK;
    }
    return scf_fail(err, SCF_E_NOT_FOUND,
                    "There is no %s, so that nobody remembers what was published: say with "
                    "--number which origin to begin, one that was never used (2 after the first).",
                    path);
}

static enum scf_code begin(struct scf_target *target, const char *reason, int64_t number,
                           struct scf_origin_change *ret, struct scf_error *err) {
    struct scf_services services = {.config = &target->config, .database_url = target->url};
    enum scf_code code = scf_migrate(target->url, SCF_MIGRATE_APPLY, NULL, err);
    if (code != SCF_OK)
        return code;
    struct scf_db *db = scf_db_new(target->url, "scfd new-origin", 0);
    code = scf_installation_load(db, target->config.origin, &services.installation, err);
    if (code == SCF_OK)
        code = open_published(&services, number, err);
    if (code == SCF_OK)
        code = scf_origin_begin(db, &services, reason, number, ret, err);
    scf_published_close(services.published);
    scf_db_free(db);
    return code;
}

static void report(const struct scf_origin_change *change) {
    char id[SCF_ID_TEXT];
    scf_id_format("org", &change->record_id, id);
    printf("origin: %s\nrecord: %s\nchains: %zu\nchains with lost blocks: %zu\n", change->origin,
           id, change->chains, change->lost);
    fprintf(stderr, "scfd: new-origin: publish the new verifier keys (GET /v1/chains) where the "
                    "old ones were published\n");
}

int scf_cmd_new_origin(int argc, char **argv) {
    if (scf_take_flag(&argc, argv, "--help"))
        return scf_usage(usage);
    struct scf_target target = {0};
    struct scf_error err = {0};
    struct scf_origin_change change;
    int64_t wanted = 0;
    const char *reason = scf_take_option(&argc, argv, "--reason");
    const char *number = scf_take_option(&argc, argv, "--number");
    if (!reason || reason[0] == 0 || strlen(reason) > REASON_MAX ||
        (number && !scf_parse_i64(scf_str(number), 2, INT32_MAX, &wanted)))
        return scf_usage(usage);
    enum scf_code code = scf_target_open(&target, argc, argv, false, &err);
    if (code == SCF_OK)
        code = begin(&target, reason, wanted, &change, &err);
    if (code == SCF_OK)
        report(&change);
    scf_cluster_stop(target.cluster);
    return code == SCF_OK ? SCF_EXIT_OK : scf_complain("new-origin", &err);
}
