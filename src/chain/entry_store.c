/* SQL for entry bundles. Relies on db. */
#include "entry_store.h"

static const struct scf_stmt read_entries = {
    "scf_entries_read",
    "SELECT r.leaf_index, r.id, r.kind, r.external_id, r.received_at, r.body_sha256, r.salt,"
    " r.body IS NULL, r.body_sm3 FROM scfd.chain_seal s JOIN scfd.record r ON r.chain_id = "
    "s.chain_id"
    " WHERE s.chain_id = $1 AND r.leaf_index >= $2 AND r.leaf_index < least($3, s.size)"
    " ORDER BY r.leaf_index"};

static struct scf_entry entry_of(const struct scf_rows *rows, int row,
                                 const struct scf_uuid *chain_id) {
    struct scf_entry e = {
        .erased = scf_rows_bool(rows, row, 7),
        .record = {.chain_id = *chain_id,
                   .leaf_index = scf_rows_i64(rows, row, 0),
                   .id = scf_rows_uuid(rows, row, 1),
                   .kind = (enum scf_record_kind)scf_rows_i64(rows, row, 2),
                   .external_id = scf_rows_str(rows, row, 3),
                   .received_us = scf_rows_time(rows, row, 4),
                   .body_sha256 = scf_rows_hash(rows, row, 5),
                   .body_sm3 = scf_rows_hash(rows, row, 8),
                   .suite =
                       scf_rows_null(rows, row, 8) ? SCF_SUITE_SHA256_ED25519 : SCF_SUITE_SM3_SM2},
    };
    struct scf_str salt = scf_rows_str(rows, row, 6);
    memcpy(e.record.salt, salt.p, salt.n < SCF_SALT_LEN ? salt.n : SCF_SALT_LEN);
    return e;
}

enum scf_code scf_entries_read(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, int64_t from, int count,
                               struct scf_entry **ret, int *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, chain_id);
    scf_p_i64(&p, from);
    scf_p_i64(&p, from + count);
    enum scf_code code = scf_db_run(db, &read_entries, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    struct scf_entry *entries = scf_alloc(arena, (size_t)n + 1, sizeof *entries);
    if (entries == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < n; i++)
        entries[i] = entry_of(rows, i, chain_id);
    *ret = entries;
    *ret_n = n;
    return SCF_OK;
}
