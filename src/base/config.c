/* The configuration table and its four sources. One row says everything about a key: where it is
 * stored, its flag, its bounds, its default and its help text. */
#include "scfd/base/config.h"
#include "scfd/base/text.h"

#include <fcntl.h>

static const char default_file[] = "/etc/scfd/scfd.conf";
enum { FILE_MAX_BYTES = 256 * 1024 };

enum type { TEXT, INTEGER };

struct key {
    const char *name;
    const char *flag; /* NULL: the name with '-' for '_' */
    size_t offset;    /* in struct scf_config */
    enum type type;
    int64_t min, max;
    const char *initial; /* NULL: not set */
    const char *choices; /* "a|b|c": one of these; NULL: any text */
    bool secret;         /* masked in dumps */
    bool reloadable;     /* SIGHUP applies it */
    const char *help;
};

#define AT(member) #member, .offset = offsetof(struct scf_config, member)
#define INT(least, most, value) .type = INTEGER, .min = (least), .max = (most), .initial = (value)
#define KIB INT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

static const struct key keys[] = {
    {AT(data_dir), .flag = "data", .initial = "./.scfd",
     .help = "Directory of the embedded cluster, the keys and the spool."},
    {AT(listen), .initial = "127.0.0.1:8080",
     .help = "Where to serve HTTP: host:port, or unix:/path. TLS is terminated in front of it."},
    {AT(database_url), .secret = true,
     .help = "PostgreSQL to use, as a URL. Not set: an embedded cluster in data_dir. DATABASE_URL "
             "in the environment is read too."},
    {AT(public_base_url),
     .help = "The URL under which clients reach this server; used in links. Not set: taken from "
             "the listen address."},
    {AT(signing_key_file),
     .help = "File with the key that signs blocks. Not set: log.key in data_dir, made at the first "
             "start."},
    {AT(sm2_key_file),
     .help = "File with the key that signs the blocks of chains of suite sm3-sm2. Not set: "
             "log-sm2.key in data_dir, made at the first start. All instances need the same."},
    {AT(published_file),
     .help = "File in which this instance remembers the newest block of every chain, to notice a "
             "database that was restored to an earlier state (docs/restore.md). Not set: published "
             "in data_dir. Never put it into a backup of the database."},
    {AT(published_required), INT(0, 1, "0"),
     .help = "1: refuse to start when that file is missing and the database has blocks; 0: take "
             "the database's word, as a new instance has to."},
    {AT(evidence_key_file),
     .help =
         "File with the RSA key (3072 bits or more) that signs evidence bundles. Not set: "
         "evidence.key in data_dir, made at the first start. All instances need the same; how to "
         "change it: docs/operations.md."},
    {AT(evidence_certificate_file),
     .help = "PEM file with the certificate of that key and those that lead to its root. Not set: "
             "evidence.pem in data_dir, self-signed at the first start; in production it should "
             "come from a certification authority. How to renew it: docs/operations.md."},
    {AT(witness_key_file),
     .help = "File with the key that cosigns other logs as their witness, the same on every "
             "instance. Not set: witness.key in data_dir, made at the first start."},
    {AT(witness_name),
     .help =
         "Name of this witness in its cosignatures, without blanks and '+'. Not set: the origin "
         "and /witness."},
    {AT(witness_quorum), INT(0, 100, "0"),
     .help = "Witnesses that must cosign the checkpoints of a chain that has no quorum of its own; "
             "0: none is asked."},
    {AT(witness_interval_s), INT(1, 86400, "10"),
     .help = "Seconds between two checkpoints of a chain that are shown to its witnesses."},
    {AT(witness_silent_after_s), INT(1, 31536000, "3600"),
     .help = "Seconds after which a witness without cosignatures, or a block without its quorum, "
             "raises an alarm."},
    {AT(evm_key_file),
     .help =
         "File with the secp256k1 key, in hex, of the account that anchors on EVM chains. Not set: "
         "evm.key in data_dir, made when it is first needed."},
    {AT(origin), .initial = SCF_DEFAULT_ORIGIN,
     .help = "Prefix of the origin of every chain, unique in the world. Set it in production to a "
             "name you own, before the first start: it is part of every signature."},
    {AT(log_level), .initial = "info", .choices = "error|warn|info|debug", .reloadable = true,
     .help = "The least important messages that are logged."},
    {AT(log_format), .initial = "json", .choices = "json|text",
     .help = "One JSON object a line, or text for terminals."},
    {AT(http_threads), INT(0, 256, "0"),
     .help = "Threads that speak HTTP, never fewer than two; 0: one per core."},
    {AT(service_threads), INT(1, 256, "4"),
     .help = "Threads with a database connection that answer requests."},
    {AT(worker_threads), INT(1, 256, "2"),
     .help = "Threads with a database connection that run jobs."},
    {AT(max_connections), INT(16, 1000000, "4096"), .help = "Client connections at one time."},
    {AT(client_timeout_s), INT(1, 3600, "20"),
     .help = "Seconds without progress after which a client's connection is closed."},
    {AT(max_body_bytes), INT(KIB, GIB, "2097152"), .help = "Bytes of one JSON body."},
    {AT(max_bulk_bytes), INT(KIB, 64 * GIB, "268435456"), .help = "Bytes of one NDJSON body."},
    {AT(intake_queue), INT(1, 1000000, "8192"),
     .help = "Records that may wait to be committed; when it is full, clients get 503."},
    {AT(seal_interval_ms), INT(10, 60000, "500"),
     .help = "Milliseconds between two looks for records that need a block."},
    {AT(public_log), .initial = "false", .choices = "false|true",
     .help = "Whether checkpoints, tiles and consistency proofs of all chains can be read without "
             "an API key. They are hashes; records and entries are never public."},
    {AT(shutdown_delay_s), INT(0, 3600, "0"),
     .help = "Seconds between /readyz answering 503 and closing the listening socket, so that load "
             "balancers notice."},
    {AT(drain_timeout_s), INT(0, 3600, "30"),
     .help = "Seconds that running requests get to finish at shutdown."},
    {AT(idempotency_ttl_h), INT(1, 87600, "168"),
     .help = "Hours for which an Idempotency-Key is kept."},
    {AT(rating_window_days), INT(1, 36500, "365"),
     .help = "Days of history that a rating looks at."},
};

