/* SQL of declared revenue: profiles that have tax declarations, and the sums of the invoices of the
 * declared months. Sellers without any cost a look at their profile.
 * Relies on the index trade_fact_sale, and on intake for what a declaration may be. */
#include "revenue_store.h"

/* `own`: the profile is the word of the enterprise itself. The bound is on the invoices that are
 * read, so that no seller is too large to be looked at. Sums of money stop at what fits. */
static const struct scf_stmt revenue_stmt = {
    "scf_trade_revenue",
    "WITH w AS MATERIALIZED (SELECT DISTINCT * FROM unnest($1::uuid[], $2::text[], $3::smallint[])"
    " AS w (seller, currency, scale)),"
    " told AS MATERIALIZED (SELECT w.seller, w.currency, e.profile_record_id AS record_id,"
    " coalesce(o.operator_enterprise_id = w.seller, false) AS own, array_agg(d.period) AS periods,"
    " least(sum(d.revenue) * power(10::numeric, w.scale), 9e15)::bigint AS declared"
    " FROM w JOIN scfd.enterprise e ON e.id = w.seller"
    " LEFT JOIN scfd.record r ON r.id = e.profile_record_id"
    " LEFT JOIN scfd.node o ON o.id = r.chain_id"
    " CROSS JOIN LATERAL json_to_recordset(CASE json_typeof(e.profile -> 'tax_declarations')"
    " WHEN 'array' THEN e.profile -> 'tax_declarations' ELSE '[]' END)"
    " AS d (period text, revenue numeric, currency text)"
    " WHERE coalesce(d.currency, 'CNY') = w.currency GROUP BY 1, 2, 3, 4, w.scale)"
    " SELECT t.seller, t.currency, t.record_id, t.own, cardinality(t.periods)::bigint, t.declared,"
    " i.looked_at, i.invoiced FROM told t CROSS JOIN LATERAL (SELECT"
    " coalesce(max(b.looked_at), 0)::bigint AS looked_at,"
    " least(coalesce(sum(b.amount), 0), 9e15)::bigint AS invoiced FROM ("
    "SELECT f.object_key, max(f.looked_at) AS looked_at, min(f.amount)"
    " FILTER (WHERE left(f.detail ->> 'issued_on', 7) = ANY(t.periods)) AS amount,"
    " bool_or(coalesce(f.detail ->> 'tax_status', '') IN ('voided', 'fully_red')) AS gone FROM ("
    "SELECT f.object_key, f.amount, f.detail::json AS detail, count(*) OVER () AS looked_at"
    " FROM (SELECT f.object_key, f.amount, f.detail FROM scfd.trade_fact f"
    " WHERE f.seller_id = t.seller AND f.kind = 3 AND f.amount > 0 AND f.currency = t.currency"
    " AND f.received_at <= $4 AND f.detail IS NOT NULL"
    " AND (f.operator_id IS NULL OR f.operator_id IN (f.seller_id, f.buyer_id))"
    " ORDER BY f.amount, f.record_id LIMIT $5) f) f"
    " WHERE coalesce((f.detail ->> 'red_invoice')::boolean, false) IS FALSE"
    " AND coalesce(f.detail ->> 'kind', '') <> 'credit_note' GROUP BY f.object_key) b"
    " WHERE NOT b.gone) i"};

static enum scf_code run(struct scf_db *db, struct scf_arena *arena,
                         const struct scf_trade_contract *contracts, size_t n, int64_t as_of_us,
                         struct scf_rows **ret, struct scf_error *err) {
    const struct scf_uuid **sellers = scf_alloc(arena, n, sizeof *sellers);
    struct scf_str *currencies = scf_alloc(arena, n, sizeof *currencies);
    int16_t *scales = scf_alloc(arena, n, sizeof *scales);
    struct scf_params p;
    if (sellers == NULL || currencies == NULL || scales == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        int scale = scf_currency_scale(scf_str(contracts[i].currency));
        sellers[i] = &contracts[i].seller_id;
        currencies[i] = scf_str(contracts[i].currency);
        scales[i] = (int16_t)(scale >= 0 ? scale : 2);
    }
    scf_params_init(&p, arena);
    scf_p_uuid_array(&p, sellers, n);
    scf_p_text_array(&p, currencies, n);
    scf_p_i16_array(&p, scales, n);
    scf_p_time(&p, as_of_us);
    scf_p_i64(&p, SCF_REVENUE_INVOICES + 1);
    return scf_db_run(db, &revenue_stmt, &p, arena, ret, err);
}

static bool is_of(const struct scf_rows *rows, int row, const struct scf_trade_contract *t) {
    struct scf_uuid seller = scf_rows_uuid(rows, row, 0);
    return scf_uuid_eq(&seller, &t->seller_id) &&
           scf_str_eq(scf_rows_str(rows, row, 1), scf_str(t->currency));
}

enum scf_code scf_revenue_load(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_trade_contract *contracts, size_t n,
                               int64_t as_of_us, struct scf_revenue *ret, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = run(db, arena, contracts, n, as_of_us, &rows, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        ret[i] = (struct scf_revenue){0};
        for (int row = 0; row < scf_rows_count(rows); row++) {
            if (!is_of(rows, row, &contracts[i]))
                continue;
            ret[i] = (struct scf_revenue){
                .known = scf_rows_i64(rows, row, 6) <= SCF_REVENUE_INVOICES,
                .record_id = scf_rows_uuid(rows, row, 2),
                .own_word = scf_rows_bool(rows, row, 3),
                .months = scf_rows_i64(rows, row, 4),
                .declared = scf_rows_i64(rows, row, 5),
                .invoiced = scf_rows_i64(rows, row, 7),
            };
            break;
        }
    }
    return code;
}
