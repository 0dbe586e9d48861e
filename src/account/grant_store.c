/* SQL of grants: an assessment brings the initial limits of its contracts up to date, and opens
 * their accounts to its lenders. */
#include "store.h"

static const struct scf_stmt note = {
    "scf_account_grant",
    "WITH g AS (INSERT INTO scfd.limit_grant (assessment_id, contract_key, currency, account_id,"
    " amount, expires_on) SELECT $1, key, $2, account, amount, $3"
    " FROM unnest($4::uuid[], $5::uuid[], $6::bigint[]) AS x (key, account, amount)"
    " ON CONFLICT DO NOTHING)"
    " UPDATE scfd.limit_account SET assessed_at = $7 WHERE id = ANY ($5::uuid[])"
    " AND assessed_at < $7"};

static enum scf_code write_down(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_granting *g, const struct scf_account *accounts,
                                struct scf_error *err) {
    const struct scf_uuid **keys = scf_alloc(arena, g->count, sizeof *keys);
    const struct scf_uuid **ids = scf_alloc(arena, g->count, sizeof *ids);
    int64_t *amounts = scf_alloc(arena, g->count, sizeof *amounts);
    if (keys == NULL || ids == NULL || amounts == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu grants", g->count);
    for (size_t i = 0; i < g->count; i++) {
        keys[i] = &g->grants[i].contract_key;
        ids[i] = &accounts[i].id;
        amounts[i] = g->grants[i].amount;
    }
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &g->assessment_id);
    scf_p_text(&p, g->currency);
    scf_p_date(&p, g->expires_day);
    scf_p_uuid_array(&p, keys, g->count);
    scf_p_uuid_array(&p, ids, g->count);
    scf_p_i64_array(&p, amounts, NULL, g->count);
    scf_p_time(&p, g->as_of_us);
    return scf_db_run(db, &note, &p, arena, NULL, err);
}

/* Up to what was found, or down as far as nothing is held or drawn. */
static int64_t difference(const struct scf_account *a, int64_t amount) {
    int64_t change = amount - a->initial, undrawn = scf_account_undrawn(a);
    if (change < -undrawn)
        change = -undrawn;
    return change < -a->initial ? -a->initial : change; /* increments are taken back elsewhere */
}

static enum scf_code book(struct scf_db *db, struct scf_arena *arena, const struct scf_granting *g,
                          struct scf_account *accounts, int64_t now_us, struct scf_error *err) {
    struct scf_account **changed = scf_alloc(arena, g->count, sizeof *changed);
    struct scf_account_change *changes = scf_alloc(arena, g->count, sizeof *changes);
    size_t n = 0;
    if (changed == NULL || changes == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu grants", g->count);
    for (size_t i = 0; i < g->count; i++) {
        int64_t amount = difference(&accounts[i], g->grants[i].amount);
        if (amount == 0 || g->as_of_us < accounts[i].assessed_us)
            continue;
        changed[n] = &accounts[i];
        changes[n++] = (struct scf_account_change){.type = SCF_ENTRY_INITIAL,
                                                   .amount = amount,
                                                   .source_id = g->assessment_id,
                                                   .source_prefix = "asm"};
    }
    return scf_account_book_many(db, arena, changed, changes, n, now_us, err);
}

enum scf_code scf_account_grant(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_granting *g, int64_t now_us,
                                struct scf_error *err) {
    if (g->count == 0)
        return SCF_OK;
    struct scf_account *accounts = scf_alloc(arena, g->count, sizeof *accounts);
    struct scf_uuid *keys = scf_alloc(arena, g->count, sizeof *keys);
    if (accounts == NULL || keys == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for %zu grants", g->count);
    for (size_t i = 0; i < g->count; i++)
        keys[i] = g->grants[i].contract_key;
    enum scf_code code = scf_account_lock(db, arena, keys, g->count, g->currency, &g->borrower_id,
                                          now_us, accounts, err);
    if (code == SCF_OK)
        code = book(db, arena, g, accounts, now_us, err);
    return code == SCF_OK ? write_down(db, arena, g, accounts, err) : code;
}

/* ---- lenders ---- */

static const struct scf_stmt open_to = {
    "scf_account_open_to",
    "INSERT INTO scfd.limit_lender (node_id, account_id, created_at)"
    " SELECT $2, a.id, a.created_at FROM scfd.limit_grant g"
    " JOIN scfd.limit_account a ON a.id = g.account_id WHERE g.assessment_id = $1"
    " ORDER BY a.id ON CONFLICT DO NOTHING"};

enum scf_code scf_account_open_to(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *assessment_id,
                                  const struct scf_uuid *lender_node_id, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, assessment_id);
    scf_p_uuid(&p, lender_node_id);
    return scf_db_run(db, &open_to, &p, arena, NULL, err);
}
