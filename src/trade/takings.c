/* How much was taken over. The same goods pass several steps (received, inspected, accepted) and
 * may be reported by several nodes: of the steps the strongest one counts, of the nodes the one
 * that reports most; nothing is added up twice. */
#include "view.h"

#include "scfd/base/table.h"

/* One row per ordered line and one for amounts; a column per rank, the first for returns. */
struct sums {
    int64_t *cells;
    size_t rows;
};

static int64_t *cell(const struct sums *s, size_t row, int column) {
    return &s->cells[row * SCF_TAKING_RANKS + (size_t)column];
}

static bool sums_init(struct scf_case *c, struct sums *s) {
    s->rows = c->order.line_count + 1;
    s->cells = scf_alloc(c->arena, s->rows * SCF_TAKING_RANKS, sizeof *s->cells);
    return s->cells != NULL;
}

static int column_of(const struct scf_word *w, enum scf_taking_filter filter) {
    const struct scf_fact *f = w->fact;
    if (!scf_word_is(w, SCF_REC_WORKFLOW_EVENT))
        return -1;
    if (f->phase == SCF_PHASE_RETURNED)
        return 0;
    if (f->taking == 0 || (filter != SCF_TAKEN_REPORTED && !scf_word_proves(w)) ||
        (filter == SCF_TAKEN_BILLED && !w->billed))
        return -1;
    return f->taking;
}

static void add_word(const struct scf_case *c, const struct scf_fact *f, int column,
                     struct sums *s) {
    for (size_t i = 0; i < f->line_count; i++) {
        int line = scf_order_find(&c->order, &f->lines[i]);
        if (line >= 0 && f->lines[i].has_quantity) {
            int64_t *to = cell(s, (size_t)line, column);
            *to = scf_money_add(*to, f->lines[i].quantity);
        }
    }
    if (f->has_amount && strcmp(f->currency, c->contract->currency) == 0) {
        int64_t *to = cell(s, c->order.line_count, column);
        *to = scf_money_add(*to, f->amount);
    }
}

/* Keeps what this chain reports where it is more than others do. */
static void keep_most(struct sums *most, struct sums *one) {
    for (size_t i = 0; i < most->rows * SCF_TAKING_RANKS; i++) {
        most->cells[i] = one->cells[i] > most->cells[i] ? one->cells[i] : most->cells[i];
        one->cells[i] = 0;
    }
}

/* The strongest step that anybody reports, less what was returned; −1: none. */
static int64_t strongest(const struct sums *s, size_t row) {
    for (int rank = SCF_TAKING_RANKS - 1; rank > 0; rank--) {
        int64_t taken = *cell(s, row, rank) - *cell(s, row, 0);
        if (*cell(s, row, rank) > 0)
            return taken > 0 ? taken : 0;
    }
    return -1;
}

struct seen_chain {
    struct scf_uuid id;
};

static bool chains_of(struct scf_case *c, struct scf_table *ret) {
    if (!scf_table_init(ret, c->arena, sizeof(struct seen_chain), sizeof(struct seen_chain),
                        c->word_count))
        return false;
    for (size_t i = 0; i < c->word_count; i++)
        if (scf_word_is(&c->words[i], SCF_REC_WORKFLOW_EVENT))
            scf_table_put(ret, &c->words[i].fact->chain_id);
    return true;
}

/* As events give it, else at the ordered prices. */
static int64_t value_returned(const struct scf_case *c, const struct sums *s) {
    int64_t value = *cell(s, c->order.line_count, 0), divisor = 1, one;
    for (int i = c->scale; i < SCF_FACT_QUANTITY_PLACES + SCF_FACT_PRICE_PLACES; i++)
        divisor *= 10;
    for (size_t i = 0; i < c->order.line_count && *cell(s, c->order.line_count, 0) == 0; i++) {
        const struct scf_order_line *l = &c->order.lines[i];
        if (l->has_price && scf_mul_div_floor(*cell(s, i, 0), l->price, divisor, &one))
            value = scf_money_add(value, one);
    }
    return value;
}

bool scf_takings_sum(struct scf_case *c, enum scf_taking_filter filter, struct scf_taken *ret) {
    struct sums most, one;
    struct scf_table chains;
    ret->quantities = scf_alloc(c->arena, c->order.line_count, sizeof *ret->quantities);
    if (ret->quantities == NULL || !sums_init(c, &most) || !sums_init(c, &one) ||
        !chains_of(c, &chains))
        return false;
    for (size_t k = 0; k < chains.n; k++) {
        const struct seen_chain *chain = scf_table_at(&chains, k);
        for (size_t i = 0; i < c->word_count; i++) {
            const struct scf_word *w = &c->words[i];
            int column = column_of(w, filter);
            if (column >= 0 && scf_uuid_eq(&w->fact->chain_id, &chain->id))
                add_word(c, w->fact, column, &one);
        }
        keep_most(&most, &one);
    }
    for (size_t i = 0; i < c->order.line_count; i++)
        ret->quantities[i] = strongest(&most, i);
    ret->amount = strongest(&most, c->order.line_count);
    ret->returned = value_returned(c, &most);
    return true;
}
