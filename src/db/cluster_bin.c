/* Finding the server programs of PostgreSQL 14 to 17 (the newest installed, or exactly the version
 * that made the cluster). */
#include <fcntl.h>

#include "scfd/base/text.h"
#include "cluster_impl.h"

enum { OLDEST = 14, NEWEST = 17 };

static const struct account OURSELVES = {.drop = false};

/* The first line that argv prints, without its newline; malloc'ed, NULL when it fails. */
static char *first_line_of(const char *const *argv) {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return NULL;
    pid_t pid = scf_spawn(&OURSELVES, fds[1], argv);
    close(fds[1]);
    char line[PATH_MAX] = "";
    FILE *f = fdopen(fds[0], "r");
    bool read = f && fgets(line, sizeof line, f) != NULL;
    if (f)
        fclose(f);
    if (pid < 0 || scf_wait(pid) != 0 || !read)
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    return scf_cluster_text("%s", line);
}

/* "postgres (PostgreSQL) 15.14 (Debian …)" → 15; 0 when there is no such server. */
static int version_in(const char *bin_dir) {
    char *postgres = scf_cluster_text("%s/postgres", bin_dir);
    char *initdb = scf_cluster_text("%s/initdb", bin_dir);
    const char *const argv[] = {postgres, "--version", NULL};
    bool there = access(postgres, X_OK) == 0 && access(initdb, X_OK) == 0;
    char *line = there ? first_line_of(argv) : NULL;
    const char *digits = line ? strstr(line, ") ") : NULL;
    uint64_t major = 0;
    if (digits) {
        struct scf_str text = {digits + 2, strspn(digits + 2, "0123456789")};
        if (!scf_parse_u64(text, 1000, &major))
            major = 0;
    }
    free(line);
    free(postgres);
    free(initdb);
    return (int)major;
}

/* Takes `bin_dir` over; returns it when it has the wanted version, else NULL. */
static char *if_wanted(char *bin_dir, int major, int newest) {
    int found = bin_dir ? version_in(bin_dir) : 0;
    if (found >= OLDEST && found <= newest && (major == 0 || found == major))
        return bin_dir;
    free(bin_dir);
    return NULL;
}

static char *from_pg_config(void) {
    static const char *const paths[] = {"/usr/bin/pg_config", "/usr/local/bin/pg_config"};
    for (size_t i = 0; i < SCF_COUNT(paths); i++) {
        const char *const argv[] = {paths[i], "--bindir", NULL};
        if (access(paths[i], X_OK) == 0)
            return first_line_of(argv);
    }
    return NULL;
}

char *scf_find_postgres(int major) {
    const char *named = getenv("SCFD_PG_BIN");
    if (named) /* and may name a newer version than we know */
        return if_wanted(scf_cluster_text("%s", named), major, INT_MAX);
    char *bin = NULL;
    for (int v = NEWEST; !bin && v >= OLDEST; v--) {
        bin = if_wanted(scf_cluster_text("/usr/lib/postgresql/%d/bin", v), major, NEWEST);
        if (!bin)
            bin = if_wanted(scf_cluster_text("/usr/pgsql-%d/bin", v), major, NEWEST);
    }
    return bin ? bin : if_wanted(from_pg_config(), major, NEWEST);
}

bool scf_cluster_available(void) {
    char *bin = scf_find_postgres(0);
    free(bin);
    return bin != NULL;
}
