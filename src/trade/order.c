/* Reading an order. Relies on fact.c for the lines, whose members contracts and invoices share. */
#include "order.h"

#include "scfd/base/money.h"

struct line_key {
    struct scf_uuid key;
    uint32_t line;
};

/* ---- lines ---- */

static bool same_unit(struct scf_str a, struct scf_str b) {
    char one[256], other[256];
    if (a.n == 0 || b.n == 0)
        return true;
    if (a.n > sizeof one || b.n > sizeof other)
        return scf_str_eq(a, b);
    struct scf_str x = {one, scf_normalise(a, one)}, y = {other, scf_normalise(b, other)};
    return scf_str_eq(x, y);
}

static const struct line_key *find_key(const struct scf_order *o, const struct scf_uuid *key) {
    return scf_uuid_is_nil(key) ? NULL : scf_table_find(&o->by_key, key);
}

int scf_order_find(const struct scf_order *o, const struct scf_fact_line *line) {
    const struct line_key *k = find_key(o, &line->code_key);
    if (k == NULL)
        k = find_key(o, &line->name_key);
    /* of the same name but with another code: other goods */
    if (k != NULL && !scf_uuid_is_nil(&line->code_key) &&
        !scf_uuid_is_nil(&o->lines[k->line].code_key) &&
        !scf_uuid_eq(&line->code_key, &o->lines[k->line].code_key))
        return -1;
    return k != NULL && same_unit(o->lines[k->line].unit, line->unit) ? (int)k->line : -1;
}

static void put_key(struct scf_order *o, const struct scf_uuid *key, size_t line) {
    if (scf_uuid_is_nil(key) || scf_table_find(&o->by_key, key) != NULL)
        return;
    struct line_key *k = scf_table_put(&o->by_key, key);
    k->line = (uint32_t)line;
}

/* Two lines of the same goods are one with their sum; a figure that one of them lacks is lacking.
 */
static void merge(struct scf_order_line *to, const struct scf_order_line *l) {
    to->has_quantity = to->has_quantity && l->has_quantity &&
                       !__builtin_add_overflow(to->quantity, l->quantity, &to->quantity);
    to->has_amount = to->has_amount && l->has_amount &&
                     !__builtin_add_overflow(to->amount, l->amount, &to->amount);
    to->has_price = to->has_price && l->has_price && to->price == l->price;
}

static bool read_lines(struct scf_arena *arena, const cJSON *body, int scale, struct scf_order *o) {
    const cJSON *list = scf_json_get(body, "lines"), *json;
    struct scf_fact parsed = {0};
    if (!scf_fact_lines(arena, list, scale, &parsed) ||
        !scf_table_init(&o->by_key, arena, sizeof(struct scf_uuid), sizeof(struct line_key),
                        2 * parsed.line_count))
        return false;
    o->lines = scf_alloc(arena, parsed.line_count, sizeof *o->lines);
    if (o->lines == NULL)
        return false;
    size_t i = 0;
    cJSON_ArrayForEach(json, list) {
        const struct scf_fact_line *l = &parsed.lines[i++];
        struct scf_order_line line = {
            .name = scf_json_string(json, "item_name"),
            .code_key = l->code_key,
            .unit = l->unit,
            .has_quantity = l->has_quantity && l->quantity > 0,
            .quantity = l->quantity,
            .has_price = l->has_price && l->price > 0,
            .price = l->price,
            .has_amount = l->has_amount,
            .amount = l->amount,
            .rate_ppm = l->rate_ppm,
        };
        int known = scf_order_find(o, l);
        if (known >= 0) {
            merge(&o->lines[known], &line);
            continue;
        }
        put_key(o, &l->code_key, o->line_count);
        put_key(o, &l->name_key, o->line_count);
        o->lines[o->line_count++] = line;
    }
    return true;
}

static bool near(int64_t a, int64_t b) {
    return a - b <= 1 && b - a <= 1;
}

