/* The limit as a pure function of its inputs (docs/credit-model.md): the initial one, increments
 * over it, and the chain of other limits of which the lowest wins.
 *
 * Everything is an integer: money in minor units, ratios in millionths, time in µs. Every division
 * rounds down, except where said. Pure; any thread. */
#ifndef SCFD_CREDIT_LIMIT_H
#define SCFD_CREDIT_LIMIT_H

#include "scfd/receivable/receivable.h"
#include "scfd/trade/trade.h"

/* ---- inputs ---- */

enum scf_assessment_kind { SCF_KIND_INITIAL, SCF_KIND_INCREMENTAL, SCF_KIND_PERIODIC };
extern const char *const scf_assessment_kind_names[]; /* "initial" …, NULL-terminated */

/* What is financed: the order, or the receivables that its invoices are. */
enum scf_product { SCF_PRODUCT_ORDER, SCF_PRODUCT_RECEIVABLE };
extern const char *const scf_product_names[]; /* "order", "receivable", NULL */

/* Sums over the records of one chain, template and kind in the rating window. */
struct scf_rating_sums {
    struct scf_uuid chain_id;
    int32_t template_id; /* 0: the records were judged by no template */
    enum scf_record_kind kind;
    int64_t records, weight_expected, weight_present;
    int64_t delay_count, delay_s,
        delay_us; /* whole seconds, and the µs beyond them, summed apart */
    int64_t range_ok, fluctuation_applicable, fluctuation_ok;
    int64_t checks_applicable, checks_passed;
};

struct scf_limit_chain { /* where the sums came from */
    struct scf_uuid chain_id;
    int64_t folded_size, sealed_size;
    struct scf_hash sealed_root;
};

struct scf_limit_qualification {
    const char *type, *grade; /* grade "" when none */
    int32_t issued_day;
    bool has_until;
    int32_t until_day;
};

struct scf_limit_guarantee {
    struct scf_uuid record_id;
    struct scf_hash body_sha256;
    const char *status;
    char currency[4];
    int64_t amount;
    bool obligor_is_borrower;
    bool unconfirmed; /* no node that may speak for the guarantor sent it */
    bool has_from;
    int32_t from_day, expires_day;
};

struct scf_limit_contract {
    struct scf_uuid record_id; /* its newest revision */
    struct scf_hash body_sha256;
    const char *status; /* of the contract: "active" … */
    char currency[4];
    int64_t amount, prepaid, retention;
    int64_t financed;                   /* exposure under the contract in its currency */
    bool seller_is_borrower, duplicate; /* the same business contract stands earlier in the list */
    bool has_signed;
    int64_t signed_us;
    /* What refers to the contract, over all chains and time. */
    int64_t invoices, invoices_other_currency, invoices_other_parties, invoiced;
    int64_t events, first_event_us; /* first_event_us counts when events > 0 */
    const struct scf_limit_guarantee *guarantees;
    size_t guarantee_count;
    /* Of the whole contract, as of the assessment. */
    struct scf_trade_view trade;
    const struct scf_receivable_standing *standings; /* one per trade.invoices */
    bool assignment_prohibited;                      /* NASSIGN: only warned of */
    /* Its limit account before this assessment. */
    int64_t initial_limit, increments; /* L0 and Σ ΔL */
    int64_t held, used;
    bool frozen;
};

/* A debtor of the receivables (CR-3.1 AFF, CONTRA; CR-3.2 κ). */
struct scf_limit_debtor {
    struct scf_uuid enterprise_id;
    bool core;       /* a core enterprise: the higher concentration limit */
    bool affiliated; /* with the borrower */
    int64_t contra;  /* what the debtor can set off, minor units */
};

/* The borrower's last year (CR-4), minor units of the assessment's currency and millionths. */
struct scf_limit_need {
    bool known;
    struct scf_uuid record_id; /* the enterprise record it stands in */
    struct scf_hash body_sha256;
    int64_t revenue, cost_of_sales;
    int64_t margin_ppm, growth_ppm;                                           /* may be negative */
    int64_t inventory, receivables, payables, prepayments, advances_received; /* mean balances */
    int64_t own_funds, working_capital_loans, other_funds;
};

struct scf_limit_inputs {
    struct scf_uuid assessment_id, borrower_id;
    struct scf_policy policy;
    struct scf_uuid template_id;
    const char *template_code;
    int64_t template_revision;
    struct scf_grading grading;
    int64_t as_of_us;
    int32_t from_day, to_day; /* the rating window, both included */
    char currency[4];
    bool has_requested;
    int64_t requested;
    bool operating;          /* neither revoked, deregistered nor bankrupt */
    int64_t history_periods; /* accounting periods with events or invoices in the window */
    const struct scf_limit_chain *chains;
    size_t chain_count;
    const struct scf_rating_sums *sums;
    size_t sum_count;
    const struct scf_limit_qualification *qualifications;
    size_t qualification_count;
    const struct scf_limit_contract *contracts;
    size_t contract_count;
    enum scf_assessment_kind kind;
    enum scf_product product;
    const char *period; /* "2026-11" of an increment; "" else */
    const struct scf_limit_debtor *debtors;
    size_t debtor_count;
    struct scf_limit_need need;
};

