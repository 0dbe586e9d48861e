/* SQL for tiles. Relies on db. */
#include "tile_store.h"

/* The key columns of `rows` as three arrays. */
static bool put_keys(struct scf_params *p, struct scf_arena *arena, const struct scf_tile_row *rows,
                     size_t n) {
    const struct scf_uuid **chains = scf_alloc(arena, n, sizeof *chains);
    int16_t *levels = scf_alloc(arena, n, sizeof *levels);
    int64_t *numbers = scf_alloc(arena, n, sizeof *numbers);
    if (chains == NULL || levels == NULL || numbers == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        chains[i] = &rows[i].chain_id;
        levels[i] = (int16_t)rows[i].tile.id.level;
        numbers[i] = (int64_t)rows[i].tile.id.n;
    }
    scf_p_uuid_array(p, chains, n);
    scf_p_i16_array(p, levels, n);
    scf_p_i64_array(p, numbers, NULL, n);
    return true;
}

static const struct scf_stmt read_rows = {
    "scf_tile_rows_read",
    "SELECT w.i, t.hashes FROM unnest($1::uuid[], $2::smallint[], $3::bigint[])"
    " WITH ORDINALITY AS w(c, l, n, i)"
    " JOIN scfd.tile t ON t.chain_id = w.c AND t.level = w.l AND t.n = w.n"};

enum scf_code scf_tile_rows_read(struct scf_db *db, struct scf_arena *arena,
                                 struct scf_tile_row *rows, size_t n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *found;
    if (n == 0)
        return SCF_OK;
    scf_params_init(&p, arena);
    if (!put_keys(&p, arena, rows, n))
        return scf_fail_memory(err);
    enum scf_code code = scf_db_run(db, &read_rows, &p, arena, &found, err);
    if (code != SCF_OK)
        return code;
    for (size_t i = 0; i < n; i++) {
        rows[i].tile.id.width = 0;
        rows[i].tile.hashes = NULL;
    }
    for (int i = 0; i < scf_rows_count(found); i++) {
        struct scf_tile *tile = &rows[scf_rows_i64(found, i, 0) - 1].tile;
        struct scf_str bytes = scf_rows_str(found, i, 1);
        struct scf_hash *hashes = scf_alloc(arena, bytes.n / SCF_HASH_LEN, SCF_HASH_LEN);
        if (hashes == NULL)
            return scf_fail_memory(err);
        memcpy(hashes, bytes.p, bytes.n / SCF_HASH_LEN * SCF_HASH_LEN);
        tile->id.width = (int)(bytes.n / SCF_HASH_LEN);
        tile->hashes = hashes;
    }
    return SCF_OK;
}

enum scf_code scf_tile_set_read(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *chain_id, struct scf_tile_set *set,
                                struct scf_error *err) {
    struct scf_tile_row *rows = scf_alloc(arena, set->count, sizeof *rows);
    if (rows == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < set->count; i++)
        rows[i] = (struct scf_tile_row){*chain_id, set->items[i]};
    enum scf_code code = scf_tile_rows_read(db, arena, rows, set->count, err);
    for (size_t i = 0; code == SCF_OK && i < set->count; i++)
        set->items[i] = rows[i].tile;
    return code;
}

static const struct scf_stmt write_rows = {
    "scf_tile_rows_write",
    "INSERT INTO scfd.tile (chain_id, level, n, hashes)"
    " SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::bytea[])"
    " ON CONFLICT (chain_id, level, n) DO UPDATE SET hashes = EXCLUDED.hashes"};

enum scf_code scf_tile_rows_write(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_tile_row *rows, size_t n,
                                  struct scf_error *err) {
    struct scf_params p;
    struct scf_str *hashes = scf_alloc(arena, n, sizeof *hashes);
    scf_params_init(&p, arena);
    if (hashes == NULL || !put_keys(&p, arena, rows, n))
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct scf_tile *t = &rows[i].tile;
        hashes[i] = (struct scf_str){(const char *)t->hashes, (size_t)t->id.width * SCF_HASH_LEN};
    }
    scf_p_bytes_array(&p, hashes, n);
    return scf_db_run(db, &write_rows, &p, arena, NULL, err);
}
