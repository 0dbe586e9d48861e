/* Where the file of what was published is, and opening it at the start of a server. */
#include "published.h"

#include "scfd/base/log.h"
#include "scfd/chain/chain.h"
#include "scfd/chain/published.h"

enum { ARENA_MAX = 1 << 20 };

enum scf_code scf_published_path(const struct scf_config *config, char ret[PATH_MAX],
                                 struct scf_error *err) {
    int n = config->published_file ? snprintf(ret, PATH_MAX, "%s", config->published_file)
                                   : snprintf(ret, PATH_MAX, "%s/published", config->data_dir);
    if (n >= 0 && n < PATH_MAX)
        return SCF_OK;
    return scf_fail(err, SCF_E_INVALID_PARAMETER, "The path of published_file is too long.");
}

static enum scf_code has_blocks(struct scf_db *db, bool *ret, struct scf_error *err) {
    struct scf_arena *arena = scf_arena_new(ARENA_MAX);
    enum scf_code code = scf_log_has_blocks(db, arena, ret, err);
    scf_arena_free(arena);
    return code;
}

enum scf_code scf_open_published(struct scf_db *db, struct scf_services *services,
                                 struct scf_error *err) {
    char path[PATH_MAX];
    bool blocks, made;
    enum scf_code code = scf_published_path(services->config, path, err);
    if (code == SCF_OK)
        code = has_blocks(db, &blocks, err);
    if (code != SCF_OK)
        return code;
    bool create = !blocks || !services->config->published_required;
    code = scf_published_open(path, &services->installation.platform_id, create,
                              &services->published, &made, err);
    if (code == SCF_E_NOT_FOUND)
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "The database has blocks, but %s is missing, and published_required is 1: "
                        "see docs/restore.md.",
                        path);
    if (code == SCF_OK && made && blocks)
        scf_log_kv(SCF_LOG_WARN,
                   "Nothing is remembered of what was published: the database's word is taken",
                   "file", path, NULL);
    return code;
}
