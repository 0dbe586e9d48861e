/* SQL for reading cosigned checkpoints. Relies on sql/0020_witness.sql. */
#include "scfd/chain/cosigned.h"

/* $1 is the chain. Its own quorum, else that of the nil uuid. */
#define WANTED                                                                                     \
    "q AS (SELECT coalesce((SELECT quorum FROM scfd.witness_chain WHERE chain_id = $1),"           \
    " (SELECT quorum FROM scfd.witness_chain"                                                      \
    " WHERE chain_id = '00000000-0000-0000-0000-000000000000'), 0) AS quorum)"

/* The checkpoint of size x.size with its lines. */
#define COSIGNED                                                                                   \
    " SELECT x.size, b.checkpoint_note || c.lines, c.n, q.quorum FROM q CROSS JOIN x"              \
    " JOIN scfd.block b ON b.chain_id = $1 AND b.size = x.size CROSS JOIN LATERAL"                 \
    " (SELECT string_agg(line, '' ORDER BY witness_id) AS lines, count(*) AS n"                    \
    " FROM scfd.cosignature WHERE chain_id = $1 AND size = x.size) c WHERE c.n > 0"

static const struct scf_stmt find_stmt = {
    "scf_witness_find",
    "WITH " WANTED ", x AS (SELECT coalesce("
    "(SELECT size FROM scfd.cosignature WHERE chain_id = $1 AND size > $2 GROUP BY size"
    " HAVING count(*) >= (SELECT greatest(quorum, 1) FROM q) ORDER BY size LIMIT 1),"
    " (SELECT size FROM scfd.cosignature WHERE chain_id = $1 AND size > $2"
    " ORDER BY size LIMIT 1)) AS size)" COSIGNED};

static const struct scf_stmt newest_stmt = {
    "scf_witness_newest", "WITH " WANTED ", x AS (SELECT cosigned_size AS size"
                          " FROM scfd.witness_chain WHERE chain_id = $1)" COSIGNED};

static enum scf_code read_cosigned(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_stmt *stmt, const struct scf_params *p,
                                   struct scf_cosigned *ret, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, stmt, p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret = (struct scf_cosigned){0};
    if (scf_rows_count(rows) == 0)
        return SCF_OK;
    ret->size = scf_rows_i64(rows, 0, 0);
    ret->note = scf_rows_str(rows, 0, 1);
    ret->cosignatures = (int)scf_rows_i64(rows, 0, 2);
    ret->quorum = (int)scf_rows_i64(rows, 0, 3);
    return SCF_OK;
}

enum scf_code scf_witness_find(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, int64_t index,
                               struct scf_cosigned *ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, index);
    return read_cosigned(db, arena, &find_stmt, &p, ret, err);
}

enum scf_code scf_witness_newest(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *chain_id, struct scf_cosigned *ret,
                                 struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    return read_cosigned(db, arena, &newest_stmt, &p, ret, err);
}

static const struct scf_stmt standing_stmt = {
    "scf_witness_standing",
    "WITH " WANTED " SELECT quorum, coalesce((SELECT cosigned_size FROM scfd.witness_chain"
    " WHERE chain_id = $1), 0) FROM q"};

enum scf_code scf_witness_standing(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *chain_id,
                                   struct scf_witness_standing *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    enum scf_code code = scf_db_run(db, &standing_stmt, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    ret->quorum = (int)scf_rows_i64(rows, 0, 0);
    ret->cosigned_size = scf_rows_i64(rows, 0, 1);
    return SCF_OK;
}