/* ---- result ---- */

/* The chain of limits (CR-1): Limit_final = floor_to_unit(min of those that apply). */
enum scf_limit_step_kind {
    SCF_STEP_MODEL,      /* CR-2 */
    SCF_STEP_BASE,       /* CR-3: receivable financing only */
    SCF_STEP_NEED,       /* CR-4: where the last year is known */
    SCF_STEP_REQUESTED,  /* what was asked for */
    SCF_STEP_DEBTOR,     /* CR-5; this and the next ones are of one lender */
    SCF_STEP_REGULATORY, /* CR-10 */
    SCF_STEP_LENDER,
    SCF_STEPS
};
/* CR-1.1: three values are kept of each step. */
struct scf_limit_step {
    enum scf_limit_step_kind kind;
    bool applies;
    bool binding; /* it is the lowest */
    bool has_reported;
    int64_t reported, recomputed, adjusted; /* minor units; adjusted is what counts */
    const char *rule;                       /* "CR-3.2" */
};

enum scf_reason {
#define SCF_REASON(NAME, SLUG, DIRECTION, EN, ZH) SCF_REASON_##NAME,
#include "scfd/credit/reasons.def"
#undef SCF_REASON
    SCF_REASON_COUNT
};
const char *scf_reason_slug(enum scf_reason reason);
const char *scf_reason_text(enum scf_reason reason, bool chinese);
/* "positive", "negative" or "neutral" */
const char *scf_reason_direction(enum scf_reason reason);

struct scf_ratings {
    bool has_records;                 /* any event or invoice in the window */
    int64_t normativity_ppm;          /* N */
    bool has_workflow, has_invoice;   /* which delays exist */
    int64_t workflow_us, invoice_us;  /* mean delays */
    int64_t delay_us, timeliness_ppm; /* D; 1 − min(1, D / lateness) */
    bool has_compared;                /* any value could be compared with an earlier period */
    int64_t in_range_ppm, within_ppm, accuracy_ppm;            /* A */
    enum scf_grade normativity, timeliness, accuracy, overall; /* overall: the lowest */
    int64_t credibility_ppm; /* E of CR-2.3: 0 when any grade is D */
};

/* What one contract adds. */
struct scf_limit_part {
    int64_t net;              /* C_net */
    int64_t base;             /* C_net·r0·T·q·h */
    int64_t guarantees_valid; /* counted guarantees before haircut */
    int64_t guarantee;        /* G */
    bool unconfirmed;         /* a guarantee would count, had the guarantor sent it */
    int64_t target;           /* Z_t = C_net·a(stage)·P·E, in an increment */
    int64_t increment;        /* ΔL ≥ 0 */
    int64_t take_back;        /* of earlier increments whose evidence is gone; only undrawn */
    enum scf_reason reason;
};

enum { SCF_MAX_FACTORS = 10, SCF_MAX_REASONS = 10 };

struct scf_factor {
    const char *name;
    enum { SCF_FACTOR_RATIO, SCF_FACTOR_MONEY } unit;
    int64_t value; /* millionths or minor units */
    bool has_weight;
    int64_t weight_ppm;
    int64_t contribution; /* of a weighted ratio: weight × value; else the value */
    enum scf_reason reason;
};

struct scf_limit_result {
    struct scf_ratings ratings;
    int64_t checks_applicable, checks_passed, checks_ppm; /* X */
    int64_t truth_ppm, qualification_ppm, history_ppm;    /* T, q, h */
    struct scf_limit_part *parts;                         /* one per contract */
    int64_t computed; /* Σ (base + G) before the request caps it */
    int64_t limit;
    int32_t expires_day;
    struct scf_factor factors[SCF_MAX_FACTORS];
    size_t factor_count;
    enum scf_reason reasons[SCF_MAX_REASONS]; /* the most telling first */
    size_t reason_count;
};

/* `parts` in `arena`; false when the arena is full. */
bool scf_limit_compute(const struct scf_limit_inputs *in, struct scf_arena *arena,
                       struct scf_limit_result *ret) SCF_MUST_CHECK;

/* ---- receipts ---- */

/* The receipt: all inputs and the result as JSON ("scfd-receipt/v1"), the same bytes for the same
 * inputs. */
void scf_receipt_write(const struct scf_limit_inputs *in, const struct scf_limit_result *result,
                       struct scf_buf *out);
/* Recomputes the limit from a receipt alone and compares every number, and the digest over the
 * inputs. Writes one plain line per step to `report`. True: everything holds. Pure. */
bool scf_receipt_verify(struct scf_str receipt_json, struct scf_buf *report) SCF_MUST_CHECK;

#endif
