/* Rows of the logs that we cosign, and of what was seen of them. Text in the arena of the call. */
#ifndef SCFD_WITNESS_LOG_STORE_H
#define SCFD_WITNESS_LOG_STORE_H

#include "scfd/chain/note.h"
#include "scfd/http/http.h"

enum {
    SCF_WIT_ORIGIN_MAX = 300,
    SCF_WIT_KEYS_MAX = 8,
    SCF_WIT_SEEN_MAX = 10000 /* checkpoints of a log that are remembered beside those cosigned */
};

struct scf_wit_log {
    struct scf_uuid id;
    struct scf_str origin;
    struct scf_str vkeys; /* each a line */
    bool active, cosigned;
    int64_t size;
    struct scf_hash root;
    int64_t cosigned_s;
    struct scf_uuid conflict_id; /* nil: none */
    int64_t version, created_us, updated_us;
};

/* The keys; views into log->vkeys. Returns how many. */
size_t scf_wit_log_keys(const struct scf_wit_log *log, struct scf_vkey ret[SCF_WIT_KEYS_MAX]);

/* Those that are not active are found too. NOT_FOUND. */
enum scf_code scf_wit_log_by_origin(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_str origin, struct scf_wit_log *ret,
                                    struct scf_error *err) SCF_MUST_CHECK;
/* `lock`: its row, inside a transaction. NOT_FOUND. */
enum scf_code scf_wit_log_get(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                              bool lock, struct scf_wit_log *ret,
                              struct scf_error *err) SCF_MUST_CHECK;
/* At most page->limit + 1 active ones. */
enum scf_code scf_wit_log_page(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_page *page, struct scf_wit_log **ret, int *ret_n,
                               struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_wit_log_insert(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_wit_log *log,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* Writes vkeys, active, size, root, cosigned_s, conflict_id, updated_us; version goes up. */
enum scf_code scf_wit_log_save(struct scf_db *db, struct scf_arena *arena, struct scf_wit_log *log,
                               struct scf_error *err) SCF_MUST_CHECK;
/* Logs that are halted by a conflict. */
enum scf_code scf_wit_log_halted(struct scf_db *db, struct scf_arena *arena, int64_t *ret,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* ---- what was seen; under the log's row lock ---- */

struct scf_wit_seen {
    bool found;
    struct scf_hash root;
    struct scf_str note;
};
enum scf_code scf_wit_seen_get(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *log_id, int64_t size,
                               struct scf_wit_seen *ret, struct scf_error *err) SCF_MUST_CHECK;
/* Remembers the first checkpoint of its size and forgets the oldest of those that were not cosigned
 * beyond SCF_WIT_SEEN_MAX. One that is there only becomes `cosigned`. */
enum scf_code scf_wit_seen_put(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *log_id, const struct scf_checkpoint *c,
                               struct scf_str note, bool cosigned, int64_t now_us,
                               struct scf_error *err) SCF_MUST_CHECK;

#endif