static_assert(SCF_COUNT(keys) <= 64, "a bit for each in scf_config.given");

/* Texts that came from outside; they live as long as the process. Each is kept once, for a server
 * may be told to read its configuration again for years. */
struct kept {
    struct kept *next;
    char text[];
};
static struct kept *kept;

static const char *keep(const char *text, size_t n) {
    for (const struct kept *k = kept; k; k = k->next)
        if (strlen(k->text) == n && memcmp(k->text, text, n) == 0)
            return k->text;
    struct kept *k = malloc(sizeof *k + n + 1);
    SCF_ASSERT(k);
    memcpy(k->text, text, n);
    k->text[n] = '\0';
    k->next = kept;
    kept = k;
    return k->text;
}

/* ---- keys ---- */

/* Flags write '-' where keys have '_'; both spellings are read everywhere. */
static bool same_name(const char *key, struct scf_str name) {
    if (strlen(key) != name.n)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (key[i] != name.p[i] && !(key[i] == '_' && name.p[i] == '-'))
            return false;
    return true;
}

static const struct key *find_key(struct scf_str name) {
    for (size_t i = 0; i < SCF_COUNT(keys); i++)
        if (same_name(keys[i].name, name) || (keys[i].flag && same_name(keys[i].flag, name)))
            return &keys[i];
    return NULL;
}

/* As much of a name as messages repeat. */
static struct scf_str shown(struct scf_str name) {
    return (struct scf_str){name.p, name.n < SCF_EDIT_MAX ? name.n : SCF_EDIT_MAX};
}

static enum scf_code unknown_key(const char *where, struct scf_str name, struct scf_error *err) {
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    name = shown(name);
    for (size_t i = 0; i < SCF_COUNT(keys); i++) {
        size_t distance = scf_edit_distance(scf_str(keys[i].name), name);
        if (distance < least) {
            least = distance;
            nearest = keys[i].name;
        }
    }
    return scf_fail(err, SCF_E_INVALID_PARAMETER,
                    "%s: there is no configuration key \"%.*s\"; did you mean \"%s\"?", where,
                    (int)name.n, name.p, nearest);
}

/* ---- values ---- */

static bool is_choice(const char *choices, struct scf_str value) {
    for (const char *p = choices;; p++) {
        const char *end = strchrnul(p, '|');
        if (scf_str_eq(value, (struct scf_str){p, (size_t)(end - p)}))
            return true;
        if (!*end)
            return false;
        p = end;
    }
}

static enum scf_code set_integer(struct scf_config *config, const struct key *key,
                                 const char *where, struct scf_str value, struct scf_error *err) {
    int64_t number;
    if (!scf_parse_i64(value, key->min, key->max, &number))
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "%s: %s must be a whole number from %" PRId64 " to %" PRId64, where,
                        key->name, key->min, key->max);
    memcpy((char *)config + key->offset, &number, sizeof number);
    return SCF_OK;
}

static uint64_t bit_of(const struct key *key) {
    return UINT64_C(1) << (key - keys);
}

