/* Tiles in the database. */
#ifndef SCFD_CHAIN_TILE_STORE_H
#define SCFD_CHAIN_TILE_STORE_H

#include "scfd/chain/tile.h"

#include "scfd/db/db.h"

struct scf_tile_row {
    struct scf_uuid chain_id;
    struct scf_tile tile;
};

/* Reads the tiles named by chain, level and n: sets `width` to what is stored and `hashes` to a
 * view in `arena`; a tile that is not there gets width 0 and NULL. One round trip. */
enum scf_code scf_tile_rows_read(struct scf_db *db, struct scf_arena *arena,
                                 struct scf_tile_row *rows, size_t n,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* The same for the set of one chain. */
enum scf_code scf_tile_set_read(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *chain_id, struct scf_tile_set *set,
                                struct scf_error *err) SCF_MUST_CHECK;
/* Inserts tiles, or replaces the partial ones they grew from. */
enum scf_code scf_tile_rows_write(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_tile_row *rows, size_t n,
                                  struct scf_error *err) SCF_MUST_CHECK;

#endif
