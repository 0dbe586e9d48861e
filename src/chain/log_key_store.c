/* SQL for the keys that sign the log. Relies on db. */
#include "log_key_store.h"

static const struct scf_stmt compare = {
    "scf_log_key_compare", "SELECT public_key = $2 FROM scfd.log_key WHERE suite = $1"};
static const struct scf_stmt pin = {
    "scf_log_key_pin", "INSERT INTO scfd.log_key (suite, public_key, since) VALUES ($1, $2, $3)"
                       " ON CONFLICT DO NOTHING"};

static void put_key(struct scf_params *p, struct scf_arena *arena, enum scf_suite suite,
                    const struct scf_public_key *key) {
    scf_params_init(p, arena);
    scf_p_i16(p, (int16_t)suite);
    scf_p_bytes_ref(p, key->bytes, scf_public_key_len(key->alg));
}

enum scf_code scf_log_key_compare(struct scf_db *db, struct scf_arena *arena, enum scf_suite suite,
                                  const struct scf_public_key *key, bool *ret_known, bool *ret_same,
                                  struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    put_key(&p, arena, suite, key);
    enum scf_code code = scf_db_run(db, &compare, &p, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    *ret_known = scf_rows_count(rows) == 1;
    *ret_same = !*ret_known || scf_rows_bool(rows, 0, 0);
    return SCF_OK;
}

enum scf_code scf_log_key_pin(struct scf_db *db, struct scf_arena *arena, enum scf_suite suite,
                              const struct scf_public_key *key, int64_t now_us,
                              struct scf_error *err) {
    struct scf_params p;
    put_key(&p, arena, suite, key);
    scf_p_time(&p, now_us);
    return scf_db_run(db, &pin, &p, arena, NULL, err);
}
