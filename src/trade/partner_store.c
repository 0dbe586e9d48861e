/* SQL of partners: which buyers an enterprise really has. Relies on sql/0016_partner.sql. */
#include "scfd/trade/trade.h"

/* In order of the key, so that two writers never wait for each other crosswise. */
static const struct scf_stmt add_stmt = {
    "scf_trade_partners_add",
    "INSERT INTO scfd.trade_partner (seller_id, buyer_id)"
    " SELECT DISTINCT s, b FROM unnest($1::uuid[], $2::uuid[]) AS x (s, b) ORDER BY s, b"
    " ON CONFLICT DO NOTHING"};

enum scf_code scf_trade_partners_add(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_uuid *const *sellers,
                                     const struct scf_uuid *const *buyers, size_t n,
                                     struct scf_error *err) {
    struct scf_params p;
    if (n == 0)
        return SCF_OK;
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, sellers, n);
    scf_p_uuid_array(&p, buyers, n);
    return scf_db_run(db, &add_stmt, &p, arena, NULL, err);
}
