/* Configuration from one table: flags > environment SCFD_* > file > defaults (operators.md).
 * The table in config.c drives parsing, `scfd config example|dump`, and docs/configuration.md.
 *
 * Thread safety: filled by main before any thread starts, read-only afterwards. */
#ifndef SCFD_BASE_CONFIG_H
#define SCFD_BASE_CONFIG_H

#define SCF_DEFAULT_ORIGIN "scfd.local/log"

#include "scfd/base/buf.h"
#include "scfd/base/err.h"

struct scf_config {
    const char *data_dir;     /* --data; embedded cluster, keys, spool */
    const char *listen;       /* host:port or unix:/path */
    const char *database_url; /* NULL: embedded cluster */
    const char *public_base_url;
    const char *signing_key_file;  /* NULL: DIR/log.key */
    const char *sm2_key_file;      /* NULL: DIR/log-sm2.key */
    const char *published_file;    /* NULL: DIR/published */
    int64_t published_required;    /* 1: without that file no start on a database with blocks */
    const char *witness_key_file;  /* NULL: DIR/witness.key */
    const char *witness_name;      /* NULL: ORIGIN/witness */
    const char *evm_key_file;      /* NULL: DIR/evm.key */
    const char *evidence_key_file; /* NULL: DIR/evidence.key */
    const char *evidence_certificate_file; /* NULL: DIR/evidence.pem */
    const char *origin;                    /* prefix of every chain's origin */
    const char *log_level;
    const char *log_format;
    int64_t http_threads;    /* 0: one per core */
    int64_t service_threads; /* threads with a database connection that answer requests */
    int64_t worker_threads;  /* job threads */
    int64_t max_connections;
    int64_t client_timeout_s; /* slow clients */
    int64_t max_body_bytes;   /* one JSON body */
    int64_t max_bulk_bytes;   /* one NDJSON body */
    int64_t intake_queue;     /* records waiting for the committer */
    int64_t seal_interval_ms;
    const char *public_log; /* "true" or "false"; see scf_config_public_log */
    int64_t shutdown_delay_s;
    int64_t drain_timeout_s;
    int64_t idempotency_ttl_h;
    int64_t rating_window_days;
    int64_t witness_quorum;     /* of chains without their own; 0: nobody is asked */
    int64_t witness_interval_s; /* between two checkpoints of a chain that are shown */
    int64_t witness_silent_after_s;
    uint64_t given; /* for scf_config_is_given */
};

/* Defaults, then the file (`--config FILE`, else /etc/scfd/scfd.conf when present), then SCFD_*
 * (DATABASE_URL too; SCFD_X_FILE reads the value from a file), then argv from index `first`
 * (`--name value` or `--name=value`). Values stay valid for the life of the process. Unknown or
 * bad values fail with INVALID_PARAMETER, naming the key and the nearest known one. */
enum scf_code scf_config_load(struct scf_config *config, int argc, char **argv, int first,
                              struct scf_error *err) SCF_MUST_CHECK;

/* Was the key set by a source, to whatever value, and not left at its default? */
bool scf_config_is_given(const struct scf_config *config, const char *key);

/* Is public_log true? */
bool scf_config_public_log(const struct scf_config *config);

void scf_config_example(struct scf_buf *out);                               /* a commented file */
void scf_config_dump(const struct scf_config *config, struct scf_buf *out); /* secrets masked */

#endif
