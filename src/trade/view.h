/* The view of one contract in the making. Everything here is pure: the same contract, facts and
 * policy give the same view. Memory in the arena of the case. */
#ifndef SCFD_TRADE_VIEW_H
#define SCFD_TRADE_VIEW_H

#include "fact.h"
#include "order.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"

/* Who says it, seen from the contract. */
enum scf_standing {
    SCF_STANDS_STRANGER, /* anybody else's node: counts neither for nor against the contract */
    SCF_STANDS_SELLER,
    SCF_STANDS_BUYER,
    SCF_STANDS_HOUSE,  /* a trade system that no enterprise operates, or the platform */
    SCF_STANDS_LENDER, /* lenders, guarantors, and services that no enterprise operates */
    SCF_STANDS_NAMED   /* operated by a further party that the contract names */
};

/* A fact as the view takes it. */
struct scf_word {
    const struct scf_fact *fact;
    enum scf_standing standing;
    bool live;   /* neither superseded, negated, moved away, a repetition, nor a stranger's */
    bool billed; /* an event that an invoice in force names */
};

/* Only the buyer and systems that nobody operates prove that goods were taken over or work was
 * done: a seller must not raise its own limit by saying so. */
bool scf_word_proves(const struct scf_word *w);
bool scf_word_is(const struct scf_word *w, enum scf_record_kind kind); /* and live */

struct scf_bill {
    struct scf_trade_invoice v;
    const struct scf_fact *fact; /* the one that counts */
    struct scf_uuid number_key;
    bool tax_state_known;
    bool confirmed;        /* the debtor reported, booked, reconciled or paid it */
    struct scf_bill *next; /* of the same number */
};

/* A sale between two enterprises, for round trips. */
struct scf_sale {
    struct scf_uuid seller_id, buyer_id, record_id;
    int64_t amount;
    int32_t day;
    bool vouched; /* by seller or buyer of the contract looked at, or a node that nobody operates */
};

/* What the seller declared to the tax office, and invoiced in the same months; tax included. */
struct scf_revenue {
    bool known;                /* there are declarations, and the invoices could be looked at */
    bool own_word;             /* the seller's own: counts against it only */
    struct scf_uuid record_id; /* the profile that declares */
    int64_t months, declared, invoiced; /* minor units of the contract's currency, ≥ 0 */
};

struct scf_case {
    struct scf_arena *arena;
    const struct scf_policy *policy;
    const struct scf_trade_contract *contract;
    int64_t as_of_us;
    int scale;
    struct scf_order order;
    struct scf_word *words; /* by time of receipt, chain id, leaf */
    size_t word_count;
    struct scf_bill *bills; /* by issue day, then id */
    size_t bill_count;
    struct scf_table by_number;       /* of invoice → bills (bills.c) */
    const struct scf_fact **reducers; /* red letters and credit notes in force */
    size_t reducer_count;
    const struct scf_sale *sales; /* among enterprises around seller and buyer */
    size_t sale_count;
    bool sales_known;   /* false: nobody looked */
    int64_t bill_steps; /* how many bills were looked at by number or in turn (bills.c) */
    struct scf_revenue revenue;
    bool full; /* the arena is, or it takes too many steps */
};

/* Sums of money stop at ±SCF_MONEY_MAX instead of wrapping. */
int64_t scf_money_add(int64_t a, int64_t b);

/* words.c: standing and liveness of every fact. */
bool scf_words_read(struct scf_case *c, const struct scf_fact *facts, size_t n) SCF_MUST_CHECK;

/* takings.c: how much of every ordered line was taken over, and of the whole. */
/* What proof shows; what anybody who counts reports; what proof shows of the events that invoices
 * in force name. */
enum scf_taking_filter { SCF_TAKEN_PROVEN, SCF_TAKEN_REPORTED, SCF_TAKEN_BILLED };
struct scf_taken {
    int64_t *quantities; /* per order line, 10^-6, less what was returned; −1: nobody says */
    int64_t amount;      /* as events give it in the contract's currency; −1: nobody says */
    int64_t returned;    /* value of what was returned, minor units; of any of the filters */
};
bool scf_takings_sum(struct scf_case *c, enum scf_taking_filter filter,
                     struct scf_taken *ret) SCF_MUST_CHECK;

/* bills.c: the invoices in force; then, with completion known, what each is worth. */
bool scf_bills_collect(struct scf_case *c) SCF_MUST_CHECK;
bool scf_bills_settle(struct scf_case *c, int64_t completion_ppm, int64_t returned) SCF_MUST_CHECK;
bool scf_bill_stands(const struct scf_bill *b); /* not cancelled */

/* progress.c: completion and milestones into `view`. `proven` is the sum of what proof shows. */
bool scf_progress(struct scf_case *c, const struct scf_taken *proven,
                  struct scf_trade_view *view) SCF_MUST_CHECK;
/* How far the work has come; bills must be settled. */
enum scf_stage scf_stage_of(const struct scf_case *c);

/* checks.c: one finding per rule of the policy. */
bool scf_checks_run(struct scf_case *c, const struct scf_taken *proven,
                    struct scf_trade_view *view) SCF_MUST_CHECK;

/* view.c: everything. False: it is too large, or the arena is full. `facts` are the contract's, in
 * order; `folded` says for each how far its chain is folded. */
bool scf_view_make(struct scf_case *c, const struct scf_fact *facts, const int64_t *folded,
                   size_t n, struct scf_trade_view *ret) SCF_MUST_CHECK;

#endif
