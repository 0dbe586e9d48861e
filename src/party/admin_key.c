/* DIR/admin.key: the first administrator's key, for the operator who started the server.
 *
 * The file is complete and on disk before the key becomes valid, so that no crash can leave a valid
 * key that nobody knows; a file whose key never became valid is replaced at the next start. */
#include <fcntl.h>

#include "scfd/base/clock.h"
#include "scfd/base/log.h"

#include "key.h"
#include "key_store.h"

/* Does the file hold a key that works? An unreadable file holds none. */
static enum scf_code file_key_works(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_installation *installation, const char *path,
                                    bool *ret, struct scf_error *err) {
    char text[SCF_KEY_TEXT] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    struct scf_str key = {text, n > 0 ? strcspn(text, "\n") : 0};
    *ret = false;
    if (!scf_key_well_formed(key))
        return SCF_OK;
    struct scf_hash digest = scf_key_digest(installation->key_secret, key);
    explicit_bzero(text, sizeof text);
    struct scf_live_key *live;
    size_t count;
    enum scf_code code = scf_key_load_live(db, arena, scf_now_us(), &live, &count, err);
    for (size_t i = 0; code == SCF_OK && i < count; i++)
        *ret |= live[i].actor.admin && scf_hash_eq(&live[i].digest, &digest);
    return code;
}

static bool write_all(int fd, const char *text, size_t n) {
    while (n > 0) {
        ssize_t done = write(fd, text, n);
        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0) {
            text += done;
            n -= (size_t)done;
        }
    }
    return true;
}

/* The rename is on disk only when the directory is. */
static bool sync_dir(const char *dir) {
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool write_key_file(const char *dir, const char *path, const char *temporary,
                           const char *key) {
    unlink(temporary);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool ok = fchmod(fd, 0600) == 0 && write_all(fd, key, strlen(key)) && write_all(fd, "\n", 1) &&
              fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    ok = ok && rename(temporary, path) == 0 && sync_dir(dir);
    if (!ok)
        unlink(temporary);
    return ok;
}

static enum scf_code issue(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_installation *installation, const char *dir,
                           const char *path, struct scf_error *err) {
    const char *temporary = scf_asprintf(arena, "%s.%ld.tmp", path, (long)getpid());
    if (temporary == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The path of the data directory is too long.");
    char key[SCF_KEY_TEXT];
    struct scf_uuid id;
    scf_key_generate(key);
    enum scf_code code;
    if (!write_key_file(dir, path, temporary, key))
        code = scf_fail(err, SCF_E_INTERNAL, "Writing %s failed: %s.", path, strerror(errno));
    else
        code = scf_key_insert(db, arena, installation, key, NULL, "admin.key", 0, &id, err);
    explicit_bzero(key, sizeof key);
    return code;
}

static enum scf_code ensure(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_installation *installation, const char *dir,
                            struct scf_error *err) {
    const char *path = scf_asprintf(arena, "%s/admin.key", dir);
    if (path == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The path of the data directory is too long.");
    bool works, other;
    enum scf_code code = file_key_works(db, arena, installation, path, &works, err);
    if (code || works)
        return code;
    code = scf_key_any_admin(db, arena, scf_now_us(), &other, err);
    if (code || other)
        return code;
    code = issue(db, arena, installation, dir, path, err);
    if (code == SCF_OK)
        scf_log_kv(SCF_LOG_INFO, "Wrote an administrator's key", "path", path, NULL);
    return code;
}

enum scf_code scf_admin_key_ensure(struct scf_db *db, const struct scf_installation *installation,
                                   const char *data_dir, struct scf_error *err) {
    struct scf_arena *arena = scf_arena_new((size_t)64 << 20);
    enum scf_code code = ensure(db, arena, installation, data_dir, err);
    scf_arena_free(arena);
    return code;
}
