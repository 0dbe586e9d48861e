/* SQL of the rule for restored databases. Relies on db. Each question is one statement for all
 * chains: a look-up by primary key for each is milliseconds for some thousand. */
#include "restore_store.h"

static const struct scf_stmt newest_generation = {
    "scf_restore_generation", "SELECT coalesce(max(generation), 0) FROM scfd.log_origin"};

enum scf_code scf_restore_generation(struct scf_db *db, struct scf_arena *arena, int64_t *ret,
                                     struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &newest_generation, NULL, arena, &rows, err);
    if (code == SCF_OK)
        *ret = scf_rows_i64(rows, 0, 0);
    return code;
}

/* The columns of publications, one array each. */
static bool put_items(struct scf_params *p, struct scf_arena *arena,
                      const struct scf_publication *items, size_t n, bool with_hashes) {
    const struct scf_uuid **chains = scf_alloc(arena, n, sizeof *chains);
    int64_t *heights = scf_alloc(arena, n, sizeof *heights);
    struct scf_str *hashes = scf_alloc(arena, n, sizeof *hashes);
    if (chains == NULL || heights == NULL || hashes == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        chains[i] = &items[i].chain_id;
        heights[i] = items[i].height;
        hashes[i] = (struct scf_str){(const char *)items[i].block_hash.b, SCF_HASH_LEN};
    }
    scf_p_uuid_array(p, chains, n);
    scf_p_i64_array(p, heights, NULL, n);
    if (with_hashes)
        scf_p_bytes_array(p, hashes, n);
    return true;
}

/* LATERAL keeps every plan on the primary key, whatever the statistics say. */
static const struct scf_stmt gaps = {
    "scf_restore_gaps",
    "SELECT w.i, coalesce(s.height, -1), coalesce(s.size, 0)"
    " FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) WITH ORDINALITY AS w(c, h, b, i)"
    " LEFT JOIN LATERAL (SELECT block_hash FROM scfd.block WHERE chain_id = w.c AND height = w.h"
    " LIMIT 1) k ON true LEFT JOIN scfd.chain_seal s ON s.chain_id = w.c"
    " WHERE k.block_hash IS DISTINCT FROM w.b ORDER BY w.i LIMIT 1000"};

enum scf_code scf_restore_gaps(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_publication *items, size_t n,
                               struct scf_restore_gap **ret, size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    *ret_n = 0;
    if (n == 0)
        return SCF_OK;
    scf_params_init(&p, arena);
    if (!put_items(&p, arena, items, n, true))
        return scf_fail_memory(err);
    enum scf_code code = scf_db_run(db, &gaps, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t count = (size_t)scf_rows_count(rows);
    struct scf_restore_gap *found = scf_alloc(arena, count, sizeof *found);
    if (found == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        found[i] = (struct scf_restore_gap){
            .published = items[scf_rows_i64(rows, (int)i, 0) - 1],
            .height = scf_rows_i64(rows, (int)i, 1),
            .size = scf_rows_i64(rows, (int)i, 2),
        };
    }
    *ret = found;
    *ret_n = count;
    return SCF_OK;
}

static const struct scf_stmt refusals = {
    "scf_restore_refused",
    "SELECT chain_id, published_size FROM scfd.seal_refusal ORDER BY chain_id LIMIT 1"};

enum scf_code scf_restore_refused(struct scf_db *db, struct scf_arena *arena, bool *ret_found,
                                  struct scf_restore_refusal *ret, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &refusals, NULL, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_found = scf_rows_count(rows) == 1;
    if (*ret_found)
        *ret = (struct scf_restore_refusal){scf_rows_uuid(rows, 0, 0), scf_rows_i64(rows, 0, 1)};
    return SCF_OK;
}

static const struct scf_stmt news = {
    "scf_restore_news", "SELECT s.chain_id, s.height, s.size, s.block_hash FROM scfd.chain_seal s"
                        " LEFT JOIN unnest($1::uuid[], $2::bigint[]) AS w(c, h) ON w.c = s.chain_id"
                        " WHERE s.height > coalesce(w.h, -1) ORDER BY s.chain_id"};

enum scf_code scf_restore_news(struct scf_db *db, struct scf_arena *arena, int64_t generation,
                               const struct scf_publication *items, size_t n,
                               struct scf_publication **ret, size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    if (!put_items(&p, arena, items, n, false))
        return scf_fail_memory(err);
    enum scf_code code = scf_db_run(db, &news, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    size_t count = (size_t)scf_rows_count(rows);
    struct scf_publication *found = scf_alloc(arena, count, sizeof *found);
    if (found == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        found[i] = (struct scf_publication){
            .chain_id = scf_rows_uuid(rows, (int)i, 0),
            .generation = generation,
            .height = scf_rows_i64(rows, (int)i, 1),
            .size = scf_rows_i64(rows, (int)i, 2),
            .block_hash = scf_rows_hash(rows, (int)i, 3),
        };
    }
    *ret = found;
    *ret_n = count;
    return SCF_OK;
}
