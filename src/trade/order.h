/* What was ordered: the lines, milestones, parties and accounts of a contract's body. Pure. */
#ifndef SCFD_TRADE_ORDER_H
#define SCFD_TRADE_ORDER_H

#include "fact.h"
#include "scfd/base/table.h"

struct scf_order_line {
    const char *name;
    struct scf_uuid code_key; /* nil: it has no code */
    struct scf_str unit;
    bool has_quantity, has_price, has_amount;
    int64_t quantity, price, amount; /* units as in struct scf_fact_line */
    int64_t rate_ppm;
};

struct scf_order_milestone {
    const char *code; /* "" when it has none: nothing can name it */
    int64_t weight_ppm;
    bool has_amount;
    int64_t amount;
};

/* Whether the lines' prices include tax: as their sum fits the amount with or without it. */
enum scf_price_basis { SCF_PRICES_UNKNOWN, SCF_PRICES_WITH_TAX, SCF_PRICES_WITHOUT_TAX };

struct scf_order {
    struct scf_order_line *lines; /* of the same goods: one */
    size_t line_count;
    struct scf_table by_key; /* of goods → line */
    struct scf_order_milestone *milestones;
    size_t milestone_count;
    const struct scf_uuid *parties; /* further ones */
    size_t party_count;
    struct scf_uuid collection_account; /* digest; nil: none designated */
    int64_t changes;                    /* Σ of the approved change orders, signed */
    enum scf_price_basis basis;
};

/* False: the arena is full. A body of NULL is an order without anything. */
bool scf_order_read(struct scf_arena *arena, const struct scf_trade_contract *contract,
                    struct scf_order *ret) SCF_MUST_CHECK;
/* The ordered line of these goods: by code if both have one, else by name; −1: none, or in another
 * unit. */
int scf_order_find(const struct scf_order *o, const struct scf_fact_line *line);

#endif