static enum scf_code set_value(struct scf_config *config, const struct key *key, const char *where,
                               struct scf_str value, struct scf_error *err) {
    config->given |= bit_of(key);
    if (key->type == INTEGER)
        return set_integer(config, key, where, value, err);
    if (key->choices && !is_choice(key->choices, value))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s: %s must be one of %s", where, key->name,
                        key->choices);
    if (value.n == 0 && key->initial)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s: %s must not be empty", where, key->name);
    const char *text = value.n ? keep(value.p, value.n) : NULL;
    memcpy((char *)config + key->offset, &text, sizeof text);
    return SCF_OK;
}

/* ---- sources ---- */

static enum scf_code set_defaults(struct scf_config *config, struct scf_error *err) {
    *config = (struct scf_config){0};
    enum scf_code rc = SCF_OK;
    for (size_t i = 0; i < SCF_COUNT(keys) && rc == SCF_OK; i++)
        if (keys[i].initial)
            rc = set_value(config, &keys[i], "default", scf_str(keys[i].initial), err);
    config->given = 0;
    return rc;
}

static enum scf_code read_file(const char *path, struct scf_buf *out, struct scf_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "could not open %s: %s", path,
                        strerror(errno));
    char chunk[4096];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        scf_buf_put(out, chunk, (size_t)n);
    close(fd);
    if (n < 0 || out->overflow)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "could not read %s: %s", path,
                        n < 0 ? strerror(errno) : "the file is too large");
    return SCF_OK;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct scf_str trim(struct scf_str s) {
    while (s.n > 0 && is_blank(s.p[0]))
        s = (struct scf_str){s.p + 1, s.n - 1};
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* "key = value"; blank lines and lines that begin with '#' mean nothing. */
static enum scf_code read_line(struct scf_config *config, const char *where, struct scf_str line,
                               struct scf_error *err) {
    line = trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return SCF_OK;
    const char *equals = memchr(line.p, '=', line.n);
    if (!equals)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s: expected \"key = value\"", where);
    size_t n = (size_t)(equals - line.p);
    struct scf_str name = trim((struct scf_str){line.p, n});
    struct scf_str value = trim((struct scf_str){equals + 1, line.n - n - 1});
    const struct key *key = find_key(name);
    if (!key)
        return unknown_key(where, name, err);
    return set_value(config, key, where, value, err);
}

static enum scf_code read_lines(struct scf_config *config, const char *path, struct scf_str text,
                                struct scf_error *err) {
    enum scf_code rc = SCF_OK;
    for (int number = 1; text.n > 0 && rc == SCF_OK; number++) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        char where[256];
        snprintf(where, sizeof where, "%s:%d", path, number);
        rc = read_line(config, where, (struct scf_str){text.p, n}, err);
        n += end != NULL;
        text = (struct scf_str){text.p + n, text.n - n};
    }
    return rc;
}

static enum scf_code load_file(struct scf_config *config, const char *path, struct scf_error *err) {
    struct scf_buf text;
    scf_buf_init(&text, FILE_MAX_BYTES);
    enum scf_code rc = read_file(path, &text, err);
    if (rc == SCF_OK)
        rc = read_lines(config, path, (struct scf_str){text.data, text.len}, err);
    scf_buf_free(&text);
    return rc;
}

/* SCFD_X_FILE: the value is the content of that file, for secrets that must not be in the
 * environment. */
static enum scf_code set_from_file(struct scf_config *config, const struct key *key,
                                   const char *where, const char *path, struct scf_error *err) {
    struct scf_buf text;
    scf_buf_init(&text, FILE_MAX_BYTES);
    enum scf_code rc = read_file(path, &text, err);
    if (rc == SCF_OK)
        rc = set_value(config, key, where, trim((struct scf_str){text.data, text.len}), err);
    scf_buf_free(&text);
    return rc;
}

static enum scf_code load_variable(struct scf_config *config, const struct key *key,
                                   struct scf_error *err) {
    char name[80] = "SCFD_", file_name[96];
    size_t n = strlen(name);
    for (const char *p = key->name; *p; p++)
        name[n++] = (char)toupper((unsigned char)*p);
    name[n] = '\0';
    snprintf(file_name, sizeof file_name, "%s_FILE", name);

    const char *value = getenv(name), *path = getenv(file_name);
    if (value)
        return set_value(config, key, name, scf_str(value), err);
    if (path)
        return set_from_file(config, key, file_name, path, err);
    return SCF_OK;
}

