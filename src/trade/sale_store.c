/* SQL of the sale graph: bounded searches by enterprise and amount in the facts of invoices.
 * Relies on the indexes trade_fact_sale and trade_fact_purchase. */
#include "sale_store.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

/* `w`: one row per contract that has invoices, with the range of amounts and times of sales that
 * may be like them. The column list and conditions are the same in all three parts. */
#define SALE                                                                                       \
    "f.seller_id, f.buyer_id, f.record_id, f.amount,"                                              \
    " f.operator_id IS NULL OR f.operator_id IN (w.seller, w.buyer) AS vouched,"                   \
    " (f.detail::json ->> 'issued_on')::date"
/* That amounts are above zero says nothing new, but lets the planner take the partial indexes. */
#define ALIKE                                                                                      \
    " f.kind = 3 AND f.amount > 0 AND f.amount BETWEEN w.low AND w.high AND f.currency = "         \
    "w.currency"                                                                                   \
    " AND f.happened_at BETWEEN w.since AND w.until AND f.received_at <= $9"                       \
    " AND (f.operator_id IS NULL OR f.operator_id IN (f.seller_id, f.buyer_id))"                   \
    " AND f.detail IS NOT NULL"                                                                    \
    " AND ($10::uuid[] IS NULL OR EXISTS (SELECT FROM unnest($10, $11::bigint[]) AS l (id, size)"  \
    " WHERE l.id = f.chain_id AND f.leaf_index < l.size))"

/* OFFSET 0: of the pairs, which are few, each looks up its sales. The planner might go the other
 * way round, through every sale of a like amount for every contract. */
static const struct scf_stmt sales_stmt = {
    "scf_trade_sales",
    "WITH w AS MATERIALIZED (SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::text[],"
    " $5::bigint[], $6::bigint[], $7::timestamptz[], $8::timestamptz[])"
    " AS w (contract, seller, buyer, currency, low, high, since, until)),"
    " sold AS MATERIALIZED (SELECT w.contract, s.* FROM w CROSS JOIN LATERAL (SELECT " SALE
    " AS day FROM scfd.trade_fact f WHERE f.seller_id = w.buyer AND" ALIKE
    " ORDER BY f.amount, f.record_id LIMIT 200) s),"
    " bought AS MATERIALIZED (SELECT w.contract, s.* FROM w CROSS JOIN LATERAL (SELECT " SALE
    " AS day FROM scfd.trade_fact f WHERE f.buyer_id = w.seller AND" ALIKE
    " ORDER BY f.amount, f.record_id LIMIT 200) s),"
    " pair AS (SELECT DISTINCT a.contract, a.buyer_id AS seller, b.seller_id AS buyer"
    " FROM sold a JOIN bought b USING (contract) WHERE a.buyer_id <> b.seller_id),"
    " between_them AS (SELECT w.contract, s.* FROM w CROSS JOIN LATERAL (SELECT " SALE
    " AS day FROM pair p CROSS JOIN LATERAL (SELECT f.* FROM scfd.trade_fact f"
    " WHERE f.seller_id = p.seller AND f.buyer_id = p.buyer AND" ALIKE " OFFSET 0) f"
    " WHERE p.contract = w.contract ORDER BY f.amount, f.record_id LIMIT 1000) s)"
    " SELECT * FROM sold UNION SELECT * FROM bought UNION SELECT * FROM between_them"
    " ORDER BY contract, seller_id, buyer_id, day, record_id"};

/* ---- what to look for ---- */

struct wanted {
    struct scf_arena *arena;
    size_t n;
    int64_t *contracts, *lows, *highs, *since, *until;
    const struct scf_uuid **sellers, **buyers;
    struct scf_str *currencies;
};

static bool wanted_init(struct wanted *w, struct scf_arena *arena, size_t n) {
    *w = (struct wanted){.arena = arena,
                         .contracts = scf_alloc(arena, n, sizeof(int64_t)),
                         .lows = scf_alloc(arena, n, sizeof(int64_t)),
                         .highs = scf_alloc(arena, n, sizeof(int64_t)),
                         .since = scf_alloc(arena, n, sizeof(int64_t)),
                         .until = scf_alloc(arena, n, sizeof(int64_t)),
                         .sellers = scf_alloc(arena, n, sizeof(struct scf_uuid *)),
                         .buyers = scf_alloc(arena, n, sizeof(struct scf_uuid *)),
                         .currencies = scf_alloc(arena, n, sizeof(struct scf_str))};
    return w->contracts && w->lows && w->highs && w->since && w->until && w->sellers && w->buyers &&
           w->currencies;
}

