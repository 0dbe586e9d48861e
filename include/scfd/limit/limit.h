/* The limit as a pure function of its inputs (docs/credit-model.md): the initial one, increments
 * over it, and the chain of other limits of which the lowest wins.
 *
 * Everything is an integer: money in minor units, ratios in millionths, time in µs. Every division
 * rounds down, except where said. Pure; any thread. */
#ifndef SCFD_LIMIT_LIMIT_H
#define SCFD_LIMIT_LIMIT_H

#include "scfd/rating/rating.h"
#include "scfd/receivable/receivable.h"
#include "scfd/trade/trade.h"

/* ---- inputs ---- */

enum scf_assessment_kind { SCF_KIND_INITIAL, SCF_KIND_INCREMENTAL, SCF_KIND_PERIODIC };
extern const char *const scf_assessment_kind_names[]; /* "initial" …, NULL-terminated */

/* What is financed: the order, or the receivables that its invoices are. */
enum scf_product { SCF_PRODUCT_ORDER, SCF_PRODUCT_RECEIVABLE };
extern const char *const scf_product_names[]; /* "order", "receivable", NULL */

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
    /* The part already invoiced and financed (CR-2.4): by others than through its limit account.
     * What its account's loans use is in `used`, and comes off what is available, not off C_net:
     * else a draw-down would count twice. */
    int64_t financed;
    struct scf_uuid buyer_id;
    bool seller_is_borrower, duplicate; /* the same business contract stands earlier in the list */
    bool assignment_prohibited;         /* NASSIGN: only warned of */
    bool consignment, paid_by_bill;     /* CSG, BILL: no receivable of it is eligible */
    bool has_signed;
    int64_t signed_us;
    const struct scf_limit_guarantee *guarantees;
    size_t guarantee_count;
    /* Of the whole contract, as of the assessment. Milestones and findings count with their
     * members; stage and completion as given. */
    struct scf_trade_view trade;
    const struct scf_receivable_standing *standings; /* one per trade.invoices; NULL: none exists */
    /* Its limit account before this assessment; zeros when there is none. */
    int64_t initial_limit, increments; /* L0, and Σ ΔL less what was taken back */
    int64_t held, used;
    bool frozen;
    /* The highest E at which an increment of it was granted. 0 while none was; where there are
     * increments and nobody knows: SCF_PPM, which takes the least back. */
    int64_t best_credibility_ppm;
};

/* A debtor of the receivables (CR-3.1 AFF, CONTRA; CR-3.2 κ). */
struct scf_limit_debtor {
    struct scf_uuid enterprise_id;
    bool core;       /* a core enterprise: the higher concentration limit */
    bool affiliated; /* with the borrower */
    int64_t contra;  /* what the debtor can set off, minor units */
};

/* The borrower's last year (CR-4), minor units of the assessment's currency and millionths. Money
 * is 0 … SCF_MONEY_MAX, margin −1 … 1, growth −1 … 10. */
struct scf_limit_need {
    bool known;
    struct scf_uuid record_id; /* the enterprise record it stands in */
    struct scf_hash body_sha256;
    int64_t revenue, cost_of_sales;
    int64_t margin_ppm, growth_ppm;                                           /* may be negative */
    int64_t inventory, receivables, payables, prepayments, advances_received; /* mean balances */
    int64_t own_funds, working_capital_loans, other_funds;
    /* What the borrower's limit accounts of other contracts grant: the need is one, however many
     * contracts it is financed through. */
    int64_t granted_elsewhere;
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
    int64_t chains_left_out; /* hold records of the borrower and do not count; for display only */
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
#include "scfd/limit/reasons.def"
#undef SCF_REASON
    SCF_REASON_COUNT
};
/* Why a step that binds lowers the limit; of the model's: that a contract counts. */
enum scf_reason scf_step_reason(enum scf_limit_step_kind kind);
const char *scf_reason_slug(enum scf_reason reason);
const char *scf_reason_text(enum scf_reason reason, bool chinese);
/* "positive", "negative" or "neutral" */
const char *scf_reason_direction(enum scf_reason reason);

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
    bool frozen;              /* a grade is D: no increment */
    int64_t rate_ppm;         /* r0, or a(stage) */
    /* What the contract's account is to grant after this: of an initial limit its share of the
     * limit (they add up to it), of an increment what was granted + increment − take_back. */
    int64_t limit;
    enum scf_reason reason;
};

enum { SCF_MAX_FACTORS = 12, SCF_MAX_REASONS = 16 };

/* ---- the borrowing base (CR-3) ---- */