static enum scf_code load_environment(struct scf_config *config, struct scf_error *err) {
    const char *url = getenv("DATABASE_URL");
    enum scf_code rc = SCF_OK;
    if (url)
        rc =
            set_value(config, find_key(SCF_STR("database_url")), "DATABASE_URL", scf_str(url), err);
    for (size_t i = 0; i < SCF_COUNT(keys) && rc == SCF_OK; i++)
        rc = load_variable(config, &keys[i], err);
    return rc;
}

/* One flag with its value; `*index` moves past what was read. */
static enum scf_code take_flag(int argc, char **argv, int *index, struct scf_str *ret_name,
                               struct scf_str *ret_value, struct scf_error *err) {
    const char *arg = argv[(*index)++];
    if (strncmp(arg, "--", 2) != 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "unexpected argument \"%s\"", arg);
    const char *equals = strchr(arg, '=');
    if (equals) {
        *ret_name = (struct scf_str){arg + 2, (size_t)(equals - arg) - 2};
        *ret_value = scf_str(equals + 1);
        return SCF_OK;
    }
    *ret_name = scf_str(arg + 2);
    if (*index >= argc)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s needs a value", arg);
    *ret_value = scf_str(argv[(*index)++]);
    return SCF_OK;
}

static enum scf_code load_flags(struct scf_config *config, int argc, char **argv, int first,
                                struct scf_error *err) {
    enum scf_code rc = SCF_OK;
    for (int i = first; i < argc && rc == SCF_OK;) {
        char where[72];
        struct scf_str name, value;
        rc = take_flag(argc, argv, &i, &name, &value, err);
        if (rc != SCF_OK || scf_str_is(name, "config"))
            continue;
        /* Without the value: it may be a URL with a password. */
        snprintf(where, sizeof where, "--%.*s", (int)shown(name).n, name.p);
        const struct key *key = find_key(name);
        rc = key ? set_value(config, key, where, value, err) : unknown_key(where, name, err);
    }
    return rc;
}

/* The file that --config names, else the default file if it is there, else NULL. */
static const char *config_file(int argc, char **argv, int first) {
    for (int i = first; i < argc; i++) {
        if (strncmp(argv[i], "--config=", 9) == 0)
            return argv[i] + 9;
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            return argv[i + 1];
    }
    return access(default_file, F_OK) == 0 ? default_file : NULL;
}

enum scf_code scf_config_load(struct scf_config *config, int argc, char **argv, int first,
                              struct scf_error *err) {
    struct scf_config loaded;
    const char *path = config_file(argc, argv, first);
    enum scf_code rc = set_defaults(&loaded, err);
    if (rc == SCF_OK && path)
        rc = load_file(&loaded, path, err);
    if (rc == SCF_OK)
        rc = load_environment(&loaded, err);
    if (rc == SCF_OK)
        rc = load_flags(&loaded, argc, argv, first, err);
    if (rc == SCF_OK)
        *config = loaded;
    return rc;
}

bool scf_config_is_given(const struct scf_config *config, const char *key) {
    const struct key *found = find_key(scf_str(key));
    SCF_ASSERT(found);
    return (config->given & bit_of(found)) != 0;
}

bool scf_config_public_log(const struct scf_config *config) {
    return strcmp(config->public_log, "true") == 0;
}

/* ---- writing ---- */

void scf_config_example(struct scf_buf *out) {
    scf_buf_puts(out, "# Configuration of scfd. Flags (--key-name) win over the environment "
                      "(SCFD_KEY_NAME), the\n# environment wins over this file.\n");
    for (size_t i = 0; i < SCF_COUNT(keys); i++) {
        const struct key *key = &keys[i];
        scf_buf_printf(out, "\n# %s\n", key->help);
        if (key->type == INTEGER)
            scf_buf_printf(out, "# From %" PRId64 " to %" PRId64 ".\n", key->min, key->max);
        if (key->choices)
            scf_buf_printf(out, "# One of %s.\n", key->choices);
        if (key->reloadable)
            scf_buf_puts(out, "# SIGHUP applies a change.\n");
        scf_buf_printf(out, "#%s = %s\n", key->name, key->initial ? key->initial : "");
    }
}

void scf_config_dump(const struct scf_config *config, struct scf_buf *out) {
    for (size_t i = 0; i < SCF_COUNT(keys); i++) {
        const struct key *key = &keys[i];
        const char *at = (const char *)config + key->offset;
        int64_t number;
        const char *text;
        scf_buf_printf(out, "%s = ", key->name);
        if (key->type == INTEGER) {
            memcpy(&number, at, sizeof number);
            scf_buf_put_i64(out, number);
        } else {
            memcpy(&text, at, sizeof text);
            scf_buf_puts(out, !text ? "" : key->secret ? "***" : text);
        }
        scf_buf_putc(out, '\n');
    }
}