/* Nothing for a contract without invoices. A day is left on both ends for time zones; the check
 * compares exactly. */
static void want(struct wanted *w, const struct scf_check_rule *rule, size_t contract,
                 const struct scf_trade_contract *t, const struct scf_fact *facts, size_t n) {
    int64_t low = INT64_MAX, high = 0, first = INT64_MAX, last = INT64_MIN, off;
    for (size_t i = 0; i < n; i++) {
        const struct scf_fact *f = &facts[i];
        if (f->kind != SCF_REC_INVOICE || !f->readable || f->reduces || f->amount <= 0 ||
            !f->has_happened)
            continue;
        low = f->amount < low ? f->amount : low;
        high = f->amount > high ? f->amount : high;
        first = f->happened_us < first ? f->happened_us : first;
        last = f->happened_us > last ? f->happened_us : last;
    }
    if (high == 0 || !scf_mul_div_floor(high, rule->tolerance_ppm, SCF_PPM, &off))
        return;
    int64_t margin = (rule->days + 1) * SCF_US_PER_DAY;
    w->contracts[w->n] = (int64_t)contract;
    w->sellers[w->n] = &t->seller_id;
    w->buyers[w->n] = &t->buyer_id;
    w->currencies[w->n] = scf_str(t->currency);
    w->highs[w->n] = high + off;
    if (!scf_mul_div_floor(low, rule->tolerance_ppm, SCF_PPM, &off))
        off = low;
    w->lows[w->n] = low > off ? low - off : 1;
    w->since[w->n] = first - margin;
    w->until[w->n++] = last + margin;
}

static enum scf_code run(struct scf_db *db, const struct wanted *w, int64_t as_of_us,
                         const struct scf_trade_chain *limits, size_t limit_count,
                         struct scf_rows **ret, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, w->arena);
    scf_p_i64_array(&p, w->contracts, NULL, w->n);
    scf_p_uuid_array(&p, w->sellers, w->n);
    scf_p_uuid_array(&p, w->buyers, w->n);
    scf_p_text_array(&p, w->currencies, w->n);
    scf_p_i64_array(&p, w->lows, NULL, w->n);
    scf_p_i64_array(&p, w->highs, NULL, w->n);
    scf_p_time_array(&p, w->since, NULL, w->n);
    scf_p_time_array(&p, w->until, NULL, w->n);
    scf_p_time(&p, as_of_us);
    enum scf_code code = scf_facts_add_limits(&p, w->arena, limits, limit_count, err);
    return code == SCF_OK ? scf_db_run(db, &sales_stmt, &p, w->arena, ret, err) : code;
}

enum scf_code scf_sales_load(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_check_rule *rule,
                             const struct scf_trade_contract *contracts, size_t n,
                             const struct scf_facts *facts, int64_t as_of_us,
                             const struct scf_trade_chain *limits, size_t limit_count,
                             struct scf_sales *ret, struct scf_error *err) {
    struct wanted w;
    struct scf_rows *rows;
    if (!wanted_init(&w, arena, n))
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        size_t count;
        const struct scf_fact *own = scf_facts_of(facts, &contracts[i].contract_key, &count);
        ret[i] = (struct scf_sales){0};
        want(&w, rule, i, &contracts[i], own, count);
    }
    if (w.n == 0)
        return SCF_OK;
    enum scf_code code = run(db, &w, as_of_us, limits, limit_count, &rows, err);
    if (code != SCF_OK)
        return code;
    int count = scf_rows_count(rows);
    struct scf_sale *list = scf_alloc(arena, (size_t)count, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (int i = 0; i < count; i++) {
        struct scf_sales *of = &ret[scf_rows_i64(rows, i, 0)];
        list[i] = (struct scf_sale){.seller_id = scf_rows_uuid(rows, i, 1),
                                    .buyer_id = scf_rows_uuid(rows, i, 2),
                                    .record_id = scf_rows_uuid(rows, i, 3),
                                    .amount = scf_rows_i64(rows, i, 4),
                                    .vouched = scf_rows_bool(rows, i, 5),
                                    .day = scf_rows_date(rows, i, 6)};
        of->list = of->n++ == 0 ? &list[i] : of->list;
    }
    return SCF_OK;
}