/* Why a receivable, or part of it, is out; in the order in which the tests are made. Codes as in
 * CR-3.1; CHECK (a hard cross-check failed, CR-6.2) and CUR (another currency) are ours. CONTRA is
 * the debtor's, NASSIGN a warning. */
enum scf_ineligibility {
    SCF_ELIGIBLE,
    SCF_OUT_INV,
    SCF_OUT_DUP,
    SCF_OUT_OWN,
    SCF_OUT_CSG,
    SCF_OUT_BILL,
    SCF_OUT_CUR,
    SCF_OUT_FUT,
    SCF_OUT_CHECK,
    SCF_OUT_AFF,
    SCF_OUT_TERM,
    SCF_OUT_AGE,
    SCF_OUT_XAGE,
    SCF_OUT_NOCONF,
    SCF_OUT_DISP, /* only the disputed amount */
    SCF_INELIGIBILITIES
};
extern const char *const scf_ineligibility_codes[]; /* "" for eligible, "INV" …, NULL-terminated */

struct scf_base_line {        /* one receivable */
    size_t contract, invoice; /* indexes of the inputs */
    enum scf_ineligibility code;
    int64_t balance;      /* amount − reductions − paid, ≥ 0 */
    int64_t eligible;     /* what passes the tests */
    bool confirmed;       /* else it is advanced at the lower rate (NOCONF) */
    bool warn_assignment; /* NASSIGN */
};
struct scf_base_debtor { /* in order of first appearance */
    struct scf_uuid enterprise_id;
    bool core;
    int64_t balance, aged; /* of all its receivables; of those that fail AGE */
    int64_t gross;         /* eligible, less what the debtor can set off */
    int64_t unconfirmed;   /* part of gross */
    int64_t contra;        /* what set-off took out */
    int64_t excess, net;   /* over its concentration limit; gross − excess */
    int64_t base;          /* net × advance rates */
};
struct scf_borrowing_base {
    struct scf_base_line *lines;
    size_t line_count;
    struct scf_base_debtor *debtors;
    size_t debtor_count;
    int64_t balance, gross, net; /* Σ */
    int64_t dilution_ppm;        /* DR, rounded up: it lowers the rate */
    int64_t advance_ppm;         /* AR */
    int64_t base;                /* BB */
};
/* The inputs' contracts, debtors, policy and as_of. Lines and debtors in `arena`; false: it is
 * full. Pure. */
bool scf_borrowing_base_compute(const struct scf_limit_inputs *in, struct scf_arena *arena,
                                struct scf_borrowing_base *ret) SCF_MUST_CHECK;

/* CR-4: the new working capital that the last year's figures call for, ≥ 0 and rounded down once;
 * at most SCF_MONEY_MAX. 0 without revenue or cost: their turnover says nothing. `need->known`. */
int64_t scf_need_compute(const struct scf_limit_need *need);

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
    struct scf_limit_step steps[SCF_STEP_DEBTOR];         /* the waterfall shared by all lenders */
    struct scf_borrowing_base base;                       /* of receivable financing; else empty */
    int64_t computed;  /* the model's limit, before the other steps */
    int64_t increment; /* Σ ΔL */
    int64_t take_back; /* Σ */
    int64_t previous;  /* granted before, in an increment */
    int64_t limit;     /* lowest step, rounded down to the policy's unit */
    int64_t available; /* limit less what is held and used of the contracts' accounts, ≥ 0 */
    int32_t expires_day;
    struct scf_factor factors[SCF_MAX_FACTORS];
    size_t factor_count;
    enum scf_reason reasons[SCF_MAX_REASONS]; /* the most telling first */
    size_t reason_count;
};

/* `parts` in `arena`; false when the arena is full. */
bool scf_limit_compute(const struct scf_limit_inputs *in, struct scf_arena *arena,
                       struct scf_limit_result *ret) SCF_MUST_CHECK;

/* Whether the contract of a part counts, be it that nothing is left to add. */
bool scf_part_counts(const struct scf_limit_part *part);

int scf_scale_of(const char *currency); /* decimal places; 2 when the currency is unknown */

/* ---- parts of the inputs, for those who gather them ---- */

/* Whether it is the borrower's own sale, in the assessment's currency, and named the first time:
 * of no other one the account, findings or sales are the borrower's. */
bool scf_contract_is_own(const struct scf_limit_inputs *in, const struct scf_limit_contract *k);
/* Granted before: L0 + Σ ΔL; nothing by the account of a contract that is not the borrower's own.
 */
int64_t scf_granted(const struct scf_limit_inputs *in, const struct scf_limit_contract *k);

#endif