static void find_basis(const cJSON *body, int scale, int64_t amount, struct scf_order *o) {
    int64_t sum = 0, net;
    for (size_t i = 0; i < o->line_count; i++)
        if (!o->lines[i].has_amount || __builtin_add_overflow(sum, o->lines[i].amount, &sum))
            return;
    bool has_net = scf_body_money(body, "amount_excl_tax", scale, &net);
    if (o->line_count > 0 && near(sum, amount))
        o->basis = SCF_PRICES_WITH_TAX;
    else if (o->line_count > 0 && has_net && near(sum, net))
        o->basis = SCF_PRICES_WITHOUT_TAX;
}

/* ---- milestones ---- */

static bool read_milestones(struct scf_arena *arena, const cJSON *body, int scale, int64_t amount,
                            struct scf_order *o) {
    const cJSON *list = scf_json_get(body, "milestones"), *json;
    size_t n = cJSON_IsArray(list) ? (size_t)cJSON_GetArraySize(list) : 0;
    int64_t sum = 0;
    o->milestones = scf_alloc(arena, n, sizeof *o->milestones);
    if (o->milestones == NULL)
        return false;
    cJSON_ArrayForEach(json, list) {
        struct scf_order_milestone *m = &o->milestones[o->milestone_count++];
        const char *code = scf_json_string(json, "code");
        int64_t percent; /* 10^-4 per cent */
        m->code = code != NULL ? code : "";
        m->has_amount = scf_body_money(json, "amount", scale, &m->amount);
        if (scf_body_decimal(json, "percentage", 4, &percent))
            m->weight_ppm = percent;
        else if (m->has_amount && amount > 0 && m->amount <= amount)
            m->weight_ppm = scf_ratio_ppm(m->amount, amount);
        sum += m->weight_ppm; /* at most 500 × 10^6 */
    }
    for (size_t i = 0; sum > SCF_PPM && i < n; i++)
        o->milestones[i].weight_ppm = o->milestones[i].weight_ppm * SCF_PPM / sum;
    return true;
}

/* ---- the rest ---- */

static bool read_parties(struct scf_arena *arena, const cJSON *body, struct scf_order *o) {
    const cJSON *list = scf_json_get(body, "other_parties"), *json;
    size_t n = cJSON_IsArray(list) ? (size_t)cJSON_GetArraySize(list) : 0;
    struct scf_uuid *ids = scf_alloc(arena, n, sizeof *ids);
    if (ids == NULL)
        return false;
    cJSON_ArrayForEach(json, list) {
        if (scf_id_parse("ent", scf_str(scf_json_string(json, "enterprise_id")),
                         &ids[o->party_count]))
            o->party_count++;
    }
    o->parties = ids;
    return true;
}

static void read_changes(const cJSON *body, int scale, struct scf_order *o) {
    const cJSON *json;
    cJSON_ArrayForEach(json, scf_json_get(body, "change_orders")) {
        int64_t amount;
        if (scf_json_get(json, "approved_on") != NULL &&
            scf_body_money(json, "amount", scale, &amount) &&
            __builtin_add_overflow(o->changes, amount, &o->changes))
            o->changes = 0;
    }
}

bool scf_order_read(struct scf_arena *arena, const struct scf_trade_contract *contract,
                    struct scf_order *ret) {
    const cJSON *body = contract->body;
    int scale = scf_currency_scale(scf_str(contract->currency));
    scale = scale >= 0 ? scale : 2;
    *ret = (struct scf_order){0};
    ret->collection_account = scf_fact_account_key(
        scf_json_string(scf_json_get(body, "collection_account"), "account_no"));
    if (!read_lines(arena, body, scale, ret) ||
        !read_milestones(arena, body, scale, contract->amount, ret) ||
        !read_parties(arena, body, ret))
        return false;
    find_basis(body, scale, contract->amount, ret);
    read_changes(body, scale, ret);
    return true;
}
